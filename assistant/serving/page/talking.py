"""One visitor's conversation: what is kept of it, and what a question does to it. Knows no Gradio.

Every step is an `Update` of the page; a fault is told politely and repeats nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from uuid import uuid4

from assistant.errors import AssistantError, InputError, NotFoundError
from assistant.products.sample_questions import Samples
from assistant.safety.personal.screening import SECRET_CODE
from assistant.schema.answer import Answer, Citation, DeltaEvent, SourcesEvent
from assistant.schema.document import DocumentMeta
from assistant.schema.inquiry import Inquiry
from assistant.schema.principal import Principal
from assistant.serving.desk import Desk, Piece, Reply
from assistant.serving.guards import INTERNAL_MESSAGE, log_fault
from assistant.serving.http.viewing import viewing_html
from assistant.serving.page.said import EMPTY_CARDS, answer_message, done_words, library_html, status_html
from assistant.serving.page.scope import UNLIMITED, Scope, document_choices, scope_words
from assistant.serving.reading.neighbours import Neighbour, neighbours_of
from assistant.serving.render.html import answer_cards_html, cards_html, note_html
from assistant.serving.render.markdown import linked_marks, markdown_escaped
from assistant.serving.samples import SampleShelf
from assistant.serving.sessions import SessionNotFoundError

_MAX_MESSAGES = 60  # shown on the page; what the assistant remembers is the session store's matter
_BEGUN = "已开始新的对话。以前的对话在“历史”里，可以接着问、改名、删除。"
_FORGOTTEN = "对话已清空。"
_REDRAW_S = 0.08  # a reader sees no more steps than that, and each one travels

Message = dict[str, str]
# talk, messages, question box, cards, status
Update = tuple["Talk", list[Message], str, str, str]


@dataclass(frozen=True, slots=True)
class Again:
    """The last question, to be asked once more and read the other way."""

    question: str  # masked
    follows: bool  # how it is to be read this time
    scope: Scope = UNLIMITED  # as it was limited then

    @property
    def label(self) -> str:
        """What the button says."""
        return "接着上文重新回答" if self.follows else "按新问题重新回答"


@dataclass(frozen=True, slots=True)
class Talk:
    """One visitor's conversation, as the page shows it. Lives on the server."""

    session_id: str | None = None
    messages: tuple[Message, ...] = field(default=())
    again: Again | None = None  # where the last question may be read the other way
    answer_id: str | None = None  # of the last answer, once it is whole

    def say(self, role: str, content: str) -> Talk:
        said = (*self.messages, {"role": role, "content": content})
        return replace(self, messages=said[-_MAX_MESSAGES:])


def other_reading(answer: Answer, scope: Scope = UNLIMITED) -> Again | None:
    """The question read the other way: one that was joined to the turns before, or that may go on from them."""
    if answer.follows or answer.follows_unsure:
        return Again(answer.question, follows=not answer.follows, scope=scope)
    return None


async def converse(
    desk: Desk,
    question: str,
    talk: Talk,
    principal: Principal | None = None,
    *,
    follows: bool | None = None,
    scope: Scope = UNLIMITED,
) -> AsyncGenerator[Update, None]:
    """One question from the box to its answer; every step is an update of the page.

    Args:
        follows: whether it goes on from the turns before, where the visitor has said so.
        scope: what the answer may rest on.
    """
    waiting = talk
    try:
        filters = scope.filters()
        asked = markdown_escaped(desk.shown(question, talk.session_id, principal))
        waiting = replace(talk, again=None, answer_id=None).say("user", asked)
        inquiry = Inquiry(question=question, follows=follows, principal=principal, filters=filters)
        renewed, pieces = await _open(desk, inquiry, talk.session_id)
        yield _update(waiting, "", note_html("正在查找条款……"), status_html("正在查找条款……", kind="busy"))
        answering = _Answering(desk=desk, principal=principal, scope=scope, renewed=renewed)
        async with aclosing(pieces):
            async for update in answering.updates(pieces, waiting):
                yield update
    except InputError as exc:  # nothing was said yet: keep the words in the box
        box = "" if exc.code == SECRET_CODE else question
        yield _update(talk, box, note_html(EMPTY_CARDS), status_html(exc.message, kind="error"))
    except AssistantError as exc:
        yield _failed(waiting, exc.message)
    except Exception as exc:  # noqa: BLE001 - the page must not show a foreign message; the fault is logged
        log_fault(exc, uuid4().hex)
        yield _failed(waiting, INTERNAL_MESSAGE)


async def _open(desk: Desk, inquiry: Inquiry, session_id: str | None) -> tuple[bool, AsyncGenerator[Piece, None]]:
    """The stream, and whether an expired conversation had to be begun anew."""
    try:
        return False, await desk.stream(inquiry, session_id)
    except SessionNotFoundError:
        return True, await desk.stream(inquiry)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answering:
    """How the pieces of one answer become updates of the page."""

    desk: Desk
    principal: Principal | None
    scope: Scope
    renewed: bool

    async def updates(self, pieces: AsyncGenerator[Piece, None], waiting: Talk) -> AsyncGenerator[Update, None]:
        """Every update but the first; the last holds the whole answer."""
        text, cards, shown_at = "", note_html("正在查找条款……"), 0.0
        citations: Sequence[Citation] = ()
        writing = status_html("正在作答……", kind="busy")
        async for piece in pieces:
            match piece:
                case SourcesEvent():
                    citations = piece.citations
                    cards = cards_html(citations) if citations else cards
                case DeltaEvent():
                    text += piece.text
                    if time.monotonic() - shown_at >= _REDRAW_S:
                        shown = linked_marks(markdown_escaped(text, lists=True), citations)
                        yield _update(waiting.say("assistant", shown), "", cards, writing)
                        shown_at = time.monotonic()
                case Reply():
                    yield await asyncio.to_thread(self._whole, piece, waiting)

    def _whole(self, reply: Reply, waiting: Talk) -> Update:
        answer, seen = reply.answer, _Seen(self.desk, self.principal)
        limited = scope_words(self.scope.filters(), seen.documents())
        said = waiting.say("assistant", answer_message(answer, renewed=self.renewed, limited=limited))
        again = other_reading(answer, self.scope)
        talk = replace(said, session_id=reply.session_id, again=again, answer_id=reply.id)
        cards = answer_cards_html(answer, seen.beside)
        return _update(talk, "", cards, status_html(done_words(reply)))


@dataclass(frozen=True, slots=True)
class _Seen:
    """The library as a visitor may see it."""

    desk: Desk
    principal: Principal | None

    def documents(self) -> tuple[DocumentMeta, ...]:
        """Every document."""
        return self.desk.provider().documents(self._labels)

    def beside(self, citation: Citation) -> Sequence[Neighbour]:
        """The clauses beside a cited one; none where its document has left the library meanwhile."""
        try:
            return neighbours_of(self.desk.provider().document(citation.document_id, self._labels), citation.address)
        except NotFoundError:
            return ()

    @property
    def _labels(self) -> frozenset[str] | None:
        return self.principal.labels if self.principal else None


def _update(talk: Talk, box: str, cards: str, status: str) -> Update:
    return talk, list(talk.messages), box, cards, status


def _failed(talk: Talk, message: str) -> Update:
    said = talk.say("assistant", f"**未能作答**\n\n{markdown_escaped(message)}")
    return _update(said, "", note_html(EMPTY_CARDS), status_html(message, kind="error"))


def clear(desk: Desk, talk: Talk, principal: Principal | None = None) -> Update:
    """An empty page. A conversation that is kept stays in the history; any other is forgotten."""
    words = _BEGUN if desk.keeps else _FORGOTTEN
    if talk.session_id is not None and not desk.keeps:
        try:
            desk.forget(talk.session_id, principal)
        except AssistantError as exc:
            said = status_html(f"对话没有清空。{exc.message}", kind="error")
            return _update(talk, "", note_html(EMPTY_CARDS), said)
    return _update(Talk(), "", note_html(EMPTY_CARDS), status_html(words))


async def samples_for(shelf: SampleShelf, labels: frozenset[str] | None) -> Samples | None:
    """The sample questions of whoever holds `labels`, once they are made; `None` where there is no assistant."""
    try:
        made = await asyncio.to_thread(shelf.of, labels)
    except AssistantError:
        return None
    return await asyncio.shield(asyncio.wrap_future(made))


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """What the page shows when it opens."""

    library: str
    status: str
    choices: tuple[tuple[str, str], ...] = ()  # of documents: words and id


def greet(desk: Desk, principal: Principal | None = None) -> Greeting:
    """The library, the status line and the documents to choose from, when the page opens."""
    try:
        documents = _Seen(desk, principal).documents()
    except AssistantError as exc:
        return Greeting(library="", status=status_html(exc.message, kind="error"))
    ready = "可以提问了。按回车发送，Shift＋回车换行。"
    empty = "本库还没有您可以查看的文件。请管理员收入文件，或申请查看的权限，然后刷新本页。"
    return Greeting(
        library=viewing_html(principal) + library_html(documents),
        status=status_html(ready) if documents else status_html(empty, kind="error"),
        choices=tuple(document_choices(documents)),
    )
