"""Recorded runs: how they are written, and that those of this repository are so."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from assistant.errors import InputError
from assistant.evaluation.baselines import KEPT, RANKED, days_of, record
from assistant.evaluation.runner import RunLine, read_run

BASELINES = Path(__file__).resolve().parents[3] / "eval" / "baselines"


def line(clauses: int) -> RunLine:
    ranked = tuple(f"（{n}）" for n in range(clauses))
    return RunLine(id="a", ranked_clauses=ranked, answer="", citations=(), refused=True, latency_ms=1.0, cpu_ms=1.0)


def test_a_recorded_run_has_the_head_of_each_ranking_and_its_scores(tmp_path: Path) -> None:
    target = record(tmp_path, "some_set", date(2030, 1, 2), [line(50)], "全部")
    assert target == tmp_path / "some_set" / "2030-01-02"
    (written,) = read_run(target / "run.jsonl")
    assert written.ranked_clauses == line(50).ranked_clauses[:20]
    assert (target / "score.txt").read_text(encoding="utf-8") == "全部\n"


def test_only_the_last_two_dates_of_a_set_stay(tmp_path: Path) -> None:
    for day in (3, 1, 2):
        record(tmp_path, "some_set", date(2030, 1, day), [line(1)], "")
    record(tmp_path, "other_set", date(2029, 1, 1), [line(1)], "")
    assert [path.name for path in days_of(tmp_path / "some_set")] == ["2030-01-02", "2030-01-03"]
    assert [path.name for path in days_of(tmp_path / "other_set")] == ["2029-01-01"]


@pytest.mark.parametrize("name", ["../elsewhere", "", "a/b", "集"])
def test_a_name_that_is_no_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError):
        record(tmp_path / "inside", name, date(2030, 1, 1), [line(1)], "")
    assert list(tmp_path.iterdir()) == []


# --- the baselines of this repository -----------------------------------------------------------


def recorded_days() -> list[Path]:
    return [day for folder in sorted(BASELINES.iterdir()) if folder.is_dir() for day in days_of(folder)]


def test_each_set_has_two_dates_at_most_and_each_date_its_notes() -> None:
    days = recorded_days()
    assert len(days) > 10
    assert [day for day in days if not (day / "notes.md").is_file()] == []
    assert [day.parent.name for day in days if len(days_of(day.parent)) > KEPT] == []
    assert {path.name for path in BASELINES.iterdir() if path.is_file()} == {"README.md", "gate.json"}


def test_no_recorded_ranking_is_longer_than_its_head() -> None:
    runs = sorted(BASELINES.glob("**/run.jsonl"))
    assert len(runs) > 10
    assert [run for run in runs if any(len(one.ranked_clauses) > RANKED for one in read_run(run))] == []
