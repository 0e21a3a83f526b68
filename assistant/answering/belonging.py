"""How far a question belongs to the library: which of its words, terms and matters the documents know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

from assistant.answering.asked_words import TELLING_TERM
from assistant.answering.refusal import Signals
from assistant.indexing.ports import SparsePort
from assistant.question.everyday import COMMON_TERMS, named_terms
from assistant.question.lay_words import Concept, Expander
from assistant.question.understanding import asking_part
from assistant.retrieval.hybrid import HybridRetriever
from assistant.schema.document import Document
from assistant.schema.retrieval import Query, Retrieved
from assistant.text.folding import fold, squeeze
from assistant.text.segment import terms_in

_NEAR_THE_END = 40  # characters: what is asked about stands there, what comes before is the story


class Belonging:
    """Query → Signals.

    Args:
        sparse: tells which words the library uses.
        hybrid: tells which words are meant by sound, and which matters of the table are like a question.
        documents: every document that may be seen; called once, when their words are first needed.
    """

    def __init__(
        self,
        *,
        sparse: SparsePort,
        hybrid: HybridRetriever,
        expander: Expander,
        documents: Callable[[], Sequence[Document]],
    ) -> None:
        self._sparse = sparse
        self._hybrid = hybrid
        self._expander = expander
        self._documents = documents

    def signals(self, query: Query, found: Retrieved) -> Signals:
        """What `abstention` and the confidence go by."""
        known, unknown = self._sparse.vocabulary(" ".join((query.standalone, *self._hybrid.meant(query.standalone))))
        terms = named_terms(query.standalone, shortest=TELLING_TERM)
        return Signals(
            dense=max((e.dense for e in found.evidence), default=0.0) if "dense" not in found.degraded else None,
            known_words=len(known),
            unknown_words=len(unknown),
            concepts=sum(map(self._treats, self._expander.concepts(query.standalone))),
            known_terms=tuple(term for term in terms if fold(term) in known),
            unknown_terms=tuple(term for term in terms if self._foreign(fold(term))),
            untreated=self._untreated(query),
            phrasing=found.phrasing,
        )

    def _untreated(self, query: Query) -> tuple[str, ...]:
        """Matters of the table that the question speaks of and no document does; none when it asks of another.

        发不出工资，能续贷吗 tells of wages and asks of renewal. The matter that the question is most like must
        be strange too; one that libraries on lending do treat is named only when none it is like is treated.
        """
        near = query.text[-_NEAR_THE_END:]
        spoken = self._expander.concepts(near)
        treated_here = [c for c in spoken if not c.beside and self._treats(c)]
        strange = [
            c
            for c in spoken
            if not self._treats(c) and not _same_words(c, treated_here, near) and not self._says(c, near)
        ]
        beside = any(c.beside for c in strange)
        if self._hybrid.treats_what_is_like(query.standalone, best=beside):
            return ()
        if not beside and any(map(self._treats, self._expander.concepts(query.standalone))):
            return ()
        part = asking_part(query.text)
        treated = any(self._treats(c) for c in self._expander.concepts(part)) or any(
            self._uses(term) for term in terms_in(part) if term not in COMMON_TERMS
        )
        return () if treated else tuple(c.name for c in strange)

    def _treats(self, concept: Concept) -> bool:
        """Whether a document uses a policy term of `concept`; terms that every document uses tell nothing."""
        telling = [term for term in concept.policy if term not in COMMON_TERMS]
        return not telling or any(map(self._uses, telling))

    def _says(self, concept: Concept, text: str) -> bool:
        """Whether a document uses the very words by which `text` speaks of `concept`: 贷后 where it treats 贷后管理."""
        return any(map(self._uses, concept.pattern.findall(fold(text))))

    def _uses(self, term: str) -> bool:
        """Whether a document uses `term`."""
        return any(fold(term) in text for text in self._texts)

    @cached_property
    def _texts(self) -> tuple[str, ...]:
        """The words of every document, folded for searching."""
        return tuple(squeeze(fold(document.text)) for document in self._documents())

    def _foreign(self, term: str) -> bool:
        """Whether the library knows neither `term` nor all the words it is made of: 小微贷款 is made of known ones."""
        _, unknown = self._sparse.vocabulary(term)
        return term in unknown and len(unknown) > 1


def _same_words(concept: Concept, others: Sequence[Concept], text: str) -> bool:
    """Whether the lay words for `concept` are also those of another: 首付 tells of a house and of misuse."""
    said = concept.pattern.findall(fold(text))
    return bool(said) and all(any(other.pattern.search(words) for other in others) for words in said)
