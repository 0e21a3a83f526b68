"""Rankings of clauses and of their sentences, fused into one ranking of clauses.

The ground is what every document gives by itself: how near a clause and its best sentence are by meaning, and how far
they share characters. Knowledge written beforehand (the lay table, phrasings) lifts clauses on top of it, but only of
documents that the ground has brought into play: no table pulls a question to another document.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Literal

import numpy as np

from assistant.corpus.view import addresses, eligible
from assistant.errors import ModelError
from assistant.indexing.dense_index import document_of
from assistant.indexing.ports import LibraryPort
from assistant.models.protocols import CosineScale, Embedder, Vectors, scale_of
from assistant.parsing.legal_level import level_of, statutes_among
from assistant.question.lay_words import Expander
from assistant.retrieval.concepts import ConceptClauses, ConceptMatcher, sureness
from assistant.retrieval.fusion import fuse, z_scores
from assistant.retrieval.phrasing_lift import NO_LIFT, Lift, PhrasingWeights, lift
from assistant.retrieval.rerank import Reranker
from assistant.schema.chunk import ChunkId, ChunkKind
from assistant.schema.document import DocumentMeta, LegalLevel
from assistant.schema.retrieval import Evidence, Hit, Query, Retrieved, ScoredSentence, Treated

_DIGITS = 6  # equal texts have equal scores whatever the order in which a library adds
_log = logging.getLogger(__name__)
_REWRITTEN_SHARE = 0.4  # of a question's wording by a language model; its own words always count for more


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingWeights:
    """How much each ranking counts. Found on the development questions; docs/retrieval.md has the figures."""

    dense_clause: float = 1.4
    dense_best: float = 1.2  # the best sentence of a clause, for the clause
    grams_clause: float = 0.7
    dense_sentence: float = 0.8
    grams_sentence: float = 0.6
    words_sentence: float = 0.2
    last_turn: float = 0.4  # of a follow-up's vector; the rest is the whole conversation's
    concepts_sentence: float = 0.2  # … for the choice of sentences
    concepts: float = 1.7  # the most that the matter of the lay table which is most like the question lifts a clause
    in_play: int = 10  # so many of the best clauses bring their documents into play
    nearest: float = 2.0  # for what an office was sent itself, against the statutes of the country beside it
    at_hand: float = 2.0  # for the documents of the answer before, while a conversation goes on
    phrasings: PhrasingWeights = field(default_factory=PhrasingWeights)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pools:
    """How many hits of each ranking are looked at, all of documents that may be used, and how many become evidence."""

    clauses: int = 600
    sentences: int = 1200
    phrasings: int = 400
    evidence: int = 8

    def of(self, kind: ChunkKind) -> int:
        """How many hits of a ranking of that kind."""
        sizes = {
            ChunkKind.CLAUSE: self.clauses,
            ChunkKind.SENTENCE: self.sentences,
            ChunkKind.PHRASING: self.phrasings,
        }
        return sizes[kind]


@dataclass(frozen=True, slots=True)
class _Ranking:
    """The scores of one retriever by chunk id."""

    clauses: Mapping[str, float]
    sentences: Mapping[str, float]
    phrasings: Mapping[str, float]

    def rescaled(self, scale: CosineScale) -> _Ranking:
        """With every cosine as the published model would give it."""
        kinds = (self.clauses, self.sentences, self.phrasings)
        return _Ranking(*({chunk: scale.published(cosine) for chunk, cosine in kind.items()} for kind in kinds))


_NOTHING = _Ranking({}, {}, {})
_Part = tuple[float, Mapping[str, float], float | None]  # weight, scores, the score of what the part has not seen


@dataclass(frozen=True, slots=True)
class _Fused:
    """The fused scores by chunk id."""

    clauses: Mapping[str, float]
    sentences: Mapping[str, float]

    def in_play(self, most: int) -> frozenset[str]:
        """The documents of the `most` best clauses."""
        best = sorted(self.clauses, key=lambda c: (-round(self.clauses[c], _DIGITS), c))[:most]
        return frozenset(map(document_of, best))

    def lifted(self, by: Lift) -> _Fused:
        """With what `by` adds; a clause found by it alone starts from the lowest score."""
        floor = min(self.clauses.values(), default=0.0)
        clauses = {**self.clauses, **{c: self.clauses.get(c, floor) + gain for c, gain in by.clauses.items()}}
        sentences = {s: score + by.sentences.get(s, 0.0) for s, score in self.sentences.items()}
        return _Fused(clauses, sentences)

    def raised(self, gain: float, wanted: Callable[[str], bool]) -> _Fused:
        """With `gain` for every clause and sentence of the documents that are `wanted`."""
        of_document = {c: document_of(c) for c in (*self.clauses, *self.sentences)}
        chosen = {document for document in set(of_document.values()) if wanted(document)}
        clauses, sentences = (
            {c: score + gain if of_document[c] in chosen else score for c, score in scores.items()}
            for scores in (self.clauses, self.sentences)
        )
        return _Fused(clauses, sentences)

    def mixed(self, other: _Fused, share: float) -> _Fused:
        """The weighted mean with the scores of the same question in other words; what one lacks is its lowest."""
        return _Fused(
            *(_mean(a, b, share) for a, b in ((self.clauses, other.clauses), (self.sentences, other.sentences)))
        )

    def ranking(self, order: Callable[[str], tuple[int, int, str]]) -> list[Hit]:
        """Clauses best first, those equally near by `order`."""
        ordered = sorted(self.clauses, key=lambda c: (-round(self.clauses[c], _DIGITS), *order(c)))
        return [
            Hit(chunk_id=ChunkId(c), rank=rank, score=self.clauses[c], retriever="fused")
            for rank, c in enumerate(ordered, start=1)
        ]


@dataclass(frozen=True, slots=True)
class _Scored:
    """Everything that one wording of a question gives."""

    fused: _Fused
    dense: _Ranking
    treating: Mapping[str, float]  # what the lay table lifted, by clause


class HybridRetriever:
    """Query → Retrieved.

    Args:
        expander: the lay table; its matters are compared with a question.
        reranker: reads the best clauses once more; without it the fused order stands.
    """

    def __init__(
        self,
        library: LibraryPort,
        embedder: Embedder,
        expander: Expander,
        *,
        weights: RankingWeights | None = None,
        reranker: Reranker | None = None,
        pools: Pools | None = None,
    ) -> None:
        self._library = library
        self._embedder = embedder
        self._expander = expander
        self._weights = weights or RankingWeights()
        self._reranker = reranker
        self._pools = pools or Pools()
        self._scale = scale_of(embedder)

    def retrieve(self, query: Query, *, today: date) -> Retrieved:
        """The ranking of unit clauses for `query`, and the best as evidence.

        When the embedder fails, the lexical rankings go on alone and `degraded` says "dense"; when the
        reranker fails, the fused order stands and `degraded` says "rerank". What the question is
        rewritten into counts beside its own words; how near the clauses are is told by its own alone.
        """
        started = time.perf_counter()
        allowed = eligible(self._library.documents, query, today=today)
        degraded: list[str] = [*getattr(self._library, "degraded", ())]
        scored = self._worded(query, allowed, degraded)
        fused, dense = scored.fused, scored.dense
        if query.rewritten:
            other = self._scored(query.rewritten, query.rewritten, allowed, degraded).fused
            fused = fused.mixed(other, _REWRITTEN_SHARE)
        ranking = self._reranked(query, self._addressed(fused.ranking(self._order), query), degraded)
        ranking = _named_first(ranking, query.named)
        scored = replace(scored, fused=fused)
        evidence = tuple(self._evidence_of(hit, scored) for hit in ranking[: self._pools.evidence])
        _log.info("retrieved %d clauses in %.1f ms", len(ranking), 1000 * (time.perf_counter() - started))
        return Retrieved(
            query=query,
            ranking=tuple(ranking),
            evidence=evidence,
            degraded=tuple(dict.fromkeys(degraded)),
            phrasing=max(dense.phrasings.values(), default=0.0),
        )

    def _worded(self, query: Query, allowed: frozenset[str], degraded: list[str]) -> _Scored:
        """The scores for the words searched: without the lay table's terms where they are those of other documents."""
        at_hand = query.at_hand if not query.named else frozenset()

        def scored(text: str, last: str | None) -> _Scored:
            return self._scored(query.standalone, text, allowed, degraded, last=last, at_hand=at_hand)

        if query.lay is not None:
            own = scored(query.lay.own, query.lay.own_last)
            if self._speaks_otherwise(own.fused.ranking(self._order), query.lay.terms):
                return own
        return scored(query.search or query.standalone, query.last_turn)

    def _speaks_otherwise(self, ranking: Sequence[Hit], terms: Sequence[str]) -> bool:
        """Whether the clause found first is of an office's own document, none of whose words are `terms`.

        The law of the whole country is no such document: it is like every question a little.
        """
        document = document_of(ranking[0].chunk_id) if ranking else None
        if document is None or document in self._statutes:
            return False
        text = self._library.document(document).text
        return not any(term in text for term in terms)

    def _scored(
        self,
        question: str,
        text: str,
        allowed: frozenset[str],
        degraded: list[str],
        *,
        last: str | None = None,
        at_hand: frozenset[str] = frozenset(),
    ) -> _Scored:
        """The scores for `question`, searched as `text`; what failed is added to `degraded`."""
        try:  # an embedder that has failed is not waited for again
            dense = _NOTHING if "dense" in degraded else self._dense(self._vector(text, last), allowed)
        except ModelError as exc:
            _log.warning("dense retrieval is out: %s", exc.message)
            degraded.append("dense")
            dense = _NOTHING
        grams = self._lexical(text, "grams", allowed)
        words = self._lexical(text, "words", allowed)
        alike = self._alike(question, allowed)
        ground = self._ground(dense, grams, words, alike)
        # What an office was sent says more of its own matters than the law of the whole country does, and a
        # conversation stays with a document more often than it leaves it.
        if self._statutes:
            ground = ground.raised(self._weights.nearest, lambda document: document not in self._statutes)
        if at_hand:
            ground = ground.raised(self._weights.at_hand, lambda document: document in at_hand)
        playing = ground.in_play(self._weights.in_play)
        treating = self._treating(alike, playing)
        fused = ground.lifted(treating).lifted(self._lift(dense, grams).within(playing))
        return _Scored(fused, dense, treating.clauses)

    def _treating(self, alike: _Ranking, playing: frozenset[str]) -> Lift:
        """What matters of the lay table add to clauses of documents in play: in full where they are treated most."""
        scores = {c: score for c, score in alike.clauses.items() if document_of(c) in playing and score > 0.0}
        most = max(scores.values(), default=1.0)
        gain = self._weights.concepts * sureness(alike.clauses)
        return Lift({c: gain * score / most for c, score in scores.items()}, {})

    def _reranked(self, query: Query, ranking: list[Hit], degraded: list[str]) -> list[Hit]:
        if self._reranker is None:
            return ranking
        try:
            return self._reranker.rerank(query.standalone, ranking, self._library.chunk)
        except ModelError as exc:
            _log.warning("reranking is out: %s", exc.message)
            degraded.append("rerank")
            return ranking

    def treats(self, question: str) -> Treated:
        """Whether a clause, whatever its document, treats a matter of the lay table that `question` is like."""
        matters = self._by_concept[ChunkKind.CLAUSE]
        like = matters.treats(question)
        return Treated(like=like, likest=like and matters.treats(question, best=True))

    def _vector(self, text: str, last: str | None) -> Vectors:
        """The direction between the whole conversation and its last turn; of `text` when there is no turn before."""
        if last is None:
            return np.asarray(self._embedder.embed_queries([text])[0], dtype=np.float32)
        whole, alone = self._embedder.embed_queries([text, last])
        between = (1 - self._weights.last_turn) * whole + self._weights.last_turn * alone
        return np.asarray(between / np.linalg.norm(between), dtype=np.float32)

    def _dense(self, vector: Vectors, allowed: frozenset[str]) -> _Ranking:
        def search(kind: ChunkKind, k: int) -> list[Hit]:
            return self._library.dense.search(vector, kind=kind, k=k, within=allowed)

        return self._ranking(search, phrasings=True).rescaled(self._scale)

    def _lexical(self, text: str, analyzer: Literal["words", "grams"], allowed: frozenset[str]) -> _Ranking:
        def search(kind: ChunkKind, k: int) -> list[Hit]:
            return self._library.sparse.search(text, kind=kind, k=k, analyzer=analyzer, within=allowed)

        return self._ranking(search, phrasings=analyzer == "grams")

    def _ranking(self, search: Callable[[ChunkKind, int], list[Hit]], *, phrasings: bool) -> _Ranking:
        def scores(kind: ChunkKind) -> dict[str, float]:
            return {hit.chunk_id: hit.score for hit in search(kind, self._pools.of(kind))}

        wanted = phrasings and not self._weights.phrasings.idle and bool(self._phrased)
        return _Ranking(
            clauses=scores(ChunkKind.CLAUSE),
            sentences=scores(ChunkKind.SENTENCE),
            phrasings=scores(ChunkKind.PHRASING) if wanted else {},
        )

    def _lift(self, dense: _Ranking, grams: _Ranking) -> Lift:
        """What phrasings add to the scores of clauses and sentences."""
        if not dense.phrasings and not grams.phrasings:
            return NO_LIFT
        others = [
            s
            for found in (dense.clauses, dense.sentences)
            for c, s in found.items()
            if document_of(c) not in self._phrased and document_of(c) not in self._statutes
        ]
        return lift(
            dense.phrasings,
            grams.phrasings,
            chunk_of=lambda chunk_id: self._library.chunk(ChunkId(chunk_id)),
            rival=max(others, default=None),
            weights=self._weights.phrasings,
        )

    @cached_property
    def _statutes(self) -> frozenset[str]:
        """The statutes of the country, where the library holds others as well."""
        return statutes_among(self._library.documents)

    @cached_property
    def _phrased(self) -> frozenset[str]:
        """The documents that have phrasings."""
        return frozenset(chunk.document_id for chunk in self._library.chunks(ChunkKind.PHRASING))

    def _alike(self, question: str, allowed: frozenset[str]) -> _Ranking:
        """Clauses and sentences by the matter of the table that they treat and `question` is like."""
        found = {kind: matters.scores(question, allowed) for kind, matters in self._by_concept.items()}
        return _Ranking(clauses=found[ChunkKind.CLAUSE], sentences=found[ChunkKind.SENTENCE], phrasings={})

    @cached_property
    def _by_concept(self) -> dict[ChunkKind, ConceptClauses]:
        matcher = ConceptMatcher(self._expander.lines)
        return {
            kind: ConceptClauses(matcher, {c.id: c.plain for c in self._library.chunks(kind)})
            for kind in (ChunkKind.CLAUSE, ChunkKind.SENTENCE)
        }

    def _ground(self, dense: _Ranking, grams: _Ranking, words: _Ranking, alike: _Ranking) -> _Fused:
        """The fused scores of every clause and every sentence seen, before anything is lifted."""
        w = self._weights
        of_sentences: list[_Part] = [
            (w.dense_sentence, dense.sentences, None),
            (w.grams_sentence, grams.sentences, 0.0),
            (w.words_sentence, words.sentences, 0.0),
            (w.concepts_sentence * sureness(alike.sentences), alike.sentences, 0.0),
        ]
        of_clauses: list[_Part] = [
            (w.dense_clause, dense.clauses, None),
            (w.dense_best, _best_by_clause(dense.sentences), None),
            (w.grams_clause, grams.clauses, 0.0),
        ]
        return _Fused(_sum(of_clauses), _sum(of_sentences))

    @cached_property
    def _order(self) -> Callable[[str], tuple[int, int, str]]:
        return _by_standing(self._library.documents)

    def _addressed(self, ranking: list[Hit], query: Query) -> list[Hit]:
        """The clauses of `ranking` that name the institution chosen."""
        if not query.addressee:
            return ranking
        kept = [hit for hit in ranking if addresses(self._library.chunk(hit.chunk_id).plain, query.addressee)]
        return [replace(hit, rank=rank) for rank, hit in enumerate(kept, start=1)]

    def _evidence_of(self, hit: Hit, scored: _Scored) -> Evidence:
        chunks, dense, sentences = self._library.sentences_of(hit.chunk_id), scored.dense, scored.fused.sentences
        floor = min(sentences.values(), default=0.0)
        cosines = [dense.clauses.get(hit.chunk_id, 0.0), *(dense.sentences.get(c.id, 0.0) for c in chunks)]
        own = (s for p, s in dense.phrasings.items() if self._library.chunk(ChunkId(p)).parent_id == hit.chunk_id)
        most = self._weights.concepts or 1.0
        return Evidence(
            chunk=self._library.chunk(hit.chunk_id),
            rank=hit.rank,
            score=hit.score,
            sentences=tuple(ScoredSentence(chunk=c, score=sentences.get(c.id, floor)) for c in chunks),
            dense=max(cosines),
            phrasing=max(own, default=0.0),
            treating=scored.treating.get(hit.chunk_id, 0.0) / most,
        )


def _by_standing(documents: Sequence[DocumentMeta]) -> Callable[[str], tuple[int, int, str]]:
    """Of clauses equally near, the one of the higher 效力级别 first, then of the later text, then by id; a text of no
    known level stands behind the others."""
    standing = {}
    for meta in documents:
        level = level_of(meta)
        days = [day.toordinal() for day in (meta.issued_on, meta.effective_on) if day]
        standing[meta.id] = (level.order if level else len(LegalLevel), max(days, default=0))

    def order(clause_id: str) -> tuple[int, int, str]:
        level, day = standing.get(document_of(clause_id), (len(LegalLevel), 0))
        return level, -day, clause_id

    return order


def _named_first(ranking: list[Hit], named: frozenset[str]) -> list[Hit]:
    """`ranking` with the clauses of `named` documents before all others; scores stay as they are."""
    if not named:
        return ranking
    ordered = sorted(ranking, key=lambda hit: document_of(hit.chunk_id) not in named)
    return [replace(hit, rank=rank) for rank, hit in enumerate(ordered, start=1)]


def _sum(parts: Sequence[_Part]) -> dict[str, float]:
    """The weighted sum of z-scores over everything that any part has seen."""
    seen = sorted({key for _, scores, _ in parts for key in scores})
    return fuse([(weight, z_scores(scores, seen, missing=m)) for weight, scores, m in parts if scores], seen)


def _mean(one: Mapping[str, float], other: Mapping[str, float], share: float) -> dict[str, float]:
    """The weighted mean of two fused scores; what stands in one alone has the other's lowest."""
    if not other:
        return dict(one)
    floors = [min(scores.values(), default=0.0) for scores in (one, other)]
    return {
        key: (1 - share) * one.get(key, floors[0]) + share * other.get(key, floors[1]) for key in sorted({*one, *other})
    }


def _clause_of(chunk_id: str) -> str:
    return chunk_id.rpartition("@")[0]


def _best_by_clause(sentences: Mapping[str, float]) -> dict[str, float]:
    """The best sentence score of each clause."""
    best: dict[str, float] = {}
    for chunk_id, score in sentences.items():
        clause = _clause_of(chunk_id)
        best[clause] = max(score, best.get(clause, score))
    return best
