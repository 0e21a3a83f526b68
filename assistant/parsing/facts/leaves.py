"""The leaves of a text that speak of the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.parsing.tree.nodes import PAGE_NOTE
from assistant.schema.document import Clause, Level

_NOT_BODY = frozenset({Level.TITLE, Level.NOTE, Level.SIGNATURE, Level.RECIPIENT, Level.LABEL, Level.TABLE_ROW})
GAP = r"[ \t\u3000\u2002\u00a0]{0,3}"  # between the parts of a 文号 or a day
MAX_HEAD, MAX_NOTES = 2000, 20  # code points of a head line, notes: what a head may hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaves:
    """Title, notes, signatures and body of the main text; attachments speak of themselves."""

    text: str
    title: Clause | None
    issued: Clause | None  # what a cover notice issues
    notes: tuple[Clause, ...]
    signatures: tuple[Clause, ...]
    body: tuple[Clause, ...]
    asked: bool  # whether it has 问 and 答


def leaves_of(clauses: Sequence[Clause], text: str) -> Leaves:
    """The leaves of a tree that speak of its text."""
    issued = _first(clauses, Level.ISSUED)
    main = [c for c in clauses if c.level is not Level.ATTACHMENT]
    heads = [*main, *(issued.children if issued is not None else ())]
    return Leaves(
        text=text,
        title=_first(clauses, Level.TITLE),
        issued=issued,
        notes=tuple(c for c in heads if c.level is Level.NOTE and not c.address.startswith(PAGE_NOTE)),
        signatures=tuple(c for c in main if c.level is Level.SIGNATURE),
        body=tuple(leaf for root in main for leaf in root.leaves() if leaf.level not in _NOT_BODY),
        asked=any(c.level is Level.QUESTION for root in clauses for c in root.walk()),
    )


def _first(clauses: Sequence[Clause], level: Level) -> Clause | None:
    return next((c for c in clauses if c.level is level), None)
