"""What goes into a record comes out of it, and a damaged record says so."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from assistant.errors import IndexDamaged, NotFoundError
from assistant.indexing.store import SCHEMA_VERSION, Record, RecordInfo, content_hash, write_record
from assistant.models.protocols import Vectors
from assistant.schema.chunk import Chunk, ChunkId, ChunkKind
from assistant.schema.document import Clause, Document, DocumentKind, DocumentMeta, Level, Span, Validity

_TEXT = "关于续贷的通知\n\n（一）严禁贷款转存。\r\n\u3000\u3000“国之大者”𠮷\u2028末句"


def _clause(address: str, level: Level, piece: str, *children: Clause, heading: str | None = None) -> Clause:
    start = _TEXT.index(piece)
    return Clause(
        address=address,
        level=level,
        span=Span(start, start + len(piece)),
        text=piece,
        heading=heading,
        children=children,
    )


@pytest.fixture
def document() -> Document:
    body = _TEXT[_TEXT.index("（一）") :]
    inner = (
        _clause("（一）", Level.LABEL, "（一）"),
        _clause(
            "（一）第一段",
            Level.PARAGRAPH,
            "严禁贷款转存。",
            _clause("（一）第一段第一项", Level.ITEM, "严禁"),
            _clause("（一）第一段第二项", Level.ITEM, "贷款转存。"),
        ),
        _clause("（一）第二段", Level.PARAGRAPH, "“国之大者”𠮷\u2028末句"),
    )
    meta = DocumentMeta(
        id="通知 2024/甲",
        title="关于续贷的通知",
        kind=DocumentKind.NOTICE,
        validity=Validity.ANNUAL,
        issuer="某局",
        year=2024,
        issued_on=date(2024, 5, 6),
        aliases=("续贷通知", "甲通知"),
    )
    clauses = (
        _clause("标题", Level.TITLE, "关于续贷的通知", heading="关于续贷的通知"),
        _clause("（一）", Level.HEADING_2, body, *inner),
    )
    return Document(meta=meta, text=_TEXT, clauses=clauses)


@pytest.fixture
def chunks(document: Document) -> tuple[Chunk, ...]:
    clause = document.clauses[1]
    whole = Chunk(
        id=ChunkId(f"{document.id}#（一）"),
        kind=ChunkKind.CLAUSE,
        document_id=document.id,
        unit="（一）",
        address="（一）",
        heading_path=("关于续贷的通知", "一"),
        span=clause.span,
        text=clause.text,
        plain=clause.text.strip(),
        subject=None,
    )
    sentence = replace(
        whole,
        id=ChunkId(f"{whole.id}@0-2"),
        kind=ChunkKind.SENTENCE,
        span=Span(0, 2),
        text="关于",
        plain="关于",
        subject="各银行机构",
        parent_id=whole.id,
    )
    return whole, sentence, replace(sentence, id=ChunkId(f"{whole.id}@2-4"), span=Span(2, 4))


def _info(**changes: object) -> RecordInfo:
    info = RecordInfo(
        schema_version=SCHEMA_VERSION,
        fingerprint="f" * 64,
        embedder_id="e/3",
        dimension=3,
        segmenter="s",
        documents=1,
        clauses=7,
        chunks=3,
    )
    return replace(info, **changes)  # type: ignore[arg-type]


def _vectors(chunks: tuple[Chunk, ...]) -> dict[str, Vectors]:
    rng = np.random.default_rng(7)
    return {content_hash(c.indexed_text): rng.normal(size=3).astype(np.float32) for c in chunks}


@pytest.fixture
def path(tmp_path: Path, document: Document, chunks: tuple[Chunk, ...]) -> Path:
    path = tmp_path / "record.sqlite"
    write_record(path, info=_info(), documents=[document], chunks=chunks, vectors=_vectors(chunks))
    return path


@pytest.fixture
def record(path: Path) -> Iterator[Record]:
    record = Record(path)
    yield record
    record.close()


def test_documents_and_chunks_come_back_exactly(record: Record, document: Document, chunks: tuple[Chunk, ...]) -> None:
    assert record.document(document.id) == document
    assert record.metas() == (document.meta,)
    assert record.chunks() == chunks
    assert record.info == _info()
    record.check_pages()


def test_vectors_come_back_bit_by_bit_and_equal_texts_share_one(record: Record, chunks: tuple[Chunk, ...]) -> None:
    wanted = _vectors(chunks)
    ids, matrix = record.vectors(ChunkKind.SENTENCE)
    assert ids == (chunks[1].id, chunks[2].id)
    assert matrix.dtype == np.float32
    assert np.array_equal(matrix[0], wanted[content_hash("关于")])
    assert np.array_equal(matrix[0], matrix[1])
    assert len(record.vectors_by_content()) == 2


def test_an_unknown_document_is_named_a_fault_of_its_own(record: Record) -> None:
    with pytest.raises(NotFoundError):
        record.document("x' OR 1=1 --")


def test_a_record_is_opened_where_nothing_may_be_written(path: Path, document: Document) -> None:
    path.chmod(0o444)
    path.parent.chmod(0o555)
    try:
        record = Record(path)
        assert record.document(document.id) == document
        record.close()
        assert [p.name for p in path.parent.iterdir()] == [path.name]
    finally:
        path.parent.chmod(0o755)


def test_a_record_cannot_be_written_through(record: Record) -> None:
    with pytest.raises(IndexDamaged) as caught:
        record._rows("DELETE FROM chunks")
    assert isinstance(caught.value.__cause__, sqlite3.OperationalError)


def test_a_clause_that_is_not_its_slice_is_refused(tmp_path: Path, document: Document) -> None:
    wrong = replace(document, clauses=(replace(document.clauses[0], text="别的话"),))
    with pytest.raises(ValueError, match="is not the text at"):
        write_record(tmp_path / "r", info=_info(), documents=[wrong], chunks=(), vectors={})


@pytest.mark.parametrize(
    "statement", ["DELETE FROM chunks WHERE position = 1", "DELETE FROM vectors", "DROP TABLE info"]
)
def test_counts_that_do_not_agree_are_found_at_open(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)
    with pytest.raises(IndexDamaged, match="index build --force"):
        Record(path)


def test_a_missing_or_foreign_file_is_damage(tmp_path: Path) -> None:
    with pytest.raises(IndexDamaged, match="文件不存在"):
        Record(tmp_path / "record.sqlite")
    (tmp_path / "text.sqlite").write_text("这不是数据库" * 100, encoding="utf-8")
    with pytest.raises(IndexDamaged):
        Record(tmp_path / "text.sqlite")


def test_a_vector_of_another_length_is_damage(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE vectors SET vector = x'0000'")
    record = Record(path)
    try:
        with pytest.raises(IndexDamaged, match="向量长度不符"):
            record.vectors(ChunkKind.CLAUSE)
        with pytest.raises(IndexDamaged, match="向量长度不符"):
            record.vectors_by_content()
    finally:
        record.close()
