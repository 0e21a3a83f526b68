"""A stream that holds something, and lets go of it however it ends."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from types import TracebackType
from typing import TypeVar

T = TypeVar("T")


class Holding(AsyncGenerator[T, None]):
    """The same items. `let_go` is called when it ends, is closed or is dropped, read from or not; perhaps twice.

    A generator alone does not do that: one that was never read from runs none of its `finally`.
    """

    def __init__(self, inner: AsyncGenerator[T, None], let_go: Callable[[], None]) -> None:
        self._inner = inner
        self._let_go = let_go

    async def asend(self, value: None) -> T:
        try:
            return await self._inner.asend(value)
        except BaseException:
            self._let_go()
            raise

    async def athrow(
        self,
        typ: type[BaseException] | BaseException,
        val: BaseException | object = None,
        tb: TracebackType | None = None,
    ) -> T:
        self._let_go()
        return await self._inner.athrow(typ, val, tb)  # type: ignore[arg-type]

    async def aclose(self) -> None:
        self._let_go()
        await self._inner.aclose()

    def __del__(self) -> None:
        self._let_go()
