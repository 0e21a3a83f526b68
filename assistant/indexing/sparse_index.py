"""Words found by BM25: bm25s weighs them when the index is built, numpy adds them up when it is asked.

Two analyzers stand side by side. `words` (jieba and our lexicon) is precise; `grams` (characters
and pairs of them) still finds what jieba cuts differently in a question and in a clause.

Files, none of them pickled, per ChunkKind and analyzer:

    sentence-words.npz     data, indices, indptr: weights by term, as a compressed sparse column matrix; counts beside
    sentence-words.json    ids of the chunks, in the order of the corpus; terms, in the order of the columns

How much a word weighs depends on every text that was counted. Whoever may not see some of them is served by
`narrowed`, which weighs anew by the counts of the others.
"""

from __future__ import annotations

import json
import math
import os
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from assistant.errors import IndexDamaged
from assistant.indexing.dense_index import DocumentMask
from assistant.schema.chunk import Chunk, ChunkId, ChunkKind
from assistant.schema.retrieval import Hit
from assistant.text.segment import Segmenter, char_grams

Analyzer = Literal["words", "grams"]
ANALYZERS: tuple[Analyzer, ...] = ("words", "grams")
Counts = NDArray[np.int32]
_K1 = 1.5  # how soon repeats of a word stop to count
_B = 0.75  # how much a long passage is held against it
_DIGITS = 6  # equal texts get equal scores


@dataclass(frozen=True, slots=True)
class _Weights:
    """BM25 weights of every term in every chunk of one kind."""

    ids: tuple[ChunkId, ...]
    columns: Mapping[str, int]  # by term
    data: NDArray[np.float32]
    indices: NDArray[np.int32]  # places in `ids`
    indptr: NDArray[np.int64]  # column c holds data[indptr[c]:indptr[c + 1]]
    counts: Counts | None  # beside `data`: how often the chunk has the term; `None` in older indexes

    def scores(self, terms: Sequence[str]) -> NDArray[np.float32]:
        """One score per chunk; terms that no chunk holds add nothing."""
        scores = np.zeros(len(self.ids), dtype=np.float32)
        for column in (self.columns[term] for term in terms if term in self.columns):
            held = slice(self.indptr[column], self.indptr[column + 1])
            scores[self.indices[held]] += self.data[held]
        return scores

    def narrowed(self, mask: NDArray[np.bool_], counts: Counts) -> _Weights:
        """The weights that the chunks of `mask` have by themselves, to the last bit as `_weigh` gives them."""
        kept = mask[self.indices]
        renumbered = np.cumsum(mask) - 1
        rows = renumbered[self.indices[kept]].astype(np.int32)
        columns = np.repeat(np.arange(len(self.columns)), np.diff(self.indptr))[kept]
        holders = np.bincount(columns, minlength=len(self.columns))
        held = counts[kept]
        chunks = int(mask.sum())
        lengths = np.bincount(rows, weights=held, minlength=chunks)
        rarity = np.array([_idf(int(n), chunks) for n in holders], dtype=np.float32)
        often = held.astype(np.float32)
        bar = _K1 * ((1 - _B) + _B * lengths[rows] / lengths.mean()) if len(rows) else np.zeros(0)
        return _Weights(
            tuple(one for one, is_kept in zip(self.ids, mask, strict=True) if is_kept),
            {term: n for n, term in enumerate(t for t, c in self.columns.items() if holders[c])},
            (rarity[columns] * (often / (bar + often))).astype(np.float32),
            rows,
            np.concatenate(([0], np.cumsum(holders[holders > 0]))).astype(np.int64),
            held,
        )


class SparseIndex:
    """Chunks ranked by the words they share with a question."""

    def __init__(self, weights: Mapping[tuple[ChunkKind, Analyzer], _Weights], *, segmenter: Segmenter) -> None:
        self._weights = weights
        self._segmenter = segmenter
        self._masks: dict[ChunkKind, DocumentMask] = {}

    @classmethod
    def build(cls, chunks: Sequence[Chunk], *, segmenter: Segmenter) -> SparseIndex:
        """Weigh the words of `chunks`; what is counted is `Chunk.indexed_text`."""
        weights = {
            (kind, analyzer): _weigh([c for c in chunks if c.kind is kind], _analysis(analyzer, segmenter))
            for kind in ChunkKind
            for analyzer in ANALYZERS
        }
        return cls(weights, segmenter=segmenter)

    @classmethod
    def load(cls, folder: Path, *, segmenter: Segmenter) -> SparseIndex:
        """Read what `save` wrote.

        Raises:
            IndexDamaged: a file is missing or cannot be read.
        """
        weights = {(kind, analyzer): _read(folder, kind, analyzer) for kind in ChunkKind for analyzer in ANALYZERS}
        return cls(weights, segmenter=segmenter)

    def save(self, folder: Path) -> None:
        """Write all weights to the new folder `folder`."""
        folder.mkdir(parents=True)
        for (kind, analyzer), weights in self._weights.items():
            _write(folder, kind, analyzer, weights)

    def narrowed(self, within: frozenset[str], chunks: Callable[[ChunkKind], Sequence[Chunk]]) -> SparseIndex:
        """The index that these documents would have if there were no others: nothing of those is told by a score.

        Args:
            chunks: the chunks of these documents; read only where the index was built before counts were kept.
        """
        made = {}
        for (kind, analyzer), weights in self._weights.items():
            if weights.counts is None:
                return SparseIndex.build([c for kind in ChunkKind for c in chunks(kind)], segmenter=self._segmenter)
            made[kind, analyzer] = weights.narrowed(self._owners(kind).mask(within), weights.counts)
        return SparseIndex(made, segmenter=self._segmenter)

    def search(
        self, text: str, *, kind: ChunkKind, k: int, analyzer: Analyzer, within: frozenset[str] | None = None
    ) -> list[Hit]:
        """The `k` best of `kind`, best first, ties by id. A chunk without a word of `text` is no hit.

        Args:
            within: only chunks of these documents; `None` is all.
        """
        weights = self._weights[kind, analyzer]
        scores = weights.scores(_analysis(analyzer, self._segmenter)(text))
        if within is not None:
            scores[~self._owners(kind).mask(within)] = 0.0
        found = [(-round(float(scores[n]), _DIGITS), weights.ids[n]) for n in _best(scores, k)]
        return [
            Hit(chunk_id=chunk_id, rank=rank, score=-score, retriever=f"sparse-{analyzer}")
            for rank, (score, chunk_id) in enumerate(sorted(found)[: max(k, 0)], start=1)
        ]

    def vocabulary(self, text: str, *, within: frozenset[str] | None = None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The words of two and more characters of `text`: those that the clauses use, and those that they do not.

        Args:
            within: only clauses of these documents; `None` is all.
        """
        words = dict.fromkeys(word for word in self._segmenter.words(text) if len(word) > 1)
        mask = self._clauses(within)
        held = {word for word in words if self._held_by(word, mask)}
        return tuple(w for w in words if w in held), tuple(w for w in words if w not in held)

    def rarity(self, text: str, *, within: frozenset[str] | None = None) -> dict[str, float]:
        """Every word of `text` with how rare it is among the clauses, from 0 (in all of them) to 1 (in none)."""
        mask = self._clauses(within)
        clauses = len(self.ids(ChunkKind.CLAUSE)) if mask is None else int(mask.sum())
        return {word: _rarity(self._held_by(word, mask), clauses + 1) for word in self._segmenter.words(text)}

    def words(self, *, within: frozenset[str] | None = None) -> Iterable[str]:
        """Every word that a clause uses."""
        columns, mask = self._weights[ChunkKind.CLAUSE, "words"].columns, self._clauses(within)
        return columns.keys() if mask is None else [word for word in columns if self._held_by(word, mask)]

    def _held_by(self, word: str, mask: NDArray[np.bool_] | None) -> int:
        """How many clauses, those of `mask`, hold `word`."""
        weights = self._weights[ChunkKind.CLAUSE, "words"]
        column = weights.columns.get(word)
        if column is None:
            return 0
        start, end = int(weights.indptr[column]), int(weights.indptr[column + 1])
        return end - start if mask is None else int(mask[weights.indices[start:end]].sum())

    def _clauses(self, within: frozenset[str] | None) -> NDArray[np.bool_] | None:
        """Which clauses are of these documents; `None` for all."""
        return None if within is None else self._owners(ChunkKind.CLAUSE).mask(within)

    def count(self, kind: ChunkKind) -> int:
        """How many chunks of `kind` there are."""
        return len(self._weights[kind, "words"].ids)

    def ids(self, kind: ChunkKind) -> tuple[ChunkId, ...]:
        """The chunks of `kind`, in the order of the corpus."""
        return self._weights[kind, "words"].ids

    def _owners(self, kind: ChunkKind) -> DocumentMask:
        if kind not in self._masks:
            self._masks[kind] = DocumentMask(self.ids(kind))
        return self._masks[kind]


def _rarity(held_by: int, clauses: int) -> float:
    """Inverse document frequency, scaled so that it compares between libraries of different size."""
    return max(0.0, math.log(clauses / (held_by + 0.5)) / math.log(clauses / 0.5))


def _analysis(analyzer: Analyzer, segmenter: Segmenter) -> Callable[[str], list[str]]:
    return segmenter.words if analyzer == "words" else char_grams


def _best(scores: NDArray[np.float32], k: int) -> list[int]:
    """Places of the `k` best positive scores, and of all that tie with the last of them."""
    positive = np.flatnonzero(scores > 0)
    if k <= 0 or len(positive) == 0:
        return []
    if len(positive) <= k:
        return [int(place) for place in positive]
    bar = np.partition(scores[positive], len(positive) - k)[len(positive) - k] - 10.0**-_DIGITS
    return [int(place) for place in positive[scores[positive] >= bar]]


def _weigh(chunks: Sequence[Chunk], analyse: Callable[[str], list[str]]) -> _Weights:
    ids = tuple(chunk.id for chunk in chunks)
    texts = [analyse(chunk.indexed_text) for chunk in chunks]
    terms = sorted({term for text in texts for term in text})
    columns = {term: column for column, term in enumerate(terms)}
    if not terms:  # bm25s cannot weigh an empty corpus
        none = np.zeros(0, np.int32)
        return _Weights(ids, columns, np.zeros(0, np.float32), none, np.zeros(1, np.int64), none)
    model = _bm25()
    # Numbered terms instead of strings: bm25s would number them in the order of a set, another in each process.
    numbered = [[columns[term] for term in text] for text in texts]
    model.index((numbered, dict(columns)), show_progress=False)
    matrix = model.scores
    indices, indptr = np.asarray(matrix["indices"], dtype=np.int32), np.asarray(matrix["indptr"], dtype=np.int64)
    return _Weights(
        ids,
        columns,
        np.asarray(matrix["data"], dtype=np.float32),
        indices,
        indptr,
        _counted(numbered, indices, indptr),
    )


def _counted(numbered: Sequence[Sequence[int]], indices: NDArray[np.int32], indptr: NDArray[np.int64]) -> Counts:
    """How often each chunk has each of its terms, in the order of `indices`."""
    chunks = len(numbered)
    pairs = [np.asarray(columns, dtype=np.int64) * chunks + row for row, columns in enumerate(numbered)]
    found, often = np.unique(np.concatenate(pairs), return_counts=True)
    columns = np.repeat(np.arange(len(indptr) - 1, dtype=np.int64), np.diff(indptr))
    return often[np.searchsorted(found, columns * chunks + indices)].astype(np.int32)


def _idf(held_by: int, chunks: int) -> float:
    """How much a term counts that so many of the chunks hold; as Lucene has it."""
    return math.log(1 + (chunks - held_by + 0.5) / (held_by + 0.5)) if held_by else 0.0


def _bm25() -> Any:
    os.environ.setdefault("DISABLE_TQDM", "1")  # read on import
    import bm25s

    return bm25s.BM25(k1=_K1, b=_B, method="lucene", backend="numpy")


def _write(folder: Path, kind: ChunkKind, analyzer: Analyzer, weights: _Weights) -> None:
    stem = folder / f"{kind.value}-{analyzer}"
    arrays: dict[str, Any] = {"data": weights.data, "indices": weights.indices, "indptr": weights.indptr}
    if weights.counts is not None:
        arrays["counts"] = weights.counts
    np.savez(stem.with_suffix(".npz"), **arrays)
    names = {"ids": weights.ids, "terms": list(weights.columns)}
    stem.with_suffix(".json").write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")


def _read(folder: Path, kind: ChunkKind, analyzer: Analyzer) -> _Weights:
    stem = folder / f"{kind.value}-{analyzer}"
    try:
        names = json.loads(stem.with_suffix(".json").read_text(encoding="utf-8"))
        with np.load(stem.with_suffix(".npz"), allow_pickle=False) as arrays:
            return _Weights(
                tuple(map(ChunkId, names["ids"])),
                {term: column for column, term in enumerate(names["terms"])},
                arrays["data"],
                arrays["indices"],
                arrays["indptr"],
                arrays.get("counts"),
            )
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as exc:
        raise IndexDamaged(f"词语索引 {stem} 无法读取。请运行 python -m assistant index build --force 重建。") from exc
