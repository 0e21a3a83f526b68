"""历史 without a browser: one's own conversations alone, named, rated, dropped by forms; and what is said on faults."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from assistants import memory_assistant
from memory_library import MemoryLibrary
from sample_texts import law
from serving_fakes import FakeAssistant, answered
from starlette.testclient import TestClient
from test_given_again import ASKED, PHONE, Stage, library, staged

from assistant.models.standins import HashingEmbedder
from assistant.serving import given as given_service
from assistant.serving.http.api import create_api
from assistant.serving.http.prefix import Prefix

HTML = {"Accept": "text/html"}
HOSTILE = '{{ 7*7 }}<script>window.hit=1</script>"><img src=x onerror=1>'


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path, library("内部")) as stage:
        yield stage


def opened(stage: Stage, path: str, who: str = "staff") -> httpx.Response:
    return stage.send("GET", path, who, headers=HTML)


def sent(stage: Stage, session_id: str, who: str = "staff", **fields: str) -> httpx.Response:
    files = {name: (None, value) for name, value in fields.items()}
    path = f"/history/{session_id}"
    return stage.send("POST", path, who, files=files, headers=HTML, follow_redirects=False)


def without_ids(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.text.replace(response.headers["x-request-id"], "")


def test_ones_own_conversations_are_listed_the_last_used_first(stage: Stage) -> None:
    asked = [stage.ask(f"{ASKED}（第{number}次）").json()["session_id"] for number in range(22)]
    stage.ask("提供虚假材料的能不能发放贷款？", session_id=asked[3])
    stage.ask("另一个部门问的", "department")
    first = opened(stage, "/history")
    order = [first.text.index(f'/history/{one}"') for one in [asked[3], asked[21], asked[20]]]
    assert order == sorted(order)
    assert "另一个部门问的" not in first.text
    assert asked[0] not in first.text
    after = first.text.partition("/history?cursor=")[2].partition('"')[0]
    second = opened(stage, f"/history?cursor={after}")
    assert asked[0] in second.text
    assert asked[21] not in second.text
    assert "更早的</a>" not in second.text


def test_a_conversation_is_opened_with_everything_its_answers_rest_on(stage: Stage) -> None:
    first = stage.ask(f"我的电话是{PHONE}，{ASKED}").json()
    stage.ask("那农户呢？", session_id=first["session_id"])
    said = opened(stage, f"/history/{first['session_id']}").text
    expected = [
        *("第 1 问", "第 2 问", "［手机号］", "有依据", "规范续贷业务，不得用续贷掩盖信用风险。", "✓ 引文已核对"),
        *("有效的文本作答", "内容由程序依据条款生成", f"/?session={first['session_id']}", "理解为："),
    ]
    assert [words for words in expected if words not in said] == []
    assert PHONE not in said
    assert said.count('href="/read/notice/') >= 3
    assert len(said.encode()) < 150_000


def test_somebody_elses_conversation_is_the_same_page_as_none(stage: Stage) -> None:
    mine = stage.ask().json()
    never = "0" * 32
    for path in ("/history/{}", "/history/{}/export?kind=md", "/api/v1/sessions/{}/export"):
        pages = [without_ids(opened(stage, path.format(one), "department")) for one in (mine["session_id"], never)]
        assert pages[0] == pages[1]
        assert pages[0][0] == 404
    for fields in ({"action": "rename", "title": "x"}, {"action": "drop"}):
        pages = [without_ids(sent(stage, one, "department", **fields)) for one in (mine["session_id"], never)]
        assert pages[0] == pages[1]
        assert pages[0][0] == 404
    rating = {"action": "rate", "answer": mine["answer_id"], "rating": "down"}
    theirs = stage.ask(who="department").json()["session_id"]
    assert sent(stage, theirs, "department", **rating).status_code == 404
    assert stage.registry.feedback.listed(useful=None, after=None, limit=5) == ()
    assert opened(stage, f"/history/{mine['session_id']}").status_code == 200


def test_a_conversation_is_named_rated_and_dropped(stage: Stage) -> None:
    mine = stage.ask().json()
    path = f"/history/{mine['session_id']}"
    renamed = sent(stage, mine["session_id"], action="rename", title=f" 找{PHONE}\n的续贷 ", page="1")
    assert (renamed.status_code, renamed.headers["location"]) == (303, f"{path}?done=renamed&page=1")
    assert "名称已改好。" in opened(stage, renamed.headers["location"]).text
    assert "<h1>找［手机号］ 的续贷</h1>" in opened(stage, path).text

    fields = {"answer": mine["answer_id"], "rating": "down", "reason": "incomplete", "comment": f"打{PHONE}找我"}
    rated = sent(stage, mine["session_id"], action="rate", page="1", **fields)
    assert rated.headers["location"] == f"{path}?done=rated&page=1#a-{mine['answer_id']}"
    [kept] = stage.registry.feedback.listed(useful=None, after=None, limit=5)
    assert (kept.useful, kept.reason, kept.comment) == (False, "incomplete", "打［手机号］找我")
    assert "您的评价：没有用，不完整，打［手机号］找我" in opened(stage, path).text
    sent(stage, mine["session_id"], action="rate", answer=mine["answer_id"], rating="up", reason="", comment="")
    assert "您的评价：有用<" in opened(stage, path).text

    dropped = sent(stage, mine["session_id"], action="drop")
    assert (dropped.status_code, dropped.headers["location"]) == (303, "/history?done=dropped")
    listed = opened(stage, "/history?done=dropped").text
    assert "对话已删除。" in listed
    assert "还没有对话" in listed
    assert opened(stage, path).status_code == 404
    assert stage.ask("那农户呢？", session_id=mine["session_id"]).status_code == 404


def test_what_was_done_is_recorded_without_a_word_of_what_was_said(stage: Stage) -> None:
    mine = stage.ask().json()
    session = mine["session_id"]
    sent(stage, session, action="rename", title="金丝雀")
    sent(stage, session, action="rate", answer=mine["answer_id"], rating="up", reason="", comment="金丝雀")
    opened(stage, f"/history/{session}/export?kind=docx")
    opened(stage, f"/api/v1/sessions/{session}/export?format=md")
    sent(stage, session, action="drop")
    noted = [one for one in stage.registry.chain.entries() if one.kind != "answer"]
    assert [one.kind for one in noted] == [
        "session.renamed", "feedback.given", "session.exported", "session.exported", "session.dropped",
    ]  # fmt: skip
    assert noted[1].facts == {"answer_id": mine["answer_id"], "useful": True}
    assert [one.facts.get("kind") for one in noted[2:4]] == ["docx", "md"]
    assert "金丝雀" not in json.dumps([one.facts for one in noted], ensure_ascii=False)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"action": "rename", "title": "  "}, "名称须为 1 至 60 字"),
        ({"action": "rename", "title": "长" * 61}, "名称须为 1 至 60 字"),
        ({"action": "rename", "title": "a\x00b"}, "无法识别的字符"),
        ({"action": "rate", "reason": "wrong"}, "请先选“有用”或“没有用”"),
        ({"action": "rate", "rating": "up", "reason": "nothing"}, "原因请从列表里选"),
        ({"action": "rate", "rating": "up", "comment": "长" * 501}, "说明至多 500 字"),
        ({"action": "金丝雀"}, "请用页面上的按钮"),
        ({}, "请用页面上的按钮"),
        ({"action": "rename", "title": "", "page": "金丝雀"}, "名称须为 1 至 60 字"),
    ],
)  # fmt: skip
def test_a_form_that_cannot_be_used_is_shown_again_with_what_is_wrong(
    stage: Stage, fields: dict[str, str], words: str
) -> None:
    mine = stage.ask().json()
    response = sent(stage, mine["session_id"], answer=mine["answer_id"], **fields)
    assert response.status_code == 422
    [alert] = re.findall('role="alert">([^<]*)<', response.text)
    assert words in alert
    assert "金丝雀" not in response.text
    assert stage.registry.feedback.listed(useful=None, after=None, limit=5) == ()


def test_what_was_typed_is_not_lost(stage: Stage) -> None:
    mine = stage.ask().json()
    fields = {"answer": mine["answer_id"], "reason": "unclear", "comment": "看了三遍"}
    shown = sent(stage, mine["session_id"], action="rate", **fields).text
    assert 'value="看了三遍"' in shown
    assert '<option value="unclear" selected>' in shown


def test_what_is_no_form_is_refused(stage: Stage) -> None:
    mine = stage.ask().json()
    wrong = stage.send("POST", f"/history/{mine['session_id']}", json={"action": "drop"}, headers=HTML)
    assert (wrong.status_code, "请在历史页上填写" in wrong.text) == (415, True)
    assert opened(stage, f"/history/{mine['session_id']}").status_code == 200
    for path in ("/history/a%20b", "/history/x/export?kind=pdf", "/history?cursor=x"):
        assert opened(stage, path).status_code == 422


def test_a_right_that_was_withdrawn_hides_what_rests_on_it(stage: Stage) -> None:
    mine = stage.ask().json()
    stage.ask("提供虚假材料的能不能发放贷款？", session_id=mine["session_id"])
    stage.assistant = library("内部", "信贷部")
    page = opened(stage, f"/history/{mine['session_id']}").text
    file = opened(stage, f"/history/{mine['session_id']}/export?kind=md").text
    assert "所依据的文件您现在不能看" in page
    assert "所依据的文件您现在不能看，这次答复没有列入" in file
    for text in (page, file):
        assert "规范续贷业务" not in text
        assert "乡村金融服务" not in text
        assert "提供虚假材料的。" in text


def test_words_of_a_conversation_are_never_markup(tmp_path: Path) -> None:
    with staged(tmp_path, FakeAssistant()) as stage:
        stage.assistant.answer = answered(HOSTILE)
        mine = stage.ask(HOSTILE).json()
        sent(stage, mine["session_id"], action="rename", title=HOSTILE[:60])
        rated = {"answer": mine["answer_id"], "rating": "up", "reason": "", "comment": HOSTILE}
        sent(stage, mine["session_id"], action="rate", **rated)
        pages = [opened(stage, path) for path in ("/history", f"/history/{mine['session_id']}")]
        for page in pages:
            assert "<script>window" not in page.text
            assert "<img" not in page.text
            assert "{{ 7*7 }}" in page.text
            assert "script-src 'self'" in page.headers["content-security-policy"]
            assert page.headers["cache-control"] == "no-store"


def test_a_long_conversation_is_shown_in_pages_and_says_what_is_left_out(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = stage.ask(f"{ASKED}（1）").json()["session_id"]
    for number in range(2, 24):
        stage.ask(f"{ASKED}（{number}）", session_id=session)
    last, first = (opened(stage, f"/history/{session}{asked}").text for asked in ("", "?page=1"))
    assert ("第 23 问" in last, "第 20 问" in last) == (True, False)
    assert ("第 1 问" in first, "第 20 问" in first, "第 21 问" in first) == (True, True, False)
    assert "更早的没有列入" not in last
    monkeypatch.setattr(given_service, "_TURNS", 3)
    assert "只列出最近的问答，更早的没有列入" in opened(stage, f"/history/{session}").text
    file = opened(stage, f"/history/{session}/export?kind=md").text
    assert "只列出最近 3 次问答，更早的没有列入" in file
    assert file.count("## 第") == 3


# --- where nothing is kept ---


def test_where_nothing_is_kept_the_present_conversation_can_still_be_taken_along() -> None:
    assistant = memory_assistant(MemoryLibrary([law()], HashingEmbedder()))
    with TestClient(create_api(lambda: assistant)) as client:
        assert "开发模式不保存对话" in client.get("/history").text
        question = {"question": f"我的电话是{PHONE}，提供虚假材料的能不能发放贷款？"}
        session = client.post("/api/v1/ask", json=question).json()["session_id"]
        client.post("/api/v1/ask", json={"question": "那用途不明的呢？", "session_id": session})
        page = client.get(f"/history/{session}", headers=HTML).text
        assert "开发模式不保存对话" in page
        assert "评价这次答复" not in page
        file = client.get(f"/history/{session}/export?kind=md")
        assert "filename*=UTF-8''" in file.headers["content-disposition"]
        assert file.text.count("## 第") == 2
        assert "原文：（二）提供虚假材料的。" in file.text
        assert PHONE not in file.text
        assert client.get(f"/api/v1/sessions/{session}/export").content.startswith(b"PK")
        for fields in ({"action": "rename", "title": "x"}, {"action": "rate", "answer": "x", "rating": "up"}):
            form = {name: (None, value) for name, value in fields.items()}
            assert client.post(f"/history/{session}", files=form).status_code == 404
        form = {"action": (None, "drop")}
        assert client.post(f"/history/{session}", files=form, follow_redirects=False).status_code == 303
        for path in (f"/history/{session}", f"/history/{session}/export?kind=md", "/history/never"):
            assert client.get(path, headers=HTML).status_code == 404


def test_of_what_is_not_kept_the_least_recently_used_leaves_first() -> None:
    app = create_api(FakeAssistant)
    with TestClient(app) as client:
        asked = [client.post("/api/v1/ask", json={"question": "能续贷吗？"}).json()["session_id"] for _ in range(21)]
        path = "/api/v1/sessions/{}/export?format=md"
        statuses = [client.get(path.format(one)).status_code for one in asked]
        assert statuses == [404, *[200] * 20]
        for _ in range(51):
            client.post("/api/v1/ask", json={"question": "能续贷吗？", "session_id": asked[-1]})
        file = client.get(path.format(asked[-1])).text
    assert file.count("## 第") == 50
    assert "更早的没有列入" in file


def test_under_a_sub_path_everything_leads_below_it() -> None:
    app = Prefix(create_api(FakeAssistant), "/policy")
    with TestClient(app) as client:
        session = client.post("/policy/api/v1/ask", json={"question": "能续贷吗？"}).json()["session_id"]
        page = client.get(f"/policy/history/{session}").text
        leads = set(re.findall('(?:href|action)="([^"]*)"', page)) - {"data:,", "#main"}
        assert {one for one in leads if not one.startswith("/policy/")} == set()
        form = {"action": (None, "drop")}
        dropped = client.post(f"/policy/history/{session}", files=form, follow_redirects=False)
        assert dropped.headers["location"] == "/policy/history?done=dropped"
