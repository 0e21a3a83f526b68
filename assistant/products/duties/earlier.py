"""An earlier export, as people gave it back: what they filled in, by id, wherever they moved it."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import ParseError

from assistant.errors import InputError
from assistant.parsing.formats.model import Findings, Rejected
from assistant.parsing.formats.zipgate import EXCEL, read_parts
from assistant.products.duties.columns import BANK, ID, OURS, Entry, as_typed

LIST, CHANGES, COUNTS, NOTES = "清单", "变更", "汇总", "说明"
FOUND_ON, CHANGE, NEW_ID, OLD_WORDS, NEW_WORDS = "发现日期", "变化", "新编号", "原来的文字", "现在的文字"
CHANGE_COLUMNS = (FOUND_ON, CHANGE, ID, NEW_ID, "文件", "条款", "主体", OLD_WORDS, NEW_WORDS)
_MOST_ROWS = 200_000
_MOST_BYTES = 60_000_000
_ADVICE = "请用程序导出的清单（.xlsx），不要改动表头和“编号”一列"


@dataclass(frozen=True, slots=True)
class EarlierRow:
    """One row that stood in the earlier export."""

    id: str
    ours: Mapping[str, str]
    filled: Mapping[str, Entry]  # columns of the bank and those that people added

    @property
    def empty(self) -> bool:
        return all(entry.blank for entry in self.filled.values())


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier export. `own_columns`: those that people added, in their order."""

    rows: tuple[EarlierRow, ...] = ()
    without_id: tuple[EarlierRow, ...] = ()  # rows that people added
    waiting: tuple[EarlierRow, ...] = ()  # of the sheet 变更: what was filled in for rows that are gone
    own_columns: tuple[str, ...] = ()
    workbook: Any = None  # openpyxl's, with the sheets that people added


NOTHING = Earlier()


def read_earlier(raw: bytes) -> Earlier:
    """The earlier export in a file.

    Raises:
        InputError: it is none, or may not be opened.
    """
    workbook = _open(raw)
    if LIST not in workbook.sheetnames:
        raise InputError(f"这不是导出的责任清单：没有“{LIST}”工作表。{_ADVICE}。")
    columns, lines = _sheet(workbook[LIST])
    if ID not in columns:
        raise InputError(f"“{LIST}”工作表的第一行没有“{ID}”一列，无法与新清单对应。{_ADVICE}。")
    own = _added(columns, (*OURS, *BANK))
    rows = [_row(line, own) for line in lines]
    beside, waiting = _waiting_in(workbook)
    return Earlier(
        rows=tuple(row for row in rows if row.id),
        without_id=tuple(row for row in rows if not row.id and not _is_blank(row)),
        waiting=waiting,
        own_columns=(*own, *_added(beside, (*OURS, *own))),
        workbook=workbook,
    )


def _added(columns: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """The columns that are not known: people added them."""
    return tuple(name for name in columns if name not in known)


def _waiting_in(workbook: Any) -> tuple[tuple[str, ...], tuple[EarlierRow, ...]]:
    """What people added to the sheet 变更, and its lines that hold entries."""
    if CHANGES not in workbook.sheetnames:
        return (), ()
    columns, lines = _sheet(workbook[CHANGES])
    beside = _added(columns, (*CHANGE_COLUMNS, *BANK))
    found = [_waiting(line, beside) for line in lines]
    return beside, tuple(row for row in found if row.id and not row.empty)


def _open(raw: bytes) -> Any:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    if len(raw) > _MOST_BYTES:
        raise InputError(f"上一次的清单超过 {_MOST_BYTES // 1_000_000} MB，请删去无关的工作表后再试。")
    try:
        read_parts(raw, Findings(), EXCEL)  # size, names and kind are judged before anything is unpacked
        return load_workbook(BytesIO(raw), keep_links=False)
    except Rejected as exc:
        raise InputError(f"上一次的清单无法打开：{exc.message}。") from exc
    except (InvalidFileException, zipfile.BadZipFile, ParseError, KeyError, ValueError, TypeError, OSError) as exc:
        raise InputError(f"上一次的清单无法读取，{_ADVICE}。") from exc


def _sheet(sheet: Any) -> tuple[Sequence[str], Sequence[Mapping[str, Entry]]]:
    """The columns of a sheet by its first row, and its rows; one with entries and no name is called by its letter."""
    if sheet.max_row > _MOST_ROWS:
        raise InputError(f"“{sheet.title}”工作表超过 {_MOST_ROWS} 行，请核对文件。")
    head = [_text(_entry(cell)) for cell in sheet[1]]
    if any(name and head.count(name) > 1 for name in head):
        raise InputError(f"“{sheet.title}”工作表有同名的列，请改名后再试，以免丢掉其中一列。")
    columns = [name or f"第 {cell.column_letter} 列" for name, cell in zip(head, sheet[1], strict=True)]
    lines = [line for row in sheet.iter_rows(min_row=2) if (line := _line(columns, row))]
    return [name for name in columns if name in head or _used(name, lines)], lines


def _used(name: str, lines: Sequence[Mapping[str, Entry]]) -> bool:
    return any(name in line and not line[name].blank for line in lines)


def _line(columns: Sequence[str], row: Sequence[Any]) -> dict[str, Entry]:
    """The entries of one row by column; empty when all of them are blank."""
    line = dict(zip(columns, map(_entry, row), strict=False))
    return {} if all(entry.blank for entry in line.values()) else line


def _entry(cell: Any) -> Entry:
    value = cell.value
    note = cell.comment.text if getattr(cell, "comment", None) is not None else ""
    if value is not None and not isinstance(value, (str, int, float, bool)) and not hasattr(value, "isoformat"):
        value = str(value)  # an array formula, a duration
    return Entry(as_typed(value) if isinstance(value, str) else value, note)


def _text(entry: Entry) -> str:
    return "" if entry.value is None else str(entry.value).strip()


def _row(line: Mapping[str, Entry], own: Sequence[str]) -> EarlierRow:
    return EarlierRow(
        id=_text(line[ID]),
        ours={name: _text(line[name]) for name in OURS if name in line},
        filled={name: line[name] for name in (*BANK, *own) if name in line and not line[name].blank},
    )


def _waiting(line: Mapping[str, Entry], beside: Sequence[str]) -> EarlierRow:
    return EarlierRow(
        id=_text(line.get(ID, Entry())),
        ours={name: _text(line[name]) for name in CHANGE_COLUMNS if name in line},
        filled={name: line[name] for name in (*BANK, *beside) if name in line and not line[name].blank},
    )


def _is_blank(row: EarlierRow) -> bool:
    return row.empty and not any(row.ours.values())
