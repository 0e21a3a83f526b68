"""Which documents of the library say nearly the same as one that comes in.

Texts are held against each other by the pieces of eight characters they share. Of each text every fourth piece, by
its hash, is kept: 10 kB for a text of 10 000 characters, and the share is right within a few hundredths.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.errors import NotFoundError
from assistant.schema.document import Document, DocumentMeta
from assistant.text.folding import squeeze

_PIECE, _EVERY = 8, 4
_ALIKE = 0.5  # of both texts together: nearly the same
_INSIDE = 0.8  # of the shorter one: one lies in the other
_FEW = 12  # pieces; a text with fewer says nothing of its own
_SHOWN = 5
_KEPT = 3000  # texts whose pieces are kept
_MIX = np.uint64(0x9E3779B97F4A7C15)
Pieces = NDArray[np.uint64]


class Library(Protocol):
    """What of the library whoever asks may see."""

    def documents(self, rights: frozenset[str] | None = None) -> tuple[DocumentMeta, ...]: ...

    def document(self, document_id: str, rights: frozenset[str] | None = None) -> Document: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """A document of the library that says nearly the same."""

    id: str
    title: str
    share: float  # of both texts together, 0 to 1
    inside: float  # of the shorter text
    same_bytes: bool


class Likenesses:
    """Holds texts against those of the library; the pieces of a text are found once."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Pieces] = OrderedDict()
        self._lock = Lock()

    def of(self, document: Document, library: Library, rights: frozenset[str]) -> tuple[Alike, ...]:
        """The documents that may be seen and are nearly the same, the likest first; at most five."""
        own = pieces_of(document.text)
        found = [self._held(document.meta.source_sha256, own, one) for one in _readable(library, rights)]
        alike = (one for one in found if one.same_bytes or one.share >= _ALIKE or one.inside >= _INSIDE)
        return tuple(sorted(alike, key=lambda one: (-one.same_bytes, -one.share, one.id))[:_SHOWN])

    def _held(self, sha: str, own: Pieces, other: Document) -> Alike:
        known = other.meta.source_sha256
        theirs = self._pieces(known or other.id, other.text)
        common = np.intersect1d(own, theirs, assume_unique=True).size
        few = min(own.size, theirs.size)
        enough = few >= _FEW
        return Alike(
            id=other.id,
            title=other.meta.title,
            share=2 * common / (own.size + theirs.size) if enough else 0.0,
            inside=common / few if enough else 0.0,
            same_bytes=bool(known) and known == sha,
        )

    def _pieces(self, key: str, text: str) -> Pieces:
        with self._lock:
            if (held := self._kept.get(key)) is not None:
                self._kept.move_to_end(key)
                return held
        made = pieces_of(text)
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return made


def pieces_of(text: str) -> Pieces:
    """Every fourth piece of a text by its hash, sorted, each once."""
    characters = np.frombuffer(squeeze(text).encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    if characters.size < _PIECE:
        return np.empty(0, dtype=np.uint64)
    count = characters.size - _PIECE + 1
    hashed = np.zeros(count, dtype=np.uint64)
    for at in range(_PIECE):
        hashed = (hashed ^ characters[at : at + count]) * _MIX
        hashed ^= hashed >> np.uint64(29)
    pieces: Pieces = np.unique(hashed[hashed % _EVERY == 0])
    return pieces


def _readable(library: Library, rights: frozenset[str]) -> Iterable[Document]:
    for meta in library.documents(rights):
        try:
            yield library.document(meta.id, rights)
        except NotFoundError:  # the index was switched meanwhile
            continue
