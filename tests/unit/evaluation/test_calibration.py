"""The regression and its figures, on cases small enough to work by hand."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from assistant.answering.confidence import Features
from assistant.evaluation.calibration import Judged, calibrated, fit, out_of_fold

ZERO = Features(**{field.name: 0.0 for field in fields(Features)})


def case(number: int, dense: float, right: bool, dataset: str = "a") -> Judged:
    return Judged(
        case=f"c{number}",
        dataset=dataset,
        category="x",
        right=right,
        features=replace(ZERO, dense=dense),
    )


CASES = [case(n, dense, dense > 0, "ab"[n % 2]) for n, dense in enumerate((-2.0, -1.5, -1.0, 1.0, 1.5, 2.0))]


def test_what_tells_the_cases_apart_gets_the_weight() -> None:
    bias, weights = fit(CASES, l2=1.0)
    assert bias == pytest.approx(0.0, abs=1e-6)  # the cases lie evenly about zero
    assert weights["dense"] > 0.5
    assert all(weight == pytest.approx(0.0, abs=1e-9) for name, weight in weights.items() if name != "dense")


def test_bias_alone_is_the_log_odds() -> None:
    bias, _ = fit([case(n, 0.0, n < 3) for n in range(4)], l2=1.0)
    assert bias == pytest.approx(1.0986, abs=1e-3)  # ln(3 / 1)


def test_nothing_to_fit_is_an_error() -> None:
    with pytest.raises(ValueError, match="no cases"):
        fit([], l2=1.0)


def test_no_case_is_judged_by_weights_that_saw_its_group() -> None:
    found = out_of_fold(CASES, [c.dataset for c in CASES], l2=1.0)
    without_a = fit([c for c in CASES if c.dataset != "a"], l2=1.0)
    score = without_a[0] + without_a[1]["dense"] * CASES[0].features.dense
    assert found[0] == pytest.approx(1 / (1 + 2.718281828459045**-score))
    with pytest.raises(ValueError, match="no cases"):
        out_of_fold(CASES, ["one"] * len(CASES), l2=1.0)


def test_figures_worked_by_hand() -> None:
    found = calibrated([0.9, 0.4, 0.6, 0.1], [True, True, False, False])
    assert found.auc == 0.75  # three of four pairs in order
    assert found.brier == pytest.approx((0.01 + 0.36 + 0.36 + 0.01) / 4)
    assert (found.refused, found.wrongly_refused) == (0.5, 0.5)
    assert [(b.low, b.cases, b.observed) for b in found.bins] == [
        (0.1, 1, 0.0),
        (0.4, 1, 1.0),
        (0.6, 1, 0.0),
        (0.9, 1, 1.0),
    ]


def test_one_kind_alone_has_no_auc() -> None:
    assert calibrated([0.9, 1.0], [True, True]).auc == 0.5
