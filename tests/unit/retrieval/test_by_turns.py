"""One ranking for a question of several parts: nothing is lost, the best stays first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assistant.retrieval.by_turns import by_turns
from assistant.schema.chunk import ChunkId
from assistant.schema.retrieval import Hit

RANKINGS = st.lists(st.integers(0, 20), unique=True, max_size=12)


def hits(numbers: list[int]) -> list[Hit]:
    return [
        Hit(chunk_id=ChunkId(f"d#{n}"), rank=rank, score=float(-rank), retriever="fused")
        for rank, n in enumerate(numbers, start=1)
    ]


def numbers(ranking: tuple[Hit, ...]) -> list[int]:
    return [int(hit.chunk_id.removeprefix("d#")) for hit in ranking]


def test_the_best_of_each_part_follows_the_best_of_the_whole() -> None:
    assert numbers(by_turns(hits([1, 2, 3, 4, 5, 6]), [hits([4, 9]), hits([5, 1])])) == [1, 4, 5, 9, 2, 3, 6]


@given(RANKINGS, st.lists(RANKINGS, max_size=3))
def test_first_stays_nothing_is_lost_ranks_count_up(whole: list[int], parts: list[list[int]]) -> None:
    merged = by_turns(hits(whole), [hits(part) for part in parts])
    assert numbers(merged)[:1] == (whole[:1] or numbers(merged)[:1])
    assert set(whole) <= set(numbers(merged))
    assert [hit.rank for hit in merged] == list(range(1, len(merged) + 1))
    assert len({hit.chunk_id for hit in merged}) == len(merged)
