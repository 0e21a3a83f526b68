"""Embedders that must not hold anybody up: one with a budget of time, and one that is not to be believed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from contextvars import copy_context

from assistant.errors import AssistantError, ModelTimeout, ModelUnavailable
from assistant.models.protocols import CosineScale, Embedder, Vectors, scale_of

_MOST_LATE = 2  # calls that were not waited for and have not come back: from then on nobody waits


class EmbedderInTime:
    """An embedder that answers within `budget_s` seconds, or not at all.

    A late call is left to end by itself. While several of them have not come back the next fails at once, so an
    embedder that hangs costs its budget a few times and not with every question.
    """

    def __init__(self, embedder: Embedder, budget_s: float) -> None:
        self._embedder = embedder
        self.budget_s = budget_s
        self.late = 0
        self._lock = threading.Lock()

    @property
    def id(self) -> str:
        return self._embedder.id

    @property
    def dimension(self) -> int:
        return self._embedder.dimension

    @property
    def cosine_scale(self) -> CosineScale:
        return scale_of(self._embedder)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """As `Embedder.embed_queries`.

        Raises:
            ModelTimeout: it took longer than the budget, or everything is held by calls that did.
        """
        return self._in_time(lambda: self._embedder.embed_queries(texts))

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """As `Embedder.embed_documents`; raises as `embed_queries`."""
        return self._in_time(lambda: self._embedder.embed_documents(texts))

    def _in_time(self, call: Callable[[], Vectors]) -> Vectors:
        if self.late >= _MOST_LATE:
            raise self._timeout()
        done = threading.Event()
        found: list[Vectors | BaseException] = []
        given_up = False
        context = copy_context()

        def work() -> None:
            try:
                found.append(context.run(call))
            except BaseException as exc:  # noqa: BLE001 (handed on to whoever waits, in their thread)
                found.append(exc)
            with self._lock:
                done.set()
                self.late -= given_up

        threading.Thread(target=work, name="embedding", daemon=True).start()
        if not done.wait(self.budget_s):
            with self._lock:
                given_up = not done.is_set()
                self.late += given_up
            if given_up:
                raise self._timeout()
        if isinstance(found[0], BaseException):
            raise found[0]
        return found[0]

    def _timeout(self) -> ModelTimeout:
        return ModelTimeout(f"向量模型没有在 {1000 * self.budget_s:.0f} 毫秒内给出结果。", retryable=True)


class EmbedderOutOfUse:
    """Stands for an embedder whose weights are damaged or were exchanged: bears its name, and embeds nothing."""

    out_of_use = True

    def __init__(self, name: str, dimension: int, why: str) -> None:
        self.id = name
        self.dimension = dimension
        self._why = why

    def embed_queries(self, _texts: Sequence[str], /) -> Vectors:
        raise ModelUnavailable(self._why)

    def embed_documents(self, _texts: Sequence[str], /) -> Vectors:
        raise ModelUnavailable(self._why)


class EmbedderOnTrial:
    """An embedder that gave other vectors than the index was built with, or none: out of use until it gives the same.

    A service behind it may be put right at any time; whoever asks a question tries it, at most every `again_s` seconds.

    Args:
        prove: returns where the vectors are the same.
    """

    def __init__(
        self,
        embedder: Embedder,
        prove: Callable[[], None],
        why: str,
        *,
        again_s: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._embedder, self._prove, self._why = embedder, prove, why
        self._again_s, self._clock = again_s, clock
        self._lock = threading.Lock()
        self._next_at = clock() + again_s
        self.id, self.dimension = embedder.id, embedder.dimension
        self.out_of_use = True

    @property
    def cosine_scale(self) -> CosineScale:
        return scale_of(self._embedder)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """As `Embedder.embed_queries`.

        Raises:
            ModelUnavailable: it has not given the same vectors yet.
        """
        return self._believed().embed_queries(texts)

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """As `Embedder.embed_documents`; raises as `embed_queries`."""
        return self._believed().embed_documents(texts)

    def _believed(self) -> Embedder:
        if self.out_of_use and self._is_due():
            with suppress(AssistantError):  # what is wrong with it has been said
                self._prove()
                self.out_of_use = False
        if self.out_of_use:
            raise ModelUnavailable(self._why)
        return self._embedder

    def _is_due(self) -> bool:
        with self._lock:
            due = self._clock() >= self._next_at
            if due:
                self._next_at = self._clock() + self._again_s
            return due


def out_of_use(embedder: object) -> bool:
    """Whether nothing can be embedded by it."""
    return bool(getattr(embedder, "out_of_use", False))
