"""What comes back: sentences, each with the clause that proves it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from assistant.schema.document import LegalLevel, Span, Validity
from assistant.schema.retrieval import RetrievalMode, mode_of


class Modality(StrEnum):
    """How a clause binds its addressee."""

    PROHIBIT = "禁止"  # 严禁、不得、严防
    REQUIRE = "要求"  # 要、应当、必须
    ENCOURAGE = "鼓励"  # 鼓励、支持、积极、探索
    PERMIT = "允许"  # 可以、有权
    STATE = "载明"  # a statement of fact


class Outcome(StrEnum):
    """How far the library settles the question."""

    ANSWERED = "answered"
    PARTIAL = "partial"
    POSSIBLE = "possible"  # clauses may bear on it; nothing is claimed
    NOT_FOUND = "not_found"


class Why(StrEnum):
    """Why there is no answer, or only part of one."""

    OFF_TOPIC = "off_topic"
    ATTRIBUTE = "attribute_not_stated"
    YEAR = "other_year"
    REGION = "other_region"
    INSTITUTION = "institution_not_addressed"
    DOCUMENT = "document_not_held"
    MATTER = "matter_not_treated"
    ABOUT_ASSISTANT = "about_assistant"
    GREETING = "greeting"
    TASK = "task"
    HARMFUL = "harmful"
    EMPTY_LIBRARY = "empty_library"
    UNSURE = "nothing_confirmed"  # what was found does not seem to answer
    PLACE = "place_not_there"  # a clause that the question names
    WHICH = "which_document"  # the place named may be of several
    DECISION = "decision"  # what is asked is decided by people
    GAPS = "parts_not_stated"  # of several things asked some are stated
    RECORD = "record_alone"  # the text does not say it, the record of the library does
    UNPROVED = "unproved"  # what was found did not pass the proof


class Mode(StrEnum):
    """Who wrote the sentences."""

    EXTRACTIVE = "extractive"
    LLM = "llm"
    LLM_REPAIRED = "llm+repaired"


class Verdict(StrEnum):
    """What the proof of one citation found."""

    OK = "OK"
    NOT_FOUND = "NOT_FOUND"
    MISQUOTE = "MISQUOTE"
    NUMBER = "NUMBER"
    MODALITY = "MODALITY"
    SUBJECT = "SUBJECT"
    SUPERSEDED = "SUPERSEDED"
    UNSUPPORTED = "UNSUPPORTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A proven place. `quotes[i]` stands, line breaks apart, at `spans[i]` of the document."""

    number: int  # the n of [n] in the answer's text, from 1
    document_id: str
    document_title: str
    address: str  # of the unit clause
    heading: str | None
    clause_text: str  # the whole unit clause as a reader sees it
    quotes: tuple[str, ...]
    spans: tuple[Span, ...]
    validity: Validity
    verdict: Verdict = Verdict.OK
    legal_level: LegalLevel | None = None  # 效力级别 of the document

    @property
    def verified(self) -> bool:
        return self.verdict is Verdict.OK

    @property
    def clause_id(self) -> str:
        return f"{self.document_id}#{self.address}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One sentence of an answer and what it rests on."""

    text: str  # without [n]
    citations: tuple[int, ...]  # numbers of `Answer.citations`; empty only for words about the library itself
    modality: Modality | None = None
    quoted: bool = False  # the words are the document's own
    subject: str | None = None  # whom the sentence addresses


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedPolicy:
    """A pointer to a policy that a clause stands beside. Facts alone: no words of it are proved by this.

    Dates are as far as they are known: 2024, 2024-05 or 2024-05-06. `unverified` names the fields
    that nobody has checked against a source.
    """

    id: str
    title: str
    kind: str  # 法律, 行政法规, 部门规章, 规范性文件, 活动, …
    document_number: str | None
    issuer: str | None
    issued: str | None
    effective: str | None
    status: str
    status_detail: str | None
    official_url: str | None
    official_site: str | None  # whose page it is
    why: str
    note: str | None
    named: bool  # the clause itself names it
    clauses: tuple[str, ...]  # of the document it relates to: （十）, 序言
    unverified: tuple[str, ...] = ()
    citations: tuple[int, ...] = ()  # numbers of `Answer.citations` beside which it stands
    document_id: str | None = None  # of the library's own text of it, where it holds one


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainVersion:
    """口语版: the statements of an answer, each in plain words or, where those say something else, in its own."""

    text: str  # what the user reads, with the answer's [n]
    statements: tuple[Statement, ...]  # one for each statement of the answer, in its order
    reworded: int  # how many of them a model put into plain words
    prompt_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The reply to one question."""

    question: str
    standalone_question: str  # what was searched and answered, follow-ups filled in
    outcome: Outcome
    mode: Mode
    text: str  # what the user reads, with [n]; no source list
    statements: tuple[Statement, ...]
    citations: tuple[Citation, ...]
    follows: bool = False  # it was read as going on from the turns before
    follows_unsure: bool = False  # that could not be told for sure: it may be asked again the other way
    nearest: tuple[Citation, ...] = ()  # without an answer: the nearest clause, or up to three that may bear on it
    notices: tuple[str, ...] = ()  # 语言模型暂不可用… and the like, in Chinese
    generation: str = ""  # fingerprint of the index that answered
    degraded: tuple[str, ...] = ()
    ranked_clauses: tuple[str, ...] = ()  # document_id#address of every unit clause, best first
    related: tuple[RelatedPolicy, ...] = ()  # pointers beside the cited clauses
    confidence: float | None = None  # probability that the answer rests on the right clause; None: not estimated
    prompt_version: str | None = None  # of the prompt that a model wrote from; None for an extractive answer
    plain: PlainVersion | None = None  # only when it was asked for and a model is there
    why: str = ""  # why nothing, or only a part, or only something possible is said: a value of `Why`, or nothing

    @property
    def documents(self) -> tuple[str, ...]:
        """Ids of the documents that it rests on, each once."""
        return tuple(dict.fromkeys(citation.document_id for citation in self.citations))

    @property
    def retrieval_mode(self) -> RetrievalMode:
        """How what it rests on was found."""
        return mode_of(self.degraded)

    @property
    def refused(self) -> bool:
        """Whether no answer is given: nothing is stated of the clauses shown."""
        return self.outcome in (Outcome.POSSIBLE, Outcome.NOT_FOUND)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcesEvent:
    """First in a stream: the citations that the answer may use."""

    citations: tuple[Citation, ...]
    standalone_question: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeltaEvent:
    """A piece of the answer's text. All pieces joined are `Answer.text`."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneEvent:
    """Last in a stream: the whole answer."""

    answer: Answer


AnswerEvent = SourcesEvent | DeltaEvent | DoneEvent
