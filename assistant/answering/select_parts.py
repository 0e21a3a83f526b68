"""The sentences that answer a question: of the whole, of each part it asks, or of both versions it compares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.answering.asked_words import AskedWords
from assistant.answering.select import GENERIC, AskedPart, Selection, Selector
from assistant.question.parts import parts_of
from assistant.question.places import Catalogue
from assistant.question.understanding import Kind, Understanding, asking_part, asks_outright, single, understand
from assistant.retrieval.by_turns import by_turns
from assistant.retrieval.searcher import Searcher
from assistant.safety.intrusions import intrusive
from assistant.schema.chunk import Chunk
from assistant.schema.retrieval import Query, Retrieved
from assistant.text.institutions import Institutions


class Chooser:
    """Understanding, Query and Retrieved → Selection. Takes a question apart and searches for each part.

    Args:
        words: tells what the question names.
        catalogue: tells which documents its parts name.
    """

    def __init__(
        self,
        *,
        selector: Selector,
        searcher: Searcher,
        words: AskedWords,
        catalogue: Catalogue,
        institutions: Institutions,
    ) -> None:
        self._selector = selector
        self._searcher = searcher
        self._words = words
        self._catalogue = catalogue
        self._institutions = institutions

    def choose(
        self,
        asked: Understanding,
        query: Query,
        found: Retrieved,
        everything: Sequence[Chunk],
        *,
        sides: Sequence[Retrieved] = (),
    ) -> tuple[Selection, Retrieved]:
        """The chosen sentences, none that orders a machine about, and `found` with the ranking that they led to.

        Args:
            everything: all sentences that the question may rest on, in the order of the corpus.
            sides: what was found in each of two versions compared.
        """
        if sides:
            selection = self._of_sides(asked, query, found, sides, everything)
        else:
            selection, found = self._of_question(asked, query, found, everything)
        return replace(selection, picks=tuple(p for p in selection.picks if not intrusive(p.chunk.plain))), found

    def _of_question(
        self, asked: Understanding, query: Query, found: Retrieved, everything: Sequence[Chunk]
    ) -> tuple[Selection, Retrieved]:
        """The sentences that answer the question; when it asks several things, each part is searched too.

        The ranking then goes by turns: the best of the whole, then the best of each part.
        """
        terms = self._words.terms(query.standalone)
        whole = self._selector.select(
            asked,
            query.standalone,
            found,
            everything,
            terms=terms,
            focus=self._words.focus(query.text),
            matters=[] if asked.about_text else self._words.demanded(asking_part(query.text)),
            words=self._words.words(query.standalone),
        )
        scanned = whole.exhaustive and (asked.whole_document or asked.kind in (Kind.PROHIBITIONS, Kind.MENTIONS))
        parts = [] if scanned else self._parts(asked, query, found)
        if whole.exhaustive and not parts:
            return whole, found
        if parts:
            found = replace(found, ranking=by_turns(found.ranking, [part.found.ranking for part in parts]))
        parts = parts or _by_institution(asked, found)
        if not parts:
            return whole, found
        told = not any(part.enumerated for part in parts)
        whole = self._selector.select_parts(
            parts, whole, everything, terms=terms, keep_best=told, beside=found.evidence
        )
        return whole, found

    def _of_sides(
        self,
        asked: Understanding,
        query: Query,
        found: Retrieved,
        sides: Sequence[Retrieved],
        everything: Sequence[Chunk],
    ) -> Selection:
        """The sentences of each of two versions that answer the question."""
        terms = self._words.terms(query.standalone)
        words = self._words.words(query.standalone)
        whole = self._selector.select(asked, query.standalone, found, everything, terms=terms, words=words)
        parts = [
            AskedPart(text=query.standalone, asked=single(asked), found=side, words=words, enumerated=True)
            for side in sides
        ]
        return self._selector.select_parts(
            parts, whole, everything, terms=terms, keep_best=False, beside=found.evidence
        )

    def _parts(self, asked: Understanding, query: Query, found: Retrieved) -> list[AskedPart]:
        """What the question asks, part by part, each with its own evidence; empty when it asks one thing.

        Two clauses that ask after facts of their own (最低多少，几天内批) are parts without any 分别.
        """
        parts = parts_of(query.text, self._catalogue)
        understood = [single(understand(part.text, self._institutions)) for part in parts]
        of_documents = len({part.documents for part in parts if part.documents}) > 1
        facts = sum(bool(one.attributes) for one in understood)
        composite = facts > 1 or (facts == 1 and all(asks_outright(part.text) for part in parts))
        if not parts or not (asked.several or of_documents or composite):
            return []
        whose = frozenset({found.evidence[0].chunk.document_id}) if composite and found.evidence else None
        return [
            AskedPart(
                text=part.text,
                asked=one,
                found=self._searcher.part(query, part, whose),
                words=self._words.words(part.text),
                enumerated=part.enumerated,
            )
            for part, one in zip(parts, understood, strict=True)
        ]


def _by_institution(asked: Understanding, found: Retrieved) -> list[AskedPart]:
    """One part for each institution when the question asks of several (大行和股份行分别…); empty otherwise."""
    specific = [name for name in asked.institutions if name not in GENERIC]
    if not asked.several or len(specific) < 2:
        return []
    return [
        AskedPart(text=name, asked=replace(single(asked), institutions=(name,)), found=found, enumerated=True)
        for name in specific
    ]
