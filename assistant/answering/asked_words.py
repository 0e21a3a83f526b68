"""The words of a question that its answer must speak of: those the library uses, matters of the table, policy terms."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from assistant.answering.coverage import names_something
from assistant.answering.select import Selection
from assistant.indexing.ports import SparsePort
from assistant.question.everyday import named_terms
from assistant.question.lay_words import Expander
from assistant.question.matters import DEFAULT, Matter, Matters
from assistant.question.places import Place
from assistant.question.understanding import CLAIMED_OF_PLACE, asking_part
from assistant.schema.chunk import Chunk
from assistant.schema.retrieval import Query
from assistant.text.folding import fold, squeeze
from assistant.text.institutions import Institutions
from assistant.text.segment import terms_in

TELLING_TERM = 3  # characters; a shorter term does not tell what a question is about
_HEADING = 40  # characters of a clause, in which its heading stands


class AskedWords:
    """Question → what it names, and what of that no chosen sentence holds.

    Args:
        sparse: tells which words the library uses.
        clause_of: the clause chunk a sentence belongs to.
    """

    def __init__(
        self,
        *,
        sparse: SparsePort,
        expander: Expander,
        matters: Matters,
        institutions: Institutions,
        clause_of: Callable[[Chunk], Chunk],
    ) -> None:
        self._sparse = sparse
        self._expander = expander
        self._matters = matters
        self._institutions = institutions
        self._clause_of = clause_of

    def words(self, text: str) -> tuple[str, ...]:
        """Words of `text` that name something and that the library uses."""
        known, _ = self._sparse.vocabulary(text)
        return tuple(word for word in known if names_something(word))

    def focus(self, question: str) -> tuple[str, ...]:
        """Words of the library and policy terms in the part of `question` that asks."""
        part = asking_part(question)
        known, _ = self._sparse.vocabulary(part)
        return tuple(dict.fromkeys((*known, *self._expander.terms(part))))

    def terms(self, question: str) -> tuple[str, ...]:
        """Policy terms that `question` speaks of, in lay words or in these."""
        return self._expander.terms(question) + terms_in(question)

    def demanded(self, part: str) -> list[Matter]:
        """Matters of the table that `part` names, and terms of the lexicon: sentences that speak of them come first."""
        named = [matter for matter in self._matters.named(part) if matter.text]
        return named or [Matter(term, term, (), DEFAULT) for term in self._telling_terms(part)[:1]]

    def held(self, selection: Selection) -> str:
        """The chosen sentences with what tells what they are about: lead, addressee, titles, the clause's heading."""
        return " ".join(
            " ".join(
                (
                    p.chunk.lead,
                    p.chunk.plain,
                    p.chunk.subject or "",
                    *p.chunk.heading_path,
                    self._clause_of(p.chunk).plain[:_HEADING],
                )
            )
            for p in selection.picks
        )

    def unspoken(self, query: Query, selection: Selection) -> tuple[str, ...]:
        """Matters of the table, and terms of the lexicon, that the question asks about and no sentence speaks of."""
        if selection.exhaustive:
            return ()
        held = self.held(selection)
        part = asking_part(query.text)
        named = tuple(matter.said for matter in self._matters.missing(part, held))
        return named or self._terms_missing(part, held)

    def not_there(self, query: Query, places: Sequence[Place]) -> str:
        """That a place holds nothing of what the question says it holds; empty when it does, or says nothing."""
        claimed = CLAIMED_OF_PLACE.search(query.text)
        if claimed is None or not places or any(place.clause is None for place in places):
            return ""
        words = [*terms_in(claimed["what"]), *self.words(claimed["what"])]
        held = squeeze(fold(" ".join(place.clause.text for place in places if place.clause)))
        if not words or any(fold(word) in held for word in words):
            return ""
        named = "、".join(f"《{place.document.title}》{place.address.local}" for place in places)
        return f"{named}没有写到“{words[0]}”。"

    def _telling_terms(self, part: str) -> tuple[str, ...]:
        """Terms of the lexicon that tell what `part` is about.

        Names of institutions are left out: who is addressed is told by their own table.
        """
        names = [alias for name in self._institutions.asked(part) for alias in self._institutions.said(name)]
        return tuple(
            term
            for term in named_terms(part, shortest=TELLING_TERM)
            if "小微" not in term and not any(term in alias or alias in term for alias in names)
        )

    def _terms_missing(self, part: str, held: str) -> tuple[str, ...]:
        """Terms of the lexicon in `part` of which `held` holds neither the whole nor both halves."""
        text = squeeze(fold(held))
        return tuple(
            term
            for term in self._telling_terms(part)
            if not all(half in text for half in (fold(term[:2]), fold(term[-2:])))
        )
