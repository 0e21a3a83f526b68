"""One ranking out of several: for a question of several parts, of two versions, or with sentences known beforehand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import zip_longest

from assistant.schema.chunk import Chunk
from assistant.schema.retrieval import Hit, Retrieved

_NEAR = 3  # clauses of the documents that answered, before those of all documents
_TURNS = 2  # how many of each part come before the rest of the whole


def by_turns(whole: Sequence[Hit], parts: Sequence[Sequence[Hit]]) -> tuple[Hit, ...]:
    """The best of `whole`, then the best of every part, then their second best, then the rest of `whole`.

    Every clause of `whole` stays in; rank 1 stays where it is.
    """
    turns = [part[turn] for turn in range(_TURNS) for part in parts if turn < len(part)]
    ordered = {hit.chunk_id: hit for hit in (*whole[:1], *turns, *whole)}
    return tuple(replace(hit, rank=rank) for rank, hit in enumerate(ordered.values(), start=1))


def alternating(sides: Sequence[Sequence[Hit]], rest: Sequence[Hit]) -> tuple[Hit, ...]:
    """The best of each side by turns, then what else was found."""
    turns = [hit for pair in zip_longest(*sides) for hit in pair if hit is not None]
    ordered = {hit.chunk_id: hit for hit in (*turns, *rest)}
    return tuple(replace(hit, rank=rank, retriever="versions") for rank, hit in enumerate(ordered.values(), start=1))


def beside(near: Sequence[Hit], whole: Sequence[Hit]) -> tuple[Hit, ...]:
    """The first of `near`, then what else it has and `whole` by turns; every clause of both, each once."""
    turns = [hit for pair in zip_longest(near[_NEAR:], whole) for hit in pair if hit is not None]
    ordered = {hit.chunk_id: hit for hit in (*near[:_NEAR], *turns)}
    return tuple(replace(hit, rank=rank) for rank, hit in enumerate(ordered.values(), start=1))


def led_by(found: Retrieved, sentences: Iterable[Chunk]) -> Retrieved:
    """`found` with the clauses of `sentences` at the head of its ranking."""
    first = tuple(dict.fromkeys(chunk.parent_id for chunk in sentences if chunk.parent_id))
    best = max((hit.score for hit in found.ranking), default=0.0)
    head = [Hit(chunk_id=i, rank=n, score=best, retriever="lookup") for n, i in enumerate(first, start=1)]
    rest = [hit for hit in found.ranking if hit.chunk_id not in first]
    tail = [replace(hit, rank=n, retriever="lookup") for n, hit in enumerate(rest, start=len(first) + 1)]
    return replace(found, ranking=(*head, *tail))
