"""How well the duty table reads: rows found, whom they address, how strongly, against rows written by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from assistant.errors import EvaluationError
from assistant.evaluation.jsonl import Kind, read_lines
from assistant.products.duties.model import Actor, Degree, Duty
from assistant.products.duties.table import duty_table
from assistant.schema.document import Document, Span
from assistant.text.folding import squeeze

# Two rows are the same when the shorter of their acts lies in the other by this share.
SAME = 0.6
_KIND = Kind(noun="责任清单的标准答案", advice="请对照 eval/README.md 修改")


class DutyCase(BaseModel):
    """One row written by hand."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1)
    doc: str
    clause: str
    act: str
    span: tuple[int, int]  # of the act, in the text of the document
    actors: tuple[str | None, ...] = Field(min_length=1)  # any of them is right; None: nobody is named
    stated: bool  # the addressee stands in the sentence itself
    forces: tuple[Degree, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Row:
    """One place of one row of the table."""

    duty: Duty
    span: Span
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyScore:
    """Counts over a set. `wrong_*`: pairs of the case's id and what the table says."""

    cases: int
    rows: int
    matched: int
    actors: int
    forces: int
    missed: tuple[str, ...]
    extra: tuple[str, ...]
    wrong_actors: tuple[tuple[str, str], ...]
    wrong_forces: tuple[tuple[str, str], ...]

    @property
    def precision(self) -> float:
        return self.matched / self.rows if self.rows else 0.0

    @property
    def recall(self) -> float:
        return self.matched / self.cases if self.cases else 0.0

    @property
    def actor(self) -> float:
        """The share of matched rows with the right addressee."""
        return self.actors / self.matched if self.matched else 0.0

    @property
    def force(self) -> float:
        """The share of matched rows with the right degree."""
        return self.forces / self.matched if self.matched else 0.0


def read_duty_cases(path: Path) -> tuple[DutyCase, ...]:
    """The rows written by hand.

    Raises:
        EvaluationError: the file cannot be used.
    """
    return read_lines(path, DutyCase, _KIND)


def score_duties(cases: Sequence[DutyCase], documents: Sequence[Document], *, day: date) -> DutyScore:
    """The table of the documents that the cases name, against the cases.

    Raises:
        EvaluationError: a document is missing, or a case's words do not stand where it says.
    """
    held = {document.id: document for document in documents}
    _check(cases, held)
    pairs: list[tuple[DutyCase, Row]] = []
    extra: list[str] = []
    rows = 0
    for name in dict.fromkeys(case.doc for case in cases):
        own = [case for case in cases if case.doc == name]
        found = list(_rows(held[name], day))
        matches = _match(own, found)
        rows += len(found)
        pairs += [(own[i], found[j]) for i, j in matches]
        used = {j for _, j in matches}
        extra += [row.duty.id for j, row in enumerate(found) if j not in used]
    hit = {case.id for case, _ in pairs}
    actors, forces = _wrong(pairs)
    return DutyScore(
        cases=len(cases),
        rows=rows,
        matched=len(pairs),
        actors=len(pairs) - len(actors),
        forces=len(pairs) - len(forces),
        missed=tuple(case.id for case in cases if case.id not in hit),
        extra=tuple(extra),
        wrong_actors=tuple(actors),
        wrong_forces=tuple(forces),
    )


def _wrong(pairs: Sequence[tuple[DutyCase, Row]]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The cases whose addressee, and whose degree, the table has wrong."""
    actors = [(case.id, row.duty.actor.shown) for case, row in pairs if not _addresses(case, row.duty.actor)]
    forces = [(case.id, row.duty.degree.value) for case, row in pairs if row.duty.degree not in case.forces]
    return actors, forces


def _check(cases: Sequence[DutyCase], held: Mapping[str, Document]) -> None:
    for case in cases:
        if case.doc not in held:
            raise EvaluationError(f"责任清单的标准答案提到的 {case.doc} 没有读到，请用 --corpus 指明它所在的文件夹")
        if squeeze(held[case.doc].text[slice(*case.span)]) != squeeze(case.act):
            raise EvaluationError(f"责任清单的标准答案 {case.id} 的原文与文件不符，请核对文件版本")


def _rows(document: Document, day: date) -> Iterator[Row]:
    for duty in duty_table([document], day=day, past=True).duties:
        for source in duty.sources:
            yield Row(duty, source.act_span, source.address)


def _match(cases: Sequence[DutyCase], rows: Sequence[Row]) -> list[tuple[int, int]]:
    """Pairs of places, one to one, the most alike first."""
    alike = sorted(
        (-share, i, j)
        for i, case in enumerate(cases)
        for j, row in enumerate(rows)
        if (share := _alike(Span(*case.span), row.span)) is not None
    )
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _, i, j in alike:
        if i not in pairs and j not in taken:
            pairs[i] = j
            taken.add(j)
    return sorted(pairs.items())


def _alike(one: Span, other: Span) -> float | None:
    """Shared characters over the longer; `None` when the shorter does not lie in it by enough."""
    shared = min(one.end, other.end) - max(one.start, other.start)
    lengths = sorted((one.end - one.start, other.end - other.start))
    return shared / lengths[1] if shared >= SAME * lengths[0] and shared > 0 else None


def _addresses(case: DutyCase, actor: Actor) -> bool:
    """Whether the addressee is one of those accepted, stated or carried over as the case says."""
    accepted = {None if name is None else squeeze(name) for name in case.actors}
    meant = squeeze(actor.meant) if actor.meant else None
    if meant not in accepted:
        return False
    return meant is None or len(accepted) > 1 or (actor.words is not None) == case.stated
