"""One document as it is read: its tree to go by, its text page by page, one clause marked, words searched in it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote, urlencode

from assistant.schema.document import Clause, Document, Level, Span
from assistant.serving.reading.blocks import Block, blocks_of
from assistant.serving.reading.references import Citing, References
from assistant.serving.reading.words import Mark, Run, flowed
from assistant.serving.render.links import anchor, reading_path
from assistant.text.quotes import locate_quote

_PAGE = 14_000  # characters of a page; with its markup it stays far below 150 kB
_LISTED = {
    Level.PART: 0,
    Level.SUBPART: 0,
    Level.CHAPTER: 0,
    Level.ATTACHMENT: 0,
    Level.ISSUED: 0,
    Level.HEADING_1: 0,
    Level.SECTION: 1,
    Level.HEADING_2: 1,
    Level.ARTICLE: 2,
    Level.QUESTION: 2,
    Level.HEADING_3: 2,
    Level.TABLE: 2,
}
_DIVISIONS = 2  # entries of the contents below this depth are shown for every page, others for the open one only
_MOST_HITS = 40
_AROUND = 18  # characters around a hit
_OPENING = 16


@dataclass(frozen=True, slots=True)
class Place:
    """One line of the contents."""

    depth: int
    number: str
    words: str
    path: str
    here: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A paragraph in which the words that are looked for stand."""

    address: str
    path: str
    before: str
    words: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A link to another page of the text."""

    number: int
    path: str
    here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A page of a document."""

    contents: tuple[Place, ...]
    blocks: tuple[Block, ...]
    cited_by: Mapping[str, Sequence[Citing]]
    leaves: tuple[Leaf, ...]  # empty when the text is one page
    here: Clause | None
    missing: bool  # words to be marked do not stand in the clause
    hits: tuple[Found, ...]
    more_hits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of a document."""

    address: str | None = None
    quotes: tuple[str, ...] = ()
    find: str = ""
    page: int | None = None


def find_clause(document: Document, address: str) -> Clause | None:
    """The clause of that address, as it is written or in half-width brackets."""
    return document.find(address) or document.find(address.translate(_HALF_WIDTH))


_HALF_WIDTH = str.maketrans("()", "（）")


def reading_of(document: Document, asked: Asked, references: References) -> Reading:
    """A page of `document`: the one that is asked for, or the one that holds the clause."""
    here = find_clause(document, asked.address) if asked.address is not None else None
    quoted = [_place(quote, document, here) for quote in asked.quotes] if here is not None else []
    found = list(_found(document, tuple(asked.find.casefold().split())))
    marks = list(_marks(document, references, quoted, found))
    pages = _pages(blocks_of(document, marks, here))
    number = _number(pages, here, asked.page)
    opened = pages[number] if pages else ()
    into = references.into(document)
    shown = {name for block in opened for name in block.anchors}
    near = _Near(document, shown)
    return Reading(
        contents=tuple(_contents(document, near, here, whole=len(pages) <= 1)),
        blocks=tuple(replace(block, runs=tuple(map(near.run, block.runs))) for block in opened),
        cited_by={anchor(address): citing for address, citing in into.items() if anchor(address) in shown},
        leaves=tuple(_leaves(document, len(pages), number, asked.find)) if len(pages) > 1 else (),
        here=here,
        missing=any(span is None for span in quoted),
        hits=tuple(hit.shown(document) for hit in found[:_MOST_HITS]),
        more_hits=max(0, len(found) - _MOST_HITS),
    )


def _marks(
    document: Document, references: References, quoted: Sequence[Span | None], found: Sequence[_Hit]
) -> Iterator[Mark]:
    """What is linked, quoted and found in the text."""
    yield from references.marks(document)
    yield from (Mark(span, quoted=True) for span in quoted if span is not None)
    yield from (Mark(span, found=True) for hit in found for span in hit.spans)


class _Near:
    """Links that stay on the page that is open."""

    def __init__(self, document: Document, shown: Collection[str]) -> None:
        self.shown = shown
        self._own = f"{reading_path(document.id)}/"

    def path(self, path: str) -> str:
        """`#…` where the clause is on this page."""
        _, mark, place = path.partition("#")
        name = unquote(place)
        return f"#{name}" if mark and path.startswith(self._own) and name in self.shown else path

    def run(self, run: Run) -> Run:
        return replace(run, href=self.path(run.href)) if run.href else run


def _place(quote: str, document: Document, clause: Clause) -> Span | None:
    return locate_quote(quote, document.text, within=clause.span) if quote.strip() else None


# --- pages --------------------------------------------------------------------------------------


def _pages(blocks: Sequence[Block]) -> list[tuple[Block, ...]]:
    """The blocks in pages, each beginning where a heading or an article does."""
    pages: list[list[Block]] = []
    length = 0
    for at, block in enumerate(blocks):
        # A heading goes with what follows it.
        fresh = block.starts and not (at and blocks[at - 1].kind == "heading")
        if not pages or (fresh and length > _PAGE):
            pages.append([])
            length = 0
        pages[-1].append(block)
        length += block.length
    return [tuple(page) for page in pages]


def _number(pages: Sequence[Sequence[Block]], here: Clause | None, page: int | None) -> int:
    if here is not None:
        return next((at for at, blocks in enumerate(pages) if any(block.here for block in blocks)), 0)
    return min(max((page or 1) - 1, 0), max(len(pages) - 1, 0))


def _leaves(document: Document, count: int, number: int, find: str) -> Iterator[Leaf]:
    for at in range(count):
        asked = urlencode([("page", at + 1), *([("find", find)] if find else [])])
        yield Leaf(number=at + 1, path=f"{reading_path(document.id)}?{asked}", here=at == number)


# --- contents -----------------------------------------------------------------------------------


def _contents(document: Document, near: _Near, here: Clause | None, *, whole: bool) -> Iterator[Place]:
    for clause in document.walk():
        depth = _LISTED.get(clause.level)
        if depth is None or not (whole or depth < _DIVISIONS or anchor(clause.address) in near.shown):
            continue
        yield Place(
            depth=depth,
            number=clause.address.rpartition("、")[2] or clause.address if depth else clause.address,
            words=clause.heading or _opening(clause),
            path=near.path(reading_path(document.id, clause.address)),
            here=here is not None and here.address == clause.address,
        )


def _opening(clause: Clause) -> str:
    """The first words of a clause without a heading."""
    leaf = next((leaf for leaf in clause.leaves() if leaf.level is not Level.LABEL), None)
    words = flowed(leaf)[0] if leaf is not None else ""
    return f"{words[:_OPENING]}…" if len(words) > _OPENING else words


# --- search -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Hit:
    """A leaf that holds every term: where all of them stand in the text, and the first in the words of the leaf."""

    leaf: Clause
    spans: tuple[Span, ...]
    at: int
    term: str

    def shown(self, document: Document) -> Found:
        words, end = flowed(self.leaf)[0], self.at + len(self.term)
        return Found(
            address=self.leaf.address,
            path=reading_path(document.id, self.leaf.address),
            before=words[max(0, self.at - _AROUND) : self.at],
            words=words[self.at : end],
            after=words[end : end + _AROUND],
        )


def _found(document: Document, terms: Sequence[str]) -> Iterator[_Hit]:
    """The leaves that hold every term; page breaks inside the text do not count."""
    if not terms:
        return
    for clause in document.walk():
        if not clause.is_leaf:
            continue
        words, offsets = flowed(clause)
        told = "".join(char.casefold() if len(char.casefold()) == 1 else char for char in words)
        if all(term in told for term in terms):
            spans = [Span(offsets[at], offsets[at + len(term) - 1] + 1) for term in terms for at in _places(told, term)]
            yield _Hit(clause, tuple(sorted(spans)), told.find(terms[0]), terms[0])


def _places(words: str, term: str) -> Iterator[int]:
    at = words.find(term)
    while at >= 0:
        yield at
        at = words.find(term, at + len(term))
