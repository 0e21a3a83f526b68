"""What is managed over HTTP: every act is recorded, and nobody hands on more than they hold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from doors import ALL, Callers, bearer, callers, door_of, opened
from sample_texts import law, notice
from serving_fakes import FakeAssistant
from starlette.testclient import TestClient
from typer.testing import CliRunner

from assistant.access.audit import Draft
from assistant.access.registry import Registry
from assistant.indexing.build import build_index
from assistant.indexing.generations import current_folder
from assistant.models.standins import HashingEmbedder
from assistant.records.answers import KeptAnswer
from assistant.schema.principal import Scope
from assistant.serving.http.api import create_api
from assistant.serving.terminal.app import app as terminal
from assistant.text.segment import Segmenter, policy_terms

DAY_MS = 86_400_000


@dataclass
class Stage:
    registry: Registry
    known: Callers
    client: TestClient
    home: Path

    def send(self, method: str, path: str, who: str = "admin", **more: Any) -> httpx.Response:
        headers = {**self.known.headers[who], "Origin": "http://door.example"}
        return self.client.request(method, f"/api/v1/admin/{path}", headers=headers, **more)  # type: ignore[return-value]

    def acts(self) -> list[tuple[str, dict[str, Any]]]:
        return [(one.kind, dict(one.facts)) for one in self.registry.chain.entries()]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    (tmp_path / "corpus").mkdir()
    with opened(tmp_path) as registry:
        known = callers(registry)
        door = door_of(registry, known.gate, home=tmp_path)
        with TestClient(create_api(FakeAssistant, doorkeeping=door), base_url="http://door.example") as client:
            yield Stage(registry, known, client, tmp_path)


def pages(stage: Stage, path: str, name: str, who: str = "admin", **params: Any) -> list[dict[str, Any]]:
    found, cursor = list[dict[str, Any]](), None
    while True:
        more: dict[str, str] = {"cursor": cursor} if cursor else {}
        response = stage.send("GET", path, who, params={"limit": 3, **params, **more})
        assert response.status_code == 200, response.text
        body = response.json()
        assert len(body[name]) <= 3
        found += body[name]
        if (cursor := body["next"]) is None:
            return found


def test_a_key_is_made_used_and_revoked(stage: Stage) -> None:
    asked = {"name": "门户后台", "scopes": ["ask"], "labels": ["内部"], "days": 30}
    made = stage.send("POST", "keys", json=asked)
    assert made.status_code == 201, made.text
    secret, key = made.json()["key"], made.json()["id"]
    works = stage.client.get("/api/v1/documents/notice_2024_shaanxi", headers=bearer(secret))
    assert works.status_code == 403  # it may ask, and no more
    assert stage.client.post("/api/v1/ask", json={"question": "能续贷吗？"}, headers=bearer(secret)).status_code == 200
    listed = pages(stage, "keys", "keys")
    assert [one["id"] for one in listed] == [one.id for one in stage.registry.keys.listed()]
    assert secret not in json.dumps(listed)
    revoked = stage.send("POST", f"keys/{key}/revoke")
    assert revoked.json()["revoked_at"] is not None
    again = stage.send("POST", f"keys/{key}/revoke")
    assert again.json()["revoked_at"] == revoked.json()["revoked_at"]
    stage.known.gate._known.clear()
    assert stage.client.post("/api/v1/ask", json={"question": "?"}, headers=bearer(secret)).status_code == 401
    assert [kind for kind, _ in stage.acts()] == ["key.created", "key.revoked", "key.revoked"]
    assert stage.acts()[0][1]["id"] == key
    assert secret not in json.dumps(stage.acts())
    assert stage.registry.keys.listed()[-1].created_by.startswith("user:")


@pytest.mark.parametrize(
    "more",
    [{"scopes": ["audit:read"]}, {"scopes": ["corpus:approve"]}, {"labels": ["风险部"]}, {"department": "风险部"}],
)
def test_nobody_hands_on_more_than_they_hold(stage: Stage, more: dict[str, Any]) -> None:
    before = len(stage.registry.keys.listed())
    response = stage.send("POST", "keys", json={"name": "k", "scopes": ["ask"], **more})
    assert (response.status_code, response.json()["code"]) == (403, "forbidden")
    if "scopes" not in more:
        portal = {"name": "p", "origins": ["https://p.example"]}
        portal |= {"departments": [more["department"]]} if "department" in more else more
        assert stage.send("POST", "embeds", json=portal).status_code == 403
    assert (len(stage.registry.keys.listed()), len(stage.registry.embeds.listed())) == (before, 1)
    assert stage.acts() == []


def test_a_portal_is_registered_limited_and_paused(stage: Stage) -> None:
    asked = {"name": "信贷门户", "origins": ["https://portal.example"], "departments": ["信贷部"], "daily_cap": 5}
    made = stage.send("POST", "embeds", json=asked)
    assert made.status_code == 201, made.text
    embed, secret = made.json()["id"], made.json()["secret"]
    assert made.json()["state"] == "draft"
    assert stage.send("PUT", f"embeds/{embed}/state", json={"state": "active"}).json()["state"] == "active"
    limits = stage.send("PUT", f"embeds/{embed}/limits", json={"retention_days": 9}).json()
    assert (limits["daily_cap"], limits["retention_days"]) == (None, 9)
    assert stage.send("GET", f"embeds/{embed}").json() == limits
    assert pages(stage, "embeds", "embeds")[-1] == limits
    assert secret not in json.dumps(pages(stage, "embeds", "embeds"))
    assert stage.client.get(f"/embed?portal={embed}").status_code == 200
    stage.send("PUT", f"embeds/{embed}/state", json={"state": "paused"})
    assert stage.client.get(f"/embed?portal={embed}").status_code == 404
    assert [kind for kind, _ in stage.acts()] == ["embed.created", "embed.active", "embed.limited", "embed.paused"]
    retention = stage.send("GET", "retention").json()
    assert retention == {"keep_days": 366, "portals": [{"id": embed, "name": "信贷门户", "retention_days": 9}]}
    for bad in ({"state": "gone"}, {"state": None}, {}):
        assert stage.send("PUT", f"embeds/{embed}/state", json=bad).status_code == 422
    for bad_origin in ("*", "https://a/", "javascript:1"):
        assert stage.send("POST", "embeds", json={"name": "p", "origins": [bad_origin]}).status_code == 422


def test_without_an_index_on_disk_there_is_nothing_to_switch_to(stage: Stage) -> None:
    assert stage.send("GET", "generations", "approver").json() == {"generations": [], "next": None}
    assert stage.send("POST", "generations/rollback", "approver").json()["code"] == "nothing_earlier"
    assert stage.send("POST", f"generations/{'0' * 16}/serve", "approver").status_code == 404
    assert stage.send("POST", "generations/..%2Fsecrets/serve", "approver").status_code in {404, 422}
    assert stage.send("POST", "generations/rollback", "admin").status_code == 403
    corpus = stage.send("GET", "corpus", "approver").json()
    assert (corpus["documents"], corpus["generation"], corpus["waiting"]) == (1, "fake-generation", [])
    assert stage.acts() == []


def test_an_index_is_switched_and_rolled_back(stage: Stage, small_generations: tuple[str, str]) -> None:
    first, second = small_generations
    listed = pages(stage, "generations", "generations", "approver")
    assert [(one["name"], one["current"]) for one in listed] == [(second, True), (first, False)]
    done = stage.send("POST", f"generations/{first}/serve", "approver")
    assert (done.status_code, done.json()["name"], done.json()["current"]) == (200, first, True)
    assert current_folder(stage.home / "indexes").name == first
    assert stage.send("POST", "generations/rollback", "approver").json()["name"] == second
    assert current_folder(stage.home / "indexes").name == second
    assert [kind for kind, _ in stage.acts()] == ["index.switched", "index.rolled-back"]


@pytest.fixture
def small_generations(stage: Stage) -> tuple[str, str]:
    """Two generations of a tiny library on disk, the second served."""
    folder, names, segmenter = stage.home / "indexes", [], Segmenter(policy_terms())
    for documents in ((law(),), (law(), notice())):
        report = build_index(documents, indexes_dir=folder, embedder=HashingEmbedder(), segmenter=segmenter)
        names.append(report.folder.name)
    return names[0], names[1]


def test_the_audit_is_read_page_by_page_and_reading_is_recorded(stage: Stage) -> None:
    chain, clock = stage.registry.chain, stage.registry.store.clock
    chain.append([Draft(kind="key.created", subject=f"key:{n}", at=clock(), facts={"n": n}) for n in range(7)])
    found = pages(stage, "audit", "records", "auditor", kind="key.created")
    assert [one["facts"]["n"] for one in found] == [6, 5, 4, 3, 2, 1, 0]
    assert all(one["hash"] and not one["withheld"] for one in found)
    [only] = pages(stage, "audit", "records", "auditor", kind="key.created", subject="key:3")
    assert only["facts"] == {"n": 3}
    reads = [facts for kind, facts in stage.acts() if kind == "audit.read"]
    assert len(reads) == 4
    newest = stage.send("GET", "audit", "auditor").json()["records"][0]
    assert newest["kind"] == "audit.read"
    for params in ({"kind": "A' OR 1"}, {"subject": "\x00"}, {"subject": "x" * 201}):
        assert stage.send("GET", "audit", "auditor", params=params).status_code == 422
    assert stage.send("GET", "audit", "admin").status_code == 403


def test_what_is_kept_long_enough_goes(stage: Stage) -> None:
    now = stage.registry.store.clock()
    with stage.registry.store.write() as connection:
        for name, days in (("old", 367), ("new", 365)):
            kept = KeptAnswer(
                id=name, owner="key:1", session_id=name, generation="g", created_at=now - days * DAY_MS,
                inquiry='{"question":"问"}', body="{}",
            )  # fmt: skip
            stage.registry.answers.add(connection, kept)
    stage.registry.chain.append([Draft(kind="answer", subject="key:1", at=now - 367 * DAY_MS, facts={})])
    assert stage.send("POST", "retention/run").json() == {"records": 1, "answers": 1, "of_portals": 0}
    assert stage.registry.answers.get("old") is None
    assert stage.registry.answers.get("new") is not None
    assert [one.id for one in stage.registry.talks.listed("key:1", after=None, limit=9)] == ["new"]
    assert [kind for kind, _ in stage.acts()] == ["audit.purged", "retention.run"]


def test_each_scope_opens_its_own_routes_alone(stage: Stage) -> None:
    routes = {
        "keys": Scope.KEYS, "embeds": Scope.EMBEDS, "audit": Scope.AUDIT_READ, "retention": Scope.RETENTION,
        "corpus": Scope.CORPUS_EDIT, "generations": Scope.CORPUS_APPROVE,
    }  # fmt: skip
    for wanted in set(Scope) - {Scope.VIEW_AS, Scope.EMBED_CODES}:
        text, _ = stage.registry.keys.create(name="k", scopes=[wanted.value, *ALL], by="t")
        opened_routes = {
            path
            for path in routes
            if stage.client.get(f"/api/v1/admin/{path}", headers=bearer(text)).status_code == 200
        }
        both = {"corpus", "generations"} if wanted in (Scope.CORPUS_EDIT, Scope.CORPUS_APPROVE) else set()
        assert opened_routes == {path for path, scope in routes.items() if scope is wanted} | both


def test_the_command_purges_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSISTANT_DATA_DIR", str(tmp_path / "data"))
    CliRunner().invoke(terminal, ["keys", "create", "--name", "k"], standalone_mode=False)
    done = CliRunner().invoke(terminal, ["audit", "purge"], standalone_mode=False)
    assert "0 条记录、0 次答复" in done.output
