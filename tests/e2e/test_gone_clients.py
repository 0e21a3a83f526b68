"""Clients that hang up while a language model stalls: the upstream is let go and the place is free (FAULTS.md R14)."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from attacked import with_model
from memory_library import MemoryLibrary
from scripted_llm import Behaviour, ScriptedLlm
from test_api import client_of

from assistant.corpus.reading import parse_file
from assistant.errors import Abandoned
from assistant.models.breaker import BreakerState, GuardedChatModel
from assistant.models.chat import LangChainChatModel
from assistant.models.giving_up import given_up, given_up_when
from assistant.models.reply_stream import Budget
from assistant.models.standins import HashingEmbedder
from assistant.serving.desk import Desk
from assistant.serving.http.api import create_api
from assistant.serving.limits.fair_pool import Bounds

NOTICE = Path(__file__).resolve().parents[2] / "corpus" / "notice_2024_shaanxi.txt"
QUESTION = {"question": "续贷有什么要求？"}
STALLS = (Behaviour.STALL_BEFORE_HEADERS, Behaviour.STALL_BEFORE_TOKEN, Behaviour.STALL_BETWEEN_TOKENS)


@pytest.fixture(scope="module")
def library() -> MemoryLibrary:
    return MemoryLibrary([parse_file(NOTICE)], HashingEmbedder())


@pytest.fixture
def server() -> Iterator[ScriptedLlm]:
    with ScriptedLlm() as scripted:
        yield scripted


@pytest.fixture
def endpoint(server: ScriptedLlm) -> Iterator[GuardedChatModel]:
    """A model whose own budgets would let a stall last for minutes."""
    chat = LangChainChatModel(
        base_url=server.base_url,
        model="scripted",
        budget=Budget(connect_s=120, first_token_s=120, token_s=120, total_s=240),
    )
    yield GuardedChatModel(chat)
    chat.close()


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 60
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("path", ["/api/v1/ask", "/api/v1/ask/stream"])
@pytest.mark.parametrize("behaviour", STALLS)
def test_hanging_up_reaches_the_stalled_model(
    library: MemoryLibrary, server: ScriptedLlm, endpoint: GuardedChatModel, behaviour: Behaviour, path: str
) -> None:
    server.behaviour = behaviour
    app = create_api(lambda: with_model(library, endpoint), bounds=Bounds(slots=1))
    desk: Desk = app.state.desk
    with client_of(app) as client:
        body = json.dumps(QUESTION).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        with socket.create_connection((client.base_url.host, client.base_url.port or 80)) as leaving:
            leaving.sendall(head.encode() + body)
            assert eventually(lambda: bool(server.requests))
        assert server.hung_up.wait(60)
        assert eventually(lambda: desk.taken == 0)
        assert endpoint.breaker.state is BreakerState.CLOSED
        server.behaviour = Behaviour.WELL
        assert client.post("/api/v1/ask", json=QUESTION).status_code == 200


def test_waiting_ends_when_nobody_waits(server: ScriptedLlm, endpoint: GuardedChatModel) -> None:
    server.behaviour = Behaviour.STALL_BEFORE_TOKEN
    looks = iter([False, False])
    with given_up_when(lambda: next(looks, True)), pytest.raises(Abandoned):
        list(endpoint.stream("s", "u"))
    assert server.hung_up.wait(60)
    assert not given_up()


def test_a_wait_before_the_second_try_ends_too(server: ScriptedLlm, endpoint: GuardedChatModel) -> None:
    server.behaviour = Behaviour.TOO_MANY
    server_asked = server.requests
    with given_up_when(lambda: bool(server_asked)), pytest.raises(Abandoned):
        list(endpoint.stream("s", "u"))
    assert len(server.requests) == 1
