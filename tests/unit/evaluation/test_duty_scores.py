"""Scores of the duty table: what counts as the same row, and the figures that must not fall."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from duty_texts import DAY, document

from assistant.corpus.reading import read_corpus
from assistant.errors import EvaluationError
from assistant.evaluation.duties import DutyCase, DutyScore, read_duty_cases, score_duties
from assistant.schema.document import DocumentKind

ROOT = Path(__file__).resolve().parents[3]
TEXT = "第一条 仓储企业应当建立台账，按月报告库存。未报告的，应当说明理由。\n"


def case(act: str, **other: Any) -> DutyCase:
    at = TEXT.index(act)
    fields: dict[str, Any] = {"id": act, "doc": "made_up", "clause": "第一条", "act": act, "span": (at, at + len(act))}
    fields |= {"actors": ["仓储企业"], "stated": True, "forces": ["应当"], **other}
    return DutyCase.model_validate(fields)


def score(*cases: DutyCase) -> DutyScore:
    return score_duties(cases, [document(TEXT, kind=DocumentKind.LAW)], day=DAY)


def test_rows_are_matched_by_place_one_to_one() -> None:
    found = score(case("建立台账"), case("按月报告库存"))
    assert (found.cases, found.rows, found.matched) == (2, 3, 2)
    assert (found.precision, found.recall) == (2 / 3, 1.0)
    assert len(found.extra) == 1
    assert found.missed == ()


def test_one_row_matches_no_two_cases() -> None:
    found = score(case("按月报告"), case("库存"))
    assert found.matched == 1
    assert len(found.missed) == 1


def test_another_addressee_and_another_degree_are_wrong() -> None:
    found = score(case("建立台账", actors=["商务部门"]), case("按月报告库存", forces=["要求"]))
    assert found.wrong_actors == (("建立台账", "仓储企业"),)
    assert found.wrong_forces == (("按月报告库存", "应当"),)
    assert (found.actor, found.force) == (0.5, 0.5)


def test_an_addressee_carried_over_is_not_one_that_is_stated() -> None:
    assert score(case("说明理由", stated=False)).actor == 1.0
    assert score(case("说明理由", stated=True)).actor == 0.0


def test_words_that_do_not_stand_there_are_refused() -> None:
    with pytest.raises(EvaluationError, match="原文"):
        score(case("建立台账", span=(0, 4)))
    with pytest.raises(EvaluationError, match="没有读到"):
        score(case("建立台账", doc="elsewhere"))


def test_a_case_without_an_addressee_list_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text(json.dumps({"id": "a", "doc": "d"}) + "\n", encoding="utf-8")
    with pytest.raises(EvaluationError):
        read_duty_cases(path)


def test_the_notice_is_read_as_written_by_hand() -> None:
    cases = read_duty_cases(ROOT / "eval" / "seen" / "duties_notice.jsonl")
    found = score_duties(cases, read_corpus([ROOT / "corpus" / "notice_2024_shaanxi.txt"]).documents, day=DAY)
    assert found.cases > 140
    assert min(found.precision, found.recall) >= 0.95
    assert found.actor >= 0.97
    assert found.force >= 0.99


def test_laws_that_nobody_tuned_to_are_read_well_enough(shared_dir: Path) -> None:
    name = "duties_laws.jsonl"
    (path,) = [p for p in (ROOT / "eval" / "unseen" / name, ROOT / "eval" / "seen" / name) if p.is_file()]
    cases = read_duty_cases(path)
    files = [shared_dir / "policies" / "texts" / f"{name}.md" for name in dict.fromkeys(c.doc for c in cases)]
    found = score_duties(cases, read_corpus(files).documents, day=DAY)
    assert found.cases > 200
    assert min(found.precision, found.recall) >= 0.85
    assert found.actor >= 0.90
    assert found.force >= 0.97
