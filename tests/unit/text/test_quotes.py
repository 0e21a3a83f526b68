"""Where quoted words stand."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.schema.document import Span
from assistant.text.quotes import locate_quote, quotations_in, quote_stands


@pytest.mark.parametrize(
    ("quote", "text", "found"),
    [
        ("贷款转存", "严禁贷款转存。", "贷款转存"),
        ("满六十周岁,可以", "年满六十周岁，可以申请", "满六十周岁，可以"),
        ("绿色低碳发展", "完善绿色低碳\n\n发展", "绿色低碳\n\n发展"),
        ("授信1000万元", "单户授信 1000 万元以上", "授信 1000 万元"),
        ('"国之大者"', "胸怀“国之大者”，", "“国之大者”"),
        ("陕发[2024]1号", "陕发〔2024〕1号", "陕发〔2024〕1号"),
        ("贷款转让", "严禁贷款转存。", None),
        ("贷款，转存", "严禁贷款转存。", None),
        ("１０００", "1000", None),  # digits are no punctuation
    ],
)
def test_locate_quote(quote: str, text: str, found: str | None) -> None:
    span = locate_quote(quote, text, within=Span(0, len(text)))
    assert (text[span.start : span.end] if span else None) == found


def test_locate_quote_looks_within_only() -> None:
    text = "甲乙。甲乙。"
    assert locate_quote("甲乙", text, within=Span(1, 6)) == Span(3, 5)
    assert locate_quote("甲乙", text, within=Span(1, 4)) is None
    with pytest.raises(ValueError, match="blank"):
        locate_quote(" \n", text, within=Span(0, 6))


WORDS = st.text(st.sampled_from('贷款严禁，,。（(“" \n\u3000甲1A'), max_size=40)


@given(WORDS, WORDS, WORDS)
def test_a_slice_is_always_found_at_or_before_its_place(before: str, quote: str, after: str) -> None:
    if not quote.strip():
        return
    text = before + quote + after
    span = locate_quote(quote, text, within=Span(0, len(text)))
    assert span is not None
    assert span.start <= len(before) + len(quote) - len(quote.lstrip())


@given(WORDS, WORDS)
def test_what_is_found_says_the_same(quote: str, text: str) -> None:
    if not quote.strip():
        return
    span = locate_quote(quote, text, within=Span(0, len(text)))

    def letters(value: str) -> str:
        return "".join(c for c in unicodedata.normalize("NFKC", value) if c.isalnum())

    if span is not None:
        assert letters(text[span.start : span.end]) == letters(quote)
        assert not text[span.start].isspace()
        assert not text[span.end - 1].isspace()
    else:
        assert quote.strip() not in text


@given(WORDS)
def test_width_and_blanks_do_not_matter(text: str) -> None:
    if not text.strip():
        return
    retyped = " ".join(text.replace(",", "，").replace("(", "（"))
    assert locate_quote(retyped, text, within=Span(0, len(text))) is not None


TEXT = "保管人应当自收到存货之日起三日内，按照“先验后入”办法出具仓单，不得拖延。会计年度自l月1日起。"


@pytest.mark.parametrize(
    ("quote", "stands"),
    [
        ("保管人应当……出具仓单", True),
        ("保管人应当...出具仓单，不得拖延。", True),
        ("……出具仓单", True),
        ("出具仓单……保管人应当", False),  # in another order
        ("保管人应当……退还存货", False),
        ("……", False),
        ("按照‘先验后入’办法出具仓单", True),
        ("按照「先验后入」办法", True),
        ("会计年度自1月1日起", True),
    ],
)
def test_a_quotation_may_leave_out_words(quote: str, stands: bool) -> None:
    assert quote_stands(quote, TEXT) is stands


@pytest.mark.parametrize(
    ("sentence", "quotes"),
    [
        ("规定“按照‘先验后入’办法出具仓单”。", ["按照‘先验后入’办法出具仓单"]),
        ("规定“按照“先验后入”办法出具仓单”，并说「不得拖延」。", ["按照“先验后入”办法出具仓单", "不得拖延"]),
        ('规定"不得拖延"。', ["不得拖延"]),
        ("规定不得拖延。", []),
    ],
)
def test_the_outer_quotation_counts(sentence: str, quotes: list[str]) -> None:
    assert list(quotations_in(sentence)) == quotes
