"""Which places a question names, with what the turns before it spoke of, and what to ask back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from assistant.parsing.addresses import Address
from assistant.question.catalogue import Mention, titled
from assistant.question.places import (
    Place,
    Placed,
    Unplaced,
    find_places,
    following_places,
    holding,
    names_place,
    place_at,
    placed_in,
    plain_places,
    without_places,
)
from assistant.question.short_titles import Named, asks_only_of_places
from assistant.schema.document import Document, DocumentMeta
from assistant.schema.retrieval import Query


class PlaceReader:
    """Query → Placed.

    Args:
        mentions: the documents that a text names.
        named: what a text puts as a title, whether a document bears it or not.
    """

    def __init__(
        self,
        mentions: Callable[[str], Sequence[Mention]],
        named: Callable[[str], Sequence[Named]],
        load: Callable[[str], Document],
    ) -> None:
        self._mentions = mentions
        self._named = named
        self._load = load

    def read(self, query: Query, *, eligible: frozenset[str]) -> Placed:
        """The places that the last turn names: in a document, beside a place that a turn before it names, or in the
        one document that has such a place.

        Args:
            eligible: ids of the documents that the question may rest on.
        """
        text = plain_places(query.text)
        mentions = self._mentions(text)
        here = placed_in(text, mentions, self._named(text), eligible=eligible, load=self._load)
        if here.places or (here.unplaced and not query.context):
            return here
        if (mentions and not here.alone) or not names_place(text):
            return here
        return self._by_turns(query, text, here, eligible) or self._by_library(text, here, mentions, eligible)

    def _by_turns(self, query: Query, text: str, here: Placed, eligible: frozenset[str]) -> Placed | None:
        """The places of `text` in what the turns before spoke of; `None` when they spoke of nothing that fits."""
        before: tuple[Place, ...] = ()
        spoken: Mention | None = None
        for turn in map(plain_places, query.context):
            named = titled(self._mentions(turn), self._named(turn))
            places = placed_in(turn, named, self._named(turn), eligible=eligible, load=self._load).places
            before = places or following_places(turn, before, load=self._load) or (() if named else before)
            spoken = replace(named[-1], start=0, end=0) if named else spoken
        if here.unplaced:
            return self._among(here.unplaced, before, spoken)
        if beside := following_places(text, before, load=self._load):
            return Placed(places=beside)
        if spoken is None and before:
            spoken = Mention(start=0, end=0, documents=(before[-1].document,))
        if spoken and (found := find_places(text, [spoken], eligible=eligible, load=self._load)):
            return Placed(places=found)
        return None

    def _among(self, unplaced: Sequence[Unplaced], before: Sequence[Place], spoken: Mention | None) -> Placed | None:
        """办法第三条 where one of several 办法 was spoken of before."""
        known = {meta.id for meta in (spoken.documents if spoken else ())} | {p.document.id for p in before[-1:]}
        places: list[Place] = []
        for one in unplaced:
            meant = [meta for meta in one.among if meta.id in known and not one.name]
            if len(meant) != 1:
                return Placed(unplaced=tuple(unplaced))
            places.append(place_at(meant[0], self._load(meant[0].id), one.address))
        return Placed(places=tuple(places))

    def _by_library(self, text: str, here: Placed, mentions: Sequence[Mention], eligible: frozenset[str]) -> Placed:
        """The places of `text` in the one document that has them; else, where nothing else is asked, what to ask."""
        named = [meta for mention in mentions for meta in mention.documents if meta.id in eligible]
        metas = named or [self._load(document_id).meta for document_id in sorted(eligible)]
        bare = asks_only_of_places(without_places(_without(text, mentions)))
        places: list[Place] = []
        unplaced: list[Unplaced] = []
        for address in here.alone:
            held = holding(address, metas, self._load, strict=True) or holding(address, metas, self._load)
            if len({place.document.title for place in held}) == 1:
                places += held[:1]
            elif bare:
                unplaced.append(_unplaced(address, [place.document for place in held]))
        return Placed(places=tuple(places), unplaced=tuple(unplaced))


def _unplaced(address: Address, documents: Sequence[DocumentMeta]) -> Unplaced:
    return Unplaced(address=address, among=tuple(documents))


def _without(text: str, mentions: Sequence[Mention]) -> str:
    for mention in reversed(mentions):
        text = text[: mention.start] + text[mention.end :]
    return text
