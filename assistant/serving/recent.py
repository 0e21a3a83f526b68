"""The last conversations of a process that keeps nothing: as long as it runs, one of them can be taken along."""

from __future__ import annotations

from collections import OrderedDict
from datetime import UTC, datetime
from threading import Lock

from assistant.corpus.standing import day_in_beijing
from assistant.records.answers import TITLE_CHARS, KeptAnswer
from assistant.records.conversations import Conversation
from assistant.serving.conversations import question_of
from assistant.serving.given import Exchange, KeptTalk
from assistant.serving.ledger import Given, kept_of
from assistant.serving.sessions import SessionNotFoundError

_TALKS, _ANSWERS = 20, 50


class RecentTalks:
    """Bounded, thread-safe memory of answers by conversation; the least recently used conversation leaves first."""

    def __init__(self) -> None:
        self._talks: OrderedDict[tuple[str, str], tuple[KeptAnswer, ...]] = OrderedDict()
        self._lock = Lock()

    def add(self, given: Given) -> None:
        """Remember an answer that belongs to a conversation."""
        now, principal = datetime.now(UTC), given.inquiry.principal
        kept = kept_of(given, int(now.timestamp() * 1000), day_in_beijing(now))
        key = (given.session_id, principal.owner if principal else "")
        with self._lock:
            self._talks[key] = (*self._talks.get(key, ()), kept)[-_ANSWERS - 1 :]
            self._talks.move_to_end(key)
            while len(self._talks) > _TALKS:
                self._talks.popitem(last=False)

    def talk(self, session_id: str, owner: str) -> KeptTalk:
        """A conversation with its last answers.

        Raises:
            SessionNotFoundError: it is not there any more, or never was, or is somebody else's.
        """
        with self._lock:
            kept = self._talks.get((session_id, owner))
        if not kept:
            raise SessionNotFoundError
        first, last = kept[0], kept[-1]
        talk = Conversation(
            id=session_id,
            title=question_of(first)[:TITLE_CHARS],
            created_at=first.created_at,
            used_at=last.created_at,
        )
        exchanges = tuple(
            Exchange(answer_id=one.id, at=one.created_at, question=question_of(one), kept=one)
            for one in kept[-_ANSWERS:]
        )
        return KeptTalk(talk=talk, exchanges=exchanges, cut=len(kept) > _ANSWERS)

    def forget(self, session_id: str, owner: str) -> None:
        """Drop a conversation; one that is not there is no fault."""
        with self._lock:
            self._talks.pop((session_id, owner), None)
