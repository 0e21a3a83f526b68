"""What a question asks of an opened index."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, Protocol

from assistant.models.protocols import Vectors
from assistant.schema.chunk import Chunk, ChunkId, ChunkKind
from assistant.schema.document import Document, DocumentMeta
from assistant.schema.retrieval import Hit


class DensePort(Protocol):
    def search(
        self, vector: Vectors, *, kind: ChunkKind, k: int, within: frozenset[str] | None = None
    ) -> list[Hit]: ...


class SparsePort(Protocol):
    def search(
        self,
        text: str,
        *,
        kind: ChunkKind,
        k: int,
        analyzer: Literal["words", "grams"],
        within: frozenset[str] | None = None,
    ) -> list[Hit]: ...
    def vocabulary(
        self, text: str, *, within: frozenset[str] | None = None
    ) -> tuple[tuple[str, ...], tuple[str, ...]]: ...
    def words(self, *, within: frozenset[str] | None = None) -> Iterable[str]: ...
    def narrowed(self, within: frozenset[str], chunks: Callable[[ChunkKind], Sequence[Chunk]]) -> SparsePort: ...
    def rarity(self, text: str, *, within: frozenset[str] | None = None) -> Mapping[str, float]: ...


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


class OpenedLibrary(LibraryPort, Protocol):
    """The same, with what it was built from."""

    @property
    def fingerprint(self) -> str: ...
    @property
    def embedder_id(self) -> str: ...
