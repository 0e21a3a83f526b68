"""An administrator looks at the library as others see it: by header, parameter, on the page; to read, and recorded."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import count
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
from assistants import memory_assistant
from doors import PASSWORD, Callers, callers, opened
from memory_library import MemoryLibrary
from starlette.testclient import TestClient
from test_rights_matrix import ADDRESSES, DOCUMENTS, KNOWN, QUESTIONS, STRANGERS, Call, told

from assistant.access.gate import GuardedGate
from assistant.access.recorder import Recorder
from assistant.access.view_as import View, read_view, seen_as
from assistant.errors import InputError, NotAllowed
from assistant.models.standins import HashingEmbedder
from assistant.schema.principal import READING, Principal, PrincipalKind, Scope
from assistant.serving.http.api import create_api
from assistant.serving.http.viewing import COOKIE, HEADER, LACKING
from assistant.serving.ledger import Ledger
from assistant.serving.page.talking import greet

OURS = {"Origin": "http://door.example"}
# As whom, and which documents they see; the admin holds 内部 and 信贷部.
VIEWS: Mapping[str, tuple[list[tuple[str, str]], set[str]]] = {
    "nobody in particular": ([("role", "reader")], {"open"}),
    "the staff": ([("label", "内部")], {"open", "staff"}),
    "the department alone": ([("department", "信贷部")], {"open", "department"}),
    "the department's staff": ([("department", "信贷部"), ("label", "内部")], {"open", "staff", "department"}),
    "another department": ([("department", "合规部"), ("label", "内部")], {"open", "staff"}),
    "an admin": ([("role", "admin"), ("label", "绝密")], {"open"}),
}


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callers]:
    with opened(tmp_path_factory.mktemp("door")) as registry:
        found, ticks = callers(registry), count(step=61)
        gate = GuardedGate(registry.keys, registry.embeds, registry.users, clock=lambda: float(next(ticks)))
        yield replace(found, gate=gate)


@pytest.fixture(scope="module")
def client(known: Callers) -> Iterator[TestClient]:
    assistant = memory_assistant(
        MemoryLibrary(list(DOCUMENTS.values()), HashingEmbedder()), rights=frozenset({"内部", "信贷部"})
    )
    ledger = Ledger(Recorder(known.registry.chain, known.registry.answers))
    app = create_api(lambda: assistant, doorkeeping=replace(known.door, ledger=ledger))
    with TestClient(app, base_url="http://door.example", follow_redirects=False) as client:
        yield client


@pytest.fixture
def admin(known: Callers) -> dict[str, str]:
    return {**known.headers["admin"], **OURS}


def calls(document: str) -> list[Call]:
    found = DOCUMENTS[document]
    asked = {"question": QUESTIONS[document]}
    home = f"/api/v1/documents/{quote(found.id)}"
    return [
        Call("/api/v1/ask", asked), Call("/api/v1/ask/stream", asked), Call("/api/v1/search", asked),
        Call("/api/v1/verify", {"text": f"根据《{found.meta.title}》{ADDRESSES[document]}，贷款人应当告知理由。"}),
        Call("/api/v1/documents"), Call(home, named=True),
        Call(f"{home}/clauses/{quote(ADDRESSES[document])}", named=True),
    ]  # fmt: skip


def send(client: TestClient, call: Call, headers: Mapping[str, str], view: str = "") -> httpx.Response:
    path = f"{call.path}?view_as={quote(view)}" if view else call.path
    if call.body is None:
        return client.get(path, headers=dict(headers))  # type: ignore[return-value]
    said = {**headers, "Content-Type": "application/json"}
    return client.post(path, content=json.dumps(call.body).encode(), headers=said)  # type: ignore[return-value]


@pytest.mark.parametrize("how", ["header", "parameter", "cookie"])
@pytest.mark.parametrize("name", VIEWS)
def test_they_see_what_the_others_see(client: TestClient, admin: dict[str, str], name: str, how: str) -> None:
    said, sees = urlencode(VIEWS[name][0]), VIEWS[name][1]
    headers = {**admin, HEADER: said} if how == "header" else dict(admin)
    if how == "cookie":
        headers["Cookie"] += f'; {COOKIE}="{read_view(said).said}"'
    for document in DOCUMENTS:
        for call in calls(document):
            response = send(client, call, headers, said if how == "parameter" else "")
            assert response.status_code == (404 if call.named and document not in sees else 200), response.text
            assert told(response, asked=call) <= sees
            assert response.headers[HEADER] == read_view(said).said
            assert response.headers["cache-control"] == "no-store"


def test_a_view_takes_away_and_never_gives(client: TestClient, admin: dict[str, str]) -> None:
    response = client.get("/api/v1/documents", headers={**admin, HEADER: urlencode([("department", "合规部")])})
    assert response.headers[LACKING] == urlencode([("label", "合规部")])
    for labels in (frozenset[str](), frozenset({"内部"})):
        for scopes in (frozenset({Scope.VIEW_AS}), frozenset({Scope.VIEW_AS, Scope.ASK}), frozenset(Scope)):
            own = Principal(kind=PrincipalKind.USER, subject="a", labels=labels, scopes=scopes)
            for parts, _ in VIEWS.values():
                seen = seen_as(own, read_view(urlencode(parts)))
                assert seen.labels <= own.labels
                assert seen.scopes <= own.scopes & READING
                assert seen.id == own.id
                assert seen.owner != own.owner


@pytest.mark.parametrize("who", [*STRANGERS, *(name for name in KNOWN if name != "admin")])
def test_nobody_else_may(client: TestClient, known: Callers, who: str) -> None:
    response = client.get("/api/v1/documents", headers={**known.headers[who], HEADER: "role=reader"})
    assert (response.status_code, response.json()["code"]) == (
        (403, "forbidden") if who in KNOWN else (401, STRANGERS[who])
    )
    assert HEADER not in response.headers
    assert client.get("/viewas", headers=dict(known.headers[who])).status_code in {401, 403}
    with pytest.raises(NotAllowed):
        seen_as(Principal(kind=PrincipalKind.KEY, subject="k", scopes=READING), View())


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/api/v1/embed/codes"), ("POST", "/mcp"), ("POST", "/v1/chat/completions"), ("PUT", "/api/v1/ask"),
     ("DELETE", "/api/v1/documents"), ("POST", "/api/v1/keys"), ("POST", "/viewas")],
)  # fmt: skip
def test_it_is_for_reading_alone(client: TestClient, admin: dict[str, str], method: str, path: str) -> None:
    response = client.request(method, path, headers={**admin, HEADER: "role=admin"}, json={})
    assert response.status_code == 403


@pytest.mark.parametrize(
    "said",
    ["", "x", "role=root", "role=reader&role=admin", "name=a", "department=a&department=b", "label=%FF", "label=a%0Ab",
     "label=" + "a" * 61, "&".join(f"label=l{n}" for n in range(40)), "label=<script>", "label=" + "a" * 2000],
)  # fmt: skip
def test_a_view_that_is_none_is_refused_and_not_repeated(client: TestClient, admin: dict[str, str], said: str) -> None:
    response = client.get("/api/v1/documents", headers={**admin, HEADER: said})
    assert (response.status_code, response.json()["code"]) == (422, "bad_request")
    assert "script" not in response.text
    assert response.headers.get(HEADER) is None


def test_a_conversation_as_somebody_else_is_no_conversation_of_ones_own(
    client: TestClient, admin: dict[str, str]
) -> None:
    asked: dict[str, Any] = {"question": QUESTIONS["department"]}
    viewing = {**admin, HEADER: "role=reader"}
    mine = client.post("/api/v1/ask", json=asked, headers=admin).json()["session_id"]
    theirs = client.post("/api/v1/ask", json=asked, headers=viewing).json()["session_id"]
    assert client.post("/api/v1/ask", json={**asked, "session_id": mine}, headers=viewing).status_code == 404
    assert client.post("/api/v1/ask", json={**asked, "session_id": theirs}, headers=admin).status_code == 404
    assert client.post("/api/v1/ask", json={**asked, "session_id": theirs}, headers=viewing).status_code == 200


def test_an_answer_given_as_somebody_else_is_found_again_as_them_alone(
    client: TestClient, admin: dict[str, str]
) -> None:
    view = urlencode([("label", "内部")])
    asked = send(client, Call("/api/v1/ask", {"question": QUESTIONS["staff"]}), admin, view).json()
    kept = Call(f"/api/v1/answers/{asked['answer_id']}")
    assert send(client, kept, admin, view).json()["answer_id"] == asked["answer_id"]
    assert send(client, kept, admin).status_code == 404


def test_the_page_begins_and_ends_it_and_all_of_it_is_recorded(
    client: TestClient, admin: dict[str, str], known: Callers
) -> None:
    chain = known.registry.chain
    before = max((entry.seq for entry in chain.entries()), default=0)
    page = client.get("/viewas", headers=admin)
    assert page.status_code == 200
    assert "<script" not in page.text
    assert '<option value="reader">使用者</option>' in page.text
    assert "form-action 'self'" in page.headers["content-security-policy"]
    said = {"department": "信贷部", "labels": "内部，合规", "role": "reader"}
    foreign = client.post("/viewas", data=said, headers={**admin, "Origin": "https://evil.example"})
    assert foreign.json()["code"] == "cross_site"
    begun = client.post("/viewas", data=said, headers=admin)
    assert (begun.status_code, begun.headers["location"]) == (303, "./")
    cookie = begun.headers["set-cookie"]
    assert {"httponly", "samesite=strict"} <= {part.strip().lower() for part in cookie.split(";")}
    viewing = {**admin, "Cookie": f"{admin['Cookie']}; {cookie.partition(';')[0]}"}
    client.cookies.clear()
    asked = client.post("/api/v1/ask", json={"question": QUESTIONS["staff"]}, headers=viewing)
    assert read_view(asked.headers[HEADER]) == View(department="信贷部", labels=("内部", "合规"))
    client.post("/api/v1/search", json={"question": QUESTIONS["staff"]}, headers=viewing)
    assert "现在查看的身份：部门 信贷部" in client.get("/viewas", headers=viewing).text
    ended = client.post("/viewas", data={"leave": "yes"}, headers=viewing)
    assert ended.status_code == 303
    assert f'{COOKIE}=""' in ended.headers["set-cookie"]
    client.cookies.clear()
    wrong = client.post("/viewas", data={**said, "department": "<b>"}, headers=admin)
    assert (wrong.status_code, "<b>" in wrong.text) == (422, False)
    entries = [entry for entry in chain.entries() if entry.seq > before]
    assert [entry.kind for entry in entries] == ["view-as.begun", "answer", "view-as.read", "view-as.ended"]
    assert len({entry.subject for entry in entries}) == 1
    assert [entry.facts.get("view_as") for entry in entries[:3]] == [asked.headers[HEADER]] * 3
    assert entries[2].facts["path"] == "/api/v1/search"


def test_the_workbench_says_as_whom_it_is_seen() -> None:
    assistant = memory_assistant(MemoryLibrary(list(DOCUMENTS.values()), HashingEmbedder()))

    class Desk:
        def provider(self) -> Any:
            return assistant

    own = Principal(kind=PrincipalKind.USER, subject="a", labels=frozenset({"内部", "信贷部"}), scopes=frozenset(Scope))
    assert "以部门身份查看" in greet(Desk(), own).library  # type: ignore[arg-type]
    assert "本库收录 3 份文件" in greet(Desk(), own).library  # type: ignore[arg-type]
    seen = seen_as(own, View(department="合规部", labels=("内部",)))
    shown = greet(Desk(), seen).library  # type: ignore[arg-type]
    assert "正在以他人身份查看（只读，已留痕）：部门 合规部，标签 内部，角色 使用者" in shown
    assert "您没有标签 合规部" in shown
    assert "本库收录 2 份文件" in shown
    reader = replace(own, scopes=READING)
    assert "身份查看" not in greet(Desk(), reader).library  # type: ignore[arg-type]


def test_views_are_said_in_one_form() -> None:
    for said in ("label=b&department=a", "department=a&role=reader&label=b", "department=%61&label=b"):
        assert read_view(said).said == "department=a&label=b&role=reader"
    with pytest.raises(InputError):
        read_view("role")


@pytest.mark.parametrize("path", ["/read", f"/read/{DOCUMENTS['open'].id}", "/compare", "/duties"])
def test_our_own_pages_say_so_and_are_recorded(
    client: TestClient, admin: dict[str, str], known: Callers, path: str
) -> None:
    chain = known.registry.chain
    before = max((entry.seq for entry in chain.entries()), default=0)
    viewing = {**admin, "Accept": "text/html", HEADER: urlencode([("department", "合规部"), ("label", "内部")])}
    page = client.get(path, headers=viewing)
    assert page.status_code == 200
    assert "正在以他人身份查看（只读，已留痕）：部门 合规部，标签 内部，角色 使用者" in page.text
    assert "您没有标签 合规部" in page.text
    (entry,) = (entry for entry in chain.entries() if entry.seq > before)
    assert (entry.kind, entry.facts["path"]) == ("view-as.read", path)
    assert "以他人身份查看" not in client.get(path, headers={**admin, "Accept": "text/html"}).text


def test_a_view_left_in_a_browser_shuts_nobody_out(client: TestClient, admin: dict[str, str], known: Callers) -> None:
    left = f'{COOKIE}="{View(department="信贷部").said}"'
    auditor = {**known.headers["auditor"], **OURS}
    auditor["Cookie"] += f"; {left}"
    found = client.get("/api/v1/documents", headers=auditor)
    assert (found.status_code, found.headers.get(HEADER)) == (200, None)
    known.registry.users.create(name="li.kai", password=PASSWORD, role="admin")
    said = {"name": "li.kai", "password": PASSWORD}
    signed_in = client.post("/signin", data=said, headers={**OURS, "Cookie": left})
    out = client.post(
        "/signout", headers={**OURS, "Cookie": f"{signed_in.headers['set-cookie'].split(';')[0]}; {left}"}
    )
    client.cookies.clear()
    for response in (signed_in, out):
        assert response.status_code == 303
        assert any(one.startswith(f'{COOKIE}=""') for one in response.headers.get_list("set-cookie"))
