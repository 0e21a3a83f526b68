"""Figures with unit and bound in one form: 一千万元 = 1000万元, 30日内 = 不超过三十天, 百分之五以上 = 不低于5%.

The one grammar of quantities: numbers, units, shares, dates, ranges and the words that bound them. What it
reads is folded text without blanks (see `text.folding`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from assistant.text.numerals import HAN_NUMERAL, parse_numeral

LEAST, MOST, OVER, UNDER = "≥", "≤", ">", "<"
BOUNDS = frozenset({LEAST, MOST, OVER, UNDER})
BOUND_REACH = 8  # characters between 不得超过 and the figure that it bounds

_NUMBER = rf"(?:\d+(?:\.\d+)?(?:[十百千]?[万亿]+)?|{HAN_NUMERAL}(?:[万亿](?:{HAN_NUMERAL})?)*)"
_UNITS = (
    "个工作日|工作日|个百分点|百分点|个基点|基点|周岁|岁|个月|月份|月|个季度|季度|个小时|小时|分钟|年度|年|日|天|元|倍|%|‰|成|"
    "户|家|人|名|次|份|笔|件|种|类|批|届|期|级|周|个|条|款|项|章|节|编"
)
_SAME_UNIT = {
    "天": "日", "名": "人", "周岁": "岁", "个工作日": "工作日", "个百分点": "百分点", "个基点": "基点",
    "个季度": "季度", "个小时": "小时", "月份": "月", "年度": "年",
}  # fmt: skip
_PLACES = ("条", "款", "项", "章", "节", "编")
_MORE, _LESS = ("超过", "高于", "多于", "大于", "超出"), ("低于", "少于", "小于")
_NOT_TO = ("不", "不得", "不能", "不可", "不应", "不应当", "禁止", "严禁", "未")
_BEFORE = (
    dict.fromkeys(_MORE, OVER)
    | dict.fromkeys((*_LESS, "不足", "不满", "未满", "未达到", "不到"), UNDER)
    | {no + word: MOST for no in _NOT_TO for word in _MORE}
    | {no + word: LEAST for no in _NOT_TO for word in _LESS}
    | dict.fromkeys(("至少", "最低", "最少"), LEAST)
    | dict.fromkeys(("至多", "最多", "最高", "最长"), MOST)
)
_BEHIND = (
    dict.fromkeys(("以上", "及以上"), LEAST)
    | dict.fromkeys(("以下", "及以下", "以内", "之内", "内"), MOST)
    | {"以外": OVER}
)
_BOUND = "|".join(sorted(_BEFORE, key=len, reverse=True))
_BOUND_WORD = re.compile(_BOUND)
_TAIL = "|".join(sorted(_BEHIND, key=len, reverse=True))
# 百分之三十, 万分之五, 三分之二
_SHARE = rf"(?:百|千|万|{HAN_NUMERAL})分之(?:{_NUMBER})(?:点{HAN_NUMERAL})?"
_QUANTITY = re.compile(
    rf"(?P<bound>{_BOUND})?(?:人民币)?(?:(?P<share>{_SHARE})|(?P<half>半)(?=年|个月)(?:年|个月)"
    rf"|(?P<number>{_NUMBER})(?P<unit>{_UNITS})?)(?:\(含\)|\(含本数\))?(?P<tail>{_TAIL})?"
)
_RANGE = re.compile(rf"({_NUMBER})((?:{_UNITS})?)(?:至|到|-|~|—)(?=({_NUMBER})({_UNITS}))")
_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3})")
_MISPRINT = re.compile(r"(?<![a-z])l(?=\d?月\d)|(?<=\d月)l(?=\d?日)|(?<=\d)l(?=月|日)")  # l月1日 is 1月1日
_ORDINAL = re.compile(
    rf"第(?:{HAN_NUMERAL}|\d+)(?:条|款|项|章|节|编|季度|部分)(?:之{HAN_NUMERAL})?|第\((?:{HAN_NUMERAL}|\d+)\)项"
)
_COUNTS = "年月日个天元倍次户家人名份笔件种类批期级周条款项章节编岁成分点小工季届"
# 一 that counts nothing; the words stay as they are.
NO_FIGURE = re.compile(
    r"一(?:定|般|致|体|切|些|直|样|律|起|旦|并|方面|系列|同|经|如|方|次性)|统一|唯一|(?<!分)之一|进一步|万一|十分(?!之)|千方百计|百姓|万企"
    r"|第[一二三四](?:方|人|者)|[一二三]级(?:分行|市场)|一二级|两者|双方|单一|同一|逐一|任一"
    rf"|一(?=[^\d十百千万亿{_COUNTS}])"
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure in one form. `bound`: ≥ ≤ > <, or "" for none; a bound alone has no value."""

    value: str
    unit: str = ""
    bound: str = ""

    @property
    def form(self) -> str:
        """The same as one word."""
        return f"#{self.value}{self.unit}{self.bound}"


def spelt(text: str) -> str:
    """`text` with dates, ranges and thousands as the grammar reads them: 五元至九元 as 五元以上九元以下."""
    text = without_misprints(_THOUSANDS.sub("", text))
    return _ranges_spelt(_DATE.sub(lambda m: f"{int(m[1])}年{int(m[2])}月{int(m[3])}日", text))


def without_misprints(text: str) -> str:
    """`text` with a letter l in a date read as the 1 that it stands for: l月1日. Offsets survive."""
    return _MISPRINT.sub("1", text)


def ordinal_at(text: str, at: int) -> tuple[Figure, int] | None:
    """第十二条 and where it ends."""
    match = _ORDINAL.match(text, at)
    if match is None:
        return None
    number = re.search(rf"{HAN_NUMERAL}|\d+", match[0])
    return Figure(f"第{parse_numeral(number[0]) if number else None}", match[0][-1]), match.end()


def figure_at(text: str, at: int) -> tuple[Figure, int] | None:
    """The figure that begins at `at` and where it ends; a bound whose figure stands further on counts alone."""
    if (match := _QUANTITY.match(text, at)) and (figure := _figure(match)):
        return figure, match.end()
    if match := _BOUND_WORD.match(text, at):
        return Figure("", "", _BEFORE[match[0]]), match.end()
    return None


@lru_cache(maxsize=16384)
def figures_in(text: str) -> frozenset[Figure]:
    """The figures of `text` that have a unit or a bound, each with the bound before it in the same piece."""
    return frozenset(f for f in _bounded(spelt(text)) if f.unit or f.bound or "/" in f.value)


def _bounded(text: str) -> Iterator[Figure]:
    at, waiting, told_at = 0, "", 0
    while at < len(text):
        if text[at] in "，。；,;:：\n":
            waiting = ""
        if (match := NO_FIGURE.match(text, at)) or (match := _ORDINAL.match(text, at)):
            at = match.end()
            continue
        read = figure_at(text, at)
        if read is None:
            at += 1
            continue
        figure, end = read
        if not figure.value:
            waiting, told_at = figure.bound, end
        else:
            if waiting and not figure.bound and at - told_at <= BOUND_REACH:
                figure = replace(figure, bound=waiting)
            waiting = ""
            yield figure
        at = end


def bounds_in(text: str) -> frozenset[str]:
    """The bounds that `text` sets, whatever they bound."""
    return frozenset(_BEFORE[word] for word in _BOUND_WORD.findall(text)) | {f.bound for f in figures_in(text)} - {""}


def _figure(match: re.Match[str]) -> Figure | None:
    bound = _BEFORE.get(match["bound"] or "", "") or _BEHIND.get(match["tail"] or "", "")
    if match["share"]:
        return replace(_share(match["share"]), bound=bound)
    if match["half"]:
        return Figure("6" if "年" in match[0] else "0.5", "个月", bound)
    number, unit = match["number"], _SAME_UNIT.get(match["unit"] or "", match["unit"] or "")
    value = parse_numeral(number)
    if value is None or (not unit and not number[0].isdigit() and len(number) < 2):
        return None
    value, unit = _in_one_unit(value, unit)
    if not unit and number[-1] in "万亿":
        unit = "元"
    return Figure(f"{value.normalize():f}", unit, bound)


def _in_one_unit(value: Decimal, unit: str) -> tuple[Decimal, str]:
    if unit == "年" and value < 1000:
        return value * 12, "个月"
    if unit == "成":
        return value * 10, "%"
    if unit == "‰":
        return value / 10, "%"
    return value, unit


_WHOLES = {"百": Decimal(100), "千": Decimal(1000), "万": Decimal(10000)}


def _share(text: str) -> Figure:
    whole, _, part = text.partition("分之")
    of = _WHOLES.get(whole) or parse_numeral(whole) or Decimal(1)
    number, _, rest = part.partition("点")
    value = parse_numeral(number) or Decimal(0)
    if rest:
        digits = "".join(str(int(parse_numeral(char) or 0)) for char in rest)
        value += Decimal(f"0.{digits}")
    if of in (10, 100, 1000, 10000):
        return Figure(f"{(value * 100 / of).normalize():f}", "%")
    return Figure(f"{value.normalize():f}/{of.normalize():f}")


def _ranges_spelt(text: str) -> str:
    out, at = "", 0
    while match := _RANGE.search(text, at):
        out += text[at : match.start()]
        unit = match[2] or match[4]
        calendar = unit in ("月", "日") or (unit == "年" and (parse_numeral(match[1]) or 0) > 1000)
        if unit in _PLACES or calendar:
            out, at = out + match[0], match.end()
        else:
            out, at = f"{out}{match[1]}{unit}以上{match[3]}{match[4]}以下", match.end(4)
    return out + text[at:]
