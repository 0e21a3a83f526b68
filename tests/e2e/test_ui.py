"""The chat page in headless Chromium, with a scripted assistant behind it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from serving_fakes import (
    ANSWER_TEXT,
    QUOTE,
    TITLE,
    FakeAssistant,
    answered,
    refused,
    serving,
    small_citation,
    small_related,
)

from assistant.errors import IndexNotBuilt, ModelTimeout
from assistant.schema.answer import Answer
from assistant.schema.document import Validity
from assistant.serving.desk import Desk
from assistant.serving.http.api import create_api
from assistant.serving.ports import Assistant
from assistant.serving.server import LazyAssistant

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page

CHROMIUM = Path("/usr/bin/chromium")
SHOTS = Path(__file__).resolve().parents[2] / "artifacts" / "screenshots"
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PAYLOADS = (
    "<script>window.hit=1</script>",
    "<img src=x onerror='window.hit=2'>",
    "<svg/onload=window.hit=3>",
    "<iframe srcdoc='<script>parent.hit=4</script>'></iframe>",
    "[点此](javascript:window.hit=5)",
    "![图](https://attacker.example/x.png)",
    "<https://attacker.example/y>",
    "https://attacker.example/z www.attacker.example",
    "[1]: https://attacker.example/ref",
    "${window.hit=6}{{window.hit=7}}#{window.hit=8}<%= window.hit=9 %>",
    "<style>@import url(https://attacker.example/s.css)</style>",
    "<a href='data:text/html,<script>1</script>'>a</a>",
    '"><details open ontoggle=window.hit=10>',
    "</textarea><img src=x onerror=window.hit=11>",
    "$$\\href{javascript:window.hit=12}{x}$$",
    "```html\n<img src=x onerror=window.hit=13>\n```",
    "<form action=https://attacker.example><input name=a autofocus onfocus=window.hit=14>",
    "<math><mtext><img src=x onerror=window.hit=15></mtext></math>",
)


def _missing() -> str | None:
    if not CHROMIUM.exists():
        return "no Chromium at /usr/bin/chromium"
    if shutil.which("fc-list") is None:
        return "no fc-list to look for Chinese fonts with"
    fonts = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, text=True, check=False, timeout=30)
    return None if fonts.stdout.strip() else "no Chinese font on this machine"


_REASON = _missing()
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(_REASON is not None, reason=_REASON or ""),
]


class Stand:
    """What the shared server asks; every test puts its own assistant there."""

    current: Assistant | Exception = FakeAssistant()
    desk: Desk

    @classmethod
    def provide(cls) -> Assistant:
        if isinstance(cls.current, Exception):
            raise cls.current
        return cls.current


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    from assistant.serving.page.chat import mount_chat

    app = create_api(Stand.provide)
    Stand.desk = app.state.desk
    with serving(mount_chat(app)) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGS)
        yield browser
        browser.close()


@pytest.fixture
def fake() -> FakeAssistant:
    fake = FakeAssistant()
    Stand.current = fake
    return fake


class Visit:
    """An open page, every address it asked for, and every error it met."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self._address = address
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.dialogs: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("dialog", self._dismiss)
        page.goto(f"{address}/")
        page.wait_for_selector("#pz-box textarea")
        page.wait_for_function("document.querySelector('#pz-status p.pz-status-busy') === null")

    def _dismiss(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def ask(self, question: str) -> None:
        self.page.fill("#pz-box textarea", question)
        self.page.press("#pz-box textarea", "Enter")

    def wait_status(self, words: str) -> None:
        self.page.wait_for_function(
            "words => document.querySelector('#pz-status').innerText.includes(words)", arg=words
        )

    def wait_no_answer(self) -> None:
        """The page draws the emptied chat a moment after the status line; nothing may come back then."""
        none = "document.querySelectorAll('#pz-chat [data-testid=bot]').length === 0"
        self.page.wait_for_function(none)
        self.page.wait_for_timeout(500)
        assert self.page.evaluate(none)

    def answers(self) -> list[str]:
        return self.page.locator("#pz-chat [data-testid=bot]").all_inner_texts()

    def inside(self, path: str) -> str:
        """An address of our own."""
        return f"{self._address}/{path}"

    def leads(self, selector: str) -> set[str]:
        """Where links lead, as far as the first stroke behind the name of a page of ours."""
        found = self.page.locator(selector).evaluate_all("all => all.map(a => a.href)")
        own = self.inside("read/")
        return {own if address.startswith(own) else address for address in found}

    def assert_quiet(self) -> None:
        """No script of a stranger ran and nothing was asked of another origin."""
        assert self.page.evaluate("window.hit") is None
        assert self.errors == []
        assert self.dialogs == []
        outside = [url for url in self.requests if not url.startswith((f"{self._address}/", "data:", "blob:"))]
        assert outside == []

    def shoot(self, name: str) -> None:
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


@pytest.fixture
def visit(browser: Browser, address: str, fake: FakeAssistant) -> Iterator[Visit]:
    yield from visiting(browser, address)


def visiting(
    browser: Browser, address: str, *, width: int = 1280, height: int = 860, dark: bool = False
) -> Iterator[Visit]:
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale="zh-CN",
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
    )
    context.set_default_timeout(20_000)
    yield Visit(context.new_page(), address)
    context.close()


def test_question_to_cited_answer(visit: Visit) -> None:
    visit.shoot("empty")
    visit.ask("能续贷吗？")
    visit.wait_status("有依据，引用 1 处条款")
    [said] = visit.answers()
    assert "有依据" in said
    assert ANSWER_TEXT in said
    assert f"[1] 《{TITLE}》五、（十）" in said
    assert "内容由程序依据条款生成" in said
    card = visit.page.locator("#pz-cards .pz-card")
    assert card.count() == 1
    words = card.inner_text()
    for expected in (TITLE, "五、（十）", "落实无还本续贷政策", "年度文件", "✓ 引文已核对", "要求"):
        assert expected in words
    assert "".join(card.locator("mark").inner_text().split()) == QUOTE
    assert visit.page.input_value("#pz-box textarea") == ""
    visit.shoot("answer_light")
    visit.assert_quiet()


def test_a_pasted_draft_is_checked(visit: Visit) -> None:
    visit.page.get_by_role("tab", name="核对").click()
    draft = "不得盲目抽贷、断贷、压贷（见《通知》五、（十））。可以盲目抽贷、断贷、压贷（见《通知》五、（十））。"
    visit.page.fill("#pz-draft textarea", draft + "<img src=x onerror=window.hit=99>应当上报的，依照办理。")
    visit.page.locator("#pz-check").click()
    visit.page.wait_for_selector("#pz-review .pz-checked")
    cards = visit.page.locator("#pz-review .pz-checked").all_inner_texts()
    assert len(cards) == 3
    assert "✓ 与条款一致" in cards[0]
    assert "✗ 约束程度与原文不符" in cards[1]
    assert "五、（十）" in cards[1]
    assert "<img src=x" in cards[2]
    assert visit.page.evaluate("window.hit") is None
    visit.shoot("verify_light")
    visit.assert_quiet()


def test_page_speaks_chinese_to_screen_readers(visit: Visit) -> None:
    assert visit.page.evaluate("document.documentElement.lang") == "zh-CN"
    assert visit.page.title() == "普惠政策助手"
    assert visit.page.get_by_role("textbox", name="请输入问题").count() == 1
    assert visit.page.get_by_role("button", name="发送").count() == 1
    assert visit.page.locator("#pz-status[role=status][aria-live=polite]").count() == 1
    assert "只依据本库收录的条款作答" in visit.page.locator("#pz-top").inner_text()
    assert "本库收录 1 份文件" in visit.page.locator("#pz-library").inner_text()
    visit.ask("能续贷吗？")
    visit.wait_status("有依据")
    assert visit.page.locator("#pz-chat [data-testid=bot][aria-label]").count() == 0
    assert visit.page.get_by_role("log", name="对话").count() == 1


def test_follow_up_shows_how_it_was_understood(visit: Visit, fake: FakeAssistant) -> None:
    visit.ask("能续贷吗？")
    visit.wait_status("有依据")
    visit.ask("那保险公司呢？")
    visit.page.wait_for_function("document.querySelectorAll('#pz-chat [data-testid=bot]').length === 2")
    visit.wait_status("有依据")
    assert "理解为：关于续贷：那保险公司呢？" in visit.answers()[1]
    assert [turn.content for turn in fake.asked[1].history] == ["能续贷吗？", ANSWER_TEXT]


def test_a_follow_up_may_be_asked_again_as_a_new_question_by_keyboard(visit: Visit, fake: FakeAssistant) -> None:
    again = visit.page.locator("#pz-again")
    visit.ask("能续贷吗？")
    visit.wait_status("有依据")
    visit.page.wait_for_timeout(300)
    assert not again.is_visible()
    visit.ask("房贷利率多少？")
    again.wait_for(state="visible")
    assert again.inner_text() == "按新问题重新回答"
    visit.page.focus("#pz-box textarea")
    visit.page.keyboard.press("Shift+Tab")
    assert visit.page.evaluate("document.activeElement.id") == "pz-again"
    visit.page.keyboard.press("Enter")
    again.wait_for(state="hidden")
    assert "理解为" not in visit.answers()[2]
    assert [(one.question, one.follows) for one in fake.asked[1:]] == [
        ("房贷利率多少？", None),
        ("房贷利率多少？", False),
    ]
    visit.assert_quiet()


def test_refusal_shows_the_nearest_clause(visit: Visit) -> None:
    visit.ask("彩票怎么买？")
    visit.wait_status("本库未载明，未引用条款")
    [said] = visit.answers()
    assert "本库未载明" in said
    assert "提示：已检索全部 1 份文件。" in said
    assert "不是答复的依据" in visit.page.locator("#pz-cards").inner_text()
    visit.shoot("refusal_light")


def test_sample_question_is_asked(visit: Visit, fake: FakeAssistant) -> None:
    visit.page.get_by_role("button", name="银行机构能不能盲目抽贷、断贷、压贷？").click()
    visit.wait_status("有依据")
    assert [asked.question for asked in fake.asked] == ["银行机构能不能盲目抽贷、断贷、压贷？"]


def test_text_appears_while_it_is_written(visit: Visit, fake: FakeAssistant) -> None:
    fake.hold.clear()
    visit.ask("能续贷吗？")
    visit.page.wait_for_function("document.querySelector('#pz-status .pz-status-busy') !== null")
    fake.hold.set()
    visit.wait_status("有依据")


def test_clearing_forgets_the_conversation(visit: Visit, fake: FakeAssistant) -> None:
    visit.ask("能续贷吗？")
    visit.wait_status("有依据")
    kept = len(Stand.desk.sessions)
    visit.page.get_by_role("button", name="清空对话").click()
    visit.wait_status("对话已清空")
    assert visit.answers() == []
    assert visit.page.locator(".pz-card").count() == 0
    assert len(Stand.desk.sessions) == kept - 1
    visit.ask("那保险公司呢？")
    visit.wait_status("有依据")
    assert fake.asked[-1].history == ()


def test_clearing_stops_an_answer_being_written(visit: Visit, fake: FakeAssistant) -> None:
    fake.endless = True
    visit.ask("能续贷吗？")
    visit.page.wait_for_selector("#pz-chat [data-testid=bot]")
    visit.page.get_by_role("button", name="清空对话").click()
    visit.wait_status("对话已清空")
    assert fake.stopped.wait(20)
    visit.wait_no_answer()


def test_leaving_the_page_stops_an_answer_being_written(browser: Browser, address: str, fake: FakeAssistant) -> None:
    fake.endless = True
    for visit in visiting(browser, address):
        visit.ask("能续贷吗？")
        visit.page.wait_for_selector("#pz-chat [data-testid=bot]")
        assert not fake.stopped.is_set()
    assert fake.stopped.wait(20)


def test_an_expired_conversation_begins_anew_and_says_so(visit: Visit, fake: FakeAssistant) -> None:
    visit.ask("能续贷吗？")
    visit.wait_status("有依据")
    for session_id, kept in list(Stand.desk.sessions._kept.items()):
        Stand.desk.sessions.forget(session_id, kept.owner)
    visit.ask("那保险公司呢？")
    visit.page.wait_for_function("document.querySelectorAll('#pz-chat [data-testid=bot]').length === 2")
    visit.wait_status("有依据")
    assert "上次会话已过期" in visit.answers()[1]
    assert fake.asked[-1].history == ()


@pytest.mark.parametrize(("question", "words"), [("   ", "请输入您想问的问题"), ("问" * 2001, "问题过长")])
def test_unusable_questions_stay_in_the_box(visit: Visit, question: str, words: str) -> None:
    visit.ask(question)
    visit.wait_status(words)
    assert visit.answers() == []
    assert visit.page.input_value("#pz-box textarea") == question


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (ModelTimeout("语言模型没有按时作答，请稍后再试。"), "语言模型没有按时作答"),
        (RuntimeError("绝密 traceback"), "服务内部出现异常"),
    ],
)
def test_faults_are_told_politely(visit: Visit, fake: FakeAssistant, fault: Exception, words: str) -> None:
    fake.fault = fault
    visit.ask("能续贷吗？")
    visit.wait_status(words)
    assert visit.answers()[-1].startswith("未能作答\n")
    assert "绝密" not in visit.page.content()
    visit.assert_quiet()


def test_without_an_index_the_page_says_so(browser: Browser, address: str) -> None:
    Stand.current = IndexNotBuilt("还没有建立索引，请先运行 python -m assistant index。")
    for visit in visiting(browser, address):
        visit.wait_status("还没有建立索引")
        visit.ask("能续贷吗？")
        visit.page.wait_for_selector("#pz-chat [data-testid=bot]")
        assert "还没有建立索引" in visit.answers()[0]
        visit.shoot("no_index")


def test_hostile_questions_are_inert(visit: Visit) -> None:
    for number, payload in enumerate(PAYLOADS, start=1):
        visit.ask(payload)
        visit.page.wait_for_function(
            "n => document.querySelectorAll('#pz-chat [data-testid=bot]').length === n", arg=number
        )
        visit.wait_status("有依据")
    said = visit.page.locator("#pz-chat [data-testid=user]")
    for number, payload in enumerate(PAYLOADS):
        assert "".join(said.nth(number).inner_text().split()) == "".join(payload.split())
    assert visit.page.locator("#pz-chat [data-testid=user] :is(a, img, script, iframe, svg, form, pre)").count() == 0
    visit.assert_quiet()


def hostile(payload: str) -> Answer:
    citation = replace(
        small_citation(),
        document_title=payload,
        address=payload,
        heading=payload,
        clause_text=f"前{payload}后",
        quotes=(payload,),
        validity=Validity.UNKNOWN,
    )
    return replace(
        answered("问"),
        text=f"{payload}[1]",
        standalone_question=payload,
        citations=(citation,),
        notices=(payload,),
        related=(replace(small_related((1,)), title=payload, why=payload, note=payload, official_url=payload),),
    )


def test_hostile_documents_and_answers_are_inert(visit: Visit, fake: FakeAssistant) -> None:
    for number, payload in enumerate(PAYLOADS, start=1):
        fake.answer = hostile(payload)
        visit.ask("能续贷吗？")
        visit.page.wait_for_function(
            "n => document.querySelectorAll('#pz-chat [data-testid=bot]').length === n", arg=number
        )
        visit.wait_status("有依据")
        visit.page.wait_for_function(
            "want => document.querySelector('#pz-cards mark')?.textContent === want", arg=payload
        )
        assert visit.page.locator("#pz-cards :is(img, script, iframe, svg, form, style)").count() == 0
        assert visit.leads("#pz-cards a") == {visit.inside("read/")}
        assert visit.page.locator("#pz-cards details").count() == 1  # our own list of related policies
    assert visit.page.locator("#pz-chat [data-testid=bot] :is(img, script, iframe, svg, form, style)").count() == 0
    assert visit.leads("#pz-chat [data-testid=bot] a") == {visit.inside("read/")}
    visit.assert_quiet()


def test_a_mark_leads_to_the_clause_with_its_words_marked(visit: Visit) -> None:
    visit.ask("能续贷吗？")
    visit.wait_status("有依据")
    for selector in ("#pz-chat [data-testid=bot] a", "#pz-cards .pz-place a"):
        with visit.page.expect_popup() as opened:
            visit.page.locator(selector).first.click()
        page = opened.value
        assert "".join(page.locator("mark").inner_text().split()) == QUOTE
        assert page.locator("h1").inner_text() == f"《{TITLE}》"
        page.close()


@pytest.mark.parametrize("dark", [False, True])
def test_phone_width_does_not_scroll_sideways(browser: Browser, address: str, fake: FakeAssistant, dark: bool) -> None:
    for visit in visiting(browser, address, width=420, height=860, dark=dark):
        visit.ask("能续贷吗？" + "超长不断行" * 20 + "x" * 200)
        visit.wait_status("有依据")
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= 420
        for selector in ("#pz-box textarea", "#pz-send", "#pz-cards .pz-card"):
            box = visit.page.locator(selector).bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 420
        visit.shoot(f"phone_{'dark' if dark else 'light'}")


def test_related_policies_open_on_demand(visit: Visit) -> None:
    visit.ask("能续贷吗？")
    visit.wait_status("有依据")
    folded = visit.page.locator("#pz-cards .pz-related")
    assert folded.locator("summary").inner_text() == "相关政策（1）"
    assert not folded.locator("li").is_visible()
    folded.locator("summary").click()
    shown = folded.inner_text()
    assert "《关于做好续贷工作的通知》" in shown
    assert "未核实：时效" in shown
    assert "不是本答复的依据" in shown
    visit.assert_quiet()


def test_dark_theme_follows_the_system(browser: Browser, address: str, fake: FakeAssistant) -> None:
    fake.answer = refused("问")
    for visit in visiting(browser, address, dark=True):
        visit.ask("能续贷吗？")
        visit.wait_status("本库未载明")
        colour = visit.page.evaluate("getComputedStyle(document.querySelector('.pz-card')).backgroundColor")
        assert colour == "rgb(26, 34, 43)"
        visit.shoot("refusal_dark")


# --- what Gradio would serve besides the page (R23) ---------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/gradio_api/file=/etc/passwd"),
        ("GET", "/file=/etc/passwd"),
        ("GET", "/gradio_api/proxy=http://127.0.0.1:1/"),
        ("POST", "/gradio_api/upload"),
        ("POST", "/gradio_api/run/on_ask"),
        ("POST", "/gradio_api/call/on_ask"),
        ("POST", "/gradio_api/component_server"),
        ("GET", "/gradio_api/openapi.json"),
        ("GET", "/gradio_api/runs"),
        ("GET", "/monitoring"),
        ("GET", "/gradio_api/deep_link"),
        ("GET", "/static/../../etc/passwd"),
    ],
)
def test_the_rest_of_gradio_is_shut(address: str, method: str, path: str) -> None:
    response = httpx.request(method, f"{address}{path}", trust_env=False)
    assert response.status_code == 404
    assert response.json()["code"] == "not_found"


def test_api_addresses_stay_with_the_api(address: str, fake: FakeAssistant) -> None:
    with httpx.Client(base_url=address, trust_env=False) as client:
        assert client.get("/livez").json() == {"status": "ok"}
        assert client.get("/docs").status_code == 200
        assert client.get("/api/v1/nothing").json()["code"] == "not_found"
        assert client.get("/api/v1/ask").json()["code"] == "method_not_allowed"
        assert client.post("/livez").json()["code"] == "method_not_allowed"
        page = client.get("/", headers={"origin": "https://portal.example"})
        assert not [name for name in page.headers if name.startswith("access-control-")]
        assert "frame-ancestors 'self'" in page.headers["content-security-policy"]
        assert "connect-src 'self'" in page.headers["content-security-policy"]


def test_large_events_are_refused(address: str) -> None:
    body = {"data": ["问" * 10_000_000], "fn_index": 0, "session_hash": "x"}
    response = httpx.post(f"{address}/gradio_api/queue/join", json=body, trust_env=False, timeout=30)
    assert response.status_code == 413
    assert response.json()["code"] == "body_too_large"


def test_a_server_started_without_an_index_takes_one_up(browser: Browser) -> None:
    from assistant.serving.server import build_app

    fault: list[Exception] = [IndexNotBuilt("还没有建立索引。")]

    def build() -> Assistant:
        if fault:
            raise fault.pop()
        return FakeAssistant()

    with serving(build_app(LazyAssistant(build, retry_s=0))) as url:
        with httpx.Client(base_url=url, trust_env=False) as client:
            assert client.get("/readyz").status_code == 503
            assert client.get("/readyz").status_code == 200
        for visit in visiting(browser, url):
            visit.ask("能续贷吗？")
            visit.wait_status("有依据")
