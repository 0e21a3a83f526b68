"""Questions proposed for the gold set, and what a second person said of them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, select, update

from assistant.errors import RecordsError
from assistant.records.store import Store
from assistant.records.tables import gold_candidates

Address = tuple[str, str]  # document and address in it
_MOST = 1000


class CandidateState(StrEnum):
    """Where a candidate stands."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"  # it was accepted, and is in the gold set no longer


class CandidateMoved(RecordsError):
    """Somebody else decided on a candidate in the meantime."""

    code = "conflict"

    def __init__(self) -> None:
        super().__init__("这道题刚才已经有人处理，请重新打开这一页。")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A question with what a right answer rests on. Question, note and remark are masked."""

    id: str
    question: str
    addresses: tuple[Address, ...]
    outcome: str  # a value of `Outcome`
    note: str | None
    gap_id: str | None  # what it closes once it is accepted
    feedback_id: str | None
    author: str  # id of a principal
    created_at: int
    state: CandidateState
    reviewer: str | None = None
    reviewed_at: int | None = None
    remark: str | None = None


class CandidateBook:
    """The candidates of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(
        self,
        *,
        question: str,
        addresses: Collection[Address],
        outcome: str,
        note: str | None,
        gap_id: str | None,
        feedback_id: str | None,
        author: str,
    ) -> Candidate:
        """Keep a candidate, which waits for a second person."""
        made = {
            "id": uuid.uuid4().hex,
            "question": question,
            "addresses": [list(pair) for pair in addresses],
            "outcome": outcome,
            "note": note,
            "gap_id": gap_id,
            "feedback_id": feedback_id,
            "author": author,
            "created_at": self._store.clock(),
            "state": CandidateState.WAITING.value,
        }
        with self._store.write() as connection:
            connection.execute(gold_candidates.insert().values(**made))
            return _candidate(connection.execute(_of(str(made["id"]))).one())

    def get(self, candidate_id: str) -> Candidate | None:
        """The candidate of that id."""
        with self._store.read() as connection:
            row = connection.execute(_of(candidate_id)).one_or_none()
        return _candidate(row) if row else None

    def listed(self, state: CandidateState) -> tuple[Candidate, ...]:
        """Those in a state, the newest first, at most 1000."""
        table = gold_candidates
        wanted = select(table).where(table.c.state == state.value)
        wanted = wanted.order_by(table.c.created_at.desc(), table.c.id.desc()).limit(_MOST)
        with self._store.read() as connection:
            return tuple(map(_candidate, connection.execute(wanted)))

    def decide(
        self,
        candidate_id: str,
        *,
        held: CandidateState,
        state: CandidateState,
        reviewer: str,
        remark: str | None,
        then: Callable[[Connection, Candidate], None],
    ) -> Candidate:
        """Bring a candidate from one state into another; what `then` raises undoes it.

        Raises:
            CandidateMoved: it is not in the state `held`.
        """
        table = gold_candidates
        same = (table.c.id == candidate_id) & (table.c.state == held.value)
        with self._store.write() as connection:
            said = {"state": state.value, "reviewer": reviewer, "reviewed_at": self._store.clock(), "remark": remark}
            if not connection.execute(update(table).where(same).values(**said)).rowcount:
                raise CandidateMoved
            found = _candidate(connection.execute(_of(candidate_id)).one())
            then(connection, found)
            return found


def _of(candidate_id: str) -> Any:
    return select(gold_candidates).where(gold_candidates.c.id == candidate_id)


def _candidate(row: Row[Any]) -> Candidate:
    return Candidate(
        id=row.id,
        question=row.question,
        addresses=tuple((str(document), str(address)) for document, address in row.addresses),
        outcome=row.outcome,
        note=row.note,
        gap_id=row.gap_id,
        feedback_id=row.feedback_id,
        author=row.author,
        created_at=row.created_at,
        state=CandidateState(row.state),
        reviewer=row.reviewer,
        reviewed_at=row.reviewed_at,
        remark=row.remark,
    )
