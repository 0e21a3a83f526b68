"""A learned reader beside the rules: how surely each candidate sentence answers, and whether any of them does."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.errors import ModelError
from assistant.models.protocols import AnswerReader
from assistant.schema.chunk import Chunk, ChunkId

_log = logging.getLogger(__name__)
DEGRADED = "reader"  # what `Answer.degraded` says when the reader did not answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """A candidate or chosen sentence. `score` compares within one question."""

    chunk: Chunk
    score: float
    odds: float | None = None  # log-odds that it answers, by the reader; None: it was not read


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """The candidates of one question once they were read."""

    picks: tuple[Pick, ...]
    answered: float | None = None  # log-odds that any answers; None: nobody read
    failed: bool = False  # the reader is there and gave nothing; the rules go on alone


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingWeights:
    """How much the reader counts beside the rules. Found on the held-out documents of `eval/training`."""

    weight: float = 1.0  # of a log-odds, in units of fused z-scores
    candidates: int = 7  # sentences that are read, about 20 ms each; six lose 3 of 338 right first choices against ten
    unread: float = 1.0  # a sentence that was not read stands this much below the least likely one


class SentenceReading:
    """Question and candidates → the candidates with what the reader says of them."""

    def __init__(self, reader: AnswerReader, weights: ReadingWeights | None = None) -> None:
        self._reader = reader
        self._weights = weights or ReadingWeights()

    def hear(self, question: str, picks: Sequence[Pick]) -> Heard:
        """`picks` in their order; the best are read, with title and lead in front, and their scores moved."""
        read = sorted(picks, key=lambda p: (-p.score, p.chunk.id))[: self._weights.candidates]
        if not read:
            return Heard(picks=tuple(picks))
        try:
            judged = self._reader.read(question, [with_title(pick.chunk) for pick in read])
        except ModelError as exc:
            _log.warning("reading is out: %s", exc.message)
            return Heard(picks=tuple(picks), failed=True)
        odds = {pick.chunk.id: value for pick, value in zip(read, judged.sentences, strict=True)}
        floor = min(odds.values()) - self._weights.unread
        return Heard(picks=tuple(self._moved(pick, odds, floor) for pick in picks), answered=judged.answered)

    def _moved(self, pick: Pick, odds: dict[ChunkId, float], floor: float) -> Pick:
        own = odds.get(pick.chunk.id)
        return replace(pick, score=pick.score + self._weights.weight * (floor if own is None else own), odds=own)


def with_title(chunk: Chunk) -> str:
    """A sentence as the reader was trained to see it: the document's title on a line of its own, lead, sentence."""
    title = chunk.heading_path[0] if chunk.heading_path else ""
    return f"{title}\n{chunk.lead}{chunk.plain}"
