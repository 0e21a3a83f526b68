"""The stretches of a document that are read for duties, each with its place; what is not read is counted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.products.duties.model import Unread
from assistant.schema.document import Clause, Document, Level, Span
from assistant.text.folding import HIDDEN, flow

_CLOSED = frozenset(
    {Level.TITLE, Level.NOTE, Level.RECIPIENT, Level.SIGNATURE, Level.TABLE, Level.QUESTION, Level.ANSWER}
)
_ITEMS = frozenset({Level.ITEM, Level.SUBITEM})
# Above these an addressee is not carried over: what 第三条 says binds nobody in 第四条.
_SCOPES = frozenset(
    {Level.ARTICLE, Level.HEADING_1, Level.HEADING_2, Level.HEADING_3, Level.HEADING_4, Level.HEADING_5, Level.PREAMBLE}
)
# The number that an item or heading begins with: （一）, 1., (1), ①
_NUMBER = re.compile(
    r"\s*(?:[（(][一二三四五六七八九十百\d]{1,4}[）)]|[一二三四五六七八九十]{1,3}、|\d{1,2}[.．、]|[①-⑳])"
)
_KINDS = {Level.TABLE: "表格（行）", Level.QUESTION: "问答"}


@dataclass(frozen=True, slots=True)
class Flat:
    """Text without white space, each character with its place in the document."""

    text: str
    places: tuple[int, ...]

    def span(self, start: int, end: int) -> Span:
        """Where `text[start:end]` stands in the document."""
        return Span(self.places[start], self.places[end - 1] + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item below a lead."""

    address: str
    flat: Flat


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A paragraph, or a lead with its items."""

    address: str
    flat: Flat
    span: Span
    scope: tuple[str, ...]  # addresses of what it stands in, the innermost last
    items: tuple[Item, ...] = ()
    heading: bool = False
    preamble: bool = False


def passages(document: Document) -> Iterator[Passage]:
    """Every passage of the document, in the order of its text."""
    for clause in document.clauses:
        yield from _within(document, clause, ())


def _within(document: Document, clause: Clause, scope: tuple[str, ...]) -> Iterator[Passage]:
    if clause.level in _CLOSED or clause.level is Level.TABLE_ROW:
        return
    if clause.level in _SCOPES:
        scope = (*scope, clause.address)
    if clause.is_leaf:
        yield _passage(document, clause, scope)
    elif any(child.level in _ITEMS for child in clause.children):
        yield from _listed(document, clause, scope)
    elif any(child.level is Level.PIECE for child in clause.children):
        leaves = [leaf for leaf in clause.leaves() if leaf.level not in _CLOSED]
        yield Passage(
            address=clause.address, flat=_flat(document.text, [c.span for c in leaves]), span=clause.span, scope=scope
        )
    else:
        for child in clause.children:
            yield from _within(document, child, scope)


def _passage(document: Document, clause: Clause, scope: tuple[str, ...]) -> Passage:
    return Passage(
        address=clause.address,
        flat=_flat(document.text, [clause.span], number=clause.level in _SCOPES or clause.level in _ITEMS),
        span=clause.span,
        scope=scope,
        heading=clause.level is Level.LABEL,
        preamble=clause.level is Level.PREAMBLE,
    )


def _listed(document: Document, clause: Clause, scope: tuple[str, ...]) -> Iterator[Passage]:
    """Leads, each with the items behind it; what stands among them is read by itself."""
    lead: Clause | None = None
    items: list[Clause] = []
    for child in clause.children:
        if child.level in _ITEMS:
            items.append(child)
            continue
        if lead is not None or items:
            yield from _lead(document, lead, items, scope)
        lead, items = None, []
        if child.level in (Level.LEAD, Level.PARAGRAPH) and child.is_leaf:
            lead = child
        else:
            yield from _within(document, child, scope)
    if lead is not None or items:
        yield from _lead(document, lead, items, scope)


def _lead(document: Document, lead: Clause | None, items: list[Clause], scope: tuple[str, ...]) -> Iterator[Passage]:
    if lead is None:
        for item in items:
            yield _passage(document, item, scope)
        return
    yield Passage(
        address=lead.address,
        flat=_flat(document.text, [lead.span]),
        span=lead.span,
        scope=scope,
        items=tuple(Item(address=i.address, flat=_flat(document.text, [i.span], number=True)) for i in items),
    )


def _flat(text: str, spans: list[Span], *, number: bool = False) -> Flat:
    start = spans[0].start
    if number and (match := _NUMBER.match(text, start, spans[0].end)):
        start = match.end()
    places = [
        at
        for span in (Span(start, spans[0].end), *spans[1:])
        for at in range(span.start, span.end)
        if not text[at].isspace() and not HIDDEN.match(text[at])
    ]
    return Flat("".join(text[at] for at in places), tuple(places))


def unread(document: Document) -> tuple[Unread, ...]:
    """What of the document no passage holds."""
    found: dict[str, list[str]] = {}
    for clause in document.walk():
        if clause.level in _KINDS:
            count = len(clause.children) if clause.level is Level.TABLE else 1
            found.setdefault(_KINDS[clause.level], []).extend([clause.address] * max(count, 1))
    out = [
        Unread(
            document_id=document.id,
            title=document.meta.title,
            what=what,
            count=len(places),
            places=tuple(dict.fromkeys(places)),
        )
        for what, places in found.items()
    ]
    out += [
        Unread(document_id=document.id, title=document.meta.title, what=f"文件里不是文字的部分：{flow(lost)}", count=1)
        for lost in document.lost
    ]
    return tuple(out)
