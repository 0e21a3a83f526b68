"""The cache of vectors: nothing embedded twice, nothing wrong served, nothing lost by a damaged file."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from assistant.models.protocols import Vectors
from assistant.models.standins import HashingEmbedder
from assistant.models.vector_cache import CachedEmbedder


class Counting(HashingEmbedder):
    """Notes what reaches the model."""

    def __init__(self, name: str = "counting") -> None:
        super().__init__()
        self.name = name
        self.seen: list[str] = []

    @property
    def id(self) -> str:
        return self.name

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        self.seen += texts
        return super().embed_documents(texts)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "vectors.sqlite"


def test_the_second_time_nothing_is_embedded(file: Path) -> None:
    texts = ["续贷", "信用贷", "续贷"]
    first = Counting()
    vectors = CachedEmbedder(first, file).embed_documents(texts)
    assert sorted(first.seen) == sorted(set(texts))
    second = Counting()
    again = CachedEmbedder(second, file).embed_documents(texts)
    assert second.seen == []
    assert (vectors == again).all()
    assert (vectors == HashingEmbedder().embed_documents(texts)).all()


def test_only_what_is_new_is_embedded(file: Path) -> None:
    CachedEmbedder(Counting(), file).embed_documents(["甲", "乙"])
    model = Counting()
    CachedEmbedder(model, file).embed_documents(["乙", "丙"])
    assert model.seen == ["丙"]


def test_another_model_shares_nothing(file: Path) -> None:
    CachedEmbedder(Counting("one"), file).embed_documents(["甲"])
    model = Counting("other")
    CachedEmbedder(model, file).embed_documents(["甲"])
    assert model.seen == ["甲"]


def test_questions_are_never_kept(file: Path) -> None:
    CachedEmbedder(Counting(), file).embed_queries(["这户能批吗？"])
    assert not file.exists()


@pytest.mark.parametrize("damage", [b"not a database at all" * 100, b""])
def test_a_damaged_file_costs_only_time(file: Path, damage: bytes, caplog: pytest.LogCaptureFixture) -> None:
    CachedEmbedder(Counting(), file).embed_documents(["甲"])
    file.write_bytes(damage)
    with caplog.at_level(logging.WARNING):
        vectors = CachedEmbedder(Counting(), file).embed_documents(["甲"])
    assert (vectors == HashingEmbedder().embed_documents(["甲"])).all()
    CachedEmbedder(Counting(), file).embed_documents(["甲"])
    model = Counting()
    CachedEmbedder(model, file).embed_documents(["甲"])
    assert model.seen == []


def test_what_is_no_database_is_put_aside(file: Path) -> None:
    CachedEmbedder(Counting(), file).embed_documents(["甲"])
    file.write_bytes(b"not a database at all" * 100)
    CachedEmbedder(Counting(), file).embed_documents(["甲"])
    assert file.with_name("vectors.sqlite.damaged").read_bytes().startswith(b"not a database")


def test_a_full_cache_begins_anew(file: Path) -> None:
    texts = [f"第{n}条" for n in range(100)]
    CachedEmbedder(Counting(), file).embed_documents(texts)
    full = file.stat().st_size
    CachedEmbedder(Counting(), file, most_bytes=full - 1).embed_documents(["新的一条"])
    assert file.stat().st_size < full / 4
    model = Counting()
    CachedEmbedder(model, file).embed_documents([*texts, "新的一条"])
    assert sorted(model.seen) == sorted(texts)


@pytest.mark.parametrize(
    "blob",
    [
        np.zeros(3, dtype="<f4").tobytes(),
        b"12345",
        "text",
        np.full(HashingEmbedder().dimension, np.nan, dtype="<f4").tobytes(),
        np.full(HashingEmbedder().dimension, 5, dtype="<f4").tobytes(),
    ],
)
def test_what_is_no_vector_is_not_served(file: Path, blob: bytes | str) -> None:
    CachedEmbedder(Counting(), file).embed_documents(["甲"])
    with closing(sqlite3.connect(file)) as base, base:
        base.execute("UPDATE vectors SET vector = ?", (blob,))
    vectors = CachedEmbedder(Counting(), file).embed_documents(["甲"])
    assert (vectors == HashingEmbedder().embed_documents(["甲"])).all()


def test_no_texts(file: Path) -> None:
    assert CachedEmbedder(Counting(), file).embed_documents([]).shape == (0, HashingEmbedder().dimension)
