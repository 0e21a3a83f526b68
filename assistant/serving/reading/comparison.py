"""A comparison page by page: which lines are shown, and each side as runs of words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from assistant.corpus.succession import title_key
from assistant.products.compare.model import Change, Comparison, EditKind, Line, Part
from assistant.products.compare.report import label, place
from assistant.schema.document import DocumentMeta
from assistant.serving.reading.shelf import versions_of
from assistant.serving.render.links import reading_path

_PAGE = 12_000  # characters of both sides on one page
DIFFERING = "differing"
_TONES = {
    Change.CHANGED: "warn",
    Change.ADDED: "good",
    Change.GONE: "bad",
    Change.MOVED: "info",
    Change.SAME: "plain",
}


@dataclass(frozen=True, slots=True)
class Side:
    """A clause on its side: its address, where it is read, and its words with what they are: kept, taken, put."""

    address: str
    path: str
    words: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the page."""

    label: str
    place: str
    tone: str
    kind: str
    before: Side | None
    after: Side | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A way to choose among the lines, with how many it shows."""

    name: str
    words: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A page of a comparison."""

    rows: tuple[Row, ...]
    choices: tuple[Choice, ...]
    pages: int
    page: int


def sheet_of(comparison: Comparison, show: str, page: int) -> Sheet:
    """The lines that `show` chooses, on page `page` (from 1)."""
    lines = [line for line in comparison.lines if _shown(line, show)]
    pages = _pages(lines)
    number = min(max(page, 1), max(len(pages), 1))
    opened = pages[number - 1] if pages else []
    return Sheet(
        rows=tuple(_row(line, comparison) for line in opened),
        choices=tuple(_choices(comparison)),
        pages=len(pages),
        page=number,
    )


def pairs_on(documents: Sequence[DocumentMeta]) -> Iterator[tuple[DocumentMeta, DocumentMeta]]:
    """Each text of an instrument with the one before it."""
    seen: set[str] = set()
    for meta in documents:
        if (key := title_key(meta.title)) in seen:
            continue
        seen.add(key)
        texts = sorted((meta, *versions_of(meta, documents)), key=_day)
        yield from pairwise(texts)


def _day(meta: DocumentMeta) -> str:
    return str(meta.effective_on or meta.issued_on or "")


def _shown(line: Line, show: str) -> bool:
    if show == "all":
        return True
    return line.change is not Change.SAME if show == DIFFERING else line.change.value == show


def _choices(comparison: Comparison) -> Iterator[Choice]:
    counts = {change: comparison.count(change, None) for change in Change}
    total = sum(counts.values())
    yield Choice(name=DIFFERING, words="有差别的", count=total - counts[Change.SAME])
    for change in (Change.CHANGED, Change.ADDED, Change.GONE, Change.MOVED, Change.SAME):
        yield Choice(name=change.value, words=change.label, count=counts[change])
    yield Choice(name="all", words="全部", count=total)


def _pages(lines: Sequence[Line]) -> list[list[Line]]:
    pages: list[list[Line]] = []
    length = _PAGE
    for line in lines:
        if length >= _PAGE:
            pages.append([])
            length = 0
        pages[-1].append(line)
        length += sum(len(part.words) + 60 for part in (line.before, line.after) if part is not None)
    return pages


def _row(line: Line, comparison: Comparison) -> Row:
    return Row(
        label=label(line, alike=comparison.alike),
        place=place(line),
        tone=_TONES[line.change],
        kind=line.kind.value,
        before=_side(line.before, line, comparison.before, EditKind.TAKEN),
        after=_side(line.after, line, comparison.after, EditKind.PUT),
    )


def _side(part: Part | None, line: Line, meta: DocumentMeta, own: EditKind) -> Side | None:
    if part is None:
        return None
    kept = EditKind.KEPT
    edits = [(edit.kind.value, edit.words) for edit in line.edits if edit.kind in (kept, own)]
    return Side(part.address, reading_path(meta.id, part.address), tuple(edits) or ((kept.value, part.words),))
