"""Duty tables of a running server: one for an index, made once, of what whoever asks may see."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from assistants import memory_assistant
from memory_library import MemoryLibrary
from openpyxl import load_workbook
from sample_texts import law, notice, old_law
from starlette.testclient import TestClient

from assistant.errors import InputError, NotFoundError
from assistant.models.standins import HashingEmbedder
from assistant.products.duties.model import Degree
from assistant.products.duties.table import duty_table
from assistant.serving import duty_tables
from assistant.serving.duty_tables import DutyTables, Wanted, chosen, counts_of
from assistant.serving.http.api import create_api
from assistant.serving.limits.fair_pool import FairPool

STAFF = replace(notice(), meta=replace(notice().meta, access=("内部",)))
ASSISTANT = memory_assistant(MemoryLibrary([law(), old_law(), STAFF], HashingEmbedder()))
NOBODY: frozenset[str] = frozenset()


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> DutyTables:
    made: list[Any] = []
    original = duty_table

    def counting(*given: Any, **more: Any) -> Any:
        made.append(given)
        return original(*given, **more)

    monkeypatch.setattr(duty_tables, "duty_table", counting)
    found = DutyTables(lambda: ASSISTANT)
    found.made = made  # type: ignore[attr-defined]
    return found


def test_a_table_is_made_once(tables: DutyTables) -> None:
    wanted = Wanted(documents=("law_2023",))
    assert tables.table(wanted, NOBODY) is tables.table(replace(wanted, kind="银行机构"), NOBODY)
    assert tables.table(replace(wanted, past=True), NOBODY).duties
    assert len(tables.made) == 2  # type: ignore[attr-defined]


def test_nobody_reads_what_they_may_not_see(tables: DutyTables) -> None:
    for name in ("notice", "nothing"):
        with pytest.raises(NotFoundError) as told:
            tables.table(Wanted(documents=(name,)), NOBODY)
        assert name not in told.value.message
    assert all(name != "notice" for name, _ in tables.table(Wanted(), NOBODY).documents)
    assert tables.table(Wanted(documents=("notice",)), frozenset({"内部"})).duties


def test_too_many_documents_are_refused(tables: DutyTables, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duty_tables, "MOST_DOCUMENTS", 1)
    with pytest.raises(InputError):
        tables.table(Wanted(), NOBODY)


def test_rows_are_chosen_and_counted(tables: DutyTables) -> None:
    wanted = Wanted(documents=("notice",), degree=Degree.MUST_NOT)
    table = tables.table(wanted, frozenset({"内部"}))
    rows = list(chosen(table, wanted))
    assert {duty.degree for duty in rows} == {Degree.MUST_NOT}
    named = list(chosen(table, Wanted(actor="保险 公司")))
    assert named
    assert all("保险公司" in duty.actor.shown for duty in named)
    assert sum(total for _, _, total in counts_of(rows)) >= len(rows)


# --- over HTTP ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(create_api(lambda: ASSISTANT))


def test_the_route_gives_every_row_once_page_by_page(client: TestClient) -> None:
    whole = client.get("/api/v1/duties", params={"document_id": "law_2023", "limit": 200}).json()
    assert whole["next"] is None
    assert whole["count"] == len(whole["duties"]) > 3
    rows, cursor = [], None
    while True:
        asked: dict[str, str | int] = {"document_id": "law_2023", "limit": 2, **({"cursor": cursor} if cursor else {})}
        page = client.get("/api/v1/duties", params=asked).json()
        assert len(page["duties"]) <= 2
        rows += page["duties"]
        if (cursor := page["next"]) is None:
            break
    assert rows == whole["duties"]
    wrong = client.get("/api/v1/duties", params={"cursor": "none"})
    assert (wrong.status_code, "none" in wrong.json()["message"]) == (422, False)


def test_the_route_filters(client: TestClient) -> None:
    found = client.get("/api/v1/duties", params={"degree": "不得", "document_id": "law_2023"}).json()
    assert {row["degree"] for row in found["duties"]} == {"不得"}
    assert client.get("/api/v1/duties", params={"degree": "必须"}).status_code == 422
    old = client.get("/api/v1/duties", params={"as_of": "2015-01-01"}).json()
    assert [one["id"] for one in old["documents"]] == ["law_2010"]


def test_a_file_that_was_filled_in_comes_back_filled_in(client: TestClient) -> None:
    first = client.post("/duties/export", files={"doc": (None, "law_2023")})
    assert "filename*=UTF-8''" in first.headers["content-disposition"]
    workbook = load_workbook(BytesIO(first.content))
    sheet = workbook["清单"]
    at = next(cell.column for cell in sheet[1] if cell.value == "责任部门")
    sheet.cell(row=2, column=at).value = "普惠金融部"
    out = BytesIO()
    workbook.save(out)
    sent: dict[str, Any] = {"doc": (None, "law_2023"), "earlier": ("清单.xlsx", out.getvalue())}
    again = client.post("/duties/export", files=sent)
    assert load_workbook(BytesIO(again.content))["清单"].cell(row=2, column=at).value == "普惠金融部"


@pytest.mark.parametrize("sent", [b"no workbook", b"PK\x03\x04 broken"])
def test_a_file_that_is_no_table_is_refused_in_words(client: TestClient, sent: bytes) -> None:
    files: dict[str, Any] = {"doc": (None, "law_2023"), "earlier": ("<b>.xlsx", sent)}
    response = client.post("/duties/export", files=files, headers={"Accept": "text/html"})
    assert response.status_code == 422
    assert "上一次的清单" in response.text
    assert "<b>" not in response.text


def test_filling_a_file_again_takes_a_place(client: TestClient) -> None:
    desk = client.app.state.desk  # type: ignore[attr-defined]
    held, desk.pool = desk.pool, FairPool(1, 0)
    desk.pool.shutdown()
    try:
        response = client.post("/duties/export", files={"doc": (None, "law_2023")})
    finally:
        desk.pool = held
    assert (response.status_code, response.json()["code"]) == (503, "busy")


def test_only_the_form_of_the_page_is_taken(client: TestClient) -> None:
    assert client.post("/duties/export", json={"doc": "law_2023"}).status_code == 415
    large: dict[str, Any] = {"doc": (None, "law_2023"), "earlier": ("x.xlsx", b"x" * 21 * 1024 * 1024)}
    assert client.post("/duties/export", files=large).status_code == 413
