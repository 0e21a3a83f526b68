"""BM25 over characters and pairs of them, for many texts at once: counted by numpy, without a Python loop a text.

The same tokens and weights as `char_grams` and bm25s' "lucene" form give (k1 1.5, b 0.75; Robertson and
Zaragoza, "The Probabilistic Relevance Framework", 2009), in a twentieth of the time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.text.folding import fold

_K1 = 1.5
_B = 0.75
_LATIN = re.compile(r"[a-z0-9]+(?:\.[0-9]+)*")  # one token, as in char_grams
_PRIVATE = 0xF0000  # a Latin token becomes one character of the private plane
_MOST_LATIN = 0xFFFD
_LETTER = re.compile(r"[^\W_]")


@dataclass(frozen=True, slots=True)
class GramMatrix:
    """Weights by term: column `c` holds `data[indptr[c]:indptr[c + 1]]` for the texts `places[...]`."""

    texts: int
    latin: Mapping[str, int]
    alphabet: NDArray[np.int64]  # code points, sorted
    letter: NDArray[np.bool_]  # whether each is a token
    pairs: NDArray[np.bool_]  # whether each joins its neighbour in a pair: Latin tokens do not
    terms: NDArray[np.int64]  # a place in the alphabet, or of a pair
    indptr: NDArray[np.int64]
    places: NDArray[np.int32]
    data: NDArray[np.float32]

    @classmethod
    def build(cls, texts: Sequence[str], *, floor: float = 0.0) -> GramMatrix:
        """Count and weigh `texts`.

        Args:
            floor: shares of a term's rarity that a text gets for holding it at all, however long the text is:
                the lower bound of BM25+ (Lv and Zhai, CIKM 2011), whose delta is 2.5 times this number.
        """
        latin: dict[str, int] = {}
        joined = "\n".join(_marked(text, latin, grow=True) for text in texts)
        points = np.frombuffer(joined.encode("utf-32-le"), dtype="<u4").astype(np.int64)
        owner = np.cumsum(points == ord("\n"))
        alphabet, letters = np.unique(points, return_inverse=True)
        letter = np.array([code >= _PRIVATE or _LETTER.match(chr(code)) is not None for code in alphabet], dtype=bool)
        pairs = letter & (alphabet < _PRIVATE)
        terms, owners = _tokens(letters, owner, letter, pairs)
        return cls._weighed(len(texts), latin, (alphabet, letter, pairs), terms, owners, floor)

    @classmethod
    def _weighed(
        cls,
        texts: int,
        latin: Mapping[str, int],
        letters: tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]],
        terms: NDArray[np.int64],
        owners: NDArray[np.int64],
        floor: float,
    ) -> GramMatrix:
        lengths = np.bincount(owners, minlength=texts).astype(np.float64)
        keys = np.sort(terms * texts + owners)
        starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]]) if keys.size else np.zeros(0, dtype=np.int64)
        counts = np.diff(np.r_[starts, keys.size]).astype(np.float64)
        of_term, places = keys[starts] // max(texts, 1), keys[starts] % max(texts, 1)
        first = np.flatnonzero(np.r_[True, of_term[1:] != of_term[:-1]]) if of_term.size else np.zeros(0, np.int64)
        indptr = np.r_[first, of_term.size].astype(np.int64)
        holding = np.diff(indptr)
        rarity = np.log(1 + (texts - holding + 0.5) / (holding + 0.5))
        mean = max(float(lengths.mean()), 1e-9) if texts else 1.0
        shares = counts / (counts + _K1 * (1 - _B + _B * lengths[places] / mean))
        weights = (floor + shares) * np.repeat(rarity, holding)
        return cls(texts, latin, *letters, of_term[first], indptr, places.astype(np.int32), weights.astype(np.float32))

    def scores(self, text: str) -> NDArray[np.float32]:
        """One BM25 score for each text; a term asked twice counts twice."""
        scores = np.zeros(self.texts, dtype=np.float32)
        for column in self._columns(text):
            held = slice(self.indptr[column], self.indptr[column + 1])
            scores[self.places[held]] += self.data[held]
        return scores

    def _columns(self, text: str) -> NDArray[np.int64]:
        points = np.array([ord(char) for char in _marked(text, self.latin)], dtype=np.int64)
        if not points.size or not self.terms.size:
            return np.zeros(0, dtype=np.int64)
        letters = np.minimum(np.searchsorted(self.alphabet, points), self.alphabet.size - 1)
        known = self.alphabet[letters] == points
        terms, _ = _tokens(letters, np.zeros_like(letters), self.letter, self.pairs, known)
        columns = np.minimum(np.searchsorted(self.terms, terms), self.terms.size - 1)
        return np.asarray(columns[self.terms[columns] == terms], dtype=np.int64)


def _tokens(
    letters: NDArray[np.int64],
    owner: NDArray[np.int64],
    letter: NDArray[np.bool_],
    pairs: NDArray[np.bool_],
    known: NDArray[np.bool_] | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Single characters and pairs of neighbours as numbers, and whose they are."""
    single, joins = letter[letters], pairs[letters]
    if known is not None:
        single, joins = single & known, joins & known
    both = joins[:-1] & joins[1:]
    size = letter.size
    doubles = size + letters[:-1][both] * size + letters[1:][both]
    return np.concatenate([letters[single], doubles]), np.concatenate([owner[single], owner[:-1][both]])


def _marked(text: str, latin: Mapping[str, int], *, grow: bool = False) -> str:
    """`text` folded on one line, each Latin run or number as one private character; unknown ones are blanks."""

    def mark(match: re.Match[str]) -> str:
        if grow and isinstance(latin, dict) and len(latin) < _MOST_LATIN:
            latin.setdefault(match[0], len(latin))
        number = latin.get(match[0])
        return " " if number is None else chr(_PRIVATE + number)

    return _LATIN.sub(mark, fold(text).replace("\n", " "))
