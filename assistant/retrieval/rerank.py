"""The best clauses read again together with the question, by a model that sees both at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.models.protocols import CrossEncoder
from assistant.schema.chunk import Chunk, ChunkId
from assistant.schema.retrieval import Hit


@dataclass(frozen=True, slots=True, kw_only=True)
class Reranker:
    """Puts the first `top_k` hits into the order that a cross-encoder gives them."""

    encoder: CrossEncoder
    top_k: int

    def rerank(self, question: str, hits: Sequence[Hit], chunk_of: Callable[[ChunkId], Chunk]) -> list[Hit]:
        """`hits` with the first `top_k` in a new order; ties keep theirs.

        The scores stay where they were, best first: they are what the choice of sentences is
        calibrated to, and the numbers of a cross-encoder are on a scale of its own.

        Raises:
            ModelError: the cross-encoder did not do its work.
        """
        head, tail = list(hits[: self.top_k]), list(hits[self.top_k :])
        if len(head) < 2:
            return list(hits)
        scores = self.encoder.score(question, [chunk_of(hit.chunk_id).indexed_text for hit in head])
        order = sorted(range(len(head)), key=lambda n: (-scores[n], n))
        moved = [
            Hit(chunk_id=head[n].chunk_id, rank=place.rank, score=place.score, retriever="reranked")
            for n, place in zip(order, head, strict=True)
        ]
        return moved + tail
