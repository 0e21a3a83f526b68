"""An embedder that is late, and one that is not to be believed."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event

import numpy as np
import pytest

from assistant.errors import IndexStale, ModelTimeout, ModelUnavailable
from assistant.models.in_time import EmbedderInTime, EmbedderOnTrial, EmbedderOutOfUse, out_of_use
from assistant.models.protocols import CosineScale, Vectors, scale_of
from assistant.models.standins import HashingEmbedder

_LONG_S = 60.0


class Held(HashingEmbedder):
    """Answers when it is let go."""

    cosine_scale = CosineScale(0.5, 0.1)

    def __init__(self) -> None:
        super().__init__(8)
        self.go = Event()
        self.asked = 0
        self.answered = Event()

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        self.asked += 1
        self.go.wait(_LONG_S)
        self.answered.set()
        return super().embed_queries(texts)


def test_in_time_it_is_the_embedder_itself() -> None:
    inner = Held()
    inner.go.set()
    embedder = EmbedderInTime(inner, _LONG_S)
    assert np.array_equal(embedder.embed_queries(["续贷"]), inner.embed_queries(["续贷"]))
    assert np.array_equal(embedder.embed_documents(["续贷"]), inner.embed_documents(["续贷"]))
    assert (embedder.id, embedder.dimension, scale_of(embedder)) == (inner.id, inner.dimension, inner.cosine_scale)


def test_a_late_call_is_not_waited_for_and_after_two_nobody_asks() -> None:
    inner = Held()
    embedder = EmbedderInTime(inner, 0.01)
    for _ in range(5):
        with pytest.raises(ModelTimeout, match="10 毫秒"):
            embedder.embed_queries(["续贷"])
    assert inner.asked == 2
    inner.go.set()


def test_once_it_comes_back_it_is_asked_again() -> None:
    inner = Held()
    hasty = EmbedderInTime(inner, 0.01)
    for _ in range(2):
        with pytest.raises(ModelTimeout):
            hasty.embed_queries(["续贷"])
    inner.go.set()
    while hasty.late:
        inner.answered.wait(0.01)
    hasty.budget_s = _LONG_S
    assert hasty.embed_queries(["续贷"]).shape == (1, 8)


def test_what_it_raises_is_raised() -> None:
    embedder = EmbedderInTime(EmbedderOutOfUse("名", 8, "已损坏"), _LONG_S)
    with pytest.raises(ModelUnavailable, match="已损坏"):
        embedder.embed_documents(["续贷"])


def test_out_of_use_it_bears_the_name_and_embeds_nothing() -> None:
    embedder = EmbedderOutOfUse("onnx/e5@1", 384, "已损坏")
    assert (embedder.id, embedder.dimension) == ("onnx/e5@1", 384)
    assert out_of_use(embedder)
    assert not out_of_use(HashingEmbedder(8))
    with pytest.raises(ModelUnavailable):
        embedder.embed_queries(["续贷"])


def test_one_that_gave_other_vectors_is_used_again_once_it_gives_the_same() -> None:
    now, tried, faults = [0.0], list[float](), [IndexStale("换过模型", built="a", wanted="a")] * 2
    inner = Held()
    inner.go.set()

    def prove() -> None:
        tried.append(now[0])
        if faults:
            raise faults.pop()

    embedder = EmbedderOnTrial(inner, prove, "换过模型", again_s=60, clock=lambda: now[0])
    assert (embedder.id, embedder.dimension, scale_of(embedder)) == (inner.id, 8, inner.cosine_scale)
    for at in (0, 59, 60, 61, 119, 120, 179):
        now[0] = at
        assert out_of_use(embedder)
        with pytest.raises(ModelUnavailable, match="换过模型"):
            embedder.embed_queries(["续贷"])
    assert (tried, inner.asked) == ([60, 120], 0)
    now[0] = 180
    assert embedder.embed_queries(["续贷"]).shape == (1, 8)
    assert embedder.embed_documents(["续贷"]).shape == (1, 8)
    assert not out_of_use(embedder)
    assert tried == [60, 120, 180]
