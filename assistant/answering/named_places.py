"""The sentences of the places that a question names, and the clause of another version that is likest to one."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.indexing.ports import LibraryPort
from assistant.question.places import Place
from assistant.question.reading import Reading
from assistant.retrieval.searcher import Searcher
from assistant.safety.intrusions import intrusive
from assistant.schema.chunk import Chunk, ChunkId, ChunkKind
from assistant.schema.document import Level

_WIDE = frozenset({Level.ATTACHMENT, Level.ISSUED, Level.PART, Level.SUBPART, Level.CHAPTER, Level.SECTION})


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


def sentences_of(places: Sequence[Place], library: LibraryPort, words: Sequence[str] = ()) -> list[Chunk]:
    """The sentences of `places`, each once, place by place in the order of the text.

    Args:
        words: what the question names; of a whole chapter or annex only the sentences that speak of it are given.
    """
    chunks: dict[ChunkId, Chunk] = {}
    for place in places:
        chunks.update({chunk.id: chunk for chunk in _asked(place, _of_place(place, library), words)})
    return list(chunks.values())


def _asked(place: Place, sentences: list[Chunk], words: Sequence[str]) -> list[Chunk]:
    """Those of the sentences of a wide place that hold most of `words`; all when none holds any.

    The words of the place's own heading, and of the document's title, say nothing of what is asked of it.
    """
    if place.clause is None or place.clause.level not in _WIDE:
        return sentences
    labels = (leaf.text for leaf in place.clause.children if leaf.level is Level.LABEL)
    known = " ".join((place.document.title, place.clause.heading or "", *labels))
    telling = [word for word in words if word not in known]
    held = [sum(word in chunk.lead + chunk.plain for word in telling) for chunk in sentences]
    most = max(held, default=0)
    return [chunk for chunk, count in zip(sentences, held, strict=True) if count == most]


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
