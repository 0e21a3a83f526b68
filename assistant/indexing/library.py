"""One generation, opened for reading and owned by one process."""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from assistant.errors import IndexDamaged, IndexStale, IndexStoreError, NotFoundError
from assistant.indexing.dense_index import ChromaDenseIndex, DenseIndex, DocumentDenseIndex, ExactDenseIndex
from assistant.indexing.generations import current_folder, previous_folder
from assistant.indexing.manifest import (
    CHROMA,
    LEXICAL,
    MANIFEST,
    RECORD,
    Manifest,
    damaged_files,
    describe_file,
    read_manifest,
)
from assistant.indexing.sparse_index import SparseIndex
from assistant.indexing.store import SCHEMA_VERSION, Record
from assistant.models.protocols import Embedder, Vectors
from assistant.schema.chunk import Chunk, ChunkId, ChunkKind
from assistant.schema.document import Document, DocumentMeta
from assistant.text.segment import Segmenter

_log = logging.getLogger(__name__)
PREVIOUS = "previous"
_AGAIN = "请运行 python -m assistant index build 重建索引。"
_COPY_PREFIX = "puhui-chroma-"
_COPY_LOCK = "owner.lock"
_COPY_GRACE_S = 3600  # a copy this young may be one that its owner has not locked yet
_SAME_MODEL = 0.999  # cosine of a text's vector then and now; machines differ in the last digits only


class Library:
    """One opened, read-only generation. Safe to use from several threads."""

    def __init__(
        self,
        *,
        manifest: Manifest,
        record: Record,
        dense: DenseIndex,
        sparse: SparseIndex,
        folder: Path,
        degraded: tuple[str, ...] = (),
    ) -> None:
        self.fingerprint = manifest.fingerprint
        self.embedder_id = manifest.embedder_id
        self.dense = DocumentDenseIndex(dense, ExactDenseIndex(self.vectors, dimension=manifest.dimension))
        self.sparse = sparse
        self._degraded = degraded
        self.folder = folder
        self.manifest_sha256 = describe_file(folder / MANIFEST).sha256
        self.documents: tuple[DocumentMeta, ...] = record.metas()
        self._manifest = manifest
        self._record = record
        self._documents: dict[str, Document] = {}
        chunks = record.chunks()
        self._by_id = {chunk.id: chunk for chunk in chunks}
        self._by_kind = {kind: tuple(c for c in chunks if c.kind is kind) for kind in ChunkKind}
        self._sentences = _children(self._by_kind[ChunkKind.SENTENCE])
        self._vectors: dict[ChunkKind, tuple[tuple[ChunkId, ...], Vectors]] = {}

    @property
    def degraded(self) -> tuple[str, ...]:
        """What it has to do without.

        "chroma": exact search instead; "lexical": the word index was made anew from the record; "previous": this is
        the generation before the one to be served, which is damaged.
        """
        lost = self.dense.lost and "chroma" not in self._degraded
        return (*self._degraded, "chroma") if lost else self._degraded

    def document(self, document_id: str) -> Document:
        """The document, with its clause tree.

        Raises:
            NotFoundError: there is none of that id.
        """
        if document_id not in self._documents:
            self._documents[document_id] = self._record.document(document_id)
        return self._documents[document_id]

    def chunks(self, kind: ChunkKind) -> tuple[Chunk, ...]:
        """Every chunk of `kind`, in the order of the corpus."""
        return self._by_kind[kind]

    def chunk(self, chunk_id: ChunkId) -> Chunk:
        """The chunk of that id.

        Raises:
            NotFoundError: there is none.
        """
        try:
            return self._by_id[chunk_id]
        except KeyError as exc:
            raise NotFoundError("文件库中没有这一条，请重新检索后再打开。") from exc

    def sentences_of(self, clause_chunk_id: ChunkId) -> tuple[Chunk, ...]:
        """The sentences of a clause chunk, in the order of the text."""
        return self._sentences.get(clause_chunk_id, ())

    def vectors(self, kind: ChunkKind) -> tuple[tuple[ChunkId, ...], Vectors]:
        """Ids in the order of `chunks(kind)` and their vectors, `(len(ids), dimension)`, read-only."""
        if kind not in self._vectors:
            self._vectors[kind] = self._record.vectors(kind)
        return self._vectors[kind]

    def check_embedder(self, embedder: Embedder) -> None:
        """Compare the embedder with the one that built this generation, by the vector of one text.

        Raises:
            IndexStale: it bears the same id but gives other vectors.
            ModelError: it does not answer.
        """
        now = embedder.embed_documents([self._manifest.probe_text])[0]
        if float(np.dot(now, np.array(self._manifest.probe, dtype=np.float32))) < _SAME_MODEL:
            raise IndexStale(
                f"向量模型 {embedder.id} 的名称未变，但算出的向量与建索引时不同，可能换过模型文件。"
                "请运行 python -m assistant index build --force 重建。",
                built=self.embedder_id,
                wanted=embedder.id,
            )

    def close(self) -> None:
        """Give back files and the private copy. May be called twice."""
        self.dense.close()
        self._record.close()


def open_library(indexes_dir: Path, *, embedder: Embedder, segmenter: Segmenter) -> Library:
    """Open the generation that CURRENT names, or the one before it where that one is damaged beyond mending.

    Every file is compared with the manifest first. A damaged vector or word index is replaced from
    the record; a damaged record cannot be. What was done without is named in `Library.degraded`.

    Raises:
        IndexNotBuilt: nothing was built yet.
        IndexStale: built by another embedder, lexicon or version of this program.
        IndexDamaged: manifest or record are missing, changed, or do not agree, and so is the generation before.
    """
    try:
        return _open(current_folder(indexes_dir), embedder, segmenter)
    except IndexDamaged as exc:
        before = previous_folder(indexes_dir)
        if before is None:
            raise
        try:
            library = _open(before, embedder, segmenter, (PREVIOUS,))
        except IndexStoreError:
            raise exc from None
        _log.warning("改用上一版索引 %s：%s", before.name, exc.message)
        return library


def _open(folder: Path, embedder: Embedder, segmenter: Segmenter, lost: tuple[str, ...] = ()) -> Library:
    _check_form(folder)
    manifest = read_manifest(folder)
    _check_fresh(manifest, embedder, segmenter)
    _check_record(folder, manifest)
    record = Record(folder / RECORD)
    try:
        dense, lost_dense = _open_dense(folder, manifest, record)
        sparse, lost_sparse = _open_sparse(folder, manifest, record, segmenter)
        lost = (*lost, *lost_dense, *lost_sparse)
        return Library(manifest=manifest, record=record, dense=dense, sparse=sparse, folder=folder, degraded=lost)
    except BaseException:
        record.close()
        raise


def served_manifest(indexes_dir: Path) -> Manifest:
    """The manifest of the generation that CURRENT names, or where it cannot be read of the one before.

    Raises:
        IndexNotBuilt: nothing was built yet.
        IndexDamaged: neither can be read.
    """
    try:
        return read_manifest(current_folder(indexes_dir))
    except IndexDamaged:
        before = previous_folder(indexes_dir)
        if before is None:
            raise
        return read_manifest(before)


def open_private_chroma(folder: Path, manifest: Manifest) -> ChromaDenseIndex:
    """The vector index of a generation, opened on a copy of its own, which goes when it is closed.

    Raises:
        IndexDamaged: a file is missing or changed, or Chroma cannot open the copy.
        OSError: there is no room for the copy.
    """
    _remove_stale_copies()
    copy = Path(tempfile.mkdtemp(prefix=_COPY_PREFIX))
    release = _own(copy)
    try:
        shutil.copytree(folder / CHROMA, copy / CHROMA)
        damaged = damaged_files(copy, manifest, under=CHROMA)
        if damaged:
            raise IndexDamaged(f"索引 {folder} 的文件与清单不符：{'、'.join(damaged)}。")
    except BaseException:
        release()
        raise
    return ChromaDenseIndex.open(copy / CHROMA, dimension=manifest.dimension, release=release)


def _check_form(folder: Path) -> None:
    """See that this version of the program wrote the manifest: another's may have fields that this one cannot read."""
    try:
        told = json.loads((folder / MANIFEST).read_bytes())
        form = str(told["schema_version"])
    except (OSError, ValueError, TypeError, KeyError):
        return  # damage, which is told when it is read in full
    if form != SCHEMA_VERSION:
        raise _of_another_form(form)


def _of_another_form(form: str) -> IndexStale:
    built, wanted = f"格式 {form}", f"格式 {SCHEMA_VERSION}"
    return IndexStale(f"索引是{built}，当前程序使用{wanted}；{_AGAIN}", built=built, wanted=wanted)


def _check_fresh(manifest: Manifest, embedder: Embedder, segmenter: Segmenter) -> None:
    if manifest.schema_version != SCHEMA_VERSION:
        raise _of_another_form(manifest.schema_version)
    if manifest.embedder_id != embedder.id or manifest.dimension != embedder.dimension:
        built, wanted = manifest.embedder_id, embedder.id
        raise IndexStale(f"索引由 {built} 建成，当前设置为 {wanted}；{_AGAIN}", built=built, wanted=wanted)
    if manifest.segmenter != segmenter.fingerprint:
        built, wanted = manifest.segmenter, segmenter.fingerprint
        raise IndexStale(f"用语表或分词方式在建索引后改过；{_AGAIN}", built=built, wanted=wanted)


def _check_record(folder: Path, manifest: Manifest) -> None:
    if damaged_files(folder, manifest, under=RECORD):
        raise IndexDamaged(
            f"索引记录 {folder / RECORD} 缺失或与清单不符。请运行 python -m assistant index build 重建，"
            "或运行 python -m assistant index rollback 退回上一版。"
        )


def _open_dense(folder: Path, manifest: Manifest, record: Record) -> tuple[DenseIndex, tuple[str, ...]]:
    counts = {kind: len(record.vectors(kind)[0]) for kind in ChunkKind}
    try:
        index = open_private_chroma(folder, manifest)
        if {kind: index.count(kind) for kind in ChunkKind} == counts:
            return index, ()
        index.close()
        _log.warning("向量库 %s 的条目数与记录不符，改用精确检索。", folder.name)
    except (IndexDamaged, OSError) as exc:
        _log.warning("向量库 %s 无法使用，改用精确检索：%s", folder.name, exc)
    return ExactDenseIndex({k: record.vectors(k) for k in ChunkKind}, dimension=manifest.dimension), ("chroma",)


def _open_sparse(
    folder: Path, manifest: Manifest, record: Record, segmenter: Segmenter
) -> tuple[SparseIndex, tuple[str, ...]]:
    damaged = damaged_files(folder, manifest, under=LEXICAL)
    if not damaged:
        return SparseIndex.load(folder / LEXICAL, segmenter=segmenter), ()
    _log.warning("词语索引 %s 与清单不符（%s），已按记录重新生成。", folder.name, damaged[0])
    return SparseIndex.build(record.chunks(), segmenter=segmenter), ("lexical",)


def _children(sentences: tuple[Chunk, ...]) -> dict[ChunkId, tuple[Chunk, ...]]:
    found: dict[ChunkId, list[Chunk]] = {}
    for sentence in sentences:
        if sentence.parent_id is not None:
            found.setdefault(sentence.parent_id, []).append(sentence)
    return {parent: tuple(children) for parent, children in found.items()}


def _own(copy: Path) -> Callable[[], None]:
    """Mark `copy` as in use by this process; the result gives it up and removes it."""
    from filelock import FileLock

    lock = FileLock(copy / _COPY_LOCK, thread_local=False)
    lock.acquire(timeout=0)

    def release() -> None:
        lock.release()
        shutil.rmtree(copy, ignore_errors=True)

    return release


def _remove_stale_copies() -> None:
    """Remove copies whose owner was killed: nobody holds their lock any more."""
    from filelock import FileLock, Timeout

    for copy in Path(tempfile.gettempdir()).glob(f"{_COPY_PREFIX}*"):
        try:
            if time.time() - copy.stat().st_mtime < _COPY_GRACE_S:
                continue
            with FileLock(copy / _COPY_LOCK, timeout=0):
                shutil.rmtree(copy, ignore_errors=True)
        except (OSError, Timeout):  # another user's, or in use
            continue
