"""Figures: what is one figure however it is written, and what is another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.text.figures import Figure, bounds_in, figure_at, figures_in, ordinal_at, spelt
from assistant.text.numerals import to_han

SAME = [
    ("不超过一千万元", "1000万元以内"),
    ("三十日内", "不超过30天"),
    ("不低于30%", "百分之三十以上"),
    ("半年", "六个月"),
    ("一年", "12个月"),
    ("万分之五", "0.05%"),
    ("三成", "30%"),
    ("五万元至二十万元", "5万元以上20万元以下"),
    ("不得超过其净资产的10倍", "最高十倍"),
    ("2024-05-01", "2024年5月1日"),
    ("1,000元", "一千元"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_other_ways_of_writing_are_one_figure(one: str, other: str) -> None:
    assert figures_in(one) == figures_in(other) != frozenset()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("三十日", "三十个工作日"),
        ("三个月", "3月"),
        ("十万元以上", "十万元以下"),
        ("超过五年", "不超过五年"),
        ("三分之二", "三分之一"),
        ("5元", "5万元"),
    ],
)
def test_what_differs_is_another_figure(one: str, other: str) -> None:
    assert figures_in(one) != figures_in(other)


def test_the_parts_of_a_figure() -> None:
    assert figure_at("不低于30%的", 0) == (Figure("30", "%", "≥"), 6)
    assert figure_at("不超过其", 0) == (Figure("", "", "≤"), 3)
    assert figure_at("各银行", 0) is None
    assert ordinal_at("第十二条规定", 0) == (Figure("第12", "条"), 4)
    assert bounds_in("不超过注册资本，且至少三人") == {"≤", "≥"}


def test_words_that_count_nothing() -> None:
    assert figures_in("进一步统一，一律一致，第三方，十分重要，一级分行") == frozenset()


def test_a_bound_reaches_no_figure_behind_a_comma() -> None:
    assert figures_in("不得超过约定，三年后") == {Figure("36", "个月")}


@pytest.mark.parametrize(("misprinted", "meant"), [("公历l月1日", "公历1月1日"), ("1月l日起", "1月1日起")])
def test_an_l_in_a_date_is_a_one(misprinted: str, meant: str) -> None:
    assert spelt(misprinted) == meant
    assert spelt("lpr为3%") == "lpr为3%"


@given(
    st.integers(1, 9999), st.sampled_from("日天年元家户倍岁"), st.sampled_from(["内", "以上", "前", "通知", "书面", ""])
)
def test_both_scripts_count_alike(value: int, unit: str, behind: str) -> None:
    assert figures_in(f"{to_han(value)}{unit}{behind}") == figures_in(f"{value}{unit}{behind}")
