"""Records of the chain by who, what, when, and by what stands in them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, select

from assistant.access.audit import ANSWERED, Entry
from assistant.records.store import Store
from assistant.records.tables import audit

_BATCH = 500
_READING = ("audit.read", "audit.exported")  # these name what was asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Which records are wanted; what is `None` or empty chooses nothing out."""

    subjects: tuple[str, ...] | None = None  # any of these; an empty one finds nothing
    kind: str | None = None
    since: int | None = None  # milliseconds since 1970
    until: int | None = None  # no longer wanted
    document: str | None = None  # named in the record, or a clause of it
    outcome: str | None = None  # of an answer

    @property
    def by_facts(self) -> bool:
        """Whether what stands in a record decides: then one that may not be read may not be found either."""
        return self.document is not None or self.outcome is not None


def newest(store: Store, sought: Sought, *, before: int | None) -> Iterator[Entry]:
    """The records in front of `before`, newest first, read in batches."""
    while True:
        wanted = select(audit).where(*_conditions(sought)).order_by(audit.c.seq.desc()).limit(_BATCH)
        if before is not None:
            wanted = wanted.where(audit.c.seq < before)
        with store.read() as connection:
            rows = connection.execute(wanted).mappings().all()
        yield from (Entry(**row) for row in rows)
        if len(rows) < _BATCH:
            return
        before = rows[-1]["seq"]


def oldest(store: Store, sought: Sought) -> Iterator[Entry]:
    """The same, oldest first."""
    after = 0
    while True:
        wanted = select(audit).where(*_conditions(sought), audit.c.seq > after).order_by(audit.c.seq).limit(_BATCH)
        with store.read() as connection:
            rows = connection.execute(wanted).mappings().all()
        yield from (Entry(**row) for row in rows)
        if len(rows) < _BATCH:
            return
        after = rows[-1]["seq"]


def kinds(store: Store) -> tuple[str, ...]:
    """Every kind of which there is a record."""
    with store.read() as connection:
        return tuple(sorted(connection.execute(select(audit.c.kind).distinct()).scalars()))


def _conditions(sought: Sought) -> Iterator[ColumnElement[bool]]:
    if sought.subjects is not None:
        yield audit.c.subject.in_(sought.subjects)
    if sought.kind is not None:
        yield audit.c.kind == sought.kind
    if sought.since is not None:
        yield audit.c.at >= sought.since
    if sought.until is not None:
        yield audit.c.at < sought.until
    if sought.outcome is not None:
        yield audit.c.kind == ANSWERED
        yield audit.c.body.contains(f'"outcome":{json.dumps(sought.outcome)}', autoescape=True)
    if sought.document is not None:
        yield audit.c.kind.not_in(_READING)
        name = json.dumps(sought.document, ensure_ascii=False)[1:-1]  # as it stands in a body
        yield or_(*(audit.c.body.contains(f'"{name}{end}', autoescape=True) for end in ('"', "#")))
