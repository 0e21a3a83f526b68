"""The laws of a clause tree, checked on any text (see `assistant.schema.document`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from assistant.schema.document import UNADDRESSED, Clause


def broken_laws(text: str, clauses: Sequence[Clause]) -> list[str]:
    """What is wrong with the tree of `text`, one line for each breach; empty when all laws hold."""
    everything = [clause for root in clauses for clause in root.walk()]
    return [
        *_not_the_slice(text, everything),
        *_out_of_place(clauses, everything),
        *_not_covered_once(text, everything),
        *_repeated_addresses(everything),
        *_padded(everything),
    ]


def _not_the_slice(text: str, everything: Sequence[Clause]) -> list[str]:
    return [f"{c.address}: text is not the slice" for c in everything if text[c.span.start : c.span.end] != c.text]


def _out_of_place(roots: Sequence[Clause], everything: Sequence[Clause]) -> list[str]:
    outside = [
        f"{child.address}: outside {clause.address}"
        for clause in everything
        for child in clause.children
        if child.span not in clause.span
    ]
    overlapping = [
        f"{left.address} runs into {right.address}"
        for siblings in (roots, *(clause.children for clause in everything))
        for left, right in pairwise(siblings)
        if left.span.end > right.span.start
    ]
    return outside + overlapping


def _not_covered_once(text: str, everything: Sequence[Clause]) -> list[str]:
    """Every character that is neither blank nor invisible, from the text's first to its last, lies in one leaf."""
    held = Counter(at for leaf in everything if leaf.is_leaf for at in range(leaf.span.start, leaf.span.end))
    return [
        f"character {at} ({char!r}) lies in {held[at]} leaves"
        for at, char in enumerate(text)
        if not char.isspace() and char not in "\ufeff\u200b" and held[at] != 1
    ]


def _repeated_addresses(everything: Sequence[Clause]) -> list[str]:
    own = Counter(c.address for c in everything if c.level not in UNADDRESSED)
    return [f"{address}: {times} clauses" for address, times in own.items() if times > 1]


def _padded(everything: Sequence[Clause]) -> list[str]:
    return [f"{c.address}: blank around the words" for c in everything if c.is_leaf and c.text != c.text.strip()]
