"""A document with corrections laid over its tree: the text is the same, byte for byte."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.corpus.reading import complete
from assistant.corpus.standing import limits_of
from assistant.errors import InputError
from assistant.parsing.clauses import kind_of, parse_tree
from assistant.parsing.corrections import Act, Correction, line_hash
from assistant.parsing.formats.model import Rejected
from assistant.parsing.header import read_header
from assistant.parsing.references import find_references, find_repeals
from assistant.schema.document import Clause, Document, DocumentMeta, Level, Span, Table

__all__ = ["Act", "Correction", "corrected", "line_hash"]

_ROW = re.compile(r"第(\d+)行$")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A table of a document as its reader found it."""

    span: Span
    caption: str | None
    rows: tuple[tuple[str, ...], ...]
    row_spans: tuple[Span, ...]
    numbers: tuple[int, ...]


def corrected(document: Document, corrections: Sequence[Correction]) -> Document:
    """`document`, read without any, with the tree that `parse_file` gives it with these corrections.

    What only its head states of it is read anew; what somebody registered of it stays.

    Raises:
        InputError: a correction is of a line that is not there, or of a row of a table.
    """
    before = _read(document, ())
    try:
        after = _read(document, corrections)
    except Rejected as exc:
        raise InputError(exc.message) from exc
    known, own = document.meta, set(before.warnings)
    changed = {
        name: value
        for name in known.__dataclass_fields__
        if getattr(known, name) == getattr(before.meta, name) and (value := getattr(after.meta, name))
    }
    return replace(
        document,
        meta=replace(known, **changed),
        clauses=after.clauses,
        tables=after.tables,
        references=after.references,
        facts=after.facts,
        warnings=(*(w for w in document.warnings if w not in own), *after.warnings),
    )


def _read(document: Document, corrections: Sequence[Correction]) -> Document:
    """What the text alone gives."""
    text = document.text
    kind = kind_of(text, corrections)
    tree = parse_tree(text, kind, _tables(document), corrections)
    facts = read_header(tree.clauses, text)
    stated = next((f.value for f in facts if f.name == "title"), None)
    heading = next((c.heading for c in tree.clauses if c.level is Level.TITLE), None)
    bare = DocumentMeta(id=document.id, title=stated or heading or document.id, kind=kind)
    meta, _ = complete(bare, facts)
    return Document(
        meta=replace(meta, limits=tuple(dict.fromkeys(limits_of(facts, tree.clauses, meta)))),
        text=text,
        clauses=tree.clauses,
        references=find_references(tree.clauses, text),
        facts=(*facts, *find_repeals(tree.clauses, text)),
        tables=tree.tables,
        warnings=tree.warnings,
    )


def _tables(document: Document) -> tuple[_Found, ...]:
    rows = {c.address: c for c in document.walk() if c.level is Level.TABLE}
    return tuple(_found(table, rows[table.address]) for table in document.tables)


def _found(table: Table, clause: Clause) -> _Found:
    rows = [row for row in clause.children if row.level is Level.TABLE_ROW]
    return _Found(
        span=Span(rows[0].span.start if rows else table.span.start, table.span.end),
        caption=table.caption,
        rows=table.rows,
        row_spans=tuple(row.span for row in rows),
        numbers=tuple(int(_ROW.search(row.address)[1]) for row in rows),  # type: ignore[index]
    )
