"""Embedders that must not hold anybody up: one with a budget of time, and one that is not to be believed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextvars import copy_context

from assistant.errors import ModelTimeout, ModelUnavailable
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


def out_of_use(embedder: object) -> bool:
    """Whether nothing can be embedded by it."""
    return bool(getattr(embedder, "out_of_use", False))
