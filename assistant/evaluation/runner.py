"""Puts every case to an assistant and writes down what came back."""

from __future__ import annotations

import math
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from assistant.errors import EvaluationError, InputError
from assistant.evaluation.cases import Case
from assistant.evaluation.clause_ids import NOTICE, ClauseNames
from assistant.schema.answer import Answer, Outcome
from assistant.schema.document import Document, DocumentMeta
from assistant.schema.inquiry import Inquiry


class Answering(Protocol):
    """What the runner asks of an assistant. `assistant.pipeline.PolicyAssistant` satisfies it."""

    def ask(self, inquiry: Inquiry) -> Answer: ...

    def documents(self) -> tuple[DocumentMeta, ...]: ...

    def document(self, document_id: str) -> Document: ...


class RunLine(BaseModel):
    """One line of a run file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    ranked_clauses: tuple[str, ...]  # every clause, best first
    answer: str  # what the user reads, without cards and source list
    citations: tuple[str, ...]
    refused: bool
    outcome: Outcome | None = None  # None: the question could not be put, or the run is older than the field
    confidence: float | None = None  # that the library settles the question; None: not estimated
    latency_ms: float  # wall time
    cpu_ms: float  # of this process, all threads
    error: str | None = None  # code of the fault when the question itself could not be used


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantiles:
    """Median and 95th percentile, in milliseconds."""

    p50: float
    p95: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """A run in figures."""

    cases: int
    refused: int
    unusable: int  # questions that could not be put
    latency_ms: Quantiles
    cpu_ms: Quantiles


def run_cases(
    assistant: Answering,
    cases: Sequence[Case],
    *,
    use_llm: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[RunLine, ...]:
    """One line for each case, in their order; `progress` hears how many are done, of how many.

    A question that the assistant cannot take gives a line with an empty answer and its `error`.

    Raises:
        AssistantError: the index or a model cannot be used.
    """
    documents = assistant.documents()
    bare_document = documents[0].id if len(documents) == 1 else NOTICE
    names = ClauseNames(assistant.document)
    lines = []
    for done, case in enumerate(cases, start=1):
        lines.append(_line(assistant, case, names, bare_document if case.bare else None, use_llm))
        if progress is not None:
            progress(done, len(cases))
    return tuple(lines)


def _line(assistant: Answering, case: Case, names: ClauseNames, bare_document: str | None, use_llm: bool) -> RunLine:
    wall, cpu = time.perf_counter(), time.process_time()
    answer: Answer | None = None
    error: str | None = None
    try:
        answer = assistant.ask(case.inquiry(use_llm=use_llm))
    except InputError as exc:
        error = exc.code
    latency_ms, cpu_ms = 1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - cpu)
    return RunLine(
        id=case.id,
        ranked_clauses=names.ranked(answer.ranked_clauses if answer else (), bare_document=bare_document),
        answer=answer.text if answer else "",
        citations=names.cited(answer.citations if answer else (), bare_document=bare_document),
        refused=answer.refused if answer else False,
        outcome=answer.outcome if answer else None,
        confidence=_rounded(answer.confidence if answer else None),
        latency_ms=round(latency_ms, 3),
        cpu_ms=round(cpu_ms, 3),
        error=error,
    )


def _rounded(confidence: float | None) -> float | None:
    return None if confidence is None else round(confidence, 6)


def summarize(lines: Sequence[RunLine]) -> RunSummary:
    """The figures of a run with at least one line."""
    return RunSummary(
        cases=len(lines),
        refused=sum(line.refused for line in lines),
        unusable=sum(line.error is not None for line in lines),
        latency_ms=quantiles([line.latency_ms for line in lines]),
        cpu_ms=quantiles([line.cpu_ms for line in lines]),
    )


def quantiles(values: Sequence[float]) -> Quantiles:
    """Nearest-rank median and 95th percentile.

    >>> quantiles([30.0, 10.0, 20.0])
    Quantiles(p50=20.0, p95=30.0)
    """
    ordered = sorted(values)
    return Quantiles(p50=_nearest(ordered, 0.5), p95=_nearest(ordered, 0.95))


def _nearest(ordered: Sequence[float], share: float) -> float:
    return ordered[max(math.ceil(share * len(ordered)), 1) - 1]


def check_writable(path: Path) -> None:
    """Make sure, before a long run, that its file can be written.

    Raises:
        EvaluationError: it cannot.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise _unwritable(path) from exc
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise _unwritable(path)


def write_run(path: Path, lines: Iterable[RunLine]) -> None:
    """Write the lines of a run as JSON, as `write_lines` does."""
    write_lines(path, (line.model_dump_json(exclude_none=True) for line in lines))


def read_run(path: Path) -> tuple[RunLine, ...]:
    """The lines of a run that `write_run` wrote.

    Raises:
        EvaluationError: the file cannot be read or has another form.
    """
    try:
        text = path.read_text(encoding="utf-8")
        return tuple(RunLine.model_validate_json(line) for line in text.split("\n") if line.strip())
    except (OSError, ValueError) as exc:  # ValidationError is a ValueError
        raise EvaluationError(f"结果文件 {path} 无法读取，请确认它是 eval run 写出的 JSONL 文件") from exc


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write a text file, all of it or nothing; a file that stood there is replaced.

    Raises:
        EvaluationError: it cannot be written.
    """
    check_writable(path)
    text = "".join(f"{line}\n" for line in lines)
    part: Path | None = None
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        part = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        part.chmod(0o644)
        part.replace(path)
    except OSError as exc:
        if part is not None:
            part.unlink(missing_ok=True)
        raise _unwritable(path) from exc


def _unwritable(path: Path) -> EvaluationError:
    return EvaluationError(f"结果无法写入 {path}，请检查路径、目录权限和磁盘空间")
