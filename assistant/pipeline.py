"""The one class that walks through every room: a question and the turns before it become an answer."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from itertools import zip_longest
from typing import TYPE_CHECKING, Protocol

from assistant.dialogue.facets import facets
from assistant.dialogue.matters import DEFAULT, Matter, Matters, load_matters
from assistant.dialogue.standalone import stand_alone
from assistant.dialogue.understanding import (
    CLAIMED_OF_PLACE,
    Institutions,
    Kind,
    Understanding,
    asking_part,
    asks_outright,
    single,
    understand,
    without_assumed_ban,
    without_orders,
)
from assistant.errors import InputError, ModelError, NotFoundError
from assistant.generation.abstain import Abstention, Limits, Reason, Signals, abstention, unstated
from assistant.generation.compose import Composer, Draft, proved_draft
from assistant.generation.confidence import Features, packaged_weights
from assistant.generation.coverage import coverage, names_something
from assistant.generation.llm import GateReport, LlmComposer, notice_for
from assistant.generation.plain import NO_MODEL, NOT_WRITTEN, FollowUpWriter, PlainWriter
from assistant.generation.rewriting import Rewriting
from assistant.generation.selection import GENERIC, AskedPart, Selection, Selector
from assistant.generation.validity import standing
from assistant.generation.verify import Checked, Verifier
from assistant.retrieval.by_turns import by_turns
from assistant.retrieval.expand import Concept, Expander
from assistant.retrieval.filters import addresses, chosen, eligible, in_force, visible
from assistant.retrieval.hybrid import HybridRetriever, LibraryPort
from assistant.retrieval.lookup import (
    Catalogue,
    Mention,
    Place,
    find_places,
    following_places,
    names_place,
    plain_places,
)
from assistant.retrieval.parts import Part, parts_of
from assistant.retrieval.versions import Families, VersionReader, without_days, without_versions
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
from assistant.schema.document import UNIT_LEVELS, Clause, Document, DocumentMeta
from assistant.schema.retrieval import Filters, Hit, Query, Retrieved, Turn
from assistant.text.folding import fold, squeeze
from assistant.text.intrusions import intrusive
from assistant.text.personal.masking import mask
from assistant.text.personal.screening import screen
from assistant.text.questions import clean_question, clean_text
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
_WHOLE_CHARACTERS = 6
# Words of any question, and whom it asks about: they do not say what it is about.
_EVERYDAY = frozenset(
    {
        *(
            "可以",
            "没有",
            "不能",
            "自己",
            "一个",
            "有人",
            "要求",
            "规定",
            "处理",
            "以后",
            "时间",
            "知道",
            "问题",
            "情况",
        ),
        *(
            "需要",
            "应当",
            "能够",
            "进行",
            "注意",
            "一次",
            "一年",
            "方面",
            "内容",
            "有关",
            "相关",
            "其他",
            "情形",
            "具体",
        ),
        *("银行", "企业", "公司", "机构", "部门", "客户", "个人", "单位", "监管", "监管部门", "保险公司", "银行机构"),
    }
)
_NOT_JUDGED = frozenset({Reason.GREETING, Reason.ABOUT_ASSISTANT, Reason.TASK, Reason.EMPTY_LIBRARY})
_DENSE_ZERO, _DENSE_ONE = 0.85, 0.05  # cosines of multilingual-e5 lie between 0.75 and 0.95
_HEADING = 40  # characters of a clause, in which its heading stands
_BRIEF_PART = 12  # characters; a part so short leaves out whose matter it asks after
_NEAR_THE_END = 40  # characters: what is asked about stands there, what comes before is the story
_DEGRADED = {
    "dense": "向量模型暂不可用，本次只按词语检索，结果可能不全。",
    "rerank": "重排模型暂不可用，本次按原有排序作答。",
}


class FindingPort(Protocol):
    """What the pipeline asks of retrieval: `Finder`, or `ClauseRetriever` where LangChain is loaded anyway."""

    @property
    def hybrid(self) -> HybridRetriever: ...
    def find(self, query: Query) -> Retrieved: ...


class RewritingPort(Protocol):
    """Puts a question into policy wording."""

    def rewrite(self, question: str) -> Rewriting: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Worked:
    """A question with all that was found out about it."""

    question: str
    query: Query
    found: Retrieved
    draft: Draft
    features: Features | None = None  # `None` where a rule answers by itself: a place named, a greeting
    notices: tuple[str, ...] = ()  # about the question itself


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
        self._matters = matters or load_matters()
        self._weights = packaged_weights()
        self._writer = writer
        self._rewriter = rewriter
        self._plain_writer = plain_writer
        self._follow_ups = follow_ups
        self._selector = selector or Selector(institutions)
        self._limits = limits or Limits()
        self._today = today
        self._rights = rights
        self._related_to = related_to
        self._catalogue = Catalogue([meta for meta in library.documents if visible(meta, rights)])
        self._versions = VersionReader(self._catalogue, Families(self.documents()))
        self._composer = Composer(
            clause_of=self._clause_of, meta_of=lambda i: library.document(i).meta, institutions=institutions
        )

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

    @cached_property
    def verifier(self) -> Verifier:
        """The proof over any text, against the documents that may be seen."""
        return Verifier(self.documents(), self._library.document, today=self._today)

    def verify(self, text: str, *, as_of: date | None = None) -> tuple[Checked, ...]:
        """Every sentence of `text`, personal data masked, with its verdict and the clauses it was held against.

        Raises:
            InputError: the text is empty, too long or broken.
        """
        return self.verifier.check_text(mask(clean_text(text)).text, as_of=as_of)

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
        as_of: date | None = None,
        filters: Filters | None = None,
    ) -> Retrieved:
        """The ranking alone, its first `limit` lines. Arguments as of `ask`.

        Raises:
            InputError: the question is empty, too long or broken, or holds a password.
        """
        asked = screen(question, history)
        query = self._query(asked.searched, asked.searched_history, _filters(filters, as_of, document_ids))
        found = self._find(query, rewrite=True)
        return replace(found, ranking=found.ranking[:limit], evidence=found.evidence[:limit])

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        as_of: date | None = None,
        document_ids: frozenset[str] | None = None,
        filters: Filters | None = None,
        use_llm: bool = True,
        plain: bool = False,
    ) -> Answer:
        """The whole answer.

        Args:
            history: the turns before, oldest first; only the user's are read.
            as_of: the day the question is about; today without it.
            document_ids: rest on these documents only.
            filters: everything that whoever asks has chosen; the two before it, where given, take precedence.
            use_llm: False keeps a configured language model out.
            plain: the answer is extractive, and `Answer.plain` says it in plain words where a model is there.

        Raises:
            InputError: the question is empty, too long or broken, or holds a password.
        """
        everything = _filters(filters, as_of, document_ids)
        events = self.stream(question, history=history, filters=everything, use_llm=use_llm, plain=plain)
        return next(event.answer for event in events if isinstance(event, DoneEvent))

    def stream(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        as_of: date | None = None,
        document_ids: frozenset[str] | None = None,
        filters: Filters | None = None,
        use_llm: bool = True,
        plain: bool = False,
    ) -> Iterator[AnswerEvent]:
        """The answer in pieces: one `SourcesEvent`, `DeltaEvent`s, one `DoneEvent`. Arguments as of `ask`.

        Personal data is masked here, before anything else sees question or history.
        """
        started = time.perf_counter()
        asked = screen(question, history)
        everything = _filters(filters, as_of, document_ids)
        worked = self._work(asked.searched, asked.searched_history, everything, use_llm=use_llm)
        worked = replace(worked, question=asked.question, notices=asked.notices)
        answered = worked.draft.outcome is not Outcome.NOT_FOUND
        if plain and answered:
            yield from self._plainly(worked, self._plain_writer if use_llm else None)
        elif use_llm and self._writer is not None and answered:
            yield from self._written(worked, self._writer)
        else:
            yield from self._extracted(worked)
        _log.info("answered in %.1f ms", 1000 * (time.perf_counter() - started))

    def _work(self, question: str, history: Sequence[Turn], filters: Filters, *, use_llm: bool) -> _Worked:
        """Understand, retrieve, choose, and draft the extractive answer."""
        query = self._query(question, history, filters, use_llm=use_llm)
        asked = self._understand(query)
        allowed = eligible(self._library.documents, query, today=self._today())
        places = self._places(query, allowed)
        elsewhere = self._not_there(query, places)
        found = _quotable(self._find(replace(query, standalone=self._searched(query)), rewrite=use_llm and not places))
        if places and not elsewhere:
            return self._looked_up(question, query, found, self._with_counterpart(query, places))
        sides = self._side_by_side(query)
        if sides:
            found = replace(found, ranking=_alternating([side.ranking for side in sides], found.ranking))
        if asked.kind is Kind.VALIDITY and (subject := self._document_asked(query, found)):
            return self._stood(question, query, found, subject)
        everything = [
            c
            for c in self._library.chunks(ChunkKind.SENTENCE)
            if c.document_id in allowed and addresses(self._clause_of(c).plain, query.addressee)
        ]
        if sides:
            selection = self._select_sides(asked, query, found, sides, everything)
        else:
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
            unspoken=self._unspoken(query, selection),
            words=self._words_of(query.standalone),
        )
        if why is None:
            draft = self._composer.answer(asked, query.standalone, selection)
        else:
            draft = self._composer.refusal(
                why, found.evidence, [d.meta for d in documents], whom=self._matters.whom(query.standalone)
            )
        if elsewhere and why is None:
            draft = replace(draft, lead=elsewhere + (draft.lead or "与此有关的原文是："))
        features = None if why and why.reason in _NOT_JUDGED else self._features(asked, query, found, selection, why)
        return _Worked(question=question, query=query, found=found, draft=proved_draft(draft), features=features)

    def features(self, question: str, *, history: Sequence[Turn] = (), as_of: date | None = None) -> Features | None:
        """What the confidence in the answer to `question` rests on; `None` where a rule answers by itself.

        Raises:
            InputError: the question is empty, too long or broken.
        """
        return self._work(clean_question(question), history, _filters(None, as_of, None), use_llm=False).features

    def _features(
        self, asked: Understanding, query: Query, found: Retrieved, selection: Selection, why: Abstention | None
    ) -> Features:
        signals = self._signals(query, found)
        held = self._held_by(selection)
        treated = [c for c in self._expander.concepts(query.standalone) if any(term in held for term in c.policy)]
        known = [concept.pattern for concept in treated]
        whole = coverage(query.standalone, held, rarity=self._library.sparse.rarity, known=known)
        part = coverage(asking_part(query.text), held, rarity=self._library.sparse.rarity, known=known)
        scores = [evidence.score for evidence in found.evidence[:2]]
        stated = bool(asked.attributes) and not unstated(asked.attributes, selection)
        return Features(
            dense=((signals.dense or _DENSE_ZERO) - _DENSE_ZERO) / _DENSE_ONE,
            margin=min(scores[0] - scores[-1], 6.0) / 3 if scores else 0.0,
            share=whole.share,
            share_asking=part.share,
            strangest=part.strangest,
            unknown=min(signals.unknown_words, 4) / 2,
            concepts=float(min(len(treated), 2)),
            fact_asked=float(bool(asked.attributes)),
            fact_stated=float(stated),
            yes_no=float(asked.kind is Kind.YES_NO),
            parts=float(min(selection.parts, 3)),
            follow_up=float(bool(query.context)),
            refused=float(why is not None),
        )

    def _held_by(self, selection: Selection) -> str:
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

    def _not_there(self, query: Query, places: Sequence[Place]) -> str:
        """That a place holds nothing of what the question says it holds; empty when it does, or says nothing."""
        claimed = CLAIMED_OF_PLACE.search(query.text)
        if claimed is None or not places or any(place.clause is None for place in places):
            return ""
        words = [*terms_in(claimed["what"]), *self._words_of(claimed["what"])]
        held = squeeze(fold(" ".join(place.clause.text for place in places if place.clause)))
        if not words or any(fold(word) in held for word in words):
            return ""
        named = "、".join(f"《{place.document.title}》{place.address.local}" for place in places)
        return f"{named}没有写到“{words[0]}”。"

    def _find(self, query: Query, *, rewrite: bool) -> Retrieved:
        """What retrieval finds for the question and, where that is wanted, for its policy wording beside it.

        Without the wording the question's own words are searched alone, and `degraded` says "rewrite".
        """
        if self._rewriter is None or not rewrite:
            return self._retriever.find(query)
        wording = self._rewriter.rewrite(query.standalone)
        found = replace(self._retriever.find(replace(query, rewritten=wording.text)), query=query)
        return found if wording.error is None else replace(found, degraded=(*found.degraded, "rewrite"))

    def _looked_up(self, question: str, query: Query, found: Retrieved, places: Sequence[Place]) -> _Worked:
        """The answer to a question that names its places: their own words, or that there is no such place."""
        chunks: dict[ChunkId, Chunk] = {}
        for place in places:
            chunks.update({chunk.id: chunk for chunk in self._sentences_in(place)})
        draft = self._composer.looked_up(places, list(chunks.values()))
        return _Worked(question=question, query=query, found=_led_by(found, chunks.values()), draft=proved_draft(draft))

    def _searched(self, query: Query) -> str:
        """The words to search with: without a ban taken for granted, without the day that has chosen the versions,
        and without the title of the one document named, for it is like every clause of that document."""
        text = without_assumed_ban(query.standalone)
        if query.day or query.as_of:
            text = without_days(text, self._today())
        return self._versions.without_titles(text) if len(query.named) == 1 else text

    def _places(self, query: Query, allowed: frozenset[str]) -> tuple[Place, ...]:
        """The places that the last turn names, in a document or beside a place that a turn before it names."""

        def named_in(turn: str, mentions: Sequence[Mention]) -> tuple[Place, ...]:
            return find_places(turn, mentions, eligible=allowed, load=self._library.document)

        text = plain_places(query.text)
        mentions = self._versions.mentions(text, today=self._today())
        found = named_in(text, mentions)
        if found or mentions or not names_place(text):
            return found
        for turn in map(plain_places, reversed(query.context)):
            earlier = self._versions.mentions(turn, today=self._today())
            if beside := following_places(text, named_in(turn, earlier), load=self._library.document):
                return beside
            if earlier and (found := named_in(text, [replace(earlier[-1], start=0, end=0)])):
                return found
        return ()

    def _with_counterpart(self, query: Query, places: Sequence[Place]) -> Sequence[Place]:
        """`places`, and for one of two versions compared the clause of the other that is likest to it."""
        place = places[0]
        if query.pair is None or len(places) > 1 or place.clause is None or place.document not in query.pair:
            return places
        [other] = [m for m in query.pair if m != place.document]
        unit = next(c for c in self._units(place.document.id) if place.clause.span in c.span)
        found = self._retriever.find(self._only_in(query, other, unit.text))
        if not found.ranking:
            return places
        address = found.ranking[0].chunk_id.rpartition("#")[2]
        document = self._library.document(other.id)
        same = Place(document=other, address=place.address, clause=document.find(address), articles=place.articles)
        return (place, same)

    def _units(self, document_id: str) -> list[Clause]:
        return [c for c in self._library.document(document_id).walk() if c.level in UNIT_LEVELS]

    def _only_in(self, query: Query, document: DocumentMeta, text: str) -> Query:
        """`text` asked of one version alone."""
        filters = replace(query.filters, document_ids=frozenset({document.id}))
        return replace(query, text=text, standalone=text, pair=None, named=frozenset(), filters=filters)

    def _side_by_side(self, query: Query) -> tuple[Retrieved, ...]:
        """The question asked of each of the versions that it compares, the newer first."""
        text = self._versions.without_titles(without_versions(query.standalone))
        return tuple(self._retriever.find(self._only_in(query, meta, text)) for meta in reversed(query.pair or ()))

    def _document_asked(self, query: Query, found: Retrieved) -> DocumentMeta | None:
        """The document whose force is asked about: the one named, else the one that the best sentence ends."""
        texts = [query.text, query.standalone]
        if found.evidence and found.evidence[0].sentences:
            best = max(found.evidence[0].sentences, key=lambda s: (s.score, s.chunk.id)).chunk.plain
            texts += [best] if "废止" in best else []
        day = query.as_of or query.day or self._today()
        for text in texts:
            mentions = self._versions.mentions(text, today=self._today())[:1]
            named = [d for m in mentions for d in m.documents if _within(query, d)]
            if named:
                return max(named, key=lambda m: (in_force(m, day), m.effective_on or date.min, m.id))
        return None

    def _stood(self, question: str, query: Query, found: Retrieved, subject: DocumentMeta) -> _Worked:
        """The answer to whether `subject` holds."""
        library = [self._library.document(meta.id) for meta in self.documents() if _within(query, meta)]
        ids = {document.id for document in library}
        sentences = [c for c in self._library.chunks(ChunkKind.SENTENCE) if c.document_id in ids]
        today = self._today()
        held = standing(subject, library, sentences, day=query.as_of or query.day or today)
        draft = self._composer.standing(held, today=today)
        return _Worked(question=question, query=query, found=_led_by(found, held.proof), draft=proved_draft(draft))

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

    def _query(self, question: str, history: Sequence[Turn], filters: Filters, *, use_llm: bool = False) -> Query:
        whole = stand_alone(question, history, names_topic=self._names_topic, is_whole=self._is_whole)
        if use_llm and self._follow_ups is not None and whole.context:
            written = self._follow_ups.rewrite(without_orders(question), [without_orders(t) for t in whole.context])
            whole = replace(whole, text=written or whole.text)
        text, standalone = without_orders(question), without_orders(whole.text)
        asked = self._versions.read(text, whole.context, today=self._today())
        return Query(
            text=text,
            standalone=standalone,
            context=whole.context,
            filters=filters,
            addressee=self._addressee(filters.institution),
            versions=asked.versions,
            outdated=asked.outdated,
            pair=asked.pair,
            day=asked.day,
            rights=self._rights,
            named=asked.named or self._named(standalone) - asked.outdated,
        )

    def _addressee(self, institution: str | None) -> tuple[str, ...]:
        """How documents write the chosen institution.

        Raises:
            InputError: nobody of that name is known.
        """
        if institution is None:
            return ()
        names = self._institutions.asked(institution)
        if not names:
            raise InputError(
                "没有识别出所选的机构，请填写机构的通用名称，例如：保险公司、大型银行。", code="bad_request"
            )
        return tuple(dict.fromkeys(word for name in names for word in self._institutions.wordings(name)))

    def _named(self, question: str) -> frozenset[str]:
        """The documents that `question` names, unless a part of it names none and may mean another."""
        parts = facets(question) or (question,)
        if not all(self._catalogue.mentions(part) for part in parts):
            return frozenset()
        return frozenset(d.id for m in self._catalogue.mentions(question) for d in m.documents)

    def _names_topic(self, text: str) -> bool:
        """Whether `text` speaks of a matter of policy: in lay words, in terms that say more than 小微企业, or
        in detail."""
        terms = any(len(term) >= _SPEAKING_TERM and term not in _COMMON_TERMS for term in terms_in(text))
        return bool(self._expander.concepts(text)) or terms or self._is_whole(text)

    def _is_whole(self, text: str) -> bool:
        """Whether `text` says enough of its matter to be a question by itself, however short: it names a
        document, or words of the library that are not everybody's fill six characters of it."""
        if self._catalogue.mentions(text):
            return True
        if names_place(text):
            return False  # 第四十条第二款呢: of the document spoken of before
        known, _ = self._library.sparse.vocabulary(text)
        folded, told = fold(text), set[int]()
        for word in known:
            if word not in _EVERYDAY:
                told |= {n for m in re.finditer(re.escape(word), folded) for n in range(m.start(), m.end())}
        return len(told) >= _WHOLE_CHARACTERS

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
        whole = self._selector.select(
            asked,
            query.standalone,
            found,
            everything,
            terms=terms,
            focus=focus,
            matters=[] if asked.about_text else self._demanded(asking_part(query.text)),
            words=self._words_of(query.standalone),
        )
        scanned = whole.exhaustive and (asked.whole_document or asked.kind in (Kind.PROHIBITIONS, Kind.MENTIONS))
        parts = [] if scanned else self._parts(asked, query, found)
        if whole.exhaustive and not parts:
            return whole, found
        if parts:
            found = replace(found, ranking=by_turns(found.ranking, [part.found.ranking for part in parts]))
        specific = [name for name in asked.institutions if name not in GENERIC]
        if not parts and asked.several and len(specific) > 1:
            parts = [
                AskedPart(text=name, asked=replace(single(asked), institutions=(name,)), found=found, enumerated=True)
                for name in specific
            ]
        if not parts:
            return whole, found
        told = not any(part.enumerated for part in parts)
        whole = self._selector.select_parts(
            parts, whole, everything, terms=terms, keep_best=told, beside=found.evidence
        )
        return whole, found

    def _select_sides(
        self,
        asked: Understanding,
        query: Query,
        found: Retrieved,
        sides: Sequence[Retrieved],
        everything: Sequence[Chunk],
    ) -> Selection:
        """The sentences of each of two versions that answer the question."""
        terms = self._expander.terms(query.standalone) + terms_in(query.standalone)
        words = self._words_of(query.standalone)
        whole = self._selector.select(asked, query.standalone, found, everything, terms=terms, words=words)
        parts = [
            AskedPart(text=query.standalone, asked=single(asked), found=side, words=words, enumerated=True)
            for side in sides
        ]
        return self._selector.select_parts(
            parts, whole, everything, terms=terms, keep_best=False, beside=found.evidence
        )

    def _parts(self, asked: Understanding, query: Query, found: Retrieved) -> list[AskedPart]:
        """What the question asks, part by part, each with its own evidence; empty when it asks one thing.

        Two clauses that ask after facts of their own (最低多少，几天内批) are parts without any 分别.
        """
        parts = parts_of(query.text, self._catalogue)
        understood = [single(understand(part.text, self._institutions)) for part in parts]
        of_documents = len({part.documents for part in parts if part.documents}) > 1
        facts = sum(bool(one.attributes) for one in understood)
        composite = facts > 1 or (facts == 1 and all(asks_outright(part.text) for part in parts))
        if not parts or not (asked.several or of_documents or composite):
            return []
        whose = self._document_of_best(found) if composite else None
        return [
            AskedPart(
                text=part.text,
                asked=one,
                found=self._find_part(query, part, whose),
                words=self._words_of(part.text),
                enumerated=part.enumerated,
            )
            for part, one in zip(parts, understood, strict=True)
        ]

    def _document_of_best(self, found: Retrieved) -> frozenset[str] | None:
        return frozenset({found.evidence[0].chunk.document_id}) if found.evidence else None

    def _find_part(self, query: Query, part: Part, whose: frozenset[str] | None) -> Retrieved:
        """The evidence for one part of a question, out of the document that the part itself names.

        A part too brief to name its matter (多久答复) is looked for where the whole question was found.
        A choice of documents made by whoever asks is never widened.
        """
        brief = whose if len(part.text) <= _BRIEF_PART else None
        named = part.documents or brief
        if named and query.document_ids is not None:
            named = (named & query.document_ids) or None
        return _quotable(
            self._retriever.find(
                replace(
                    query,
                    text=part.text,
                    standalone=part.search,
                    filters=replace(query.filters, document_ids=named or query.document_ids),
                )
            )
        )

    def _focus(self, question: str) -> tuple[str, ...]:
        """Words of the library and policy terms in the part of `question` that asks."""
        part = asking_part(question)
        known, _ = self._library.sparse.vocabulary(part)
        return tuple(dict.fromkeys((*known, *self._expander.terms(part))))

    def _words_of(self, text: str) -> tuple[str, ...]:
        """Words of `text` that name something and that the library uses."""
        known, _ = self._library.sparse.vocabulary(text)
        return tuple(word for word in known if names_something(word))

    def _unspoken(self, query: Query, selection: Selection) -> tuple[str, ...]:
        """Matters of the table, and terms of the lexicon, that the question asks about and no sentence speaks of."""
        if selection.exhaustive:
            return ()
        held = self._held_by(selection)
        part = asking_part(query.text)
        named = tuple(matter.said for matter in self._matters.missing(part, held))
        return named or self._terms_missing(part, held)

    def _demanded(self, part: str) -> list[Matter]:
        """Matters of the table that `part` names, and terms of the lexicon: sentences that speak of them come first."""
        named = [matter for matter in self._matters.named(part) if matter.text]
        return named or [Matter(term, term, (), DEFAULT) for term in self._telling_terms(part)[:1]]

    def _telling_terms(self, part: str) -> tuple[str, ...]:
        """Terms of the lexicon that tell what `part` is about.

        Names of institutions are left out: who is addressed is told by their own table.
        """
        names = [alias for name in self._institutions.asked(part) for alias in self._institutions.said(name)]
        return tuple(
            term
            for term in terms_in(part)
            if len(term) >= _TELLING_TERM
            and term not in _COMMON_TERMS
            and "小微" not in term
            and not any(term in alias or alias in term for alias in names)
        )

    def _terms_missing(self, part: str, held: str) -> tuple[str, ...]:
        """Terms of the lexicon in `part` of which `held` holds neither the whole nor both halves."""
        text = squeeze(fold(held))
        return tuple(
            term
            for term in self._telling_terms(part)
            if not all(half in text for half in (fold(term[:2]), fold(term[-2:])))
        )

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
            concepts=sum(map(self._treats, self._expander.concepts(query.standalone))),
            known_terms=tuple(term for term in terms if fold(term) in known),
            unknown_terms=tuple(term for term in terms if self._foreign(fold(term))),
            untreated=self._untreated(query),
        )

    def _untreated(self, query: Query) -> tuple[str, ...]:
        """Matters of the table that the question speaks of and no document does; none when it asks of another.

        发不出工资，能续贷吗 tells of wages and asks of renewal. The matter that the question is most like must
        be strange too; one that libraries on lending do treat is named only when none it is like is treated.
        """
        near = query.text[-_NEAR_THE_END:]
        spoken = self._expander.concepts(near)
        treated_here = [c for c in spoken if not c.beside and self._treats(c)]
        strange = [c for c in spoken if not self._treats(c) and not _same_words(c, treated_here, near)]
        beside = any(c.beside for c in strange)
        if self._retriever.hybrid.treats_what_is_like(query.standalone, best=beside):
            return ()
        if not beside and any(map(self._treats, self._expander.concepts(query.standalone))):
            return ()
        part = asking_part(query.text)
        treated = any(self._treats(c) for c in self._expander.concepts(part)) or any(
            self._uses(term) for term in terms_in(part) if term not in _COMMON_TERMS
        )
        return () if treated else tuple(c.name for c in strange)

    def _treats(self, concept: Concept) -> bool:
        """Whether a document uses a policy term of `concept`; terms that every document uses tell nothing."""
        telling = [term for term in concept.policy if term not in _COMMON_TERMS]
        return not telling or any(map(self._uses, telling))

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
            notices=(
                *worked.notices,
                *notices,
                *self._of_then(worked, citations),
                *(_DEGRADED[part] for part in degraded if part in _DEGRADED),
            ),
            generation=self._fingerprint,
            degraded=degraded,
            ranked_clauses=tuple(str(hit.chunk_id) for hit in worked.found.ranking),
            related=self._beside(citations),
            confidence=round(self._weights.probability(worked.features), 3) if worked.features else None,
            prompt_version=prompt_version,
        )

    def _of_then(self, worked: _Worked, citations: Sequence[Citation]) -> tuple[str, ...]:
        """That an answer rests on texts of the day that the question names, which no longer hold."""
        if worked.query.day is None:
            return ()
        cited = dict.fromkeys(c.document_id for c in citations if c.document_id in worked.query.versions)
        titles = [f"《{self._library.document(i).meta.title}》" for i in cited]
        if not titles:
            return ()
        year = worked.query.day.year
        return (
            f"所问为{year}年的情形，已按当时有效的{'、'.join(titles)}作答；该文本现已不再有效，请勿用于现在的业务。",
        )

    def _beside(self, citations: Sequence[Citation]) -> tuple[RelatedPolicy, ...]:
        """The policies beside the cited clauses, each once, with the numbers of the citations."""
        found: dict[str, RelatedPolicy] = {}
        for citation in citations:
            for policy in self.related_to(citation.document_id, citation.address):
                held = found.get(policy.id, policy)
                found[policy.id] = replace(held, citations=(*held.citations, citation.number))
        return tuple(found.values())


def _filters(filters: Filters | None, as_of: date | None, document_ids: frozenset[str] | None) -> Filters:
    """One value of all that was chosen."""
    base = filters or Filters()
    return replace(
        base,
        as_of=as_of if as_of is not None else base.as_of,
        document_ids=document_ids if document_ids is not None else base.document_ids,
    )


def _alternating(sides: Sequence[Sequence[Hit]], rest: Sequence[Hit]) -> tuple[Hit, ...]:
    """The best of each side by turns, then what else was found."""
    turns = [hit for pair in zip_longest(*sides) for hit in pair if hit is not None]
    ordered = {hit.chunk_id: hit for hit in (*turns, *rest)}
    return tuple(replace(hit, rank=rank, retriever="versions") for rank, hit in enumerate(ordered.values(), start=1))


def _same_words(concept: Concept, others: Sequence[Concept], text: str) -> bool:
    """Whether the lay words for `concept` are also those of another: 首付 tells of a house and of misuse."""
    said = concept.pattern.findall(fold(text))
    return bool(said) and all(any(other.pattern.search(words) for other in others) for words in said)


def _within(query: Query, meta: DocumentMeta) -> bool:
    """Whether `meta` is among what whoever asks has chosen; without a choice everything is."""
    return chosen(meta, query.filters)


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
