"""Changes that one person asks for and another decides on; and who looks after which document."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, delete, select, update

from assistant.errors import InputError, NotAllowed, NotFoundError
from assistant.records.store import Store
from assistant.records.tables import amendments, document_care

_GONE = "没有这项改动，可能已被处理，请回到列表查看。"
_OWN = "自己提出的改动须由另一个人批准。"


class State(StrEnum):
    """How far a change has come."""

    WAITING = "waiting"
    APPLYING = "applying"
    ACTIVE = "active"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    FAILED = "failed"


OPEN = (State.WAITING, State.APPLYING, State.FAILED)  # somebody has still to see to it


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """One change. `before` and `after` are what it changes; `None` where there is nothing."""

    id: str
    kind: str
    subject: str
    author: str
    created_at: int
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    note: str
    state: State
    decided_by: str | None = None
    decided_at: int | None = None
    generation: str | None = None
    fault: str | None = None
    undoes: str | None = None

    @property
    def open(self) -> bool:
        return self.state in OPEN


class AmendmentBook:
    """The changes of one store. Nobody decides on a change of their own; of two who decide at once one is too late."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def propose(
        self,
        *,
        kind: str,
        subject: str,
        author: str,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any] | None,
        note: str = "",
        undoes: str | None = None,
    ) -> Amendment:
        """A change that waits.

        Raises:
            InputError: another one of the same subject is not decided yet.
        """
        same = (amendments.c.kind == kind) & (amendments.c.subject == subject) & amendments.c.state.in_(OPEN)
        with self._store.write() as connection:
            if connection.execute(select(amendments.c.id).where(same)).first() is not None:
                raise InputError("这一项已有改动在等待处理，请先处理完那一项。")
            made = {
                "id": uuid.uuid4().hex,
                "kind": kind,
                "subject": subject,
                "author": author,
                "created_at": self._store.clock(),
                "before": before,
                "after": after,
                "note": note,
                "state": State.WAITING.value,
                "undoes": undoes,
            }
            connection.execute(amendments.insert().values(**made))
            return _change(connection.execute(select(amendments).where(amendments.c.id == made["id"])).one())

    def get(self, change_id: str) -> Amendment:
        """The change of that id.

        Raises:
            NotFoundError: there is none.
        """
        with self._store.read() as connection:
            row = connection.execute(select(amendments).where(amendments.c.id == change_id)).one_or_none()
        if row is None:
            raise NotFoundError(_GONE)
        return _change(row)

    def listed(
        self, kinds: Iterable[str], *, subject: str | None = None, open_only: bool = False, limit: int = 200
    ) -> tuple[Amendment, ...]:
        """Changes of these kinds, the newest first."""
        wanted = select(amendments).where(amendments.c.kind.in_(list(kinds)))
        if subject is not None:
            wanted = wanted.where(amendments.c.subject == subject)
        if open_only:
            wanted = wanted.where(amendments.c.state.in_(OPEN))
        wanted = wanted.order_by(amendments.c.created_at.desc(), amendments.c.id.desc()).limit(limit)
        with self._store.read() as connection:
            return tuple(map(_change, connection.execute(wanted)))

    def claim(self, change_id: str, *, by: str) -> Amendment:
        """Let a second person carry a change out; from now on nobody else does.

        Raises:
            NotAllowed: it is their own.
            NotFoundError: there is none that waits.
        """
        return self._decide(change_id, by, State.APPLYING, of=OPEN, others=True)

    def reject(self, change_id: str, *, by: str) -> Amendment:
        """Let a second person refuse a change.

        Raises:
            NotAllowed: it is their own.
            NotFoundError: there is none that waits.
        """
        return self._decide(change_id, by, State.REJECTED, of=(State.WAITING, State.FAILED), others=True)

    def withdraw(self, change_id: str, *, by: str) -> Amendment:
        """Let whoever asked for a change take it back.

        Raises:
            NotAllowed: it is somebody else's.
            NotFoundError: there is none that waits.
        """
        return self._decide(change_id, by, State.WITHDRAWN, of=(State.WAITING, State.FAILED), others=False)

    def settle(self, change_id: str, *, generation: str | None = None, fault: str | None = None) -> None:
        """Write down how carrying a change out ended: it holds, or why it does not."""
        state = State.FAILED if fault else State.ACTIVE
        mine = (amendments.c.id == change_id) & (amendments.c.state == State.APPLYING)
        with self._store.write() as connection:
            connection.execute(update(amendments).where(mine).values(state=state, generation=generation, fault=fault))

    def _decide(self, change_id: str, by: str, state: State, *, of: Iterable[State], others: bool) -> Amendment:
        one = amendments.c.id == change_id
        with self._store.write() as connection:
            row = connection.execute(select(amendments).where(one).with_for_update()).one_or_none()
            if row is None or row.state not in of:
                raise NotFoundError(_GONE)
            if (row.author == by) is others:
                raise NotAllowed(_OWN if others else "只有提出的人可以撤回。")
            decided = {"state": state, "decided_by": by, "decided_at": self._store.clock(), "fault": None}
            connection.execute(update(amendments).where(one).values(**decided))
            return _change(connection.execute(select(amendments).where(one)).one())


@dataclass(frozen=True, slots=True, kw_only=True)
class Care:
    """Who looks after a document, and when it is to be looked at again."""

    document_id: str
    owner: str | None = None
    recheck_on: date | None = None
    changed_by: str = ""
    changed_at: int = 0


class CareBook:
    """The care of every document of one store; what nobody has said of one is empty."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def all(self) -> dict[str, Care]:
        """By document id."""
        with self._store.read() as connection:
            found = map(_care, connection.execute(select(document_care)))
            return {care.document_id: care for care in found}

    def put(self, document_id: str, *, owner: str | None, recheck_on: date | None, by: str) -> Care:
        """Say who looks after a document, and when again."""
        mine = document_care.c.document_id == document_id
        said = {"owner": owner, "recheck_on": recheck_on.isoformat() if recheck_on else None, "changed_by": by}
        with self._store.write() as connection:
            connection.execute(delete(document_care).where(mine))
            connection.execute(
                document_care.insert().values(document_id=document_id, changed_at=self._store.clock(), **said)
            )
            return _care(connection.execute(select(document_care).where(mine)).one())


def _change(row: Row[Any]) -> Amendment:
    return Amendment(**{**row._mapping, "state": State(row.state)})


def _care(row: Row[Any]) -> Care:
    recheck = date.fromisoformat(row.recheck_on) if row.recheck_on else None
    return Care(**{**row._mapping, "recheck_on": recheck})
