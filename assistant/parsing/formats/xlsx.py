"""XLSX: each sheet a table named by the sheet, its rows addressed by the numbers a spreadsheet shows.

bytes ─ zipgate ─ Parts ─ Book (sheets, shared words, looks) ─ Sheet (places) ─ text

Out of the body and named: hidden sheets, rows and columns, comments, struck words, white words, heads and feet.
Words above the first row of two cells are a title; a sheet of one column is read as paragraphs.

Source: ECMA-376 Part 1, chapter 18.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from assistant.parsing.formats.builder import TextBuilder
from assistant.parsing.formats.model import CORRUPT, Findings, Parsed, Rejected
from assistant.parsing.formats.package import Parts
from assistant.parsing.formats.xlsx_book import Book, SheetName
from assistant.parsing.formats.xlsx_drawing import comments_of, shapes_of
from assistant.parsing.formats.xlsx_sheet import Cell, Sheet, SheetReader, letters_of
from assistant.parsing.formats.zipgate import EXCEL, read_parts

_MAX_NAMED = 20  # places told in one warning
Row = tuple[int, tuple[str, ...]]


def read_xlsx(raw: bytes) -> Parsed:
    """The readable text of an XLSX.

    Raises:
        Rejected: `corrupt`, `bomb`, `dtd`, `macro`, `encrypted`, `too_complex`, `empty` or `no_text`.
    """
    findings = Findings()
    parts = Parts(read_parts(raw, findings, EXCEL), findings, EXCEL)
    book = Book(parts)
    reading = _Reading(parts, book, findings)
    for named in book.sheets:
        reading.take(named)
    return reading.finish()


class _Reading:
    """Takes the sheets of a workbook one after the other."""

    def __init__(self, parts: Parts, book: Book, findings: Findings) -> None:
        self._parts, self._findings = parts, findings
        self._reader = SheetReader(parts, book)
        self._builder = TextBuilder()
        self._unseen: list[str] = []  # what is hidden, in words
        self._failed: list[str] = []
        self._rounded: list[str] = []

    def take(self, named: SheetName) -> None:
        """The next sheet."""
        if named.kind != "worksheet":
            self._findings.lose("图表工作表", behind=named.name)
            return
        if named.part not in self._parts:
            raise Rejected(CORRUPT, "文件不完整，缺少工作表的内容，请在 Excel 里重新保存")
        sheet = self._reader.read(named.part)
        if named.hidden:
            self._unseen.append(f"工作表“{named.name}”")
            self._findings.hide("hidden_sheet", f"{named.name}：{_all_words(sheet)}")
            return
        self._render(named.name, list(sheet.lines()))
        self._report_cells(named.name, sheet)
        self._report_unseen(named.name, sheet)
        self._over(named)

    def finish(self) -> Parsed:
        """Everything taken."""
        findings = self._findings
        if self._unseen:
            findings.warn(
                "hidden_cells", f"隐藏的内容没有收入正文：{_few(self._unseen)}，请核对", where=self._unseen[0]
            )
        if self._failed:
            findings.warn("formula_error", f"有公式出错：{_few(self._failed)}，请在 Excel 里改正后重新保存")
        if self._rounded:
            findings.warn("rounded", f"有数值只显示了四舍五入后的数：{_few(self._rounded)}，请核对原数")
        return self._builder.finish(findings)

    def _render(self, name: str, rows: list[Row]) -> None:
        rows = [(at, cells) for at, cells in rows if any(cells)]
        first = next((i for i, (_, cells) in enumerate(rows) if len(set(filter(None, cells))) > 1), len(rows))
        for _, cells in rows[:first]:
            self._builder.paragraph(next(filter(None, cells)))
        if first < len(rows):
            self._builder.paragraph(name)
            body = rows[first:]
            self._builder.table(tuple(c for _, c in body), name, numbers=tuple(at for at, _ in body))

    def _report_cells(self, name: str, sheet: Sheet) -> None:
        for at, row in sheet.rows.items():
            for column, cell in row.items():
                if at not in sheet.hidden_rows and column not in sheet.hidden_columns:
                    self._report_cell(f"{name}!{letters_of(column)}{at}", cell)
        for words in sheet.covered:
            self._findings.hide("covered", words)
        for words in sheet.marginal:
            self._findings.hide("header", words)

    def _report_cell(self, place: str, cell: Cell) -> None:
        self._findings.hide("struck_out", cell.struck)
        self._findings.hide("white", cell.white)
        self._findings.hide("invisible", cell.concealed)
        if cell.wanting:
            self._findings.lose("没有算出结果的公式", behind=place)
        if cell.failed:
            self._failed.append(f"{place} 显示 {cell.text}")
        if cell.rounded:
            self._rounded.append(f"{place} 显示 {cell.text}")

    def _report_unseen(self, name: str, sheet: Sheet) -> None:
        """Hidden rows and columns with words in them."""
        rows = [r for r in sorted(sheet.rows) if r in sheet.hidden_rows and any(c.text for c in sheet.rows[r].values())]
        for row in rows:
            words = " ".join(cell.text for cell in sheet.rows[row].values())
            self._findings.hide("hidden_row", f"{name} 第{row}行：{words}")
        if rows:
            self._unseen.append(f"“{name}”第{_ranges(rows)}行")
        columns: dict[int, list[str]] = {}
        for row, cells in sheet.rows.items():
            for column, cell in cells.items() if row not in sheet.hidden_rows else ():
                if column in sheet.hidden_columns and cell.text:
                    columns.setdefault(column, []).append(cell.text)
        for column in sorted(columns):
            self._findings.hide("hidden_column", f"{name} {letters_of(column)}列：{' '.join(columns[column])}")
        if columns:
            self._unseen.append(f"“{name}”{'、'.join(map(letters_of, sorted(columns)))}列")

    def _over(self, named: SheetName) -> None:
        """Text boxes are read behind the cells; pictures and charts are named with their place."""
        for placed in shapes_of(self._parts, named.part):
            shape, place = placed.shape, f"{named.name}!{placed.cell}" if placed.cell else named.name
            self._findings.hide("alt", shape.alt)
            self._findings.hide("struck_out", shape.struck)
            if shape.hidden:
                self._findings.hide("invisible", "".join(shape.lines))
                continue
            for line in shape.lines:
                self._findings.warn("text_box", "文件含文本框，文字已收在所在工作表之后，请核对", where=place)
                self._builder.paragraph(line)
            if shape.unread:
                self._findings.lose("公式", shape.unread, behind=place)
            if shape.lost:
                self._findings.lose(shape.lost, behind=place)
        for words in comments_of(self._parts, named.part):
            self._findings.hide("comment", f"{named.name}!{words}")


def _all_words(sheet: Sheet) -> str:
    return " ".join(cell.text for row in sheet.rows.values() for cell in row.values())


def _few(places: Sequence[str]) -> str:
    more = f"等 {len(places)} 处" if len(places) > _MAX_NAMED else ""
    return "、".join(places[:_MAX_NAMED]) + more


def _ranges(numbers: Sequence[int]) -> str:
    """Numbers with runs as ranges.

    >>> _ranges([2, 5, 6, 7])
    '2、5—7'
    """
    runs: list[str] = []
    key: Any = lambda pair: pair[1] - pair[0]  # noqa: E731 - constant within a run
    for _, run in groupby(enumerate(numbers), key=key):
        held = [n for _, n in run]
        runs.append(str(held[0]) if len(held) == 1 else f"{held[0]}—{held[-1]}")
    return "、".join(runs[:_MAX_NAMED]) + ("等" if len(runs) > _MAX_NAMED else "")
