"""The register of evaluation sets: which may still measure, and who read the others, when and why.

A set in `unseen/` may be run, and nothing is changed after looking at its questions. Whoever reads it moves it to
`seen/` with `mark_read`; from then on it is a set to develop on.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from assistant.errors import EvaluationError, InputError
from assistant.evaluation.jsonl import Kind, read_lines
from assistant.evaluation.runner import write_lines

REGISTER = "sets.jsonl"
SEEN, UNSEEN = "seen", "unseen"
_KIND = Kind(noun="评测集登记", advice="请对照 eval/README.md 修改")


class SetReading(BaseModel):
    """One time that a set was read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    on: date
    by: str = Field(min_length=1)
    why: str = Field(min_length=1)


class EvalSet(BaseModel):
    """One line of the register."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, pattern=r"^[a-z0-9_]+$")
    file: str = Field(pattern=r"^(seen|unseen)/[a-z0-9_]+\.jsonl$")  # below the folder of the register
    kind: Literal["questions", "claims", "masking", "attacks", "duties", "compare", "talks"]
    documents: str  # which texts it asks about
    written_by: str
    reviewed_by: str
    rules: str  # written before or after which rules
    readings: tuple[SetReading, ...] = ()

    @property
    def unseen(self) -> bool:
        return self.file.startswith(f"{UNSEEN}/")


def read_register(folder: Path) -> tuple[EvalSet, ...]:
    """The sets of a folder, in the order of its register.

    Raises:
        EvaluationError: the register cannot be read, or names a file that is not there.
    """
    sets = read_lines(folder / REGISTER, EvalSet, _KIND, key="name")
    if gone := [one.name for one in sets if not (folder / one.file).is_file()]:
        raise EvaluationError(f"评测集登记 {folder / REGISTER} 里的 {'、'.join(gone)} 没有文件，请改正登记")
    return sets


def mark_read(folder: Path, name: str, reading: SetReading) -> EvalSet:
    """Write down that a set was read; one that was unseen moves to `seen/`.

    Raises:
        InputError: there is no such set.
        EvaluationError: the register cannot be read, or register or file cannot be written.
    """
    sets = read_register(folder)
    found = next((one for one in sets if one.name == name), None)
    if found is None:
        raise InputError(f"没有这个评测集，已登记的有：{'、'.join(one.name for one in sets)}。")
    file = f"{SEEN}/{Path(found.file).name}"
    after = found.model_copy(update={"file": file, "readings": (*found.readings, reading)})
    if found.unseen:
        _move(folder / found.file, folder / file)
    try:
        _write(folder, [after if one.name == name else one for one in sets])
    except EvaluationError:
        if found.unseen:
            _move(folder / file, folder / found.file)
        raise
    return after


def _write(folder: Path, sets: Sequence[EvalSet]) -> None:
    write_lines(folder / REGISTER, (one.model_dump_json() for one in sets))


def _move(source: Path, target: Path) -> None:
    if target.exists():
        raise EvaluationError(f"{target} 已经存在，请先检查评测集登记")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        source.rename(target)
    except OSError as exc:
        raise EvaluationError(f"评测集无法移到 {target}，请检查目录权限和磁盘空间") from exc
