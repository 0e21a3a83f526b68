"""Conversations, kept on the server: a client holds nothing but an id that we issued."""

from __future__ import annotations

import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from assistant.errors import NotFoundError
from assistant.schema.retrieval import Turn

_MISSING = "会话不存在或已过期，请不带 session_id 重新提问，以开始新的会话。"


class SessionNotFoundError(NotFoundError):
    """No such conversation: never issued, forgotten or expired. One text for all three."""

    code = "session_not_found"

    def __init__(self) -> None:
        super().__init__(_MISSING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A conversation so far. `turns` alternate user and assistant, oldest first."""

    id: str
    owner: str = ""
    turns: tuple[Turn, ...] = ()


@dataclass(frozen=True, slots=True)
class _Kept:
    turns: tuple[Turn, ...]
    owner: str
    used_at: float  # seconds of the monotonic clock


class SessionStore:
    """Bounded, thread-safe memory of conversations.

    A conversation enters with its first answered question, so failures leave nothing behind. It belongs to
    whoever began it; for others it does not exist. It leaves when it was not used for `ttl_s` seconds, or as
    the least recently used of more than `capacity`. Of each, the last `max_exchanges` questions with their
    answers are kept.
    """

    def __init__(
        self,
        *,
        capacity: int = 1000,
        ttl_s: float = 2 * 3600,
        max_exchanges: int = 10,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if min(capacity, max_exchanges) < 1 or ttl_s <= 0:
            raise ValueError("capacity, max_exchanges and ttl_s must be positive")
        self._capacity = capacity
        self._ttl_s = ttl_s
        self._max_turns = 2 * max_exchanges
        self._clock = clock
        self._kept: OrderedDict[str, _Kept] = OrderedDict()  # least recently used first
        self._dropped: OrderedDict[tuple[str, str], None] = OrderedDict()  # id and owner; the last dropped last
        self._lock = Lock()

    def __len__(self) -> int:
        with self._lock:
            self._drop_expired()
            return len(self._kept)

    def open(self, session_id: str | None, owner: str = "") -> Session:
        """The conversation of `session_id`; for `None` a new and empty one.

        Raises:
            SessionNotFoundError: the id was never issued, or its conversation is gone or somebody else's.
        """
        if session_id is None:
            return Session(id=uuid.uuid4().hex, owner=owner)
        with self._lock:
            self._drop_expired()
            kept = self._kept.get(session_id)
            if kept is None or kept.owner != owner:
                raise SessionNotFoundError
            self._put(session_id, kept.turns, owner)
            return Session(id=session_id, owner=owner, turns=kept.turns)

    def adopt(self, session: Session) -> Session:
        """Take in a conversation that was kept elsewhere, unless it is here by now; what is here counts.

        Raises:
            SessionNotFoundError: it was dropped meanwhile.
        """
        with self._lock:
            if (session.id, session.owner) in self._dropped:
                raise SessionNotFoundError
            kept = self._kept.get(session.id)
            turns = kept.turns if kept else session.turns[-self._max_turns :]
            self._put(session.id, turns, session.owner)
            self._make_room()
            return Session(id=session.id, owner=session.owner, turns=turns)

    def append(
        self, session_id: str, *, question: str, answer: str, documents: tuple[str, ...] = (), owner: str = ""
    ) -> None:
        """Add an exchange, unless its conversation was dropped while the answer was being made.

        Args:
            session_id: from a `Session` that `open` gave.
            documents: ids of those that the answer rests on.
        """
        exchange = (Turn(role="user", content=question, documents=documents), Turn(role="assistant", content=answer))
        with self._lock:
            if (session_id, owner) in self._dropped:
                return
            self._drop_expired()
            kept = self._kept.get(session_id)
            earlier = kept.turns if kept else ()
            self._put(session_id, (*earlier, *exchange)[-self._max_turns :], owner)
            self._make_room()

    def forget(self, session_id: str, owner: str = "") -> None:
        """Drop a conversation; one that is not there, or somebody else's, is no fault.

        An answer to it may still be on its way, and would bring it back; so what was dropped is remembered for a while.
        """
        with self._lock:
            kept = self._kept.get(session_id)
            if kept is not None and kept.owner == owner:
                del self._kept[session_id]
            self._dropped[session_id, owner] = None
            self._dropped.move_to_end((session_id, owner))
            while len(self._dropped) > self._capacity:
                self._dropped.popitem(last=False)

    def _put(self, session_id: str, turns: tuple[Turn, ...], owner: str) -> None:
        self._kept[session_id] = _Kept(turns, owner, self._clock())
        self._kept.move_to_end(session_id)

    def _make_room(self) -> None:
        while len(self._kept) > self._capacity:
            self._kept.popitem(last=False)

    def _drop_expired(self) -> None:
        oldest_allowed = self._clock() - self._ttl_s
        while self._kept and next(iter(self._kept.values())).used_at <= oldest_allowed:
            self._kept.popitem(last=False)
