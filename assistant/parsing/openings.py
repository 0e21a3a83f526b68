"""Lines that open a clause in this text though their form alone would not say so.

第一条为规范… without a blank is an article where its number follows on the last one and a sentence ended before it.
第一条 目的 is a number with its name where the articles of the text have their words on the next line.
2.1 调查 is a heading where 1, 1.1, 1.2, 2 stand in order before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from assistant.parsing.amending import quoted_lines
from assistant.parsing.asking import answered
from assistant.parsing.corrections import NOTHING, Placed
from assistant.parsing.lines.model import STOPS, Kind, Line, words_of
from assistant.parsing.markers import ARTICLE_STARTS, BLANKS, Mark, close_article_at, mark_at
from assistant.schema.document import Level
from assistant.text.folding import squeeze

_NAME = re.compile(r"[^，。；：！？,;:!?…—\d]{1,24}")
# Words that make a short line a rule, or part of one.
_NO_NAME = re.compile(r"应当|应予|不得|可以|必须|是指|^自|^凡|施行|废止|^[（(]|(?<!目)的$|或者$|以及$")
_OUTLINE = re.compile(
    rf"(\d{{1,2}}(?:[.．]\d{{1,2}}){{0,4}})[.．、]?(?:[{BLANKS}]+|(?=[\u4e00-\u9fff《“（(]))(?=[^{BLANKS}\d\s])"
)
_OUTLINE_LEVELS = (Level.HEADING_1, Level.HEADING_2, Level.HEADING_3, Level.HEADING_4, Level.HEADING_5)
_UNIT = re.compile(r"[年月日号个名家户万亿元条款项章节级类倍分天周期人次岁]")  # 3个月内 is a quantity
_FEW_OUTLINE, _TWO, _TWO_AND_TWO = 3, 2, 4  # 1, 2, 2.1, 2.2 is an outline as well


@dataclass(frozen=True, slots=True)
class Openings:
    """What the place of a line in the text proves, by where the line begins."""

    marks: dict[int, Mark] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)  # a line that is the name of the article above it
    quoted: frozenset[int] = frozenset()  # lines of another text that this one quotes: they open nothing
    asked: frozenset[int] = frozenset()  # questions known by the 答： below them


def openings_of(text: str, lines: Sequence[Line], said: Placed = NOTHING) -> Openings:
    """Everything that places prove in this text, and what a person said of it."""
    found = _proved(text, lines, (quoted_lines(text, lines) | said.silent) - said.headings.keys())
    return replace(found, marks={**found.marks, **said.marks(text, lines)}) if said.headings else found


def _proved(text: str, lines: Sequence[Line], quoted: frozenset[int]) -> Openings:
    words = [line for line in lines if line.kind is Kind.WORDS and line.start not in quoted]
    asked = answered(text, words)
    marks = _close_articles(text, words)
    articles = dict(_articles(text, words, marks))
    if not articles:
        return Openings(_outline(text, words), quoted=quoted, asked=asked)
    named = {**marks, **_named_articles(text, words, articles)}
    return Openings(named, _names_below(text, words, articles), quoted, asked)


def _articles(text: str, lines: Sequence[Line], close: dict[int, Mark]) -> Iterator[tuple[int, Mark]]:
    """Every line that opens an article: its place in `lines`, and its number."""
    for at, line in enumerate(lines):
        mark = close.get(line.start) or (
            mark_at(text, line.start, line.end) if text[line.start] in ARTICLE_STARTS else None
        )
        if mark is not None and mark.level is Level.ARTICLE:
            yield at, mark


# --- 第一条为规范… ---


def _close_articles(text: str, lines: Sequence[Line]) -> dict[int, Mark]:
    marked = list(_either_form(text, lines))
    found: dict[int, Mark] = {}
    last = 0
    for at, (line, mark, close_form) in enumerate(marked):
        follows = last > 0 and (mark.number == last + 1 or (mark.suffix > 0 and mark.number == last))
        begins = mark.number == 1 and at + 1 < len(marked) and marked[at + 1][1].number == 2
        if close_form and not (begins or follows):
            continue
        if close_form:
            found[line.start] = mark
        last = mark.number
    return found


def _either_form(text: str, lines: Sequence[Line]) -> Iterator[tuple[Line, Mark, bool]]:
    """Lines that open an article or might, the number, and whether the words follow on it without a blank."""
    ended = True
    for line in lines:
        if text[line.start] == "第":
            mark = mark_at(text, line.start, line.end)
            close = close_article_at(text, line.start, line.end) if mark is None else None
            if mark is not None and mark.level is Level.ARTICLE:
                yield line, mark, False
            elif close is not None and (ended or close.number == 1):
                yield line, close, True
        ended = text[line.end - 1] in STOPS


# --- 第一条 目的 ↵ 为规范… ---


def _named_articles(text: str, lines: Sequence[Line], articles: dict[int, Mark]) -> dict[int, Mark]:
    """Articles whose name fills their line, when most articles of the text are written so."""
    found: dict[int, Mark] = {}
    for at, mark in articles.items():
        rest = text[mark.end : lines[at].end]
        if mark.heading is None and rest and _is_name(rest) and _is_text(text, lines, at + 1):
            found[lines[at].start] = replace(mark, end=lines[at].end, heading=squeeze(rest))
    return found if _is_habit(found, sum(1 for m in articles.values() if m.heading is None)) else {}


def _names_below(text: str, lines: Sequence[Line], articles: dict[int, Mark]) -> dict[int, str]:
    """Names on the line below a number that stands alone, when most numbers of the text stand so."""
    found: dict[int, str] = {}
    alone = [at for at, mark in articles.items() if mark.heading is None and mark.end >= lines[at].end]
    for at in alone:
        if at + 1 < len(lines) and _is_text(text, lines, at + 2):
            words = words_of(text, lines[at + 1])
            if _is_name(words) and mark_at(text, lines[at + 1].start, lines[at + 1].end) is None:
                found[lines[at + 1].start] = squeeze(words)
    return found if _is_habit(found, len(alone)) else {}


def _is_habit(found: Sequence[object] | dict[int, Mark] | dict[int, str], of: int) -> bool:
    return len(found) >= 2 and len(found) >= 0.6 * of


def _is_name(words: str) -> bool:
    return _NAME.fullmatch(words) is not None and _NO_NAME.search(words) is None


def _is_text(text: str, lines: Sequence[Line], at: int) -> bool:
    """Whether line `at` is a sentence without a number of its own, or a list."""
    if at >= len(lines):
        return False
    line = lines[at]
    mark = mark_at(text, line.start, line.end)
    if mark is not None:
        return mark.level in (Level.HEADING_2, Level.HEADING_3)
    return text[line.end - 1] in STOPS or line.end - line.start > 24


# --- 1, 1.1, 1.1.1 ---


def _outline(text: str, lines: Sequence[Line]) -> dict[int, Mark]:
    """The numbers of a decimal outline, each the next one of its level, the first of the level below or one above."""
    found: dict[int, Mark] = {}
    last: tuple[int, ...] = ()
    dotted = 0
    for at, line in enumerate(lines):
        match = _OUTLINE.match(text, line.start, line.end)
        if match is None or (_UNIT.match(text, match.end()) and match.end() == match.end(1)):
            continue
        path = tuple(int(n) for n in re.split(r"[.．]", match[1]))
        if not _follows(path, last) or (len(path) == 1 and not _goes_deeper(text, lines[at + 1 :], path)):
            continue
        last = path
        dotted += len(path) > 1
        found[line.start] = Mark(_OUTLINE_LEVELS[len(path) - 1], path[-1], match.end(), style="1.1", path=path)
    enough = dotted >= _FEW_OUTLINE or (dotted >= _TWO and len(found) >= _TWO_AND_TWO)
    return found if enough else {}


def _follows(path: tuple[int, ...], last: tuple[int, ...]) -> bool:
    if not last:
        return path in ((1,), (1, 1))
    if path == (*last, 1):
        return True
    return len(path) <= len(last) and path == (*last[: len(path) - 1], last[len(path) - 1] + 1)


def _goes_deeper(text: str, lines: Sequence[Line], path: tuple[int]) -> bool:
    """Whether the next number of the outline is N.1, or N+1 that goes deeper itself: 3 附则 may have no 3.1."""
    for line in lines[:40]:
        match = _OUTLINE.match(text, line.start, line.end)
        if match is None:
            continue
        numbers = re.split(r"[.．]", match[1])
        if len(numbers) > 1:
            return int(numbers[0]) == path[0]
        if int(numbers[0]) == path[0] + 1:
            return True
    return path[0] > 1
