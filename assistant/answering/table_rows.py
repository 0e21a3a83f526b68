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
_FEWEST = 2  # characters of a cell that names something


def with_rows_named(reading: Reading, selection: Selection, everything: Sequence[Chunk]) -> Selection:
    """`selection` with those rows alone of each table in it that hold most of what the question names.

    A row that names more of it takes the place of rows that were found. Where every row found is as near as any
    other, or all places are asked for, nothing changes.

    Args:
        everything: all sentences that the question may rest on, in the order of the corpus.
    """
    if selection.exhaustive or reading.asked.kind in (Kind.LIST, Kind.MENTIONS, Kind.PROHIBITIONS):
        return selection
    asked = fold(reading.query.search or reading.standalone)
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
    if best is not None and _table_of(best.chunk) in tables and best.chunk.id not in picks:
        same = (p for p in picks.values() if _table_of(p.chunk) == _table_of(best.chunk))
        best = next(same, best)
    return replace(selection, picks=tuple(picks.values()), best=best)


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
    """How many cells of a row stand in what is asked; figures name no row."""
    cells = {fold(cell.strip()) for cell in _CELL.split(row.plain)}
    return sum(len(cell) >= _FEWEST and not cell[0].isdigit() and cell in asked for cell in cells)


def _rows(everything: Iterable[Chunk], table: tuple[str, str]) -> list[Chunk]:
    return [chunk for chunk in everything if _table_of(chunk) == table]


def _table_of(chunk: Chunk) -> tuple[str, str] | None:
    """The document and the address of the table that `chunk` is a row of."""
    match = _ROW.fullmatch(chunk.address)
    return (chunk.document_id, match[1]) if match else None
