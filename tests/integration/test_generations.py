"""Whole generations on disk: built, proved, switched, rolled back, damaged, and killed half-way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from assistant.errors import (
    IndexDamaged,
    IndexNotBuilt,
    IndexStale,
    IndexStoreError,
    ModelOutputInvalid,
    NotFoundError,
    SourceError,
)
from assistant.indexing import build as build_module
from assistant.indexing.build import BuildReport, build_index
from assistant.indexing.cut import cut
from assistant.indexing.dense_index import ChromaDenseIndex, ExactDenseIndex, VectorsByKind, write_chroma
from assistant.indexing.fingerprint import fingerprint_of
from assistant.indexing.generations import list_generations, rollback, single_writer
from assistant.indexing.library import Library, open_library
from assistant.indexing.self_check import VerifyReport, verify_generation
from assistant.indexing.sparse_index import ANALYZERS
from assistant.models.protocols import Vectors
from assistant.models.standins import HashingEmbedder
from assistant.schema.chunk import ChunkId, ChunkKind, Phrasing
from assistant.schema.document import Clause, Document, DocumentKind, DocumentMeta, Level, Span
from assistant.text.segment import Segmenter

_ARTICLES = (
    "各银行机构要规范续贷业务。严禁为挪用于非生产经营用途的贷款办理续贷。",
    "推广随借随还的循环贷模式。灵活便捷地满足个体工商户资金需求。",
    "持续优化完善尽职免责实施细则。",
)


class CountingEmbedder(HashingEmbedder):
    """Remembers every passage it was asked for."""

    def __init__(self, dimension: int = 64) -> None:
        super().__init__(dimension)
        self.asked: list[str] = []

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        self.asked.extend(texts)
        return super().embed_documents(texts)


class ZeroEmbedder(HashingEmbedder):
    """A model that broke: right shape, no direction."""

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        return np.zeros((len(texts), self.dimension), dtype=np.float32)


class SwappedEmbedder(HashingEmbedder):
    """Other weights under the same name."""

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        return np.roll(super().embed_documents(texts), 1, axis=1)


def make_document(document_id: str = "办法", articles: Sequence[str] = _ARTICLES) -> Document:
    """A statute with one 款 per 条."""
    text = "".join(f"第{'一二三四五六七八九'[n]}条\u3000{article}\n" for n, article in enumerate(articles))
    clauses = []
    start = 0
    for line in text.splitlines():
        place = Span(start, start + len(line))
        address, body = line.split("\u3000")
        label = Clause(address=address, level=Level.LABEL, span=Span(start, start + len(address)), text=address)
        words = Span(place.end - len(body), place.end)
        paragraph = Clause(address=f"{address}第一款", level=Level.PARAGRAPH, span=words, text=body)
        clauses.append(Clause(address=address, level=Level.ARTICLE, span=place, text=line, children=(label, paragraph)))
        start = place.end + 1
    meta = DocumentMeta(id=document_id, title=f"{document_id}全称", kind=DocumentKind.LAW)
    return Document(meta=meta, text=text, clauses=tuple(clauses))


@pytest.fixture(autouse=True)
def own_temp_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("private")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


@pytest.fixture(scope="module")
def segmenter(tmp_path_factory: pytest.TempPathFactory) -> Segmenter:
    return Segmenter(("循环贷", "尽职免责", "随借随还"), cache_dir=tmp_path_factory.mktemp("jieba"))


@pytest.fixture
def indexes_dir(tmp_path: Path) -> Path:
    return tmp_path / "indexes"


@pytest.fixture
def unverified(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare the child process where the test is about something else."""
    monkeypatch.setattr(build_module, "verify_generation", lambda folder: VerifyReport(folder=str(folder), problems=()))


def _build(
    indexes_dir: Path,
    segmenter: Segmenter,
    *documents: Document,
    phrasings: Sequence[Phrasing] = (),
    force: bool = False,
    switch: bool = True,
) -> BuildReport:
    return build_index(
        documents or (make_document(),),
        indexes_dir=indexes_dir,
        embedder=HashingEmbedder(64),
        segmenter=segmenter,
        phrasings=phrasings,
        force=force,
        switch=switch,
    )


@pytest.fixture
def opened() -> Iterator[list[Library]]:
    libraries: list[Library] = []
    yield libraries
    for library in libraries:
        library.close()


def _open(indexes_dir: Path, segmenter: Segmenter, opened: list[Library]) -> Library:
    opened.append(open_library(indexes_dir, embedder=HashingEmbedder(64), segmenter=segmenter))
    return opened[-1]


def _flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 0xFF
    path.write_bytes(content)


def _names(indexes_dir: Path) -> set[str]:
    return {path.name for path in indexes_dir.iterdir() if path.is_dir()}


def test_what_is_built_is_what_is_opened(indexes_dir: Path, segmenter: Segmenter, opened: list[Library]) -> None:
    documents = (make_document(), make_document("细则", _ARTICLES[1:]))
    stages: list[tuple[str, int, int]] = []
    report = build_index(
        documents,
        indexes_dir=indexes_dir,
        embedder=HashingEmbedder(64),
        segmenter=segmenter,
        progress=lambda *stage: stages.append(stage),
    )
    assert report.built
    assert report.folder == indexes_dir / report.fingerprint[:16]
    assert report.fingerprint == fingerprint_of(documents, segmenter=segmenter, embedder=HashingEmbedder(64))
    assert stages[0] == ("切分条款", 1, 2)
    assert stages[-1] == ("切换索引", 1, 1)

    library = _open(indexes_dir, segmenter, opened)
    chunks = [chunk for document in documents for chunk in cut(document)]
    assert library.fingerprint == report.fingerprint
    assert library.embedder_id == HashingEmbedder(64).id
    assert library.degraded == ()
    assert isinstance(library.dense.whole, ChromaDenseIndex)
    assert library.documents == tuple(document.meta for document in documents)
    assert [library.document(document.id) for document in documents] == list(documents)
    assert [*library.chunks(ChunkKind.CLAUSE)] == [c for c in chunks if c.kind is ChunkKind.CLAUSE]
    assert [*library.chunks(ChunkKind.SENTENCE)] == [c for c in chunks if c.kind is ChunkKind.SENTENCE]
    assert all(library.chunk(chunk.id) == chunk for chunk in chunks)
    first = library.chunks(ChunkKind.CLAUSE)[0]
    assert [c.plain for c in library.sentences_of(first.id)] == [
        "各银行机构要规范续贷业务。",
        "严禁为挪用于非生产经营用途的贷款办理续贷。",
    ]
    assert report.chunks == len(chunks)
    assert report.documents == 2
    assert report.embedded == len({chunk.indexed_text for chunk in chunks})
    with pytest.raises(NotFoundError):
        library.chunk(ChunkId("没有"))
    with pytest.raises(NotFoundError):
        library.document("没有")


def test_both_indexes_find_the_clause(
    indexes_dir: Path, segmenter: Segmenter, opened: list[Library], unverified: None
) -> None:
    _build(indexes_dir, segmenter)
    library = _open(indexes_dir, segmenter, opened)
    question = "什么是随借随还的循环贷模式"
    vector = HashingEmbedder(64).embed_queries([question])[0]
    for kind in (ChunkKind.CLAUSE, ChunkKind.SENTENCE):
        ids, matrix = library.vectors(kind)
        assert ids == tuple(chunk.id for chunk in library.chunks(kind))
        assert np.allclose(np.linalg.norm(matrix, axis=1), 1, atol=1e-5)
        hits = [library.dense.search(vector, kind=kind, k=1)]
        hits += [library.sparse.search(question, kind=kind, k=1, analyzer=analyzer) for analyzer in ANALYZERS]
        assert [library.chunk(hit.chunk_id).unit for [hit] in hits] == ["第二条"] * 3


def _phrasing(question: str, clause: str = "第二条", document_id: str = "办法") -> Phrasing:
    return Phrasing(
        document_id=document_id,
        clause=clause,
        answered_by=None,
        question=question,
        origin="hand",
        reviewed=True,
        path=Path("办法.yaml"),
    )


def test_phrasings_are_part_of_a_generation_and_of_its_name(
    indexes_dir: Path, segmenter: Segmenter, opened: list[Library]
) -> None:
    bare = _build(indexes_dir, segmenter)
    asked = [_phrasing("急着用钱咋弄"), _phrasing("别的文件的问法", document_id="别的")]
    report = _build(indexes_dir, segmenter, phrasings=asked)
    assert (report.chunks, report.phrasings, bare.phrasings) == (bare.chunks, 1, 0)
    assert report.fingerprint not in {bare.fingerprint, _build(indexes_dir, segmenter, phrasings=asked[1:]).fingerprint}
    assert _build(indexes_dir, segmenter, phrasings=asked[1:]).fingerprint == bare.fingerprint
    assert _build(indexes_dir, segmenter, phrasings=[_phrasing("急用钱咋弄")]).fingerprint != report.fingerprint
    served = _build(indexes_dir, segmenter, phrasings=asked)
    assert served.fingerprint == report.fingerprint
    assert verify_generation(served.folder).ok
    library = _open(indexes_dir, segmenter, opened)
    [chunk] = library.chunks(ChunkKind.PHRASING)
    assert (chunk.phrasing, chunk.answers, chunk.parent_id) == ("急着用钱咋弄", "办法#第二条", "办法#第二条")
    vector = HashingEmbedder(64).embed_queries(["急着用钱咋弄"])[0]
    assert [h.chunk_id for h in library.dense.search(vector, kind=ChunkKind.PHRASING, k=3)] == [chunk.id]
    assert all(c.phrasing is None for kind in (ChunkKind.CLAUSE, ChunkKind.SENTENCE) for c in library.chunks(kind))
    assert all(c.kind is ChunkKind.SENTENCE for c in library.sentences_of(ChunkId("办法#第二条")))
    assert library.sparse.vocabulary("急着用钱")[0] == ()


def test_a_phrasing_that_leads_nowhere_stops_the_build(
    indexes_dir: Path, segmenter: Segmenter, unverified: None
) -> None:
    before = _build(indexes_dir, segmenter)
    with pytest.raises(SourceError, match="所指的条款“第九十条”不在文件 办法 中"):
        _build(indexes_dir, segmenter, phrasings=[_phrasing("有吗", "第九十条")])
    assert (indexes_dir / "CURRENT").read_text(encoding="utf-8").splitlines()[0] == before.folder.name


def test_the_same_inputs_are_not_built_twice(indexes_dir: Path, segmenter: Segmenter, unverified: None) -> None:
    first = _build(indexes_dir, segmenter)
    again = _build(indexes_dir, segmenter)
    assert (first.built, again.built) == (True, False)
    assert again == replace(first, built=False, embedded=0, reused=0)
    forced = _build(indexes_dir, segmenter, force=True)
    assert forced.built
    assert forced.embedded == first.embedded
    assert forced.fingerprint == first.fingerprint


def test_only_new_texts_are_embedded(indexes_dir: Path, segmenter: Segmenter, unverified: None) -> None:
    embedder = CountingEmbedder()
    before = build_index([make_document()], indexes_dir=indexes_dir, embedder=embedder, segmenter=segmenter)
    embedder.asked.clear()
    longer = make_document(articles=(*_ARTICLES, "严禁转嫁成本。"))
    after = build_index([longer], indexes_dir=indexes_dir, embedder=embedder, segmenter=segmenter)
    assert (after.embedded, after.reused) == (2, before.embedded)
    assert "严禁转嫁成本。" in embedder.asked
    assert not set(embedder.asked) & {chunk.indexed_text for chunk in cut(make_document())}


def test_switch_keep_one_and_roll_back(
    indexes_dir: Path, segmenter: Segmenter, opened: list[Library], unverified: None
) -> None:
    reports = [_build(indexes_dir, segmenter, make_document(f"办法{n}")) for n in range(3)]
    assert _names(indexes_dir) == {report.folder.name for report in reports[1:]}
    assert [info.current for info in list_generations(indexes_dir)] == [True, False]

    assert rollback(indexes_dir).fingerprint == reports[1].fingerprint
    assert _open(indexes_dir, segmenter, opened).fingerprint == reports[1].fingerprint
    assert rollback(indexes_dir).fingerprint == reports[2].fingerprint
    back = _build(indexes_dir, segmenter, make_document("办法1"))
    assert not back.built
    assert _open(indexes_dir, segmenter, opened).fingerprint == reports[1].fingerprint


def test_without_switch_the_old_generation_is_served_on(
    indexes_dir: Path, segmenter: Segmenter, opened: list[Library], unverified: None
) -> None:
    old = _build(indexes_dir, segmenter)
    new = _build(indexes_dir, segmenter, make_document("新法"), switch=False)
    assert _open(indexes_dir, segmenter, opened).fingerprint == old.fingerprint
    with pytest.raises(IndexStoreError, match="没有可以退回"):
        rollback(indexes_dir)
    assert not _build(indexes_dir, segmenter, make_document("新法")).built
    assert _open(indexes_dir, segmenter, opened).fingerprint == new.fingerprint


def test_an_open_library_outlives_its_folder(
    indexes_dir: Path, segmenter: Segmenter, opened: list[Library], unverified: None
) -> None:
    old = _build(indexes_dir, segmenter)
    library = _open(indexes_dir, segmenter, opened)
    for n in range(2):
        _build(indexes_dir, segmenter, make_document(f"办法{n}"))
    assert not old.folder.exists()
    vector = HashingEmbedder(64).embed_queries(["循环贷"])[0]
    assert library.document("办法") == make_document()
    assert len(library.dense.search(vector, kind=ChunkKind.SENTENCE, k=3)) == 3
    assert library.sparse.search("循环贷", kind=ChunkKind.SENTENCE, k=3, analyzer="words")


def test_two_readers_leave_the_generation_and_the_temp_folder_as_they_were(
    indexes_dir: Path, segmenter: Segmenter, opened: list[Library], unverified: None, own_temp_folder: Path
) -> None:
    report = _build(indexes_dir, segmenter)
    before = {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in report.folder.rglob("*") if p.is_file()}
    for _ in range(2):
        vector = HashingEmbedder(64).embed_queries(["循环贷"])[0]
        _open(indexes_dir, segmenter, opened).dense.search(vector, kind=ChunkKind.CLAUSE, k=3)
    assert len(list(own_temp_folder.iterdir())) == 2
    while opened:
        opened.pop().close()
    assert {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in report.folder.rglob("*") if p.is_file()} == before
    assert list(own_temp_folder.iterdir()) == []


def test_the_copy_of_a_killed_reader_goes_with_the_next_one(
    indexes_dir: Path, segmenter: Segmenter, opened: list[Library], unverified: None, own_temp_folder: Path
) -> None:
    _build(indexes_dir, segmenter)
    abandoned, young = own_temp_folder / "puhui-chroma-old", own_temp_folder / "puhui-chroma-young"
    abandoned.mkdir()
    young.mkdir()
    os.utime(abandoned, (time.time() - 9999, time.time() - 9999))
    live = _open(indexes_dir, segmenter, opened)
    [held] = [p for p in own_temp_folder.iterdir() if p not in (abandoned, young)]
    os.utime(held, (time.time() - 9999, time.time() - 9999))
    _open(indexes_dir, segmenter, opened)
    assert not abandoned.exists()
    assert young.exists()
    assert held.exists()
    live.dense.search(HashingEmbedder(64).embed_queries(["循环贷"])[0], kind=ChunkKind.CLAUSE, k=1)


def test_nothing_built_says_what_to_run(indexes_dir: Path, segmenter: Segmenter) -> None:
    with pytest.raises(IndexNotBuilt, match=r"make run.*python -m assistant index build"):
        open_library(indexes_dir, embedder=HashingEmbedder(64), segmenter=segmenter)
    assert list_generations(indexes_dir) == ()


def test_another_embedder_or_lexicon_is_stale(indexes_dir: Path, segmenter: Segmenter, unverified: None) -> None:
    built = _build(indexes_dir, segmenter)
    with pytest.raises(IndexStale) as caught:
        open_library(indexes_dir, embedder=HashingEmbedder(32), segmenter=segmenter)
    assert (caught.value.built, caught.value.wanted) == (HashingEmbedder(64).id, HashingEmbedder(32).id)
    assert HashingEmbedder(64).id in caught.value.message
    other = Segmenter(("别的词",))
    with pytest.raises(IndexStale, match="用语表"):
        open_library(indexes_dir, embedder=HashingEmbedder(64), segmenter=other)
    names = {
        built.fingerprint,
        fingerprint_of([make_document()], segmenter=other, embedder=HashingEmbedder(64)),
        fingerprint_of([make_document()], segmenter=segmenter, embedder=HashingEmbedder(32)),
        fingerprint_of([make_document("别名")], segmenter=segmenter, embedder=HashingEmbedder(64)),
        fingerprint_of([make_document(articles=_ARTICLES[:2])], segmenter=segmenter, embedder=HashingEmbedder(64)),
    }
    assert len(names) == 5


def test_a_model_swapped_under_its_name_is_noticed(
    indexes_dir: Path, segmenter: Segmenter, opened: list[Library], unverified: None
) -> None:
    _build(indexes_dir, segmenter)
    library = _open(indexes_dir, segmenter, opened)
    library.check_embedder(HashingEmbedder(64))
    with pytest.raises(IndexStale, match="名称未变"):
        library.check_embedder(SwappedEmbedder(64))


def _chroma_files(folder: Path) -> list[Path]:
    return sorted(p for p in (folder / "chroma").rglob("*") if p.is_file() and p.stat().st_size > 64)


@pytest.mark.parametrize("damage", ["flipped", "truncated", "deleted", "all gone"])
def test_a_damaged_chroma_is_replaced_by_exact_search(
    indexes_dir: Path, segmenter: Segmenter, opened: list[Library], unverified: None, damage: str
) -> None:
    report = _build(indexes_dir, segmenter)
    vector = HashingEmbedder(64).embed_queries(["随借随还的循环贷"])[0]
    whole = _open(indexes_dir, segmenter, opened).dense.search(vector, kind=ChunkKind.SENTENCE, k=5)
    victim = _chroma_files(report.folder)[0]
    match damage:
        case "flipped":
            _flip(victim, victim.stat().st_size // 2)
        case "truncated":
            os.truncate(victim, 10)
        case "deleted":
            victim.unlink()
        case _:
            (report.folder / "chroma").rename(indexes_dir / "elsewhere")
    library = _open(indexes_dir, segmenter, opened)
    assert library.degraded == ("chroma",)
    assert isinstance(library.dense.whole, ExactDenseIndex)
    assert library.dense.search(vector, kind=ChunkKind.SENTENCE, k=5) == whole
    assert not verify_generation(report.folder).ok
    mended = _build(indexes_dir, segmenter)
    assert mended.built
    assert mended.embedded == 0
    assert _open(indexes_dir, segmenter, opened).degraded == ()


def test_a_damaged_word_index_is_made_again_from_the_record(
    indexes_dir: Path, segmenter: Segmenter, opened: list[Library], unverified: None
) -> None:
    report = _build(indexes_dir, segmenter)
    search = {"kind": ChunkKind.SENTENCE, "k": 5, "analyzer": "words"}
    whole = _open(indexes_dir, segmenter, opened).sparse.search("续贷", **search)  # type: ignore[arg-type]
    (report.folder / "lexical" / "sentence-words.npz").unlink()
    library = _open(indexes_dir, segmenter, opened)
    assert library.degraded == ("lexical",)
    assert library.sparse.search("续贷", **search) == whole  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["record.sqlite", "manifest.json"])
@pytest.mark.parametrize("damage", ["flipped", "truncated", "deleted"])
def test_a_damaged_record_or_manifest_is_refused_and_can_be_built_again(
    indexes_dir: Path, segmenter: Segmenter, opened: list[Library], unverified: None, name: str, damage: str
) -> None:
    report = _build(indexes_dir, segmenter)
    victim = report.folder / name
    match damage:
        case "flipped":
            _flip(victim, 0)
        case "truncated":
            os.truncate(victim, victim.stat().st_size // 2)
        case _:
            victim.unlink()
    with pytest.raises(IndexDamaged, match="python -m assistant index build"):
        open_library(indexes_dir, embedder=HashingEmbedder(64), segmenter=segmenter)
    assert not verify_generation(report.folder).ok
    assert _build(indexes_dir, segmenter).built
    assert _open(indexes_dir, segmenter, opened).document("办法") == make_document()


@pytest.mark.parametrize("content", [b"", b"../../etc", b"\xff\xfe", b"0123456789abcdef"])
def test_a_pointer_that_leads_nowhere_is_damage(
    indexes_dir: Path, segmenter: Segmenter, unverified: None, content: bytes
) -> None:
    _build(indexes_dir, segmenter)
    (indexes_dir / "CURRENT").write_bytes(content)
    with pytest.raises(IndexDamaged, match="python -m assistant index build"):
        open_library(indexes_dir, embedder=HashingEmbedder(64), segmenter=segmenter)
    assert not _build(indexes_dir, segmenter).built
    open_library(indexes_dir, embedder=HashingEmbedder(64), segmenter=segmenter).close()


def test_verification_looks_at_every_part(indexes_dir: Path, segmenter: Segmenter) -> None:
    report = _build(indexes_dir, segmenter)
    verdict = verify_generation(report.folder)
    assert verdict.problems == ()
    assert (verdict.documents, verdict.chunks, verdict.sampled) == (1, report.chunks, report.chunks)
    (report.folder / "chroma" / "stranger").write_text("x")
    assert verify_generation(report.folder).problems == ("chroma/stranger 缺失、多余或与清单不符",)
    assert verify_generation(report.folder, timeout_s=0.01).problems == ("核验在 0.01 秒内没有结束",)
    assert not verify_generation(indexes_dir / "no-such-folder").ok


def test_a_build_that_fails_verification_changes_nothing(
    indexes_dir: Path, segmenter: Segmenter, opened: list[Library], monkeypatch: pytest.MonkeyPatch, unverified: None
) -> None:
    old = _build(indexes_dir, segmenter)
    monkeypatch.setattr(
        build_module, "verify_generation", lambda folder: VerifyReport(folder=str(folder), problems=("坏了",))
    )
    with pytest.raises(IndexStoreError, match="未通过核验（坏了）"):
        _build(indexes_dir, segmenter, make_document("新法"))
    assert _names(indexes_dir) == {old.folder.name}
    assert _open(indexes_dir, segmenter, opened).fingerprint == old.fingerprint


def test_a_vector_index_with_other_vectors_does_not_pass(
    indexes_dir: Path, segmenter: Segmenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_other_vectors(folder: Path, vectors: VectorsByKind) -> None:
        write_chroma(folder, {kind: (ids, matrix[::-1].copy()) for kind, (ids, matrix) in vectors.items()})

    monkeypatch.setattr(build_module, "write_chroma", write_other_vectors)
    with pytest.raises(IndexStoreError, match="找不到自己"):
        _build(indexes_dir, segmenter)
    assert _names(indexes_dir) == set()


def test_many_threads_may_read_one_library(
    indexes_dir: Path, segmenter: Segmenter, opened: list[Library], unverified: None
) -> None:
    documents = [make_document(f"办法{n}") for n in range(6)]
    _build(indexes_dir, segmenter, *documents)
    library = _open(indexes_dir, segmenter, opened)
    vector = HashingEmbedder(64).embed_queries(["循环贷"])[0]
    wanted = library.dense.search(vector, kind=ChunkKind.CLAUSE, k=5)

    def read(turn: int) -> bool:
        document = documents[turn % len(documents)]
        same = library.dense.search(vector, kind=ChunkKind.CLAUSE, k=5) == wanted
        return same and library.document(document.id) == document

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(read, range(64)))


def test_a_full_disk_changes_nothing(
    indexes_dir: Path, segmenter: Segmenter, opened: list[Library], monkeypatch: pytest.MonkeyPatch, unverified: None
) -> None:
    old = _build(indexes_dir, segmenter)

    def full(_folder: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(build_module, "fsync_tree", full)
    with pytest.raises(IndexStoreError, match="磁盘空间不足"):
        _build(indexes_dir, segmenter, make_document("新法"))
    assert _names(indexes_dir) == {old.folder.name}
    assert _open(indexes_dir, segmenter, opened).fingerprint == old.fingerprint


def test_vectors_without_direction_are_refused(indexes_dir: Path, segmenter: Segmenter) -> None:
    with pytest.raises(ModelOutputInvalid, match="不合规格"):
        build_index([make_document()], indexes_dir=indexes_dir, embedder=ZeroEmbedder(64), segmenter=segmenter)
    assert _names(indexes_dir) == set()


def test_no_documents_and_twins_are_refused(indexes_dir: Path, segmenter: Segmenter) -> None:
    with pytest.raises(IndexStoreError, match="没有可以建立索引的文件"):
        build_index([], indexes_dir=indexes_dir, embedder=HashingEmbedder(64), segmenter=segmenter)
    with pytest.raises(IndexStoreError, match="编号相同：办法"):
        _build(indexes_dir, segmenter, make_document(), make_document())


def test_a_second_writer_is_refused_and_told_by_whom(indexes_dir: Path, segmenter: Segmenter) -> None:
    indexes_dir.mkdir()
    holder = _child(
        "from assistant.indexing.generations import single_writer\n"
        f"with single_writer(Path({str(indexes_dir)!r})):\n"
        "    tell()\n"
        "    time.sleep(120)\n",
        indexes_dir.parent,
    )
    try:
        with pytest.raises(IndexStoreError, match=rf"进程号 {holder.pid}\b"):
            _build(indexes_dir, segmenter)
        with pytest.raises(IndexStoreError, match=str(holder.pid)):
            rollback(indexes_dir)
    finally:
        holder.kill()
        holder.wait()
    with single_writer(indexes_dir):  # the kernel took the lock back
        assert (indexes_dir / ".build.pid").read_text().strip() == str(os.getpid())


@pytest.mark.parametrize("stage", ["写入记录", "写入词语索引", "核验索引"])
def test_a_build_killed_half_way_leaves_the_old_generation_served(
    indexes_dir: Path, segmenter: Segmenter, opened: list[Library], unverified: None, stage: str
) -> None:
    old = _build(indexes_dir, segmenter)
    builder = _child(
        "import sys\n"
        f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from test_generations import make_document\n"
        "from assistant.indexing.build import build_index\n"
        "from assistant.models.standins import HashingEmbedder\n"
        "from assistant.text.segment import Segmenter\n"
        "def progress(stage, done, total):\n"
        f"    if stage == {stage!r}:\n"
        "        tell()\n"
        "        time.sleep(120)\n"
        f"build_index([make_document('新法')], indexes_dir=Path({str(indexes_dir)!r}),\n"
        "    embedder=HashingEmbedder(64), segmenter=Segmenter(), progress=progress)\n",
        indexes_dir.parent,
    )
    builder.send_signal(signal.SIGKILL)
    builder.wait()
    assert any(name.startswith(".build-") for name in _names(indexes_dir))
    assert _open(indexes_dir, segmenter, opened).fingerprint == old.fingerprint
    new = _build(indexes_dir, segmenter, make_document("新法"))
    assert _names(indexes_dir) == {old.folder.name, new.folder.name}
    assert _open(indexes_dir, segmenter, opened).fingerprint == new.fingerprint


def _child(script: str, folder: Path) -> subprocess.Popen[bytes]:
    """A Python process running `script`, returned once it has called `tell()`."""
    told = folder / "told"
    told.unlink(missing_ok=True)
    head = f"import time\nfrom pathlib import Path\ndef tell(): Path({str(told)!r}).touch()\n"
    home = Path(build_module.__file__).parents[2]
    child = subprocess.Popen([sys.executable, "-c", head + script], env={**os.environ, "PYTHONPATH": str(home)})
    while not told.exists():
        assert child.poll() is None, "the child ended before it got there"
        time.sleep(0.02)
    return child
