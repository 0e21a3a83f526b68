"""The sentences of the places that a question names, and the clause of another version that is likest to one."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.indexing.ports import LibraryPort
from assistant.question.places import Place
from assistant.question.reading import Reading
from assistant.retrieval.searcher import Searcher
from assistant.safety.intrusions import intrusive
from assistant.schema.chunk import Chunk, ChunkId, ChunkKind


def with_counterpart(reading: Reading, library: LibraryPort, searcher: Searcher) -> tuple[Place, ...]:
    """The places named, and for one of two versions compared the clause of the other that is likest to it."""
    found = searcher.find(reading.counterpart) if reading.counterpart else None
    if found is None or not found.ranking:
        return reading.places
    [place] = reading.places
    likest = library.chunk(found.ranking[0].chunk_id)
    other = library.document(likest.document_id)
    same = Place(document=other.meta, address=place.address, clause=other.find(likest.unit), articles=place.articles)
    return (place, same)


def sentences_of(places: Sequence[Place], library: LibraryPort) -> list[Chunk]:
    """The sentences of `places`, each once, place by place in the order of the text."""
    chunks: dict[ChunkId, Chunk] = {}
    for place in places:
        chunks.update({chunk.id: chunk for chunk in _of_place(place, library)})
    return list(chunks.values())


def _of_place(place: Place, library: LibraryPort) -> list[Chunk]:
    """The sentences of one place, in the order of the text."""
    if place.clause is None:
        return []
    span = place.clause.span
    return [
        chunk
        for chunk in library.chunks(ChunkKind.SENTENCE)
        if chunk.document_id == place.document.id and chunk.span in span and not intrusive(chunk.plain)
    ]
