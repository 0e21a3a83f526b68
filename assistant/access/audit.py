"""The chain of what was done: every record carries the hash of the one before.

    hash = SHA-256(prev "\\n" body)        body = the record as JSON, `seq` in it, byte for byte as it is kept

A record that was changed, left out, slipped in or moved no longer fits. A bare chain cannot tell that its end is
missing, nor that all of it was written anew: for that, hashes are kept elsewhere (`assistant audit checkpoint`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, delete, select, text

from assistant.records.store import Store
from assistant.records.tables import audit

GENESIS = "0" * 64  # what the first record follows
PURGED, GAP, ANSWERED = "audit.purged", "audit.gap", "answer"
_LOCK = 7_465_321  # of PostgreSQL; one writer at a time, as SQLite has it anyway
_BATCH = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What was done, before it has a place in the chain."""

    kind: str  # `answer`, `key.created`, …
    subject: str  # who did it
    at: int  # milliseconds since 1970
    facts: Mapping[str, Any] = field(default_factory=dict)  # JSON; nothing personal, no secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A record in its place."""

    seq: int  # from 1, without gaps
    at: int
    kind: str
    subject: str
    body: str
    prev: str
    hash: str

    @property
    def facts(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = json.loads(self.body)["facts"]
        return found


def hash_of(prev: str, body: str) -> str:
    """What a record of that body is known by, after a record known by `prev`."""
    return hashlib.sha256(f"{prev}\n{body}".encode("utf-8", "surrogatepass")).hexdigest()


class Chain:
    """The records of one store."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def append(self, drafts: Sequence[Draft]) -> tuple[Entry, ...]:
        """Put records at the end, all of them or none.

        Raises:
            RecordsError: they cannot be written.
        """
        with self.store.write() as connection:
            return self.add(connection, drafts)

    def add(self, connection: Connection, drafts: Sequence[Draft]) -> tuple[Entry, ...]:
        """The same within a transaction that is open already."""
        if not self.store.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _LOCK})
        newest = select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)
        last = connection.execute(newest).one_or_none()
        seq, prev = (last.seq, last.hash) if last else (0, GENESIS)
        made = []
        for draft in drafts:
            seq += 1
            body = _body(seq, draft)
            entry = Entry(
                seq=seq,
                at=draft.at,
                kind=draft.kind,
                subject=draft.subject,
                body=body,
                prev=prev,
                hash=hash_of(prev, body),
            )
            made.append(entry)
            prev = entry.hash
        if made:
            connection.execute(audit.insert(), list(map(_row, made)))
        return tuple(made)

    def entries(self, *, after: int = 0) -> Iterator[Entry]:
        """Every record behind `after`, in order, read in batches."""
        while True:
            wanted = select(audit).where(audit.c.seq > after).order_by(audit.c.seq).limit(_BATCH)
            with self.store.read() as connection:
                rows = connection.execute(wanted).mappings().all()
            yield from (Entry(**row) for row in rows)
            if len(rows) < _BATCH:
                return
            after = rows[-1]["seq"]

    def newest(self, *, before: int | None, kind: str | None, subject: str | None, limit: int) -> tuple[Entry, ...]:
        """The records in front of `before`, of one kind and by one who did it where these are given; newest first."""
        chosen = {audit.c.kind: kind, audit.c.subject: subject}
        wanted = select(audit).where(*(column == value for column, value in chosen.items() if value is not None))
        if before is not None:
            wanted = wanted.where(audit.c.seq < before)
        with self.store.read() as connection:
            rows = connection.execute(wanted.order_by(audit.c.seq.desc()).limit(limit)).mappings().all()
        return tuple(Entry(**row) for row in rows)

    def entry(self, seq: int) -> Entry | None:
        """The record of that number."""
        with self.store.read() as connection:
            row = connection.execute(select(audit).where(audit.c.seq == seq)).mappings().one_or_none()
        return Entry(**row) if row else None

    def purge(self, before: int, *, by: str) -> int:
        """Take away the records older than `before`; what remains says so and where it begins.

        Returns:
            How many were taken away.
        """
        with self.store.write() as connection:
            kept = select(audit.c.seq).where(audit.c.at >= before).order_by(audit.c.seq).limit(1)
            first_kept = connection.execute(kept).scalar_one_or_none()
            old = select(audit).order_by(audit.c.seq.desc()).limit(1)
            if first_kept is not None:
                old = old.where(audit.c.seq < first_kept)
            last = connection.execute(old).mappings().one_or_none()
            if last is None:
                return 0
            facts = {"through": last["seq"], "hash": last["hash"], "before": before}
            self.add(connection, [Draft(kind=PURGED, subject=by, at=self.store.clock(), facts=facts)])
            return connection.execute(delete(audit).where(audit.c.seq <= last["seq"])).rowcount


def _body(seq: int, draft: Draft) -> str:
    said = {"seq": seq, "at": draft.at, "kind": draft.kind, "subject": draft.subject, "facts": draft.facts}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _row(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in ("seq", "at", "kind", "subject", "body", "prev", "hash")}
