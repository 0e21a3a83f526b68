"""Places at the desk: given back by whoever leaves the line."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from serving_fakes import FakeAssistant

from assistant.schema.inquiry import Inquiry
from assistant.serving.desk import Desk

Work = Callable[[Desk], Awaitable[Any]]
SLOTS = 4


async def until_taken(desk: Desk, places: int) -> None:
    async with asyncio.timeout(20):
        while desk.taken != places:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "work",
    [
        lambda desk: desk.search(Inquiry(question="问"), 1),
        lambda desk: desk.embed(["问"], as_queries=True),
        lambda desk: desk.verify("不得抽贷。", None),
    ],
    ids=["search", "embed", "verify"],
)
def test_whoever_leaves_the_line_gives_the_place_back(work: Work) -> None:
    async def scene() -> int:
        fake = FakeAssistant()
        fake.hold.clear()
        desk = Desk(lambda: fake)
        busy = [asyncio.create_task(desk.verify("不得抽贷。", None)) for _ in range(SLOTS)]
        await until_taken(desk, SLOTS)
        leaving = asyncio.ensure_future(work(desk))
        await until_taken(desk, SLOTS + 1)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        left = desk.taken
        fake.hold.set()
        await asyncio.gather(*busy)
        desk.close()
        return left

    assert asyncio.run(scene()) == SLOTS
