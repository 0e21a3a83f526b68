"""Risk, coverage and their curve: figures worked out by hand, and those of the shared program."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from assistant.evaluation.cases import Case, read_cases
from assistant.evaluation.curve_image import curve_svg
from assistant.evaluation.risk import Given, calibration_error, coverage, curve, risk, rows
from assistant.evaluation.runner import RunLine, read_run, write_run
from assistant.evaluation.scoring import given_answers, marks

BASELINES = Path(__file__).resolve().parents[3] / "eval" / "baselines"


def given(name: str, confidence: float | None, *, wrong: bool = False, answered: bool = True) -> Given:
    return Given(case=name, answered=answered, wrong=wrong, confidence=confidence)


RUN = [
    given("a", 0.9),
    given("b", 0.8, wrong=True),
    given("c", 0.8),
    given("d", 0.3, wrong=True),
    given("e", 0.2, answered=False),
]


def test_coverage_and_risk() -> None:
    assert coverage(RUN) == 0.8
    assert risk(RUN) == 0.5
    assert (coverage([]), risk([])) == (0.0, 0.0)
    assert risk([given("e", None, answered=False)]) == 0.0


def test_answers_of_one_confidence_go_out_together() -> None:
    points = curve(RUN).points
    assert [(p.confidence, p.answers, p.coverage) for p in points] == [(0.9, 1, 0.2), (0.8, 3, 0.6), (0.3, 4, 0.8)]
    assert [p.risk for p in points] == pytest.approx([0, 1 / 3, 1 / 2])


def test_the_area_is_the_mean_risk_over_the_answers() -> None:
    assert curve(RUN).area == pytest.approx((0 + 1 / 3 + 1 / 3 + 1 / 2) / 4)
    assert curve([]).area == 0.0


def test_the_area_falls_when_the_wrong_answers_are_the_unsure_ones() -> None:
    sure_of_the_right = [given("a", 0.9), given("b", 0.1, wrong=True)]
    sure_of_the_wrong = [given("a", 0.1), given("b", 0.9, wrong=True)]
    assert curve(sure_of_the_right).area < curve(sure_of_the_wrong).area


def test_answers_without_a_confidence_are_counted_and_left_out() -> None:
    told = curve([*RUN, given("f", None, wrong=True)])
    assert told.unrated == 1
    assert told.points[-1].answers == 4


def test_the_calibration_error_weighs_each_tenth_by_its_answers() -> None:
    rated = [(0.85, True), (0.85, True), (0.85, False), (0.15, False), (1.0, True)]
    first, second, third = abs(2.55 - 2), abs(0.15 - 0), abs(1.0 - 1)
    assert calibration_error(rated) == pytest.approx((first + second + third) / 5)
    assert calibration_error([]) == 0.0


def test_the_printed_rows_are_spread_over_the_answers() -> None:
    many = [given(str(n), n / 100, wrong=n < 50) for n in range(100)]
    assert [p.answers for p in rows(curve(many).points)] == list(range(10, 101, 10))
    assert [p.answers for p in rows(curve(RUN).points)] == [1, 3, 4]
    assert rows(()) == ()


def test_the_image_holds_every_point_inside_its_frame() -> None:
    root = ElementTree.fromstring(curve_svg(curve(RUN).points, title="甲 <乙>"))
    space = "{http://www.w3.org/2000/svg}"
    places = [(float(c.attrib["cx"]), float(c.attrib["cy"])) for c in root.iter(f"{space}circle")]
    assert len(places) == 3
    assert all(56 <= x <= 464 and 36 <= y <= 272 for x, y in places)
    assert [x for x, _ in places] == sorted(x for x, _ in places)
    assert places[0][1] > places[2][1]  # more risk stands higher
    assert "甲 <乙>" in [text.text for text in root.iter(f"{space}text")]


def test_an_image_without_points_is_still_an_image() -> None:
    assert ElementTree.fromstring(curve_svg((), title="空")).tag.endswith("svg")


def line(name: str, *citations: str, refused: bool = False) -> RunLine:
    return RunLine(
        id=name, ranked_clauses=(), answer="答", citations=citations, refused=refused, latency_ms=1.0, cpu_ms=1.0
    )


def whole(name: str, *clauses: str, **more: object) -> Case:
    gold = [{"doc": "甲法", "clause": clause} for clause in clauses]
    return Case.model_validate({"id": name, "question": "问", "category": "c", "gold": gold, **more})


CASES = [
    whole("right", "第二条"),
    whole("other", "第二条"),
    whole("also", "第二条", also_ok=[{"doc": "甲法", "clause": "第九条"}]),
    whole("none", answerable=False),
    whole("held", answerable=False),
    whole("dropped", "二、（一）"),
    whole("whole", "二、（一）"),
    whole("bare", "二、（一）"),
]
LINES = [
    line("right", "甲法#第三条", "甲法#第二条"),
    line("other", "乙法#第二条"),
    line("also", "甲法#第九条"),
    line("none", "甲法#第二条"),
    line("held", refused=True),
    line("dropped", refused=True),
    line("whole", "甲法#二、（一）"),
    line("bare", "甲法#（一）"),
]


def test_what_is_wrong_case_by_case() -> None:
    found = marks(CASES, LINES)
    assert found["risk"] == {"right": 0, "other": 1, "also": 0, "none": 1, "whole": 0, "bare": 1}
    assert [name for name, value in found["coverage"].items() if not value] == ["held", "dropped"]


def shared_risk(shared_dir: Path, cases: Path, run: Path) -> tuple[str, str]:
    """Coverage and risk as the shared program prints them."""
    program = shared_dir / "eval" / "risk.py"
    if not program.is_file():
        pytest.skip("no risk.py beside the checkout")
    done = subprocess.run(
        [sys.executable, str(program), str(cases), str(run)], capture_output=True, encoding="utf-8", check=True
    )
    words = done.stdout.split()
    return words[words.index("coverage") + 1], words[words.index("risk") + 1]


def test_each_case_alone_is_judged_as_the_shared_program_does(shared_dir: Path, tmp_path: Path) -> None:
    cases, run = tmp_path / "cases.jsonl", tmp_path / "run.jsonl"
    for case, given_line in zip(CASES, LINES, strict=True):
        cases.write_text(json.dumps(case.model_dump(mode="json", exclude_none=True), ensure_ascii=False) + "\n")
        write_run(run, [given_line])
        (ours,) = given_answers(read_cases(cases), [given_line])
        assert shared_risk(shared_dir, cases, run) == (f"{ours.answered:.3f}", f"{ours.wrong:.3f}"), case.id


@pytest.mark.parametrize("name", ["notice_dev", "laws_dev"])
def test_a_recorded_run_has_the_coverage_and_risk_of_the_shared_program(shared_dir: Path, name: str) -> None:
    cases, run = shared_dir / "eval" / f"{name}.jsonl", max((BASELINES / name).iterdir()) / "run.jsonl"
    ours = given_answers(read_cases(cases), read_run(run))
    assert risk(ours) > 0
    assert shared_risk(shared_dir, cases, run) == (f"{coverage(ours):.3f}", f"{risk(ours):.3f}")
