"""Every unit clause (条, （十）, title, preamble, 问) becomes a passage, and so do its sentences and table rows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.schema.chunk import Chunk, ChunkId, ChunkKind
from assistant.schema.document import APPARATUS, UNADDRESSED, UNIT_LEVELS, Clause, Document, DocumentKind, Level, Span
from assistant.text.folding import flow
from assistant.text.sentences import sentence_spans

VERSION = "1"  # part of an index's fingerprint; raise it when the cut changes

# 支持保险公司为…, 鼓励有条件的机构参与…: whom a sentence of support is about.
_SUPPORTED = re.compile(
    r"^(?:支持|鼓励|引导|推动)(?P<who>[^，。；：]{2,30}?(?:机构|公司|部门|银行|分行))(?=为|参与|开展|加|提|向|与|设)"
)
_SUBJECT = re.compile(r"^[^，。；：]{2,60}?(?:机构|公司|部门|银行|分行)(?=全年|要|应|须|开展)")


_CONTAINERS = frozenset({Level.ATTACHMENT, Level.ISSUED, Level.PART, Level.SUBPART, Level.CHAPTER, Level.SECTION})
_SILENT = frozenset({Level.LABEL}) | APPARATUS
_NEVER = UNADDRESSED | APPARATUS
_WHOLE = _NEVER | {Level.TITLE, Level.QUESTION}  # below which no unit stands
_OWN = frozenset({Level.PARAGRAPH, Level.TABLE}) | _SILENT


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
    notice = document.meta.kind is DocumentKind.NOTICE
    waiting: list[tuple[Clause, tuple[str, ...], bool]] = [
        (root, (document.meta.title,), False) for root in reversed(document.clauses)
    ]
    while waiting:
        clause, path, inside = waiting.pop()
        unit = notice if clause.level is Level.TITLE else _is_unit(clause, inside=inside)
        if unit:
            yield clause, path
        if clause.level in _WHOLE:
            continue
        own = _own_children(clause) if unit or clause.level in _CONTAINERS else 0
        inside = inside or (unit and clause.level not in _CONTAINERS)
        below = _below(path, clause)
        waiting.extend((child, below, inside) for child in reversed(clause.children[own:]))


def _below(path: tuple[str, ...], clause: Clause) -> tuple[str, ...]:
    """The heading path of what stands below `clause`."""
    heading = clause.heading if clause.level is not Level.TABLE else None
    return (*path, heading) if heading and heading != path[-1] else path


def _is_unit(clause: Clause, *, inside: bool) -> bool:
    """Whether a clause is a passage. 一、 with only （一）（二） below it is a heading and no passage.

    What stands below no unit clause (a table, 1. without a 一、 above it) is a passage of its own.
    """
    level = clause.level
    if level in _NEVER:
        return False
    if level in _CONTAINERS:
        return any(c.level in _OWN and c.level not in _SILENT for c in clause.children[: _own_children(clause)])
    if level is Level.HEADING_1:
        own = clause.children[: _own_children(clause)]
        return any(c.level not in _SILENT for c in own) or len(clause.children) == 1
    return level in UNIT_LEVELS or not inside


def _own_children(clause: Clause) -> int:
    """How many of a clause's children, from the first, are its own words and no units of their own."""
    for number, child in enumerate(() if clause.level is Level.QUESTION else clause.children):
        if child.level in UNIT_LEVELS or (clause.level in _CONTAINERS and child.level not in _OWN):
            return number
    return len(clause.children)


def _own_end(unit: Clause) -> int:
    """Where the unit's own words end: before the first （一） below a 一、 that has its own paragraph."""
    own = _own_children(unit)
    if own == len(unit.children):
        return unit.span.end
    return unit.children[own].span.start


def _clause_chunk(document: Document, unit: Clause, path: tuple[str, ...]) -> Chunk:
    text = document.text[unit.span.start : _own_end(unit)].rstrip()
    return Chunk(
        id=ChunkId(f"{document.id}#{unit.address}"),
        kind=ChunkKind.CLAUSE,
        document_id=document.id,
        unit=unit.address,
        address=unit.address,
        heading_path=path,
        span=Span(unit.span.start, unit.span.start + len(text)),
        text=text,
        plain=_reading(document, [leaf for leaf in _spoken(unit) if leaf.span.end <= unit.span.start + len(text)]),
    )


def _spoken(unit: Clause) -> Iterator[Clause]:
    """The leaves of a unit but page marks and other notes."""
    return (leaf for leaf in unit.leaves() if leaf.level not in APPARATUS)


def _reading(document: Document, leaves: list[Clause]) -> str:
    """The words as a reader sees them: a number and the words behind it in one line, a line for each 款 and 项."""
    out = ""
    for before, leaf in zip([None, *leaves], leaves, strict=False):
        torn = before is not None and before.level is leaf.level is Level.PIECE and before.address == leaf.address
        if before is not None and not torn:
            gap = document.text[before.span.end : leaf.span.start]
            out += "\n" if "\n" in gap else ("\u3000" if gap else "")
        out += _plain(leaf.level, leaf.text)
    return out


def _plain(level: Level, text: str) -> str:
    return flow(text).replace("\t", "\u3000") if level is Level.TABLE_ROW else flow(text)


def _sentence_chunks(document: Document, unit: Clause, clause: Chunk) -> Iterator[Chunk]:
    leads = _Leads(unit)
    speaker = _Speaker()
    for leaf in _spoken(unit):
        if leaf.span.end > clause.span.end or (leaf.level is Level.LABEL and leaf.span != clause.span):
            continue
        if leaf.level is Level.PARAGRAPH:
            speaker = _Speaker()
        lead = leads.before(leaf)
        for span in [Span(0, len(leaf.text))] if leaf.level is Level.TABLE_ROW else sentence_spans(leaf.text):
            place = Span(leaf.span.start + span.start, leaf.span.start + span.end)
            text = document.text[place.start : place.end]
            plain = _plain(leaf.level, text)
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
                lead=lead,
                subject=speaker.of(plain),
                parent_id=clause.id,
            )
        leads.note(leaf)


class _Leads:
    """The words that a leaf goes on from: those of its 款 and its 项, or the caption of its table."""

    def __init__(self, unit: Clause) -> None:
        self._captions = {c.address: c.heading for c in unit.walk() if c.level is Level.TABLE and c.heading}
        self._leads: dict[str, str] = {}

    def before(self, leaf: Clause) -> str:
        """An item goes on from its 款, a 目 from its 款 and its 项; the next 项 from the 款 alone again."""
        if leaf.level is Level.TABLE_ROW and (caption := self._captions.get(leaf.address.rpartition(" ")[0])):
            return f"{caption}："
        return "".join(words for of, words in self._leads.items() if leaf.address.startswith(of))

    def note(self, leaf: Clause) -> None:
        """Keep the words that later leaves go on from."""
        if leaf.level is Level.LEAD:
            self._leads[leaf.address] = flow(leaf.text)


class _Speaker:
    """Whom the sentences of a paragraph address, one after the other."""

    def __init__(self) -> None:
        self._last: str | None = None
        self._general: str | None = None

    def of(self, plain: str) -> str | None:
        """Whom the next sentence addresses.

        「大型商业银行…要落实…。要合理满足…」: a bare 要 goes back to 各银行机构, not to the class in between.
        """
        own = subject_of(plain)
        back = self._general if plain.startswith("要") else None
        self._last = own or back or self._last
        if own and own.startswith(("各", "辖内")):
            self._general = own
        return self._last


def subject_of(sentence: str) -> str | None:
    """Whom a sentence addresses (各银行机构), or `None` when it goes on with the one before."""
    if match := _SUPPORTED.match(sentence):
        return match["who"]
    match = _SUBJECT.match(sentence)
    return match[0] if match else None
