"""Figures of the masker: both forms of a case, what is missed, what is masked that should not be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.errors import EvaluationError
from assistant.evaluation.masking import MaskCase, false_masks, milliseconds, read_mask_cases, recall


def case(text: str, *pieces: tuple[int, int, str]) -> MaskCase:
    return MaskCase.model_validate({"id": text, "turns": [{"text": text, "pieces": pieces}]})


def test_a_piece_counts_when_all_its_letters_are_masked() -> None:
    found = recall([case("我的电话13800138000", (4, 15, "mobile")), case("编号ZX-7的船", (2, 6, "mobile"))])
    assert (found.turns, found.pieces, found.masked, found.exact) == (2, 2, 1, 1)
    assert found.by_kind == {"mobile": (1, 2)}
    assert found.missed == ("编号ZX-7的船",)


def test_a_mask_where_nothing_is_marked_is_a_stray() -> None:
    found = recall([case("我的电话13800138000"), case("缆绳多久检查一次")])
    assert (found.clean, found.clean_masked, found.strays, found.pieces) == (2, 1, 1, 0)


def test_a_case_may_give_the_words_of_its_pieces(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    line = {"id": "a", "text": "我的电话13800138000", "expected": [{"kind": "手机", "value": "13800138000"}]}
    path.write_text(json.dumps(line, ensure_ascii=False), encoding="utf-8")
    (read,) = read_mask_cases(path)
    assert read.raw == ("13800138000",)
    assert recall([read]).by_kind == {"手机": (1, 1)}


@pytest.mark.parametrize(
    "line",
    [
        {"id": "a"},
        {"id": "a", "text": "甲", "turns": [{"text": "甲"}]},
        {"id": "a", "text": "甲", "expected": [{"kind": "姓名", "value": "乙"}]},
    ],
)
def test_a_case_of_neither_form_is_refused(tmp_path: Path, line: dict[str, object]) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text(json.dumps(line), encoding="utf-8")
    with pytest.raises(EvaluationError, match="第 1 行"):
        read_mask_cases(path)


def test_false_masks_are_named() -> None:
    found = false_masks(["缆绳多久检查一次", "电话13800138000", "电话13800138000"])
    assert (found.texts, found.masked) == (3, 2)
    assert found.pieces == {"13800138000（mobile）": 2}


def test_the_time_of_no_text_is_none() -> None:
    assert milliseconds([]) == 0.0
    assert milliseconds(["缆绳多久检查一次"] * 3) > 0
