"""Readers made of rerankers, and what brings a reader's numbers onto the scale of log-odds.

A reranker says how relevant a passage is, on a scale of its own. Its scores become log-odds by a line (temperature and
offset) that `assistant train calibration` fits on questions whose answers are known. Without that line they put the
sentences in order, and whether any of them answers is not asked of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.errors import ModelOutputInvalid, SettingsError
from assistant.models.protocols import AnswerReader, Candidate, CrossEncoder, Judged
from assistant.models.scores import Scores

MOST_ODDS = 8.0  # no reader is surer than that
_LEAST_SHARE = 1e-6


class Line(BaseModel):
    """raw log-odds / temperature + offset, cut at `MOST_ODDS`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    temperature: float = Field(gt=0, allow_inf_nan=False)
    offset: float = Field(allow_inf_nan=False)

    def at(self, raw: float) -> float:
        """The log-odds that `raw` stands for."""
        return min(max(raw / self.temperature + self.offset, -MOST_ODDS), MOST_ODDS)


# Rerankers are trained to tell passages apart and are surer than they are right; 2 is a common temperature for them.
UNCALIBRATED = Line(temperature=2.0, offset=0.0)


class Fit(BaseModel):
    """How well a line fits questions that it was not fitted to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    auc: float
    error: float  # expected calibration error, ten bins
    uncalibrated_error: float  # the same before


class Calibration(BaseModel):
    """The file that `assistant train calibration` writes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reader: str  # id of the reader it was fitted for
    command: str
    questions: int
    documents: int
    sentence: Line  # for each sentence
    answered: Line  # for "does any answer"
    sentence_fit: Fit
    answered_fit: Fit


def load_calibration(path: Path, *, reader: str) -> Calibration:
    """The calibration at `path`, made for `reader`.

    Raises:
        SettingsError: the file cannot be used, or was made for another model.
    """
    remedy = "请运行 assistant train calibration 重新生成，或去掉设置 ASSISTANT_READER__CALIBRATION。"
    try:
        found = Calibration.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError) as exc:
        raise SettingsError(f"ASSISTANT_READER__CALIBRATION 指向的校准文件无法读取或格式不符。{remedy}") from exc
    if found.reader != reader:
        raise SettingsError(f"ASSISTANT_READER__CALIBRATION 指向的校准文件是为另一个模型做的。{remedy}")
    return found


class CrossEncoderReader:
    """AnswerReader over any cross-encoder: raw log-odds of each sentence, and no word on whether any answers."""

    def __init__(self, encoder: CrossEncoder, *, scores: Scores = Scores.LOGIT) -> None:
        self._encoder = encoder
        self._scores = scores

    @property
    def id(self) -> str:
        return f"{self._encoder.id}:{self._scores.value}"

    def read(self, question: str, candidates: Sequence[Candidate]) -> Judged:
        if not candidates:
            return Judged(sentences=(), answered=None)
        found = self._encoder.score(question, [candidate.text for candidate in candidates])
        return Judged(sentences=tuple(map(self._odds, found)), answered=None)

    def _odds(self, score: float) -> float:
        if self._scores is Scores.LOGIT:
            return score
        if not 0.0 <= score <= 1.0:
            raise ModelOutputInvalid("重排模型给出的分数不在 0 到 1 之间，请设置 ASSISTANT_READER__SCORES=logit。")
        share = min(max(score, _LEAST_SHARE), 1 - _LEAST_SHARE)
        return math.log(share / (1 - share))


class CalibratedReader:
    """Another reader with its numbers brought onto the scale of log-odds.

    Args:
        answered: for whether any sentence answers; `None` leaves that open.
    """

    def __init__(self, reader: AnswerReader, *, sentence: Line, answered: Line | None) -> None:
        self._reader = reader
        self._sentence = sentence
        self._answered = answered

    @property
    def id(self) -> str:
        return self._reader.id

    def read(self, question: str, candidates: Sequence[Candidate]) -> Judged:
        judged = self._reader.read(question, candidates)
        return Judged(
            sentences=tuple(map(self._sentence.at, judged.sentences)),
            answered=self._answered.at(whether(judged)) if self._answered else None,
            cut=judged.cut,
        )


def whether(judged: Judged) -> float:
    """What a reader says on whether any sentence answers, raw: its own word, else that of its best sentence."""
    return judged.answered if judged.answered is not None else max(judged.sentences, default=-MOST_ODDS)
