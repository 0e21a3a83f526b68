"""Files of claims: `{id, claim, doc?, address?, quote?, as_of?}`, one a line, in and `{id, verdict, reason}` out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from assistant.errors import InputError
from assistant.evaluation.jsonl import Kind, read_lines
from assistant.evaluation.runner import write_lines
from assistant.proof.verifier import Claim, Verifier
from assistant.schema.answer import Verdict

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


_FIELDS = "、".join(ClaimLine.model_fields)
_KIND = Kind(noun="说法文件", advice=f"每行须为 JSON 对象，字段为 {_FIELDS}。", error=InputError)


class VerdictLine(BaseModel):
    """One line of the result."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    verdict: Verdict
    reason: str


def read_claims(path: Path) -> tuple[ClaimLine, ...]:
    """The claims of a file, in its order. Blank lines are passed over.

    Raises:
        InputError: as `jsonl.read_lines`.
    """
    return read_lines(path, ClaimLine, _KIND)


def read_gold_claims(path: Path) -> tuple[GoldClaim, ...]:
    """The same for claims with their verdicts."""
    return read_lines(path, GoldClaim, _KIND)


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
