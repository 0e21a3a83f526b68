"""The one class that walks through every room: a question and the turns before it become an answer."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from assistant.answering.answerer import Answerer
from assistant.answering.asked_words import not_there
from assistant.answering.compose import Composer
from assistant.answering.confidence import Features, packaged_weights
from assistant.answering.in_force import Standings
from assistant.answering.refusal import Limits
from assistant.answering.select import Selector
from assistant.answering.stream import AnswerStream
from assistant.answering.wrap_up import Served, Worked
from assistant.errors import NotFoundError
from assistant.indexing.ports import LibraryPort
from assistant.proof.verifier import Checked, Verifier
from assistant.question.lay_words import Expander
from assistant.question.matters import Matters, load_matters
from assistant.question.reader import FollowUpPort, QuestionReader
from assistant.question.tables import Tables
from assistant.retrieval.by_turns import alternating
from assistant.retrieval.searcher import RetrieverPort, RewritingPort, Searcher
from assistant.safety.input_gate import clean_question, clean_text
from assistant.safety.personal.masking import mask
from assistant.safety.personal.screening import screen
from assistant.schema.answer import Answer, AnswerEvent, DoneEvent, Outcome, RelatedPolicy
from assistant.schema.chunk import Chunk
from assistant.schema.document import Document, DocumentMeta
from assistant.schema.inquiry import Inquiry
from assistant.schema.retrieval import Filters, Retrieved, Turn
from assistant.text.institutions import Institutions
from assistant.writing.gate import LlmComposer
from assistant.writing.plain import PlainWriter

if TYPE_CHECKING:
    from assistant.retrieval.as_langchain import ClauseRetriever

_log = logging.getLogger(__name__)


class PolicyAssistant:
    """Answers questions over one opened index. Holds nothing about any user; safe for several threads.

    Args:
        fingerprint: of the index that answers.
        matters: what people ask about and whom to ask; the tables of the package without it.
        writer: lets a language model write the answer; without it answers are extractive.
        rewriter: lets a language model put the question into policy wording, which is searched beside it.
        plain_writer: lets it put an extractive answer into plain words when that is asked for.
        follow_ups: lets it make a follow-up stand alone; without it, and when it fails, rules do.
        rights: labels of documents that whoever is served may see; those with other labels do not exist for them.
        today: gives the date in 北京时间; a test may set the clock.
        related_to: gives the policies beside a clause (document id, address); without it there are none.
    """

    def __init__(
        self,
        *,
        library: LibraryPort,
        fingerprint: str,
        embedder_id: str,
        retriever: RetrieverPort,
        expander: Expander,
        institutions: Institutions,
        matters: Matters | None = None,
        writer: LlmComposer | None = None,
        rewriter: RewritingPort | None = None,
        plain_writer: PlainWriter | None = None,
        follow_ups: FollowUpPort | None = None,
        selector: Selector | None = None,
        limits: Limits | None = None,
        rights: frozenset[str] = frozenset(),
        today: Callable[[], date],
        related_to: Callable[[str, str], tuple[RelatedPolicy, ...]] | None = None,
    ) -> None:
        self._library = library
        self._fingerprint = fingerprint
        self._embedder_id = embedder_id
        self._institutions = institutions
        self._writer = writer
        self._plain_writer = plain_writer
        self._today = today
        self._rights = rights
        self._related_to = related_to
        tables = Tables(lay=expander, institutions=institutions, matters=matters or load_matters())
        self._reader = QuestionReader(library, tables, today=today, follow_ups=follow_ups, rights=rights)
        self._searcher = Searcher(retriever, today=today, rewriter=rewriter)
        composer = Composer(clause_of=self._clause_of, meta_of=self._meta_of, institutions=institutions)
        self._answerer = Answerer(library, self._searcher, composer, selector=selector, limits=limits, rights=rights)
        self._standings = Standings(library, self._reader.mentions, today=today)
        served = Served(
            generation=fingerprint,
            weights=packaged_weights(),
            title_of=lambda document_id: self._meta_of(document_id).title,
            related_to=self.related_to,
        )
        self._events = AnswerStream(served, composer)

    @property
    def generation(self) -> str:
        """The fingerprint of the index that answers."""
        return self._fingerprint

    @property
    def embedder_id(self) -> str:
        return self._embedder_id

    @property
    def llm_id(self) -> str | None:
        return self._writer.model_id if self._writer else None

    @property
    def retriever(self) -> ClauseRetriever:
        """The same retrieval as a LangChain `BaseRetriever`, for chains, agents and tracers of others."""
        from assistant.retrieval.as_langchain import ClauseRetriever

        return ClauseRetriever(find=lambda question: self._searcher.find(self._reader.bare(question)))

    def documents(self) -> tuple[DocumentMeta, ...]:
        """Every document of the library that may be seen."""
        return tuple(meta for meta in self._library.documents if meta.visible(self._rights))

    def document(self, document_id: str) -> Document:
        """One document with its clause tree.

        Raises:
            NotFoundError: the library does not hold it, or it may not be seen: no one can tell which.
        """
        document = self._library.document(document_id)
        if not document.meta.visible(self._rights):
            raise NotFoundError("文件库中没有这份文件，请先查看文件列表。")
        return document

    @cached_property
    def verifier(self) -> Verifier:
        """The proof over any text, against the documents that may be seen."""
        return Verifier(self.documents(), self._library.document, today=self._today, institutions=self._institutions)

    def verify(self, text: str, *, as_of: date | None = None) -> tuple[Checked, ...]:
        """Every sentence of `text`, personal data masked, with its verdict and the clauses it was held against.

        Raises:
            InputError: the text is empty, too long or broken.
        """
        return self.verifier.check_text(mask(clean_text(text)).text, as_of=as_of)

    def related_to(self, document_id: str, address: str) -> tuple[RelatedPolicy, ...]:
        """Pointers to the policies beside one clause; their words are not in the library."""
        return self._related_to(document_id, address) if self._related_to else ()

    def search(self, inquiry: Inquiry, *, limit: int = 10) -> Retrieved:
        """The ranking alone, its first `limit` lines.

        Raises:
            InputError: the question is empty, too long or broken, or holds a password.
        """
        asked = screen(inquiry.question, inquiry.history)
        reading = self._reader.read(asked.searched, asked.searched_history, inquiry.filters)
        found = self._searcher.ranked(reading.query, rewrite=True)
        return replace(found, ranking=found.ranking[:limit], evidence=found.evidence[:limit])

    def ask(self, inquiry: Inquiry) -> Answer:
        """The whole answer. With `plain` it is extractive, and `Answer.plain` says it in plain words.

        Raises:
            InputError: the question is empty, too long or broken, or holds a password.
        """
        return next(event.answer for event in self.stream(inquiry) if isinstance(event, DoneEvent))

    def stream(self, inquiry: Inquiry) -> Iterator[AnswerEvent]:
        """The answer in pieces: one `SourcesEvent`, `DeltaEvent`s, one `DoneEvent`. Raises as `ask`.

        Personal data is masked here, before anything else sees question or history.
        """
        started = time.perf_counter()
        asked = screen(inquiry.question, inquiry.history)
        use_llm = inquiry.use_llm
        worked = self._work(asked.searched, asked.searched_history, inquiry.filters, use_llm=use_llm)
        worked = replace(worked, question=asked.question, notices=asked.notices)
        answered = worked.draft.outcome is not Outcome.NOT_FOUND
        if inquiry.plain and answered:
            yield from self._events.plainly(worked, self._plain_writer if use_llm else None)
        elif use_llm and self._writer is not None and answered:
            yield from self._events.written(worked, self._writer)
        else:
            yield from self._events.extracted(worked)
        _log.info("answered in %.1f ms", 1000 * (time.perf_counter() - started))

    def features(self, inquiry: Inquiry) -> Features | None:
        """What the confidence in the answer rests on; `None` where a rule answers by itself.

        Raises:
            InputError: the question is empty, too long or broken.
        """
        question = clean_question(inquiry.question)
        return self._work(question, inquiry.history, inquiry.filters, use_llm=False).features

    def _work(self, question: str, history: Sequence[Turn], filters: Filters, *, use_llm: bool) -> Worked:
        """Read, search, and answer: by rule where the question names a place or asks what holds; else judge."""
        reading = self._reader.read(question, history, filters, use_llm=use_llm)
        found = self._searcher.evidence(reading, rewrite=use_llm and not reading.places)
        if reading.places and not not_there(reading):
            return self._answerer.look_up(reading, found)
        if sides := self._searcher.sides(reading):
            found = replace(found, ranking=alternating([side.ranking for side in sides], found.ranking))
        if standing := self._standings.asked(reading, found):
            return self._answerer.stand(reading, found, standing)
        return self._answerer.answer(reading, found, sides=sides)

    def _meta_of(self, document_id: str) -> DocumentMeta:
        return self._library.document(document_id).meta

    def _clause_of(self, chunk: Chunk) -> Chunk:
        """The clause chunk that a sentence belongs to."""
        return self._library.chunk(chunk.parent_id or chunk.id)
