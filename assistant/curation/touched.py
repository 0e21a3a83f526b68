"""What rests on clauses that a publication changes: answers that were given, duty rows, exported talks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from assistant.errors import NotFoundError
from assistant.products.duties.changes import Changed, carry_over
from assistant.products.duties.columns import row_of
from assistant.products.duties.earlier import Earlier, EarlierRow
from assistant.products.duties.table import duty_table
from assistant.products.talks.checking import check_register
from assistant.products.talks.findings import Finding, FindingKind
from assistant.products.talks.proving import Prover
from assistant.products.talks.register import read_register
from assistant.records.answers import KeptAnswer
from assistant.records.publications import ExportedTalk
from assistant.schema.document import Clause, Document, DocumentMeta
from assistant.text.folding import squeeze
from assistant.text.quotes import quote_stands


class How(StrEnum):
    """What becomes of a clause that something rests on; the worst first."""

    REMOVED = "removed"  # its document leaves the library
    ENDED = "ended"  # its document no longer holds
    GONE = "gone"  # the quoted words stand there no more
    MOVED = "moved"  # they stand at another address
    REWORDED = "reworded"  # the clause changes, the quoted words stay

    @property
    def label(self) -> str:
        """As people read it."""
        return _LABELS[self]


_LABELS = {
    How.REMOVED: "文件移出文件库",
    How.ENDED: "文件不再有效",
    How.GONE: "所引原话不在了",
    How.MOVED: "条号变了",
    How.REWORDED: "条文有改动，所引原话还在",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """A library before or after a publication, by its documents."""

    metas: Mapping[str, DocumentMeta]
    load: Callable[[str], Document]

    def find(self, document_id: str) -> Document | None:
        """One document, if it is there."""
        return self.load(document_id) if document_id in self.metas else None

    def read(self, document_id: str) -> Document:
        """One document.

        Raises:
            NotFoundError: there is none.
        """
        if document_id not in self.metas:
            raise NotFoundError("库里没有这份文件。")
        return self.load(document_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchedPlace:
    """A cited clause, and what becomes of it."""

    document_id: str
    address: str
    how: How


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchedAnswer:
    """An answer that was given, and what it cites that changes."""

    kept: KeptAnswer
    places: tuple[TouchedPlace, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchedTalk:
    """An exported talk, and what changes under it."""

    talk: ExportedTalk
    topic: str
    findings: tuple[Finding, ...]


# --- answers ------------------------------------------------------------------------------------


def touched_answers(
    kept: Iterable[KeptAnswer], before: Library, after: Library, *, changed: frozenset[str], day: date
) -> tuple[TouchedAnswer, ...]:
    """The answers that cite what changes, in the order in which they come.

    Args:
        changed: the documents that differ, or are in one of the libraries only.
        day: on which it is asked whether a document holds.
    """
    found = []
    for one in kept:
        if not any(document in one.body for document in changed):  # most, and quickly told
            continue
        places = dict.fromkeys(
            TouchedPlace(document_id=document, address=address, how=how)
            for document, address, quotes in _cited(json.loads(one.body))
            if document in changed and (how := _fate(document, address, quotes, before, after, day)) is not None
        )
        if places:
            found.append(TouchedAnswer(kept=one, places=tuple(places)))
    return tuple(found)


def _cited(body: Mapping[str, Any]) -> Iterable[tuple[str, str, tuple[str, ...]]]:
    for one in body.get("citations", ()):
        if one.get("document_id"):
            yield str(one["document_id"]), str(one.get("address") or ""), tuple(map(str, one.get("quotes") or ()))


def _fate(
    document_id: str, address: str, quotes: Sequence[str], before: Library, after: Library, day: date
) -> How | None:
    """What becomes of a cited clause; `None`: nothing, or it had been lost before."""
    old, new = before.find(document_id), after.find(document_id)
    if old is None:
        return None
    if new is None:
        return How.REMOVED
    if old.meta.in_force(day) and not new.meta.in_force(day):
        return How.ENDED
    was, now = old.find(address), new.find(address)
    if was is None or not _stand(quotes, was):
        return None
    if now is None or not _stand(quotes, now):
        return How.MOVED if quotes and _elsewhere(quotes, new) else How.GONE
    return None if squeeze(was.text) == squeeze(now.text) else How.REWORDED


def _stand(quotes: Sequence[str], clause: Clause) -> bool:
    return all(quote_stands(quote, clause.text) for quote in quotes)


def _elsewhere(quotes: Sequence[str], document: Document) -> bool:
    return any(_stand(quotes, clause) for clause in document.addressable())


# --- duties -------------------------------------------------------------------------------------


def touched_duties(before: Library, after: Library, *, changed: Sequence[str], day: date) -> tuple[Changed, ...]:
    """The rows of the duty table that change, come or go, read from the documents that differ."""
    old = duty_table([found for name in changed if (found := before.find(name))], day=day)
    new = duty_table([found for name in changed if (found := after.find(name))], day=day)
    rows = tuple(EarlierRow(id=duty.id, ours=row_of(duty), filled={}) for duty in old.duties)
    if not rows:  # a first table has no changes to be told; here each of its rows is one
        rows = (EarlierRow(id="", ours={}, filled={}),)
    lines = carry_over(new.duties, Earlier(rows=rows), day=day).changes
    return tuple(line for line in lines if line.id)


# --- talks --------------------------------------------------------------------------------------

_OF_THE_LIBRARY = frozenset({FindingKind.CLAUSE_CHANGED, FindingKind.EXPIRED, FindingKind.MISSING})


def touched_talks(
    exported: Iterable[ExportedTalk], before: Library, after: Library, *, changed: frozenset[str], day: date
) -> tuple[TouchedTalk, ...]:
    """The exported talks that are to be made anew, as far as this publication is why."""
    found = []
    old = new = None
    for one in exported:
        if not any(document in one.register for document in changed):
            continue
        old = old or Prover(tuple(before.metas.values()), before.read, day=day)
        new = new or Prover(tuple(after.metas.values()), after.read, day=day)
        register = read_register(one.register)
        known = {(f.kind, f.source) for f in check_register(register, old)}
        findings = tuple(
            finding
            for finding in check_register(register, new)
            if finding.kind in _OF_THE_LIBRARY and (finding.kind, finding.source) not in known
        )
        if findings:
            found.append(TouchedTalk(talk=one, topic=register.topic, findings=findings))
    return tuple(found)
