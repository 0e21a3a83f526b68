"""A document as blocks, one below the other: headings, paragraphs, items, tables."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from assistant.schema.document import Clause, Document, Level, Span, Table
from assistant.serving.reading.words import Mark, Run, runs_of
from assistant.serving.render.links import anchor

_HEADINGS = {
    Level.PART: 2,
    Level.SUBPART: 2,
    Level.CHAPTER: 2,
    Level.ATTACHMENT: 2,
    Level.ISSUED: 2,
    Level.HEADING_1: 2,
    Level.SECTION: 3,
    Level.HEADING_2: 3,
    Level.HEADING_3: 4,
    Level.HEADING_4: 4,
    Level.HEADING_5: 4,
}
_UNITS = frozenset({*_HEADINGS, Level.ARTICLE, Level.QUESTION})  # where a page may begin
_QUIET = frozenset({Level.NOTE, Level.SIGNATURE, Level.RECIPIENT})
_BLOCK, _LISTED, _LINK, _CELL = 25, 60, 30, 5  # characters of markup, each as long as three bytes
_ITEMS = frozenset({Level.ITEM, Level.SUBITEM})


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One line, paragraph or table of the page."""

    kind: str  # heading, article, paragraph, item, title, quiet, table
    anchors: tuple[str, ...]
    address: str
    runs: tuple[Run, ...] = ()
    depth: int = 0  # of a heading: 2 to 4
    here: bool = False  # it is, or lies in, the clause that was asked for
    starts: bool = False  # a page may begin here
    table: Table | None = None
    rows: tuple[str, ...] = ()  # of a table: the anchor of each row, where each has one
    span: Span

    @property
    def length(self) -> int:
        """How much of a page it takes, in characters, its markup and its line of the contents included."""
        words = sum(len(run.words) + (_LINK if run.href or run.found else 0) for run in self.runs)
        cells = sum(len(cell) + _CELL for row in (self.table.rows if self.table else ()) for cell in row)
        return words + cells + _BLOCK + (_LISTED if self.starts else 0)


def blocks_of(document: Document, marks: Sequence[Mark], here: Clause | None = None) -> tuple[Block, ...]:
    """Every block, in the order of the text. No word of the text is left out."""
    layout = _Layout(document, marks)
    blocks = [block for root in document.clauses for block in layout.of(root)]
    if here is None:
        return tuple(blocks)
    return tuple(replace(block, here=_within(block, here)) for block in blocks)


def _within(block: Block, here: Clause) -> bool:
    """Whether a block lies in the clause, or is the table that the clause is a row of."""
    if here.level is Level.TABLE_ROW:
        return block.table is not None and block.span.start <= here.span.start and here.span.end <= block.span.end
    return here.span.start <= block.span.start and block.span.end <= here.span.end


class _Sorted:
    """Marks by their place, so that each leaf looks at its own only: in a code there are tens of thousands."""

    def __init__(self, marks: Sequence[Mark]) -> None:
        self._marks = sorted(marks, key=lambda mark: mark.span.start)
        self._starts = [mark.span.start for mark in self._marks]
        self._ends = list(accumulate((mark.span.end for mark in self._marks), max))

    def of(self, leaf: Clause) -> Sequence[Mark]:
        return self._marks[bisect_right(self._ends, leaf.span.start) : bisect_left(self._starts, leaf.span.end)]


class _Layout:
    def __init__(self, document: Document, marks: Sequence[Mark]) -> None:
        self._marks = _Sorted(marks)
        self._tables = {table.address: table for table in document.tables}
        self._waiting: list[str] = []  # anchors of clauses that begin with the next block
        self._label: tuple[Run, ...] = ()  # a number that stands before the next words
        self._used: set[str] = set()

    def of(self, clause: Clause) -> Iterator[Block]:
        """The blocks of a clause."""
        if clause.level is Level.TABLE and clause.address in self._tables:
            yield self._table(clause, self._tables[clause.address])
        elif clause.is_leaf:
            yield from self._leaf(clause, clause)
        else:
            self._waiting.append(clause.address)
            for child in clause.children:
                if child.is_leaf:
                    yield from self._leaf(child, clause)
                else:
                    yield from self.of(child)

    def _leaf(self, leaf: Clause, parent: Clause) -> Iterator[Block]:
        runs = runs_of(leaf, self._marks.of(leaf))
        if not runs:
            return
        if leaf.level is Level.LABEL and parent.level not in _HEADINGS:
            self._label = tuple(replace(run, strong=True) for run in runs)
            if parent.children[-1] is leaf:
                yield self._block(leaf, parent, ())
            return
        yield self._block(leaf, parent, runs)

    def _block(self, leaf: Clause, parent: Clause, runs: tuple[Run, ...]) -> Block:
        if leaf.address not in self._waiting:
            self._waiting.append(leaf.address)
        addresses, self._waiting = tuple(self._waiting), []
        label, self._label = self._label, ()
        kind, depth = self._kind(leaf, parent, labelled=bool(label))
        return Block(
            kind=kind,
            anchors=self._anchors(addresses),
            address=addresses[0],
            runs=(*label, Run("　"), *runs) if label and runs else (*label, *runs),
            depth=depth,
            starts=(parent.level in _UNITS and (leaf.level is Level.LABEL or bool(label))) or kind == "article",
            span=leaf.span,
        )

    def _kind(self, leaf: Clause, parent: Clause, *, labelled: bool) -> tuple[str, int]:
        if leaf.level is Level.LABEL and parent.level in _HEADINGS:
            return "heading", _HEADINGS[parent.level]
        if leaf.level is Level.TITLE:
            return "title", 0
        if leaf.level in _QUIET:
            return "quiet", 0
        if leaf.level in _ITEMS or parent.level in _ITEMS:
            return "item", 0
        return ("article" if labelled else "paragraph"), 0

    def _table(self, clause: Clause, table: Table) -> Block:
        below = [child.address for child in clause.walk() if child.address not in self._waiting]
        addresses, self._waiting = (*self._waiting, *below), []
        rows = [anchor(child.address) for child in clause.children if child.level is Level.TABLE_ROW]
        return Block(
            kind="table",
            anchors=self._anchors(addresses),
            address=clause.address,
            table=table,
            rows=tuple(rows) if len(set(rows)) == len(table.rows) == len(rows) else (),
            span=clause.span,
        )

    def _anchors(self, addresses: Sequence[str]) -> tuple[str, ...]:
        """Each of them once on the page."""
        fresh = [name for name in dict.fromkeys(map(anchor, addresses)) if name not in self._used]
        self._used.update(fresh)
        return tuple(fresh)
