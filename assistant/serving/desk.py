"""The one desk behind all doors: sessions, a bounded number of answers at a time, cancellation.

API and chat page both come here, so no door can be used to get round the limits of another.
Every answer is made by one thread from beginning to end; the event loop only passes it on.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from threading import Event, Lock
from typing import Generic, TypeVar

from assistant.errors import Abandoned, AssistantError, NotFoundError
from assistant.models.giving_up import given_up_when
from assistant.models.protocols import Vectors
from assistant.proof.verifier import Checked
from assistant.safety.input_gate import clean_question, clean_text
from assistant.safety.personal.screening import screen
from assistant.schema.answer import Answer, AnswerEvent, DeltaEvent, DoneEvent, SourcesEvent
from assistant.schema.inquiry import Inquiry
from assistant.schema.principal import Principal
from assistant.schema.retrieval import Retrieved
from assistant.serving.ledger import Given, Ledger
from assistant.serving.ports import Assistant, AssistantProvider
from assistant.serving.sessions import Session, SessionNotFoundError, SessionStore

T = TypeVar("T")


class ServerBusyError(AssistantError):
    """More questions at a time than this process takes."""

    code = "busy"

    def __init__(self) -> None:
        super().__init__("当前提问人数较多，请稍候几秒再试。")


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

    @property
    def latency_ms(self) -> float:
        return round((time.perf_counter() - self.began) * 1000, 1)

    def ask(self, unwanted: Callable[[], bool]) -> Answer:
        with given_up_when(unwanted):
            answer = self.assistant.ask(self.inquiry)
        self._record(answer)
        return answer

    def pump(self, put: Callable[[AnswerEvent | None], None], unwanted: Callable[[], bool]) -> None:
        """Hand every event to `put`, and `None` at the end, until it is `unwanted`."""
        events = self.assistant.stream(self.inquiry)
        try:
            with given_up_when(unwanted), suppress(Abandoned):  # nobody is left to be told
                for event in events:
                    if unwanted():
                        break
                    if isinstance(event, DoneEvent):
                        self._record(event.answer)
                    put(event)
        finally:
            # A generator stops its own upstream here, before the place at the desk is given back.
            close = getattr(events, "close", None)
            if close is not None:
                close()
            put(None)

    def _record(self, answer: Answer) -> None:
        """Put the answer into the ledger; here, in the thread that made it, so that nobody else waits."""
        if self.ledger is not None:
            given = Given(
                id=self.id,
                inquiry=self.inquiry,
                answer=answer,
                session_id=self.session.id,
                latency_ms=self.latency_ms,
            )
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


class Desk:
    """Answers inquiries, `slots` at a time; `waiting` more may stand in line for `patience_s`.

    With a ledger no answer is given whole before it is recorded.
    """

    def __init__(
        self,
        provider: AssistantProvider,
        *,
        sessions: SessionStore | None = None,
        slots: int = 4,
        waiting: int = 32,
        patience_s: float = 20.0,
        ledger: Ledger | None = None,
    ) -> None:
        self.provider = provider
        self.admit: Callable[[Principal], None] | None = None  # raises where whoever asks has asked enough
        self._ledger = ledger
        self.sessions = sessions if sessions is not None else SessionStore()
        self._places = slots + waiting
        self._patience_s = patience_s
        self._taken = 0
        self._lock = Lock()
        self._closed = Event()
        self._pool = ThreadPoolExecutor(max_workers=slots, thread_name_prefix="desk")

    @property
    def taken(self) -> int:
        """Places taken, by work in hand and work in line."""
        with self._lock:
            return self._taken

    def close(self) -> None:
        """Take no more work, withdraw what has not begun, end streams at their next piece."""
        self._closed.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

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
        ticket = self._take_place(lambda: ready.ask(gone.is_set))
        try:
            await ticket.wait_turn(self._patience_s)
            return self._settle(ready, await ticket.result())
        finally:
            gone.set()
            ticket.withdraw()

    async def search(self, inquiry: Inquiry, limit: int) -> tuple[Retrieved, Assistant]:
        """The ranking alone, and the assistant that made it.

        Raises:
            AssistantError: as `ask`.
        """
        asked = replace(inquiry, question=clean_question(inquiry.question))
        await self._admit(inquiry)
        assistant = await asyncio.to_thread(self._assistant_for, inquiry)
        ticket = self._take_place(lambda: assistant.search(asked, limit=limit))
        await ticket.wait_turn(self._patience_s)
        return await ticket.result(), assistant

    async def embed(self, texts: Sequence[str], *, as_queries: bool) -> Vectors:
        """Vectors of texts by the model that the index was built with; takes a place as a question does.

        Raises:
            AssistantError: the index or the model cannot be used.
            ServerBusyError: too much at a time.
        """
        assistant = await asyncio.to_thread(self.provider)
        ticket = self._take_place(lambda: assistant.embed(texts, as_queries=as_queries))
        await ticket.wait_turn(self._patience_s)
        return await ticket.result()

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
        assistant = await asyncio.to_thread(self.provider)
        ticket = self._take_place(lambda: assistant.verify(words, as_of=as_of, rights=rights))
        await ticket.wait_turn(self._patience_s)
        checked = await ticket.result()
        latency_ms = round((time.perf_counter() - began) * 1000, 1)
        return Review(checked=checked, generation=assistant.generation, latency_ms=latency_ms)

    async def stream(
        self, inquiry: Inquiry, session_id: str | None = None, *, kept: bool = True, answer_id: str | None = None
    ) -> AsyncGenerator[Piece, None]:
        """Check the inquiry now; the answer then comes in pieces, a `Reply` as the last.

        `kept` as `ask` has it; `answer_id` for whoever has to name the answer before it is there.

        Closing the generator ends the answer at its next piece, and a model that stalls within a second.
        Nothing runs before the first piece is asked for, so a generator that nobody reads holds nothing.

        Raises:
            AssistantError: as `ask`; what only shows later is raised while reading.
        """
        ready = await self._check(inquiry, session_id, kept=kept, answer_id=answer_id)
        if self.taken >= self._places:
            raise ServerBusyError
        return self._pieces(ready)

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
        owner = _owner(inquiry.principal)
        session = self.sessions.open(session_id, owner) if kept else Session(id="", owner=owner, turns=inquiry.history)
        screen(question, session.turns)  # a password is refused before a place is taken; masking is the assistant's
        await self._admit(inquiry)
        return _Ready(
            inquiry=replace(inquiry, question=question, history=session.turns),
            session=session,
            assistant=await asyncio.to_thread(self._assistant_to_record, inquiry),
            began=began,
            ledger=self._ledger,
            id=answer_id or uuid.uuid4().hex,
        )

    async def _admit(self, inquiry: Inquiry) -> None:
        if self.admit is not None and inquiry.principal is not None:
            await asyncio.to_thread(self.admit, inquiry.principal)

    def _assistant_to_record(self, inquiry: Inquiry) -> Assistant:
        if self._ledger is not None:
            self._ledger.ready()
        return self._assistant_for(inquiry)

    def _assistant_for(self, inquiry: Inquiry) -> Assistant:
        assistant, chosen = self.provider(), inquiry.filters.document_ids
        if chosen is not None and not chosen <= {meta.id for meta in assistant.documents(inquiry.rights)}:
            raise NotFoundError("指定的文件不在本库中，请先查阅文件清单，再填写其中的编号。")
        return assistant

    async def _pieces(self, ready: _Ready) -> AsyncGenerator[Piece, None]:
        loop = asyncio.get_running_loop()
        arrived: asyncio.Queue[AnswerEvent | None] = asyncio.Queue()
        gone = Event()

        def put(event: AnswerEvent | None) -> None:
            loop.call_soon_threadsafe(arrived.put_nowait, event)

        def unwanted() -> bool:
            return gone.is_set() or self._closed.is_set()

        ticket = self._take_place(lambda: ready.pump(put, unwanted))
        try:
            await ticket.wait_turn(self._patience_s)
            while (event := await arrived.get()) is not None:
                if isinstance(event, DoneEvent):
                    yield self._settle(ready, event.answer)
                    return
                yield event
            await ticket.result()  # raises what the answer failed with
            raise StreamBrokenError
        finally:
            gone.set()
            ticket.withdraw()

    def _settle(self, ready: _Ready, answer: Answer) -> Reply:
        session = ready.session
        if session.id:  # the question is masked
            self.sessions.append(session.id, question=answer.question, answer=answer.text, owner=session.owner)
        return Reply(answer=answer, session_id=session.id, latency_ms=ready.latency_ms, id=ready.id)

    def _take_place(self, work: Callable[[], T]) -> _Ticket[T]:
        with self._lock:
            if self._taken >= self._places or self._closed.is_set():
                raise ServerBusyError
            self._taken += 1
        loop = asyncio.get_running_loop()
        turn = asyncio.Event()

        def run() -> T:
            loop.call_soon_threadsafe(turn.set)
            return work()

        future = self._pool.submit(run)
        future.add_done_callback(self._leave_place)  # also when withdrawn before it began
        return _Ticket(future, turn)

    def _leave_place(self, _: Future[T]) -> None:
        with self._lock:
            self._taken -= 1
