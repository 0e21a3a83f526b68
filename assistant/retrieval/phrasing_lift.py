"""Questions written for clauses beforehand: how much a question like one of them lifts its clause and sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass

from assistant.indexing.dense_index import document_of
from assistant.retrieval.fusion import fuse, z_scores
from assistant.schema.chunk import Chunk

# Cosines of e5, two questions lie nearer to each other than a question and a passage: on the development sets
# by 0.02 where the phrasing's clause is right, by -0.015 where another document has the answer.
_SURELY_NEARER = 0.02  # above the best passage of a document without phrasings: they count in full
_AS_NEAR = 0.02  # below the best phrasing: no lift for a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class PhrasingWeights:
    """How much phrasings count. Found on the development questions; docs/retrieval.md has the figures."""

    dense: float = 0.8
    grams: float = 0.8
    sentence: float = 1.0  # the most that a sentence gains, in units of the fused sentence score

    @property
    def idle(self) -> bool:
        return not (self.dense or self.grams or self.sentence)


@dataclass(frozen=True, slots=True)
class Lift:
    """What is added to fused scores, by chunk id."""

    clauses: Mapping[str, float]
    sentences: Mapping[str, float]

    def within(self, documents: Set[str]) -> Lift:
        """What is added to clauses and sentences of `documents` alone."""
        kept = ({c: g for c, g in m.items() if document_of(c) in documents} for m in (self.clauses, self.sentences))
        return Lift(*kept)


NO_LIFT = Lift({}, {})


def lift(
    dense: Mapping[str, float],
    grams: Mapping[str, float],
    *,
    chunk_of: Callable[[str], Chunk],
    rival: float | None,
    weights: PhrasingWeights,
) -> Lift:
    """How far the phrasings that a question resembles lift their clauses and sentences.

    A clause counts by its best phrasing, z-scored among the clauses that have any, so clauses without
    phrasings stay where they are. Sentences gain at most `weights.sentence`: what chooses the
    sentences of an answer keeps its scale.

    Args:
        dense, grams: scores of phrasings by chunk id; `dense` is empty when the embedder is out.
        rival: best cosine of a passage in a document without phrasings, `None` when there is none. The
            question is such a document's when no phrasing comes nearer.
    """
    share = _share(dense, rival)
    if not share:
        return NO_LIFT
    of_dense, of_grams = _best(dense, chunk_of), _best(grams, chunk_of)
    clauses = sorted({*of_dense, *of_grams})
    parts = ((weights.dense, of_dense, None), (weights.grams, of_grams, 0.0))
    fused = fuse([(share * w, z_scores(s, clauses, missing=m)) for w, s, m in parts if s], clauses)
    return Lift(fused, _of_sentences(dense, chunk_of, share * weights.sentence))


def _share(dense: Mapping[str, float], rival: float | None) -> float:
    """0..1: how surely the question is one for the documents that have phrasings."""
    if rival is None:
        return 1.0
    return min(max((max(dense.values(), default=rival) - rival) / _SURELY_NEARER, 0.0), 1.0)


def _best(scores: Mapping[str, float], chunk_of: Callable[[str], Chunk]) -> dict[str, float]:
    """The best phrasing's score of each clause."""
    best: dict[str, float] = {}
    for chunk_id, score in scores.items():
        clause = str(chunk_of(chunk_id).parent_id)
        best[clause] = max(score, best.get(clause, score))
    return best


def _of_sentences(dense: Mapping[str, float], chunk_of: Callable[[str], Chunk], most: float) -> dict[str, float]:
    """Up to `most` for the sentence of the best phrasing, less for those whose phrasings come close to it."""
    nearest = max(dense.values(), default=0.0)
    found: dict[str, float] = {}
    for chunk_id, score in dense.items():
        gain = most * (1.0 - (nearest - score) / _AS_NEAR)
        phrasing = chunk_of(chunk_id)
        if gain > 0 and phrasing.answers != phrasing.parent_id:
            sentence = str(phrasing.answers)
            found[sentence] = max(gain, found.get(sentence, 0.0))
    return found
