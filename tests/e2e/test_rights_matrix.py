"""Every caller on every route of the OpenAPI description, for every document: who gets what, and nothing besides."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from assistants import memory_assistant
from doors import Callers, bearer, callers, opened
from fastapi import FastAPI
from memory_library import MemoryLibrary
from sample_texts import law, notice, old_law
from serving_fakes import FakeAssistant
from starlette.testclient import TestClient

from assistant.access.gate import REMEMBERED_S, GuardedGate
from assistant.models.standins import HashingEmbedder
from assistant.schema.answer import AnswerEvent
from assistant.schema.document import PUBLIC, Document
from assistant.schema.inquiry import Inquiry
from assistant.schema.principal import Scope
from assistant.serving.http.api import create_api
from assistant.serving.http.doorkeeping import Doorkeeping
from assistant.serving.http.rules import RULES, authorize, routes_of, rule_of, unruled


def labelled(document: Document, *labels: str, title: str) -> Document:
    return replace(document, meta=replace(document.meta, access=labels, title=title))


# One for everybody, one for the staff, one for a department; what is asked for each, and words only it has.
OPEN = labelled(law(), PUBLIC, title="村镇贷款条例")
STAFF = labelled(old_law(), "内部", title="旧村镇贷款内部口径")
DEPARTMENT = labelled(notice(), "信贷部", title="信贷部金库通知")
DOCUMENTS = {"open": OPEN, "staff": STAFF, "department": DEPARTMENT}
TELLS = {
    "open": (OPEN.id, "不得发放贷款", "延长的"),
    "staff": (STAFF.id, "旧村镇贷款内部口径", "不得超过一年"),
    "department": ("信贷部金库通知", "不得用续贷掩盖信用风险", "金融下乡月"),
}
QUESTIONS = {
    "open": "提供虚假材料的能不能发放贷款？",
    "staff": "《旧村镇贷款内部口径》第二条规定了什么？",
    "department": "能不能用续贷掩盖信用风险？",
}
ADDRESSES = {"open": "第四条", "staff": "第二条", "department": "二、（一）"}

KNOWN = ("only ask", "only documents", "public reader", "staff", "other department", "department",
         "portal, no department", "portal, department", "portal, other department", "admin")  # fmt: skip
STRANGERS = {
    "nobody": "unauthorized", "wrong key": "bad_credential", "revoked key": "bad_credential",
    "expired key": "bad_credential", "key as basic": "bad_credential", "forged token": "bad_credential",
    "expired token": "credential_expired", "wrong cookie": "bad_credential",
}  # fmt: skip
SEES = {
    "only ask": {"open"},
    "only documents": {"open", "staff", "department"},
    "public reader": {"open"},
    "staff": {"open", "staff"},
    "other department": {"open", "staff"},
    "department": {"open", "staff", "department"},
    "portal, no department": {"open"},
    "portal, department": {"open", "department"},
    "portal, other department": {"open"},
    "admin": {"open", "staff", "department"},
}
MAY = {name: set(Scope) for name in KNOWN} | {"only ask": {Scope.ASK}, "only documents": {Scope.DOCUMENTS}}


@dataclass(frozen=True)
class Call:
    """A request for one of the documents, and whether the document is named so that its absence must be a 404."""

    path: str
    body: dict[str, Any] | None = None
    named: bool = False


# How each route is asked for a document. A route that is not here fails the test of completeness.
CALLS: Mapping[tuple[str, str], Callable[[str], list[Call]]] = {
    ("GET", "/livez"): lambda _: [Call("/livez")],
    ("GET", "/readyz"): lambda _: [Call("/readyz")],
    ("POST", "/api/v1/ask"): lambda d: _questions("/api/v1/ask", d),
    ("POST", "/api/v1/ask/stream"): lambda d: _questions("/api/v1/ask/stream", d),
    ("POST", "/api/v1/search"): lambda d: _questions("/api/v1/search", d),
    ("POST", "/api/v1/verify"): lambda d: [
        Call("/api/v1/verify", {"text": f"根据《{DOCUMENTS[d].meta.title}》{ADDRESSES[d]}，贷款人应当告知理由。"})
    ],
    ("GET", "/v1/models"): lambda _: [Call("/v1/models")],
    ("GET", "/v1/models/{model}"): lambda _: [Call("/v1/models/policy-assistant")],
    ("POST", "/v1/chat/completions"): lambda d: _talks("/v1/chat/completions", d),
    ("POST", "/v1/responses"): lambda d: _talks("/v1/responses", d),
    ("POST", "/v1/embeddings"): lambda d: [
        Call("/v1/embeddings", {"model": "policy-assistant-embedding", "input": QUESTIONS[d]})
    ],
    ("GET", "/api/v1/documents"): lambda _: [Call("/api/v1/documents")],
    ("GET", "/api/v1/documents/{document_id}"): lambda d: [
        Call(f"/api/v1/documents/{quote(DOCUMENTS[d].id)}", named=True)
    ],
    ("GET", "/api/v1/documents/{document_id}/clauses/{address:path}"): lambda d: [
        Call(f"/api/v1/documents/{quote(DOCUMENTS[d].id)}/clauses/{quote(ADDRESSES[d])}", named=True)
    ],
}


# What a browser opens by itself, before anybody can have said who they are.
PAGES = {("GET", "/embed"), ("GET", "/embed/chat.js"), ("GET", "/embed/chat.css"), ("GET", "/widget.js")}
# What portals' back ends and pages ask: its callers are tried in test_embed_exchange.py.
PORTALS = {("POST", f"/api/v1/embed/{name}") for name in ("codes", "token", "revocations")}
OTHERS = {
    *(("GET", "/signin"), ("POST", "/signin"), ("POST", "/signout"), ("GET", "/docs"), ("GET", "/openapi.json")),
    *(("GET", "/viewas"), ("POST", "/viewas")),  # tried in test_view_as.py
    *(("GET", "/signin/oidc"), ("GET", "/signin/oidc/callback"), ("GET", "/signin/oidc/out")),  # in test_oidc.py
    ("GET", "/metrics"),  # its callers are tried in test_metrics.py
    ("POST", "/mcp"),  # its callers are tried in test_mcp.py
}


def _questions(path: str, document: str) -> list[Call]:
    asked = {"question": QUESTIONS[document]}
    return [Call(path, asked), Call(path, {**asked, "document_ids": [DOCUMENTS[document].id]}, named=True)]


def _talks(path: str, document: str) -> list[Call]:
    """As clients of OpenAI's API ask: whole and as a stream, of everything and of one document."""
    asked: dict[str, Any] = {"model": "policy-assistant-with-sources"}
    said = [{"role": "user", "content": QUESTIONS[document]}]
    asked["messages" if path.endswith("completions") else "input"] = said
    named = {**asked, "document_ids": [DOCUMENTS[document].id]}
    return [Call(path, asked), Call(path, {**asked, "stream": True}), Call(path, named, named=True),
            Call(path, {**named, "stream": True}, named=True)]  # fmt: skip


def code_of(response: httpx.Response) -> str:
    """The code of an error in either of its envelopes."""
    body = response.json()
    assert ("error" in body) == response.request.url.path.startswith("/v1/")
    return str(body.get("error", body)["code"])


@pytest.fixture(scope="module")
def app_and_callers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FastAPI, Callers]]:
    assistant = memory_assistant(
        MemoryLibrary(list(DOCUMENTS.values()), HashingEmbedder()), rights=frozenset({"内部", "信贷部"})
    )
    with opened(tmp_path_factory.mktemp("door")) as registry:
        known = callers(registry)
        ticks = count(step=61)  # a minute passes between requests, so that failures never add up
        gate = GuardedGate(registry.keys, registry.embeds, registry.users, clock=lambda: float(next(ticks)))
        held = replace(known, gate=gate)
        yield create_api(lambda: assistant, doorkeeping=held.door), held


@pytest.fixture(scope="module")
def app(app_and_callers: tuple[FastAPI, Callers]) -> FastAPI:
    return app_and_callers[0]


@pytest.fixture(scope="module")
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, base_url="http://door.example") as client:
        yield client


@pytest.fixture(scope="module")
def headers(app_and_callers: tuple[FastAPI, Callers]) -> Mapping[str, Mapping[str, str]]:
    return app_and_callers[1].headers


def send(client: TestClient, method: str, call: Call, headers: Mapping[str, str]) -> httpx.Response:
    sent = {**headers, "Origin": "http://door.example"}
    if call.body is None:
        return client.request(method, call.path, headers=sent)  # type: ignore[return-value]
    content = json.dumps(call.body).encode()
    return client.request(  # type: ignore[return-value]
        method, call.path, headers={**sent, "Content-Type": "application/json"}, content=content
    )


def listed(app: FastAPI) -> set[tuple[str, str]]:
    """Routes of the OpenAPI description, under the paths that the application knows them by."""
    described = {(method.upper(), path) for path, methods in app.openapi()["paths"].items() for method in methods}
    return {(m, p) for m, p in routes_of(app) if (m, p.replace(":path", "")) in described}


def test_every_route_has_a_rule_and_is_tried_here(app: FastAPI) -> None:
    assert unruled(app) == []
    assert listed(app) == set(CALLS) | PORTALS
    assert set(routes_of(app)) - listed(app) == PAGES | OTHERS
    assert len(listed(app)) == sum(len(methods) for methods in app.openapi()["paths"].values())


def test_a_route_without_a_rule_is_found_and_shut(
    app_and_callers: tuple[FastAPI, Callers], headers: Mapping[str, Mapping[str, str]]
) -> None:
    def nothing() -> Any:
        raise AssertionError

    app = create_api(nothing, doorkeeping=app_and_callers[1].door)

    @app.get("/api/v1/new")
    def new() -> str:
        return "open by oversight"

    assert ("GET", "/api/v1/new") in unruled(app)
    assert rule_of("GET", "/api/v1/new") is None
    with TestClient(app) as client:
        assert client.get("/api/v1/new", headers=headers["admin"]).status_code == 403


def test_every_route_depends_on_the_rules(app: FastAPI) -> None:
    for route in app.router.routes:
        dependant = getattr(route, "dependant", None)
        if dependant is None:
            assert getattr(route, "path", "") == "/openapi.json"  # FastAPI's own; shut by Identity
        else:
            assert dependant.dependencies[0].call is authorize


ROUTES = sorted(CALLS)


@pytest.mark.parametrize("route", ROUTES, ids=lambda r: f"{r[0]} {r[1]}")
@pytest.mark.parametrize("who", STRANGERS)
def test_a_stranger_learns_nothing(
    client: TestClient, headers: Mapping[str, Mapping[str, str]], route: tuple[str, str], who: str
) -> None:
    for document in DOCUMENTS:
        for call in CALLS[route](document):
            response = send(client, route[0], call, headers[who])
            if RULES[route].public:
                assert response.status_code == 200
                assert "staff" not in told(response)
                assert "department" not in told(response)
                continue
            assert response.status_code == 401, response.text
            assert code_of(response) == STRANGERS[who]
            assert any("\u4e00" <= char <= "\u9fff" for char in response.text)
            assert response.headers["www-authenticate"] == "Bearer"
            assert told(response) == set()


@pytest.mark.parametrize("route", ROUTES, ids=lambda r: f"{r[0]} {r[1]}")
@pytest.mark.parametrize("who", KNOWN)
def test_each_gets_what_they_may_see_and_nothing_else(
    client: TestClient, headers: Mapping[str, Mapping[str, str]], route: tuple[str, str], who: str
) -> None:
    scope = RULES[route].scope
    for document in DOCUMENTS:
        for call in CALLS[route](document):
            response = send(client, route[0], call, headers[who])
            if scope is not None and scope not in MAY[who]:
                assert (response.status_code, code_of(response)) == (403, "forbidden")
                assert told(response) == set()
                continue
            seen = document in SEES[who]
            assert response.status_code == (200 if seen or not call.named else 404), response.text
            assert told(response, asked=call) <= SEES[who]
            if call.named and seen:
                assert document in told(response)


def told(response: httpx.Response, *, asked: Call | None = None) -> set[str]:
    """Documents of which a response holds anything that was not in the request."""
    request = json.dumps(asked.body, ensure_ascii=False) if asked and asked.body else ""
    text = (
        json.dumps(response.json(), ensure_ascii=False) if "json" in response.headers["content-type"] else response.text
    )
    return {name for name, words in TELLS.items() for word in words if word in text and word not in request}


@pytest.mark.parametrize("who", KNOWN)
def test_what_is_hidden_and_what_never_was_look_alike(
    client: TestClient, headers: Mapping[str, Mapping[str, str]], who: str
) -> None:
    if Scope.DOCUMENTS not in MAY[who]:
        return
    missing = client.get("/api/v1/documents/nothing-at-all", headers=headers[who])
    for document in set(DOCUMENTS) - SEES[who]:
        hidden = client.get(f"/api/v1/documents/{DOCUMENTS[document].id}", headers=headers[who])
        assert (hidden.status_code, hidden.json()["code"], hidden.json()["message"]) == (
            missing.status_code, missing.json()["code"], missing.json()["message"],
        )  # fmt: skip
    count = client.get("/api/v1/documents", headers=headers[who]).json()["documents"]
    assert len(count) == len(SEES[who])


@pytest.mark.parametrize("who", [*STRANGERS, *KNOWN])
@pytest.mark.parametrize(("method", "path"), sorted(PAGES))
def test_what_a_portal_loads_is_the_same_for_everybody(
    client: TestClient, app_and_callers: tuple[FastAPI, Callers], who: str, method: str, path: str
) -> None:
    known = app_and_callers[1]
    portal = f"?portal={known.registry.embeds.listed()[0].id}" if path == "/embed" else ""
    anybody = client.request(method, path + portal)
    response = client.request(method, path + portal, headers=dict(known.headers[who]))
    assert (response.status_code, response.text) == (200, anybody.text)
    assert not any(words in response.text for all_words in TELLS.values() for words in all_words)
    assert client.request("POST", path, headers=known.headers["staff"]).status_code == 405


def test_a_conversation_belongs_to_whoever_began_it(
    client: TestClient, headers: Mapping[str, Mapping[str, str]]
) -> None:
    begun = client.post("/api/v1/ask", json={"question": QUESTIONS["department"]}, headers=headers["department"])
    session = begun.json()["session_id"]
    again = {"question": "那农户呢？", "session_id": session}
    unknown = {**again, "session_id": "0" * 32}
    for who in ("staff", "public reader", "portal, department", "admin"):
        foreign = send(client, "POST", Call("/api/v1/ask", again), headers[who])
        never = send(client, "POST", Call("/api/v1/ask", unknown), headers[who])
        assert foreign.status_code == never.status_code == 404
        assert {k: v for k, v in foreign.json().items() if k != "request_id"} == {
            k: v for k, v in never.json().items() if k != "request_id"
        }
    assert client.post("/api/v1/ask", json=again, headers=headers["department"]).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/openapi.json"), ("GET", "/docs"), ("GET", "/"), ("GET", "/nowhere"), ("POST", "/gradio_api/queue/join"),
     ("GET", "/api/v1//documents"), ("GET", "/%2e%2e/docs"), ("PUT", "/api/v1/ask")],
)  # fmt: skip
def test_whatever_is_no_public_route_is_shut_to_strangers(client: TestClient, method: str, path: str) -> None:
    assert client.request(method, path).status_code == 401


@pytest.mark.parametrize("name", ["key", "token", "access_token", "api_key", "Authorization"])
def test_a_key_in_the_address_is_no_key(
    client: TestClient, headers: Mapping[str, Mapping[str, str]], name: str
) -> None:
    text = headers["staff"]["Authorization"].removeprefix("Bearer ")
    assert client.get(f"/api/v1/documents?{name}={text}").status_code == 401


def test_a_cookie_counts_only_from_our_own_pages(client: TestClient, headers: Mapping[str, Mapping[str, str]]) -> None:
    body = {"question": QUESTIONS["open"]}
    for origin in ({}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
        response = client.post("/api/v1/ask", json=body, headers={**headers["admin"], **origin})
        assert (response.status_code, response.json()["code"]) == (403, "cross_site")
    ours = {**headers["admin"], "Origin": "http://door.example"}
    assert client.post("/api/v1/ask", json=body, headers=ours).status_code == 200


def test_a_body_is_not_read_before_its_sender_is_known(client: TestClient) -> None:
    response = client.post("/api/v1/ask", content=b"x" * 200_000, headers={"Content-Type": "application/json"})
    assert response.status_code == 401  # and not 413


@pytest.mark.parametrize(
    ("path", "body", "whole"),
    [("/api/v1/ask/stream", {"question": "能续贷吗？"}, "event: done"),
     ("/v1/chat/completions", {"messages": [{"role": "user", "content": "能续贷吗？"}]}, "finish_reason\": \"stop"),
     ("/v1/responses", {"input": "能续贷吗？"}, "response.completed")],
)  # fmt: skip
def test_a_key_revoked_amid_a_stream_ends_it(
    app_and_callers: tuple[FastAPI, Callers], path: str, body: dict[str, Any], whole: str
) -> None:
    registry, seconds = app_and_callers[1].registry, [0.0]
    text, key = registry.keys.create(name="brief", scopes=["ask"], by="test")
    gate = GuardedGate(registry.keys, registry.embeds, registry.users, clock=lambda: seconds[0])

    class Revoking(FakeAssistant):
        """Amid its answer the key is revoked, and more time passes than a key is remembered for."""

        def stream(self, inquiry: Inquiry) -> Iterator[AnswerEvent]:
            for event in super().stream(inquiry):
                yield event
                registry.keys.revoke(key.id)
                seconds[0] += REMEMBERED_S

    with TestClient(create_api(Revoking, doorkeeping=Doorkeeping(gate=gate))) as client:
        sent = body if "question" in body else {"model": "policy-assistant", "stream": True, **body}
        response = client.post(path, json=sent, headers=bearer(text))
    assert response.text.count("bad_credential") == 1
    assert whole not in response.text


def test_failures_of_one_source_end_in_429(app_and_callers: tuple[FastAPI, Callers]) -> None:
    known = app_and_callers[1]
    gate = GuardedGate(known.registry.keys, known.registry.embeds, known.registry.users, clock=lambda: 1.0)
    door = replace(known, gate=gate).door

    def nothing() -> Any:
        raise AssertionError

    with TestClient(create_api(nothing, doorkeeping=door)) as client:
        statuses = [client.get("/docs", headers=known.headers["wrong key"]).status_code for _ in range(12)]
        waits = client.get("/docs", headers=known.headers["wrong key"]).headers["retry-after"]
        honest = client.get("/docs", headers=known.headers["staff"]).status_code
    assert statuses == [401] * 10 + [429] * 2
    assert (waits, honest) == ("60", 200)
