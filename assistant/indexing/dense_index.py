"""Vectors found by cosine: Chroma's approximate index, and exact search as its oracle and stand-in.

Chroma stays inside this module. What was learnt of chromadb 1.5 and holds here:

- A collection is written once, by upserts alone, and never changed: upserts and deletes mixed can
  leave a folder that no process opens again.
- Opening a folder changes its files, and fails where they are read-only. So nobody opens the folder
  of a generation: `ChromaDenseIndex.open` is given a private copy (see `library.py`).
- No `where` on the way of a question: filtering inside Chroma costs a hundred times the search.
  One collection per ChunkKind instead; documents are told apart by `DocumentDenseIndex`.
- Damaged files can end the process (SIGSEGV). Compare hashes before opening.
"""

from __future__ import annotations

import logging
import os
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.errors import IndexDamaged, IndexStoreError
from assistant.models.protocols import Vectors
from assistant.schema.chunk import ChunkId, ChunkKind
from assistant.schema.retrieval import Hit

_Held = tuple[tuple[ChunkId, ...], Vectors]
VectorsByKind = Mapping[ChunkKind, _Held]
RETRIEVER = "dense"
_log = logging.getLogger(__name__)
_DIGITS = 6  # equal vectors get equal scores whatever the order in which a library adds
_SPARE = 16  # asked for beyond k, so that a tie at the end is settled by id and not by Chroma
_MANY = 2  # times as many as wanted are asked of an approximate index when some may be of other documents
_HNSW = {"space": "cosine", "ef_construction": 200, "ef_search": 200, "max_neighbors": 32}


class DenseIndex(Protocol):
    """Chunks ranked by the cosine of their vector with a question's."""

    def search(self, vector: Vectors, *, kind: ChunkKind, k: int, within: frozenset[str] | None = None) -> list[Hit]:
        """The `k` best of `kind`, best first, ties by id; scores are cosines, -1..1.

        Args:
            vector: of unit length, shape `(dimension,)`.
            within: only chunks of these documents; `None` is all.

        Raises:
            ValueError: `vector` has another shape or holds NaN.
            IndexDamaged: the index behind it does not answer.
        """
        ...

    def count(self, kind: ChunkKind) -> int:
        """How many chunks of `kind` there are."""
        ...

    def close(self) -> None: ...


class ExactDenseIndex:
    """Every vector compared with the question: exact, 0.1 ms for a notice, 20 ms for 100,000 chunks.

    Args:
        vectors: ids and vectors of each kind, `(len(ids), dimension)`; or what gives them, asked once a kind.
    """

    def __init__(self, vectors: VectorsByKind | Callable[[ChunkKind], _Held], *, dimension: int) -> None:
        self._give = vectors if callable(vectors) else (lambda kind: vectors.get(kind, _none(dimension)))
        self._dimension = dimension
        self._held: dict[ChunkKind, _Held] = {}
        self._owners: dict[ChunkKind, DocumentMask] = {}

    def search(self, vector: Vectors, *, kind: ChunkKind, k: int, within: frozenset[str] | None = None) -> list[Hit]:
        _check_vector(vector, self._dimension)
        ids, matrix = self._of(kind)
        if k <= 0 or not len(ids):
            return []
        rows = self.rows(kind, within)
        scores = matrix @ vector if rows is None else matrix[rows] @ vector
        best = _best(scores, k)
        places = best if rows is None else rows[best]
        return _ranked(((ids[n], float(s)) for n, s in zip(places.tolist(), scores[best], strict=True)), k)

    def rows(self, kind: ChunkKind, within: frozenset[str] | None) -> NDArray[np.intp] | None:
        """The places of the chunks of `within`; `None` when that is every chunk."""
        if within is None:
            return None
        ids, _ = self._of(kind)
        if kind not in self._owners:
            self._owners[kind] = DocumentMask(ids)
        return self._owners[kind].rows(within)

    def count(self, kind: ChunkKind) -> int:
        return len(self._of(kind)[0])

    def close(self) -> None:
        """Nothing is held."""

    def _of(self, kind: ChunkKind) -> _Held:
        if kind not in self._held:
            self._held[kind] = self._give(kind)
        return self._held[kind]


class DocumentDenseIndex:
    """An index of everything, with exact search where only some documents are asked for.

    Filtering behind an approximate search means asking it for many more than are wanted, in the end for
    everything; the vectors of a few documents are compared sooner (a library of 21 documents: 5 ms → 0.3 ms).
    Above `most_exact` vectors the approximate index is asked first and exact search only when too few are left.
    """

    def __init__(self, whole: DenseIndex, exact: ExactDenseIndex, *, most_exact: int = 20_000) -> None:
        self.whole = whole
        self._exact = exact
        self._most_exact = most_exact
        self.lost = False  # the index of everything did not answer once, and is not asked again

    def search(self, vector: Vectors, *, kind: ChunkKind, k: int, within: frozenset[str] | None = None) -> list[Hit]:
        if not self.lost:
            try:
                return self._search(vector, kind, k, within)
            except IndexDamaged as exc:
                _log.warning("向量库没有应答，改用精确检索：%s", exc.message)
                self.lost = True
        return self._exact.search(vector, kind=kind, k=k, within=within)

    def _search(self, vector: Vectors, kind: ChunkKind, k: int, within: frozenset[str] | None) -> list[Hit]:
        rows = self._exact.rows(kind, within)
        if rows is None:
            return self.whole.search(vector, kind=kind, k=k)
        if len(rows) > self._most_exact:
            hits = self.whole.search(vector, kind=kind, k=_MANY * k)
            kept = [hit for hit in hits if within is None or document_of(hit.chunk_id) in within][:k]
            if len(kept) == k:
                return [replace(hit, rank=rank) for rank, hit in enumerate(kept, start=1)]
        return self._exact.search(vector, kind=kind, k=k, within=within)

    def count(self, kind: ChunkKind) -> int:
        return self.whole.count(kind)

    def close(self) -> None:
        self.whole.close()


class DocumentMask:
    """Which chunks belong to which documents, as numbers.

    >>> DocumentMask([ChunkId("甲#一"), ChunkId("乙#一"), ChunkId("甲#二")]).rows(frozenset({"甲"})).tolist()
    [0, 2]
    """

    def __init__(self, ids: Sequence[ChunkId]) -> None:
        self._numbers: dict[str, int] = {}
        owners = [self._numbers.setdefault(document_of(i), len(self._numbers)) for i in ids]
        self._owners = np.array(owners, dtype=np.int32)

    def mask(self, within: frozenset[str]) -> NDArray[np.bool_]:
        """For every chunk whether a document of `within` holds it."""
        wanted = np.array([document in within for document in self._numbers], dtype=bool)
        return wanted[self._owners] if len(self._owners) else np.zeros(0, dtype=bool)

    def rows(self, within: frozenset[str]) -> NDArray[np.intp] | None:
        """The places of the chunks of `within`, in order; `None` when it is every chunk."""
        mask = self.mask(within)
        return None if mask.all() else np.flatnonzero(mask)


def document_of(chunk_id: str) -> str:
    """The document of a chunk, by its id."""
    return chunk_id.partition("#")[0]


def _none(dimension: int) -> _Held:
    return (), np.zeros((0, dimension), dtype=np.float32)


def _best(scores: NDArray[np.float32], k: int) -> NDArray[np.intp]:
    """Places of the `k` best scores, and of all that tie with the last of them."""
    if len(scores) <= k:
        return np.arange(len(scores))
    bar = np.partition(scores, len(scores) - k)[len(scores) - k] - 10.0**-_DIGITS
    return np.flatnonzero(scores >= bar)


def _nothing() -> None:
    """Nothing to release."""


class ChromaDenseIndex:
    """A Chroma folder opened for reading. The folder must be this process's own: Chroma writes to it."""

    def __init__(
        self, client: Any, collections: Mapping[ChunkKind, Any], *, dimension: int, release: Callable[[], None]
    ) -> None:
        self._collections = collections
        self._dimension = dimension
        self._counts = {kind: int(collection.count()) for kind, collection in collections.items()}
        self._shut = weakref.finalize(self, _shut, client, release)  # at the latest when the process ends

    @classmethod
    def open(cls, folder: Path, *, dimension: int, release: Callable[[], None] = _nothing) -> ChromaDenseIndex:
        """Open the collections that `write_chroma` left in `folder`.

        Args:
            release: called once when the index is closed, or cannot be opened.

        Raises:
            IndexDamaged: Chroma cannot open the folder or a collection is missing.
        """
        client = None
        try:
            client = _client(folder)
            names = {kind: client.get_collection(_name(kind), embedding_function=None) for kind in ChunkKind}
            return cls(client, names, dimension=dimension, release=release)
        except Exception as exc:
            _shut(client, release)
            raise IndexDamaged(
                f"向量库 {folder} 无法打开。请运行 python -m assistant index build --force 重建。"
            ) from exc

    def search(self, vector: Vectors, *, kind: ChunkKind, k: int, within: frozenset[str] | None = None) -> list[Hit]:
        """As `DenseIndex.search`; with `within` everything is asked for and the rest thrown away."""
        _check_vector(vector, self._dimension)
        wanted = min(k + _SPARE, self._counts[kind]) if within is None else self._counts[kind]
        if k <= 0 or wanted == 0:
            return []
        try:
            found = self._collections[kind].query(query_embeddings=[vector], n_results=wanted, include=["distances"])
        except Exception as exc:
            raise IndexDamaged("向量库没有应答。请运行 python -m assistant index verify 检查索引。") from exc
        [ids], [distances] = found["ids"], found["distances"]
        found = ((ChunkId(i), 1.0 - d) for i, d in zip(ids, distances, strict=True))
        return _ranked((f for f in found if within is None or document_of(f[0]) in within), k)

    def held(self, ids: Sequence[ChunkId], *, kind: ChunkKind) -> dict[ChunkId, Vectors]:
        """The vectors that the collection keeps for `ids`, whatever its graph leads to; those it lacks are left out.

        Raises:
            IndexDamaged: the index does not answer.
        """
        if not ids:
            return {}
        try:
            found = self._collections[kind].get(ids=list(ids), include=["embeddings"])
        except Exception as exc:
            raise IndexDamaged("向量库没有应答。请运行 python -m assistant index verify 检查索引。") from exc
        pairs = zip(found["ids"], found["embeddings"], strict=True)
        return {ChunkId(i): np.asarray(vector, dtype=np.float32) for i, vector in pairs}

    def count(self, kind: ChunkKind) -> int:
        return self._counts[kind]

    def close(self) -> None:
        self._shut()


def write_chroma(folder: Path, vectors: VectorsByKind) -> None:
    """Write a new Chroma folder with one collection per ChunkKind, an empty one for a kind without vectors.

    Raises:
        IndexStoreError: Chroma could not write it, for example because the disk is full.
    """
    folder.mkdir(parents=True)
    client = None
    try:
        client = _client(folder)
        for kind in ChunkKind:
            collection = client.create_collection(_name(kind), embedding_function=None, configuration={"hnsw": _HNSW})
            if kind in vectors:
                _upsert(collection, *vectors[kind], batch=client.get_max_batch_size())
    except Exception as exc:
        raise IndexStoreError(f"向量库 {folder} 写入失败，请检查磁盘空间和写入权限后重试。原有索引未受影响。") from exc
    finally:
        if client is not None:
            client.close()


def _upsert(collection: Any, ids: Sequence[ChunkId], matrix: Vectors, *, batch: int) -> None:
    for start in range(0, len(ids), batch):
        collection.upsert(ids=list(ids[start : start + batch]), embeddings=matrix[start : start + batch])


def _shut(client: Any | None, release: Callable[[], None]) -> None:
    if client is not None:
        client.close()
    release()


def _client(folder: Path) -> Any:
    # Read on import. Nothing of ours may call home, not even when a user's own settings would allow it.
    os.environ["ANONYMIZED_TELEMETRY"] = "False"
    import chromadb
    from chromadb.config import Settings

    return chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))


def _name(kind: ChunkKind) -> str:
    return f"{kind.value}s"


def _check_vector(vector: Vectors, dimension: int) -> None:
    if vector.shape != (dimension,) or not np.isfinite(vector).all():
        raise ValueError(f"a vector of {dimension} finite numbers is needed, this one has shape {vector.shape}")


def _ranked(scored: Iterable[tuple[ChunkId, float]], k: int) -> list[Hit]:
    best = sorted(((-round(score, _DIGITS), chunk_id) for chunk_id, score in scored))[: max(k, 0)]
    return [
        Hit(chunk_id=chunk_id, rank=rank, score=-score, retriever=RETRIEVER)
        for rank, (score, chunk_id) in enumerate(best, start=1)
    ]
