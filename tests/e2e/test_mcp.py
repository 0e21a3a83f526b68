"""The tools over HTTP and over standard input and output, by the SDK's own client."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import httpx
import httpx2
import pytest
from assistants import memory_assistant
from doors import Callers, callers, opened
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from memory_library import MemoryLibrary
from serving_fakes import FakeAssistant, serving
from test_rights_matrix import ADDRESSES, DOCUMENTS, KNOWN, MAY, QUESTIONS, SEES, STRANGERS, TELLS

from assistant.access.gate import GuardedGate
from assistant.errors import ModelTimeout
from assistant.models.standins import HashingEmbedder
from assistant.pipeline import PolicyAssistant
from assistant.schema.inquiry import Inquiry
from assistant.schema.principal import Scope
from assistant.serving.http.api import create_api
from assistant.serving.mcp.http import allowed
from assistant.serving.mcp.results import Asked, Compared, Found, Listed, Place, Proved

T = TypeVar("T")
PUBLIC = "https://zhengce.example/zs"
SECRET = "绝密口令甲乙丙丁"
HERE = Path(__file__).resolve().parent
TOOLS = {
    "ask": Scope.ASK, "search": Scope.SEARCH, "verify_citation": Scope.VERIFY, "get_clause": Scope.DOCUMENTS,
    "list_documents": Scope.DOCUMENTS, "compare_versions": Scope.DOCUMENTS,
}  # fmt: skip


@dataclass(frozen=True)
class Served:
    """A running service in production mode."""

    url: str
    known: Callers
    assistant: PolicyAssistant

    def with_client(self, who: str, work: Callable[[Client], Awaitable[T]], *, mode: str = "auto") -> T:
        async def connected() -> T:
            headers = dict(self.known.headers[who])
            async with httpx2.AsyncClient(headers=headers, timeout=30, trust_env=False) as http:
                transport = streamable_http_client(f"{self.url}/mcp", http_client=http)
                async with Client(transport, mode=mode) as client:
                    return await work(client)

        return asyncio.run(connected())

    def call(self, who: str, tool: str, **arguments: Any) -> Any:
        async def work(client: Client) -> Any:
            return await client.call_tool(tool, arguments)

        return self.with_client(who, work)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    assistant = memory_assistant(
        MemoryLibrary(list(DOCUMENTS.values()), HashingEmbedder()), rights=frozenset({"内部", "信贷部"})
    )
    with opened(tmp_path_factory.mktemp("door")) as registry:
        known = callers(registry)
        ticks = count(step=61)  # a minute passes between requests, so that failures never add up
        gate = GuardedGate(registry.keys, registry.embeds, registry.users, clock=lambda: float(next(ticks)))
        held = replace(known, gate=gate)
        app = create_api(lambda: assistant, doorkeeping=held.door, public_url=PUBLIC)
        with serving(app) as url:
            yield Served(url, held, assistant)


# --- what the tools give ------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_the_tools_are_listed_with_their_schemas(served: Served, mode: str) -> None:
    async def work(client: Client) -> Any:
        return (await client.list_tools()).tools, client.instructions, client.protocol_version

    tools, about, version = served.with_client("staff", work, mode=mode)
    assert (version == "2026-07-28") is (mode == "auto")
    assert {tool.name for tool in tools} == set(TOOLS)
    assert "本库未载明" in about
    for tool in tools:
        assert tool.annotations.read_only_hint is True
        assert tool.output_schema["type"] == "object"
        assert "context" not in tool.input_schema["properties"]
        assert any("\u4e00" <= char <= "\u9fff" for char in tool.description)


def test_an_answer_brings_its_places(served: Served) -> None:
    result = served.call("staff", "ask", question=QUESTIONS["open"])
    asked = Asked.model_validate(result.structured_content)
    expected = served.assistant.ask(Inquiry(question=QUESTIONS["open"], rights=frozenset({"内部"})))
    assert (asked.text, asked.outcome) == (expected.text, expected.outcome.value)
    [source], [cited] = (*asked.citations, *asked.nearest), (*expected.citations, *expected.nearest)
    assert (source.address, source.quotes) == (cited.address, list(cited.quotes))
    assert (source.url or "").startswith(f"{PUBLIC}/api/v1/documents/")
    assert json.loads(result.content[0].text)["text"] == asked.text


def test_a_follow_up_is_understood_from_the_questions_before(served: Served) -> None:
    result = served.call("staff", "ask", question="依据是哪一条？", earlier=[QUESTIONS["open"]])
    asked = Asked.model_validate(result.structured_content)
    alone = Asked.model_validate(served.call("staff", "ask", question="依据是哪一条？").structured_content)
    assert asked.standalone_question != alone.standalone_question == "依据是哪一条？"


def test_clauses_and_documents_come_word_for_word(served: Served) -> None:
    document = DOCUMENTS["open"]
    place = Place.model_validate(
        served.call("staff", "get_clause", document_id=document.id, address=ADDRESSES["open"]).structured_content
    )
    clause = document.find(ADDRESSES["open"])
    assert clause is not None
    assert place.text == clause.text
    listed = Listed.model_validate(served.call("staff", "list_documents").structured_content)
    assert {one.id for one in listed.documents} == {DOCUMENTS[name].id for name in SEES["staff"]}
    found = Found.model_validate(served.call("staff", "search", question=QUESTIONS["open"], limit=2).structured_content)
    assert [hit.rank for hit in found.hits] == [1, 2]


def test_texts_are_verified_and_compared(served: Served) -> None:
    text = "根据《村镇贷款条例》第三条，提供虚假材料的，可以发放贷款。"
    proved = Proved.model_validate(served.call("staff", "verify_citation", text=text).structured_content)
    assert (proved.proved, len(proved.sentences)) == (False, 1)
    compared = Compared.model_validate(
        served.call(
            "staff", "compare_versions", before_id=DOCUMENTS["staff"].id, after_id=DOCUMENTS["open"].id
        ).structured_content
    )
    assert compared.after_title == DOCUMENTS["open"].meta.title
    assert {one.change for one in compared.clauses} & {"changed", "added"}
    assert all(one.before or one.after for one in compared.clauses)


# --- who may ------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", STRANGERS)
def test_a_stranger_learns_nothing(served: Served, who: str) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    headers = {"Accept": "application/json, text/event-stream", "Origin": served.url}
    for path in ("/mcp", "/mcp/"):
        response = httpx.post(
            f"{served.url}{path}", json=body, headers={**headers, **served.known.headers[who]}, trust_env=False
        )
        assert (response.status_code, response.json()["code"]) == (401, STRANGERS[who])
        assert "tools" not in response.text


def arguments(tool: str, document: str) -> Mapping[str, Any]:
    held = DOCUMENTS[document]
    match tool:
        case "ask" | "search":
            return {"question": QUESTIONS[document]}
        case "verify_citation":
            return {"text": f"根据《{held.meta.title}》{ADDRESSES[document]}，贷款人应当告知理由。"}
        case "get_clause":
            return {"document_id": held.id, "address": ADDRESSES[document]}
        case "compare_versions":
            return {"before_id": DOCUMENTS["open"].id, "after_id": held.id}
        case _:
            return {}


SIGNED_IN = {"admin", "auditor", "approver"}  # by cookie, which counts from our own pages alone


@pytest.mark.parametrize("who", [who for who in KNOWN if who not in SIGNED_IN])
def test_each_gets_what_they_may_see_and_nothing_else(served: Served, who: str) -> None:
    async def work(client: Client) -> list[tuple[str, str, Any]]:
        return [
            (tool, name, await client.call_tool(tool, dict(arguments(tool, name))))
            for tool in TOOLS
            for name in DOCUMENTS
        ]

    for tool, name, result in served.with_client(who, work):
        text = json.dumps([part.model_dump(mode="json") for part in result.content], ensure_ascii=False)
        sent = json.dumps(arguments(tool, name), ensure_ascii=False)
        told = {one for one, words in TELLS.items() for word in words if word in text and word not in sent}
        if TOOLS[tool] not in MAY[who]:
            assert (result.is_error, told) == (True, set())
            assert "没有使用这项功能的权限" in text
            continue
        assert told <= SEES[who], (tool, name)
        if tool == "get_clause":
            assert result.is_error is (name not in SEES[who])


def test_the_signed_in_admin_may_too_from_our_own_pages(served: Served) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    cookie = dict(served.known.headers["admin"])
    foreign = httpx.post(f"{served.url}/mcp", json=body, headers=cookie, trust_env=False)
    assert (foreign.status_code, foreign.json()["code"]) == (403, "cross_site")


@pytest.mark.parametrize(
    ("named", "status"),
    [({"Host": "evil.example"}, 421), ({"Origin": "https://evil.example"}, 403), ({"Host": "127.0.0.1.evil:80"}, 421)],
)
def test_a_request_that_names_another_host_is_refused(served: Served, named: dict[str, str], status: int) -> None:
    headers = {**served.known.headers["staff"], "Accept": "application/json, text/event-stream", **named}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    assert httpx.post(f"{served.url}/mcp", json=body, headers=headers, trust_env=False).status_code == status


def test_hosts_are_those_of_this_machine_and_of_the_public_address() -> None:
    hosts, origins = allowed("https://zhengce.example:8443/zs")
    assert "zhengce.example:8443" in hosts
    assert "https://zhengce.example:8443" in origins
    assert all(host.split(":")[0] in {"127.0.0.1", "localhost", "[", "zhengce.example"} for host in hosts)
    assert "*" not in hosts


# --- what cannot be used ------------------------------------------------------------------------

BAD: list[tuple[str, dict[str, Any]]] = [
    ("ask", {}), ("ask", {"question": {"a": SECRET}}), ("ask", {"question": ""}), ("ask", {"question": "x" * 2001}),
    ("ask", {"question": "问", "as_of": SECRET}), ("ask", {"question": "问", "document_ids": [SECRET]}),
    ("ask", {"question": "问", "document_ids": []}), ("ask", {"question": "\x00"}),
    ("ask", {"question": "问", "earlier": 5}),
    ("search", {"question": "问", "limit": 0}), ("search", {"question": "问", "limit": SECRET}),
    ("verify_citation", {"text": ""}), ("verify_citation", {"text": "字" * 20_001}),
    ("get_clause", {"document_id": SECRET, "address": "第一条"}),
    ("get_clause", {"document_id": DOCUMENTS["open"].id, "address": SECRET}),
    ("compare_versions", {"before_id": SECRET, "after_id": SECRET}),
    ("compare_versions", {"before_id": SECRET, "after_id": DOCUMENTS["open"].id}), (SECRET, {}),
]  # fmt: skip


@pytest.mark.parametrize(("tool", "sent"), BAD, ids=range(len(BAD)))
def test_what_cannot_be_used_is_refused_in_chinese(
    served: Served, tool: str, sent: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    result = served.call("staff", tool, **sent)
    text = result.content[0].text
    assert result.is_error
    assert any("\u4e00" <= char <= "\u9fff" for char in text)
    assert "Error executing" not in text
    assert SECRET not in text + (caplog.text if tool != SECRET else "")


@pytest.mark.parametrize(
    ("fault", "words"),
    [(ModelTimeout("语言模型没有按时作答。"), "model_timeout"), (ValueError(SECRET), "服务内部出现异常")],
)
def test_faults_are_told_without_their_text(fault: Exception, words: str, caplog: pytest.LogCaptureFixture) -> None:
    async def work(url: str) -> Any:
        async with (
            httpx2.AsyncClient(timeout=30, trust_env=False) as http,
            Client(streamable_http_client(f"{url}/mcp", http_client=http)) as client,
        ):
            return await client.call_tool("ask", {"question": "问"})

    caplog.set_level(logging.INFO)
    with serving(create_api(lambda: FakeAssistant(fault=fault))) as url:
        result = asyncio.run(work(url))
    assert result.is_error
    assert words in result.content[0].text
    assert SECRET not in result.content[0].text + caplog.text


def test_the_questions_before_are_cleaned_and_no_more_than_a_session_keeps() -> None:
    fake = FakeAssistant()

    async def work(url: str) -> None:
        async with (
            httpx2.AsyncClient(timeout=30, trust_env=False) as http,
            Client(streamable_http_client(f"{url}/mcp", http_client=http)) as client,
        ):
            earlier = [f" 第 {n} 问" for n in range(30)]
            await client.call_tool("ask", {"question": "问", "earlier": [*earlier, "", "\x00", "字" * 2001]})

    with serving(create_api(lambda: fake)) as url:
        asyncio.run(work(url))
    assert [turn.content for turn in fake.asked[0].history] == [f"第 {n} 问" for n in range(10, 30)]


def test_other_methods_are_not_there(served: Served) -> None:
    headers = dict(served.known.headers["staff"])
    for method in ("GET", "DELETE", "PUT"):
        response = httpx.request(method, f"{served.url}/mcp", headers=headers, trust_env=False)
        assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")


def test_making_the_tools_leaves_logging_alone(served: Served) -> None:
    assert not [handler for handler in logging.getLogger().handlers if type(handler).__name__ == "RichHandler"]


# --- standard input and output ------------------------------------------------------------------

_PROGRAM = """
import sys
sys.path.insert(0, {here!r})
from serving_fakes import FakeAssistant
from assistant.serving.mcp.stdio import run_stdio
run_stdio(FakeAssistant, labels=frozenset(), public_url=None)
"""


def over_stdio(arguments: list[str], work: Callable[[Client], Awaitable[T]], **env: str) -> T:
    async def connected() -> T:
        server = StdioServerParameters(
            command=sys.executable, args=arguments, env={**os.environ, "PYTHONUTF8": "1", **env}
        )
        async with Client(server) as client:
            return await work(client)

    return asyncio.run(connected())


def test_the_tools_over_standard_input_and_output() -> None:
    async def work(client: Client) -> Any:
        return [
            (await client.list_tools()).tools,
            await client.call_tool("ask", {"question": "能续贷吗？"}),
            await client.call_tool("list_documents", {}),
        ]

    tools, asked, listed = over_stdio(["-c", _PROGRAM.format(here=str(HERE))], work)
    assert {tool.name for tool in tools} == set(TOOLS)
    answer = Asked.model_validate(asked.structured_content)
    assert (answer.outcome, answer.citations[0].url) == ("answered", None)
    assert len(Listed.model_validate(listed.structured_content).documents) == 1


def test_the_command_says_so_where_there_is_no_index(tmp_path: Path) -> None:
    async def work(client: Client) -> Any:
        return await client.call_tool("ask", {"question": "能续贷吗？"})

    folders = {"ASSISTANT_INDEXES_DIR": str(tmp_path), "ASSISTANT_EMBEDDER__KIND": "hashing"}
    result = over_stdio(["-m", "assistant", "mcp"], work, **folders)
    assert result.is_error
    assert "index_not_built" in result.content[0].text


def test_an_unknown_method_is_a_protocol_error(served: Served) -> None:
    async def work(client: Client) -> Any:
        with pytest.raises(MCPError):
            await client.read_resource("file:///etc/passwd")

    served.with_client("staff", work)
