"""Answers given again, requests answered once, conversations and feedback, through a door that records."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from assistants import memory_assistant
from databases import fresh_database
from doors import Callers, callers, opened
from memory_library import MemoryLibrary
from sample_texts import law, notice
from serving_fakes import FakeAssistant
from sqlalchemy import event, select
from starlette.testclient import TestClient

from assistant.access.recorder import Recorder
from assistant.access.registry import Registry
from assistant.errors import ModelTimeout
from assistant.models.standins import HashingEmbedder
from assistant.pipeline import PolicyAssistant
from assistant.records.tables import answers, embeds, sessions
from assistant.schema.document import Document
from assistant.schema.principal import Principal, PrincipalKind
from assistant.serving.http.api import create_api
from assistant.serving.ledger import Ledger
from assistant.serving.once import Answered, AskedOnce

ASKED = "能不能用续贷掩盖信用风险？"
PHONE = "13812345678"


def labelled(document: Document, *labels: str) -> Document:
    return replace(document, meta=replace(document.meta, access=labels))


@lru_cache
def library(*labels: str) -> PolicyAssistant:
    """The law for everybody, the notice for holders of `labels`."""
    return memory_assistant(MemoryLibrary([law(), labelled(notice(), *labels)], HashingEmbedder()))


@dataclass
class Stage:
    """A door that records; `assistant` may be changed for another."""

    registry: Registry
    known: Callers
    assistant: Any
    client: Any = None

    def send(self, method: str, path: str, who: str = "staff", **more: Any) -> httpx.Response:
        headers = {**self.known.headers[who], "Origin": "http://door.example", **more.pop("headers", {})}
        response: httpx.Response = self.client.request(method, path, headers=headers, **more)
        return response

    def ask(self, question: str = ASKED, who: str = "staff", **more: Any) -> httpx.Response:
        headers = more.pop("headers", {})
        return self.send("POST", "/api/v1/ask", who, json={"question": question, **more}, headers=headers)


@contextmanager
def staged(folder: Path, assistant: Any, url: str | None = None) -> Iterator[Stage]:
    with opened(folder, url) as registry:
        stage = Stage(registry, callers(registry), assistant)
        recorder = Recorder(registry.chain, registry.answers, refuse=True)
        with again(stage, recorder):
            yield stage


@contextmanager
def again(stage: Stage, recorder: Recorder) -> Iterator[None]:
    """Another process over the same records."""
    door = replace(stage.known.door, ledger=Ledger(recorder))
    app = create_api(lambda: stage.assistant, doorkeeping=door)
    with TestClient(app, base_url="http://door.example") as client:
        before, stage.client = stage.client, client
        yield
        stage.client = before


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path, library("内部")) as stage:
        yield stage


def events_of(text: str) -> list[tuple[str, str, str]]:
    """(id, event, data) of each event."""
    blocks = [block for block in text.replace("\r\n", "\n").split("\n\n") if "event: " in block]
    fields = [dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":")) for block in blocks]
    return [(one.get("id", ""), one["event"], one["data"]) for one in fields]


# --- answers ---


@pytest.mark.parametrize("question", [ASKED, f"我的电话是{PHONE}，{ASKED}", "月球贷款“怎样”办理？\n𠮷"])
def test_an_answer_is_given_again_to_the_last_byte(stage: Stage, question: str) -> None:
    first = stage.ask(question)
    assert first.status_code == 200, first.text
    answer_id = first.headers["x-answer-id"]
    assert first.json()["answer_id"] == answer_id
    for _ in range(2):
        second = stage.send("GET", f"/api/v1/answers/{answer_id}")
        assert second.content == first.content
        assert second.headers["x-answer-id"] == answer_id
    assert PHONE not in first.text


def test_it_outlives_the_process_and_the_library(stage: Stage) -> None:
    first = stage.ask()
    stage.assistant = memory_assistant(MemoryLibrary([law()], HashingEmbedder()))  # the notice was taken out
    with again(stage, Recorder(stage.registry.chain, stage.registry.answers)):
        assert stage.send("GET", f"/api/v1/answers/{first.json()['answer_id']}").content == first.content


def test_a_right_that_was_withdrawn_hides_the_answer(stage: Stage) -> None:
    about_notice, about_law = stage.ask(), stage.ask("提供虚假材料的能不能发放贷款？")
    path = f"/api/v1/answers/{about_notice.json()['answer_id']}"
    session = f"/api/v1/sessions/{about_notice.json()['session_id']}"
    assert stage.send("GET", path).status_code == 200
    stage.assistant = library("内部", "信贷部")
    never = stage.send("GET", f"/api/v1/answers/{'0' * 32}")
    for hidden in (stage.send("GET", path), stage.send("GET", f"{path}/events"),
                   stage.send("POST", f"{path}/feedback", json={"rating": "up"})):  # fmt: skip
        assert (hidden.status_code, hidden.json()["code"], hidden.json()["message"]) == (
            404, "not_found", never.json()["message"],
        )  # fmt: skip
    [turn] = stage.send("GET", session).json()["turns"]
    assert (turn["answer"], turn["withheld"]) == (None, True)
    assert stage.send("GET", f"/api/v1/answers/{about_law.json()['answer_id']}").status_code == 200
    stage.assistant = library()
    assert stage.send("GET", path).content == about_notice.content


def test_what_left_the_library_is_withheld_from_those_who_lost_a_label(stage: Stage) -> None:
    kept = stage.registry.answers.get(stage.ask().json()["answer_id"])
    assert kept is not None
    owner = stage.registry.keys.create(name="later", scopes=["ask"], by="t")  # without 内部
    with stage.registry.store.write() as connection:
        connection.execute(answers.update().values(owner=f"key:{owner[1].id}"))
    stage.known = replace(
        stage.known, headers={**stage.known.headers, "later": {"Authorization": f"Bearer {owner[0]}"}}
    )
    stage.assistant = memory_assistant(MemoryLibrary([law()], HashingEmbedder()))
    assert stage.send("GET", f"/api/v1/answers/{kept.id}", "later").status_code == 404


def test_nobody_can_tell_somebody_elses_from_none_by_what_the_store_is_asked(stage: Stage) -> None:
    mine = stage.ask().json()
    stage.send("GET", "/api/v1/sessions", "public reader")  # the first use of a key is noted
    asked: list[str] = []
    event.listen(stage.registry.store._engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
    said = []
    for answer_id in (mine["answer_id"], "0" * 32):
        asked.clear()
        response = stage.send("GET", f"/api/v1/answers/{answer_id}", "public reader")
        said.append((response.status_code, {**response.json(), "request_id": ""}, list(asked)))
    assert said[0] == said[1]
    assert sum("FROM answers" in statement for statement in said[0][2]) == 1


def test_answers_of_an_earlier_version_are_given_too(stage: Stage) -> None:
    first = stage.ask()
    with stage.registry.store.write() as connection:
        connection.execute(answers.update().values(opening="", closing=""))
    second = stage.send("GET", f"/api/v1/answers/{first.json()['answer_id']}").json()
    assert second["answer"] == first.json()["answer"]
    assert (second["request_id"], second["latency_ms"]) == ("", 0.0)


# --- streams ---


def test_a_stream_is_resumed_where_it_was_left(stage: Stage) -> None:
    live = stage.send("POST", "/api/v1/ask/stream", json={"question": ASKED})
    answer_id = live.headers["x-answer-id"]
    first = events_of(live.text)
    assert [name for _, name, _ in first] == ["sources", *["delta"] * (len(first) - 2), "done"]
    assert len({one[0] for one in first}) == len(first)
    path = f"/api/v1/answers/{answer_id}/events"
    whole = events_of(stage.send("GET", path).text)
    assert [whole[0][1], whole[-1][1]] == ["sources", "done"]
    assert first[-1] == whole[-1]
    text = json.loads(first[-1][2])["answer"]["text"]
    sources, again_sources = (json.loads(events[0][2]) for events in (first, whole))
    assert again_sources == {**sources, "request_id": again_sources["request_id"]}
    for number, (event_id, _, _) in enumerate(first):
        rest = events_of(stage.send("GET", path, headers={"Last-Event-ID": event_id}).text)
        had = "".join(json.loads(data)["text"] for _, name, data in first[: number + 1] if name == "delta")
        more = "".join(json.loads(data)["text"] for _, name, data in rest if name == "delta")
        assert [name for _, name, _ in rest].count("done") == 1
        assert "sources" not in [name for _, name, _ in rest]
        if event_id.endswith("done"):
            assert more == ""
        else:
            assert had + more == text
    for strange in ("x", f"{'0' * 32}.5", f"{answer_id}.-1", f"{answer_id}.99999999999999"):
        assert events_of(stage.send("GET", path, headers={"Last-Event-ID": strange}).text)[0][1] == "sources"
    assert stage.send("GET", f"/api/v1/answers/{answer_id}").text == first[-1][2]


def test_an_answer_that_did_not_come_to_its_end_cannot_be_resumed(tmp_path: Path) -> None:
    with staged(tmp_path, FakeAssistant(fault=ModelTimeout("太慢"))) as stage:
        live = stage.send("POST", "/api/v1/ask/stream", json={"question": ASKED})
        assert "event: error" in live.text
        assert stage.send("GET", f"/api/v1/answers/{live.headers['x-answer-id']}/events").status_code == 404


# --- once ---


def once(key: str) -> dict[str, Any]:
    return {"headers": {"Idempotency-Key": key}}


@pytest.mark.parametrize("request_again", [ASKED, f"  {ASKED}".strip()])
def test_the_same_request_is_answered_once(stage: Stage, request_again: str) -> None:
    first = stage.ask(**once("a-1"))
    second = stage.ask(request_again, **once("a-1"))
    assert second.content == first.content
    assert second.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert [one.kind for one in stage.registry.chain.entries()].count("answer") == 1
    other = stage.ask("提供虚假材料的能不能发放贷款？", **once("a-1"))
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert stage.ask(**once("a-2")).json()["answer_id"] != first.json()["answer_id"]
    assert stage.ask(who="department", **once("a-1")).json()["answer_id"] != first.json()["answer_id"]


def test_while_it_is_being_answered_others_are_told_to_wait(tmp_path: Path) -> None:
    fake = FakeAssistant()
    with staged(tmp_path, fake) as stage, ThreadPoolExecutor(1) as pool:
        fake.hold.clear()
        running = pool.submit(stage.ask, ASKED, **once("k"))
        for _ in range(500):
            if fake.asked:
                break
            threading.Event().wait(0.01)
        waits = stage.ask(**once("k"))
        fake.hold.set()
        done = running.result(20)
        assert (waits.status_code, waits.json()["code"], waits.headers["retry-after"]) == (409, "in_progress", "2")
        assert stage.ask(**once("k")).content == done.content
        assert len(fake.asked) == 1


def test_a_request_that_failed_may_be_sent_again(tmp_path: Path) -> None:
    fake = FakeAssistant(fault=ModelTimeout("太慢"))
    with staged(tmp_path, fake) as stage:
        assert stage.ask(**once("k")).status_code == 504
        fake.fault = None
        assert stage.ask(**once("k")).status_code == 200
        assert stage.ask("", **once("e")).status_code == 422
        assert stage.ask("能续贷吗？", **once("e")).status_code == 200


def test_a_right_that_was_withdrawn_hides_the_repeated_response_too(stage: Stage) -> None:
    stage.ask(**once("k"))
    stage.assistant = library("内部", "信贷部")
    assert stage.ask(**once("k")).status_code == 404


def test_a_response_is_not_repeated_once_its_answer_is_gone_or_dropped(stage: Stage) -> None:
    first = stage.ask(**once("k")).json()
    stage.ask(**once("d"))
    stage.send("DELETE", f"/api/v1/sessions/{first['session_id']}")
    assert stage.ask(**once("k")).status_code == 404
    assert stage.ask(**once("d")).status_code == 200
    stage.registry.answers.purge(stage.registry.store.clock() + 1)
    assert stage.ask(**once("d")).status_code == 404


def test_a_key_that_cannot_be_used_is_refused(stage: Stage) -> None:
    for key in ("", "x" * 256, "有", "a b"):
        response = stage.ask(headers={"Idempotency-Key": key.encode()})
        assert (response.status_code, response.json()["code"]) == (422, "bad_request")


def test_where_nothing_is_kept_that_is_said() -> None:
    with TestClient(create_api(FakeAssistant)) as client:
        paths = ["/api/v1/sessions", f"/api/v1/answers/{'0' * 32}", "/api/v1/admin/keys", "/api/v1/feedback"]
        said = [client.get(path) for path in paths]
        said.append(client.post("/api/v1/ask", json={"question": ASKED}, headers={"Idempotency-Key": "k"}))
    assert [(one.status_code, one.json()["code"]) for one in said] == [(404, "not_kept")] * 5


# --- conversations ---


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_conversations_are_listed_named_and_dropped(tmp_path: Path, request: pytest.FixtureRequest, kind: str) -> None:
    url = None if kind == "sqlite" else fresh_database(request.getfixturevalue("postgres"))
    with staged(tmp_path, library("内部"), url) as stage:
        first = stage.ask(f"我的电话是{PHONE}，{ASKED}").json()
        stage.ask("那农户呢？", session_id=first["session_id"])
        others = [stage.ask().json()["session_id"] for _ in range(3)]
        stage.ask(who="department")
        seen, cursor = [], None
        while True:
            more: dict[str, str] = {"cursor": cursor} if cursor else {}
            body = stage.send("GET", "/api/v1/sessions", params={"limit": 2, **more}).json()
            seen += [one["id"] for one in body["sessions"]]
            if (cursor := body["next"]) is None:
                break
        assert seen == [*reversed(others), first["session_id"]]
        path = f"/api/v1/sessions/{first['session_id']}"
        detail = stage.send("GET", path).json()
        assert detail["turns"][0]["answer_id"] == first["answer_id"]
        assert detail["turns"][0]["answer"] == first["answer"]
        assert len(detail["turns"]) == 2
        renamed = stage.send("PATCH", path, json={"title": f" 找{PHONE}的续贷 "})
        assert renamed.json()["title"] == "找［手机号］的续贷"
        assert PHONE not in json.dumps([detail, renamed.json()], ensure_ascii=False)
        dropped = stage.send("DELETE", path)
        assert (dropped.status_code, dropped.content) == (204, b"")
        renaming = stage.send("PATCH", path, json={"title": "x"})
        for gone in (stage.send("GET", path), stage.send("DELETE", path), renaming,
                     stage.ask("那农户呢？", session_id=first["session_id"])):  # fmt: skip
            assert (gone.status_code, gone.json()["code"]) == (404, "session_not_found")
        assert stage.send("GET", f"/api/v1/answers/{first['answer_id']}").status_code == 404
        assert stage.send("GET", f"/api/v1/answers/{first['answer_id']}", "auditor").status_code == 200


def test_a_conversation_goes_on_after_the_process_was_started_again(stage: Stage) -> None:
    first = stage.ask().json()
    with again(stage, Recorder(stage.registry.chain, stage.registry.answers)):
        follow = stage.ask("那农户呢？", session_id=first["session_id"]).json()
        assert follow["answer"]["follows"]
        assert stage.ask("那农户呢？", "department", session_id=first["session_id"]).status_code == 404
        stage.send("DELETE", f"/api/v1/sessions/{first['session_id']}")
        assert stage.ask("那农户呢？", session_id=first["session_id"]).status_code == 404


CURSORS = ["x", "W10", "e30", "WyJhIiwiYiJd", "W251bGwsImEiXQ", "WzEsMl0", "Wy0xLCJhIl0", "é", "WzEsIlx1MDAwMCJd",
           "W3RydWUsImEiXQ", "WzFlNDAwLCJhIl0", "WzkyMjMzNzIwMzY4NTQ3NzU4MDgsImEiXQ"]  # fmt: skip


def test_a_cursor_of_nobodys_and_a_limit_beyond_reason_are_refused(stage: Stage) -> None:
    for path in ("/api/v1/sessions", "/api/v1/documents", f"/api/v1/documents/{notice().id}/clauses"):
        for cursor in CURSORS:
            response = stage.send("GET", path, params={"cursor": cursor})
            assert (response.status_code, response.json()["code"]) == (422, "bad_cursor"), cursor
            assert len(cursor) == 1 or cursor not in response.text
        for limit in ("0", "101", "-1", "x", "1e3", ""):
            assert stage.send("GET", path, params={"limit": limit}).status_code == 422


# --- feedback ---


def test_feedback_is_masked_and_read_by_those_who_may(stage: Stage) -> None:
    mine = [stage.ask().json()["answer_id"] for _ in range(5)]
    for number, answer_id in enumerate(mine):
        rating = {"rating": "down" if number % 2 else "up", "reason": "incomplete", "comment": f"打{PHONE}找我"}
        made = stage.send("POST", f"/api/v1/answers/{answer_id}/feedback", json=rating)
        assert made.status_code == 201, made.text
        assert made.json()["comment"] == "打［手机号］找我"
    assert (
        stage.send("POST", f"/api/v1/answers/{mine[0]}/feedback", "department", json={"rating": "up"}).status_code
        == 404
    )
    assert (
        stage.send("POST", f"/api/v1/answers/{mine[0]}/feedback", "auditor", json={"rating": "up"}).status_code == 404
    )
    changed = stage.send("POST", f"/api/v1/answers/{mine[0]}/feedback", json={"rating": "down"}).json()
    assert (changed["comment"], changed["reason"]) == (None, None)
    seen, cursor = [], None
    while True:
        params = {"limit": "2", "rating": "down", **({"cursor": cursor} if cursor else {})}
        body = stage.send("GET", "/api/v1/feedback", "approver", params=params).json()
        seen += [one["answer_id"] for one in body["feedback"]]
        if (cursor := body["next"]) is None:
            break
    assert sorted(seen) == sorted([mine[0], mine[1], mine[3]])
    assert stage.send("GET", "/api/v1/feedback").status_code == 403
    stage.assistant = library("内部", "风险部")
    assert stage.send("GET", "/api/v1/feedback", "approver").json()["feedback"] == []


REFUSED: list[dict[str, Any]] = [
    {}, {"rating": "good"}, {"rating": True}, {"rating": "up", "reason": "nothing"},
    {"rating": "up", "comment": "长" * 501}, {"rating": "up", "comment": "\x00"}, {"rating": "up", "comment": "  "},
    {"rating": "up", "owner": "me"},
]  # fmt: skip


def test_feedback_that_cannot_be_used_is_refused(stage: Stage) -> None:
    answer_id = stage.ask().json()["answer_id"]
    for body in REFUSED:
        response = stage.send("POST", f"/api/v1/answers/{answer_id}/feedback", json=body)
        assert response.status_code == 422
        assert "长长" not in response.text


def test_a_text_is_masked(stage: Stage) -> None:
    text = f"客户电话{PHONE}，想续贷。"
    body = stage.send("POST", "/api/v1/mask", json={"text": text}).json()
    assert body["masked"] == "客户电话［手机号］，想续贷。"
    [span] = body["spans"]
    assert (text[span["start"] : span["end"]], span["kind"]) == (PHONE, "mobile")
    assert [stage.send("POST", "/api/v1/mask", json={"text": bad}).status_code for bad in ("", "x" * 20_001)] == [
        422
    ] * 2


# --- guessing ---


def test_a_hundred_thousand_guessed_ids_hit_nothing(stage: Stage) -> None:
    real = [stage.ask().json() for _ in range(3)]
    shapes = {one["answer_id"] for one in real} | {one["session_id"] for one in real}
    assert all(
        re.fullmatch("[0-9a-f]{32}", name) and uuid.UUID(name).version == 4 for name in shapes
    )  # 122 random bits
    portal = stage.registry.embeds.listed()[0].id
    assert re.fullmatch("[0-9a-f]{16}", portal)  # 64 random bits
    guesses = {
        answers: [uuid.uuid4().hex for _ in range(100_000)],
        sessions: [uuid.uuid4().hex for _ in range(100_000)],
        embeds: [secrets.token_hex(8) for _ in range(100_000)],
    }
    with stage.registry.store.read() as connection:
        for table, names in guesses.items():
            hits = 0
            for start in range(0, len(names), 10_000):
                wanted = select(table.c.id).where(table.c.id.in_(names[start : start + 10_000]))
                hits += len(connection.execute(wanted).all())
            assert hits == 0
        known = select(answers.c.id).where(answers.c.id.in_([real[0]["answer_id"], *guesses[answers][:9_999]]))
        assert len(connection.execute(known).all()) == 1  # one that is there would have been found
    near = [real[0]["answer_id"][:-1] + digit for digit in "0123456789abcdef"]
    statuses = {stage.send("GET", f"/api/v1/answers/{name}", "public reader").status_code for name in near}
    assert statuses == {404}


@pytest.mark.parametrize("begun", [True, False])
def test_cancelling_leaves_no_request_behind(tmp_path: Path, begun: bool) -> None:
    """Whoever hangs up may ask again under the same key."""
    asker = Principal(kind=PrincipalKind.KEY, subject="k")
    with opened(tmp_path) as registry:
        asked = AskedOnce(registry, FakeAssistant)

        async def tried(begun: bool) -> Answered:
            started = asyncio.Event()

            async def never() -> Answered:
                started.set()
                await asyncio.sleep(60)
                raise AssertionError

            task = asyncio.create_task(asked.answer("k", "body", asker, never))
            await (started.wait() if begun else asyncio.sleep(0))
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return await asked.answer("k", "body", asker, ready)

        async def ready() -> Answered:
            return Answered(answer_id="a", response="{}")

        assert not asyncio.run(tried(begun)).again
