"""Answers as Markdown, terminal text, JSON and HTML; hostile text stays text."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest

from assistant.schema.answer import Answer, Citation, Modality, Mode, Outcome, PlainVersion, Statement, Verdict
from assistant.schema.document import Clause, Document, DocumentKind, DocumentMeta, Level, Span, Validity
from assistant.serving.http.wire import AnswerBody, DocumentBody
from assistant.serving.render.fields import (
    answer_body,
    as_fields,
    citation_body,
    clause_body,
    document_body,
    outline_body,
)
from assistant.serving.render.html import answer_cards_html, cards_html, citation_html, marked_html, note_html
from assistant.serving.render.markdown import answer_markdown, linked_marks, markdown_escaped
from assistant.serving.render.terminal import answer_terminal
from assistant.serving.render.words import OUTCOME_LABELS, VERDICT_LABELS, ai_label, bare_heading, modalities_of, titled

PAYLOADS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "</blockquote><iframe src=//evil.example>",
    "&lt;script&gt;",
    "${alert(1)}{{alert(1)}}<%= alert(1) %>",
    "<mark>",
)
LINK = {"href", "target", "rel", "title", "type", "data-copy"}  # a link to the clause, a button that copies its name
CLAUSE = "（十）落实无还本续贷政策。\n各银行机构要主动对接，不得盲目抽贷、断贷。"


def citation(**changes: object) -> Citation:
    made = Citation(
        number=1,
        document_id="notice",
        document_title="关于服务小微企业的通知",
        address="五、（十）",
        heading="落实无还本续贷政策",
        clause_text=CLAUSE,
        quotes=("不得盲目抽贷、断贷",),
        spans=(Span(24, 33),),
        validity=Validity.IN_FORCE,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def answer(**changes: object) -> Answer:
    made = Answer(
        question="能续贷吗？",
        standalone_question="能续贷吗？",
        outcome=Outcome.ANSWERED,
        mode=Mode.EXTRACTIVE,
        text="不得盲目抽贷、断贷。[1]",
        statements=(Statement(text="不得盲目抽贷、断贷。", citations=(1,), modality=Modality.PROHIBIT, quoted=True),),
        citations=(citation(),),
        generation="abc",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


class Elements(HTMLParser):
    """Keeps the tags, the attribute names and the text of a fragment; fails on unbalanced tags."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.marked = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if "mark" in self._open:
            self.marked += data


# --- marks --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "quotes", "marked"),
    [
        ("甲乙丙丁", ["乙丙"], "甲<mark>乙丙</mark>丁"),
        ("甲乙\n丙丁", ["乙丙"], "甲<mark>乙\n丙</mark>丁"),
        ("甲乙丙丁", ["乙 \u3000丙"], "甲<mark>乙丙</mark>丁"),
        ("甲乙丙丁", ["甲乙", "乙丙"], "<mark>甲乙丙</mark>丁"),
        ("甲乙丙丁", ["丁", "甲"], "<mark>甲</mark>乙丙<mark>丁</mark>"),
        ("甲乙丙丁", ["甲乙丙丁", "乙"], "<mark>甲乙丙丁</mark>"),
        ("甲乙丙丁", ["戊", "", " \n"], "甲乙丙丁"),
        ("a<b>c", ["<b>"], "a<mark>&lt;b&gt;</mark>c"),
        ("a & b", ["a&b"], "<mark>a &amp; b</mark>"),
        ("", ["甲"], ""),
    ],
)
def test_marks(text: str, quotes: list[str], marked: str) -> None:
    assert marked_html(text, quotes) == marked


def test_card_shows_what_a_reader_needs() -> None:
    html = citation_html(citation(), modalities=(Modality.PROHIBIT,))
    seen = Elements(html)
    for words in (
        "《关于服务小微企业的通知》",
        "五、（十）",
        "落实无还本续贷政策",
        "现行有效",
        "✓ 引文已核对",
        "禁止",
        CLAUSE,
    ):
        assert words in seen.text
    assert seen.marked == "不得盲目抽贷、断贷"
    assert seen.attributes <= {"class", "id", "aria-label", "tabindex", "role", *LINK}


def test_the_address_leads_to_the_clause_in_its_document() -> None:
    [href] = re.findall(r'href="([^"]*)"', citation_html(citation()))
    path, _, fragment = unquote(href).partition("#")
    assert path == "read/notice/五、（十）?q=不得盲目抽贷、断贷"
    assert fragment == "五、（十）"


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("field", ["document_id", "address"])
def test_a_hostile_address_leads_nowhere_else(payload: str, field: str) -> None:
    [href] = re.findall(r'href="([^"]*)"', citation_html(citation(**{field: payload})))
    assert re.fullmatch(r"read/[\w.~/%?=&;#+-]+", href)


def test_marks_of_sources_lead_to_them_and_others_stay_words() -> None:
    linked = linked_marks(markdown_escaped("续贷。[1] 第[2]号 [1][1]"), [citation()])
    assert re.sub(r"\([^)]*\)", "()", linked) == r"续贷。[\[1\]]() 第[2]号 [\[1\]]()[\[1\]]()"


@pytest.mark.parametrize("payload", [*PAYLOADS, "![图](https://attacker.example/x.png)", "[1](javascript:alert(1))"])
def test_no_words_of_a_document_stand_inside_a_link(payload: str) -> None:
    linked = linked_marks(markdown_escaped(f"[1] {payload}"), [citation(address=payload, document_title=payload)])
    assert set(re.findall(r"(?<!\\)\[(.*?)(?<!\\)\]\(", linked)) == {r"\[1\]"}


@pytest.mark.parametrize("verdict", [v for v in Verdict if v is not Verdict.OK])
def test_a_failed_proof_is_shown(verdict: Verdict) -> None:
    seen = Elements(citation_html(citation(verdict=verdict)))
    assert "✗" in seen.text
    assert "✓" not in seen.text


def test_every_value_has_its_words() -> None:
    assert set(VERDICT_LABELS) == set(Verdict)
    assert set(OUTCOME_LABELS) == set(Outcome)
    for validity in Validity:
        assert validity.value in citation_html(citation(validity=validity))


def test_a_long_clause_can_be_reached_by_keyboard() -> None:
    assert "tabindex" not in Elements(citation_html(citation())).attributes
    assert "tabindex" in Elements(citation_html(citation(clause_text=CLAUSE * 20))).attributes


def test_titles_are_bracketed_once() -> None:
    assert titled("办公室印发《关于甲的通知》") == "办公室印发《关于甲的通知》"


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("field", ["document_title", "address", "heading", "clause_text"])
def test_hostile_text_in_a_card_stays_text(payload: str, field: str) -> None:
    seen = Elements(citation_html(citation(**{field: payload})))
    assert payload in seen.text
    assert seen.tags <= {"article", "div", "span", "h3", "p", "strong", "blockquote", "mark", "a", "button"}
    assert seen.attributes <= {"class", "id", "aria-label", *LINK}


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_quotes_mark_text(payload: str) -> None:
    seen = Elements(citation_html(citation(clause_text=f"前{payload}后", quotes=(payload,))))
    assert seen.marked == payload
    assert "script" not in seen.tags


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_introductions_stay_text(payload: str) -> None:
    assert Elements(cards_html((), intro=payload)).tags == {"div", "p"}
    assert Elements(note_html(payload)).tags == {"div", "p"}


def test_cards_of_an_answer() -> None:
    seen = Elements(answer_cards_html(answer()))
    assert "本答复引用 1 处条款" in seen.text
    assert "禁止" in seen.text  # from the statement that rests on it
    refusal = answer(outcome=Outcome.NOT_FOUND, statements=(), citations=(), nearest=(citation(),))
    assert "不是答复的依据" in Elements(answer_cards_html(refusal)).text
    assert "没有引用条款" in answer_cards_html(replace(refusal, nearest=()))


def test_modalities_come_once_and_in_order() -> None:
    statements = [
        Statement(text="a", citations=(1, 2), modality=Modality.REQUIRE),
        Statement(text="b", citations=(2,), modality=Modality.PROHIBIT),
        Statement(text="c", citations=(1,), modality=Modality.REQUIRE),
        Statement(text="d", citations=(1,)),
    ]
    assert modalities_of(1, statements) == (Modality.REQUIRE,)
    assert modalities_of(2, statements) == (Modality.REQUIRE, Modality.PROHIBIT)


# --- Markdown -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("不得抽贷。[1][12]", "不得抽贷。[1][12]"),
        ("[1](http://x)", r"\[1\](http\://x)"),
        ("[1]: http://x", r"\[1\]: http\://x"),
        ("![x](y)", r"!\[x\](y)"),
        ("www.x.cn a@b.cn", r"www\.x.cn a\@b.cn"),
        ("*a* _b_ `c` ~d~ a|b \\", r"\*a\* \_b\_ \`c\` \~d\~ a\|b \\"),
        ("1. 甲\n2) 乙", "1\\. 甲\n2\\) 乙"),
        ("# 甲\n- 乙\n+ 丙\n=== ", "\\# 甲\n\\- 乙\n\\+ 丙\n\\=== "),
        ("> 甲", "&gt; 甲"),
        ("<b>&amp;", "&lt;b&gt;&amp;amp;"),
        ("    code", "\u3000\u3000\u3000\u3000code"),
        ("增长 1.5%，2024-05-01", "增长 1.5%，2024-05-01"),
    ],
)
def test_markdown_is_escaped(text: str, shown: str) -> None:
    assert markdown_escaped(text) == shown


def test_list_items_may_stay_list_items() -> None:
    text = "共 2 处：\n- 甲[1]\n- # 乙\n-丙\n- "
    assert markdown_escaped(text, lists=True) == "共 2 处：\n- 甲[1]\n- \\# 乙\n\\-丙\n\\- "


@pytest.mark.parametrize(
    ("address", "heading", "bare"),
    [
        ("五、（十）", "（十）规范贷款管理", "规范贷款管理"),
        ("第十二条", "第十二条 公示标准", "公示标准"),
        ("五、（十）", "规范贷款管理", "规范贷款管理"),
        ("五、", "五、", ""),
        ("五、", None, ""),
    ],
)
def test_a_number_is_not_said_twice(address: str, heading: str | None, bare: str) -> None:
    assert bare_heading(citation(address=address, heading=heading)) == bare


def test_answer_as_markdown() -> None:
    text = answer_markdown(answer(standalone_question="小微企业能续贷吗？", notices=("语言模型暂不可用。",)))
    for words in (
        "**有依据**",
        "理解为：小微企业能续贷吗？",
        "[1] 《关于服务小微企业的通知》五、（十） 落实无还本续贷政策（现行有效，✓ 引文已核对）",
        "> 提示：语言模型暂不可用。",
        "内容由程序依据条款生成",
    ):
        assert words in text
    assert "理解为" not in answer_markdown(answer(standalone_question="能续贷 吗？"))


@pytest.mark.parametrize("payload", PAYLOADS[:5])
def test_hostile_answers_hold_no_html(payload: str) -> None:
    hostile = answer(
        text=payload, standalone_question=payload, notices=(payload,), citations=(citation(document_title=payload),)
    )
    assert not re.search(r"<[a-z/]", answer_markdown(hostile))


def test_who_wrote_it_is_said() -> None:
    assert "程序" in ai_label(Mode.EXTRACTIVE)
    assert all("人工智能" in ai_label(mode) for mode in (Mode.LLM, Mode.LLM_REPAIRED))


# --- terminal -----------------------------------------------------------------------------------


def test_answer_in_a_terminal() -> None:
    text = answer_terminal(answer())
    assert text.startswith("【有依据】\n\n不得盲目抽贷、断贷。[1]\n")
    assert "「不得盲目抽贷、断贷」" in text
    nearest = answer(outcome=Outcome.NOT_FOUND, citations=(), nearest=(citation(),))
    assert "最接近的条款（仅供参考）" in answer_terminal(nearest)


def test_plain_words_are_shown_beside_the_clauses() -> None:
    told = Statement(text="不得随便抽贷<b>", citations=(1,))
    plain = PlainVersion(text="- 不得随便抽贷<b>[1]", statements=(told,), reworded=1, prompt_version="plain.zh.v1")
    terminal = answer_terminal(answer(plain=plain))
    assert terminal.index("不得盲目抽贷") < terminal.index("口语版") < terminal.index("- 不得随便抽贷<b>[1]")
    markdown = answer_markdown(answer(plain=plain))
    assert "口语版" in markdown
    assert "<b>" not in markdown
    made = as_fields(answer_body(answer(plain=plain, prompt_version="answer.zh.v1")))
    assert (made["prompt_version"], made["plain"]["prompt_version"]) == ("answer.zh.v1", "plain.zh.v1")


def test_a_terminal_gets_no_control_characters() -> None:
    hostile = answer(text="甲\x1b[31m乙\x07\x9b\r丙\u202e丁", citations=(citation(address="\x1b]0;x\x07"),))
    text = answer_terminal(hostile)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)
    assert "甲[31m乙丙丁" in text


# --- JSON ---------------------------------------------------------------------------------------


def test_answer_as_json_is_what_the_api_promises() -> None:
    plain = PlainVersion(text="话", statements=(Statement(text="话", citations=(1,)),), reworded=1, prompt_version="p")
    given = answer(nearest=(citation(number=2),), notices=("甲",), degraded=("dense",), plain=plain)
    made = as_fields(answer_body(given))
    assert set(made) == set(AnswerBody.model_fields)
    assert json.loads(json.dumps(made)) == made
    assert AnswerBody.model_validate(made) == answer_body(given)
    assert made["outcome"] == "answered"
    assert made["outcome_label"] == "有依据"
    assert made["statements"][0] == {
        "text": "不得盲目抽贷、断贷。",
        "citations": [1],
        "modality": "禁止",
        "subject": None,
        "quoted": True,
    }
    assert made["plain"]["statements"][0]["modality"] is None
    assert made["citations"][0] == as_fields(citation_body(citation()))
    assert made["citations"][0] == {
        "number": 1,
        "document_id": "notice",
        "document_title": "关于服务小微企业的通知",
        "address": "五、（十）",
        "heading": "落实无还本续贷政策",
        "clause_text": CLAUSE,
        "quotes": ["不得盲目抽贷、断贷"],
        "spans": [{"start": 24, "end": 33}],
        "status": "现行有效",
        "legal_level": None,
        "verdict": "OK",
        "verified": True,
    }


def test_a_document_as_json() -> None:
    made = as_fields(document_body(replace(law().meta, issued_on=date(2024, 5, 1), aliases=("甲",))))
    assert set(made) == set(DocumentBody.model_fields)
    assert (made["kind"], made["status"], made["issued_on"], made["aliases"]) == (
        "law",
        "时效未载明",
        "2024-05-01",
        ["甲"],
    )


def law() -> Document:
    text = "第十二条 企业应当：\n（一）公示标\n准；\n（二）不得收费。"
    item = text.index("（一）")
    second = text.index("（二）")

    def leaf(address: str, level: Level, start: int, end: int) -> Clause:
        return Clause(address=address, level=level, span=Span(start, end), text=text[start:end])

    label = leaf("第十二条", Level.LABEL, 0, 4)
    lead = leaf("第十二条第一款", Level.LEAD, 5, item - 1)
    items = (
        leaf("第十二条第一款第（一）项", Level.ITEM, item, second - 1),
        leaf("第十二条第一款第（二）项", Level.ITEM, second, len(text)),
    )
    paragraph = replace(leaf("第十二条第一款", Level.PARAGRAPH, 5, len(text)), children=(lead, *items))
    article = replace(leaf("第十二条", Level.ARTICLE, 0, len(text)), children=(label, paragraph))
    meta = DocumentMeta(id="law", title="某法", kind=DocumentKind.LAW)
    return Document(meta=meta, text=text, clauses=(article,))


def test_clause_as_json() -> None:
    document = law()
    article = document.find("第十二条")
    assert article is not None
    body = clause_body(document, article)
    assert body.text == document.text
    assert "related" not in as_fields(body)  # of a clause alone nothing is said of what stands beside it
    assert body.children == ["第十二条第一款"]
    assert body.plain == "第十二条 企业应当：\n（一）公示标准；\n（二）不得收费。"
    paragraph = document.find("第十二条第一款")
    assert paragraph is not None
    assert clause_body(document, paragraph).children == [c.address for c in paragraph.children[1:]]


def test_outline_lists_addressable_clauses_alone() -> None:
    body = outline_body(law())
    assert [line.address for line in body.clauses] == [c.address for c in law().addressable()]
    assert body.issued_on is None
