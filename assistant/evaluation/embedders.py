"""Embedders side by side: what each finds, what it costs, and the differences paired question by question.

Times are those of the processor, not of the clock, and embedders take turns text by text: a busy machine
slows all alike, so the ratios hold where the milliseconds do not.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.evaluation.bootstrap import Estimate, estimate, paired_difference
from assistant.evaluation.metrics import CLAUSE_MEASURES
from assistant.models.protocols import Embedder

Marks = Mapping[str, Mapping[str, float]]  # by measure, then by question
_WARM_UP = "预热"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Processor time, milliseconds: of one question, and of one passage among many (medians over the turns)."""

    question_ms: float
    passage_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One embedder; differences and ratios are to the first of the table."""

    name: str
    id: str
    dimension: int
    index: str  # fingerprint of the index it was searched in
    figures: Mapping[str, Estimate]  # by measure
    mrr_difference: Estimate
    cost: Cost
    question_ratio: float
    passage_ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What was found out about one embedder before it is put beside the others."""

    name: str
    embedder: Embedder
    index: str
    marks: Marks


def costs(
    embedders: Sequence[Embedder], questions: Sequence[str], passages: Sequence[str], *, turns: int
) -> list[Cost]:
    """The cost of each embedder, measured by turns; the order changes from turn to turn.

    Raises:
        ModelError: one of them cannot be used.
    """
    for embedder in embedders:
        embedder.embed_queries([_WARM_UP])
    asked: list[list[float]] = [[] for _ in embedders]
    told: list[list[float]] = [[] for _ in embedders]
    places = list(range(len(embedders)))
    for turn in range(turns):
        order = places if turn % 2 else places[::-1]
        for question in questions:
            for n in order:
                began = time.process_time()
                embedders[n].embed_queries([question])
                asked[n].append(1000 * (time.process_time() - began))
        for n in order:
            began = time.process_time()
            embedders[n].embed_documents(passages)
            told[n].append(1000 * (time.process_time() - began) / max(len(passages), 1))
    return [
        Cost(question_ms=statistics.median(a), passage_ms=statistics.median(t))
        for a, t in zip(asked, told, strict=True)
    ]


def table(tried: Sequence[Tried], measured: Sequence[Cost]) -> tuple[Row, ...]:
    """One row for each embedder, in their order; the first is what the others are compared with."""
    return tuple(_row(one, cost, tried[0], measured[0]) for one, cost in zip(tried, measured, strict=True))


def _row(one: Tried, cost: Cost, first: Tried, first_cost: Cost) -> Row:
    shared = sorted(one.marks["RR"].keys() & first.marks["RR"].keys())
    before, now = ([run.marks["RR"][question] for question in shared] for run in (first, one))
    return Row(
        name=one.name,
        id=one.embedder.id,
        dimension=one.embedder.dimension,
        index=one.index,
        figures={name: estimate(list(one.marks[name].values())) for name in CLAUSE_MEASURES},
        mrr_difference=paired_difference(before, now),
        cost=cost,
        question_ratio=_ratio(cost.question_ms, first_cost.question_ms),
        passage_ratio=_ratio(cost.passage_ms, first_cost.passage_ms),
    )


def _ratio(value: float, of: float) -> float:
    return value / of if of > 0 else 0.0
