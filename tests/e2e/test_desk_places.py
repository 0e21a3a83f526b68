"""Places at the desk: given back by whoever leaves the line, and counted for portals only when something is done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from serving_fakes import FakeAssistant
from starlette.testclient import TestClient

from assistant.errors import InputError, NotFoundError
from assistant.schema.inquiry import Inquiry
from assistant.schema.principal import Principal, PrincipalKind
from assistant.schema.retrieval import Filters
from assistant.serving.desk import Desk
from assistant.serving.http.api import create_api
from assistant.serving.limits.fair_pool import Bounds
from assistant.serving.limits.refusals import TooManyAtOnce

Work = Callable[[Desk], Awaitable[Any]]
WHO = Principal(kind=PrincipalKind.EMBED, subject="portal/u-1")
ELSEWHERE = Filters(document_ids=frozenset({"nowhere"}))
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


@pytest.mark.parametrize(
    ("work", "fault", "counted"),
    [
        (lambda desk: desk.ask(Inquiry(question="问", principal=WHO)), None, 1),
        (lambda desk: desk.search(Inquiry(question="问", principal=WHO), 1), None, 1),
        (lambda desk: desk.embed(["问"], as_queries=True, principal=WHO), None, 1),
        (lambda desk: desk.ask(Inquiry(question="", principal=WHO)), InputError, 0),
        (lambda desk: desk.ask(Inquiry(question="问", principal=WHO, filters=ELSEWHERE)), NotFoundError, 0),
        (lambda desk: desk.stream(Inquiry(question="问", principal=WHO, filters=ELSEWHERE)), NotFoundError, 0),
        (lambda desk: desk.search(Inquiry(question="问", principal=WHO, filters=ELSEWHERE), 1), NotFoundError, 0),
        (lambda desk: desk.search(Inquiry(question="我的密码是abc12345", principal=WHO), 1), InputError, 0),
        (lambda desk: desk.verify("不得抽贷。", None), None, 0),
    ],
)
def test_a_portal_is_counted_what_passed_every_check(work: Work, fault: type[Exception] | None, counted: int) -> None:
    asked: list[Principal] = []

    async def scene() -> None:
        desk = Desk(FakeAssistant)
        desk.admit = asked.append
        try:
            await work(desk)
        finally:
            desk.close()

    if fault is None:
        asyncio.run(scene())
    else:
        with pytest.raises(fault):
            asyncio.run(scene())
    assert asked == [WHO] * counted


@pytest.mark.parametrize(
    "work",
    [
        lambda desk, who: desk.verify("不得抽贷。", None, principal=who),
        lambda desk, who: desk.apply(lambda: desk.provider().hold.wait(20), principal=who),
    ],
    ids=["verify", "apply"],
)
def test_no_work_of_one_caller_takes_every_place(work: Callable[[Desk, Principal], Awaitable[Any]]) -> None:
    other = Principal(kind=PrincipalKind.EMBED, subject="portal/u-2")

    async def scene() -> None:
        fake = FakeAssistant()
        fake.hold.clear()
        desk = Desk(lambda: fake, bounds=Bounds(slots=1, waiting=3))
        taken = [asyncio.ensure_future(work(desk, WHO)) for _ in range(3)]
        await until_taken(desk, 3)
        try:
            with pytest.raises(TooManyAtOnce):
                await work(desk, WHO)
            taken.append(asyncio.ensure_future(work(desk, other)))
            await until_taken(desk, 4)
        finally:
            fake.hold.set()
            await asyncio.gather(*taken)
            desk.close()

    asyncio.run(scene())


def test_vectors_are_counted_for_whoever_asks_over_http() -> None:
    asked: list[Principal] = []
    app = create_api(FakeAssistant)
    app.state.desk.admit = asked.append
    with TestClient(app) as client:
        response = client.post("/v1/embeddings", json={"model": "policy-assistant-embedding", "input": ["甲", "乙"]})
    assert (response.status_code, [one.kind for one in asked]) == (200, [PrincipalKind.LOCAL])
