"""Recorded runs: `<set>/<date>/run.jsonl` and `score.txt`, the last two dates of each set."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from assistant.errors import EvaluationError, InputError
from assistant.evaluation.runner import RunLine, write_lines, write_run

RANKED = 20  # clauses of a ranking that are kept
KEPT = 2  # dates of a set
_NAME = re.compile(r"[a-z0-9_]+")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def record(folder: Path, name: str, day: date, lines: Sequence[RunLine], score: str) -> Path:
    """Write a run and its scores below `folder` and remove older dates of the set; the folder of the run.

    Raises:
        InputError: `name` cannot be a folder.
        EvaluationError: something cannot be written or removed.
    """
    if not _NAME.fullmatch(name):
        raise InputError("评测集的名称只能用小写字母、数字和下划线。")
    target = folder / name / day.isoformat()
    write_run(target / "run.jsonl", [cut(line) for line in lines])
    write_lines(target / "score.txt", [score])
    for old in days_of(folder / name)[:-KEPT]:
        try:
            shutil.rmtree(old)
        except OSError as exc:
            raise EvaluationError(f"旧基线 {old} 无法删除，请检查目录权限") from exc
    return target


def days_of(folder: Path) -> list[Path]:
    """The recorded dates of a set, oldest first."""
    return sorted(path for path in folder.iterdir() if path.is_dir() and _DAY.fullmatch(path.name))


def cut(line: RunLine) -> RunLine:
    """A line as it is recorded, the ranking without its tail."""
    return line.model_copy(update={"ranked_clauses": line.ranked_clauses[:RANKED]})
