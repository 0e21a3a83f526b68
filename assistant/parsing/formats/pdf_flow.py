"""Lines of many pages become paragraphs: what pages add is taken out, what they tore is joined.

A running head is known by standing at one place on several pages, a page number by its form at the
edge of a page, a paragraph by its indentation and by whether the line before it was full.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from statistics import median

from assistant.parsing.formats.captions import contents_lines
from assistant.parsing.formats.model import Findings
from assistant.parsing.formats.pdf_lines import Grid, Line, joins_with_blank, lines_of
from assistant.parsing.formats.pdf_page import Page
from assistant.text.sentences import ends_openly

_EDGE = 0.13  # of the page height: where heads and page numbers stand
_PAGE_NUMBER = re.compile(
    r"(?:[—–\-－·~〜\s]*\d{1,4}[—–\-－·~〜\s]*|第\s*[\d一二三四五六七八九十百]{1,5}\s*页(?:\s*[/，,（(]?\s*共\s*[\d一二三四五六七八九十百]{1,5}\s*页[)）]?)?"
    r"|\d{1,4}\s*/\s*\d{1,4}|[Pp]age\s*\d{1,4}(?:\s*(?:of|/)\s*\d{1,4})?)$"
)
_OPENS = re.compile(
    r"第[\s\u3000]*[一二三四五六七八九十百千零〇\d]+[\s\u3000]*(?:分编|编|章|节|条)(?:之[一二三四五六七八九十]+)?(?:[\s\u3000]|$)"
    r"|[一二三四五六七八九十]{1,4}[、.．]|[（(][一二三四五六七八九十]{1,4}[）)]|[（(]\d{1,2}[）)]|\d{1,2}[.．、](?!\d)"
    r"|[①-⑳⑴-⒇⒈-⒛㈠-㈩]|附件|问[:：]|答[:：]"
)
_ATTACHED = re.compile(r"附[\s\u3000]*[件表录][\s\u3000]*[\d一二三四五六七八九十]{0,3}[\s\u3000]*[:：]?$")
_NOTE = re.compile(r"[①-⑳]|\[\d{1,3}\]|〔\d{1,3}〕|\d{1,2}[\s\u3000]?\S|[*＊†]|注[:：\d]")
_MARKER = re.compile(r"[①-⑳\d\[\]〔〕*＊†]+$")
# What a line cannot be broken in: a word or figure with the marks that close it.
_UNBREAKABLE = re.compile(r"[（(《“‘「『]*(?:[\x21-\x7e]+|.)[，。；：、！？”’）》」』〕】%％]*")
_REFERS = re.compile(r"(?:第|条|款|按照|依照|依据|根据|本办法|符合|违反|有|适用|或者|以及|和|与|至|、)$")
_ENDS = "。；：！？;:!?”』」"


@dataclass(slots=True)
class Paragraph:
    """Lines that belong together. `centered` ones may be captions."""

    text: str
    centered: bool = False


@dataclass(frozen=True, slots=True)
class _Measure:
    """The column of text on a page."""

    left: float
    right: float
    middle: float
    body: float  # size of the text
    pitch: float  # from line to line
    indents: bool  # whether paragraphs begin with an indentation


def body_lines(pages: list[Page], lines: list[list[Line]], findings: Findings) -> list[list[Line]]:
    """`lines` page by page without heads, feet, page numbers, footnotes and tables of contents."""
    repeated = _repeated(pages, lines)
    kept: list[list[Line]] = []
    for page, page_lines in zip(pages, lines, strict=True):
        body: list[Line] = []
        for at, line in enumerate(page_lines):
            zone = _zone(line, page)
            edge = at < 2 or at >= len(page_lines) - 2
            if zone and edge and _PAGE_NUMBER.match(line.text.strip()):
                continue
            if zone and at_edge(at, len(page_lines)) and _key(line, zone) in repeated:
                findings.hide("header" if zone == "top" else "footer", line.text)
                continue
            body.append(line)
        kept.append(body)
    kept = _without_notes(pages, kept, findings)
    return _without_contents(kept, findings)


def at_edge(at: int, count: int) -> bool:
    """Whether a line is among the first or last three of its page."""
    return at < 3 or at >= count - 3


def _zone(line: Line, page: Page) -> str:
    middle = (line.top + line.bottom) / 2
    if middle < _EDGE * page.height:
        return "top"
    return "bottom" if middle > (1 - _EDGE) * page.height else ""


def _key(line: Line, zone: str) -> tuple[str, str, int]:
    return zone, re.sub(r"\d+", "#", "".join(line.text.split())), round(line.size)


def _repeated(pages: list[Page], lines: list[list[Line]]) -> set[tuple[str, str, int]]:
    places: dict[tuple[str, str, int], list[float]] = defaultdict(list)
    for page, page_lines in zip(pages, lines, strict=True):
        keys: dict[tuple[str, str, int], float] = {}
        for at, line in enumerate(page_lines):
            # 附件1, 附件2 at the head of their pages are alike but for the number, and no running head.
            zone = "" if _ATTACHED.match(line.text.strip()) else _zone(line, page)
            if zone and at_edge(at, len(page_lines)):
                keys.setdefault(_key(line, zone), line.top)
        for key, top in keys.items():
            places[key].append(top)
    found: set[tuple[str, str, int]] = set()
    for key, tops in places.items():
        steady = sum(1 for t in tops if abs(t - median(tops)) < 4)
        if steady >= 2 and (steady >= 3 or steady >= 0.5 * len(pages)):
            found.add(key)
    return found


def _without_notes(pages: list[Page], lines: list[list[Line]], findings: Findings) -> list[list[Line]]:
    """Footnotes are small lines at the foot of a page, below a short rule or very small."""
    body = _body_size(lines)
    kept: list[list[Line]] = []
    for page, page_lines in zip(pages, lines, strict=True):
        first = len(page_lines)
        while first > 0 and page_lines[first - 1].size <= 0.88 * body:
            first -= 1
        notes = page_lines[first:]
        if not notes or notes[0].top < 0.4 * page.height or not _NOTE.match(notes[0].text):
            kept.append(page_lines)
            continue
        above = page_lines[first - 1].bottom if first else 0.0
        ruled = any(
            r.flat and r.high - r.low < 0.6 * page.width and above - 2 <= r.at <= notes[0].top + 4 for r in page.rules
        )
        if not ruled and notes[0].size > 0.8 * body:
            kept.append(page_lines)
            continue
        findings.hide("footnote", "".join(line.text for line in notes))
        kept.append([_without_markers(line) for line in page_lines[:first]])
    return kept


def _without_markers(line: Line) -> Line:
    """A line without the raised figures that point to footnotes."""
    raised = [
        c
        for c in line.chars
        if c.size <= 0.75 * line.size and c.bottom < line.bottom - 0.15 * line.size and _MARKER.match(c.text)
    ]
    if not raised:
        return line
    marks = {id(c) for c in raised}
    kept = [c for c in line.chars if id(c) not in marks]
    if not kept:
        return line
    return lines_of(kept, line.page)[0]


def _without_contents(lines: list[list[Line]], findings: Findings) -> list[list[Line]]:
    flat = [line for page_lines in lines for line in page_lines]
    contents = contents_lines([line.text for line in flat])
    if not contents:
        return lines
    findings.lose("目录")
    dropped = {id(flat[i]) for i in contents}
    return [[line for line in page_lines if id(line) not in dropped] for page_lines in lines]


def _body_size(lines: list[list[Line]]) -> float:
    sizes: Counter[float] = Counter()
    for page_lines in lines:
        for line in page_lines:
            sizes[round(line.size * 2) / 2] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 12.0


# --- paragraphs ---------------------------------------------------------------------------------


class Flow:
    """Takes lines and tables in reading order, gives paragraphs and tables."""

    def __init__(self, pages: list[Page], lines: list[list[Line]]) -> None:
        self.items: list[Paragraph | Grid] = []
        self._measures = _measures(pages, lines)
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
        measure = self._measures[line.page]
        size = measure.body
        if abs(before.size - line.size) > 0.15 * max(before.size, line.size):
            return False
        new_page = line.page != before.page
        if not new_page and line.top - before.bottom > 1.6 * measure.pitch:
            return False
        was = self._measures[before.page]
        if _centered(before, was) and _centered(line, measure):
            return before.size > 1.12 * size and not _OPENS.match(line.text) and not line.text.startswith(("（", "("))
        if before is first and before.x0 > line.x0 + 4 * line.size:
            return False  # a date at the right edge, and what follows it
        indent = line.x0 - measure.left
        full = _is_full(before, line, was)
        if indent > 1.2 * line.size:
            return full and self._hangs(line, first) and not _OPENS.match(line.text)
        if _OPENS.match(line.text) and before.text.rstrip()[-1:] in _ENDS:
            return False
        if not measure.indents and _opens_clause(before, line):
            return False
        if full:
            ended = before.text.rstrip()[-1:] in "。！？"
            return measure.indents or not ended or not _wider_gap(before, line, measure)
        if measure.indents and ends_openly(before.text) and before.x1 > was.left + 0.75 * (was.right - was.left):
            return True
        torn = new_page and ends_openly(before.text) and not _OPENS.match(line.text) and not _centered(before, was)
        return torn and before.x1 > was.left + 0.6 * (was.right - was.left)

    def _hangs(self, line: Line, first: Line) -> bool:
        """Whether the paragraph has a hanging indentation, and `line` stands in it."""
        if len(self._held) > 1:
            return abs(self._held[-1].x0 - line.x0) < 0.6 * line.size and self._held[-1].page == line.page
        inset = (line.x0 - first.x0) / line.size
        return 0.8 < inset < 6 and _OPENS.match(first.text) is not None  # further in stands a signature


def _opens_clause(before: Line, line: Line) -> bool:
    """Whether a number at the start of an unindented line opens a clause and is no reference: 第↵（二）项."""
    opened = _OPENS.match(line.text)
    if opened is None or _REFERS.search(before.text):
        return False
    return not line.text[opened.end() :].startswith(("项", "款", "条", "目", "、", "及", "和", "至", "所", "规定"))


def _wider_gap(before: Line, line: Line, measure: _Measure) -> bool:
    return before.page == line.page and line.top - before.bottom > 1.25 * max(measure.pitch, 1.0)


def _measures(pages: list[Page], lines: list[list[Line]]) -> list[_Measure]:
    flat = [line for page_lines in lines for line in page_lines]
    body = _body_size(lines)
    sized = [line for line in flat if abs(line.size - body) <= 0.15 * body] or flat
    right = _high([line.x1 for line in sized], body)
    if sum(1 for line in sized if line.x1 > right - 1.5 * body) < max(3, 0.15 * len(sized)):
        # Too few lines reach it: the longest of some short lines is no margin. Margins are alike left and right.
        right = max(right, pages[0].width - 1.25 * min((line.x0 for line in sized), default=0.0))
    full = [line for line in sized if line.x1 > right - 2.5 * body]
    left = min((line.x0 for line in full), default=min((line.x0 for line in sized), default=0.0))
    # Where all full lines are indented, the short ends of their paragraphs show the edge.
    whole = {id(line) for line in full}
    ends = [b.x0 for page_lines in lines for a, b in zip(page_lines, page_lines[1:], strict=False) if id(a) in whole]  # noqa: RUF007
    left = min((x0 for x0 in ends if 1.2 * body < left - x0 < 4.5 * body), default=left)
    starts = [line for line in full if line.x0 > left + 1.2 * body]
    gaps = [
        b.top - a.bottom
        for page_lines in lines
        for a, b in zip(page_lines, page_lines[1:], strict=False)  # noqa: RUF007
        if abs(a.size - b.size) < 1 and b.top > a.top
    ]
    pitch = max(median(gaps), 0.35 * body) if gaps else body
    indents = len(starts) >= max(1, 0.1 * len(full))
    found: list[_Measure] = []
    for page_lines in lines:
        own = [line for line in page_lines if abs(line.size - body) <= 0.15 * body]
        own_right = _high([line.x1 for line in own], body) if len(own) >= 6 else right
        own_full = [line for line in own if line.x1 > own_right - 2.5 * body]
        own_left = min(line.x0 for line in own_full) if len(own_full) >= 3 else left
        if abs(own_right - right) > 3 * body:
            own_right = right  # a page of short lines has no margin of its own
        if not -2 * body < own_left - left < 2 * body or own_left > left + 1.2 * body:
            own_left = left
        found.append(_Measure(own_left, own_right, (own_left + own_right) / 2, body, pitch, indents))
    return found


def _high(values: list[float], body: float) -> float:
    """The right edge of the text. Some programs let a stop hang beyond it, so the highest value will not do."""
    top = max(values, default=0.0)
    return median(v for v in values if v >= top - 1.5 * body) if values else 0.0


def _centered(line: Line, measure: _Measure) -> bool:
    off = abs((line.x0 + line.x1) / 2 - measure.middle)
    # Two characters of indentation alone do not make a line centred.
    inside = line.x0 > measure.left + 2.6 * line.size and line.x1 < measure.right - 2.0 * line.size
    return (off < line.size and inside) or (off < 0.6 * line.size and line.size > 1.12 * measure.body)


def _is_full(line: Line, after: Line, measure: _Measure) -> bool:
    """Whether `line` had no room for what `after` begins with."""
    head = _UNBREAKABLE.match(after.text)
    need = sum(0.55 if c.isascii() else 1.0 for c in head[0][:14]) * line.size if head else line.size
    return line.x1 + need > measure.right - 0.35 * line.size


def _same_columns(one: Grid, other: Grid) -> bool:
    return len(one.xs) == len(other.xs) and all(abs(a - b) < 6 for a, b in zip(one.xs, other.xs, strict=True))
