"""Clauses that treat the matter a question seems to speak of.

A lay wording is seldom said twice in the same words, so besides the wordings that stand in a question
(`expand.py`) every matter of the table is ranked by the characters and pairs of characters it shares with
the question (BM25, Robertson and Zaragoza 2009). The policy terms of a matter are wordings of the texts:
the clauses they stand in are the clauses that treat it. Together they give a ranking of clauses, which
`hybrid.py` adds to the others; nothing of it is put into the words that are searched.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence, Set
from functools import cached_property
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from assistant.question.lay_words import GAP, ConceptLine
from assistant.text.folding import fold, squeeze

_RUN = re.compile(r"[\u4e00-\u9fff]+|[a-z0-9]+")
_K1, _B = 1.0, 0.5
_SINGLE = 0.3  # what one character says, against a pair
_POLICY = 0.5  # what a policy term of a matter counts, against a lay wording
_SURE = 12.0  # a matter that scores less is half guessed: two or three rare pairs of characters score as much
_NEAR = 0.6  # matters below this share of the best one's score are not meant


class ConceptMatcher:
    """Ranks the matters of a table for a question.

    Args:
        lines: the table; its order breaks no ties, equal scores stay equal.
    """

    def __init__(self, lines: Sequence[ConceptLine]) -> None:
        self.lines = tuple(lines)

    def likely(self, question: str) -> dict[int, float]:
        """The places in the table of the matters most like `question`, with scores above 0; empty for none.

        Only matters that score at least 0.6 of the best are given.
        """
        scores = np.zeros(len(self.lines))
        for gram in set(_grams(question)):
            if found := self._postings.get(gram):
                places, weights = found
                scores[places] += weights
        best = float(scores.max(initial=0.0))
        if best <= 0.0:
            return {}
        return {int(place): float(scores[place]) for place in np.flatnonzero(scores >= _NEAR * best)}

    @cached_property
    def _postings(self) -> dict[str, tuple[NDArray[np.int64], NDArray[np.float64]]]:
        """Gram → the matters that have it, and what it adds to the score of each."""
        bags = [_bag(line) for line in self.lines]
        lengths = [sum(bag.values()) for bag in bags]
        mean = sum(lengths) / len(lengths) if lengths else 1.0
        found: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        for place, (bag, length) in enumerate(zip(bags, lengths, strict=True)):
            for gram, count in bag.items():
                found[gram].append((place, count * (_K1 + 1) / (count + _K1 * (1 - _B + _B * length / mean))))
        return {gram: _weighted(gram, hits, len(bags)) for gram, hits in found.items()}


class ConceptClauses:
    """Scores clauses by the matters of a table.

    Args:
        matcher: ranks the matters; one serves clauses and sentences.
        clauses: clause id → its words; ids begin with the document's id and `#`.
    """

    def __init__(self, matcher: ConceptMatcher, clauses: Mapping[str, str]) -> None:
        self._lines = matcher.lines
        self._clauses = clauses
        self._matcher = matcher

    def scores(self, question: str, allowed: Set[str]) -> dict[str, float]:
        """Clause id → how like `question` the matter is that it treats; clauses of `allowed` documents only."""
        found: dict[str, float] = {}
        for place, likeness in self._matcher.likely(question).items():
            treating = {c: share for c, share in self._treating[place].items() if c.partition("#")[0] in allowed}
            most = max(treating.values(), default=1.0)
            for clause, share in treating.items():
                found[clause] = max(found.get(clause, 0.0), likeness * share / most)
        return found

    def treats(self, question: str, *, best: bool = False) -> bool:
        """Whether a clause, whatever its document, treats one of the matters most like `question`.

        Args:
            best: look at the very best only.
        """
        likely = self._matcher.likely(question)
        floor = max(likely.values(), default=0.0) if best else 0.0
        return any(self._treating[place] for place, score in likely.items() if score >= floor)

    @cached_property
    def _treating(self) -> tuple[dict[str, float], ...]:
        """For each matter the clauses that use its policy terms; a term of few clauses points harder."""
        ids = list(self._clauses)
        words = [squeeze(fold(text)) for text in self._clauses.values()]
        starts = list(accumulate((len(text) + 1 for text in words), initial=0))
        joined = "\n".join(words)
        places = {t: _where(squeeze(fold(t)), joined, starts) for line in self._lines for t in line.policy}
        return tuple(_shares([places[t] for t in line.policy], ids) for line in self._lines)


def sureness(scores: Mapping[str, float]) -> float:
    """How far the scores of clauses may be believed, from 0 for none to 1."""
    return min(1.0, max(scores.values(), default=0.0) / _SURE)


def _grams(text: str) -> list[str]:
    """The characters of `text` and their pairs, within runs of Han characters or of letters and figures."""
    runs = _RUN.findall(fold(text))
    return [gram for run in runs for gram in (*run, *(run[i : i + 2] for i in range(len(run) - 1)))]


def _bag(line: ConceptLine) -> dict[str, float]:
    """How often each gram stands in the wordings of a matter."""
    bag: dict[str, float] = dict(Counter(g for w in line.lay for part in w.split(GAP) for g in _grams(part)))
    for gram in (gram for term in line.policy for gram in _grams(term)):
        bag[gram] = bag.get(gram, 0.0) + _POLICY
    return bag


def _weighted(
    gram: str, hits: Sequence[tuple[int, float]], matters: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    rarity = math.log(1 + (matters - len(hits) + 0.5) / (len(hits) + 0.5)) * (_SINGLE if len(gram) == 1 else 1.0)
    return np.array([place for place, _ in hits], dtype=np.int64), np.array([rarity * share for _, share in hits])


def _where(term: str, joined: str, starts: Sequence[int]) -> frozenset[int]:
    """Which of the texts joined at `starts` use `term`."""
    found: set[int] = set()
    at = joined.find(term) if term else -1
    while at >= 0:
        found.add(bisect_right(starts, at) - 1)
        at = joined.find(term, at + 1)
    return frozenset(found)


def _shares(places: Sequence[frozenset[int]], ids: Sequence[str]) -> dict[str, float]:
    shares: dict[str, float] = {}
    for found in places:
        for place in found:
            shares[ids[place]] = shares.get(ids[place], 0.0) + len(found) ** -0.5
    return shares
