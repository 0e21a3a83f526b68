"""What is sent to the chat page by hand: no bare 500, nothing repeated, one envelope (FAULTS.md R23)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from serving_fakes import FakeAssistant, serving

from assistant.serving.http.api import create_api
from assistant.serving.page.chat import mount_chat

CANARY = "金丝雀"
JOIN = "/gradio_api/queue/join"


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    app = mount_chat(create_api(FakeAssistant))
    with serving(app) as url, httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
        yield client


def in_envelope(response: httpx.Response) -> str:
    """The code of an error, which is told as every other."""
    body = response.json()
    assert set(body) == {"code", "message", "request_id"}
    assert any("\u4e00" <= char <= "\u9fff" for char in body["message"])
    assert CANARY not in response.text
    return str(body["code"])


@pytest.mark.parametrize(
    "changed",
    [
        {"fn_index": 99}, {"fn_index": -1}, {"fn_index": "0"}, {"fn_index": True}, {"fn_index": None},
        {"fn_index": 10**30}, {"data": CANARY}, {"data": None}, {"session_hash": None}, {"session_hash": ""},
        {"session_hash": CANARY}, {"session_hash": "../x"}, {"session_hash": "x" * 200},
    ],
)  # fmt: skip
def test_an_event_that_the_page_does_not_have(client: httpx.Client, changed: dict[str, Any]) -> None:
    body = {"data": [CANARY], "fn_index": 0, "session_hash": "x", **changed}
    response = client.post(JOIN, json=body)
    assert response.status_code == 422
    assert in_envelope(response) == "bad_request"


@pytest.mark.parametrize("content", [CANARY.encode(), b"[]", b'{"a":1,"a":2}', b"", b"{" * 5000, b"\xff"])
@pytest.mark.parametrize("path", [JOIN, "/gradio_api/cancel", "/gradio_api/reset"])
def test_what_is_no_json_object(client: httpx.Client, path: str, content: bytes) -> None:
    response = client.post(path, content=content, headers={"Content-Type": "text/plain"})
    assert (response.status_code, in_envelope(response)) == (400, "bad_json")


@pytest.mark.parametrize("path", ["/gradio_api/cancel", "/gradio_api/reset", JOIN])
def test_fields_that_gradio_refuses_are_not_repeated(client: httpx.Client, path: str) -> None:
    body = {"event_id": {CANARY: CANARY}, "session_hash": "x", "fn_index": 0, "data": [], "simple_format": CANARY}
    response = client.post(path, json=body)
    if response.status_code != 200:
        assert in_envelope(response)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/gradio_api/queue/data"), ("GET", "/gradio_api/queue/data?session_hash=never"), ("PUT", "/config"),
     ("GET", "/static/none.js"), ("GET", "/assets/%2e%2e/%2e%2e/etc/passwd"), ("POST", "/gradio_api/heartbeat/x")],
)  # fmt: skip
def test_other_addresses_of_the_page(client: httpx.Client, method: str, path: str) -> None:
    response = client.request(method, path, json={} if method == "POST" else None)
    assert response.status_code < 500
    if response.status_code >= 400:
        in_envelope(response)


def test_an_event_of_the_page_is_taken(client: httpx.Client) -> None:
    config = client.get("/config").json()
    numbers = [event["id"] for event in config["dependencies"] if not event["inputs"]]
    response = client.post(JOIN, json={"data": [], "fn_index": numbers[0], "session_hash": "abc123"})
    assert response.status_code == 200
    assert "event_id" in response.json()


def test_a_fault_in_the_page_is_told_plainly() -> None:
    import asyncio

    from assistant.serving.page.quiet import QuietGradio

    async def broken(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 500, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": CANARY.encode(), "more_body": False})

    sent: list[Any] = []

    async def main() -> None:
        async def receive() -> Any:
            return {"type": "http.request", "body": json.dumps({"session_hash": "x"}).encode(), "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": "/gradio_api/cancel", "headers": []}
        await QuietGradio(broken, events=[])(scope, receive, send)

    asyncio.run(main())
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert json.loads(sent[1]["body"])["code"] == "internal_error"


def _done(client: httpx.Client, event: dict[str, Any], data: list[Any], session: str) -> dict[str, Any]:
    """What the page is told in the end of an event."""
    body = {"data": data, "fn_index": event["id"], "session_hash": session}
    assert client.post(JOIN, json=body).status_code == 200
    with client.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as lines:
        for line in lines.iter_lines():
            told = json.loads(line.removeprefix("data:") or "{}")
            if told.get("msg") == "process_completed":
                return dict(told)
    raise AssertionError("it never ended")


def _events(client: httpx.Client, part: str) -> list[dict[str, Any]]:
    """The events that take what a part of the page holds."""
    config = client.get("/config").json()
    [number] = [one["id"] for one in config["components"] if one["props"].get("elem_id") == part]
    return [event for event in config["dependencies"] if number in event["inputs"] and event["backend_fn"]]


def test_a_page_that_outlives_its_server_may_still_ask_of_the_documents_chosen_there(client: httpx.Client) -> None:
    """Another session, to which nothing was ever offered, stands for it."""
    event = _events(client, "pz-chosen")[0]
    told = _done(client, event, ["能续贷吗？", None, "", ["notice"]], "later1")
    assert told["success"], told


def test_a_page_that_outlives_its_server_keeps_its_sample_questions(client: httpx.Client) -> None:
    [event] = _events(client, "pz-role")
    told = _done(client, event, ["信贷人员", None], "later2")
    assert told["success"], told
    assert all(one == {"__type__": "update"} for one in told["output"]["data"]), told
