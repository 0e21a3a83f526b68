"""A vector that the approximate graph leads past is no reason to refuse a batch; one that is not kept right is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from test_generations import make_document

from assistant.indexing import self_check
from assistant.indexing.build import BuildReport, build_index
from assistant.indexing.dense_index import ChromaDenseIndex
from assistant.indexing.self_check import check_generation
from assistant.models.protocols import Vectors
from assistant.models.standins import HashingEmbedder
from assistant.schema.chunk import ChunkId, ChunkKind
from assistant.schema.retrieval import Hit
from assistant.text.segment import Segmenter


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BuildReport:
    report = build_index(
        [make_document()], indexes_dir=tmp_path / "indexes", embedder=HashingEmbedder(64), segmenter=Segmenter()
    )
    assert check_generation(report.folder).missed == ()
    return report


def _lead_past(monkeypatch: pytest.MonkeyPatch, many: int) -> None:
    """Let the graph not lead to the clauses that are searched for first."""
    searched = ChromaDenseIndex.search
    past: set[bytes] = set()

    def search(
        self: ChromaDenseIndex, vector: Vectors, *, kind: ChunkKind, k: int, within: frozenset[str] | None = None
    ) -> list[Hit]:
        if kind is ChunkKind.CLAUSE and (len(past) < many or vector.tobytes() in past):
            past.add(vector.tobytes())
            return []
        return searched(self, vector, kind=kind, k=k, within=within)

    monkeypatch.setattr(ChromaDenseIndex, "search", search)


def test_one_missed_neighbour_is_told_and_does_not_matter(built: BuildReport, monkeypatch: pytest.MonkeyPatch) -> None:
    _lead_past(monkeypatch, 1)
    report = check_generation(built.folder)
    assert report.ok
    assert len(report.missed) == 1


def test_a_graph_that_leads_past_many_does_not_pass(built: BuildReport, monkeypatch: pytest.MonkeyPatch) -> None:
    _lead_past(monkeypatch, 2)
    report = check_generation(built.folder)
    assert not report.ok
    assert "漏掉了" in report.problems[0]
    assert report.missed[0] in report.problems[0]


def test_a_vector_that_is_not_kept_right_is_named(built: BuildReport, monkeypatch: pytest.MonkeyPatch) -> None:
    _lead_past(monkeypatch, 1)
    held = ChromaDenseIndex.held

    def turned(self: ChromaDenseIndex, ids: list[ChunkId], *, kind: ChunkKind) -> dict[ChunkId, Vectors]:
        return {i: np.asarray(-vector, dtype=np.float32) for i, vector in held(self, ids, kind=kind).items()}

    monkeypatch.setattr(ChromaDenseIndex, "held", turned)
    report = check_generation(built.folder)
    assert [problem.endswith("在向量库中找不到自己") for problem in report.problems] == [True]
    assert self_check.VerifyReport(folder="", problems=report.problems).ok is False
