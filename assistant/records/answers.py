"""Answers as they were given, with what they were asked with, and the conversations they belong to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select, update

from assistant.records.store import Store
from assistant.records.tables import answers, sessions

TITLE_CHARS = 40  # characters of the first question that name a conversation


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
    opening: str = ""  # what stood before and behind `body` in the response; empty where nobody recorded it
    closing: str = ""


class AnswerBook:
    """The answers of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, connection: Connection, kept: KeptAnswer) -> None:
        """Keep an answer and its place in its conversation, within a transaction that is open."""
        names = KeptAnswer.__dataclass_fields__
        connection.execute(answers.insert().values(**{name: getattr(kept, name) for name in names}))
        if kept.session_id:
            _note_use(connection, kept)

    def get(self, answer_id: str, *, owner: str | None = None) -> KeptAnswer | None:
        """The answer of that id; with `owner` only if it is theirs, which takes the same time."""
        wanted = select(answers).where(answers.c.id == answer_id)
        if owner is not None:
            wanted = wanted.where(answers.c.owner == owner)
        with self._store.read() as connection:
            row = connection.execute(wanted).mappings().one_or_none()
        return KeptAnswer(**row) if row else None

    def of_ids(self, answer_ids: Sequence[str]) -> dict[str, KeptAnswer]:
        """Those of these answers that are kept."""
        with self._store.read() as connection:
            rows = connection.execute(select(answers).where(answers.c.id.in_(answer_ids))).mappings().all()
        return {row["id"]: KeptAnswer(**row) for row in rows}

    def newest(self, limit: int) -> tuple[KeptAnswer, ...]:
        """The answers given last, whoever asked, the newest first."""
        wanted = select(answers).order_by(answers.c.created_at.desc(), answers.c.id.desc()).limit(limit)
        with self._store.read() as connection:
            return tuple(KeptAnswer(**row) for row in connection.execute(wanted).mappings())

    def of_session(self, session_id: str, owner: str, *, last: int) -> tuple[KeptAnswer, ...]:
        """The last answers of a conversation, the oldest first."""
        wanted = select(answers).where(answers.c.session_id == session_id, answers.c.owner == owner)
        newest = wanted.order_by(answers.c.created_at.desc(), answers.c.id.desc()).limit(last)
        with self._store.read() as connection:
            rows = connection.execute(newest).mappings().all()
        return tuple(KeptAnswer(**row) for row in reversed(rows))

    def walked(self, *, page: int = 200) -> Iterator[KeptAnswer]:
        """Every answer that is kept."""
        after = ""
        while True:
            wanted = select(answers).where(answers.c.id > after).order_by(answers.c.id).limit(page)
            with self._store.read() as connection:
                rows = connection.execute(wanted).mappings().all()
            yield from (KeptAnswer(**row) for row in rows)
            if len(rows) < page:
                return
            after = rows[-1]["id"]

    def purge(self, before: int) -> int:
        """Take away the answers given before, what was said of them, and conversations not used since; how many."""
        with self._store.write() as connection:
            connection.execute(delete(sessions).where(sessions.c.used_at < before))
            return connection.execute(delete(answers).where(answers.c.created_at < before)).rowcount


def _note_use(connection: Connection, kept: KeptAnswer) -> None:
    mine = (sessions.c.id == kept.session_id) & (sessions.c.owner == kept.owner)
    if connection.execute(update(sessions).where(mine).values(used_at=kept.created_at)).rowcount:
        return
    title = str(json.loads(kept.inquiry).get("question", ""))[:TITLE_CHARS]
    at = kept.created_at
    values = {"id": kept.session_id, "owner": kept.owner, "title": title, "created_at": at, "used_at": at}
    connection.execute(sessions.insert().values(**values))
