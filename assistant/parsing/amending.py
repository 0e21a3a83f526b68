"""A 决定 that gives another text new words: 一、将第三条修改为：“第三条　…”. What it quotes is no clause of its own."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.parsing.lines.model import STOPS, Kind, Line, words_of
from assistant.parsing.markers import Mark, mark_at
from assistant.parsing.wordlists import titles
from assistant.schema.document import Level
from assistant.text.folding import squeeze

_HEAD = 12  # lines in which a title stands
_LONG = 160  # characters of a title on two lines
_OWN = (Level.HEADING_1, Level.CHAPTER)  # 一、 or 壹、: the numbers of the 决定 itself


def quoted_lines(text: str, lines: Sequence[Line]) -> frozenset[int]:
    """Where the lines begin that a 修改决定 quotes: between quotation marks, or articles without any.

    They end with the title of the whole text that such a 决定 may have behind it: there 第一条 or 第一章 begins anew
    below a line that ends like a title.
    """
    plain = [line for line in lines if line.kind is Kind.WORDS]
    if not _amends(text, plain[:_HEAD]):
        return frozenset()
    found: set[int] = set()
    number, inside = 0, False
    for at, line in enumerate(plain):
        mark = mark_at(text, line.start, line.end)
        if mark is not None and mark.level in _OWN and mark.number == number + 1:
            number, inside = mark.number, False
        elif number and not inside and _whole_text_follows(text, plain, at):
            break
        elif number and (inside or (mark is not None and _is_of_statute(mark))):
            found.add(line.start)
        inside = _stays_open(text, line, inside)
    return frozenset(found)


def _amends(text: str, head: Sequence[Line]) -> bool:
    """Whether a title such as 某局关于修改《某办法》的决定 stands among the first lines, on one or two of them."""
    words = [squeeze(words_of(text, line)).lstrip("#") for line in head]
    for one, two in zip(words, [*words[1:], ""], strict=False):
        for title in (one, one + two):
            if any(word in title for word in titles().amending) and _is_decision(title):
                return True
    return False


def _is_decision(title: str) -> bool:
    return title.endswith("决定") and len(title) <= _LONG and "根据" not in title and title[:1] not in ("（", "(")


def _is_of_statute(mark: Mark) -> bool:
    return mark.level in (Level.ARTICLE, Level.PART, Level.SUBPART, Level.SECTION) or (
        mark.level is Level.CHAPTER and not mark.style
    )


def _stays_open(text: str, line: Line, inside: bool) -> bool:
    """Whether a quotation goes on behind `line`; each of its paragraphs may open it anew."""
    last = max(text.rfind(mark, line.start, line.end) for mark in "“「")
    closed = max(text.rfind(mark, line.start, line.end) for mark in "”」")
    return inside if last == closed else last > closed


def _whole_text_follows(text: str, lines: Sequence[Line], at: int) -> bool:
    words = squeeze(words_of(text, lines[at])).lstrip("#")
    if words[-1:] in STOPS or not words.endswith(titles().endings) or mark_at(text, lines[at].start, lines[at].end):
        return False
    marks = (mark_at(text, line.start, line.end) for line in lines[at + 1 : at + 9])
    first = next((mark for mark in marks if mark is not None), None)
    return first is not None and first.number == 1 and _is_of_statute(first)
