"""Figures of the masker over cases with marked pieces, and over texts in which nothing is anybody's."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from assistant.evaluation.jsonl import Kind, read_lines
from assistant.safety.personal.masking import Masked, mask, mask_turns

_KIND = Kind(noun="遮盖用例文件", advice="请对照 eval/README.md 修改")
_ROUNDS = 200
Piece = tuple[int, int, str]  # start, end, kind


class Expected(BaseModel):
    """A piece by its words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    value: str = Field(min_length=1)


class MaskTurn(BaseModel):
    """One turn and the places in it that have to be masked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    pieces: tuple[Piece, ...] = ()


class MaskCase(BaseModel):
    """A conversation, as turns with places, or as one text with the words of each piece."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1)
    form: str = "hand"  # how it is written
    turns: tuple[MaskTurn, ...] = ()
    text: str | None = None
    expected: tuple[Expected, ...] = ()

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if (self.text is None) == (not self.turns):
            raise ValueError("turns 与 text 须有且只有一个")
        if self.text is not None and any(e.value not in self.text for e in self.expected):
            raise ValueError("expected 的 value 须在 text 里")
        return self

    @property
    def spoken(self) -> tuple[MaskTurn, ...]:
        """The turns, whichever way the case is written."""
        if self.text is None:
            return self.turns
        starts = [(self.text.index(e.value), e) for e in self.expected]
        return (MaskTurn(text=self.text, pieces=tuple((at, at + len(e.value), e.kind) for at, e in starts)),)

    @property
    def raw(self) -> tuple[str, ...]:
        """What may be left nowhere."""
        return tuple(turn.text[start:end] for turn in self.spoken for start, end, _ in turn.pieces)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """How much of what is somebody's is masked, and how much else."""

    turns: int
    pieces: int
    masked: int
    exact: int  # pieces whose mask begins and ends with them
    strays: int  # masks where nothing is marked
    clean: int  # turns without a piece
    clean_masked: int  # of them, those in which something is masked
    by_kind: dict[str, tuple[int, int]]  # masked, of how many
    missed: tuple[str, ...]  # cases with a piece that stayed


@dataclass(frozen=True, slots=True, kw_only=True)
class FalseMasks:
    """What is masked in texts in which nothing is anybody's."""

    texts: int
    masked: int
    pieces: Counter[str] = field(default_factory=Counter)


def read_mask_cases(path: Path) -> tuple[MaskCase, ...]:
    """The cases of a file.

    Raises:
        EvaluationError: as `jsonl.read_lines`.
    """
    return read_lines(path, MaskCase, _KIND)


def recall(cases: Iterable[MaskCase]) -> Recall:
    """The figures over `cases`; the turns of one are masked together."""
    hit: Counter[str] = Counter()
    total: Counter[str] = Counter()
    turns = exact = strays = clean = clean_masked = 0
    missed = []
    for case in cases:
        for turn, found in zip(case.spoken, mask_turns([t.text for t in case.spoken]), strict=True):
            turns += 1
            clean += not turn.pieces
            clean_masked += bool(not turn.pieces and found.spans)
            strays += len(strays_of(turn, found))
            places = {(s.start, s.end) for s in found.spans}
            for start, end, kind in turn.pieces:
                whole = covered(turn.text, start, end, found)
                total[kind] += 1
                hit[kind] += whole
                exact += (start, end) in places
                missed += [] if whole else [case.id]
    return Recall(
        turns=turns,
        pieces=total.total(),
        masked=hit.total(),
        exact=exact,
        strays=strays,
        clean=clean,
        clean_masked=clean_masked,
        by_kind={kind: (hit[kind], total[kind]) for kind in sorted(total)},
        missed=tuple(dict.fromkeys(missed)),
    )


def covered(text: str, start: int, end: int, found: Masked) -> bool:
    """Whether every letter and digit of the range is masked."""
    hidden = {offset for span in found.spans for offset in range(span.start, span.end)}
    return all(offset in hidden for offset in range(start, end) if text[offset].isalnum())


def strays_of(turn: MaskTurn, found: Masked) -> list[str]:
    """What is masked and was not marked."""
    return [
        turn.text[s.start : s.end]
        for s in found.spans
        if not any(start < s.end and s.start < end for start, end, _ in turn.pieces)
    ]


def false_masks(texts: Iterable[str]) -> FalseMasks:
    """What the masker finds in texts in which nothing is anybody's."""
    count = masked = 0
    pieces: Counter[str] = Counter()
    for text in texts:
        count += 1
        found = mask(text)
        masked += bool(found.spans)
        pieces.update(f"{text[s.start : s.end]}（{s.kind.value}）" for s in found.spans)
    return FalseMasks(texts=count, masked=masked, pieces=pieces)


def milliseconds(texts: Sequence[str]) -> float:
    """CPU time of masking one text, mean over the first of `texts`; 0 without one."""
    asked = texts[:_ROUNDS]
    if not asked:
        return 0.0
    began = time.process_time()
    for text in asked:
        mask(text)
    return 1000 * (time.process_time() - began) / len(asked)
