"""What was asked and not answered, or only in part: read from the records, and put together by what it is about.

Questions that somebody has taken up stay together whatever joins them, and never join others by themselves: what
was decided about them is neither split nor taken over by a new question. Anything else is put together anew each time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from assistant.access.audit import ANSWERED, Entry
from assistant.models.protocols import CosineScale
from assistant.records.gaps import GapState
from assistant.schema.answer import Outcome
from assistant.text.folding import fold, squeeze

UNSTATED = "未载明"  # the department of somebody who had none
MOST = 4000  # different questions that are put together; the newest
# A mean cosine on the scale of the published multilingual-e5-small. Measured on questions of two origins whose matters
# were told apart by hand (docs/curation.md): few pairs that belong together are found, and those are right.
LIMIT = 0.923
NEAR = 0.905  # from here on two groups may be one matter, and a person is asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question that was not answered, or only in part. Its words are masked."""

    id: str  # of the answer
    at: int
    question: str
    standalone: str  # what was searched, follow-ups filled in
    outcome: Outcome
    department: str  # at that time


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Questions about one matter, the first that was asked in front."""

    id: str
    questions: tuple[Asked, ...]
    state: GapState | None = None

    @property
    def first(self) -> Asked:
        """The one that stands for all: that by which it is known, where that may be shown."""
        return next((one for one in self.questions if one.id == self.id), self.questions[0])

    @property
    def last_asked(self) -> int:
        return max(one.at for one in self.questions)

    @property
    def departments(self) -> tuple[tuple[str, int], ...]:
        """How many of its questions came from where, the most first."""
        return _counted(one.department for one in self.questions)

    @property
    def outcomes(self) -> tuple[tuple[Outcome, int], ...]:
        """How many ended how, the most first."""
        counts = Counter(one.outcome for one in self.questions)
        return tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0].value)))

    @property
    def closed(self) -> bool:
        return self.state is not None and self.state.closed

    @property
    def since_closed(self) -> int:
        """How often it was asked in vain after it was closed."""
        at = self.state.closed_at if self.state is not None else None
        return 0 if at is None else sum(one.at > at for one in self.questions)

    @property
    def open(self) -> bool:
        """Whether somebody has to look at it: it is not closed, or was asked in vain again."""
        return not self.closed or self.since_closed > 0

    @property
    def examples(self) -> tuple[str, ...]:
        """Its wordings, each once, the one that stands for all in front and then the newest."""
        newest = sorted(self.questions, key=lambda one: (-one.at, one.id))
        return tuple({key_of(one.standalone): one.standalone for one in (self.first, *newest)}.values())


def asked_in_vain(entries: Iterable[Entry]) -> Iterator[Asked]:
    """The questions of these records that were not answered, or only in part."""
    for entry in entries:
        if entry.kind != ANSWERED:
            continue
        facts = entry.facts
        outcome = Outcome(facts["outcome"])
        if outcome is Outcome.ANSWERED:
            continue
        yield Asked(
            id=facts["answer_id"],
            at=entry.at,
            question=facts["question"],
            standalone=facts["standalone_question"] or facts["question"],
            outcome=outcome,
            department=facts.get("department") or UNSTATED,
        )


def key_of(text: str) -> str:
    """What a question is known by: the same words in another case, width or spacing are the same question."""
    return squeeze(fold(text))


def newest(asked: Iterable[Asked], most: int = MOST) -> tuple[tuple[Asked, ...], int]:
    """The questions whose wordings are among the last `most` different ones, in order; and how many are left out."""
    ordered = sorted(asked, key=lambda one: (-one.at, one.id))
    kept: dict[str, None] = {}
    found = []
    for one in ordered:
        key = key_of(one.standalone)
        if key in kept or len(kept) < most:
            kept[key] = None
            found.append(one)
    return tuple(reversed(found)), len(ordered) - len(found)


def texts_of(asked: Sequence[Asked]) -> tuple[str, ...]:
    """The different wordings of these questions, in order: what has to be embedded."""
    return tuple({key_of(one.standalone): one.standalone for one in asked}.values())


def ties_of(asked: Sequence[Asked], states: Iterable[GapState]) -> tuple[tuple[int, ...], ...]:
    """Of each state the numbers, in `texts_of(asked)`, of the wordings that belong to it.

    Where two states have the same wording, whichever was changed last has it.
    """
    numbers = {key_of(text): number for number, text in enumerate(texts_of(asked))}
    keys = {one.id: key_of(one.standalone) for one in asked}
    owner: dict[int, str] = {}
    for state in sorted(states, key=lambda state: (state.changed_at, state.id)):
        owner.update({numbers[keys[one]]: state.id for one in state.questions if one in keys})
    tied: dict[str, list[int]] = {}
    for number in sorted(owner):
        tied.setdefault(owner[number], []).append(number)
    return tuple(tuple(group) for _, group in sorted(tied.items()))


def gaps_of(asked: Sequence[Asked], groups: Iterable[Iterable[int]], states: Sequence[GapState]) -> tuple[Gap, ...]:
    """The gaps, by groups of the wordings of `texts_of(asked)`; each question is in one of them."""
    of_key: dict[str, list[Asked]] = {}
    for one in asked:
        of_key.setdefault(key_of(one.standalone), []).append(one)
    wordings = list(of_key)
    owner = {one: state for state in sorted(states, key=lambda s: (s.changed_at, s.id)) for one in state.questions}
    found, claimed = [], set[str]()
    for group in groups:
        members = sorted(
            (one for number in group for one in of_key[wordings[number]]), key=lambda one: (one.at, one.id)
        )
        held = max(
            (owner[one.id] for one in members if one.id in owner), key=lambda s: (s.changed_at, s.id), default=None
        )
        if held is not None and held.id in claimed:
            held = None  # two states that had a wording in common; the other group is seen to anew
        if held is not None:
            claimed.add(held.id)
        found.append(Gap(id=held.id if held else members[0].id, questions=tuple(members), state=held))
    return tuple(found)


def limit_for(scale: CosineScale, published: float = LIMIT) -> float:
    """The limit for a model, whose cosines `scale` brings onto those of the published one."""
    return (published - scale.shift) / scale.factor


def counted_departments(gaps: Iterable[Gap]) -> tuple[tuple[str, int], ...]:
    """How many questions of all these gaps came from where, the most first."""
    return _counted(one.department for gap in gaps for one in gap.questions)


def _counted(names: Iterable[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(names).items(), key=lambda pair: (-pair[1], pair[0])))
