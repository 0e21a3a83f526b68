"""The routes of portals' back ends and pages: codes, tokens for them, tokens taken back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from doors import Callers, bearer, callers, door_of, opened
from serving_fakes import FakeAssistant
from starlette.testclient import TestClient
from test_rights_matrix import KNOWN, PORTALS, STRANGERS

from assistant.access.gate import GuardedGate
from assistant.serving.http.api import create_api
from assistant.serving.http.doorkeeping import Doorkeeping

ORIGIN = "https://portal.example"
CODE = {"sub": "u-1", "origin": ORIGIN, "dept": "信贷部", "scopes": ["ask"]}
BODIES = {
    "/api/v1/embed/codes": CODE,
    "/api/v1/embed/token": {"code": "x" * 43, "portal": "y", "origin": ORIGIN},
    "/api/v1/embed/revocations": {"jti": "z"},
}


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callers]:
    with opened(tmp_path_factory.mktemp("door")) as registry:
        yield callers(registry)


@pytest.fixture
def client(known: Callers) -> Iterator[TestClient]:
    registry, ticks = known.registry, count(step=61)
    gate = GuardedGate(registry.keys, registry.embeds, registry.users, clock=lambda: float(next(ticks)))
    with TestClient(
        create_api(FakeAssistant, doorkeeping=door_of(registry, gate)), base_url="http://door.example"
    ) as c:
        yield c


@pytest.fixture(scope="module")
def portal(known: Callers) -> str:
    return str(known.registry.embeds.listed()[0].id)


@pytest.fixture(scope="module")
def back_end(known: Callers, portal: str) -> dict[str, str]:
    text = known.registry.keys.create(name="b", scopes=["embeds:codes"], portal=portal, by="t")[0]
    return {"Authorization": f"Bearer {text}"}


def post(client: TestClient, path: str, body: Any, headers: Any = None) -> httpx.Response:
    said = {"Content-Type": "application/json", **(headers or {})}
    return client.post(path, content=json.dumps(body).encode(), headers=said)  # type: ignore[return-value]


@pytest.mark.parametrize("who", [*STRANGERS, *KNOWN])
def test_none_but_the_portals_back_end_gets_codes(client: TestClient, known: Callers, who: str) -> None:
    assert {("POST", path) for path in BODIES} == PORTALS
    ours = {**known.headers[who], "Origin": "http://door.example"}
    for path in ("/api/v1/embed/codes", "/api/v1/embed/revocations"):
        response = post(client, path, BODIES[path], ours)
        assert response.json()["code"] == ("forbidden" if who in KNOWN else STRANGERS[who])
    anybody = post(client, "/api/v1/embed/token", BODIES["/api/v1/embed/token"], known.headers[who])
    assert (anybody.status_code, anybody.json()["code"]) == (401, "bad_credential")


def test_a_back_end_may_do_nothing_else(client: TestClient, back_end: dict[str, str]) -> None:
    for method, path in (("POST", "/api/v1/ask"), ("GET", "/api/v1/documents"), ("POST", "/v1/embeddings")):
        assert client.request(method, path, headers=back_end, json={"question": "问"}).status_code == 403


def test_a_code_becomes_a_token_that_asks(client: TestClient, back_end: dict[str, str], portal: str) -> None:
    made = post(client, "/api/v1/embed/codes", CODE, back_end).json()
    shown = {"code": made["code"], "portal": portal, "origin": ORIGIN}
    got = post(client, "/api/v1/embed/token", shown, {"Origin": "http://door.example"})  # as the framed page asks
    assert (got.status_code, got.json()["expires_in"], made["expires_in"]) == (200, 600, 60)
    token = bearer(got.json()["token"])
    for _ in range(2):
        assert client.post("/api/v1/ask", json={"question": "能续贷吗？"}, headers=token).status_code == 200
    again = post(client, "/api/v1/embed/token", shown)
    assert (again.status_code, again.json()["code"]) == (401, "bad_credential")
    assert made["code"] not in again.text
    taken = post(client, "/api/v1/embed/revocations", {"jti": made["jti"]}, back_end)
    assert (taken.status_code, taken.content) == (204, b"")
    refused = client.post("/api/v1/ask", json={"question": "能续贷吗？"}, headers=token)
    assert (refused.status_code, refused.json()["code"]) == (401, "bad_credential")


@pytest.mark.parametrize(
    ("page", "works"),
    [(ORIGIN, True), ("http://door.example", True), ("https://evil.example", False), ("null", False), ("", False)],
)
def test_the_page_that_asks_has_to_be_ours_or_the_portals(
    client: TestClient, back_end: dict[str, str], portal: str, page: str, works: bool
) -> None:
    code = post(client, "/api/v1/embed/codes", CODE, back_end).json()["code"]
    shown = {"code": code, "portal": portal, "origin": ORIGIN}
    response = post(client, "/api/v1/embed/token", shown, {"Origin": page})
    assert response.status_code == (200 if works else 401)
    assert not any(name.lower().startswith("access-control-") for name in response.headers)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [("codes", {**CODE, "origin": "https://evil.example"}, 422), ("codes", {**CODE, "sub": ""}, 422),
     ("codes", {**CODE, "sub": 7}, 422), ("codes", {**CODE, "sub": "a\nb"}, 422),
     ("codes", {**CODE, "labels": []}, 422),
     ("codes", {**CODE, "scopes": []}, 422), ("codes", {"origin": ORIGIN}, 422), ("revocations", {"jti": ""}, 422),
     ("revocations", {"jti": "x" * 101}, 422), ("revocations", [], 400)],
)  # fmt: skip
def test_what_is_asked_wrongly_is_told_without_repeating_it(
    client: TestClient, back_end: dict[str, str], path: str, body: Any, status: int
) -> None:
    response = post(client, f"/api/v1/embed/{path}", body, back_end)
    assert response.status_code == status
    assert "evil" not in response.text


def test_claims_that_no_token_may_have_are_refused_at_the_exchange(
    client: TestClient, back_end: dict[str, str], portal: str
) -> None:
    asked = {**CODE, "dept": "合规部", "scopes": ["ask", "users:manage"]}
    code = post(client, "/api/v1/embed/codes", asked, back_end).json()["code"]
    got = post(client, "/api/v1/embed/token", {"code": code, "portal": portal, "origin": ORIGIN})
    token = bearer(got.json()["token"])
    assert client.post("/api/v1/ask", json={"question": "能续贷吗？"}, headers=token).status_code == 200
    assert client.get("/api/v1/documents", headers=token).status_code == 403


def test_guesses_of_one_source_end_in_429(known: Callers, tmp_path: Path) -> None:
    with TestClient(create_api(FakeAssistant, doorkeeping=door_of(known.registry))) as client:
        body = BODIES["/api/v1/embed/token"]
        assert [post(client, "/api/v1/embed/token", body).status_code for _ in range(12)] == [401] * 10 + [429] * 2


def test_the_description_shows_how_to_ask(client: TestClient, known: Callers) -> None:
    page = client.get("/docs", headers=known.headers["staff"])
    assert page.status_code == 200
    assert all(path in page.text for path in BODIES)


def test_without_portals_there_is_nothing_there() -> None:
    with TestClient(create_api(FakeAssistant, doorkeeping=Doorkeeping())) as client:
        for path, body in BODIES.items():
            assert post(client, path, body).status_code == 404
