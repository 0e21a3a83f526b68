"""The one class that walks through every room: a question and the turns before it become an answer."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from assistant.answering.answerer import Answerer
from assistant.answering.asked_words import not_there
from assistant.answering.in_force import Standings
from assistant.answering.stream import AnswerStream
from assistant.answering.wrap_up import Worked
from assistant.corpus.view import LibraryView, Views
from assistant.models.in_time import out_of_use
from assistant.models.protocols import CosineScale, Embedder, Vectors, scale_of
from assistant.models.stage_times import stage
from assistant.proof.verifier import Checked, Verifier
from assistant.question.reader import QuestionReader
from assistant.question.reading import Reading
from assistant.question.short_titles import speaks_of_this_paper
from assistant.retrieval.by_turns import alternating
from assistant.retrieval.searcher import Searcher
from assistant.safety.input_gate import clean_question, clean_text
from assistant.safety.personal.masking import mask
from assistant.safety.personal.screening import screen
from assistant.schema.answer import Answer, AnswerEvent, DoneEvent, Outcome, RelatedPolicy
from assistant.schema.document import Document, DocumentMeta
from assistant.schema.inquiry import Inquiry
from assistant.schema.retrieval import Retrieved
from assistant.writing.gate import LlmComposer
from assistant.writing.plain import PlainWriter

if TYPE_CHECKING:
    from assistant.retrieval.as_langchain import ClauseRetriever

_log = logging.getLogger(__name__)
_TURNS_HEARD = 1.0  # log-odds; found on held-out documents, docs/retrieval.md


@dataclass(frozen=True, kw_only=True)
class Rooms:
    """What answers over one view of the library."""

    view: LibraryView
    reader: QuestionReader
    searcher: Searcher
    standings: Standings
    answerer: Answerer
    events: AnswerStream
    related_to: Callable[[str, str], tuple[RelatedPolicy, ...]]  # the policies beside a clause
    make_verifier: Callable[[], Verifier]  # called once, when a text is first handed in
    make_nearest: Callable[[], Rooms | None] = lambda: None  # called once, when “this paper” is first asked about

    @cached_property
    def nearest(self) -> Rooms | None:
        """The same without the statutes of the country, where it holds others as well."""
        return self.make_nearest()

    @cached_property
    def verifier(self) -> Verifier:
        return self.make_verifier()


class PolicyAssistant:
    """Answers questions over one opened index. Holds nothing about any user; safe for several threads.

    Args:
        views: the library as different people may see it. Every method takes the rights of whoever asks; without
            them those count that this process was started with. What may not be seen does not exist.
        furnish: makes the rooms over one view; called once for each.
        generation: the fingerprint of the index that answers.
        embedder: the model that the index was built with.
        writer: lets a language model write the answer; without it answers are extractive.
        plain_writer: lets it put an extractive answer into plain words when that is asked for.
    """

    def __init__(
        self,
        views: Views,
        furnish: Callable[[LibraryView], Rooms],
        *,
        generation: str,
        embedder: Embedder,
        writer: LlmComposer | None = None,
        plain_writer: PlainWriter | None = None,
    ) -> None:
        self._views = views
        self._furnish = furnish
        self._generation = generation
        self._embedder = embedder
        self._writer = writer
        self._plain_writer = plain_writer
        self._lock = Lock()
        self._furnished: dict[frozenset[str], Rooms] = {}
        self._rooms(None)  # at once, so that the first question need not wait

    @property
    def generation(self) -> str:
        """The fingerprint of the index that answers."""
        return self._generation

    @property
    def degraded(self) -> tuple[str, ...]:
        """What every answer has to do without, as `Answer.degraded` has it."""
        return (*self._views.degraded, "dense") if out_of_use(self._embedder) else self._views.degraded

    @property
    def opened(self) -> tuple[Path, str] | None:
        """The folder of the index that answers, and what its manifest hashed to; `None` where it lies in none."""
        return self._views.opened

    @property
    def embedder_id(self) -> str:
        return self._embedder.id

    @property
    def cosine_scale(self) -> CosineScale:
        """What brings cosines of that model onto those that limits are written for."""
        return scale_of(self._embedder)

    def embed(self, texts: Sequence[str], *, as_queries: bool) -> Vectors:
        """Vectors of texts by the model that the index was built with: as questions, or as passages.

        Raises:
            ModelError: the model is not there.
        """
        return self._embedder.embed_queries(texts) if as_queries else self._embedder.embed_documents(texts)

    @property
    def llm_id(self) -> str | None:
        return self._writer.model_id if self._writer else None

    @property
    def plain_writer(self) -> PlainWriter | None:
        """What puts statements into plain words, where a language model is set."""
        return self._plain_writer

    @property
    def retriever(self) -> ClauseRetriever:
        """The same retrieval as a LangChain `BaseRetriever`, for chains, agents and tracers of others."""
        return self.retriever_for(None)

    def retriever_for(self, rights: frozenset[str] | None) -> ClauseRetriever:
        """The same for holders of `rights`."""
        from assistant.retrieval.as_langchain import ClauseRetriever

        rooms = self._rooms(rights)
        return ClauseRetriever(find=lambda question: rooms.searcher.find(rooms.reader.bare(question)))

    def documents(self, rights: frozenset[str] | None = None) -> tuple[DocumentMeta, ...]:
        """Every document of the library that may be seen."""
        return self._views.of(rights).documents

    def hidden(self, rights: frozenset[str] | None = None) -> tuple[DocumentMeta, ...]:
        """Every document of the library that may not be seen."""
        return self._views.of(rights).hidden

    def document(self, document_id: str, rights: frozenset[str] | None = None) -> Document:
        """One document with its clause tree.

        Raises:
            NotFoundError: the library does not hold it, or it may not be seen: no one can tell which.
        """
        return self._views.of(rights).document(document_id)

    def verify(
        self, text: str, *, as_of: date | None = None, rights: frozenset[str] | None = None
    ) -> tuple[Checked, ...]:
        """Every sentence of `text`, personal data masked, with its verdict and the clauses it was held against.

        Raises:
            InputError: the text is empty, too long or broken.
        """
        return self._rooms(rights).verifier.check_text(mask(clean_text(text)).text, as_of=as_of)

    @property
    def verifier(self) -> Verifier:
        """The proof over any text, against the documents that this process may show."""
        return self._rooms(None).verifier

    def related_to(
        self, document_id: str, address: str, rights: frozenset[str] | None = None
    ) -> tuple[RelatedPolicy, ...]:
        """Pointers to the policies beside one clause; their words are not in the library."""
        return self._rooms(rights).related_to(document_id, address)

    def search(self, inquiry: Inquiry, *, limit: int = 10) -> Retrieved:
        """The ranking alone, its first `limit` lines.

        Raises:
            InputError: the question is empty, too long or broken, or holds a password.
        """
        asked = screen(inquiry.question, inquiry.history)
        rooms = self._rooms(inquiry.rights)
        searched = replace(inquiry, question=asked.searched, history=tuple(asked.searched_history))
        rooms, reading = _asked_of(rooms, searched, use_llm=False)
        found = rooms.searcher.ranked(reading.query, rewrite=True)
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
        rooms, use_llm = self._rooms(inquiry.rights), inquiry.use_llm
        searched = replace(inquiry, question=asked.searched, history=tuple(asked.searched_history))
        rooms, worked = _worked(rooms, searched, use_llm=use_llm)
        worked = replace(worked, question=asked.question, notices=asked.notices)
        if inquiry.plain and worked.answered:
            yield from rooms.events.plainly(worked, self._plain_writer if use_llm else None)
        elif use_llm and self._writer is not None and worked.answered:
            yield from rooms.events.written(worked, self._writer)
        else:
            yield from rooms.events.extracted(worked)
        _log.info("answered in %.1f ms", 1000 * (time.perf_counter() - started))

    def work(self, inquiry: Inquiry) -> Worked:
        """Everything that is found out about a question, before it is put into words: what the confidence is fitted to.

        Raises:
            InputError: the question is empty, too long or broken.
        """
        question = clean_question(inquiry.question)
        rooms = self._rooms(inquiry.rights)
        return _worked(rooms, replace(inquiry, question=question), use_llm=False)[1]

    def _rooms(self, rights: frozenset[str] | None) -> Rooms:
        """The rooms over what holders of `rights` may see."""
        view = self._views.of(rights)
        with self._lock:
            if view.rights not in self._furnished:
                self._furnished[view.rights] = replace(
                    self._furnish(view), make_nearest=lambda: self._furnish(view.nearest) if view.nearest else None
                )
            return self._furnished[view.rights]


def _worked(rooms: Rooms, asked: Inquiry, *, use_llm: bool) -> tuple[Rooms, Worked]:
    """What is found out about a question; read both ways where it may go on from the turns before or be a new one."""
    with stage("read"):
        rooms, reading = _asked_of(rooms, asked, use_llm=use_llm)
    worked = _work(rooms, reading, use_llm=use_llm)
    if not (reading.query.turn_unsure and reading.query.context):
        return rooms, worked
    alone = rooms.reader.read_again(asked.question, reading, asked.filters, alone=True)
    other = _work(rooms, alone, use_llm=use_llm)
    return rooms, other if _heard_better(other, worked) else worked


def _heard_better(alone: Worked, joined: Worked) -> bool:
    """Whether the question by itself finds its answer as well as behind the turns before.

    Their words bring sentences of their own that answer them, hence the handicap. Where neither way finds anything, it
    stands by itself: questions asked in vain would else be joined to one another, turn by turn.
    """
    if alone.heard is None or joined.heard is None:
        return False
    if {alone.draft.outcome, joined.draft.outcome} == {Outcome.NOT_FOUND}:
        return True
    return alone.heard > joined.heard - _TURNS_HEARD


def _asked_of(rooms: Rooms, asked: Inquiry, *, use_llm: bool) -> tuple[Rooms, Reading]:
    """What is read, and over which documents: those other than statutes where 这个文件, 全文 is asked about."""
    reading = rooms.reader.read(asked.question, asked.history, asked.filters, use_llm=use_llm, follows=asked.follows)
    if not speaks_of_this_paper(reading.standalone):
        return rooms, reading
    nearest = rooms.nearest
    if nearest is None or not _leaves_open(reading, nearest):
        return rooms, reading
    return nearest, nearest.reader.read_again(asked.question, reading, asked.filters)


def _leaves_open(reading: Reading, nearest: Rooms) -> bool:
    """Whether a question says neither which text it asks of nor that it asks of the law, nor of a text as such."""
    query = reading.query
    chosen = query.filters.document_ids or query.filters.levels or query.versions or query.pair
    placed = reading.places or reading.unplaced or reading.of_document or reading.sides or reading.subjects
    return not (chosen or placed or reading.statutes) and query.named <= {m.id for m in nearest.view.documents}


def _work(rooms: Rooms, reading: Reading, *, use_llm: bool) -> Worked:
    """Search, and answer: by rule where the question names a place or asks of a document; else judge."""
    with stage("search"):
        found = rooms.searcher.evidence(reading, rewrite=use_llm and not reading.places)
    with stage("answer"):
        return _answered(rooms, reading, found)


def _answered(rooms: Rooms, reading: Reading, found: Retrieved) -> Worked:
    if reading.places and not not_there(reading):
        return rooms.answerer.look_up(reading, found)
    if reading.unplaced:
        return rooms.answerer.ask_back(reading, found)
    if sides := rooms.searcher.sides(reading):
        found = replace(found, ranking=alternating([side.ranking for side in sides], found.ranking))
    standing = rooms.standings.asked(reading, found)
    if reading.of_document and not (standing and standing.settled):
        return rooms.answerer.tell(reading, reading.of_document, found)
    if standing:
        return rooms.answerer.stand(reading, found, standing)
    return rooms.answerer.answer(reading, found, sides=sides)
