"""A follow-up stays near the clause of the turn before; a new matter has a nearer one of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from memory_library import MemoryLibrary
from sample_texts import law, notice

from assistant.errors import ModelUnavailable
from assistant.models.protocols import Vectors
from assistant.models.standins import HashingEmbedder
from assistant.question.kinship import Kinship, Leaning, TurnFeatures, TurnWeights, packaged_turn_weights

LIBRARY = MemoryLibrary([notice(), law()], HashingEmbedder())
WEIGHTS = TurnWeights(
    command="", pairs={}, bias=0.0, weights={"alike": 0, "near": 0, "lead": -1}, alone_below=-2.0, joined_from=-1.0
)


def texts() -> list[str]:
    from assistant.schema.chunk import ChunkKind

    return [chunk.plain for chunk in LIBRARY.chunks(ChunkKind.CLAUSE)]


class Broken(HashingEmbedder):
    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        raise ModelUnavailable("向量模型不可用。")


def test_a_question_on_the_same_clause_has_no_lead() -> None:
    first, *_ = texts()
    features = Kinship(LIBRARY, HashingEmbedder(), WEIGHTS).features(first, first)
    assert features is not None
    assert features.lead == pytest.approx(0, abs=1e-5)
    assert features.alike == pytest.approx((1 - 0.85) / 0.05, abs=1e-4)


def test_a_question_on_another_clause_has_one() -> None:
    first, *_, last = texts()
    features = Kinship(LIBRARY, HashingEmbedder(), WEIGHTS).features(last, first)
    assert features is not None
    assert features.lead > 1


def test_what_lies_near_the_turn_before_leans_and_what_lies_between_is_not_sure() -> None:
    kinship = Kinship(LIBRARY, HashingEmbedder(), WEIGHTS)
    first, *_, last = texts()
    assert kinship.judge(first, first) == Leaning(leans=True, sure=True)
    assert kinship.judge(last, first) == Leaning(leans=False, sure=True)
    between = WEIGHTS.model_copy(update={"joined_from": 1.0})
    assert Kinship(LIBRARY, HashingEmbedder(), between).judge(first, first) == Leaning(leans=True, sure=False)


def test_without_vectors_nothing_is_judged() -> None:
    assert Kinship(LIBRARY, Broken(), WEIGHTS).judge("利率多少？", "续贷有什么要求。") is None


def test_a_library_without_clauses_judges_nothing() -> None:
    empty = MemoryLibrary([], HashingEmbedder())
    assert Kinship(empty, HashingEmbedder(), WEIGHTS).judge("利率多少？", "续贷有什么要求。") is None


def test_the_packaged_weights_are_of_these_features() -> None:
    weights = packaged_turn_weights()
    near = TurnFeatures(alike=0.5, near=0.0, lead=0.0)
    assert weights.odds(near) >= weights.joined_from
    assert weights.odds(replace(near, alike=-0.5, near=1.0, lead=2.0)) < weights.alone_below < weights.joined_from
    assert np.isfinite(list(weights.weights.values())).all()
