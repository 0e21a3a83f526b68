"""Settings → PolicyAssistant: the one place where an adapter is chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.errors import SettingsError, UnreadableSource
from assistant.models.protocols import AnswerReader, ChatModel, Embedder
from assistant.readers import NO_DOUBTS, Doubts, named_embedder
from assistant.settings import (
    AUTO,
    NONE,
    LlmSettings,
    Settings,
    needed,
)
from assistant.text.segment import Segmenter, policy_terms

if TYPE_CHECKING:
    from assistant.answering.confidence import Weights
    from assistant.answering.refusal import Limits
    from assistant.answering.select import Selector
    from assistant.answering.sentence_reading import ReadingWay
    from assistant.corpus.reading import SourceFailure
    from assistant.corpus.related import RelatedTo
    from assistant.corpus.view import LibraryView
    from assistant.indexing.build import BuildReport
    from assistant.indexing.ports import OpenedLibrary
    from assistant.pipeline import PolicyAssistant, Rooms
    from assistant.question.follow_up import KinshipPort
    from assistant.question.lay_words import ConceptLine
    from assistant.question.reader import FollowUpPort
    from assistant.question.tables import Tables
    from assistant.retrieval.searcher import RetrieverPort, RewritingPort
    from assistant.schema.answer import RelatedPolicy
    from assistant.schema.chunk import Phrasing
    from assistant.text.institutions import Institutions
    from assistant.writing.gate import LlmComposer
    from assistant.writing.plain import PlainWriter
    from assistant.writing.policy_wording import Rewriter

BEIJING = timezone(timedelta(hours=8), "北京时间")


def today_in_beijing() -> date:
    """The date on which a rule is or is not in force."""
    return datetime.now(BEIJING).date()


def build_segmenter(settings: Settings, *, indexes_dir: Path | None = None) -> Segmenter:
    """jieba with the lexicon of policy terms; its compiled dictionary lies beside the indexes."""
    return Segmenter(policy_terms(), cache_dir=(indexes_dir or settings.indexes_dir) / "cache")


def build_embedder(settings: Settings) -> Embedder:
    """The embedder named in the settings.

    Raises:
        SettingsError: a name it needs is missing.
    """
    return named_embedder(settings.embedder, settings.model_dir)


def build_indexing_embedder(settings: Settings) -> Embedder:
    """The same with its cache: for passages, which stay the same from one index to the next."""
    from assistant.models.vector_cache import CachedEmbedder

    return CachedEmbedder(build_embedder(settings), settings.vector_cache)


def build_chat(settings: LlmSettings) -> ChatModel | None:
    """The language model behind its breaker, or `None` when none is set.

    Raises:
        SettingsError: only one of address and model name is set, or both an endpoint and a file; or the file
            or the program that runs it cannot be used.
    """
    if settings.gguf and (settings.base_url or settings.model):
        raise SettingsError("ASSISTANT_LLM__GGUF 与 ASSISTANT_LLM__BASE_URL、ASSISTANT_LLM__MODEL 只能设置一种")
    if not settings.configured:
        if settings.base_url or settings.model:
            raise SettingsError("语言模型需要同时设置 ASSISTANT_LLM__BASE_URL 和 ASSISTANT_LLM__MODEL")
        return None
    from assistant.models.breaker import GuardedChatModel
    from assistant.models.chat import LangChainChatModel
    from assistant.models.reply_stream import Budget

    budget = Budget(
        connect_s=settings.connect_timeout_s,
        first_token_s=settings.first_token_timeout_s,
        token_s=settings.token_timeout_s,
        total_s=settings.total_timeout_s,
        chars=settings.max_chars,
    )

    if settings.gguf:
        from assistant.models.gguf import GgufChatModel

        return GuardedChatModel(
            GgufChatModel(
                settings.gguf,
                context=settings.gguf_context,
                threads=settings.gguf_threads,
                temperature=settings.temperature,
                budget=replace(budget, connect_s=Budget().connect_s),  # this process serves it
                fixed=settings.limits_set,
            )
        )
    chat = LangChainChatModel(
        base_url=needed(settings.base_url, "ASSISTANT_LLM__BASE_URL"),
        model=needed(settings.model, "ASSISTANT_LLM__MODEL"),
        api_key=settings.api_key.get_secret_value() if settings.api_key else None,
        temperature=settings.temperature,
        budget=budget,
    )
    return GuardedChatModel(chat)


def find_phrasings(
    settings: Settings, corpora: Sequence[Path], *, house: Sequence[Phrasing] | None = None
) -> tuple[Phrasing, ...]:
    """The questions that lead to clauses of `corpora`, as the settings say, with the house's own over them.

    Args:
        house: those of the house, in place of what is in its folder.

    Raises:
        SourceError: a file of them cannot be used, or the folder named in the settings is not there.
    """
    from assistant.corpus.phrasings import merged, read_phrasings

    if settings.phrasings == NONE:
        return ()
    ours = packaged_phrasings(settings, corpora)
    if house is None:
        house = read_phrasings([settings.house_phrasings] if settings.house_phrasings.is_dir() else [])
    return merged(ours, house)


def packaged_phrasings(settings: Settings, corpora: Sequence[Path]) -> tuple[Phrasing, ...]:
    """Those that lie beside the documents or in the folder named in the settings, without the house's.

    Raises:
        SourceError: as `find_phrasings`.
    """
    from assistant.corpus.phrasings import FOLDER, read_phrasings

    if settings.phrasings == NONE:
        return ()
    if settings.phrasings != AUTO:
        return read_phrasings([Path(settings.phrasings).expanduser()])
    beside = dict.fromkeys((path if path.is_dir() else path.parent) / FOLDER for path in corpora)
    return read_phrasings([folder for folder in beside if folder.is_dir()])


def build_tables(settings: Settings, *, house: Sequence[ConceptLine] | None = None) -> Tables:
    """What a question is read by: our tables or those of the settings, with the house's words on top.

    Args:
        house: in place of what is in its table.

    Raises:
        SettingsError: a table cannot be used.
    """
    from assistant.question.lay_words import Expander, merged
    from assistant.question.tables import load_tables

    ours = settings.colloquial, settings.institutions, settings.matters, settings.referrals
    if house is None:
        return load_tables(*ours, house=settings.house_lay_words)
    tables = load_tables(*ours)
    return replace(tables, lay=Expander(merged(tables.lay.lines, house)))


def build_rewriter(settings: LlmSettings, institutions: Institutions) -> Rewriter | None:
    """What puts questions into policy wording, or `None` when that is not wanted or no model is set.

    It has a breaker of its own: its budget is short, and a model too slow for it may still answer well.
    """
    if not settings.rewrite:
        return None
    budget = settings.rewrite_timeout_s
    hasty = {
        name: min(getattr(settings, name), budget)
        for name in ("connect_timeout_s", "first_token_timeout_s", "token_timeout_s", "total_timeout_s")
    }
    chat = build_chat(settings.model_copy(update=hasty))
    if chat is None:
        return None
    from assistant.writing.policy_wording import Rewriter

    return Rewriter(chat, institutions)


def make_index(
    settings: Settings,
    corpora: Sequence[Path],
    *,
    indexes_dir: Path | None = None,
    force: bool = False,
    house: Sequence[Phrasing] | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> tuple[BuildReport, tuple[SourceFailure, ...]]:
    """Build the index of `corpora` unless it is there, and name the files that could not be read.

    Args:
        house: phrasings of the house, in place of what is in its folder.

    Raises:
        UnreadableSource: not one document could be read.
        AssistantError: the index could not be built; what was served stays as it was.
    """
    from assistant.corpus.reading import read_corpus
    from assistant.indexing.build import build_index

    parsed = read_corpus(corpora, approved_only=True)
    if not parsed.documents:
        reasons = "；".join(f.message for f in parsed.failures) or "文件夹里没有 .txt 或 .md 文件"
        raise UnreadableSource(f"没有读到任何文件：{reasons}", path=corpora[0])
    where = indexes_dir or settings.indexes_dir
    report = build_index(
        parsed.documents,
        indexes_dir=where,
        embedder=build_indexing_embedder(settings),
        segmenter=build_segmenter(settings, indexes_dir=where),
        phrasings=find_phrasings(settings, corpora, house=house),
        progress=progress,
        force=force,
    )
    return report, parsed.failures


def build_assistant(
    settings: Settings,
    *,
    indexes_dir: Path | None = None,
    today: Callable[[], date] = today_in_beijing,
    chat: ChatModel | None = None,
    house: Sequence[ConceptLine] | None = None,
    doubts: Doubts = NO_DOUBTS,
) -> PolicyAssistant:
    """The assistant over the index that is served now.

    Args:
        house: everyday words of the house, in place of what is in its table.
        chat: writes answers in place of the model that the settings name.
        doubts: which of the embedded models are not to be believed, and how long a question waits for one.

    Raises:
        IndexStoreError: there is no index, or it is stale or damaged; the message names the command to run.
        ModelError, SettingsError: a model cannot be used.
    """
    from assistant.corpus.related import load_related
    from assistant.corpus.withdrawn import as_now
    from assistant.indexing.library import PREVIOUS, open_library
    from assistant.models.in_time import EmbedderInTime
    from assistant.question.kinship import Kinship
    from assistant.readers import believed_embedder, build_reader, build_reranker, proved_embedder, way_of_reading
    from assistant.retrieval.hybrid import HybridRetriever
    from assistant.writing.gate import LlmComposer
    from assistant.writing.plain import FollowUpWriter, PlainWriter

    where = indexes_dir or settings.indexes_dir
    believed = believed_embedder(settings, where, doubts)
    library = open_library(where, embedder=believed, segmenter=build_segmenter(settings, indexes_dir=where))
    if PREVIOUS in library.degraded:
        library.documents = as_now(library.documents, settings.corpus_dir)
    embedder = proved_embedder(believed, library)
    asked = EmbedderInTime(embedder, doubts.budget_s) if doubts.budget_s else embedder
    tables = build_tables(settings, house=house)
    chat, institutions = chat or build_chat(settings.llm), tables.institutions
    reranker = build_reranker(settings.reranker)
    related = load_related(settings.corpus_dir)
    parts = Parts(
        tables=tables,
        embedder=embedder,
        make_retriever=lambda view: HybridRetriever(view, asked, tables.lay, reranker=reranker),
        make_kinship=lambda view: Kinship(view, asked),
        today=today,
        writer=LlmComposer(chat, institutions=institutions) if chat and settings.llm.writes else None,
        plain_writer=PlainWriter(chat, institutions=institutions) if chat else None,
        rewriter=build_rewriter(settings.llm, institutions),
        follow_ups=FollowUpWriter(chat, institutions=institutions) if chat and settings.llm.follow_ups else None,
        answer_reader=None if doubts.reader else build_reader(settings, chat),
        reading=way_of_reading(settings),
        answered_from=settings.reader.answered_from,
        related_to=related.related_to if related else None,
    )
    return assemble(library, parts, rights=frozenset(settings.rights))


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What an assistant is made of; the same for everything that its library lets be seen.

    Args:
        embedder: the model that the library was indexed with.
        make_retriever: gives what searches one view of the library.
        today: gives the date in 北京时间; a test may set the clock.
        writer: lets a language model write the answer; without it answers are extractive.
        plain_writer: lets it put an extractive answer into plain words when that is asked for.
        rewriter: lets it put the question into policy wording, which is searched beside it.
        follow_ups: lets it make a follow-up stand alone; without it, and when it fails, rules do.
        make_kinship: gives what tells by meaning whether a question goes on from the turns before.
        answer_reader: says how surely each candidate sentence answers; without it the rules choose alone.
        reading: how it is asked; as the embedded one without it.
        selector: chooses sentences; the usual one without it.
        weights: of the confidence; those of the package without them.
        answered_from: from which confidence on an answer is called 有依据; that of the weights without it.
        limits: from where on a question is refused; the usual ones without them.
        related_to: gives the policies beside a clause (document id, address); without it there are none.
    """

    tables: Tables
    embedder: Embedder
    make_retriever: Callable[[LibraryView], RetrieverPort]
    today: Callable[[], date] = today_in_beijing
    writer: LlmComposer | None = None
    plain_writer: PlainWriter | None = None
    rewriter: RewritingPort | None = None
    follow_ups: FollowUpPort | None = None
    make_kinship: Callable[[LibraryView], KinshipPort] | None = None
    answer_reader: AnswerReader | None = None
    reading: ReadingWay | None = None
    selector: Selector | None = None
    weights: Weights | None = None
    answered_from: float | None = None
    limits: Limits | None = None
    related_to: RelatedTo | None = None


def assemble(library: OpenedLibrary, parts: Parts, *, rights: frozenset[str] = frozenset()) -> PolicyAssistant:
    """The assistant over an opened library.

    Args:
        rights: labels of documents that are shown where a question brings no rights of its own.
    """
    from assistant.corpus.view import Views
    from assistant.pipeline import PolicyAssistant

    return PolicyAssistant(
        Views(library, rights),
        lambda view: furnish(view, parts, generation=library.fingerprint),
        generation=library.fingerprint,
        embedder=parts.embedder,
        writer=parts.writer,
        plain_writer=parts.plain_writer,
    )


def furnish(view: LibraryView, parts: Parts, *, generation: str) -> Rooms:
    """What answers over one view of a library."""
    from assistant.answering.answerer import Answerer
    from assistant.answering.compose import Composer
    from assistant.answering.confidence import packaged_weights
    from assistant.answering.in_force import Standings
    from assistant.answering.select import Selector
    from assistant.answering.sentence_reading import SentenceReading
    from assistant.answering.stream import AnswerStream
    from assistant.answering.wrap_up import Served
    from assistant.corpus.lifecycle import coming
    from assistant.corpus.related import with_held
    from assistant.pipeline import Rooms
    from assistant.proof.verifier import Verifier
    from assistant.question.reader import QuestionReader
    from assistant.retrieval.searcher import Searcher

    def related_to(document_id: str, address: str) -> tuple[RelatedPolicy, ...]:
        seen = parts.related_to is not None and any(meta.id == document_id for meta in view.documents)
        return with_held(parts.related_to(document_id, address), view.shown) if parts.related_to and seen else ()

    institutions = parts.tables.institutions
    kinship = parts.make_kinship(view) if parts.make_kinship else None
    reader = QuestionReader(
        view, parts.tables, today=parts.today, follow_ups=parts.follow_ups, kinship=kinship, rights=view.rights
    )
    searcher = Searcher(parts.make_retriever(view), today=parts.today, rewriter=parts.rewriter)
    composer = Composer(
        clause_of=lambda chunk: view.chunk(chunk.parent_id or chunk.id),
        meta_of=lambda document_id: view.document(document_id).meta,
        institutions=institutions,
    )
    heard = None
    if parts.answer_reader:
        heard = SentenceReading(parts.answer_reader, parts.reading, clause_of=composer.clause_of)
    selector = parts.selector or Selector(reading=heard)
    weights = parts.weights or packaged_weights()
    if parts.answered_from is not None:
        weights = weights.answering_from(parts.answered_from)
    served = Served(
        generation=generation,
        title_of=lambda document_id: view.document(document_id).meta.title,
        related_to=related_to,
        coming_of=lambda document_id: coming(view.document(document_id).meta, parts.today()),
    )
    return Rooms(
        view=view,
        reader=reader,
        searcher=searcher,
        standings=Standings(view, reader.mentions, today=parts.today),
        answerer=Answerer(view, searcher, composer, selector=selector, limits=parts.limits, weights=weights),
        events=AnswerStream(served, composer),
        related_to=related_to,
        make_verifier=lambda: Verifier(view.documents, view.document, today=parts.today, institutions=institutions),
    )
