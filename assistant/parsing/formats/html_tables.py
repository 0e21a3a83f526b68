"""The grid of an HTML table: each place with its words, those of a merged cell in each place it covers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from assistant.parsing.formats.comparison import comparison_of
from assistant.parsing.formats.html_css import Look, look_of
from assistant.parsing.lines.page_words import page_line

LABEL_CHARS = 20  # a longer cell is no head of columns
_FEW_ARTICLES, _FEW_ROWS, _SEVERAL = 3, 3, 3  # articles, rows, paragraphs that still prove nothing
_FILLED, _MOST = 0.6, 0.6  # shares of cells with words, and of words in one cell
_LONG_CELL = 1500  # characters
_ARTICLE = re.compile(r"(?m)^第[一二三四五六七八九十百零\d]+条")


class Line:
    """A paragraph, or a table. `linked`: the numbers of its lines that are links from end to end."""

    __slots__ = ("caption", "contents", "heading", "linked", "rows", "text")

    def __init__(self, text: str = "", rows: tuple[tuple[str, ...], ...] | None = None) -> None:
        self.text, self.rows = text, rows
        self.caption = self.heading = self.contents = False
        self.linked: frozenset[int] = frozenset()

    def apart(self) -> Iterator[Line]:
        """A line of its own for each line of the paragraph."""
        if self.rows is not None or "\n" not in self.text:
            yield self
            return
        for number, words in enumerate(self.text.split("\n")):
            line = Line(words)
            line.caption, line.heading, line.contents = self.caption, self.heading, self.contents
            line.linked = frozenset({0}) if number in self.linked else frozenset()
            yield line


@dataclass(slots=True)
class Grid:
    """`rows` with the words of cells in one line each, `parted` with a line for each paragraph, `cells` as lines."""

    rows: list[tuple[str, ...]] = field(default_factory=list)
    parted: list[tuple[str, ...]] = field(default_factory=list)
    cells: list[list[list[Line]]] = field(default_factory=list)  # row by row
    nested: set[tuple[int, int]] = field(default_factory=set)  # row and cell in which a table stands

    def as_lines(self) -> list[Line]:
        """A table, or its paragraphs when it only places them on the page."""
        if comparison_of(self.parted) is not None:
            return [Line(rows=tuple(self.parted))]
        inner = [line for row in self.cells for cell in row for line in cell]
        return inner if _is_layout(self, inner) else [Line(rows=tuple(self.rows))]


@dataclass(slots=True)
class _Held:
    """What cells of earlier rows put into this one: column → rows still covered, and their words."""

    columns: dict[int, tuple[int, str, str]] = field(default_factory=dict)

    def carry(self, words: list[str], parts: list[str]) -> None:
        while (above := self.columns.get(len(words))) is not None:
            words.append(above[1])
            parts.append(above[2])

    def next_row(self) -> None:
        self.columns = {at: (left - 1, one, two) for at, (left, one, two) in self.columns.items() if left > 1}


def read_grid(rows: Iterator[tuple[Any, Look]], cell_lines: Callable[[Any, Look], list[Line]]) -> Grid:
    """The cells of a table. `cell_lines` reads what stands in one."""
    grid, held = Grid(), _Held()
    for row, look in rows:
        words: list[str] = []
        parts: list[str] = []
        cells = [c for c in row if c.tag in ("td", "th")]
        grid.cells.append([])
        for cell in cells:
            held.carry(words, parts)
            lines = cell_lines(cell, look)
            pieces = list(_cell_words(lines))
            wide, high = _extent(cell, "colspan"), _extent(cell, "rowspan")
            own, apart = " ".join(pieces), "\n".join(pieces)
            # The head of some columns says the same in each; a longer cell, or the only one, stands once.
            along = own if len(own) <= LABEL_CHARS and (len(cells) > 1 or held.columns) else ""
            for said in (own, *[along] * (wide - 1)):
                if high > 1:
                    held.columns[len(words)] = (high, said, apart)
                words.append(said)
                parts.append(apart)
            grid.cells[-1].append(lines)
            if next(cell.iter("table"), None) is not None:
                grid.nested.add((len(grid.cells) - 1, len(grid.cells[-1]) - 1))
        held.carry(words, parts)
        held.next_row()
        grid.rows.append(tuple(words))
        grid.parted.append(tuple(parts))
    return grid


def table_row_groups(
    node: Any, look: Look, sheet: dict[str, dict[str, str]], hide: Callable[[str, Any], None]
) -> Iterator[tuple[Any, Look]]:
    """Rows in the order a browser shows them: the foot last. Hidden rows are reported."""
    look = look_of(look, "table", node.attrib, sheet)
    groups: list[tuple[Any, list[Any]]] = []
    for child in node:
        if child.tag == "tr":
            groups.append((node, [child]))
        elif child.tag in ("thead", "tbody", "tfoot"):
            groups.append((child, [r for r in child if r.tag == "tr"]))
    groups.sort(key=lambda g: {"thead": -1, "tfoot": 1}.get(g[0].tag, 0))
    for group, rows in groups:
        outer = look if group is node else look_of(look, group.tag, group.attrib, sheet)
        for row in rows:
            row_look = look_of(outer, "tr", row.attrib, sheet)
            if row_look.hidden is not None:
                hide(row_look.hidden, row)
            else:
                yield row, row_look


def _is_layout(grid: Grid, inner: list[Line]) -> bool:
    """Whether a table only places paragraphs on the page: they are read as paragraphs."""
    words = "\n".join(line.text for line in inner)
    columns = max((len(r) for r in grid.rows), default=0)
    if columns <= 1 or len(_ARTICLE.findall(words)) > _FEW_ARTICLES:
        return True
    if any(len(c) > _LONG_CELL for r in grid.rows for c in r):
        return True
    carried = _is_carried_by_one_cell(grid)
    places_tables = bool(grid.nested) and not any(_has_label(grid, *place) for place in grid.nested)
    return carried or (places_tables and not _is_regular(grid))


def _has_label(grid: Grid, row: int, cell: int) -> bool:
    """Whether another cell of a row names what stands in this one, as 柜员 does before its duties."""
    beside = [lines for at, lines in enumerate(grid.cells[row]) if at != cell and (row, at) not in grid.nested]
    return any(not _is_of_page(line) for lines in beside for line in lines)


def _is_of_page(line: Line) -> bool:
    words = line.text.split("\n") if line.rows is None else [cell for row in line.rows for cell in row if cell]
    return all(number in line.linked or page_line(one) is not None for number, one in enumerate(words))


def _is_regular(grid: Grid) -> bool:
    """Whether a table has the short, filled cells of rows and columns, so that one inside it is a figure of its own."""
    cells = [cell for row in grid.rows for cell in row]
    filled = sorted(len(cell) for cell in cells if cell)
    if len(grid.rows) < _FEW_ROWS or len(filled) < _FILLED * len(cells):
        return False
    return filled[len(filled) // 2] <= LABEL_CHARS and filled[-1] <= sum(filled) * _MOST


def _is_carried_by_one_cell(grid: Grid) -> bool:
    """Whether one cell holds nearly all words, in several paragraphs, and nothing beside it names them."""
    sizes = {
        (row, at): sum(len(words) for words in _cell_words(lines))
        for row, cells in enumerate(grid.cells)
        for at, lines in enumerate(cells)
    }
    total = sum(sizes.values())
    if total == 0:
        return False
    place = max(sizes, key=sizes.__getitem__)
    if sizes[place] == total and len(sizes) > 1:
        return True
    lines = grid.cells[place[0]][place[1]]
    paragraphs = sum(line.text.count("\n") + 1 for line in lines)
    return sizes[place] >= _MOST * total and paragraphs >= _SEVERAL and not _has_label(grid, *place)


def _cell_words(lines: list[Line]) -> Iterator[str]:
    for line in lines:
        if line.rows is None:
            yield line.text
        else:
            yield from (cell for row in line.rows for cell in row if cell)


def _extent(cell: Any, name: str) -> int:
    value = str(cell.get(name, "1")).strip()
    return min(max(1, int(value)), 200) if value.isdecimal() and len(value) < 6 else 1
