"""Stand-ins for models: no weights, no network, the same result every time."""

from __future__ import annotations

import threading
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from zlib import crc32

from assistant.models.protocols import Vectors
from assistant.models.vectors import checked_vectors, embeddable, no_vectors

_PIECE_CHARS = 8


class HashingEmbedder:
    """Embedder that hashes character bigrams, so texts that share words are near each other.

    Knows nothing of meaning: 贷款 and 信贷 share no bigram. Question and passage get the same
    vector for the same text.
    """

    def __init__(self, dimension: int = 256) -> None:
        if dimension < 1:
            raise ValueError("dimension must be positive")
        self._dimension = dimension

    @property
    def id(self) -> str:
        return f"hashing-bigrams-1/{self._dimension}"

    @property
    def dimension(self) -> int:
        return self._dimension

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self._embed(texts)

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        return self._embed(texts)

    def _embed(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return no_vectors(self._dimension)
        rows = [self._vector(text) for text in texts]
        return checked_vectors(rows, count=len(texts), dimension=self._dimension, model="哈希向量")

    def _vector(self, text: str) -> list[float]:
        """Counts of bigrams, each at the place and with the sign that its hash names.

        With signs, two grams that fall together cancel out on average instead of adding up.
        """
        row = [0.0] * self._dimension
        for gram, count in _bigrams(text).items():
            place = crc32(gram.encode("utf-8"))
            row[place % self._dimension] += float(count) if place & 0x8000_0000 else -float(count)
        if not any(row):  # everything cancelled out: rare, but a zero vector has no direction
            row[crc32(embeddable(text).encode("utf-8")) % self._dimension] = 1.0
        return row


def _bigrams(text: str) -> Counter[str]:
    """Pairs of neighbouring characters, folded, blanks aside; a text of one character is its own gram."""
    folded = "".join(unicodedata.normalize("NFKC", embeddable(text)).casefold().split())
    return Counter(a + b for a, b in pairwise(folded)) or Counter([folded])


@dataclass(frozen=True, slots=True)
class Prompted:
    """One prompt that a chat model was given."""

    system: str
    user: str


Reply = str | Exception | Sequence[str | Exception]


class ScriptedChatModel:
    """ChatModel that says what it was told to say and keeps what it was asked.

    Args:
        replies: one for each call, in order; the last one serves every further call. A string
            comes in pieces of eight characters, a sequence piece by piece as it stands; an
            exception is raised where it stands.
    """

    def __init__(self, *replies: Reply, id: str = "scripted") -> None:
        if not replies:
            raise ValueError("a scripted model needs a reply")
        self._replies = replies
        self._id = id
        self._lock = threading.Lock()
        self._asked: list[Prompted] = []

    @property
    def id(self) -> str:
        return self._id

    @property
    def asked(self) -> tuple[Prompted, ...]:
        """Every prompt so far, oldest first."""
        with self._lock:
            return tuple(self._asked)

    def stream(self, system: str, user: str) -> Iterator[str]:
        """Pieces of the next reply. The call counts as asked before the first piece is taken."""
        with self._lock:
            reply = self._replies[min(len(self._asked), len(self._replies) - 1)]
            self._asked.append(Prompted(system, user))
        return _pieces(reply)


def _pieces(reply: Reply) -> Iterator[str]:
    for piece in _parts(reply):
        if isinstance(piece, Exception):
            raise piece
        yield piece


def _parts(reply: Reply) -> Sequence[str | Exception]:
    if isinstance(reply, Exception):
        return [reply]
    if isinstance(reply, str):
        return [reply[i : i + _PIECE_CHARS] for i in range(0, len(reply), _PIECE_CHARS)]
    return reply
