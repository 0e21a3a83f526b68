"""What people thought of answers."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, select, tuple_, update

from assistant.records.store import Store
from assistant.records.tables import feedback

Place = tuple[int, str]


class Reason(StrEnum):
    """Why an answer was found useful or not."""

    WRONG = "wrong"
    INCOMPLETE = "incomplete"
    OUTDATED = "outdated"
    WRONG_SOURCE = "wrong_source"
    NOT_ANSWERED = "not_answered"
    UNCLEAR = "unclear"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What one person thought of one answer. `comment` is masked."""

    id: str
    answer_id: str
    useful: bool
    reason: Reason | None
    comment: str | None
    created_at: int

    @property
    def place(self) -> Place:
        return self.created_at, self.id


class FeedbackBook:
    """The feedback of one store: one of each person on each answer, the last one counts."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def put(self, answer_id: str, owner: str, *, useful: bool, reason: Reason | None, comment: str | None) -> Feedback:
        """Keep what somebody thinks of an answer that is kept."""
        mine = (feedback.c.answer_id == answer_id) & (feedback.c.owner == owner)
        said: dict[str, Any] = {"useful": useful, "reason": reason.value if reason else None, "words": comment}
        with self._store.write() as connection:
            said["created_at"] = self._store.clock()
            if not connection.execute(update(feedback).where(mine).values(**said)).rowcount:
                made = {"id": uuid.uuid4().hex, "answer_id": answer_id, "owner": owner}
                connection.execute(feedback.insert().values(**made, **said))
            return _feedback(connection.execute(select(feedback).where(mine)).one())

    def of_answers(self, answer_ids: Sequence[str], owner: str) -> dict[str, Feedback]:
        """What somebody thought of these answers, by their ids."""
        wanted = select(feedback).where(feedback.c.owner == owner, feedback.c.answer_id.in_(answer_ids))
        with self._store.read() as connection:
            return {row.answer_id: _feedback(row) for row in connection.execute(wanted)}

    def get(self, feedback_id: str) -> Feedback | None:
        """The feedback of that id."""
        with self._store.read() as connection:
            row = connection.execute(select(feedback).where(feedback.c.id == feedback_id)).one_or_none()
        return _feedback(row) if row else None

    def listed(self, *, useful: bool | None, after: Place | None, limit: int) -> tuple[Feedback, ...]:
        """The newest first, behind the place `after`."""
        wanted = select(feedback)
        if useful is not None:
            wanted = wanted.where(feedback.c.useful.is_(useful))
        if after is not None:
            wanted = wanted.where(tuple_(feedback.c.created_at, feedback.c.id) < tuple_(*after))
        wanted = wanted.order_by(feedback.c.created_at.desc(), feedback.c.id.desc()).limit(limit)
        with self._store.read() as connection:
            return tuple(map(_feedback, connection.execute(wanted)))


def _feedback(row: Row[Any]) -> Feedback:
    return Feedback(
        id=row.id,
        answer_id=row.answer_id,
        useful=row.useful,
        reason=Reason(row.reason) if row.reason else None,
        comment=row.words,
        created_at=row.created_at,
    )
