"""Vectors in groups: by their mean cosine, with groups that stay whole and apart."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest

from assistant.curation.clustering import Groups, clusters
from assistant.errors import Abandoned
from assistant.models.protocols import Vectors


def at(*degrees: float) -> Vectors:
    """Vectors of the plane, each in a direction."""
    return np.array([[math.cos(math.radians(d)), math.sin(math.radians(d))] for d in degrees], dtype=np.float32)


LIMIT = math.cos(math.radians(20))


def test_what_is_near_comes_together_and_nothing_is_lost() -> None:
    assert clusters(at(0, 90, 10, 95, 200), limit=LIMIT) == ((0, 2), (1, 3), (4,))
    assert clusters(at(), limit=LIMIT) == ()


def test_a_chain_of_neighbours_does_not_become_one_group() -> None:
    """Each is near the next, the ends have nothing in common: single linkage would make one group of them."""
    assert clusters(at(0, 15, 30, 45, 60, 75), limit=LIMIT) == ((0, 1), (2, 3), (4, 5))


def test_groups_that_are_tied_stay_whole_and_apart() -> None:
    directions = at(0, 120, 4, 1, 121)
    assert clusters(directions, limit=LIMIT, tied=[(0, 1)]) == ((0, 1, 2, 3, 4),)  # far from each other, yet one
    assert clusters(directions, limit=LIMIT, tied=[(0,), (2,)]) == ((0, 3), (1, 4), (2,))  # near each other, yet two


def test_what_is_new_joins_a_tied_group_when_it_is_near_one_of_its_own() -> None:
    assert clusters(at(0, 5, 3), limit=LIMIT, tied=[(0, 1)]) == ((0, 1, 2),)
    assert clusters(at(0, 90, 92), limit=LIMIT, tied=[(0, 1)]) == ((0, 1, 2),)


def test_what_has_joined_a_tied_group_brings_nothing_along() -> None:
    assert clusters(at(0, 8, 23), limit=LIMIT) == ((0, 1, 2),)
    assert clusters(at(0, 8, 23), limit=LIMIT, tied=[(0,)]) == ((0, 1), (2,))


def test_it_does_as_average_linkage_is_defined() -> None:
    """Against the definition, computed anew at each step."""
    random = np.random.default_rng(7)
    for _ in range(20):
        drawn = random.normal(size=(24, 3))
        vectors = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)
        assert clusters(vectors, limit=0.8) == by_definition(vectors, 0.8)


def by_definition(vectors: Vectors, limit: float) -> Groups:
    groups: list[tuple[int, ...]] = [(number,) for number in range(len(vectors))]
    while True:
        means = {
            (a, b): float(np.mean([vectors[i] @ vectors[j] for i in a for j in b])) for a, b in combinations(groups, 2)
        }
        if not means or max(means.values()) < limit:
            return tuple(sorted(tuple(sorted(group)) for group in groups))
        a, b = max(means, key=lambda pair: means[pair])
        groups = [group for group in groups if group not in (a, b)] + [a + b]


def test_it_is_left_when_somebody_says_so() -> None:
    with pytest.raises(Abandoned):
        clusters(at(0, 5), limit=LIMIT, stop=lambda: True)
