"""What became of the rows of an earlier export, and which entries of people go with which row now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import SequenceMatcher
from enum import StrEnum

from assistant.products.duties.columns import (
    ACT,
    ACTOR,
    ADDRESS,
    FIXED,
    QUOTE,
    TITLE,
    Entry,
    as_typed,
    harmless,
    row_of,
)
from assistant.products.duties.earlier import CHANGE, FOUND_ON, NEW_WORDS, OLD_WORDS, Earlier, EarlierRow
from assistant.products.duties.model import Duty

_ALIKE = 0.5  # of the words of two acts in one clause: one is the other reworded


class Change(StrEnum):
    """变化."""

    NEW = "新增"
    MOVED = "移位"  # the same words at another address, or in a new version
    REWORDED = "改写"
    GONE = "消失"
    BACK = "恢复"
    DOUBLE = "编号重复"
    EDITED = "程序列有改动"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One line of the sheet 变更. `filled`: entries of people that no row of 清单 bears."""

    on: str
    change: str
    id: str
    new_id: str = ""
    title: str = ""
    address: str = ""
    actor: str = ""
    old_words: str = ""
    new_words: str = ""
    filled: Mapping[str, Entry] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """Entries by the ids of today's rows, and what changed."""

    filled: Mapping[str, Mapping[str, Entry]]
    changes: tuple[Changed, ...]

    def count(self) -> Mapping[str, int]:
        """How many lines each change has."""
        return Counter(change.change for change in self.changes)


def carry_over(duties: Sequence[Duty], earlier: Earlier, *, day: date) -> Carried:
    """Which entries of the earlier export belong to which row of today, and what changed.

    An entry goes with its id; with the same words at another address, when only one row has them before and one
    after; otherwise it is listed with the change. None is dropped.
    """
    return _Carrying(duties, earlier, day.isoformat()).done()


class _Carrying:
    def __init__(self, duties: Sequence[Duty], earlier: Earlier, day: str) -> None:
        self._now = {duty.id: duty for duty in duties}
        self._earlier = earlier
        self._day = day
        self._filled: dict[str, dict[str, Entry]] = {}
        self._changes: list[Changed] = []

    def done(self) -> Carried:
        first = not self._earlier.rows
        before: dict[str, EarlierRow] = {}
        for row in self._earlier.rows:
            if row.id in before:
                self._double(before[row.id], row)
            else:
                before[row.id] = row
        gone = [row for name, row in before.items() if name not in self._now]
        new = [duty for name, duty in self._now.items() if name not in before]
        for name, row in before.items():
            if name in self._now:
                self._keep(name, row)
        gone, new = self._moved(gone, new)
        gone, new = self._reworded(gone, new)
        self._changes += [self._gone(row, Change.GONE) for row in gone]
        self._wait()
        if not first:
            self._changes += [self._new(duty) for duty in new]
        return Carried(filled=self._filled, changes=tuple(self._changes))

    def _keep(self, name: str, row: EarlierRow) -> None:
        if not row.empty:
            self._filled[name] = dict(row.filled)
        now = row_of(self._now[name])
        edited = [c for c in FIXED if c in row.ours and row.ours[c] != _shown(now[c])]
        if edited:
            words = "；".join(f"{column}：{row.ours[column]}" for column in edited)
            self._changes.append(self._line(Change.EDITED, name, row, words, self._now[name]))

    def _double(self, kept: EarlierRow, row: EarlierRow) -> None:
        other = {name: entry for name, entry in row.filled.items() if entry != kept.filled.get(name)}
        if other:
            line = self._gone(row, Change.DOUBLE)
            self._changes.append(replace(line, filled=other))

    def _moved(self, gone: list[EarlierRow], new: list[Duty]) -> tuple[list[EarlierRow], list[Duty]]:
        """Pairs rows of the same words; what is not unmistakable stays as it was."""
        before, after = Counter(_digest(row.id) for row in gone), Counter(_digest(duty.id) for duty in new)
        placed = {_digest(duty.id): duty for duty in new}
        left: list[EarlierRow] = []
        taken: set[str] = set()
        for row in gone:
            digest = _digest(row.id)
            if not digest or before[digest] != 1 or after[digest] != 1:
                left.append(row)
                continue
            duty = placed[digest]
            taken.add(duty.id)
            if not row.empty:
                self._filled[duty.id] = dict(row.filled)
            self._changes.append(self._line(Change.MOVED, row.id, row, row.ours.get(QUOTE, ""), duty))
        return left, [duty for duty in new if duty.id not in taken]

    def _reworded(self, gone: list[EarlierRow], new: list[Duty]) -> tuple[list[EarlierRow], list[Duty]]:
        """Pairs rows of one clause by how alike their acts are; the entries stay with the change."""
        pairs = sorted(
            (-alike, at, duty.id)
            for at, row in enumerate(gone)
            for duty in new
            if _place(row.id) == _place(duty.id) and (alike := _alike(row.ours.get(ACT, ""), duty.act)) >= _ALIKE
        )
        rows: set[int] = set()
        taken: set[str] = set()
        for _, at, name in pairs:
            if at in rows or name in taken:
                continue
            rows.add(at)
            taken.add(name)
            line = self._line(Change.REWORDED, gone[at].id, gone[at], gone[at].ours.get(QUOTE, ""), self._now[name])
            self._changes.append(replace(line, filled=gone[at].filled))
        left = [row for at, row in enumerate(gone) if at not in rows]
        return left, [duty for duty in new if duty.id not in taken]

    def _wait(self) -> None:
        """Entries that waited in the sheet 变更: back to their row when it is there again, else they wait on."""
        for row in self._earlier.waiting:
            duty = self._now.get(row.id)
            held = self._filled.get(row.id, {})
            if duty is not None and not any(name in held for name in row.filled):
                self._filled[row.id] = {**held, **row.filled}
                self._changes.append(self._line(Change.BACK, row.id, row, row.ours.get(OLD_WORDS, ""), duty))
                continue
            self._changes.append(
                Changed(
                    on=row.ours.get(FOUND_ON, ""),
                    change=row.ours.get(CHANGE, Change.GONE.value),
                    id=row.id,
                    new_id=row.ours.get("新编号", ""),
                    title=row.ours.get(TITLE, ""),
                    address=row.ours.get(ADDRESS, ""),
                    actor=row.ours.get(ACTOR, ""),
                    old_words=row.ours.get(OLD_WORDS, ""),
                    new_words=row.ours.get(NEW_WORDS, ""),
                    filled=row.filled,
                )
            )

    # --- lines ----------------------------------------------------------------------------------

    def _gone(self, row: EarlierRow, change: Change) -> Changed:
        return Changed(
            on=self._day,
            change=change.value,
            id=row.id,
            title=row.ours.get(TITLE, ""),
            address=row.ours.get(ADDRESS, ""),
            actor=row.ours.get(ACTOR, ""),
            old_words=row.ours.get(QUOTE, ""),
            filled=row.filled,
        )

    def _line(self, change: Change, name: str, row: EarlierRow, words: str, duty: Duty) -> Changed:
        return Changed(
            on=self._day,
            change=change.value,
            id=name,
            new_id=duty.id if duty.id != name else "",
            title=duty.source.title,
            address=duty.source.address,
            actor=row.ours.get(ACTOR, "") or duty.actor.shown,
            old_words=words,
            new_words=duty.source.quote,
        )

    def _new(self, duty: Duty) -> Changed:
        return Changed(
            on=self._day,
            change=Change.NEW.value,
            id=duty.id,
            title=duty.source.title,
            address=duty.source.address,
            actor=duty.actor.shown,
            new_words=duty.source.quote,
        )


def _shown(text: str) -> str:
    """`text` as it comes back from a cell."""
    return as_typed(harmless(text)).strip()


def _digest(name: str) -> str:
    return name.rpartition("-")[2] if "-" in name else ""


def _place(name: str) -> str:
    """Document and address of an id."""
    return name.rpartition("-")[0]


def _alike(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def listed(changes: Sequence[Changed]) -> Iterator[Changed]:
    """The changes in the order of their names: what concerns entries of people first."""
    order = {change.value: at for at, change in enumerate(reversed(Change))}
    return iter(sorted(changes, key=lambda c: (not c.filled, order.get(c.change, len(order)), c.id)))
