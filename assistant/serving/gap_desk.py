"""未答问题 for whoever may see them: what they may be shown of it, and what they do about it. Every act is recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.access.registry import Registry
from assistant.access.users import SCOPES_OF_ROLE
from assistant.curation.gaps import Gap
from assistant.curation.gold import GoldCase, read_gold
from assistant.errors import AssistantError, InputError, NotAllowed, NotFoundError
from assistant.records.gaps import GapState, Settled
from assistant.safety.input_gate import clean_text
from assistant.safety.personal.masking import mask
from assistant.schema.document import DocumentMeta
from assistant.schema.principal import Principal, Scope
from assistant.serving.gap_sheet import GapSheet, Sheet
from assistant.serving.ports import AssistantProvider
from assistant.serving.withheld import Withheld

TENDING = frozenset({Scope.CORPUS_EDIT, Scope.CORPUS_APPROVE})  # who may do something about it
_MOST_NOTE = 500
_PATIENCE_S = 20.0
_NO_GAP = "没有这组问题：已过保存期，或您不能查看。"


class GapsBusy(AssistantError):
    """Questions are still being put together, and there are many."""

    code = "busy"

    def __init__(self) -> None:
        super().__init__("正在归并问题，请稍后再打开这一页。")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The sheet as somebody may see it."""

    sheet: Sheet
    gaps: tuple[Gap, ...]
    withheld: int  # questions that were kept back


class GapDesk:
    """Shows gaps and keeps what is done about them.

    Args:
        gold_file: the gold set, of which a case may close a gap.
    """

    def __init__(self, registry: Registry, provider: AssistantProvider, gold_file: Path) -> None:
        self._registry, self._provider, self._gold_file = registry, provider, gold_file
        self.sheet = GapSheet(registry, provider)

    # --- seeing ---

    def shown(self, asker: Principal) -> Shown:
        """The gaps, without the questions that name what `asker` may not see."""
        sheet = self.sheet.now()
        gaps, withheld = self._visible(sheet.gaps, asker)
        return Shown(sheet=sheet, gaps=gaps, withheld=withheld)

    def gap(self, gap_id: str, asker: Principal) -> tuple[Gap, tuple[Gap, ...]]:
        """One gap, and others that may be about the same matter.

        Raises:
            NotFoundError: there is none, or none of its questions may be seen.
            GapsBusy: the questions are still being put together.
        """
        found = self._found(gap_id)
        seen, _ = self._visible([found] if found else [], asker)
        if not seen:
            raise NotFoundError(_NO_GAP)
        return seen[0], self._visible(self.sheet.alike(seen[0]), asker)[0]

    def _found(self, gap_id: str) -> Gap | None:
        """The whole of a gap; what was asked a moment ago, or before a restart, is waited for."""
        sheet = self.sheet.now()
        if (found := sheet.find(gap_id)) is None and sheet.running:
            sheet = self.sheet.now(wait_s=_PATIENCE_S)
            found = sheet.find(gap_id)
        if found is None and sheet.running:
            raise GapsBusy
        return found

    def helpers(self) -> Mapping[str, str]:
        """Who may be asked to see to a gap: ids of principals and names."""
        return {
            user.principal.id: user.name
            for user in self._registry.users.listed()
            if user.disabled_at is None and SCOPES_OF_ROLE[user.role] & TENDING
        }

    def names(self) -> Mapping[str, str]:
        """The names of all who have ever been users, by ids of principals."""
        return {user.principal.id: user.name for user in self._registry.users.listed()}

    def documents(self, asker: Principal) -> tuple[DocumentMeta, ...]:
        """The documents that may close a gap."""
        return self._provider().documents(asker.labels)

    def cases(self, asker: Principal) -> tuple[GoldCase, ...]:
        """The gold cases that may close a gap."""
        seen = {meta.id for meta in self.documents(asker)}
        withheld = Withheld(self._provider(), asker.labels)
        return tuple(
            case
            for case in read_gold(self._gold_file)
            if {document for document, _ in case.addresses} <= seen and not withheld.words(case.question)
        )

    def _visible(self, gaps: Iterable[Gap], asker: Principal) -> tuple[tuple[Gap, ...], int]:
        withheld = Withheld(self._provider(), asker.labels)
        found, hidden = [], 0
        for gap in gaps:
            kept = tuple(one for one in gap.questions if not withheld.words(f"{one.question}\n{one.standalone}"))
            hidden += len(gap.questions) - len(kept)
            if kept:
                found.append(replace(gap, questions=kept))
        return tuple(found), hidden

    # --- doing ---

    def assign(self, gap_id: str, by: Principal, *, to: str, note: str, version: int) -> None:
        """Say who sees to a gap (empty: nobody), with a note in which personal data is masked.

        Raises:
            InputError: there is no such person, or the note cannot be used.
            GapMoved: somebody changed it since it had that version.
        """
        if to and to not in self.helpers():
            raise InputError("请从名单里选择负责的人。")
        said = masked_note(note)
        state = self._put(gap_id, by, version, lambda state: replace(state, assigned_to=to or None, note=said))
        self._registry.note("gap.assigned", by.id, id=state.id, to=to or None, questions=len(state.questions))

    def close(self, gap_id: str, by: Principal, *, settled: Settled, settled_id: str, version: int) -> None:
        """Close a gap by what settles it.

        Raises:
            InputError: there is no such document or gold case, or it may not be seen.
            GapMoved: somebody changed it since it had that version.
        """
        there: Sequence[str] = [one.id for one in self.documents(by)]
        if settled is Settled.GOLD:
            there = [case.id for case in self.cases(by)]
        if settled_id not in there:
            raise InputError("请选择已经在库里的文件，或已经复核的标准题。")
        now = self._registry.store.clock()
        state = self._put(
            gap_id,
            by,
            version,
            lambda state: replace(
                state, closed_with=settled, closed_with_id=settled_id, closed_at=now, closed_by=by.id
            ),
        )
        facts = {"id": state.id, "with": settled.value, "settled": settled_id, "questions": len(state.questions)}
        self._registry.note("gap.closed", by.id, **facts)

    def reopen(self, gap_id: str, by: Principal, *, version: int) -> None:
        """Open a gap that was closed."""
        state = self._put(gap_id, by, version, opened)
        self._registry.note("gap.reopened", by.id, id=state.id)

    def join(self, gap_id: str, by: Principal, *, others: Sequence[str], version: int) -> None:
        """Make other gaps part of this one: what a person finds to be one matter stays so.

        Raises:
            InputError: none was chosen.
            NotFoundError: one of them is not there, or may not be seen.
        """
        _see_may(by)
        sheet = self.sheet.now()
        found = [gap for name in dict.fromkeys(others) if (gap := sheet.find(name)) is not None and gap.id != gap_id]
        if not found or len(found) < len(set(others)):
            raise InputError("请勾选要并入的问题。")
        for gap in found:
            self.gap(gap.id, by)
        more = tuple(one.id for gap in found for one in gap.questions)
        joins = [gap.id for gap in found if gap.state is not None]
        state = self._put(
            gap_id,
            by,
            version,
            lambda state: opened(replace(state, questions=tuple(dict.fromkeys((*state.questions, *more))))),
            joins=joins,
        )
        self._registry.note("gap.joined", by.id, id=state.id, others=[gap.id for gap in found])

    def hold(self, gap_id: str, by: Principal) -> str:
        """Keep a gap together as it is now, for a case that will close it; its id.

        Raises:
            NotFoundError: there is none, or none of its questions may be seen.
        """
        gap, _ = self.gap(gap_id, by)
        if gap.state is None:
            self._put(gap.id, by, 0, lambda state: state)
        return gap.id

    def _put(
        self,
        gap_id: str,
        by: Principal,
        version: int,
        change: Callable[[GapState], GapState],
        *,
        joins: Sequence[str] = (),
    ) -> GapState:
        """Keep a gap changed, with every question that it has now."""
        _see_may(by)
        self.gap(gap_id, by)
        gap = self._found(gap_id)
        if gap is None:
            raise NotFoundError(_NO_GAP)
        ids = tuple(one.id for one in gap.questions)
        held = gap.state or GapState(id=gap.id, questions=ids)
        ordered = tuple(dict.fromkeys((held.id, *ids)))
        return self._registry.gaps.put(
            replace(change(replace(held, questions=ordered)), changed_at=version), joins=joins
        )


def opened(state: GapState) -> GapState:
    """A state that is closed no longer."""
    return replace(state, closed_with=None, closed_with_id=None, closed_at=None, closed_by=None)


def masked_note(note: str, most: int = _MOST_NOTE) -> str | None:
    """A note of somebody's own, personal data in it masked; `None` where there is none.

    Raises:
        InputError: it is too long, or holds what is no text.
    """
    if not note.strip():
        return None
    if len(note) > most:
        raise InputError(f"说明至多 {most} 字，请缩短。")
    return mask(clean_text(note)).text.strip()


def _see_may(by: Principal) -> None:
    if not by.scopes & TENDING:
        raise NotAllowed("您可以查看未答问题，但不能分派或了结。请联系有编辑或审批权限的同事。")
