"""The column of text on each page: its edges, the size of its characters, the step from line to line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from assistant.parsing.formats.pdf_lines import Line
from assistant.parsing.formats.pdf_page import Page


@dataclass(frozen=True, slots=True)
class Measure:
    """The column of text on a page."""

    left: float
    right: float
    middle: float
    body: float  # size of the text
    pitch: float  # from line to line
    indents: bool  # whether paragraphs begin with an indentation


def body_size(lines: list[list[Line]]) -> float:
    """The size that most characters have, in points."""
    sizes: Counter[float] = Counter()
    for page_lines in lines:
        for line in page_lines:
            sizes[round(line.size * 2) / 2] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 12.0


def measures(pages: list[Page], lines: list[list[Line]]) -> list[Measure]:
    """The column of each page; a page of few or short lines has that of the whole text."""
    body = body_size(lines)
    flat = [line for page_lines in lines for line in page_lines]
    sized = [line for line in flat if _is_body(line, body)] or flat
    right = _right_edge(pages, sized, body)
    full = [line for line in sized if line.x1 > right - 2.5 * body]
    left = _left_edge(lines, sized, full, body)
    starts = [line for line in full if line.x0 > left + 1.2 * body]
    pitch = _pitch(lines, body)
    indents = len(starts) >= max(1, 0.1 * len(full))
    found: list[Measure] = []
    for page_lines in lines:
        own_left, own_right = _own_edges([n for n in page_lines if _is_body(n, body)], left, right, body)
        found.append(Measure(own_left, own_right, (own_left + own_right) / 2, body, pitch, indents))
    return found


def _is_body(line: Line, body: float) -> bool:
    return abs(line.size - body) <= 0.15 * body


def _right_edge(pages: list[Page], sized: list[Line], body: float) -> float:
    right = _high([line.x1 for line in sized], body)
    if sum(1 for line in sized if line.x1 > right - 1.5 * body) >= max(3, 0.15 * len(sized)):
        return right
    # Too few lines reach it: the longest of some short lines is no margin. Margins are alike left and right.
    return max(right, pages[0].width - 1.25 * min((line.x0 for line in sized), default=0.0))


def _left_edge(lines: list[list[Line]], sized: list[Line], full: list[Line], body: float) -> float:
    left = min((line.x0 for line in full or sized), default=0.0)
    # Where all full lines are indented, the short ends of their paragraphs show the edge.
    whole = {id(line) for line in full}
    ends = [after.x0 for before, after in _neighbours(lines) if id(before) in whole]
    return min((x0 for x0 in ends if 1.2 * body < left - x0 < 4.5 * body), default=left)


def _pitch(lines: list[list[Line]], body: float) -> float:
    gaps = [b.top - a.bottom for a, b in _neighbours(lines) if abs(a.size - b.size) < 1 and b.top > a.top]
    return max(median(gaps), 0.35 * body) if gaps else body


def _neighbours(lines: list[list[Line]]) -> Iterator[tuple[Line, Line]]:
    """Each line of a page with the next one."""
    for page_lines in lines:
        yield from pairwise(page_lines)


def _own_edges(own: list[Line], left: float, right: float, body: float) -> tuple[float, float]:
    """The edges of one page, near those of the text."""
    own_right = _high([line.x1 for line in own], body) if len(own) >= 6 else right
    own_full = [line for line in own if line.x1 > own_right - 2.5 * body]
    own_left = min(line.x0 for line in own_full) if len(own_full) >= 3 else left
    if abs(own_right - right) > 3 * body:
        own_right = right  # a page of short lines has no margin of its own
    if not -2 * body < own_left - left < 2 * body or own_left > left + 1.2 * body:
        own_left = left
    return own_left, own_right


def _high(values: list[float], body: float) -> float:
    """The right edge of the text. Some programs let a stop hang beyond it, so the highest value will not do."""
    top = max(values, default=0.0)
    return median(v for v in values if v >= top - 1.5 * body) if values else 0.0
