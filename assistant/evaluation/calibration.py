"""Fits the confidence in an answer and tells how far it can be trusted: cross-validated, never on its own cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.answering.confidence import Features, Regression

_STEPS = 50
_BINS = 10
_CLOSE = 1e-8


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A case with its features and whether the sentences chosen for it rest on a right clause."""

    case: str
    dataset: str
    category: str
    right: bool
    features: Features


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """One line of a reliability table: cases whose probability lies in [low, low + 0.1)."""

    low: float
    cases: int
    predicted: float  # mean probability
    observed: float  # share that is right


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """How well probabilities of cases not trained on fit."""

    cases: int
    auc: float  # right against not, 0.5 is chance
    brier: float  # mean squared error, 0 is perfect
    refused: float  # share of the wrong below one half
    wrongly_refused: float  # share of the right below one half
    bins: tuple[Bin, ...]


def fit(cases: Sequence[Judged], *, l2: float) -> tuple[float, dict[str, float]]:
    """Bias and weights of a logistic regression, by Newton's method; `l2` holds the weights back, not the bias.

    Raises:
        ValueError: there are no cases.
    """
    if not cases:
        raise ValueError("no cases to fit")
    names = list(cases[0].features.values())
    x = np.array([[1.0, *case.features.values().values()] for case in cases])
    y = np.array([float(case.right) for case in cases])
    held = np.full(x.shape[1], l2)
    held[0] = 1e-6  # keeps the matrix invertible where all cases are of one kind
    found: NDArray[np.float64] = np.zeros(x.shape[1])
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-np.clip(x @ found, -30, 30)))
        gradient = x.T @ (p - y) + held * found
        step = np.linalg.solve((x.T * (p * (1 - p))) @ x + np.diag(held), gradient)
        found = found - step
        if float(np.abs(step).max()) < _CLOSE:
            break
    return float(found[0]), dict(zip(names, map(float, found[1:]), strict=True))


def regression(cases: Sequence[Judged], *, l2: float) -> Regression:
    """The same as what `confidence.json` holds."""
    bias, weights = fit(cases, l2=l2)
    return Regression(bias=bias, weights=weights)


def threshold(probabilities: Sequence[float], right: Sequence[bool], *, most_risk: float) -> float:
    """The lowest probability from which on at most `most_risk` of the cases are wrong; 1 where there is none.

    >>> threshold([0.9, 0.8, 0.5, 0.4], [True, True, True, False], most_risk=0.1)
    0.5
    """
    ordered = sorted(zip(probabilities, right, strict=True), reverse=True)
    found, wrong = 1.0, 0
    for given, (probability, is_right) in enumerate(ordered, start=1):
        wrong += not is_right
        if wrong <= most_risk * given and (given == len(ordered) or ordered[given][0] < probability):
            found = probability
    return found


def out_of_fold(cases: Sequence[Judged], groups: Sequence[str], *, l2: float) -> list[float]:
    """The probability of every case from weights that were fitted without its group.

    Raises:
        ValueError: all cases are of one group.
    """
    found = [0.0] * len(cases)
    for left_out in sorted(set(groups)):
        model = regression([c for c, g in zip(cases, groups, strict=True) if g != left_out], l2=l2)
        for at, (case, group) in enumerate(zip(cases, groups, strict=True)):
            if group == left_out:
                found[at] = model.probability(case.features)
    return found


def calibrated(probabilities: Sequence[float], right: Sequence[bool]) -> Calibration:
    """The figures of probabilities against what is so."""
    p, y = np.array(probabilities), np.array(right, dtype=bool)
    bins = []
    for number in range(_BINS):
        low = number / _BINS
        inside = (p >= low) & ((p < low + 1 / _BINS) | (number == _BINS - 1))
        if inside.any():
            bins.append(
                Bin(
                    low=low,
                    cases=int(inside.sum()),
                    predicted=float(p[inside].mean()),
                    observed=float(y[inside].mean()),
                )
            )
    return Calibration(
        cases=len(p),
        auc=_auc(p[y], p[~y]),
        brier=float(((p - y) ** 2).mean()),
        refused=float((p[~y] < 0.5).mean()) if (~y).any() else 0.0,
        wrongly_refused=float((p[y] < 0.5).mean()) if y.any() else 0.0,
        bins=tuple(bins),
    )


def _auc(positive: NDArray[np.float64], negative: NDArray[np.float64]) -> float:
    """How often a right case stands above a wrong one; ties count half."""
    if not len(positive) or not len(negative):
        return 0.5
    above = positive[:, None] > negative[None, :]
    same = positive[:, None] == negative[None, :]
    return float((above + 0.5 * same).mean())
