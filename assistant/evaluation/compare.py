"""Two runs side by side, and a run against recorded figures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from assistant.errors import EvaluationError
from assistant.evaluation.bootstrap import Estimate, estimate, paired_difference
from assistant.evaluation.scoring import LOWER_IS_BETTER

Marks = Mapping[str, Mapping[str, float]]  # by measure, then by question
_EQUAL = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One measure in two runs; the questions whose value went up and down."""

    measure: str
    first: float
    second: float
    difference: Estimate
    up: tuple[str, ...]
    down: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """A figure that is worse than its recorded value by more than the half of its interval."""

    measure: str
    recorded: float
    allowed: float
    found: float


def compare(first: Marks, second: Marks) -> tuple[Comparison, ...]:
    """Every measure of both runs over the questions that both have.

    Raises:
        EvaluationError: they share no question.
    """
    found = []
    for name in (n for n in first if n in second):
        shared = sorted(first[name].keys() & second[name].keys())
        if not shared:
            continue
        a, b = ([run[name][q] for q in shared] for run in (first, second))
        pairs = list(zip(shared, a, b, strict=True))
        found.append(
            Comparison(
                measure=name,
                first=sum(a) / len(a),
                second=sum(b) / len(b),
                difference=paired_difference(a, b),
                up=tuple(q for q, x, y in pairs if y > x + _EQUAL),
                down=tuple(q for q, x, y in pairs if y < x - _EQUAL),
            )
        )
    if not found:
        raise EvaluationError("两份结果没有共同的问题，无法比较。请确认它们来自同一份用例")
    return tuple(found)


def figures(marks: Marks) -> dict[str, Estimate]:
    """Mean and interval of every measure that has a value."""
    return {name: estimate(list(values.values())) for name, values in marks.items() if values}


def drops(found: Mapping[str, Estimate], recorded: Mapping[str, Estimate]) -> tuple[Drop, ...]:
    """What is worse than recorded by more than half the recorded interval.

    Raises:
        EvaluationError: a recorded figure is not there any more, or is of other questions.
    """
    if gone := [n for n, e in recorded.items() if n not in found or not _same_questions(n, found[n], e)]:
        raise EvaluationError(f"用例与记录不符（{'、'.join(gone)}），请用 eval gate --record 重新记录")
    fallen = []
    for name, before in recorded.items():
        sign = -1 if name in LOWER_IS_BETTER else 1
        allowed = before.mean - sign * before.half_width
        if sign * (found[name].mean - allowed) < -_EQUAL:
            fallen.append(Drop(measure=name, recorded=before.mean, allowed=allowed, found=found[name].mean))
    return tuple(fallen)


def _same_questions(measure: str, found: Estimate, recorded: Estimate) -> bool:
    """Risk is of the answered alone, and how many are answered is what may change."""
    return measure == "risk" or found.questions == recorded.questions


def read_recorded(path: Path) -> dict[str, Estimate]:
    """The figures that `gate --record` wrote.

    Raises:
        EvaluationError: the file cannot be read or has another form.
    """
    try:
        figures = json.loads(path.read_text(encoding="utf-8"))["figures"]
        return {name: Estimate(**values) for name, values in figures.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise EvaluationError(f"记录文件 {path} 无法读取，请先运行 eval gate --record") from exc


def as_json(found: Mapping[str, Estimate]) -> dict[str, dict[str, float]]:
    """Figures for a JSON file."""
    return {name: asdict(value) for name, value in found.items()}


def by_category(marks: Marks, categories: Mapping[str, str], measures: Sequence[str]) -> dict[str, dict[str, Estimate]]:
    """The figures of each category of questions."""
    names = sorted(set(categories.values()))
    return {
        c: figures({m: {q: v for q, v in marks[m].items() if categories.get(q) == c} for m in measures}) for c in names
    }
