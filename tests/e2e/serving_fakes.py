"""A small library and a scripted assistant, for tests of the doors."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date

import uvicorn
from starlette.types import ASGIApp

from assistant.errors import NotFoundError
from assistant.models.protocols import Vectors
from assistant.models.standins import HashingEmbedder
from assistant.proof.verifier import Checked, Verifier
from assistant.safety.input_gate import clean_question, clean_text
from assistant.schema.answer import (
    Answer,
    AnswerEvent,
    Citation,
    DeltaEvent,
    DoneEvent,
    Modality,
    Mode,
    Outcome,
    RelatedPolicy,
    SourcesEvent,
    Statement,
)
from assistant.schema.chunk import ChunkId
from assistant.schema.document import Clause, Document, DocumentKind, DocumentMeta, Level, Span, Validity
from assistant.schema.inquiry import Inquiry
from assistant.schema.retrieval import Hit, Query, Retrieved, Turn
from assistant.serving.limits.wire_protocol import Connections, WireLimits, guarded

TITLE = "关于2024年陕西银行业保险业服务小微企业高质量发展的通知"
_HEAD = "五、强化考核引领"
_SUB = "（十）落实无还本续贷政策。"
_BODY = (
    "各银行机构要主动对接到期贷款客户，对符合条件的小微企业给予续贷支持，\n不得盲目抽贷、断贷、压贷。"
    "鼓励提前开展续贷审查，合理确定续贷条件。"
)
TEXT = f"{TITLE}\n\n{_HEAD}\n\n{_SUB}\n\n{_BODY}\n"
QUOTE = "对符合条件的小微企业给予续贷支持，不得盲目抽贷、断贷、压贷。"
ANSWER_TEXT = "各银行机构要对符合条件的小微企业给予续贷支持，不得盲目抽贷、断贷、压贷。[1]"


def _clause(
    address: str, level: Level, text: str, *, until: str | None = None, children: tuple[Clause, ...] = ()
) -> Clause:
    start = TEXT.index(text)
    end = TEXT.index(until) + len(until) if until else start + len(text)
    return Clause(
        address=address,
        level=level,
        span=Span(start, end),
        text=TEXT[start:end],
        heading="落实无还本续贷政策" if level is Level.HEADING_2 else None,
        children=children,
    )


def small_document() -> Document:
    """A notice with one heading, one clause and one paragraph."""
    label = _clause("五、（十）", Level.LABEL, _SUB)
    paragraph = _clause("五、（十）第一段", Level.PARAGRAPH, _BODY)
    second = _clause("五、（十）", Level.HEADING_2, _SUB, until=_BODY, children=(label, paragraph))
    first_label = _clause("五、", Level.LABEL, _HEAD)
    first = _clause("五、", Level.HEADING_1, _HEAD, until=_BODY, children=(first_label, second))
    meta = DocumentMeta(
        id="notice_2024_shaanxi",
        title=TITLE,
        kind=DocumentKind.NOTICE,
        validity=Validity.ANNUAL,
        year=2024,
        issued_on=date(2024, 4, 30),
    )
    return Document(meta=meta, text=TEXT, clauses=(first,))


def small_citation() -> Citation:
    """A proven citation of the small document."""
    start = TEXT.index("对符合条件的")
    return Citation(
        number=1,
        document_id="notice_2024_shaanxi",
        document_title=TITLE,
        address="五、（十）",
        heading="落实无还本续贷政策",
        clause_text=f"{_SUB}\n{_BODY}",
        quotes=(QUOTE,),
        spans=(Span(start, start + len(QUOTE) + 1),),
        validity=Validity.ANNUAL,
    )


def small_related(citations: tuple[int, ...] = ()) -> RelatedPolicy:
    """A policy beside the clause of the small document."""
    return RelatedPolicy(
        id="xudai",
        title="关于做好续贷工作的通知",
        kind="规范性文件",
        document_number="某规〔2024〕3号",
        issuer="某监管局",
        issued="2024-09",
        effective=None,
        status="现行有效",
        status_detail=None,
        official_url="https://www.example.gov.cn/a?b=1&c=2",
        official_site="发布机关",
        why="续贷新规",
        note=None,
        named=False,
        clauses=("（十）",),
        unverified=("status",),
        citations=citations,
    )


def answered(question: str, standalone: str | None = None) -> Answer:
    """The answer that the scripted assistant gives."""
    return Answer(
        question=question,
        standalone_question=standalone or question,
        follows=standalone is not None,
        outcome=Outcome.ANSWERED,
        mode=Mode.EXTRACTIVE,
        text=ANSWER_TEXT,
        statements=(
            Statement(
                text=ANSWER_TEXT.removesuffix("[1]"), citations=(1,), modality=Modality.REQUIRE, subject="各银行机构"
            ),
        ),
        citations=(small_citation(),),
        generation="fake-generation",
        related=(small_related((1,)),),
    )


def refused(question: str) -> Answer:
    """A refusal with its nearest clause."""
    return replace(
        answered(question),
        outcome=Outcome.NOT_FOUND,
        text="本库未载明：在所收录的文件中没有找到与所问事项对应的条款。",
        statements=(),
        citations=(),
        related=(),
        nearest=(small_citation(),),
        notices=("已检索全部 1 份文件。",),
    )


@dataclass
class FakeAssistant:
    """Answers by script and keeps what it was asked.

    `fault` is raised instead of an answer, or amid a stream after its first piece. `hold`, when
    cleared, keeps answers back until it is set.
    """

    answer: Answer | None = None
    fault: Exception | None = None
    endless: bool = False
    quick: bool = False  # endless as fast as can be, and in large pieces
    hold: threading.Event = field(default_factory=threading.Event)
    asked: list[Inquiry] = field(default_factory=list)
    sought: list[Inquiry] = field(default_factory=list)
    tried: list[Inquiry] = field(default_factory=list)  # asked for the sample questions, by nobody
    stopped: threading.Event = field(default_factory=threading.Event)  # a stream was closed before its end

    def __post_init__(self) -> None:
        self.hold.set()

    @property
    def generation(self) -> str:
        return "fake-generation"

    @property
    def degraded(self) -> tuple[str, ...]:
        return ()

    @property
    def embedder_id(self) -> str:
        return "fake-embedder"

    @property
    def llm_id(self) -> str | None:
        return None

    @property
    def plain_writer(self) -> None:
        return None

    def ask(self, inquiry: Inquiry) -> Answer:
        question = clean_question(inquiry.question)
        (self.asked if inquiry.use_llm else self.tried).append(inquiry)
        self.hold.wait(20)
        if self.fault is not None:
            raise self.fault
        return self._answer(question, () if inquiry.follows is False else inquiry.history)

    def stream(self, inquiry: Inquiry) -> Iterator[AnswerEvent]:
        question = clean_question(inquiry.question)
        self.asked.append(inquiry)
        whole = False
        try:
            answer = self._answer(question, () if inquiry.follows is False else inquiry.history)
            yield SourcesEvent(citations=answer.citations, standalone_question=answer.standalone_question)
            if self.fault is not None:
                raise self.fault
            while self.endless:
                threading.Event().wait(0.001 if self.quick else 0.01)
                yield DeltaEvent(text="各银行机构" * (2000 if self.quick else 1))
            self.hold.wait(20)
            for start in range(0, len(answer.text), 12):
                yield DeltaEvent(text=answer.text[start : start + 12])
            whole = True
            yield DoneEvent(answer=answer)
        finally:
            if not whole:
                self.stopped.set()

    def verify(
        self, text: str, *, as_of: date | None = None, rights: frozenset[str] | None = None
    ) -> tuple[Checked, ...]:
        self.hold.wait(20)
        if self.fault is not None:
            raise self.fault
        document = small_document()
        return Verifier([document.meta], lambda _: document, today=lambda: date(2024, 6, 1)).check_text(
            clean_text(text), as_of=as_of
        )

    def _answer(self, question: str, history: Sequence[Turn]) -> Answer:
        if self.answer is not None:
            return replace(self.answer, question=question)
        if "彩票" in question:
            return refused(question)
        return answered(question, f"关于续贷：{question}" if history else None)

    def search(self, inquiry: Inquiry, *, limit: int = 10) -> Retrieved:
        self.sought.append(inquiry)
        question = inquiry.question
        if self.fault is not None:
            raise self.fault
        hit = Hit(chunk_id=ChunkId("notice_2024_shaanxi#五、（十）"), rank=1, score=1.25, retriever="fused")
        return Retrieved(query=Query(text=question, standalone=question), ranking=(hit,)[:limit], evidence=())

    def embed(self, texts: Sequence[str], *, as_queries: bool) -> Vectors:
        return HashingEmbedder(8).embed_queries(texts)

    def documents(self, rights: frozenset[str] | None = None) -> tuple[DocumentMeta, ...]:
        return (small_document().meta,)

    def hidden(self, rights: frozenset[str] | None = None) -> tuple[DocumentMeta, ...]:
        return ()

    def document(self, document_id: str, rights: frozenset[str] | None = None) -> Document:
        if document_id != "notice_2024_shaanxi":
            raise NotFoundError("本库没有这份文件，请先查阅文件清单。")
        return small_document()

    def related_to(
        self, document_id: str, address: str, rights: frozenset[str] | None = None
    ) -> tuple[RelatedPolicy, ...]:
        return (small_related(),) if (document_id, address) == ("notice_2024_shaanxi", "五、（十）") else ()


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether it comes true within a minute."""
    deadline = time.monotonic() + 60
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


@contextmanager
def serving(app: ASGIApp, *, wire: WireLimits | None = None, connections: Connections | None = None) -> Iterator[str]:
    """A real server on a free port of this machine, reading connections as ours does; gives its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        http=guarded(wire or WireLimits(), connections or Connections()),
        log_level="critical",
        access_log=False,
        timeout_graceful_shutdown=2,
        ws="none",
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        while not server.started:
            if not thread.is_alive():
                raise RuntimeError("the server did not start")
            threading.Event().wait(0.02)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(15)
        listener.close()
