"""Rows and captions of tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.parsing.lines.model import STOPS, Kind, Line, TableLike, words_of
from assistant.parsing.markers import mark_at
from assistant.schema.document import Span
from assistant.text.folding import squeeze

_RULER = re.compile(r"\|?[\s:\-|]+\|?")
_CAPTION = re.compile(r"表\s{0,2}[一二三四五六七八九十\d]{0,3}\s{0,4}\S.{0,40}|.{2,30}(?:表|情况|明细|清单|一览|目录)")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTable:
    """A table written with | or tabs in a plain text."""

    span: Span
    caption: str | None
    rows: tuple[tuple[str, ...], ...]
    row_spans: tuple[Span, ...]
    numbers: tuple[int, ...] = ()


def plain_tables(text: str, lines: Sequence[Line]) -> tuple[TableLike, ...]:
    out: list[TableLike] = []
    run: list[Line] = []
    width = 0
    for line in [*lines, Line(0, 0)]:
        cells = _cells(text, line, width if run else 0) if line.end else 0
        if run and (cells != width):
            if len(run) >= 2:
                out.append(_found(text, run))
            run = []
        if cells:
            width = cells
            run.append(line)
    return tuple(out)


def _cells(text: str, line: Line, width: int) -> int:
    """How many cells a line of | or tabs has; 0 when it is no row. Below a row of that `width`, a number is a cell."""
    first = text[line.start]
    if first == "|":
        words = words_of(text, line)
        return words.count("|") if len(words) > 2 and words.endswith("|") else 0
    tabs = text.count("\t", line.start, line.end)
    if not tabs:
        return 0
    cells = [c for c in words_of(text, line).split("\t") if c.strip()]
    mark = mark_at(text, line.start, line.end) if first in "第（(" and 1000 + tabs != width else None
    return 1000 + tabs if len(cells) >= 2 and mark is None else 0


def _found(text: str, run: Sequence[Line]) -> FoundTable:
    rows: list[tuple[str, ...]] = []
    spans: list[Span] = []
    for line in run:
        words = words_of(text, line)
        if spans and _RULER.fullmatch(words):
            spans[-1] = Span(spans[-1].start, line.end)  # |---|---| belongs to the row above
            continue
        rows.append(_row(words))
        spans.append(Span(line.start, line.end))
    return FoundTable(span=Span(spans[0].start, spans[-1].end), caption=None, rows=tuple(rows), row_spans=tuple(spans))


def _row(words: str) -> tuple[str, ...]:
    cells = words[1:-1].split("|") if words.startswith("|") else words.split("\t")
    return tuple(cell.strip() for cell in cells)


def mark_tables(lines: list[Line], tables: Sequence[TableLike], text: str) -> None:
    places = sorted(
        (span.start, span.end, t, r) for t, table in enumerate(tables) for r, span in enumerate(table.row_spans)
    )
    at = 0
    for number, line in enumerate(lines):
        while at < len(places) and places[at][1] <= line.start:
            at += 1
        if at < len(places) and places[at][0] <= line.start < places[at][1]:
            line.kind, line.table, line.row = Kind.ROW, places[at][2], places[at][3]
            if number and lines[number - 1].kind is Kind.WORDS and line.row == 0:
                _mark_caption(lines[number - 1], tables[line.table], line.table, text)
        elif at and line.start < tables[places[at - 1][2]].span.end:
            # The rule below the head of a table in Markdown belongs to the row above it.
            line.kind, line.table, line.row = Kind.ROW, places[at - 1][2], places[at - 1][3]


def _mark_caption(line: Line, table: TableLike, number: int, text: str) -> None:
    words = squeeze(words_of(text, line))
    if table.caption:
        if words == squeeze(table.caption):
            line.kind, line.table = Kind.CAPTION, number
    elif (
        len(words) <= 40
        and text[line.end - 1] not in STOPS
        and _CAPTION.fullmatch(words)
        and mark_at(text, line.start, line.end) is None
    ):
        line.kind, line.table = Kind.CAPTION, number
