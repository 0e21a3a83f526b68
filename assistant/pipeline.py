"""The one class that walks through every room: a question and the turns before it become an answer."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from assistant.dialogue.facets import facets
from assistant.dialogue.standalone import stand_alone
from assistant.dialogue.understanding import (
    Institutions,
    Kind,
    Understanding,
    asking_part,
    single,
    understand,
    without_assumed_ban,
    without_orders,
)
from assistant.errors import ModelError, NotFoundError
from assistant.generation.abstain import Limits, Signals, abstention
from assistant.generation.compose import Composer, Draft
from assistant.generation.llm import GateReport, LlmComposer, notice_for
from assistant.generation.plain import NO_MODEL, NOT_WRITTEN, FollowUpWriter, PlainWriter
from assistant.generation.selection import GENERIC, Selection, Selector
from assistant.generation.validity import standing
from assistant.retrieval.by_turns import by_turns
from assistant.retrieval.expand import Concept, Expander
from assistant.retrieval.filters import eligible, in_force, visible
from assistant.retrieval.hybrid import HybridRetriever, LibraryPort
from assistant.retrieval.lookup import Catalogue, Place, find_places
from assistant.schema.answer import (
    Answer,
    AnswerEvent,
    Citation,
    DeltaEvent,
    DoneEvent,
    Mode,
    Outcome,
    RelatedPolicy,
    SourcesEvent,
    Statement,
)
from assistant.schema.chunk import Chunk, ChunkId, ChunkKind
from assistant.schema.document import Document, DocumentMeta
from assistant.schema.retrieval import Hit, Query, Retrieved, Turn
from assistant.text.folding import fold, squeeze
from assistant.text.intrusions import intrusive
from assistant.text.questions import clean_question
from assistant.text.segment import terms_in

if TYPE_CHECKING:
    from assistant.retrieval.as_langchain import ClauseRetriever

_log = logging.getLogger(__name__)
_MOST_CLAUSES_FOR_MODEL = 5
_TELLING_TERM = 3  # characters; a shorter term does not tell what a question is about
_SPEAKING_TERM = 4  # characters; shorter terms (贷款, 保险) name no matter by themselves
_COMMON_TERMS = frozenset(
    {"小微企业", "中小企业", "普惠金融", "银行机构", "监管部门", "金融机构", "商业银行", "保险公司"}
)
_NEAR_THE_END = 40  # characters: what is asked about stands there, what comes before is the story
_DEGRADED = {"dense": "向量模型暂不可用，本次只按词语检索，结果可能不全。"}


class FindingPort(Protocol):
    """What the pipeline asks of retrieval: `Finder`, or `ClauseRetriever` where LangChain is loaded anyway."""

    @property
    def hybrid(self) -> HybridRetriever: ...
    def find(self, query: Query) -> Retrieved: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Worked:
    """A question with all that was found out about it."""

    question: str
    query: Query
    found: Retrieved
    draft: Draft


class PolicyAssistant:
    """Answers questions over one opened index. Holds nothing about any user; safe for several threads.

    Args:
        fingerprint: of the index that answers.
        writer: lets a language model write the answer; without it answers are extractive.
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
        writer: LlmComposer | None = None,
        plain_writer: PlainWriter | None = None,
        follow_ups: FollowUpWriter | None = None,
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
        self._follow_ups = follow_ups
        self._selector = selector or Selector(institutions)
        self._limits = limits or Limits()
        self._today = today
        self._rights = rights
        self._related_to = related_to
        self._catalogue = Catalogue([meta for meta in library.documents if visible(meta, rights)])
        self._composer = Composer(clause_of=self._clause_of, meta_of=lambda i: library.document(i).meta)

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
        return tuple(meta for meta in self._library.documents if visible(meta, self._rights))

    def document(self, document_id: str) -> Document:
        """One document with its clause tree.

        Raises:
            NotFoundError: the library does not hold it, or it may not be seen: no one can tell which.
        """
        document = self._library.document(document_id)
        if not visible(document.meta, self._rights):
            raise NotFoundError("文件库中没有这份文件，请先查看文件列表。")
        return document

    def related_to(self, document_id: str, address: str) -> tuple[RelatedPolicy, ...]:
        """Pointers to the policies beside one clause; their words are not in the library."""
        return self._related_to(document_id, address) if self._related_to else ()

    def search(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        limit: int = 10,
        document_ids: frozenset[str] | None = None,
    ) -> Retrieved:
        """The ranking alone, its first `limit` lines.

        Raises:
            InputError: the question is empty, too long or broken.
        """
        found = self._retriever.find(self._query(clean_question(question), history, None, document_ids))
        return replace(found, ranking=found.ranking[:limit], evidence=found.evidence[:limit])

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        as_of: date | None = None,
        document_ids: frozenset[str] | None = None,
        use_llm: bool = True,
        plain: bool = False,
    ) -> Answer:
        """The whole answer.

        Args:
            history: the turns before, oldest first; only the user's are read.
            as_of: the day the question is about; today without it.
            document_ids: rest on these documents only.
            use_llm: False keeps a configured language model out.
            plain: the answer is extractive, and `Answer.plain` says it in plain words where a model is there.

        Raises:
            InputError: the question is empty, too long or broken.
        """
        events = self.stream(
            question, history=history, as_of=as_of, document_ids=document_ids, use_llm=use_llm, plain=plain
        )
        return next(event.answer for event in events if isinstance(event, DoneEvent))

    def stream(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        as_of: date | None = None,
        document_ids: frozenset[str] | None = None,
        use_llm: bool = True,
        plain: bool = False,
    ) -> Iterator[AnswerEvent]:
        """The answer in pieces: one `SourcesEvent`, `DeltaEvent`s, one `DoneEvent`. Arguments as of `ask`."""
        started = time.perf_counter()
        worked = self._work(clean_question(question), history, as_of, document_ids, use_llm=use_llm)
        answered = worked.draft.outcome is not Outcome.NOT_FOUND
        if plain and answered:
            yield from self._plainly(worked, self._plain_writer if use_llm else None)
        elif use_llm and self._writer is not None and answered:
            yield from self._written(worked, self._writer)
        else:
            yield from self._extracted(worked)
        _log.info("answered in %.1f ms", 1000 * (time.perf_counter() - started))

    def _work(
        self,
        question: str,
        history: Sequence[Turn],
        as_of: date | None,
        document_ids: frozenset[str] | None,
        *,
        use_llm: bool,
    ) -> _Worked:
        """Understand, retrieve, choose, and draft the extractive answer."""
        query = self._query(question, history, as_of, document_ids, use_llm=use_llm)
        asked = self._understand(query)
        found = _quotable(self._retriever.find(replace(query, standalone=without_assumed_ban(query.standalone))))
        allowed = eligible(self._library.documents, query, today=self._today())
        places = find_places(query.text, self._catalogue, eligible=allowed, load=self._library.document)
        if places:
            return self._looked_up(question, query, found, places)
        if asked.kind is Kind.VALIDITY and (subject := self._document_asked(query, found)):
            return self._stood(question, query, found, subject)
        everything = [c for c in self._library.chunks(ChunkKind.SENTENCE) if c.document_id in allowed]
        selection, found = self._select(asked, query, found, everything)
        selection = replace(selection, picks=tuple(p for p in selection.picks if not intrusive(p.chunk.plain)))
        documents = [self._library.document(meta.id) for meta in self._library.documents if meta.id in allowed]
        why = abstention(
            asked,
            query,
            found,
            selection,
            signals=self._signals(query, found),
            limits=self._limits,
            institutions=self._institutions,
            documents=documents,
        )
        if why is None:
            draft = self._composer.answer(asked, query.standalone, selection)
        else:
            draft = self._composer.refusal(why, found.evidence, [d.meta for d in documents])
        return _Worked(question=question, query=query, found=found, draft=draft)

    def _looked_up(self, question: str, query: Query, found: Retrieved, places: Sequence[Place]) -> _Worked:
        """The answer to a question that names its places: their own words, or that there is no such place."""
        chunks: dict[ChunkId, Chunk] = {}
        for place in places:
            chunks.update({chunk.id: chunk for chunk in self._sentences_in(place)})
        draft = self._composer.looked_up(places, list(chunks.values()))
        return _Worked(question=question, query=query, found=_led_by(found, chunks.values()), draft=draft)

    def _document_asked(self, query: Query, found: Retrieved) -> DocumentMeta | None:
        """The document whose force is asked about: the one named, else the one that the best sentence ends."""
        texts = [query.text, query.standalone]
        if found.evidence and found.evidence[0].sentences:
            best = max(found.evidence[0].sentences, key=lambda s: (s.score, s.chunk.id)).chunk.plain
            texts += [best] if "废止" in best else []
        day = query.as_of or self._today()
        for text in texts:
            named = [d for m in self._catalogue.mentions(text)[:1] for d in m.documents if _within(query, d)]
            if named:
                return max(named, key=lambda m: (in_force(m, day), m.effective_on or date.min, m.id))
        return None

    def _stood(self, question: str, query: Query, found: Retrieved, subject: DocumentMeta) -> _Worked:
        """The answer to whether `subject` holds."""
        library = [self._library.document(meta.id) for meta in self.documents() if _within(query, meta)]
        ids = {document.id for document in library}
        sentences = [c for c in self._library.chunks(ChunkKind.SENTENCE) if c.document_id in ids]
        today = self._today()
        held = standing(subject, library, sentences, day=query.as_of or today)
        draft = self._composer.standing(held, today=today)
        return _Worked(question=question, query=query, found=_led_by(found, held.proof), draft=draft)

    def _sentences_in(self, place: Place) -> list[Chunk]:
        """The sentences of a place, in the order of the text."""
        if place.clause is None:
            return []
        span = place.clause.span
        return [
            chunk
            for chunk in self._library.chunks(ChunkKind.SENTENCE)
            if chunk.document_id == place.document.id and chunk.span in span and not intrusive(chunk.plain)
        ]

    def _query(
        self,
        question: str,
        history: Sequence[Turn],
        as_of: date | None,
        document_ids: frozenset[str] | None,
        *,
        use_llm: bool = False,
    ) -> Query:
        whole = stand_alone(question, history, names_topic=self._names_topic)
        if use_llm and self._follow_ups is not None and whole.context:
            written = self._follow_ups.rewrite(without_orders(question), [without_orders(t) for t in whole.context])
            whole = replace(whole, text=written or whole.text)
        return Query(
            text=without_orders(question),
            standalone=without_orders(whole.text),
            context=whole.context,
            as_of=as_of,
            document_ids=document_ids,
            rights=self._rights,
            named=self._named(without_orders(whole.text)),
        )

    def _named(self, question: str) -> frozenset[str]:
        """The documents that `question` names, unless a part of it names none and may mean another."""
        parts = facets(question) or (question,)
        if not all(self._catalogue.mentions(part) for part in parts):
            return frozenset()
        return frozenset(d.id for m in self._catalogue.mentions(question) for d in m.documents)

    def _names_topic(self, text: str) -> bool:
        """Whether `text` speaks of a matter of policy, in lay words or in terms that say more than 小微企业."""
        return bool(self._expander.concepts(text)) or any(
            len(term) >= _SPEAKING_TERM and term not in _COMMON_TERMS for term in terms_in(text)
        )

    def _understand(self, query: Query) -> Understanding:
        """What the last turn asks; whom it asks about may stand in the turns before."""
        asked = understand(query.text, self._institutions)
        if asked.institutions or not query.context:
            return asked
        return replace(asked, institutions=understand(query.context[-1], self._institutions).institutions)

    def _select(
        self, asked: Understanding, query: Query, found: Retrieved, everything: Sequence[Chunk]
    ) -> tuple[Selection, Retrieved]:
        """The sentences that answer the question; when it asks several things, each part is searched too.

        The ranking then goes by turns: the best of the whole, then the best of each part.
        """
        terms = self._expander.terms(query.standalone) + terms_in(query.standalone)
        focus = self._focus(query.text)
        whole = self._selector.select(asked, query.standalone, found, everything, terms=terms, focus=focus)
        if not asked.several or whole.exhaustive:
            return whole, found
        parts = [
            (single(understand(part, self._institutions)), self._find_part(query, part)) for part in facets(query.text)
        ]
        if parts:
            found = replace(found, ranking=by_turns(found.ranking, [part.ranking for _, part in parts]))
        specific = [name for name in asked.institutions if name not in GENERIC]
        if not parts and len(specific) > 1:
            parts = [(replace(single(asked), institutions=(name,)), found) for name in specific]
        if not parts:
            return whole, found
        return self._selector.select_parts(parts, whole, everything, terms=terms), found

    def _find_part(self, query: Query, part: str) -> Retrieved:
        """The evidence for one part of a question, out of the document that the part itself names.

        A choice of documents made by whoever asks is never widened.
        """
        mentions = self._catalogue.mentions(part)
        named = frozenset(d.id for d in mentions[0].documents if _within(query, d)) if len(mentions) == 1 else None
        return _quotable(
            self._retriever.find(replace(query, text=part, standalone=part, document_ids=named or query.document_ids))
        )

    def _focus(self, question: str) -> tuple[str, ...]:
        """Words of the library and policy terms in the part of `question` that asks."""
        part = asking_part(question)
        known, _ = self._library.sparse.vocabulary(part)
        return tuple(dict.fromkeys((*known, *self._expander.terms(part))))

    def _signals(self, query: Query, found: Retrieved) -> Signals:
        known, unknown = self._library.sparse.vocabulary(
            " ".join((query.standalone, *self._retriever.hybrid.meant(query.standalone)))
        )
        terms = [
            term for term in terms_in(query.standalone) if len(term) >= _TELLING_TERM and term not in _COMMON_TERMS
        ]
        return Signals(
            dense=max((e.dense for e in found.evidence), default=0.0) if "dense" not in found.degraded else None,
            known_words=len(known),
            unknown_words=len(unknown),
            concepts=len(self._expander.concepts(query.standalone)),
            known_terms=tuple(term for term in terms if fold(term) in known),
            unknown_terms=tuple(term for term in terms if self._foreign(fold(term))),
            untreated=self._untreated(query),
        )

    def _untreated(self, query: Query) -> tuple[str, ...]:
        """Matters of the table that the question speaks of and no document does; none when it asks of another.

        发不出工资，能续贷吗 tells of wages and asks of renewal.
        """
        near = query.text[-_NEAR_THE_END:]
        strange = [c for c in self._expander.concepts(near) if c.beside and not self._treats(c)]
        if not strange:
            return ()
        part = asking_part(query.text)
        treated = any(self._treats(c) for c in self._expander.concepts(part)) or any(
            self._uses(term) for term in terms_in(part) if term not in _COMMON_TERMS
        )
        return () if treated else tuple(c.name for c in strange)

    def _treats(self, concept: Concept) -> bool:
        """Whether a document uses a policy term of `concept`."""
        return any(self._uses(term) for term in concept.policy)

    def _uses(self, term: str) -> bool:
        """Whether a document uses `term`."""
        return any(fold(term) in text for text in self._texts)

    @cached_property
    def _texts(self) -> tuple[str, ...]:
        """The words of every document that may be seen, folded for searching."""
        return tuple(squeeze(fold(self._library.document(meta.id).text)) for meta in self.documents())

    def _foreign(self, term: str) -> bool:
        """Whether the library knows neither `term` nor all the words it is made of: 小微贷款 is made of known ones."""
        _, unknown = self._library.sparse.vocabulary(term)
        return term in unknown and len(unknown) > 1

    def _clause_of(self, chunk: Chunk) -> Chunk:
        return self._library.chunk(chunk.parent_id or chunk.id)

    def _extracted(self, worked: _Worked, *, notices: tuple[str, ...] = ()) -> Iterator[AnswerEvent]:
        """The extractive answer, a line at a time."""
        draft = worked.draft
        yield SourcesEvent(citations=draft.citations or draft.nearest, standalone_question=worked.query.standalone)
        for line in draft.text.splitlines(keepends=True):
            yield DeltaEvent(text=line)
        yield DoneEvent(
            answer=self._answer(worked, draft.text, draft.statements, draft.citations, Mode.EXTRACTIVE, notices)
        )

    def _plainly(self, worked: _Worked, writer: PlainWriter | None) -> Iterator[AnswerEvent]:
        """The extractive answer and, where a model is there, its plain version."""
        *events, last = self._extracted(worked)
        assert isinstance(last, DoneEvent)
        yield from events
        if writer is None:
            yield DoneEvent(answer=replace(last.answer, notices=(*last.answer.notices, NO_MODEL)))
            return
        try:
            plain = writer.write(last.answer.statements)
        except ModelError as error:
            _log.info("no plain words: %s", error.code)
            yield DoneEvent(answer=replace(last.answer, notices=(*last.answer.notices, NOT_WRITTEN)))
            return
        notices = last.answer.notices if plain.reworded else (*last.answer.notices, NOT_WRITTEN)
        yield DoneEvent(answer=replace(last.answer, plain=plain if plain.reworded else None, notices=notices))

    def _written(self, worked: _Worked, writer: LlmComposer) -> Iterator[AnswerEvent]:
        """The model's answer as far as it is proved, else the extractive one with a notice."""
        offered = self._offered(worked)
        passed: list[Statement] = []
        with closing(writer.stream(worked.query, worked.found.evidence, offered, worked.draft.statements)) as proved:
            for statement in proved:
                if not passed:
                    yield SourcesEvent(citations=offered, standalone_question=worked.query.standalone)
                passed.append(statement)
                yield DeltaEvent(text=_spoken(statement))
            report = proved.report
        if not passed:
            yield from self._extracted(worked, notices=(_notice(report),))
            return
        if not report.usable:  # only the clauses' own words went out: say the rest of them too
            said = {statement.text for statement in passed}
            for statement in (s for s in worked.draft.statements if s.text not in said):
                passed.append(statement)
                yield DeltaEvent(text=_spoken(statement))
        yield DoneEvent(answer=self._written_answer(worked, offered, passed, report))

    def _written_answer(
        self, worked: _Worked, offered: Sequence[Citation], passed: Sequence[Statement], report: GateReport
    ) -> Answer:
        used = {number for statement in passed for number in statement.citations}
        return self._answer(
            worked,
            "".join(_spoken(statement) for statement in passed),
            tuple(passed),
            tuple(_with_quotes(c, passed) for c in offered if c.number in used),
            report.mode,
            () if report.usable and report.error is None else (_notice(report),),
            prompt_version=self._writer.prompt_version if self._writer and report.usable else None,
        )

    def _offered(self, worked: _Worked) -> tuple[Citation, ...]:
        """What the model may cite: the clauses of the extractive answer, then the next best."""
        own = worked.draft.citations
        held = {c.clause_id for c in own}
        more = [
            max(e.sentences, key=lambda s: (s.score, s.chunk.id)).chunk
            for e in worked.found.evidence
            if e.chunk.id not in held and e.sentences
        ]
        room = max(0, _MOST_CLAUSES_FOR_MODEL - len(own))
        extra = self._composer.citations(more[:room])
        return (*own, *(replace(c, number=n) for n, c in enumerate(extra, start=len(own) + 1)))

    def _answer(
        self,
        worked: _Worked,
        text: str,
        statements: tuple[Statement, ...],
        citations: tuple[Citation, ...],
        mode: Mode,
        notices: tuple[str, ...],
        *,
        prompt_version: str | None = None,
    ) -> Answer:
        degraded = worked.found.degraded
        return Answer(
            question=worked.question,
            standalone_question=worked.query.standalone,
            outcome=worked.draft.outcome,
            mode=mode,
            text=text,
            statements=statements,
            citations=citations,
            nearest=worked.draft.nearest,
            notices=(*notices, *(_DEGRADED[part] for part in degraded if part in _DEGRADED)),
            generation=self._fingerprint,
            degraded=degraded,
            ranked_clauses=tuple(str(hit.chunk_id) for hit in worked.found.ranking),
            related=self._beside(citations),
            prompt_version=prompt_version,
        )

    def _beside(self, citations: Sequence[Citation]) -> tuple[RelatedPolicy, ...]:
        """The policies beside the cited clauses, each once, with the numbers of the citations."""
        found: dict[str, RelatedPolicy] = {}
        for citation in citations:
            for policy in self.related_to(citation.document_id, citation.address):
                held = found.get(policy.id, policy)
                found[policy.id] = replace(held, citations=(*held.citations, citation.number))
        return tuple(found.values())


def _within(query: Query, meta: DocumentMeta) -> bool:
    """Whether `meta` is among the documents that whoever asks has chosen; without a choice all are."""
    return query.document_ids is None or meta.id in query.document_ids


def _quotable(found: Retrieved) -> Retrieved:
    """`found` without sentences that order a machine about or lead elsewhere, and clauses of nothing else."""
    evidence = (
        replace(e, sentences=tuple(s for s in e.sentences if not intrusive(s.chunk.plain))) for e in found.evidence
    )
    return replace(found, evidence=tuple(e for e in evidence if e.sentences))


def _led_by(found: Retrieved, sentences: Iterable[Chunk]) -> Retrieved:
    """`found` with the clauses of `sentences` at the head of its ranking."""
    first = tuple(dict.fromkeys(chunk.parent_id for chunk in sentences if chunk.parent_id))
    best = max((hit.score for hit in found.ranking), default=0.0)
    head = [Hit(chunk_id=i, rank=n, score=best, retriever="lookup") for n, i in enumerate(first, start=1)]
    rest = [hit for hit in found.ranking if hit.chunk_id not in first]
    tail = [replace(hit, rank=n, retriever="lookup") for n, hit in enumerate(rest, start=len(first) + 1)]
    return replace(found, ranking=(*head, *tail))


def _notice(report: GateReport) -> str:
    """What the user reads when the model's words were not, or not all, used."""
    if report.error is None and report.declined:
        return "语言模型未能依据条款作答，以下为条款摘录。"
    return notice_for(report.error)


def _spoken(statement: Statement) -> str:
    """A proved sentence as it runs in the text."""
    return statement.text + "".join(f"[{n}]" for n in statement.citations)


def _with_quotes(citation: Citation, passed: Sequence[Statement]) -> Citation:
    """The citation with those of its quotes that the answer repeats, if it repeats any."""
    repeated = [
        (quote, span)
        for quote, span in zip(citation.quotes, citation.spans, strict=True)
        if any(citation.number in s.citations and ((s.quoted and s.text in quote) or quote in s.text) for s in passed)
    ]
    kept = repeated or list(zip(citation.quotes, citation.spans, strict=True))
    return replace(citation, quotes=tuple(q for q, _ in kept), spans=tuple(s for _, s in kept))
