"""Runs and relevance judgements in the form of TREC: `qid Q0 docid rank score tag`, `qid 0 docid rel`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import EvaluationError
from assistant.evaluation.runner import write_lines

Ranking = Sequence[tuple[str, float]]  # (document, score), best first


@dataclass(frozen=True, slots=True)
class Run:
    """A ranking for each question."""

    rankings: Mapping[str, tuple[tuple[str, float], ...]]
    tag: str = "assistant"


Qrels = Mapping[str, frozenset[str]]  # the relevant documents of each question


def write_run_file(path: Path, rankings: Mapping[str, Ranking], *, tag: str) -> None:
    """Write `rankings`, all of them or nothing.

    Raises:
        EvaluationError: an id is empty or holds white space, or the file cannot be written.
    """
    lines = []
    for query, ranking in rankings.items():
        for rank, (document, score) in enumerate(ranking, start=1):
            lines.append(" ".join((_word(query), "Q0", _word(document), str(rank), f"{score:.6f}", _word(tag))))
    write_lines(path, lines)


def write_qrels(path: Path, qrels: Qrels) -> None:
    """Write `qrels`; every relevant document has grade 1.

    Raises:
        EvaluationError: as `write_run_file`.
    """
    write_lines(path, [f"{_word(q)} 0 {_word(d)} 1" for q, documents in qrels.items() for d in sorted(documents)])


def read_run_file(path: Path) -> Run:
    """The rankings of a run file, ordered by score, ties by id, as trec_eval does.

    Raises:
        EvaluationError: lines have another form; their numbers are named.
    """
    found: dict[str, dict[str, float]] = {}
    tag = ""
    wrong: list[int] = []
    for number, fields in _rows(path):
        try:
            query, _, document, _, score, tag = fields
            value = float(score)
        except ValueError:
            wrong.append(number)
            continue
        if value != value or document in found.setdefault(query, {}):
            wrong.append(number)
            continue
        found[query][document] = value
    _complain(path, wrong)
    ordered = {q: tuple(sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))) for q, scores in found.items()}
    return Run(rankings=ordered, tag=tag)


def read_qrels(path: Path) -> dict[str, frozenset[str]]:
    """The relevant documents of each question; grades above 0 count alike.

    Raises:
        EvaluationError: lines have another form; their numbers are named.
    """
    found: dict[str, set[str]] = {}
    wrong: list[int] = []
    for number, fields in _rows(path):
        try:
            query, _, document, grade = fields
            relevant = int(grade) > 0
        except ValueError:
            wrong.append(number)
            continue
        found.setdefault(query, set()).update({document} if relevant else ())
    _complain(path, wrong)
    return {query: frozenset(documents) for query, documents in found.items()}


def _rows(path: Path) -> Iterable[tuple[int, list[str]]]:
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as exc:
        raise EvaluationError(f"文件 {path} 无法读取，请检查路径，并确认它是 UTF-8 编码的 TREC 文件") from exc
    return ((number, line.split()) for number, line in enumerate(lines, start=1) if line.strip())


def _complain(path: Path, wrong: Sequence[int]) -> None:
    if wrong:
        listed = "、".join(map(str, wrong[:5])) + (f" 等 {len(wrong)} 行" if len(wrong) > 5 else "")
        raise EvaluationError(f"文件 {path.name} 第 {listed} 行不合 TREC 格式，请对照 eval/README.md 修改")


def _word(text: str) -> str:
    if not text or text.split() != [text]:
        raise EvaluationError("TREC 文件里的编号不能为空，也不能含空白，请修改用例或条文的编号")
    return text
