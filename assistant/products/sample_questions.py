"""Questions that people may begin with, made of the library that is there: each comes of a duty that answers it.

No question is kept for any one document. Those that the assistant does not answer with the very clause they come of
are left out; whoever asks for samples brings the asking.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import zip_longest

from pydantic import BaseModel, ConfigDict

from assistant.products.duties.model import Degree, Duty
from assistant.products.duties.table import duty_table
from assistant.schema.answer import Answer, Outcome
from assistant.schema.document import Document, DocumentKind, Span
from assistant.text.tables import packaged, read_table

MOST = 4  # samples for each role
_TRIED = 12  # candidates that are asked for each role
_LONGEST, _SHORTEST = 28, 6  # characters of an act
_SHORT_ACTOR, _LONG_ACTOR, _LONG_QUESTION, _LONG_TITLE, _LONG_CONDITION = 3, 14, 46, 20, 22
_SEVERAL = 2  # duties that make “what has it to do” a question
_ALIKE = 2  # samples of a role in the same form
_OF_ONE_CLAUSE = 2
_MOST_STATEMENTS = 8
_FIRST_CITED = 2  # among so many citations the clause must be
_STOPS = "。；"
_GOING_ON = ("并", "并且", "）")  # before the second act of a sentence, and before an item of a list
_ANYBODY = "任何单位和个人"
_NO_TALK = re.compile(r"[（）()《》“”‘’；;：:，,\d０-９]|第[一二三四五六七八九十百千]+[条款项章]")


class _Role(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    role: str
    words: tuple[str, ...]  # of the act or its condition
    actors: tuple[str, ...] = ()
    degrees: tuple[Degree, ...] = tuple(Degree)
    kinds: tuple[str, ...] = ()
    several: bool = False
    banned: bool = False


class SampleWords(BaseModel):
    """The whole table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    asks: Mapping[Degree, tuple[str, ...]]
    several: str
    banned: str
    this_paper: str
    order: tuple[Degree, ...]
    roles: tuple[_Role, ...]
    actor_openings: tuple[str, ...]
    act_openings: tuple[str, ...]
    vague: tuple[str, ...]
    leaning: tuple[str, ...]
    without: tuple[str, ...]
    beginning: tuple[str, ...]
    bare: tuple[str, ...]


@lru_cache(maxsize=1)
def sample_words() -> SampleWords:
    """The table of the package."""
    return read_table(packaged("sample_questions.yaml"), SampleWords)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A question, and where its answer stands."""

    question: str
    form: str  # how it asks
    most: int  # samples of that form
    document_id: str
    places: tuple[Span, ...]  # of acts in the text; one of them must be quoted
    address: str  # of the first

    @property
    def key(self) -> str:
        """Unique to what it asks about."""
        return f"{self.form if self.most == 1 else ''}{self.document_id}@{self.places[0].start}"


Samples = Mapping[str, tuple[str, ...]]  # by role; roles without any are left out


def samples_of(documents: Sequence[Document], ask: Callable[[str], Answer], *, day: date) -> Samples:
    """Up to `MOST` questions for each role that `ask` answers with the clause that they come of.

    Args:
        documents: what may be seen; those not in force on `day` are passed over.
    """
    words, used, found = sample_words(), set[str](), dict[str, tuple[str, ...]]()
    makers = [_Maker(document, duty_table([document], day=day).duties, words) for document in documents]
    for role in words.roles:
        chosen = tuple(_answered(_by_turns([list(maker.of(role)) for maker in makers]), ask, used))
        if chosen:
            found[role.role] = tuple(one.question for one in chosen)
    return found


def answered_right(candidate: Candidate, answer: Answer) -> bool:
    """Whether an answer is one, in full, short, and quotes the clause that the question comes of among the first."""
    if answer.outcome is not Outcome.ANSWERED or len(answer.statements) > _MOST_STATEMENTS:
        return False
    return any(
        citation.document_id == candidate.document_id and _meet(span, place)
        for citation in answer.citations[:_FIRST_CITED]
        for span in citation.spans
        for place in candidate.places
    )


def _meet(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def _answered(candidates: Iterable[Candidate], ask: Callable[[str], Answer], used: set[str]) -> Iterator[Candidate]:
    """Those that are answered right, no two of one act, few of one form or one clause. `used` is added to."""
    kept: list[Candidate] = []
    tried = 0
    for candidate in candidates:
        alike = sum(one.form == candidate.form for one in kept) >= candidate.most
        near = sum(one.address == candidate.address for one in kept) >= _OF_ONE_CLAUSE
        if alike or near or candidate.key in used:
            continue
        if tried == _TRIED or len(kept) == MOST:
            return
        tried += 1
        used.add(candidate.key)
        if answered_right(candidate, ask(candidate.question)):
            kept.append(candidate)
            yield candidate


def _by_turns(rows: Sequence[Sequence[Candidate]]) -> Iterator[Candidate]:
    """One of each row, then the next of each."""
    return (one for turn in zip_longest(*rows) for one in turn if one is not None)


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes questions of the duties of one document."""

    document: Document
    duties: Sequence[Duty]
    words: SampleWords

    def of(self, role: _Role) -> Iterator[Candidate]:
        """The candidates for a role, their forms by turns."""
        if role.banned:
            yield from self._of_bans()
        if role.several:
            yield from self._of_actors(role)
        yield from _by_turns([list(self._of_acts(role, degree)) for degree in self.words.order])

    def _of_acts(self, role: _Role, degree: Degree) -> Iterator[Candidate]:
        forms, number = self.words.asks[degree], 0
        for duty in self.duties:
            if duty.degree is not degree or not _concerns(duty, role) or duty.word in self.words.without:
                continue
            actor, act = self._actor(duty), self._act(duty)
            if not actor or not act or actor in act:
                continue
            form = forms[number % len(forms)]
            said = form.format(actor=actor, act=act, word="支持" if duty.word == "支持" else "鼓励")
            if len(question := f"{_condition(duty)}{said}") <= _LONG_QUESTION:
                number += 1
                yield self._candidate(question, form, [duty], most=_ALIKE)

    def _of_actors(self, role: _Role) -> Iterator[Candidate]:
        """What those have to do whom one clause alone addresses, and not as everybody."""
        groups: dict[str, list[Duty]] = {}
        for duty in self.duties:
            named = duty.actor.words
            if named and not named.startswith(self.words.actor_openings) and not duty.degree.weak:
                groups.setdefault(named, []).append(duty)
        for own in groups.values():
            actor = self._actor(own[0])
            in_one = len({duty.source.address for duty in own}) == 1
            alone = actor and "、" not in actor and not actor.endswith(("单位", "个人"))
            if len(own) >= _SEVERAL and in_one and alone and any(_concerns(duty, role) for duty in own):
                yield self._candidate(self.words.several.format(actor=actor), self.words.several, own)

    def _of_bans(self) -> Iterator[Candidate]:
        bans = [duty for duty in self.duties if duty.degree in (Degree.BAN, Degree.MUST_NOT)]
        if len(bans) >= _SEVERAL:
            title = self.document.meta.title
            said = f"《{title}》" if len(title) <= _LONG_TITLE and "《" not in title else self.words.this_paper
            yield self._candidate(self.words.banned.format(document=said), self.words.banned, bans)

    def _candidate(self, question: str, form: str, duties: Sequence[Duty], *, most: int = 1) -> Candidate:
        first = duties[0].source
        return Candidate(
            question=question,
            form=form,
            most=most,
            document_id=self.document.id,
            places=tuple(duty.source.act_span for duty in duties),
            address=f"{self.document.id}#{first.address}",
        )

    def _actor(self, duty: Duty) -> str:
        """Whom it addresses, as one would say it; empty where nobody can tell."""
        said = _without(duty.actor.meant or "", self.words.actor_openings)
        shortest = 2 if _ANYBODY in duty.actor.kinds else _SHORT_ACTOR  # 任何单位 but not 部门
        fits = shortest <= len(said) <= _LONG_ACTOR and duty.actor.kinds and _NO_TALK.search(said) is None
        leans = any(word in said for word in (*self.words.leaning, "的", "各")) or said.startswith(self.words.bare)
        return said if fits and not leans and said.count("、") <= 1 else ""

    def _act(self, duty: Duty) -> str:
        """What is to be done or left, as one would say it; empty where it is long, vague or leans on other words."""
        said = _without(duty.act, self.words.act_openings)
        fits = _SHORTEST <= len(said) <= _LONGEST and _NO_TALK.search(said) is None and said.count("、") <= 2
        plain = not said.startswith(self.words.vague) and not any(word in said for word in self.words.leaning)
        return said if fits and plain and self._whole(duty) and self._sayable(duty) else ""

    def _whole(self, duty: Duty) -> bool:
        """Whether the act is all that stands between the word that binds and the next stop."""
        place, text = duty.source.act_span, self.document.text
        follows = text[place.end : place.end + 1]
        written = "".join(text[place.start : place.end].split()) == "".join(duty.act.split())
        ends = follows in _STOPS or (follows == "，" and not duty.act.startswith(self.words.beginning))
        before = text[: place.start].rstrip()
        behind = f"{duty.word}{duty.actor.words or ''}"  # 支持保险公司…
        # Without a word that binds it must go on from a sentence that orders: a name before a noun looks the same.
        # In a law what follows a comma is often the end of what stands before it: 将……情况，纳入…….
        chain = self.document.meta.kind is DocumentKind.NOTICE or duty.degree is Degree.ENCOURAGE
        begun = (duty.word, behind, *_GOING_ON, *("，。；" if chain else ""))
        begins = before.endswith(tuple(filter(None, begun)))
        return written and ends and begins and bool(duty.word or duty.actor.carrier)

    def _sayable(self, duty: Duty) -> bool:
        """Whether its conditions can stand before the question: none, or a short one that needs no other words."""
        if not duty.conditions:
            return True
        [first, *more] = duty.conditions
        stands = first.endswith(("的", "时", "后")) or first.startswith("未经")
        short = not more and stands and _SHORTEST <= len(first) <= _LONG_CONDITION
        return short and _NO_TALK.search(first) is None and not any(word in first for word in self.words.leaning)


def _of_kinds(duty: Duty, role: _Role) -> bool:
    return not role.kinds or bool(set(role.kinds) & set(duty.actor.kinds))


def _concerns(duty: Duty, role: _Role) -> bool:
    if duty.degree not in role.degrees or not _of_kinds(duty, role):
        return False
    told = f"{duty.act}{''.join(duty.conditions)}"
    return any(word in told for word in role.words) or any(word in (duty.actor.meant or "") for word in role.actors)


def _condition(duty: Duty) -> str:
    """投保人故意不履行如实告知义务，; empty where there is none."""
    return f"{duty.conditions[0].removesuffix('的')}，" if duty.conditions else ""


def _without(said: str, openings: Sequence[str]) -> str:
    while found := next((word for word in openings if said.startswith(word) and len(said) > len(word) + 1), None):
        said = said.removeprefix(found)
    return said
