"""`LangChainChatModel` against a real HTTP server that behaves and misbehaves as endpoints do."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from langchain_core.tracers.langchain import wait_for_all_tracers
from langsmith.utils import get_env_var
from scripted_llm import Behaviour, ScriptedLlm

from assistant.errors import ModelError, ModelOutputInvalid, ModelTimeout, ModelUnavailable
from assistant.models.breaker import BreakerState, CircuitBreaker, GuardedChatModel
from assistant.models.chat import LangChainChatModel
from assistant.models.reply_stream import Budget
from assistant.schema.retrieval import Query
from assistant.writing.gate import LlmComposer

SECRET_QUESTION = "一二三四问题内容不得入日志"
REPLY = "严禁贷款转存或挪用套利。[1]"


@pytest.fixture
def server() -> Iterator[ScriptedLlm]:
    with ScriptedLlm() as scripted:
        yield scripted


Connect = Callable[..., LangChainChatModel]


@pytest.fixture
def connect(server: ScriptedLlm) -> Iterator[Connect]:
    made: list[LangChainChatModel] = []

    def make(**changes: Any) -> LangChainChatModel:
        arguments: dict[str, Any] = {
            "base_url": server.base_url,
            "model": "scripted",
        }
        limits: dict[str, Any] = {
            "connect_s": 5.0,
            "first_token_s": 10.0,
            "token_s": 10.0,
            "total_s": 20.0,
            "chars": 4000,
        }
        limits |= {name: changes.pop(name) for name in limits if name in changes}
        made.append(LangChainChatModel(**(arguments | changes), budget=Budget(**limits)))
        return made[-1]

    yield make
    for chat in made:
        chat.close()


def ask(chat: LangChainChatModel) -> str:
    return "".join(chat.stream("你是助手", SECRET_QUESTION))


def readers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "llm-reader"]


@pytest.mark.parametrize("behaviour", [Behaviour.WELL, Behaviour.NO_DONE, Behaviour.DONE_TWICE])
def test_whole_reply_arrives(server: ScriptedLlm, connect: Connect, behaviour: Behaviour) -> None:
    server.behaviour = behaviour
    assert ask(connect()) == REPLY
    assert [m["role"] for m in server.requests[0]["messages"]] == ["system", "user"]
    assert server.requests[0]["messages"][1]["content"] == SECRET_QUESTION


def test_reply_comes_in_pieces(server: ScriptedLlm, connect: Connect) -> None:
    pieces = list(connect().stream("s", "u"))
    assert len(pieces) > 1
    assert "".join(pieces) == server.reply


def test_two_replies_over_one_object(connect: Connect) -> None:
    chat = connect()
    assert [ask(chat), ask(chat)] == [REPLY, REPLY]


def test_key_and_temperature_are_sent_and_environment_is_not_asked(
    server: ScriptedLlm, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "OPENAI_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("OPENAI_API_KEY", "from-environment")
    assert ask(connect(api_key="from-settings", temperature=0.5)) == REPLY
    assert server.headers[0]["authorization"] == "Bearer from-settings"
    assert server.requests[0]["temperature"] == 0.5
    assert server.requests[0]["model"] == "scripted"


@pytest.fixture
def tracing_to(server: ScriptedLlm, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedLlm]:
    """The environment asks for traces. LangSmith keeps what it once read there, so that is forgotten around it."""
    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    monkeypatch.setenv("LANGSMITH_ENDPOINT", server.base_url)
    monkeypatch.setenv("LANGSMITH_API_KEY", "key")
    get_env_var.cache_clear()  # type: ignore[attr-defined]  # an lru_cache, typed as a plain function
    yield server
    monkeypatch.undo()
    get_env_var.cache_clear()  # type: ignore[attr-defined]  # an lru_cache, typed as a plain function


def test_prompts_go_to_no_tracing_service(tracing_to: ScriptedLlm, connect: Connect) -> None:
    composer = LlmComposer(connect())
    query = Query(text=SECRET_QUESTION, standalone=SECRET_QUESTION)
    assert ask(connect()) == REPLY
    assert list(composer.stream(query, (), (), ())) == []
    wait_for_all_tracers()
    assert tracing_to.paths == ["/v1/chat/completions"] * 2


@pytest.mark.parametrize(
    ("behaviour", "error", "budget"),
    [
        (Behaviour.STALL_BEFORE_HEADERS, ModelTimeout, {"first_token_s": 0.3}),
        (Behaviour.STALL_BEFORE_TOKEN, ModelTimeout, {"first_token_s": 0.3}),
        (Behaviour.HEARTBEAT_ONLY, ModelTimeout, {"first_token_s": 0.3}),
        (Behaviour.STALL_BETWEEN_TOKENS, ModelTimeout, {"token_s": 0.3}),
        (Behaviour.ENDLESS, ModelTimeout, {"total_s": 1.0, "chars": 10**9}),
        (Behaviour.ENDLESS, ModelOutputInvalid, {}),
        (Behaviour.ENDLESS_LINE, ModelOutputInvalid, {"chars": 100}),
        (Behaviour.HUGE_TOKEN, ModelOutputInvalid, {}),
        (Behaviour.UNAUTHORIZED, ModelUnavailable, {}),
        (Behaviour.BAD_REQUEST, ModelUnavailable, {}),
        (Behaviour.TOO_MANY, ModelUnavailable, {}),
        (Behaviour.TOO_MANY_LONG, ModelUnavailable, {}),
        (Behaviour.SERVER_ERROR, ModelUnavailable, {}),
        (Behaviour.REDIRECT, ModelUnavailable, {}),
        (Behaviour.ERROR_EVENT, ModelUnavailable, {}),
        (Behaviour.HANG_UP, ModelUnavailable, {}),
        (Behaviour.HTML, ModelOutputInvalid, {}),
        (Behaviour.EMPTY, ModelOutputInvalid, {}),
        (Behaviour.CUT_JSON, ModelOutputInvalid, {}),
        (Behaviour.CUT_STREAM, ModelOutputInvalid, {}),
        (Behaviour.WRONG_SHAPE, ModelOutputInvalid, {}),
        (Behaviour.BAD_UTF8, ModelOutputInvalid, {}),
        (Behaviour.NULL_CONTENT, ModelOutputInvalid, {}),
        (Behaviour.LONE_SURROGATE, ModelOutputInvalid, {}),
    ],
)
@pytest.mark.timeout(20)  # with a budget that does not hold, the stalls above would last for ever
def test_misbehaviour_gives_the_mapped_error(
    server: ScriptedLlm, connect: Connect, behaviour: Behaviour, error: type[ModelError], budget: dict[str, Any]
) -> None:
    server.behaviour = behaviour
    with pytest.raises(error) as caught:
        ask(connect(**budget))
    assert SECRET_QUESTION not in caught.value.message
    assert "secret-path" not in caught.value.message


@pytest.mark.parametrize(
    ("behaviour", "requests"),
    [
        (Behaviour.UNAUTHORIZED, 1),
        (Behaviour.BAD_REQUEST, 1),
        (Behaviour.TOO_MANY, 2),
        (Behaviour.TOO_MANY_LONG, 1),  # the wait would not fit into the budget
        (Behaviour.SERVER_ERROR, 2),
        (Behaviour.HTML, 1),
        (Behaviour.CUT_JSON, 1),
    ],
)
def test_number_of_tries(server: ScriptedLlm, connect: Connect, behaviour: Behaviour, requests: int) -> None:
    server.behaviour = behaviour
    with pytest.raises(ModelError):
        ask(connect())
    assert len(server.requests) == requests


@pytest.mark.parametrize("behaviour", [Behaviour.TOO_MANY_THEN_WELL, Behaviour.BAD_GATEWAY_THEN_WELL])
def test_second_try_succeeds(server: ScriptedLlm, connect: Connect, behaviour: Behaviour) -> None:
    server.behaviour = behaviour
    assert ask(connect()) == REPLY
    assert len(server.requests) == 2


def test_pieces_before_a_stall_are_delivered(server: ScriptedLlm, connect: Connect) -> None:
    server.behaviour = Behaviour.STALL_BETWEEN_TOKENS
    pieces = connect(token_s=0.3).stream("s", "u")
    assert next(pieces) == REPLY[:3]
    with pytest.raises(ModelTimeout):
        next(pieces)


@pytest.mark.timeout(30)
@pytest.mark.parametrize("behaviour", [Behaviour.STALL_BETWEEN_TOKENS, Behaviour.ENDLESS])
def test_connection_ends_with_the_consumer(server: ScriptedLlm, connect: Connect, behaviour: Behaviour) -> None:
    server.behaviour = behaviour
    before = set(readers())
    pieces = connect(chars=10**9).stream("s", "u")
    next(pieces)
    mine = [thread for thread in readers() if thread not in before]
    pieces.close()
    assert server.hung_up.wait(8)  # below the budgets, so it is the shut socket that ends it
    for thread in mine:
        thread.join(8)
    assert [thread.is_alive() for thread in mine] == [False]


@pytest.mark.timeout(30)
def test_reader_ends_after_a_timeout(server: ScriptedLlm, connect: Connect) -> None:
    server.behaviour = Behaviour.STALL_BEFORE_HEADERS
    with pytest.raises(ModelTimeout):
        ask(connect(first_token_s=0.3, token_s=1000.0))
    assert server.hung_up.wait(8)


def test_refused_port() -> None:
    with socket.socket() as taken:  # bound, never listening: connections are refused
        taken.bind(("127.0.0.1", 0))
        chat = LangChainChatModel(base_url=f"http://127.0.0.1:{taken.getsockname()[1]}/v1", model="m")
        with pytest.raises(ModelUnavailable) as caught:
            ask(chat)
        chat.close()
    assert caught.value.retryable


def test_listening_but_never_accepting_is_a_timeout() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(1)
        chat = LangChainChatModel(
            base_url=f"http://127.0.0.1:{deaf.getsockname()[1]}/v1", model="m", budget=Budget(first_token_s=0.4)
        )
        with pytest.raises(ModelTimeout):
            ask(chat)
        chat.close()


def test_unknown_host_and_bad_tls(server: ScriptedLlm) -> None:
    for url in ("http://no-such-host.invalid/v1", server.base_url.replace("http:", "https:")):
        chat = LangChainChatModel(base_url=url, model="m", budget=Budget(connect_s=10))
        with pytest.raises(ModelUnavailable):
            ask(chat)
        chat.close()


@pytest.mark.parametrize("url", ["http://[::1/v1", "no scheme", "ftp://127.0.0.1/v1"])
def test_unusable_address(url: str) -> None:
    chat = LangChainChatModel(base_url=url, model="m")
    with pytest.raises(ModelUnavailable):
        ask(chat)
    chat.close()


def test_model_path_is_not_shown(connect: Connect) -> None:
    assert connect(model="/srv/models/qwen.gguf").id == "qwen.gguf"
    assert connect(model="Qwen/Qwen3-8B").id == "Qwen3-8B"


@pytest.mark.parametrize("behaviour", [Behaviour.WELL, Behaviour.SERVER_ERROR, Behaviour.CUT_JSON])
def test_own_log_holds_no_prompt_and_no_reply(
    server: ScriptedLlm, connect: Connect, behaviour: Behaviour, caplog: pytest.LogCaptureFixture
) -> None:
    server.behaviour = behaviour
    with caplog.at_level(logging.INFO):
        try:
            ask(connect(api_key="sk-hidden"))
        except ModelError as error:
            assert error.code  # noqa: PT017 - both ends are fine here, the log is what counts
    own = "\n".join(r.getMessage() for r in caplog.records if r.name.startswith("assistant"))
    assert own
    everything = "\n".join(r.getMessage() for r in caplog.records)
    assert not any(word in everything for word in (SECRET_QUESTION, REPLY[:6], "sk-hidden", "secret-path"))


def test_breaker_keeps_away_from_a_dead_endpoint(server: ScriptedLlm, connect: Connect) -> None:
    now = [0.0]
    chat = GuardedChatModel(connect(), CircuitBreaker(failures=2, probe_after_s=15, clock=lambda: now[0]))
    server.behaviour = Behaviour.UNAUTHORIZED
    for _ in range(4):
        with pytest.raises(ModelUnavailable):
            list(chat.stream("s", "u"))
    assert len(server.requests) == 2
    server.behaviour = Behaviour.WELL
    now[0] = 15.0
    assert "".join(chat.stream("s", "u")) == REPLY
    assert chat.breaker.state is BreakerState.CLOSED


SCHEMA = {"type": "object", "properties": {"parts": {"type": "array"}}}


def test_a_form_is_sent_as_the_schema_of_the_reply(server: ScriptedLlm, connect: Connect) -> None:
    server.reply = '{"parts": []}'
    assert "".join(connect().stream_json("s", "u", SCHEMA)) == server.reply
    [request] = server.requests
    assert request["response_format"]["type"] == "json_schema"
    assert request["response_format"]["json_schema"]["schema"] == SCHEMA


def test_a_server_that_knows_no_form_is_asked_without_it_from_then_on(server: ScriptedLlm, connect: Connect) -> None:
    server.knows_forms = False
    chat = connect()
    assert ["".join(chat.stream_json("s", "u", SCHEMA)) for _ in range(2)] == [server.reply] * 2
    assert ["response_format" in request for request in server.requests] == [True, False, False]


def test_that_it_knows_no_form_is_learnt_from_a_reply_read_in_part(server: ScriptedLlm, connect: Connect) -> None:
    server.knows_forms = False
    chat = connect()
    for _ in range(2):
        reply = chat.stream_json("s", "u", SCHEMA)
        assert server.reply.startswith(next(reply))
        reply.close()
    assert ["response_format" in request for request in server.requests] == [True, False, False]


def test_another_refusal_is_no_question_of_form(server: ScriptedLlm, connect: Connect) -> None:
    server.behaviour = Behaviour.UNAUTHORIZED
    chat = connect()
    with pytest.raises(ModelUnavailable, match="密钥"):
        list(chat.stream_json("s", "u", SCHEMA))
    assert len(server.requests) == 1


def test_a_reply_may_have_a_budget_of_its_own(server: ScriptedLlm, connect: Connect) -> None:
    chat = connect(chars=5)
    with pytest.raises(ModelOutputInvalid):
        list(chat.stream("s", "u"))
    assert "".join(chat.stream("s", "u", budget=Budget(chars=100))) == server.reply
