"""How everybody who waits for an answer is told that the process ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from threading import Event, Lock
from typing import TypeVar

from assistant.serving.limits.refusals import ShuttingDown

T = TypeVar("T")


class Closing:
    """Open; then `draining`, when nothing new begins; then `closed`, when nothing goes on."""

    def __init__(self) -> None:
        self._draining, self._closed = Event(), Event()
        self._told: dict[object, tuple[asyncio.AbstractEventLoop, Callable[[], None]]] = {}
        self._lock = Lock()

    @property
    def draining(self) -> bool:
        return self._draining.is_set()

    @property
    def closed(self) -> bool:
        return self._closed.is_set()

    def drain(self) -> None:
        """Let nothing new begin."""
        self._draining.set()

    def close(self) -> None:
        """Let nothing go on: everybody in `told` hears of it."""
        self._draining.set()
        with self._lock:
            self._closed.set()
            told = list(self._told.values())
        for loop, tell in told:
            if not loop.is_closed():
                loop.call_soon_threadsafe(tell)

    def refuse(self) -> None:
        """See that something new may begin.

        Raises:
            ShuttingDown: it may not.
        """
        if self.draining:
            raise ShuttingDown

    @contextmanager
    def told(self, tell: Callable[[], None]) -> Iterator[None]:
        """Within the block, `tell` is called by the running loop when this is closed."""
        me = object()
        with self._lock:
            self._told[me] = (asyncio.get_running_loop(), tell)
            closed = self._closed.is_set()
        if closed:
            tell()
        try:
            yield
        finally:
            with self._lock:
                del self._told[me]

    async def unless_closed(self, awaited: Awaitable[T]) -> T:
        """What is awaited, unless the end comes first.

        Raises:
            ShuttingDown: the end came; what was awaited is cancelled.
        """
        task: asyncio.Future[T] = asyncio.ensure_future(awaited)
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def end() -> None:
            if not ended.done():
                ended.set_result(None)

        with self.told(end):
            try:
                await asyncio.wait((task, ended), return_when=asyncio.FIRST_COMPLETED)
                if not task.done():
                    raise ShuttingDown
                return task.result()
            finally:
                task.cancel()
                ended.cancel()
