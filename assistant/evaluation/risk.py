"""How often an answer given as an answer rests on no right clause, and whether its confidence tells.

Coverage is the share of all questions that are answered, risk the share of the answered that are wrong: they cite no
gold clause, or should have been refused. A curve lets the surest answers out first (Geifman and El-Yaniv, NeurIPS
2017); its area is the mean risk over its points. The calibration error is that of Guo et al. (ICML 2017).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_BINS = 10  # of the calibration error
_ROWS = 10  # of a printed curve


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What one question got: an answer or a refusal, and whether the answer is wrong."""

    case: str
    answered: bool
    wrong: bool  # never so for a refusal
    confidence: float | None = None  # 0..1; None: not estimated


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What remains when only answers of at least `confidence` are given."""

    confidence: float
    answers: int
    coverage: float
    risk: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Risk against coverage, the surest answers first; answers without a confidence are left out."""

    points: tuple[Point, ...]
    area: float  # mean of the risk over the answers, each at its own confidence; 0 without one
    calibration_error: float  # mean gap between confidence and share that is right, by bins of a tenth
    unrated: int  # answers without a confidence


def coverage(given: Sequence[Given]) -> float:
    """The share of all questions that are answered; 0 without a question."""
    return sum(g.answered for g in given) / max(len(given), 1)


def risk(given: Sequence[Given]) -> float:
    """The share of the answered that are wrong; 0 without an answer."""
    return sum(g.wrong for g in given) / max(sum(g.answered for g in given), 1)


def curve(given: Sequence[Given]) -> Curve:
    """The curve of one run over all its questions.

    >>> c = curve([Given(case="a", answered=True, wrong=False, confidence=0.9),
    ...            Given(case="b", answered=True, wrong=True, confidence=0.6),
    ...            Given(case="c", answered=False, wrong=False)])
    >>> [(p.confidence, round(p.coverage, 2), p.risk) for p in c.points], c.area
    ([(0.9, 0.33, 0.0), (0.6, 0.67, 0.5)], 0.25)
    """
    rated = sorted(((g.confidence, g.wrong) for g in given if g.answered and g.confidence is not None), reverse=True)
    points: list[Point] = []
    wrong = 0
    for answers, (confidence, is_wrong) in enumerate(rated, start=1):
        wrong += is_wrong
        if answers == len(rated) or rated[answers][0] < confidence:  # answers of one confidence go out together
            share = answers / len(given)
            points.append(Point(confidence=confidence, answers=answers, coverage=share, risk=wrong / answers))
    before = 0
    area = 0.0
    for point in points:
        area += point.risk * (point.answers - before)
        before = point.answers
    return Curve(
        points=tuple(points),
        area=area / max(len(rated), 1),
        calibration_error=calibration_error((confidence, not is_wrong) for confidence, is_wrong in rated),
        unrated=sum(g.answered for g in given) - len(rated),
    )


def rows(points: Sequence[Point]) -> tuple[Point, ...]:
    """Ten points at most, spread over the answers: each the first by which a further tenth of them is out."""
    total = points[-1].answers if points else 0
    found = [next(p for p in points if p.answers * _ROWS >= total * row) for row in range(1, _ROWS + 1) if points]
    return tuple(dict.fromkeys(found))


def calibration_error(rated: Iterable[tuple[float, bool]]) -> float:
    """The mean gap between confidence and share that is right over ten bins, weighted by their answers.

    >>> round(calibration_error([(0.95, True), (0.95, False), (0.15, False)]), 3)
    0.35
    """
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(_BINS)]
    for confidence, right in rated:
        bins[min(int(confidence * _BINS), _BINS - 1)].append((confidence, right))
    total = sum(map(len, bins))
    gaps = (abs(sum(c for c, _ in one) - sum(right for _, right in one)) for one in bins)
    return sum(gaps) / total if total else 0.0
