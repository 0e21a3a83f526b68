"""Our own pages (读原文, 版本对照, 责任清单, 宣讲) in Chromium, under a sub-path: links followed, files read back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import pytest
from assistants import memory_assistant
from docx import Document as Paper
from memory_library import MemoryLibrary
from openpyxl import load_workbook
from sample_texts import law, notice, old_law
from serving_fakes import serving
from test_ui import ARGS, CHROMIUM, SHOTS, pytestmark

from assistant.models.standins import HashingEmbedder
from assistant.parsing.references import find_references
from assistant.serving.http.api import create_api
from assistant.serving.http.prefix import Prefix

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["pytestmark"]
PATHS = (
    "/read",
    "/read/notice/二、（一）",
    "/compare?a=law_2010&b=law_2023",
    "/duties?doc=notice",
    "/talks",
    "/read/nothing",
)


@pytest.fixture(scope="module")
def home() -> Iterator[str]:
    """The pages as behind a proxy that strips /policy: everything is asked for below it."""
    documents = [replace(d, references=find_references(d.clauses, d.text)) for d in (law(), old_law(), notice())]
    assistant = memory_assistant(MemoryLibrary(documents, HashingEmbedder()))
    with serving(Prefix(create_api(lambda: assistant), "/policy")) as url:
        yield f"{url}/policy"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGS)
        yield browser
        browser.close()


class Visit:
    """An open page, what it asked for, and what the browser complained of: a breach of the policy among it."""

    def __init__(self, browser: Browser, home: str, **looks: Any) -> None:
        self._home = home
        self.context = browser.new_context(locale="zh-CN", reduced_motion="reduce", **looks)
        self.context.set_default_timeout(20_000)
        self.page: Page = self.context.new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, path: str) -> Page:
        self.page.goto(self._home + quote(path, safe="/?=&#"))
        return self.page

    def shoot(self, name: str) -> None:
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png")

    def assert_quiet(self) -> None:
        assert [text for text in self.complaints if "status of 404" not in text] == []
        assert [url for url in self.requests if not url.startswith((f"{self._home}/", "data:"))] == []
        assert self.page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]


@pytest.fixture
def visit(browser: Browser, home: str) -> Iterator[Visit]:
    visit = Visit(browser, home, viewport={"width": 1280, "height": 800})
    yield visit
    visit.assert_quiet()
    visit.context.close()


def in_view(page: Page, selector: str) -> bool:
    return bool(
        page.locator(selector).first.evaluate(
            "e => { const b = e.getBoundingClientRect(); return b.top >= 0 && b.bottom <= innerHeight; }"
        )
    )


# --- 读原文 -------------------------------------------------------------------------------------


def test_from_the_list_to_a_clause_and_along_its_references(visit: Visit) -> None:
    page = visit.open("/read")
    page.get_by_label("标题、文号或机关").fill("村镇")
    page.get_by_role("button", name="筛选").click()
    assert page.locator(".shelf > li").count() == 2
    page.locator(".card", has=page.locator(".badge.good")).locator("h2 a").click()
    assert page.locator("h1").inner_text() == "《村镇贷款条例》"
    page.locator(".text").get_by_role("link", name="本条例第三条").click()
    assert unquote(page.url).endswith("#第三条")
    assert page.locator(":target").inner_text().startswith("第三条")
    page.get_by_role("link", name="第五条第一款").click()  # back to the clause that names it
    assert unquote(page.url).endswith("#第五条第一款")


def test_a_deep_link_scrolls_to_the_clause_and_marks_the_quoted_words(visit: Visit) -> None:
    page = visit.open("/read/notice/二、（一）?q=不得用续贷掩盖信用风险#二、（一）")
    assert page.locator("mark").all_inner_texts() == ["不得用续贷掩盖信用风险"]
    assert in_view(page, ".here")
    assert page.locator(".contents [aria-current]").inner_text().startswith("（一）")
    visit.open("/read/law_2023/第五条")  # without a fragment too
    assert in_view(page, ".here")
    assert page.locator(".here").all_inner_texts() == ["第五条　违反本条例第三条规定的，处五万元以上二十万元以下罚款。"]


def test_quoted_words_are_never_markup(visit: Visit) -> None:
    page = visit.open("/read/notice/二、（一）?q=<img src=x onerror=window.hit=1>")
    assert "没有找到" in page.locator(".notice.info").inner_text()
    assert page.locator("img").count() == 0
    assert page.evaluate("window.hit ?? null") is None


def test_words_are_found_in_a_document_by_keyboard_alone(visit: Visit) -> None:
    page = visit.open("/read/notice")
    page.keyboard.press("/")
    page.keyboard.type("续贷")
    page.keyboard.press("Enter")
    assert page.get_by_role("status").first.inner_text() == "1 段里有“续贷”。"
    page.locator(".hits a").click()
    assert in_view(page, ".here")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") in ("A", "BUTTON", "INPUT")


def test_the_source_is_copied_as_it_is_cited(browser: Browser, home: str) -> None:
    visit = Visit(browser, home, permissions=["clipboard-read", "clipboard-write"])
    page = visit.open("/read/notice/二、（一）")
    page.get_by_role("button", name="复制出处").click()
    page.get_by_role("button", name="已复制").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "《关于2024年陕西乡村金融服务的通知》二、（一）"
    visit.context.close()


def test_a_text_that_no_longer_holds_says_so_wherever_it_is_read(visit: Visit) -> None:
    page = visit.open("/read/law_2010/第二条#第二条")
    assert in_view(page, ".here")
    assert in_view(page, ".standing")
    assert "已被新的文本取代" in page.locator(".standing").inner_text()


# --- 版本对照 -----------------------------------------------------------------------------------


def test_two_versions_side_by_side_and_as_files(visit: Visit, tmp_path: Path) -> None:
    page = visit.open("/compare")
    page.get_by_role("link", name="《村镇贷款条例》（2010-01-01 起施行，已修订） →").click()
    pair = page.locator(".pair", has_text="第二条 → 第四条")
    assert pair.locator("del").all_inner_texts() == ["一年"]
    assert pair.locator("ins").all_inner_texts() == ["三年；确需延长的，可以续期一次"]
    files = {}
    for name in ("Word", "Excel", "Markdown"):
        with page.expect_download() as started:
            page.get_by_role("link", name=name).click()
        path = tmp_path / started.value.suggested_filename
        started.value.save_as(path)
        files[name] = path
    assert [path.suffix for path in files.values()] == [".docx", ".xlsx", ".md"]
    [table] = Paper(str(files["Word"])).tables
    assert "第二条 → 第四条" in "".join(cell.text for cell in table.column_cells(0))
    assert "<del>一年</del>" in files["Markdown"].read_text("utf-8")
    assert load_workbook(files["Excel"])["对照"].max_row > 3
    page.get_by_role("link", name="新增").first.click()
    assert page.locator(".pair").count() == 6
    assert page.locator(".pair del").count() == 0


# --- 责任清单 -----------------------------------------------------------------------------------


def test_a_table_goes_out_is_filled_in_and_comes_back_filled_in(visit: Visit, tmp_path: Path) -> None:
    page = visit.open("/duties?doc=notice")
    page.locator("select[name=degree]").select_option("不得")
    page.get_by_role("button", name="筛选").click()
    assert set(page.locator("td[data-name=强度]").all_inner_texts()) == {"不得"}
    path = tmp_path / "清单.xlsx"
    with page.expect_download() as started:
        page.get_by_role("button", name="导出 Excel").click()
    started.value.save_as(path)
    workbook = load_workbook(path)
    sheet = workbook["清单"]
    rows = sheet.max_row
    column = next(cell.column for cell in sheet[1] if cell.value == "责任部门")
    sheet.cell(row=3, column=column).value = "普惠金融部"
    workbook.save(path)
    page.get_by_label("上一次导出").set_input_files(path)
    with page.expect_download() as again:
        page.get_by_role("button", name="导出 Excel").click()
    filled = load_workbook(BytesIO(Path(again.value.path()).read_bytes()))["清单"]
    assert filled.cell(row=3, column=column).value == "普惠金融部"
    assert filled.max_row == rows
    page.locator("td[data-name=出处] a").first.click()
    assert page.locator("mark").count() > 0


def test_a_file_that_is_no_table_is_told_on_a_page(visit: Visit, tmp_path: Path) -> None:
    page = visit.open("/duties?doc=notice")
    wrong = tmp_path / "wrong.xlsx"
    wrong.write_bytes(b"no workbook")
    page.get_by_label("上一次导出").set_input_files(wrong)
    page.get_by_role("button", name="导出 Excel").click()
    assert "上一次的清单" in page.get_by_role("alert").inner_text()
    visit.complaints = [text for text in visit.complaints if "422" not in text]


# --- 宣讲 ---------------------------------------------------------------------------------------


def draft(page: Page) -> None:
    page.get_by_label("听众").fill("种粮农户")
    page.get_by_label("主题").fill("贷款审查与续贷")
    page.get_by_label("时长（分钟）").fill("25")
    page.get_by_role("button", name="起草").click()
    page.get_by_role("button", name="下载 PPTX").wait_for()


def test_a_talk_is_drafted_edited_judged_again_and_kept_as_a_file(visit: Visit, tmp_path: Path) -> None:
    page = visit.open("/read")
    page.get_by_role("link", name="宣讲").click()
    draft(page)
    assert "25 分钟" in page.get_by_role("status").inner_text()
    first = page.get_by_label("说法").first
    first.fill("人人都能批下信用贷款。")
    page.get_by_role("button", name="下载 PPTX").click()
    assert "没有导出" in page.get_by_role("status").first.inner_text()
    assert page.locator(".badge.bad").count() == 1
    assert page.get_by_label("时长（分钟）").input_value() == "25"
    with page.context.expect_page() as opened:
        page.locator(".point a").first.click()
    assert opened.value.locator(".here").count() > 0
    assert first.input_value() == "人人都能批下信用贷款。"  # a source opens beside what was edited
    page.get_by_label("照样导出并标明").check()
    with page.expect_download() as started:
        page.get_by_role("button", name="下载 PPTX").click()
    path = tmp_path / started.value.suggested_filename
    started.value.save_as(path)
    assert path.name == "宣讲材料.pptx"
    assert path.read_bytes().startswith(b"PK")


@pytest.mark.parametrize(("width", "dark"), [(420, True), (1440, False)])
def test_a_draft_fits_the_window_and_axe_finds_nothing(browser: Browser, home: str, width: int, dark: bool) -> None:
    from axe_playwright_python.sync_playwright import Axe

    scheme = "dark" if dark else "light"
    visit = Visit(browser, home, viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    page = visit.open("/talks")
    draft(page)
    page.get_by_label("说法").first.fill("人人都能批下信用贷款。")
    page.get_by_role("button", name="再核对一遍").click()
    page.locator(".badge.bad").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("critical", "serious")] == []
    visit.shoot(f"talk_{width}")
    visit.context.close()


# --- how it looks -------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("width", "dark"), [(420, False), (1440, True)])
def test_nothing_is_wider_than_the_window_and_axe_finds_nothing(
    browser: Browser, home: str, path: str, width: int, dark: bool
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    visit = Visit(
        browser,
        home,
        viewport={"width": width, "height": 900},
        color_scheme="dark" if dark else "light",
        bypass_csp=True,
    )
    page = visit.open(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("critical", "serious")] == []
    visit.shoot(f"{path.split('/')[1].split('?')[0]}_{width}")
    visit.context.close()


def test_every_control_shows_when_it_has_the_focus(visit: Visit) -> None:
    page = visit.open("/compare?a=law_2010&b=law_2023")
    for _ in range(12):
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"
