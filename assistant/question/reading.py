"""Everything that is read from a question, read once. Whatever comes after reads this and not the question."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from assistant.question.document_facts import FactAsked
from assistant.question.facts_asked import AttributeRule
from assistant.question.lay_words import Concept
from assistant.question.matters import DEFAULT, Matter
from assistant.question.parts import Part
from assistant.question.places import Place, Unplaced
from assistant.question.premise import Premise
from assistant.question.understanding import Understanding
from assistant.schema.document import DocumentMeta
from assistant.schema.retrieval import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of a question, by what the library knows of them."""

    known: tuple[str, ...] = ()  # words that the library uses, those meant by sound among them
    strange: tuple[str, ...] = ()  # words that it never uses
    naming: tuple[str, ...] = ()  # words as they are written that the library uses and that name something
    terms: tuple[str, ...] = ()  # policy terms, in these or in lay words
    known_terms: tuple[str, ...] = ()  # telling terms of the lexicon that the library uses
    strange_terms: tuple[str, ...] = ()  # … and those of which it knows not even the parts
    focus: tuple[str, ...] = ()  # words of the library and policy terms in the part that asks
    asked_terms: tuple[str, ...] = ()  # terms of the lexicon in the part that asks
    telling: tuple[str, ...] = ()  # those of them that tell what it is about; names of institutions are none


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A matter of the lay table, and the words by which a question speaks of it."""

    concept: Concept
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenOf:
    """The matters that a question speaks of."""

    whole: tuple[Concept, ...] = ()  # of the lay table, in the whole question
    asking: tuple[Concept, ...] = ()  # … in the part that asks
    end: tuple[Spoken, ...] = ()  # … near the end, where what is asked about stands
    matters: tuple[Matter, ...] = ()  # of the table of matters, in the part that asks: sentences must speak of them


@dataclass(frozen=True, slots=True, kw_only=True)
class PartReading:
    """One thing out of several that a question asks."""

    part: Part
    query: Query  # how it is searched
    asked: Understanding
    words: tuple[str, ...] = ()  # its words that the library uses and that name something


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A question as it is understood, and every search that it asks for."""

    query: Query
    search: Query  # the same in the words that matter: without an assumed ban, a day, the one title
    asked: Understanding
    asking: str = ""  # the part that asks; what stands before it tells the story
    words: Words = field(default_factory=Words)
    spoken_of: SpokenOf = field(default_factory=SpokenOf)
    premise: Premise = field(default_factory=Premise)
    sought: re.Pattern[str] | None = None  # words whose places are asked for
    whose: str | None = None  # whose duties are asked for, with what may stand around the name
    figures: AttributeRule | None = None  # what states the figures of which all are asked for
    statutes: tuple[str, ...] = ()  # statutes that the last turn names, with 《》 or without
    of_trade: bool = False  # it uses a word of money or trade
    points_here: bool = False  # it points at a text of the library
    whom: str | None = None  # who could know, where the library does not; None: no desk of a bank

    allowed: frozenset[str] = frozenset()  # ids of the documents that an answer may rest on
    subjects: tuple[
        tuple[DocumentMeta, ...], ...
    ] = ()  # asked whether they hold: the document named first, its versions
    places: tuple[Place, ...] = ()
    unplaced: tuple[Unplaced, ...] = ()  # places named of no document that can be told
    of_places: tuple[str, ...] = ()  # words that name something, beside the titles and the places in it
    of_document: FactAsked | None = None  # a fact of a document itself that is asked: 施行日期, 文号, 附件
    claimed: tuple[str, ...] = ()  # words for what the question says its places hold

    sides: tuple[Query, ...] = ()  # the question asked of each of two versions that it compares, the newer first
    counterpart: Query | None = None  # the clause named, looked for in the other of two versions compared
    parts: tuple[PartReading, ...] = ()  # what it asks one by one; empty when it asks one thing
    facts_apart: bool = False  # its parts ask after facts of their own: 最低多少，几天内批
    use_llm: bool = False  # whoever asks lets a language model in

    @property
    def text(self) -> str:
        """The last turn."""
        return self.query.text

    @property
    def standalone(self) -> str:
        """The whole question, with what it leans on."""
        return self.query.standalone

    @property
    def demanded(self) -> tuple[Matter, ...]:
        """What sentences should speak of: matters of the table, else the first telling term."""
        if self.asked.about_text:
            return ()
        return self.spoken_of.matters or tuple(Matter(term, term, (), DEFAULT) for term in self.words.telling[:1])
