"""A question on its way to the clauses that settle it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from assistant.schema.chunk import Chunk, ChunkId
from assistant.schema.document import DocumentMeta, LegalLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One turn of a conversation so far."""

    role: str  # "user" or "assistant"
    content: str
    documents: tuple[str, ...] = ()  # of a question: the ids of those that the answer to it rests on


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What whoever asks lets an answer rest on. Each choice narrows, none shows what may not be seen.

    `None` is no choice.
    """

    document_ids: frozenset[str] | None = None  # only these documents
    levels: frozenset[LegalLevel] | None = None  # only these 效力级别; a text whose level is not known falls out
    region: str | None = None  # no texts made for another region; those for the whole country stay
    as_of: date | None = None  # texts in force on that day; without it those in force today
    institution: str | None = None  # only clauses that name this institution, as people call it


@dataclass(frozen=True, slots=True, kw_only=True)
class LayTerms:
    """The policy terms that a table adds to what is searched, and the words searched without them."""

    terms: tuple[str, ...]
    own: str  # of `Query.search`
    own_last: str | None = None  # of `Query.last_turn`


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is searched. `standalone` is what the answer is about; `text` the last turn alone."""

    text: str
    standalone: str
    context: tuple[str, ...] = ()  # earlier user turns that still matter, oldest first
    turn_unsure: bool = False  # whether it goes on from the turns before could not be told for sure
    filters: Filters = Filters()
    versions: frozenset[str] = frozenset()  # texts no longer, or not yet, in force that the question is about
    outdated: frozenset[str] = frozenset()  # texts in force today that are not those of the day the question names
    addressee: tuple[str, ...] = ()  # how documents write the institution that was chosen
    pair: tuple[DocumentMeta, DocumentMeta] | None = None  # an older and a newer version to set side by side
    day: date | None = None  # the day that the question names, where it has chosen `versions`
    named: frozenset[str] = frozenset()  # documents that the question names: their clauses come first
    at_hand: frozenset[str] = (
        frozenset()
    )  # documents that the conversation is about: those of the answer before; they count unless it names its own
    search: str | None = None  # the words that are searched for `standalone`; `None`: these very words
    last_turn: str | None = None  # those for the last turn alone, where it leans on turns before: it says what is asked
    lay: LayTerms | None = None  # what `search` holds beyond the question's own words; `None`: nothing
    rewritten: str | None = None  # in policy terms, by a language model: searched beside `standalone`, never shown
    rights: frozenset[str] = frozenset()  # labels of documents that whoever asks may see

    @property
    def as_of(self) -> date | None:
        """The day chosen by whoever asks; `None` is today."""
        return self.filters.as_of

    @property
    def document_ids(self) -> frozenset[str] | None:
        """The documents chosen by whoever asks; `None` is all."""
        return self.filters.document_ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One line of a ranking. Scores compare only within one `retriever`."""

    chunk_id: ChunkId
    rank: int  # 1 is best, as in a TREC run file
    score: float  # higher is better; the Chroma adapter turns distances round
    retriever: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredSentence:
    """A sentence of an evidence clause with its own fused score."""

    chunk: Chunk
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A clause that an answer may rest on. `sentences` stand in the order of the text."""

    chunk: Chunk  # of kind CLAUSE
    rank: int
    score: float  # fused, comparable within one query
    sentences: tuple[ScoredSentence, ...]
    dense: float = 0.0  # best cosine of clause or sentence with the query, -1..1
    phrasing: float = 0.0  # best cosine with a question written for this clause; 0 where there are none
    treating: float = 0.0  # how far it treats the matter of the lay table that the question is like, 0..1


@dataclass(frozen=True, slots=True, kw_only=True)
class Treated:
    """Whether clauses treat the matters of the lay table that a question is like."""

    like: bool = False  # one of those that it is like
    likest: bool = False  # one of those that it is most like


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieved:
    """Everything a retrieval gives: the whole ranking of unit clauses and the best as evidence."""

    query: Query
    ranking: tuple[Hit, ...]  # clause chunks, every document searched, best first
    evidence: tuple[Evidence, ...]
    # Parts that did not answer: "dense", "rerank", "rewrite"; and what the library had to do without: "previous" (the
    # generation itself: the one before it answers), "chroma" (exact search instead), "lexical" (made anew).
    degraded: tuple[str, ...] = ()
    phrasing: float = 0.0  # best cosine with a question written for a clause; 0 where there are none
    treated: Treated = Treated()


class RetrievalMode(StrEnum):
    """How what an answer rests on was found."""

    HYBRID = "hybrid"  # by meaning and by words, as it is meant to be
    EXACT = "exact"  # the same, every vector compared instead of the approximate index
    PREVIOUS = "previous"  # in the generation before, because the one to be served is damaged
    LEXICAL = "lexical"  # by words alone


def mode_of(degraded: Collection[str]) -> RetrievalMode:
    """The mode that `Retrieved.degraded` amounts to: what costs the answer most comes first."""
    if "dense" in degraded:
        return RetrievalMode.LEXICAL
    if "previous" in degraded:
        return RetrievalMode.PREVIOUS
    return RetrievalMode.EXACT if "chroma" in degraded else RetrievalMode.HYBRID
