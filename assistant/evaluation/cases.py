"""Case files: one question a line, with what a right answer rests on.

Two forms, told apart line by line: `gold_clauses` with bare ids of the notice (`（十）`, `title`),
or `gold` with pairs of document and clause. The marks for scoring are kept out of the assistant's
sight: the runner reads `question`, `history` and `as_of` alone. Fields that are not ours are passed over.
"""

from __future__ import annotations

import logging
import re
from datetime import date
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from assistant.evaluation.jsonl import Kind, read_lines
from assistant.schema.inquiry import Inquiry
from assistant.schema.retrieval import Filters, Turn

_log = logging.getLogger(__name__)
_KIND = Kind(noun="用例文件", advice="请对照 eval/README.md 修改")
_PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,30}")


class GoldClause(BaseModel):
    """A clause of a document: the file's stem and 第十二条 or （十）."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    doc: str
    clause: str


class CaseTurn(BaseModel):
    """One turn before the question."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    role: Literal["user", "assistant"]
    content: str


class Case(BaseModel):
    """One line of a case file."""

    model_config = ConfigDict(frozen=True, extra="allow")  # what is not ours is kept to be named, and not used

    id: str = Field(min_length=1)
    question: str
    category: str = ""
    role: str = ""
    history: tuple[CaseTurn, ...] = ()
    as_of: date | None = None
    gold_clauses: tuple[str, ...] | None = None
    gold: tuple[GoldClause, ...] | None = None
    also_ok: tuple[GoldClause, ...] = ()  # an answer may rest on these as well
    gold_spans: tuple[str, ...] = ()
    must_include: tuple[str, ...] = ()
    must_not_include: tuple[str, ...] = ()
    answerable: bool = True
    note: str = ""
    outcome: str = ""  # of a case of the gold set: how it should end, and who added it when; not scored
    author: str = ""
    reviewer: str = ""
    added_on: date | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if (self.gold_clauses is None) == (self.gold is None):
            raise ValueError("gold_clauses 与 gold 须有且只有一个")
        return self

    @property
    def bare(self) -> bool:
        """Whether its clauses are written without their document."""
        return self.gold_clauses is not None

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The turns before the question, as the assistant takes them."""
        return tuple(Turn(role=turn.role, content=turn.content) for turn in self.history)

    def inquiry(self, *, use_llm: bool) -> Inquiry:
        """The case as it is put to the assistant."""
        filters = Filters(as_of=self.as_of)
        return Inquiry(question=self.question, history=self.turns, filters=filters, use_llm=use_llm)


def read_cases(path: Path) -> tuple[Case, ...]:
    """The cases of a file, in its order; fields that are not ours are passed over, with one warning.

    Raises:
        EvaluationError: as `jsonl.read_lines`.
    """
    cases = read_lines(path, Case, _KIND)
    strange = sorted({name for case in cases for name in case.model_extra or {}})
    if strange:
        # A name that looks like none of a field may be anything, and is not said.
        named = [name for name in strange if _PLAIN_NAME.fullmatch(name)] or ["名称略"]
        _log.warning("用例文件 %s 里有不认识的字段（%s），已略过。", path.name, "、".join(named))
    return cases
