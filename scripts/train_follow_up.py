"""Fits what tells a follow-up from a new question and writes `assistant/data/follow_up.json`.

    python scripts/train_follow_up.py [--documents 80] [--out PATH]

A follow-up is an item of `eval/training` with the voice `follow`, behind its own turn. New questions are pairs of two
items that stand alone: of one document, of two documents that are both held, and of two of which only the first is
held. Pairs that the rules settle (那…, …呢) are left out. Documents that are held out are counted apart.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.assembly import build_embedder
from assistant.indexing.dense_index import ExactDenseIndex
from assistant.indexing.ports import LibraryPort
from assistant.models.protocols import Embedder, Vectors
from assistant.question.follow_up import points_back
from assistant.question.kinship import Kinship, TurnFeatures
from assistant.schema.chunk import ChunkId, ChunkKind
from assistant.settings import HOME, load
from assistant.training.items import Item, TrainingSet, load_training

OUT = HOME / "assistant" / "data" / "follow_up.json"
ARTICLES = HOME.parent / "shared" / "eval" / "stard" / "corpus.jsonl.gz"
L2 = 1.0
# Log-odds: none of the 105 follow-ups of the sets that are read may stand alone; between the limits both are offered.
ALONE_BELOW, JOINED_FROM = -2.6, -1.0
_TOLD = frozenset({"follow", "story"})  # no question that stands alone and is put in a conversation
_LONGEST = 24  # characters of a new question that could be taken for a follow-up
_MOST_CLAUSES = 45  # of a training document
_MOST_CHARACTERS = 400  # of a clause
_PAIRS = {True: 8, False: 4}  # of each kind for a document, by whether it is held out


@dataclass(frozen=True, slots=True)
class Pair:
    """Two turns of one conversation."""

    kind: str  # follow, same, other, foreign
    held_out: bool
    library: tuple[str, ...]  # the documents that are held
    before: str
    question: str


@dataclass(frozen=True, slots=True)
class Clauses:
    """As much of a library as `Kinship` looks at."""

    dense: ExactDenseIndex


def pairs(training: TrainingSet, documents: Sequence[str], chance: random.Random) -> Iterator[Pair]:
    """Follow-ups and new questions over `documents`."""
    alone: dict[str, list[Item]] = defaultdict(list)
    for item in training.items:
        if item.voice not in _TOLD and len(item.question) <= _LONGEST:
            alone[item.document].append(item)
    for name in documents:
        apart = name in training.held_out
        for item in training.items:
            if item.document == name and item.voice == "follow":
                yield Pair("follow", apart, (name,), item.history[-1], item.question)
        others = [d for d in documents if (d in training.held_out) is apart and d != name and alone[d]]
        if len(alone[name]) < 2:
            continue
        for _ in range(_PAIRS[apart]):
            before, after = chance.sample(alone[name], 2)
            if not set(before.gold) & set(after.gold):
                yield Pair("same", apart, (name,), before.question, after.question)
            for kind in ("other", "foreign"):
                other = chance.choice(others)
                asked = chance.choice(alone[other]).question
                yield Pair(kind, apart, (name, other) if kind == "other" else (name,), before.question, asked)


def measured(found: Sequence[Pair], training: TrainingSet, embedder: Embedder) -> list[tuple[Pair, TurnFeatures]]:
    """The pairs that the rules leave open, with what `Kinship` sees of them."""
    vectors: dict[str, Vectors] = {}
    for name in {name for pair in found for name in pair.library}:
        texts = [text[:_MOST_CHARACTERS] for text in training.documents[name].clauses.values()]
        vectors[name] = np.asarray(embedder.embed_documents(texts), dtype=np.float32)
    seen = []
    for pair in found:
        if points_back(pair.question) is None:
            continue
        ids = tuple(ChunkId(f"{name}#{n}") for name in pair.library for n in range(len(vectors[name])))
        matrix = np.concatenate([vectors[name] for name in pair.library])
        dense = ExactDenseIndex({ChunkKind.CLAUSE: (ids, matrix)}, dimension=matrix.shape[1])
        library: LibraryPort = Clauses(dense)  # type: ignore[assignment]
        features = Kinship(library, embedder).features(pair.question, f"{pair.before}。")
        if features is not None:
            seen.append((pair, features))
    return seen


def fitted(seen: Sequence[tuple[Pair, TurnFeatures]]) -> tuple[float, dict[str, float]]:
    """Bias and weights of a logistic regression; both sides count alike."""
    x = np.array([[1.0, *features.values().values()] for _, features in seen])
    y = np.array([pair.kind == "follow" for pair, _ in seen], dtype=float)
    share = np.where(y == 1, (y == 0).sum() / y.sum(), 1.0)
    held = L2 * np.diag([0.0, *[1.0] * (x.shape[1] - 1)])
    beta = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ beta))
        slope = x.T @ (share * (p - y)) + held @ beta
        beta -= np.linalg.solve((x * (share * p * (1 - p))[:, None]).T @ x + held, slope)
    names = list(seen[0][1].values())
    return round(float(beta[0]), 4), {name: round(float(w), 4) for name, w in zip(names, beta[1:], strict=True)}


def report(seen: Sequence[tuple[Pair, TurnFeatures]], bias: float, weights: dict[str, float]) -> None:
    """Write out what share of each kind is joined, and of what share both readings are offered."""
    for apart in (False, True):
        by_kind: dict[str, list[float]] = defaultdict(list)
        for pair, features in seen:
            if pair.held_out is apart:
                by_kind[pair.kind].append(bias + sum(weights[n] * v for n, v in features.values().items()))
        for kind, odds in sorted(by_kind.items()):
            joined = sum(o >= ALONE_BELOW for o in odds) / len(odds)
            unsure = sum(ALONE_BELOW <= o < JOINED_FROM for o in odds) / len(odds)
            where = "held out" if apart else "trained on"
            sys.stdout.write(f"{where} {kind}: {len(odds)} pairs, joined {joined:.3f}, unsure {unsure:.3f}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=80, help="training documents, beside those held out")
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    training = load_training(HOME / "eval" / "training", ARTICLES)
    chance = random.Random(7)  # noqa: S311 (samples, no secret)
    small = [name for name, d in sorted(training.documents.items()) if len(d.clauses) <= _MOST_CLAUSES]
    small = [name for name in small if name not in training.held_out]
    chance.shuffle(small)
    documents = [*small[: given.documents], *sorted(training.held_out)]
    seen = measured(list(pairs(training, documents, chance)), training, build_embedder(load()))
    learned = [one for one in seen if not one[0].held_out]
    bias, weights = fitted(learned)
    report(seen, bias, weights)
    told = {
        "command": f"python scripts/train_follow_up.py --documents {given.documents}",
        "pairs": dict(sorted(Counter(pair.kind for pair, _ in learned).items())),
        "bias": bias,
        "weights": weights,
        "alone_below": ALONE_BELOW,
        "joined_from": JOINED_FROM,
    }
    given.out.write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
