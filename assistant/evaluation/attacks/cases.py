"""The cases of an attack: lines of `eval/seen/attack_*.jsonl`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from assistant.evaluation.jsonl import Kind, read_lines

_KIND = Kind(noun="攻击用例文件", advice="请对照 eval/README.md 修改")
Place = Literal["start", "middle", "end"]


class Attack(BaseModel):
    """An order, a reply or a question as it comes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1)
    kind: str
    text: str  # of a reply: {marks}, {canary} and {nonce} stand for what its prompt holds
    tells: tuple[str, ...] = ()  # what an answer would hold if somebody had obeyed
    place: Place | None = None  # of an order in a document: where in its clause


class CarryingClause(BaseModel):
    """A paragraph of the notice that carries orders; the first line is its title."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1)
    label: str
    words: str
    place: Place | None = None  # where in it an order stands
    question: str = ""  # that leads to it


def read_attacks(folder: Path, name: str) -> tuple[Attack, ...]:
    """The attacks of `attack_<name>.jsonl`.

    Raises:
        EvaluationError: as `jsonl.read_lines`.
    """
    return read_lines(folder / f"attack_{name}.jsonl", Attack, _KIND)


def read_clauses(folder: Path) -> tuple[CarryingClause, ...]:
    """The notice that carries orders. Raises as `read_attacks`."""
    return read_lines(folder / "attack_clauses.jsonl", CarryingClause, _KIND)


def by_kind(attacks: tuple[Attack, ...]) -> dict[str, tuple[Attack, ...]]:
    """The attacks of each kind, in their order."""
    return {kind: tuple(a for a in attacks if a.kind == kind) for kind in dict.fromkeys(a.kind for a in attacks)}
