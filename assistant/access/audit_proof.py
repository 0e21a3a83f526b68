"""Whether a chain of records is whole, and which record is the first that is not."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from assistant.access.audit import GENESIS, PURGED, Entry, hash_of
from assistant.errors import InputError

_FIELDS = {"seq": int, "at": int, "kind": str, "subject": str, "body": str, "prev": str, "hash": str}
_MALFORMED = (ValueError, KeyError, TypeError, OverflowError, RecursionError)  # of JSON that is not what we wrote


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found. `first_bad` is the number of the first record that is changed, missing, or not ours."""

    records: int  # looked at
    first_bad: int | None = None
    reason: str = ""  # in Chinese
    last: int = 0  # number of the last record that fits
    marked: int = 0  # records that were also held against hashes kept elsewhere

    @property
    def whole(self) -> bool:
        return self.first_bad is None


def check(entries: Iterable[Entry | None], marks: Mapping[int, str] | None = None) -> Finding:
    """Hold every record against the one before, and against the hashes kept elsewhere.

    Args:
        entries: in the order in which they lie; `None` for one that cannot be read.
        marks: hashes that were taken elsewhere, by number.

    With marks the first bad record is named exactly as far as they reach. Behind them, where two neighbours do not
    fit, the earlier one is named.
    """
    held = marks or {}
    walk = _Walk(held)
    for entry in entries:
        if walk.whole:
            walk.step(entry)
        walk.note_purge(entry)
    walk.end()
    return Finding(
        records=walk.seen, first_bad=walk.first_bad, reason=walk.reason, last=walk.last_good, marked=walk.marked
    )


class _Walk:
    """One way through the records, from the first to the first that is bad."""

    def __init__(self, marks: Mapping[int, str]) -> None:
        self._marks = marks
        self._before: Entry | None = None
        self._first: Entry | None = None
        self._through, self._purged_hash = 0, GENESIS  # where the chain may begin
        self.seen = self.marked = self.last_good = 0
        self.first_bad: int | None = None
        self.reason = ""

    @property
    def whole(self) -> bool:
        return self.first_bad is None

    def step(self, entry: Entry | None) -> None:
        """Take one more."""
        self.seen += 1
        self.first_bad, self.reason = self._fault_of(entry)
        if entry is not None and self.whole:
            self._before, self.last_good = entry, entry.seq

    def _fault_of(self, entry: Entry | None) -> tuple[int | None, str]:
        expected = self._before.seq + 1 if self._before else entry.seq if entry else 1
        if entry is None:
            return expected, "这条记录无法读出"
        if self._first is None:
            self._first = entry
        if entry.seq != expected:
            return min(entry.seq, expected), "编号不连续"
        if fault := _fault_inside(entry):
            return entry.seq, fault
        if self._before is not None and entry.prev != self._before.hash:
            known = self._before.seq in self._marks  # then that one is ours, and this one is not
            return entry.seq if known else self._before.seq, "与前后的记录接不上"
        if entry.seq in self._marks:
            if self._marks[entry.seq] != entry.hash:
                return entry.seq, "与另存的校验值不同"
            self.marked += 1
        return None, ""

    def note_purge(self, entry: Entry | None) -> None:
        """Learn where the chain may begin: behind what was taken away last, as a later record says."""
        if entry is None or entry.kind != PURGED:
            return
        with suppress(*_MALFORMED):
            self._through, self._purged_hash = int(entry.facts["through"]), str(entry.facts["hash"])

    def end(self) -> None:
        """See that nothing is missing in front or behind."""
        first = self._first
        if first is not None and first.seq > self._through + 1:
            self.first_bad, self.reason = self._through + 1, "开头的记录不在了"
        elif first is not None and self.whole and first.seq == self._through + 1 and first.prev != self._purged_hash:
            self.first_bad, self.reason = first.seq, "与前后的记录接不上"
        elif self.whole and self._marks and max(self._marks) > self.last_good:
            self.first_bad, self.reason = self.last_good + 1, "末尾的记录不在了"
        if self.first_bad is not None:
            self.last_good = min(self.last_good, self.first_bad - 1)


def _fault_inside(entry: Entry) -> str:
    try:
        said = json.loads(entry.body)
        same = {name: said[name] for name in ("seq", "at", "kind", "subject")} == {
            "seq": entry.seq,
            "at": entry.at,
            "kind": entry.kind,
            "subject": entry.subject,
        } and isinstance(said["facts"], dict)
    except _MALFORMED:
        return "内容不完整"
    if not same:
        return "内容与登记不一致"
    return "" if hash_of(entry.prev, entry.body) == entry.hash else "内容被改动"


# --- outside the database ---


def line_of(entry: Entry) -> str:
    """A record as one line of an export."""
    return json.dumps({name: getattr(entry, name) for name in _FIELDS}, ensure_ascii=False)


def read_lines(lines: Iterable[str]) -> Iterator[Entry | None]:
    """The records of an export; `None` for a line that is none."""
    for line in lines:
        try:
            said = json.loads(line)
            good = isinstance(said, dict) and {n: type(v) for n, v in said.items()} == _FIELDS
        except (ValueError, RecursionError):
            good = False
        yield Entry(**said) if good else None


def marks_of(entries: Iterable[Entry]) -> dict[int, str]:
    """What is kept elsewhere of these records."""
    return {entry.seq: entry.hash for entry in entries}


def read_marks(texts: Iterable[str]) -> dict[int, str]:
    """The hashes in files that `audit checkpoint` wrote.

    Raises:
        InputError: a file is none of those, or two of them disagree.
    """
    found: dict[int, str] = {}
    for words in texts:
        try:
            held = {int(seq): str(value) for seq, value in json.loads(words)["hashes"].items()}
        except (*_MALFORMED, AttributeError) as exc:
            raise InputError("校验文件不是 audit checkpoint 写出的格式。") from exc
        if any(found.get(seq, value) != value for seq, value in held.items()):
            raise InputError("所给的校验文件互相不一致，请确认它们来自同一个记录库。")
        found |= held
    return found
