"""What was read of a generated document, held against its truth."""

from __future__ import annotations

import random
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from generated_corpus import LAYOUTS, Draft, squeeze
from generated_files import RENDERERS

from assistant.corpus.report import CheckReport, check_file


@dataclass(slots=True)
class Score:
    """Counts over documents; `wrong` names each mistake."""

    documents: int = 0
    rejected: int = 0
    true: int = 0
    found: int = 0
    placed: int = 0  # found with the right beginning and end
    addressed: int = 0  # … and the right address
    worded: int = 0  # address found, with the right heading and own text
    false_from_references: int = 0
    references: int = 0
    references_found: int = 0
    references_right: int = 0
    tables: int = 0
    tables_right: int = 0
    perfect: int = 0
    lowest_coverage: float = 1.0
    wrong: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        return self.placed / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        return self.placed / self.true if self.true else 0.0

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0

    @property
    def address_match(self) -> float:
        return self.addressed / self.true if self.true else 0.0

    @property
    def text_match(self) -> float:
        return self.worded / self.true if self.true else 0.0

    def add(self, other: Score) -> None:
        for name in (
            "documents", "rejected", "true", "found", "placed", "addressed", "worded", "false_from_references",
            "references", "references_found", "references_right", "tables", "tables_right", "perfect",
        ):  # fmt: skip
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.lowest_coverage = min(self.lowest_coverage, other.lowest_coverage)
        self.wrong.extend(other.wrong)

    def row(self, name: str) -> str:
        return (
            f"{name:<16}{self.documents:>5}{self.true:>8}{self.precision:>9.4f}{self.recall:>9.4f}{self.f1:>9.4f}"
            f"{self.address_match:>9.4f}{self.text_match:>9.4f}{self.false_from_references:>7}"
            f"{self.references_right:>7}/{self.references:<6}{self.tables_right:>4}/{self.tables:<4}"
            f"{self.lowest_coverage:>7.3f}{self.perfect:>6}"
        )


HEADER = (
    f"{'':<16}{'docs':>5}{'clauses':>8}{'prec':>9}{'recall':>9}{'F1':>9}{'address':>9}{'text':>9}{'false':>7}"
    f"{'refs':>14}{'tables':>9}{'cover':>7}{'clean':>6}"
)


def score_file(draft: Draft, path: Path) -> Score:
    """Read the file and compare."""
    report = check_file(path)
    read = report.as_json()
    score = Score(documents=1, true=len(draft.clauses), tables=len(draft.tables), references=len(draft.references))
    if report.document is None:
        score.rejected, score.lowest_coverage = 1, 0.0
        score.wrong.append(f"rejected: {read['report']}")
        return score
    score.found = len(read["clauses"])
    score.lowest_coverage = read["report"]["coverage"]
    _compare(draft, report, read, score)
    right = Counter(draft.references) & Counter((r["from"], r["to"]) for r in read["cross_references"])
    score.references_found, score.references_right = len(read["cross_references"]), right.total()
    score.wrong += [f"reference missing: {r}" for r in (Counter(draft.references) - right)]
    tables = [tuple(map(tuple, table["rows"])) for table in read["tables"]]
    score.tables_right = (Counter(draft.tables) & Counter(tables)).total()
    score.perfect = int(not score.wrong and score.placed == score.true == score.found)
    return score


def _compare(draft: Draft, report: CheckReport, read: dict[str, Any], score: Score) -> None:
    assert report.document is not None
    text = report.document.text
    places = _places(text, draft)
    truth = {(c.start, c.end, c.address): c for c in draft.clauses}
    spans = Counter((c.start, c.end) for c in draft.clauses)
    met: Counter[tuple[int, int]] = Counter()
    by_address = {c.address: c for c in draft.clauses}
    for clause in read["clauses"]:
        start, end = places[clause["start"]], places[clause["end"]]
        shown = f"{clause['address']} {clause['heading']!r} {clause['text'][:60]!r}"
        met[start, end] += 1
        true = by_address.get(clause["address"])
        if (start, end, clause["address"]) in truth:
            score.addressed += 1
        elif true is None:
            score.wrong.append(f"no such clause: {shown}")
        else:
            score.wrong.append(f"span {start}..{end} for {true.start}..{true.end}: {shown}")
        if true is not None:
            if (true.heading, true.text) == (clause["heading"], clause["text"]):
                score.worded += 1
            else:
                score.wrong.append(f"words of {shown} should be {true.heading!r} {true.text[:80]!r}")
        opening = squeeze(text[clause["start"] : clause["end"]])
        if true is None and any(opening.startswith(trap) for trap in draft.traps):
            score.false_from_references += 1
    score.placed = (met & spans).total()
    got = {clause["address"] for clause in read["clauses"]}
    score.wrong += [
        f"missing: {c.address} {c.heading!r} {c.text[:60]!r}" for c in draft.clauses if c.address not in got
    ]


def _places(text: str, draft: Draft) -> list[int]:
    """For each offset in `text`, that in the truth's squeezed text."""
    kept = bytearray(len(text))
    at = 0
    for line in text.split("\n"):
        words = squeeze(line)
        if words and words not in draft.noise:
            skip = len(line) - len(line.lstrip("# ")) if line.startswith("#") else 0
            for i in range(skip, len(line)):
                bar = line.startswith("|") and line[i] == "|"
                kept[at + i] = not line[i].isspace() and line[i] not in "\ufeff\u200b" and not bar
        at += len(line) + 1
    own = "".join(c for c, keep in zip(text, kept, strict=True) if keep)
    to_truth = _aligned(own, draft.squeezed)
    out, count = [], 0
    for keep in kept:
        out.append(to_truth[count])
        count += keep
    out.append(to_truth[count])
    return out


def _aligned(own: str, truth: str) -> list[int]:
    if own == truth:
        return list(range(len(own) + 1))
    # What was lost or added counts only where it is.
    out = [-1] * (len(own) + 1)
    for a, b, size in SequenceMatcher(None, own, truth, autojunk=False).get_matching_blocks():
        for i in range(size + 1):
            if i < size or out[a + i] == -1:
                out[a + i] = b + i
    return out


def score_all(folder: Path, seeds: range) -> dict[str, Score]:
    """Make, read and score every layout × format × seed."""
    found: dict[str, Score] = {}
    total = Score()
    for layout, make in LAYOUTS.items():
        for suffix, render in RENDERERS.items():
            cell = Score()
            for seed in seeds:
                draft = make(seed)
                path = folder / f"{layout}-{seed}.{suffix}"
                path.write_bytes(render(draft, random.Random(f"{layout}/{suffix}/{seed}")))
                one = score_file(draft, path)
                one.wrong = [f"{path.name}: {words}" for words in one.wrong]
                cell.add(one)
            found[f"{layout}/{suffix}"] = cell
            total.add(cell)
    return {**found, "all": total}


def shown(scores: dict[str, Score]) -> str:
    """The table, and the first mistakes."""
    rows = [HEADER, *(score.row(name) for name, score in scores.items())]
    return "\n".join([*rows, *scores["all"].wrong[:20]])


def main() -> None:
    """Print the table: `PYTHONPATH=tests/support python -m generated_score [FIRST_SEED COUNT]`."""
    first, count = (int(a) for a in sys.argv[1:3]) if len(sys.argv) > 2 else (0, 14)
    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write(shown(score_all(Path(folder), range(first, first + count))) + "\n")


if __name__ == "__main__":
    main()
