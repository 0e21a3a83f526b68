"""Weights are read strictly; the regression is checked against values worked by hand."""

from __future__ import annotations

import json
import math
from dataclasses import fields, replace
from pathlib import Path

import pytest

from assistant.answering.confidence import Features, load_weights, logistic, packaged_weights
from assistant.errors import SettingsError

ZERO = Features(**{field.name: 0.0 for field in fields(Features)})


def test_the_logistic_curve() -> None:
    assert logistic(0.0) == 0.5
    assert logistic(2.0) == pytest.approx(1 / (1 + math.exp(-2)))
    assert logistic(-1000.0) == 0.0
    assert logistic(1000.0) == 1.0


def test_packaged_weights_fit_the_features_and_say_how_they_were_found() -> None:
    weights = packaged_weights()
    assert weights.command.startswith("python scripts/train_confidence.py")
    assert sum(weights.cases.values()) > 400
    names = {field.name for field in fields(Features)}
    assert set(weights.rules.weights) == set(weights.reader.weights) == names
    assert not any(weights.rules.weights[name] for name in ("odds", "answered", "rival"))
    assert 0 < weights.possible_from < weights.answered_from < 1


def test_a_rule_that_refuses_makes_an_answer_less_sure() -> None:
    weights = packaged_weights()
    sure = replace(ZERO, dense=1.0, margin=1.0, share=1.0, share_asking=1.0)
    assert weights.probability(sure, read=False) > 0.7
    refused = weights.probability(replace(sure, refused=1.0), read=False)
    assert refused < weights.probability(sure, read=False) - 0.1
    assert weights.probability(replace(sure, refused=1.0), read=True) == refused  # the reader does not overrule


def test_a_reader_that_is_sure_makes_an_answer_surer() -> None:
    weights = packaged_weights()
    chances = [
        weights.probability(replace(ZERO, dense=1.0, odds=odds, answered=odds, rival=odds), read=True)
        for odds in (-1.0, 0.0, 1.0)
    ]
    assert chances == sorted(chances)
    assert chances[-1] - chances[0] > 0.3


def test_a_bank_sets_its_own_limit() -> None:
    weights = packaged_weights()
    assert weights.answering_from(0.99).answered_from == 0.99
    assert weights.answering_from(0.01).possible_from == 0.01


@pytest.mark.parametrize("change", [{"rules": {"bias": 0, "weights": {}}}, {"colour": 1}, {"l2": -1}])
def test_weights_that_do_not_fit_are_refused(tmp_path: Path, change: dict[str, object]) -> None:
    content = packaged_weights().model_dump() | change
    path = tmp_path / "confidence.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(SettingsError, match="train_confidence"):
        load_weights(path)
