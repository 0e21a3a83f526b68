"""Which part of the one text is which of the other.

The same words first, wherever they stand; then parts that are each other's likeness beyond doubt; then, between those
that keep their order, the best pairs in order; what is left pairs across the order only when it is very alike.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from assistant.products.compare.likeness import Likeness
from assistant.products.compare.model import Part
from assistant.text.folding import squeeze

_SURE = 0.62  # so alike, and more so than any other: a pair wherever the two stand
_MARGIN = 0.12
_ALONE = 0.25  # … or less alike, and nothing else comes near
_IN_ORDER = 0.3  # alike enough between neighbours that correspond
_ANYWHERE = 0.5  # alike enough out of order
_ANYWHERE_MARGIN = 0.08  # … or less alike, but more so than anything else by this
_NEXT = 0.02  # what it counts that a pair stands right behind another
_BETWEEN = 0.15  # alike enough where both neighbours correspond
_SHORT, _SHORT_ALIKE = 24, 0.42  # characters; formulas such as 本法自…起施行 are alike everywhere
_SHARE_ALIKE = 0.25  # of the shorter text: below, two texts are unlike, and likeness between their parts is chance
_LONG, _LONG_ALIKE = 30, 0.75  # what counts as the same clause in unlike texts

Pairs = dict[int, int]  # older part → newer part


@dataclass(frozen=True, slots=True)
class Paired:
    """The pairs, and whether the texts have enough in common for likeness to mean anything."""

    pairs: Mapping[int, int]
    alike: bool


def pair(before: Sequence[Part], after: Sequence[Part]) -> Paired:
    """Each part of either side once at most."""
    same = _same_words(before, after)
    met = _likenesses(before, after, same)
    similar = _similar(before, after, met, same)
    weights = {**dict.fromkeys(same.items(), 1.0), **{places: met[places] for places in similar.items()}}
    if _in_common(before, after, weights) >= _SHARE_ALIKE:
        return Paired({**same, **similar}, alike=True)
    return Paired(dict(p for p, alike in weights.items() if _tells(before[p[0]], after[p[1]], alike)), alike=False)


def _tells(old: Part, new: Part, alike: float) -> bool:
    """Whether two parts of unlike texts are one clause all the same."""
    return alike >= _LONG_ALIKE and min(len(old.words), len(new.words)) >= _LONG


def _likenesses(before: Sequence[Part], after: Sequence[Part], same: Pairs) -> dict[tuple[int, int], float]:
    """How alike the parts are whose words are not the same."""
    taken = set(same.values())
    old = [at for at in range(len(before)) if at not in same]
    new = [at for at in range(len(after)) if at not in taken]
    likeness = Likeness([before[at].words for at in old], [after[at].words for at in new])
    return {(old[one], new[other]): alike for one, other, alike in likeness.pairs()}


def _similar(before: Sequence[Part], after: Sequence[Part], met: Mapping[tuple[int, int], float], same: Pairs) -> Pairs:
    """The pairs of parts whose words are not the same."""
    found = {(o, n): alike for (o, n), alike in met.items() if alike >= _least(before[o].words, after[n].words)}
    pairs = _sure({places: alike for places, alike in met.items() if alike >= _IN_ORDER})
    pairs |= _in_order(found, {**same, **pairs}, len(before), len(after))
    pairs |= _anywhere(found, pairs)
    return pairs | _between(met, {**same, **pairs})


def _same_words(before: Sequence[Part], after: Sequence[Part]) -> Pairs:
    """Parts of the same words; of several, those under one number first, then in their order."""
    homes: dict[str, tuple[list[int], list[int]]] = {}
    for side, parts in enumerate((before, after)):
        for at, part in enumerate(parts):
            homes.setdefault(squeeze(part.words), ([], []))[side].append(at)
    pairs: Pairs = {}
    for old, new in homes.values():
        by_address = {after[n].address: n for n in reversed(new)}
        for o in old:
            if (n := by_address.pop(before[o].address, None)) is not None:
                pairs[o] = n
        taken = set(pairs.values())
        pairs |= zip([o for o in old if o not in pairs], [n for n in new if n not in taken], strict=False)
    return pairs


def _least(old: str, new: str) -> float:
    """How alike two parts have to be at least."""
    return _SHORT_ALIKE if min(len(old), len(new)) < _SHORT else _IN_ORDER


def _sure(found: Mapping[tuple[int, int], float]) -> Pairs:
    """Pairs of which each is the other's best by far."""
    best_of_old = _best(((o, n), alike) for (o, n), alike in found.items())
    best_of_new = _best(((n, o), alike) for (o, n), alike in found.items())
    return {
        o: n
        for o, (n, alike, second) in best_of_old.items()
        if best_of_new[n][0] == o and alike - max(second, best_of_new[n][2]) >= (_MARGIN if alike >= _SURE else _ALONE)
    }


def _best(found: Iterator[tuple[tuple[int, int], float]]) -> dict[int, tuple[int, float, float]]:
    """For each part its likest, how alike it is, and how alike the next one."""
    best: dict[int, tuple[int, float, float]] = {}
    for (one, other), alike in found:
        held = best.get(one)
        if held is None or alike > held[1]:
            best[one] = (other, alike, held[1] if held else 0.0)
        elif alike > held[2]:
            best[one] = (held[0], held[1], alike)
    return best


def _in_order(found: Mapping[tuple[int, int], float], fixed: Pairs, olds: int, news: int) -> Pairs:
    """The best pairs that keep the order, in each gap between the fixed pairs that keep it."""
    taken = set(fixed.values())
    chain = [(-1, -1), *_longest_in_order(fixed), (olds, news)]
    starts = [o for o, _ in chain]
    gaps: dict[int, dict[tuple[int, int], float]] = {}
    for (o, n), alike in found.items():
        at = bisect_left(starts, o)
        if o not in fixed and n not in taken and chain[at - 1][1] < n < chain[at][1]:
            gaps.setdefault(at, {})[o, n] = alike
    pairs: Pairs = {}
    for _, gap in sorted(gaps.items()):
        pairs |= _aligned(gap, fixed)
    return pairs


def _longest_in_order(pairs: Pairs) -> list[tuple[int, int]]:
    """The longest run of pairs that rise on both sides (patience sorting)."""
    tails: list[int] = []
    rows: list[tuple[int, int]] = []
    back: dict[tuple[int, int], tuple[int, int] | None] = {}
    for o, n in sorted(pairs.items()):
        at = bisect_left(tails, n)
        back[o, n] = rows[at - 1] if at else None
        tails[at:at + 1], rows[at:at + 1] = [n], [(o, n)]  # fmt: skip
    run: list[tuple[int, int]] = []
    one = rows[-1] if rows else None
    while one is not None:
        run.append(one)
        one = back[one]
    return run[::-1]


def _aligned(gap: Mapping[tuple[int, int], float], fixed: Pairs) -> Pairs:
    """The pairs of one gap that keep the order and whose squared likeness adds up to the most.

    A pair right behind another one counts a little more: where two clauses are equally alike, the neighbour is meant.
    """
    olds, news = sorted({o for o, _ in gap}), sorted({n for _, n in gap})
    best: list[list[_Run]] = [[_EMPTY] * (len(news) + 1) for _ in range(len(olds) + 1)]
    ending: dict[tuple[int, int], _Run] = {}
    for i, o in enumerate(olds):
        for j, n in enumerate(news):
            run = max(best[i][j + 1], best[i + 1][j], key=_worth)
            if alike := gap.get((o, n)):
                before = best[i][j].worth + (_NEXT if fixed.get(o - 1) == n - 1 else 0.0)
                chosen = _Run(before + alike * alike, (o, n), best[i][j])
                close = ending.get((o - 1, n - 1))
                if close is not None and close.worth + _NEXT > before:
                    chosen = _Run(close.worth + _NEXT + alike * alike, (o, n), close)
                ending[o, n] = chosen
                run = max(run, chosen, key=_worth)
            best[i + 1][j + 1] = run
    return dict(best[-1][-1].pairs())


@dataclass(frozen=True, slots=True)
class _Run:
    """Pairs chosen so far: the last one and those before it."""

    worth: float = 0.0
    last: tuple[int, int] | None = None
    before: _Run | None = None

    def pairs(self) -> Iterator[tuple[int, int]]:
        run: _Run | None = self
        while run is not None and run.last is not None:
            yield run.last
            run = run.before


_EMPTY = _Run()


def _worth(run: _Run) -> float:
    return run.worth


def _anywhere(found: Mapping[tuple[int, int], float], similar: Pairs) -> Pairs:
    """What is left, wherever it stands: each other's best of what is left."""
    pairs: Pairs = {}
    while True:
        taken = {*similar.values(), *pairs.values()}
        left = {(o, n): a for (o, n), a in found.items() if o not in similar and o not in pairs and n not in taken}
        best_of_old = _best(((o, n), alike) for (o, n), alike in left.items())
        best_of_new = _best(((n, o), alike) for (o, n), alike in left.items())
        more = {
            o: n
            for o, (n, alike, second) in best_of_old.items()
            if best_of_new[n][0] == o
            and (alike >= _ANYWHERE or alike - max(second, best_of_new[n][2]) >= _ANYWHERE_MARGIN)
        }
        if not more:
            return pairs
        pairs |= more


def _between(found: Mapping[tuple[int, int], float], pairs: Pairs) -> Pairs:
    """A part alone between two neighbours, and the part alone between their counterparts: a little likeness will do."""
    taken = set(pairs.values())
    return {
        o: n
        for (o, n), alike in found.items()
        if alike >= _BETWEEN
        and o not in pairs
        and n not in taken
        and pairs.get(o - 1) == n - 1
        and pairs.get(o + 1) == n + 1
    }


def _in_common(before: Sequence[Part], after: Sequence[Part], weights: Mapping[tuple[int, int], float]) -> float:
    """The share of the shorter text that has a counterpart, pairs weighing as much as they are alike."""
    whole = min(sum(len(part.words) for part in parts) for parts in (before, after))
    shared = sum(alike * min(len(before[o].words), len(after[n].words)) for (o, n), alike in weights.items())
    return shared / whole if whole else 1.0
