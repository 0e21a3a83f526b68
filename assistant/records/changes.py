"""Changes to the library that somebody prepares and somebody else lets out.

    open ─submit→ waiting ─approve→ approved ─publish→ published
      ↑             │ return          │ return
      └─ returned ←─┴─────────────────┘          whoever prepared it may drop it until it is published

Every step says from which state it leads, and does nothing where somebody else was faster.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, select, update

from assistant.errors import InputError, NotFoundError
from assistant.records.store import Store
from assistant.records.tables import changes

_GONE = "没有这项变更，请从清单里打开。"
_ELSEWHERE = "这项变更的状态已经变了，请刷新后再试。"


class ChangeKind(StrEnum):
    """What becomes of the library."""

    ADD = "add"  # a file comes in
    REMOVE = "remove"  # a document goes
    RESTATE = "restate"  # what is known of a document becomes another


class ChangeState(StrEnum):
    """How far a change is."""

    OPEN = "open"
    WAITING = "waiting"
    RETURNED = "returned"
    APPROVED = "approved"
    PUBLISHED = "published"
    DROPPED = "dropped"


EDITABLE = frozenset({ChangeState.OPEN, ChangeState.RETURNED})
ENDED = frozenset({ChangeState.PUBLISHED, ChangeState.DROPPED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change. Times are milliseconds since 1970.

    `name` and `sha256` are of the file that comes in; `document_id` is of the document that goes or is restated, and
    of one that came in once it is published. `facts` are what people state of it (the fields of
    `corpus.outcomes.Given`, days as YYYY-MM-DD), `corrections` the overlay over its tree; `report` is what reading it
    gave.
    """

    id: str
    kind: ChangeKind
    state: ChangeState
    name: str | None
    sha256: str | None
    document_id: str | None
    facts: Mapping[str, Any]
    corrections: tuple[Mapping[str, Any], ...]
    report: Mapping[str, Any]
    note: str  # of whoever prepared it
    created_by: str  # the id of a principal
    created_at: int
    changed_at: int
    decided_by: str | None
    decided_at: int | None
    decision: str  # the words of whoever approved or returned it
    generation: str | None  # that it was published in


class ChangeBook:
    """The changes of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def put(
        self,
        kind: ChangeKind,
        *,
        by: str,
        name: str | None = None,
        sha256: str | None = None,
        document_id: str | None = None,
        facts: Mapping[str, Any] | None = None,
        report: Mapping[str, Any] | None = None,
        note: str = "",
    ) -> Change:
        """A new change, open."""
        at = self._store.clock()
        made: dict[str, Any] = {
            "id": uuid.uuid4().hex,
            "kind": kind.value,
            "state": ChangeState.OPEN.value,
            "name": name,
            "sha256": sha256,
            "document_id": document_id,
            "facts": dict(facts or {}),
            "corrections": [],
            "report": dict(report or {}),
            "note": note,
            "created_by": by,
            "created_at": at,
            "changed_at": at,
            "decision": "",
        }
        with self._store.write() as connection:
            connection.execute(changes.insert().values(**made))
        return self.get(made["id"])

    def get(self, change_id: str) -> Change:
        """One of them.

        Raises:
            NotFoundError: there is none of that id.
        """
        with self._store.read() as connection:
            row = connection.execute(select(changes).where(changes.c.id == change_id)).one_or_none()
        if row is None:
            raise NotFoundError(_GONE)
        return _change(row)

    def listed(self, *, states: Iterable[ChangeState] = (), limit: int = 500) -> tuple[Change, ...]:
        """Those in one of these states, or all; what was touched last first."""
        wanted = select(changes).order_by(changes.c.changed_at.desc(), changes.c.id).limit(limit)
        if names := [state.value for state in states]:
            wanted = wanted.where(changes.c.state.in_(names))
        with self._store.read() as connection:
            return tuple(map(_change, connection.execute(wanted)))

    def authors_of(self, sha256: str) -> frozenset[str]:
        """Who prepared the changes by which a file of these bytes came in."""
        there = (changes.c.sha256 == sha256) & (changes.c.state == ChangeState.PUBLISHED.value)
        with self._store.read() as connection:
            return frozenset(connection.execute(select(changes.c.created_by).where(there)).scalars())

    def edit(self, change_id: str, **fields: Any) -> Change:
        """Other facts, corrections, report or note, while it is being prepared.

        Raises:
            NotFoundError: there is none of that id.
            InputError: it is not being prepared any more.
        """
        return self._to(change_id, EDITABLE, fields)

    def submit(self, change_id: str) -> Change:
        """Somebody else is to look at it. Raises as `edit`."""
        return self._to(change_id, EDITABLE, {"state": ChangeState.WAITING.value})

    def approve(self, change_id: str, *, by: str, words: str = "", seen: int | None = None) -> Change:
        """It may be published, if nobody has changed it since `seen`. Whether `by` may say so is for the caller to see.

        Raises as `edit`.
        """
        return self._decided(change_id, {ChangeState.WAITING}, ChangeState.APPROVED, by, words, seen)

    def send_back(self, change_id: str, *, by: str, words: str) -> Change:
        """It has to be prepared further. Raises as `edit`."""
        return self._decided(change_id, {ChangeState.WAITING, ChangeState.APPROVED}, ChangeState.RETURNED, by, words)

    def published(self, change_id: str, *, generation: str, document_id: str | None = None) -> Change:
        """It stands in a generation of the index. Raises as `edit`."""
        fields: dict[str, Any] = {"state": ChangeState.PUBLISHED.value, "generation": generation}
        if document_id is not None:
            fields["document_id"] = document_id
        return self._to(change_id, {ChangeState.APPROVED}, fields)

    def landed(self, change_id: str, *, generation: str, document_id: str | None = None) -> Change:
        """It stands in a generation of the index, whatever was said of it meanwhile: what the library holds is so."""
        fields: dict[str, Any] = {"state": ChangeState.PUBLISHED.value, "generation": generation}
        if document_id is not None:
            fields["document_id"] = document_id
        there = (changes.c.id == change_id) & (changes.c.state != ChangeState.PUBLISHED.value)
        with self._store.write() as connection:
            connection.execute(update(changes).where(there).values(changed_at=self._store.clock(), **fields))
        return self.get(change_id)

    def drop(self, change_id: str) -> Change:
        """It comes to nothing. Raises as `edit`."""
        return self._to(change_id, set(ChangeState) - ENDED, {"state": ChangeState.DROPPED.value})

    def _decided(
        self,
        change_id: str,
        out_of: Iterable[ChangeState],
        to: ChangeState,
        by: str,
        words: str,
        seen: int | None = None,
    ) -> Change:
        said = {"state": to.value, "decided_by": by, "decided_at": self._store.clock(), "decision": words}
        return self._to(change_id, out_of, said, seen)

    def _to(
        self, change_id: str, out_of: Iterable[ChangeState], fields: Mapping[str, Any], seen: int | None = None
    ) -> Change:
        there = (changes.c.id == change_id) & changes.c.state.in_([state.value for state in out_of])
        if seen is not None:
            there &= changes.c.changed_at == seen
        with self._store.write() as connection:
            done = connection.execute(update(changes).where(there).values(changed_at=self._store.clock(), **fields))
        found = self.get(change_id)
        if not done.rowcount:
            raise InputError(_ELSEWHERE)
        return found


def _change(row: Row[Any]) -> Change:
    named = dict(row._mapping)
    named["kind"], named["state"] = ChangeKind(row.kind), ChangeState(row.state)
    named["corrections"] = tuple(row.corrections)
    return Change(**named)
