"""Dense and lexical rankings of clauses and of their sentences, fused into one ranking of clauses."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Literal, Protocol

from assistant.errors import ModelError
from assistant.models.protocols import Embedder, Vectors
from assistant.retrieval.concepts import ConceptClauses, sureness
from assistant.retrieval.expand import Expander
from assistant.retrieval.filters import eligible
from assistant.retrieval.fusion import fuse, z_scores
from assistant.retrieval.phonetic import SoundAlikes, has_pinyin
from assistant.schema.chunk import Chunk, ChunkId, ChunkKind
from assistant.schema.document import Document, DocumentMeta
from assistant.schema.retrieval import Evidence, Hit, Query, Retrieved, ScoredSentence

_log = logging.getLogger(__name__)


class DensePort(Protocol):
    def search(self, vector: Vectors, *, kind: ChunkKind, k: int) -> list[Hit]: ...


class SparsePort(Protocol):
    def search(self, text: str, *, kind: ChunkKind, k: int, analyzer: Literal["words", "grams"]) -> list[Hit]: ...
    def vocabulary(self, text: str) -> tuple[tuple[str, ...], tuple[str, ...]]: ...
    def words(self) -> Iterable[str]: ...


class LibraryPort(Protocol):
    """What retrieval asks of an opened index."""

    @property
    def documents(self) -> tuple[DocumentMeta, ...]: ...
    @property
    def dense(self) -> DensePort: ...
    @property
    def sparse(self) -> SparsePort: ...
    def document(self, document_id: str) -> Document: ...
    def chunk(self, chunk_id: ChunkId) -> Chunk: ...
    def chunks(self, kind: ChunkKind) -> tuple[Chunk, ...]: ...
    def sentences_of(self, clause_chunk_id: ChunkId) -> tuple[Chunk, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """How much each ranking counts. Found on the development questions; docs/retrieval.md has the figures."""

    dense_clause: float = 0.8
    dense_sentence: float = 0.8
    grams_clause: float = 0.4
    grams_sentence: float = 0.6
    words_clause: float = 0.1
    words_sentence: float = 0.2
    concepts_sentence: float = 0.2  # … for the choice of sentences
    concepts: float = 1.2  # clauses that treat the matter of the colloquial table which is most like the question


@dataclass(frozen=True, slots=True)
class _Ranking:
    """The scores of one retriever by chunk id."""

    clauses: Mapping[str, float]
    sentences: Mapping[str, float]


class HybridRetriever:
    """Query → Retrieved.

    Args:
        clause_pool, sentence_pool: how many hits of each ranking are looked at. Documents are
            filtered after the search, because filtering inside Chroma costs a hundred times more.
    """

    def __init__(
        self,
        library: LibraryPort,
        embedder: Embedder,
        expander: Expander,
        *,
        weights: Weights | None = None,
        clause_pool: int = 200,
        sentence_pool: int = 400,
        evidence: int = 8,
    ) -> None:
        self._library = library
        self._embedder = embedder
        self._expander = expander
        self._weights = weights or Weights()
        self._pools = {ChunkKind.CLAUSE: clause_pool, ChunkKind.SENTENCE: sentence_pool}
        self._evidence = evidence
        self._sounds = SoundAlikes(library.sparse.words)

    def retrieve(self, query: Query, *, today: date) -> Retrieved:
        """The ranking of unit clauses for `query`, and the best as evidence.

        When the embedder fails, the lexical rankings go on alone and `degraded` says "dense".
        """
        started = time.perf_counter()
        allowed = eligible(self._library.documents, query, today=today)
        text = self.search_text(query)
        degraded: tuple[str, ...] = ()
        try:
            dense = self._dense(text, allowed)
        except ModelError as exc:
            _log.warning("dense retrieval is out: %s", exc.message)
            dense, degraded = _Ranking({}, {}), ("dense",)
        grams = self._lexical(text, "grams", allowed)
        words = self._lexical(text, "words", allowed)
        ranking, sentences = self._fuse(dense, grams, words, self._alike(query.standalone, allowed))
        ranking = _named_first(ranking, query.named)
        evidence = tuple(self._evidence_of(hit, sentences, dense) for hit in ranking[: self._evidence])
        _log.info("retrieved %d clauses in %.1f ms", len(ranking), 1000 * (time.perf_counter() - started))
        return Retrieved(query=query, ranking=tuple(ranking), evidence=evidence, degraded=degraded)

    def search_text(self, query: Query) -> str:
        """The words that are searched: the question on its own feet, policy terms for its lay words, and
        for pinyin and misspellings the words of the library that sound like them."""
        meant = self.meant(query.standalone)
        return " ".join((query.standalone, *meant, *self._expander.terms(" ".join((query.standalone, *meant)))))

    def meant(self, question: str) -> tuple[str, ...]:
        """Words of the library that the question spells by sound; empty for a question spelt as usual."""
        known, _ = self._library.sparse.vocabulary(question)
        return self._sounds.words_in(question) if not known or has_pinyin(question) else ()

    def treats_what_is_like(self, question: str, *, best: bool = False) -> bool:
        """Whether a clause treats one of the matters of the table that `question` is like, or the best of them."""
        return self._by_concept[ChunkKind.CLAUSE].treats(question, best=best)

    def _dense(self, text: str, allowed: frozenset[str]) -> _Ranking:
        vector = self._embedder.embed_queries([text])[0]

        def search(kind: ChunkKind, k: int) -> list[Hit]:
            return self._library.dense.search(vector, kind=kind, k=k)

        return self._ranking(search, allowed)

    def _lexical(self, text: str, analyzer: Literal["words", "grams"], allowed: frozenset[str]) -> _Ranking:
        def search(kind: ChunkKind, k: int) -> list[Hit]:
            return self._library.sparse.search(text, kind=kind, k=k, analyzer=analyzer)

        return self._ranking(search, allowed)

    def _ranking(self, search: Callable[[ChunkKind, int], list[Hit]], allowed: frozenset[str]) -> _Ranking:
        return _Ranking(*(self._allowed_scores(search, kind, allowed) for kind in ChunkKind))

    def _allowed_scores(
        self, search: Callable[[ChunkKind, int], list[Hit]], kind: ChunkKind, allowed: frozenset[str]
    ) -> dict[str, float]:
        """The scores of chunks that may be used; searched to the bottom when others fill the pool."""
        pool, everything = self._pools[kind], self._sizes[kind].total()
        enough = min(pool // 2, sum(self._sizes[kind][document] for document in allowed))
        for k in (pool, everything):
            hits = search(kind, k)
            kept: dict[str, float] = {hit.chunk_id: hit.score for hit in hits if _document_of(hit.chunk_id) in allowed}
            if len(kept) >= enough or len(hits) < k:
                break
        return kept

    @cached_property
    def _sizes(self) -> dict[ChunkKind, Counter[str]]:
        """How many chunks each document has."""
        return {kind: Counter(chunk.document_id for chunk in self._library.chunks(kind)) for kind in ChunkKind}

    def _alike(self, question: str, allowed: frozenset[str]) -> _Ranking:
        """Clauses and sentences by the matter of the table that they treat and `question` is like."""
        return _Ranking(*(self._by_concept[kind].scores(question, allowed) for kind in ChunkKind))

    @cached_property
    def _by_concept(self) -> dict[ChunkKind, ConceptClauses]:
        return {
            kind: ConceptClauses(self._expander.lines, {c.id: c.plain for c in self._library.chunks(kind)})
            for kind in ChunkKind
        }

    def _fuse(
        self, dense: _Ranking, grams: _Ranking, words: _Ranking, alike: _Ranking
    ) -> tuple[list[Hit], dict[str, float]]:
        """Clauses best first, and the fused score of every sentence seen."""
        w = self._weights
        sentences = sorted({*dense.sentences, *grams.sentences, *words.sentences, *alike.sentences})
        parts: list[tuple[float, Mapping[str, float], float | None]] = [
            (w.dense_sentence, dense.sentences, None),
            (w.grams_sentence, grams.sentences, 0.0),
            (w.words_sentence, words.sentences, 0.0),
        ]
        told = [*parts, (w.concepts_sentence * sureness(alike.sentences), alike.sentences, 0.0)]
        of_sentences = fuse([(weight, z_scores(s, sentences, missing=m)) for weight, s, m in told if s], sentences)
        best: list[tuple[float, Mapping[str, float], float | None]] = [
            (weight, _best_by_clause(s), m) for weight, s, m in parts
        ]
        clauses = sorted(
            {*dense.clauses, *grams.clauses, *words.clauses, *alike.clauses, *(c for _, s, _ in best for c in s)}
        )
        best += [
            (w.dense_clause, dense.clauses, None),
            (w.grams_clause, grams.clauses, 0.0),
            (w.words_clause, words.clauses, 0.0),
            (w.concepts * sureness(alike.clauses), alike.clauses, 0.0),
        ]
        of_clauses = fuse([(weight, z_scores(s, clauses, missing=m)) for weight, s, m in best if s], clauses)
        ordered = sorted(of_clauses, key=lambda c: (-of_clauses[c], c))
        hits = [
            Hit(chunk_id=ChunkId(c), rank=r, score=of_clauses[c], retriever="fused")
            for r, c in enumerate(ordered, start=1)
        ]
        return hits, of_sentences

    def _evidence_of(self, hit: Hit, sentences: Mapping[str, float], dense: _Ranking) -> Evidence:
        chunks = self._library.sentences_of(hit.chunk_id)
        floor = min(sentences.values(), default=0.0)
        cosines = [dense.clauses.get(hit.chunk_id, 0.0), *(dense.sentences.get(c.id, 0.0) for c in chunks)]
        return Evidence(
            chunk=self._library.chunk(hit.chunk_id),
            rank=hit.rank,
            score=hit.score,
            sentences=tuple(ScoredSentence(chunk=c, score=sentences.get(c.id, floor)) for c in chunks),
            dense=max(cosines),
        )


@dataclass(frozen=True, slots=True)
class Finder:
    """A retriever and the clock that tells what is in force.

    `as_langchain.ClauseRetriever` is the same for LangChain; importing LangChain takes a second, which
    a question asked in a terminal need not wait for.
    """

    hybrid: HybridRetriever
    today: Callable[[], date]

    def find(self, query: Query) -> Retrieved:
        """Everything the retrieval gives for `query` today."""
        return self.hybrid.retrieve(query, today=self.today())


def _named_first(ranking: list[Hit], named: frozenset[str]) -> list[Hit]:
    """`ranking` with the clauses of `named` documents before all others; scores stay as they are."""
    if not named:
        return ranking
    ordered = sorted(ranking, key=lambda hit: _document_of(hit.chunk_id) not in named)
    return [replace(hit, rank=rank) for rank, hit in enumerate(ordered, start=1)]


def _document_of(chunk_id: str) -> str:
    return chunk_id.partition("#")[0]


def _clause_of(chunk_id: str) -> str:
    return chunk_id.rpartition("@")[0]


def _best_by_clause(sentences: Mapping[str, float]) -> dict[str, float]:
    """The best sentence score of each clause."""
    best: dict[str, float] = {}
    for chunk_id, score in sentences.items():
        clause = _clause_of(chunk_id)
        best[clause] = max(score, best.get(clause, score))
    return best
