"""How far a mean over questions may be off: percentile bootstrap (Efron and Tibshirani, 1993, chapter 13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_RESAMPLES = 2000
_SEED = 20241123
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean and the ends of its interval at `LEVEL`."""

    mean: float
    low: float
    high: float
    questions: int

    @property
    def half_width(self) -> float:
        return (self.high - self.low) / 2


def estimate(values: Sequence[float]) -> Estimate:
    """The mean of `values`, one a question, and its interval; all 0 without a question."""
    if not values:
        return Estimate(0.0, 0.0, 0.0, 0)
    data = np.asarray(values, dtype=np.float64)
    draws = np.random.default_rng(_SEED).integers(0, data.size, size=(_RESAMPLES, data.size))
    low, high = np.quantile(data[draws].mean(axis=1), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(float(data.mean()), float(low), float(high), data.size)


def paired_difference(first: Sequence[float], second: Sequence[float]) -> Estimate:
    """`second` minus `first`, question by question; an interval without 0 is a difference.

    Raises:
        ValueError: the two do not have a value for each question.
    """
    if len(first) != len(second):
        raise ValueError("paired values must be of the same questions")
    return estimate([b - a for a, b in zip(first, second, strict=True)])
