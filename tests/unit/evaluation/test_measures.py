"""Figures worked out by hand: rankings, intervals, answers, comparison, gate."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import pytest

from assistant.errors import EvaluationError
from assistant.evaluation.bootstrap import Estimate, estimate, paired_difference
from assistant.evaluation.cases import Case, read_cases
from assistant.evaluation.compare import as_json, compare, drops, read_recorded
from assistant.evaluation.metrics import measure
from assistant.evaluation.runner import RunLine, read_run
from assistant.evaluation.scoring import marks
from assistant.evaluation.trec import read_qrels, read_run_file, write_qrels, write_run_file

ROOT = Path(__file__).resolve().parents[3]
SHARED = ROOT.parent / "shared" / "eval"

RANKINGS = {"q1": [("x", 3.0), ("a", 2.0), ("b", 1.0)], "q2": [("c", 1.0)], "q3": [("x", 1.0)]}
QRELS = {"q1": frozenset({"a", "b"}), "q2": frozenset({"c"}), "q3": frozenset({"d"}), "q4": frozenset({"e"})}


def test_textbook_values() -> None:
    found = measure(RANKINGS, QRELS, ("RR", "R@1", "R@2", "R@3", "nDCG@10"))
    assert found["RR"] == {"q1": 0.5, "q2": 1.0, "q3": 0.0, "q4": 0.0}
    assert found["R@1"]["q1"] == 0.0
    assert found["R@2"]["q1"] == 0.5
    assert found["R@3"]["q1"] == 1.0
    ideal = 1 + 1 / math.log2(3)
    assert found["nDCG@10"]["q1"] == pytest.approx((1 / math.log2(3) + 1 / 2) / ideal)
    assert found["nDCG@10"]["q2"] == pytest.approx(1.0)


def test_equal_scores_keep_their_order() -> None:
    assert measure({"q": [("b", 1.0), ("a", 1.0)]}, {"q": frozenset({"b"})}, ("RR",))["RR"]["q"] == 1.0


def test_an_interval_holds_its_mean_and_narrows_with_more_questions() -> None:
    few, many = estimate([0.0, 1.0] * 5), estimate([0.0, 1.0] * 200)
    for found in (few, many):
        assert found.low < found.mean == 0.5 < found.high
    assert many.half_width < few.half_width / 3
    assert estimate([1.0] * 9) == Estimate(1.0, 1.0, 1.0, 9)
    assert estimate([]).questions == 0


def test_a_paired_difference_sees_what_two_intervals_hide() -> None:
    first = [i / 50 for i in range(50)]
    found = paired_difference(first, [value + 0.01 for value in first])
    assert found.low > 0
    with pytest.raises(ValueError, match="same questions"):
        paired_difference([1.0], [1.0, 2.0])


def test_trec_files_come_back_as_they_went(tmp_path: Path) -> None:
    run, qrels = tmp_path / "a.run", tmp_path / "a.qrels"
    write_run_file(run, RANKINGS, tag="test")
    write_qrels(qrels, QRELS)
    assert run.read_text().splitlines()[0] == "q1 Q0 x 1 3.000000 test"
    assert read_run_file(run).rankings == {q: tuple(r) for q, r in RANKINGS.items()}
    assert read_qrels(qrels) == QRELS


@pytest.mark.parametrize("line", ["q Q0 d 1 high tag", "q Q0 d 1", "q Q0 d 1 nan tag", "q Q0 d 1 2 t\nq Q0 d 2 1 t"])
def test_a_broken_run_names_the_line_and_not_its_words(tmp_path: Path, line: str) -> None:
    (tmp_path / "a.run").write_text(line + "\n")
    with pytest.raises(EvaluationError, match=r"第 [12] 行") as caught:
        read_run_file(tmp_path / "a.run")
    assert "high" not in caught.value.message


def test_an_id_with_a_blank_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="空白"):
        write_run_file(tmp_path / "a.run", {"q": [("a b", 1.0)]}, tag="t")


def _case(name: str, **more: object) -> Case:
    given = {"id": name, "question": "问", "gold_clauses": ["（二）"], "must_include": ["30日|三十天"], **more}
    return Case.model_validate(given)


def _line(name: str, answer: str, *, refused: bool = False, citations: tuple[str, ...] = ("（二）",)) -> RunLine:
    ranked = ("（一）", "（二）")
    return RunLine(
        id=name,
        ranked_clauses=ranked,
        answer=answer,
        citations=citations,
        refused=refused,
        latency_ms=1.0,
        cpu_ms=1.0,
    )


ANSWERS = [
    ("应当在三十日内支付。", True),
    ("应当在 30 日内支付。", True),
    ("应当在130日内支付。", False),
    ("应当及时支付。", False),
]


@pytest.mark.parametrize(("answer", "passes"), ANSWERS)
def test_what_an_answer_must_say(answer: str, passes: bool) -> None:
    found = marks([_case("a")], [_line("a", answer)])
    assert found["passed"]["a"] == float(passes)
    assert found["RR"]["a"] == 0.5
    assert found["R@1"]["a"] == 0.0
    assert found["cite_f1"]["a"] == 1.0


def test_refusals_citations_and_what_may_not_be_said() -> None:
    cases = [
        _case("a", must_not_include=["罚款"]),
        _case("b"),
        _case("c", gold_clauses=[], must_include=[], answerable=False),
    ]
    lines = [
        _line("a", "30日内支付，否则罚款。", citations=("（二）", "（三）")),
        _line("b", "未载明", refused=True, citations=()),
        _line("c", "未载明", refused=True),
    ]
    found = marks(cases, lines)
    assert found["passed"] == {"a": 0.0, "b": 0.0, "c": 1.0}
    assert found["cite_p"]["a"] == 0.5
    assert found["cite_f1"]["b"] == 0.0
    assert found["wrongly_refused"] == {"a": 0.0, "b": 1.0}
    assert found["refused"] == {"c": 1.0}
    with pytest.raises(EvaluationError, match="缺少 1 条"):
        marks(cases, lines[:2])


def test_what_got_better_and_worse() -> None:
    [found] = compare({"RR": {"a": 0.0, "b": 1.0, "c": 0.5}}, {"RR": {"a": 1.0, "b": 0.5, "c": 0.5, "d": 1.0}})
    assert (found.up, found.down) == (("a",), ("b",))
    assert found.difference.questions == 3
    with pytest.raises(EvaluationError, match="没有共同的问题"):
        compare({"RR": {"a": 1.0}}, {"RR": {"b": 1.0}})


def test_the_gate_falls_beyond_half_an_interval_and_not_within(tmp_path: Path) -> None:
    recorded = {"passed": Estimate(0.8, 0.7, 0.9, 10), "wrongly_refused": Estimate(0.1, 0.05, 0.15, 10)}
    file = tmp_path / "gate.json"
    file.write_text(json.dumps({"figures": as_json(recorded)}))
    assert read_recorded(file) == recorded
    assert drops({"passed": Estimate(0.7, 0, 1, 10), "wrongly_refused": Estimate(0.15, 0, 1, 10)}, recorded) == ()
    fallen = drops({"passed": Estimate(0.69, 0, 1, 10), "wrongly_refused": Estimate(0.16, 0, 1, 10)}, recorded)
    assert [drop.measure for drop in fallen] == ["passed", "wrongly_refused"]
    with pytest.raises(EvaluationError, match="--record"):
        drops({"passed": Estimate(0.8, 0.7, 0.9, 11)}, recorded)


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/eval")
@pytest.mark.parametrize("name", ["notice_dev", "laws_dev"])
def test_the_marks_are_those_of_the_shared_scorer(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SHARED))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    import score  # type: ignore[import-not-found]

    cases = read_cases(SHARED / f"{name}.jsonl")
    newest = max((ROOT / "eval" / "baselines" / name).iterdir())
    lines = read_run(newest / "run.jsonl")
    found = marks(cases, lines)
    raw = [json.loads(line) for line in (SHARED / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
    by_id = {line.id: line for line in lines}
    for entry in raw:
        verdict = score.judge(score.case_from(entry), score.output_from(by_id[entry["id"]].model_dump()))
        assert found["passed"][entry["id"]] == float(not verdict.faults), entry["id"]


def test_risk_is_of_as_many_questions_as_were_answered() -> None:
    before, now = {"risk": estimate([0.0] * 70)}, {"risk": estimate([0.0] * 71)}
    assert drops(now, before) == ()
    worse = {"risk": estimate([1.0, *[0.0] * 3])}
    assert [one.measure for one in drops(worse, before)] == ["risk"]
    with pytest.raises(EvaluationError, match="RR"):
        drops({"RR": estimate([1.0] * 3)}, {"RR": estimate([1.0] * 4)})
