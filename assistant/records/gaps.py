"""What became of questions that were not answered: who sees to them, and what settled them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from assistant.errors import RecordsError
from assistant.records.store import Store
from assistant.records.tables import answers, gaps

_ASKED = 500  # ids in one statement


class Settled(StrEnum):
    """What settles a gap."""

    DOCUMENT = "document"
    GOLD = "gold"


class GapMoved(RecordsError):
    """Somebody else changed a gap in the meantime."""

    code = "conflict"

    def __init__(self) -> None:
        super().__init__("这组问题刚才有人改过，请重新打开这一页，看过之后再改。")


@dataclass(frozen=True, slots=True, kw_only=True)
class GapState:
    """What was done about one gap. `questions` are ids of answers, which stay together whatever joins them."""

    id: str  # of one of these questions
    questions: tuple[str, ...]
    assigned_to: str | None = None  # id of a principal
    note: str | None = None  # masked
    closed_with: Settled | None = None
    closed_with_id: str | None = None  # of the document or gold case
    closed_at: int | None = None
    closed_by: str | None = None
    changed_at: int = 0  # 0: nobody has done anything yet

    @property
    def closed(self) -> bool:
        return self.closed_with is not None


class GapBook:
    """The states of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def listed(self) -> tuple[GapState, ...]:
        """Every state, the oldest change first."""
        with self._store.read() as connection:
            return self.listed_within(connection)

    def listed_within(self, connection: Connection) -> tuple[GapState, ...]:
        """The same within a transaction that is open already."""
        return tuple(map(_state, connection.execute(select(gaps).order_by(gaps.c.changed_at, gaps.c.id))))

    def get(self, gap_id: str) -> GapState | None:
        """The state of that id."""
        with self._store.read() as connection:
            row = connection.execute(select(gaps).where(gaps.c.id == gap_id)).one_or_none()
        return _state(row) if row else None

    def put(self, state: GapState, *, joins: Collection[str] = ()) -> GapState:
        """Keep a state in place of the one that `state.changed_at` names.

        Args:
            joins: ids of states that become part of it, and are no more.

        Raises:
            GapMoved: it was changed since, or one that joins is gone.
        """
        with self._store.write() as connection:
            return self.put_within(connection, state, joins=joins)

    def put_within(self, connection: Connection, state: GapState, *, joins: Collection[str] = ()) -> GapState:
        """The same within a transaction that is open already."""
        held = connection.execute(select(gaps.c.changed_at).where(gaps.c.id == state.id)).scalar_one_or_none() or 0
        if held != state.changed_at:
            raise GapMoved
        if joins and connection.execute(delete(gaps).where(gaps.c.id.in_(joins))).rowcount != len(set(joins)):
            raise GapMoved
        said = {**asdict(state), "questions": list(state.questions), "changed_at": max(self._store.clock(), held + 1)}
        connection.execute(delete(gaps).where(gaps.c.id == state.id))
        connection.execute(gaps.insert().values(**said))
        return _state(connection.execute(select(gaps).where(gaps.c.id == state.id)).one())

    def purge(self) -> int:
        """Take away the states of which no question is kept any more; how many."""
        gone = [state.id for state in self.listed() if not self.kept_of(state.questions)]
        if not gone:
            return 0
        with self._store.write() as connection:
            return connection.execute(delete(gaps).where(gaps.c.id.in_(gone))).rowcount

    def kept_of(self, answer_ids: Collection[str]) -> frozenset[str]:
        """Those of these answers that are kept still."""
        wanted, found = sorted(answer_ids), set[str]()
        with self._store.read() as connection:
            for start in range(0, len(wanted), _ASKED):
                some = wanted[start : start + _ASKED]
                found.update(connection.execute(select(answers.c.id).where(answers.c.id.in_(some))).scalars())
        return frozenset(found)


def _state(row: Row[Any]) -> GapState:
    return GapState(
        id=row.id,
        questions=tuple(row.questions),
        assigned_to=row.assigned_to,
        note=row.note,
        closed_with=Settled(row.closed_with) if row.closed_with else None,
        closed_with_id=row.closed_with_id,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
        changed_at=row.changed_at,
    )
