"""An index that lives in memory, for tests of what comes after it."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.errors import NotFoundError
from assistant.indexing.cut import cut
from assistant.indexing.dense_index import ExactDenseIndex
from assistant.indexing.phrasing_chunks import tie
from assistant.indexing.sparse_index import SparseIndex
from assistant.models.protocols import Embedder
from assistant.schema.chunk import Chunk, ChunkId, ChunkKind, Phrasing
from assistant.schema.document import Document, DocumentMeta
from assistant.text.segment import Segmenter, policy_terms


class MemoryLibrary:
    """The documents given, indexed at once."""

    fingerprint = "memory"

    def __init__(
        self, documents: Sequence[Document], embedder: Embedder, *, phrasings: Sequence[Phrasing] = ()
    ) -> None:
        self._documents = {d.id: d for d in documents}
        chunks: list[Chunk] = []
        for d in documents:
            chunks += (*cut(d), *tie(cut(d), [p for p in phrasings if p.document_id == d.id]))
        self._chunks = {c.id: c for c in chunks}
        segmenter = Segmenter(policy_terms())
        vectors = {}
        for kind in ChunkKind:
            own = [c for c in chunks if c.kind is kind]
            vectors[kind] = (tuple(c.id for c in own), embedder.embed_documents([c.indexed_text for c in own]))
        self.dense = ExactDenseIndex(vectors, dimension=embedder.dimension)
        self.sparse = SparseIndex.build(chunks, segmenter=segmenter)
        self.embedder_id = embedder.id
        self.degraded: tuple[str, ...] = ()

    @property
    def documents(self) -> tuple[DocumentMeta, ...]:
        return tuple(d.meta for d in self._documents.values())

    def document(self, document_id: str) -> Document:
        if document_id not in self._documents:
            raise NotFoundError("没有这份文件")
        return self._documents[document_id]

    def chunk(self, chunk_id: ChunkId) -> Chunk:
        return self._chunks[chunk_id]

    def chunks(self, kind: ChunkKind) -> tuple[Chunk, ...]:
        return tuple(c for c in self._chunks.values() if c.kind is kind)

    def sentences_of(self, clause_chunk_id: ChunkId) -> tuple[Chunk, ...]:
        return tuple(c for c in self.chunks(ChunkKind.SENTENCE) if c.parent_id == clause_chunk_id)

    def close(self) -> None:
        """Nothing to close."""
