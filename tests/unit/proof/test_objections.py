"""Words in one form, and what a changed word does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.proof.align import Case, compare
from assistant.proof.objections import objection
from assistant.proof.tokens import Token
from assistant.proof.tokens import tokens_of as read
from assistant.schema.answer import Verdict
from assistant.text.institutions import known_institutions


def tokens_of(text: str) -> tuple[Token, ...]:
    return read(text, known_institutions())


def verdict_on(claim: str, clause: str) -> Verdict | None:
    found = compare(tokens_of(claim), tokens_of(clause))
    ruling = objection(Case(found, clause, known_institutions()))
    return ruling.verdict if ruling else None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("不超过一千万元", "1000万元以内"),
        ("三十日内", "不超过30天"),
        ("百分之三十以上", "不低于30%"),
        ("半年", "六个月"),
        ("一年", "12个月"),
        ("万分之五", "0.05%"),
        ("五十万元至二百万元", "50万元以上200万元以下"),
        ("应当按照规定办理", "必须办理"),
        ("不得超过其净资产的10倍", "不得超过净资产的十倍"),
        ("第四十条", "第40条"),
        ("20％", "20%"),
    ],
)
def test_other_ways_of_writing_are_one_form(one: str, other: str) -> None:
    assert [t.form for t in tokens_of(one)] == [t.form for t in tokens_of(other)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("三十日内", "三十个工作日内"),
        ("三个月", "三日"),
        ("十万元以上", "十万元以下"),
        ("不满十四周岁", "十四周岁"),
        ("应当告知", "可以告知"),
        ("承担责任", "不承担责任"),
        ("保险人", "被保险人"),
        ("抵押人", "抵押权人"),
        ("进一步", "进二步"),
    ],
)
def test_what_differs_has_another_form(one: str, other: str) -> None:
    assert [t.form for t in tokens_of(one)] != [t.form for t in tokens_of(other)]


CLAUSE = "投保人应当自收到通知之日起三十日内向保险人交付保险费，保险人不得擅自提高保险费。"
CHANGES = [
    ("投保人应当自收到通知之日起30天内向保险人交付保险费。", None),
    ("投保人应自收到通知之日起三十日内交付保险费。", None),
    ("保险人不得擅自提高保险费。", None),
    ("投保人应当自收到通知之日起二十日内向保险人交付保险费。", Verdict.NUMBER),
    ("投保人可以自收到通知之日起三十日内向保险人交付保险费。", Verdict.MODALITY),
    ("保险人可以擅自提高保险费。", Verdict.MODALITY),
    ("保险人不得擅自降低保险费。", Verdict.MODALITY),
    ("受益人应当自收到通知之日起三十日内向保险人交付保险费。", Verdict.SUBJECT),
    ("保险人应当自收到通知之日起三十日内向投保人交付保险费。", Verdict.SUBJECT),
    ("投保人应当自收到通知之日起三十日内向保险人交付全部保险费和滞纳金。", Verdict.UNSUPPORTED),
]


@pytest.mark.parametrize(("claim", "verdict"), CHANGES, ids=[c for c, _ in CHANGES])
def test_what_a_change_does(claim: str, verdict: Verdict | None) -> None:
    assert verdict_on(claim, CLAUSE) is verdict


TEXTS = st.text(st.sampled_from("应当不得可以三十日第条，。保险人投贷款（一）%0123456789年"), max_size=40)


@given(TEXTS)
def test_a_text_changes_nothing_in_itself(text: str) -> None:
    tokens = tokens_of(text)
    if len(tokens) > 1:  # a single word between two ends is taken for chance
        assert verdict_on(text, text) is None
        assert compare(tokens, tokens).coverage == 1.0
