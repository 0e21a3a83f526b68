"""Conversations that outlive the process: what is in memory no longer is made again of the answers that were kept."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from assistant.records.answers import AnswerBook, KeptAnswer
from assistant.records.conversations import Conversations
from assistant.schema.retrieval import Turn
from assistant.serving.sessions import Session, SessionNotFoundError, SessionStore

_EXCHANGES = 10


class KeptSessions(SessionStore):
    """As `SessionStore`, over the records of answers."""

    def __init__(self, answers: AnswerBook, talks: Conversations) -> None:
        super().__init__(max_exchanges=_EXCHANGES)
        self._answers, self._talks = answers, talks

    def open(self, session_id: str | None, owner: str = "") -> Session:
        """The conversation of `session_id`, from memory or else from the records; for `None` a new one.

        Raises:
            SessionNotFoundError: it was never begun, was dropped, or is somebody else's.
            RecordsError: the records cannot be read.
        """
        try:
            return super().open(session_id, owner)
        except SessionNotFoundError:
            if session_id is None or self._talks.get(session_id, owner) is None:
                raise
        kept = self._answers.of_session(session_id, owner, last=_EXCHANGES)
        return self.adopt(Session(id=session_id, owner=owner, turns=tuple(turns_of(kept))))

    def forget(self, session_id: str, owner: str = "") -> None:
        """Drop a conversation, for its owner in the records and here.

        Raises:
            RecordsError: it could not be dropped in the records, and stays.
        """
        self._talks.hide(session_id, owner)
        super().forget(session_id, owner)


def turns_of(kept: Iterable[KeptAnswer]) -> Iterator[Turn]:
    """The turns that these answers are, as a conversation has them."""
    for one in kept:
        answer = json.loads(one.body)
        rests_on = tuple(dict.fromkeys(citation["document_id"] for citation in answer["citations"]))
        yield Turn(role="user", content=question_of(one), documents=rests_on)
        yield Turn(role="assistant", content=str(answer["text"]))


def question_of(kept: KeptAnswer) -> str:
    """What was asked, masked."""
    return str(json.loads(kept.inquiry)["question"])
