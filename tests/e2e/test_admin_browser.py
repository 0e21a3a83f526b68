"""The pages of 管理 in Chromium, under a sub-path, by role: what each sees and does, and how it looks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from assistants import memory_assistant
from doors import PASSWORD, door_of, opened
from memory_library import MemoryLibrary
from sample_texts import law, notice
from serving_fakes import serving
from starlette.routing import Route
from test_ui import ARGS, CHROMIUM, SHOTS, pytestmark

from assistant.access.embeds import State
from assistant.access.recorder import Recorder
from assistant.access.registry import Registry
from assistant.access.users import RECENT_MS, SCOPES_OF_ROLE, Role
from assistant.indexing.build import build_index
from assistant.models.standins import HashingEmbedder
from assistant.schema.inquiry import Inquiry
from assistant.serving.health_desk import Folders
from assistant.serving.http.api import create_api
from assistant.serving.http.managing.shell import ADMIN_PAGES
from assistant.serving.http.prefix import Prefix
from assistant.serving.ledger import Given, Ledger
from assistant.text.segment import Segmenter, policy_terms

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["pytestmark"]
USERS = {"guan.li": "admin", "shen.ji": "auditor", "shen.pi": "approver", "bian.ji": "editor", "du.zhe": "reader"}
LOOKS = [("guan.li", path) for path in ("/admin", "/admin/keys", "/admin/embeds", "/admin/users", "/admin/health")]
LOOKS += [("guan.li", "/admin/users/{du.zhe}"), ("shen.ji", "/admin/audit"), ("shen.ji", "/admin")]


@dataclass
class House:
    url: str
    registry: Registry
    there: frozenset[str]  # pages that the application has

    def user(self, name: str) -> str:
        return next(user.id for user in self.registry.users.listed() if user.name == name)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A production server as behind a proxy that strips /policy, with a key, a portal, and answers recorded."""
    folder = tmp_path_factory.mktemp("house")
    documents = [law(), notice()]
    assistant = memory_assistant(MemoryLibrary(documents, HashingEmbedder()))
    build_index(
        documents,
        indexes_dir=folder / "indexes",
        embedder=HashingEmbedder(),
        segmenter=Segmenter(policy_terms()),
    )
    (folder / "corpus").mkdir()
    with opened(folder) as registry:
        people = {
            name: registry.users.create(name=name, password=PASSWORD, role=role, department="信贷部", labels=["内部"])
            for name, role in USERS.items()
        }
        registry.keys.create(name="报表程序", scopes=["ask", "search"], by=people["guan.li"].principal.id, days=90)
        embed, _ = registry.embeds.create(name="内网首页", origins=["https://intra.example"], daily_cap=500)
        registry.embeds.set_state(embed.id, State.ACTIVE)
        ledger = Ledger(Recorder(registry.chain, registry.answers))
        for n, question in enumerate(
            ("提供虚假材料的能不能发放贷款？", "能不能用续贷掩盖信用风险？", "火星上能办贷款吗？")
        ):
            inquiry = Inquiry(question=question, principal=people["du.zhe"].principal)
            answer = assistant.ask(inquiry)
            ledger.answered(
                Given(id=f"a{n}", inquiry=inquiry, answer=answer, session_id="s", latency_ms=1.0), assistant
            )
        folders = Folders(indexes=folder / "indexes", corpus=folder / "corpus", data=folder)
        door = replace(door_of(registry, home=folder), ledger=ledger, folders=folders)
        app = create_api(lambda: assistant, doorkeeping=door)
        there = frozenset(route.path for route in app.router.routes if isinstance(route, Route))
        with serving(Prefix(app, "/policy")) as url:
            yield House(f"{url}/policy", registry, there)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGS)
        yield browser
        browser.close()


class Visit:
    """Somebody signed in, and what the browser complained of or asked elsewhere."""

    def __init__(self, browser: Browser, house: House, who: str, **looks: Any) -> None:
        self.house = house
        self.context = browser.new_context(locale="zh-CN", reduced_motion="reduce", **looks)
        self.context.set_default_timeout(20_000)
        token, _ = house.registry.users.sign_in(who, PASSWORD)
        place = {"domain": "127.0.0.1", "path": "/policy"}  # as the sign-in page sets it
        cookie = {"name": "pz_signin", "value": token, "httpOnly": True, "sameSite": "Strict", **place}
        self.context.add_cookies([cookie])  # type: ignore[list-item]
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.elsewhere: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self._see(request.url))

    def _see(self, url: str) -> None:
        if not url.startswith((f"{self.house.url}/", "data:")):
            self.elsewhere.append(url)

    def open(self, path: str) -> Page:
        self.page.goto(self.house.url + path)
        return self.page

    def close(self) -> None:
        assert (self.complaints, self.elsewhere) == ([], [])
        self.context.close()


def side(page: Page) -> list[str]:
    return page.get_by_role("navigation", name="管理").get_by_role("link").all_inner_texts()


# --- who sees what ------------------------------------------------------------------------------


@pytest.mark.parametrize(("who", "role"), sorted(USERS.items()))
def test_each_role_sees_the_pages_it_may_use_and_every_one_opens(
    browser: Browser, house: House, who: str, role: str
) -> None:
    scopes = SCOPES_OF_ROLE[Role(role)]
    wanted = [one for one in ADMIN_PAGES if one.path in house.there and one.scopes & scopes]
    visit = Visit(browser, house, who)
    page = visit.open("/talks")
    link = page.get_by_role("navigation", name="页面").get_by_role("link", name="管理")
    if role == "reader":
        assert (link.count(), wanted) == (0, [])
        visit.complaints.clear()
        answer = page.goto(f"{house.url}/admin")
        assert answer is not None
        assert answer.status == 403
        assert "没有权限" in page.locator("h1").inner_text()
        assert page.get_by_role("link", name="管理").count() == 0
        visit.complaints.clear()  # the browser tells of the 403
        visit.close()
        return
    link.click()
    assert side(page) == ["管理首页", *(one.words for one in wanted)]
    assert page.locator(".shelf h2").all_inner_texts() == [one.words for one in wanted]
    for one in wanted:
        page.get_by_role("navigation", name="管理").get_by_role("link", name=one.words, exact=True).click()
        assert page.url.removeprefix(house.url) == one.path
        assert page.get_by_role("navigation", name="管理").locator("[aria-current=page]").inner_text() == one.words
    visit.close()


# --- what is done -------------------------------------------------------------------------------


def test_a_key_is_made_copied_once_and_made_void(browser: Browser, house: House) -> None:
    visit = Visit(browser, house, "guan.li", permissions=["clipboard-read", "clipboard-write"])
    page = visit.open("/admin/keys")
    page.get_by_label("名称").fill("对账程序")
    page.get_by_label("核对文字").uncheck()
    page.get_by_label("标签（用逗号分开，可以不填）").fill("内部，信贷部")
    page.get_by_role("button", name="建立密钥").click()
    secret = page.get_by_label("密钥", exact=True).input_value()
    assert secret.startswith("pz_")
    page.get_by_role("button", name="复制").click()
    page.get_by_role("button", name="已复制").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == secret
    page.get_by_role("link", name="已保存好，返回").click()
    assert secret not in page.content()
    row = page.locator("tr", has_text="对账程序")
    assert "内部、信贷部" in row.inner_text()
    assert "核对文字" not in row.inner_text()
    row.locator("summary").click()
    row.get_by_role("button", name="确认停用").click()
    assert page.get_by_role("status").first.inner_text() == "密钥已停用，5 秒内失效。"
    page.get_by_text("停用和过期的").click()
    assert "已停用" in page.locator("tr", has_text="对账程序").inner_text()
    key = next(one for one in house.registry.keys.listed() if one.name == "对账程序")
    assert key.revoked_at is not None
    visit.close()


def test_a_user_is_made_signs_in_is_changed_and_shut_out(browser: Browser, house: House) -> None:
    visit = Visit(browser, house, "guan.li")
    page = visit.open("/admin/users")
    page.get_by_label("用户名", exact=True).fill("wang.fang")
    assert page.locator("#new + form select option").all_inner_texts() == [
        "使用者（提问、读原文）",
        "管理员（密钥、门户、用户）",
    ]
    page.locator("#new + form").get_by_label("标签（用逗号分开，可以不填）").fill("内部")
    page.get_by_role("button", name="建立用户").click()
    password = page.get_by_label("密码", exact=True).input_value()
    assert house.registry.users.sign_in("wang.fang", password)[1].labels == ("内部",)
    page.get_by_role("link", name="已保存好，返回").click()
    page.get_by_label("标签（用逗号分开）").fill("")
    page.get_by_role("button", name="更改", exact=True).click()
    assert "已更改" in page.get_by_role("status").first.inner_text()
    page.get_by_text("停用这个用户").click()
    page.get_by_role("button", name="确认停用").click()
    assert "用户已停用" in page.get_by_role("status").first.inner_text()
    page.get_by_role("button", name="重新启用").click()
    page.get_by_text("重设密码", exact=True).click()
    page.get_by_role("button", name="确认重设").click()
    assert page.get_by_label("密码", exact=True).input_value() != password
    acts = [one.kind for one in house.registry.chain.entries() if one.facts.get("name") == "wang.fang"]
    assert acts == ["user.created", "user.changed", "user.disabled", "user.enabled", "user.password"]
    visit.close()


def test_a_portal_is_registered_and_switched(browser: Browser, house: House) -> None:
    visit = Visit(browser, house, "guan.li")
    page = visit.open("/admin/embeds")
    form = page.locator("#new + form")
    form.get_by_label("名称").fill("手机银行")
    form.get_by_label("来源").fill("https://m.example\nhttps://m2.example")
    page.get_by_role("button", name="登记门户").click()
    assert len(page.get_by_label("共用密钥").input_value()) > 20
    page.get_by_role("link", name="已保存好，返回").click()
    card = page.locator(".card", has_text="手机银行")
    card.get_by_role("button", name="启用").click()
    assert "门户已启用" in page.get_by_role("status").first.inner_text()
    card.get_by_text("更改限额和保留天数").click()
    card.get_by_label("每日上限").fill("20")
    card.get_by_role("button", name="更改").click()
    assert "每日上限\n20" in card.inner_text()
    card.locator(".confirm summary").click()
    card.get_by_role("button", name="确认停用").click()
    assert "已停用" in card.inner_text()
    visit.close()


def test_the_audit_is_filtered_opened_verified_and_exported(browser: Browser, house: House, tmp_path: Path) -> None:
    visit = Visit(browser, house, "shen.ji")
    page = visit.open("/admin/audit")
    page.get_by_label("谁").fill("du.zhe")
    page.get_by_label("做了什么").select_option(label="作答")
    page.get_by_label("涉及的文件").select_option(label="《村镇贷款条例》")
    page.get_by_role("button", name="筛选").click()
    rows = page.locator("tbody tr")
    assert rows.count() >= 1
    assert set(page.locator("td[data-name=谁]").all_inner_texts()) == {"du.zhe"}
    rows.first.locator("summary").click()
    assert "问题（已隐去个人信息）" in rows.first.inner_text()
    with page.expect_download() as started:
        page.get_by_role("link", name="导出符合条件的记录").click()
    path = tmp_path / started.value.suggested_filename
    started.value.save_as(path)
    assert path.suffix == ".jsonl"
    assert len(path.read_text("utf-8").splitlines()) == rows.count()
    page.get_by_role("link", name="清除筛选").click()
    assert page.get_by_label("谁").input_value() == ""
    page.get_by_role("button", name="核验").click()
    assert "前后相接" in page.get_by_role("status").inner_text()
    visit.close()


def test_whoever_signed_in_long_ago_signs_in_again_and_comes_back(browser: Browser, house: House) -> None:
    visit = Visit(browser, house, "guan.li")
    page = visit.open("/admin/keys")
    page.get_by_label("名称").fill("太晚了")
    clock = house.registry.store.clock
    house.registry.store.clock = lambda: clock() + RECENT_MS + 60_000
    try:
        page.get_by_role("button", name="建立密钥").click()
        assert "请重新登录" in page.locator("h1").inner_text()
        page.get_by_role("link", name="重新登录").click()
        page.get_by_label("用户名").fill("guan.li")
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="登录").click()
        page.wait_for_url(f"{house.url}/admin/keys")
        assert page.get_by_role("button", name="建立密钥").count() == 1
    finally:
        house.registry.store.clock = clock
    assert "太晚了" not in {key.name for key in house.registry.keys.listed()}
    visit.complaints.clear()  # the browser tells of the 403
    visit.close()


def test_the_index_is_checked_from_the_page(browser: Browser, house: House) -> None:
    visit = Visit(browser, house, "shen.pi")
    page = visit.open("/admin/health")
    assert page.locator(".health").count() == 4
    page.get_by_role("button", name="现在自检").click()
    page.get_by_text("索引自检完成：完好。").wait_for(timeout=120_000)
    assert "检查过，完好" in page.locator(".health", has_text="自检").inner_text()
    visit.close()


# --- how it looks -------------------------------------------------------------------------------


@pytest.mark.parametrize(("who", "path"), LOOKS)
@pytest.mark.parametrize(("width", "dark"), [(420, True), (420, False), (1440, False), (1440, True)])
def test_nothing_is_wider_than_the_window_and_axe_finds_nothing(
    browser: Browser, house: House, who: str, path: str, width: int, dark: bool
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    scheme = "dark" if dark else "light"
    visit = Visit(browser, house, who, viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    page = visit.open(path.replace("{du.zhe}", house.user("du.zhe")))
    for folded in page.locator(".panel details").all():
        folded.evaluate("e => e.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("critical", "serious")] == []
    SHOTS.mkdir(parents=True, exist_ok=True)
    name = path.strip("/").replace("/", "_").replace("{du.zhe}", "one")
    page.screenshot(path=SHOTS / f"{name}_{USERS[who]}_{width}_{scheme}.png", full_page=True)
    visit.close()


def test_every_control_shows_when_it_has_the_focus(browser: Browser, house: House) -> None:
    visit = Visit(browser, house, "guan.li")
    page = visit.open("/admin/keys")
    for _ in range(20):
        page.keyboard.press("Tab")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    visit.close()
