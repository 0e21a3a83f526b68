"""How many generated claims the proof tells apart, by kind, with intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from assistant.evaluation.generated_claims.cases import ProofCase, make_cases
from assistant.proof.verifier import Verifier
from assistant.schema.answer import Verdict
from assistant.schema.document import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A share with its 95 % interval (Wilson)."""

    hits: int
    of: int
    low: float
    high: float

    @property
    def share(self) -> float:
        return self.hits / self.of if self.of else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofReport:
    """What came of a set of cases."""

    detected: Mapping[str, Rate]  # by kind of corruption, and "all"
    false_alarms: Mapping[str, Rate]  # by kind of true variant, and "all"
    verdicts: Mapping[str, Mapping[str, int]]  # kind → verdict → count; true kinds bear a + before them
    wrong: tuple[tuple[ProofCase, Verdict, str], ...]  # what was judged wrongly, with the reason given


def wilson(hits: int, of: int) -> Rate:
    """The share of `hits` with its interval.

    Source: E. B. Wilson (1927), the score interval for a binomial proportion, z = 1.96.

    >>> round(wilson(98, 100).low, 3), round(wilson(98, 100).high, 3)
    (0.93, 0.994)
    """
    if not of:
        return Rate(hits=0, of=0, low=0.0, high=1.0)
    z2, share = 1.96**2, hits / of
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = 1.96 * sqrt(share * (1 - share) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return Rate(hits=hits, of=of, low=max(0.0, middle - half), high=min(1.0, middle + half))


def judge(
    cases: Sequence[ProofCase], verifier: Verifier, *, progress: Callable[[int, int], None] | None = None
) -> ProofReport:
    """Put every case to the proof."""
    verdicts: dict[str, Counter[str]] = {}
    wrong = []
    for done, case in enumerate(cases, start=1):
        checked = verifier.check(case.claim)
        verdict = checked.verdict or Verdict.UNSUPPORTED
        verdicts.setdefault(f"+{case.kind}" if case.true else case.kind, Counter())[verdict.value] += 1
        if case.true != (verdict is Verdict.OK):
            wrong.append((case, verdict, checked.reason))
        if progress is not None:
            progress(done, len(cases))
    accepted = {kind: (found[Verdict.OK.value], found.total()) for kind, found in verdicts.items()}
    detected = {k: wilson(of - ok, of) for k, (ok, of) in accepted.items() if not k.startswith("+")}
    alarms = {k[1:]: wilson(of - ok, of) for k, (ok, of) in accepted.items() if k.startswith("+")}
    return ProofReport(
        detected={"all": _summed(detected.values()), **detected},
        false_alarms={"all": _summed(alarms.values()), **alarms},
        verdicts={kind: dict(found) for kind, found in verdicts.items()},
        wrong=tuple(wrong),
    )


def _summed(rates: Iterable[Rate]) -> Rate:
    rates = list(rates)
    return wilson(sum(r.hits for r in rates), sum(r.of for r in rates))


def proof_report(
    documents: Sequence[Document],
    verifier: Verifier,
    *,
    most_true: int = 1500,
    most_false: int = 2600,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, ProofReport]:
    """The reports on all cases and on each half of the documents.

    The rules were tuned on the documents of even place in the order of their ids (`tuned`); those of odd
    place (`held`) tell whether they fit others.
    """
    ordered = sorted(documents, key=lambda d: d.id)
    cases = make_cases(ordered, most_true=most_true, most_false=most_false)
    tuned = {d.id for d in ordered[::2]}
    first = judge([c for c in cases if c.document_id in tuned], verifier, progress=progress)
    second = judge([c for c in cases if c.document_id not in tuned], verifier, progress=progress)
    return {"all": _together(first, second), "tuned": first, "held": second}


def _together(first: ProofReport, second: ProofReport) -> ProofReport:
    def rates(a: Mapping[str, Rate], b: Mapping[str, Rate]) -> dict[str, Rate]:
        return {kind: _summed(side[kind] for side in (a, b) if kind in side) for kind in dict.fromkeys((*a, *b))}

    kinds = dict.fromkeys((*first.verdicts, *second.verdicts))
    return ProofReport(
        detected=rates(first.detected, second.detected),
        false_alarms=rates(first.false_alarms, second.false_alarms),
        verdicts={
            kind: dict(Counter(first.verdicts.get(kind, {})) + Counter(second.verdicts.get(kind, {}))) for kind in kinds
        },
        wrong=(*first.wrong, *second.wrong),
    )


def report_fields(report: ProofReport) -> dict[str, object]:
    """A report as plain values, for JSON; wrong judgements by id, without their words."""

    def rates(found: Mapping[str, Rate]) -> dict[str, object]:
        return {
            kind: {
                "hits": r.hits,
                "of": r.of,
                "rate": round(r.share, 4),
                "low": round(r.low, 4),
                "high": round(r.high, 4),
            }
            for kind, r in found.items()
        }

    return {
        "detected": rates(report.detected),
        "false_alarms": rates(report.false_alarms),
        "verdicts": {kind: dict(found) for kind, found in report.verdicts.items()},
        "wrong": [
            {"id": case.id, "document": case.document_id, "verdict": verdict.value} for case, verdict, _ in report.wrong
        ],
    }
