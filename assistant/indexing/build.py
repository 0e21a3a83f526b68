"""Documents in, a new generation out: built aside, proved in a child process, then served at once."""

from __future__ import annotations

import errno
import logging
import platform
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np

from assistant.errors import IndexDamaged, IndexStoreError, ModelOutputInvalid
from assistant.indexing.cut import cut
from assistant.indexing.dense_index import write_chroma
from assistant.indexing.fingerprint import fingerprint_of_chunks
from assistant.indexing.generations import (
    BUILD_PREFIX,
    find_generation,
    free_name,
    list_generations,
    remove_leftovers,
    remove_old,
    single_writer,
    switch_to,
)
from assistant.indexing.manifest import (
    CHROMA,
    LEXICAL,
    RECORD,
    Manifest,
    damaged_files,
    describe_files,
    fsync_path,
    fsync_tree,
    read_manifest,
    write_manifest,
)
from assistant.indexing.phrasing_chunks import tie
from assistant.indexing.self_check import VerifyReport, verify_generation
from assistant.indexing.sparse_index import SparseIndex
from assistant.indexing.store import SCHEMA_VERSION, Record, RecordInfo, content_hash, write_record
from assistant.models.protocols import Embedder, Vectors
from assistant.schema.chunk import Chunk, ChunkId, ChunkKind, Phrasing
from assistant.schema.document import Document
from assistant.text.segment import Segmenter

Progress = Callable[[str, int, int], None]  # stage in Chinese, done, total
_log = logging.getLogger(__name__)
_SHOWN = 3  # problems named in a message
_BATCH = 64  # texts embedded between two words of progress
_PROBE = "各银行机构要落实小微企业贷款尽职免责要求。"
_WRITERS = ("chromadb", "bm25s", "jieba", "numpy")


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildReport:
    """What a build did. `built` is False when the very same generation was there already."""

    fingerprint: str
    folder: Path
    built: bool
    documents: int
    clauses: int
    chunks: int  # passages of the texts
    phrasings: int  # questions that lead to them
    embedded: int  # different texts turned into vectors
    reused: int  # different texts whose vectors came from an earlier generation


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """All that goes into one generation."""

    fingerprint: str
    documents: tuple[Document, ...]
    chunks: tuple[Chunk, ...]
    embedder: Embedder
    segmenter: Segmenter
    progress: Progress

    @property
    def clauses(self) -> int:
        return sum(1 for document in self.documents for _ in document.walk())

    @property
    def phrasings(self) -> int:
        return sum(chunk.kind is ChunkKind.PHRASING for chunk in self.chunks)


def build_index(
    documents: Sequence[Document],
    *,
    indexes_dir: Path,
    embedder: Embedder,
    segmenter: Segmenter,
    phrasings: Sequence[Phrasing] = (),
    progress: Progress | None = None,
    force: bool = False,
    switch: bool = True,
    beside: Path | None = None,
) -> BuildReport:
    """Build the generation of these documents, unless it is there, and serve it.

    What is served now stays as it is until the new generation is proved whole; a build that fails
    or is killed changes nothing. Texts embedded before by the same embedder are not embedded again.

    Args:
        phrasings: questions that clauses of these documents answer; those of other documents are left out.
        progress: told the stage, what is done and the total.
        force: build anew although the same generation is there, and embed every text again.
        switch: serve the new generation; without it the generation only lies ready.
        beside: another folder of generations, whose vectors are taken over too.

    Raises:
        SourceError: a phrasing leads to a clause or sentence that its document does not have.
        IndexStoreError: no documents, two with one id, another build under way, the disk is full or
            not writable, or the result did not pass verification.
        ModelError: the embedder failed.
    """
    plan = _plan(documents, phrasings, embedder, segmenter, progress or _silent)
    with _disk_errors(indexes_dir), single_writer(indexes_dir):
        remove_leftovers(indexes_dir)
        there = None if force else find_generation(indexes_dir, plan.fingerprint)
        if there is None:
            report = _build_generation(plan, indexes_dir, fresh=force, beside=beside)
        else:
            report = _report(plan, there.folder, built=False)
        if switch:
            plan.progress("切换索引", 0, 1)
            switch_to(indexes_dir, report.folder.name)
            remove_old(indexes_dir)
            plan.progress("切换索引", 1, 1)
    return report


def _plan(
    documents: Sequence[Document],
    phrasings: Sequence[Phrasing],
    embedder: Embedder,
    segmenter: Segmenter,
    progress: Progress,
) -> _Plan:
    if not documents:
        raise IndexStoreError("没有可以建立索引的文件。请检查文件目录里是否有政策文件。")
    _refuse_twins("文件", [document.id for document in documents])
    chunks: list[Chunk] = []
    for done, document in enumerate(documents, start=1):
        passages = cut(document)
        chunks += (*passages, *tie(passages, [p for p in phrasings if p.document_id == document.id]))
        progress("切分条款", done, len(documents))
    _refuse_twins("条款", [chunk.id for chunk in chunks])
    return _Plan(
        fingerprint=fingerprint_of_chunks(documents, chunks, segmenter=segmenter, embedder=embedder),
        documents=tuple(documents),
        chunks=tuple(chunks),
        embedder=embedder,
        segmenter=segmenter,
        progress=progress,
    )


def _refuse_twins(what: str, ids: Sequence[str]) -> None:
    seen: set[str] = set()
    for one in ids:
        if one in seen:
            raise IndexStoreError(f"两份{what}的编号相同：{one}。请给其中一份文件改名后重试。")
        seen.add(one)


def _build_generation(plan: _Plan, indexes_dir: Path, *, fresh: bool, beside: Path | None) -> BuildReport:
    known: dict[str, Vectors] = {}
    for folder in () if fresh else (indexes_dir, *([beside] if beside else ())):
        known |= _known_vectors(folder, plan.embedder)
    vectors, embedded = _embed(plan, known)
    temporary = Path(tempfile.mkdtemp(prefix=f"{BUILD_PREFIX}{plan.fingerprint[:16]}-", dir=indexes_dir))
    try:
        temporary.chmod(0o755)
        _write(plan, vectors, temporary)
        plan.progress("核验索引", 0, 1)
        verdict = verify_generation(temporary)
        if not verdict.ok:
            raise IndexStoreError(f"新索引未通过核验（{_named(verdict)}），原有索引未受影响。请重新运行建立索引。")
        if verdict.missed:
            _log.warning("近似检索没有找到 %d 条中的 %d 条，其余完好。", verdict.sampled, len(verdict.missed))
        plan.progress("核验索引", 1, 1)
        folder = temporary.rename(indexes_dir / free_name(indexes_dir, plan.fingerprint))
        fsync_path(indexes_dir)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return _report(plan, folder, built=True, embedded=embedded, reused=len(vectors) - embedded)


def _named(verdict: VerifyReport) -> str:
    """What failed: the first of it, and how much more there is."""
    shown = "；".join(verdict.problems[:_SHOWN])
    more = len(verdict.problems) - _SHOWN
    return f"{shown}；另有 {more} 处" if more > 0 else shown


def _write(plan: _Plan, vectors: Mapping[str, Vectors], folder: Path) -> None:
    plan.progress("写入记录", 0, 3)
    info = RecordInfo(
        schema_version=SCHEMA_VERSION,
        fingerprint=plan.fingerprint,
        embedder_id=plan.embedder.id,
        dimension=plan.embedder.dimension,
        segmenter=plan.segmenter.fingerprint,
        documents=len(plan.documents),
        clauses=plan.clauses,
        chunks=len(plan.chunks),
    )
    write_record(folder / RECORD, info=info, documents=plan.documents, chunks=plan.chunks, vectors=vectors)
    plan.progress("写入向量库", 1, 3)
    write_chroma(folder / CHROMA, {kind: _of_kind(plan, vectors, kind) for kind in ChunkKind})
    plan.progress("写入词语索引", 2, 3)
    SparseIndex.build(plan.chunks, segmenter=plan.segmenter).save(folder / LEXICAL)
    write_manifest(folder, _manifest(plan, info, folder))
    fsync_tree(folder)
    plan.progress("写入词语索引", 3, 3)


def _manifest(plan: _Plan, info: RecordInfo, folder: Path) -> Manifest:
    [probe] = _checked(plan.embedder.embed_documents([_PROBE]), 1, plan.embedder)
    return Manifest(
        schema_version=info.schema_version,
        fingerprint=info.fingerprint,
        embedder_id=info.embedder_id,
        dimension=info.dimension,
        segmenter=info.segmenter,
        built_at=datetime.now(UTC),
        documents=info.documents,
        clauses=info.clauses,
        chunks=info.chunks,
        probe=tuple(round(float(number), 6) for number in probe),
        probe_text=_PROBE,
        versions={"python": platform.python_version(), **{name: version(name) for name in _WRITERS}},
        files=describe_files(folder),
    )


def _of_kind(plan: _Plan, vectors: Mapping[str, Vectors], kind: ChunkKind) -> tuple[tuple[ChunkId, ...], Vectors]:
    chunks = [chunk for chunk in plan.chunks if chunk.kind is kind]
    matrix = np.zeros((len(chunks), plan.embedder.dimension), dtype=np.float32)
    for row, chunk in enumerate(chunks):
        matrix[row] = vectors[content_hash(chunk.indexed_text)]
    return tuple(chunk.id for chunk in chunks), matrix


def _embed(plan: _Plan, known: Mapping[str, Vectors]) -> tuple[dict[str, Vectors], int]:
    """A vector for every different text, and how many of them were made just now."""
    texts = {content_hash(chunk.indexed_text): chunk.indexed_text for chunk in plan.chunks}
    vectors = {content: known[content] for content in texts if content in known}
    missing = [content for content in texts if content not in known]
    plan.progress("生成向量", 0, len(missing))
    for start in range(0, len(missing), _BATCH):
        batch = missing[start : start + _BATCH]
        made = plan.embedder.embed_documents([texts[content] for content in batch])
        vectors.update(zip(batch, _checked(made, len(batch), plan.embedder), strict=True))
        plan.progress("生成向量", start + len(batch), len(missing))
    return vectors, len(missing)


def _checked(vectors: Vectors, count: int, embedder: Embedder) -> Vectors:
    shaped = vectors.shape == (count, embedder.dimension) and bool(np.isfinite(vectors).all())
    if not shaped or not np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-2):
        raise ModelOutputInvalid(
            f"向量模型 {embedder.id} 给出的向量不合规格（数量、维数或长度不对）。请检查模型设置后重试。"
        )
    return vectors


def _known_vectors(indexes_dir: Path, embedder: Embedder) -> dict[str, Vectors]:
    """Vectors of earlier generations by the same embedder; a damaged one gives none."""
    known: dict[str, Vectors] = {}
    for info in list_generations(indexes_dir):
        try:
            manifest = read_manifest(info.folder)
            same = (manifest.embedder_id, manifest.dimension) == (embedder.id, embedder.dimension)
            if not same or manifest.schema_version != SCHEMA_VERSION:
                continue
            if damaged_files(info.folder, manifest, under=RECORD):
                continue
            record = Record(info.folder / RECORD)
        except IndexDamaged:
            _log.warning("旧索引 %s 已损坏，其中的向量不再沿用。", info.name)
            continue
        try:
            known = {**record.vectors_by_content(), **known}
        finally:
            record.close()
    return known


def _report(plan: _Plan, folder: Path, *, built: bool, embedded: int = 0, reused: int = 0) -> BuildReport:
    return BuildReport(
        fingerprint=plan.fingerprint,
        folder=folder,
        built=built,
        documents=len(plan.documents),
        clauses=plan.clauses,
        chunks=len(plan.chunks) - plan.phrasings,
        phrasings=plan.phrasings,
        embedded=embedded,
        reused=reused,
    )


@contextmanager
def _disk_errors(indexes_dir: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as exc:
        full = getattr(exc, "errno", None) == errno.ENOSPC or "full" in str(exc)
        why = "磁盘空间不足" if full else "无法写入"
        raise IndexStoreError(f"索引目录 {indexes_dir} {why}，未作任何改动。请腾出空间或检查权限后重试。") from exc


def _silent(_stage: str, _done: int, _total: int) -> None:
    """Nobody wants to know."""
