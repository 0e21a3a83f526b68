"""Fits the confidence in answers to case files and writes `assistant/data/confidence.json`.

    python scripts/train_refusal.py --set CORPUS[,CORPUS…]=CASES --set … [--held-out CORPUS=CASES …] [--out PATH]

Each set is indexed in a scratch folder of its own. Printed are figures of cases that were not trained on:
each set left out in turn, each category left out in turn, and the same without the rules' own verdict.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from assistant.answering.confidence import Weights
from assistant.assembly import build_assistant, make_index
from assistant.evaluation.calibration import Calibration, Judged, calibrated, fit, out_of_fold
from assistant.evaluation.cases import read_cases
from assistant.evaluation.runner import write_lines
from assistant.settings import HOME, Settings, load

OUT = HOME / "assistant" / "data" / "confidence.json"
L2 = 1.0


def judged(settings: Settings, spec: str, scratch: Path) -> Iterator[Judged]:
    """The cases of one set with their features; those that a rule answers by itself are left out."""
    corpora, _, cases = spec.partition("=")
    paths = [Path(part) for part in corpora.split(",")]
    where = scratch / "-".join(path.stem for path in paths)
    make_index(settings, paths, indexes_dir=where)
    assistant = build_assistant(settings, indexes_dir=where)
    for case in read_cases(Path(cases)):
        features = assistant.features(case.inquiry(use_llm=False))
        if features is not None:
            yield Judged(
                case=case.id,
                dataset=Path(cases).stem,
                category=case.category,
                answerable=case.answerable,
                features=features,
            )


def table(name: str, found: Calibration) -> str:
    """One line of figures and, below it, the reliability table."""
    head = (
        f"{name}: {found.cases} cases, AUC {found.auc:.3f}, Brier {found.brier:.3f}, "
        f"refused {found.refused:.3f}, wrongly refused {found.wrongly_refused:.3f}"
    )
    rows = [
        f"  {b.low:.1f}: {b.cases} cases, predicted {b.predicted:.2f}, observed {b.observed:.2f}" for b in found.bins
    ]
    return "\n".join([head, *rows])


def report(cases: Sequence[Judged]) -> None:
    """Write out every cross-validated figure."""
    truth = [case.answerable for case in cases]
    sets, categories = [case.dataset for case in cases], [case.category for case in cases]
    bare = [replace(case, features=replace(case.features, refused=0.0)) for case in cases]
    found = {
        "leave one set out": out_of_fold(cases, sets, l2=L2),
        "leave one category out": out_of_fold(cases, categories, l2=L2),
        "leave one set out, without the rules' verdict": out_of_fold(bare, sets, l2=L2),
        "the rules alone": [1.0 - case.features.refused for case in cases],
    }
    for name, probabilities in found.items():
        sys.stdout.write(table(name, calibrated(probabilities, truth)) + "\n")


def main() -> int:
    """Fit, report, write."""
    parser = argparse.ArgumentParser(description="Fit the confidence in answers.")
    parser.add_argument("--set", action="append", required=True, metavar="CORPUS[,…]=CASES")
    parser.add_argument("--held-out", action="append", default=[], metavar="CORPUS[,…]=CASES")
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        cases = [case for spec in options.set for case in judged(load(), spec, Path(scratch))]
        unseen = [case for spec in options.held_out for case in judged(load(), spec, Path(scratch))]
    report(cases)
    bias, weights = fit(cases, l2=L2)
    if unseen:
        model = Weights(command="", cases={}, l2=L2, bias=bias, weights=weights)
        found = calibrated([model.probability(c.features) for c in unseen], [c.answerable for c in unseen])
        sys.stdout.write(table("sets never trained on", found) + "\n")
    content = {
        "command": "python scripts/train_refusal.py " + " ".join(f"--set {spec}" for spec in options.set),
        "cases": dict(sorted(Counter(case.dataset for case in cases).items())),
        "l2": L2,
        "bias": round(bias, 4),
        "weights": {name: round(weight, 4) for name, weight in weights.items()},
    }
    write_lines(options.out, [json.dumps(content, ensure_ascii=False, indent=2)])
    return 0


if __name__ == "__main__":
    sys.exit(main())
