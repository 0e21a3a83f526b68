"""How sure it is that an answer rests on the right clause: a small logistic regression over plain signals.

The weights stand in `assistant/data/confidence.json`, readable, with the command that found them
(`scripts/train_confidence.py`): one set for the rules alone, one for where a reader has spoken too. There the
probability decides between 有依据, 可能相关 and 本库未载明; the rules of `refusal.py` may refuse besides.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from importlib import resources
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.answering.coverage import coverage
from assistant.answering.refusal import Findings, unstated
from assistant.answering.select import Selection
from assistant.errors import SettingsError
from assistant.question.understanding import Kind

_WEIGHTS_FILE = "confidence.json"
_DENSE_ZERO, _DENSE_ONE = 0.85, 0.05  # cosines of the published multilingual-e5 lie between 0.75 and 0.95
_MOST_ODDS = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What is known of a question and of the sentences chosen for it. Every value lies about in -2..3."""

    dense: float  # best cosine, 0.85 as zero, 0.05 as one
    margin: float  # by how much the best clause leads, in z-scores, cut at 6, over 3
    share: float  # weight of the question's words that the chosen sentences hold, 0..1
    share_asking: float  # the same for the part that asks, 0..1
    strangest: float  # weight of the heaviest word of the asking part that they lack, 0..1
    unknown: float  # words that the library never uses, cut at 4, halved
    concepts: float  # matters in lay words that the chosen sentences treat, cut at 2
    fact_asked: float  # 1 when a figure, a date … is asked for
    fact_stated: float  # 1 when it is, and a chosen sentence states one
    yes_no: float
    parts: float  # how many parts the question was taken apart into, cut at 3
    follow_up: float  # 1 when it leans on the turns before
    refused: float  # 1 when a rule found that the library does not settle it
    phrased: float = 0.0  # best cosine with a question written for the best clause, 0.85 as zero, 0.05 as one, 0..2
    treating: float = 0.0  # how far the best clause treats the matter of the lay table, 0..1
    odds: float = 0.0  # log-odds that the best sentence answers, by the reader, cut at 8, over 4; 0 unread
    answered: float = 0.0  # the same that any sentence does
    rival: float = 0.0  # by how much the best sentence of another clause is less likely, cut at 8, over 4

    def values(self) -> dict[str, float]:
        """Every feature by name, in the order of the fields."""
        return {field.name: float(getattr(self, field.name)) for field in fields(self)}


def features_of(
    findings: Findings, *, held: str, refused: bool, rarity: Callable[[str], Mapping[str, float]]
) -> Features:
    """What is known of a question once its sentences are chosen.

    Args:
        held: the chosen sentences with what tells what they are about.
        refused: that a rule found a reason to give no answer.
        rarity: the words of a text, each with its weight from 0 (everywhere) to 1 (nowhere in the library).
    """
    reading, asked, signals = findings.reading, findings.asked, findings.signals
    treated = [c for c in reading.spoken_of.whole if any(term in held for term in c.policy)]
    known = [concept.pattern for concept in treated]
    whole = coverage(reading.standalone, held, rarity=rarity, known=known)
    part = coverage(reading.asking, held, rarity=rarity, known=known)
    scores = [evidence.score for evidence in findings.found.evidence[:2]]
    stated = bool(asked.attributes) and not unstated(asked.attributes, findings.selection)
    return Features(
        dense=((signals.dense or _DENSE_ZERO) - _DENSE_ZERO) / _DENSE_ONE,
        margin=min(scores[0] - scores[-1], 6.0) / 3 if scores else 0.0,
        share=whole.share,
        share_asking=part.share,
        strangest=part.strangest,
        unknown=min(signals.unknown_words, 4) / 2,
        concepts=float(min(len(treated), 2)),
        fact_asked=float(bool(asked.attributes)),
        fact_stated=float(stated),
        yes_no=float(asked.kind is Kind.YES_NO),
        parts=float(min(findings.selection.parts, 3)),
        follow_up=float(bool(reading.query.context)),
        refused=float(refused),
        **_written_for(findings),
        **_heard(findings.selection),
    )


def _written_for(findings: Findings) -> dict[str, float]:
    """What was written beforehand for the clause of the best sentence, as features."""
    best = findings.selection.best
    home = next((e for e in findings.found.evidence if best and e.chunk.id == best.chunk.parent_id), None)
    if home is None:
        return {}
    phrased = min(max((home.phrasing - _DENSE_ZERO) / _DENSE_ONE, 0.0), 2.0)
    return {"phrased": phrased, "treating": home.treating}


def _heard(selection: Selection) -> dict[str, float]:
    """What the reader says of the best sentence, as features."""
    best = selection.best
    if selection.answered is None or best is None:
        return {}
    least = min((p.odds for p in selection.picks if p.odds is not None), default=-_MOST_ODDS)
    odds = least if best.odds is None else best.odds
    rival = -_MOST_ODDS if selection.rival is None else selection.rival
    return {"odds": _cut(odds), "answered": _cut(selection.answered), "rival": _cut(odds - rival)}


def _cut(odds: float) -> float:
    return min(max(odds, -_MOST_ODDS), _MOST_ODDS) / 4


class Regression(BaseModel):
    """Weights of one logistic regression."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bias: float
    weights: dict[str, float]

    def probability(self, features: Features) -> float:
        """The probability that the answer rests on the right clause, 0..1."""
        return logistic(self.bias + sum(self.weights[name] * value for name, value in features.values().items()))


class Weights(BaseModel):
    """confidence.json."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    command: str  # that found the weights
    cases: dict[str, int]  # questions trained on, by set
    l2: float = Field(ge=0)
    rules: Regression  # where no reader has spoken
    reader: Regression  # where one has, and no rule refuses
    answered_from: float = Field(ge=0, le=1)  # from here on an answer is called 有依据, where a reader has spoken
    possible_from: float = Field(ge=0, le=1)  # from here on clauses are shown as 可能相关

    def probability(self, features: Features, *, read: bool) -> float:
        """The probability that the answer rests on the right clause, 0..1."""
        return (self.reader if read and not features.refused else self.rules).probability(features)

    def answering_from(self, least: float) -> Weights:
        """The same with another limit for what is called 有依据; nothing below it is shown as sure."""
        return self.model_copy(update={"answered_from": least, "possible_from": min(self.possible_from, least)})


def logistic(score: float) -> float:
    """1 / (1 + e^-score), without overflow."""
    if score >= 0:
        return 1 / (1 + math.exp(-score))
    grown = math.exp(score)
    return grown / (1 + grown)


@lru_cache(maxsize=1)
def packaged_weights() -> Weights:
    """The weights that come with the package."""
    return load_weights()


def load_weights(path: Path | None = None) -> Weights:
    """The weights of the package, or those at `path`.

    Raises:
        SettingsError: the file cannot be used, or does not fit these features.
    """
    source = path or resources.files("assistant") / "data" / _WEIGHTS_FILE
    try:
        weights = Weights.model_validate_json(source.read_text(encoding="utf-8"))
    except (OSError, ValidationError) as exc:
        raise SettingsError(f"{_WEIGHTS_FILE} 无法读取，请运行 scripts/train_confidence.py 重新生成") from exc
    names = {field.name for field in fields(Features)}
    if any(set(found.weights) != names for found in (weights.rules, weights.reader)):
        raise SettingsError(f"{_WEIGHTS_FILE} 与当前程序的特征不一致，请运行 scripts/train_confidence.py 重新生成")
    return weights
