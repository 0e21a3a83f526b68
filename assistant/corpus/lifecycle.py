"""The life of a document: what comes to it soon, what of it needs a person, and which document followed which."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from assistant.corpus.succession import title_key
from assistant.schema.document import DocumentMeta

NOTICE_DAYS = 30  # how long beforehand it is told that a document ends or begins to hold
_NAMED = re.compile(r"《([^《》]*(?:《[^《》]*》[^《》]*)*)》")
_FROM = re.compile(r"(\d{4}-\d{2}-\d{2})\s*起")


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """That a document ends or begins to hold soon."""

    ends: bool  # False: it begins
    on: date  # the first day out of force, or in force
    days: int  # until then, from 1

    @property
    def words(self) -> str:
        """As a reader sees it: 将于 2026-12-20 失效."""
        return f"将于 {self.on.isoformat()} {'失效' if self.ends else '施行'}"


def coming(meta: DocumentMeta, day: date, *, within: int = NOTICE_DAYS) -> Coming | None:
    """What comes to `meta` within so many days after `day`; `None` when nothing does.

    >>> from assistant.schema.document import DocumentKind
    >>> meta = DocumentMeta(id="a", title="办法", kind=DocumentKind.LAW, expired_on=date(2026, 12, 20))
    >>> coming(meta, date(2026, 11, 29)).words
    '将于 2026-12-20 失效'
    >>> coming(meta, date(2026, 12, 20)) is None
    True
    """
    last = day + timedelta(days=within)
    if meta.effective_on is not None and day < meta.effective_on <= last:
        return Coming(ends=False, on=meta.effective_on, days=(meta.effective_on - day).days)
    if meta.expired_on is not None and meta.in_force(day) and meta.expired_on <= last:
        return Coming(ends=True, on=meta.expired_on, days=(meta.expired_on - day).days)
    return None


class Need(StrEnum):
    """Why somebody should look at a document, the most urgent first."""

    WAITING = "waiting"  # a change waits for a person
    ENDS = "ends"
    BEGINS = "begins"
    RECHECK = "recheck"  # the day for looking again has come
    UNDATED = "undated"  # no day of it is known

    @property
    def order(self) -> int:
        """0 for the most urgent."""
        return list(Need).index(self)


def needs(meta: DocumentMeta, day: date, *, waiting: bool = False, recheck_on: date | None = None) -> tuple[Need, ...]:
    """What of `meta` needs a person on `day`, the most urgent first."""
    soon = coming(meta, day)
    found = {
        Need.WAITING: waiting,
        Need.ENDS: soon is not None and soon.ends,
        Need.BEGINS: soon is not None and not soon.ends,
        Need.RECHECK: recheck_on is not None and recheck_on <= day,
        Need.UNDATED: meta.issued_on is None and meta.effective_on is None and meta.expired_on is None,
    }
    return tuple(need for need, so in found.items() if so)


def successor(meta: DocumentMeta, documents: Iterable[DocumentMeta]) -> DocumentMeta | None:
    """The document that replaced `meta`, where the record of it names one of `documents`."""
    named = _NAMED.search(meta.superseded_by or "")
    if named is None:
        return None
    wanted, since = title_key(named[1]), _FROM.search(meta.superseded_by or "")
    found = [one for one in documents if one.id != meta.id and wanted in map(title_key, (one.title, *one.aliases))]
    if since and (dated := [one for one in found if str(one.effective_on) == since[1]]):
        found = dated
    later = (one for one in found if _began(one) > _began(meta) or _began(one) == date.min)
    return min(later, key=_by_start, default=None)


def _began(meta: DocumentMeta) -> date:
    """When it began, as far as that is known; an unknown day is before all others."""
    return meta.effective_on or meta.issued_on or date.min


def _by_start(meta: DocumentMeta) -> tuple[date, str]:
    return _began(meta), meta.id


def chain(meta: DocumentMeta, documents: Sequence[DocumentMeta]) -> tuple[DocumentMeta, ...]:
    """The documents that replaced each other, the oldest first, with `meta` among them; it alone when none did.

    Of several that one document replaced, the way leads through the one that began last.
    """
    before: dict[str, list[DocumentMeta]] = {}
    after: dict[str, DocumentMeta] = {}
    for one in documents:
        if newer := successor(one, documents):
            after[one.id] = newer
            before.setdefault(newer.id, []).append(one)
    line = [meta]
    while (newer := after.get(line[-1].id)) is not None and newer.id not in {one.id for one in line}:
        line.append(newer)
    while older := [one for one in before.get(line[0].id, ()) if one.id not in {held.id for held in line}]:
        line.insert(0, max(older, key=_by_start))
    return tuple(line)
