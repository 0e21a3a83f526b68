"""A reader beside the rules: how surely each candidate sentence answers, and whether any of them does."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from assistant.errors import ModelError
from assistant.models.protocols import AnswerReader, Candidate, Judged
from assistant.models.scores import CANDIDATES
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
    failed: bool = False  # the reader is there and gave nothing; its stand-in or the rules go on
    by_llm: bool = False  # a language model said it


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingWeights:
    """How much the reader counts beside the rules. Found on the held-out documents of `eval/training`."""

    weight: float = 1.0  # of a log-odds, in units of fused z-scores
    candidates: int = CANDIDATES
    unread: float = 1.0  # a sentence that was not read stands this much below the least likely one
    rejected: float = -3.0  # a sentence below this log-odds stands behind any that is
    accepted: float = 0.0  # above this one, whatever the ranking holds of both


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingWay:
    """How a reader is asked."""

    weights: ReadingWeights = ReadingWeights()
    stand_in: AnswerReader | None = None  # reads where the reader gives nothing, or is a model that is kept out
    of_llm: bool = False  # the reader is a language model, asked only where whoever asks lets one in


class SentenceReading:
    """Question and candidates → the candidates with what the reader says of them.

    Args:
        clause_of: gives the whole clause of a sentence, for the words around it; without it none are given.
    """

    def __init__(
        self,
        reader: AnswerReader,
        way: ReadingWay | None = None,
        *,
        clause_of: Callable[[Chunk], Chunk] | None = None,
    ) -> None:
        self._reader = reader
        self._way = way or ReadingWay()
        self._weights = self._way.weights
        self._clause_of = clause_of

    def hear(self, question: str, picks: Sequence[Pick], *, use_llm: bool = True) -> Heard:
        """`picks` in their order; the best are read, with title and lead in front, and their scores moved."""
        read = sorted(picks, key=lambda p: (-p.score, p.chunk.id))[: self._weights.candidates]
        if not read:
            return Heard(picks=tuple(picks))
        judged, failed = self._judged(question, [candidate(p.chunk, self._clause_of) for p in read], use_llm=use_llm)
        if judged is None:
            return Heard(picks=tuple(picks), failed=failed)
        odds = {pick.chunk.id: value for pick, value in zip(read, judged.sentences, strict=True)}
        floor = min(odds.values()) - self._weights.unread
        moved = self._rejected_behind([self._moved(pick, odds, floor) for pick in picks], floor)
        if judged.answered is None:  # its numbers put sentences in order and are no probabilities
            moved = tuple(replace(pick, odds=None) for pick in moved)
        by_llm = self._way.of_llm and use_llm and not failed
        return Heard(picks=moved, answered=judged.answered, failed=failed, by_llm=by_llm)

    def _judged(self, question: str, candidates: Sequence[Candidate], *, use_llm: bool) -> tuple[Judged | None, bool]:
        """What the reader says, else its stand-in; and whether the reader should have and did not."""
        kept_out = self._way.of_llm and not use_llm
        failed = False
        for reader in (None if kept_out else self._reader, self._way.stand_in):
            if reader is None:
                continue
            try:
                return reader.read(question, candidates), failed
            except ModelError as exc:
                _log.warning("reading is out: %s", exc.message)
                failed = True
        return None, failed

    def _rejected_behind(self, picks: Sequence[Pick], floor: float) -> tuple[Pick, ...]:
        """`picks`, those that surely do not answer behind the best of those that may: tables made for one document
        rank its clauses too high for questions on another."""
        w = self._weights
        accepted = [pick.score for pick in picks if pick.odds is not None and pick.odds > w.accepted]
        if not accepted:
            return tuple(picks)
        behind = max(accepted) - w.unread
        return tuple(
            replace(p, score=min(p.score, behind)) if (floor if p.odds is None else p.odds) < w.rejected else p
            for p in picks
        )

    def _moved(self, pick: Pick, odds: dict[ChunkId, float], floor: float) -> Pick:
        own = odds.get(pick.chunk.id)
        return replace(pick, score=pick.score + self._weights.weight * (floor if own is None else own), odds=own)


def candidate(chunk: Chunk, clause_of: Callable[[Chunk], Chunk] | None = None) -> Candidate:
    """A sentence as readers see it."""
    title, *headings = chunk.heading_path or ("",)
    before, after = _around(chunk, clause_of(chunk)) if clause_of else ("", "")
    return Candidate(
        sentence=chunk.lead + chunk.plain, title=title, headings=tuple(headings), before=before, after=after
    )


def _around(chunk: Chunk, clause: Chunk) -> tuple[str, str]:
    """The words of `clause` before and behind its sentence."""
    begun = chunk.span.start - clause.span.start
    return clause.text[: max(begun, 0)], clause.text[begun + len(chunk.text) :]
