"""Files of claims: `{id, claim, doc?, address?, quote?, as_of?}`, one a line, in and `{id, verdict, reason}` out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.errors import InputError
from assistant.evaluation.runner import write_lines
from assistant.proof.verifier import Claim, Verifier
from assistant.schema.answer import Verdict

_LISTED = 5  # lines named in one message
_MOST_CHARS = 4000  # code points of one claim


class ClaimLine(BaseModel):
    """One line of a file of claims."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1)
    claim: str = Field(min_length=1, max_length=_MOST_CHARS)
    doc: str | None = None  # id (the file's stem), title, alias or abbreviation
    address: str | None = None
    quote: str | None = None  # words said to stand in the clause
    as_of: date | None = None

    @property
    def as_claim(self) -> Claim:
        """The same for the proof; an empty field is none."""
        return Claim(
            text=self.claim,
            doc=self.doc or None,
            address=self.address or None,
            quote=self.quote or None,
            as_of=self.as_of,
        )


class GoldClaim(ClaimLine):
    """A claim with the verdict that it deserves."""

    expect: Verdict


class VerdictLine(BaseModel):
    """One line of the result."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    verdict: Verdict
    reason: str


L = TypeVar("L", bound=ClaimLine)


def read_claims(path: Path) -> tuple[ClaimLine, ...]:
    """The claims of a file, in its order. Blank lines are passed over.

    Raises:
        InputError: the file cannot be read, holds no claim, an id stands twice, or lines do not have
            the form; the lines are named, their content is not repeated.
    """
    return _read(path, ClaimLine)


def read_gold_claims(path: Path) -> tuple[GoldClaim, ...]:
    """The same for claims with their verdicts."""
    return _read(path, GoldClaim)


def _read(path: Path, line_type: type[L]) -> tuple[L, ...]:
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as exc:
        raise InputError("说法文件无法读取，请检查路径，并确认它是 UTF-8 编码的 JSONL 文件。") from exc
    found: dict[str, L] = {}
    wrong: list[str] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            read = line_type.model_validate(json.loads(line))
        except (ValueError, RecursionError) as exc:  # ValidationError is a ValueError
            wrong.append(f"第 {number} 行{_fields(exc, line_type)}")
            continue
        if read.id in found:
            wrong.append(f"第 {number} 行（编号与前面重复）")
        found[read.id] = read
    if wrong:
        more = f"等 {len(wrong)} 行" if len(wrong) > _LISTED else ""
        fields = "、".join(line_type.model_fields)
        raise InputError(f"说法文件的{'、'.join(wrong[:_LISTED])}{more}不合格式，每行须为 JSON 对象，字段为 {fields}。")
    if not found:
        raise InputError("说法文件里没有内容，请检查文件。")
    return tuple(found.values())


def _fields(exc: Exception, line_type: type[ClaimLine]) -> str:
    """Which known fields are at fault; names that are not ours may be anything and are not said."""
    if not isinstance(exc, ValidationError):
        return "（不是 JSON 对象）"
    named = {str(error["loc"][0]) for error in exc.errors(include_input=False, include_url=False) if error["loc"]}
    known = [name for name in line_type.model_fields if name in named]
    strange = "有不认识的字段" if named - set(known) else ""
    return f"（{'，'.join(filter(None, ('、'.join(known), strange)))}）"


def check_claims(
    claims: Sequence[ClaimLine], verifier: Verifier, *, progress: Callable[[int, int], None] | None = None
) -> tuple[VerdictLine, ...]:
    """One verdict a claim, in their order."""
    out = []
    for done, line in enumerate(claims, start=1):
        checked = verifier.check(line.as_claim)
        out.append(VerdictLine(id=line.id, verdict=checked.verdict or Verdict.UNSUPPORTED, reason=checked.reason))
        if progress is not None:
            progress(done, len(claims))
    return tuple(out)


def write_verdicts(path: Path, lines: Iterable[VerdictLine]) -> None:
    """Write the verdicts as JSON lines, all of them or none.

    Raises:
        EvaluationError: the file cannot be written.
    """
    write_lines(path, (line.model_dump_json() for line in lines))
