"""The proof on statements generated from the corpus and on claims written by hand: the floors of the product."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from assistant.corpus.reading import read_corpus
from assistant.evaluation.claims import read_gold_claims
from assistant.evaluation.generated_claims.cases import make_cases
from assistant.evaluation.generated_claims.report import proof_report, wilson
from assistant.proof.verifier import Verifier
from assistant.schema.answer import Verdict
from assistant.schema.document import Document

ROOT = Path(__file__).resolve().parents[2]
POLICIES = ROOT.parent / "shared" / "policies"
TODAY = date(2026, 11, 26)
with_laws = pytest.mark.skipif(
    not (POLICIES / "texts").is_dir(), reason="the shared folder of the project is not beside this checkout"
)


def verifier_over(documents: tuple[Document, ...]) -> Verifier:
    held = {d.id: d for d in documents}
    return Verifier([d.meta for d in documents], held.__getitem__, today=lambda: TODAY)


def test_statements_of_the_notice() -> None:
    documents = read_corpus([ROOT / "corpus"]).documents
    report = proof_report(documents, verifier_over(documents), most_true=120, most_false=160)["all"]
    assert report.detected["all"].share >= 0.98, [(c.claim.text, v) for c, v, _ in report.wrong]
    assert report.false_alarms["all"].share <= 0.01, [(c.claim.text, v) for c, v, _ in report.wrong]
    assert report.detected["title"].hits == report.detected["title"].of > 0


@with_laws
def test_statements_of_the_laws() -> None:
    documents = read_corpus([POLICIES / "texts", POLICIES / "notice_2024_shaanxi.txt"]).documents
    reports = proof_report(documents, verifier_over(documents), most_true=350, most_false=450)
    for half in ("tuned", "held"):
        report = reports[half]
        assert report.detected["all"].share >= 0.98, [(c.claim.text, v) for c, v, _ in report.wrong]
        assert report.false_alarms["all"].share <= 0.01, [(c.claim.text, v) for c, v, _ in report.wrong]
        assert report.detected["title"].hits == report.detected["title"].of > 0


@with_laws
def test_claims_written_by_hand() -> None:
    documents = read_corpus([POLICIES / "texts", POLICIES / "notice_2024_shaanxi.txt"]).documents
    verifier = verifier_over(documents)
    claims = read_gold_claims(ROOT / "eval" / "seen" / "claims.jsonl")
    judged = [(claim, verifier.check(claim.as_claim).verdict) for claim in claims]
    true = [(c, v) for c, v in judged if c.expect is Verdict.OK]
    false = [(c, v) for c, v in judged if c.expect is not Verdict.OK]
    assert len(true) >= 75
    assert len(false) >= 75
    assert [c.id for c, v in false if v is Verdict.OK] == []
    assert sum(v is not Verdict.OK for _, v in true) <= 0.07 * len(true)
    assert sum(v is c.expect for c, v in judged) >= 0.92 * len(judged)


def test_cases_are_the_same_every_time() -> None:
    documents = read_corpus([ROOT / "corpus"]).documents
    one, other = (make_cases(documents, most_true=50, most_false=50) for _ in range(2))
    assert one == other
    assert {case.true for case in one} == {True, False}


def test_wilson_interval_by_hand() -> None:
    rate = wilson(10, 10)
    assert (round(rate.low, 4), rate.high) == (0.7225, 1.0)  # 10 / (10 + 1.96²)
    assert wilson(0, 0).share == 0.0
