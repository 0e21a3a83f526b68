"""Vectors of passages, kept by content: what was embedded once is not embedded again.

One SQLite file. A vector is found by the hash of embedder and text, so a changed text or another
model never meets an old vector. The cache is never the record: the index holds its own vectors. A damaged
file is put aside as `….damaged`, and one of more than 1 GiB (some 600,000 vectors) begins anew.
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from assistant.models.protocols import Embedder, Vectors

_log = logging.getLogger(__name__)
_STEP = 256  # texts embedded and kept at a time, so that an interrupted run loses little
_ASKED = 500  # keys in one statement
_BUSY_S = 10.0
_MOST_BYTES = 2**30
_OFF = 1e-3  # from unit length, squared
_TABLE = "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID"


class CachedEmbedder:
    """An embedder that looks into `file` before it embeds passages. Questions always go to the model.

    A cache that cannot be used costs time and nothing else.

    Args:
        most_bytes: a larger file is emptied before the next vector is kept.
    """

    def __init__(self, embedder: Embedder, file: Path, *, most_bytes: int = _MOST_BYTES) -> None:
        self._embedder = embedder
        self._file = file
        self._most_bytes = most_bytes

    @property
    def id(self) -> str:
        return self._embedder.id

    @property
    def dimension(self) -> int:
        return self._embedder.dimension

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self._embedder.embed_queries(texts)

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return self._embedder.embed_documents(texts)
        keys = [self._key(text) for text in texts]
        held = self._read(keys)
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in held}
        for some in _runs(sorted(missing, key=lambda key: len(missing[key])), _STEP):
            vectors = self._embedder.embed_documents([missing[key] for key in some])
            fresh = dict(zip(some, vectors, strict=True))
            held.update(fresh)
            self._write(fresh)
        return np.stack([held[key] for key in keys])

    def _key(self, text: str) -> bytes:
        return hashlib.sha256(f"{self.id}\n{self.dimension}\n{text}".encode("utf-8", "surrogatepass")).digest()

    def _read(self, keys: Sequence[bytes]) -> dict[bytes, Vectors]:
        if not self._file.is_file():
            return {}
        held: dict[bytes, Vectors] = {}
        try:
            with closing(sqlite3.connect(self._file, timeout=_BUSY_S)) as base:
                for some in _runs(list(dict.fromkeys(keys)), _ASKED):
                    marks = ",".join("?" * len(some))
                    rows = base.execute(f"SELECT key, vector FROM vectors WHERE key IN ({marks})", some)  # noqa: S608
                    kept = ((key, _vector(blob, self.dimension)) for key, blob in rows)
                    held.update({key: vector for key, vector in kept if vector is not None})
        except sqlite3.DatabaseError as exc:
            self._put_aside(exc)
            return {}
        return held

    def _write(self, vectors: dict[bytes, Vectors]) -> None:
        rows = [(key, vector.astype("<f4").tobytes()) for key, vector in vectors.items()]
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with closing(sqlite3.connect(self._file, timeout=_BUSY_S)) as base, base:
                if self._file.stat().st_size > self._most_bytes:
                    _log.warning("向量缓存已满，清空后重新积累")
                    base.execute("DROP TABLE IF EXISTS vectors")
                    base.commit()
                    base.execute("VACUUM")
                base.execute(_TABLE)
                base.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
        except sqlite3.DatabaseError as exc:
            self._put_aside(exc)
        except OSError as exc:
            _log.warning("向量缓存未能写入：%s", exc.strerror)

    def _put_aside(self, exc: sqlite3.DatabaseError) -> None:
        """A damaged file makes room; one that is only busy or cannot be written stays."""
        _log.warning("向量缓存这一次不用：%s", exc)
        if isinstance(exc, sqlite3.OperationalError):
            return
        try:
            self._file.replace(self._file.with_name(f"{self._file.name}.damaged"))
            for suffix in ("-journal", "-wal", "-shm"):
                self._file.with_name(self._file.name + suffix).unlink(missing_ok=True)
        except OSError as error:
            _log.warning("损坏的向量缓存未能移开：%s", error.strerror)


def _vector(blob: object, dimension: int) -> Vectors | None:
    """What was kept, if it still is a vector of unit length; SQLite does not notice a changed byte."""
    if not isinstance(blob, bytes) or len(blob) != 4 * dimension:
        return None
    vector = np.frombuffer(blob, dtype="<f4")
    return vector if abs(float(vector @ vector) - 1) < _OFF else None


def _runs(items: Sequence[bytes], size: int) -> Iterator[Sequence[bytes]]:
    return (items[at : at + size] for at in range(0, len(items), size))
