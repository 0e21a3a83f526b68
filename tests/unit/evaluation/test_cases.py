"""Case files: both forms, and what is said of a line that cannot be used."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import EvaluationError
from assistant.evaluation.cases import read_cases
from assistant.schema.retrieval import Turn


def case(**fields: Any) -> dict[str, Any]:
    return {"id": "d1", "question": "能续贷吗？", "gold_clauses": ["（十）"], **fields}


def written(folder: Path, *lines: dict[str, Any] | str) -> Path:
    path = folder / "cases.jsonl"
    texts = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
    path.write_text("\n".join(texts), encoding="utf-8")
    return path


def test_both_forms_are_read_in_order(tmp_path: Path) -> None:
    laws = {"id": "m1", "question": "？", "gold": [{"doc": "商业银行法_2015", "clause": "第四十条"}]}
    cases = read_cases(written(tmp_path, case(), "", laws, "\n"))
    assert [(c.id, c.bare) for c in cases] == [("d1", True), ("m1", False)]


def test_history_and_day_are_read(tmp_path: Path) -> None:
    line = case(history=[{"role": "user", "content": "我是个体户"}], as_of="2024-06-30")
    (read,) = read_cases(written(tmp_path, line))
    assert read.turns == (Turn(role="user", content="我是个体户"),)
    assert read.as_of == date(2024, 6, 30)


def test_a_case_without_gold_clauses_is_one_that_cannot_be_answered(tmp_path: Path) -> None:
    (read,) = read_cases(written(tmp_path, case(gold_clauses=[], answerable=False)))
    assert read.bare


@pytest.mark.parametrize(
    "line",
    [
        {"id": "d1", "question": "无标准条款"},
        case(gold=[]),
        case(history=[{"role": "system", "content": "机密"}]),
        case(as_of="去年"),
        case(id=""),
        case(question=None),
        "not json 机密",
        '["机密"]',
        "[" * 100_000,
    ],
)
def test_a_line_that_cannot_be_used_is_named_and_not_repeated(tmp_path: Path, line: dict[str, Any] | str) -> None:
    path = written(tmp_path, case(id="d0"), line)
    with pytest.raises(EvaluationError) as caught:
        read_cases(path)
    assert "第 2 行" in caught.value.message
    assert not any(word in caught.value.message for word in ("机密", "去年"))


def test_fields_that_are_not_known_are_passed_over_with_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    gold = [{"doc": "甲法", "clause": "第一条", "page": 3}]
    lines = [
        case(part="N"),
        case(id="d2", part="L", 机密=1),
        {"id": "d3", "question": "？", "gold": gold, "also_ok": gold},
    ]
    cases = read_cases(written(tmp_path, *lines))
    assert [c.id for c in cases] == ["d1", "d2", "d3"]
    assert [(g.doc, g.clause) for g in cases[2].also_ok] == [("甲法", "第一条")]
    (record,) = caplog.records
    assert "part" in record.getMessage()
    assert "机密" not in record.getMessage()


def test_known_fields_bring_no_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    read_cases(written(tmp_path, case(note="看", role="customer")))
    assert not caplog.records


def test_both_kinds_of_gold_clauses_in_one_line_are_named(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="gold_clauses 与 gold 须有且只有一个"):
        read_cases(written(tmp_path, case(gold=[])))


def test_an_id_that_stands_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="第 2 行（编号与前面重复）"):
        read_cases(written(tmp_path, case(), case()))


def test_many_bad_lines_are_counted(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="等 9 行"):
        read_cases(written(tmp_path, *["x"] * 9))


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe"])
def test_a_file_without_cases_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_bytes(content)
    with pytest.raises(EvaluationError):
        read_cases(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="无法读取"):
        read_cases(tmp_path / "none.jsonl")


@pytest.mark.parametrize(("name", "count", "bare"), [("notice_dev.jsonl", 150, True), ("laws_dev.jsonl", 90, False)])
def test_the_development_sets_are_read(shared_dir: Path, name: str, count: int, bare: bool) -> None:
    cases = read_cases(shared_dir / "eval" / name)
    assert len(cases) == count
    assert all(c.bare is bare for c in cases)
