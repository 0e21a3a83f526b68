"""Every unit clause (条, （十）, title, preamble) becomes a passage, and so does each of its sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.schema.chunk import Chunk, ChunkId, ChunkKind
from assistant.schema.document import UNIT_LEVELS, Clause, Document, DocumentKind, Level, Span
from assistant.text.folding import flow
from assistant.text.sentences import sentence_spans

VERSION = "1"  # part of an index's fingerprint; raise it when the cut changes

_SUBJECT = re.compile(r"^[^，。；：]{2,60}?(?:机构|公司|部门|银行|分行)(?=全年|要|应|须|开展)")


def cut(document: Document) -> tuple[Chunk, ...]:
    """The passages of `document`: each unit clause, followed by its sentences, in the order of the text.

    A statute's title and 题注 make no passage: its facts are fields of `DocumentMeta`.
    """
    chunks: list[Chunk] = []
    for unit, path in _units(document):
        clause = _clause_chunk(document, unit, path)
        chunks.append(clause)
        chunks.extend(_sentence_chunks(document, unit, clause))
    return tuple(chunks)


def _units(document: Document) -> Iterator[tuple[Clause, tuple[str, ...]]]:
    """Unit clauses with their heading path: the document's title, then the headings above."""

    def walk(clause: Clause, path: tuple[str, ...]) -> Iterator[tuple[Clause, tuple[str, ...]]]:
        if clause.level in UNIT_LEVELS and _has_own_words(clause, document.meta.kind):
            yield clause, path
        heading = (*path, clause.heading) if clause.heading and clause.level is not Level.TITLE else path
        for child in clause.children:
            yield from walk(child, heading)

    for root in document.clauses:
        yield from walk(root, (document.meta.title,))


def _has_own_words(clause: Clause, kind: DocumentKind) -> bool:
    """一、 with only （一）（二） below it is a heading and no passage; neither is a statute's title."""
    if clause.level is Level.TITLE:
        return kind is DocumentKind.NOTICE
    if clause.level is Level.HEADING_1:
        return any(c.level not in (Level.LABEL, Level.HEADING_2) for c in clause.children) or len(clause.children) == 1
    return True


def _own_end(unit: Clause) -> int:
    """Where the unit's own words end: before the first （一） below a 一、 that has its own paragraph."""
    below = [c.span.start for c in unit.children if c.level in UNIT_LEVELS]
    return below[0] if below else unit.span.end


def _clause_chunk(document: Document, unit: Clause, path: tuple[str, ...]) -> Chunk:
    text = document.text[unit.span.start : _own_end(unit)].rstrip()
    leaves = [leaf for leaf in unit.leaves() if leaf.span.end <= unit.span.start + len(text)]
    return Chunk(
        id=ChunkId(f"{document.id}#{unit.address}"),
        kind=ChunkKind.CLAUSE,
        document_id=document.id,
        unit=unit.address,
        address=unit.address,
        heading_path=path,
        span=Span(unit.span.start, unit.span.start + len(text)),
        text=text,
        plain=_reading(document, leaves),
    )


def _reading(document: Document, leaves: list[Clause]) -> str:
    """The words as a reader sees them: a number and the words behind it in one line, a line for each 款 and 项."""
    out = ""
    for before, leaf in zip([None, *leaves], leaves, strict=False):
        if before is not None:
            gap = document.text[before.span.end : leaf.span.start]
            out += "\n" if "\n" in gap else ("\u3000" if gap else "")
        out += flow(leaf.text)
    return out


def _sentence_chunks(document: Document, unit: Clause, clause: Chunk) -> Iterator[Chunk]:
    lead = ""
    subject = general = None
    for leaf in unit.leaves():
        if leaf.span.end > clause.span.end or (leaf.level is Level.LABEL and leaf.span != clause.span):
            continue
        if leaf.level is Level.PARAGRAPH:
            lead, subject, general = "", None, None
        for span in sentence_spans(leaf.text):
            place = Span(leaf.span.start + span.start, leaf.span.start + span.end)
            text = document.text[place.start : place.end]
            plain = flow(text)
            own = subject_of(plain)
            # 「大型商业银行…要落实…。要合理满足…」: a bare 要 goes back to 各银行机构, not to the class in between.
            subject = own or (general if plain.startswith("要") and general else subject)
            general = own if own and own.startswith(("各", "辖内")) else general
            yield Chunk(
                id=ChunkId(f"{clause.id}@{place.start}-{place.end}"),
                kind=ChunkKind.SENTENCE,
                document_id=document.id,
                unit=unit.address,
                address=leaf.address,
                heading_path=clause.heading_path,
                span=place,
                text=text,
                plain=plain,
                lead=lead if leaf.level in (Level.ITEM, Level.SUBITEM) else "",
                subject=subject,
                parent_id=clause.id,
            )
        if leaf.level is Level.LEAD:
            lead = flow(leaf.text)


def subject_of(sentence: str) -> str | None:
    """Whom a sentence addresses (各银行机构), or `None` when it goes on with the one before."""
    match = _SUBJECT.match(sentence)
    if not match:
        return None
    return match[0]
