"""Reading an answer on the chat page: quotes behind marks, the clause in the reader, limits, samples of the library."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from assistants import memory_assistant
from memory_library import MemoryLibrary
from sample_texts import law, notice, old_law
from serving_fakes import serving
from test_ui import ARGS, CHROMIUM, Visit, pytestmark, visiting

from assistant.models.standins import HashingEmbedder
from assistant.parsing.references import find_references
from assistant.schema.document import Document
from assistant.serving.http.api import create_api

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

__all__ = ["pytestmark"]
RENEWAL = "续贷可以用来掩盖信用风险吗？"
QUOTED = "不得用续贷掩盖信用风险"
TERM = "贷款期限不得超过几年？"
BADGES = {"有依据": "pz-good", "部分有依据": "pz-warn", "可能相关，未能确认": "pz-info", "本库未载明": "pz-plain"}


def chat_of(documents: Sequence[Document]) -> Iterator[str]:
    from assistant.serving.page.chat import mount_chat

    linked = [replace(d, references=find_references(d.clauses, d.text)) for d in documents]
    assistant = memory_assistant(MemoryLibrary(linked, HashingEmbedder()))
    with serving(mount_chat(create_api(lambda: assistant))) as url:
        yield url


@pytest.fixture(scope="module")
def home() -> Iterator[str]:
    yield from chat_of([notice(), law(), old_law()])


@pytest.fixture(scope="module")
def of_laws() -> Iterator[str]:
    yield from chat_of([law(), old_law()])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser, home: str) -> Iterator[Visit]:
    for visit in visiting(browser, home):
        yield visit
        visit.assert_quiet()


def ask(visit: Visit, question: str) -> Locator:
    """The answer, whole."""
    before = visit.page.locator("#pz-chat [data-testid=bot]").count()
    visit.ask(question)
    visit.page.wait_for_function(
        "n => document.querySelectorAll('#pz-chat [data-testid=bot] .pz-why').length > n", arg=before
    )
    return visit.page.locator("#pz-chat [data-testid=bot]").last


def tip(page: Page) -> Locator:
    return page.locator("#pz-tip")


def test_pointing_at_a_mark_shows_the_quote_and_leaving_hides_it(visit: Visit) -> None:
    said, page = ask(visit, RENEWAL), visit.page
    assert not tip(page).is_visible()
    said.locator("a").first.hover()
    tip(page).wait_for(state="visible")
    words = tip(page).inner_text()
    assert QUOTED in words
    assert "《关于2024年陕西乡村金融服务的通知》二、（一）" in words
    assert "✓ 引文已核对" in words
    tip(page).hover()  # the pointer may go into the quote
    page.wait_for_timeout(400)
    assert tip(page).is_visible()
    visit.shoot("chat_quote")
    page.mouse.move(2, 2)
    tip(page).wait_for(state="hidden")


def test_a_mark_is_read_by_keyboard_and_escape_closes_the_quote(visit: Visit) -> None:
    said, page = ask(visit, RENEWAL), visit.page
    mark = said.locator("a").first
    mark.focus()
    tip(page).wait_for(state="visible")
    assert mark.get_attribute("aria-describedby") == "pz-tip"
    assert page.locator("#pz-tip[role=tooltip]").count() == 1
    page.keyboard.press("Escape")
    tip(page).wait_for(state="hidden")
    assert mark.get_attribute("aria-describedby") is None
    assert mark.evaluate("e => e === document.activeElement")
    page.keyboard.press("Tab")
    if said.locator("a").count() > 1:
        tip(page).wait_for(state="visible")


def test_a_mark_opens_the_clause_in_the_reader_with_the_quoted_words_marked(visit: Visit) -> None:
    mark = ask(visit, RENEWAL).locator("a").first
    with visit.page.expect_popup() as opened:
        mark.click()
    reader = opened.value
    reader.wait_for_load_state()
    assert unquote(reader.url).endswith("#二、（一）")
    assert any(QUOTED in words for words in reader.locator("mark").all_inner_texts())
    assert reader.locator(".here").count() > 0
    reader.close()


def test_a_card_marks_the_words_shows_its_neighbours_and_gives_its_name(browser: Browser, home: str) -> None:
    for visit in visiting(browser, home):
        page = visit.page
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        ask(visit, RENEWAL)
        card = page.locator("#pz-cards .pz-card").first
        assert any(QUOTED in words for words in card.locator("mark").all_inner_texts())
        assert "各级监管部门要加强多头授信监测" in card.inner_text()  # the whole clause, not the quote alone
        beside = card.locator(".pz-beside")
        assert not beside.locator("blockquote").first.is_visible()
        beside.locator("summary").focus()
        page.keyboard.press("Enter")
        assert "定期评价尽职免责落实情况" in beside.inner_text()
        assert [a.inner_text() for a in beside.locator("a").all()] == ["一", "二、（二）"]
        card.get_by_role("button", name="复制依据 1 的出处").click()
        page.get_by_role("status").filter(has_text="已复制").wait_for()
        assert page.evaluate("navigator.clipboard.readText()") == "《关于2024年陕西乡村金融服务的通知》二、（一）"
        visit.shoot("chat_card")
        visit.assert_quiet()


def test_every_outcome_says_why(visit: Visit) -> None:
    for question, label in ((RENEWAL, "有依据"), ("彩票中奖了要交多少税？", "本库未载明")):
        said = ask(visit, question)
        assert said.locator(".pz-badge").inner_text() == label
        assert said.locator(f".{BADGES[label]}").count() == 1
        assert said.locator(".pz-why").inner_text().endswith("。")


def test_a_day_and_documents_change_the_answer_and_are_said(visit: Visit) -> None:
    page = visit.page
    assert "三年" in ask(visit, TERM).inner_text()
    page.get_by_role("button", name="限定日期和文件").click()
    page.get_by_label("截至日期").fill("2020-01-01")
    then = ask(visit, TERM).inner_text()
    assert "一年" in then
    assert "三年" not in then
    assert "限定范围：2020-01-01 有效的文本" in then
    page.get_by_label("截至日期").fill("")
    page.get_by_label("文件：只依据选中的作答").click()
    page.get_by_role("option", name="关于2024年陕西乡村金融服务的通知").click()
    page.keyboard.press("Escape")
    limited = ask(visit, TERM).inner_text()
    assert "三年" not in limited
    assert "限定范围：《关于2024年陕西乡村金融服务的通知》" in limited
    visit.shoot("chat_limited")


def test_a_day_that_is_none_is_told_and_the_question_kept(visit: Visit) -> None:
    page = visit.page
    page.get_by_role("button", name="限定日期和文件").click()
    page.get_by_label("截至日期").fill("去年六月")
    visit.ask(TERM)
    visit.wait_status("请写成 年-月-日")
    assert page.input_value("#pz-box textarea") == TERM
    assert visit.answers() == []
    assert "去年六月" not in page.inner_text("#pz-status")


def test_personal_data_is_masked_and_that_is_said(visit: Visit) -> None:
    said = ask(visit, f"我的手机号是13812345678，{RENEWAL}").inner_text()
    assert "手机号" in said
    assert "已遮盖后处理" in said
    assert "13812345678" not in visit.page.content()


def test_a_question_that_was_completed_says_so_and_may_be_asked_as_a_new_one(visit: Visit) -> None:
    ask(visit, RENEWAL)
    again = visit.page.get_by_role("button", name="按新问题重新回答")
    said = ask(visit, "那保险公司呢？")
    assert "理解为：" in said.locator(".pz-understood").inner_text()
    again.wait_for()
    again.click()
    again.wait_for(state="hidden")
    visit.page.wait_for_function("document.querySelectorAll('#pz-chat [data-testid=bot] .pz-why').length === 3")
    assert visit.page.locator("#pz-chat [data-testid=bot]").last.locator(".pz-understood").count() == 0


def samples(visit: Visit) -> dict[str, list[str]]:
    """What is offered, by role."""
    visit.page.wait_for_function("document.querySelectorAll('#pz-samples .pz-sample').length > 0")
    offered = {}
    for role in visit.page.locator("#pz-role label").all():
        role.click()
        name = role.inner_text().strip()
        visit.page.wait_for_timeout(500)
        offered[name] = visit.page.locator("#pz-samples .pz-sample").all_inner_texts()
    return offered


def test_samples_are_of_the_library_that_is_there_and_are_answered(browser: Browser, home: str, of_laws: str) -> None:
    seen: list[set[str]] = []
    for url in (home, of_laws):
        for visit in visiting(browser, url):
            offered = samples(visit)
            assert set(offered) <= {"信贷人员", "合规人员", "宣讲志愿者", "客户"}
            seen.append({question for questions in offered.values() for question in questions})
            visit.page.locator("#pz-samples .pz-sample").first.click()
            visit.page.wait_for_selector("#pz-chat .pz-why")
            assert visit.page.locator("#pz-chat .pz-badge").inner_text() == "有依据"
            visit.assert_quiet()
    assert seen[0]
    assert seen[1]
    assert seen[0] != seen[1]
    assert any("续贷" in question for question in seen[0])
    assert not any("续贷" in question for question in seen[1])


@pytest.mark.parametrize(("width", "dark"), [(420, False), (420, True), (1440, False), (1440, True)])
def test_nothing_is_wider_than_the_window_and_axe_finds_nothing(
    browser: Browser, home: str, width: int, dark: bool
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    for visit in visiting(browser, home, width=width, height=900, dark=dark):
        page = visit.page
        page.wait_for_function("document.querySelectorAll('#pz-samples .pz-sample').length > 0")
        page.get_by_role("button", name="限定日期和文件").click()
        page.get_by_label("截至日期").fill("2025-01-01")
        said = ask(visit, RENEWAL)
        page.locator(".pz-beside summary").first.click()
        said.locator("a").first.focus()
        tip(page).wait_for(state="visible")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        box = tip(page).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        found = Axe().run(page).response["violations"]
        serious = [one for one in found if one["impact"] in ("critical", "serious")]
        assert [(one["id"], one["nodes"][0]["html"]) for one in serious] == []
        visit.shoot(f"chat_reading_{width}_{'dark' if dark else 'light'}")
