"""Two passes over vectors give the exact products where it matters."""

from __future__ import annotations

import numpy as np
import pytest

from assistant.indexing.vector_scan import VectorScan


def unit(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


@pytest.fixture
def vectors() -> np.ndarray:
    """Three hundred vectors that lean to one side, as those of real embedders do, with a few main axes."""
    chance = np.random.default_rng(3)
    return unit(chance.normal(size=(300, 24)) * np.linspace(1.0, 0.1, 24) + 0.5)


def test_the_best_are_exact_though_only_four_axes_are_read_for_all(vectors: np.ndarray) -> None:
    asked = vectors[7]
    exact = vectors @ asked
    found = VectorScan(vectors, axes=4, least=60).cosines(asked)
    best = np.argsort(-exact)[:10]
    assert found[best] == pytest.approx(exact[best], abs=1e-5)
    assert np.argsort(-found)[:10].tolist() == best.tolist()
    assert not np.allclose(found, exact, atol=1e-3)


def test_everything_is_exact_where_there_are_few(vectors: np.ndarray) -> None:
    asked = vectors[0]
    assert VectorScan(vectors, axes=4, least=1000).cosines(asked) == pytest.approx(vectors @ asked, abs=1e-5)


def test_standard_scores_have_the_mean_and_the_spread_of_the_exact_products(vectors: np.ndarray) -> None:
    asked = vectors[5]
    exact = vectors @ asked
    wanted = (exact - exact.mean()) / exact.std()
    assert VectorScan(vectors, least=1000).standard(asked) == pytest.approx(wanted, abs=1e-3)


def test_two_vectors_by_hand() -> None:
    scan = VectorScan(np.array([[1, 0], [0, 1]], dtype=np.float32))
    assert scan.cosines(np.array([0.6, 0.8], dtype=np.float32)) == pytest.approx([0.6, 0.8])
    assert scan.standard(np.array([0.6, 0.8], dtype=np.float32)) == pytest.approx([-1.0, 1.0], abs=1e-4)


def test_no_vectors() -> None:
    assert VectorScan(np.zeros((0, 3), dtype=np.float32)).standard(np.ones(3, dtype=np.float32)).shape == (0,)
