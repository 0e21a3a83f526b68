"""The gold set put to the library as it is and as it will be: what was right stays right, or somebody says why not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.evaluation.cases import Case
from assistant.evaluation.jsonl import Kind, read_lines
from assistant.evaluation.runner import Answering, RunLine, run_cases
from assistant.evaluation.scoring import given_answers, marks

_KIND = Kind(noun="标准题文件", advice="请对照 docs/curation.md 修改")


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """A case that was right and is not any more, or the other way round."""

    id: str
    question: str
    documents: frozenset[str] = frozenset()  # that a right answer rests on


@dataclass(frozen=True, slots=True, kw_only=True)
class GateReport:
    """How the gold set fares. Without cases there is nothing to hold the library to, and the gate is open."""

    cases: int
    right_before: int = 0
    right_after: int = 0
    worse: tuple[Turned, ...] = ()
    better: tuple[Turned, ...] = ()

    @property
    def shut(self) -> bool:
        return bool(self.worse)


def gold_cases(path: Path) -> tuple[Case, ...]:
    """The cases of a gold set; none where there is no file yet.

    Raises:
        EvaluationError: the file cannot be read, or lines of it have another form.
    """
    if not path.is_file() or not path.stat().st_size:
        return ()
    return read_lines(path, Case, _KIND)


def run_gate(
    cases: Sequence[Case],
    before: Answering,
    after: Answering,
    *,
    progress: Callable[[str, int, int], None] = lambda _stage, _done, _total: None,
) -> GateReport:
    """The gold set over both libraries, by rules alone, so that the same library gives the same report.

    Raises:
        AssistantError: an index or a model cannot be used.
    """
    if not cases:
        return GateReport(cases=0)
    old = _right(cases, run_cases(before, cases, use_llm=False, progress=_told(progress, "标准题（现在的库）")))
    new = _right(cases, run_cases(after, cases, use_llm=False, progress=_told(progress, "标准题（发布后的库）")))
    return GateReport(
        cases=len(cases),
        right_before=len(old),
        right_after=len(new),
        worse=tuple(_turned(case) for case in cases if case.id in old and case.id not in new),
        better=tuple(_turned(case) for case in cases if case.id in new and case.id not in old),
    )


def _told(progress: Callable[[str, int, int], None], stage: str) -> Callable[[int, int], None]:
    return lambda done, total: progress(stage, done, total)


def _right(cases: Sequence[Case], lines: Sequence[RunLine]) -> frozenset[str]:
    """The cases that were answered as they should be: what must be said is, and a gold clause is cited; or refused."""
    passed = marks(cases, lines)["passed"]
    wrong = {given.case for given in given_answers(cases, lines) if given.wrong}
    return frozenset(case.id for case in cases if passed.get(case.id) == 1.0 and case.id not in wrong)


def _turned(case: Case) -> Turned:
    documents = frozenset(one.doc for one in case.gold or ())
    return Turned(id=case.id, question=case.question, documents=documents)
