"""The grid of an HTML table: each place with its words, those of a merged cell in each place it covers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from assistant.parsing.formats.comparison import comparison_of
from assistant.parsing.formats.html_css import Look, look_of

LABEL_CHARS = 20  # a longer cell is no head of columns
_ARTICLE = re.compile(r"(?m)^第[一二三四五六七八九十百零\d]+条")


class Line:
    """A paragraph, or a table."""

    __slots__ = ("caption", "contents", "heading", "rows", "text")

    def __init__(self, text: str = "", rows: tuple[tuple[str, ...], ...] | None = None) -> None:
        self.text, self.rows = text, rows
        self.caption = self.heading = self.contents = False


@dataclass(slots=True)
class Grid:
    """`rows` with the words of cells in one line each, `parted` with a line for each paragraph, `inner` as lines."""

    rows: list[tuple[str, ...]] = field(default_factory=list)
    parted: list[tuple[str, ...]] = field(default_factory=list)
    inner: list[Line] = field(default_factory=list)

    def as_lines(self) -> list[Line]:
        """A table, or its paragraphs when it only places them on the page."""
        if comparison_of(self.parted) is not None:
            return [Line(rows=tuple(self.parted))]
        return self.inner if _is_layout(self.rows, self.inner) else [Line(rows=tuple(self.rows))]


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
            grid.inner += lines
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


def _is_layout(rows: Sequence[Sequence[str]], inner: list[Line]) -> bool:
    """Whether a table only places paragraphs on the page: they are read as paragraphs."""
    words = "\n".join(line.text for line in inner)
    columns = max((len(r) for r in rows), default=0)
    articles = len(_ARTICLE.findall(words))
    if columns > 1 and len(words) < 1500 and not articles:
        return False
    if articles > 3 or columns <= 1:
        return True
    return any(line.rows is not None for line in inner) or any(len(c) > 1500 for r in rows for c in r)


def _cell_words(lines: list[Line]) -> Iterator[str]:
    for line in lines:
        if line.rows is None:
            yield line.text
        else:
            yield from (cell for row in line.rows for cell in row if cell)


def _extent(cell: Any, name: str) -> int:
    value = str(cell.get(name, "1")).strip()
    return min(max(1, int(value)), 200) if value.isdecimal() and len(value) < 6 else 1
