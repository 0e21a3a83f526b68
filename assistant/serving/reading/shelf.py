"""The list of documents as it is read: filtered, with why one takes no part in answers, and with its versions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from assistant.corpus.lifecycle import Coming, coming
from assistant.corpus.standing import LeftOut, left_out
from assistant.corpus.succession import title_key
from assistant.parsing.legal_level import level_of
from assistant.schema.document import DocumentMeta, LegalLevel, Validity
from assistant.serving.render.links import reading_path
from assistant.text.folding import fold


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One document of the list."""

    meta: DocumentMeta
    level: LegalLevel | None
    out: LeftOut | None  # why it takes no part in answers today
    soon: Coming | None  # that it ends or begins to hold within a month
    versions: tuple[DocumentMeta, ...]  # other texts of the same instrument, the newest first

    @property
    def path(self) -> str:
        return reading_path(self.meta.id)

    @property
    def tone(self) -> str:
        """How its state is coloured."""
        return tone_of(self.meta, self.out)


def tone_of(meta: DocumentMeta, out: LeftOut | None) -> str:
    """good, warn, bad, info or plain."""
    if out is not None:
        return "warn" if out.reason == "not_yet" else "bad"
    return {Validity.IN_FORCE: "good", Validity.ANNUAL: "info"}.get(meta.validity, "plain")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which documents are listed; what is empty chooses all."""

    words: str = ""
    level: str = ""
    state: str = ""  # in_force or out


def entries(documents: Sequence[DocumentMeta], wanted: Wanted, *, day: date) -> tuple[Entry, ...]:
    """The documents that are wanted, in the order of the library."""
    found = (entry(meta, documents, day=day) for meta in documents)
    return tuple(one for one in found if _chosen(one, wanted))


def entry(meta: DocumentMeta, documents: Iterable[DocumentMeta], *, day: date) -> Entry:
    """One document as the list has it."""
    return Entry(
        meta=meta,
        level=level_of(meta),
        out=left_out(meta, day),
        soon=coming(meta, day),
        versions=versions_of(meta, documents),
    )


def versions_of(meta: DocumentMeta, documents: Iterable[DocumentMeta]) -> tuple[DocumentMeta, ...]:
    """Other texts of the same title, the newest first."""
    key = title_key(meta.title)
    same = [other for other in documents if other.id != meta.id and title_key(other.title) == key]
    return tuple(sorted(same, key=_newest, reverse=True))


def _newest(meta: DocumentMeta) -> tuple[date, str]:
    return meta.effective_on or meta.issued_on or date.min, meta.id


def _chosen(one: Entry, wanted: Wanted) -> bool:
    if wanted.state and (one.out is None) != (wanted.state == "in_force"):
        return False
    if wanted.level and (one.level.value if one.level else "") != wanted.level:
        return False
    meta = one.meta
    told = fold(" ".join([meta.id, meta.title, meta.document_number or "", meta.issuer or "", *meta.aliases]))
    return all(word in told for word in fold(wanted.words).split())
