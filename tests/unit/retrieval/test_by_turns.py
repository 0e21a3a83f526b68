"""One ranking out of several: nothing is lost, what comes first is told by the rule."""

from __future__ import annotations

from found_by_hand import sentences
from hypothesis import given
from hypothesis import strategies as st
from sample_texts import notice

from assistant.retrieval.by_turns import alternating, by_turns, led_by
from assistant.schema.chunk import ChunkId
from assistant.schema.retrieval import Hit, Query, Retrieved

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


def test_two_versions_take_turns() -> None:
    ranking = alternating([hits([1, 2, 3]), hits([7, 1])], hits([9, 2]))
    assert numbers(ranking) == [1, 7, 2, 3, 9]
    assert [hit.rank for hit in ranking] == [1, 2, 3, 4, 5]


@given(st.lists(RANKINGS, max_size=3), RANKINGS)
def test_no_clause_of_a_version_is_lost_or_told_twice(sides: list[list[int]], rest: list[int]) -> None:
    ranking = numbers(alternating([hits(side) for side in sides], hits(rest)))
    assert sorted(ranking) == sorted({n for side in (*sides, rest) for n in side})


def test_the_clauses_of_sentences_known_come_first() -> None:
    chosen = sentences([notice()])[-2:]
    own = [Hit(chunk_id=c.parent_id, rank=9, score=0.5, retriever="fused") for c in chosen[-1:] if c.parent_id]
    query = Query(text="", standalone="")
    led = led_by(Retrieved(query=query, ranking=(*hits([1, 2]), *own), evidence=()), chosen)
    first = list(dict.fromkeys(c.parent_id for c in chosen))
    assert [hit.chunk_id for hit in led.ranking] == [*first, "d#1", "d#2"]
    assert [hit.rank for hit in led.ranking] == list(range(1, len(first) + 3))
    assert led.ranking[0].score == 0.5
