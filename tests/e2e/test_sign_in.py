"""The sign-in page: a form, a cookie that no script can read, and the way out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Barrier, BrokenBarrierError
from typing import cast

import httpx
import pytest
from doors import PASSWORD, callers, opened
from fastapi import FastAPI
from serving_fakes import FakeAssistant
from starlette.testclient import TestClient

from assistant.access.users import User, Users
from assistant.errors import NotSignedIn
from assistant.serving.http.api import create_api
from assistant.serving.http.prefix import Prefix

ORIGIN = {"Origin": "http://door.example"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with (
        opened(tmp_path_factory.mktemp("door")) as registry,
        TestClient(
            create_api(FakeAssistant, doorkeeping=callers(registry).door),
            base_url="http://door.example",
            follow_redirects=False,
        ) as client,
    ):
        yield client


@pytest.fixture(autouse=True)
def nobody(client: TestClient) -> None:
    client.cookies.clear()


def sign_in(client: TestClient, name: str = "guan.li", password: str = PASSWORD, **headers: str) -> tuple[int, str]:
    response = client.post("/signin", data={"name": name, "password": password}, headers={**ORIGIN, **headers})
    return response.status_code, response.text


def test_whoever_signs_in_may_ask_until_they_sign_out(client: TestClient) -> None:
    assert client.get("/docs").status_code == 401
    assert client.get("/docs", headers={"Accept": "text/html"}).headers["location"] == "/signin"
    page = client.get("/signin")
    assert "<form" in page.text
    assert "<script" not in page.text
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    response = client.post("/signin", data={"name": "guan.li", "password": PASSWORD}, headers=ORIGIN)
    assert (response.status_code, response.headers["location"]) == (303, "./")
    cookie = response.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert client.get("/docs").status_code == 200
    assert client.post("/signout").status_code == 403  # from nowhere
    assert client.post("/signout", headers=ORIGIN).status_code == 303
    assert client.get("/docs").status_code == 401


def test_a_cookie_that_was_signed_out_is_of_no_use(client: TestClient) -> None:
    sign_in(client)
    kept = client.cookies["pz_signin"]
    client.post("/signout", headers=ORIGIN)
    assert client.get("/docs", headers={"Cookie": f"pz_signin={kept}"}).status_code == 401


@pytest.mark.parametrize(
    ("name", "password"), [("guan.li", "wrong-password"), ("nobody", PASSWORD), ("<img src=x>", "<script>1</script>")]
)
def test_every_failure_says_the_same_and_repeats_nothing(client: TestClient, name: str, password: str) -> None:
    status, text = sign_in(client, name, password)
    assert status == 401
    assert "用户名或密码不对" in text
    assert "set-cookie" not in text
    for typed in ("nobody", "wrong-password", "<img", "<script"):
        assert typed not in text


def test_from_another_page_nobody_signs_in(client: TestClient) -> None:
    for origin in ("https://evil.example", "null"):
        assert sign_in(client, Origin=origin)[0] == 403
    assert client.post("/signin", data={"name": "guan.li", "password": PASSWORD}).status_code == 403


@pytest.mark.parametrize(
    "body", [b"", b"name=a", b"password=a", b"\xff\xfe", b"&&&", b"a=1&" * 50, b"name=%00&password="]
)
def test_a_broken_form_is_told_so(client: TestClient, body: bytes) -> None:
    headers = {**ORIGIN, "Content-Type": "application/x-www-form-urlencoded"}
    assert client.post("/signin", content=body, headers=headers).status_code in {401, 422}
    assert client.post("/signin", content=body, headers={**ORIGIN, "Content-Type": "text/plain"}).status_code == 415


def test_guessing_is_told_to_wait_and_the_user_is_not_locked_out_elsewhere(client: TestClient) -> None:
    statuses = [sign_in(client, "somebody", f"guess-number-{n}")[0] for n in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    assert sign_in(client)[0] == 303


class SlowUsers:
    """Users that nobody is one of; `met` is whether two were looked for at a time."""

    def __init__(self) -> None:
        self.asked, self.met = 0, False
        self._both = Barrier(2)

    def sign_in(self, name: str, password: str) -> tuple[str, User]:
        self.asked += 1
        with suppress(BrokenBarrierError):  # nobody came, or nobody ever will
            self._both.wait(0.5)
            self.met = True
        raise NotSignedIn("用户名或密码不对。", code="bad_credential")


def test_who_waits_for_a_password_to_be_compared_holds_no_thread_and_has_no_more_guesses(tmp_path: Path) -> None:
    users = SlowUsers()

    async def all_at_once(app: FastAPI) -> list[int]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://door.example", headers=ORIGIN) as client:
            form = {"name": "guan.li", "password": "guess"}
            done = await asyncio.gather(*(client.post("/signin", data=form) for _ in range(14)))
        return [response.status_code for response in done]

    with opened(tmp_path) as registry:
        door = replace(callers(registry).door, users=cast(Users, users))
        statuses = asyncio.run(all_at_once(create_api(FakeAssistant, doorkeeping=door)))
    assert not users.met
    assert (sorted(statuses), users.asked) == ([401] * 10 + [429] * 4, 10)


def test_under_a_prefix_the_way_to_the_sign_in_page_has_it(tmp_path: Path) -> None:
    with opened(tmp_path) as registry:
        app = Prefix(create_api(FakeAssistant, doorkeeping=callers(registry).door), "/policy")
        with TestClient(app, base_url="http://door.example", follow_redirects=False) as client:
            response = client.get("/docs", headers={"Accept": "text/html"})
            assert (response.status_code, response.headers["location"]) == (303, "/policy/signin")
            assert client.get("/signin").status_code == 200
            assert client.get("/livez").status_code == 200


@pytest.mark.parametrize("prefix", ["", "/portal"])
def test_under_a_prefix_the_same_holds(client: TestClient, prefix: str) -> None:
    """uvicorn puts the prefix before the path again that nginx took away; others leave it away."""
    below = TestClient(client.app, base_url="http://door.example", root_path="/portal", follow_redirects=False)
    assert below.get(f"{prefix}/livez").status_code == 200
    assert below.get(f"{prefix}/docs").status_code == 401
    assert below.get(f"{prefix}/docs", headers={"Accept": "text/html"}).headers["location"] == "/portal/signin"
    page = below.get(f"{prefix}/signin")
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    done = below.post(f"{prefix}/signin", data={"name": "guan.li", "password": PASSWORD}, headers=ORIGIN)
    assert done.status_code == 303
    assert "path=/portal" in done.headers["set-cookie"].lower()
    token = done.headers["set-cookie"].partition(";")[0]
    assert below.get(f"{prefix}/docs", headers={"Cookie": token}).status_code == 200
