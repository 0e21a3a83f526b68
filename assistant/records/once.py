"""Requests that are answered once however often they are sent."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.exc import IntegrityError

from assistant.errors import RecordsError
from assistant.records.store import Store
from assistant.records.tables import requests

KEPT_MS = 24 * 3600 * 1000
HELD_MS = 5 * 60 * 1000  # a request that was never finished stands in the way no longer than this


class Stand(Enum):
    """Where a request stands."""

    NEW = "new"
    RUNNING = "running"
    OTHER = "other"  # the key was used for another request
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What is known of a request."""

    stand: Stand
    answer_id: str = ""
    response: str = ""  # of one that is done


class OnceBook:
    """The requests of one store, each by its owner and the key they gave it. Neither key nor body is kept."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def begin(self, owner: str, key: str, body: str) -> Found:
        """Take up a request, unless it was taken up before."""
        key_hash, body_hash = _hash(owner, key), _hash(owner, body)
        try:
            return self._begun(owner, key_hash, body_hash)
        except RecordsError as exc:
            if isinstance(exc.__cause__, IntegrityError):  # another process was first, just now
                return Found(stand=Stand.RUNNING)
            raise

    def finish(self, owner: str, key: str, *, answer_id: str, response: str) -> None:
        """Keep the response for whoever sends the request again."""
        done = {"answer_id": answer_id, "response": response, "expires_at": self._store.clock() + KEPT_MS}
        with self._store.write() as connection:
            connection.execute(update(requests).where(_mine(owner, _hash(owner, key))).values(**done))

    def drop(self, owner: str, key: str) -> None:
        """Forget a request that failed, so that it may be sent again."""
        with self._store.write() as connection:
            open_still = _mine(owner, _hash(owner, key)) & requests.c.response.is_(None)
            connection.execute(delete(requests).where(open_still))

    def purge(self) -> int:
        """Take away what has expired; how many."""
        with self._store.write() as connection:
            return connection.execute(delete(requests).where(requests.c.expires_at <= self._store.clock())).rowcount

    def _begun(self, owner: str, key_hash: str, body_hash: str) -> Found:
        now, mine = self._store.clock(), _mine(owner, key_hash)
        with self._store.write() as connection:
            connection.execute(delete(requests).where(requests.c.expires_at <= now))
            row = connection.execute(select(requests).where(mine)).one_or_none()
            if row is not None:
                return _found(row, body_hash)
            made = {"owner": owner, "key_hash": key_hash, "body_hash": body_hash}
            connection.execute(requests.insert().values(**made, begun_at=now, expires_at=now + HELD_MS))
            return Found(stand=Stand.NEW)


def _found(row: Any, body_hash: str) -> Found:
    if row.body_hash != body_hash:
        return Found(stand=Stand.OTHER)
    if row.response is None:
        return Found(stand=Stand.RUNNING)
    return Found(stand=Stand.DONE, answer_id=row.answer_id, response=row.response)


def _mine(owner: str, key_hash: str) -> ColumnElement[bool]:
    return (requests.c.owner == owner) & (requests.c.key_hash == key_hash)


def _hash(owner: str, text: str) -> str:
    return hashlib.sha256(f"{owner}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()
