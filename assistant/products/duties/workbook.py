"""The duty table as an XLSX file: 清单, 变更, 汇总 and 说明, beside the sheets that people added."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Any

from assistant.products.duties.changes import Carried, Changed, carry_over, listed
from assistant.products.duties.columns import ACT, BANK, CONDITION, ID, OURS, QUOTE, Entry, Scalar, harmless, row_of
from assistant.products.duties.earlier import CHANGE_COLUMNS, CHANGES, COUNTS, LIST, NOTES, NOTHING, Earlier
from assistant.products.duties.model import Degree, DutyTable
from assistant.products.duties.notes import notes_of
from assistant.products.duties.table import by_kind

_HEAD, _BANK_HEAD, _BANK_CELL, _OWN_HEAD = "FFDCE6F1", "FFFCE4B6", "FFFFF8E5", "FFE2EFDA"
_WIDTHS = {ID: 30, QUOTE: 60, ACT: 40, CONDITION: 30, "主体": 24, "文件": 28, "对象、指标、目的": 28, "承上文出处": 30}
_WIDTH, _BANK_WIDTH = 16, 18
_ADDED = "人工添加的行（没有编号）"


@dataclass(frozen=True, slots=True)
class Exported:
    """The file, and what became of the entries of the earlier one."""

    content: bytes
    carried: Carried
    added: int  # rows that people added, kept at the end


def export(table: DutyTable, earlier: Earlier = NOTHING) -> Exported:
    """The XLSX file of a table; what people filled in in an earlier one stands in it again.

    No cell of its four sheets begins as a formula. Sheets that people added stay, behind these.
    """
    from openpyxl import Workbook

    carried = carry_over(table.duties, earlier, day=table.day)
    workbook = earlier.workbook if earlier.workbook is not None else Workbook()
    for name in (LIST, CHANGES, COUNTS, NOTES) if earlier.workbook is not None else workbook.sheetnames:
        if name in workbook.sheetnames:
            del workbook[name]
    _list(workbook.create_sheet(LIST, 0), table, earlier, carried)
    _changes(workbook.create_sheet(CHANGES, 1), tuple(listed(carried.changes)), earlier.own_columns)
    _counts(workbook.create_sheet(COUNTS, 2), table)
    _notes(workbook.create_sheet(NOTES, 3), table)
    workbook.active = 0
    out = BytesIO()
    workbook.save(out)
    return Exported(out.getvalue(), carried, len(earlier.without_id))


def _list(sheet: Any, table: DutyTable, earlier: Earlier, carried: Carried) -> None:
    columns = (*OURS, *BANK, *earlier.own_columns)
    _head(sheet, columns)
    rows: list[tuple[Mapping[str, str], Mapping[str, Entry]]] = [
        (row_of(duty), carried.filled.get(duty.id, {})) for duty in table.duties
    ]
    for row in earlier.without_id:
        rows.append(({**row.ours, ID: "", "状态": row.ours.get("状态") or _ADDED}, row.filled))
    _rows(sheet, columns, rows)
    _finish(sheet, columns)


def _changes(sheet: Any, changes: Sequence[Changed], own: Sequence[str]) -> None:
    columns = (*CHANGE_COLUMNS, *BANK, *own)
    _head(sheet, columns)
    rows: list[tuple[Mapping[str, str], Mapping[str, Entry]]] = []
    for change in changes:
        values = (
            change.on,
            change.change,
            change.id,
            change.new_id,
            change.title,
            change.address,
            change.actor,
            change.old_words,
            change.new_words,
        )
        rows.append((dict(zip(CHANGE_COLUMNS, values, strict=True)), change.filled))
    _rows(sheet, columns, rows)
    _finish(sheet, columns)


def _counts(sheet: Any, table: DutyTable) -> None:
    """主体类别 × 强度, what binds and what only encourages apart; then the same by document."""
    degrees = list(Degree)
    _head(sheet, ("主体类别", *(degree.value for degree in degrees), "约束性合计", "鼓励、允许合计"))
    for kind, counts in by_kind(table).items():
        _cells(sheet, (kind, *_sums(counts, degrees)))
    _cells(sheet, ("全部行（一行有几类主体的只算一次）", *_sums(_counted(d.degree for d in table.duties), degrees)))
    unstated = sum(1 for duty in table.duties if duty.actor.words is None)
    _cells(sheet, ())
    _cells(sheet, ("其中主体未载明的行", unstated))
    _cells(sheet, ())
    _cells(sheet, ("文件", *(degree.value for degree in degrees), "约束性合计", "鼓励、允许合计"))
    for name, title in table.documents:
        counts = _counted(d.degree for d in table.duties if d.source.document_id == name)
        _cells(sheet, (title, *_sums(counts, degrees)))
    sheet.column_dimensions["A"].width = 40


def _counted(degrees: Iterable[Degree]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for degree in degrees:
        counts[degree.value] = counts.get(degree.value, 0) + 1
    return counts


def _sums(counts: Mapping[str, int], degrees: Sequence[Degree]) -> tuple[int, ...]:
    each = tuple(counts.get(degree.value, 0) for degree in degrees)
    weak = sum(n for n, degree in zip(each, degrees, strict=True) if degree.weak)
    return (*each, sum(each) - weak, weak)


def _notes(sheet: Any, table: DutyTable) -> None:
    for line in notes_of(table):
        _cells(sheet, line)
    sheet.column_dimensions["A"].width = 28
    sheet.column_dimensions["B"].width = 100
    for row in sheet.iter_rows():
        for cell in row:
            cell.alignment = _wrapped()


# --- cells --------------------------------------------------------------------------------------


def _head(sheet: Any, columns: Sequence[str]) -> None:
    from openpyxl.styles import Font, PatternFill

    for at, name in enumerate(columns, start=1):
        cell = sheet.cell(row=1, column=at)
        _put(cell, name)
        ours = name in OURS or name in CHANGE_COLUMNS or sheet.title not in (LIST, CHANGES)
        colour = _BANK_HEAD if name in BANK else _HEAD if ours else _OWN_HEAD
        cell.fill = PatternFill("solid", start_color=colour, end_color=colour)
        cell.font = Font(bold=True)
        cell.alignment = _wrapped()


def _rows(sheet: Any, columns: Sequence[str], rows: Iterable[tuple[Mapping[str, str], Mapping[str, Entry]]]) -> None:
    """The cells of the program and of people, row by row below the head."""
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    wrapped = _wrapped()
    coloured = PatternFill("solid", start_color=_BANK_CELL, end_color=_BANK_CELL)
    for number, (ours, filled) in enumerate(rows, start=2):
        for at, name in enumerate(columns, start=1):
            entry = filled.get(name, Entry())
            cell = sheet.cell(row=number, column=at)
            _put(cell, entry.value if entry.value is not None else ours.get(name, ""))
            cell.alignment = wrapped
            if entry.note:
                cell.comment = Comment(harmless(entry.note), "")
            if name in BANK:
                cell.fill = coloured


def _cells(sheet: Any, values: Sequence[Scalar]) -> None:
    number = sheet.max_row + (1 if sheet.max_row > 1 or sheet.cell(row=1, column=1).value is not None else 0)
    if not values:
        sheet.cell(row=number, column=1).value = " "
    for at, value in enumerate(values, start=1):
        _put(sheet.cell(row=number, column=at), value)


def _put(cell: Any, value: Scalar) -> None:
    """Writes a value that no program takes for a formula."""
    if not isinstance(value, str):
        cell.value = value
        if isinstance(value, date):
            cell.number_format = "yyyy-mm-dd" if type(value) is date else cell.number_format
        return
    if value:
        cell.value = harmless(value)
        cell.data_type = "s"


def _finish(sheet: Any, columns: Sequence[str]) -> None:
    from openpyxl.utils import get_column_letter

    for at, name in enumerate(columns, start=1):
        width = _BANK_WIDTH if name in BANK else _WIDTHS.get(name, _WIDTH)
        sheet.column_dimensions[get_column_letter(at)].width = width
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{max(sheet.max_row, 1)}"


def _wrapped() -> Any:
    from openpyxl.styles import Alignment

    return Alignment(vertical="top", wrap_text=True)
