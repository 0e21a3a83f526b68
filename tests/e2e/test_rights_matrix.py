"""Every caller on every route of the OpenAPI description, for every document: who gets what, and nothing besides."""

from __future__ import annotations

import json
import re
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

from assistant.access.gate import REMEMBERED_S, Credential, GuardedGate
from assistant.access.recorder import Recorder
from assistant.access.users import SCOPES_OF_ROLE, Role
from assistant.models.standins import HashingEmbedder
from assistant.pipeline import PolicyAssistant
from assistant.schema.answer import AnswerEvent
from assistant.schema.document import PUBLIC, Document
from assistant.schema.inquiry import Inquiry
from assistant.schema.principal import READING, Principal, PrincipalKind, Scope
from assistant.schema.retrieval import Filters
from assistant.serving.http.api import create_api
from assistant.serving.http.doorkeeping import Doorkeeping
from assistant.serving.http.rules import RULES, authorize, routes_of, rule_of, unruled
from assistant.serving.ledger import Given, Ledger


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
         "portal, no department", "portal, department", "portal, other department", "admin", "auditor",
         "approver")  # fmt: skip
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
    "auditor": {"open", "staff"},
    "approver": {"open", "staff", "department"},
}
MAY = {name: frozenset(READING) for name in KNOWN} | {
    "only ask": frozenset({Scope.ASK}),
    "only documents": frozenset({Scope.DOCUMENTS}),
    "admin": SCOPES_OF_ROLE[Role.ADMIN],
    "auditor": SCOPES_OF_ROLE[Role.AUDITOR],
    "approver": SCOPES_OF_ROLE[Role.APPROVER],
}


@dataclass(frozen=True)
class Call:
    """A request for one of the documents, and whether the document is named so that its absence must be a 404.

    `{me}` in a path stands for whoever asks: each of them was given an answer on each document while they could see it.
    """

    path: str
    body: dict[str, Any] | None = None
    named: bool = False
    status: int = 200  # where nothing stands in the way
    tells: bool = True  # whether what is named shows in the response


_COVER = {"编号": "s1", "类型": "封面", "标题": "一次宣讲", "分钟": 5}
DRAFT: dict[str, Any] = {"主题": "一次宣讲", "听众": "农户", "分钟": 5, "政策核对于": "2026-01-01", "页": [_COVER]}

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
    ("GET", "/api/v1/documents/{document_id}/clauses"): lambda d: [
        Call(f"/api/v1/documents/{quote(DOCUMENTS[d].id)}/clauses", named=True, tells=False)
    ],
    ("POST", "/api/v1/mask"): lambda _: [Call("/api/v1/mask", {"text": "电话13812345678"})],
    ("GET", "/api/v1/answers/{answer_id}"): lambda d: [Call(f"/api/v1/answers/{{me}}-{d}", named=True)],
    ("GET", "/api/v1/answers/{answer_id}/events"): lambda d: [Call(f"/api/v1/answers/{{me}}-{d}/events", named=True)],
    ("POST", "/api/v1/answers/{answer_id}/feedback"): lambda d: [
        Call(f"/api/v1/answers/{{me}}-{d}/feedback", {"rating": "up"}, named=True, status=201, tells=False)
    ],
    ("GET", "/api/v1/sessions"): lambda _: [Call("/api/v1/sessions")],
    ("GET", "/api/v1/sessions/{session_id}"): lambda d: [Call(f"/api/v1/sessions/s-{{me}}-{d}")],
    ("PATCH", "/api/v1/sessions/{session_id}"): lambda d: [Call(f"/api/v1/sessions/s-{{me}}-{d}", {"title": "续贷"})],
    ("DELETE", "/api/v1/sessions/{session_id}"): lambda d: [Call(f"/api/v1/sessions/nothing-{{me}}-{d}", status=404)],
    ("GET", "/api/v1/sessions/{session_id}/export"): lambda d: [
        Call(f"/api/v1/sessions/s-{{me}}-{d}/export?format=md"),
        Call(f"/api/v1/sessions/nothing-{{me}}-{d}/export", status=404),
    ],
    ("GET", "/api/v1/feedback"): lambda _: [Call("/api/v1/feedback?limit=100")],
    ("GET", "/api/v1/admin/corpus"): lambda _: [Call("/api/v1/admin/corpus")],
    ("GET", "/api/v1/admin/generations"): lambda _: [Call("/api/v1/admin/generations")],
    ("POST", "/api/v1/admin/generations/rollback"): lambda _: [Call("/api/v1/admin/generations/rollback", status=409)],
    ("POST", "/api/v1/admin/generations/{name}/serve"): lambda _: [
        Call(f"/api/v1/admin/generations/{'0' * 16}/serve", status=404)
    ],
    ("GET", "/api/v1/admin/keys"): lambda _: [Call("/api/v1/admin/keys")],
    ("POST", "/api/v1/admin/keys"): lambda _: [
        Call("/api/v1/admin/keys", {"name": "新", "scopes": ["ask"], "labels": ["内部"]}, status=201)
    ],
    ("POST", "/api/v1/admin/keys/{key_id}/revoke"): lambda _: [Call("/api/v1/admin/keys/none/revoke", status=404)],
    ("GET", "/api/v1/admin/embeds"): lambda _: [Call("/api/v1/admin/embeds")],
    ("POST", "/api/v1/admin/embeds"): lambda _: [
        Call("/api/v1/admin/embeds", {"name": "新", "origins": ["https://p.example"]}, status=201)
    ],
    ("GET", "/api/v1/admin/embeds/{embed_id}"): lambda _: [Call("/api/v1/admin/embeds/none", status=404)],
    ("PUT", "/api/v1/admin/embeds/{embed_id}/state"): lambda _: [
        Call("/api/v1/admin/embeds/none/state", {"state": "paused"}, status=404)
    ],
    ("PUT", "/api/v1/admin/embeds/{embed_id}/limits"): lambda _: [
        Call("/api/v1/admin/embeds/none/limits", {}, status=404)
    ],
    ("GET", "/api/v1/admin/audit"): lambda _: [Call("/api/v1/admin/audit?limit=100&kind=answer")],
    ("GET", "/api/v1/admin/retention"): lambda _: [Call("/api/v1/admin/retention")],
    ("POST", "/api/v1/admin/retention/run"): lambda _: [Call("/api/v1/admin/retention/run")],
    ("POST", "/api/v1/talks"): lambda d: _drafts("/api/v1/talks", d),
    ("POST", "/api/v1/talks/export"): lambda _: [Call("/api/v1/talks/export", {"draft": DRAFT, "format": "yaml"})],
    ("GET", "/api/v1/duties"): lambda d: [
        Call("/api/v1/duties"),
        Call("/api/v1/duties?past=true"),
        Call(f"/api/v1/duties?past=true&document_id={DOCUMENTS[d].id}", named=True),
    ],
}


def _no_draft(rest: str) -> Callable[[str], list[Call]]:
    return lambda d: [Call(f"/admin/drafts/{'0' * 32}{rest}?with={DOCUMENTS[d].id}", status=404)]


# The same for our own pages, which the OpenAPI description leaves out.
OURS: Mapping[tuple[str, str], Callable[[str], list[Call]]] = {
    ("GET", "/read"): lambda _: [Call("/read"), Call("/read?words=%E5%8F%A3%E5%BE%84"), Call("/read?state=out")],
    ("GET", "/read/{place:path}"): lambda d: [
        Call(f"/read/{DOCUMENTS[d].id}", named=True),
        Call(f"/read/{DOCUMENTS[d].id}/{quote(ADDRESSES[d])}?q=1&find=%E8%B4%B7", named=True),
    ],
    ("GET", "/compare"): lambda d: [
        Call("/compare"),
        Call(f"/compare?a={DOCUMENTS[d].id}&b={DOCUMENTS[d].id}&show=all", named=True),
        Call(f"/compare?a={OPEN.id}&b={DOCUMENTS[d].id}", named=True),
    ],
    ("GET", "/compare/export"): lambda d: [
        Call(f"/compare/export?a={OPEN.id}&b={DOCUMENTS[d].id}&kind=md", named=d != "open")
    ],
    ("GET", "/talks"): lambda _: [Call("/talks")],
    ("GET", "/admin"): lambda _: [Call("/admin")],
    ("GET", "/admin/drafts"): lambda _: [Call("/admin/drafts"), Call("/admin/drafts?sort=state")],
    ("GET", "/admin/drafts/new"): lambda _: [Call("/admin/drafts/new")],
    **{("GET", f"/admin/drafts/{{change_id}}{rest}"): _no_draft(rest) for rest in ("", "/lines", "/compare")},
    # The door of these tests keeps no corpus; the pages with one are tried in test_release_pages.py.
    ("GET", "/admin/releases"): lambda _: [Call("/admin/releases", status=404)],
    ("GET", "/admin/releases/preview"): lambda _: [Call("/admin/releases/preview", status=404)],
    ("GET", "/admin/gaps"): lambda _: [Call("/admin/gaps?show=all")],
    ("GET", "/admin/feedback"): lambda _: [Call("/admin/feedback?rating=all")],
    ("GET", "/admin/gold"): lambda _: [Call("/admin/gold"), Call("/admin/gold?state=accepted")],
    ("GET", "/admin/gold/new"): lambda d: [Call("/admin/gold/new"), _made_of(d)],
    ("GET", "/admin/keys"): lambda _: [Call("/admin/keys")],
    ("GET", "/admin/health"): lambda _: [Call("/admin/health")],
    ("GET", "/admin/audit"): lambda d: [
        Call("/admin/audit?kind=answer"),
        Call(f"/admin/audit?doc={DOCUMENTS[d].id}&outcome=answered", status=200 if d != "department" else 422),
    ],
    ("GET", "/admin/audit/export"): lambda _: [Call("/admin/audit/export"), Call("/admin/audit/export?kind=answer")],
    ("GET", "/admin/embeds"): lambda _: [Call("/admin/embeds")],
    ("GET", "/admin/users"): lambda _: [Call("/admin/users")],
    ("GET", "/admin/users/{user_id}"): lambda _: [Call("/admin/users/0", status=404)],
    ("GET", "/admin/lifecycle"): lambda _: [Call("/admin/lifecycle"), Call("/admin/lifecycle?need=undated")],
    ("GET", "/admin/lifecycle/document"): lambda d: [
        Call(f"/admin/lifecycle/document?id={DOCUMENTS[d].id}", named=True)
    ],
    ("GET", "/admin/tables"): lambda _: [Call("/admin/tables?words=none"), Call("/admin/tables?table=phrasings")],
    ("GET", "/admin/tables/entry"): lambda _: [Call("/admin/tables/entry?table=phrasings")],
    ("GET", "/admin/tables/change"): lambda _: [Call("/admin/tables/change?id=none", status=404)],
    ("GET", "/admin/tables/preview"): lambda _: [Call("/admin/tables/preview?job=none", status=404)],
    ("GET", "/history"): lambda _: [Call("/history")],
    ("GET", "/history/{session_id}"): lambda d: [Call(f"/history/s-{{me}}-{d}")],
    ("GET", "/history/{session_id}/export"): lambda d: [Call(f"/history/s-{{me}}-{d}/export?kind=md")],
    ("GET", "/duties"): lambda d: [Call("/duties"), Call("/duties?doc=all&past=true"), _duties_of(d)],
}


def _drafts(path: str, document: str) -> list[Call]:
    """A draft out of everything, and out of one document on a day on which it held."""
    asked = {"audience": "农户", "topic": "贷款的续贷、期限和加强审查", "minutes": 15}
    day = "2021-01-01" if document == "staff" else "2026-01-01"
    return [
        Call(path, asked),
        Call(path, {**asked, "document_ids": [DOCUMENTS[document].id], "as_of": day}, named=True),
    ]


def _made_of(document: str) -> Call:
    return Call(f"/admin/gold/new?answer={{me}}-{document}", named=True)


def _duties_of(document: str) -> Call:
    return Call(f"/duties?doc={DOCUMENTS[document].id}&past=true", named=True)


# What a browser opens by itself, before anybody can have said who they are.
PAGES = {
    *(("GET", "/embed"), ("GET", "/embed/chat.js"), ("GET", "/embed/chat.css"), ("GET", "/widget.js")),
    *(("GET", "/reader/pages.css"), ("GET", "/reader/pages.js")),
}
# What portals' back ends and pages ask: its callers are tried in test_embed_exchange.py.
PORTALS = {("POST", f"/api/v1/embed/{name}") for name in ("codes", "token", "revocations")}
OTHERS = {
    *(("GET", "/signin"), ("POST", "/signin"), ("POST", "/signout"), ("GET", "/docs"), ("GET", "/openapi.json")),
    *(("GET", "/viewas"), ("POST", "/viewas")),  # tried in test_view_as.py
    *(("GET", "/signin/oidc"), ("GET", "/signin/oidc/callback"), ("GET", "/signin/oidc/out")),  # in test_oidc.py
    ("GET", "/metrics"),  # its callers are tried in test_metrics.py
    ("POST", "/mcp"),  # its callers are tried in test_mcp.py
    ("POST", "/duties/export"),  # its callers are tried below
    ("POST", "/talks"),  # tried below, and in test_talk_routes.py
    *(("POST", f"/admin/keys{rest}") for rest in ("", "/{key_id}/revoke")),  # these and the next in test_admin_pages.py
    ("POST", "/admin/health/check"),  # tried in test_admin_health.py
    ("POST", "/admin/audit/verify"),  # tried in test_admin_audit.py
    *(("POST", f"/admin/releases/{name}") for name in ("preview", "stop", "publish", "rollback")),
    *(("POST", f"/admin/releases/{name}") for name in ("changes/{change_id}", "takeback/{publication_id}")),
    *(("POST", f"/admin/embeds{rest}") for rest in ("", "/{embed_id}/state", "/{embed_id}/limits")),
    *(("POST", f"/admin/users{rest}") for rest in ("", "/{user_id}", "/{user_id}/state", "/{user_id}/password")),
    # These and the next are tried in test_keeping_pages.py.
    *(("POST", f"/admin/lifecycle/{name}") for name in ("facts", "care", "withdraw", "decide", "supersession")),
    *(("POST", f"/admin/tables/{name}") for name in ("entry", "preview", "withdraw", "undo", "decide")),
    *(("POST", f"/admin/drafts{rest}") for rest in ("", "/removals", "/{change_id}", "/{change_id}/lines")),
    # the one before in test_draft_pages.py
    ("POST", "/history/{session_id}"),  # tried below, and in test_history_pages.py
    # Tried in test_gap_pages.py:
    *(("POST", "/admin/gaps"), ("GET", "/admin/gaps/{gap_id}"), ("POST", "/admin/gaps/{gap_id}")),
    *(("GET", "/admin/feedback/{feedback_id}"), ("POST", "/admin/gold/new")),
    *(("GET", "/admin/gold/{candidate_id}"), ("POST", "/admin/gold/{candidate_id}")),
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
        for who in KNOWN:
            give(held, who, assistant)
        yield create_api(lambda: assistant, doorkeeping=held.door), held


def give(known: Callers, who: str, assistant: PolicyAssistant) -> None:
    """An answer on each document, as if `who` had been given it while they could see that document."""
    recorder = Recorder(known.registry.chain, known.registry.answers, refuse=True)
    principal = principal_of(known, who)
    for name, document in DOCUMENTS.items():
        filters = Filters(document_ids=frozenset({document.id}))
        then = replace(principal, labels=frozenset({"内部", "信贷部"}))
        inquiry = Inquiry(question=QUESTIONS[name], filters=filters, principal=then)
        made = Given(
            id=f"{slug(who)}-{name}", inquiry=inquiry, answer=assistant.ask(inquiry),
            session_id=f"s-{slug(who)}-{name}", latency_ms=1.0,
        )  # fmt: skip
        Ledger(recorder).answered(made, assistant)
        known.registry.feedback.put(made.id, principal.id, useful=False, reason=None, comment=document.meta.title)


def principal_of(known: Callers, who: str) -> Principal:
    sent = known.headers[who]
    text = sent.get("Authorization", "").removeprefix("Bearer ") or sent["Cookie"].partition("=")[2]
    return known.gate.check(Credential(text, cookie="Cookie" in sent), "here")


def slug(who: str) -> str:
    return who.replace(",", "").replace(" ", "_")


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


def send(client: TestClient, method: str, call: Call, headers: Mapping[str, str], who: str = "staff") -> httpx.Response:
    sent = {**headers, "Origin": "http://door.example"}
    call = replace(call, path=call.path.replace("{me}", slug(who)))
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
    assert set(routes_of(app)) - listed(app) == PAGES | OTHERS | set(OURS)
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


TRIED = {**CALLS, **OURS}
ROUTES = sorted(TRIED)


@pytest.mark.parametrize("route", ROUTES, ids=lambda r: f"{r[0]} {r[1]}")
@pytest.mark.parametrize("who", STRANGERS)
def test_a_stranger_learns_nothing(
    client: TestClient, headers: Mapping[str, Mapping[str, str]], route: tuple[str, str], who: str
) -> None:
    for document in DOCUMENTS:
        for call in TRIED[route](document):
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
    allowed = RULES[route].allows(Principal(kind=PrincipalKind.KEY, subject=who, scopes=frozenset(MAY[who])))
    for document in DOCUMENTS:
        for call in TRIED[route](document):
            response = send(client, route[0], call, headers[who], who)
            if not allowed:
                assert (response.status_code, code_of(response)) == (403, "forbidden")
                assert told(response) == set()
                continue
            seen = document in SEES[who]
            assert response.status_code == (call.status if seen or not call.named else 404), response.text
            assert told(response, asked=call) <= SEES[who]
            if call.named and seen and call.tells:
                assert document in told(response)


def told(response: Any, *, asked: Call | None = None) -> set[str]:
    """Documents of which a response holds anything that was not in the request."""
    request = json.dumps(asked.body, ensure_ascii=False) if asked and asked.body else ""
    is_json = "json" in response.headers.get("content-type", "")
    text = json.dumps(response.json(), ensure_ascii=False) if is_json else response.text
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


def test_what_is_somebody_elses_and_what_never_was_look_alike(
    client: TestClient, headers: Mapping[str, Mapping[str, str]]
) -> None:
    for path in ("/api/v1/answers/{}", "/api/v1/answers/{}/events", "/api/v1/sessions/s-{}"):
        for method in ("GET", *(("DELETE",) if "sessions" in path else ())):
            foreign = send(client, method, Call(path.format("staff-open")), headers["public reader"])
            never = send(client, method, Call(path.format("nobody-open")), headers["public reader"])
            same = [(one.status_code, {**one.json(), "request_id": ""}) for one in (foreign, never)]
            assert same[0] == same[1]
            assert same[0][0] == 404


def test_an_auditor_reads_what_others_were_given_within_their_labels_and_that_is_recorded(
    client: TestClient, app_and_callers: tuple[FastAPI, Callers], headers: Mapping[str, Mapping[str, str]]
) -> None:
    registry = app_and_callers[1].registry
    before = len([one for one in registry.chain.entries() if one.kind == "answer.read"])
    statuses = {
        name: send(client, "GET", Call(f"/api/v1/answers/department-{name}"), headers["auditor"]).status_code
        for name in DOCUMENTS
    }
    assert statuses == {"open": 200, "staff": 200, "department": 404}
    reads = [one for one in registry.chain.entries() if one.kind == "answer.read"][before:]
    assert [one.facts["answer_id"] for one in reads] == ["department-open", "department-staff"]
    assert send(client, "GET", Call("/api/v1/answers/department-open"), headers["admin"]).status_code == 404


@pytest.mark.parametrize("who", KNOWN)
def test_a_hidden_document_is_the_same_page_as_none(
    client: TestClient, headers: Mapping[str, Mapping[str, str]], who: str
) -> None:
    if Scope.DOCUMENTS not in MAY[who]:
        return

    def page(path: str) -> tuple[int, str]:
        response = client.get(path, headers={**headers[who], "Accept": "text/html"})
        assert response.headers["content-type"].startswith("text/html")
        return response.status_code, re.sub(r"[0-9a-f]{32}", "", response.text)

    for document in set(DOCUMENTS) - SEES[who]:
        name = DOCUMENTS[document].id
        for path in ("/read/{}", "/read/{}/%E7%AC%AC%E4%B8%80%E6%9D%A1", "/compare?a=law_2023&b={}", "/duties?doc={}"):
            assert page(path.format(name)) == page(path.format("nothing-at-all"))
            assert page(path.format(name))[0] == 404


@pytest.mark.parametrize("who", [*STRANGERS, *KNOWN])
def test_a_table_goes_out_as_a_file_to_those_who_may_see_its_documents(
    client: TestClient, headers: Mapping[str, Mapping[str, str]], who: str
) -> None:
    for document in DOCUMENTS:
        form = {"doc": (None, DOCUMENTS[document].id), "past": (None, "true")}
        sent = {**headers[who], "Origin": "http://door.example"}
        response = client.post("/duties/export", files=form, headers=sent)
        if who in STRANGERS:
            assert response.status_code == 401
        elif Scope.DOCUMENTS not in MAY[who]:
            assert response.status_code == 403
        else:
            assert response.status_code == (200 if document in SEES[who] else 404)
    if who == "admin":
        foreign = client.post("/duties/export", files=form, headers={**headers[who], "Origin": "https://evil.example"})
        assert foreign.status_code == 403


@pytest.mark.parametrize("who", [*STRANGERS, *KNOWN])
def test_talks_are_written_for_those_who_may_ask(
    client: TestClient, headers: Mapping[str, Mapping[str, str]], who: str
) -> None:
    sent = {**headers[who], "Origin": "http://door.example"}
    nothing = {"draft": {}, "format": "pptx"}
    exported = client.post("/api/v1/talks/export", json=nothing, headers=sent)
    page = client.post("/talks", files={"action": (None, "look")}, headers=sent)
    wanted = 401 if who in STRANGERS else 422 if Scope.ASK in MAY[who] else 403
    assert (exported.status_code, page.status_code) == (wanted, wanted)


@pytest.mark.parametrize("who", [*STRANGERS, *KNOWN])
def test_a_conversation_is_changed_by_whoever_began_it_alone(
    client: TestClient, headers: Mapping[str, Mapping[str, str]], who: str
) -> None:
    sent = {**headers[who], "Origin": "http://door.example"}
    for document in DOCUMENTS:
        form = {"action": (None, "rename"), "title": (None, "改了名")}
        owner = "department" if who == "staff" else "staff"
        foreign = client.post(f"/history/s-{owner}-{document}", files=form, headers=sent)
        assert foreign.status_code == (401 if who in STRANGERS else 404 if Scope.ASK in MAY[who] else 403)
        assert told(foreign) == set()
    if who == "admin":
        evil = {**headers[who], "Origin": "https://evil.example"}
        assert client.post("/history/s-admin-open", files=form, headers=evil).status_code == 403


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


@pytest.mark.parametrize("day", ["0", "1700000000", "2024-1-5", "2024-06-30T00:00:00"])
def test_a_day_is_written_as_such_in_a_parameter_too(
    client: TestClient, headers: Mapping[str, Mapping[str, str]], day: str
) -> None:
    response = send(client, "GET", Call(f"/api/v1/duties?as_of={day}"), headers["staff"])
    assert (response.status_code, code_of(response)) == (422, "bad_request")
