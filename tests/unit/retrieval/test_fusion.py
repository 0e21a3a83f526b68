"""Calibrated scores and their weighted sum."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.retrieval.fusion import fuse, z_scores

SCORES = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(-100, 100), max_size=8)


def test_distances_in_standard_deviations() -> None:
    assert z_scores({"a": 1.0, "b": 3.0}, ["a", "b"]) == {"a": -1.0, "b": 1.0}


def test_equal_scores_say_nothing() -> None:
    assert z_scores({"a": 2.0, "b": 2.0}, ["a", "b"]) == {"a": 0.0, "b": 0.0}
    assert z_scores({"a": 2.0}, ["a"]) == {"a": 0.0}
    assert z_scores({}, ["a", "b"]) == {"a": 0.0, "b": 0.0}
    assert z_scores({"a": 1.0}, []) == {}


def test_who_has_no_score_takes_the_lowest_or_the_given_one() -> None:
    assert z_scores({"a": 1.0, "b": 3.0}, ["a", "b", "c"])["c"] == z_scores({"a": 1.0, "b": 3.0}, ["a", "b", "c"])["a"]
    given_one = z_scores({"a": 1.0, "b": 3.0}, ["a", "b", "c"], missing=0.0)
    assert given_one["c"] < given_one["a"] < given_one["b"]


@settings(deadline=None)
@given(SCORES)
def test_mean_is_zero_and_order_is_kept(scores: dict[str, float]) -> None:
    names = sorted(scores)
    found = z_scores(scores, names)
    assert list(found) == names
    assert math.isclose(math.fsum(found.values()), 0.0, abs_tol=1e-6)
    assert all(math.isfinite(z) for z in found.values())
    assert all(found[a] <= found[b] for a in names for b in names if scores[a] < scores[b])


def test_weights_count() -> None:
    parts = [(0.5, {"a": 1.0, "b": -1.0}), (2.0, {"b": 1.0})]
    assert fuse(parts, ["a", "b", "c"]) == {"a": 0.5, "b": 1.5, "c": 0.0}


def test_nothing_to_fuse() -> None:
    assert fuse([], ["a"]) == {"a": 0.0}
    assert fuse([], []) == {}


@settings(deadline=None)
@given(SCORES, SCORES)
def test_the_order_of_parts_does_not_matter(one: dict[str, float], other: dict[str, float]) -> None:
    names = sorted({*one, *other})
    forth, back = fuse([(0.4, one), (0.6, other)], names), fuse([(0.6, other), (0.4, one)], names)
    assert forth == pytest.approx(back)
