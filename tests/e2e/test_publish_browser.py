"""A document from upload to the answer that cites it, and back: two people, two browsers, a real server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import IO, TYPE_CHECKING, Any

import pytest
from corpus_samples import NOTICE, rules
from doors import PASSWORD, opened
from test_ui import ARGS, CHROMIUM, SHOTS, pytestmark

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["pytestmark"]
ROOT = Path(__file__).resolve().parents[2]
_PATIENCE_S = 280
QUESTION = "小额贷款管理办法第二条规定了什么？"
BEFORE, CLAUSE = "单户贷款余额不得超过五百万元", "单户贷款余额不得超过八百万元"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(ARGS))
        yield browser
        browser.close()


class Site:
    """A library with a notice and rules, an editor and an approver, and a server over it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "corpus").mkdir()
        self.environment = {
            **os.environ,
            "ASSISTANT_EMBEDDER__KIND": "hashing",
            "ASSISTANT_INDEXES_DIR": str(folder / "indexes"),
            "ASSISTANT_CORPUS_DIR": str(folder / "corpus"),
            "ASSISTANT_DATA_DIR": str(folder / "data"),
            "ASSISTANT_ACCESS__SECURE_COOKIE": "false",
            "ASSISTANT_PORT": "0",
            "PYTHONPATH": str(ROOT),
            "PYTHONIOENCODING": "utf-8",
        }
        for name, text in (("通知.txt", NOTICE), ("旧办法.md", rules(2024))):
            (folder / name).write_text(text, encoding="utf-8")
        files = [str(folder / name) for name in ("通知.txt", "旧办法.md")]
        command = [sys.executable, "-m", "assistant", "corpus", "add", *files]
        subprocess.run(command, cwd=folder, env=self.environment, check=True, capture_output=True, timeout=120)
        with opened(folder / "data") as registry:
            for name, role in (("bian.ji", "editor"), ("shen.pi", "approver")):
                registry.users.create(name=name, password=PASSWORD, role=role, department=None)
        self.lines: IO[str]
        self.home = ""

    @contextmanager
    def served(self) -> Iterator[Site]:
        environment = {**self.environment, "ASSISTANT_MODE": "production"}
        command = [sys.executable, "-m", "assistant", "serve"]
        with subprocess.Popen(
            command, cwd=self.folder, env=environment, stdout=subprocess.PIPE, encoding="utf-8"
        ) as server:
            patience = Timer(_PATIENCE_S, server.kill)
            patience.start()
            try:
                assert server.stdout is not None
                self.lines = server.stdout
                self.home = self.heard("对话页面：").removeprefix("对话页面：").strip().rstrip("/")
                yield self
            finally:
                patience.cancel()
                server.terminate()

    def heard(self, words: str) -> str:
        """The next line with `words`; the patience of the test ends the server, and so the lines."""
        return next((line for line in self.lines if words in line), "")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(tmp_path_factory.mktemp("publish")).served() as site:
        yield site


def signed_in(browser: Browser, site: Site, name: str, **looks: Any) -> Page:
    """Somebody in a browser of their own."""
    context = browser.new_context(locale="zh-CN", reduced_motion="reduce", **looks)
    context.set_default_timeout(30_000)
    page = context.new_page()
    page.goto(f"{site.home}/signin")
    page.fill("[name=name]", name)
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url(f"{site.home}/")
    return page


def asked(page: Page, site: Site) -> str:
    """What the chat page answers."""
    page.goto(f"{site.home}/")
    page.wait_for_selector("#pz-box textarea")
    page.wait_for_function("document.querySelector('#pz-status p.pz-status-busy') === null")
    page.fill("#pz-box textarea", QUESTION)
    page.press("#pz-box textarea", "Enter")
    page.wait_for_function("document.querySelector('#pz-status').innerText.includes('用时')")
    return page.locator("#pz-chat [data-testid=bot]").last.inner_text() + page.inner_text("body")


def shoot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


def looked_at(page: Page, name: str) -> None:
    """A page at both widths, in both lights: nothing is wider than the window, axe finds nothing."""
    from axe_playwright_python.sync_playwright import Axe

    for width, dark in ((1440, False), (420, False), (1440, True), (420, True)):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if dark else "light")
        shoot(page, f"{name}_{width}{'_dark' if dark else ''}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
        found = Axe().run(page).response["violations"]
        assert [one["id"] for one in found if one["impact"] in ("critical", "serious")] == [], (name, width, dark)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme="light")


def test_a_document_comes_in_is_approved_published_asked_about_and_rolled_back(browser: Browser, site: Site) -> None:
    editor, approver = signed_in(browser, site, "bian.ji"), signed_in(browser, site, "shen.pi")
    told = asked(editor, site)
    assert (BEFORE in told, CLAUSE in told) == (True, False)

    # One of them uploads and hands on.
    paper = site.folder / "办法.md"
    paper.write_text(rules(2025, limit="八百"), encoding="utf-8")
    editor.goto(f"{site.home}/admin/drafts/new")
    editor.set_input_files("input[type=file]", str(paper))
    editor.get_by_role("button", name="上传", exact=True).click()
    editor.wait_for_url(re.compile("done=uploaded"))
    for _ in range(40):
        editor.goto(f"{site.home}/admin/drafts")
        if not editor.get_by_text(re.compile("…$")).count():
            break
        editor.wait_for_timeout(500)
    editor.locator("tr", has_text="办法").get_by_role("link").click()
    change = editor.url.rpartition("/")[2].partition("?")[0]
    editor.get_by_label("给审批人的说明").fill("新到的办法")
    editor.get_by_role("button", name="提交", exact=True).click()
    editor.locator(".notice.good", has_text="已提交").wait_for()

    # Not for themselves: there is no button, and a form of their own making is refused.
    editor.goto(f"{site.home}/admin/releases")
    assert editor.get_by_role("button", name="批准").count() == 0
    made_up = editor.request.post(
        f"{site.home}/admin/releases/changes/{change}",
        form={"action": "approve"},
        headers={"Origin": site.home},
    )
    assert made_up.status == 403

    # The other one approves, looks and publishes.
    approver.goto(f"{site.home}/admin")
    approver.get_by_role("navigation", name="管理").get_by_role("link", name="发布").click()
    looked_at(approver, "releases")
    approver.get_by_role("button", name="批准").click()
    approver.locator(".notice.good", has_text="已批准").wait_for()
    approver.get_by_role("button", name="预览这次发布").click()
    approver.get_by_role("heading", name="条款改动").wait_for()
    shown = approver.inner_text("main")
    for words in ("新版本", "被取代", "受影响的答复：1 条", "文件不再有效 1", "还没有标准题"):
        assert words in shown, words
    assert QUESTION not in shown  # it is the editor's, and an approver reads no records
    assert any("五" in words for words in approver.locator("del").all_inner_texts())
    looked_at(approver, "release_preview")
    approver.get_by_role("button", name="发布", exact=True).click()
    approver.locator(".notice.good", has_text="已发布").wait_for()
    looked_at(approver, "releases_published")

    # The server takes it up by itself, and the new document answers.
    assert site.heard("索引有更新")
    told = asked(editor, site)
    assert (BEFORE in told, CLAUSE in told) == (False, True)
    shoot(editor, "publish_asked")
    editor.goto(f"{site.home}/read/办法/第二条")
    assert CLAUSE in editor.inner_text("main")

    # One click back, said yes to once more.
    approver.get_by_text("退回上一版索引", exact=True).click()
    approver.get_by_role("button", name="确认退回上一版").click()
    approver.locator(".notice.good", has_text="已退回上一版").wait_for()
    assert "索引已退回上一版" in approver.inner_text("main")
    assert site.heard("索引有更新")
    told = asked(editor, site)
    assert (BEFORE in told, CLAUSE in told) == (True, False)
    gone = editor.goto(f"{site.home}/read/办法/第二条")
    assert gone is not None
    assert gone.status == 404
    assert "没有" in editor.inner_text("main")
    editor.context.close()
    approver.context.close()
