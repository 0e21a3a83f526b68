"""Lines of many pages become paragraphs: what pages tore is joined.

A paragraph is known by its indentation and by whether the line before it was full.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.parsing.formats.pdf_lines import Grid, Line, joins_with_blank
from assistant.parsing.formats.pdf_measure import Measure, measures
from assistant.parsing.formats.pdf_page import Page
from assistant.parsing.markers import close_article_at
from assistant.parsing.readable import readable
from assistant.text.sentences import ends_openly

_OPENS = re.compile(
    r"第[\s\u3000]*[一二三四五六七八九十百千零〇\d]+[\s\u3000]*(?:分编|编|章|节|条)(?:之[一二三四五六七八九十]+)?(?:[\s\u3000：:【.．]|[（(][^（()）]{1,30}[）)]|$)"
    r"|[一二三四五六七八九十]{1,4}[、.．]|[（(][一二三四五六七八九十]{1,4}[）)]|[（(]\d{1,2}[）)]|\d{1,2}[.．、](?!\d)"
    r"|[①-⑳⑴-⒇⒈-⒛㈠-㈩]|附件|附[\d一二三四五六七八九十]|[壹贰叁肆伍陆柒捌玖拾]{1,3}[、.．]|[【\[（(]?[问答][:：】\]）)]"
)
# What a line cannot be broken in: a word or figure with the marks that close it.
_UNBREAKABLE = re.compile(r"[（(《“‘「『]*(?:[\x21-\x7e]+|.)[，。；：、！？”’）》」』〕】%％]*")
_REFERS = re.compile(r"(?:第|条|款|按照|依照|依据|根据|本办法|符合|违反|有|适用|或者|以及|和|与|至|、)$")
_ENDS = "。；：！？;:!?”』」"


@dataclass(slots=True)
class Paragraph:
    """Lines that belong together. `centered` ones may be captions."""

    text: str
    centered: bool = False


class Flow:
    """Takes lines and tables in reading order, gives paragraphs and tables."""

    def __init__(self, pages: list[Page], lines: list[list[Line]]) -> None:
        self.items: list[Paragraph | Grid] = []
        self._measures = measures(pages, lines)
        self._held: list[Line] = []

    def take(self, item: Line | Grid) -> None:
        """The next line or table."""
        if isinstance(item, Grid):
            self._close()
            self._table(item)
        elif self._held and self._continues(item):
            self._held.append(item)
        else:
            self._close()
            self._held = [item]

    def finish(self) -> list[Paragraph | Grid]:
        """Everything taken."""
        self._close()
        return self.items

    def _table(self, grid: Grid) -> None:
        last = self.items[-1] if self.items else None
        if isinstance(last, Grid) and last.page == grid.page - 1 and _same_columns(last, grid):
            rows = grid.rows[1:] if grid.rows[0] == last.rows[0] else grid.rows
            self.items[-1] = Grid(grid.page, last.top, grid.bottom, last.xs, last.rows + rows)
        else:
            self.items.append(grid)

    def _close(self) -> None:
        if not self._held:
            return
        text = ""
        for line in self._held:
            piece = line.text.strip(" \u3000\u00a0")
            text += (" " if joins_with_blank(text, piece) else "") + piece
        first = self._held[0]
        self.items.append(Paragraph(text, _centered(first, self._measures[first.page])))
        self._held = []

    def _continues(self, line: Line) -> bool:
        """Whether `line` goes on in the paragraph of the lines held."""
        before, first = self._held[-1], self._held[0]
        measure, was = self._measures[line.page], self._measures[before.page]
        if _stands_apart(before, line, measure):
            return False
        if _centered(before, was) and _centered(line, measure):
            title = before.size > 1.12 * measure.body
            return title and not _opens(line.text) and not line.text.startswith(("（", "("))
        if before is first and before.x0 > line.x0 + 4 * line.size:
            return False  # a date at the right edge, and what follows it
        full = _is_full(before, line, was)
        if line.x0 - measure.left > 1.2 * line.size:
            return full and self._hangs(line, first) and not _opens(line.text)
        if _begins_clause(before, line, measure):
            return False
        if full:
            ended = before.text.rstrip()[-1:] in "。！？"
            return measure.indents or not ended or not _wider_gap(before, line, measure)
        return _torn(before, line, was, measure)

    def _hangs(self, line: Line, first: Line) -> bool:
        """Whether the paragraph has a hanging indentation, and `line` stands in it."""
        if len(self._held) > 1:
            return abs(self._held[-1].x0 - line.x0) < 0.6 * line.size and self._held[-1].page == line.page
        inset = (line.x0 - first.x0) / line.size
        return 0.8 < inset < 6 and _opens(first.text) is not None  # further in stands a signature


def _opens(text: str) -> re.Match[str] | None:
    """The number that a line begins with, read in usual characters."""
    return _OPENS.match(readable(text))


def _close_article(text: str) -> bool:
    """第一条为规范…, without a blank."""
    return close_article_at(readable(text), 0, len(text)) is not None


def _begins_clause(before: Line, line: Line, measure: Measure) -> bool:
    """Whether `line` begins with a number behind a finished sentence, or where no indentation could tell."""
    if before.text.rstrip()[-1:] in _ENDS and (_opens(line.text) or _close_article(line.text)):
        return True
    return not measure.indents and _opens_clause(before, line)


def _opens_clause(before: Line, line: Line) -> bool:
    """Whether a number at the start of an unindented line opens a clause and is no reference: 第↵（二）项."""
    opened = _opens(line.text)
    if opened is None or _REFERS.search(before.text):
        return False
    return not line.text[opened.end() :].startswith(("项", "款", "条", "目", "、", "及", "和", "至", "所", "规定"))


def _wider_gap(before: Line, line: Line, measure: Measure) -> bool:
    return before.page == line.page and line.top - before.bottom > 1.25 * max(measure.pitch, 1.0)


def _stands_apart(before: Line, line: Line, measure: Measure) -> bool:
    """Whether another size or a wide gap parts two lines."""
    if abs(before.size - line.size) > 0.15 * max(before.size, line.size):
        return True
    return line.page == before.page and line.top - before.bottom > 1.6 * measure.pitch


def _torn(before: Line, line: Line, was: Measure, measure: Measure) -> bool:
    """Whether a line that was not full breaks off in its sentence, and `line` goes on with it."""
    if not ends_openly(before.text):
        return False
    width = was.right - was.left
    if measure.indents and before.x1 > was.left + 0.75 * width:
        return True
    torn = line.page != before.page and not _opens(line.text) and not _centered(before, was)
    return torn and before.x1 > was.left + 0.6 * width


def _centered(line: Line, measure: Measure) -> bool:
    off = abs((line.x0 + line.x1) / 2 - measure.middle)
    # Two characters of indentation alone do not make a line centred.
    inside = line.x0 > measure.left + 2.6 * line.size and line.x1 < measure.right - 2.0 * line.size
    return (off < line.size and inside) or (off < 0.6 * line.size and line.size > 1.12 * measure.body)


def _is_full(line: Line, after: Line, measure: Measure) -> bool:
    """Whether `line` had no room for what `after` begins with."""
    head = _UNBREAKABLE.match(after.text)
    need = sum(0.55 if c.isascii() else 1.0 for c in head[0][:14]) * line.size if head else line.size
    return line.x1 + need > measure.right - 0.35 * line.size


def _same_columns(one: Grid, other: Grid) -> bool:
    return len(one.xs) == len(other.xs) and all(abs(a - b) < 6 for a, b in zip(one.xs, other.xs, strict=True))
