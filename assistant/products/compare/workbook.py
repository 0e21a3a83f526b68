"""A comparison as an XLSX file: one row for each clause that differs, and what was compared with what."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from assistant.products.compare.model import Change, Comparison
from assistant.products.compare.report import NOTE, UNLIKE, counted, label, listed, marked, named, place, summary
from assistant.products.duties.columns import harmless

_HEAD = "FFDCE6F1"
_COLUMNS = (("变化", 14), ("条款", 22), ("旧", 60), ("新", 60), ("改动之处", 60))
_FILLS = {Change.ADDED: "FFE0F2E6", Change.GONE: "FFFDE4E1", Change.CHANGED: "FFFDF0D0", Change.MOVED: "FFE1ECF7"}


def as_workbook(comparison: Comparison) -> bytes:
    """The file. No cell begins as a formula."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    workbook = Workbook()
    sheet: Any = workbook.active
    sheet.title = "对照"
    wrapped = Alignment(vertical="top", wrap_text=True)
    for at, (name, width) in enumerate(_COLUMNS, start=1):
        cell = _put(sheet, 1, at, name)
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", start_color=_HEAD, end_color=_HEAD)
        sheet.column_dimensions[get_column_letter(at)].width = width
    row = 1
    for row, line in enumerate(listed(comparison), start=2):
        values = (
            label(line, alike=comparison.alike),
            place(line),
            line.before.words if line.before else "",
            line.after.words if line.after else "",
            marked(line) if line.edits else "",
        )
        for at, value in enumerate(values, start=1):
            _put(sheet, row, at, value).alignment = wrapped
        colour = _FILLS[line.change]
        sheet.cell(row=row, column=1).fill = PatternFill("solid", start_color=colour, end_color=colour)
    sheet.freeze_panes = "C2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(_COLUMNS))}{max(row, 1)}"
    notes: Any = workbook.create_sheet("说明")
    for number, (name, words) in enumerate(_notes(comparison), start=1):
        _put(notes, number, 1, name)
        _put(notes, number, 2, words).alignment = wrapped
    notes.column_dimensions["A"].width, notes.column_dimensions["B"].width = 14, 100
    out = BytesIO()
    workbook.save(out)
    return out.getvalue()


def _notes(comparison: Comparison) -> list[tuple[str, str]]:
    counts = [(change.label, f"{count} 条") for change, count in counted(comparison)]
    unlike = [] if comparison.alike else [("注意", UNLIKE)]
    return [
        ("旧", f"{named(comparison.before)}　编号 {comparison.before.id}"),
        ("新", f"{named(comparison.after)}　编号 {comparison.after.id}"),
        ("结果", summary(comparison)),
        *unlike,
        *counts,
        ("怎样比对", NOTE),
    ]


def _put(sheet: Any, row: int, column: int, words: str) -> Any:
    cell = sheet.cell(row=row, column=column)
    if words:
        cell.value = harmless(words)
        cell.data_type = "s"
    return cell
