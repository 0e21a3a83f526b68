"""The places of a library as claims are held against them: each with its words, its headings and its neighbours."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from assistant.schema.document import UNADDRESSED, UNIT_LEVELS, Clause, Document, DocumentMeta, Level, Span
from assistant.text.folding import flow
from assistant.text.segment import pairs_of

_CANDIDATES = 6  # clauses tried for a sentence that cites none
_RARE = 4000  # a pair of characters in more clauses than that tells nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A clause that a sentence was held against. `span` is where its words stand in the document."""

    document_id: str
    document_title: str
    address: str
    text: str  # as a reader sees it, the words it goes on from before it
    span: Span


class Places:
    """The places of a library. Documents are read when they are first needed."""

    def __init__(self, documents: Sequence[DocumentMeta], load: Callable[[str], Document]) -> None:
        self.documents = tuple(documents)
        self.load = load
        self._metas = {meta.id: meta for meta in documents}
        self._readings: dict[str, _Reading] = {}

    def meta(self, document_id: str) -> DocumentMeta:
        """Facts about a document of the library."""
        return self._metas[document_id]

    def place(self, document_id: str, clause: Clause) -> Place:
        """A clause as a place."""
        return self._reading(document_id).place(clause)

    def above(self, place: Place) -> str:
        """The headings over a place and the whole unit it belongs to: words a claim may take its subject from."""
        return self._reading(place.document_id).headings.get(place.address, "")

    def inside(self, place: Place) -> list[Place]:
        """The 款 and 项 of a place."""
        reading = self._reading(place.document_id)
        clause = reading.document.find(place.address)
        inner = [c for c in (clause.walk() if clause else ()) if c is not clause and c.level not in UNADDRESSED]
        return [reading.place(c) for c in inner]

    def like(self, words: str, ids: set[str]) -> Iterator[Place]:
        """The unit clauses of some documents that share most with `words`, best first."""
        counts: Counter[int] = Counter()
        pairs = _pairs(words)
        for pair in pairs:
            held = self._postings.get(pair, ())
            if len(held) <= _RARE:
                counts.update(held)
        best = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        kept = [(n, count) for n, count in best if self._units[n].document_id in ids][:_CANDIDATES]
        return (self._units[n] for n, count in kept if count >= 0.3 * len(pairs))

    def _reading(self, document_id: str) -> _Reading:
        if document_id not in self._readings:
            self._readings[document_id] = _Reading(self.load(document_id))
        return self._readings[document_id]

    @cached_property
    def _units(self) -> tuple[Place, ...]:
        """Every unit clause of the library: 条, （十）, what stands below no 条."""
        return tuple(
            reading.place(clause)
            for meta in self.documents
            for reading in [self._reading(meta.id)]
            for clause in reading.document.walk()
            if clause.level in UNIT_LEVELS
            and clause.level is not Level.TITLE
            and not any(c.level in UNIT_LEVELS for c in clause.children)
        )

    @cached_property
    def _postings(self) -> dict[str, list[int]]:
        postings: dict[str, list[int]] = defaultdict(list)
        for number, unit in enumerate(self._units):
            for pair in _pairs(unit.text):
                postings[pair].append(number)
        return postings


class _Reading:
    """A document as claims are held against it: the words of each place, and the headings over it."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.headings: dict[str, str] = {}
        self._leads: dict[str, str] = {}
        self._places: dict[str, Place] = {}
        waiting: list[tuple[Clause, str, str]] = [(c, "", "") for c in document.clauses]
        while waiting:
            clause, over, lead = waiting.pop()
            over = f"{over}\n{clause.heading}" if clause.heading else over
            if clause.level not in UNADDRESSED:
                self.headings[clause.address], self._leads[clause.address] = over, lead
            own = "".join(flow(c.text) for c in clause.children if c.level is Level.LEAD)
            waiting.extend((c, over, lead + own) for c in clause.children)

    def place(self, clause: Clause) -> Place:
        if clause.address not in self._places:
            self._places[clause.address] = Place(
                document_id=self.document.id,
                document_title=self.document.meta.title,
                address=clause.address,
                text=self._leads.get(clause.address, "") + self._words(clause),
                span=clause.span,
            )
        return self._places[clause.address]

    def _words(self, clause: Clause) -> str:
        """The words of a clause as a reader sees them, a line for each 款 and 项, without the number of the 条."""
        lines: list[str] = []
        before: Clause | None = None
        for leaf in clause.leaves():
            if leaf.level is Level.LABEL and clause.level is Level.ARTICLE:
                continue
            torn = before is not None and before.level is leaf.level is Level.PIECE and before.address == leaf.address
            if torn:
                lines[-1] += flow(leaf.text)
            else:
                lines.append(flow(leaf.text))
            before = leaf
        return "\n".join(lines)


def _pairs(text: str) -> frozenset[str]:
    return pairs_of("".join(char for char in text if char.isalnum()))
