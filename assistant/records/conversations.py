"""Conversations of whoever began them: listed, named, dropped."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, select, tuple_, update

from assistant.records.store import Store
from assistant.records.tables import sessions

Place = tuple[int, str]  # when it was used, and its id: where a list goes on


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A conversation without its turns."""

    id: str
    title: str
    created_at: int
    used_at: int

    @property
    def place(self) -> Place:
        return self.used_at, self.id


class Conversations:
    """The conversations of one store. What its owner dropped, or somebody else's, does not exist."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def listed(self, owner: str, *, after: Place | None, limit: int) -> tuple[Conversation, ...]:
        """Those of an owner, the one used last first, behind the place `after`."""
        wanted = select(*_COLUMNS).where(sessions.c.owner == owner, sessions.c.hidden_at.is_(None))
        if after is not None:
            wanted = wanted.where(tuple_(sessions.c.used_at, sessions.c.id) < tuple_(*after))
        wanted = wanted.order_by(sessions.c.used_at.desc(), sessions.c.id.desc()).limit(limit)
        with self._store.read() as connection:
            return tuple(Conversation(**row) for row in connection.execute(wanted).mappings())

    def get(self, session_id: str, owner: str) -> Conversation | None:
        """The conversation of that id, if it is theirs."""
        with self._store.read() as connection:
            row = connection.execute(select(*_COLUMNS).where(_theirs(session_id, owner))).mappings().one_or_none()
        return Conversation(**row) if row else None

    def rename(self, session_id: str, owner: str, title: str) -> bool:
        """Give it another title; whether there is one."""
        return self._change(session_id, owner, title=title)

    def hide(self, session_id: str, owner: str) -> bool:
        """Drop it for its owner; whether there was one. Its answers stay as long as the audit has to be proved."""
        return self._change(session_id, owner, hidden_at=self._store.clock())

    def is_hidden(self, session_id: str, owner: str) -> bool:
        """Whether its owner dropped it."""
        mine = (sessions.c.id == session_id) & (sessions.c.owner == owner)
        with self._store.read() as connection:
            at = connection.execute(select(sessions.c.hidden_at).where(mine)).scalar_one_or_none()
        return at is not None

    def _change(self, session_id: str, owner: str, **values: object) -> bool:
        with self._store.write() as connection:
            changed = update(sessions).where(_theirs(session_id, owner)).values(**values)
            return connection.execute(changed).rowcount == 1


_COLUMNS = (sessions.c.id, sessions.c.title, sessions.c.created_at, sessions.c.used_at)


def _theirs(session_id: str, owner: str) -> ColumnElement[bool]:
    return (sessions.c.id == session_id) & (sessions.c.owner == owner) & sessions.c.hidden_at.is_(None)
