"""How far a question belongs to the library: which of its words, terms and matters the documents know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

from assistant.answering.refusal import Signals
from assistant.question.everyday import COMMON_TERMS
from assistant.question.lay_words import Concept
from assistant.question.reading import Reading, Spoken
from assistant.schema.document import Document
from assistant.schema.retrieval import Retrieved
from assistant.text.folding import fold, squeeze


class Belonging:
    """Reading and Retrieved → Signals.

    Args:
        documents: every document that may be seen; called once, when their words are first needed.
    """

    def __init__(self, documents: Callable[[], Sequence[Document]]) -> None:
        self._documents = documents

    def signals(self, reading: Reading, found: Retrieved) -> Signals:
        """What `abstention` and the confidence go by."""
        return Signals(
            dense=max((e.dense for e in found.evidence), default=0.0) if "dense" not in found.degraded else None,
            known_words=len(reading.words.known),
            unknown_words=len(reading.words.strange),
            concepts=sum(map(self._treats, reading.spoken_of.whole)),
            known_terms=reading.words.known_terms,
            unknown_terms=reading.words.strange_terms,
            untreated=self._untreated(reading, found),
            phrasing=found.phrasing,
        )

    def _untreated(self, reading: Reading, found: Retrieved) -> tuple[str, ...]:
        """Matters of the table that the question speaks of and no document does; none when it asks of another.

        发不出工资，能续贷吗 tells of wages and asks of renewal. The matter that the question is most like must
        be strange too; one that libraries on lending do treat is named only when none it is like is treated.
        """
        strange = self._strange(reading)
        beside = any(concept.beside for concept in strange)
        if found.treated.likest if beside else found.treated.like:
            return ()
        if not beside and any(map(self._treats, reading.spoken_of.whole)):
            return ()
        return () if self._asks_of_another(reading) else tuple(concept.name for concept in strange)

    def _strange(self, reading: Reading) -> list[Concept]:
        """The matters near the end of the question that no document treats, by policy term or lay word."""
        spoken = reading.spoken_of.end
        treated = [s.concept for s in spoken if not s.concept.beside and self._treats(s.concept)]
        return [
            s.concept
            for s in spoken
            if not self._treats(s.concept) and not _same_words(s, treated) and not any(map(self._uses, s.said))
        ]

    def _asks_of_another(self, reading: Reading) -> bool:
        """Whether the part that asks speaks of something that a document treats."""
        return any(map(self._treats, reading.spoken_of.asking)) or any(map(self._uses, reading.words.asked_terms))

    def _treats(self, concept: Concept) -> bool:
        """Whether a document uses a policy term of `concept`; terms that every document uses tell nothing."""
        telling = [term for term in concept.policy if term not in COMMON_TERMS]
        return not telling or any(map(self._uses, telling))

    def _uses(self, term: str) -> bool:
        """Whether a document uses `term`."""
        return any(fold(term) in text for text in self._texts)

    @cached_property
    def _texts(self) -> tuple[str, ...]:
        """The words of every document, folded for searching."""
        return tuple(squeeze(fold(document.text)) for document in self._documents())


def _same_words(spoken: Spoken, others: Sequence[Concept]) -> bool:
    """Whether the lay words for a matter are also those of another: 首付 tells of a house and of misuse."""
    return bool(spoken.said) and all(any(other.pattern.search(words) for other in others) for words in spoken.said)
