"""The chat inside a portal, in headless Chromium: the portal's examples, foreign pages, hostile words."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from doors import door_of, opened
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
from test_ui import ARGS, CHROMIUM, SHOTS, pytestmark

from assistant.access.embeds import Embed, State
from assistant.access.registry import Registry
from assistant.errors import ModelTimeout
from assistant.schema.answer import Answer, Outcome
from assistant.serving.http.api import create_api
from assistant.serving.http.prefix import Prefix

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Frame, Page

__all__ = ["pytestmark"]
ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples" / "portal"
STATIC = ROOT / "assistant" / "serving" / "embed"
NO_THIRD_PARTY = "--test-third-party-cookie-phaseout"  # Chromium blocks the cookies of framed sites
BLOCKED = "SecurityError"  # what a framed site gets that asks for its storage then
PATIENCE_S = 20.0
SCRIPTS = (
    "<script>window.hit=1</script>",
    "<img src=x onerror=window.hit=2>",
    "<img src=https://attacker.example/x.png>",
    "<svg/onload=window.hit=3>",
    "<svg><script href=https://attacker.example/s.js />",
    "<iframe srcdoc='<script>top.hit=parent.hit=4</script>'></iframe>",
    "<iframe src=javascript:parent.hit=5>",
    "<a href=javascript:window.hit=6 autofocus onfocus=window.hit=6>a</a>",
    "<details open ontoggle=window.hit=7>",
    "<style>@import url(https://attacker.example/s.css)</style>",
    "<link rel=stylesheet href=https://attacker.example/l.css>",
    "<form action=https://attacker.example><input autofocus onfocus=window.hit=8></form>",
    "<math><mtext><img src=x onerror=window.hit=9></mtext></math>",
    "<object data=https://attacker.example/o></object><embed src=https://attacker.example/e>",
    "<base href=https://attacker.example/><meta http-equiv=refresh content='0;url=https://attacker.example/'>",
    "${window.hit=10}{{constructor.constructor('window.hit=11')()}}[1](javascript:window.hit=12)",
)
PAYLOADS = [
    before + script for before in ("", '">', "</textarea></p>", "]]>-->", "</script>'\\u0022>") for script in SCRIPTS
]


# --- servers ------------------------------------------------------------------------------------


class Stand:
    """What the assistant's server asks; every test puts its own there."""

    current: FakeAssistant = FakeAssistant()


@dataclass(frozen=True)
class Site:
    """An assistant in production mode, a portal that may frame it, and a page that may not."""

    registry: Registry
    embed: Embed
    home: str  # of the assistant
    portal: str  # of the portal, at another site than the assistant
    coding: str  # another back end of the portal, which fetches codes
    behind: str  # the portal behind nginx, the assistant at /policy/
    foreign: str  # of nobody we know


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return int(listener.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            threading.Event().wait(0.05)
    raise RuntimeError(f"{process.args!r} did not start")


@contextmanager
def running(words: list[str | Path], port: int, **more: Any) -> Iterator[None]:
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)
    try:
        wait_for(port, process)
        yield
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def files_at(folder: Path, port: int = 0) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def nginx_config(folder: Path, port: int, assistant: str, portal: int) -> Path:
    """A whole configuration around the block that the example gives."""
    block = (EXAMPLES / "nginx.conf").read_text("utf-8").replace("http://127.0.0.1:7860", assistant)
    temporary = "".join(f"{k}_temp_path {folder}/{k};" for k in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    path = folder / "nginx.conf"
    path.write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log;\nevents {{}}\n"
        f"http {{ access_log off; {temporary}\nserver {{ listen 127.0.0.1:{port};\n{block}\n"
        f"location / {{ proxy_pass http://127.0.0.1:{portal}/; }} }} }}\n",
        "utf-8",
    )
    return path


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    nginx = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if nginx is None:
        pytest.skip("no nginx")
    folder = tmp_path_factory.mktemp("portal")
    portal, behind, coding = free_port(), free_port(), free_port()
    origins = [f"http://localhost:{port}" for port in (portal, behind, coding)]
    with ExitStack() as stack:
        registry = stack.enter_context(opened(folder))
        embed, secret = registry.embeds.create(name="门户", origins=origins, departments=["信贷部"], scopes=["ask"])
        embed = registry.embeds.set_state(embed.id, State.ACTIVE)
        assert secret is not None
        app = create_api(lambda: Stand.current, doorkeeping=door_of(registry))
        home = stack.enter_context(serving(Prefix(app, "/policy")))  # also asked without the prefix, which does no harm
        pages = folder / "pages"
        pages.mkdir()
        for page in EXAMPLES.glob("*.html"):
            words = page.read_text("utf-8").replace("https://assistant.bank.example", home)
            (pages / page.name).write_text(words.replace("PORTAL_ID", embed.id), "utf-8")
        (folder / "key").write_bytes(secret)
        environment = {**os.environ, "PORTAL_ID": embed.id, "PORTAL_KEY_FILE": str(folder / "key")}
        script: list[str | Path] = [sys.executable, EXAMPLES / "portal.py", str(portal)]
        stack.enter_context(running(script, portal, cwd=pages, env=environment))
        key, _ = registry.keys.create(name="门户后台", scopes=["embeds:codes"], portal=embed.id, by="test")
        (folder / "code").write_text(key)
        environment = {**os.environ, "PORTAL_KEY_FILE": str(folder / "code"), "ASSISTANT": home, "ORIGIN": origins[2]}
        script = [sys.executable, EXAMPLES / "portal_code.py", str(coding)]
        stack.enter_context(running(script, coding, cwd=pages, env=environment))
        config = nginx_config(folder, behind, home, portal)
        stack.enter_context(running([nginx, "-e", folder / "error.log", "-c", config, "-p", folder], behind))
        foreign = stack.enter_context(files_at(pages))
        yield Site(registry, embed, home, origins[0], origins[2], origins[1], foreign)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=[*ARGS, NO_THIRD_PARTY])
        yield browser
        browser.close()


class Visit:
    """A page of a portal, every address it asked for, and every error it met."""

    def __init__(self, page: Page, site: Site) -> None:
        self.page, self._site = page, site
        self.requests: list[str] = []
        self.shown: list[str] = []  # the credentials of questions
        self.errors: list[str] = []
        self.console: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on(
            "request", lambda r: self.shown.append(r.headers.get("authorization", "")) if "/ask/" in r.url else None
        )
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: self.console.append(message.text))
        page.context.set_default_timeout(PATIENCE_S * 1000)

    def frame(self) -> Frame:
        self.page.wait_for_selector("iframe", state="attached")
        found = self.page.locator("iframe").first.element_handle().content_frame()
        assert found is not None
        return found

    def widget(self) -> Frame:
        """The frame of the widget, which no script of the page can reach: its shadow tree is closed."""
        self.until(lambda: len(self.page.frames) > 1)
        return self.page.frames[-1]

    def until(self, there: Callable[[], bool]) -> None:
        """Let the page go on until something is there."""
        end = time.monotonic() + PATIENCE_S
        while not there():
            assert time.monotonic() < end, "it never came"
            self.page.wait_for_timeout(20)

    def heard(self) -> dict[str, list[tuple[str, bool | None]]]:
        """What a screen reader has of the portal's own page and its shadow trees: name and whether opened, by role."""
        session = self.page.context.new_cdp_session(self.page)
        found: dict[str, list[tuple[str, bool | None]]] = {}
        for node in session.send("Accessibility.getFullAXTree")["nodes"]:
            expanded = {p["name"]: p["value"].get("value") for p in node.get("properties", [])}.get("expanded")
            if not node["ignored"]:
                name = str(node.get("name", {}).get("value", ""))
                found.setdefault(str(node["role"]["value"]), []).append((name, expanded))
        session.detach()
        return found

    def assert_clean(self) -> None:
        """No script of a stranger ran, nothing was asked of a stranger, nothing was stored."""
        ours = (self._site.home, self._site.portal, self._site.coding, self._site.behind, self._site.foreign)
        assert [url for url in self.requests if not url.startswith(ours)] == []
        assert self.errors == []
        for frame in self.page.frames:
            assert frame.evaluate("window.hit ?? null") is None
            assert stored(frame) in (BLOCKED, [0, 0, ""])
        assert self.page.context.cookies() == []

    def shoot(self, name: str) -> None:
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png")


@pytest.fixture
def fake() -> FakeAssistant:
    Stand.current = FakeAssistant()
    return Stand.current


@pytest.fixture
def visit(browser: Browser, site: Site, fake: FakeAssistant) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": 1000, "height": 860}, locale="zh-CN", reduced_motion="reduce")
    yield Visit(context.new_page(), site)
    context.close()


def stored(frame: Frame) -> object:
    """What a frame keeps in the browser."""
    kept = "[localStorage.length, sessionStorage.length, document.cookie]"
    return frame.evaluate(f"() => {{ try {{ return {kept}; }} catch (fault) {{ return fault.name; }} }}")


def ready(frame: Frame) -> Frame:
    told(frame, "可以提问了")
    return frame


def told(frame: Frame, words: str) -> None:
    frame.wait_for_function("w => document.getElementById('status')?.textContent.includes(w)", arg=words)


def ask(frame: Frame, question: str, words: str = "有依据") -> None:
    before = frame.locator(".answer").count()
    frame.fill("#box", question)
    frame.press("#box", "Enter")
    frame.wait_for_function("n => document.querySelectorAll('.answer').length > n", arg=before)
    told(frame, words)


# --- the three levels ---------------------------------------------------------------------------


def test_a_frame_shows_the_answer_with_its_proof(visit: Visit, site: Site, fake: FakeAssistant) -> None:
    visit.page.goto(f"{site.portal}/iframe.html")
    frame = ready(visit.frame())
    fake.answer = replace(answered("问"), notices=("问题中的手机号已遮盖。",))
    ask(frame, "能续贷吗？", "有依据，引用 1 处条款")
    said = frame.locator(".answer").inner_text()
    for words in ("有依据", ANSWER_TEXT, f"[1] 《{TITLE}》五、（十）", "✓ 引文已核对", QUOTE,
                  "提示：问题中的手机号已遮盖。", "内容由程序依据条款生成", "相关政策（1）"):  # fmt: skip
        assert words in said
    frame.get_by_text("条款全文").click()
    assert "".join(frame.locator("mark").inner_text().split()) == QUOTE
    frame.get_by_role("button", name=f"依据 1：《{TITLE}》五、（十）").click()
    assert frame.evaluate("document.activeElement.getAttribute('aria-label')") == f"依据 1：《{TITLE}》五、（十）"
    principal = fake.asked[0].principal
    assert principal is not None
    assert (principal.subject, principal.department) == (f"{site.embed.id}/u-1001", "信贷部")
    assert fake.asked[0].rights == frozenset({"信贷部"})
    visit.shoot("portal_iframe")
    assert stored(frame) == BLOCKED  # so the answer came without
    visit.assert_clean()


def test_the_widget_is_used_by_keyboard_and_named_for_screen_readers(visit: Visit, site: Site) -> None:
    visit.page.goto(f"{site.portal}/widget.html")
    visit.shoot("portal_widget_closed")
    assert visit.heard()["button"] == [("政策咨询", False)]
    assert "region" not in visit.heard()  # what is closed is not read out
    visit.page.keyboard.press("Tab")
    visit.page.keyboard.press("Enter")
    frame = ready(visit.widget())
    assert frame.get_by_role("textbox", name="请输入问题").count() == 1
    assert frame.get_by_role("log", name="对话").count() == 1
    assert frame.evaluate("[document.documentElement.lang, document.title]") == ["zh-CN", "普惠政策助手"]
    ask(frame, "能续贷吗？")
    visit.shoot("portal_widget_open")
    ask(frame, "彩票怎么买？", "本库未载明，未引用条款")
    assert "不是答复的依据" in frame.locator(".answer").last.inner_text()
    visit.shoot("portal_widget_refusal")
    assert sorted(visit.heard()["button"]) == [("关闭", None), ("政策咨询", True)]
    frame.press("#box", "Escape")
    visit.until(lambda: visit.heard()["button"] == [("政策咨询", False)])
    visit.page.keyboard.press("Enter")  # the focus is back on the button
    assert ("政策咨询", True) in visit.heard()["button"]
    assert frame.locator(".answer").count() == 2  # what was said is still there
    visit.assert_clean()


def test_behind_nginx_under_a_prefix_an_own_page_and_the_widget_work(visit: Visit, site: Site) -> None:
    visit.page.goto(f"{site.behind}/own.html")
    visit.page.fill("#question", "能续贷吗？")
    visit.page.click("#ask")
    visit.page.wait_for_function("document.getElementById('outcome').textContent === '有依据'")
    assert visit.page.inner_text("#text") == ANSWER_TEXT
    assert QUOTE in visit.page.inner_text("#sources")
    visit.shoot("portal_own")
    visit.page.add_script_tag(url=f"{site.behind}/policy/widget.js")
    visit.page.evaluate(
        """portal => PolicyAssistant.mount({ portal,
             tokenProvider: async () => (await fetch("/assistant-token", { method: "POST" })).text() }).open()""",
        site.embed.id,
    )
    frame = ready(visit.widget())
    assert frame.url.startswith(f"{site.behind}/policy/embed?")
    ask(frame, "能续贷吗？")
    visit.assert_clean()


def test_a_code_of_the_portal_is_exchanged_once_and_again_when_the_token_is_taken_back(
    visit: Visit, site: Site, fake: FakeAssistant
) -> None:
    visit.page.goto(f"{site.coding}/code.html")
    visit.page.keyboard.press("Tab")
    visit.page.keyboard.press("Enter")
    frame = ready(visit.widget())
    ask(frame, "能续贷吗？", "有依据，引用 1 处条款")
    principal = fake.asked[0].principal
    assert principal is not None
    assert (principal.subject, principal.department) == (f"{site.embed.id}/u-1001", "信贷部")
    assert len([url for url in visit.requests if url.endswith("/embed/token")]) == 1
    visit.shoot("portal_code")
    token = jwt.decode(visit.shown[0].removeprefix("Bearer "), options={"verify_signature": False})
    site.registry.exchange.revoke(site.embed.id, token["jti"])
    visit.page.wait_for_timeout(3_500)  # as long as a gate remembers what held
    ask(frame, "能续贷吗？", "有依据，引用 1 处条款")
    assert len([url for url in visit.requests if url.endswith("/embed/token")]) == 2
    assert len(set(visit.shown)) == 2
    visit.assert_clean()


# --- who may, and who may not -------------------------------------------------------------------


@pytest.mark.parametrize("page", ["iframe.html", "widget.html"])
def test_a_foreign_page_cannot_frame_it(visit: Visit, site: Site, fake: FakeAssistant, page: str) -> None:
    visit.page.goto(f"{site.foreign}/{page}")
    if page == "widget.html":
        visit.page.keyboard.press("Tab")
        visit.page.keyboard.press("Enter")
    visit.until(lambda: any("frame-ancestors" in words for words in visit.console))
    frame = visit.widget()
    visit.until(lambda: bool(frame.url))
    assert frame.url.startswith("chrome-error:")
    reached = visit.page.evaluate(
        """home => fetch(home + "/api/v1/ask", { method: "POST", headers: { Authorization: "Bearer x" } })
             .then(() => true, () => false)""",
        site.home,
    )
    assert reached is False
    assert fake.asked == []


@pytest.mark.parametrize("page", ["iframe.html", "widget.html"])
def test_only_the_portal_around_it_is_listened_to(visit: Visit, site: Site, fake: FakeAssistant, page: str) -> None:
    """A stranger's frame beside ours sends a token in, and asks the portal for one; neither counts."""
    minted: list[str] = []
    visit.page.on("request", lambda r: minted.append(r.url) if r.url.endswith("/assistant-token") else None)
    visit.page.goto(f"{site.portal}/{page}")
    if page == "widget.html":
        visit.page.keyboard.press("Tab")
        visit.page.keyboard.press("Enter")
    frame = ready(visit.widget())
    assert len(minted) == 1
    visit.page.evaluate(
        """address => new Promise((done) => { const f = document.createElement("iframe");
             f.src = address; f.onload = done; document.body.append(f); })""",
        f"{site.foreign}/own.html",
    )
    stranger = next(f for f in visit.page.frames if f.url.startswith(site.foreign))
    frame.evaluate("window.heard = 0; addEventListener('message', () => heard++)")
    visit.page.evaluate("window.heard = 0; addEventListener('message', () => heard++)")
    reached = stranger.evaluate(
        """() => { for (let n = 0; n < top.length; n++)
             top.frames[n].postMessage({ type: "policy-assistant:token", token: "stolen" }, "*");
             top.postMessage({ type: "policy-assistant:token-wanted" }, "*");
             return top.length; }"""
    )
    visit.page.wait_for_function("heard === 1")
    if page == "iframe.html":
        frame.wait_for_function("heard === 1")
    assert reached == (2 if page == "iframe.html" else 1)  # the widget's frame is out of reach altogether
    ask(frame, "能续贷吗？")
    assert len(minted) == 1
    assert [shown for shown in visit.shown if "stolen" in shown] == []
    assert len(fake.asked) == 1


def test_an_expired_token_is_renewed_once(visit: Visit, site: Site, fake: FakeAssistant) -> None:
    given = ["wrong.token.one", None, "wrong.token.two", "wrong.token.three"]
    tokens = iter(given)

    def mint(route: Any) -> None:
        token = next(tokens)
        route.continue_() if token is None else route.fulfill(body=token)

    visit.page.route("**/assistant-token", mint)
    visit.page.goto(f"{site.portal}/iframe.html")
    frame = ready(visit.frame())
    ask(frame, "能续贷吗？")
    assert len(visit.shown) == 2
    site.registry.embeds.set_state(site.embed.id, State.PAUSED)  # the kill switch
    try:
        visit.page.wait_for_timeout(3_500)  # as long as a gate remembers what held
        ask(frame, "还能问吗？", "登录信息已失效")
    finally:
        site.registry.embeds.set_state(site.embed.id, State.ACTIVE)
    assert len(visit.shown) == 4
    assert len(fake.asked) == 1
    assert next(tokens) == "wrong.token.three"  # it was asked for no third time


# --- what is typed and what goes wrong ----------------------------------------------------------


def test_the_enter_of_an_input_method_sends_nothing(visit: Visit, site: Site, fake: FakeAssistant) -> None:
    visit.page.goto(f"{site.portal}/iframe.html")
    frame = ready(visit.frame())
    frame.fill("#box", "nengxudaima")
    for how in ("isComposing: true", "keyCode: 229"):
        frame.evaluate(
            f"document.getElementById('box').dispatchEvent(new KeyboardEvent('keydown',"
            f" {{ key: 'Enter', bubbles: true, cancelable: true, {how} }}))"
        )
    frame.press("#box", "Shift+Enter")
    assert frame.input_value("#box") == "nengxudaima\n"
    assert frame.locator(".answer").count() == 0
    frame.press("#box", "Enter")
    told(frame, "有依据")
    assert [one.question for one in fake.asked] == ["nengxudaima"]


def test_outcomes_faults_and_readings_are_told_in_words(visit: Visit, site: Site, fake: FakeAssistant) -> None:
    visit.page.goto(f"{site.portal}/iframe.html")
    frame = ready(visit.frame())
    last = frame.locator(".answer").last
    ask(frame, "能续贷吗？")
    ask(frame, "那保险公司呢？")
    assert "理解为：关于续贷：那保险公司呢？" in last.inner_text()
    frame.get_by_role("button", name="按新问题重新回答").click()
    frame.wait_for_function("document.querySelectorAll('.answer').length === 3")
    told(frame, "有依据")
    assert fake.asked[-1].follows is False
    for outcome, words in ((Outcome.POSSIBLE, "可能相关，未能确认"), (Outcome.PARTIAL, "部分有依据")):
        fake.answer = replace(refused("问"), outcome=outcome)
        ask(frame, "能续贷吗？", words)
        assert words in last.inner_text()
    fake.fault = ModelTimeout("语言模型没有按时作答，请稍后再试。")
    ask(frame, "能续贷吗？", "语言模型没有按时作答")
    assert last.inner_text().split() == ["未能作答", "语言模型没有按时作答，请稍后再试。"]
    assert frame.input_value("#box") == "能续贷吗？"  # to be sent again
    fake.fault = RuntimeError("绝密")
    ask(frame, "能续贷吗？", "服务内部出现异常")
    assert "绝密" not in frame.content()
    assert "请求编号：" in last.inner_text()
    visit.page.route("**/ask/stream", lambda route: route.fulfill(
        content_type="text/event-stream", body='event: delta\ndata: {"text": "各银行"}\n\n'
    ))  # fmt: skip
    ask(frame, "能续贷吗？", "答复没有传完整")
    assert "各银行" not in last.inner_text()
    visit.page.unroute("**/ask/stream")
    visit.page.route("**/ask/stream", lambda route: route.abort())
    ask(frame, "能续贷吗？", "连接中断")
    visit.shoot("portal_faults")


def hostile(payloads: list[str]) -> Answer:
    """An answer in which every field that is shown is hostile."""
    citations = tuple(
        replace(
            small_citation(), number=number, document_title=p, address=p, heading=p, clause_text=f"前{p}后", quotes=(p,)
        )
        for number, p in enumerate(payloads, start=1)
    )
    policies = tuple(
        replace(small_related((1,)), title=p, why=p, note=p, official_url=p, issuer=p, document_number=p, status=p,
                status_detail=p)
        for p in payloads
    )  # fmt: skip
    text = "".join(f"{p}[{number}]" for number, p in enumerate(payloads, start=1))
    return replace(
        answered("问"), text=text, standalone_question=text, follows=True, citations=citations, nearest=citations,
        notices=tuple(payloads), related=policies,
    )  # fmt: skip


def test_hostile_words_are_shown_and_do_nothing(visit: Visit, site: Site, fake: FakeAssistant) -> None:
    assert len(set(PAYLOADS)) == 80
    visit.page.goto(f"{site.portal}/iframe.html")
    frame = ready(visit.frame())
    for start in range(0, len(PAYLOADS), 16):
        some = PAYLOADS[start : start + 16]
        fake.answer = hostile(some)
        ask(frame, "".join(some), "有依据，引用 16 处条款")
        shown = frame.locator(".answer").last.evaluate("e => e.textContent")
        assert all(shown.count(p) >= 10 for p in some)
        frame.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    assert "".join(PAYLOADS[-16:]) in frame.locator("#log").evaluate("e => e.textContent")
    fake.answer, fake.fault = None, ModelTimeout("".join(PAYLOADS))
    ask(frame, "问", PAYLOADS[0])
    leads = frame.locator("#log a").evaluate_all("all => all.map(a => a.href)")
    assert leads
    assert all(address.startswith(f"{frame.url.split('/embed')[0]}/read/") for address in leads)
    foreign = "#log :is(img, script, iframe, svg, form, input, style, link, object, embed, base, meta, math)"
    assert frame.locator(foreign).count() == 0
    visit.assert_clean()


# --- the files ----------------------------------------------------------------------------------


def test_the_scripts_are_small_and_bring_nothing_along() -> None:
    for name in ("widget.js", "chat.js"):
        content = (STATIC / name).read_bytes()
        assert len(gzip.compress(content)) < 15_000
        for word in (b"innerHTML", b"eval(", b"Function(", b"localStorage", b"sessionStorage", b".cookie", b"import "):
            assert word not in content


def test_a_java_back_end_mints_what_holds(site: Site, tmp_path: Path) -> None:
    java = shutil.which("java")
    if java is None:
        pytest.skip("no java")
    import httpx

    key = next(site.embed.key_file.parent.glob(f"embed-{site.embed.id}.key"))
    environment = {**os.environ, "PORTAL_ID": site.embed.id, "PORTAL_KEY_FILE": str(key)}
    port = free_port()
    Stand.current = FakeAssistant()
    with running(
        [java, "-Xshare:auto", "-XX:TieredStopAtLevel=1", EXAMPLES / "Portal.java", str(port)], port, env=environment
    ):
        token = httpx.post(f"http://127.0.0.1:{port}/assistant-token", timeout=20).text
    reply = httpx.post(
        f"{site.home}/api/v1/ask",
        json={"question": "能续贷吗？"},
        headers={"Authorization": f"Bearer {token}"},
        timeout=20,
    )
    assert reply.status_code == 200
    assert Stand.current.asked[0].rights == frozenset({"信贷部"})
    assert json.loads(reply.text)["answer"]["outcome"] == "answered"


@pytest.mark.parametrize("name", ["portal.py", "portal_code.py", "Portal.java"])
def test_a_back_end_has_twenty_lines(name: str) -> None:
    lines = (EXAMPLES / name).read_text("utf-8").splitlines()
    assert len([line for line in lines if line.strip() and not line.lstrip().startswith(("//", "#", '"""'))]) <= 20
