"""What a change of the tables would change: the same questions asked with it and without, and where that differs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.errors import AssistantError, EvaluationError
from assistant.evaluation.cases import Case, read_cases
from assistant.indexing.build import Progress
from assistant.records.answers import AnswerBook
from assistant.schema.answer import Answer, Outcome
from assistant.schema.inquiry import Inquiry
from assistant.schema.principal import Principal
from assistant.serving.ledger import inquiry_of
from assistant.serving.ports import Assistant
from assistant.serving.withheld import Withheld

MOST_QUESTIONS = 200
MOST_TYPED = 20
_MOST_GOLD = 120  # while there are questions of other origin
GOLD, RECENT, TYPED = "标准题", "近期问题", "自填"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A question that is asked both ways."""

    inquiry: Inquiry
    origin: str

    @property
    def words(self) -> str:
        return self.inquiry.question


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """How a question was answered: how far, and by which clauses. Words may differ without that."""

    outcome: Outcome
    clauses: tuple[tuple[str, str, str], ...]  # id and title of the document, address; without an answer the nearest

    @classmethod
    def of(cls, answer: Answer) -> Said:
        shown = answer.citations or answer.nearest
        places = ((c.document_id, c.document_title, c.address) for c in shown)
        return cls(outcome=answer.outcome, clauses=tuple(dict.fromkeys(places)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A question that would be answered otherwise."""

    tried: Tried
    before: Said
    after: Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What came of trying a change."""

    asked: int
    by_origin: tuple[tuple[str, int], ...]
    differences: tuple[Difference, ...]
    unasked: int  # questions that could not be put
    left_out: int  # questions beyond what is tried
    notice: str = ""  # that a set of questions could not be read


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """Where questions to try come from.

    Args:
        gold: the house's set; it need not be there.
    """

    gold: Path
    answers: AnswerBook

    def gathered(self, typed: Sequence[str], asker: Principal, assistant: Assistant) -> tuple[tuple[Tried, ...], str]:
        """What to try, each question once, and what could not be read, in words.

        Recent ones are masked, as they are kept; those whose answers `asker` may not see are left out.
        """
        notice, gold = "", []
        try:
            gold = [Tried(inquiry=case.inquiry(use_llm=False), origin=GOLD) for case in self._cases()]
        except EvaluationError as exc:
            notice = f"标准题没有用上：{exc.message}"
        own = [Tried(inquiry=Inquiry(question=words), origin=TYPED) for words in typed]
        recent = list(self._recent(asker, assistant))
        first, rest = gold[:_MOST_GOLD], gold[_MOST_GOLD:]
        return tuple(_once([*own, *first, *recent, *rest])), notice

    def _cases(self) -> tuple[Case, ...]:
        return read_cases(self.gold) if self.gold.is_file() and self.gold.stat().st_size else ()

    def _recent(self, asker: Principal, assistant: Assistant) -> Iterator[Tried]:
        withheld = Withheld(assistant, asker.labels)
        for kept in self.answers.newest(MOST_QUESTIONS):
            try:
                inquiry, _ = inquiry_of(kept.inquiry)
                if not withheld.answer(kept):
                    yield Tried(inquiry=inquiry, origin=RECENT)
            except (KeyError, TypeError, ValueError):
                continue  # of a program before this one


def previewed(
    questions: Sequence[Tried],
    asker: Principal,
    *,
    before: Assistant,
    after: Assistant,
    progress: Progress,
    notice: str = "",
) -> Preview:
    """Ask every question both ways, as `asker` would see the answers; no language model takes part."""
    tried = questions[:MOST_QUESTIONS]
    found: list[Difference] = []
    asked: list[Tried] = []
    for done, one in enumerate(tried):
        progress("逐题比较", done, len(tried))
        inquiry = replace(one.inquiry, principal=asker, use_llm=False, plain=False)
        try:
            was, is_now = Said.of(before.ask(inquiry)), Said.of(after.ask(inquiry))
        except AssistantError:  # a question that cannot be put; counted
            continue
        asked.append(one)
        if was != is_now:
            found.append(Difference(tried=one, before=was, after=is_now))
    progress("逐题比较", len(tried), len(tried))
    return Preview(
        asked=len(asked),
        by_origin=tuple((origin, sum(one.origin == origin for one in asked)) for origin in (TYPED, GOLD, RECENT)),
        differences=tuple(found),
        unasked=len(tried) - len(asked),
        left_out=len(questions) - len(tried),
        notice=notice,
    )


def _once(tried: Iterable[Tried], key: Callable[[Tried], str] = lambda one: "".join(one.words.split())) -> list[Tried]:
    """Each question once, where it stands first. A follow-up stands for itself: its words alone say little."""
    seen: dict[object, Tried] = {}
    for one in tried:
        seen.setdefault((key(one), one.inquiry.history), one)
    return list(seen.values())
