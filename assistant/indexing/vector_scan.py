"""The nearest of many vectors without an approximate index: a rough pass over their main axes, then exact products.

Vectors are turned to their principal axes once. A question is compared with all of them on the first axes
only; the best of that pass get the rest of their product, so the scores that matter are exact and three
quarters of the numbers stay unread.
"""

from __future__ import annotations

import numpy as np

from assistant.models.protocols import Vectors

_AXES = 96  # of the rough pass; with these two numbers 0.05 of STARD's nearest hundred are lost
_LEAST = 2048  # vectors that are always compared in full


class VectorScan:
    """`vectors`, `(n, dimension)`, ready to be compared with one question at a time."""

    def __init__(self, vectors: Vectors, *, axes: int = _AXES, least: int = _LEAST) -> None:
        count, dimension = vectors.shape
        self._least = least
        self._axes = min(axes, dimension)
        self._mean = vectors.mean(axis=0, dtype=np.float64) if count else np.zeros(dimension)
        products = vectors.T @ vectors / max(count, 1)
        self._spread = products.astype(np.float64) - np.outer(self._mean, self._mean)
        _, turn = np.linalg.eigh(products)
        self._turn = np.ascontiguousarray(turn[:, ::-1].astype(np.float32))  # the axes that carry most come first
        turned = vectors @ self._turn
        self._head = np.ascontiguousarray(turned[:, : self._axes])
        self._tail = np.ascontiguousarray(turned[:, self._axes :])

    def cosines(self, vector: Vectors) -> Vectors:
        """Products with `vector`: exact for the highest, off by what the last axes add for the rest."""
        turned = vector @ self._turn
        found = self._head @ turned[: self._axes]
        if self._tail.shape[1]:
            best = np.argpartition(-found, self._least)[: self._least] if found.size > self._least else slice(None)
            found[best] += self._tail[best] @ turned[self._axes :]
        return np.asarray(found, dtype=np.float32)

    def standard(self, vector: Vectors) -> Vectors:
        """`cosines` less their mean, by their standard deviation; both are those of the exact products."""
        mean = float(self._mean @ vector)
        spread = float(np.sqrt(max(vector @ self._spread @ vector, 1e-18)))
        return np.asarray((self.cosines(vector) - mean) / spread, dtype=np.float32)
