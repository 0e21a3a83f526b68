"""The shell of 管理: who is shown the way, which pages are drawn, how forms are read and what follows them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from doors import Callers, callers, opened
from fastapi import FastAPI, Request
from serving_fakes import FakeAssistant
from starlette.testclient import TestClient

from assistant.schema.principal import Scope
from assistant.serving.http.api import create_api
from assistant.serving.http.managing.shell import ADMIN_PAGES, Managed, after, read_form, show_admin
from assistant.serving.http.rules import MANAGING, RULES, Rule

HTML = {"Accept": "text/html", "Origin": "http://door.example"}


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callers]:
    with opened(tmp_path_factory.mktemp("shell")) as registry:
        yield callers(registry)


@pytest.fixture
def app(known: Callers, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """With a page of keys of our own, which reads a form and leads back, and one below it."""
    for method in ("GET", "POST"):
        monkeypatch.setitem(RULES, (method, "/admin/try"), Rule(Scope.KEYS))
    app = create_api(FakeAssistant, doorkeeping=known.door)

    @app.get("/admin/try")
    def page(request: Request, _: Managed) -> Any:
        return show_admin(request, "admin_again", done={"made": "已建立。"}, back="/admin", minutes=30)

    @app.post("/admin/try")
    async def act(request: Request, _: Managed) -> Any:
        form = await read_form(request, files=1, fields=5, longest=100)
        app.state.form = form
        return after(request, "/admin/try", "made")

    return app


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, base_url="http://door.example", follow_redirects=False) as client:
        yield client


def page(client: TestClient, known: Callers, who: str, path: str) -> str:
    return client.get(path, headers={**HTML, **known.headers[who]}).text


def test_every_scope_that_opens_a_page_shows_the_way_to_it() -> None:
    assert frozenset().union(*(page.scopes for page in ADMIN_PAGES)) <= MANAGING
    assert len({page.path for page in ADMIN_PAGES}) == len(ADMIN_PAGES)


@pytest.mark.parametrize(("who", "shown"), [("admin", True), ("auditor", True), ("approver", True), ("staff", False)])
def test_only_whoever_has_something_to_look_after_is_shown_the_way(
    client: TestClient, known: Callers, who: str, shown: bool
) -> None:
    assert ('href="/admin"' in page(client, known, who, "/talks")) == shown
    answer = client.get("/admin", headers={**HTML, **known.headers[who]})
    assert answer.status_code == (200 if shown else 403)
    assert ("管理首页" in answer.text) == shown


def test_an_administrator_who_views_as_a_reader_is_not_shown_the_way(client: TestClient, known: Callers) -> None:
    headers = {**HTML, **known.headers["admin"], "X-View-As": "role=reader"}
    assert 'href="/admin"' not in client.get("/talks", headers=headers).text
    assert client.get("/admin", headers=headers).status_code == 403


def test_entries_are_those_that_are_there_and_that_the_asker_may_open(client: TestClient, known: Callers) -> None:
    there = {path for method, path in RULES if method == "GET"}
    for who in ("admin", "auditor", "approver"):
        scopes = known.gate.check(credential(known, who), "here").scopes
        wanted = [p.path for p in ADMIN_PAGES if p.path in there and p.scopes & scopes]
        side = page(client, known, who, "/admin").partition('aria-label="管理"')[2].partition("</nav>")[0]
        assert re.findall(r'href="(/admin/[^"]*)"', side) == wanted


def credential(known: Callers, who: str) -> Any:
    from assistant.access.gate import Credential

    return Credential(known.headers[who]["Cookie"].partition("=")[2], cookie=True)


def test_a_form_is_read_and_leads_back_with_words_of_ours_alone(
    client: TestClient, app: FastAPI, known: Callers
) -> None:
    headers = {**HTML, **known.headers["admin"]}
    answer = client.post("/admin/try", headers=headers, data={"name": " 门户 ", "labels": ["内部，信贷部\r\n合规部"]})
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/try?done=made")
    assert app.state.form.one("name") == "门户"
    assert app.state.form.listed("labels") == ("内部", "信贷部", "合规部")
    assert "已建立。" in page(client, known, "admin", "/admin/try?done=made")
    assert "notice good" not in page(client, known, "admin", "/admin/try?done=<b>other")


def test_files_come_only_where_they_are_allowed(client: TestClient, app: FastAPI, known: Callers) -> None:
    headers = {**HTML, **known.headers["admin"]}
    one = {"paper": ("办法.txt", b"abc"), "none": ("", b"")}
    assert client.post("/admin/try", headers=headers, files={"paper": one["paper"]}).status_code == 303
    assert [(file.field, file.name, file.content) for file in app.state.form.files] == [("paper", "办法.txt", b"abc")]
    two = [("paper", ("a.txt", b"a")), ("paper", ("b.txt", b"b"))]
    assert client.post("/admin/try", headers=headers, files=two).status_code == 422


@pytest.mark.parametrize(
    "body",
    [b"name=" + b"x" * 101, b"&".join(b"f%d=1" % n for n in range(6)), b"name=a%00b"],
    ids=["long", "many", "nul"],
)
def test_a_form_beyond_reason_is_refused_in_words(client: TestClient, known: Callers, body: bytes) -> None:
    sent = {**HTML, **known.headers["admin"], "Content-Type": "application/x-www-form-urlencoded"}
    answer = client.post("/admin/try", headers=sent, content=body)
    assert answer.status_code == 422
    assert "表单无法读取" in answer.text
    json = client.post("/admin/try", headers={**sent, "Content-Type": "application/json"}, content=b"{}")
    assert json.status_code == 415


def test_a_form_from_elsewhere_is_refused(client: TestClient, known: Callers) -> None:
    sent = {**HTML, **known.headers["admin"], "Origin": "https://evil.example"}
    assert client.post("/admin/try", headers=sent, data={"name": "x"}).status_code == 403


def test_in_development_mode_the_pages_say_why_they_are_shut() -> None:
    with TestClient(create_api(FakeAssistant)) as client:
        answer = client.get("/admin", headers=HTML)
        assert (answer.status_code, "开发模式" in answer.text, "docs/security.md" in answer.text) == (200, True, True)
        assert client.get("/admin").json()["code"] == "not_kept"


def test_the_documents_that_the_shut_page_names_are_there() -> None:
    template = Path("assistant/serving/render/templates/admin_closed.html").read_text("utf-8")
    named = re.findall(r"docs/[\w.-]+\.md", template)
    assert len(named) >= 2
    assert all(Path(name).exists() for name in named)
