"""The words of a question and the matters that it speaks of, as the library and the bank's tables know them."""

from __future__ import annotations

from assistant.indexing.ports import SparsePort
from assistant.question.everyday import COMMON_TERMS, named_terms, names_something
from assistant.question.reading import Spoken, SpokenOf, Words
from assistant.question.search_words import SearchWords
from assistant.question.tables import Tables
from assistant.schema.retrieval import Query
from assistant.text.folding import fold
from assistant.text.segment import terms_in

_TELLING_TERM = 3  # characters; a shorter term does not tell what a question is about
_NEAR_THE_END = 40  # characters: what is asked about stands there, what comes before is the story


class WordReader:
    """Query → Words and SpokenOf.

    Args:
        sparse: tells which words the library uses.
    """

    def __init__(self, sparse: SparsePort, tables: Tables, search_words: SearchWords) -> None:
        self._sparse = sparse
        self._tables = tables
        self._search_words = search_words

    def words(self, query: Query, asking: str) -> Words:
        """The words of `query`, and of `asking`, the part of it that asks."""
        whole = query.standalone
        known, strange = self._sparse.vocabulary(" ".join((whole, *self._search_words.meant(whole))))
        in_asking, _ = self._sparse.vocabulary(asking)
        terms = named_terms(whole, shortest=_TELLING_TERM)
        return Words(
            known=known,
            strange=strange,
            naming=self.naming(whole),
            terms=self._tables.lay.terms(whole) + terms_in(whole),
            known_terms=tuple(term for term in terms if fold(term) in known),
            strange_terms=tuple(term for term in terms if self._foreign(fold(term))),
            focus=tuple(dict.fromkeys((*in_asking, *self._tables.lay.terms(asking)))),
            asked_terms=tuple(term for term in terms_in(asking) if term not in COMMON_TERMS),
            telling=self._telling(asking),
        )

    def naming(self, text: str) -> tuple[str, ...]:
        """Words of `text` that name something and that the library uses."""
        known, _ = self._sparse.vocabulary(text)
        return tuple(word for word in known if names_something(word))

    def spoken_of(self, query: Query, asking: str) -> SpokenOf:
        """The matters of `query`, and of `asking`, the part of it that asks."""
        lay = self._tables.lay
        end = query.text[-_NEAR_THE_END:]
        return SpokenOf(
            whole=lay.concepts(query.standalone),
            asking=lay.concepts(asking),
            end=tuple(Spoken(concept=c, said=tuple(c.pattern.findall(fold(end)))) for c in lay.concepts(end)),
            matters=tuple(matter for matter in self._tables.matters.named(asking) if matter.text),
        )

    def _telling(self, asking: str) -> tuple[str, ...]:
        """Terms of the lexicon that tell what `asking` is about.

        Names of institutions are left out: who is addressed is told by their own table.
        """
        institutions = self._tables.institutions
        names = [alias for name in institutions.asked(asking) for alias in institutions.said(name)]
        return tuple(
            term
            for term in named_terms(asking, shortest=_TELLING_TERM)
            if "小微" not in term and not any(term in alias or alias in term for alias in names)
        )

    def _foreign(self, term: str) -> bool:
        """Whether the library knows neither `term` nor all the words it is made of: 小微贷款 is made of known ones."""
        _, unknown = self._sparse.vocabulary(term)
        return term in unknown and len(unknown) > 1
