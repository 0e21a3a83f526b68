"""The sentences of a clause, the long ones cut where one act ends and the next begins.

A piece stands word for word in its clause. It is cut from its sentence only where it keeps what governs it: the word
that forbids, allows or encourages, and the condition under which an act is due.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from assistant.indexing.cut import cut
from assistant.products.duties.acts import ActReader
from assistant.products.duties.model import Act, Degree
from assistant.products.duties.passages import passages
from assistant.products.duties.wordlists import duty_wordlists
from assistant.schema.chunk import Chunk, ChunkKind
from assistant.schema.document import Document, DocumentKind, Span
from assistant.text.folding import flow, squeeze

LONG = 66  # characters: two lines of a slide
_LISTED = 150  # a list that is no longer stands whole
_SHORTEST = 8
_CUTS = "，,；;"
_LEANS = re.compile(r"前款|前项|前条|前述|前两款|上述|该|其(?!他|它|中)|本款|依照前|按照前|违反前")
# A sentence that takes back something of the one before it: neither may be told without the other.
_TAKES_BACK = re.compile(r"但是?[，,]?|不过|除外|其中[，,]|但书")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Words of a clause that may become a point."""

    document: str
    unit: str  # address of the unit clause
    address: str  # of the smallest clause that is cited for it
    quote: str
    sentence: str  # id of the sentence's chunk
    subject: str = ""
    start: int = 0

    @property
    def leans(self) -> bool:
        """Whether it speaks of what stands before it: 前款规定的信息…."""
        return _LEANS.match(self.quote) is not None


class Pieces:
    """The pieces of one document, by unit clause."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._notice = document.meta.kind is DocumentKind.NOTICE
        self._acts = ActReader(document, duty_wordlists()).read(list(passages(document)))
        chunks = cut(document)
        self.units = tuple(chunk for chunk in chunks if chunk.kind is ChunkKind.CLAUSE)
        self._sentences = tuple(chunk for chunk in chunks if chunk.kind is ChunkKind.SENTENCE)

    def of(self, unit: str) -> tuple[Piece, ...]:
        """The pieces of a unit clause, in the order of its text."""
        own = [chunk for chunk in self._sentences if chunk.unit == unit]
        found: list[Piece] = []
        for lead, group in groupby(own, key=lambda chunk: chunk.lead):
            chunks = list(group)
            found += self._list(lead, chunks) if lead else self._told(chunks)
        return tuple(piece for piece in found if len(piece.quote) >= _SHORTEST)

    def _told(self, chunks: Sequence[Chunk]) -> list[Piece]:
        """The pieces of sentences; one that takes back something of the sentence before it stays with that."""
        out: list[Piece] = []
        for n, chunk in enumerate(chunks):
            if out and chunk.address == chunks[n - 1].address and _TAKES_BACK.match(chunk.plain):
                whole = self._document.text[chunks[n - 1].span.start : chunk.span.end]
                while out and out[-1].sentence == str(chunks[n - 1].id):
                    out.pop()
                out.append(self._piece(chunks[n - 1], flow(whole)))
            else:
                out += self._pieces(chunk)
        return out

    def _list(self, lead: str, items: Sequence[Chunk]) -> list[Piece]:
        """A list with its lead: whole where it is short, else its items one by one."""
        whole = lead + "".join(item.plain for item in items)
        if len(whole) <= _LISTED and not any(c.plain == lead for c in items):
            return [replace(self._piece(items[0], whole), address=items[0].unit)]
        return [self._piece(item, lead + item.plain) for item in items]

    def _piece(self, chunk: Chunk, quote: str) -> Piece:
        return Piece(
            document=chunk.document_id,
            unit=chunk.unit,
            address=chunk.unit if self._notice else chunk.address,
            quote=quote,
            sentence=str(chunk.id),
            subject=chunk.subject or "",
            start=chunk.span.start,
        )

    def _pieces(self, chunk: Chunk) -> list[Piece]:
        if chunk.plain.endswith(("：", ":")):
            return []  # the lead of a list, which its items bear
        if len(chunk.plain) <= LONG:
            return [self._piece(chunk, chunk.plain)]
        spans = self._cut(chunk.span)
        return [
            replace(self._piece(chunk, flow(self._document.text[s.start : s.end]).rstrip(_CUTS)), start=s.start)
            for s in spans
        ]

    def _cut(self, sentence: Span) -> list[Span]:
        """The sentence in pieces, each as long as `LONG` allows."""
        text = self._document.text
        acts = [a for a in self._acts if a.span.start >= sentence.start and a.span.end <= sentence.end]
        cuts = [at for before in acts if (at := self._behind(before.span.end, sentence)) is not None]
        bounds = sorted({sentence.start, *cuts, sentence.end})
        smallest = [Span(a, b) for a, b in pairwise(bounds) if text[a:b].strip(_CUTS + "。 \n")]
        merged: list[Span] = []
        for span in smallest:
            if merged and not self._stands_alone(span, acts):
                merged[-1] = Span(merged[-1].start, span.end)
            else:
                merged.append(span)
        out: list[Span] = []
        for span in merged:
            if out and len(squeeze(text[out[-1].start : span.end])) <= LONG:
                out[-1] = Span(out[-1].start, span.end)
            else:
                out.append(span)
        return out

    def _behind(self, end: int, sentence: Span) -> int | None:
        """Where the next piece begins behind an act, or `None`: no comma stands there."""
        text, at = self._document.text, end
        while at < sentence.end and text[at].isspace():
            at += 1
        return at + 1 if at < sentence.end and text[at] in _CUTS else None

    def _stands_alone(self, span: Span, acts: Sequence[Act]) -> bool:
        """Whether the piece says by itself what it says in its sentence."""
        own = [act for act in acts if span.start <= act.span.start < span.end]
        words = squeeze(self._document.text[span.start : span.end])
        return bool(own) and all(self._keeps(act, words) for act in own)

    def _keeps(self, act: Act, words: str) -> bool:
        if not all(squeeze(condition) in words for condition in (*act.conditions, *act.exceptions)):
            return False
        if not act.word or act.word in words:
            return True
        return self._notice and act.degree is Degree.REQUIRE  # an order by its form: 加强贷前审查
