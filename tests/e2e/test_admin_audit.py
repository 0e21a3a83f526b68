"""留痕 on a page: chosen, paged, verified, written out; and that nothing is told of what may not be seen."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from assistants import memory_assistant
from doors import Callers, callers, opened
from memory_library import MemoryLibrary
from sample_texts import law, notice
from sqlalchemy import update
from starlette.testclient import TestClient

from assistant.access.audit import Draft, Entry
from assistant.access.audit_proof import check, marks_of, read_lines
from assistant.access.audit_search import Sought, newest, oldest
from assistant.access.recorder import Recorder
from assistant.models.standins import HashingEmbedder
from assistant.records.tables import audit
from assistant.schema.document import PUBLIC, Document
from assistant.schema.inquiry import Inquiry
from assistant.schema.principal import Principal, PrincipalKind
from assistant.schema.retrieval import Filters
from assistant.serving.http.api import create_api
from assistant.serving.ledger import Given, Ledger

HTML = {"Accept": "text/html", "Origin": "http://door.example"}
DAY_MS = 86_400_000


def labelled(document: Document, label: str, name: str) -> Document:
    return replace(document, meta=replace(document.meta, access=(label,), id=name))


OPEN, SECRET = labelled(law(), PUBLIC, "tiaoli_2023"), labelled(notice(), "风险部", "fengxian_2024")


@dataclass
class Stage:
    known: Callers
    client: TestClient

    def get(self, query: str = "", who: str = "auditor") -> httpx.Response:
        headers = {**HTML, **self.known.headers[who]}
        return self.client.get(f"/admin/audit{query}", headers=headers)  # type: ignore[return-value]

    def verify(self, *marks: bytes, who: str = "auditor") -> httpx.Response:
        files = [("marks", (f"{n}.json", mark)) for n, mark in enumerate(marks)] or [("marks", ("", b""))]
        headers = {**HTML, **self.known.headers[who]}
        return self.client.post("/admin/audit/verify", headers=headers, files=files)  # type: ignore[return-value]

    def note(self, kind: str, subject: str, *, days_ago: int = 0, **facts: Any) -> Entry:
        chain = self.known.registry.chain
        at = chain.store.clock() - days_ago * DAY_MS
        return chain.append([Draft(kind=kind, subject=subject, at=at, facts=facts)])[0]

    def entries(self) -> list[Entry]:
        return list(self.known.registry.chain.entries())


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    assistant = memory_assistant(MemoryLibrary([OPEN, SECRET], HashingEmbedder()), rights=frozenset({"风险部"}))
    with opened(tmp_path) as registry:
        known = callers(registry)
        ledger = Ledger(Recorder(registry.chain, registry.answers))
        asker = Principal(kind=PrincipalKind.KEY, subject="k", labels=frozenset({"风险部"}))
        for document, question in ((OPEN, "提供虚假材料的能不能发放贷款？"), (SECRET, "能不能用续贷掩盖信用风险？")):
            filters = Filters(document_ids=frozenset({document.id}))
            inquiry = Inquiry(question=question, principal=asker, filters=filters)
            answer = assistant.ask(inquiry)
            ledger.answered(
                Given(id=document.id, inquiry=inquiry, answer=answer, session_id="s", latency_ms=1.0), assistant
            )
        app = create_api(lambda: assistant, doorkeeping=known.door)
        with TestClient(app, base_url="http://door.example") as client:
            yield Stage(known, client)


def numbers(page: str) -> list[int]:
    return [int(found) for found in re.findall(r'<td data-name="编号">(\d+)</td>', page)]


def test_records_are_chosen_by_who_what_when_outcome_and_document(stage: Stage) -> None:
    key = stage.known.registry.keys.listed()[0]
    mine = stage.note("key.created", f"key:{key.id}", name="新")
    old = stage.note("user.created", "terminal:root", days_ago=3, name="旧")
    day = datetime.fromtimestamp(old.at / 1000 + 8 * 3600, UTC).date()
    assert numbers(stage.get(f"?who=key:{key.id}").text) == [mine.seq]
    assert mine.seq in numbers(stage.get(f"?who={key.name}").text)  # several keys here have that name
    assert numbers(stage.get("?who=terminal:root").text) == [old.seq]
    assert numbers(stage.get("?kind=user.created").text) == [old.seq]
    assert numbers(stage.get(f"?first={day}&last={day}").text) == [old.seq]
    assert old.seq not in numbers(stage.get(f"?first={day}&last={day}&kind=answer").text)
    assert numbers(stage.get("?outcome=answered").text) == [1]
    assert numbers(stage.get(f"?doc={OPEN.id}&kind=answer").text) == [1]
    assert numbers(stage.get("?who=nobody-at-all").text) == []
    assert "没有符合条件的记录" in stage.get("?who=nobody-at-all").text


def test_reading_is_recorded_without_what_somebody_typed(stage: Stage) -> None:
    stage.get("?who=张三的身份证号&outcome=answered")
    stage.get("/export?kind=answer")
    read, exported = stage.entries()[-2:]
    assert (read.kind, read.subject.partition(":")[0], exported.kind) == ("audit.read", "user", "audit.exported")
    assert "张三" not in read.body
    assert (read.facts["outcome"], exported.facts["kind"]) == ("answered", "answer")


def test_what_may_not_be_seen_is_withheld_and_not_found_by_what_it_says(stage: Stage) -> None:
    page = stage.get("?kind=answer").text
    assert numbers(page) == [2, 1]
    assert page.count("涉及您无权看的文件") == 1
    assert "能不能用续贷掩盖" not in page
    assert SECRET.id not in page
    assert numbers(stage.get("?kind=answer&outcome=answered").text) == [1]
    hidden, never = stage.get(f"?doc={SECRET.id}"), stage.get("?doc=never")
    assert (hidden.status_code, never.status_code) == (422, 422)
    assert hidden.text.replace(SECRET.id, "never") == never.text
    lines = [json.loads(line) for line in stage.get("/export?kind=answer").text.splitlines()]
    assert [sorted(set(one) & {"body", "withheld"}) for one in lines] == [["body"], ["withheld"]]


def test_pages_lead_from_the_newest_to_the_oldest_and_back(stage: Stage) -> None:
    for n in range(70):
        stage.note("test.many", "system:test", n=n)
    found, query = list[int](), "?kind=test.many"
    while True:
        page = stage.get(query).text
        found += numbers(page)
        assert ("← 最新的" in page) == ("before" in query)
        onward = re.search(r'href="/admin/audit(\?[^"]*before=[^"]*)">更早的', page)
        if onward is None:
            break
        query = onward[1].replace("&amp;", "&")
    wanted = [one.seq for one in stage.entries() if one.kind == "test.many"]
    assert found == wanted[::-1]


@pytest.mark.parametrize("query", ["?first=yesterday", "?first=2026-02-02&last=2026-01-01", "?last=2026-13-01"])
def test_days_that_are_none_are_told(stage: Stage, query: str) -> None:
    answer = stage.get(query)
    assert (answer.status_code, 'role="alert"' in answer.text) == (422, True)
    assert stage.get(f"/export{query}").status_code == 422


def test_a_whole_export_is_verified_elsewhere(stage: Stage) -> None:
    stage.known.registry.users.create(name="all", password="horse-battery-9", role="auditor", labels=["风险部"])
    token, _ = stage.known.registry.users.sign_in("all", "horse-battery-9")
    answer = stage.client.get("/admin/audit/export", headers={"Cookie": f"pz_signin={token}"})
    assert answer.headers["content-disposition"].startswith('attachment; filename="audit-20')
    found = check(read_lines(answer.text.splitlines()), marks_of(stage.entries()[:2]))
    assert (found.whole, found.marked, found.records) == (True, 2, len(stage.entries()))


def test_the_chain_is_verified_and_a_change_is_named(stage: Stage) -> None:
    marks = json.dumps({"hashes": marks_of(stage.entries())}).encode()
    for n in range(5):
        stage.note("test.many", "system:test", n=n)
    whole = stage.verify()
    assert "前后相接" in whole.text
    assert "看不出末尾是否被删" in whole.text
    assert "其中 2 条与另存的校验值相同" in stage.verify(marks).text
    assert [one.facts["whole"] for one in stage.entries() if one.kind == "audit.verified"] == [True, True]
    with stage.known.registry.store.write() as connection:
        connection.execute(update(audit).where(audit.c.seq == 4).values(body='{"seq":4}'))
    broken = stage.verify()
    assert "第 4 条起有问题" in broken.text
    assert 'role="alert"' in broken.text
    assert stage.verify(b"no marks").status_code == 422
    assert stage.entries()[-1].facts["whole"] is False


@pytest.mark.parametrize("who", ["admin", "approver", "staff", "portal, department"])
def test_nobody_but_an_auditor_reads_or_verifies(stage: Stage, who: str) -> None:
    before = len(stage.entries())
    assert [stage.get(path, who).status_code for path in ("", "/export")] == [403, 403]
    assert stage.verify(who=who).status_code == 403
    assert len(stage.entries()) == before


def test_what_stands_in_a_record_is_text(stage: Stage) -> None:
    facts: dict[str, Any] = {"name": "<script>hit()</script>", "<i>": ["<u>"]}
    stage.note("key.created", "key:<b>x</b>", **facts)
    page = stage.get("?kind=key.created").text
    assert "<script>hit" not in page
    assert "&lt;script&gt;hit()" in page
    assert "<b>x" not in page
    assert "<i>" not in page


def test_a_percent_in_a_document_id_is_no_wild_card(stage: Stage) -> None:
    store = stage.known.registry.store
    exact = stage.note("corpus.added", "terminal:root", documents=['a%b"c'])
    stage.note("corpus.added", "terminal:root", documents=["axxb"])
    sought = Sought(document='a%b"c')
    assert [one.seq for one in newest(store, sought, before=None)] == [exact.seq]
    assert [one.seq for one in oldest(store, sought)] == [exact.seq]
