"""Numbers at the start of a line that open a clause, in every form that agencies write them.

A number opens a clause only in the form that opens one: 「第三条 …」 with a blank behind it, never
「第三条规定的机构…」; 「（二）…」, never 「（二）项所列…」. Whether the number fits the place where it
stands is for the reader of the tree to judge (`clauses.py`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from assistant.schema.document import Level
from assistant.text.numerals import parse_numeral, to_han

BLANKS = " \t\u3000\u2002\u2003\u2009\u00a0\u200b\u200c\u200d\u2060\ufeff\u00ad"
GAP = f"[{BLANKS}]"
_HAN = "一二三四五六七八九十百千零〇"
# What a scanner makes of 一 and 〇; corrected only between 第 and 条.
_FORMAL_DIGITS = "壹贰叁肆伍陆柒捌玖拾佰"  # 第壹条
_LOOKALIKE = str.maketrans(
    {
        **dict.fromkeys("ー—–―－─", "一"),
        **dict.fromkeys("OoＯ○◯", "〇"),
        **dict(zip(_FORMAL_DIGITS, "一二三四五六七八九十百", strict=True)),
    }
)
_LOOK = f"[{_HAN}\\d０-９ー—–―－─OoＯ○◯{_FORMAL_DIGITS}]"
_ORDINAL = rf"第{GAP}{{0,8}}({_LOOK}(?:{GAP}{{0,4}}{_LOOK}){{0,9}}){GAP}{{0,8}}"
_SUFFIXED = rf"{_ORDINAL}条(?:{GAP}?之{GAP}?({_LOOK}{{1,3}}))?"
# 第一条【目的】, 第一条（目的）, 第一条：, 第一条. 第一条、为规范…; 第三条（一） and 第三条、第四条 are references.
_ARTICLE = re.compile(
    rf"{_SUFFIXED}(?:{GAP}{{0,4}}(?:(?P<name>【[^】\n]{{1,40}}】)|(?P<bracket>[（(][^（()）\n]{{1,30}}[）)])(?![、和至或及与项款目的]))[：:]?"
    rf"|{GAP}{{0,2}}[：:]|[.．](?!\d)|[。、](?=[^\s第（(])|(?=[{BLANKS}\n])|$)"
)
# A bracket behind an article's number that is no name of the article.
_NO_NAME = re.compile(
    rf"{GAP}*(?:[{_HAN}\d]{{1,4}}{GAP}*$|删|废|略|已|以下|下称|简称|见|含|除|即|如|注|原|依据|根据|修|新增|\d{{4}})"
)
# 第一条为规范…, without a blank: an article only where its number fits (`openings.py`).
_CLOSE = re.compile(
    rf"{_SUFFIXED}(?=[^{BLANKS}\s第的至、和或及与所之规中，。；：:（()）款项目等例件])(?!各[项款]|[内外][容所的，])"
)
# 【第一条】为规范…
_CORNERED = re.compile(rf"[【〔「\[]{GAP}{{0,2}}{_SUFFIXED}{GAP}{{0,2}}[】〕」\]]{GAP}{{0,4}}[：:]?")
_DIVISION = re.compile(
    rf"{_ORDINAL}(分{GAP}?编|编|章|节)(?:(?P<gap>[{BLANKS}\n]{{1,20}})|(?=[^{BLANKS}\n])|$)(?P<heading>[^。；：！？，\n]{{0,60}})$"
)
_PAREN = re.compile(rf"[（(〔]{GAP}{{0,4}}([{_HAN}]{{1,6}}|[0-9０-９]{{1,3}}){GAP}{{0,4}}[）)〕]{GAP}*")
_HAN_STOP = re.compile(rf"([{_HAN}]{{1,6}}){GAP}{{0,4}}[、.．]{GAP}*")
_FORMAL_STOP = re.compile(rf"([壹贰叁肆伍陆柒捌玖拾]{{1,3}})(?:{GAP}{{0,4}}[、.．：:]{GAP}*|{GAP}+(?=[^{BLANKS}\n]))")
_FORMAL = str.maketrans("壹贰叁肆伍陆柒捌玖拾", "一二三四五六七八九十")
FORMAL_STYLE = "壹、"  # the level above 一、
_ARABIC_STOP = re.compile(rf"([0-9０-９]{{1,3}}){GAP}{{0,4}}[.．、](?![0-9０-９]){GAP}*")
_ARABIC_CLOSE = re.compile(rf"([0-9０-９]{{1,2}})[）)]{GAP}*")
# 一、二级分行 counts two kinds; 1、2类账户 too.
_COUNTED = re.compile(rf"([{_HAN}0-9]{{1,3}})(?:[、和至]|[级类线期年月日次档批])")
# Behind a bracketed number: what makes it a reference.
_REFERENCE = re.compile(
    rf"{GAP}*(?:[项款目](?=$|[所的规中、，。；和或及至与）\n])|[、和至或及]{GAP}*第?[（(]|所列|所称|所述)"
)
# Behind 第三条 at the end of a line, the next line going on so makes it one.
GOES_ON = re.compile(r"[第的至、和或及与所之规中，。；]")
_RUN_ON = frozenset("的规至、和或及与中所之，。；：按依第")  # 第二章的规定 is no heading
CORNERS = "【〔「["
ARTICLE_STARTS = "第#" + CORNERS  # what a line that opens an article begins with
_FULL = str.maketrans("０１２３４５６７８９", "0123456789")


def _singles() -> dict[str, tuple[Level, int]]:
    """⑴ ⒈ ① ㈠ Ⅰ, each one character."""
    ranges = (
        ("㈠", 10, Level.HEADING_2),
        ("⒈", 20, Level.HEADING_3),
        ("⑴", 20, Level.HEADING_4),
        ("①", 20, Level.HEADING_5),
    )
    return {chr(ord(first) + n): (level, n + 1) for first, count, level in ranges for n in range(count)}


_SINGLES = _singles()
_ROMAN = {chr(ord("Ⅰ") + n): n + 1 for n in range(12)}


@dataclass(frozen=True, slots=True)
class Mark:
    """A number that opens a clause: `text[start:end]` with the blanks behind it."""

    level: Level
    number: int
    end: int
    suffix: int = 0  # 第十条之一: 1
    heading: str | None = None  # of a division, or 【…】 behind an article's number
    style: str = ""  # which spelling of its level, so that 1. and （1） below one item are told apart
    path: tuple[int, ...] = ()  # of a decimal outline: 2.1.2

    @property
    def key(self) -> tuple[int, int]:
        return self.number, self.suffix


@lru_cache(maxsize=4096)
def value_of(numeral: str) -> int:
    """The value of a numeral as clauses are numbered, 0 when it is none: 一百十 and 第二O are read, 百千 is not."""
    plain = "".join(c for c in numeral if c not in BLANKS).translate(_LOOKALIKE).translate(_FULL)
    value = parse_numeral(plain)
    if value is None or not 1 <= value <= 9999 or (plain[0] in "百千" and len(plain) > 1):
        return 0
    return int(value)


@lru_cache(maxsize=4096)
def _listed(numeral: str) -> int:
    """The value of a numeral before 、 or inside （）: only in the standard spelling."""
    value = value_of(numeral)
    plain = numeral.translate(_FULL)
    return value if plain.isdigit() or (value and to_han(value) == plain) else 0


def mark_at(text: str, start: int, end: int) -> Mark | None:
    """The number that opens a clause at `text[start:end]`, a paragraph without blanks around it."""
    start = _skip(text, start, end)
    if start >= end:
        return None
    first = text[start]
    if first == "#":
        while start < end and text[start] in "#" + BLANKS:
            start += 1
        return mark_at(text, start, end) if start < end else None
    if first == "第":
        return _article(text, start, end) or _division(text, start, end)
    if first in CORNERS and (mark := _cornered(text, start, end)) is not None:
        return mark
    if first in "（(〔":
        return _bracketed(text, start, end)
    if first in _HAN:
        return _counted(text, start, end)
    if first in "壹贰叁肆伍陆柒捌玖拾":
        return _formal(text, start, end)
    if first in "0123456789０１２３４５６７８９":
        return _arabic(text, start, end)
    return _single(text, start, end)


def _article(text: str, start: int, end: int) -> Mark | None:
    match = _ARTICLE.match(text, start, end)
    if not match or not (number := value_of(match[1])):
        return None
    suffix = value_of(match[2]) if match[2] else 0
    name, stop = match["name"], match.end()
    if bracket := match["bracket"]:
        if _NO_NAME.match(bracket, 1, len(bracket) - 1):
            stop = match.start("bracket")
            if text[stop - 1] not in BLANKS:
                return None if bracket[1] in _HAN or bracket[1].isdigit() else Mark(Level.ARTICLE, number, stop, suffix)
        else:
            name = bracket
    at = _skip(text, stop, end)
    return Mark(Level.ARTICLE, number, at, suffix, heading=name[1:-1].strip() if name else None)


def _cornered(text: str, start: int, end: int) -> Mark | None:
    match = _CORNERED.match(text, start, end)
    if not match or not (number := value_of(match[1])):
        return None
    return Mark(Level.ARTICLE, number, _skip(text, match.end(), end), value_of(match[2]) if match[2] else 0)


def close_article_at(text: str, start: int, end: int) -> Mark | None:
    """第一条为规范… at the start of a line: an article, if its number fits there, else a reference."""
    match = _CLOSE.match(text, start, end)
    if not match or not (number := value_of(match[1])):
        return None
    return Mark(Level.ARTICLE, number, match.end(), value_of(match[2]) if match[2] else 0)


_DIVISION_LEVEL = {"编": Level.PART, "分编": Level.SUBPART, "章": Level.CHAPTER, "节": Level.SECTION}


def _division(text: str, start: int, end: int) -> Mark | None:
    match = _DIVISION.match(text, start, min(end, start + 120))
    if not match or match.end() != end or not (number := value_of(match[1])):
        return None
    heading = "".join(c for c in match["heading"] if c not in BLANKS and not c.isspace())
    if not match["gap"] and heading and (heading[0] in _RUN_ON or len(heading) > 20):
        return None
    name = "".join(c for c in match[2] if c in "分编章节")
    return Mark(_DIVISION_LEVEL[name], number, end, heading=heading or None)


def _bracketed(text: str, start: int, end: int) -> Mark | None:
    match = _PAREN.match(text, start, end)
    if not match or not (number := _listed(match[1])) or _REFERENCE.match(text, match.end(), end):
        return None
    arabic = match[1][0] not in _HAN
    return Mark(
        Level.HEADING_4 if arabic else Level.HEADING_2, number, match.end(), style="（1）" if arabic else "（一）"
    )


def _counted(text: str, start: int, end: int) -> Mark | None:
    match = _HAN_STOP.match(text, start, end)
    if not match or not (number := _listed(match[1])) or _counts_on(text, match.end(), end, number):
        return None
    return Mark(Level.HEADING_1, number, match.end(), style="一、")


def _formal(text: str, start: int, end: int) -> Mark | None:
    """壹、 above 一、: a division without a name of its own."""
    match = _FORMAL_STOP.match(text, start, end)
    number = formal_value(match[1]) if match else 0
    return Mark(Level.CHAPTER, number, match.end(), style=FORMAL_STYLE) if match and number else None


def formal_value(numeral: str) -> int:
    """The value of 贰 or 拾壹, 0 when it is none."""
    return value_of(numeral.translate(_FORMAL))


def formal(number: int) -> str:
    """A number as 壹、 writes it, up to 99."""
    return to_han(number).translate(str.maketrans("一二三四五六七八九十", "壹贰叁肆伍陆柒捌玖拾"))


def _arabic(text: str, start: int, end: int) -> Mark | None:
    if match := _ARABIC_STOP.match(text, start, end):
        if not (number := value_of(match[1])) or _counts_on(text, match.end(), end, number):
            return None
        return Mark(Level.HEADING_3, number, match.end(), style="1.")
    if (match := _ARABIC_CLOSE.match(text, start, end)) and (number := value_of(match[1])):
        return Mark(Level.HEADING_4, number, match.end(), style="1）")
    return None


def _counts_on(text: str, at: int, end: int, number: int) -> bool:
    """Whether the next number follows at once, as in 一、二级分行."""
    match = _COUNTED.match(text, at, end)
    return match is not None and value_of(match[1]) == number + 1


def _single(text: str, start: int, end: int) -> Mark | None:
    char = text[start]
    at = _skip(text, start + 1, end)
    stopped = at < end and text[at] in "、.．"
    behind = _skip(text, at + 1, end) if stopped else at
    if found := _SINGLES.get(char):
        return None if _REFERENCE.match(text, at, end) else Mark(found[0], found[1], behind, style=char_style(char))
    if char in _ROMAN and (stopped or at > start + 1):
        return Mark(Level.HEADING_1, _ROMAN[char], behind, style="Ⅰ")
    return None


def char_style(char: str) -> str:
    """The spelling that a single character stands for: ⑴ is （1）, ⒈ is 1."""
    level, _ = _SINGLES[char]
    return {Level.HEADING_2: "（一）", Level.HEADING_3: "1.", Level.HEADING_4: "（1）"}.get(level, "①")


def _skip(text: str, at: int, end: int) -> int:
    while at < end and (text[at] in BLANKS or text[at] == "\n"):
        at += 1
    return at
