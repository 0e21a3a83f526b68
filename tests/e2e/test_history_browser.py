"""历史 in Chromium, by two signed-in users: asked, opened, renamed, taken along and read back, rated, dropped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from docx import Document as Paper
from docx.oxml.ns import qn
from doors import PASSWORD, door_of, opened
from serving_fakes import serving
from test_given_again import ASKED, PHONE, library
from test_ui import ARGS, CHROMIUM, SHOTS, pytestmark

from assistant.access.recorder import Recorder
from assistant.access.registry import Registry
from assistant.serving.http.api import create_api
from assistant.serving.ledger import Ledger
from assistant.serving.page.chat import mount_chat

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["pytestmark"]
FIRST, SECOND = "wang.xin", "li.he"
IN_A_FILE = (
    *("续贷能不能掩盖风险", "［手机号］", "结论：有依据", "二、（一）", "年度文件", "✓ 引文已核对"),
    *("不得用续贷掩盖信用风险", "有效的文本作答", "内容由程序依据条款生成", "仅供参考"),
)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with opened(tmp_path_factory.mktemp("door")) as registry:
        for name in (FIRST, SECOND):
            registry.users.create(name=name, password=PASSWORD, role="reader", department="信贷部", labels=["内部"])
        yield registry


@pytest.fixture(scope="module")
def home(registry: Registry) -> Iterator[str]:
    recorder = Recorder(registry.chain, registry.answers, refuse=True)
    door = replace(door_of(registry), ledger=Ledger(recorder))
    with serving(
        mount_chat(create_api(lambda: library("内部"), doorkeeping=door, public_url="https://p.example"))
    ) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(ARGS))
        yield browser
        browser.close()


@contextmanager
def signed_in(browser: Browser, home: str, name: str = FIRST, **looks: Any) -> Iterator[Page]:
    """A page of somebody who is signed in; a breach of the policy of our pages fails the test."""
    context = browser.new_context(locale="zh-CN", reduced_motion="reduce", **looks)
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.goto(f"{home}/signin")
    page.fill("[name=name]", name)
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_selector("#pz-box textarea")
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    yield page
    assert [text for text in complaints if "Security Policy" in text] == []
    context.close()


def ask(page: Page, question: str, count: int = 1) -> None:
    """Ask on the chat page and wait for the answer, the `count`th there."""
    page.wait_for_function("document.querySelector('#pz-status p.pz-status-busy') === null")
    page.fill("#pz-box textarea", question)
    page.press("#pz-box textarea", "Enter")
    page.wait_for_function(
        "count => document.querySelectorAll('#pz-chat [data-testid=bot]').length >= count "
        "&& document.querySelector('#pz-status').innerText.includes('用时')",
        arg=count,
    )


def saved(page: Page, link: str, folder: Path) -> Path:
    """A file that a link gives."""
    with page.expect_download() as started:
        page.get_by_role("link", name=link).first.click()
    path = folder / started.value.suggested_filename
    started.value.save_as(path)
    return path


def shoot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


def test_a_conversation_from_the_chat_is_renamed_rated_taken_along_and_dropped(
    browser: Browser, home: str, registry: Registry, tmp_path: Path
) -> None:
    with signed_in(browser, home) as page:
        ask(page, f"我的电话是{PHONE}，{ASKED}")
        page.get_by_role("link", name="历史").first.click()
        page.locator(".shelf h2 a").first.click()
        address = page.url
        assert "［手机号］" in page.locator("h1").inner_text()
        page.get_by_text("改名", exact=True).click()
        page.get_by_label("名称（个人信息会遮盖）").fill("续贷能不能掩盖风险")
        page.get_by_role("button", name="保存名称").click()
        assert page.get_by_role("status").inner_text() == "名称已改好。"
        assert page.locator("h1").inner_text() == "续贷能不能掩盖风险"

        word = saved(page, "导出 Word", tmp_path)
        assert word.name.startswith("政策问答_续贷能不能掩盖风险_")
        paper = Paper(str(word))
        words = "\n".join("".join(node.text or "" for node in one._element.iter(qn("w:t"))) for one in paper.paragraphs)
        text = saved(page, "导出 Markdown", tmp_path).read_text("utf-8")
        for file in (words, text):
            assert [expected for expected in IN_A_FILE if expected not in file] == []
            assert PHONE not in file
        assert {rel.target_ref.split("/read/")[0] for rel in paper.part.rels.values() if rel.is_external} == {
            "https://p.example"
        }

        page.get_by_text("评价这次答复").click()
        page.get_by_label("没有用").check()
        page.get_by_label("原因（可不选）").select_option(label="不完整")
        page.get_by_label("说明（可不填，个人信息会遮盖）").fill(f"请打{PHONE}问我")
        page.get_by_role("button", name="提交评价").click()
        page.get_by_text("您的评价：没有用，不完整，请打［手机号］问我").wait_for()
        [kept] = registry.feedback.listed(useful=False, after=None, limit=5)
        assert (kept.reason, kept.comment) == ("incomplete", "请打［手机号］问我")

        with signed_in(browser, home, SECOND) as other:
            other.goto(f"{home}/history")
            assert "还没有对话" in other.locator("main").inner_text()
            other.goto(address.partition("?")[0])
            assert "会话不存在" in other.get_by_role("alert").inner_text()

        page.get_by_text("删除", exact=True).click()
        page.get_by_role("button", name="确认删除这次对话").click()
        assert page.get_by_role("status").inner_text() == "对话已删除。"
        assert page.locator(".shelf li").count() == 0
        page.goto(address)
        assert "会话不存在" in page.get_by_role("alert").inner_text()


def test_an_old_conversation_goes_on_where_it_ended(browser: Browser, home: str) -> None:
    with signed_in(browser, home) as page:
        ask(page, "提供虚假材料的能不能发放贷款？")
        page.get_by_role("button", name="新对话").click()
        page.get_by_text("已开始新的对话").wait_for()
        page.wait_for_function("document.querySelectorAll('#pz-chat [data-testid=bot]').length === 0")
        page.wait_for_function("document.querySelectorAll('#pz-taken a').length === 0")
        page.goto(f"{home}/history")
        page.get_by_role("link", name="接着问：提供虚假材料的能不能发放贷款？").click()
        page.get_by_text("已打开“提供虚假材料的能不能发放贷款？”").wait_for()
        assert "提供虚假材料的。" in page.locator("#pz-chat [data-testid=bot]").inner_text()
        assert "第三条" in page.locator("#pz-cards").inner_text()
        page.wait_for_function("location.search === ''")
        ask(page, "那用途不明的呢？", 2)
        with page.context.expect_page() as kept:
            page.locator("#pz-taken").get_by_role("link", name="查看").click()
        kept.value.wait_for_load_state()
        assert kept.value.locator("article.turn").count() == 2
        assert "理解为：" in kept.value.locator("article.turn").nth(1).inner_text()


def test_somebody_elses_conversation_is_not_opened(browser: Browser, home: str) -> None:
    with signed_in(browser, home) as page:
        ask(page, ASKED)
        link = page.locator("#pz-taken a").first.get_attribute("href") or ""
        with signed_in(browser, home, SECOND) as other:
            for session_id in (link.rpartition("/")[2], "0" * 32, "..%2Fx"):
                other.goto(f"{home}/?session={session_id}")
                other.get_by_text("没有这次对话").wait_for()
                other.wait_for_function("location.search === ''")  # by now everything is drawn
                assert other.locator("#pz-chat [data-testid=bot]").count() == 0
                assert other.locator("#pz-taken a").count() == 0


def test_an_answer_is_rated_on_the_chat_page(browser: Browser, home: str, registry: Registry, tmp_path: Path) -> None:
    with signed_in(browser, home, SECOND) as page:
        ask(page, ASKED)
        page.get_by_role("button", name="没有用").click()
        page.get_by_text("评价已记下，谢谢。可以再选原因、写说明。").wait_for()
        [first] = registry.feedback.listed(useful=None, after=None, limit=1)
        assert (first.useful, first.reason, first.comment) == (False, None, None)
        page.get_by_label("出处不对").check()
        page.get_by_label("说明（可不填，个人信息会遮盖）").fill(f"问{PHONE}")
        page.get_by_role("button", name="提交原因和说明").click()
        page.locator("#pz-why").wait_for(state="hidden")
        [second] = registry.feedback.listed(useful=None, after=None, limit=1)
        assert (second.id, second.reason, second.comment) == (first.id, "wrong_source", "问［手机号］")
        page.get_by_role("button", name="有用", exact=True).click()
        page.locator("#pz-why").wait_for()
        page.wait_for_function("document.querySelector('#pz-comment textarea').value === ''")
        [third] = registry.feedback.listed(useful=None, after=None, limit=1)
        assert (third.id, third.useful, third.reason) == (first.id, True, None)
        text = saved(page, "导出 Markdown", tmp_path).read_text("utf-8")
        assert "不得用续贷掩盖信用风险" in text


@pytest.mark.parametrize(("width", "dark"), [(420, True), (1440, False)])
def test_the_chat_page_with_its_opinions_fits_and_axe_finds_nothing(
    browser: Browser, home: str, width: int, dark: bool
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    looks: dict[str, Any] = {"viewport": {"width": width, "height": 900}, "color_scheme": "dark" if dark else "light"}
    with signed_in(browser, home, **looks, bypass_csp=True) as page:
        ask(page, ASKED)
        page.get_by_role("button", name="没有用").click()
        page.locator("#pz-why").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = Axe().run(page).response["violations"]
        serious = [one for one in found if one["impact"] in ("critical", "serious")]
        assert [(one["id"], one["nodes"][0]["html"]) for one in serious] == []
        shoot(page, f"rating_{width}")


@pytest.mark.parametrize(("width", "dark"), [(420, False), (1440, True)])
def test_the_pages_fit_the_window_and_axe_finds_nothing(browser: Browser, home: str, width: int, dark: bool) -> None:
    from axe_playwright_python.sync_playwright import Axe

    looks: dict[str, Any] = {"viewport": {"width": width, "height": 900}, "color_scheme": "dark" if dark else "light"}
    with signed_in(browser, home, **looks, bypass_csp=True) as page:
        ask(page, ASKED)
        ask(page, "彩票能不能用贷款买？", 2)
        for name in ("history", "talk"):
            if name == "history":
                page.goto(f"{home}/history")
            else:
                page.locator(".shelf h2 a").first.click()
                page.get_by_text("改名", exact=True).click()
                page.get_by_text("删除", exact=True).click()
                page.get_by_text("评价这次答复").first.click()
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            found = Axe().run(page).response["violations"]
            serious = [one for one in found if one["impact"] in ("critical", "serious")]
            assert [(one["id"], one["nodes"][0]["html"]) for one in serious] == []
            shoot(page, f"{name}_{width}")
