"""Texts that speak of one matter, put together by their vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from assistant.errors import Abandoned
from assistant.models.protocols import Vectors

_ROWS = 256  # of the matrix of cosines at a time
Groups = tuple[tuple[int, ...], ...]


def clusters(
    vectors: Vectors, *, limit: float, tied: Sequence[Sequence[int]] = (), stop: Callable[[], bool] = lambda: False
) -> Groups:
    """Numbers of vectors in groups, by average linkage: two groups join while the mean cosine between them reaches
    `limit`, the nearest first.

    Args:
        vectors: of unit length, `(n, dimension)`.
        tied: groups that stay whole, and that never join each other. What is near any one of their own joins them, on
            average; what has joined them brings nothing else along.
        stop: asked now and then; when it says so, the work is left.

    Returns:
        Each number once; groups and their numbers in order.

    Raises:
        Abandoned: `stop` said so.
    """
    found: list[tuple[int, ...]] = []
    for part in _parts(vectors, limit, tied, stop):
        _see(stop)
        inside = set(part)
        kept = [tuple(number for number in group if number in inside) for group in tied]
        kept = [group for group in kept if group]
        alone = inside.difference(*kept)
        found += _joined(vectors, [*kept, *((number,) for number in sorted(alone))], len(kept), limit, stop)
    return tuple(sorted(tuple(sorted(group)) for group in found))


def _parts(
    vectors: Vectors, limit: float, tied: Sequence[Sequence[int]], stop: Callable[[], bool]
) -> Iterator[tuple[int, ...]]:
    """Sets of numbers that have nothing to do with each other: no pair across them reaches the limit."""
    roots = list(range(len(vectors)))

    def root(number: int) -> int:
        while roots[number] != number:
            roots[number] = roots[roots[number]]
            number = roots[number]
        return number

    for group in tied:
        for number in group[1:]:
            roots[root(number)] = root(group[0])
    for start in range(0, len(vectors), _ROWS):
        _see(stop)
        near = vectors[start : start + _ROWS] @ vectors.T >= limit
        for row, column in zip(*np.nonzero(near), strict=True):
            if start + row < column:
                roots[root(int(column))] = root(int(start + row))
    together: dict[int, list[int]] = {}
    for number in range(len(vectors)):
        together.setdefault(root(number), []).append(number)
    yield from map(tuple, together.values())


def _joined(
    vectors: Vectors, groups: list[tuple[int, ...]], apart: int, limit: float, stop: Callable[[], bool]
) -> list[tuple[int, ...]]:
    """The groups after every join; the first `apart` of them never join each other."""
    if len(groups) < 2:
        return groups
    members: dict[int, tuple[int, ...]] = dict(enumerate(groups))
    near = _means(vectors, groups, apart)
    np.fill_diagonal(near, -np.inf)
    near[:apart, :apart] = -np.inf
    best = near.argmax(axis=1)
    rows = np.arange(len(groups))
    while True:
        _see(stop)
        first = int(near[rows, best].argmax())
        second = int(best[first])
        if near[first, second] < limit:
            return [members[number] for number in sorted(members)]
        first, second = min(first, second), max(first, second)
        _join(near, members, first, second, apart)
        changed = np.flatnonzero((best == first) | (best == second))
        best[changed] = near[changed].argmax(axis=1)
        best[first] = near[first].argmax()
        nearer = near[:, first] > near[rows, best]
        best[nearer] = first


def _join(near: NDArray[np.float32], members: dict[int, tuple[int, ...]], first: int, second: int, apart: int) -> None:
    """Make one of two groups, the first: its mean cosine with another is that of both, by how many they are. A tied
    one is known by its own alone."""
    if first >= apart:
        ours, theirs = len(members[first]), len(members[second])
        mean = (near[first] * ours + near[second] * theirs) / (ours + theirs)
        mean[first] = -np.inf
        near[first], near[:, first] = mean, mean
    near[second], near[:, second] = -np.inf, -np.inf
    members[first] += members.pop(second)


def _means(vectors: Vectors, groups: Sequence[Sequence[int]], apart: int) -> NDArray[np.float32]:
    """The mean cosines between groups; with one of the first `apart`, those with the nearest of its own."""
    means = np.stack([vectors[list(group)].mean(axis=0) for group in groups])
    near = np.asarray(means @ means.T, dtype=np.float32)
    for number in range(apart):
        nearest = (means @ vectors[list(groups[number])].T).max(axis=1)
        near[number], near[:, number] = nearest, nearest
    return near


def _see(stop: Callable[[], bool]) -> None:
    if stop():
        raise Abandoned
