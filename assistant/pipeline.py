"""The one class that walks through every room: a question and the turns before it become an answer."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from assistant.answering.answerer import Judge
from assistant.answering.asked_words import AskedWords
from assistant.answering.belonging import Belonging
from assistant.answering.compose import Composer, proved_draft
from assistant.answering.confidence import Features, packaged_weights
from assistant.answering.in_force import document_asked, standing
from assistant.answering.named_places import NamedPlaces
from assistant.answering.refusal import Limits
from assistant.answering.select import Selector
from assistant.answering.select_parts import Chooser
from assistant.answering.stream import Teller
from assistant.answering.wrap_up import Finisher, Worked
from assistant.corpus.view import chosen, eligible
from assistant.errors import NotFoundError
from assistant.indexing.ports import LibraryPort
from assistant.proof.verifier import Checked, Verifier
from assistant.question.lay_words import Expander
from assistant.question.matters import Matters, load_matters
from assistant.question.places import Catalogue, Place
from assistant.question.reader import FollowUpPort, QueryReader
from assistant.question.understanding import Kind
from assistant.question.versions_asked import Families, VersionReader
from assistant.retrieval.by_turns import alternating, led_by
from assistant.retrieval.searcher import FindingPort, RewritingPort, Searcher
from assistant.safety.input_gate import clean_question, clean_text
from assistant.safety.personal.masking import mask
from assistant.safety.personal.screening import screen
from assistant.schema.answer import Answer, AnswerEvent, DoneEvent, Outcome, RelatedPolicy
from assistant.schema.chunk import Chunk, ChunkKind
from assistant.schema.document import Document, DocumentMeta
from assistant.schema.inquiry import Inquiry
from assistant.schema.retrieval import Filters, Query, Retrieved, Turn
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
        retriever: FindingPort,
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
        self._retriever = retriever
        self._expander = expander
        self._institutions = institutions
        self._writer = writer
        self._plain_writer = plain_writer
        self._today = today
        self._rights = rights
        self._related_to = related_to
        self._catalogue = Catalogue(self.documents())
        self._versions = VersionReader(self._catalogue, Families(self.documents()))
        self._reader = self._make_reader(follow_ups)
        self._searcher = Searcher(retriever, self._versions, rewriter=rewriter, today=today)
        self._places = NamedPlaces(library, self._versions, self._searcher, today=today)
        self._composer = Composer(clause_of=self._clause_of, meta_of=self._meta_of, institutions=institutions)
        matters = matters or load_matters()
        self._words = self._make_words(matters)
        self._judge = self._make_judge(matters, selector or Selector(institutions), limits or Limits())
        self._teller = self._make_teller()

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

        return ClauseRetriever(hybrid=self._retriever.hybrid, today=self._today, rights=self._rights)

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
        query = self._reader.read(asked.searched, asked.searched_history, inquiry.filters)
        found = self._searcher.ranked(query, rewrite=True)
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
            yield from self._teller.plainly(worked, self._plain_writer if use_llm else None)
        elif use_llm and self._writer is not None and answered:
            yield from self._teller.written(worked, self._writer)
        else:
            yield from self._teller.extracted(worked)
        _log.info("answered in %.1f ms", 1000 * (time.perf_counter() - started))

    def features(self, inquiry: Inquiry) -> Features | None:
        """What the confidence in the answer rests on; `None` where a rule answers by itself.

        Raises:
            InputError: the question is empty, too long or broken.
        """
        question = clean_question(inquiry.question)
        return self._work(question, inquiry.history, inquiry.filters, use_llm=False).features

    def _work(self, question: str, history: Sequence[Turn], filters: Filters, *, use_llm: bool) -> Worked:
        """Understand, retrieve, and answer by rule where the question names a place or asks what holds; else judge."""
        query = self._reader.read(question, history, filters, use_llm=use_llm)
        asked = self._reader.understand(query)
        allowed = eligible(self._library.documents, query, today=self._today())
        places = self._places.find(query, allowed)
        elsewhere = self._words.not_there(query, places)
        found = self._searcher.evidence(query, rewrite=use_llm and not places)
        if places and not elsewhere:
            return self._looked_up(question, query, found, self._places.with_counterpart(query, places))
        sides = self._searcher.sides(query)
        if sides:
            found = replace(found, ranking=alternating([side.ranking for side in sides], found.ranking))
        if asked.kind is Kind.VALIDITY and (subject := self._document_asked(query, found)):
            return self._stood(question, query, found, subject)
        return self._judge.judge(question, asked, query, found, allowed=allowed, sides=sides, elsewhere=elsewhere)

    def _looked_up(self, question: str, query: Query, found: Retrieved, places: Sequence[Place]) -> Worked:
        """The answer to a question that names its places: their own words, or that there is no such place."""
        chunks = self._places.sentences(places)
        draft = self._composer.looked_up(places, chunks)
        return Worked(
            question=question, query=query, found=led_by(found, chunks), draft=proved_draft(draft, self._institutions)
        )

    def _document_asked(self, query: Query, found: Retrieved) -> DocumentMeta | None:
        """The document whose force is asked about."""
        today = self._today()
        return document_asked(query, found, mentions=lambda t: self._versions.mentions(t, today=today), today=today)

    def _stood(self, question: str, query: Query, found: Retrieved, subject: DocumentMeta) -> Worked:
        """The answer to whether `subject` holds."""
        library = [self._library.document(meta.id) for meta in self.documents() if chosen(meta, query.filters)]
        ids = {document.id for document in library}
        sentences = [c for c in self._library.chunks(ChunkKind.SENTENCE) if c.document_id in ids]
        today = self._today()
        held = standing(subject, library, sentences, day=query.as_of or query.day or today)
        draft = self._composer.standing(held, today=today)
        return Worked(
            question=question,
            query=query,
            found=led_by(found, held.proof),
            draft=proved_draft(draft, self._institutions),
        )

    def _meta_of(self, document_id: str) -> DocumentMeta:
        return self._library.document(document_id).meta

    def _clause_of(self, chunk: Chunk) -> Chunk:
        """The clause chunk that a sentence belongs to."""
        return self._library.chunk(chunk.parent_id or chunk.id)

    # --- the parts, each with what it needs -------------------------------------------------

    def _make_reader(self, follow_ups: FollowUpPort | None) -> QueryReader:
        return QueryReader(
            sparse=self._library.sparse,
            catalogue=self._catalogue,
            versions=self._versions,
            expander=self._expander,
            institutions=self._institutions,
            follow_ups=follow_ups,
            rights=self._rights,
            today=self._today,
        )

    def _make_words(self, matters: Matters) -> AskedWords:
        return AskedWords(
            sparse=self._library.sparse,
            expander=self._expander,
            matters=matters,
            institutions=self._institutions,
            clause_of=self._clause_of,
        )

    def _make_judge(self, matters: Matters, selector: Selector, limits: Limits) -> Judge:
        chooser = Chooser(
            selector=selector,
            searcher=self._searcher,
            words=self._words,
            catalogue=self._catalogue,
            institutions=self._institutions,
        )
        belonging = Belonging(
            sparse=self._library.sparse,
            hybrid=self._retriever.hybrid,
            expander=self._expander,
            documents=lambda: [self._library.document(meta.id) for meta in self.documents()],
        )
        return Judge(
            library=self._library,
            chooser=chooser,
            words=self._words,
            belonging=belonging,
            composer=self._composer,
            expander=self._expander,
            institutions=self._institutions,
            matters=matters,
            limits=limits,
            clause_of=self._clause_of,
        )

    def _make_teller(self) -> Teller:
        finisher = Finisher(
            generation=self._fingerprint,
            weights=packaged_weights(),
            title_of=lambda document_id: self._meta_of(document_id).title,
            related_to=self.related_to,
        )
        return Teller(finisher, self._composer)
