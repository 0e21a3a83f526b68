"""Everybody who waits hears of the end, and nothing begins after it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from assistant.serving.limits.closing import Closing
from assistant.serving.limits.pieces import Holding
from assistant.serving.limits.refusals import ShuttingDown


def test_whoever_waits_hears_of_the_end() -> None:
    async def main() -> None:
        closing = Closing()
        waiting = asyncio.ensure_future(closing.unless_closed(asyncio.Event().wait()))
        await asyncio.sleep(0)
        closing.drain()
        with pytest.raises(ShuttingDown):
            closing.refuse()
        await asyncio.sleep(0)
        assert not waiting.done()  # what is in hand goes on
        closing.close()
        with pytest.raises(ShuttingDown):
            await waiting
        with pytest.raises(ShuttingDown):
            await closing.unless_closed(asyncio.Event().wait())

    asyncio.run(main())


def test_what_is_there_before_the_end_is_given() -> None:
    async def main() -> int:
        closing = Closing()
        closing.refuse()
        return await closing.unless_closed(asyncio.sleep(0, result=5))

    assert asyncio.run(main()) == 5


@pytest.mark.parametrize("how", ["dropped", "closed", "read", "failed", "closed amid"])
def test_a_stream_lets_go_however_it_ends(how: str) -> None:
    async def items() -> AsyncGenerator[int, None]:
        yield 1
        if how == "failed":
            raise LookupError
        yield 2

    async def main() -> int:
        let_go: list[str] = []
        stream = Holding(items(), lambda: let_go.append(how))
        if how == "closed":
            await stream.aclose()
        elif how == "closed amid":
            assert await anext(stream) == 1
            assert let_go == []
            await stream.aclose()
        elif how == "read":
            assert [item async for item in stream] == [1, 2]
        elif how == "failed":
            with pytest.raises(LookupError):
                _ = [item async for item in stream]
        del stream
        return len(let_go)

    assert asyncio.run(main()) >= 1
