"""What a reader's numbers are worth: its temperature and offset, from questions about documents kept for validation.

A question's candidates are the sentences that answer it, those that its writer named as nearest, and the likest
others of its document by the pairs of characters shared. Two lines are fitted by logistic regression: for each
sentence, and for whether any sentence answers. How well they fit is told on documents that they were not fitted to.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.errors import EvaluationError, ModelOutputInvalid
from assistant.evaluation.calibration import calibrated
from assistant.models.protocols import AnswerReader, Candidate
from assistant.models.reading import Calibration, Fit, Line, whether
from assistant.text.segment import pairs_of
from assistant.training.items import Item, TrainingDocument, TrainingSet

_log = logging.getLogger(__name__)
_FIFTHS = 5
_STEPS, _CLOSE, _HELD = 100, 1e-9, 1e-3
_MOST_GARBAGE = 0.5  # of the questions; a reader that fails more often is none


@dataclass(frozen=True, slots=True)
class Question:
    """One question with its candidates, and which of them answer it."""

    document: str
    asked: str
    candidates: tuple[Candidate, ...]
    right: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """A number that a reader gave, and what is so."""

    document: str
    raw: float
    right: bool


def questions(training: TrainingSet, *, most: int, candidates: int) -> list[Question]:
    """At most `most` questions, spread over the documents that are held out."""
    items = sorted(training.part(validation=True), key=lambda item: (item.document, item.id))
    step = max(1, -(-len(items) // most))
    return [_question(item, training.documents[item.document], candidates) for item in items[::step]]


def _question(item: Item, document: TrainingDocument, most: int) -> Question:
    named = (*item.gold, *item.near)
    asked = set(pairs_of(item.asked))
    likeness = {s.place: len(asked & set(pairs_of(s.words))) for s in document.sentences}
    ordered = sorted(document.sentences, key=lambda s: (s.place not in named, -likeness[s.place]))[:most]
    # In the order of the text: the place of a sentence must tell nothing.
    shown = [s for s in document.sentences if s in ordered]
    return Question(
        document=item.document,
        asked=item.asked,
        candidates=tuple(Candidate(sentence=s.words, title=document.title) for s in shown),
        right=tuple(s.place in item.gold for s in shown),
    )


def calibration(
    reader: AnswerReader, asked: Sequence[Question], *, command: str, progress: Callable[[str, int, int], None]
) -> Calibration:
    """The two lines of `reader`.

    Raises:
        EvaluationError: the questions are too few, or the reader tells nothing about them.
        ModelError: the reader cannot be asked.
    """
    sentences: list[Told] = []
    answered: list[Told] = []
    for done, question in enumerate(asked, start=1):
        try:
            judged = reader.read(question.asked, question.candidates)
        except ModelOutputInvalid:
            _log.warning("a reply could not be used")
            continue
        finally:
            progress("校准", done, len(asked))
        pairs = zip(judged.sentences, question.right, strict=True)
        sentences += [Told(question.document, raw, right) for raw, right in pairs]
        answered.append(Told(question.document, whether(judged), any(question.right)))
    if len(answered) < _MOST_GARBAGE * len(asked) or len({told.document for told in answered}) < _FIFTHS:
        raise EvaluationError("能用的回答太少，无法校准：请检查模型是否可用，或调大 --items")
    return Calibration(
        reader=reader.id,
        command=command,
        questions=len(answered),
        documents=len({told.document for told in answered}),
        sentence=line(sentences),
        answered=line(answered),
        sentence_fit=fit(sentences),
        answered_fit=fit(answered),
    )


def line(told: Sequence[Told]) -> Line:
    """Temperature and offset that make raw numbers log-odds, by Newton's method.

    Raises:
        EvaluationError: all are right, or all wrong, or higher numbers do not go with right ones.
    """
    right = np.array([one.right for one in told], dtype=float)
    if len(set(right)) < 2:
        raise EvaluationError("校准用的问题须既有答得出的，也有答不出的，请调大 --items")
    x = np.array([[one.raw, 1.0] for one in told])
    held = np.array([_HELD, _HELD])
    found: NDArray[np.float64] = np.array([0.0, 0.0])
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-np.clip(x @ found, -30, 30)))
        step = np.linalg.solve((x.T * (p * (1 - p))) @ x + np.diag(held), x.T @ (p - right) + held * found)
        found = found - step
        if float(np.abs(step).max()) < _CLOSE:
            break
    slope, offset = map(float, found)
    if slope <= 0:
        raise EvaluationError("这个模型给出的分数分不出哪一句回答了问题，无法校准，请换一个模型")
    return Line(temperature=round(1 / slope, 4), offset=round(offset, 4))


def fit(told: Sequence[Told]) -> Fit:
    """How well a line fits each fifth of the documents, fitted to the other four."""
    number = {name: n % _FIFTHS for n, name in enumerate(sorted({one.document for one in told}))}
    lines = {n: line([one for one in told if number[one.document] != n]) for n in range(_FIFTHS)}
    found = [lines[number[one.document]].at(one.raw) for one in told]
    right = [one.right for one in told]
    after, auc = _error(found, right)
    return Fit(auc=auc, error=after, uncalibrated_error=_error([one.raw for one in told], right)[0])


def _error(odds: Sequence[float], right: Sequence[bool]) -> tuple[float, float]:
    """Expected calibration error, and the area under the curve."""
    shares = [float(1 / (1 + np.exp(-np.clip(value, -30, 30)))) for value in odds]
    told = calibrated(shares, right)
    error = sum(part.cases * abs(part.predicted - part.observed) for part in told.bins) / told.cases
    return round(error, 4), round(told.auc, 4)
