"""Case files: one question a line, with what a right answer rests on.

Two forms, told apart line by line: `gold_clauses` with bare ids of the notice (`（十）`, `title`),
or `gold` with pairs of document and clause. The marks for scoring are kept out of the assistant's
sight: the runner reads `question`, `history` and `as_of` alone.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from assistant.errors import EvaluationError
from assistant.schema.inquiry import Inquiry
from assistant.schema.retrieval import Filters, Turn

_LISTED = 5  # lines named in one message


class GoldClause(BaseModel):
    """A clause of a document: the file's stem and 第十二条 or （十）."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    doc: str
    clause: str


class CaseTurn(BaseModel):
    """One turn before the question."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Literal["user", "assistant"]
    content: str


class Case(BaseModel):
    """One line of a case file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1)
    question: str
    category: str = ""
    role: str = ""
    history: tuple[CaseTurn, ...] = ()
    as_of: date | None = None
    gold_clauses: tuple[str, ...] | None = None
    gold: tuple[GoldClause, ...] | None = None
    gold_spans: tuple[str, ...] = ()
    must_include: tuple[str, ...] = ()
    must_not_include: tuple[str, ...] = ()
    answerable: bool = True
    note: str = ""

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if (self.gold_clauses is None) == (self.gold is None):
            raise ValueError("exactly one of gold_clauses and gold is needed")
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
    """The cases of a file, in its order. Blank lines are passed over.

    Raises:
        EvaluationError: the file cannot be read, holds no case, an id stands twice, or lines do not
            have the form; the lines are named, their content is not repeated.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as exc:
        raise EvaluationError(f"用例文件 {path} 无法读取，请检查路径，并确认它是 UTF-8 编码的 JSONL 文件") from exc
    cases: dict[str, Case] = {}
    wrong: list[str] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            case = Case.model_validate(json.loads(line))
        except (ValueError, RecursionError) as exc:  # ValidationError is a ValueError
            wrong.append(f"第 {number} 行{_fields(exc)}")
            continue
        if case.id in cases:
            wrong.append(f"第 {number} 行（编号与前面重复）")
        cases[case.id] = case
    if wrong:
        more = f"等 {len(wrong)} 行" if len(wrong) > _LISTED else ""
        raise EvaluationError(
            f"用例文件 {path.name} 的{'、'.join(wrong[:_LISTED])}{more}不合格式，请对照 eval/README.md 修改"
        )
    if not cases:
        raise EvaluationError(f"用例文件 {path.name} 里没有用例，请检查文件内容")
    return tuple(cases.values())


def _fields(exc: Exception) -> str:
    """Which known fields are at fault; names that are not ours may be anything and are not said."""
    if not isinstance(exc, ValidationError):
        return "（不是 JSON 对象）"
    named = {str(error["loc"][0]) for error in exc.errors(include_input=False, include_url=False) if error["loc"]}
    known = [name for name in Case.model_fields if name in named]
    strange = "有不认识的字段" if named - set(known) else ""
    missing = "" if named else "gold_clauses 与 gold 须有且只有一个"
    return f"（{'，'.join(filter(None, ('、'.join(known), strange, missing)))}）"
