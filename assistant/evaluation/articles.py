"""Tens of thousands of articles searched by letters, by meaning and by the law they stand in.

A scratch index in memory for `assistant eval retrieval`: no hand-written phrasing of any article, nothing learnt
from gold articles. What a file of articles says by itself is used: the words, the laws, which law cites which.
How its weights were found, and what they give on questions about laws left out: `docs/retrieval.md`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.evaluation.article_files import Article
from assistant.evaluation.authority import authority
from assistant.indexing.gram_matrix import GramMatrix
from assistant.indexing.vector_scan import VectorScan
from assistant.models.protocols import Embedder, Vectors
from assistant.question.lay_words import Expander, load_expander

Scores = NDArray[np.float32]
_MATTERS = 0.25  # of the highest score; what is lower says little of a law and costs time
_FLOOR = 1.0  # long articles are not to lose against short ones that hold fewer words of the question
_STEP = 4096  # passages embedded between two reports of progress


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleWeights:
    """How much each signal counts; each is first divided by its largest value for the question."""

    lexical: float = 0.35
    statute_words: float = 0.3  # of what a word of the question counts, for each term of the statutes added to it
    dense: float = 0.65
    law_lexical: float = 0.1  # mean of the ten best lexical scores within the article's law
    law_dense: float = 0.1  # mean of the five best dense scores within it
    authority: float = 0.25  # for articles of the law that most other laws cite, less for the others
    law_best_lexical: int = 10
    law_best_dense: int = 5


class ArticleIndex:
    """Articles ready to be searched."""

    def __init__(
        self,
        articles: Sequence[Article],
        grams: GramMatrix,
        vectors: Vectors,
        embedder: Embedder,
        weights: ArticleWeights,
        expander: Expander,
    ) -> None:
        self._ids = [article.id for article in articles]
        self._grams = grams
        self._scan = VectorScan(vectors)
        self._embedder = embedder
        self._weights = weights
        self._expander = expander
        names, laws = np.unique([article.law for article in articles], return_inverse=True)
        self._laws = laws.astype(np.int64)
        self._order = np.argsort(self._laws, kind="stable")
        self._starts = np.searchsorted(self._laws[self._order], np.arange(len(names)))
        cited = authority(articles, self._laws, [str(name) for name in names])
        self._standing = weights.authority * cited
        self.timings: dict[str, float] = {}  # seconds

    @classmethod
    def build(
        cls,
        articles: Sequence[Article],
        *,
        embedder: Embedder,
        weights: ArticleWeights | None = None,
        expander: Expander | None = None,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> ArticleIndex:
        """Count and embed `articles`; `progress` hears stage, done, total."""
        report = progress or (lambda _stage, _done, _total: None)
        texts = [f"{article.law}：{article.text}" for article in articles]
        report("统计字词", 0, len(texts))
        start = time.process_time()
        grams = GramMatrix.build(texts, floor=_FLOOR)
        lexical = time.process_time() - start
        start = time.process_time()
        parts = []
        for at in range(0, len(texts), _STEP):
            report("计算向量", at, len(texts))
            parts.append(embedder.embed_documents(texts[at : at + _STEP]))
        vectors = np.concatenate(parts) if parts else np.zeros((0, embedder.dimension), dtype=np.float32)
        embedding = time.process_time() - start
        start = time.process_time()
        index = cls(articles, grams, vectors, embedder, weights or ArticleWeights(), expander or statute_words())
        lexical += time.process_time() - start
        index.timings = {"lexical_build_s": lexical, "embedding_s": embedding}
        return index

    def search(self, text: str, k: int) -> list[tuple[str, float]]:
        """The `k` best articles for `text`, best first, ties in the order of the file."""
        return self.rank(text, self._embedder.embed_queries([text])[0], k)

    def rank(self, text: str, vector: Vectors, k: int) -> list[tuple[str, float]]:
        """The same for a question that is embedded already."""
        scores = self.scores(text, vector)
        k = min(k, scores.size)
        top = np.argpartition(scores, -k)[-k:] if 0 < k < scores.size else np.arange(scores.size)[: max(k, 0)]
        top = top[np.lexsort((top, -scores[top]))]
        return [(self._ids[n], float(scores[n])) for n in top]

    def scores(self, text: str, vector: Vectors) -> Scores:
        """One score for each article."""
        w = self._weights
        lexical = _of_best(self._lexical(text))
        dense = _of_best(self._scan.standard(vector))
        law = self._standing  # what every article of a law gets alike
        if w.law_lexical:
            law = law + w.law_lexical * _of_best(self._by_law(lexical, w.law_best_lexical))
        if w.law_dense:
            law = law + w.law_dense * _of_best(self._by_law(dense, w.law_best_dense))
        return np.asarray(w.lexical * lexical + w.dense * dense + law[self._laws], dtype=np.float32)

    def _lexical(self, text: str) -> Scores:
        """BM25 of the question, and of the terms of statutes for its lay words with a weight of their own."""
        scores = self._grams.scores(text)
        if self._weights.statute_words:
            for term in self._expander.terms(text):
                scores += self._weights.statute_words * self._grams.scores(term)
        return scores

    def _by_law(self, scores: Scores, best: int) -> Scores:
        """The mean of the `best` highest scores of each law; those below `_MATTERS` count 0."""
        high = np.flatnonzero(scores >= _MATTERS)
        order = high[np.argsort(2.0 * self._laws[high] - scores[high], kind="stable")]  # scores are at most 1
        laws = self._laws[order]
        first = np.r_[True, laws[1:] != laws[:-1]] if laws.size else np.zeros(0, dtype=bool)
        starts = np.flatnonzero(first)
        place = np.arange(laws.size) - np.repeat(starts, np.diff(np.r_[starts, laws.size]))
        kept = place < best
        sums = np.bincount(laws[kept], weights=scores[order][kept], minlength=len(self._starts))
        return np.asarray(sums / best, dtype=np.float32)


def statute_words() -> Expander:
    """The package's table of everyday legal matters and of the words that statutes have for them."""
    return load_expander(Path(str(resources.files("assistant") / "data" / "statute_words.yaml")))


def _of_best(scores: Scores) -> Scores:
    """`scores` as shares of the highest."""
    highest = float(scores.max(initial=0.0))
    return scores / highest if highest > 0 else scores
