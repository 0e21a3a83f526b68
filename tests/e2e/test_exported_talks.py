"""Talks that leave the house are kept with what they rest on, so that a publication that changes it finds them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from assistants import memory_assistant
from doors import Callers, bearer, callers, opened
from memory_library import MemoryLibrary
from sample_texts import law, notice
from starlette.testclient import TestClient

from assistant.curation.touched import Library, touched_talks
from assistant.models.standins import HashingEmbedder
from assistant.products.talks.register import read_register
from assistant.schema.document import Document
from assistant.serving.http.api import create_api

DAY = date(2026, 6, 1)


@pytest.fixture
def known(tmp_path: Path) -> Iterator[Callers]:
    with opened(tmp_path) as registry:
        yield callers(registry)


@pytest.fixture
def client(known: Callers) -> Iterator[TestClient]:
    assistant = memory_assistant(MemoryLibrary((notice(), law()), HashingEmbedder()))
    with TestClient(create_api(lambda: assistant, doorkeeping=known.door), base_url="http://door.example") as client:
        yield client


def draft(client: TestClient, headers: Any) -> dict[str, Any]:
    brief = {"audience": "王小明（电话13800138000）", "topic": "贷款审查与续贷", "minutes": 20}
    return dict(client.post("/api/v1/talks", json=brief, headers=headers).json()["draft"])


def export(client: TestClient, headers: Any, talk: dict[str, Any], kind: str) -> int:
    body = {"draft": talk, "format": kind}
    return client.post("/api/v1/talks/export", json=body, headers=headers).status_code


def library(*documents: Document) -> Library:
    by_id = {one.id: one for one in documents}
    return Library(metas={name: one.meta for name, one in by_id.items()}, load=by_id.__getitem__)


def test_an_exported_talk_is_kept_once_and_noted_each_time(client: TestClient, known: Callers) -> None:
    headers = known.headers["staff"]
    talk = draft(client, headers)
    assert [export(client, headers, talk, kind) for kind in ("yaml", "pptx", "docx")] == [200, 200, 200]
    [kept] = known.registry.exported.walked()
    register = read_register(kept.register)
    assert register.points
    assert not register.pages
    noted = known.registry.chain.newest(before=None, kind="talk.exported", subject=kept.owner, limit=9)
    assert [entry.facts["file"] for entry in noted] == ["docx", "pptx"]
    assert {entry.facts["talk"] for entry in noted} == {kept.id}
    assert set(noted[0].facts["documents"]) == {point.document for point in register.points}
    assert "贷款审查" not in str(noted[0].facts)


def test_what_nobody_may_know_is_masked(client: TestClient, known: Callers) -> None:
    headers = bearer(known.registry.keys.create(name="k", scopes=["ask"], by="test")[0])
    talk = draft(client, headers)
    talk["主题"] = "续贷，联系13800138000"
    export(client, headers, talk, "register.json")
    assert not any("13800138000" in kept.register for kept in known.registry.exported.walked())


def test_a_talk_whose_clause_goes_is_found_and_one_that_rests_elsewhere_is_not(
    client: TestClient, known: Callers
) -> None:
    headers = known.headers["staff"]
    export(client, headers, draft(client, headers), "pptx")
    used = {p.document for kept in known.registry.exported.walked() for p in read_register(kept.register).points}
    [gone, *_] = sorted(used)
    before, both = library(notice(), law()), {notice().id: notice(), law().id: law()}
    after = library(*(document for name, document in both.items() if name != gone))
    [touched] = touched_talks(known.registry.exported.walked(), before, after, changed=frozenset({gone}), day=DAY)
    assert {finding.kind.value for finding in touched.findings} == {"库中没有这份文件或这一条"}
    other = frozenset({"另一份"})
    assert touched_talks(known.registry.exported.walked(), before, before, changed=other, day=DAY) == ()
    ended = replace(both[gone], meta=replace(both[gone].meta, expired_on=DAY))
    after = library(ended, *(document for name, document in both.items() if name != gone))
    [touched] = touched_talks(known.registry.exported.walked(), before, after, changed=frozenset({gone}), day=DAY)
    assert {finding.kind.value for finding in touched.findings} == {"文件已失效或未施行"}
