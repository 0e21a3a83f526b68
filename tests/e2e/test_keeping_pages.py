"""What 管理 · 有效期 and 词表 let whom do: each act by each caller, and nobody alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from assistants import memory_assistant
from doors import PASSWORD, Callers, callers, door_of, opened
from memory_library import MemoryLibrary
from sample_texts import law, notice
from starlette.testclient import TestClient

from assistant.models.standins import HashingEmbedder
from assistant.schema.document import PUBLIC, Document
from assistant.serving.http.api import create_api
from assistant.serving.http.rules import RULES

HTML = {"Accept": "text/html", "Origin": "http://door.example"}
HIDDEN = "信贷部金库通知"
ACTS = sorted(path for method, path in RULES if method == "POST" and re.match("/admin/(lifecycle|tables)/", path))
EDITS = {"/admin/lifecycle/facts", "/admin/lifecycle/withdraw"} | {
    f"/admin/tables/{name}" for name in ("entry", "withdraw", "undo")
}
DECIDES = {"/admin/lifecycle/decide", "/admin/lifecycle/supersession", "/admin/tables/decide"}
EITHER = {"/admin/lifecycle/care", "/admin/tables/preview"}
WORD = {"table": "lay_words", "concept": "敲门费", "policy": "承诺费", "lay": "敲门钱"}


def labelled(document: Document, *labels: str, title: str) -> Document:
    return replace(document, meta=replace(document.meta, access=labels, title=title))


@dataclass(frozen=True)
class Door:
    """A door to try, and who comes to it."""

    client: TestClient
    headers: Mapping[str, Mapping[str, str]]
    known: Callers
    home: Path

    def post(self, who: str, path: str, **fields: str) -> tuple[int, str]:
        answer = self.client.post(path, headers={**HTML, **self.headers[who]}, data=fields)
        return answer.status_code, answer.headers.get("location", answer.text)

    def get(self, who: str, path: str) -> str:
        return self.client.get(path, headers={**HTML, **self.headers[who]}).text

    def asked(self, **fields: str) -> str:
        """The id of a change that an editor asked for."""
        status, place = self.post("editor", "/admin/tables/entry", action="submit", **{**WORD, **fields})
        assert status == 303, place
        return place.partition("id=")[2].partition("&")[0]


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    documents = [
        labelled(law(), PUBLIC, title="村镇贷款条例"), labelled(notice(), "信贷部", title=HIDDEN)
    ]  # fmt: skip
    assistant = memory_assistant(MemoryLibrary(documents, HashingEmbedder()))
    with opened(tmp_path) as registry:
        known = callers(registry)
        registry.users.create(name="bian.ji", password=PASSWORD, role="editor")
        editor = {"Cookie": f"pz_signin={registry.users.sign_in('bian.ji', PASSWORD)[0]}"}
        app = create_api(lambda: assistant, doorkeeping=door_of(registry, home=tmp_path))
        with TestClient(app, base_url="http://door.example", follow_redirects=False) as client:
            yield Door(client, {**known.headers, "editor": editor}, known, tmp_path)


def test_every_act_is_tried_here() -> None:
    assert set(ACTS) == EDITS | DECIDES | EITHER


@pytest.mark.parametrize("path", ACTS)
def test_nobody_does_what_their_role_is_not_there_for(door: Door, path: str) -> None:
    allowed = {"editor": path in EDITS | EITHER, "approver": path in DECIDES | EITHER}
    for who in ("editor", "approver", "admin", "auditor", "staff", "department", "portal, department"):
        status, words = door.post(who, path, id="nothing", change="nothing", table="none")
        assert (status != 403) == allowed.get(who, False), (who, status, words)
        if allowed.get(who):
            assert status in (404, 422), (who, status, words)
    for who in ("nobody", "wrong cookie"):
        assert door.post(who, path)[0] in (303, 401)
        assert door.known.registry.chain.newest(limit=1, before=None, kind="corpus.care", subject=None) == ()


def test_the_house_has_no_table_before_a_second_person_lets_it(door: Door) -> None:
    change = door.asked()
    assert door.post("editor", "/admin/tables/decide", change=change, action="approve")[0] == 403
    assert "待批准" in door.get("editor", f"/admin/tables/change?id={change}")
    assert not (door.home / "tables").exists()
    status, words = door.post("editor", "/admin/tables/entry", action="submit", **WORD)
    assert (status, "已有改动在等待处理" in words) == (422, True)
    assert door.post("approver", "/admin/tables/withdraw", change=change)[0] == 403
    assert door.post("approver", "/admin/tables/decide", change=change, action="reject")[0] == 303
    assert door.post("approver", "/admin/tables/decide", change=change, action="approve")[0] == 404
    assert not (door.home / "tables").exists()


def test_whoever_holds_both_rights_still_does_not_let_their_own_change_through(door: Door) -> None:
    both = door.known.registry.keys.create(
        name="both", scopes=["corpus:edit", "corpus:approve", "documents"], by="test"
    )[0]
    headers = {**HTML, "Authorization": f"Bearer {both}"}
    sent = door.client.post("/admin/tables/entry", headers=headers, data={**WORD, "action": "submit"})
    change = sent.headers["location"].partition("id=")[2].partition("&")[0]
    answer = door.client.post("/admin/tables/decide", headers=headers, data={"change": change, "action": "approve"})
    assert (answer.status_code, "须由另一个人批准" in answer.text) == (403, True)
    assert not (door.home / "tables").exists()


def test_a_document_that_may_not_be_seen_is_not_there(door: Door) -> None:
    for path in ("/admin/lifecycle", "/admin/tables/entry?table=phrasings"):
        assert HIDDEN not in door.get("editor", path)
    assert HIDDEN in door.get("approver", "/admin/lifecycle")  # of that department
    for path, fields in (("facts", {}), ("care", {"owner": "我"})):
        status, words = door.post("editor", f"/admin/lifecycle/{path}", id="notice", **fields)
        assert (status, HIDDEN in words) == (404, False)
    typed = {"table": "phrasings", "document_id": "notice", "clause": "一", "question": "能续贷吗"}
    status, words = door.post("editor", "/admin/tables/entry", action="submit", **typed)
    assert (status, "“文件”不在文件库中" in words) == (422, True)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"concept": ""}, "“事项”须为"),
        ({"policy": ""}, "“公文用语”至少要写一个"),
        ({"lay": "敲门钱\n敲"}, "“口语说法”第 2 个须为 2 到 20 个字"),
        ({"lay": "敲门钱\n茶水费\n敲门钱"}, "“口语说法”第 3 个与第 1 个相同"),
        ({"lay": "…敲门"}, "“口语说法”第 1 个的“…”前后都要有字"),
        ({"lay": "\n".join(f"说法{n:03d}" for n in range(61))}, "最多 60 个"),
    ],
)
def test_what_is_wrong_is_told_by_field_and_number(door: Door, fields: dict[str, str], words: str) -> None:
    status, said = door.post("editor", "/admin/tables/entry", action="submit", **{**WORD, **fields})
    assert (status, words in said) == (422, True)


def test_words_of_people_are_shown_as_words(door: Door) -> None:
    change = door.asked(concept="<b>费</b>", note="<script>1</script>")
    shown = door.get("approver", f"/admin/tables/change?id={change}")
    assert "<b>费</b>" not in shown
    assert "<script>1" not in shown
    assert "&lt;b&gt;费&lt;/b&gt;" in shown


def test_a_broken_file_of_the_house_is_told_with_its_line(door: Door) -> None:
    table = door.home / "tables" / "lay_words.yaml"
    table.parent.mkdir(parents=True)
    table.write_text("- concept: 甲\n  policy: []\n  lay: [乙乙]\n", encoding="utf-8")
    assert "lay_words.yaml 无法使用：第 2 行的 0.policy" in door.get("editor", "/admin/tables")


def test_in_development_mode_the_pages_say_why_they_are_shut() -> None:
    assistant = memory_assistant(MemoryLibrary([law()], HashingEmbedder()))
    with TestClient(create_api(lambda: assistant), base_url="http://door.example") as client:
        for path in ("/admin/lifecycle", "/admin/tables"):
            assert "开发模式" in client.get(path, headers=HTML).text
        assert client.post("/admin/lifecycle/care", headers=HTML, data={"id": "law_2023"}).status_code == 409
