"""A document as the parts that are compared: its smallest numbered clauses, headings, and what stands around them."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.products.compare.model import Part, PartKind
from assistant.schema.document import APPARATUS, Clause, Document, Level
from assistant.text.folding import flow

# Levels that hold clauses of their own; one without any of these below it is compared as a whole.
_HOLDING = frozenset(
    {
        Level.PART,
        Level.SUBPART,
        Level.CHAPTER,
        Level.SECTION,
        Level.HEADING_1,
        Level.HEADING_2,
        Level.HEADING_3,
        Level.HEADING_4,
        Level.HEADING_5,
        Level.ATTACHMENT,
        Level.ISSUED,
        Level.ARTICLE,
        Level.QUESTION,
    }
)
_WHOLE = frozenset({Level.ARTICLE, Level.QUESTION, Level.TABLE_ROW})  # whatever is below them
_MARK = "# \t\u3000"


def parts_of(document: Document) -> tuple[Part, ...]:
    """Every part, in the order of the text; each leaf of the tree lies in one of them, or is blank."""
    return tuple(part for root in document.clauses for part in _parts(root, document.text) if part.words)


def _parts(clause: Clause, text: str) -> Iterator[Part]:
    if clause.level in _WHOLE or clause.is_leaf or (clause.level in _HOLDING and not _holds(clause)):
        yield _whole(clause, text)
        return
    for child in clause.children:
        if child.is_leaf and child.level is Level.LABEL:
            words = clause.heading or flow(child.text).strip(_MARK)
            yield Part(address=clause.address, kind=PartKind.HEADING, words=words, span=child.span)
        else:
            yield from _parts(child, text)


def _holds(clause: Clause) -> bool:
    """Whether clauses with numbers or headings of their own stand below it, apart from items of its sentence."""
    return any(below.level in _HOLDING for child in clause.children for below in child.walk())


def _whole(clause: Clause, text: str) -> Part:
    framing = clause.level in APPARATUS or clause.level is Level.TITLE
    return Part(
        address=clause.address,
        kind=PartKind.FRAME if framing else PartKind.CLAUSE,
        words=_words(clause, text),
        span=clause.span,
        heading=None if framing else clause.heading,
    )


def _words(clause: Clause, text: str) -> str:
    """The words of a clause without its own number; a line of the text is a line, the number of an item is kept."""
    if clause.level in APPARATUS:
        return "\n".join(line.strip(_MARK) for line in clause.text.splitlines() if line.strip(_MARK))
    words, read_to = "", clause.span.start
    for leaf in clause.leaves():
        own = leaf.level is Level.LABEL and leaf.address == clause.address
        said = (clause.heading or "") if own else flow(leaf.text).strip(_MARK)
        start = leaf.span.end - len(leaf.text.lstrip())
        if words and said:
            words += (
                "\n" if own or words == clause.heading or "\n" in text[read_to:start] else text[read_to:start].strip()
            )
        words += said
        read_to = leaf.span.start + len(leaf.text.rstrip())
    return words
