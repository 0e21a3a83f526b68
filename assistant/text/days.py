"""Days that a question names: 2023年3月15日, 2024年上半年, 二〇二三年, 去年."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from assistant.text.numerals import parse_numeral

_DIGITS = str.maketrans("〇零○一二三四五六七八九０１２３４５６７８９", "000123456789" + "0123456789")
_YEAR = r"(?<![\d〇零一二三四五六七八九])(?P<year>(?:19|20)\d{2}|[一二][九〇零○][〇零○一二三四五六七八九]{2})"
_MONTH = r"(?P<month>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])"
_DAY = r"(?P<day>[12]\d|3[01]|0?[1-9]|[二三]?十[一二三四五六七八九]?|[一二三四五六七八九])"
_NAMED = re.compile(
    rf"{_YEAR}\s*(?:[-/.]{_MONTH.replace('month', 'month2')}(?:[-/.]{_DAY.replace('day', 'day2')})?"
    rf"|年\s*(?:{_MONTH}\s*月(?:\s*{_DAY}\s*[日号]|(?P<part>初|上旬|中旬|下旬|底|末)?)?"
    r"|(?P<half>年?初|年?底|年?末|上半年|下半年|一季度|二季度|三季度|四季度|[春夏秋冬]天?)?))"
)
_RELATIVE = re.compile(r"大前年|前年|去年|上一年")
_BACK = {"大前年": 3, "前年": 2, "去年": 1, "上一年": 1}
_PARTS = {"初": 3, "上旬": 5, "中旬": 15, "下旬": 25, "底": 28, "末": 28}
# A month and a day that stand for part of a year.
_HALVES = {
    "初": (1, 15), "底": (12, 31), "末": (12, 31), "上半年": (4, 1), "下半年": (10, 1), "一季度": (2, 15),
    "二季度": (5, 15), "三季度": (8, 15), "四季度": (11, 15), "春": (4, 1), "夏": (7, 1), "秋": (10, 1), "冬": (12, 15),
}  # fmt: skip
_MIDDLE = (7, 1)


def named_days(text: str, today: date) -> tuple[tuple[int, int, date], ...]:
    """Where `text` names a time, as (start, end, day): a day in its middle where only a month or a year is named.

    >>> [day.isoformat() for *_, day in named_days("2023年3月供货，2024年底到期，去年没付", date(2026, 5, 1))]
    ['2023-03-15', '2024-12-31', '2025-07-01']
    """
    return tuple(sorted((*_absolute(text), *_relative(text, today))))


def _absolute(text: str) -> Iterator[tuple[int, int, date]]:
    for match in _NAMED.finditer(text):
        year = int(match["year"].translate(_DIGITS))
        month = match["month"] or match["month2"]
        day = match["day"] or match["day2"]
        if month is None:
            half = (match["half"] or "").removeprefix("年").removesuffix("天")
            month_number, day_number = _HALVES.get(half, _MIDDLE)
        else:
            month_number = _small(month)
            day_number = _small(day) if day else _PARTS.get(match["part"] or "", 15)
        try:
            yield match.start(), match.end(), date(year, month_number, day_number)
        except ValueError:  # 2023年2月30日: no such day, so none is named
            continue


def _relative(text: str, today: date) -> Iterator[tuple[int, int, date]]:
    for match in _RELATIVE.finditer(text):
        yield match.start(), match.end(), date(today.year - _BACK[match[0]], *_MIDDLE)


def _small(words: str) -> int:
    """A number below 100, in either script; 0 when it is none."""
    return int(parse_numeral(words) or 0)
