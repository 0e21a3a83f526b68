"""密钥, 门户 and 用户: what the forms do, what they show once, who may send them, and that every act is recorded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from doors import Callers, bearer, callers, opened
from serving_fakes import FakeAssistant
from starlette.testclient import TestClient

from assistant.access.embeds import State
from assistant.access.registry import Registry
from assistant.access.users import RECENT_MS, ROLE_NAMES, Role
from assistant.schema.principal import Scope
from assistant.serving.http.api import create_api
from assistant.serving.http.rules import RULES
from assistant.serving.render.managing import ROLE_WORDS, SCOPE_WORDS, STATE_LOOKS, STATE_WORDS

SECRET = re.compile(r'<input readonly value="([^"]+)"')


@dataclass
class Stage:
    registry: Registry
    known: Callers
    client: TestClient

    def get(self, path: str, who: str = "admin") -> httpx.Response:
        return self.client.get(path, headers={**self.known.headers[who], "Accept": "text/html"})  # type: ignore[return-value]

    def post(self, path: str, who: str = "admin", **fields: Any) -> httpx.Response:
        sent = {**self.known.headers[who], "Accept": "text/html", "Origin": "http://door.example"}
        return self.client.post(path, headers=sent, data=fields)  # type: ignore[return-value]

    def acts(self) -> list[str]:
        return [one.kind for one in self.registry.chain.entries()]

    def user(self, name: str) -> str:
        return next(user.id for user in self.registry.users.listed() if user.name == name)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with opened(tmp_path) as registry:
        known = callers(registry)
        app = create_api(FakeAssistant, doorkeeping=known.door)
        with TestClient(app, base_url="http://door.example", follow_redirects=False) as client:
            yield Stage(registry, known, client)


def test_everything_has_words() -> None:
    assert set(SCOPE_WORDS) == set(Scope)
    assert set(ROLE_WORDS) == set(ROLE_NAMES) == set(Role)
    assert set(STATE_WORDS) == set(STATE_LOOKS) == set(State)


# --- keys ---------------------------------------------------------------------------------------


def test_a_key_is_shown_once_works_and_is_made_void(stage: Stage) -> None:
    made = stage.post("/admin/keys", name="报表程序", scope=["ask"], labels="内部", days="30")
    [secret] = SECRET.findall(made.text)
    assert (made.status_code, made.headers["cache-control"]) == (200, "no-store")
    assert stage.client.post("/api/v1/ask", json={"question": "续贷？"}, headers=bearer(secret)).status_code == 200
    listed = stage.get("/admin/keys").text
    assert "报表程序" in listed
    assert secret not in listed
    key = stage.registry.keys.listed()[-1]
    assert ([*map(str, key.scopes)], key.labels) == (["ask"], ("内部",))
    done = stage.post(f"/admin/keys/{key.id}/revoke")
    assert (done.status_code, done.headers["location"]) == (303, "/admin/keys?done=revoked")
    assert "密钥已停用" in stage.get(done.headers["location"]).text
    stage.known.gate._known.clear()
    assert stage.client.post("/api/v1/ask", json={"question": "?"}, headers=bearer(secret)).status_code == 401
    assert stage.acts() == ["key.created", "key.revoked"]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"name": "k", "scope": ["audit:read"]}, 403),
        ({"name": "k", "scope": ["ask"], "labels": "风险部"}, 403),
        ({"name": "k", "scope": ["ask"], "department": "风险部"}, 403),
        ({"name": "k k", "scope": ["ask"]}, 422),
        ({"name": "k"}, 422),
        ({"name": "k", "scope": ["ask"], "days": "-1"}, 422),
        ({"name": "k", "scope": ["ask"], "days": "99999"}, 422),
    ],
)
def test_a_key_that_cannot_be_made_is_told_and_the_form_keeps_what_was_typed(
    stage: Stage, fields: dict[str, Any], status: int
) -> None:
    before = len(stage.registry.keys.listed())
    answer = stage.post("/admin/keys", **fields)
    assert answer.status_code == status
    assert 'role="alert"' in answer.text
    assert f'name="name" value="{fields["name"]}"' in answer.text
    assert (len(stage.registry.keys.listed()), stage.acts()) == (before, [])


def test_a_key_that_is_not_there_is_told(stage: Stage) -> None:
    answer = stage.post("/admin/keys/0123/revoke")
    assert answer.status_code == 404
    assert "没有这把密钥" in answer.text


# --- portals ------------------------------------------------------------------------------------


def test_a_portal_is_registered_switched_and_limited(stage: Stage) -> None:
    origins = "https://a.example\r\nhttps://b.example"
    made = stage.post("/admin/embeds", name="内网", origins=origins, scope=["ask"], departments="信贷部")
    [secret] = SECRET.findall(made.text)
    embed = stage.registry.embeds.listed()[-1]
    assert (embed.origins, embed.state, embed.departments) == (
        ("https://a.example", "https://b.example"),
        "draft",
        ("信贷部",),
    )
    assert secret not in stage.get("/admin/embeds").text
    assert stage.post(f"/admin/embeds/{embed.id}/state", state="active").headers["location"].endswith("done=active")
    assert stage.post(f"/admin/embeds/{embed.id}/limits", daily_cap="5", retention_days="").status_code == 303
    found = stage.registry.embeds.get(embed.id)
    assert (found.state, found.daily_cap, found.retention_days) == (State.ACTIVE, 5, None)
    assert stage.post(f"/admin/embeds/{embed.id}/limits", daily_cap="0").status_code == 422
    assert stage.post(f"/admin/embeds/{embed.id}/limits", daily_cap="viel").status_code == 422
    stage.post(f"/admin/embeds/{embed.id}/state", state="paused")
    assert stage.registry.embeds.get(embed.id).state is State.PAUSED
    assert stage.acts() == ["embed.created", "embed.active", "embed.limited", "embed.paused"]


@pytest.mark.parametrize(
    ("more", "status"),
    [({"origins": "*"}, 422), ({"departments": "风险部"}, 403), ({"scope": []}, 422), ({"public_key": "nothing"}, 422)],
)
def test_a_portal_that_cannot_be_is_told(stage: Stage, more: dict[str, Any], status: int) -> None:
    fields = {"name": "p", "origins": "https://p.example", "scope": ["ask"], **more}
    assert stage.post("/admin/embeds", **fields).status_code == status
    assert (len(stage.registry.embeds.listed()), stage.acts()) == (1, [])


# --- users --------------------------------------------------------------------------------------


def test_a_user_is_made_changed_shut_out_and_let_in(stage: Stage) -> None:
    made = stage.post("/admin/users", name="li.ming", role="reader", department="信贷部", labels="内部")
    [first] = SECRET.findall(made.text)
    stage.registry.users.sign_in("li.ming", first)
    path = f"/admin/users/{stage.user('li.ming')}"
    assert stage.post(path, role="admin", department="", labels="").headers["location"] == f"{path}?done=changed"
    assert stage.post(f"{path}/state", state="disabled").status_code == 303
    assert "已停用" in stage.get(path).text
    assert stage.post(f"{path}/state", state="enabled").status_code == 303
    [second] = SECRET.findall(stage.post(f"{path}/password").text)
    user = stage.registry.users.sign_in("li.ming", second)[1]
    assert (user.role, user.department, user.labels) == (Role.ADMIN, None, ())
    kinds = ["created", "changed", "disabled", "enabled", "password"]
    assert stage.acts() == [f"user.{kind}" for kind in kinds]


def test_users_are_found_by_name_role_and_state(stage: Stage) -> None:
    stage.registry.users.disable("shen.ji")
    for query, found in (
        ("words=shen", {"shen.ji", "shen.pi"}),
        ("role=approver", {"shen.pi"}),
        ("role=disabled", {"shen.ji"}),
        ("words=%E4%BF%A1%E8%B4%B7", {"guan.li", "shen.pi"}),
        ("words=nobody", set()),
        ("page=99", {"guan.li", "shen.ji", "shen.pi"}),
    ):
        page = stage.get(f"/admin/users?{query}").text
        assert set(re.findall(r'/admin/users/[0-9a-f]+">([^<]+)</a>', page)) == found


@pytest.mark.parametrize("role", ["editor", "approver", "auditor", "king"])
def test_an_administrator_makes_no_approver(stage: Stage, role: str) -> None:
    answer = stage.post("/admin/users", name="new", role=role)
    assert answer.status_code == (422 if role == "king" else 403)
    assert 'role="alert"' in answer.text
    offered = re.findall(r'<option value="(\w+)"', stage.get("/admin/users").text.partition('id="new"')[2])
    assert offered == ["reader", "admin"]


def test_what_may_not_be_done_to_somebody_is_not_offered_and_is_refused(stage: Stage) -> None:
    me, keeper = (f"/admin/users/{stage.user(name)}" for name in ("guan.li", "shen.pi"))
    assert "这是您自己" in stage.get(me).text
    assert "<form" not in stage.get(me).text.partition('class="panel"')[2]
    for rest, fields in (("", {"role": "admin"}), ("/state", {"state": "disabled"}), ("/password", {})):
        assert stage.post(f"{me}{rest}", **fields).status_code == 403
    assert "/password" not in stage.get(keeper).text
    assert stage.post(f"{keeper}/password").status_code == 403
    assert stage.acts() == []
    assert stage.get("/admin/users/0123").status_code == 404


# --- everybody else -----------------------------------------------------------------------------

FORMS = {
    "/admin/keys": {"name": "k", "scope": "ask"},
    "/admin/keys/{key}/revoke": {},
    "/admin/embeds": {"name": "p", "origins": "https://p.example", "scope": "ask"},
    "/admin/embeds/{embed}/state": {"state": "paused"},
    "/admin/embeds/{embed}/limits": {},
    "/admin/users": {"name": "new", "role": "reader"},
    "/admin/users/{user}": {"role": "reader"},
    "/admin/users/{user}/state": {"state": "disabled"},
    "/admin/users/{user}/password": {},
}


def addressed(stage: Stage, path: str) -> str:
    embed, key = stage.registry.embeds.listed()[0].id, stage.registry.keys.listed()[-1].id
    return path.format(key=key, embed=embed, user=stage.user("shen.ji"))


def test_every_form_that_changes_something_is_tried_here() -> None:
    ours = {
        path
        for method, path in RULES
        if method == "POST" and path.startswith(("/admin/keys", "/admin/embeds", "/admin/users"))
    }
    assert {re.sub(r"_id\}", "}", path) for path in ours} == set(FORMS)


@pytest.mark.parametrize("path", sorted(FORMS))
def test_nobody_else_sends_these_forms(stage: Stage, path: str) -> None:
    place = addressed(stage, path)
    for who in ("staff", "department", "auditor", "approver", "only ask", "portal, department"):
        assert stage.post(place, who, **FORMS[path]).status_code == 403
    for who in ("nobody", "wrong key"):
        assert stage.post(place, who, **FORMS[path]).status_code == 401
    scope = next(
        rule.scope
        for (method, known), rule in RULES.items()
        if known.startswith(path.split("{")[0]) and method == "POST"
    )
    assert scope is not None
    text, _ = stage.registry.keys.create(name="k", scopes=[scope.value], by="t")
    sent = {**bearer(text), "Accept": "text/html"}
    assert stage.client.post(place, headers=sent, data=FORMS[path]).status_code == 403  # a key never signed in
    assert stage.acts() == []


@pytest.mark.parametrize("path", sorted(FORMS))
def test_whoever_signed_in_long_ago_signs_in_again_first(stage: Stage, path: str) -> None:
    place, clock = addressed(stage, path), stage.registry.store.clock
    stage.registry.store.clock = lambda: clock() + RECENT_MS + 1000
    answer = stage.post(place, **FORMS[path])
    assert (answer.status_code, "请重新登录" in answer.text) == (403, True)
    assert stage.acts() == []
    page = stage.get(path.split("/{")[0]).text
    assert "/signin?next=/admin/" in page
    assert '<form method="post" action="/admin/' not in page
    assert 'id="new"' not in page
