"""Settings → what reads candidate sentences or clauses with a question, and who reads when it cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.errors import ModelUnavailable, SettingsError
from assistant.models.protocols import AnswerReader, ChatModel
from assistant.models.scores import Scores
from assistant.settings import ReaderKind, ReaderSettings, RerankerKind, RerankerSettings, Settings, needed

if TYPE_CHECKING:
    from assistant.answering.sentence_reading import ReadingWay
    from assistant.models.protocols import CrossEncoder
    from assistant.retrieval.rerank import Reranker

_OTHERS = frozenset({ReaderKind.LLM, ReaderKind.CROSS_ENCODER})


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
