"""Answers that were given, for whoever may read them again; and what people think of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from assistant.access.registry import Registry
from assistant.errors import InputError, NotFoundError
from assistant.records.answers import KeptAnswer
from assistant.records.conversations import Conversation, Place
from assistant.records.feedback import Feedback, Reason
from assistant.safety.input_gate import clean_text
from assistant.safety.personal.masking import mask
from assistant.schema.principal import Principal, Scope
from assistant.serving.conversations import question_of
from assistant.serving.ports import Assistant
from assistant.serving.sessions import SessionNotFoundError
from assistant.serving.withheld import Withheld

_NO_ANSWER = "没有这次答复：编号不对、已过保存期，或不是您的答复。"
_WITHHELD = "（所提到的文件您现在不能看）"
_PAGE = 100
_TURNS = 200  # of a conversation that are shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A question and its answer; each is missing where it may no longer be read."""

    answer_id: str
    at: int
    question: str | None
    kept: KeptAnswer | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptTalk:
    """A conversation with its turns, the oldest first."""

    talk: Conversation
    exchanges: tuple[Exchange, ...]
    cut: bool = False  # earlier turns are kept and not among these


class GivenAnswers:
    """What was given to somebody is theirs alone; those with `audit:read` may read it too, which is recorded.

    Nobody reads what rests on a document that they may not see now.
    """

    def __init__(self, registry: Registry, provider: Callable[[], Assistant]) -> None:
        self._registry = registry
        self._provider = provider

    def answer(self, answer_id: str, asker: Principal) -> KeptAnswer:
        """The answer of that id.

        Raises:
            NotFoundError: there is none, it is somebody else's, or it may no longer be read: no one can tell which.
        """
        if not asker.may(Scope.AUDIT_READ):
            return self._own(answer_id, asker)
        kept = self._readable(self._registry.answers.get(answer_id), asker)
        if kept.owner != asker.owner:
            self._registry.note("answer.read", asker.id, answer_id=answer_id)
        return kept

    def _own(self, answer_id: str, asker: Principal) -> KeptAnswer:
        kept = self._readable(self._registry.answers.get(answer_id, owner=asker.owner), asker)
        if kept.session_id and self._registry.talks.is_hidden(kept.session_id, asker.owner):
            raise NotFoundError(_NO_ANSWER)
        return kept

    def _readable(self, kept: KeptAnswer | None, asker: Principal) -> KeptAnswer:
        if kept is None or self._withheld(asker).answer(kept):
            raise NotFoundError(_NO_ANSWER)
        return kept

    # --- conversations ---

    def talks(self, asker: Principal, *, after: Place | None, limit: int) -> tuple[Conversation, ...]:
        """The conversations of whoever asks, the one used last first."""
        withheld = self._withheld(asker)
        listed = self._registry.talks.listed(asker.owner, after=after, limit=limit)
        return tuple(_titled(talk, withheld) for talk in listed)

    def talk(self, session_id: str, asker: Principal) -> KeptTalk:
        """A conversation with its last turns.

        Raises:
            NotFoundError: there is none, or it is somebody else's.
        """
        found = self._registry.talks.get(session_id, asker.owner)
        if found is None:
            raise SessionNotFoundError
        withheld = self._withheld(asker)
        kept = self._registry.answers.of_session(session_id, asker.owner, last=_TURNS + 1)
        exchanges = tuple(_exchange(one, withheld) for one in kept[-_TURNS:])
        return KeptTalk(talk=_titled(found, withheld), exchanges=exchanges, cut=len(kept) > _TURNS)

    def rename(self, session_id: str, asker: Principal, title: str) -> Conversation:
        """Give a conversation another title; personal data in it is masked.

        Raises:
            NotFoundError: there is none, or it is somebody else's.
        """
        if not self._registry.talks.rename(session_id, asker.owner, _masked(title)):
            raise SessionNotFoundError
        self._registry.note("session.renamed", asker.id, session_id=session_id)
        return self.talk(session_id, asker).talk

    def drop(self, session_id: str, asker: Principal) -> None:
        """Drop a conversation for whoever began it.

        Raises:
            NotFoundError: there is none, or it is somebody else's.
        """
        if not self._registry.talks.hide(session_id, asker.owner):
            raise SessionNotFoundError
        self._registry.note("session.dropped", asker.id, session_id=session_id)

    def exported(self, session_id: str, asker: Principal, kind: str) -> KeptTalk:
        """A conversation with its last turns, to be taken along as a file of that kind, which is recorded.

        Raises:
            NotFoundError: there is none, or it is somebody else's.
        """
        found = self.talk(session_id, asker)
        self._registry.note("session.exported", asker.id, session_id=session_id, kind=kind)
        return found

    # --- feedback ---

    def rate(
        self, answer_id: str, asker: Principal, *, useful: bool, reason: Reason | None, comment: str | None
    ) -> Feedback:
        """Keep what somebody thinks of an answer of theirs; personal data in the comment is masked.

        Raises:
            NotFoundError: there is no such answer, or it is somebody else's.
            InputError: the comment cannot be used.
        """
        kept = self._own(answer_id, asker)
        said = _masked(comment) if comment else None
        given = self._registry.feedback.put(kept.id, asker.id, useful=useful, reason=reason, comment=said)
        self._registry.note("feedback.given", asker.id, answer_id=kept.id, useful=useful)
        return given

    def ratings_of(self, answer_ids: Sequence[str], asker: Principal) -> dict[str, Feedback]:
        """What whoever asks thought of these answers, by the ids of those."""
        return self._registry.feedback.of_answers(answer_ids, asker.id)

    def ratings(
        self, asker: Principal, *, useful: bool | None, after: Place | None, limit: int
    ) -> tuple[Feedback, ...]:
        """What people think of answers that whoever asks may read, the newest first."""
        withheld, found = self._withheld(asker), list[Feedback]()
        while len(found) < limit:
            page = self._registry.feedback.listed(useful=useful, after=after, limit=_PAGE)
            kept = self._registry.answers.of_ids([one.answer_id for one in page])
            readable = {answer_id for answer_id, one in kept.items() if not withheld.answer(one)}
            found += [one for one in page if one.answer_id in readable and not withheld.words(one.comment or "")]
            if len(page) < _PAGE:
                break
            after = page[-1].place
        return tuple(found[:limit])

    def _withheld(self, asker: Principal) -> Withheld:
        return Withheld(self._provider(), asker.labels)


def _exchange(kept: KeptAnswer, withheld: Withheld) -> Exchange:
    question, readable = question_of(kept), None if withheld.answer(kept) else kept
    asked = None if withheld.words(question) else question
    return Exchange(answer_id=kept.id, at=kept.created_at, question=asked, kept=readable)


def _titled(talk: Conversation, withheld: Withheld) -> Conversation:
    return replace(talk, title=_WITHHELD) if withheld.words(talk.title) else talk


def _masked(text: str) -> str:
    if not text.strip():
        raise InputError("请填写文字，不能只有空格。", code="empty_text")
    return mask(clean_text(text)).text.strip()
