"""One sheet of an XLSX as its reader sees it: the words of each place, merged cells spread, hidden ones aside.

Source: ECMA-376 Part 1, 18.3 (worksheets).
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from assistant.parsing.formats.model import TOO_COMPLEX, Rejected
from assistant.parsing.formats.package import Parts
from assistant.parsing.formats.xlsx_book import Book, Look, S, Words, number, read_words
from assistant.parsing.formats.xlsx_format import shown_number, shown_text

MAX_CELLS = 400_000  # with words, in all sheets
LABEL_CHARS = 20  # a longer cell is no head of columns
_PLACE = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d{1,7})$")
_LAST_COLUMN = 16_384
_THIN = 0.1  # points or characters: a row or column of no size is not seen
_FLAGS = {"1": "TRUE", "0": "FALSE", "true": "TRUE", "false": "FALSE"}


@dataclass(slots=True)
class Cell:
    """What one place shows."""

    text: str = ""
    struck: str = ""  # words that are struck out
    white: str = ""  # words in the colour of the window
    concealed: str = ""  # words that the format of the cell keeps from readers
    wanting: bool = False  # a formula without a value
    failed: bool = False  # #REF! and its kind
    rounded: bool = False


@dataclass(frozen=True, slots=True)
class Merge:
    """A merged range, both ends included; rows and columns count from 1."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(slots=True)
class Sheet:
    """The places of one sheet that hold something: row → column → cell."""

    rows: dict[int, dict[int, Cell]] = field(default_factory=dict)
    merges: list[Merge] = field(default_factory=list)
    covered: list[str] = field(default_factory=list)  # words that lie under a merged cell
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    marginal: list[str] = field(default_factory=list)  # heads and feet of the printed page
    painted: bool = False  # by a table style or conditions, which colour cells beyond their own look

    def columns(self) -> list[int]:
        """The columns that a reader sees with words in them."""
        seen = {c for r, row in self.rows.items() if r not in self.hidden_rows for c, cell in row.items() if cell.text}
        return sorted(seen - self.hidden_columns)

    def lines(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        """The rows that a reader sees, with the number of each: every word that stands in a visible column."""
        columns = self.columns()
        for row in sorted(self.rows):
            if row not in self.hidden_rows:
                cells = self.rows[row]
                yield row, tuple(cells[c].text if c in cells else "" for c in columns)


_DATA = (f"{S}row", f"{S}col", f"{S}mergeCell", f"{S}tablePart", f"{S}conditionalFormatting", f"{S}sheetFormatPr")
_MARGINAL = ("oddHeader", "evenHeader", "firstHeader", "oddFooter", "evenFooter", "firstFooter")


class SheetReader:
    """Reads sheets of one workbook, and counts their cells together."""

    def __init__(self, parts: Parts, book: Book) -> None:
        self._parts, self._book = parts, book
        self._cells = 0
        self._last_row = 0

    def read(self, part: str) -> Sheet:
        """The sheet in `part`.

        Raises:
            Rejected: `too_complex`, or what the XML of the part is rejected for.
        """
        sheet = Sheet()
        tags = (*_DATA, *(f"{S}{name}" for name in _MARGINAL))
        self._last_row = 0
        unseen = False  # rows are hidden unless they say otherwise
        for node in self._parts.each(part, tags):
            match node.tag.rpartition("}")[2]:
                case "row":
                    self._row(node, sheet, unseen=unseen)
                case "sheetFormatPr":
                    unseen = node.get("zeroHeight", "0") in ("1", "true")
                case "col":
                    _hide_columns(node, sheet)
                case "mergeCell":
                    _add_merge(str(node.get("ref", "")), sheet)
                case "tablePart" | "conditionalFormatting":
                    sheet.painted = True
                case _:
                    sheet.marginal.append(node.text or "")
        if sheet.painted:
            _show_white(sheet)
        self._spread(sheet)
        return sheet

    def _row(self, node: Any, sheet: Sheet, *, unseen: bool) -> None:
        at = self._last_row = number(node.get("r")) or self._last_row + 1
        if _is_hidden(node, "ht") or (unseen and node.get("hidden") is None and node.get("ht") is None):
            sheet.hidden_rows.add(at)
        column = 0
        for child in node:
            if child.tag == f"{S}c":
                place = _PLACE.match(str(child.get("r", "")))
                column = column_of(place[1]) if place else column + 1
                cell = self._cell(child)
                if cell != Cell():
                    self._count(1)
                    sheet.rows.setdefault(at, {})[column] = cell

    def _count(self, more: int) -> None:
        self._cells += more
        if self._cells > MAX_CELLS:
            raise Rejected(TOO_COMPLEX, f"有内容的单元格超过 {MAX_CELLS} 个，请拆分后再加入")

    def _cell(self, node: Any) -> Cell:
        look, kind = self._book.look(node.get("s")), node.get("t", "n")
        formula, inline, written = node.find(f"{S}f"), node.find(f"{S}is"), node.findtext(f"{S}v") or ""
        if kind == "inlineStr" and inline is not None:
            return _worded(read_words(inline), look)
        if not written.strip():
            return Cell(wanting=formula is not None and kind != "str")
        if kind == "s":
            return _worded(self._book.shared(written.strip()), look)
        if kind in ("str", "inlineStr", "d"):
            return _worded(Words(written.partition("T00:00:00")[0] if kind == "d" else written), look)
        if kind == "e":
            return Cell(text=written, failed=True)
        return _seen(self._valued(kind, written.strip(), look, computed=formula is not None), look)

    def _valued(self, kind: str, written: str, look: Look, *, computed: bool) -> Cell:
        """A number, a day, or 真 and 假."""
        if kind == "b":
            return Cell(text=_FLAGS.get(written, written))
        shown = shown_number(written, look.code, since_1904=self._book.since_1904)
        if not shown.text:
            return Cell(concealed=written)
        return Cell(text=shown.text, rounded=shown.rounded and not computed)

    def _spread(self, sheet: Sheet) -> None:
        """Put the words of a merged cell into each place it covers: a label down and across, long words down alone."""
        rows = sorted(sheet.rows)
        widest = max((c for row in sheet.rows.values() for c in row), default=0)
        for merge in sheet.merges:
            own = sheet.rows.get(merge.top, {}).get(merge.left, Cell())
            inside = rows[bisect_left(rows, merge.top) : bisect_right(rows, merge.bottom)]
            held = [c for c in range(merge.left, min(merge.right, widest) + 1) if c not in sheet.hidden_columns]
            self._count(len(inside) * len(held))
            whole = merge.left == 1 and merge.right >= widest and len(held) > 1
            across = held if len(own.text) <= LABEL_CHARS and not whole else held[:1]
            for row in inside:
                _cover(sheet, row, held, own)
                if own != Cell():
                    cell = own if row == merge.top else Cell(text=own.text)
                    sheet.rows[row].update(dict.fromkeys(across, cell))


def _cover(sheet: Sheet, row: int, columns: Sequence[int], own: Cell) -> None:
    """Empty the places under a merged cell; a spreadsheet shows none of what stands there."""
    for column in columns:
        lost = sheet.rows[row].pop(column, own)
        if lost is not own and lost.text:
            sheet.covered.append(lost.text)


def _worded(words: Words, look: Look) -> Cell:
    cell = Cell(text=shown_text(words.text, look.code) if words.text else "", struck=words.struck)
    return _seen(cell, look)


def _seen(cell: Cell, look: Look) -> Cell:
    if look.struck:
        return Cell(struck=cell.text + cell.struck)
    if look.white:
        return Cell(white=cell.text, struck=cell.struck)
    return cell


def _show_white(sheet: Sheet) -> None:
    """White words stand on a coloured ground where a table style or a condition paints the cell."""
    for row in sheet.rows.values():
        for cell in row.values():
            if cell.white:
                cell.text, cell.white = cell.white, ""


def _is_hidden(node: Any, size: str) -> bool:
    if node.get("hidden", "0") in ("1", "true"):
        return True
    try:
        return node.get(size) is not None and float(node.get(size)) < _THIN
    except ValueError:
        return False


def _hide_columns(node: Any, sheet: Sheet) -> None:
    if _is_hidden(node, "width"):
        first, last = number(node.get("min")), min(number(node.get("max")), _LAST_COLUMN)
        sheet.hidden_columns.update(range(max(first, 1), last + 1))


def _add_merge(reference: str, sheet: Sheet) -> None:
    one, _, other = reference.partition(":")
    start, end = _PLACE.match(one), _PLACE.match(other or one)
    if start and end:
        sheet.merges.append(Merge(int(start[2]), column_of(start[1]), int(end[2]), column_of(end[1])))


def column_of(letters: str) -> int:
    """The number of a column.

    >>> [column_of(letters) for letters in ("A", "Z", "AA")]
    [1, 26, 27]
    """
    value = 0
    for letter in letters.upper():
        value = value * 26 + ord(letter) - 64
    return value


def letters_of(column: int) -> str:
    """The letters of a column.

    >>> [letters_of(column) for column in (1, 26, 27)]
    ['A', 'Z', 'AA']
    """
    out = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        out = chr(65 + rest) + out
    return out
