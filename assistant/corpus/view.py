"""The library as whoever asks may see it, and which of its documents a question may rest on.

A document bears labels (`DocumentMeta.access`). For whoever lacks one of them it is not in the library: not in
lists and counts, not by its title, not in the words that the library is said to use.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Literal

from assistant.errors import NotFoundError
from assistant.indexing.dense_index import document_of
from assistant.indexing.ports import DensePort, LibraryPort, SparsePort
from assistant.models.protocols import Vectors
from assistant.parsing.legal_level import level_of, statutes_among
from assistant.schema.chunk import Chunk, ChunkId, ChunkKind
from assistant.schema.document import Document, DocumentMeta
from assistant.schema.retrieval import Filters, Hit, Query

# The question is about versions themselves, so the old ones take part.
_ABOUT_VERSIONS = re.compile(
    r"废止|失效|旧版|旧法|老版|修订前|修改前|原来的|以前的|哪一?版|还有效|还管用|还能用|现行|新旧|对比|变化"
)
_REGION_END = re.compile(r"(?:省|市|(?:回族|维吾尔|壮族)?自治区|特别行政区)$")


class LibraryView:
    """An opened library without the documents that holders of `rights` may not see; itself a `LibraryPort`.

    Args:
        without: ids of documents that are left out besides.
        weighed: the word index of everything that holders of `rights` may see, where it has been made.
    """

    def __init__(
        self,
        library: LibraryPort,
        rights: frozenset[str],
        *,
        without: frozenset[str] = frozenset(),
        weighed: SparsePort | None = None,
    ) -> None:
        self.rights = rights
        self.shown = tuple(meta for meta in library.documents if meta.visible(rights))
        self.documents = tuple(meta for meta in self.shown if meta.id not in without)
        self._library = library
        self._ids = frozenset(meta.id for meta in self.documents)
        self._whole = len(self.documents) == len(library.documents)
        self._given = weighed

    @property
    def degraded(self) -> tuple[str, ...]:
        """What the library has to do without."""
        found: tuple[str, ...] = getattr(self._library, "degraded", ())
        return found

    @cached_property
    def dense(self) -> DensePort:
        return self._library.dense if self._whole else _SeenDense(self._library.dense, self._ids)

    @cached_property
    def sparse(self) -> SparsePort:
        return self._weighed if len(self.shown) == len(self.documents) else _SeenSparse(self._weighed, self._ids)

    @cached_property
    def _weighed(self) -> SparsePort:
        """The word index, weighed by what may be seen alone: no score tells of anything else."""
        if self._given is not None or len(self.shown) == len(self._library.documents):
            return self._given or self._library.sparse
        shown = frozenset(meta.id for meta in self.shown)
        return self._library.sparse.narrowed(
            shown, lambda kind: [c for c in self._library.chunks(kind) if c.document_id in shown]
        )

    def document(self, document_id: str) -> Document:
        """One document with its clause tree.

        Raises:
            NotFoundError: the library does not hold it, or it may not be seen: no one can tell which.
        """
        if document_id not in self._ids:
            raise NotFoundError("文件库中没有这份文件，请先查看文件列表。")
        return self._library.document(document_id)

    def chunk(self, chunk_id: ChunkId) -> Chunk:
        """The chunk of that id.

        Raises:
            NotFoundError: there is none in a document that may be seen.
        """
        if document_of(chunk_id) not in self._ids:
            raise NotFoundError("文件库中没有这一条，请重新检索后再打开。")
        return self._library.chunk(chunk_id)

    def chunks(self, kind: ChunkKind) -> tuple[Chunk, ...]:
        """Every chunk of `kind`, in the order of the corpus."""
        return self._library.chunks(kind) if self._whole else self._chunks[kind]

    def sentences_of(self, clause_chunk_id: ChunkId) -> tuple[Chunk, ...]:
        """The sentences of a clause chunk, in the order of the text."""
        seen = document_of(clause_chunk_id) in self._ids
        return self._library.sentences_of(clause_chunk_id) if seen else ()

    @cached_property
    def hidden(self) -> tuple[DocumentMeta, ...]:
        """What is held and may not be seen: by it one knows what else has to be kept back."""
        return tuple(meta for meta in self._library.documents if not meta.visible(self.rights))

    def eligible(self, query: Query, *, today: date) -> frozenset[str]:
        """The ids of the documents that `query` may rest on."""
        return eligible(self.documents, query, today=today)

    @cached_property
    def nearest(self) -> LibraryView | None:
        """The same without the statutes of the country, where it holds both these and other documents.

        What an office was sent says more of its own matters than the law of the whole country does.
        """
        statutes = statutes_among(self.documents)
        if not statutes:
            return None
        return LibraryView(self._library, self.rights, without=statutes, weighed=self._weighed)

    @cached_property
    def _chunks(self) -> dict[ChunkKind, tuple[Chunk, ...]]:
        return {kind: tuple(c for c in self._library.chunks(kind) if c.document_id in self._ids) for kind in ChunkKind}


class Views:
    """Rights → LibraryView, each made once. Rights that no document asks for make no difference.

    Args:
        own: the labels that this process was started with; `None` in place of rights means these.
    """

    def __init__(self, library: LibraryPort, own: frozenset[str] = frozenset()) -> None:
        self._library = library
        self._own = own
        self._labels = frozenset(label for meta in library.documents for label in meta.access)
        self._made: dict[frozenset[str], LibraryView] = {}
        self._lock = Lock()

    @property
    def opened(self) -> tuple[Path, str] | None:
        """The folder that the library was opened from, and what its manifest hashed to."""
        folder = getattr(self._library, "folder", None)
        return None if folder is None else (folder, getattr(self._library, "manifest_sha256", ""))

    @property
    def degraded(self) -> tuple[str, ...]:
        """What the library has to do without."""
        return self.of(frozenset()).degraded

    def of(self, rights: frozenset[str] | None = None) -> LibraryView:
        """The library for holders of `rights`."""
        telling = self._labels & (self._own if rights is None else rights)
        with self._lock:
            if telling not in self._made:
                self._made[telling] = LibraryView(self._library, telling)
            return self._made[telling]


class _SeenDense:
    """A vector index that finds in the documents `ids` alone."""

    def __init__(self, dense: DensePort, ids: frozenset[str]) -> None:
        self._dense = dense
        self._ids = ids

    def search(self, vector: Vectors, *, kind: ChunkKind, k: int, within: frozenset[str] | None = None) -> list[Hit]:
        return self._dense.search(vector, kind=kind, k=k, within=_narrowed(self._ids, within))


class _SeenSparse:
    """A word index that finds, knows and counts the words of the documents `ids` alone."""

    def __init__(self, sparse: SparsePort, ids: frozenset[str]) -> None:
        self._sparse = sparse
        self._ids = ids

    def search(
        self,
        text: str,
        *,
        kind: ChunkKind,
        k: int,
        analyzer: Literal["words", "grams"],
        within: frozenset[str] | None = None,
    ) -> list[Hit]:
        narrowed = _narrowed(self._ids, within)
        return self._sparse.search(text, kind=kind, k=k, analyzer=analyzer, within=narrowed)

    def narrowed(self, within: frozenset[str], chunks: Callable[[ChunkKind], Sequence[Chunk]]) -> SparsePort:
        return self._sparse.narrowed(self._ids & within, chunks)

    def vocabulary(self, text: str, *, within: frozenset[str] | None = None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return self._sparse.vocabulary(text, within=_narrowed(self._ids, within))

    def rarity(self, text: str, *, within: frozenset[str] | None = None) -> Mapping[str, float]:
        return self._sparse.rarity(text, within=_narrowed(self._ids, within))

    def words(self, *, within: frozenset[str] | None = None) -> Iterable[str]:
        return self._sparse.words(within=_narrowed(self._ids, within))


def _narrowed(ids: frozenset[str], within: frozenset[str] | None) -> frozenset[str]:
    return ids if within is None else ids & within


def eligible(documents: Iterable[DocumentMeta], query: Query, *, today: date) -> frozenset[str]:
    """The ids of documents that `query` may rest on, and whoever asks may see.

    Without a day chosen by whoever asks, the versions that the question is about take part too.
    """
    free = query.as_of is None
    versions = free and _ABOUT_VERSIONS.search(query.standalone) is not None and not query.outdated
    day = query.as_of or today

    def holds(meta: DocumentMeta) -> bool:
        return versions or (free and meta.id in query.versions) or meta.in_force(day)

    return frozenset(
        meta.id
        for meta in documents
        if meta.visible(query.rights)
        and chosen(meta, query.filters)
        and holds(meta)
        and not (free and meta.id in query.outdated)
    )


def chosen(meta: DocumentMeta, filters: Filters) -> bool:
    """Whether `meta` is among what whoever asks has chosen; its force is another matter."""
    if filters.document_ids is not None and meta.id not in filters.document_ids:
        return False
    if filters.levels is not None and level_of(meta) not in filters.levels:
        return False
    return filters.region is None or meta.region is None or same_region(meta.region, filters.region)


def addresses(text: str, addressee: Sequence[str]) -> bool:
    """Whether a clause of that text uses one of the wordings; with none chosen every clause does."""
    return not addressee or any(word in text for word in addressee)


def same_region(one: str, other: str) -> bool:
    """Whether two names mean one region: 陕西 and 陕西省; 西安 is not 陕西.

    >>> same_region("陕西", "陕西省"), same_region("陕西", "山西")
    (True, False)
    """
    return _REGION_END.sub("", one.strip()) == _REGION_END.sub("", other.strip())
