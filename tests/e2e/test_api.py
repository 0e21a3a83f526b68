"""The HTTP door over a real socket, with a scripted assistant behind it."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest
from fastapi import FastAPI
from serving_fakes import ANSWER_TEXT, QUOTE, TEXT, FakeAssistant, answered, serving

from assistant.errors import IndexDamaged, IndexNotBuilt, ModelTimeout, SettingsError
from assistant.schema.answer import PlainVersion, Statement
from assistant.schema.document import LegalLevel
from assistant.schema.retrieval import Filters
from assistant.serving.desk import Desk
from assistant.serving.http.api import create_api
from assistant.serving.http.errors import STATUS_OF_CODE
from assistant.serving.limits.fair_pool import Bounds
from assistant.serving.ports import Assistant
from assistant.serving.sessions import SessionStore

SECRET = "绝密口令甲乙丙丁"  # must come back in no error


class Stand:
    """What the shared server asks; every test puts its own assistant there."""

    current = FakeAssistant()


@contextmanager
def client_of(app: FastAPI) -> Iterator[httpx.Client]:
    with serving(app) as url, httpx.Client(base_url=url, timeout=20, trust_env=False) as client:
        yield client


@pytest.fixture(scope="module")
def shared_client() -> Iterator[httpx.Client]:
    with client_of(create_api(lambda: Stand.current)) as client:
        yield client


@pytest.fixture
def fake() -> FakeAssistant:
    return FakeAssistant()


@pytest.fixture
def client(shared_client: httpx.Client, fake: FakeAssistant) -> httpx.Client:
    Stand.current = fake
    return shared_client


def post(client: httpx.Client, content: bytes, path: str = "/api/v1/ask", **headers: str) -> httpx.Response:
    return client.post(path, content=content, headers={"content-type": "application/json", **headers})


def assert_error(response: httpx.Response, status: int, code: str) -> dict[str, str]:
    body: dict[str, str] = response.json()
    assert (response.status_code, body["code"]) == (status, code), response.text
    assert set(body) == {"code", "message", "request_id"}
    assert body["request_id"] == response.headers["x-request-id"]
    assert any("\u4e00" <= char <= "\u9fff" for char in body["message"])
    assert len(response.content) <= 1024
    assert SECRET not in response.text
    return body


def events_of(response: httpx.Response) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    for block in response.read().decode().replace("\r\n", "\n").split("\n\n"):
        lines = [line for line in block.split("\n") if line and not line.startswith(":")]
        if lines:
            fields = dict(line.split(": ", 1) for line in lines)
            found.append((fields["event"], json.loads(fields["data"])))
    return found


def stream(client: httpx.Client, **body: Any) -> list[tuple[str, dict[str, Any]]]:
    with client.stream("POST", "/api/v1/ask/stream", json=body) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["x-accel-buffering"] == "no"
        return events_of(response)


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


# --- answers ------------------------------------------------------------------------------------


def test_answer_is_whole(client: httpx.Client) -> None:
    response = client.post("/api/v1/ask", json={"question": "能续贷吗？"})
    assert response.status_code == 200
    body = response.json()
    answer = body["answer"]
    assert body["request_id"] == response.headers["x-request-id"]
    assert (answer["outcome"], answer["mode"], answer["text"]) == ("answered", "extractive", ANSWER_TEXT)
    assert answer["ai_generated"].startswith("内容由程序依据条款生成")
    assert answer["statements"][0]["modality"] == "要求"
    citation = answer["citations"][0]
    assert (citation["address"], citation["verdict"], citation["status"]) == ("五、（十）", "OK", "年度文件")
    span = citation["spans"][0]
    assert "".join(TEXT[span["start"] : span["end"]].split()) == "".join(citation["quotes"][0].split())
    assert body["latency_ms"] >= 0


def test_follow_up_uses_history_kept_here(client: httpx.Client, fake: FakeAssistant) -> None:
    first = client.post("/api/v1/ask", json={"question": "能续贷吗？"}).json()
    second = client.post("/api/v1/ask", json={"question": "那保险公司呢？", "session_id": first["session_id"]}).json()
    assert second["session_id"] == first["session_id"]
    history = fake.asked[1].history
    assert [(turn.role, turn.content) for turn in history] == [("user", "能续贷吗？"), ("assistant", ANSWER_TEXT)]
    assert second["answer"]["standalone_question"] == "关于续贷：那保险公司呢？"


def test_whoever_asks_may_say_that_a_question_is_new(client: httpx.Client, fake: FakeAssistant) -> None:
    session = client.post("/api/v1/ask", json={"question": "能续贷吗？"}).json()["session_id"]
    asked = {"question": "房贷利率多少？", "session_id": session}
    joined, new = (
        client.post("/api/v1/ask", json=body).json()["answer"] for body in (asked, {**asked, "follows": False})
    )
    assert (joined["follows"], joined["standalone_question"]) == (True, "关于续贷：房贷利率多少？")
    assert (new["follows"], new["standalone_question"]) == (False, "房贷利率多少？")
    assert not new["follows_unsure"]
    assert [one.follows for one in fake.asked] == [None, None, False]
    assert_error(client.post("/api/v1/ask", json={**asked, "follows": "否"}), 422, "bad_request")


def test_a_failed_question_leaves_no_turn(client: httpx.Client, fake: FakeAssistant) -> None:
    session = client.post("/api/v1/ask", json={"question": "一"}).json()["session_id"]
    fake.fault = ModelTimeout("语言模型没有按时作答，请稍后再试。")
    assert_error(client.post("/api/v1/ask", json={"question": "二", "session_id": session}), 504, "model_timeout")
    fake.fault = None
    client.post("/api/v1/ask", json={"question": "三", "session_id": session})
    assert [turn.content for turn in fake.asked[-1].history] == ["一", ANSWER_TEXT]


def test_day_and_documents_reach_the_assistant(client: httpx.Client, fake: FakeAssistant) -> None:
    body = {"question": "能续贷吗？", "as_of": "2024-05-01", "document_ids": ["notice_2024_shaanxi"]}
    assert client.post("/api/v1/ask", json=body).status_code == 200
    chosen = fake.asked[0].filters
    assert (chosen.as_of, chosen.document_ids) == (date(2024, 5, 1), frozenset({"notice_2024_shaanxi"}))


def test_filters_reach_the_assistant(client: httpx.Client, fake: FakeAssistant) -> None:
    body = {
        "question": "能续贷吗？",
        "legal_levels": ["法律", "规范性文件"],
        "region": "陕西",
        "institution": "保险公司",
    }
    assert client.post("/api/v1/ask", json=body).status_code == 200
    assert client.post("/api/v1/search", json={**body, "as_of": "2024-05-01"}).status_code == 200
    levels = frozenset({LegalLevel.LAW, LegalLevel.NORMATIVE})
    wanted = Filters(levels=levels, region="陕西", institution="保险公司")
    assert [asked.filters for asked in fake.asked] == [wanted]
    assert [sought.filters for sought in fake.sought] == [replace(wanted, as_of=date(2024, 5, 1))]


def test_search_lists_clauses_and_keeps_no_session(client: httpx.Client) -> None:
    found = client.post("/api/v1/search", json={"question": "能续贷吗？", "limit": 5}).json()
    assert set(found) == {"request_id", "query", "degraded", "retrieval_mode", "hits"}
    [hit] = found["hits"]
    assert (hit["document_id"], hit["address"], hit["legal_level"]) == (
        "notice_2024_shaanxi",
        "五、（十）",
        "规范性文件",
    )
    assert QUOTE in hit["text"]


@pytest.mark.parametrize(
    "extra",
    [{"limit": 0}, {"limit": 21}, {"limit": "5"}, {"limit": 10**6}, {"session_id": "a"}, {"region": {"$ne": None}}],
    ids=range(6),
)
def test_search_takes_its_own_fields_only(client: httpx.Client, fake: FakeAssistant, extra: dict[str, Any]) -> None:
    assert_error(client.post("/api/v1/search", json={"question": "问", **extra}), 422, "bad_request")
    assert fake.sought == []


def test_search_refuses_documents_outside_the_library(client: httpx.Client) -> None:
    response = client.post("/api/v1/search", json={"question": "问", "document_ids": [SECRET]})
    assert_error(response, 404, "not_found")


def test_documents_outside_the_library_are_refused(client: httpx.Client, fake: FakeAssistant) -> None:
    response = client.post("/api/v1/ask", json={"question": "问", "document_ids": [SECRET]})
    assert_error(response, 404, "not_found")
    assert fake.asked == []


@pytest.mark.parametrize("session", ["0" * 32, "../../etc/passwd", "", f"{SECRET}", "x" * 64])
def test_sessions_not_issued_here_look_alike(client: httpx.Client, session: str) -> None:
    body = assert_error(
        client.post("/api/v1/ask", json={"question": "问", "session_id": session}), 404, "session_not_found"
    )
    assert "会话不存在或已过期" in body["message"]


def test_an_expired_session_looks_as_one_never_issued(fake: FakeAssistant) -> None:
    clock = [0.0]
    app = create_api(lambda: fake, sessions=SessionStore(ttl_s=60, clock=lambda: clock[0]))
    with client_of(app) as client:
        session = client.post("/api/v1/ask", json={"question": "问"}).json()["session_id"]
        clock[0] = 61.0
        old = client.post("/api/v1/ask", json={"question": "问", "session_id": session}).json()
        foreign = client.post("/api/v1/ask", json={"question": "问", "session_id": "f" * 32}).json()
    assert (old["code"], old["message"]) == (foreign["code"], foreign["message"])


# --- streams ------------------------------------------------------------------------------------


def test_stream_order(client: httpx.Client) -> None:
    events = stream(client, question="能续贷吗？")
    names = [name for name, _ in events]
    assert names[0] == "sources"
    assert names[1:-1] == ["delta"] * (len(names) - 2)
    assert len(names) > 4
    assert names[-1] == "done"
    assert "".join(data["text"] for name, data in events if name == "delta") == ANSWER_TEXT
    done = events[-1][1]
    assert done["answer"]["text"] == ANSWER_TEXT
    assert events[0][1]["citations"] == done["answer"]["citations"]


def test_stream_keeps_the_conversation(client: httpx.Client, fake: FakeAssistant) -> None:
    session = stream(client, question="能续贷吗？")[-1][1]["session_id"]
    stream(client, question="那保险公司呢？", session_id=session)
    assert [turn.content for turn in fake.asked[1].history] == ["能续贷吗？", ANSWER_TEXT]


def test_stream_that_fails_ends_with_one_error(client: httpx.Client, fake: FakeAssistant) -> None:
    fake.fault = ModelTimeout("语言模型没有按时作答，请稍后再试。")
    events = stream(client, question="能续贷吗？")
    assert [name for name, _ in events] == ["sources", "error"]
    assert events[-1][1]["code"] == "model_timeout"


def test_stream_hides_foreign_faults(client: httpx.Client, fake: FakeAssistant) -> None:
    fake.fault = RuntimeError(SECRET)
    events = stream(client, question="能续贷吗？")
    assert [name for name, _ in events] == ["sources", "error"]
    assert events[-1][1]["code"] == "internal_error"
    assert SECRET not in json.dumps(events, ensure_ascii=False)


def test_stream_refuses_before_it_begins(client: httpx.Client) -> None:
    assert_error(post(client, b'{"question": " "}', "/api/v1/ask/stream"), 422, "empty_question")


def test_a_client_that_leaves_stops_the_answer(fake: FakeAssistant) -> None:
    fake.endless = True
    app = create_api(lambda: fake)
    desk: Desk = app.state.desk
    with client_of(app) as client:
        with client.stream("POST", "/api/v1/ask/stream", json={"question": "问"}) as response:
            lines = response.iter_lines()
            assert any("delta" in line for line in lines)
            assert desk.taken == 1
        assert fake.stopped.wait(10)
        assert eventually(lambda: desk.taken == 0)
        assert len(desk.sessions) == 0


def test_clients_that_leave_at_once_leave_nothing_behind(fake: FakeAssistant) -> None:
    fake.endless = True
    app = create_api(lambda: fake)
    desk: Desk = app.state.desk
    body = '{"question":"问"}'.encode()
    head = (
        f"POST /api/v1/ask/stream HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    )
    with client_of(app) as client:
        address = (client.base_url.host, client.base_url.port or 80)
        for _ in range(30):
            with socket.create_connection(address) as connection:
                connection.sendall(head.encode() + b"\r\n\r\n" + body)
        assert eventually(lambda: desk.taken == 0)
        fake.endless = False
        assert client.post("/api/v1/ask", json={"question": "问"}).status_code == 200


# --- bounds -------------------------------------------------------------------------------------


def test_more_questions_than_places(fake: FakeAssistant) -> None:
    fake.hold.clear()
    app = create_api(lambda: fake, bounds=Bounds(slots=1, waiting=1))
    desk: Desk = app.state.desk
    with client_of(app) as client, ThreadPoolExecutor(2) as pool:
        held = [pool.submit(client.post, "/api/v1/ask", json={"question": "问"}) for _ in range(2)]
        assert eventually(lambda: desk.taken == 2)
        response = client.post("/api/v1/ask", json={"question": "问"})
        assert_error(response, 503, "busy")
        assert response.headers["retry-after"] == "5"
        assert_error(post(client, '{"question":"问"}'.encode(), "/api/v1/ask/stream"), 503, "busy")
        fake.hold.set()
        assert [future.result().status_code for future in held] == [200, 200]
        assert eventually(lambda: desk.taken == 0)


def test_a_question_does_not_wait_for_ever(fake: FakeAssistant) -> None:
    fake.hold.clear()
    app = create_api(lambda: fake, bounds=Bounds(slots=1, waiting=4, patience_s=0.05))
    desk: Desk = app.state.desk
    with client_of(app) as client, ThreadPoolExecutor(1) as pool:
        held = pool.submit(client.post, "/api/v1/ask", json={"question": "问"})
        assert eventually(lambda: len(fake.asked) == 1)
        assert_error(client.post("/api/v1/ask", json={"question": "问"}), 503, "busy")
        assert_error(post(client, '{"question":"问"}'.encode(), "/api/v1/ask/stream"), 503, "busy")
        fake.hold.set()
        assert held.result().status_code == 200
        assert eventually(lambda: desk.taken == 0)
        assert len(fake.asked) == 1


# --- R1, R2, R4: questions ----------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "   ", "\u3000\u3000", "\u200b\u200b", "\n\t", "\ufeff", "\u2060"])
def test_empty_questions(client: httpx.Client, text: str) -> None:
    assert_error(client.post("/api/v1/ask", json={"question": text}), 422, "empty_question")


def test_long_questions(client: httpx.Client) -> None:
    assert client.post("/api/v1/ask", json={"question": "问" * 2000}).status_code == 200
    assert_error(client.post("/api/v1/ask", json={"question": SECRET + "问" * 2000}), 422, "question_too_long")


@pytest.mark.parametrize("size", [70_000, 1_000_000, 20_000_000])
@pytest.mark.parametrize("announced", [True, False])
def test_large_bodies(client: httpx.Client, fake: FakeAssistant, size: int, announced: bool) -> None:
    def chunks() -> Iterator[bytes]:
        yield b'{"question":"'
        for _ in range(size // 50_000 + 1):
            yield b"a" * 50_000

    content = b"".join(chunks()) if announced else chunks()
    response = client.post("/api/v1/ask", content=content, headers={"content-type": "application/json"})
    assert_error(response, 413, "body_too_large")
    assert response.headers["connection"] == "close"
    assert fake.asked == []


@pytest.mark.parametrize("escape", [r"\ud800", r"\udfff\ud800", r"\u0000", r"\u001b[31m", r"\b\b\b", r"\u0085"])
def test_broken_characters(client: httpx.Client, escape: str) -> None:
    content = f'{{"question":"{SECRET}{escape}"}}'.encode()
    assert_error(post(client, content), 422, "bad_characters")
    assert_error(post(client, content, "/api/v1/ask/stream"), 422, "bad_characters")


@pytest.mark.parametrize("field", ["session_id", "as_of", "document_ids", "unknown"])
def test_broken_characters_in_any_field(client: httpx.Client, field: str) -> None:
    value = r'["\ud800"]' if field == "document_ids" else r'"\ud800"'
    response = post(client, f'{{"question":"问","{field}":{value}}}'.encode())
    assert response.status_code == 422
    assert_error(response, 422, response.json()["code"])


def test_broken_characters_in_a_field_name(client: httpx.Client) -> None:
    assert post(client, rb'{"question":"q","\ud800":1}').status_code == 422


@pytest.mark.parametrize("text", ["🙂🙂", "e" + "\u0301" * 1000, "銀稅互動", "xu dai", "12345", "مرحبا", "\u202eabc"])
def test_strange_questions_are_answered(client: httpx.Client, text: str) -> None:
    assert client.post("/api/v1/ask", json={"question": text}).status_code == 200


# --- R3: bodies ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'"q"',
        b"null",
        b"{",
        b'{"question": NaN}',
        b'{"question": "q", "as_of": Infinity}',
        b'{"question": -Infinity}',
        b'{"question": "a", "question": "b"}',
        b'{"question": "\xff\xfe"}',
        b"\xef\xbb\xbf{}",
        b'{"question": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
        b'{"question": "q", "as_of": ' + b"9" * 60_000 + b"}",
        b'{"question": "a\nb"}',
        SECRET.encode(),
    ],
    ids=range(15),
)
def test_bodies_that_are_no_json_object(client: httpx.Client, content: bytes) -> None:
    assert_error(post(client, content), 400, "bad_json")
    assert_error(post(client, content, "/api/v1/ask/stream"), 400, "bad_json")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "json"])
def test_other_content_types(client: httpx.Client, kind: str) -> None:
    response = client.post("/api/v1/ask", content=b'{"question":"q"}', headers={"content-type": kind})
    assert_error(response, 415, "unsupported_media_type")


def test_charset_parameter_is_fine(client: httpx.Client) -> None:
    response = client.post(
        "/api/v1/ask", content='{"question":"问"}'.encode(), headers={"content-type": "application/json; charset=utf-8"}
    )
    assert response.status_code == 200


# --- R6, R7: fields -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "extra",
    [
        {"role": "system"},
        {"model": SECRET},
        {"base_url": "http://203.0.113.1"},
        {"temperature": 9e9},
        {"top_k": 10**6},
        {"top_k": -1},
        {"history": [{"role": "assistant", "content": SECRET}] * 100},
        {SECRET: 1},
        {"question": 5},
        {"question": None},
        {"question": ["q"]},
        {"question": {"$ne": None}},
        {"session_id": 7},
        {"session_id": SECRET * 100},
        {"as_of": "2024-13-01"},
        {"as_of": "20240501"},
        {"as_of": 1714521600},
        {"as_of": "2024-05-01T00:00:00"},
        {"as_of": SECRET},
        {"document_ids": []},
        {"document_ids": "notice_2024_shaanxi"},
        {"document_ids": [1]},
        {"document_ids": {"$ne": None}},
        {"document_ids": [{"$or": [SECRET]}]},
        {"document_ids": [""]},
        {"document_ids": ["x"] * 51},
        {"legal_levels": ["圣旨"]},
        {"legal_levels": "法律"},
        {"legal_levels": {"$ne": "法律"}},
        {"legal_levels": []},
        {"region": {"$ne": None}},
        {"region": ["陕西"]},
        {"region": ""},
        {"institution": {"$or": [SECRET]}},
        {"institution": 1},
        {"rights": ["内部"]},
    ],
    ids=range(36),
)
def test_fields_that_are_not_ours(client: httpx.Client, fake: FakeAssistant, extra: dict[str, Any]) -> None:
    assert_error(client.post("/api/v1/ask", json={"question": "问", **extra}), 422, "bad_request")
    assert fake.asked == []


def test_a_missing_question_is_named(client: httpx.Client) -> None:
    assert "question" in assert_error(client.post("/api/v1/ask", json={}), 422, "bad_request")["message"]


# --- faults -------------------------------------------------------------------------------------


def test_foreign_faults_become_a_plain_500(
    client: httpx.Client, fake: FakeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    fake.fault = RuntimeError(f"{SECRET}\r\nforged line")
    with caplog.at_level(logging.INFO):
        body = assert_error(client.post("/api/v1/ask", json={"question": SECRET}), 500, "internal_error")
    record = next(r for r in caplog.records if body["request_id"] in r.getMessage())
    assert "RuntimeError" in record.getMessage()
    assert SECRET not in caplog.text
    assert "\n" not in record.getMessage()
    assert record.exc_info is None


def test_faults_of_settings_say_nothing_of_themselves(client: httpx.Client, fake: FakeAssistant) -> None:
    fake.fault = SettingsError(SECRET)
    assert_error(client.post("/api/v1/ask", json={"question": "问"}), 500, "internal_error")


@pytest.mark.parametrize(
    "fault", [IndexNotBuilt("还没有索引，请先建立索引。"), IndexDamaged("索引已损坏，请重建索引。")]
)
def test_without_an_index(fault: Exception) -> None:
    def provider() -> Assistant:
        raise fault

    with client_of(create_api(provider)) as client:
        assert client.get("/livez").json() == {"status": "ok"}
        code = getattr(fault, "code", "")
        assert assert_error(client.get("/readyz"), 503, code)["message"] == str(fault)
        for path in ("/api/v1/ask", "/api/v1/ask/stream"):
            assert_error(client.post(path, json={"question": "问"}), 503, code)
        assert_error(client.get("/api/v1/documents"), 503, code)


def test_ready(client: httpx.Client) -> None:
    whole = {"retrieval_mode": "hybrid", "degraded": [], "damaged": []}
    served = {"status": "ready", "generation": "fake-generation", "documents": 1}
    assert client.get("/readyz").json() == {**served, **whole}


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", f"/{SECRET}", 404, "not_found"),
        ("GET", "/api/v1/nothing", 404, "not_found"),
        ("GET", "/api/v1/ask", 405, "method_not_allowed"),
        ("DELETE", "/api/v1/documents", 405, "method_not_allowed"),
        ("POST", "/livez", 405, "method_not_allowed"),
        ("OPTIONS", "/api/v1/ask", 405, "method_not_allowed"),
    ],
)
def test_wrong_addresses(client: httpx.Client, method: str, path: str, status: int, code: str) -> None:
    assert_error(client.request(method, path), status, code)


def test_headers(client: httpx.Client) -> None:
    preflight = {"origin": "https://portal.example", "access-control-request-method": "POST"}
    responses = [
        client.get("/livez", headers={"origin": "https://portal.example", "x-request-id": SECRET.encode().hex()}),
        client.options("/api/v1/ask", headers=preflight),
        client.post("/api/v1/ask", json={"question": "问"}, headers={"origin": "https://portal.example"}),
        client.get("/nothing"),
    ]
    for response in responses:
        assert response.headers["x-content-type-options"] == "nosniff"
        page = response is responses[-1]  # what is no address of the API is the page's, whose forms tell our origin
        assert response.headers["referrer-policy"] == ("same-origin" if page else "no-referrer")
        assert "frame-ancestors 'self'" in response.headers["content-security-policy"]
        assert not [name for name in response.headers if name.startswith("access-control-")]
    assert len({response.headers["x-request-id"] for response in responses}) == len(responses)
    assert responses[0].headers["x-request-id"] != SECRET.encode().hex()


# --- the library --------------------------------------------------------------------------------


def test_documents(client: httpx.Client) -> None:
    listed = client.get("/api/v1/documents").json()
    assert listed["generation"] == "fake-generation"
    assert [(d["id"], d["status"], d["issued_on"]) for d in listed["documents"]] == [
        ("notice_2024_shaanxi", "年度文件", "2024-04-30")
    ]
    detail = client.get("/api/v1/documents/notice_2024_shaanxi").json()
    assert [clause["address"] for clause in detail["clauses"]] == ["五、", "五、（十）", "五、（十）第一段"]
    assert_error(client.get(f"/api/v1/documents/{SECRET}"), 404, "not_found")


@pytest.mark.parametrize("address", ["五、（十）", "五、(十)"])
def test_clause(client: httpx.Client, address: str) -> None:
    clause = client.get(f"/api/v1/documents/notice_2024_shaanxi/clauses/{quote(address)}").json()
    assert clause["text"] == TEXT[clause["span"]["start"] : clause["span"]["end"]]
    assert (clause["address"], clause["heading"], clause["level"]) == ("五、（十）", "落实无还本续贷政策", "heading_2")
    assert clause["children"] == ["五、（十）第一段"]
    assert "续贷支持，不得盲目" in clause["plain"]
    assert clause["plain"].startswith("（十）落实无还本续贷政策。\n各银行机构")
    [related] = clause["related"]
    assert (related["id"], related["unverified"], related["citations"]) == ("xudai", ["status"], [])


def test_a_clause_without_related_policies(client: httpx.Client) -> None:
    path = f"/api/v1/documents/notice_2024_shaanxi/clauses/{quote('五、（十）第一段')}"
    assert client.get(path).json()["related"] == []


def test_an_answer_points_at_related_policies(client: httpx.Client) -> None:
    answer = client.post("/api/v1/ask", json={"question": "能续贷吗？"}).json()["answer"]
    assert [(p["title"], p["citations"]) for p in answer["related"]] == [("关于做好续贷工作的通知", [1])]
    refused = client.post("/api/v1/ask", json={"question": "彩票怎么买？"}).json()["answer"]
    assert refused["related"] == []


@pytest.mark.parametrize("address", [SECRET, "五", "%00", "../../etc/passwd", "五、（十）/x", "' OR 1=1", "x" * 201])
def test_clauses_that_are_not_there(client: httpx.Client, address: str) -> None:
    path = f"/api/v1/documents/notice_2024_shaanxi/clauses/{quote(address, safe='%')}"
    response = client.get(path)
    assert response.status_code in {404, 422}
    assert_error(response, response.status_code, response.json()["code"])


def test_invalid_percent_codes_in_an_address(client: httpx.Client) -> None:
    parts = urlsplit(str(client.base_url))
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as connection:
        connection.sendall(b"GET /api/v1/documents/%ff%fe%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        status_line = connection.makefile("rb").readline()
    assert status_line.startswith(b"HTTP/1.1 404")


# --- documentation ------------------------------------------------------------------------------


def test_openapi_is_chinese_and_has_examples(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    for methods in document["paths"].values():
        for operation in methods.values():
            assert any("\u4e00" <= char <= "\u9fff" for char in operation["summary"])
    schema = document["paths"]["/api/v1/ask"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert schema["additionalProperties"] is False
    assert schema["examples"][0]["question"]
    assert "HTTPValidationError" not in json.dumps(document)
    example = client.post("/api/v1/ask", json=schema["examples"][0])
    assert example.status_code == 200


def test_docs_page_needs_nothing_from_elsewhere(client: httpx.Client) -> None:
    response = client.get("/docs")
    assert response.status_code == 200
    assert "/api/v1/ask/stream" in response.text
    assert "<script" not in response.text
    assert '="http' not in response.text
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert f"/clauses/{quote('二、（三）')}" in response.text


def test_every_status_is_an_error_status() -> None:
    assert set(STATUS_OF_CODE.values()) <= {400, 401, 403, 404, 405, 408, 409, 413, 415, 422, 429, 502, 503, 504}


def test_parallel_questions_keep_to_their_sessions(client: httpx.Client, fake: FakeAssistant) -> None:
    barrier = threading.Barrier(4)

    def talk(name: str) -> list[str]:
        barrier.wait(10)
        session: str | None = None
        for turn in range(3):
            body = {"question": f"{name}{turn}"} | ({"session_id": session} if session else {})
            session = client.post("/api/v1/ask", json=body).json()["session_id"]
        last = next(asked for asked in fake.asked if asked.question == f"{name}2")
        return [turn.content for turn in last.history if turn.role == "user"]

    with ThreadPoolExecutor(4) as pool:
        histories = list(pool.map(talk, "甲乙丙丁"))
    assert histories == [[f"{name}0", f"{name}1"] for name in "甲乙丙丁"]


# --- plain words --------------------------------------------------------------------------------


def test_plain_words_reach_the_reader(client: httpx.Client, fake: FakeAssistant) -> None:
    told = Statement(text="不得随便抽贷。", citations=(1,))
    plain = PlainVersion(text="- 不得随便抽贷。[1]", statements=(told,), reworded=1, prompt_version="plain.zh.v1")
    fake.answer = replace(answered("问"), plain=plain)
    body = client.post("/api/v1/ask", json={"question": "问", "style": "plain"}).json()["answer"]
    assert body["plain"]["text"] == plain.text
    assert body["plain"]["statements"][0]["citations"] == [1]
    assert (body["plain"]["reworded"], body["plain"]["prompt_version"]) == (1, "plain.zh.v1")
    assert body["prompt_version"] is None
    assert [asked.plain for asked in fake.asked] == [True]
    assert stream(client, question="问", style="plain")[-1][1]["answer"]["plain"] == body["plain"]
    client.post("/api/v1/ask", json={"question": "问"})
    assert [asked.plain for asked in fake.asked] == [True, True, False]


def test_another_style_is_refused(client: httpx.Client) -> None:
    assert_error(post(client, '{"question": "问", "style": "poem"}'.encode()), 422, "bad_request")
