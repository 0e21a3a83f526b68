"""Numerals: 第十二条 ⇄ 12, and the figures of a sentence in one form.

Source of the writing rules: GB/T 15835-2011 (numerals in publications); the statutes write
一百一十, never 一百十, and 〇 between digits of a year.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal

_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {
    "〇": 0,
    "○": 0,
    "两": 2,
    "壹": 1,
    "贰": 2,
}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_LARGE = {"万": 10**4, "亿": 10**8}
_HAN = "".join((*_DIGITS, *_UNITS))
HAN_NUMERAL = rf"[{_HAN}]+"  # 十二, 一百零三, 二〇二四
ANY_NUMERAL = rf"(?:{HAN_NUMERAL}|[0-9０-９]+)"


def parse_numeral(text: str) -> Decimal | None:
    """The value of `text`, Arabic or Chinese, with 万 and 亿; `None` when it is no numeral.

    >>> [int(parse_numeral(t)) for t in ("十二", "一百零三", "二〇二四", "1000 万", "两千万")]
    [12, 103, 2024, 10000000, 20000000]
    """
    text = "".join(unicodedata.normalize("NFKC", text).replace(",", "").split())
    parts = re.findall(r"\d+(?:\.\d+)?|.", text)
    if not any(p in _UNITS or _figure(p) is not None for p in parts):
        return None
    if len(text) > 1 and all(p in _DIGITS for p in parts):
        return Decimal("".join(str(_DIGITS[p]) for p in parts))
    return _added_up(parts)


def _figure(part: str) -> Decimal | None:
    """The value of one Chinese digit or one Arabic figure."""
    return Decimal(_DIGITS[part]) if part in _DIGITS else Decimal(part) if part[0].isdigit() else None


def _added_up(parts: Sequence[str]) -> Decimal | None:
    """The value of figures and units, one behind the other; `None` when something else stands among them."""
    total = section = Decimal(0)
    pending: Decimal | None = None
    for part in parts:
        if (figure := _figure(part)) is not None:
            pending = figure
        elif part in _UNITS:
            section, pending = section + (1 if pending is None else pending) * _UNITS[part], None
        elif part in _LARGE:
            # 一亿二千万 adds up, 一万亿 multiplies.
            here, unit = section + (pending or 0), _LARGE[part]
            total = total + here * unit if here and total > unit else (total + here) * unit
            section, pending = Decimal(0), None
        else:
            return None
    return total + section + (pending or 0)


def to_han(value: int) -> str:
    """`value` as statutes number their articles, 1 to 9999.

    >>> [to_han(n) for n in (10, 21, 103, 110, 667)]
    ['十', '二十一', '一百零三', '一百一十', '六百六十七']
    """
    if not 1 <= value <= 9999:
        raise ValueError(f"{value} is outside 1..9999")
    names, out, gap = "零一二三四五六七八九", "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, value = divmod(value, unit)
        if digit:
            out += ("零" if gap else "") + names[digit] + name
            gap = False
        else:
            gap = bool(out) and value > 0
    return out.removeprefix("一") if out.startswith("一十") else out


_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_PERCENT = re.compile(rf"百分之((?:[{_HAN}]|\d)+(?:(?:点|\.)(?:[{_HAN}]|\d)+)?)")
_FRACTION = re.compile(rf"((?:[{_HAN}]|\d)+|万)分之((?:[{_HAN}]|\d)+)")
_DECIMAL = re.compile(rf"[{_HAN}]+点[{_HAN}]+")  # 零点五
# A figure of weight: Arabic with 万/亿 and %, or a Chinese numeral before a measure (三十日, 五万元).
_ARABIC = re.compile(r"(\d+(?:\.\d+)?)\s*([十百千]?[万亿]*(?:(?<=亿)\s*\d+(?:\.\d+)?\s*[十百千]?万)?)\s*([%‰]?)")
_MEASURE = "元倍年月日天个次户人家条款项级成折岁小时分周季届批张份笔种类处期"
_CHINESE = re.compile(rf"(?:[{_HAN}]+[万亿]+)+|[{_HAN}]+(?=[{_MEASURE}%])|[{_HAN}]{{2,}}")
# 一 as a part of words that count nothing; taken out before figures are read.
_NOT_COUNTS = re.compile(
    r"一(?:定|般|致|体|切|些|直|样|律|起|旦|并|方面|系列|同|经|如)|(?:统|唯|之|进|不|万)一|千方百计|十分|[一二三]级分行|一二级|百姓|万企|万一|两者|第三(?:方|人|者)"
)
_ORDINAL = re.compile(rf"第{HAN_NUMERAL}(?=[条款项章节编目])")


def numbers_in(text: str) -> frozenset[str]:
    """The figures that `text` states, each in one form: plain digits, with % or ‰ kept.

    Ordinals such as 第十二条 count as figures too; words like 一定 or 进一步 do not.

    >>> sorted(numbers_in("单户授信 1000 万元以上，百分之三十，进一步，2024年"))
    ['10000000', '2024', '30%']
    """
    text = unicodedata.normalize("NFKC", text)
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    text = _NOT_COUNTS.sub("·", text)
    text = _DATE.sub(r"\1年\2月\3日", text)
    found: set[str] = set()

    def percent(match: re.Match[str]) -> str:
        found.add(f"{_plain(_fraction(match[1]))}%")
        return "·"

    def fraction(match: re.Match[str]) -> str:
        whole = Decimal(10**4) if match[1] == "万" else parse_numeral(match[1]) or Decimal(1)
        found.add(f"{_plain(parse_numeral(match[2]) or Decimal(0))}/{_plain(whole)}")
        return "·"

    text = _PERCENT.sub(percent, text)
    text = _FRACTION.sub(fraction, text)
    text = _DECIMAL.sub(lambda match: _plain(_fraction(match[0])), text).replace("百分点", "·")

    def ordinal(match: re.Match[str]) -> str:
        found.add(_plain(parse_numeral(match[0][1:]) or Decimal(0)))
        return "·"

    text = _ORDINAL.sub(ordinal, text)
    for match in _ARABIC.finditer(text):
        found.add(_plain(parse_numeral(match[1] + match[2]) or Decimal(0)) + match[3])
    for match in _CHINESE.finditer(_ARABIC.sub("·", text)):
        value = parse_numeral(match[0])
        if value is not None:
            found.add(_plain(value))
    return frozenset(found)


def _fraction(text: str) -> Decimal:
    """The value of 三十, 30, 零点五 or 3.85."""
    whole, _, rest = text.replace("点", ".").partition(".")
    value = parse_numeral(whole) or Decimal(0)
    digits = "".join(str(_DIGITS.get(c, c)) for c in rest)
    return value + Decimal(f"0.{digits}") if digits else value


def _plain(value: Decimal) -> str:
    return format(value.normalize(), "f")
