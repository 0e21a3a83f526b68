"""The table of embedders, over stand-ins and figures worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assistant.evaluation.embedders import Cost, Tried, costs, table
from assistant.models.protocols import Vectors
from assistant.models.standins import HashingEmbedder


class Telling:
    """An embedder that writes down what it was asked."""

    def __init__(self, name: str, heard: list[str]) -> None:
        self.id = name
        self.dimension = 2
        self._heard = heard

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        self._heard.append(f"{self.id}?{len(texts)}")
        return np.ones((len(texts), 2), dtype=np.float32)

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        self._heard.append(f"{self.id}:{len(texts)}")
        return np.ones((len(texts), 2), dtype=np.float32)


def marks(*ranks: float) -> dict[str, dict[str, float]]:
    values = {f"q{n}": value for n, value in enumerate(ranks)}
    return dict.fromkeys(("RR", "R@1", "R@3", "R@5"), values)


def test_embedders_take_turns_and_change_places() -> None:
    heard: list[str] = []
    found = costs([Telling("a", heard), Telling("b", heard)], ["一", "二"], ["丙"] * 3, turns=2)
    assert heard[2:8] == ["b?1", "a?1", "b?1", "a?1", "b:3", "a:3"]
    assert heard[8:] == ["a?1", "b?1", "a?1", "b?1", "a:3", "b:3"]
    assert all(cost.question_ms >= 0 and cost.passage_ms >= 0 for cost in found)


def test_rows_are_compared_with_the_first() -> None:
    first = Tried(name="甲", embedder=HashingEmbedder(), index="i1", marks=marks(1.0, 0.5))
    second = Tried(name="乙", embedder=HashingEmbedder(), index="i2", marks=marks(1.0, 0.25))
    rows = table([first, second], [Cost(question_ms=20, passage_ms=8), Cost(question_ms=5, passage_ms=1)])
    assert [row.figures["RR"].mean for row in rows] == [0.75, 0.625]
    assert [row.mrr_difference.mean for row in rows] == [0.0, -0.125]
    assert (rows[1].question_ratio, rows[1].passage_ratio) == (0.25, 0.125)
    assert (rows[0].question_ratio, rows[1].dimension) == (1.0, HashingEmbedder().dimension)


def test_a_first_one_that_takes_no_time_gives_no_ratio() -> None:
    one = Tried(name="甲", embedder=HashingEmbedder(), index="i", marks=marks(1.0))
    [row] = table([one], [Cost(question_ms=0, passage_ms=0)])
    assert [row.question_ratio, row.passage_ratio] == [0.0, 0.0]
