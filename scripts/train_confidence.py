"""Fits the confidence in answers to case files and writes `assistant/data/confidence.json`.

    python scripts/train_confidence.py --set CORPUS[,CORPUS…]=CASES --set … [--held-out CORPUS=CASES …] [--out PATH]

The documents of `eval/training` that no training saw are always one of the sets, by themselves and beside what a first
start takes in (the notice and the statutes of the package china-law); the limit for 有依据 is found on them.
Each set is indexed in a scratch folder of its own, and every case is worked twice: by the rules alone, and with the
reader. A case is right when a clause of the chosen sentences is gold. Printed are figures of cases that were not
trained on: each set left out in turn, and each category left out in turn.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from assistant.answering.confidence import Regression
from assistant.assembly import build_assistant, make_index
from assistant.corpus.china_law import choose, laws_path, list_laws, write_laws
from assistant.evaluation.article_files import Article, read_articles
from assistant.evaluation.calibration import Calibration, Judged, calibrated, out_of_fold, regression, threshold
from assistant.evaluation.cases import Case, read_cases
from assistant.evaluation.clause_ids import NOTICE, ClauseNames
from assistant.evaluation.runner import write_lines
from assistant.evaluation.scoring import one_form
from assistant.pipeline import PolicyAssistant
from assistant.settings import HOME, ReaderKind, Settings, load
from assistant.training.items import Item, TrainingSet, load_training

OUT = HOME / "assistant" / "data" / "confidence.json"
L2 = 1.0
MOST_RISK = 0.10  # of what is called 有依据, on documents that no training saw
UNSEEN = "held_out"
ARTICLES = HOME.parent / "shared" / "eval" / "stard" / "corpus.jsonl.gz"
LEAST_CHANCE = 0.15  # of what is shown as 可能相关
_REPLY = ("assistant", "（略）")
KINDS = (ReaderKind.RULES, ReaderKind.AUTO)


def held_out(scratch: Path) -> str:
    """Write the documents of the training set that are held out, and their items as cases; what `--set` takes.

    Raises:
        EvaluationError: the texts of the statutes are not there.
    """
    data = HOME / "eval" / "training"
    training = load_training(data, ARTICLES)
    articles = {article.id: article for article in read_articles(ARTICLES)}
    folder = scratch / "documents"
    folder.mkdir()
    for name in sorted(training.held_out):
        notice = data / "notices" / f"{name}.txt"
        own = (f"{a.article_no}\u3000{a.text}" for a in articles.values() if a.law == name)
        text = notice.read_text(encoding="utf-8") if notice.is_file() else "\n".join((name, "", *own, ""))
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    cases = scratch / f"{UNSEEN}.jsonl"
    by_document = sorted(training.part(validation=True), key=lambda item: item.document)
    write_lines(cases, (_as_case(item, training, articles) for item in by_document))
    return f"{folder}={cases}"


def beside_starters(spec: str, scratch: Path) -> str:
    """`spec` with its documents in the library that a first start has: a bank's own text is seldom alone."""
    corpora, _, cases = spec.partition("=")
    package, statutes = laws_path(), scratch / "statutes"
    statutes.mkdir()
    write_laws(package, choose(list_laws(package), []), statutes)
    return f"{corpora},{HOME / 'corpus'},{statutes}={cases}"


def _as_case(item: Item, training: TrainingSet, articles: Mapping[str, Article]) -> str:
    passages = {s.place: s.passage for s in training.documents[item.document].sentences}
    units = [articles[p.text].article_no if p.text in articles else passages[p].split("#", 1)[1] for p in item.gold]
    turns = [{"role": role, "content": text} for said in item.history for role, text in (("user", said), _REPLY)]
    case = {
        "id": item.id,
        "category": item.voice,
        "history": turns,
        "question": item.question,
        "gold": [{"doc": item.document, "clause": unit} for unit in dict.fromkeys(units)],
        "answerable": bool(item.gold),
    }
    return json.dumps(case, ensure_ascii=False)


def judged(settings: Settings, spec: str, scratch: Path) -> Iterator[tuple[Judged, ...]]:
    """The cases of one set, each by the rules and with the reader; those that a rule answers by itself are left out."""
    corpora, _, cases = spec.partition("=")
    paths = [Path(part) for part in corpora.split(",")]
    where = scratch / "-".join(path.stem for path in paths)
    make_index(settings, paths, indexes_dir=where)
    assistants = [
        build_assistant(
            settings.model_copy(update={"reader": settings.reader.model_copy(update={"kind": kind})}), indexes_dir=where
        )
        for kind in KINDS
    ]
    for case in read_cases(Path(cases)):
        found = tuple(filter(None, (_judged(assistant, case, Path(cases).stem) for assistant in assistants)))
        if len(found) == len(KINDS):
            yield found


def _judged(assistant: PolicyAssistant, case: Case, dataset: str) -> Judged | None:
    worked = assistant.work(case.inquiry(use_llm=False))
    if worked.features is None:
        return None
    documents = assistant.documents()
    bare = (documents[0].id if len(documents) == 1 else NOTICE) if case.bare else None
    chosen = {one_form(n) for n in ClauseNames(assistant.document).ranked(worked.chosen, bare_document=bare)}
    gold = case.gold_clauses or tuple(f"{g.doc}#{g.clause}" for g in (*(case.gold or ()), *case.also_ok))
    return Judged(
        case=case.id,
        dataset=dataset,
        category=case.category,
        right=case.answerable and bool(chosen & set(map(one_form, gold))),
        features=worked.features,
    )


def table(name: str, found: Calibration) -> str:
    """One line of figures and, below it, the reliability table."""
    head = (
        f"{name}: {found.cases} cases, AUC {found.auc:.3f}, Brier {found.brier:.3f}, "
        f"wrong below one half {found.refused:.3f}, right below one half {found.wrongly_refused:.3f}"
    )
    rows = [
        f"  {b.low:.1f}: {b.cases} cases, predicted {b.predicted:.2f}, observed {b.observed:.2f}" for b in found.bins
    ]
    return "\n".join([head, *rows])


def report(kind: str, cases: Sequence[Judged]) -> None:
    """Write out every cross-validated figure."""
    truth = [case.right for case in cases]
    for name, groups in (
        ("leave one set out", [case.dataset for case in cases]),
        ("leave one category out", [case.category for case in cases]),
    ):
        sys.stdout.write(table(f"{kind}, {name}", calibrated(out_of_fold(cases, groups, l2=L2), truth)) + "\n")


def limit(cases: Sequence[Judged]) -> float:
    """From which confidence on an answer is called 有依据: on the unseen documents, by weights of other documents.

    Cases stand document by document, and each fifth is judged by weights of the other four, whatever library it is in.
    """
    unseen = [case for case in cases if case.dataset == UNSEEN]
    names = list(dict.fromkeys(case.case for case in unseen))
    fifth = {name: str(5 * n // len(names)) for n, name in enumerate(names)}
    found = out_of_fold(unseen, [fifth[case.case] for case in unseen], l2=L2)
    return threshold(found, [case.right for case in unseen], most_risk=MOST_RISK)


def as_json(found: Regression) -> dict[str, object]:
    """The weights with four digits."""
    return {
        "bias": round(found.bias, 4),
        "weights": {name: round(weight, 4) + 0.0 for name, weight in found.weights.items()},
    }


def main() -> int:
    """Fit, report, write."""
    parser = argparse.ArgumentParser(description="Fit the confidence in answers.")
    parser.add_argument("--set", action="append", required=True, metavar="CORPUS[,…]=CASES")
    parser.add_argument("--held-out", action="append", default=[], metavar="CORPUS[,…]=CASES")
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        unseen_documents = held_out(Path(scratch))
        specs = [unseen_documents, beside_starters(unseen_documents, Path(scratch)), *options.set]
        cases = [case for spec in specs for case in judged(load(), spec, Path(scratch))]
        unseen = [case for spec in options.held_out for case in judged(load(), spec, Path(scratch))]
    by_rules, with_reader = ([case[n] for case in cases] for n in range(len(KINDS)))
    with_reader = [case for case in with_reader if not case.features.refused]  # a rule's refusal stands
    report("rules", by_rules)
    report("reader", with_reader)
    models = [regression(part, l2=L2) for part in (by_rules, with_reader)]
    for n, kind in enumerate(("rules", "reader") if unseen else ()):
        apart = [case[n] for case in unseen]
        found = calibrated([models[n].probability(c.features) for c in apart], [c.right for c in apart])
        sys.stdout.write(table(f"{kind}, sets never trained on", found) + "\n")
    content = {
        "command": "python scripts/train_confidence.py " + " ".join(f"--set {spec}" for spec in options.set),
        "cases": dict(sorted(Counter(case.dataset for case in with_reader).items())),
        "l2": L2,
        "answered_from": round(limit(with_reader), 3),
        "possible_from": LEAST_CHANCE,
        "rules": as_json(models[0]),
        "reader": as_json(models[1]),
    }
    write_lines(options.out, [json.dumps(content, ensure_ascii=False, indent=2)])
    return 0


if __name__ == "__main__":
    sys.exit(main())
