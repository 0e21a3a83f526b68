"""Numbers of a spreadsheet as their reader sees them."""

from __future__ import annotations

import pytest

from assistant.parsing.formats.xlsx_format import code_of, shown_number, shown_text

SHOWN = {
    ("3.8499999999999999E-2", "0.00%"): "3.85%",
    ("0.0015", "0.0‰"): "1.5‰",
    ("1234567.5", "#,##0.00"): "1,234,567.50",
    ("500", '"¥"#,##0'): "¥500",
    ("500", "[$¥-804]#,##0"): "¥500",
    ("5", '0"元/笔"'): "5元/笔",
    ("5", 'G/通用格式"元"'): "5元",
    ("12345", '0!.0,"万元"'): "1.2万元",
    ("12345", '0!.0000"万元"'): "1.2345万元",
    ("12300000", "#,##0,"): "12,300",
    ("-5", "0.00;[Red](0.00)"): "(5.00)",
    ("-5", "0.00_ "): "-5.00",
    ("-0.001", "0.00"): "0.00",
    ("0", '0;-0;"免费"'): "免费",
    ("0", "General"): "0",
    ("5", '[<10]"不足十户";0'): "不足十户",
    ("15", '[<10]"不足十户";0'): "15",
    ("0.30000000000000004", "General"): "0.3",
    ("1E+20", "General"): "1E+20",
    ("123456", "0.00E+00"): "1.23E+05",
    ("12.5", '#.##"元"'): "12.5元",
    ("12", "#.##"): "12",
    ("0.5", ".00"): ".50",
    ("7", "000"): "007",
    ("13800138000", "000-0000-0000"): "138-0013-8000",
    ("46023", 'yyyy"年"m"月"d"日"'): "2026年1月1日",
    ("46023.5", "yyyy/mm/dd hh:mm"): "2026/01/01 12:00",
    ("46023", "aaaa"): "星期四",
    ("0.75", '上午/下午h"时"mm"分"'): "下午6时00分",
    ("1.5", "[h]:mm"): "36:00",
    ("0.5", "# ?/?"): "0.5",
    ("45", "[DBNum1][$-804]General"): "45",
    ("-0.05", "0.00%;@"): "-5.00%",
    ("0", '_ * #,##0.00_ ;_ * \\-#,##0.00_ ;_ * "-"??_ ;_ @_ '): "-",
    ("-3", '[DBNum2][$-804]G/通用格式"元整"'): "-3元整",
    ("3", "@"): "3",
    ("7", ";;;"): "",
    ("不是数", "0.00"): "不是数",
    ("nan", "0.00"): "nan",
}


@pytest.mark.parametrize(("written", "code"), SHOWN)
def test_a_number_under_a_format(written: str, code: str) -> None:
    assert shown_number(written, code).text == SHOWN[written, code]


def test_days_count_from_1900_or_1904() -> None:
    """Day 61 is the first of March because 1900 is taken for a leap year."""
    assert [shown_number(day, "yyyy/m/d").text for day in ("59", "61")] == ["1900/2/28", "1900/3/1"]
    assert shown_number("44561", "yyyy/m/d", since_1904=True).text == "2026/1/1"
    assert shown_number("-1", "yyyy/m/d").text == "-1"
    assert shown_number("99999999", "yyyy/m/d").text == "99999999"


def test_what_a_format_rounds_is_told() -> None:
    assert shown_number("0.0385", "0%").rounded
    assert not shown_number("0.04", "0%").rounded
    assert not shown_number("0.0385", "0.00%").rounded


def test_a_text_under_a_format() -> None:
    assert shown_text("甲", '@"类"') == "甲类"
    assert shown_text("甲", '0;-0;0;"第"@') == "第甲"
    assert shown_text("甲", "0.00") == "甲"


def test_formats_known_by_number_alone() -> None:
    assert shown_number("46023", code_of(31, {})).text == "2026年1月1日"
    assert shown_number("0.0385", code_of(10, {})).text == "3.85%"
    assert shown_number("1234.5", code_of(43, {})).text == "1,234.50"
    assert code_of(170, {170: "0.0"}) == "0.0"
    assert code_of(999, {}) == "General"
