"""Whether the library settles a question that names no place: the sentences chosen, the verdict and the draft."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from assistant.answering.asked_words import AskedWords
from assistant.answering.belonging import Belonging
from assistant.answering.compose import Composer, Draft, proved_draft
from assistant.answering.confidence import Features, features_of
from assistant.answering.refusal import Abstention, Limits, Reason, Signals, abstention
from assistant.answering.select import Selection
from assistant.answering.select_parts import Chooser
from assistant.answering.wrap_up import Worked
from assistant.corpus.view import addresses
from assistant.indexing.ports import LibraryPort
from assistant.question.lay_words import Expander
from assistant.question.matters import Matters
from assistant.question.understanding import Understanding
from assistant.schema.chunk import Chunk, ChunkKind
from assistant.schema.document import Document
from assistant.schema.retrieval import Query, Retrieved
from assistant.text.institutions import Institutions

_NOT_JUDGED = frozenset({Reason.GREETING, Reason.ABOUT_ASSISTANT, Reason.TASK, Reason.EMPTY_LIBRARY})


class Judge:
    """Understanding, Query and Retrieved → Worked, with an answer or with the reason why there is none.

    Args:
        words: tells what the question names and which of it the sentences hold.
        belonging: tells how far the question belongs to the library.
        matters: tells whom to ask when the library does not settle it.
        clause_of: the clause chunk a sentence belongs to.
    """

    def __init__(
        self,
        *,
        library: LibraryPort,
        chooser: Chooser,
        words: AskedWords,
        belonging: Belonging,
        composer: Composer,
        expander: Expander,
        institutions: Institutions,
        matters: Matters,
        limits: Limits,
        clause_of: Callable[[Chunk], Chunk],
    ) -> None:
        self._library = library
        self._chooser = chooser
        self._words = words
        self._belonging = belonging
        self._composer = composer
        self._expander = expander
        self._institutions = institutions
        self._matters = matters
        self._limits = limits
        self._clause_of = clause_of

    def judge(
        self,
        question: str,
        asked: Understanding,
        query: Query,
        found: Retrieved,
        *,
        allowed: frozenset[str],
        sides: Sequence[Retrieved] = (),
        elsewhere: str = "",
    ) -> Worked:
        """Choose the sentences, judge whether they settle the question, and draft the answer or the refusal.

        Args:
            allowed: ids of the documents that the question may rest on.
            sides: what was found in each of two versions compared.
            elsewhere: that a place named holds nothing of what the question says of it; said before an answer.
        """
        everything = self._sentences(allowed, query.addressee)
        selection, found = self._chooser.choose(asked, query, found, everything, sides=sides)
        documents = [self._library.document(meta.id) for meta in self._library.documents if meta.id in allowed]
        signals = self._belonging.signals(query, found)
        why = abstention(
            asked,
            query,
            found,
            selection,
            signals=signals,
            limits=self._limits,
            institutions=self._institutions,
            documents=documents,
            unspoken=self._words.unspoken(query, selection),
            words=self._words.words(query.standalone),
        )
        draft = self._drafted(asked, query, found, selection, why, documents)
        if elsewhere and why is None:
            draft = replace(draft, lead=elsewhere + (draft.lead or "与此有关的原文是："))
        return Worked(
            question=question,
            query=query,
            found=found,
            draft=proved_draft(draft, self._institutions),
            features=self._features(asked, query, found, selection, why, signals),
        )

    def _sentences(self, allowed: frozenset[str], addressee: Sequence[str]) -> list[Chunk]:
        """All sentences of `allowed` whose clause names the institution chosen, in the order of the corpus."""
        return [
            c
            for c in self._library.chunks(ChunkKind.SENTENCE)
            if c.document_id in allowed and addresses(self._clause_of(c).plain, addressee)
        ]

    def _drafted(
        self,
        asked: Understanding,
        query: Query,
        found: Retrieved,
        selection: Selection,
        why: Abstention | None,
        documents: Sequence[Document],
    ) -> Draft:
        """The answer, or why there is none and whom to ask."""
        if why is None:
            return self._composer.answer(asked, query.standalone, selection)
        whom = self._matters.whom(query.standalone)
        return self._composer.refusal(why, found.evidence, [d.meta for d in documents], whom=whom)

    def _features(
        self,
        asked: Understanding,
        query: Query,
        found: Retrieved,
        selection: Selection,
        why: Abstention | None,
        signals: Signals,
    ) -> Features | None:
        """What the confidence rests on; `None` where a rule answers by itself."""
        if why and why.reason in _NOT_JUDGED:
            return None
        return features_of(
            asked,
            query,
            found,
            selection,
            why,
            signals=signals,
            held=self._words.held(selection),
            concepts=self._expander.concepts(query.standalone),
            rarity=self._library.sparse.rarity,
        )
