"""Conversations of whoever asks: what is kept of them, opened again, taken along, rated, dropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from assistant.errors import NotAllowed
from assistant.records.conversations import Conversation, Place
from assistant.records.feedback import Feedback, Reason
from assistant.schema.principal import Principal
from assistant.serving.desk import Desk
from assistant.serving.given import GivenAnswers, KeptTalk
from assistant.serving.render.transcript import Transcript
from assistant.serving.sessions import SessionNotFoundError
from assistant.serving.transcripts import FILES, file_name, transcript_of

_READ_ONLY = "以他人身份查看时只能看和问，不能改名、删除和评价，请先结束查看。"


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A conversation to be taken along."""

    name: str
    content: bytes


class History:
    """What was asked and answered before, for whoever asked it.

    In development mode, where no answers are kept, the last conversations of this process alone can be opened.
    """

    def __init__(self, desk: Desk, kept: GivenAnswers | None, *, base: str | None = None) -> None:
        self._desk, self._kept, self._base = desk, kept, base

    @property
    def keeps(self) -> bool:
        """Whether conversations are kept."""
        return self._kept is not None

    def talks(self, asker: Principal, *, after: Place | None, limit: int) -> tuple[Conversation, ...]:
        """The conversations that are kept, the one used last first."""
        return self._kept.talks(asker, after=after, limit=limit) if self._kept else ()

    def opened(self, session_id: str, asker: Principal) -> tuple[KeptTalk, Transcript]:
        """A conversation as it is kept and as it is shown.

        Raises:
            NotFoundError: there is none, or it is somebody else's.
        """
        kept = self._kept.talk(session_id, asker) if self._kept else self._recent(session_id, asker)
        return kept, self._transcript(kept, asker)

    def file(self, session_id: str, asker: Principal, kind: str) -> File:
        """A conversation as a file of one of `FILES`.

        Raises:
            NotFoundError: there is none, or it is somebody else's.
        """
        kept = self._kept.exported(session_id, asker, kind) if self._kept else self._recent(session_id, asker)
        transcript = self._transcript(kept, asker)
        return File(name=file_name(transcript, kind), content=FILES[kind](transcript))

    def rename(self, session_id: str, asker: Principal, title: str) -> None:
        """Give a conversation another title.

        Raises:
            NotFoundError: there is none, or it is somebody else's.
            NotAllowed: whoever asks looks as somebody else.
        """
        self._given(asker).rename(session_id, asker, title)

    def drop(self, session_id: str, asker: Principal) -> None:
        """Drop a conversation for whoever began it.

        Raises:
            NotFoundError: there is none, or it is somebody else's.
        """
        if self._kept:
            self._given(asker).drop(session_id, asker)
        self._desk.forget(session_id, asker)

    def rate(
        self, answer_id: str, asker: Principal, *, useful: bool, reason: Reason | None, comment: str | None
    ) -> Feedback:
        """Keep what somebody thinks of an answer of theirs.

        Raises:
            NotFoundError: there is no such answer, or it is somebody else's.
            InputError: the comment cannot be used.
        """
        return self._given(asker).rate(answer_id, asker, useful=useful, reason=reason, comment=comment)

    def ratings(self, answer_ids: Sequence[str], asker: Principal) -> dict[str, Feedback]:
        """What whoever asks thought of these answers, by the ids of those."""
        return self._kept.ratings_of(answer_ids, asker) if self._kept else {}

    def _given(self, asker: Principal) -> GivenAnswers:
        """What may be changed."""
        if asker.viewing is not None:
            raise NotAllowed(_READ_ONLY)
        if self._kept is None:
            raise SessionNotFoundError
        return self._kept

    def _recent(self, session_id: str, asker: Principal) -> KeptTalk:
        self._desk.sessions.open(session_id, asker.owner)  # what was dropped or has expired is not there
        if self._desk.recent is None:
            raise SessionNotFoundError
        return self._desk.recent.talk(session_id, asker.owner)

    def _transcript(self, kept: KeptTalk, asker: Principal) -> Transcript:
        documents = self._desk.provider().documents(asker.labels)
        return transcript_of(kept, documents, now=datetime.now(UTC), base=self._base)
