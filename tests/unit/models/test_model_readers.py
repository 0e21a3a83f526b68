"""Probabilities and logits become log-odds by a line; a calibration that does not fit is refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from assistant.errors import SettingsError
from assistant.models.protocols import Candidate, Judged
from assistant.models.reading import (
    MOST_ODDS,
    CalibratedReader,
    Calibration,
    CrossEncoderReader,
    Fit,
    Line,
    load_calibration,
)
from assistant.models.scores import Scores

FIT = Fit(auc=0.9, error=0.05, uncalibrated_error=0.2)
CALIBRATION = Calibration(
    reader="fixed:logit",
    command="assistant train calibration --items 200",
    questions=200,
    documents=12,
    sentence=Line(temperature=2.0, offset=-1.0),
    answered=Line(temperature=4.0, offset=0.5),
    sentence_fit=FIT,
    answered_fit=FIT,
)
CANDIDATES = [Candidate(sentence="甲"), Candidate(sentence="乙")]


class Fixed:
    id = "fixed"

    def __init__(self, *scores: float) -> None:
        self._scores = scores

    def score(self, question: str, passages: Sequence[str]) -> list[float]:
        return list(self._scores)


class Sure:
    """A reader with a word of its own on whether any sentence answers."""

    id = "sure"

    def read(self, question: str, candidates: Sequence[Candidate]) -> Judged:
        return Judged(sentences=(1.0, -3.0), answered=2.0, cut=1)


def test_a_logit_stays_and_a_probability_becomes_log_odds() -> None:
    assert CrossEncoderReader(Fixed(3.5, -20.0)).read("问", CANDIDATES).sentences == (3.5, -20.0)
    half, sure = CrossEncoderReader(Fixed(0.5, 1.0), scores=Scores.PROBABILITY).read("问", CANDIDATES).sentences
    assert half == pytest.approx(0.0)
    assert 10 < sure < 20


def test_a_reranker_alone_says_nothing_on_whether_any_answers() -> None:
    assert CrossEncoderReader(Fixed(9.0, 9.0)).read("问", CANDIDATES).answered is None


def test_the_line_moves_each_number_and_is_cut() -> None:
    line = Line(temperature=2.0, offset=-1.0)
    assert [line.at(x) for x in (4.0, 0.0, 1000.0, -1000.0)] == [1.0, -1.0, MOST_ODDS, -MOST_ODDS]


def test_a_calibrated_reranker_says_it_by_its_best_sentence_another_by_its_own_word() -> None:
    lines = {"sentence": CALIBRATION.sentence, "answered": CALIBRATION.answered}
    judged = CalibratedReader(CrossEncoderReader(Fixed(4.0, 0.0)), **lines).read("问", CANDIDATES)
    assert judged == Judged(sentences=(1.0, -1.0), answered=1.5)
    assert CalibratedReader(Sure(), **lines).read("问", CANDIDATES) == Judged(
        sentences=(-0.5, -2.5), answered=1.0, cut=1
    )


def test_a_calibration_is_written_and_read(tmp_path: Path) -> None:
    path = tmp_path / "校准.json"
    path.write_text(CALIBRATION.model_dump_json(indent=2), encoding="utf-8")
    assert load_calibration(path, reader="fixed:logit") == CALIBRATION


@pytest.mark.parametrize("content", ["", "{}", "不是 JSON", '{"reader": "fixed:logit"}', None])
def test_a_file_that_is_none_is_told(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "校准.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match="train calibration") as caught:
        load_calibration(path, reader="fixed:logit")
    assert str(tmp_path) not in caught.value.message


def test_a_calibration_of_another_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "校准.json"
    path.write_text(CALIBRATION.model_dump_json(), encoding="utf-8")
    with pytest.raises(SettingsError, match="另一个模型"):
        load_calibration(path, reader="other:logit")


@pytest.mark.parametrize(("temperature", "offset"), [(0.0, 0.0), (-1.0, 0.0), (1.0, float("nan"))])
def test_a_line_that_turns_the_order_round_is_none(temperature: float, offset: float) -> None:
    with pytest.raises(ValueError, match="validation error"):
        Line(temperature=temperature, offset=offset)
