"""Answers as they were given, with what they were asked with."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, select

from assistant.records.store import Store
from assistant.records.tables import answers


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """One answer. `inquiry` and `body` are JSON; the words in them are masked."""

    id: str
    owner: str
    session_id: str | None
    generation: str
    created_at: int
    inquiry: str
    body: str


class AnswerBook:
    """The answers of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, connection: Connection, kept: KeptAnswer) -> None:
        """Keep an answer, within a transaction that is open."""
        names = KeptAnswer.__dataclass_fields__
        connection.execute(answers.insert().values(**{name: getattr(kept, name) for name in names}))

    def get(self, answer_id: str, *, owner: str | None = None) -> KeptAnswer | None:
        """The answer of that id; with `owner` only if it is theirs."""
        wanted = select(answers).where(answers.c.id == answer_id)
        if owner is not None:
            wanted = wanted.where(answers.c.owner == owner)
        with self._store.read() as connection:
            row = connection.execute(wanted).mappings().one_or_none()
        return KeptAnswer(**row) if row else None

    def purge(self, before: int) -> int:
        """Take away the answers given before; how many they were."""
        with self._store.write() as connection:
            return connection.execute(delete(answers).where(answers.c.created_at < before)).rowcount
