"""未答问题, 反馈, 标准题 in Chromium: an editor and an approver, under a sub-path, narrow and wide, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from asked_in_vain import EVERYBODYS, House, house
from doors import PASSWORD
from serving_fakes import serving
from test_ui import ARGS, CHROMIUM, SHOTS, pytestmark

from assistant.curation.gold import read_gold
from assistant.evaluation.cases import read_cases
from assistant.evaluation.runner import run_cases
from assistant.evaluation.scoring import marks
from assistant.records.gold_candidates import CandidateState
from assistant.schema.answer import Outcome
from assistant.serving.http.api import create_api
from assistant.serving.http.prefix import Prefix

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["pytestmark"]
ASKED = "提供虚假材料的能不能发放贷款？"
VAIN = "彩票中奖怎么交税？"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(ARGS))
        yield browser
        browser.close()


@pytest.fixture
def held(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as held:
        yield held


@pytest.fixture
def home(held: House) -> Iterator[str]:
    with serving(Prefix(create_api(lambda: held.assistant, doorkeeping=held.door), "/policy")) as url:
        yield f"{url}/policy"


def signed_in(browser: Browser, home: str, name: str, **looks: Any) -> Page:
    """A page of somebody's own browser."""
    context = browser.new_context(locale="zh-CN", reduced_motion="reduce", **looks)
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.goto(f"{home}/signin")
    page.fill("[name=name]", name)
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(f"{home}/")
    return page


def shoot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


def test_a_question_asked_in_vain_is_assigned_turned_into_a_case_reviewed_and_closed(
    browser: Browser, home: str, held: House
) -> None:
    for department in ("信贷部", "零售部"):
        held.ask(VAIN, department=department)
    editor = signed_in(browser, home, "li.na")
    editor.goto(f"{home}/admin")
    editor.get_by_label("管理").get_by_role("link", name="未答问题").click()
    assert "1 组，共 2 问" in editor.get_by_role("status").inner_text()
    editor.get_by_role("link", name=VAIN).click()
    editor.get_by_label("由谁负责").select_option("wang.wei")
    editor.get_by_label("说明").fill("本来就不该答")
    editor.get_by_role("button", name="保存").click()
    assert "已保存" in editor.get_by_role("status").inner_text()
    editor.get_by_role("link", name="写成标准题").click()
    assert editor.locator("[name=question]").input_value() == VAIN
    editor.get_by_label("本库未载明，不作答复").check()
    editor.get_by_role("button", name="提出").click()
    assert "等另一位同事复核" in editor.get_by_role("status").inner_text()
    editor.get_by_role("link", name=VAIN).click()
    assert editor.get_by_role("button", name="收入标准题").count() == 0  # not by whoever proposed it
    approver = signed_in(browser, home, "wang.wei")
    approver.goto(f"{home}/admin/gaps?show=mine")
    assert approver.get_by_role("link", name=VAIN).count() == 1
    approver.goto(f"{home}/admin/gold")
    approver.get_by_role("link", name=VAIN).click()
    approver.get_by_role("button", name="收入标准题").click()
    assert "已收入标准题" in approver.get_by_role("status").inner_text()
    editor.goto(f"{home}/admin/gaps")
    assert editor.get_by_text("没有待处理的问题").count() == 1
    assert [(case.question, case.outcome) for case in read_gold(held.gold_file)] == [(VAIN, Outcome.NOT_FOUND)]


def test_feedback_becomes_a_case_that_goes_back_once_and_then_measures(
    browser: Browser, home: str, held: House
) -> None:
    held.rate(held.ask(ASKED), "没有说农户")
    editor, approver = signed_in(browser, home, "li.na"), signed_in(browser, home, "wang.wei")
    editor.goto(f"{home}/admin/feedback")
    editor.get_by_role("link", name=ASKED).click()
    assert "没有说农户" in editor.locator(".panel").inner_text()
    editor.get_by_role("link", name="写成标准题").click()
    assert editor.get_by_role("checkbox").first.is_checked()
    editor.get_by_label("应当答复").check()
    editor.locator("[name=address]").first.fill("第九十九条")
    editor.locator("[name=document]").first.select_option(EVERYBODYS.id)
    editor.get_by_role("button", name="提出").click()
    assert "没有找到" in editor.get_by_role("alert").inner_text()
    assert editor.get_by_role("checkbox").first.is_checked()  # what was filled in is there still
    editor.locator("[name=address]").first.fill("第四条")
    editor.get_by_role("button", name="提出").click()
    approver.goto(f"{home}/admin/gold")
    approver.get_by_role("link", name=ASKED).click()
    approver.get_by_role("button", name="退回").click()
    assert "请写明原因" in approver.get_by_role("alert").inner_text()
    approver.get_by_label("复核意见").fill("第四条说的不是这件事")
    approver.get_by_role("button", name="退回").click()
    editor.goto(f"{home}/admin/gold?state=returned")
    editor.get_by_role("link", name=ASKED).click()
    assert "第四条说的不是这件事" in editor.locator(".panel").inner_text()
    editor.get_by_role("link", name="改好再提").click()
    addresses = editor.locator("[name=address]")
    kept = [addresses.nth(n).input_value() for n in range(addresses.count())]
    row = kept.index("第四条")
    addresses.nth(row).fill("")
    editor.locator("[name=document]").nth(row).select_option("")
    editor.get_by_role("button", name="提出").click()
    approver.goto(f"{home}/admin/gold")
    approver.get_by_role("link", name=ASKED).click()
    approver.get_by_role("button", name="收入标准题").click()
    cases = read_cases(held.gold_file)
    assert [case.question for case in cases] == [ASKED]
    found = marks(cases, run_cases(held.assistant, cases))  # as `assistant eval run` and `eval score` do
    assert found["passed"] == {cases[0].id: 1.0}


PATHS = ("gaps", "gaps/a1", "feedback", "feedback/", "gold", "gold/", "gold/new?gap=a1", "gold?state=accepted")


@pytest.mark.parametrize(("width", "dark"), [(420, True), (1440, False)])
def test_the_pages_fit_the_window_and_axe_finds_nothing(
    browser: Browser, home: str, held: House, width: int, dark: bool
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    for question in (VAIN, f"{VAIN}？", "量子计算机多少钱一台？"):
        held.ask(question)
    rated = held.rate(held.ask(ASKED), "没有说农户")
    editor = signed_in(browser, home, "li.na")
    for question in (VAIN, ASKED):
        editor.goto(f"{home}/admin/gold/new")
        editor.locator("[name=question]").fill(question)
        editor.get_by_label("本库未载明，不作答复").check()
        editor.get_by_role("button", name="提出").click()
    [made, taken] = [one.id for one in held.registry.candidates.listed(CandidateState.WAITING)]
    look = {"viewport": {"width": width, "height": 900}, "color_scheme": "dark" if dark else "light"}
    page = signed_in(browser, home, "wang.wei", bypass_csp=True, **look)
    page.goto(f"{home}/admin/gold/{taken}")
    page.get_by_role("button", name="收入标准题").click()
    for path in PATHS:
        ending = {"feedback/": rated.id, "gold/": made}.get(path, "")
        answer = page.goto(f"{home}/admin/{path}{ending}")
        assert answer is not None
        assert answer.status == 200, path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        found = Axe().run(page).response["violations"]
        faults = [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("critical", "serious")]
        assert faults == [], path
        shoot(page, f"{path.split('?')[0].replace('/', '_')}_{width}")
