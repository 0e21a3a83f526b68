"""The record of one generation: documents, clause trees, chunks and vectors in one SQLite file.

The record is the truth. The vector index and the word index beside it hold nothing that could
not be made again from it, so when one of them is damaged nothing is lost.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from assistant.errors import IndexDamaged, NotFoundError
from assistant.models.protocols import Vectors
from assistant.schema.chunk import Chunk, ChunkId, ChunkKind
from assistant.schema.document import (
    Clause,
    CrossReference,
    Document,
    DocumentKind,
    DocumentMeta,
    HeaderFact,
    HiddenText,
    Level,
    Limit,
    LimitKind,
    Span,
    Table,
    Validity,
)

_FORMAT = 3  # raise it when a table, a file of the folder or its meaning changes
_LITTLE_FLOAT32 = np.dtype("<f4")
_Row = tuple[Any, ...]  # as SQLite gives them; the tables below say what they hold
_TABLES = """
CREATE TABLE info (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (
    position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, meta TEXT NOT NULL, text TEXT NOT NULL,
    findings TEXT NOT NULL
);
CREATE TABLE clauses (
    document_id TEXT NOT NULL, number INTEGER NOT NULL, parent INTEGER, address TEXT NOT NULL, level TEXT NOT NULL,
    start INTEGER NOT NULL, stop INTEGER NOT NULL, heading TEXT, PRIMARY KEY (document_id, number)
) WITHOUT ROWID;
CREATE TABLE chunks (
    position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, content TEXT NOT NULL,
    fields TEXT NOT NULL
);
CREATE TABLE vectors (content TEXT PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID;
"""


def _schema_version() -> str:
    """`_FORMAT` and a short hash of the fields that a record keeps, so that a new field needs no thought here."""
    names = [
        name
        for noun in (DocumentMeta, Document, Clause, Chunk, CrossReference, HeaderFact, HiddenText, Limit, Table)
        for name in noun.__dataclass_fields__
    ]
    return f"{_FORMAT}-{hashlib.sha256(' '.join(names).encode()).hexdigest()[:8]}"


SCHEMA_VERSION = _schema_version()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordInfo:
    """What a record says of itself."""

    schema_version: str
    fingerprint: str
    embedder_id: str
    dimension: int
    segmenter: str  # fingerprint of the Segmenter that cut the word index
    documents: int
    clauses: int
    chunks: int


def content_hash(text: str) -> str:
    """SHA-256 in hex of what is embedded; equal texts share one vector."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def write_record(
    path: Path,
    *,
    info: RecordInfo,
    documents: Sequence[Document],
    chunks: Sequence[Chunk],
    vectors: Mapping[str, Vectors],
) -> None:
    """Write a new record at `path`.

    Args:
        vectors: by `content_hash(chunk.indexed_text)`, one for every chunk, shape `(dimension,)`.

    Raises:
        ValueError: a clause is not the slice of its document that it says it is.
        sqlite3.Error, OSError: the disk is full or not writable.
    """
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(_TABLES)
        connection.executemany("INSERT INTO info VALUES (?, ?)", _info_rows(info))
        connection.executemany(
            "INSERT INTO documents VALUES (?, ?, ?, ?, ?)",
            ((n, d.id, _json(_meta_fields(d.meta)), d.text, _json(_findings(d))) for n, d in enumerate(documents)),
        )
        for document in documents:
            connection.executemany("INSERT INTO clauses VALUES (?, ?, ?, ?, ?, ?, ?, ?)", _clause_rows(document))
        connection.executemany(
            "INSERT INTO chunks VALUES (?, ?, ?, ?, ?)",
            (_chunk_row(number, chunk) for number, chunk in enumerate(chunks)),
        )
        connection.executemany(
            "INSERT INTO vectors VALUES (?, ?)",
            ((content, vector.astype(_LITTLE_FLOAT32).tobytes()) for content, vector in vectors.items()),
        )


class Record:
    """A record opened for reading. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        """Open the record at `path`.

        Raises:
            IndexDamaged: the file is missing, is no record, or its counts do not agree.
        """
        self._path = path
        self._lock = threading.Lock()
        self._connection = self._connect()
        try:
            self.info = self._read_info()
            self._check_counts()
        except IndexDamaged:
            self.close()
            raise

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def metas(self) -> tuple[DocumentMeta, ...]:
        """Every document's meta, in the order of the corpus."""
        rows = self._rows("SELECT meta FROM documents ORDER BY position")
        return tuple(_meta_from(json.loads(meta)) for (meta,) in rows)

    def document(self, document_id: str) -> Document:
        """The document, with its clause tree.

        Raises:
            NotFoundError: there is none of that id.
        """
        found = self._rows("SELECT meta, text, findings FROM documents WHERE id = ?", document_id)
        if not found:
            raise NotFoundError("文件库中没有这份文件，请刷新文件列表后重试。")
        meta, text, findings = found[0]
        rows = self._rows(
            "SELECT number, parent, address, level, start, stop, heading FROM clauses"
            " WHERE document_id = ? ORDER BY number",
            document_id,
        )
        return Document(
            meta=_meta_from(json.loads(meta)),
            text=text,
            clauses=_clauses_from(rows, text),
            **_findings_from(json.loads(findings)),
        )

    def chunks(self) -> tuple[Chunk, ...]:
        """Every chunk, in the order of the corpus."""
        rows = self._rows("SELECT fields FROM chunks ORDER BY position")
        return tuple(_chunk_from(json.loads(fields)) for (fields,) in rows)

    def vectors(self, kind: ChunkKind) -> tuple[tuple[ChunkId, ...], Vectors]:
        """Ids in the order of the corpus and their vectors, `(len(ids), dimension)`, read-only.

        Raises:
            IndexDamaged: a vector has another length than the record says.
        """
        rows = self._rows(
            "SELECT c.id, v.vector FROM chunks c JOIN vectors v ON v.content = c.content"
            " WHERE c.kind = ? ORDER BY c.position",
            kind.value,
        )
        self._check_lengths(blob for _, blob in rows)
        flat = np.frombuffer(b"".join(blob for _, blob in rows), dtype=_LITTLE_FLOAT32)
        matrix = flat.astype(np.float32, copy=False).reshape(len(rows), self.info.dimension)
        return tuple(ChunkId(chunk_id) for chunk_id, _ in rows), matrix

    def vectors_by_content(self) -> dict[str, Vectors]:
        """Every vector by the hash of the text it belongs to.

        Raises:
            IndexDamaged: a vector has another length than the record says.
        """
        rows = self._rows("SELECT content, vector FROM vectors")
        self._check_lengths(blob for _, blob in rows)
        return {content: np.frombuffer(blob, dtype=_LITTLE_FLOAT32).astype(np.float32) for content, blob in rows}

    def check_pages(self) -> None:
        """Read every page of the file.

        Raises:
            IndexDamaged: SQLite finds a page or a row that does not hold together.
        """
        if self._rows("PRAGMA integrity_check") != [("ok",)]:
            raise self._damaged("数据页校验未通过")

    def _connect(self) -> sqlite3.Connection:
        if not self._path.is_file():
            raise self._damaged("文件不存在")
        # Nobody writes to a finished record, so SQLite needs neither locks nor a writable folder.
        uri = f"{self._path.resolve().as_uri()}?mode=ro&immutable=1"
        try:
            return sqlite3.connect(uri, uri=True, check_same_thread=False)
        except sqlite3.Error as exc:
            raise self._damaged("无法打开") from exc

    def _rows(self, statement: str, *values: str) -> list[_Row]:
        try:
            with self._lock:
                rows: list[_Row] = self._connection.execute(statement, values).fetchall()
                return rows
        except sqlite3.Error as exc:
            raise self._damaged("读取失败") from exc

    def _check_lengths(self, blobs: Iterable[bytes]) -> None:
        wanted = self.info.dimension * _LITTLE_FLOAT32.itemsize
        if any(len(blob) != wanted for blob in blobs):
            raise self._damaged("向量长度不符")

    def _read_info(self) -> RecordInfo:
        found: dict[str, str] = dict(self._rows("SELECT key, value FROM info"))
        try:
            return RecordInfo(
                schema_version=found["schema_version"],
                fingerprint=found["fingerprint"],
                embedder_id=found["embedder_id"],
                dimension=int(found["dimension"]),
                segmenter=found["segmenter"],
                documents=int(found["documents"]),
                clauses=int(found["clauses"]),
                chunks=int(found["chunks"]),
            )
        except (KeyError, ValueError) as exc:
            raise self._damaged("缺少说明信息") from exc

    def _check_counts(self) -> None:
        [counted] = self._rows(
            "SELECT (SELECT count(*) FROM documents), (SELECT count(*) FROM clauses), (SELECT count(*) FROM chunks),"
            " (SELECT count(*) FROM chunks c JOIN vectors v ON v.content = c.content)"
        )
        if counted != (self.info.documents, self.info.clauses, self.info.chunks, self.info.chunks):
            raise self._damaged("条目数与说明不符")

    def _damaged(self, what: str) -> IndexDamaged:
        return IndexDamaged(
            f"索引记录 {self._path} 已损坏（{what}）。请运行 python -m assistant index build --force 重建，"
            "或运行 python -m assistant index rollback 退回上一版。"
        )


def _info_rows(info: RecordInfo) -> Iterator[tuple[str, str]]:
    for name in RecordInfo.__dataclass_fields__:
        yield name, str(getattr(info, name))


def _meta_fields(meta: DocumentMeta) -> dict[str, object]:
    def plain(value: object) -> object:
        if isinstance(value, tuple):
            return [plain(v) for v in value]
        if isinstance(value, Limit):
            return [value.kind.value, value.quote, value.where]
        return value.isoformat() if isinstance(value, date) else value

    return {name: plain(getattr(meta, name)) for name in DocumentMeta.__dataclass_fields__}


def _meta_from(fields: dict[str, Any]) -> DocumentMeta:
    days = {
        name: date.fromisoformat(fields[name]) if fields[name] is not None else None
        for name in ("issued_on", "effective_on", "expired_on")
    }
    names = {
        "kind": DocumentKind(fields["kind"]),
        "validity": Validity(fields["validity"]),
        "aliases": tuple(fields["aliases"]),
        "access": tuple(fields["access"]),
        "issuers": tuple(fields["issuers"]),
        "limits": tuple(Limit(kind=LimitKind(k), quote=quote, where=where) for k, quote, where in fields["limits"]),
        "revised_on": tuple(date.fromisoformat(day) for day in fields["revised_on"]),
    }
    return DocumentMeta(**{**fields, **days, **names})


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _findings(document: Document) -> dict[str, object]:
    """What parsing found besides the tree, as plain lists; a span is its two ends."""
    return {
        "references": [[r.source, r.span.start, r.span.end, r.raw, r.target, r.document] for r in document.references],
        "facts": [[f.name, f.value, f.span.start, f.span.end] for f in document.facts],
        "tables": [[t.address, t.caption, t.span.start, t.span.end, t.rows, t.parent] for t in document.tables],
        "warnings": document.warnings,
        "hidden": [[h.kind, h.text, h.where] for h in document.hidden],
        "lost": document.lost,
    }


def _findings_from(found: dict[str, Any]) -> dict[str, Any]:
    return {
        "references": tuple(
            CrossReference(source=source, span=Span(start, end), raw=raw, target=target, document=document)
            for source, start, end, raw, target, document in found["references"]
        ),
        "facts": tuple(
            HeaderFact(name=name, value=value, span=Span(start, end)) for name, value, start, end in found["facts"]
        ),
        "tables": tuple(
            Table(
                address=address,
                caption=caption,
                span=Span(start, end),
                rows=tuple(tuple(row) for row in rows),
                parent=parent,
            )
            for address, caption, start, end, rows, parent in found["tables"]
        ),
        "warnings": tuple(found["warnings"]),
        "hidden": tuple(HiddenText(kind=kind, text=text, where=where) for kind, text, where in found["hidden"]),
        "lost": tuple(found["lost"]),
    }


def _clause_rows(document: Document) -> Iterator[_Row]:
    number = 0
    waiting: list[tuple[Clause, int | None]] = [(clause, None) for clause in reversed(document.clauses)]
    while waiting:
        clause, parent = waiting.pop()
        span = clause.span
        if document.text[span.start : span.end] != clause.text:
            raise ValueError(f"clause {clause.address} of {document.id} is not the text at {span.start}..{span.end}")
        yield document.id, number, parent, clause.address, clause.level, span.start, span.end, clause.heading
        waiting.extend((child, number) for child in reversed(clause.children))
        number += 1


def _clauses_from(rows: list[_Row], text: str) -> tuple[Clause, ...]:
    # Rows stand in the order of the text, parents before children; built from the end, every child is ready in time.
    children: dict[int | None, list[Clause]] = {}
    for number, parent, address, level, start, stop, heading in reversed(rows):
        clause = Clause(
            address=address,
            level=Level(level),
            span=Span(start, stop),
            text=text[start:stop],
            heading=heading,
            children=tuple(reversed(children.pop(number, []))),
        )
        children.setdefault(parent, []).append(clause)
    return tuple(reversed(children.get(None, [])))


def _chunk_row(number: int, chunk: Chunk) -> _Row:
    fields = {name: getattr(chunk, name) for name in Chunk.__dataclass_fields__}
    fields["span"] = (chunk.span.start, chunk.span.end)
    return number, chunk.id, chunk.kind, content_hash(chunk.indexed_text), json.dumps(fields, ensure_ascii=False)


def _chunk_from(fields: dict[str, Any]) -> Chunk:
    special = {
        "kind": ChunkKind(fields["kind"]),
        "heading_path": tuple(fields["heading_path"]),
        "span": Span(*fields["span"]),
    }
    return Chunk(**{**fields, **special})
