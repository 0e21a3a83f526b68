"""The pages of 文件: who may do what on them, what they say, and how much they take in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from assistants import memory_assistant
from corpus_samples import NOTICE
from doors import PASSWORD, door_of, opened
from fastapi import FastAPI
from memory_library import MemoryLibrary
from sample_texts import law, notice
from starlette.testclient import TestClient

from assistant.access.registry import Registry
from assistant.curation.drafts import Drafts
from assistant.curation.files import ChangeFiles
from assistant.models.standins import HashingEmbedder
from assistant.parsing.corrections import line_hash
from assistant.records.changes import Change, ChangeState
from assistant.serving.guards import MAX_BODY_BYTES, MAX_UPLOAD_BYTES
from assistant.serving.http.api import create_api

LINE = NOTICE.split("\n").index("二、规范收费") + 1


class Site:
    """The pages, and two editors, an approver and an auditor before them."""

    def __init__(self, app: FastAPI, registry: Registry) -> None:
        self.app, self.registry = app, registry
        self.client = TestClient(app, base_url="http://door.example", follow_redirects=False)
        self._cookies: dict[str, str] = {}
        for name, role, labels in (
            ("bian.ji", "editor", ["内部"]),
            ("zhong.ji", "editor", []),
            ("shen.pi", "approver", ["内部"]),
            ("shen.ji", "auditor", ["内部"]),
        ):
            registry.users.create(name=name, password=PASSWORD, role=role, department=None, labels=labels)
            self._cookies[name] = registry.users.sign_in(name, PASSWORD)[0]

    def ask(self, who: str, path: str, method: str = "GET", **more: Any) -> Any:
        headers = {
            "Accept": "text/html", "Origin": "http://door.example", "Cookie": f"pz_signin={self._cookies[who]}",
        }  # fmt: skip
        return self.client.request(method, path, headers=headers, **more)

    def upload(self, who: str = "bian.ji", text: str = NOTICE, name: str = "通知.txt", **fields: Any) -> Change:
        before = self.ids()
        answer = self.ask(who, "/admin/drafts", "POST", files={"file": (name, text.encode())}, data=fields)
        assert (answer.status_code, answer.headers["location"]) == (303, "/admin/drafts?done=uploaded")
        [made] = self.ids() - before
        return self.registry.changes.get(made)

    def ids(self) -> set[str]:
        return {change.id for change in self.registry.changes.listed()}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Reading is done at once."""
    tmp_path = tmp_path_factory.mktemp("drafts")
    assistant = memory_assistant(MemoryLibrary([law(), notice()], HashingEmbedder()), rights=frozenset())
    with opened(tmp_path) as registry:
        door = door_of(registry, home=tmp_path)
        app = create_api(lambda: assistant, doorkeeping=door)
        files = ChangeFiles(tmp_path / "changes")
        app.state.drafts = Drafts(registry, files, lambda: assistant, door.drafting, begin=lambda run: run())
        yield Site(app, registry)


def test_an_editor_uploads_looks_corrects_states_and_submits(site: Site) -> None:
    change = site.upload(label="内部")
    assert change.facts == {"access": ["内部"]}
    path = f"/admin/drafts/{change.id}"
    page = site.ask("bian.ji", path).text
    assert "100.00%" in page
    assert 'value="关于做好小微企业续贷服务的通知"' in page
    lines = site.ask("bian.ji", f"{path}/lines").text
    assert lines.count('<li id="l') == 6
    form = {"line": LINE, "hash": line_hash("二、规范收费"), "act": "plain", "page": 1}
    answer = site.ask("bian.ji", f"{path}/lines", "POST", data=form)
    assert answer.headers["location"] == f"{path}/lines?page=1&done=corrected#l{LINE}"
    lines = site.ask("bian.ji", f"{path}/lines?done=corrected").text
    assert "已按校对重新整理条款树。" in lines
    assert "已校对" in lines
    answer = site.ask("bian.ji", path, "POST", data={"act": "save", "region": "陕西", "label": "内部"})
    assert answer.headers["location"] == f"{path}?done=saved"
    answer = site.ask("bian.ji", path, "POST", data={"act": "submit", "note": "请审批"})
    assert answer.headers["location"] == f"{path}?done=submitted"
    held = site.registry.changes.get(change.id)
    assert (held.state, held.facts, held.note) == (
        ChangeState.WAITING, {"region": "陕西", "access": ["内部"]}, "请审批",
    )  # fmt: skip
    assert "请审批" in site.ask("shen.pi", path).text


def test_who_may_do_what(site: Site) -> None:
    change = site.upload(label="内部")
    path = f"/admin/drafts/{change.id}"
    seen = {who: site.ask(who, path).status_code for who in ("bian.ji", "zhong.ji", "shen.pi", "shen.ji")}
    assert seen == {"bian.ji": 200, "zhong.ji": 404, "shen.pi": 200, "shen.ji": 403}
    for place, form in ((path, {"act": "drop"}), (f"{path}/lines", {"line": LINE}), ("/admin/drafts/removals", {})):
        assert site.ask("shen.pi", place, "POST", data=form).status_code == 403
    assert site.ask("shen.pi", "/admin/drafts/new").status_code == 403
    listed = site.ask("shen.pi", "/admin/drafts").text
    assert change.id in listed
    assert 'href="/admin/drafts/new"' not in listed
    assert change.id not in site.ask("zhong.ji", "/admin/drafts").text
    open_one = site.upload()
    answer = site.ask("zhong.ji", f"/admin/drafts/{open_one.id}", "POST", data={"act": "drop"})
    assert answer.status_code == 403
    assert "只有本人可以修改" in answer.text


def test_a_form_of_somebody_elses_page_is_not_taken(site: Site) -> None:
    change = site.upload()
    headers = {"Origin": "http://evil.example", "Cookie": f"pz_signin={site._cookies['bian.ji']}"}
    answer = site.client.post(f"/admin/drafts/{change.id}", data={"act": "drop"}, headers=headers)
    assert answer.status_code == 403
    assert site.registry.changes.get(change.id).state is ChangeState.OPEN


@pytest.mark.parametrize(
    "form",
    [
        {"line": LINE, "act": "plain"},
        {"line": LINE, "hash": "0" * 16, "act": "plain"},
        {"line": "x", "hash": "0" * 16, "act": "plain"},
        {"line": LINE, "hash": line_hash("二、规范收费"), "act": "heading", "level": "article"},
        {"line": LINE, "hash": line_hash("二、规范收费"), "act": "heading", "level": "<b>"},
        {"line": LINE, "hash": line_hash("二、规范收费"), "act": "<script>"},
    ],
)
def test_a_correction_that_cannot_be_made_is_told_on_the_page(site: Site, form: dict[str, Any]) -> None:
    change = site.upload()
    answer = site.ask("bian.ji", f"/admin/drafts/{change.id}/lines", "POST", data=form)
    assert answer.status_code == 422
    assert re.search(r'class="notice bad" role="alert">[^<>]+<', answer.text)
    assert "<script>" not in answer.text
    assert site.registry.changes.get(change.id).corrections == ()


def test_words_of_a_file_are_never_markup(site: Site) -> None:
    text = NOTICE.replace("关于做好", "关于<script>window.hit=1</script>做好")
    change = site.upload(text=text, name="<img src=x>.txt")
    for rest in ("", "/lines"):
        page = site.ask("bian.ji", f"/admin/drafts/{change.id}{rest}").text
        assert "<script>window" not in page
        assert "<img" not in page
    assert "<img" not in site.ask("bian.ji", "/admin/drafts").text


def test_what_was_typed_is_kept_when_it_cannot_be_used(site: Site) -> None:
    change = site.upload()
    form = {"act": "save", "title": "另一个标题", "issued_on": "2026-02-31"}
    answer = site.ask("bian.ji", f"/admin/drafts/{change.id}", "POST", data=form)
    assert answer.status_code == 422
    assert 'value="另一个标题"' in answer.text
    assert "不是有效的日期" in answer.text


def test_the_page_asks_again_while_a_file_is_read(site: Site) -> None:
    begun: list[Any] = []
    now = site.app.state.drafts
    site.app.state.drafts = Drafts(site.registry, now.files, now._library, now.rules, begin=begun.append)
    try:
        change = site.upload()
        for path in ("/admin/drafts", f"/admin/drafts/{change.id}", f"/admin/drafts/{change.id}/lines"):
            assert "Refresh" in site.ask("bian.ji", path).headers
        begun.pop()()
        for path in ("/admin/drafts", f"/admin/drafts/{change.id}", f"/admin/drafts/{change.id}/lines"):
            assert "Refresh" not in site.ask("bian.ji", path).headers
    finally:
        site.app.state.drafts = now


def test_a_reading_that_was_broken_off_is_told_and_taken_up_again(site: Site) -> None:
    change = site.upload()
    site.registry.changes.edit(change.id, report={"state": "reading"})  # as a stopped server leaves it
    path = f"/admin/drafts/{change.id}"
    assert "读取中断" in site.ask("bian.ji", path).text
    assert "读取中断" in site.ask("bian.ji", "/admin/drafts").text
    assert site.ask("bian.ji", path, "POST", data={"act": "read"}).status_code == 303
    assert site.registry.changes.get(change.id).report["state"] == "read"


def test_large_bodies_are_taken_from_editors_and_there_alone(site: Site) -> None:
    large = {"file": ("大.txt", b"\0" * (MAX_BODY_BYTES * 4))}
    assert site.ask("bian.ji", "/admin/drafts", "POST", files=large).status_code == 303
    assert site.ask("shen.pi", "/admin/drafts", "POST", files=large).status_code == 413
    assert site.ask("bian.ji", "/admin/drafts/removals", "POST", files=large).status_code == 413
    headers = {"Origin": "http://door.example", "Cookie": f"pz_signin={site._cookies['bian.ji']}"}
    headers["Content-Length"] = str(MAX_UPLOAD_BYTES + 1)
    assert site.client.post("/admin/drafts", content=b"", headers=headers).status_code == 413


def test_too_many_files_are_refused_on_the_page(site: Site) -> None:
    many = [("file", (f"{n}.txt", NOTICE.encode())) for n in range(21)]
    before = site.ids()
    answer = site.ask("bian.ji", "/admin/drafts", "POST", files=many)
    assert answer.status_code == 422
    assert site.ids() == before


def test_a_document_is_asked_to_go(site: Site) -> None:
    page = site.ask("bian.ji", "/admin/drafts/new").text
    assert f'<option value="{notice().id}">' in page
    form, before = {"document": notice().id, "note": "已被取代"}, site.ids()
    answer = site.ask("bian.ji", "/admin/drafts/removals", "POST", data=form)
    [made] = site.ids() - before
    assert answer.headers["location"] == f"/admin/drafts/{made}?done=submitted"
    page = site.ask("shen.pi", f"/admin/drafts/{made}").text
    assert "移除文件" in page
    assert "已被取代" in page
    again = site.ask("bian.ji", "/admin/drafts/removals", "POST", data=form)
    assert again.status_code == 422


def test_only_the_page_of_uploads_may_send_by_script(site: Site) -> None:
    for path, may in (("/admin/drafts/new", True), ("/admin/drafts", False)):
        assert ("connect-src 'self'" in site.ask("bian.ji", path).headers["content-security-policy"]) is may


@pytest.mark.parametrize("sort", ["time", "state", "name", "coverage", "doubts", "<b>"])
def test_the_list_can_be_sorted(site: Site, sort: str) -> None:
    for name in ("乙.txt", "甲.txt"):
        site.upload(text=NOTICE.replace("小微", name), name=name)
    site.ask("bian.ji", "/admin/drafts/removals", "POST", data={"document": law().id, "note": "旧"})
    answer = site.ask("bian.ji", "/admin/drafts", params={"sort": sort})
    assert answer.status_code == 200
    titles = list(map(unescape, re.findall(r'<td data-name="文件"><a href="[^"]*">([^<]*)<', answer.text)))
    assert len(titles) == len(site.ids())
    if sort == "name":
        assert titles == sorted(titles)
