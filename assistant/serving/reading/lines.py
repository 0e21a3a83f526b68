"""A document line by line, and beside each line what of its tree begins there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from assistant.parsing.corrections import HEADING_LEVELS, Correction, line_hash
from assistant.parsing.lines.model import TRIM
from assistant.parsing.markers import mark_at
from assistant.parsing.readable import readable
from assistant.schema.document import APPARATUS, UNADDRESSED, Clause, Document, Level

PAGE_LINES = 120
_MAX_DEPTH = 5
_TABLES = frozenset({Level.TABLE, Level.TABLE_ROW})

LEVEL_WORDS: Mapping[Level, str] = {
    Level.TITLE: "标题",
    Level.NOTE: "附注",
    Level.PREAMBLE: "序言",
    Level.PART: "编",
    Level.SUBPART: "分编",
    Level.CHAPTER: "章",
    Level.SECTION: "节",
    Level.ARTICLE: "条",
    Level.HEADING_1: "一、",
    Level.HEADING_2: "（一）",
    Level.HEADING_3: "1.",
    Level.HEADING_4: "（1）",
    Level.HEADING_5: "①",
    Level.PARAGRAPH: "段",
    Level.ITEM: "项",
    Level.SUBITEM: "目",
    Level.RECIPIENT: "主送",
    Level.SIGNATURE: "落款",
    Level.ISSUED: "印发件",
    Level.ATTACHMENT: "附件",
    Level.QUESTION: "问",
    Level.ANSWER: "答",
    Level.TABLE: "表",
    Level.TABLE_ROW: "表格行",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRow:
    """A line that is not blank. `number` counts from 1, blank lines too."""

    number: int
    words: str
    hash: str  # what a correction of it is known by
    opens: tuple[tuple[str, str], ...]  # (level in words, address) of what begins here, the outermost first
    inside: str  # the address of what it belongs to when nothing begins here; empty: it belongs to nothing
    depth: int
    of_table: bool
    quiet: bool  # a note, which is no rule
    level: str  # of `HEADING_LEVELS`, for a form: what it opens, or what its number looks like
    value: int  # the number it opens with; 0: none
    said: Correction | None
    doubtful: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSheet:
    """One page of lines. Pages count from 1."""

    rows: tuple[LineRow, ...]
    page: int
    pages: int
    marked: int  # lines that are doubtful, corrected or belong to nothing


def sheet_of_lines(
    document: Document, corrections: Sequence[Correction], doubts: frozenset[str], *, page: int, marked: bool
) -> LineSheet:
    """A page of the lines of a document.

    Args:
        doubts: addresses that a person should look at.
        marked: only lines that are doubtful, corrected or belong to nothing.
    """
    rows = list(_rows(document, {one.line: one for one in corrections}, doubts))
    of_note = [row for row in rows if row.doubtful or row.said is not None]
    chosen = of_note if marked else rows
    pages = max(1, -(-len(chosen) // PAGE_LINES))
    at = min(max(page, 1), pages)
    shown = tuple(chosen[(at - 1) * PAGE_LINES : at * PAGE_LINES])
    return LineSheet(rows=shown, page=at, pages=pages, marked=len(of_note))


def page_of_line(document: Document, number: int) -> int:
    """The page of all lines on which line `number` stands."""
    before = sum(1 for line in document.text.split("\n")[: max(number - 1, 0)] if line.strip(TRIM))
    return before // PAGE_LINES + 1


def line_at(document: Document, address: str) -> int | None:
    """The number of the line in which the clause at `address` begins."""
    clause = document.find(address)
    return None if clause is None else document.text.count("\n", 0, clause.span.start) + 1


def _rows(document: Document, said: Mapping[int, Correction], doubts: frozenset[str]) -> Iterator[LineRow]:
    text, view = document.text, readable(document.text)
    nodes = sorted(_nodes(document.clauses, 0), key=lambda found: (found[0].span.start, found[1]))
    leaves = sorted((leaf for root in document.clauses for leaf in root.leaves()), key=lambda leaf: leaf.span.start)
    at = node = leaf = 0
    for number, raw in enumerate(text.split("\n"), start=1):
        end = at + len(raw)
        start = at + len(raw) - len(raw.lstrip(TRIM))
        at = end + 1
        if start >= end:
            continue
        begun: list[tuple[Clause, int]] = []
        while node < len(nodes) and nodes[node][0].span.start < end:
            begun.append(nodes[node])
            node += 1
        while leaf + 1 < len(leaves) and leaves[leaf + 1].span.start <= start:
            leaf += 1
        home = leaves[leaf] if leaves and leaves[leaf].span.start <= start < leaves[leaf].span.end else None
        yield _row(view, number, (start, end), begun, home, said.get(number), doubts)


def _row(
    text: str,
    number: int,
    place: tuple[int, int],
    begun: Sequence[tuple[Clause, int]],
    home: Clause | None,
    said: Correction | None,
    doubts: frozenset[str],
) -> LineRow:
    start, end = place
    words = text[start:end].rstrip(TRIM)
    clauses = [clause for clause, _ in begun if clause.address]
    level, value = _number(text, (start, start + len(words)), clauses)
    return LineRow(
        number=number,
        words=words,
        hash=line_hash(words),
        opens=tuple((LEVEL_WORDS[c.level], c.address) for c in clauses),
        inside=home.address if home is not None else "",
        depth=min(begun[0][1] if begun else _MAX_DEPTH, _MAX_DEPTH),
        of_table=any(c.level in _TABLES for c in clauses) or (home is not None and home.level in _TABLES),
        quiet=home is not None and home.level in APPARATUS,
        level=level.value,
        value=value,
        said=said,
        doubtful=home is None or any(c.address in doubts for c in clauses),
    )


def _number(text: str, place: tuple[int, int], clauses: Sequence[Clause]) -> tuple[Level, int]:
    """The level and number that a form proposes for a line: what it opens, else what its number looks like."""
    mark = mark_at(text, *place)
    seen = [c.level for c in clauses] + ([mark.level] if mark is not None else [])
    level = next((one for one in seen if one in HEADING_LEVELS), Level.HEADING_1)
    return level, mark.number if mark is not None else 0


def _nodes(clauses: Sequence[Clause], depth: int) -> Iterator[tuple[Clause, int]]:
    for clause in clauses:
        if clause.level not in UNADDRESSED:
            yield clause, depth
        yield from _nodes(clause.children, depth + 1)
