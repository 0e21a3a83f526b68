"""Sign-in and sign-out in headless Chromium: by password, and by a provider of the house at another site."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from doors import PASSWORD, door_of, opened
from house_provider import CLIENT, SECRET, house_provider
from serving_fakes import FakeAssistant, serving
from test_ui import ARGS, CHROMIUM, SHOTS, pytestmark

from assistant.access.oidc import Oidc, OidcClient
from assistant.access.secrets import Pepper
from assistant.serving.http.api import create_api
from assistant.serving.page.chat import mount_chat

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["pytestmark"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(ARGS))
        yield browser
        browser.close()


def test_a_browser_signs_in_with_a_password_views_as_others_and_signs_out(browser: Browser, tmp_path: Path) -> None:
    """By our own forms: what a browser says of where they come from has to be enough for us."""
    with opened(tmp_path) as registry:
        registry.users.create(name="guan.li", password=PASSWORD, role="admin", department="信贷部")
        with serving(mount_chat(create_api(FakeAssistant, doorkeeping=door_of(registry)))) as home:
            page = browser.new_context(locale="zh-CN").new_page()
            page.set_default_timeout(20_000)
            page.goto(home)
            page.fill("[name=name]", "guan.li")
            page.fill("[name=password]", PASSWORD)
            page.get_by_role("button", name="登录").click()
            page.get_by_role("link", name="以部门身份查看").click()
            page.fill("[name=department]", "信贷部")
            page.fill("[name=labels]", "内部")
            SHOTS.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=SHOTS / "view_as_form.png")
            page.get_by_role("button", name="开始查看").click()
            note = page.locator(".pz-viewing")
            note.wait_for()
            assert "正在以他人身份查看（只读，已留痕）：部门 信贷部，标签 内部，角色 使用者。" in note.inner_text()
            assert "您没有标签 内部" in note.inner_text()
            page.screenshot(path=SHOTS / "view_as_page.png", full_page=True)
            page.get_by_role("button", name="结束查看").click()
            page.get_by_role("link", name="以部门身份查看").wait_for()
            page.goto(f"{home}/compare")  # a form of a page of ours counts as one, too
            page.get_by_role("button", name="退出登录").click()
            page.wait_for_url(f"{home}/signin")
            assert page.context.cookies() == []
            page.context.close()


def test_a_browser_comes_back_signed_in(browser: Browser, tmp_path: Path) -> None:
    with opened(tmp_path) as registry, house_provider() as provider:
        client = OidcClient(
            issuer=provider.issuer, client_id=CLIENT, client_secret=SECRET, home="", roles={"policy": "reader"}
        )
        oidc = Oidc(client, Pepper(b"p" * 40))
        app = create_api(FakeAssistant, doorkeeping=replace(door_of(registry), oidc=oidc))
        with serving(app) as address:
            home = address.replace("127.0.0.1", "localhost")  # another site than the provider's
            oidc.client = replace(client, home=home)
            page = browser.new_context(locale="zh-CN").new_page()
            page.set_default_timeout(20_000)
            page.goto(f"{home}/docs")
            assert page.url == f"{home}/signin"  # nobody yet
            SHOTS.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=SHOTS / "sign_in_house.png")
            page.get_by_role("link", name="用单位统一登录").click()
            page.wait_for_url(f"{home}/")
            docs = page.goto(f"{home}/docs")
            assert docs is not None
            assert (page.url, docs.status) == (f"{home}/docs", 200)
            cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
            assert set(cookies) == {"pz_signin"}
            assert (cookies["pz_signin"]["httpOnly"], cookies["pz_signin"]["sameSite"]) == (True, "Strict")
            assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
            page.context.close()
