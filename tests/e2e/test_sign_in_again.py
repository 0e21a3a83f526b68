"""What reaches far takes a recent sign-in: who is asked again, and that they come back to their page alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from doors import ALL, PASSWORD, Callers, bearer, callers, opened
from fastapi import Request
from serving_fakes import FakeAssistant
from starlette.testclient import TestClient

from assistant.access.oidc import Vouched
from assistant.access.users import RECENT_MS
from assistant.schema.principal import Scope
from assistant.serving.http.api import create_api
from assistant.serving.http.identity import COOKIE
from assistant.serving.http.managing.recent import Recent
from assistant.serving.http.managing.shell import after
from assistant.serving.http.rules import RULES, Rule

HTML = {"Accept": "text/html", "Origin": "http://door.example"}


@pytest.fixture
def known(tmp_path: Path) -> Iterator[Callers]:
    with opened(tmp_path) as registry:
        yield callers(registry)


@pytest.fixture
def client(known: Callers, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setitem(RULES, ("POST", "/admin/keys/try"), Rule(Scope.KEYS))
    app = create_api(FakeAssistant, doorkeeping=known.door)

    @app.post("/admin/keys/try")
    def act(request: Request, _: Recent) -> Any:
        return after(request, "/admin")

    with TestClient(app, base_url="http://door.example", follow_redirects=False) as client:
        yield client


def later(known: Callers, minutes: float) -> None:
    store, clock = known.registry.store, known.registry.store.clock
    store.clock = lambda: clock() + int(minutes * 60_000)


def test_whoever_signed_in_long_ago_is_asked_again_and_nothing_is_done(client: TestClient, known: Callers) -> None:
    headers = {**HTML, **known.headers["admin"], "Referer": "http://door.example/admin/keys/abc"}
    assert client.post("/admin/keys/try", headers=headers).status_code == 303
    later(known, RECENT_MS / 60_000 + 1)
    answer = client.post("/admin/keys/try", headers=headers)
    assert answer.status_code == 403
    assert "什么都没有改变" in answer.text
    assert 'href="/signin?next=/admin/keys/abc"' in answer.text
    program = client.post("/admin/keys/try", headers={**headers, "Accept": "application/json"})
    assert program.json()["code"] == "sign_in_again"


@pytest.mark.parametrize("came", ["https://evil.example/x", "http://door.example//evil", ""])
def test_a_way_back_that_is_none_of_ours_is_not_taken(client: TestClient, known: Callers, came: str) -> None:
    later(known, RECENT_MS / 60_000 + 1)
    answer = client.post("/admin/keys/try", headers={**HTML, **known.headers["admin"], "Referer": came})
    assert "evil" not in answer.text
    assert "/signin?next=/admin" in answer.text


def test_a_key_never_signed_in(client: TestClient, known: Callers) -> None:
    text, _ = known.registry.keys.create(name="k", scopes=["keys:manage", *ALL], by="t")
    answer = client.post("/admin/keys/try", headers={**HTML, **bearer(text), "Cookie": f"{COOKIE}=x"})
    assert answer.status_code == 403


def test_signing_in_again_brings_back_and_the_sign_in_before_is_over(client: TestClient, known: Callers) -> None:
    later(known, RECENT_MS / 60_000 + 1)
    form = client.get("/signin?next=/admin/keys").text
    assert '<input type="hidden" name="next" value="/admin/keys">' in form
    old = known.headers["admin"]
    sent = {"name": "guan.li", "password": PASSWORD, "next": "/admin/keys"}
    answer = client.post("/signin", data=sent, headers={**HTML, **old})
    assert (answer.status_code, answer.headers["location"]) == (303, "./admin/keys")
    fresh = {"Cookie": f"{COOKIE}={answer.cookies[COOKIE]}"}
    assert client.post("/admin/keys/try", headers={**HTML, **fresh}).status_code == 303
    client.cookies.clear()
    assert client.get("/openapi.json", headers=old).status_code == 401


@pytest.mark.parametrize(
    "said", ["//evil.example", "https://evil.example", "/admin/../signout", '/admin"><b>', "/read"]
)
def test_nobody_is_sent_elsewhere(client: TestClient, known: Callers, said: str) -> None:
    assert 'name="next"' not in client.get("/signin", params={"next": said}).text
    sent = {"name": "guan.li", "password": PASSWORD, "next": said}
    assert client.post("/signin", data=sent, headers=HTML).headers["location"] == "./"
    wrong = client.post("/signin", data={**sent, "password": "not-this-one-9"}, headers=HTML)
    assert (wrong.status_code, 'name="next"' in wrong.text) == (401, False)


def test_the_provider_says_when_somebody_showed_who_they_are(known: Callers) -> None:
    users = known.registry.users
    now = int(time.time() * 1000)
    for at, recent in ((now, True), (None, True), (now - RECENT_MS - 60_000, False), (now + 10**10, True)):
        vouched = Vouched(external_id="e", name="wang", role="admin", department=None, labels=(), at=at)
        token, _ = users.sign_in_vouched(vouched)
        assert users.recent(token) is recent
        assert users.principal(token).may(Scope.KEYS)  # signed in they are either way
