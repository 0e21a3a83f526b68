"""The learned reader: which of the candidate sentences answer a question, and whether any does.

Each candidate is read together with the question by the eight-bit graph of `convert_reader.py`. The heads are small
and run in numpy: a scaled cosine of the two means with a correction (one number a pair), then one attention layer
over all candidates and a "none" token, which sees the alternatives. How it was trained: `eval/training/README.md`.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import erf, sqrt
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.errors import ModelUnavailable
from assistant.models.e5.convert_reader import (
    HEADS,
    QUESTION_TOKENS,
    READER,
    SENTENCE_TOKENS,
    pair_feed,
)
from assistant.models.e5.mark import read_mark
from assistant.models.e5.onnx import open_session, token_rows, word_table
from assistant.models.e5.tokens import DAMAGED, Cutter
from assistant.models.protocols import Candidate, Judged

_HEADS = 4  # of the attention over candidates
_EPSILON = 1e-5
_BATCH_TOKENS = 1024
_QUERY, _PASSAGE = "query: ", "passage: "
Numbers = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Loaded:
    """Everything that is read from files."""

    session: Any
    cutter: Cutter
    words: NDArray[Any]
    begin: int
    end: int
    heads: Mapping[str, Numbers]


class LearnedReader:
    """AnswerReader over the prepared folder. Loads at the first question; may be used from several threads."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        self._folder = folder
        self._threads = threads
        self._lock = threading.Lock()
        self._ready: _Loaded | None = None

    @cached_property
    def id(self) -> str:
        """Name of the model and hash of its graph."""
        return f"onnx/e5-reader@{self._mark['files'][READER][:12]}"

    @cached_property
    def _mark(self) -> dict[str, Any]:
        mark = read_mark(self._folder)
        if mark is None or READER not in mark["files"]:
            raise ModelUnavailable(DAMAGED)
        return mark

    def read(self, question: str, candidates: Sequence[Candidate]) -> Judged:
        """The log-odds that each of `candidates` answers `question`, and that any of them does.

        Raises:
            ModelUnavailable: the prepared files are damaged.
        """
        sentences = [candidate.text for candidate in candidates]
        if not sentences:
            return Judged(sentences=(), answered=-20.0, cut=0)
        held = self._loaded()
        asked = held.cutter.cut(_QUERY + question)
        passages = [held.cutter.cut(_PASSAGE + sentence) for sentence in sentences]
        cut = sum(len(p) > SENTENCE_TOKENS for p in passages) + (len(asked) > QUESTION_TOKENS)
        first = [held.begin, *asked[:QUESTION_TOKENS], held.end]
        second = [[held.begin, *p[:SENTENCE_TOKENS], held.end] for p in passages]
        questions, answers = self._means(first, second)
        logits, answered = _over_all(*_pairwise(questions, answers, held.heads), questions, held.heads)
        return Judged(sentences=tuple(float(x) for x in logits), answered=answered, cut=cut)

    def _means(self, question: list[int], sentences: Sequence[list[int]]) -> tuple[Numbers, Numbers]:
        """Means of the question's and of the sentence's states, each (sentences, hidden)."""
        held = self._loaded()
        order = sorted(range(len(sentences)), key=lambda n: len(sentences[n]))
        hidden = held.heads["positions"].shape[1]
        both = np.zeros((2, len(sentences), hidden), dtype=np.float32)
        at = 0
        while at < len(order):
            size = _batch_size([len(question) + len(sentences[n]) for n in order[at:]])
            batch = order[at : at + size]
            numbers = sorted({*question, *(t for n in batch for t in sentences[n])})
            row = {number: place for place, number in enumerate(numbers)}
            pairs = [([row[t] for t in question], [row[t] for t in sentences[n]]) for n in batch]
            feed = pair_feed(pairs, token_rows(held.words, numbers), held.heads["positions"])
            both[0, batch], both[1, batch] = held.session.run(["question", "sentence"], feed)
            at += size
        return both[0], both[1]

    def _loaded(self) -> _Loaded:
        with self._lock:
            if self._ready is None:
                self._ready = self._load()
            return self._ready

    def _load(self) -> _Loaded:
        place = self._mark["words"]
        cutter = Cutter(self._folder)
        try:
            session = open_session(self._folder / READER, threads=self._threads)
            with np.load(self._folder / HEADS, allow_pickle=False) as arrays:
                heads = {name: np.asarray(arrays[name], dtype=np.float32) for name in arrays.files}
            words = word_table(place)
        except Exception as exc:  # onnxruntime raises Exceptions of its own
            raise ModelUnavailable(DAMAGED) from exc
        return _Loaded(session, cutter, words, place["begin"], place["end"], heads)


def _batch_size(lengths: Sequence[int]) -> int:
    """How many of texts sorted by length one run holds, padding included."""
    size = 1
    while size < len(lengths) and lengths[size] * (size + 1) <= _BATCH_TOKENS:
        size += 1
    return size


def _pairwise(questions: Numbers, answers: Numbers, heads: Mapping[str, Numbers]) -> tuple[Numbers, Numbers]:
    """Features of each pair, and its log-odds by itself."""
    features = np.concatenate([questions * answers, np.abs(questions - answers), answers], axis=1)
    lengths = np.linalg.norm(questions, axis=1) * np.linalg.norm(answers, axis=1)
    cosine = (questions * answers).sum(axis=1) / np.maximum(lengths, 1e-8)
    hidden = _gelu(features @ heads["m1.weight"].T + heads["m1.bias"])
    correction = (hidden @ heads["m2.weight"].T + heads["m2.bias"])[:, 0]
    return features, heads["scale"] * cosine + heads["shift"] + correction


def _over_all(
    features: Numbers, alone: Numbers, questions: Numbers, heads: Mapping[str, Numbers]
) -> tuple[Numbers, float]:
    """The log-odds of each candidate beside the others, and that any answers."""
    none = heads["none"] + questions.mean(axis=0) @ heads["qproj.weight"].T + heads["qproj.bias"]
    each = np.concatenate([features, alone[:, None]], axis=1) @ heads["proj.weight"].T + heads["proj.bias"]
    states = np.concatenate([none[None], each])
    states = _normed(states + _attention(states, heads), heads["ln.weight"], heads["ln.bias"])
    logits = alone + (states[1:] @ heads["o.weight"].T + heads["o.bias"])[:, 0]
    whether = float((states[0] @ heads["any.weight"].T + heads["any.bias"])[0])
    return logits, whether + float(heads["anyw"]) * float(logits.max())


def _attention(states: Numbers, heads: Mapping[str, Numbers]) -> Numbers:
    """Self-attention as torch's MultiheadAttention computes it."""
    size = states.shape[1] // _HEADS
    joined = states @ heads["att.in_proj_weight"].T + heads["att.in_proj_bias"]
    q, k, v = (part.reshape(len(states), _HEADS, size).transpose(1, 0, 2) for part in np.split(joined, 3, axis=1))
    weights = q @ k.transpose(0, 2, 1) / sqrt(size)
    weights = np.exp(weights - weights.max(axis=2, keepdims=True))
    weights /= weights.sum(axis=2, keepdims=True)
    seen = (weights @ v).transpose(1, 0, 2).reshape(len(states), -1)
    return np.asarray(seen @ heads["att.out_proj.weight"].T + heads["att.out_proj.bias"], dtype=np.float32)


def _normed(states: Numbers, weight: Numbers, bias: Numbers) -> Numbers:
    centred = states - states.mean(axis=1, keepdims=True)
    deviation = np.sqrt((centred**2).mean(axis=1, keepdims=True) + _EPSILON)
    return np.asarray(centred / deviation * weight + bias, dtype=np.float32)


_ERF = np.vectorize(erf, otypes=[np.float32])


def _gelu(x: Numbers) -> Numbers:
    return np.asarray(x * 0.5 * (1 + _ERF(x / sqrt(2))), dtype=np.float32)
