"""A place at the desk: work in the pool, and word when its turn comes."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from typing import Generic, TypeVar

from assistant.serving.limits.refusals import ServerBusyError

T = TypeVar("T")


class Ticket(Generic[T]):
    """A place at the desk: work in the pool, and word when its turn comes."""

    def __init__(self, future: Future[T], turn: asyncio.Event) -> None:
        self._future = future
        self._turn = turn

    async def wait_turn(self, patience_s: float) -> None:
        """Return once a thread has taken up the work.

        Raises:
            ServerBusyError: no thread was free within `patience_s` seconds; the work is withdrawn.
        """
        try:
            async with asyncio.timeout(patience_s):
                await self._turn.wait()
        except TimeoutError as exc:
            if self._future.cancel():
                raise ServerBusyError from exc

    async def result(self) -> T:
        return await asyncio.wrap_future(self._future)

    def withdraw(self) -> None:
        """Take back work that no thread has begun."""
        self._future.cancel()

    async def outcome(self, patience_s: float) -> T:
        """What comes of the work; withdrawn when nobody waits for it any more. Raises as `wait_turn`."""
        try:
            await self.wait_turn(patience_s)
            return await self.result()
        finally:
            self.withdraw()
