"""The Python client against a real server, and against one that misbehaves."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import httpx
import pytest
from serving_fakes import ANSWER_TEXT, FakeAssistant, answered, serving

from assistant.client import AskResponse, AsyncClient, Client, DeltaBody, ServiceError, SourcesBody
from assistant.errors import InputError, ModelTimeout
from assistant.serving.http.api import create_api

HOME = "http://service.example/zhengce"


class Stand:
    """What the shared server asks; every test puts its own assistant there."""

    current = FakeAssistant()


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
            patch.delenv(name)
        with serving(create_api(lambda: Stand.current)) as url:
            yield url


@pytest.fixture
def fake() -> FakeAssistant:
    Stand.current = FakeAssistant()
    return Stand.current


@pytest.fixture
def client(base_url: str, fake: FakeAssistant) -> Iterator[Client]:
    with Client(base_url, timeout_s=20) as client:
        yield client


def test_an_answer_is_typed_and_followed_up(client: Client, fake: FakeAssistant) -> None:
    first = client.ask(
        "能续贷吗？", as_of=date(2024, 5, 1), document_ids=("notice_2024_shaanxi",), legal_levels=["法律"]
    )
    assert (first.answer.text, first.answer.citations[0].address) == (ANSWER_TEXT, "五、（十）")
    assert fake.asked[0].filters.as_of == date(2024, 5, 1)
    second = client.ask("那保险公司呢？", session_id=first.session_id)
    assert second.answer.standalone_question == "关于续贷：那保险公司呢？"


def test_a_stream_comes_in_typed_pieces(client: Client) -> None:
    sources, *deltas, done = client.stream("能续贷吗？")
    assert isinstance(sources, SourcesBody)
    assert isinstance(done, AskResponse)
    assert "".join(piece.text for piece in deltas if isinstance(piece, DeltaBody)) == done.answer.text == ANSWER_TEXT


@pytest.mark.parametrize("end", ["\u2028", "\u2029", "\x85"])
def test_what_some_readers_take_for_the_end_of_a_line_is_none(client: Client, fake: FakeAssistant, end: str) -> None:
    fake.answer = replace(answered("问"), text=f"前{end}后[1]", standalone_question=f"问{end}")
    *_, done = client.stream("问")
    assert isinstance(done, AskResponse)
    assert (done.answer.text, done.answer.standalone_question) == (f"前{end}后[1]", f"问{end}")


def test_leaving_a_stream_ends_the_work(client: Client, fake: FakeAssistant) -> None:
    fake.endless = True
    pieces = client.stream("能续贷吗？")
    assert isinstance(next(pieces), SourcesBody)
    pieces.close()
    assert fake.stopped.wait(10)


def test_search_and_verify(client: Client) -> None:
    assert [hit.address for hit in client.search("续贷", limit=1).hits] == ["五、（十）"]
    checked = client.verify("各银行机构可以盲目抽贷。", as_of=date(2024, 6, 1))
    assert (checked.proved, len(checked.sentences)) == (False, 1)


def test_refusals_carry_code_status_and_request(client: Client, fake: FakeAssistant) -> None:
    with pytest.raises(ServiceError) as empty:
        client.ask("")
    assert (empty.value.code, empty.value.status, len(empty.value.request_id)) == ("empty_question", 422, 32)
    fake.fault = ModelTimeout("语言模型没有按时作答。")
    with pytest.raises(ServiceError) as late:
        client.ask("问")
    assert (late.value.code, late.value.status) == ("model_timeout", 504)
    with pytest.raises(ServiceError) as amid:
        list(client.stream("问"))
    assert (amid.value.code, amid.value.status) == ("model_timeout", None)
    with pytest.raises(ServiceError) as before:
        list(client.stream(""))
    assert (before.value.code, before.value.status) == ("empty_question", 422)


def test_a_field_that_cannot_be_used_is_not_sent(client: Client, fake: FakeAssistant) -> None:
    wrongs: list[Any] = [{"legal_levels": ["乡规民约"]}, {"document_ids": []}, {"region": ""}]
    for wrong in wrongs:
        with pytest.raises(InputError) as refused:
            client.ask("问", **wrong)
        assert "乡规民约" not in refused.value.message
    with pytest.raises(InputError):
        client.search("问", limit=0)
    assert fake.asked == []


def test_the_asynchronous_client_gives_the_same(base_url: str, client: Client) -> None:
    async def gathered() -> tuple[Any, ...]:
        async with AsyncClient(base_url, timeout_s=20) as other:
            pieces = [piece async for piece in other.stream("能续贷吗？")]
            return await other.ask("能续贷吗？"), pieces, await other.search("续贷"), await other.verify("不得抽贷。")

    answer, pieces, found, checked = asyncio.run(gathered())
    assert answer.answer == client.ask("能续贷吗？").answer == pieces[-1].answer
    assert found.hits == client.search("续贷").hits
    assert checked.sentences == client.verify("不得抽贷。").sentences


# --- a service that misbehaves ------------------------------------------------------------------

Handler = Callable[[httpx.Request], httpx.Response]


def one(handler: Handler, **more: Any) -> Callable[[str], Any]:
    """Asks by each of the four ways; gives what came."""

    def asks(way: str) -> Any:
        if way.startswith("async"):
            return asyncio.run(_asynchronously(handler, way, **more))
        with Client(HOME, transport=httpx.MockTransport(handler), **more) as client:
            return client.ask("问") if way == "ask" else list(client.stream("问"))

    return asks


async def _asynchronously(handler: Handler, way: str, **more: Any) -> Any:
    async with AsyncClient(HOME, transport=httpx.MockTransport(handler), **more) as client:
        if way == "async ask":
            return await client.ask("问")
        return [piece async for piece in client.stream("问")]


WAYS = ("ask", "stream", "async ask", "async stream")
NO = {"code": "credential_expired", "message": "令牌已过期。", "request_id": "r", "of_a_newer_service": 1}


@pytest.mark.parametrize("way", WAYS)
def test_a_provider_is_asked_again_once(way: str) -> None:
    given, seen = iter(["old", "new", "newer"]), []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append((request.url.path, request.headers["authorization"]))
        return httpx.Response(401, json=NO)

    with pytest.raises(ServiceError) as refused:
        one(handler, token=lambda: next(given))(way)
    assert (refused.value.code, refused.value.status) == ("credential_expired", 401)
    assert [token for _, token in seen] == ["Bearer old", "Bearer new"]
    assert {path for path, _ in seen} == {"/zhengce/api/v1/ask" + ("/stream" if "stream" in way else "")}


@pytest.mark.parametrize("way", ["async ask", "async stream"])
def test_a_provider_that_takes_its_time_holds_up_nothing_else(way: str) -> None:
    beside: list[bool] = []

    def fetched() -> str:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            beside.append(True)
        else:
            beside.append(False)
        return "t"

    with pytest.raises(ServiceError):
        one(lambda _: httpx.Response(401, json=NO), token=fetched)(way)
    assert beside == [True, True]


@pytest.mark.parametrize("way", WAYS)
def test_a_key_is_not_tried_twice(way: str) -> None:
    seen = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(401, json=NO)

    with pytest.raises(ServiceError):
        one(handler, token="pz_key")(way)
    assert len(seen) == 1


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("fault", "code"), [(httpx.ConnectError("no"), "unreachable"), (httpx.ReadTimeout("no"), "timeout")]
)
def test_a_service_that_is_not_there(way: str, fault: httpx.HTTPError, code: str) -> None:
    def handler(_: httpx.Request) -> httpx.Response:
        raise fault

    with pytest.raises(ServiceError) as refused:
        one(handler)(way)
    assert (refused.value.code, refused.value.status) == (code, None)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"answer": 5}', b"\xff\xfe", b"event: done\ndata: {}\n\n"])
@pytest.mark.parametrize("status", [200, 502])
def test_what_is_no_answer_of_ours_is_said(way: str, body: bytes, status: int) -> None:
    with pytest.raises(ServiceError) as refused:
        one(lambda _: httpx.Response(status, content=body))(way)
    assert refused.value.code in {"unreadable_response", "stream_broken"}


@pytest.mark.parametrize("way", ["stream", "async stream"])
def test_a_stream_without_an_end_is_no_answer(way: str) -> None:
    delta = (
        f"event: delta\r\ndata: {json.dumps({'text': '半句'})}\r\n\r\n: ping\r\n\r\nevent: new\r\ndata: {{}}\r\n\r\n"
    )
    with pytest.raises(ServiceError) as broken:
        one(lambda _: httpx.Response(200, content=delta.encode()))(way)
    assert broken.value.code == "stream_broken"


def test_what_a_newer_service_adds_is_passed_over(client: Client) -> None:
    known = client.ask("能续贷吗？").model_dump(mode="json")
    known["new"], known["answer"]["citations"][0]["new"] = 1, {"deep": True}
    again = one(lambda _: httpx.Response(200, json=known))("ask")
    assert again.answer.citations[0].address == "五、（十）"


def test_retry_after_is_told() -> None:
    busy = {"code": "busy", "message": "当前提问人数较多。", "request_id": "r"}
    with pytest.raises(ServiceError) as refused:
        one(lambda _: httpx.Response(503, json=busy, headers={"Retry-After": "5"}))("ask")
    assert refused.value.retry_after_s == 5


def test_the_client_imports_no_server() -> None:
    program = (
        "import sys, assistant.client\n"
        "heavy = {'fastapi', 'starlette', 'uvicorn', 'gradio', 'chromadb', 'numpy', 'jieba', 'sqlalchemy'}\n"
        "own = [m for m in sys.modules if m.startswith('assistant.') and m.split('.')[1] not in ('client', 'errors')]\n"
        "print(sorted(heavy & set(sys.modules)), sorted(own))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    served = ["assistant.serving", "assistant.serving.http", "assistant.serving.http.wire"]
    assert done.stdout.strip() == f"[] {served}"
