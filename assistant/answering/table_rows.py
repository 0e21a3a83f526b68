"""Of a table, the rows that a question names: 小微企业的抵押贷额度 is one row of five."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from assistant.answering.select import Selection
from assistant.answering.sentence_reading import Pick
from assistant.question.reading import Reading
from assistant.question.understanding import Kind
from assistant.schema.chunk import Chunk
from assistant.text.folding import fold

_ROW = re.compile(r"(.*表\d+) 第\d+行")
_CELL = re.compile(r"[\u3000\t|]+")
_UNIT = re.compile(r"[（(][^（()）]*[）)]$")  # 额度（万元）
_ALL_PLACES = frozenset({Kind.LIST, Kind.MENTIONS, Kind.PROHIBITIONS})
_FEWEST = 2  # characters of a cell that names something

Table = tuple[str, str]  # the document and the address of a table


def with_rows_named(reading: Reading, selection: Selection, everything: Sequence[Chunk]) -> Selection:
    """`selection` with those rows alone of each table in it that hold most of what the question names.

    A row that names more of it takes the place of rows that were found. Where every row found is as near as any
    other, or all places are asked for, nothing changes.

    Args:
        everything: all sentences that the question may rest on, in the order of the corpus.
    """
    best = selection.best
    if best is None or selection.exhaustive or reading.asked.kind in _ALL_PLACES:
        return selection
    tables = _tables(everything)
    asked = fold(reading.query.search or reading.standalone)
    if row := _unread(selection, tables, asked=asked, text=fold(reading.text)):
        return replace(selection, picks=(row,), best=row)
    picks: dict[str, Pick] = {}
    for table, found in _by_table(selection.picks):
        kept = _named(found, tables[table], asked) if table else found
        picks.update({pick.chunk.id: pick for pick in kept})
        if table == _table_of(best.chunk) and table and best.chunk.id not in picks:
            best = kept[0]
    return replace(selection, picks=tuple(picks.values()), best=best)


def _by_table(picks: Sequence[Pick]) -> Iterator[tuple[Table | None, list[Pick]]]:
    """Each table with all its rows among `picks`, where the first of them stands; other sentences one by one."""
    seen: set[Table] = set()
    for pick in picks:
        table = _table_of(pick.chunk)
        if table is None:
            yield None, [pick]
        elif table not in seen:
            seen.add(table)
            yield table, [other for other in picks if _table_of(other.chunk) == table]


def _unread(selection: Selection, tables: Mapping[Table, Sequence[Chunk]], *, asked: str, text: str) -> Pick | None:
    """The one row whose name and whose column the question gives, when no chosen sentence speaks of that name.

    充电桩的期限 is the row 充电桩 of a table with a column 期限, and no article on other loans.
    """
    said = fold(" ".join(pick.chunk.lead + pick.chunk.plain for pick in selection.picks))
    found = [
        row
        for head, *rows in tables.values()
        if any(cell in text for cell in _names(head))
        for row in rows
        if any(cell in asked and cell not in said for cell in _names(row)[:1])
    ]
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


def _tables(everything: Iterable[Chunk]) -> dict[Table, list[Chunk]]:
    """The rows of every table, the head first."""
    tables: dict[Table, list[Chunk]] = {}
    for chunk in everything:
        if table := _table_of(chunk):
            tables.setdefault(table, []).append(chunk)
    return tables


def _table_of(chunk: Chunk) -> Table | None:
    """The document and the address of the table that `chunk` is a row of."""
    match = _ROW.fullmatch(chunk.address) if chunk.address.endswith("行") else None
    return (chunk.document_id, match[1]) if match else None
