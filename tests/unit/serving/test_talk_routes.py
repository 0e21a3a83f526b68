"""Talks over HTTP: drafted, edited and exported over what whoever asks may see."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from assistants import memory_assistant
from memory_library import MemoryLibrary
from sample_texts import law, notice
from starlette.testclient import TestClient

from assistant.models.standins import HashingEmbedder
from assistant.products.talks.reading import DOCX, PPTX, read_back
from assistant.products.talks.register import read_register
from assistant.schema.document import Document
from assistant.serving.http.api import create_api

BRIEF = {"audience": "种粮农户", "topic": "贷款审查与续贷", "minutes": 20}
HTML = {"Accept": "text/html", "Origin": "http://door.example"}
STAFF = replace(notice(), meta=replace(notice().meta, access=("内部",)))


def opened_over(*documents: Document) -> TestClient:
    assistant = memory_assistant(MemoryLibrary(documents, HashingEmbedder()))
    app = create_api(lambda: assistant, public_url="http://door.example/policy")
    return TestClient(app, base_url="http://door.example")


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with opened_over(notice(), law()) as client:
        yield client


def drafted(client: TestClient) -> dict[str, Any]:
    response = client.post("/api/v1/talks", json=BRIEF)
    assert response.status_code == 200, response.text
    return dict(response.json())


def with_promise(draft: dict[str, Any]) -> dict[str, Any]:
    """The draft with one statement that no clause says."""
    changed: dict[str, Any] = json.loads(json.dumps(draft))
    slide = next(s for s in changed["页"] if s.get("要点"))
    slide["要点"][0]["说法"] = "人人都能批下信用贷款。"
    return changed


# --- routes -------------------------------------------------------------------------------------


def test_a_draft_is_proved_sums_up_and_can_be_exported(client: TestClient) -> None:
    told = drafted(client)
    assert told["unproved"] == []
    assert told["statements"] > 5
    assert sum(slide["分钟"] for slide in told["draft"]["页"]) == 20
    for form, kind in (("pptx", PPTX), ("docx", DOCX)):
        response = client.post("/api/v1/talks/export", json={"draft": told["draft"], "format": form})
        assert response.status_code == 200, response.text
        assert "filename*=UTF-8''" in response.headers["content-disposition"]
        given = read_back(response.content, kind)
        assert given.register is not None
        assert len(read_register(given.register).points) == told["statements"]


def test_sources_lead_to_where_the_service_is_reached(client: TestClient) -> None:
    body = {"draft": drafted(client)["draft"], "format": "docx"}
    content = client.post("/api/v1/talks/export", json=body).content
    with zipfile.ZipFile(BytesIO(content)) as package:
        assert b"http://door.example/policy/read/notice/" in package.read("word/_rels/document.xml.rels")


def test_what_is_not_proved_is_not_exported_unless_it_is_marked(client: TestClient) -> None:
    body = {"draft": with_promise(drafted(client)["draft"]), "format": "pptx"}
    refused = client.post("/api/v1/talks/export", json=body)
    assert refused.status_code == 422
    assert "没有通过核对" in refused.json()["message"]
    assert "人人" not in refused.text
    marked = client.post("/api/v1/talks/export", json={**body, "mark_unproved": True})
    assert marked.status_code == 200
    lines = [line for page in read_back(marked.content, PPTX).pages for line in page]
    assert any(line.startswith("人人都能批下信用贷款。（人工改写") for line in lines)


@pytest.mark.parametrize(
    "body",
    [
        {**BRIEF, "minutes": 2},
        {**BRIEF, "topic": ""},
        {**BRIEF, "colour": "red"},
        {"audience": "农户", "minutes": 20},
    ],
)
def test_a_wish_that_cannot_be_met_is_told(client: TestClient, body: dict[str, Any]) -> None:
    assert client.post("/api/v1/talks", json=body).status_code == 422


@pytest.mark.parametrize("draft", [{}, {"页": []}, {"主题": "x"}])
def test_what_is_no_draft_is_told(client: TestClient, draft: dict[str, Any]) -> None:
    response = client.post("/api/v1/talks/export", json={"draft": draft, "format": "pptx"})
    assert response.status_code == 422


def test_nobody_gets_a_talk_out_of_what_they_may_not_see(client: TestClient) -> None:
    draft = drafted(client)["draft"]
    with opened_over(STAFF, law()) as outside:
        found = outside.post("/api/v1/talks", json=BRIEF)
        assert STAFF.meta.title not in found.text
        assert "金融下乡月" not in found.text
        named = outside.post("/api/v1/talks", json={**BRIEF, "document_ids": ["notice"]})
        assert named.status_code == 404
        body = {"draft": draft, "format": "pptx"}
        refused = outside.post("/api/v1/talks/export", json=body)
        assert refused.status_code == 422
        assert "无权查看" in refused.json()["message"]


# --- the page -----------------------------------------------------------------------------------


def form(**fields: str) -> dict[str, Any]:
    return {"files": {name: (None, value) for name, value in fields.items()}, "headers": HTML}


def hidden(html: str) -> str:
    match = re.search(r'name="draft" value="([^"]*)"', html)
    assert match is not None
    return unescape(match[1])


def test_the_page_drafts_takes_edits_and_gives_files(client: TestClient) -> None:
    assert client.get("/talks", headers=HTML).status_code == 200
    page = client.post("/talks", **form(action="draft", audience="种粮农户", topic="贷款审查与续贷", minutes="20"))
    assert page.status_code == 200, page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "与条款一致" in page.text
    assert "未获条款证实" not in page.text
    draft = hidden(page.text)
    for kind in ("pptx", "docx", "register.json", "yaml"):
        response = client.post("/talks", **form(action=kind, draft=draft))
        assert response.status_code == 200
        assert response.headers["content-disposition"].endswith(kind)
    first = re.search(r'name="text\.(p\d+)"', page.text)
    assert first is not None
    edits = {f"text.{first[1]}": "人人都能批下信用贷款。", "drop.s2": "1", "minutes.s1": "3"}
    looked = client.post("/talks", **form(action="look", draft=draft, **edits))
    assert "未获条款证实" in looked.text
    assert "今天讲什么" not in looked.text
    refused = client.post("/talks", **form(action="pptx", draft=draft, **edits))
    assert refused.headers["content-type"].startswith("text/html")
    assert "没有导出" in refused.text
    marked = client.post("/talks", **form(action="pptx", draft=draft, mark="1", **edits))
    assert any("人工改写" in line for page in read_back(marked.content, PPTX).pages for line in page)


@pytest.mark.parametrize(
    "edits",
    [
        {"title.s1": "长" * 301},
        {"minutes.s1": "9" * 5000},
        {**{f"drop.s{n}": "1" for n in range(2, 90)}, "minutes.s1": "3"},
    ],
    ids=["title", "digits", "too short a talk"],
)
def test_edits_that_no_draft_may_hold_are_refused(client: TestClient, edits: dict[str, str]) -> None:
    draft = json.dumps(drafted(client)["draft"], ensure_ascii=False)
    response = client.post("/talks", **form(action="look", draft=draft, **edits))
    assert response.status_code == 422, response.text


def test_what_people_fill_in_is_escaped(client: TestClient) -> None:
    page = client.post("/talks", **form(action="draft", audience="<b>农户</b>", topic="贷款审查与续贷", minutes="20"))
    assert page.status_code == 200
    assert "<b>" not in page.text


@pytest.mark.parametrize(
    "fields",
    [
        {"action": "draft", "audience": "农户", "topic": "贷款", "minutes": "many"},
        {"action": "draft", "audience": "", "topic": "贷款", "minutes": "20"},
        {"action": "pptx", "draft": "nothing"},
        {"action": "look"},
    ],
)
def test_a_form_that_cannot_be_used_is_told_as_a_page(client: TestClient, fields: dict[str, str]) -> None:
    response = client.post("/talks", **form(**fields))
    assert response.status_code == 422
    assert response.headers["content-type"].startswith("text/html")


def test_what_is_no_form_is_told(client: TestClient) -> None:
    assert client.post("/talks", json={}, headers=HTML).status_code == 415


def test_a_page_that_was_looked_at_again_keeps_its_minutes_and_points_only_to_what_is_there(client: TestClient) -> None:
    page = client.post("/talks", **form(action="draft", audience="种粮农户", topic="贷款审查与续贷", minutes="33"))
    looked = client.post(
        "/talks", **form(action="look", draft=hidden(page.text), **{"title.s4": "人人都能批贷款一亿元"})
    )
    assert 'name="minutes" value="33"' in looked.text
    told = set(re.findall(r'aria-describedby="([^"]*)"', looked.text))
    assert told == {"t-s4"}
    assert told <= set(re.findall(r'id="([^"]*)"', looked.text))
    links = re.findall(r'<a [^>]*href="/read/[^>]*>', looked.text)
    assert links
    assert all('target="_blank"' in link for link in links)  # edits are not lost when a source is opened


@pytest.mark.parametrize("edits", [{"title.s1": "长" * 601}, {f"minutes.s{n}": "0" for n in range(1, 30)}])
def test_an_edit_that_no_draft_may_hold_is_told(client: TestClient, edits: dict[str, str]) -> None:
    response = client.post("/talks", **form(action="look", draft=json.dumps(drafted(client)["draft"]), **edits))
    assert response.status_code == 422


@pytest.mark.parametrize("kind", ["pptx", "docx", "register.json"])
def test_what_no_file_may_hold_is_taken_out_of_what_was_pasted_and_told_of_a_draft(
    client: TestClient, kind: str
) -> None:
    draft = drafted(client)["draft"]
    edited = client.post(
        "/talks", **form(action=kind, draft=json.dumps(draft), **{"blank.s8.0": "网点：雁塔\x01\ufffe路"})
    )
    assert edited.status_code == 200
    draft["页"][0]["标题"] = "贷款\x01"
    told = client.post("/api/v1/talks/export", json={"draft": draft, "format": kind})
    assert told.status_code == 422
    assert "看不见" in told.json()["message"]


def test_a_title_however_long_can_be_talked_about() -> None:
    long = replace(notice(), meta=replace(notice().meta, title=f"关于{'很长的' * 250}通知"))
    with opened_over(long) as client:
        page = client.post("/talks", **form(action="draft", audience="种粮农户", topic="贷款审查与续贷", minutes="20"))
        assert page.status_code == 200
        titles = {
            name: unescape(words) for name, words in re.findall(r'name="(title[^"]*)" value="([^"]*)"', page.text)
        }
        assert max(map(len, titles.values())) > 600
        for kind in ("look", "pptx", "docx"):
            assert client.post("/talks", **form(action=kind, draft=hidden(page.text), **titles)).status_code == 200
