"""The pages as they leave: small, under a sub-path, with labels, and with no word of a document as markup."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from urllib.parse import quote

import pytest
from assistants import memory_assistant
from contrast import contrast
from memory_library import MemoryLibrary
from sample_texts import law, notice, old_law
from starlette.testclient import TestClient
from test_document_pages import long_law, with_table

from assistant.models.standins import HashingEmbedder
from assistant.parsing.clauses import parse_clauses
from assistant.schema.document import Document, DocumentKind, HiddenText
from assistant.serving.http.api import create_api
from assistant.serving.http.prefix import Prefix
from assistant.serving.render.pages import STATIC, static_file

MOST_BYTES = 150_000
HOSTILE = '<script>window.hit=1</script>"><img src=x onerror=window.hit=2>{{ 7*7 }}&lt;'
HTML = {"Accept": "text/html"}
CSS = (files("assistant.serving.render") / "static" / "pages.css").read_text("utf-8")


def hostile() -> Document:
    text = law().text.replace("用途不明的", HOSTILE)
    meta = replace(law().meta, id='h"><script>x', title=HOSTILE, issuer=HOSTILE, document_number=HOSTILE)
    hidden = (HiddenText(kind="vanish", text=HOSTILE),)
    return replace(
        law(), meta=meta, text=text, clauses=parse_clauses(text, kind=DocumentKind.LAW), hidden=hidden, lost=(HOSTILE,)
    )


DOCUMENTS = [law(), old_law(), notice(), hostile(), long_law(), with_table(300)]
LONG = "long"
PATHS = [
    "/read",
    "/read?words=村镇&level=行政法规&state=out",
    "/read/law_2023",
    "/read/law_2023/第三条?q=不得发放贷款&q=没有这句话",
    "/read/law_2010",
    "/read/notice?find=贷款",
    f"/read/{LONG}",
    f"/read/{LONG}?find=金融机构",
    f"/read/{LONG}/第七百条",
    f"/read/{quote(hostile().id, safe='')}?find=window",
    "/read/tabled/表1 第200行",
    "/compare",
    "/compare?a=law_2010&b=law_2023",
    "/compare?a=law_2023&b=notice&show=all",
    f"/compare?a={LONG}&b={LONG}&show=all",
    f"/compare?a=law_2023&b={quote(hostile().id, safe='')}",
    "/duties?doc=law_2023",
    "/duties?doc=law_2010&past=true&group=kind",
    f"/duties?doc={LONG}&group=degree",
    f"/duties?doc={quote(hostile().id, safe='')}",
    "/read/nothing",
]


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    assistant = memory_assistant(MemoryLibrary(DOCUMENTS, HashingEmbedder()))
    with TestClient(Prefix(create_api(lambda: assistant), "/policy"), base_url="http://door.example") as client:
        yield client


class Markup(HTMLParser):
    """The tags of a page with their attributes, and labels and fields."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_small_strict_and_leads_nowhere_else(client: TestClient, path: str) -> None:
    response = client.get(path, headers=HTML)
    assert response.status_code == (404 if path == "/read/nothing" else 200)
    assert len(response.content) <= MOST_BYTES
    policy = response.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'")
    assert response.headers["cache-control"] == "no-store"
    page = Markup(response.text)
    assert page.all("html") == [{"lang": "zh-CN"}]
    assert [name for _, tag in page.tags for name in tag if name.startswith("on") or name == "style"] == []
    for tag, name in (("a", "href"), ("form", "action"), ("script", "src"), ("link", "href")):
        for attributes in page.all(tag):
            address = attributes[name] or ""
            assert address.startswith(("/policy/", "#", "data:,")), address
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("path", PATHS)
def test_every_word_of_a_document_is_only_a_word(client: TestClient, path: str) -> None:
    text = client.get(path, headers=HTML).text
    page = Markup(text)
    assert len(page.all("script")) == 1
    assert page.all("img") == []
    assert "49" not in re.findall(r"onerror=window\.hit=2&gt;(.{0,4})", text)


@pytest.mark.parametrize("path", PATHS)
def test_every_field_has_a_label_and_headings_follow_each_other(client: TestClient, path: str) -> None:
    text = client.get(path, headers=HTML).text
    for attributes in Markup(text).all("input"):
        if attributes.get("type") != "hidden":
            assert re.search(rf'<label[^>]*>(?:(?!</label>).)*<input[^>]*name="{attributes["name"]}"', text, re.DOTALL)
    levels = [int(tag[1]) for tag, _ in Markup(text).tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1


def test_a_text_that_no_longer_holds_says_so_above_it(client: TestClient) -> None:
    text = client.get("/read/law_2010", headers=HTML).text
    assert text.index("请注意：已被新的文本取代，2023-07-01 起不再有效") < text.index('class="reading"')
    assert "请注意" not in client.get("/read/law_2023", headers=HTML).text


def test_what_was_not_taken_into_the_text_is_told(client: TestClient) -> None:
    assert "文件里没有收为正文的内容（2）" in client.get(f"/read/{quote(hostile().id, safe='')}", headers=HTML).text


def test_programs_get_errors_as_json_and_people_as_pages(client: TestClient) -> None:
    assert client.get("/read/nothing").json()["code"] == "not_found"
    page = client.get("/read/nothing", headers=HTML)
    assert "<h1>没有找到</h1>" in page.text
    assert "nothing" not in page.text
    bad = client.get("/duties?as_of=gestern", headers=HTML)
    assert (bad.status_code, "gestern" in bad.text) == (422, False)
    assert "没有这一条" in client.get("/read/law_2023/第九十九条", headers=HTML).text


def test_the_files_of_the_pages_are_small() -> None:
    assert sum(len(static_file(name)) for name in STATIC) < 30_000


_LIGHT, _DARK = re.findall(r":root \{([^}]*--ink:[^}]*)\}", CSS)
THEMES = {
    name: dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", block))
    for name, block in (("light", _LIGHT), ("dark", _DARK))
}
PAIRS = [
    *((text, ground) for text in ("ink", "soft", "accent") for ground in ("ground", "paper")),
    ("accent-ink", "accent"),
    *((f"{name}-ink", name) for name in ("mark", "good", "warn", "bad", "info", "plain")),
]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_contrast_reaches_aa(theme: str, text: str, ground: str) -> None:
    assert contrast(THEMES[theme][text], THEMES[theme][ground]) >= 4.5


def test_a_row_that_was_asked_for_is_marked_and_no_other(client: TestClient) -> None:
    page = Markup(client.get("/read/tabled/表1 第200行", headers=HTML).text)
    assert [row for row in page.all("tr") if row.get("class")] == [{"id": "表1_第200行", "class": "here"}]
    assert not any(block["class"] == "table here" for block in page.all("div") if block.get("class"))


def test_a_kind_that_the_document_does_not_name_stays_chosen_in_sight(client: TestClient) -> None:
    text = client.get("/duties?doc=law_2023&kind=保险机构甲", headers=HTML).text
    assert "<option selected>保险机构甲</option>" in text
    assert "没有符合条件的责任" in text


def test_the_menu_of_the_administration_gives_its_look_to_nothing_else() -> None:
    """Compared clauses have a line called `side` too: its link must stay one, and must not stay put."""
    compared = files("assistant.serving.render") / "templates" / "compare.html"
    assert 'class="side"' in compared.read_text("utf-8")
    bare = [line for line in CSS.splitlines() if re.match(r"\s*\.side\b", line)]
    assert bare == []
    assert ".admin > .side {" in CSS
