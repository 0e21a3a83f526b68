"""The register of evaluation sets: what it says of the files, and how a set comes to be seen."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from assistant.errors import EvaluationError, InputError
from assistant.evaluation.sets import REGISTER, SEEN, UNSEEN, EvalSet, SetReading, mark_read, read_register

EVAL = Path(__file__).resolve().parents[3] / "eval"
READING = SetReading(on=date(2030, 1, 2), by="甲", why="查一道错题")


def line(name: str, state: str, **more: object) -> dict[str, object]:
    return {
        "name": name,
        "file": f"{state}/{name}.jsonl",
        "kind": "questions",
        "documents": "某办法",
        "written_by": "语言模型",
        "reviewed_by": "没有人审核",
        "rules": "写在规则之前",
        **more,
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, state in (("old", SEEN), ("new", UNSEEN)):
        (tmp_path / state).mkdir()
        (tmp_path / state / f"{name}.jsonl").write_text("{}\n", encoding="utf-8")
    lines = [line("old", SEEN, readings=[READING.model_dump(mode="json")]), line("new", UNSEEN)]
    (tmp_path / REGISTER).write_text("".join(f"{json.dumps(one)}\n" for one in lines), encoding="utf-8")
    return tmp_path


def test_reading_an_unseen_set_moves_it_and_is_written_down(folder: Path) -> None:
    before = {one.name: one for one in read_register(folder)}
    assert before["new"].unseen
    mark_read(folder, "new", READING)
    after = {one.name: one for one in read_register(folder)}
    assert (after["new"].file, after["new"].readings) == ("seen/new.jsonl", (READING,))
    assert after["old"] == before["old"]
    assert not (folder / "unseen" / "new.jsonl").exists()
    assert (folder / "seen" / "new.jsonl").read_text(encoding="utf-8") == "{}\n"


def test_reading_a_seen_set_again_is_written_down_too(folder: Path) -> None:
    assert len(mark_read(folder, "old", READING).readings) == 2
    assert (folder / "seen" / "old.jsonl").is_file()


def test_a_set_that_is_not_registered_is_refused_and_the_others_are_named(folder: Path) -> None:
    with pytest.raises(InputError, match="old、new"):
        mark_read(folder, "绝密", READING)


def test_a_set_stays_unseen_when_the_register_cannot_be_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise EvaluationError("磁盘已满")

    monkeypatch.setattr("assistant.evaluation.sets.write_lines", full)
    with pytest.raises(EvaluationError, match="磁盘已满"):
        mark_read(folder, "new", READING)
    assert (folder / "unseen" / "new.jsonl").is_file()


def test_a_file_of_the_same_name_is_never_written_over(folder: Path) -> None:
    (folder / "seen" / "new.jsonl").write_text("另一份\n", encoding="utf-8")
    with pytest.raises(EvaluationError, match="已经存在"):
        mark_read(folder, "new", READING)
    assert (folder / "seen" / "new.jsonl").read_text(encoding="utf-8") == "另一份\n"


def test_a_register_that_names_a_missing_file_is_refused(folder: Path) -> None:
    (folder / "seen" / "old.jsonl").unlink()
    with pytest.raises(EvaluationError, match="old 没有文件"):
        read_register(folder)


# --- the register of this repository ------------------------------------------------------------


def registered() -> tuple[EvalSet, ...]:
    return read_register(EVAL)


def test_every_set_of_the_repository_is_registered_and_no_other() -> None:
    files = {str(path.relative_to(EVAL)) for state in (SEEN, UNSEEN) for path in (EVAL / state).glob("*.jsonl")}
    assert files == {one.file for one in registered()}


def test_an_unseen_set_was_never_read_and_a_seen_one_was() -> None:
    assert [one.name for one in registered() if one.unseen == bool(one.readings)] == []
