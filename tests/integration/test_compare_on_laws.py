"""Versions of real laws against what was written by hand, and texts that have nothing to do with another."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from assistant.corpus.reading import parse_file
from assistant.products.compare.compare import compare
from assistant.products.compare.model import Change, Comparison, Line, PartKind
from assistant.schema.document import Document

ROOT = Path(__file__).resolve().parents[2]
TEXTS = ROOT.parent / "shared" / "policies" / "texts"
CASES: list[dict[str, Any]] = [
    json.loads(line) for line in (ROOT / "eval" / "seen" / "compare_laws.jsonl").read_text("utf-8").splitlines()
]
VERSIONS = sorted({(case["before"], case["after"]) for case in CASES})
AS_IT_WAS = (Change.SAME, Change.MOVED)
RIGHT_PAIRS = {"反洗钱法_2024": 99, "保障中小企业款项支付条例_2025": 66}  # of 102 and 66

pytestmark = pytest.mark.skipif(
    not TEXTS.is_dir(), reason="the shared folder of the project is not beside this checkout"
)


def read(name: str) -> Document:
    return parse_file(TEXTS / f"{name}.md")


def told_of(found: Comparison) -> dict[tuple[str, str], list[str | None]]:
    """What is told of each article of either side: its change, and what it is paired with."""
    told: dict[tuple[str, str], list[str | None]] = {}
    for line in found.lines:
        if line.kind is not PartKind.CLAUSE:
            continue
        if line.after is not None:
            told["after", line.after.address] = [line.change.value, line.before.address if line.before else None]
        if line.before is not None:
            told["before", line.before.address] = [line.change.value, line.after.address if line.after else None]
    return told


@pytest.mark.parametrize(("before", "after"), VERSIONS)
def test_every_changed_article_is_told_and_no_other(before: str, after: str) -> None:
    told = told_of(compare(read(before), read(after)))
    cases = [case for case in CASES if case["after"] == after]
    assert {(case["side"], case["clause"]) for case in cases} == set(told)
    for case in cases:
        change = told[case["side"], case["clause"]][0]
        assert (change in AS_IT_WAS) == (case["readings"][0][0] in AS_IT_WAS), case["id"]
    right = sum(told[case["side"], case["clause"]] in case["readings"] for case in cases)
    assert right >= RIGHT_PAIRS[after]


def test_texts_of_different_matters_give_no_pairs_but_of_clauses_that_say_the_same() -> None:
    documents = [parse_file(path) for path in sorted(TEXTS.glob("*.md"))]
    alike, pairs = [], []
    for one, other in combinations(documents, 2):
        found = compare(one, other)
        if found.alike:
            alike.append((one.id, other.id))
        else:
            pairs += [line for line in found.lines if line.before and line.after]
    assert sorted(alike) == sorted((before, after) for before, after in VERSIONS)
    assert len(pairs) <= 6
    assert all(_shares_half(line) for line in pairs)


def _shares_half(line: Line) -> bool:
    assert line.before is not None
    assert line.after is not None
    kept = sum(len(edit.words) for edit in line.edits if edit.kind == "kept")
    return not line.edits or kept >= 0.5 * min(len(line.before.words), len(line.after.words))
