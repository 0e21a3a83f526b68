"""Of a table, the rows that a question names: 小微企业的抵押贷额度 is one row of five."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from assistant.answering.select import Pick, Selection
from assistant.question.reading import Reading
from assistant.question.understanding import Kind
from assistant.schema.chunk import Chunk
from assistant.text.folding import fold

_ROW = re.compile(r"(.*表\d+) 第\d+行")
_CELL = re.compile(r"[\u3000\t|]+")
_UNIT = re.compile(r"[（(][^（()）]*[）)]$")  # 额度（万元）
_FEWEST = 2  # characters of a cell that names something


def with_rows_named(reading: Reading, selection: Selection, everything: Sequence[Chunk]) -> Selection:
    """`selection` with those rows alone of each table in it that hold most of what the question names.

    A row that names more of it takes the place of rows that were found. Where every row found is as near as any
    other, or all places are asked for, nothing changes.

    Args:
        everything: all sentences that the question may rest on, in the order of the corpus.
    """
    if (
        selection.best is None
        or selection.exhaustive
        or reading.asked.kind in (Kind.LIST, Kind.MENTIONS, Kind.PROHIBITIONS)
    ):
        return selection
    asked = fold(reading.query.search or reading.standalone)
    if row := _unread(reading, selection, everything, asked):
        return replace(selection, picks=(row,), best=row)
    picks: dict[str, Pick] = {}
    tables: set[tuple[str, str]] = set()
    for pick in selection.picks:
        table = _table_of(pick.chunk)
        if table is None:
            picks.setdefault(pick.chunk.id, pick)
        elif table not in tables:
            tables.add(table)
            found = [p for p in selection.picks if _table_of(p.chunk) == table]
            picks.update({p.chunk.id: p for p in _named(found, _rows(everything, table), asked)})
    best = selection.best
    if _table_of(best.chunk) in tables and best.chunk.id not in picks:
        same = (p for p in picks.values() if _table_of(p.chunk) == _table_of(best.chunk))
        best = next(same, best)
    return replace(selection, picks=tuple(picks.values()), best=best)


def _unread(reading: Reading, selection: Selection, everything: Sequence[Chunk], asked: str) -> Pick | None:
    """The one row whose name and whose column the question gives, when no chosen sentence speaks of that name.

    充电桩的期限 is the row 充电桩 of a table with a column 期限, and no article on other loans.
    """
    said = fold(" ".join(pick.chunk.lead + pick.chunk.plain for pick in selection.picks))
    found = []
    for table in dict.fromkeys(table for chunk in everything if (table := _table_of(chunk))):
        head, *rows = _rows(everything, table)
        if not any(cell in fold(reading.text) for cell in _names(head)):
            continue
        found += [row for row in rows if any(cell in asked and cell not in said for cell in _names(row)[:1])]
    best = selection.best
    return Pick(chunk=found[0], score=best.score) if best is not None and len(found) == 1 else None


def _names(row: Chunk) -> list[str]:
    """The cells of a row that name something; figures name nothing, and a unit in brackets is no part of a name."""
    cells = (fold(_UNIT.sub("", cell.strip())) for cell in _CELL.split(row.plain))
    return [cell for cell in cells if len(cell) >= _FEWEST and not cell[0].isdigit()]


def _named(found: Sequence[Pick], rows: Sequence[Chunk], asked: str) -> list[Pick]:
    """The rows that name most of what is asked, when they are fewer than all; else those found."""
    held = {row.id: _cells_in(row, asked) for row in rows}
    most = max(held.values(), default=0)
    nearest = [row for row in rows if held[row.id] == most]
    if not most or len(nearest) == len(rows):
        return list(found)
    kept = [pick for pick in found if held.get(pick.chunk.id) == most]
    if kept:
        return kept
    return [Pick(chunk=row, score=found[0].score) for row in nearest]


def _cells_in(row: Chunk, asked: str) -> int:
    """How many cells of a row stand in what is asked."""
    return sum(cell in asked for cell in set(_names(row)))


def _rows(everything: Iterable[Chunk], table: tuple[str, str]) -> list[Chunk]:
    return [chunk for chunk in everything if _table_of(chunk) == table]


def _table_of(chunk: Chunk) -> tuple[str, str] | None:
    """The document and the address of the table that `chunk` is a row of."""
    match = _ROW.fullmatch(chunk.address)
    return (chunk.document_id, match[1]) if match else None
