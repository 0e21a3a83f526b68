"""Numerals of articles and figures of sentences."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.text.numerals import numbers_in, parse_numeral, to_han

HAN = [
    (1, "一"),
    (9, "九"),
    (10, "十"),
    (11, "十一"),
    (20, "二十"),
    (21, "二十一"),
    (100, "一百"),
    (101, "一百零一"),
    (103, "一百零三"),
    (110, "一百一十"),
    (119, "一百一十九"),
    (200, "二百"),
    (457, "四百五十七"),
    (667, "六百六十七"),
    (1000, "一千"),
    (1001, "一千零一"),
    (1010, "一千零一十"),
    (1100, "一千一百"),
    (1260, "一千二百六十"),
    (9999, "九千九百九十九"),
]


@pytest.mark.parametrize(("value", "han"), HAN)
def test_to_han(value: int, han: str) -> None:
    assert to_han(value) == han


@pytest.mark.parametrize("value", [0, -1, 10_000])
def test_to_han_knows_its_limits(value: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        to_han(value)


@settings(deadline=None)
@given(st.integers(1, 9999))
def test_what_is_written_is_read(value: int) -> None:
    assert parse_numeral(to_han(value)) == value


@settings(deadline=None)
@given(st.integers(0, 10**9))
def test_arabic_digits_of_either_width_are_read(value: int) -> None:
    wide = str(value).translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    assert parse_numeral(str(value)) == parse_numeral(wide) == parse_numeral(f"{value:,}") == value


PARSED = [
    ("十", 10),
    ("一百十", 110),
    ("两千", 2000),
    ("二〇二四", 2024),
    ("二○二四", 2024),
    ("二零二四", 2024),
    ("1000 万", 10_000_000),
    ("一千万", 10_000_000),
    ("1000万", 10_000_000),
    ("两千万", 20_000_000),
    ("三亿", 300_000_000),
    ("一亿二千万", 120_000_000),
    ("1亿2000万", 120_000_000),
    ("一万亿", 10**12),
    ("三千五百亿", 350_000_000_000),
    ("五万", 50_000),
    ("十二万", 120_000),
    ("1.5亿", 150_000_000),
    ("1,000", 1000),
    ("０", 0),
    ("壹", 1),
]


@pytest.mark.parametrize(("text", "value"), PARSED)
def test_parse_numeral(text: str, value: int) -> None:
    assert parse_numeral(text) == Decimal(value)


@pytest.mark.parametrize("text", ["", " ", "万", "条", "第十条", "百分之三十", "abc", "十二个", "亿万"])
def test_what_is_no_numeral(text: str) -> None:
    assert parse_numeral(text) is None


FIGURES = [
    ("单户授信 1000 万元以上", {"10000000"}),
    ("单户授信一千万元以上", {"10000000"}),
    ("单户授信１０００万元以上", {"10000000"}),
    ("1,000万元", {"10000000"}),
    ("百分之三十", {"30%"}),
    ("30%", {"30%"}),
    ("３０％", {"30%"}),
    ("30 %", {"30%"}),
    ("百分之30", {"30%"}),
    ("百分之三点八五", {"3.85%"}),
    ("3.85%", {"3.85%"}),
    ("千分之五", {"5/1000"}),
    ("万分之五", {"5/10000"}),
    ("2024年5月6日", {"2024", "5", "6"}),
    ("二〇二四年五月六日", {"2024", "5", "6"}),
    ("2024-05-06", {"2024", "5", "6"}),
    ("三十日内", {"30"}),
    ("30日内", {"30"}),
    ("五万元以上五十万元以下", {"50000", "500000"}),
    ("5万元以上50万元以下", {"50000", "500000"}),
    ("第十二条", {"12"}),
    ("第12条", {"12"}),
    ("两倍", {"2"}),
    ("十个工作日", {"10"}),
    ("进一步加强", set()),
    ("一定条件", set()),
    ("一方面", set()),
    ("统一管理", set()),
    ("一般规定", set()),
    ("十分重视", set()),
    ("千方百计", set()),
    ("第三方合作", set()),
    ("百姓", set()),
    ("走万企 提信心", set()),
    ("大型银行一级分行", set()),
    ("健全一二级分行部门设置", set()),
    ("各银行机构要加强管理", set()),
    ("", set()),
]


@pytest.mark.parametrize(("text", "figures"), FIGURES, ids=[text or "empty" for text, _ in FIGURES])
def test_numbers_in(text: str, figures: set[str]) -> None:
    assert numbers_in(text) == figures


def test_figures_of_one_value_are_one_however_written() -> None:
    assert numbers_in("1000 万") == numbers_in("一千万")
    assert numbers_in("百分之三十") == numbers_in("30%") == numbers_in("30.0%")
    assert numbers_in("30") != numbers_in("30%")


@settings(deadline=None)
@given(st.integers(1, 9999))
def test_an_article_number_is_a_figure_of_either_script(value: int) -> None:
    assert numbers_in(f"第{to_han(value)}条") == numbers_in(f"第{value}条") == {str(value)}


@settings(deadline=None)
@given(st.integers(2, 9999), st.sampled_from(["万元", "日", "家", "个月", "倍"]))
def test_an_amount_is_a_figure_of_either_script(value: int, measure: str) -> None:
    assert numbers_in(f"应当在{to_han(value)}{measure}以内") == numbers_in(f"应当在{value}{measure}以内")


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_text_has_figures_or_none(text: str) -> None:
    assert all(figure and figure[0].isdigit() for figure in numbers_in(text))
