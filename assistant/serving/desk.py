"""The one desk behind all doors: sessions, a bounded number of answers at a time, cancellation.

API and chat page both come here, so no door can be used to get round the limits of another.
Every answer is made by one thread from beginning to end; the event loop only passes it on.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from threading import Event
from typing import TypeVar

from assistant.errors import Abandoned, AssistantError, NotFoundError
from assistant.models.giving_up import given_up_when
from assistant.models.protocols import Vectors
from assistant.models.stage_times import stage
from assistant.proof.verifier import Checked
from assistant.safety.input_gate import clean_question, clean_text
from assistant.safety.personal.screening import screen
from assistant.schema.answer import Answer, DeltaEvent, DoneEvent, SourcesEvent
from assistant.schema.inquiry import Inquiry
from assistant.schema.principal import Principal
from assistant.schema.retrieval import Retrieved
from assistant.serving.ledger import Given, Ledger
from assistant.serving.limits.fair_pool import Bounds
from assistant.serving.limits.pieces import Holding
from assistant.serving.limits.places import HEAVY_CHARS, Places
from assistant.serving.limits.refusals import AnswerTimeout, ShuttingDown
from assistant.serving.limits.ticket import Ticket
from assistant.serving.ports import Assistant, AssistantProvider
from assistant.serving.recent import RecentTalks
from assistant.serving.sessions import Session, SessionNotFoundError, SessionStore
from assistant.serving.watching.answers import Watcher, watched

T = TypeVar("T")


class StreamBrokenError(AssistantError):
    """An answer ended before it was whole."""

    code = "internal_error"

    def __init__(self) -> None:
        super().__init__("答复未能完整生成，请重新提问。")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer, the conversation it now belongs to, and how long it took."""

    answer: Answer
    session_id: str
    latency_ms: float
    id: str  # of the answer, as the ledger has it


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A text that was checked, the index it was checked against, and how long it took."""

    checked: tuple[Checked, ...]
    generation: str
    latency_ms: float


def _owner(principal: Principal | None) -> str:
    return principal.owner if principal else ""


def _holding_chosen(assistant: Assistant, inquiry: Inquiry) -> Assistant:
    """`assistant`, where its library holds every document that was chosen for whoever asks."""
    chosen = inquiry.filters.document_ids
    if chosen is not None and not chosen <= {meta.id for meta in assistant.documents(inquiry.rights)}:
        raise NotFoundError("指定的文件不在本库中，请先查阅文件清单，再填写其中的编号。")
    return assistant


def _remember(sessions: SessionStore, session: Session, answer: Answer) -> None:
    """Add an exchange to its conversation; the question is masked."""
    sessions.append(
        session.id, question=answer.question, answer=answer.text, documents=answer.documents, owner=session.owner
    )


def _since(began: float) -> float:
    """Milliseconds since then."""
    return round((time.perf_counter() - began) * 1000, 1)


Piece = SourcesEvent | DeltaEvent | Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    """An inquiry that has passed every check."""

    inquiry: Inquiry  # cleaned, with the turns of its session
    session: Session
    assistant: Assistant
    began: float
    ledger: Ledger | None
    id: str  # of the answer
    request_id: str
    watchers: Sequence[Watcher] = ()
    recent: RecentTalks | None = None  # remembers the answer where no ledger does

    @property
    def latency_ms(self) -> float:
        return _since(self.began)

    def too_long(self, deadline_s: float) -> bool:
        """Whether more time has passed than an answer may take."""
        return time.perf_counter() - self.began > deadline_s

    def ask(self, unwanted: Callable[[], bool]) -> Reply:
        with watched(self.watchers) as course:
            with given_up_when(unwanted):
                answer = self.assistant.ask(self.inquiry)
            reply = self._recorded(answer)
            course.given(answer)
        return reply

    def pump(self, put: Callable[[Piece | None], None], unwanted: Callable[[], bool]) -> None:
        """Hand every piece to `put`, and `None` at the end, until it is `unwanted`."""
        events = self.assistant.stream(self.inquiry)
        try:
            # Abandoned: nobody is left to be told.
            with watched(self.watchers) as course, given_up_when(unwanted), suppress(Abandoned):
                for event in events:
                    if unwanted():
                        break
                    if isinstance(event, DoneEvent):
                        reply = self._recorded(event.answer)
                        course.given(event.answer)
                        put(reply)
                    else:
                        put(event)
        finally:
            # A generator stops its own upstream here, before the place at the desk is given back.
            close = getattr(events, "close", None)
            if close is not None:
                close()
            put(None)

    def _recorded(self, answer: Answer) -> Reply:
        """The reply, once it is in the ledger; here, in the thread that made it, so that nobody else waits."""
        reply = Reply(answer=answer, session_id=self.session.id, latency_ms=self.latency_ms, id=self.id)
        if self.ledger is not None:
            with stage("record"):
                self.ledger.answered(self._given(reply), self.assistant)
        elif self.recent is not None and self.session.id:
            self.recent.add(self._given(reply))
        return reply

    def _given(self, reply: Reply) -> Given:
        return Given(
            id=reply.id,
            inquiry=self.inquiry,
            answer=reply.answer,
            session_id=reply.session_id,
            request_id=self.request_id,
            latency_ms=reply.latency_ms,
        )


class Desk(Places):
    """Answers inquiries within `Bounds`; who asks much does not keep out who asks little (`FairPool`).

    With a ledger no answer is given whole before it is recorded.
    """

    def __init__(
        self,
        provider: AssistantProvider,
        *,
        sessions: SessionStore | None = None,
        bounds: Bounds | None = None,
        ledger: Ledger | None = None,
    ) -> None:
        super().__init__(bounds or Bounds())
        self.provider = provider
        self.watchers: Sequence[Watcher] = ()  # hear how each answer went
        self.admit: Callable[[Principal], None] | None = None  # raises where whoever asks has asked enough
        self._ledger = ledger
        self.recent = RecentTalks() if ledger is None else None  # where nothing else keeps answers
        self.sessions = sessions if sessions is not None else SessionStore()

    @property
    def keeps(self) -> bool:
        """Whether answers and conversations are kept beyond this process."""
        return self.recent is None

    async def ask(
        self, inquiry: Inquiry, session_id: str | None = None, *, kept: bool = True, request_id: str = ""
    ) -> Reply:
        """The whole answer; the turns before are those of the session, and `None` begins one.

        With `kept=False` no session is kept: the client sends the turns before, and they are the inquiry's own.
        `request_id` is kept with the answer, so that it can be given again as it was.

        Cancelling ends a model's reply within a second, as closing a stream does.

        Raises:
            AssistantError: the question, the session, the index or a model cannot be used.
            ServerBusyError: too many questions at a time.
        """
        ready = await self._check(inquiry, session_id, kept=kept, request_id=request_id)
        gone = Event()
        unwanted = self._unwanted(gone, ready)
        ticket = self._take_place(lambda: ready.ask(unwanted), ready.inquiry)
        try:
            await self._closing.unless_closed(ticket.wait_turn(self._patience_s))
            return self._settle(ready, await self._closing.unless_closed(ticket.result()))
        except Abandoned:
            raise ShuttingDown if self._closing.closed else AnswerTimeout from None
        finally:
            gone.set()
            ticket.withdraw()

    async def search(self, inquiry: Inquiry, limit: int) -> tuple[Retrieved, Assistant]:
        """The ranking alone, and the assistant that made it.

        Raises:
            AssistantError: as `ask`.
        """
        asked = replace(inquiry, question=clean_question(inquiry.question))
        await asyncio.to_thread(screen, asked.question, inquiry.history)
        self._refuse_if_full(inquiry.principal, heavy=len(asked.question) > HEAVY_CHARS)
        assistant = await self.assistant_for(inquiry)
        return await self.apply(lambda: assistant.search(asked, limit=limit), asked), assistant

    async def embed(self, texts: Sequence[str], *, as_queries: bool, principal: Principal | None = None) -> Vectors:
        """Vectors of texts by the model that the index was built with; takes a place as a question does.

        Raises:
            AssistantError: the index or the model cannot be used.
            ServerBusyError: too much at a time.
        """
        self._refuse_if_full(principal, heavy=True)
        assistant = await asyncio.to_thread(self.provider)
        await self._admit(principal)
        return await self.apply(lambda: assistant.embed(texts, as_queries=as_queries), principal=principal, heavy=True)

    async def assistant_for(self, inquiry: Inquiry) -> Assistant:
        """The assistant for work that is counted as a question is.

        Raises:
            NotFoundError: a document that it names is not there, or may not be seen.
            AssistantError: whoever asks has asked enough, or there is no assistant.
        """
        assistant = await asyncio.to_thread(self._assistant_for, inquiry)
        await self._admit(inquiry.principal)
        return assistant

    async def verify(self, text: str, as_of: date | None, *, principal: Principal | None = None) -> Review:
        """Every sentence of a text with its verdict; takes a place as a question does.

        Args:
            principal: who asks; without one the rights are those this process was started with.

        Raises:
            AssistantError: the text or the index cannot be used.
            ServerBusyError: too much at a time.
        """
        began, words = time.perf_counter(), clean_text(text)
        heavy, rights = len(words) > HEAVY_CHARS, principal.labels if principal else None
        self._refuse_if_full(principal, heavy=heavy)
        assistant = await asyncio.to_thread(self.provider)
        checked = await self.apply(
            lambda: assistant.verify(words, as_of=as_of, rights=rights), principal=principal, heavy=heavy
        )
        return Review(checked=checked, generation=assistant.generation, latency_ms=_since(began))

    async def stream(
        self,
        inquiry: Inquiry,
        session_id: str | None = None,
        *,
        kept: bool = True,
        answer_id: str | None = None,
        request_id: str = "",
    ) -> AsyncGenerator[Piece, None]:
        """Check the inquiry, take a place, wait for a turn; then the answer comes in pieces, a `Reply` as the last.

        `kept` and `request_id` as `ask` has them; `answer_id` for whoever has to name the answer before it is there.

        Closing the generator, begun or not, ends the answer at its next piece, and a model that stalls within a
        second; so does dropping it.

        Raises:
            AssistantError: as `ask`; what only shows later is raised while reading.
        """
        ready = await self._check(inquiry, session_id, kept=kept, answer_id=answer_id, request_id=request_id)
        loop = asyncio.get_running_loop()
        arrived: asyncio.Queue[Piece | None] = asyncio.Queue()
        gone = Event()
        unwanted = self._unwanted(gone, ready)

        def put(piece: Piece | None) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(arrived.put_nowait, piece)

        ticket = self._take_place(lambda: ready.pump(put, unwanted), ready.inquiry)

        def let_go() -> None:
            gone.set()
            ticket.withdraw()

        pieces = Holding(self._pieces(ready, arrived, ticket), let_go)
        try:
            await self._closing.unless_closed(ticket.wait_turn(self._patience_s))
        except BaseException:
            await pieces.aclose()
            raise
        return pieces

    def forget(self, session_id: str, principal: Principal | None = None) -> None:
        """Drop a conversation of whoever asks.

        Raises:
            RecordsError: it is kept, and could not be dropped.
        """
        self.sessions.forget(session_id, _owner(principal))
        if self.recent is not None:
            self.recent.forget(session_id, _owner(principal))

    def shown(self, question: str, session_id: str | None, principal: Principal | None = None) -> str:
        """The question as a page may show it: cleaned, and masked as the assistant will mask it.

        Raises:
            InputError: the question cannot be put.
        """
        try:
            turns = self.sessions.open(session_id, _owner(principal)).turns
        except SessionNotFoundError:  # whoever asks is told, or begins anew
            turns = ()
        return screen(question, turns).question

    async def _check(
        self, inquiry: Inquiry, session_id: str | None, *, kept: bool, answer_id: str | None = None, request_id: str
    ) -> _Ready:
        began = time.perf_counter()
        question = clean_question(inquiry.question)
        self._refuse_if_full(inquiry.principal, heavy=len(question) > HEAVY_CHARS)
        owner = _owner(inquiry.principal)
        session = Session(id="", owner=owner, turns=inquiry.history)
        if kept:  # what is in memory no longer is looked up in the records
            session = await asyncio.to_thread(self.sessions.open, session_id, owner)
        # A password is refused before a place is taken; masking is the assistant's.
        await asyncio.to_thread(screen, question, session.turns)
        assistant = await asyncio.to_thread(self._assistant_to_record, inquiry)
        await self._admit(inquiry.principal)  # last: what is refused is not counted
        return _Ready(
            inquiry=replace(inquiry, question=question, history=session.turns),
            session=session,
            assistant=assistant,
            began=began,
            ledger=self._ledger,
            id=answer_id or uuid.uuid4().hex,
            request_id=request_id,
            watchers=self.watchers,
            recent=self.recent,
        )

    async def _admit(self, principal: Principal | None) -> None:
        if self.admit is not None and principal is not None:
            await asyncio.to_thread(self.admit, principal)

    def _assistant_to_record(self, inquiry: Inquiry) -> Assistant:
        if self._ledger is not None:
            self._ledger.ready()
        return self._assistant_for(inquiry)

    def _assistant_for(self, inquiry: Inquiry) -> Assistant:
        return _holding_chosen(self.provider(), inquiry)

    async def _pieces(
        self, ready: _Ready, arrived: asyncio.Queue[Piece | None], ticket: Ticket[None]
    ) -> AsyncGenerator[Piece, None]:
        with self._closing.told(lambda: arrived.put_nowait(None)):
            while (piece := await arrived.get()) is not None:
                if isinstance(piece, Reply):
                    yield self._settle(ready, piece)
                    return
                yield piece
        if self._closing.closed:
            raise ShuttingDown
        await ticket.result()  # raises what the answer failed with
        raise AnswerTimeout if ready.too_long(self._deadline_s) else StreamBrokenError

    def _unwanted(self, gone: Event, ready: _Ready) -> Callable[[], bool]:
        return lambda: gone.is_set() or self._closing.closed or ready.too_long(self._deadline_s)

    def _settle(self, ready: _Ready, reply: Reply) -> Reply:
        if ready.session.id:
            _remember(self.sessions, ready.session, reply.answer)
        return reply
