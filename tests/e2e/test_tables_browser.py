"""管理 · 有效期 and 词表 in Chromium, by two people: one asks for a change, the other lets it through."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from corpus_samples import NOTICE, rules
from doors import PASSWORD
from kept_house import APPROVER, EDITOR, House, kept_house
from test_ui import ARGS, CHROMIUM, SHOTS, pytestmark

from assistant.assembly import today_in_beijing
from assistant.corpus.manifest import read_manifest
from assistant.question.lay_words import read_house
from assistant.schema.answer import Answer
from assistant.schema.inquiry import Inquiry

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["pytestmark"]
SOON = today_in_beijing() + timedelta(days=20)
ASKED = "银行能收敲门钱吗？"
NEWER = rules(2026, limit="八百", ends="").replace("小额贷款管理办法", "小额贷款条例")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    texts = {"办法.md": rules(2024), "通知.txt": NOTICE, "条例.md": NEWER}
    with kept_house(tmp_path_factory.mktemp("house"), texts) as house:
        yield house


@pytest.fixture
def editor(browser: Browser, house: House) -> Iterator[Page]:
    yield from signed_in(browser, house, EDITOR)


@pytest.fixture
def approver(browser: Browser, house: House) -> Iterator[Page]:
    yield from signed_in(browser, house, APPROVER)


def signed_in(browser: Browser, house: House, name: str, **looks: Any) -> Iterator[Page]:
    """A page of theirs, which may not complain of anything."""
    context = browser.new_context(locale="zh-CN", reduced_motion="reduce", **looks)
    context.set_default_timeout(120_000)  # a build on a busy machine takes its time
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{house.url}/signin")
    page.fill("[name=name]", name)
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(lambda url: not url.endswith("/signin"))
    yield page
    assert [text for text in complaints if "status of 4" not in text] == []
    context.close()


def ask(house: House, question: str) -> Answer:
    return house.provider().ask(Inquiry(question=question))


def told(page: Page, words: str) -> None:
    """Wait for words, over pages that load themselves again."""
    page.get_by_text(words).first.wait_for()


def noted(house: House) -> list[str]:
    return [one.kind for one in house.registry.chain.entries()]


def answers_with(house: House, question: str, clause: str) -> bool:
    return clause in [citation.clause_id for citation in ask(house, question).citations]


# --- 有效期 -------------------------------------------------------------------------------------


def test_two_people_say_when_a_document_ends_and_readers_are_told(house: House, editor: Page, approver: Page) -> None:
    editor.goto(f"{house.url}/admin")
    editor.get_by_role("link", name="有效期").first.click()
    editor.get_by_role("link", name="《小额贷款管理办法》").click()
    assert editor.get_by_role("button", name="批准并更新索引").count() == 0
    editor.get_by_label("失效日期").fill("2024-01-01")
    editor.get_by_label("由本库哪份文件取代").select_option("条例")
    editor.get_by_label("说明（给批准的人看）").fill("新条例已经公布")
    editor.get_by_role("button", name="提交").click()
    assert "失效日期须晚于施行日期" in editor.get_by_role("alert").inner_text()
    assert editor.get_by_label("说明（给批准的人看）").input_value() == "新条例已经公布"  # nothing typed is lost
    editor.get_by_label("失效日期").fill(SOON.isoformat())
    editor.get_by_role("button", name="提交").click()
    told(editor, "已提交，等另一人批准。")
    told(editor, "您提出的改动须由另一人批准")
    assert editor.get_by_role("button", name="批准并更新索引").count() == 0
    assert read_manifest(house.corner.corpus)["办法.md"].expired_on is None

    approver.goto(f"{house.url}/admin")
    approver.get_by_role("region", name="需要留意的文件").get_by_role("link", name="《小额贷款管理办法》").click()
    assert approver.locator("form[action$='/facts']").count() == 0  # an approver does not edit
    row = approver.get_by_role("row", name="失效日期").inner_text()
    assert "（空）" in row
    assert SOON.isoformat() in row
    before = house.corner.served
    approver.get_by_role("button", name="批准并更新索引").click()
    told(approver, "已生效")
    assert house.corner.served != before
    line = read_manifest(house.corner.corpus)["办法.md"]
    assert (line.expired_on, line.superseded_by) == (SOON, "《小额贷款条例》（某令〔2026〕1号），2026-03-01起")

    words = f"将于 {SOON.isoformat()} 失效"
    approver.reload()
    told(approver, words)
    assert "由下一份取代" in approver.locator(".chain li").first.inner_text()
    assert approver.locator(".chain a").inner_text() == "《小额贷款条例》"
    approver.goto(f"{house.url}/admin")
    assert words in approver.get_by_role("region", name="需要留意的文件").inner_text()
    approver.goto(f"{house.url}/read")
    assert words in approver.locator(".card", has_text="小额贷款管理办法").inner_text()
    approver.goto(f"{house.url}/read/办法")
    assert words in approver.get_by_role("note").inner_text()
    answer = ask(house, "《小额贷款管理办法》单户贷款余额不得超过多少？")
    assert answers_with(house, "《小额贷款管理办法》单户贷款余额不得超过多少？", "办法#第二条")
    assert [line for line in answer.notices if words in line]
    kinds = noted(house)
    for verb in ("proposed", "approved", "applied"):
        assert f"corpus.restate-{verb}" in kinds


def test_what_somebody_else_refused_or_one_took_back_changes_nothing(
    house: House, editor: Page, approver: Page
) -> None:
    path = f"{house.url}/admin/lifecycle/document?id=通知"
    served = house.corner.served
    for source in ("https://www.example.gov.cn/a", "https://www.example.gov.cn/b"):
        editor.goto(path)
        editor.get_by_label("来源").fill(source)
        editor.get_by_role("button", name="提交").click()
        told(editor, "待批准")
        if source.endswith("a"):
            editor.get_by_role("button", name="撤回").click()
            told(editor, "已撤回，登记没有改变。")
        else:
            approver.goto(path)
            approver.get_by_role("button", name="退回").click()
            told(approver, "已退回，登记没有改变。")
    assert read_manifest(house.corner.corpus)["通知.txt"].source is None
    assert house.corner.served == served
    assert {"corpus.restate-withdrawn", "corpus.restate-rejected"} <= set(noted(house))


def test_who_looks_after_a_document_is_no_matter_of_the_index(house: House, approver: Page) -> None:
    served = house.corner.served
    approver.goto(f"{house.url}/admin/lifecycle/document?id=通知")
    approver.get_by_role("textbox", name="负责人").fill("合规部 王五")
    approver.get_by_label("下次复核").fill("2020-01-01")
    approver.get_by_role("button", name="保存").click()
    told(approver, "已保存。")
    approver.goto(f"{house.url}/admin/lifecycle")
    approver.get_by_role("textbox", name="负责人").fill("王五")
    approver.get_by_label("需要留意").select_option("recheck")
    approver.get_by_role("button", name="筛选").click()
    assert approver.locator(".shelf > li").count() == 1
    assert "复核到期" in approver.locator(".shelf > li").inner_text()
    assert house.corner.served == served


def test_a_new_version_that_the_program_found_is_confirmed_by_whoever_approves(
    house: House, editor: Page, approver: Page
) -> None:
    house.corner.release().add([house.corner.put("新/条例.md", NEWER.replace("2026", "2028").replace("八百", "九百"))])
    path = f"{house.url}/admin/lifecycle/document?id=条例"
    editor.goto(path)
    told(editor, "由有审批权限的人确认")
    assert editor.locator("form[action$='/facts']").count() == 0
    approver.goto(path)
    approver.get_by_role("button", name="驳回").click()
    told(approver, "已处理，正在更新索引")
    until(lambda: read_manifest(house.corner.corpus)["条例.md"].proposal is None)
    assert "corpus.supersession-dismissed" in noted(house)


# --- 词表 ---------------------------------------------------------------------------------------


def fill_in(page: Page, house: House, *, lay: str = "敲门钱") -> None:
    page.goto(f"{house.url}/admin/tables")
    page.get_by_role("link", name="加一项").click()
    page.get_by_role("textbox", name="事项").fill("敲门费")
    page.get_by_label("公文用语").fill("承诺费")
    page.get_by_label("口语说法").fill(lay)
    page.get_by_label("自填问题").fill(f"{ASKED}\n银行能收承诺费吗？")


def test_a_word_is_tried_asked_for_let_through_and_taken_back(house: House, editor: Page, approver: Page) -> None:
    fill_in(editor, house)
    assert not answers_with(house, ASKED, "通知#二")
    editor.get_by_role("button", name="看影响").click()
    told(editor, "1 个的答复会变")
    row = editor.locator("#result tbody tr")
    assert row.count() == 1
    assert row.locator("th").inner_text().startswith(ASKED)
    assert "本库未载明" in row.locator("td").first.inner_text()
    assert "通知》二" in row.locator("td").last.inner_text()
    assert not house.settings.house_lay_words.exists()
    assert not answers_with(house, ASKED, "通知#二")  # tried, and nothing of it is left
    assert editor.get_by_label("口语说法").input_value() == "敲门钱"
    editor.get_by_role("button", name="提交").click()
    told(editor, "已提交，等另一人批准。")
    assert editor.get_by_role("button", name="批准并启用").count() == 0

    approver.goto(f"{house.url}/admin/tables")
    assert approver.get_by_role("link", name="加一项").count() == 0
    approver.get_by_role("region", name="待处理的改动").get_by_role("link", name="增加口语说法：敲门费").click()
    approver.get_by_label("自填问题").fill(ASKED)
    approver.get_by_role("button", name="看影响").click()
    told(approver, "1 个的答复会变")
    assert not house.settings.house_lay_words.exists()
    approver.get_by_role("button", name="批准并启用").click()
    told(approver, "已生效")
    assert [line.concept for line in read_house(house.settings.house_lay_words)] == ["敲门费"]
    until(lambda: answers_with(house, ASKED, "通知#二"))

    editor.goto(f"{house.url}/admin/tables?whose=house")
    assert editor.locator(".shelf > li h2").all_inner_texts() == ["敲门费"]
    editor.locator("table").get_by_role("link", name="增加口语说法：敲门费").click()
    editor.get_by_role("button", name="撤销这项改动").click()
    told(editor, "撤销先前的改动")
    approver.goto(editor.url)
    approver.get_by_role("button", name="批准并启用").click()
    told(approver, "已生效")
    assert read_house(house.settings.house_lay_words) == ()
    until(lambda: not answers_with(house, ASKED, "通知#二"))
    assert {f"corpus.tables-{verb}" for verb in ("proposed", "approved", "applied")} <= set(noted(house))


def test_a_phrasing_leads_to_its_clause_once_a_second_person_lets_it(
    house: House, editor: Page, approver: Page
) -> None:
    asked = "一户最多能贷多少万元"
    editor.goto(f"{house.url}/admin/tables/entry?table=phrasings")
    editor.get_by_label("文件").select_option("办法")
    editor.get_by_label("条款").fill("第九条")
    editor.get_by_label("问法（像客户那样问）").fill(asked)
    editor.get_by_role("button", name="提交").click()
    assert "“条款”不在这份文件里" in editor.get_by_role("alert").inner_text()
    editor.get_by_label("条款").fill("第二条")
    editor.get_by_label("自填问题").fill(asked)
    editor.get_by_role("button", name="看影响").click()
    told(editor, "1 个的答复会变")
    assert not house.settings.house_phrasings.exists()
    assert not answers_with(house, asked, "办法#第二条")
    editor.get_by_role("button", name="提交").click()
    told(editor, "待批准")
    before = house.corner.served
    approver.goto(editor.url)
    approver.get_by_role("button", name="批准并启用").click()
    told(approver, "已生效")
    assert house.corner.served != before
    assert len(list(house.settings.house_phrasings.iterdir())) == 1
    until(lambda: answers_with(house, asked, "办法#第二条"))


def test_a_mistake_is_told_with_its_field_and_nothing_typed_is_lost(house: House, editor: Page) -> None:
    fill_in(editor, house, lay="敲门钱\n敲门，钱呢？\n…钱")
    editor.get_by_role("button", name="提交").click()
    assert "“口语说法”第" in editor.get_by_role("alert").inner_text()
    assert editor.get_by_label("口语说法").input_value().startswith("敲门钱\n")
    editor.get_by_label("口语说法").fill("敲门钱")
    editor.get_by_label("自填问题").fill("长" * 201)
    editor.get_by_role("button", name="看影响").click()
    assert "“自填问题”第 1 个" in editor.get_by_role("alert").inner_text()


def until(holds: Any) -> None:
    """Wait until the server has taken up what changed; the patience of the test ends it otherwise."""
    for _ in range(300):
        if holds():
            return
        Event().wait(0.1)
    raise AssertionError("the server did not take it up")


# --- how it looks -------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "dark"), [(420, True), (1440, False)])
def test_the_pages_fit_the_window_and_axe_finds_nothing(browser: Browser, house: House, width: int, dark: bool) -> None:
    from axe_playwright_python.sync_playwright import Axe

    paths = {
        "lifecycle": "/admin/lifecycle",
        "lifecycle_document": "/admin/lifecycle/document?id=办法",
        "lifecycle_form": "/admin/lifecycle/document?id=通知",
        "tables": "/admin/tables?words=续贷",
        "tables_entry": "/admin/tables/entry",
        "tables_phrasing": "/admin/tables/entry?table=phrasings",
        "tables_phrasings": "/admin/tables?table=phrasings",
        "admin_start": "/admin",
    }
    looks = {"viewport": {"width": width, "height": 900}, "color_scheme": "dark" if dark else "light"}
    for page in signed_in(browser, house, EDITOR, **looks, bypass_csp=True):
        for name, path in paths.items():
            page.goto(f"{house.url}{path}")
            shoot(page, f"{name}_{width}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            found = Axe().run(page).response["violations"]
            grave = [one for one in found if one["impact"] in ("critical", "serious")]
            assert [(one["id"], one["nodes"][0]["html"]) for one in grave] == [], path
        fill_in(page, house)
        page.get_by_role("button", name="看影响").click()
        told(page, "答复会变")
        shoot(page, f"tables_preview_{width}")
        found = Axe().run(page).response["violations"]
        assert [one["id"] for one in found if one["impact"] in ("critical", "serious")] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def shoot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
