"""The gold set of this library: questions with what a right answer rests on, each looked at by two people.

One file, `gold.jsonl` in the data folder, a case a line, in the form of the case files of `assistant eval run`. What
somebody adds to a line by hand (`must_include` and the like) stays as it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, Field

from assistant.errors import EvaluationError, NotFoundError
from assistant.evaluation.clause_ids import ClauseNames
from assistant.evaluation.jsonl import Kind, read_lines
from assistant.evaluation.runner import write_lines
from assistant.schema.answer import Outcome
from assistant.schema.document import Document
from assistant.text.folding import squeeze

FILE = "gold.jsonl"  # in the data folder
CATEGORY = "标准题"
_PATIENCE_S = 10.0
ANSWERING = frozenset({Outcome.ANSWERED, Outcome.PARTIAL})  # outcomes that rest on clauses
_FULL_WIDTH = str.maketrans("()", "（）")
_KIND = Kind(noun="标准题文件", advice="请对照 docs/curation.md 修改")


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldCase:
    """A question and what a right answer rests on. `addresses` are pairs of document and address in it."""

    id: str
    question: str  # masked
    addresses: tuple[tuple[str, str], ...]
    outcome: Outcome
    author: str
    reviewer: str
    added_on: date


class _Clause(BaseModel):
    model_config = ConfigDict(extra="ignore")

    doc: str
    clause: str
    address: str | None = None  # in full; without it the clause is the address


class _Line(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: str = Field(min_length=1)
    question: str = Field(min_length=1)
    gold: tuple[_Clause, ...]
    outcome: Outcome
    author: str
    reviewer: str
    added_on: date


def read_gold(path: Path) -> tuple[GoldCase, ...]:
    """The cases of the gold set, in the order in which they were added; none where there is no file yet.

    Raises:
        EvaluationError: the file cannot be read, or lines of it have another form.
    """
    if not path.is_file() or not path.stat().st_size:
        return ()
    return tuple(
        GoldCase(
            id=line.id,
            question=line.question,
            addresses=tuple(dict.fromkeys((one.doc, one.address or one.clause) for one in line.gold)),
            outcome=line.outcome,
            author=line.author,
            reviewer=line.reviewer,
            added_on=line.added_on,
        )
        for line in read_lines(path, _Line, _KIND)
    )


def add_gold(path: Path, case: GoldCase, document_of: Callable[[str], Document]) -> None:
    """Put a case at the end of the gold set: the whole file is written anew, or stays as it was.

    Raises:
        EvaluationError: the file cannot be read or written.
        NotFoundError: a document of the case is not there.
    """
    added = line_of(case, ClauseNames(document_of))
    with _alone(path):
        held = [line for line, found in _lines(path) if found != case.id]
        write_lines(path, [*held, added])


def drop_gold(path: Path, case_id: str) -> None:
    """Take a case out of the gold set.

    Raises:
        EvaluationError: the file cannot be read or written.
    """
    with _alone(path):
        lines = _lines(path)
        kept = [line for line, found in lines if found != case_id]
        if len(kept) < len(lines):
            write_lines(path, kept)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Nobody else writes the file meanwhile: of two who add a case at once, neither loses theirs.

    Raises:
        EvaluationError: somebody else does not come to an end.
    """
    lock = FileLock(path.with_name(f".{path.name}.lock"), timeout=_PATIENCE_S)
    try:
        lock.acquire()
    except Timeout as exc:
        raise EvaluationError("标准题文件正由另一个人改写，请稍后再试。") from exc
    try:
        yield
    finally:
        lock.release()


def line_of(case: GoldCase, names: ClauseNames) -> str:
    """A case as a line of a case file. The clauses of a paragraph that cites none itself are those inside it."""
    gold = [
        {"doc": document, "clause": name.rpartition("#")[2], "address": address}
        for document, address in case.addresses
        for name in names.ranked([f"{document}#{address}"])
    ]
    return json.dumps(
        {
            "id": case.id,
            "category": CATEGORY,
            "question": case.question,
            "gold": gold,
            "answerable": case.outcome in ANSWERING,
            "outcome": case.outcome.value,
            "author": case.author,
            "reviewer": case.reviewer,
            "added_on": case.added_on.isoformat(),
        },
        ensure_ascii=False,
    )


def address_in(document: Document, address: str) -> str | None:
    """The address of a clause as the document has it, for one that was typed: brackets of either width, no blanks."""
    typed = address.strip().translate(_FULL_WIDTH)
    if document.find(typed) is not None:
        return typed
    bare = squeeze(typed)
    return next((clause.address for clause in document.addressable() if squeeze(clause.address) == bare), None)


def astray(cases: Iterable[GoldCase], document_of: Callable[[str], Document]) -> tuple[tuple[GoldCase, str], ...]:
    """Cases whose document or clause is not in the library, each with the address in words."""
    found = []
    for case in cases:
        for document, address in case.addresses:
            try:
                there = document_of(document).find(address) is not None
            except NotFoundError:
                there = False
            if not there:
                found.append((case, f"{document} {address}"))
    return tuple(found)


def _lines(path: Path) -> list[tuple[str, str]]:
    """The lines as they stand, each with the id of its case; the file has been read as cases before."""
    read_gold(path)
    if not path.is_file():
        return []
    lines = [line for line in path.read_text("utf-8-sig").split("\n") if line.strip()]
    return [(line, str(json.loads(line)["id"])) for line in lines]
