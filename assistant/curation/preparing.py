"""Changes made aside: the index over the library as it will be, and everything that differs and rests on what does."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.access.registry import Registry
from assistant.corpus.aside import Addition, Aside, Batch, BatchRefused, aside_of
from assistant.curation.gate import GateReport, gold_cases, run_gate
from assistant.curation.house import House
from assistant.curation.looking import DocumentLook, documents_that_differ, opened
from assistant.curation.stated import facts_from, given_of
from assistant.curation.touched import TouchedAnswer, TouchedTalk, touched_answers, touched_duties, touched_talks
from assistant.errors import AssistantError, InputError
from assistant.indexing.build import Progress
from assistant.indexing.generations import current_name
from assistant.parsing.corrections import Correction
from assistant.products.duties.changes import Changed
from assistant.records.changes import Change, ChangeKind, ChangeState

GOLD = "gold.jsonl"  # in the data folder
PREPARABLE = frozenset({ChangeState.WAITING, ChangeState.APPROVED})
_TOUCHED = "查找受影响的答复、责任和宣讲"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A publication that was made aside, and everything it touches."""

    id: str
    changes: tuple[Change, ...]  # as they were then
    aside: Aside
    before: str | None  # the generation served then
    documents: tuple[DocumentLook, ...]
    answers: tuple[TouchedAnswer, ...]
    duties: tuple[Changed, ...]
    talks: tuple[TouchedTalk, ...]
    gate: GateReport

    @property
    def differing(self) -> tuple[str, ...]:
        """The ids of the documents that differ."""
        return tuple(look.change.document_id for look in self.documents)


def prepare(registry: Registry, house: House, change_ids: Sequence[str], progress: Progress) -> Prepared:
    """A publication of these changes, made aside.

    Raises:
        InputError: none was chosen, one is neither waiting nor approved, or one cannot be made (`BatchRefused`).
        AssistantError: the index could not be built, or `progress` raised; nothing has changed in any case.
    """
    changes = tuple(registry.changes.get(one) for one in dict.fromkeys(change_ids))
    if not changes:
        raise InputError("请至少选择一项变更。")
    if any(change.state not in PREPARABLE for change in changes):
        raise InputError("所选的变更里有已被退回、撤销或发布的，请刷新清单后再选。")
    before = current_name(house.indexes_dir)
    aside = house.release.prepare(_batch(house, changes), progress=progress)
    served = house.indexes_dir / before if before else None
    with opened(served) as old, opened(aside.index.folder) as new:
        looks = documents_that_differ(old, new, progress=progress)
        day, names = house.today(), tuple(look.change.document_id for look in looks)
        progress(_TOUCHED, 0, 3)
        answers = touched_answers(registry.answers.walked(), old, new, changed=frozenset(names), day=day)
        progress(_TOUCHED, 1, 3)
        duties = touched_duties(old, new, changed=names, day=day)
        progress(_TOUCHED, 2, 3)
        talks = touched_talks(registry.exported.walked(), old, new, changed=frozenset(names), day=day)
        progress(_TOUCHED, 3, 3)
    return Prepared(
        id=uuid.uuid4().hex,
        changes=changes,
        aside=aside,
        before=before,
        documents=looks,
        answers=answers,
        duties=duties,
        talks=talks,
        gate=_gate(house, before, progress),
    )


def _batch(house: House, changes: Sequence[Change]) -> Batch:
    additions: dict[str, Addition] = {}
    removals: dict[str, str] = {}
    facts = {}
    reasons: dict[str, str] = {}
    for change in changes:
        try:
            match change.kind:
                case ChangeKind.ADD:
                    additions[change.id] = _addition(house, change)
                case ChangeKind.REMOVE:
                    removals[change.id] = change.document_id or ""
                case ChangeKind.RESTATE:
                    facts[change.id] = (change.document_id or "", facts_from(change.facts))
        except AssistantError as exc:
            reasons[change.id] = exc.message
    if reasons:
        raise BatchRefused(reasons)
    return Batch(additions=additions, removals=removals, facts=facts)


def _addition(house: House, change: Change) -> Addition:
    corrections = tuple(map(Correction.of, change.corrections))
    return Addition(path=house.path_of(change), given=given_of(change.facts), corrections=corrections)


def _gate(house: House, before: str | None, progress: Progress) -> GateReport:
    cases = gold_cases(house.data_dir / GOLD)
    if not cases or before is None:
        return GateReport(cases=0)
    return run_gate(cases, house.now_served(), house.open_at(aside_of(house.indexes_dir)), progress=progress)
