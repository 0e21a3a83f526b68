"""A question on its way to the clauses that settle it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from assistant.schema.chunk import Chunk, ChunkId


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One turn of a conversation so far."""

    role: str  # "user" or "assistant"
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is searched. `standalone` is what the answer is about; `text` the last turn alone."""

    text: str
    standalone: str
    context: tuple[str, ...] = ()  # earlier user turns that still matter, oldest first
    as_of: date | None = None  # the day asked about; None is today
    document_ids: frozenset[str] | None = None  # only these documents; None is all
    named: frozenset[str] = frozenset()  # documents that the question names: their clauses come first
    rewritten: str | None = None  # in policy terms, by a language model: searched beside `standalone`, never shown
    rights: frozenset[str] = frozenset()  # labels of documents that whoever asks may see


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieved:
    """Everything a retrieval gives: the whole ranking of unit clauses and the best as evidence."""

    query: Query
    ranking: tuple[Hit, ...]  # clause chunks, every document searched, best first
    evidence: tuple[Evidence, ...]
    degraded: tuple[str, ...] = ()  # parts that did not answer: "dense", "rerank", "rewrite"
