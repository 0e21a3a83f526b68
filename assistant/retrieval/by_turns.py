"""One ranking out of several for a question of several parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.schema.retrieval import Hit

_TURNS = 2  # how many of each part come before the rest of the whole


def by_turns(whole: Sequence[Hit], parts: Sequence[Sequence[Hit]]) -> tuple[Hit, ...]:
    """The best of `whole`, then the best of every part, then their second best, then the rest of `whole`.

    Every clause of `whole` stays in; rank 1 stays where it is.
    """
    turns = [part[turn] for turn in range(_TURNS) for part in parts if turn < len(part)]
    ordered = {hit.chunk_id: hit for hit in (*whole[:1], *turns, *whole)}
    return tuple(replace(hit, rank=rank) for rank, hit in enumerate(ordered.values(), start=1))
