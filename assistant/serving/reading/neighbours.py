"""The clauses before and behind one that is cited, to be read without leaving the answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from assistant.schema.document import UNIT_LEVELS, Clause, Document, Level
from assistant.serving.reading.document import find_clause
from assistant.serving.render.links import reading_path
from assistant.serving.render.words import plain_text

_LONGEST = 400  # characters; more is read in the document


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One clause beside another."""

    side: str  # 上一条, 下一条
    address: str
    words: str
    path: str


def neighbours_of(document: Document, address: str) -> tuple[Neighbour, ...]:
    """The clause before `address` and the one behind it, as far as there are any."""
    here = find_clause(document, address)
    if here is None or here.level is Level.TITLE:
        return ()
    units = list(_units(document))
    before = next((unit for unit in reversed(units) if unit.span.end <= here.span.start), None)
    behind = next((unit for unit in units if unit.span.start >= here.span.end), None)
    sides = (("上一条", before), ("下一条", behind))
    return tuple(_neighbour(side, unit, document) for side, unit in sides if unit is not None)


def _units(document: Document) -> Iterator[Clause]:
    """The smallest unit clauses, in the order of the text, its title left out."""
    for clause in document.addressable():
        if clause.level in UNIT_LEVELS and clause.level is not Level.TITLE:
            below = clause.walk()
            next(below)
            if not any(one.level in UNIT_LEVELS for one in below):
                yield clause


def _neighbour(side: str, clause: Clause, document: Document) -> Neighbour:
    words = plain_text(document, clause).lstrip("# ")
    shown = words if len(words) <= _LONGEST else f"{words[:_LONGEST]}……"
    return Neighbour(side, clause.address, shown, reading_path(document.id, clause.address))
