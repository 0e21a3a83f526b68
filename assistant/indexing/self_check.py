"""Proof that a generation is whole, in a process of its own: damaged Chroma files can end a process.

python -m assistant.indexing.self_check indexes/3f0c5a1b2c3d4e5f      prints a report as JSON
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from assistant.errors import IndexDamaged
from assistant.indexing.dense_index import ChromaDenseIndex, DenseIndex
from assistant.indexing.library import open_private_chroma
from assistant.indexing.manifest import LEXICAL, RECORD, Manifest, damaged_files, read_manifest
from assistant.indexing.sparse_index import SparseIndex
from assistant.indexing.store import Record
from assistant.models.protocols import Vectors
from assistant.schema.chunk import ChunkId, ChunkKind
from assistant.text.segment import Segmenter

_SAMPLE = 200  # vectors per kind that have to find themselves
_MISSED = 0.02  # of these may be kept right and yet not be led to: an approximate graph is no more than that
_SAME = 1e-3  # distance of two vectors that count as one, as two equal texts give
_PACKAGE_HOME = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """What was looked at, and what is wrong, in Chinese. No `problems`: the generation is whole."""

    folder: str
    problems: tuple[str, ...]
    documents: int = 0
    chunks: int = 0
    sampled: int = 0  # vectors that were searched for
    missed: tuple[str, ...] = ()  # kept right, but not led to by the approximate graph; exact search finds them

    @property
    def ok(self) -> bool:
        return not self.problems


def verify_generation(folder: Path, *, timeout_s: float = 120) -> VerifyReport:
    """Check the generation in `folder` from end to end, in a child process."""
    command = [sys.executable, "-m", "assistant.indexing.self_check", str(folder.resolve())]
    path = os.pathsep.join(filter(None, (str(_PACKAGE_HOME), os.environ.get("PYTHONPATH"))))
    try:
        done = subprocess.run(  # noqa: S603 (our own interpreter and module; the folder is one argument)
            command,
            capture_output=True,
            timeout=timeout_s,
            check=False,
            encoding="utf-8",
            errors="replace",
            env={**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"},
        )
    except subprocess.TimeoutExpired:
        return VerifyReport(folder=str(folder), problems=(f"核验在 {timeout_s:g} 秒内没有结束",))
    return _report_from(folder, done)


def check_generation(folder: Path) -> VerifyReport:
    """Check the generation in `folder` in this process, which a damaged vector index may end."""
    try:
        manifest = read_manifest(folder)
        damaged = damaged_files(folder, manifest)
        if damaged:
            return VerifyReport(
                folder=str(folder), problems=tuple(f"{name} 缺失、多余或与清单不符" for name in damaged)
            )
        record = Record(folder / RECORD)
    except IndexDamaged as exc:
        return VerifyReport(folder=str(folder), problems=(exc.message,))
    vectors = _Vectors()
    try:
        problems = _compare(folder, manifest, record, vectors)
    except (IndexDamaged, OSError) as exc:
        problems = [str(exc)]
    finally:
        record.close()
    info = record.info
    return VerifyReport(
        folder=str(folder),
        problems=tuple(problems),
        documents=info.documents,
        chunks=info.chunks,
        sampled=vectors.sampled,
        missed=tuple(vectors.missed),
    )


@dataclass
class _Vectors:
    """What was seen of the vectors."""

    sampled: int = 0
    missed: list[str] = field(default_factory=list)


def _compare(folder: Path, manifest: Manifest, record: Record, vectors: _Vectors) -> list[str]:
    record.check_pages()
    problems = list(_record_problems(manifest, record))
    sparse = SparseIndex.load(folder / LEXICAL, segmenter=Segmenter())
    dense = open_private_chroma(folder, manifest)
    try:
        for kind in ChunkKind:
            ids, matrix = record.vectors(kind)
            if sparse.ids(kind) != ids:
                problems.append(f"词语索引与记录的条目不一致（{kind.value}）")
            if dense.count(kind) != len(ids):
                problems.append(f"向量库有 {dense.count(kind)} 条，记录有 {len(ids)} 条（{kind.value}）")
            problems += _vector_problems(dense, kind, ids, matrix, vectors)
    finally:
        dense.close()
    return problems


def _vector_problems(
    dense: ChromaDenseIndex, kind: ChunkKind, ids: tuple[ChunkId, ...], matrix: Vectors, vectors: _Vectors
) -> Iterator[str]:
    """Vectors that are not kept as they were made, and a graph that leads past too many of those that are."""
    sample = _sample(len(ids))
    vectors.sampled += len(sample)
    unled = [n for n in sample if not _finds_itself(dense, kind, ids, matrix, n)]
    held = dense.held([ids[n] for n in unled], kind=kind)
    missed = []
    for n in unled:
        if ids[n] in held and bool(np.abs(held[ids[n]] - matrix[n]).max() < _SAME):
            missed.append(ids[n])
        else:
            yield f"{ids[n]} 在向量库中找不到自己"
    vectors.missed += missed
    if len(missed) > max(1, _MISSED * len(sample)):
        yield f"向量库的检索图漏掉了抽查的 {len(sample)} 条中的 {len(missed)} 条（{kind.value}），如 {missed[0]}"


def _record_problems(manifest: Manifest, record: Record) -> Iterator[str]:
    for name in ("schema_version", "fingerprint", "embedder_id", "dimension", "segmenter", "documents", "chunks"):
        if getattr(manifest, name) != getattr(record.info, name):
            yield f"清单与记录的 {name} 不一致"
    for meta in record.metas():
        document = record.document(meta.id)
        if any(document.text[c.span.start : c.span.end] != c.text for c in document.walk()):
            yield f"{meta.id} 的条款与原文对不上"


def _sample(count: int) -> list[int]:
    """Up to `_SAMPLE` places spread evenly over `count`, the first and the last among them."""
    return sorted({round(place) for place in np.linspace(0, count - 1, min(count, _SAMPLE)).tolist()})


def _finds_itself(dense: DenseIndex, kind: ChunkKind, ids: tuple[ChunkId, ...], matrix: Vectors, place: int) -> bool:
    hits = dense.search(matrix[place], kind=kind, k=1)
    if not hits:
        return False
    best = ids.index(hits[0].chunk_id) if hits[0].chunk_id in ids else None
    return best is not None and bool(np.abs(matrix[best] - matrix[place]).max() < _SAME)


def _report_from(folder: Path, done: subprocess.CompletedProcess[str]) -> VerifyReport:
    try:
        fields = json.loads(done.stdout.strip().splitlines()[-1])
        return VerifyReport(**{**fields, "problems": tuple(fields["problems"]), "missed": tuple(fields["missed"])})
    except (IndexError, ValueError, TypeError, KeyError):
        how = f"被信号 {-done.returncode} 终止" if done.returncode < 0 else f"以代码 {done.returncode} 结束"
        return VerifyReport(folder=str(folder), problems=(f"核验进程{how}，没有给出结果",))


def main() -> int:
    """Check the folder named on the command line; 0 if it is whole."""
    report = check_generation(Path(sys.argv[1]))
    sys.stdout.write(json.dumps(asdict(report), ensure_ascii=False) + "\n")
    return 0 if report.ok else 1


if __name__ == "__main__":
    raise SystemExit(main())
