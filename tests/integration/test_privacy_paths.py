"""No raw personal data behind any door: prompts, vectors asked for, caches, sessions, logs, answers, the page."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from assistants import memory_assistant
from langchain_core.callbacks import BaseCallbackHandler
from memory_library import MemoryLibrary
from personal_cases import personal_cases
from sample_texts import law, notice
from scripted_llm import ScriptedLlm
from starlette.testclient import TestClient

from assistant.answering.refusal import Limits
from assistant.errors import InputError
from assistant.evaluation.masking import MaskCase, read_mask_cases
from assistant.models.chat import LangChainChatModel
from assistant.models.protocols import Vectors
from assistant.models.reply_stream import Budget
from assistant.models.standins import HashingEmbedder, ScriptedChatModel
from assistant.models.vector_cache import CachedEmbedder
from assistant.schema.answer import DoneEvent
from assistant.schema.inquiry import Inquiry
from assistant.serving.desk import Desk, Reply
from assistant.serving.http.api import create_api
from assistant.serving.page.talking import Talk, converse
from assistant.serving.sessions import SessionStore
from assistant.writing.gate import LlmComposer

SEEN = Path(__file__).resolve().parents[2] / "eval" / "seen"

TODAY = date(2026, 1, 1)
LIMITS = Limits(certain=0.0, trade=0.0, doubtful=0.15)
ASKED = "能不能用续贷掩盖信用风险？"
PERSON = "我叫张三，身份证610103199003072317，电话138 0013 8000，"
RAW = ("张三", "610103199003072317", "138 0013 8000", "13800138000")


class Recorder(HashingEmbedder):
    """Keeps every text that it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        self.seen += texts
        return super().embed_queries(texts)

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        self.seen += texts
        return super().embed_documents(texts)


class Stage:
    """An assistant over small texts, with everything it hands on kept."""

    def __init__(self, folder: Path) -> None:
        self.embedder = Recorder()
        self.cache = folder / "vectors.sqlite"
        cached = CachedEmbedder(self.embedder, self.cache)
        library = MemoryLibrary([notice(), law()], cached)
        self.embedder.seen.clear()
        self.chat = ScriptedChatModel("规范续贷业务，不得用续贷掩盖信用风险。[1]")
        self.assistant = memory_assistant(library, embedder=cached, writer=LlmComposer(self.chat))
        self.sessions = SessionStore()

    @contextmanager
    def desk(self) -> Iterator[Desk]:
        desk = Desk(lambda: self.assistant, sessions=self.sessions)
        try:
            yield desk
        finally:
            desk.close()

    def stored(self) -> str:
        """Everything that is left behind, as one text."""
        prompts = [f"{asked.system}\n{asked.user}" for asked in self.chat.asked]
        turns = [turn.content for kept in self.sessions._kept.values() for turn in kept.turns]
        cache = self.cache.read_bytes().decode("utf-8", "replace") if self.cache.exists() else ""
        return "\n".join((*prompts, *self.embedder.seen, *turns, cache))


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def conversations() -> list[MaskCase]:
    """Every seventh case that is made up, and the written ones that no password blocks."""
    sentences = read_mask_cases(SEEN / "personal_a.jsonl")
    written = [c for c in sentences if c.raw and not any(k == "secret" for t in c.turns for *_, k in t.pieces)]
    return [*personal_cases()[::7], *written]


async def talk(desk: Desk, case: MaskCase) -> list[Reply]:
    session: str | None = None
    replies = []
    for turn in case.turns:
        reply = await desk.ask(Inquiry(question=f"{turn.text}\n{ASKED}"), session)
        session = reply.session_id
        replies.append(reply)
    return replies


_BY_CHANCE = 5  # digits; the tail of a split number is as short, and random tokens hold such a run now and then


def test_nothing_raw_is_left_behind(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    cases = conversations()
    assert len(cases) >= 150
    with stage.desk() as desk:
        replies = [reply for case in cases for reply in asyncio.run(talk(desk, case))]
    assert len(stage.chat.asked) > 50
    assert len(stage.embedder.seen) > 100
    answers = "\n".join(json.dumps(dataclasses.asdict(r.answer), ensure_ascii=False, default=str) for r in replies)
    left = "\n".join((stage.stored(), caplog.text, answers))
    assert [raw for case in cases for raw in case.raw if len(raw) > _BY_CHANCE and raw in left] == []
    kept = "\n".join(f"{r.answer.question}\n{r.answer.standalone_question}" for r in replies)
    assert [raw for case in cases for raw in case.raw if raw in kept] == []


def test_the_policy_part_is_answered_as_without_the_person(stage: Stage) -> None:
    plain, asked = stage.assistant.ask(Inquiry(question=ASKED)), stage.assistant.ask(Inquiry(question=PERSON + ASKED))
    assert (asked.text, asked.citations, asked.outcome) == (plain.text, plain.citations, plain.outcome)
    assert asked.standalone_question == ASKED
    assert asked.question == "我叫［姓名］，身份证［身份证号］，电话［手机号］，" + ASKED
    assert asked.notices == ("您的问题里有姓名、身份证号、手机号，已遮盖后处理，未保存原文。",)
    assert plain.notices == ()


def test_raw_history_is_masked_before_it_is_read(stage: Stage) -> None:
    from assistant.schema.retrieval import Turn

    history = [Turn(role="user", content=PERSON + "续贷要注意什么？"), Turn(role="assistant", content="……")]
    answer = stage.assistant.ask(Inquiry(question="那不能掩盖什么？", history=tuple(history)))
    assert not any(raw in answer.standalone_question for raw in RAW)
    assert answer.standalone_question.startswith("续贷要注意什么？")
    assert not any(raw in stage.stored() for raw in RAW)


def test_stream_and_search_know_the_masked_question_only(stage: Stage) -> None:
    *_, done = stage.assistant.stream(Inquiry(question=PERSON + ASKED))
    assert isinstance(done, DoneEvent)
    found = stage.assistant.search(Inquiry(question=PERSON + ASKED))
    assert found.query.text == found.query.standalone == ASKED
    assert not any(raw in stage.stored() for raw in RAW)


class _Tracer(BaseCallbackHandler):
    def __init__(self) -> None:
        self.seen: list[str] = []

    def on_retriever_start(self, serialized: dict[str, Any], query: str, **kwargs: Any) -> None:
        self.seen.append(query)


def test_tracers_of_the_langchain_retriever_see_the_masked_question(stage: Stage) -> None:
    tracer = _Tracer()
    retriever = stage.assistant.retriever
    plain = retriever.invoke(ASKED)
    assert retriever.invoke(PERSON + ASKED, {"callbacks": [tracer]}) == plain
    assert asyncio.run(retriever.ainvoke(PERSON + ASKED, {"callbacks": [tracer]})) == plain
    assert retriever.batch([PERSON + ASKED], {"callbacks": [tracer]}) == [plain]
    assert len(tracer.seen) == 3
    assert not any(raw in query for raw in RAW for query in tracer.seen)


def test_an_endpoint_receives_the_masked_question(stage: Stage) -> None:
    with ScriptedLlm() as server:
        chat = LangChainChatModel(
            base_url=server.base_url,
            model="scripted",
            budget=Budget(connect_s=5.0, first_token_s=10.0, token_s=10.0, total_s=20.0, chars=4000),
        )
        try:
            stage.assistant._writer = LlmComposer(chat)
            stage.assistant.ask(Inquiry(question=PERSON + ASKED))
        finally:
            chat.close()
        sent = json.dumps(server.requests, ensure_ascii=False, default=str)
    assert ASKED in sent
    assert not any(raw in sent for raw in RAW)


# --- passwords ------------------------------------------------------------------------------------


@pytest.fixture
def client(stage: Stage) -> Iterator[TestClient]:
    with TestClient(create_api(lambda: stage.assistant, sessions=stage.sessions)) as client:
        yield client


@pytest.mark.parametrize("path", ["/api/v1/ask", "/api/v1/ask/stream"])
def test_a_password_is_refused_by_the_api(stage: Stage, client: TestClient, path: str) -> None:
    response = client.post(path, json={"question": f"网银密码是Qw3rty!9，{ASKED}"})
    assert response.status_code == 422
    assert response.json()["code"] == "secret_in_question"
    assert "修改" in response.json()["message"]
    assert "Qw3rty" not in response.text
    assert len(stage.sessions) == 0
    assert "Qw3rty" not in stage.stored()


def test_the_api_gives_nothing_raw_back(stage: Stage, client: TestClient) -> None:
    first = client.post("/api/v1/ask", json={"question": PERSON + ASKED})
    session = first.json()["session_id"]
    with client.stream(
        "POST", "/api/v1/ask/stream", json={"question": PERSON + "那还有什么要求？", "session_id": session}
    ) as response:
        streamed = response.read().decode()
    assert first.status_code == response.status_code == 200
    assert "event: done" in streamed
    assert any("已遮盖" in notice for notice in first.json()["answer"]["notices"])
    assert not any(raw in first.text + streamed + stage.stored() for raw in RAW)


def test_a_number_split_over_two_questions_of_a_session(stage: Stage, client: TestClient) -> None:
    first = client.post("/api/v1/ask", json={"question": "我身份证前十位是6101031990"}).json()
    body = {"question": f"后八位是03072317，{ASKED}", "session_id": first["session_id"]}
    second = client.post("/api/v1/ask", json=body).json()
    assert second["answer"]["standalone_question"].endswith(ASKED)
    left = stage.stored() + json.dumps([first, second], ensure_ascii=False)
    assert not any(raw in left for raw in ("6101031990", "03072317"))


# --- the page -------------------------------------------------------------------------------------


async def page(desk: Desk, question: str, talk: Talk) -> list[Any]:
    return [update async for update in converse(desk, question, talk)]


def test_the_page_shows_and_keeps_the_masked_question(stage: Stage) -> None:
    with stage.desk() as desk:
        updates = asyncio.run(page(desk, PERSON + ASKED, Talk()))
    talk, messages, *_ = updates[-1]
    assert messages[0]["content"].startswith("我叫［姓名］，身份证［身份证号］")
    assert "已遮盖" in messages[1]["content"]
    assert not any(raw in repr(updates) + repr(talk) for raw in RAW)


def test_the_page_empties_the_box_after_a_password(stage: Stage) -> None:
    with stage.desk() as desk:
        ((talk, messages, box, _, status),) = asyncio.run(page(desk, "验证码：839201，" + ASKED, Talk()))
    assert (talk, messages, box) == (Talk(), [], "")
    assert "修改" in status
    assert "839201" not in status


def test_the_page_begins_anew_after_an_expired_session(stage: Stage) -> None:
    with stage.desk() as desk:
        updates = asyncio.run(page(desk, PERSON + ASKED, Talk(session_id=uuid4().hex)))
    assert "上次会话已过期" in updates[-1][1][-1]["content"]
    assert not any(raw in repr(updates) for raw in RAW)


def test_what_the_desk_shows_is_refused_like_the_question_itself(stage: Stage) -> None:
    with stage.desk() as desk:
        assert desk.shown(PERSON, None).startswith("我叫［姓名］")
        with pytest.raises(InputError, match="请输入"):
            desk.shown(" ", None)
