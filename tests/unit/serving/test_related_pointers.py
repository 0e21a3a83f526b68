"""Related policies on their way out: pointers, escaped, doubt said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.schema.answer import Answer, Citation, Mode, Outcome, RelatedPolicy
from assistant.schema.document import Span, Validity
from assistant.serving.http.wire import RelatedBody
from assistant.serving.render.fields import answer_body, as_fields
from assistant.serving.render.html import answer_cards_html, related_html
from assistant.serving.render.terminal import answer_terminal
from assistant.serving.render.words import related_facts


def pointer(**changes: object) -> RelatedPolicy:
    made = RelatedPolicy(
        id="a",
        title="某办法",
        kind="部门规章",
        document_number="某令〔2024〕1号",
        issuer="某部",
        issued="2024-05",
        effective="2024-07-01",
        status="现行有效",
        status_detail=None,
        official_url="https://www.example.gov.cn/a?b=1&c=2",
        official_site="发布机关",
        why="续贷规则",
        note=None,
        named=True,
        clauses=("（十）",),
        unverified=("issued", "status"),
        citations=(1,),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def cited(number: int) -> Citation:
    return Citation(
        number=number,
        document_id="notice",
        document_title="通知",
        address=f"（{number}）",
        heading=None,
        clause_text="各银行机构要落实。",
        quotes=("各银行机构要落实",),
        spans=(Span(0, 8),),
        validity=Validity.ANNUAL,
    )


def reply(*related: RelatedPolicy) -> Answer:
    return Answer(
        question="问",
        standalone_question="问",
        outcome=Outcome.ANSWERED,
        mode=Mode.EXTRACTIVE,
        text="各银行机构要落实。[1]",
        statements=(),
        citations=(cited(1), cited(2)),
        related=related,
    )


def test_facts_are_said_and_doubt_is_named() -> None:
    assert related_facts(pointer(status_detail="试行", note="见附注")) == (
        "某令〔2024〕1号",
        "某部",
        "发布 2024-05",
        "施行 2024-07-01",
        "现行有效",
        "未核实：发布日期、时效",
        "试行",
        "关系：续贷规则",
        "官方页面：https://www.example.gov.cn/a?b=1&c=2",
        "见附注",
    )


def test_a_status_that_nobody_knows_is_said_once() -> None:
    bare = pointer(
        status="未核实", unverified=("status",), document_number=None, issuer=None, issued=None, effective=None
    )
    assert related_facts(replace(bare, official_url=None)) == ("时效未核实", "关系：续贷规则")


def test_each_card_shows_the_policies_of_its_own_clause() -> None:
    html = answer_cards_html(reply(pointer(title="甲办法"), pointer(id="b", title="乙办法", citations=(1, 2))))
    first, second = html.split('id="cite-2"')
    assert "甲办法" in first
    assert "相关政策（2）" in first
    assert "甲办法" not in second
    assert "相关政策（1）" in second
    assert "pz-related" not in answer_cards_html(reply())


@pytest.mark.parametrize(
    "field", ["title", "document_number", "issuer", "why", "note", "status_detail", "official_url"]
)
def test_no_field_brings_markup(field: str) -> None:
    html = related_html([pointer(**{field: '"><img src=x onerror=alert(1)></details>'})])
    assert "<img" not in html
    assert html.count("</details>") == 1


def test_a_page_address_is_words_and_no_link() -> None:
    html = related_html([pointer()])
    assert "https://www.example.gov.cn/a?b=1&amp;c=2" in html
    assert "<a" not in html
    assert "href" not in html


def test_the_terminal_lists_the_first_and_counts_the_rest() -> None:
    shown = answer_terminal(reply(*(pointer(id=str(n), title=f"第{n}号办法") for n in range(9))))
    assert "相关政策（仅供查阅，不是依据；除写明的以外，本库未收录原文）：" in shown
    assert "《第5号办法》：" in shown
    assert "第6号办法" not in shown
    assert "另有 3 项" in shown
    assert "相关政策" not in answer_terminal(reply())


def test_the_terminal_gets_no_control_characters() -> None:
    assert "\x1b" not in answer_terminal(reply(pointer(title="甲\x1b[31m")))


def test_the_api_promises_what_is_made() -> None:
    made = as_fields(answer_body(reply(pointer())))
    assert set(made["related"][0]) == set(RelatedBody.model_fields)
    assert made["related"][0]["unverified"] == ["issued", "status"]
    assert made["related"][0]["citations"] == [1]
