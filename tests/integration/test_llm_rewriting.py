"""Rewriting through settings, adapter and pipeline, over a real endpoint that follows a script."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from corpus_samples import NOTICE
from scripted_llm import Behaviour, ScriptedLlm

from assistant.assembly import build_assistant, make_index
from assistant.schema.answer import Mode
from assistant.schema.inquiry import Inquiry
from assistant.settings import EmbedderKind, EmbedderSettings, LlmSettings, Settings

QUESTION = "银行能向小微企业收取承诺费吗？"
WORDING = "暗号用语 规范收费 不得收取承诺费"


@pytest.fixture
def server() -> Iterator[ScriptedLlm]:
    with ScriptedLlm() as scripted:
        scripted.compose = reply
        yield scripted


def reply(messages: Sequence[dict[str, Any]]) -> str:
    return WORDING if rewrites(messages) else "各银行机构不得向小微企业收取承诺费。[1]"


def rewrites(messages: Sequence[dict[str, Any]]) -> bool:
    return "改写" in messages[0]["content"]


def settings(tmp_path: Path, server: ScriptedLlm, *, rewrite: bool = True) -> Settings:
    corpus = tmp_path / "corpus"
    corpus.mkdir(exist_ok=True)
    (corpus / "通知.txt").write_text(NOTICE, encoding="utf-8")
    made = Settings(
        corpus_dir=corpus,
        indexes_dir=tmp_path / "indexes",
        embedder=EmbedderSettings(kind=EmbedderKind.HASHING),
        llm=LlmSettings(base_url=server.base_url, model="scripted", rewrite=rewrite, rewrite_timeout_s=0.5),
    )
    make_index(made, [corpus])
    return made


def test_the_question_is_reworded_once_then_answered(tmp_path: Path, server: ScriptedLlm) -> None:
    answer = build_assistant(settings(tmp_path, server)).ask(Inquiry(question=QUESTION))
    assert [rewrites(request["messages"]) for request in server.requests] == [True, False]
    assert answer.mode is Mode.LLM
    assert answer.degraded == ()
    assert "暗号" not in repr(answer)
    assert all("暗号" not in message["content"] for message in server.requests[1]["messages"])


def test_off_by_default_nothing_is_asked_before_the_answer(tmp_path: Path, server: ScriptedLlm) -> None:
    assert LlmSettings().rewrite is False
    build_assistant(settings(tmp_path, server, rewrite=False)).ask(Inquiry(question=QUESTION))
    assert [rewrites(request["messages"]) for request in server.requests] == [False]


@pytest.mark.parametrize("behaviour", [Behaviour.STALL_BEFORE_HEADERS, Behaviour.HEARTBEAT_ONLY, Behaviour.BAD_REQUEST])
def test_an_endpoint_that_fails_costs_its_budget_and_no_more(
    tmp_path: Path, server: ScriptedLlm, behaviour: Behaviour
) -> None:
    assistant = build_assistant(settings(tmp_path, server))
    alone = assistant.ask(Inquiry(question=QUESTION, use_llm=False))
    server.behaviour = behaviour
    started = time.monotonic()
    found = assistant.search(Inquiry(question=QUESTION))
    assert time.monotonic() - started < 30  # the budget of an answer is 90 s
    assert found.degraded == ("rewrite",)
    assert tuple(str(hit.chunk_id) for hit in found.ranking) == alone.ranked_clauses
