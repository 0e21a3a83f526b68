"""How well talks are drafted: clauses covered, nothing said that must not be, every statement in the files proved."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from assistant.evaluation.jsonl import Kind, read_lines
from assistant.evaluation.talk_edits import edited
from assistant.products.talks.checking import check_pack
from assistant.products.talks.choosing import Brief
from assistant.products.talks.draft import draft_talk
from assistant.products.talks.export import Pack, pack_of
from assistant.products.talks.library import TalkLibrary
from assistant.products.talks.model import Point, Talk
from assistant.products.talks.proving import Prover, cited, prove_talk
from assistant.products.talks.reading import DOCX, PPTX, read_back
from assistant.products.talks.register import read_register
from assistant.proof.prove import prove
from assistant.schema.answer import Verdict
from assistant.text.numerals import numbers_in

_KIND = Kind(noun="宣讲任务", advice="请对照 eval/README.md 修改")
_PREAMBLE = {"preamble": "序言"}


class TalkCase(BaseModel):
    """One brief: what a talk is asked for, what it must treat and must not say."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1)
    audience: str
    topic: str
    minutes: int
    documents: tuple[str, ...] = ()  # that it may rest on; without any all that the library holds
    must_cover_clauses: tuple[str, ...] = Field(min_length=1)
    must_not_claim: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkResult:
    """One brief and what came of it."""

    id: str
    statements: int
    clauses: int  # different ones that it treats
    missed: tuple[str, ...]  # of those that it must cover
    claimed: tuple[str, ...]  # of those that it must not
    unproved: int  # statements that the proof does not accept with their address
    figures: tuple[str, ...]  # numbers that the clauses do not have
    minutes_kept: bool
    flagged: int  # findings in the unedited files, with their register and without
    edits: int
    found: int  # edits that a check finds
    faults: int  # and calls faults
    found_bare: int  # and calls faults without a register

    @property
    def good(self) -> bool:
        """Whether it covers all it must, with nothing unproved or forbidden."""
        return not (self.missed or self.claimed or self.unproved or self.figures or self.flagged) and self.minutes_kept


def read_talk_cases(path: Path) -> tuple[TalkCase, ...]:
    """The briefs.

    Raises:
        EvaluationError: the file cannot be used.
    """
    return read_lines(path, TalkCase, _KIND)


def score_talks(
    cases: Sequence[TalkCase],
    library: TalkLibrary,
    *,
    edits: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[TalkResult, ...]:
    """Every brief drafted, exported, and its files edited `edits` times in all."""
    out = []
    for number, case in enumerate(cases):
        own = replace(library, chosen=frozenset(case.documents) if case.documents else None)
        seeds = range(number, edits, len(cases))
        out.append(_result(case, own, seeds))
        if progress is not None:
            progress(number + 1, len(cases))
    return tuple(out)


def _result(case: TalkCase, library: TalkLibrary, seeds: Iterable[int]) -> TalkResult:
    prover = Prover(library.documents(), library.load, day=library.day)
    talk = draft_talk(Brief(audience=case.audience, topic=case.topic, minutes=case.minutes), library, prover)
    pack = pack_of(prove_talk(talk, prover))
    points = tuple(talk.points())
    tried = [_edited(pack, points, seed, prover) for seed in seeds]
    return TalkResult(
        id=case.id,
        statements=len(points),
        clauses=len({(p.document, p.address) for p in points}),
        missed=tuple(c for c in case.must_cover_clauses if not any(covers(p, c) for p in points)),
        claimed=tuple(c for c in case.must_not_claim if any(prove(c, p.text) is Verdict.OK for p in points)),
        unproved=sum(not prover.proves(cited(point)) for point in points),
        figures=tuple(f for p in points for f in sorted(map(str, numbers_in(p.text) - numbers_in(p.quote)))),
        minutes_kept=_minutes(talk),
        flagged=_flagged(pack, prover),
        edits=2 * len(tried),
        found=sum(found for found, _, _ in tried),
        faults=sum(faults for _, faults, _ in tried),
        found_bare=sum(bare for _, _, bare in tried),
    )


def covers(point: Point, clause: str) -> bool:
    """Whether a point rests on a clause, named as briefs do: （十）, preamble, 第五条."""
    wanted = _PREAMBLE.get(clause, clause)
    return point.address == wanted or point.address.endswith(f"、{wanted}") or point.address.startswith(f"{wanted}第")


def _minutes(talk: Talk) -> bool:
    return sum(slide.minutes for slide in talk.slides) == talk.minutes


def _flagged(pack: Pack, prover: Prover) -> int:
    """What a check says of files that nobody has edited."""
    count = 0
    for kind, raw in ((PPTX, pack.pptx), (DOCX, pack.docx)):
        given = read_back(raw, kind)
        count += len(check_pack(given, read_register(pack.register), prover).findings)
        count += len(check_pack(given, None, prover).faults)
    return count


def _edited(pack: Pack, points: Sequence[Point], seed: int, prover: Prover) -> tuple[int, int, int]:
    """One edit of each file: how many a check finds, calls faults, and calls faults without a register."""
    found = faults = bare = 0
    register = read_register(pack.register)
    for kind, raw in ((PPTX, pack.pptx), (DOCX, pack.docx)):
        edit = edited(raw, kind, [point.text for point in points], random.Random(seed))  # noqa: S311 - no secret
        given = read_back(edit.content, kind)
        hits = [
            finding
            for finding in check_pack(given, register, prover).findings
            if finding.before == edit.before or (edit.after and finding.after == edit.after)
        ]
        found += bool(hits)
        faults += any(finding.fault for finding in hits)
        bare += bool(check_pack(given, None, prover).faults)
    return found, faults, bare
