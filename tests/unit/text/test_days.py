"""Days that a question names."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.text.days import named_days

TODAY = date(2026, 5, 1)

DAYS = [
    ("2023年3月15日供的货", "2023-03-15"),
    ("2023年3月供的货", "2023-03-15"),
    ("2023年3月底", "2023-03-28"),
    ("2023年", "2023-07-01"),
    ("2023年的时候", "2023-07-01"),
    ("2024年底以前", "2024-12-31"),
    ("2024年年初", "2024-01-15"),
    ("2024年上半年的业务", "2024-04-01"),
    ("2021年下半年", "2021-10-01"),
    ("2022年三季度", "2022-08-15"),
    ("二〇二三年三月", "2023-03-15"),
    ("二○二一年十二月三十一日", "2021-12-31"),
    ("2023-03-15", "2023-03-15"),
    ("2023.3.15", "2023-03-15"),
    ("去年的货款", "2025-07-01"),
    ("前年的货款", "2024-07-01"),
    ("大前年的货款", "2023-07-01"),
]


@pytest.mark.parametrize(("text", "day"), DAYS)
def test_a_time_and_its_day(text: str, day: str) -> None:
    assert [found.isoformat() for *_, found in named_days(text, TODAY)] == [day]


@pytest.mark.parametrize("text", ["三年以内", "20230315", "10年期贷款", "2023年2月30日", "第2023条", "年底前付清"])
def test_no_time_is_named(text: str) -> None:
    assert named_days(text, TODAY) == ()


def test_several_times_in_their_order_with_their_places() -> None:
    text = "2020年签的，2024年6月没付"
    assert [(text[start:end], day.year) for start, end, day in named_days(text, TODAY)] == [
        ("2020年", 2020),
        ("2024年6月", 2024),
    ]
