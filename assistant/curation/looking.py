"""The library before and after a publication, held against each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from assistant.corpus.diff import Change as Becomes
from assistant.corpus.diff import DocumentChange, diff_documents
from assistant.corpus.succession import title_key
from assistant.curation.touched import Library
from assistant.indexing.manifest import RECORD
from assistant.indexing.store import Record
from assistant.products.compare.compare import compare
from assistant.products.compare.model import Change, Comparison
from assistant.products.compare.report import listed
from assistant.schema.document import Document, DocumentMeta

_HELD = 64  # documents of each library in memory at a time
NO_LIBRARY = Library(metas={}, load=lambda _: _nothing())


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLook:
    """One document that comes, goes or changes. `comparison`: with the version before, where there is one."""

    change: DocumentChange
    meta: DocumentMeta  # as it will be; of one that goes, as it is
    clauses: int
    comparison: Comparison | None = None
    access: frozenset[str] = frozenset()  # every label that it bears, bore, or that what it is held against bears

    @property
    def counts(self) -> tuple[tuple[Change, int], ...]:
        """How many clauses changed in each way."""
        if self.comparison is None:
            return ()
        kinds = (Change.CHANGED, Change.ADDED, Change.GONE, Change.MOVED)
        return tuple((kind, self.comparison.count(kind, None)) for kind in kinds)

    @property
    def lines(self) -> int:
        """How many lines of the comparison differ."""
        return sum(1 for _ in listed(self.comparison)) if self.comparison is not None else 0


@contextmanager
def opened(generation: Path | None) -> Iterator[Library]:
    """The documents of a generation, while the body runs; `None`: of a library that nobody has built yet.

    Raises:
        IndexDamaged: its record cannot be read.
    """
    if generation is None:
        yield NO_LIBRARY
        return
    record = Record(generation / RECORD)
    try:
        load = lru_cache(maxsize=_HELD)(record.document)
        yield Library(metas={meta.id: meta for meta in record.metas()}, load=load)
    finally:
        record.close()


def documents_that_differ(
    before: Library, after: Library, *, progress: Callable[[str, int, int], None]
) -> tuple[DocumentLook, ...]:
    """Every document that comes, goes or changes, in the order of the newer library."""
    names = tuple(dict.fromkeys((*after.metas, *before.metas)))
    found = []
    for done, name in enumerate(names, start=1):
        old, new = before.find(name), after.find(name)
        rivals = {name: old} if old is not None else {}
        if new is not None and old is None:
            rivals = _of_same_title(new, before)
        change = next(iter(diff_documents(rivals, {name: new} if new is not None else {})), None)
        if change is not None and change.document_id == name:
            found.append(_look(change, old, new, before))
        progress("比较条款", done, len(names))
    return tuple(found)


def _of_same_title(document: Document, before: Library) -> dict[str, Document]:
    key = title_key(document.meta.title)
    return {name: before.load(name) for name, meta in before.metas.items() if title_key(meta.title) == key}


def _look(change: DocumentChange, old: Document | None, new: Document | None, before: Library) -> DocumentLook:
    shown = new or old
    if shown is None:
        raise ValueError("a document that differs is in one of the two libraries")
    base = old if old is not None else before.find(change.against) if change.against else None
    comparison = None
    if new is not None and base is not None and (change.change is Becomes.VERSION or change.clauses):
        comparison = compare(base, new)
    clauses = sum(1 for _ in shown.addressable())
    access = frozenset(label for one in (new, old, base) if one is not None for label in one.meta.access)
    return DocumentLook(change=change, meta=shown.meta, clauses=clauses, comparison=comparison, access=access)


def _nothing() -> Document:
    raise ValueError("a library without documents has none to load")
