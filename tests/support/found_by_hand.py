"""A retrieval written by hand: every sentence of the sample texts with the score a test gives it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assistant.indexing.cut import cut
from assistant.schema.chunk import Chunk, ChunkKind
from assistant.schema.document import Document
from assistant.schema.retrieval import Evidence, Hit, Query, Retrieved, ScoredSentence

LOW = -2.0


def sentences(documents: Sequence[Document]) -> list[Chunk]:
    return [chunk for document in documents for chunk in cut(document) if chunk.kind is ChunkKind.SENTENCE]


def clause_of(documents: Sequence[Document], sentence: Chunk) -> Chunk:
    return next(chunk for document in documents for chunk in cut(document) if chunk.id == sentence.parent_id)


def found(question: str, documents: Sequence[Document], scores: Mapping[str, float]) -> Retrieved:
    """What a retriever would give, had it scored sentences so: those that hold a key of `scores`, `LOW` for others."""

    def score(chunk: Chunk) -> float:
        return max((value for words, value in scores.items() if words in chunk.plain), default=LOW)

    clauses = [chunk for document in documents for chunk in cut(document) if chunk.kind is ChunkKind.CLAUSE]
    below = {c.id: [s for s in sentences(documents) if s.parent_id == c.id] for c in clauses}
    best = {c.id: max((score(s) for s in below[c.id]), default=LOW) for c in clauses}
    ordered = sorted(clauses, key=lambda c: (-best[c.id], c.id))
    return Retrieved(
        query=Query(text=question, standalone=question),
        ranking=tuple(
            Hit(chunk_id=c.id, rank=n, score=best[c.id], retriever="hand") for n, c in enumerate(ordered, start=1)
        ),
        evidence=tuple(
            Evidence(
                chunk=c,
                rank=n,
                score=best[c.id],
                sentences=tuple(ScoredSentence(chunk=s, score=score(s)) for s in below[c.id]),
                dense=0.9,
            )
            for n, c in enumerate(ordered, start=1)
        ),
    )
