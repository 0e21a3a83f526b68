"""A sentence cut where one act ends and the next begins."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

_OPEN, _CLOSE = "《“‘（(「『〈", "》”’）)」』〉"
_STOPS = "，；：。！？;:!?"
# 应当…并不得…, within one piece.
_SECOND = re.compile(r"(?<=.)(?:并且|而且|并|且|但)(?=(?:同时)?(?:还|也)?(?:应当|不得|必须|可以|严禁))")


@dataclass(frozen=True, slots=True)
class Piece:
    """What stands between two commas: `text` is the sentence's from `start` on; `stop` is what ends it."""

    text: str
    start: int
    stop: str

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def pieces_of(sentence: str) -> Iterator[Piece]:
    """The pieces of a sentence in order; commas in brackets and quotation marks cut nothing."""
    start = depth = 0
    for at, char in enumerate(sentence):
        if char in _OPEN:
            depth += 1
        elif char in _CLOSE:
            depth = max(0, depth - 1)
        elif char in _STOPS and depth == 0:
            yield from _halves(sentence[start:at], start, char)
            start = at + 1
    yield from _halves(sentence[start:], start, "")


def _halves(text: str, start: int, stop: str) -> Iterator[Piece]:
    cuts = [0, *(match.start() for match in _SECOND.finditer(text)), len(text)]
    for one, other in pairwise(cuts):
        if text[one:other]:
            yield Piece(text[one:other], start + one, stop if other == len(text) else "")
