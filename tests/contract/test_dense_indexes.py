"""One suite for every DenseIndex: Chroma answers what exact search answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from assistant.errors import IndexDamaged
from assistant.indexing.dense_index import (
    ChromaDenseIndex,
    DenseIndex,
    DocumentDenseIndex,
    ExactDenseIndex,
    write_chroma,
)
from assistant.models.protocols import Vectors
from assistant.schema.chunk import ChunkId, ChunkKind

_DIMENSION = 32
_VectorsByKind = dict[ChunkKind, tuple[tuple[ChunkId, ...], Vectors]]


def _unit(rng: np.random.Generator, count: int) -> Vectors:
    rows = rng.normal(size=(count, _DIMENSION))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


@pytest.fixture(scope="module")
def vectors() -> _VectorsByKind:
    rng = np.random.default_rng(3)
    clauses, sentences = _unit(rng, 40), _unit(rng, 400)
    sentences[100:110] = sentences[7]  # equal texts have equal vectors
    return {
        ChunkKind.CLAUSE: (tuple(ChunkId(f"{'甲乙丙'[n % 3]}#第{n:03}条") for n in range(40)), clauses),
        ChunkKind.SENTENCE: (tuple(ChunkId(f"{'甲乙丙'[n % 3]}#第{n:03}条@0-9") for n in range(400)), sentences),
    }


@pytest.fixture(scope="module", params=["exact", "chroma", "both", "chroma first"])
def index(
    request: pytest.FixtureRequest, vectors: _VectorsByKind, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DenseIndex]:
    made: DenseIndex
    if request.param == "exact":
        made = ExactDenseIndex(vectors, dimension=_DIMENSION)
    else:
        folder = tmp_path_factory.mktemp("dense") / "chroma"
        write_chroma(folder, vectors)
        made = ChromaDenseIndex.open(folder, dimension=_DIMENSION)
        if request.param != "chroma":
            most = 0 if request.param == "chroma first" else 1000
            made = DocumentDenseIndex(made, ExactDenseIndex(vectors.__getitem__, dimension=_DIMENSION), most_exact=most)
    yield made
    made.close()
    made.close()  # twice is fine


def test_the_best_are_those_of_the_largest_cosine(index: DenseIndex, vectors: _VectorsByKind) -> None:
    for kind, (ids, matrix) in vectors.items():
        for question in _unit(np.random.default_rng(11), 25):
            cosines = np.round((matrix.astype(np.float64) @ question.astype(np.float64)), 5)
            wanted = sorted(zip((-cosines).tolist(), ids, strict=True))[:10]
            hits = index.search(question, kind=kind, k=10)
            assert [hit.chunk_id for hit in hits] == [chunk_id for _, chunk_id in wanted]
            assert [hit.score for hit in hits] == pytest.approx([-score for score, _ in wanted], abs=1e-4)


def test_every_vector_finds_itself_with_cosine_one(index: DenseIndex, vectors: _VectorsByKind) -> None:
    ids, matrix = vectors[ChunkKind.CLAUSE]
    for chunk_id, vector in zip(ids, matrix, strict=True):
        [hit] = index.search(vector, kind=ChunkKind.CLAUSE, k=1)
        assert (hit.chunk_id, hit.rank, hit.retriever) == (chunk_id, 1, "dense")
        assert hit.score == pytest.approx(1.0, abs=1e-5)


def test_ties_break_by_id_also_at_the_end_of_the_list(index: DenseIndex, vectors: _VectorsByKind) -> None:
    ids, matrix = vectors[ChunkKind.SENTENCE]
    equals = sorted([ids[7], *ids[100:110]])
    hits = index.search(matrix[7], kind=ChunkKind.SENTENCE, k=4)
    assert [hit.chunk_id for hit in hits] == equals[:4]
    assert [hit.rank for hit in hits] == [1, 2, 3, 4]


def test_asking_for_more_than_there_is_gives_all(index: DenseIndex, vectors: _VectorsByKind) -> None:
    ids, matrix = vectors[ChunkKind.SENTENCE]
    hits = index.search(matrix[0], kind=ChunkKind.SENTENCE, k=5000)
    assert sorted(hit.chunk_id for hit in hits) == sorted(ids)
    assert index.count(ChunkKind.SENTENCE) == len(ids)


def test_asking_for_nothing_gives_nothing(index: DenseIndex, vectors: _VectorsByKind) -> None:
    vector = vectors[ChunkKind.CLAUSE][1][0]
    assert index.search(vector, kind=ChunkKind.CLAUSE, k=0) == []
    assert index.search(vector, kind=ChunkKind.CLAUSE, k=-1) == []


@pytest.mark.parametrize("documents", [{"乙"}, {"甲", "丙"}, {"甲", "乙", "丙"}, {"丁"}, set()])
def test_only_chunks_of_the_documents_asked_for(
    index: DenseIndex, vectors: _VectorsByKind, documents: set[str]
) -> None:
    ids, matrix = vectors[ChunkKind.SENTENCE]
    question = _unit(np.random.default_rng(5), 1)[0]
    cosines = (matrix.astype(np.float64) @ question.astype(np.float64)).round(5)
    owned = [(-c, i) for c, i in zip(cosines.tolist(), ids, strict=True) if i.partition("#")[0] in documents]
    hits = index.search(question, kind=ChunkKind.SENTENCE, k=25, within=frozenset(documents))
    assert [hit.chunk_id for hit in hits][:20] == [i for _, i in sorted(owned)[:20]]
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))


@pytest.mark.parametrize("shape", [(1, _DIMENSION), (_DIMENSION + 1,), ()])
def test_a_vector_of_another_shape_is_refused(index: DenseIndex, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="32 finite numbers"):
        index.search(np.zeros(shape, dtype=np.float32), kind=ChunkKind.CLAUSE, k=3)


def test_a_vector_with_nan_is_refused(index: DenseIndex) -> None:
    with pytest.raises(ValueError, match="finite"):
        index.search(np.full(_DIMENSION, np.nan, dtype=np.float32), kind=ChunkKind.CLAUSE, k=3)


def test_a_kind_without_chunks_has_no_hits(tmp_path: Path, vectors: _VectorsByKind) -> None:
    none: _VectorsByKind = {
        ChunkKind.CLAUSE: vectors[ChunkKind.CLAUSE],
        ChunkKind.SENTENCE: ((), np.zeros((0, _DIMENSION), dtype=np.float32)),
    }
    write_chroma(tmp_path / "chroma", none)
    chroma = ChromaDenseIndex.open(tmp_path / "chroma", dimension=_DIMENSION)
    try:
        for index in (chroma, ExactDenseIndex(none, dimension=_DIMENSION)):
            assert index.search(vectors[ChunkKind.CLAUSE][1][0], kind=ChunkKind.SENTENCE, k=3) == []
            assert index.count(ChunkKind.SENTENCE) == 0
    finally:
        chroma.close()


def test_an_empty_folder_is_damage_and_not_an_empty_index(tmp_path: Path) -> None:
    released: list[bool] = []
    with pytest.raises(IndexDamaged, match="无法打开"):
        ChromaDenseIndex.open(tmp_path, dimension=_DIMENSION, release=lambda: released.append(True))
    assert released == [True]
