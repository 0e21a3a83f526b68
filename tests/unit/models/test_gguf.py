"""`GgufChatModel`: a file is looked at before it is run, and llama.cpp is asked as any endpoint is."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import fields
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from scripted_llm import Behaviour, ScriptedLlm
from tiny_gguf import write_tiny_gguf

from assistant.assembly import build_chat
from assistant.errors import Abandoned, ModelOutputInvalid, ModelUnavailable, SettingsError
from assistant.models.breaker import GuardedChatModel
from assistant.models.chat import LangChainChatModel
from assistant.models.gguf import GgufChatModel, check_gguf
from assistant.models.pace import PROBE_BUDGET, Pace
from assistant.models.reply_stream import Budget
from assistant.settings import LlmSettings


@pytest.fixture
def server() -> Iterator[ScriptedLlm]:
    with ScriptedLlm() as scripted:
        yield scripted


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "small.gguf"
    write_tiny_gguf(path)
    return path


class Started(list[Any]):
    """The parameters of every server that was started."""


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, server: ScriptedLlm) -> Started:
    """A stand-in for `xllamacpp`, whose server is the scripted one."""
    kept = Started()
    module = ModuleType("xllamacpp")

    def start(params: Any) -> Any:
        kept.append(params)
        if params.n_ctx == 512:
            raise RuntimeError("Failed to init server")
        return SimpleNamespace(listening_address=server.base_url.removesuffix("/v1"))

    module.CommonParams = lambda: SimpleNamespace(model=SimpleNamespace(), cpuparams=SimpleNamespace())  # type: ignore[attr-defined]
    module.Server = start  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "xllamacpp", module)
    return kept


def test_the_file_is_served_to_this_process_alone(started: Started, server: ScriptedLlm, file: Path) -> None:
    chat = GgufChatModel(file, context=1024, threads=3)
    assert started == []  # nothing is loaded before it is needed
    assert "".join(chat.stream("s", "u")) == server.reply
    assert "".join(chat.stream("s", "u")) == server.reply
    (params,) = started
    assert params.model.path == str(file)
    assert (params.n_ctx, params.cpuparams.n_threads, params.hostnames, params.port) == (1024, 3, ["127.0.0.1"], 0)
    (key,) = params.api_keys
    assert len(key) >= 24
    assert server.headers[0]["authorization"] == f"Bearer {key}"
    assert chat.id == "small.gguf"
    chat.close()
    assert "".join(chat.stream("s", "u")) == server.reply
    assert len(started) == 2
    chat.close()


def test_budgets_hold_for_a_file_too(started: Started, server: ScriptedLlm, file: Path) -> None:
    server.behaviour = Behaviour.ENDLESS
    chat = GgufChatModel(file, budget=Budget(chars=1000))
    with pytest.raises(ModelOutputInvalid):
        list(chat.stream("s", "u"))
    chat.close()


def test_a_file_that_does_not_load_is_a_model_that_is_not_there(started: Started, file: Path) -> None:
    with pytest.raises(ModelUnavailable, match="载入失败"):
        list(GgufChatModel(file, context=512).stream("s", "u"))


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"", "不是 GGUF"),
        (b"GGUF", "不是 GGUF"),
        (b"<!DOCTYPE html>", "不是 GGUF"),
        (b"\x80\x04\x95aaaaaaa", "pickle"),
        (b"PK\x03\x04aaaaaaaa", "pickle"),
        (b"GGUF\x01\x00\x00\x00", "版本"),
        (b"GGUF\x00\x00\x00\x03", "版本"),
    ],
)
def test_other_files_are_refused(started: Started, tmp_path: Path, head: bytes, words: str) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(head)
    with pytest.raises(SettingsError, match=words) as caught:
        GgufChatModel(path)
    assert str(tmp_path) not in caught.value.message
    assert started == []


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.gguf"):
        with pytest.raises(SettingsError, match="不存在"):
            check_gguf(path)


def test_without_the_extra_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    monkeypatch.setattr("assistant.models.gguf.find_spec", lambda name: None)
    with pytest.raises(SettingsError, match=r"\[local\]"):
        GgufChatModel(file)


def test_settings_choose_it(started: Started, server: ScriptedLlm, file: Path) -> None:
    chat = build_chat(LlmSettings(gguf=file))
    assert isinstance(chat, GuardedChatModel)
    assert chat.id == "small.gguf"
    assert "".join(chat.stream("s", "u")) == server.reply
    with pytest.raises(SettingsError, match="只能设置一种"):
        build_chat(LlmSettings(gguf=file, base_url=server.base_url, model="m"))
    assert LlmSettings(gguf=file).configured


def test_the_pace_is_measured_once_and_limits_follow(started: Started, server: ScriptedLlm, file: Path) -> None:
    given: list[Budget] = []

    def spied(self: LangChainChatModel, system: str, user: str, *, budget: Budget | None = None) -> Iterator[str]:
        given.append(budget or Budget())
        yield "一"
        yield "二"

    slow = Pace(reads=10.0, writes=2.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LangChainChatModel, "stream", spied)
        patch.setattr("assistant.models.gguf.measured", lambda reply: (list(reply), slow)[1])
        chat = GgufChatModel(file, fixed=frozenset({"token_s"}))
        list(chat.stream("系" * 50, "问" * 50))
        list(chat.stream("系" * 500, "问" * 500))
        chat.close()
    assert given[0] == PROBE_BUDGET  # once
    assert given[1] == slow.limits(Budget(), 100, fixed=["token_s"])
    assert given[2] == slow.limits(Budget(), 1000, fixed=["token_s"])
    assert given[2].first_token_s > 100 > 15
    assert given[2].token_s == Budget().token_s
    assert len(given) == 3


def test_a_model_that_does_not_answer_the_probe_keeps_its_limits(
    started: Started, server: ScriptedLlm, file: Path
) -> None:
    server.behaviour = Behaviour.SERVER_ERROR
    chat = GgufChatModel(file)
    with pytest.raises(ModelUnavailable):
        list(chat.stream("s", "u"))
    server.behaviour = Behaviour.WELL
    assert "".join(chat.stream("s", "u")) == server.reply
    assert len(started) == 1
    chat.close()


def test_who_leaves_amid_the_probe_leaves_it_to_the_next(
    started: Started, server: ScriptedLlm, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    probes: list[int] = []

    def left_once(reply: Iterator[str]) -> Pace:
        probes.append(1)
        if len(probes) == 1:
            raise Abandoned
        return Pace(reads=10.0, writes=2.0)

    monkeypatch.setattr("assistant.models.gguf.measured", left_once)
    chat = GgufChatModel(file)
    with pytest.raises(Abandoned):
        list(chat.stream("s", "u"))
    for _ in range(2):
        assert "".join(chat.stream("s", "u")) == server.reply
    assert (len(probes), len(started)) == (2, 1)
    chat.close()


def test_limits_that_somebody_set_stay_as_they_are() -> None:
    assert LlmSettings().limits_set == frozenset()
    assert LlmSettings(first_token_timeout_s=15).limits_set == {"first_token_s"}
    names = {field.name for field in fields(Budget)}
    every = LlmSettings(connect_timeout_s=1, first_token_timeout_s=1, token_timeout_s=1, total_timeout_s=1)
    assert every.limits_set < names
    hasty = LlmSettings().model_copy(update={"total_timeout_s": 6.0})
    assert hasty.limits_set == {"total_s"}


if find_spec("xllamacpp"):  # the extra `local`; where it is not installed there is nothing to try

    def test_llama_cpp_runs_a_tiny_file(file: Path) -> None:
        chat = GgufChatModel(file, context=1024, threads=1, budget=Budget(chars=40, first_token_s=120, total_s=240))
        with pytest.raises(ModelOutputInvalid, match="过长"):  # random numbers never come to an end
            list(chat.stream("你是助手", "你好"))
        chat.close()
