"""The places that a question names, in its last turn or beside one of a turn before, and their sentences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from assistant.indexing.ports import LibraryPort
from assistant.question.places import Mention, Place, find_places, following_places, names_place, plain_places
from assistant.question.versions_asked import VersionReader
from assistant.retrieval.searcher import Searcher
from assistant.safety.intrusions import intrusive
from assistant.schema.chunk import Chunk, ChunkId, ChunkKind
from assistant.schema.document import UNIT_LEVELS, Clause
from assistant.schema.retrieval import Query


class NamedPlaces:
    """Query → Places, by rule.

    Args:
        searcher: finds the clause of another version that is likest to a place.
        today: gives the date in 北京时间.
    """

    def __init__(
        self, library: LibraryPort, versions: VersionReader, searcher: Searcher, *, today: Callable[[], date]
    ) -> None:
        self._library = library
        self._versions = versions
        self._searcher = searcher
        self._today = today

    def find(self, query: Query, allowed: frozenset[str]) -> tuple[Place, ...]:
        """The places that the last turn names, in a document or beside a place that a turn before it names.

        Args:
            allowed: ids of the documents that the question may rest on.
        """

        def named_in(turn: str, mentions: Sequence[Mention]) -> tuple[Place, ...]:
            return find_places(turn, mentions, eligible=allowed, load=self._library.document)

        text = plain_places(query.text)
        mentions = self._versions.mentions(text, today=self._today())
        found = named_in(text, mentions)
        if found or mentions or not names_place(text):
            return found
        for turn in map(plain_places, reversed(query.context)):
            earlier = self._versions.mentions(turn, today=self._today())
            if beside := following_places(text, named_in(turn, earlier), load=self._library.document):
                return beside
            if earlier and (found := named_in(text, [replace(earlier[-1], start=0, end=0)])):
                return found
        return ()

    def with_counterpart(self, query: Query, places: Sequence[Place]) -> Sequence[Place]:
        """`places`, and for one of two versions compared the clause of the other that is likest to it."""
        place = places[0]
        if query.pair is None or len(places) > 1 or place.clause is None or place.document not in query.pair:
            return places
        [other] = [m for m in query.pair if m != place.document]
        unit = next(c for c in self._units(place.document.id) if place.clause.span in c.span)
        found = self._searcher.in_version(query, other, unit.text)
        if not found.ranking:
            return places
        address = found.ranking[0].chunk_id.rpartition("#")[2]
        document = self._library.document(other.id)
        same = Place(document=other, address=place.address, clause=document.find(address), articles=place.articles)
        return (place, same)

    def sentences(self, places: Sequence[Place]) -> list[Chunk]:
        """The sentences of `places`, each once, place by place in the order of the text."""
        chunks: dict[ChunkId, Chunk] = {}
        for place in places:
            chunks.update({chunk.id: chunk for chunk in self._sentences_in(place)})
        return list(chunks.values())

    def _units(self, document_id: str) -> list[Clause]:
        return [c for c in self._library.document(document_id).walk() if c.level in UNIT_LEVELS]

    def _sentences_in(self, place: Place) -> list[Chunk]:
        """The sentences of one place, in the order of the text."""
        if place.clause is None:
            return []
        span = place.clause.span
        return [
            chunk
            for chunk in self._library.chunks(ChunkKind.SENTENCE)
            if chunk.document_id == place.document.id and chunk.span in span and not intrusive(chunk.plain)
        ]
