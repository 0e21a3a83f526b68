"""How alike two parts are: by the pairs of characters they share, rare ones counting more."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from assistant.text.segment import pairs_of

_COMMON = 0.4  # pairs in a larger share of all parts than this point nowhere
_CONTAINED = 0.8  # what a part that lies wholly in a longer one reaches: an article that was split, or joined another


class Likeness:
    """The pairs of parts of two texts that share anything telling, each with its likeness between 0 and 1."""

    def __init__(self, before: Sequence[str], after: Sequence[str]) -> None:
        self._old, self._new = [pairs_of(words) for words in before], [pairs_of(words) for words in after]
        count = Counter(pair for pairs in (*self._old, *self._new) for pair in pairs)
        total = len(self._old) + len(self._new)
        # A pair seen once only, in whichever text, is in none of the intersections but in one of the sums.
        self._weight = {pair: math.log(1 + total / seen) for pair, seen in count.items()}
        self._telling = {pair for pair, seen in count.items() if seen <= max(4, _COMMON * total)}
        self._heavy = [self._sum(pairs) for pairs in self._old], [self._sum(pairs) for pairs in self._new]

    def pairs(self) -> Iterator[tuple[int, int, float]]:
        """Older part, newer part, likeness; pairs that share nothing telling are left out."""
        homes: dict[str, list[int]] = {}
        for at, pairs in enumerate(self._new):
            for pair in pairs & self._telling:
                homes.setdefault(pair, []).append(at)
        for one, pairs in enumerate(self._old):
            met = sorted({other for pair in pairs & self._telling for other in homes.get(pair, ())})
            for other in met:
                yield one, other, self.of(one, other)

    def of(self, one: int, other: int) -> float:
        """The likeness of one older and one newer part."""
        shared = self._sum(self._old[one] & self._new[other])
        old, new = self._heavy[0][one], self._heavy[1][other]
        if not shared:
            return 0.0
        return max(2 * shared / (old + new), _CONTAINED * shared / min(old, new) - 0.2)

    def _sum(self, pairs: frozenset[str]) -> float:
        return math.fsum(self._weight[pair] for pair in sorted(pairs))
