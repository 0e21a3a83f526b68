"""The sentences that answer a question: of the whole, of each part it asks, or of both versions it compares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.answering.select import AskedPart, Selection, Selector
from assistant.question.reading import Reading
from assistant.question.understanding import single
from assistant.retrieval.by_turns import by_turns
from assistant.retrieval.searcher import Searcher
from assistant.safety.intrusions import intrusive
from assistant.schema.chunk import Chunk
from assistant.schema.retrieval import Retrieved


class Chooser:
    """Reading and Retrieved → Selection. Searches for each part that a question asks."""

    def __init__(self, selector: Selector, searcher: Searcher) -> None:
        self._selector = selector
        self._searcher = searcher

    def choose(
        self, reading: Reading, found: Retrieved, everything: Sequence[Chunk], *, sides: Sequence[Retrieved] = ()
    ) -> tuple[Selection, Retrieved]:
        """The chosen sentences, none that orders a machine about, and `found` with the ranking that they led to.

        Args:
            everything: all sentences that the question may rest on, in the order of the corpus.
            sides: what was found in each of two versions compared.
        """
        if sides:
            selection = self._of_sides(reading, found, sides, everything)
        else:
            selection, found = self._of_question(reading, found, everything)
        return replace(selection, picks=tuple(p for p in selection.picks if not intrusive(p.chunk.plain))), found

    def _of_question(
        self, reading: Reading, found: Retrieved, everything: Sequence[Chunk]
    ) -> tuple[Selection, Retrieved]:
        """The sentences that answer the question; when it asks several things, each part is searched too.

        The ranking then goes by turns: the best of the whole, then the best of each part.
        """
        whole = self._selector.select(reading, found, everything)
        parts = [] if _scanned(reading, whole) else self._parts(reading, found)
        if parts:
            found = replace(found, ranking=by_turns(found.ranking, [part.found.ranking for part in parts]))
        elif not whole.exhaustive:
            parts = _by_institution(reading, found)
        if not parts:
            return whole, found
        told = not any(part.enumerated for part in parts)
        whole = self._selector.select_parts(reading, parts, whole, everything, keep_best=told, beside=found.evidence)
        return whole, found

    def _of_sides(
        self, reading: Reading, found: Retrieved, sides: Sequence[Retrieved], everything: Sequence[Chunk]
    ) -> Selection:
        """The sentences of each of two versions that answer the question."""
        whole = self._selector.select(reading, found, everything, of_asking=False)
        asked, words = single(reading.asked), reading.words.naming
        parts = [
            AskedPart(text=reading.standalone, asked=asked, found=side, words=words, enumerated=True) for side in sides
        ]
        return self._selector.select_parts(reading, parts, whole, everything, beside=found.evidence)

    def _parts(self, reading: Reading, found: Retrieved) -> list[AskedPart]:
        """What the question asks, part by part, each with its own evidence; empty when it asks one thing.

        Two clauses that ask after facts of their own (最低多少，几天内批) are parts without any 分别.
        """
        apart = reading.facts_apart and found.evidence
        whose = frozenset({found.evidence[0].chunk.document_id}) if apart else None
        return [
            AskedPart(
                text=one.part.text,
                asked=one.asked,
                found=self._searcher.part(one, whose),
                words=one.words,
                enumerated=one.part.enumerated,
            )
            for one in reading.parts
        ]


def _scanned(reading: Reading, whole: Selection) -> bool:
    """Whether every place of what is asked for was given already."""
    return whole.exhaustive and (reading.asked.whole_document or whole.settles)


def _by_institution(reading: Reading, found: Retrieved) -> list[AskedPart]:
    """One part for each institution when the question asks of several (大行和股份行分别…); empty otherwise."""
    asked = reading.asked
    if not asked.several or len(asked.specific) < 2:
        return []
    return [
        AskedPart(text=one.name, asked=replace(single(asked), institutions=(one,)), found=found, enumerated=True)
        for one in asked.specific
    ]
