"""What was published together; and the talks that were exported, which another publication may touch."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select, update

from assistant.records.store import Store
from assistant.records.tables import publications, talks_exported

_PAGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One publication. `at` is in milliseconds since 1970; `summary` says which changes it was made of and what it did.

    `id` is given by whoever publishes, so that one that was broken off is noted once.
    """

    id: str
    generation: str
    before: str | None
    at: int
    by: str  # the id of a principal
    reason: str  # why it was let out although the gate was shut; empty otherwise
    summary: Mapping[str, Any]


class PublicationBook:
    """The publications of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(
        self, publication_id: str, *, generation: str, before: str | None, by: str, reason: str, summary: Any
    ) -> bool:
        """Note one; whether it was not noted before."""
        with self._store.write() as connection:
            there = select(publications.c.id).where(publications.c.id == publication_id)
            if connection.execute(there).first() is not None:
                return False
            values = {"generation": generation, "before": before, "by": by, "reason": reason, "summary": summary}
            connection.execute(publications.insert().values(id=publication_id, at=self._store.clock(), **values))
        return True

    def get(self, publication_id: str) -> Publication | None:
        """The one of that id."""
        with self._store.read() as connection:
            wanted = select(publications).where(publications.c.id == publication_id)
            row = connection.execute(wanted).mappings().one_or_none()
        return Publication(**row) if row else None

    def listed(self, *, limit: int = 50) -> tuple[Publication, ...]:
        """The newest first."""
        wanted = select(publications).order_by(publications.c.at.desc(), publications.c.id.desc()).limit(limit)
        with self._store.read() as connection:
            return tuple(Publication(**row) for row in connection.execute(wanted).mappings())


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedTalk:
    """A talk that was exported; `register` is JSON, its words masked."""

    id: str
    owner: str
    at: int
    register: str


class ExportedTalks:
    """The exported talks of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def keep(self, owner: str, register: str) -> str:
        """Keep what was exported, once for each owner however often and in however many kinds of files; its id."""
        name = hashlib.sha256(f"{owner}\n{register}".encode()).hexdigest()[:32]
        at = self._store.clock()
        with self._store.write() as connection:
            again = update(talks_exported).where(talks_exported.c.id == name).values(at=at)
            if not connection.execute(again).rowcount:
                connection.execute(talks_exported.insert().values(id=name, owner=owner, at=at, register=register))
        return name

    def walked(self) -> Iterator[ExportedTalk]:
        """All of them."""
        after = ""
        while True:
            wanted = select(talks_exported).where(talks_exported.c.id > after).order_by(talks_exported.c.id)
            with self._store.read() as connection:
                rows = connection.execute(wanted.limit(_PAGE)).mappings().all()
            yield from (ExportedTalk(**row) for row in rows)
            if len(rows) < _PAGE:
                return
            after = rows[-1]["id"]

    def purge(self, before: int) -> int:
        """Take away what was exported before; how many."""
        with self._store.write() as connection:
            return connection.execute(delete(talks_exported).where(talks_exported.c.at < before)).rowcount
