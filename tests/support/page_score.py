"""What was read of old pages, held against the documents in them.

`python -m page_score [held_out|met_later] [MISTAKES]` prints a table.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from generated_corpus import squeeze
from generated_score import Score, score_file
from old_pages import HELD_OUT, MET_LATER, PAGES, Page, pages

from assistant.corpus.report import CheckReport, check_file
from assistant.schema.document import Level

SETS = {"held_out": HELD_OUT, "met_later": MET_LATER, "pages": PAGES}
_SHORTEST = 3  # a piece of furniture of fewer characters counts where it is a line of its own


@dataclass(slots=True)
class PageScore:
    """Counts over pages; `wrong` names each mistake."""

    clauses: Score = field(default_factory=Score)
    facts: int = 0
    facts_right: int = 0
    furniture: int = 0  # lines inside clauses, titles and signatures
    lost: int = 0  # lines of the document that are not in the text
    wrong: list[str] = field(default_factory=list)

    @property
    def heads(self) -> float:
        """The share of facts of the head that were read right."""
        return self.facts_right / self.facts if self.facts else 0.0

    def add(self, other: PageScore) -> None:
        """Count the other's pages too."""
        self.clauses.add(other.clauses)
        self.facts += other.facts
        self.facts_right += other.facts_right
        self.furniture += other.furniture
        self.lost += other.lost
        self.wrong += other.wrong

    def row(self, name: str) -> str:
        """One line of the table."""
        one = self.clauses
        return (
            f"{name:<10}{one.documents:>5}{one.true:>7}{one.f1:>9.4f}{one.address_match:>9.4f}{self.heads:>8.4f}"
            f"{self.furniture:>10}{self.lost:>6}{one.tables_right:>6}/{one.tables}"
        )


HEADER = f"{'':<10}{'docs':>5}{'true':>7}{'F1':>9}{'address':>9}{'heads':>8}{'furniture':>10}{'lost':>6}{'tables':>8}"


def score_page(page: Page, folder: Path) -> PageScore:
    """Read one page and compare."""
    path = folder / f"{page.name}.{page.suffix}"
    path.write_bytes(page.raw)
    score = PageScore(clauses=score_file(page.document.draft, path))
    # The words of clauses are not stated with these documents: their places are.
    score.wrong = [f"{page.name}: {words}" for words in score.clauses.wrong if not words.startswith("words of")]
    report = check_file(path)
    if report.document is None:
        score.lost = len(page.document.draft.blocks)
        return score
    _facts(page, report, score)
    _furniture(page, report, score)
    text = squeeze(report.document.text)
    for block in page.document.draft.blocks:
        words = squeeze("".join("".join(row) for row in block.rows) if hasattr(block, "rows") else block.text)
        if words not in text:
            score.lost += 1
            score.wrong.append(f"{page.name}: lost {words[:60]}")
    return score


def _facts(page: Page, report: CheckReport, score: PageScore) -> None:
    assert report.document is not None
    meta, true = report.document.meta, page.document
    found = {
        "title": (squeeze(true.title), squeeze(meta.title)),
        "number": (true.number, meta.document_number),
        "issuers": (true.issuers, meta.issuers or ((meta.issuer,) if meta.issuer else ())),
        "issued": (true.issued, meta.issued_on.isoformat() if meta.issued_on else None),
    }
    for name, (wanted, got) in found.items():
        if not wanted and name == "issued":
            continue  # the page's own day may stand for it
        score.facts += 1
        if wanted == got:
            score.facts_right += 1
        else:
            score.wrong.append(f"{page.name}: {name} {got!r} should be {wanted!r}")


def _furniture(page: Page, report: CheckReport, score: PageScore) -> None:
    assert report.document is not None
    for root in report.document.clauses:
        for leaf in root.leaves():
            if leaf.level is Level.NOTE:
                continue
            lines = {squeeze(line) for line in leaf.text.split("\n")}
            words = squeeze(leaf.text)
            for piece in page.furniture:
                if piece in lines or (len(piece) >= _SHORTEST and piece in words):
                    score.furniture += 1
                    score.wrong.append(f"{page.name}: furniture {piece!r} in {leaf.address}")


def score_pages(found: Iterable[Page], folder: Path) -> dict[str, PageScore]:
    """One score for each variant, and one for all."""
    scores: dict[str, PageScore] = {}
    total = PageScore()
    for page in found:
        one = score_page(page, folder)
        scores.setdefault(page.name.rpartition("-")[2], PageScore()).add(one)
        total.add(one)
    return {**scores, "all": total}


def shown(scores: dict[str, PageScore], mistakes: int = 40) -> str:
    """The table, and the first mistakes."""
    rows = [HEADER, *(score.row(name) for name, score in scores.items())]
    return "\n".join([*rows, *scores["all"].wrong[:mistakes]])


def main() -> None:
    """Print the table of one set of variants, and as many mistakes as asked for."""
    chosen = next((found for name, found in SETS.items() if name in sys.argv[1:]), PAGES)
    mistakes = next((int(a) for a in sys.argv[1:] if a.isdigit()), 0)
    with tempfile.TemporaryDirectory() as folder:
        found = score_pages(pages(chosen), Path(folder))
        sys.stdout.write(shown(found, mistakes) + "\n")


if __name__ == "__main__":
    main()
