"""Eighty pieces of markup in everything that a page of ours or of a portal shows: no script runs, nothing leaves.

The frame itself is tried in `test_embedding.py`; here are the widget, the portal's own page, the workbench, our small
pages with a form, and data that somebody opens in a tab.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from doors import door_of, opened
from serving_fakes import FakeAssistant, answered, serving, small_citation, small_document, small_related
from test_embedding import PAYLOADS, Site, ask, browser, fake, hostile, ready, site, visit
from test_embedding import Visit as Portal
from test_ui import Visit as Workbench
from test_ui import pytestmark

from assistant.errors import ModelTimeout
from assistant.schema.answer import Answer
from assistant.schema.document import Document, DocumentMeta
from assistant.serving.http.api import create_api
from assistant.serving.page.chat import mount_chat

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

__all__ = ["browser", "fake", "pytestmark", "site", "visit"]
BATCHES = [PAYLOADS[start : start + 16] for start in range(0, len(PAYLOADS), 16)]
MARKUP = ":is(img, script, iframe, svg, form, input, style, link, object, embed, base, meta, math, [onfocus])"


def test_in_the_widget(visit: Portal, site: Site, fake: FakeAssistant) -> None:
    visit.page.goto(f"{site.coding}/code.html")
    visit.page.evaluate(
        """([portal, label]) => { const button = document.createElement("div"); document.body.append(button);
             PolicyAssistant.mount({ portal, label, target: button, codeProvider: async () => { throw 1; } }); }""",
        [site.embed.id, "".join(PAYLOADS)],
    )  # a label that a portal takes from somewhere
    assert visit.page.locator(f"body > div {MARKUP}").count() == 0
    visit.page.goto(f"{site.coding}/code.html")
    visit.page.keyboard.press("Tab")
    visit.page.keyboard.press("Enter")
    frame = ready(visit.widget())
    for some in BATCHES:
        fake.answer = hostile(some)
        ask(frame, "".join(some), "有依据，引用 16 处条款")
        shown = frame.locator(".answer").last.evaluate("e => e.textContent")
        assert all(shown.count(payload) >= 10 for payload in some)
    fake.answer, fake.fault = None, ModelTimeout("".join(PAYLOADS))
    ask(frame, "问", PAYLOADS[0])
    assert frame.locator(f"#log {MARKUP}").count() == 0
    visit.assert_clean()


def test_in_a_portals_own_page(visit: Portal, site: Site, fake: FakeAssistant) -> None:
    visit.page.goto(f"{site.behind}/own.html")
    for some in BATCHES:
        fake.answer = hostile(some)
        visit.page.fill("#question", "".join(some))
        visit.page.click("#ask")
        visit.page.wait_for_function("n => document.querySelectorAll('#sources li').length === n", arg=len(some))
        for place in ("#text", "#sources", "#notices"):
            shown = visit.page.locator(place).evaluate("e => e.textContent")
            assert all(payload in shown for payload in some)
        visit.page.evaluate("document.getElementById('sources').replaceChildren()")
    fake.answer, fake.fault = None, ModelTimeout("".join(PAYLOADS))
    visit.page.click("#ask")
    visit.page.wait_for_function("w => document.getElementById('outcome').textContent.includes(w)", arg=PAYLOADS[0])
    assert visit.page.locator(f":is(#text, #sources, #notices, #outcome, #label) {MARKUP}").count() == 0
    visit.assert_clean()


# --- the workbench and our own small pages ------------------------------------------------------


class Titled(FakeAssistant):
    """An assistant whose library is named by somebody hostile."""

    def documents(self, rights: frozenset[str] | None = None) -> tuple[DocumentMeta, ...]:
        return tuple(
            replace(small_document().meta, id=f"d{number}", title=payload) for number, payload in enumerate(PAYLOADS)
        )

    def document(self, document_id: str, rights: frozenset[str] | None = None) -> Document:
        return replace(small_document(), meta=replace(small_document().meta, title="".join(PAYLOADS)))


class Stand:
    current = FakeAssistant()


@pytest.fixture(scope="module")
def workbench() -> Iterator[str]:
    with serving(mount_chat(create_api(lambda: Stand.current))) as address:
        yield address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="zh-CN", reduced_motion="reduce")
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


def of_one(payloads: list[str]) -> Answer:
    """An answer whose one source holds all of them, in every field."""
    whole = "".join(payloads)
    source = replace(
        small_citation(), document_title=whole, address=whole, heading=whole, clause_text=whole, quotes=(whole,)
    )
    beside = replace(small_related((1,)), title=whole, why=whole, note=whole, official_url=whole, issuer=whole,
                     document_number=whole, status=whole, status_detail=whole)  # fmt: skip
    return replace(
        answered("问"), text=f"{whole}[1]", standalone_question=whole, follows=True, citations=(source,),
        nearest=(source,), notices=tuple(payloads), related=(beside,),
    )  # fmt: skip


def test_in_the_workbench(page: Page, workbench: str) -> None:
    Stand.current = Titled()
    seen = Workbench(page, workbench)
    assert page.locator(f"#pz-library {MARKUP}").count() == 0
    assert all(payload in page.locator("#pz-library").evaluate("e => e.textContent") for payload in PAYLOADS)
    for number, some in enumerate(BATCHES, start=1):
        Stand.current.answer = of_one(some)
        seen.ask("".join(some)[:1800])
        page.wait_for_function("n => document.querySelectorAll('#pz-chat [data-testid=bot]').length === n", arg=number)
        seen.wait_status("有依据")
        page.wait_for_function("w => document.querySelector('#pz-cards mark')?.textContent === w", arg="".join(some))
        assert page.locator(f"#pz-cards {MARKUP}").count() == 0
    Stand.current.answer, Stand.current.fault = None, ModelTimeout("".join(PAYLOADS))
    seen.ask("问")
    seen.wait_status(PAYLOADS[0][:20])
    assert page.locator(f":is(#pz-chat [data-testid], #pz-status) {MARKUP}").count() == 0
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
    seen.assert_quiet()


def test_in_our_small_pages_and_in_data_that_is_opened_in_a_tab(page: Page, tmp_path: Path) -> None:
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    with opened(tmp_path) as registry:
        registry.users.create(name="guan", password="correct-horse-7", role="admin")
        token, _ = registry.users.sign_in("guan", "correct-horse-7")
        with serving(create_api(Titled, doorkeeping=door_of(registry))) as address:
            page.goto(f"{address}/signin")
            for some in BATCHES:
                page.fill("[name=name]", "".join(some)[:60])
                page.fill("[name=password]", "".join(some)[:200])
                page.click("button")
                page.wait_for_selector("[role=alert]")
                assert "请求不是从" not in page.inner_text("[role=alert]")
                _nothing_ran(page)
            page.context.add_cookies([{"name": "pz_signin", "value": token, "url": address}])
            for payload in PAYLOADS:
                page.goto(f"{address}/viewas?department={quote(payload)}&said={quote(payload)}")
                page.fill("[name=department]", payload[:60])
                page.click("text=开始查看")
                page.wait_for_selector("[role=alert]")
                _nothing_ran(page)
            for place in ("/api/v1/documents", "/api/v1/documents/d0", "/docs", "/openapi.json"):
                assert page.goto(address + place) is not None
                _nothing_ran(page)
            places = ("/embed?portal=", "/signin/oidc/callback?code=a&state=", "/nowhere?", "/api/v1/documents/")
            for payload in PAYLOADS[::4]:
                for place in places:
                    page.goto(address + place + quote(payload, safe=""))
                    _nothing_ran(page)
            assert [url for url in requests if not url.startswith(address)] == []


def _nothing_ran(page: Page) -> None:
    state: Any = page.evaluate("[window.hit ?? null, document.querySelectorAll('iframe, svg, math, object').length]")
    assert state == [None, 0]


def test_the_words_of_these_tests_would_run_where_markup_is_let_in(page: Page, site: Site) -> None:
    """So that the silence above means something."""
    page.goto(f"{site.portal}/own.html")
    page.evaluate("words => (document.getElementById('text').innerHTML = words)", PAYLOADS[1])
    page.wait_for_function("window.hit === 2")
