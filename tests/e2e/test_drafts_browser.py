"""文件 in Chromium: three files come in, a heading is corrected, one is handed on; and how it looks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from assistants import memory_assistant
from doors import PASSWORD, door_of, opened
from memory_library import MemoryLibrary
from sample_texts import law, notice
from serving_fakes import serving
from test_ui import ARGS, CHROMIUM, SHOTS, pytestmark

from assistant.access.registry import Registry
from assistant.models.standins import HashingEmbedder
from assistant.serving.http.api import create_api

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["pytestmark"]
GOOD = """某市分局关于做好春耕贷款工作的通知

某分局〔2026〕12号

各银行机构：
为做好春耕备耕工作，现就有关事项通知如下：
一、总体要求
各银行机构要优先满足春耕备耕的资金需要。
2、工作措施
各银行机构要简化手续，及时办理。
三、其他
各银行机构要按月报告进展。

某市分局
2026年3月2日
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(ARGS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Registry]]:
    home = tmp_path_factory.mktemp("drafts")
    assistant = memory_assistant(MemoryLibrary([law(), notice()], HashingEmbedder()), rights=frozenset())
    with opened(home) as registry:
        for name, role in (("bian.ji", "editor"), ("shen.pi", "approver")):
            registry.users.create(name=name, password=PASSWORD, role=role, department="信贷部", labels=["内部"])
        with serving(create_api(lambda: assistant, doorkeeping=door_of(registry, home=home))) as url:
            yield url, registry


def signed_in(browser: Browser, site: tuple[str, Registry], name: str, **looks: Any) -> Page:
    url, registry = site
    context = browser.new_context(locale="zh-CN", reduced_motion="reduce", **looks)
    context.set_default_timeout(20_000)
    token, _ = registry.users.sign_in(name, PASSWORD)
    context.add_cookies([{"name": "pz_signin", "value": token, "url": url}])
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.complaints = complaints  # type: ignore[attr-defined]
    return page


def files(folder: Path) -> list[str]:
    """A good one, one that is nearly in the library, and one that is none."""
    near = notice().text.replace("2024年", "2026年", 1) + "\n本通知自发布之日起执行。\n"
    (folder / "春耕通知.txt").write_text(GOOD, encoding="utf-8")
    (folder / "续贷通知.txt").write_text(near, encoding="utf-8")
    (folder / "坏文件.docx").write_bytes(b"PK\x03\x04 no package")
    return [str(folder / name) for name in ("春耕通知.txt", "续贷通知.txt", "坏文件.docx")]


def test_three_files_come_in_one_is_corrected_and_handed_on(
    browser: Browser, site: tuple[str, Registry], tmp_path: Path
) -> None:
    home = site[0]
    page = signed_in(browser, site, "bian.ji", viewport={"width": 1440, "height": 900})
    page.goto(f"{home}/admin/drafts")
    page.get_by_role("link", name="上传文件或移除文件").click()
    page.set_input_files("input[type=file]", files(tmp_path))
    page.get_by_role("button", name="上传", exact=True).click()
    page.wait_for_url(f"{home}/admin/drafts?done=uploaded")
    read(page, home)
    rows = page.locator("tbody tr")
    assert rows.count() == 3
    assert "没有读成" not in page.inner_text("main")
    shoot(page, "drafts_1440")
    broken = page.locator("tr", has_text="坏文件")
    assert "读不出" in broken.inner_text()

    page.locator("tr", has_text="续贷通知.txt").get_by_role("link").click()
    near = page.locator(".notice.warn").first
    assert "相近" in near.inner_text()
    near.get_by_role("link", name="逐条对照").click()
    assert page.locator(".pair").count() >= 1
    shoot(page, "draft_compare_1440")

    page.goto(f"{home}/admin/drafts")
    page.locator("tr", has_text="春耕通知").get_by_role("link").click()
    shoot(page, "draft_1440")
    assert page.get_by_label("文号").input_value() == "某分局〔2026〕12号"
    page.get_by_role("link", name="对照原文").click()
    line = page.locator("li", has_text="2、工作措施")
    assert "一、2." in line.inner_text()
    line.locator("summary").click()
    line.get_by_label("这一行是").select_option("heading")
    line.get_by_label("层级").select_option("heading_1")
    line.get_by_label("编号").fill("2")
    shoot(page, "draft_lines_1440")
    line.get_by_role("button", name="按此校对").click()
    page.locator(".notice.good").wait_for()
    line = page.locator("li", has_text="2、工作措施")
    assert "二" in line.locator(".place > span").first.inner_text()
    assert "已校对" in line.inner_text()
    shoot(page, "draft_lines_done_1440")

    page.get_by_role("link", name="回到这项变更").click()
    page.get_by_label("来源").fill("某市分局网站")
    page.get_by_label("信贷部").check()
    page.get_by_role("button", name="保存登记事项").click()
    page.locator(".notice.good").wait_for()
    page.get_by_label("给审批人的说明").fill("请审批")
    page.get_by_role("button", name="提交").click()
    page.locator(".notice.good", has_text="已提交").wait_for()
    assert page.get_by_role("button", name="保存登记事项").count() == 0
    assert page.complaints == []  # type: ignore[attr-defined]
    page.context.close()


def shoot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


def test_it_works_without_script_and_an_approver_sees_it_without_touching_it(
    browser: Browser, site: tuple[str, Registry], tmp_path: Path
) -> None:
    home = site[0]
    page = signed_in(browser, site, "bian.ji", java_script_enabled=False)
    page.goto(f"{home}/admin/drafts/new")
    paper = tmp_path / "夏粮通知.txt"
    paper.write_text(GOOD.replace("春耕", "夏粮"), encoding="utf-8")
    page.set_input_files("input[type=file]", str(paper))
    page.get_by_role("button", name="上传", exact=True).click()
    assert "文件已保存，正在读取。" in page.inner_text(".panel")
    read(page, home)
    link = page.locator("tr", has_text="夏粮").get_by_role("link").get_attribute("href")
    page.context.close()
    other = signed_in(browser, site, "shen.pi")
    other.goto(f"{home}{link}")
    assert other.get_by_role("button", name="保存登记事项").count() == 0
    other.get_by_role("link", name="对照原文").click()
    assert other.locator("ol.lines > li").count() == 12
    assert other.locator("ol.lines form").count() == 0
    other.context.close()


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (1440, True), (420, False), (420, True)])
def test_the_pages_fit_the_window_and_axe_finds_nothing(
    browser: Browser, site: tuple[str, Registry], tmp_path: Path, width: int, dark: bool
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    home, scheme = site[0], "dark" if dark else "light"
    page = signed_in(browser, site, "bian.ji", viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto(f"{home}/admin/drafts/new")
    page.set_input_files("input[type=file]", files(tmp_path))
    page.get_by_role("button", name="上传", exact=True).click()
    page.wait_for_url(f"{home}/admin/drafts?done=uploaded")
    read(page, home)
    near = page.locator("tr", has_text="续贷通知.txt").first.get_by_role("link").get_attribute("href")
    broken = page.locator("tr", has_text="坏文件").first.get_by_role("link").get_attribute("href")
    assert near is not None
    for name, path in {
        "drafts": "/admin/drafts?sort=doubts",
        "drafts_new": "/admin/drafts/new",
        "draft": near,
        "draft_broken": broken,
        "draft_lines": f"{near}/lines",
        "draft_compare": f"{near}/compare?with=notice",
    }.items():
        page.goto(f"{home}{path}")
        if name == "draft_lines":
            page.locator("ol.lines summary").nth(3).click()
        shoot(page, f"{name}_{width}_{scheme}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        found = Axe().run(page).response["violations"]
        assert [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("critical", "serious")] == [], name
    page.context.close()


def read(page: Page, home: str) -> None:
    """The list once nothing is being read; it asks again by itself, and here is asked without waiting for that."""
    for _ in range(40):
        page.goto(f"{home}/admin/drafts")
        if not page.get_by_text(re.compile("…$")).count():
            return
        page.wait_for_timeout(250)
    raise AssertionError("it is read for ever")
