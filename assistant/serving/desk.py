"""The one desk behind all doors: sessions, a bounded number of answers at a time, cancellation.

API and chat page both come here, so no door can be used to get round the limits of another.
Every answer is made by one thread from beginning to end; the event loop only passes it on.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass, replace
from datetime import date
from threading import Event
from typing import Generic, TypeVar

from assistant.errors import Abandoned, AssistantError, NotFoundError
from assistant.models.giving_up import given_up_when
from assistant.models.protocols import Vectors
from assistant.models.stage_times import stage
from assistant.proof.verifier import Checked
from assistant.safety.input_gate import clean_question, clean_text
from assistant.safety.personal.screening import screen
from assistant.schema.answer import Answer, AnswerEvent, DeltaEvent, DoneEvent, SourcesEvent
from assistant.schema.inquiry import Inquiry
from assistant.schema.principal import Principal, PrincipalKind
from assistant.schema.retrieval import Retrieved
from assistant.serving.ledger import Given, Ledger
from assistant.serving.limits.closing import Closing
from assistant.serving.limits.fair_pool import Bounds, FairPool
from assistant.serving.limits.pieces import Holding
from assistant.serving.limits.refusals import AnswerTimeout, ServerBusyError, ShuttingDown
from assistant.serving.ports import Assistant, AssistantProvider
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


def _since(began: float) -> float:
    """Milliseconds since then."""
    return round((time.perf_counter() - began) * 1000, 1)


def _counted(principal: Principal | None) -> str:
    """Whose places are counted: nobody's where all are the same local person."""
    return principal.id if principal and principal.kind is not PrincipalKind.LOCAL else ""


HEAVY_CHARS = 400  # a question longer than this may cost many times a common one

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
    watchers: Sequence[Watcher] = ()

    @property
    def latency_ms(self) -> float:
        return round((time.perf_counter() - self.began) * 1000, 1)

    def too_long(self, deadline_s: float) -> bool:
        """Whether more time has passed than an answer may take."""
        return time.perf_counter() - self.began > deadline_s

    def ask(self, unwanted: Callable[[], bool]) -> Answer:
        with watched(self.watchers) as course:
            with given_up_when(unwanted):
                answer = self.assistant.ask(self.inquiry)
            self._record(answer)
            course.given(answer)
        return answer

    def pump(self, put: Callable[[AnswerEvent | None], None], unwanted: Callable[[], bool]) -> None:
        """Hand every event to `put`, and `None` at the end, until it is `unwanted`."""
        events = self.assistant.stream(self.inquiry)
        try:
            # Abandoned: nobody is left to be told.
            with watched(self.watchers) as course, given_up_when(unwanted), suppress(Abandoned):
                for event in events:
                    if unwanted():
                        break
                    if isinstance(event, DoneEvent):
                        self._record(event.answer)
                        course.given(event.answer)
                    put(event)
        finally:
            # A generator stops its own upstream here, before the place at the desk is given back.
            close = getattr(events, "close", None)
            if close is not None:
                close()
            put(None)

    def _record(self, answer: Answer) -> None:
        """Put the answer into the ledger; here, in the thread that made it, so that nobody else waits."""
        if self.ledger is None:
            return
        given = Given(
            id=self.id, inquiry=self.inquiry, answer=answer, session_id=self.session.id, latency_ms=self.latency_ms
        )
        with stage("record"):
            self.ledger.answered(given, self.assistant)


class _Ticket(Generic[T]):
    """A place at the desk: work in the pool, and word when its turn comes."""

    def __init__(self, future: Future[T], turn: asyncio.Event) -> None:
        self._future = future
        self._turn = turn

    async def wait_turn(self, patience_s: float) -> None:
        """Return once a thread has taken up the work.

        Raises:
            ServerBusyError: no thread was free within `patience_s` seconds; the work is withdrawn.
        """
        try:
            async with asyncio.timeout(patience_s):
                await self._turn.wait()
        except TimeoutError as exc:
            if self._future.cancel():
                raise ServerBusyError from exc

    async def result(self) -> T:
        return await asyncio.wrap_future(self._future)

    def withdraw(self) -> None:
        """Take back work that no thread has begun."""
        self._future.cancel()

    async def outcome(self, patience_s: float) -> T:
        """What comes of the work; withdrawn when nobody waits for it any more. Raises as `wait_turn`."""
        try:
            await self.wait_turn(patience_s)
            return await self.result()
        finally:
            self.withdraw()


class Desk:
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
        self.provider = provider
        self.watchers: Sequence[Watcher] = ()  # hear how each answer went
        self.admit: Callable[[Principal], None] | None = None  # raises where whoever asks has asked enough
        self._ledger = ledger
        self.sessions = sessions if sessions is not None else SessionStore()
        bounds = bounds or Bounds()
        self._patience_s, self._deadline_s = bounds.patience_s, bounds.deadline_s
        self._closing = Closing()
        self.pool = FairPool(bounds.slots, bounds.waiting)

    @property
    def taken(self) -> int:
        """Places taken, by work in hand and work in line."""
        return self.pool.taken

    def refuse_if_draining(self) -> None:
        """Raise `ShuttingDown` where questions are taken no longer."""
        self._closing.refuse()

    def drain(self) -> None:
        """Take no more work; what is in hand goes on."""
        self._closing.drain()

    def close(self) -> None:
        """Take no more work, withdraw what has not begun, end every answer with `ShuttingDown`."""
        self._closing.close()
        self.pool.shutdown()

    async def ask(self, inquiry: Inquiry, session_id: str | None = None, *, kept: bool = True) -> Reply:
        """The whole answer; the turns before are those of the session, and `None` begins one.

        With `kept=False` no session is kept: the client sends the turns before, and they are the inquiry's own.

        Cancelling ends a model's reply within a second, as closing a stream does.

        Raises:
            AssistantError: the question, the session, the index or a model cannot be used.
            ServerBusyError: too many questions at a time.
        """
        ready = await self._check(inquiry, session_id, kept=kept)
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
        assistant = await asyncio.to_thread(self._assistant_for, inquiry)
        await self._admit(inquiry.principal)
        ticket = self._take_place(lambda: assistant.search(asked, limit=limit), asked)
        return await self._closing.unless_closed(ticket.outcome(self._patience_s)), assistant

    async def embed(self, texts: Sequence[str], *, as_queries: bool, principal: Principal | None = None) -> Vectors:
        """Vectors of texts by the model that the index was built with; takes a place as a question does.

        Raises:
            AssistantError: the index or the model cannot be used.
            ServerBusyError: too much at a time.
        """
        self._refuse_if_full(principal, heavy=True)
        assistant = await asyncio.to_thread(self.provider)
        await self._admit(principal)
        ticket = self._take_place(lambda: assistant.embed(texts, as_queries=as_queries), heavy=True)
        return await self._closing.unless_closed(ticket.outcome(self._patience_s))

    async def verify(self, text: str, as_of: date | None, rights: frozenset[str] | None = None) -> Review:
        """Every sentence of a text with its verdict; takes a place as a question does.

        Args:
            rights: labels that whoever asks holds; `None`: those this process was started with.

        Raises:
            AssistantError: the text or the index cannot be used.
            ServerBusyError: too much at a time.
        """
        began = time.perf_counter()
        words = clean_text(text)
        heavy = len(words) > HEAVY_CHARS
        self._refuse_if_full(None, heavy=heavy)
        assistant = await asyncio.to_thread(self.provider)
        ticket = self._take_place(lambda: assistant.verify(words, as_of=as_of, rights=rights), heavy=heavy)
        checked = await self._closing.unless_closed(ticket.outcome(self._patience_s))
        return Review(checked=checked, generation=assistant.generation, latency_ms=_since(began))

    async def stream(
        self, inquiry: Inquiry, session_id: str | None = None, *, kept: bool = True, answer_id: str | None = None
    ) -> AsyncGenerator[Piece, None]:
        """Check the inquiry, take a place, wait for a turn; then the answer comes in pieces, a `Reply` as the last.

        `kept` as `ask` has it; `answer_id` for whoever has to name the answer before it is there.

        Closing the generator, begun or not, ends the answer at its next piece, and a model that stalls within a
        second; so does dropping it.

        Raises:
            AssistantError: as `ask`; what only shows later is raised while reading.
        """
        ready = await self._check(inquiry, session_id, kept=kept, answer_id=answer_id)
        loop = asyncio.get_running_loop()
        arrived: asyncio.Queue[AnswerEvent | None] = asyncio.Queue()
        gone = Event()
        unwanted = self._unwanted(gone, ready)

        def put(event: AnswerEvent | None) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(arrived.put_nowait, event)

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
        """Drop a conversation of whoever asks."""
        self.sessions.forget(session_id, _owner(principal))

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
        self, inquiry: Inquiry, session_id: str | None, *, kept: bool, answer_id: str | None = None
    ) -> _Ready:
        began = time.perf_counter()
        question = clean_question(inquiry.question)
        self._refuse_if_full(inquiry.principal, heavy=len(question) > HEAVY_CHARS)
        owner = _owner(inquiry.principal)
        session = self.sessions.open(session_id, owner) if kept else Session(id="", owner=owner, turns=inquiry.history)
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
            watchers=self.watchers,
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
        self, ready: _Ready, arrived: asyncio.Queue[AnswerEvent | None], ticket: _Ticket[None]
    ) -> AsyncGenerator[Piece, None]:
        with self._closing.told(lambda: arrived.put_nowait(None)):
            while (event := await arrived.get()) is not None:
                if isinstance(event, DoneEvent):
                    yield self._settle(ready, event.answer)
                    return
                yield event
        if self._closing.closed:
            raise ShuttingDown
        await ticket.result()  # raises what the answer failed with
        raise AnswerTimeout if ready.too_long(self._deadline_s) else StreamBrokenError

    def _unwanted(self, gone: Event, ready: _Ready) -> Callable[[], bool]:
        return lambda: gone.is_set() or self._closing.closed or ready.too_long(self._deadline_s)

    def _settle(self, ready: _Ready, answer: Answer) -> Reply:
        session = ready.session
        if session.id:  # the question is masked
            self.sessions.append(
                session.id,
                question=answer.question,
                answer=answer.text,
                documents=answer.documents,
                owner=session.owner,
            )
        return Reply(answer=answer, session_id=session.id, latency_ms=ready.latency_ms, id=ready.id)

    def _refuse_if_full(self, principal: Principal | None, *, heavy: bool) -> None:
        """Refuse before anything is spent on what would be refused later."""
        self._closing.refuse()
        self.pool.refuse_if_full(_counted(principal), heavy=heavy)

    def _take_place(self, work: Callable[[], T], inquiry: Inquiry | None = None, *, heavy: bool = False) -> _Ticket[T]:
        self._closing.refuse()
        loop = asyncio.get_running_loop()
        turn = asyncio.Event()
        context = copy_context()  # whose request it is, for the log

        def run() -> T:
            loop.call_soon_threadsafe(turn.set)
            return context.run(work)

        owner = _counted(inquiry.principal) if inquiry else ""
        heavy = heavy or (inquiry is not None and len(inquiry.question) > HEAVY_CHARS)
        return _Ticket(self.pool.submit(run, owner=owner, heavy=heavy), turn)
