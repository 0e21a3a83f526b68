"""What a brief is scored by, on a small library."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sample_texts import notice
from talk_packs import drafted, library_of

from assistant.errors import EvaluationError
from assistant.evaluation.talks import TalkCase, covers, read_talk_cases, score_talks

LIBRARY = library_of()
CASE = TalkCase(
    id="a",
    audience="种粮农户",
    topic="贷款审查与续贷",
    minutes=20,
    documents=("notice",),
    must_cover_clauses=("preamble", "二、（一）"),
    must_not_claim=("可以用续贷掩盖信用风险。",),
)


def test_a_brief_that_is_covered_is_good_and_its_edits_are_found() -> None:
    (result,) = score_talks([CASE], LIBRARY, edits=6)
    assert result.good
    assert result.statements > 5
    assert (result.edits, result.found) == (12, 12)
    assert result.faults <= result.found


def test_a_clause_that_is_not_treated_is_missed_and_one_that_is_said_is_claimed() -> None:
    said = next(point.text for point in drafted(LIBRARY)[0].points() if "不得" in point.text)
    case = CASE.model_copy(update={"must_cover_clauses": ("九、（九）",), "must_not_claim": (said,)})
    (result,) = score_talks([case], LIBRARY)
    assert result.missed == ("九、（九）",)
    assert result.claimed == (said,)
    assert not result.good


def test_a_clause_is_named_as_briefs_name_it() -> None:
    points = {point.address: point for point in drafted(library_of(notice()))[0].points()}
    assert covers(points["二、（一）"], "（一）")
    assert covers(points["序言"], "preamble")
    assert not covers(points["二、（一）"], "（十一）")


def test_a_brief_without_clauses_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text(json.dumps({"id": "a", "audience": "x", "topic": "y", "minutes": 5}) + "\n", encoding="utf-8")
    with pytest.raises(EvaluationError):
        read_talk_cases(path)
