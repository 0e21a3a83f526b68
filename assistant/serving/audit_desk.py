"""The audit as somebody reads it: chosen, with what they may not see held back; verified; written out.

Reading is recorded like any other act. What a record says is withheld from those who may not see the documents it
names (`serving/withheld.py`); such a record is not found by what it says either.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta, timezone
from threading import Lock

from assistant.access.audit import Entry
from assistant.access.audit_proof import Finding, check, line_of, read_marks
from assistant.access.audit_search import Sought, kinds, newest, oldest
from assistant.access.registry import Registry
from assistant.errors import InputError
from assistant.schema.document import DocumentMeta
from assistant.schema.principal import Principal
from assistant.serving.ports import Assistant
from assistant.serving.withheld import Withheld

_BEIJING = timezone(timedelta(hours=8))
_BUSY = "正在核验，请等它结束后再试。"
_ID = re.compile(r"(local|terminal|key|user|embed|system):[\w./@-]{1,190}")
VERIFIED = "audit.verified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which records somebody wants to read. Days are those of Beijing."""

    person: str = ""  # a user's or key's name, or an id as the records have it
    kind: str = ""
    document: str = ""
    outcome: str = ""
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record as it is shown."""

    entry: Entry
    who: str  # in words
    withheld: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Some records, newest first, and where older ones begin."""

    records: tuple[Record, ...]
    older: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What may be chosen from."""

    people: tuple[str, ...]
    kinds: tuple[str, ...]
    documents: tuple[DocumentMeta, ...]


class AuditDesk:
    """The audit of one registry, over the library that answers now."""

    def __init__(self, registry: Registry, provider: Callable[[], Assistant]) -> None:
        self._registry, self._provider = registry, provider
        self._one = Lock()  # a long chain is walked by one at a time

    def choices(self, asker: Principal) -> Choices:
        """What may be chosen from, within what `asker` may see."""
        return Choices(
            people=tuple(sorted(set(self._names().values()))),
            kinds=kinds(self._registry.store),
            documents=self._provider().documents(asker.labels),
        )

    def read(self, asker: Principal, wish: Wish, *, before: int | None, limit: int) -> Found:
        """The newest records in front of `before` that fit, `limit` at most.

        Raises:
            InputError: a day comes after another, or nobody and nothing is of that name.
        """
        names, sought = self._names(), self._sought(asker, wish)
        self._registry.note("audit.read", asker.id, door="page", before=before, limit=limit, **_said(sought))
        records: list[Record] = []
        for record in self._shown(asker, sought, newest(self._registry.store, sought, before=before), names):
            if len(records) == limit:
                return Found(records=tuple(records), older=records[-1].entry.seq)
            records.append(record)
        return Found(records=tuple(records), older=None)

    def export(self, asker: Principal, wish: Wish) -> Iterator[str]:
        """The records that fit as lines of JSON, oldest first; of what is withheld there is everything but the facts.

        Raises:
            InputError: as `read`, before the first line.
        """
        sought = self._sought(asker, wish)
        self._registry.note("audit.exported", asker.id, door="page", **_said(sought))
        shown = self._shown(asker, sought, oldest(self._registry.store, sought), {})
        return (_withheld_line(one.entry) if one.withheld else line_of(one.entry) for one in shown)

    def verify(self, asker: Principal, marks: Sequence[str] = ()) -> Finding:
        """Whether the chain is whole, held against the files of hashes in `marks`.

        Raises:
            InputError: one of these is no such file, or somebody else verifies now.
        """
        held = read_marks(marks)
        if not self._one.acquire(blocking=False):
            raise InputError(_BUSY, code="in_progress")
        try:
            found = check(self._registry.chain.entries(), held)
        finally:
            self._one.release()
        facts = {"whole": found.whole, "records": found.records, "last": found.last, "marks": len(held)}
        self._registry.note(VERIFIED, asker.id, **facts)
        return found

    def _shown(
        self, asker: Principal, sought: Sought, entries: Iterator[Entry], names: Mapping[str, str]
    ) -> Iterator[Record]:
        withheld = Withheld(self._provider(), asker.labels)  # now, and not amid what is being sent
        told = (
            Record(entry=one, who=who_of(one.subject, names), withheld=withheld.record(one.kind, one.facts))
            for one in entries
        )
        return (one for one in told if not (one.withheld and sought.by_facts))

    def _sought(self, asker: Principal, wish: Wish) -> Sought:
        if wish.first and wish.last and wish.first > wish.last:
            raise InputError("开始的日子在结束的日子之后，请对调。")
        if wish.document and wish.document not in {meta.id for meta in self._provider().documents(asker.labels)}:
            raise InputError("没有这份文件，或您不能看它。请从清单里选。")
        return Sought(
            subjects=self._called(wish.person) if wish.person else None,
            kind=wish.kind or None,
            since=_midnight(wish.first) if wish.first else None,
            until=_midnight(wish.last + timedelta(days=1)) if wish.last else None,
            document=wish.document or None,
            outcome=wish.outcome or None,
        )

    def _called(self, name: str) -> tuple[str, ...]:
        """The ids of everybody of that name; what nobody goes by is taken for an id."""
        return tuple(one for one, known in self._names().items() if name in (one, known)) or (name,)

    def _names(self) -> dict[str, str]:
        """What everybody known is called, by the id that records have."""
        users = {user.principal.id: user.name for user in self._registry.users.listed()}
        keys = {f"key:{key.id}": key.name for key in self._registry.keys.listed()}
        return {**users, **keys}


def who_of(subject: str, names: Mapping[str, str]) -> str:
    """Who did it, in words; the id where nobody is known by it."""
    kind, _, rest = subject.partition(":")
    words = {"key": "密钥 ", "embed": "门户使用者 ", "terminal": "命令行 ", "system": "系统 ", "user": ""}
    return f"{words.get(kind, '')}{names.get(subject, rest)}" if kind in words else subject


def _said(sought: Sought) -> dict[str, object]:
    """What was asked for, without what is empty. Words that somebody typed are not in it where nobody goes by them."""
    said = {name: value for name, value in asdict(sought).items() if value is not None and name != "subjects"}
    if sought.subjects is not None:
        said["subjects"] = [one for one in sought.subjects if _ID.fullmatch(one)]
    return said


def _midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=_BEIJING).timestamp() * 1000)


def _withheld_line(entry: Entry) -> str:
    kept = {name: getattr(entry, name) for name in ("seq", "at", "kind", "subject", "prev", "hash")}
    return json.dumps({**kept, "withheld": True}, ensure_ascii=False)
