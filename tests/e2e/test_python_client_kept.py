"""The Python client over a real server that keeps what it gave: answers, conversations, feedback."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import replace

import pytest
from doors import Callers, callers, opened
from serving_fakes import ANSWER_TEXT, FakeAssistant, serving

from assistant.access.recorder import Recorder
from assistant.client import AsyncClient, Client, ServiceError
from assistant.errors import InputError
from assistant.schema.principal import Scope
from assistant.serving.http.api import create_api
from assistant.serving.ledger import Ledger


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Callers]]:
    with opened(tmp_path_factory.mktemp("door")) as registry, pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
            patch.delenv(name)
        known = callers(registry)
        door = replace(known.door, ledger=Ledger(Recorder(registry.chain, registry.answers, refuse=True)))
        with serving(create_api(FakeAssistant, doorkeeping=door)) as url:
            yield url, known


@pytest.fixture
def token(served: tuple[str, Callers]) -> str:
    """A key of its own, that may read feedback too."""
    scopes = [Scope.ASK.value, Scope.FEEDBACK_READ.value]
    return served[1].registry.keys.create(name="client", scopes=scopes, by="t")[0]


def test_what_was_given_is_found_again(served: tuple[str, Callers], token: str) -> None:
    with Client(served[0], token=token, timeout_s=20) as client:
        first = client.ask("能续贷吗？", idempotency_key="k-1")
        assert client.ask("能续贷吗？", idempotency_key="k-1") == first
        assert client.answer(first.answer_id) == first
        assert first.answer.text == ANSWER_TEXT
        with pytest.raises(ServiceError) as reused:
            client.ask("不能续贷吗？", idempotency_key="k-1")
        assert (reused.value.code, reused.value.status) == ("idempotency_key_reused", 422)
        with pytest.raises(ServiceError) as none:
            client.answer("0" * 32)
        assert (none.value.code, none.value.status) == ("not_found", 404)


def test_conversations_and_feedback(served: tuple[str, Callers], token: str) -> None:
    with Client(served[0], token=token, timeout_s=20) as client:
        given = [client.ask("能续贷吗？") for _ in range(3)]
        first_page = client.sessions(limit=2)
        second_page = client.sessions(limit=2, cursor=first_page.next)
        ids = [one.id for page in (first_page, second_page) for one in page.sessions]
        assert (ids, second_page.next) == ([one.session_id for one in reversed(given)], None)
        assert client.rename_session(ids[0], "续贷").title == "续贷"
        [turn] = client.session(ids[0]).turns
        assert (turn.answer_id, turn.answer) == (given[2].answer_id, given[2].answer)
        client.drop_session(ids[0])
        with pytest.raises(ServiceError) as gone:
            client.session(ids[0])
        assert gone.value.code == "session_not_found"
        rated = client.rate(given[0].answer_id, useful=False, reason="incomplete", comment="没有提到农户。")
        assert client.feedback(useful=False).feedback[0] == rated
        assert rated not in client.feedback(useful=True).feedback
        for wrong in ("", "..", "x" * 101):
            with pytest.raises(InputError):
                client.answer(wrong)
        with pytest.raises(InputError):
            client.rate(given[0].answer_id, useful=True, comment="长" * 501)
        with pytest.raises(InputError):
            client.sessions(limit=0)


def test_the_asynchronous_client_gives_the_same(served: tuple[str, Callers], token: str) -> None:
    async def walked() -> None:
        async with AsyncClient(served[0], token=token, timeout_s=20) as client:
            first = await client.ask("能续贷吗？", idempotency_key="k-2")
            assert await client.ask("能续贷吗？", idempotency_key="k-2") == first
            assert await client.answer(first.answer_id) == first
            [only] = (await client.sessions()).sessions
            assert (await client.rename_session(only.id, "名")).title == "名"
            assert len((await client.session(only.id)).turns) == 1
            rated = await client.rate(first.answer_id, useful=True)
            assert (await client.feedback(limit=1)).feedback == [rated]
            await client.drop_session(only.id)
            assert (await client.sessions()).sessions == []

    asyncio.run(walked())
