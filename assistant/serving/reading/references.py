"""References as links: from the words that name a clause to that clause, and from a clause to those that name it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from assistant.corpus.succession import title_key
from assistant.schema.document import CrossReference, Document, DocumentMeta
from assistant.serving.reading.words import Mark
from assistant.serving.render.links import reading_path

# Where more documents than this are on the shelf, only references within one document are followed back.
MOST_SEARCHED = 120


@dataclass(frozen=True, slots=True)
class Citing:
    """A clause that names another one."""

    document_id: str
    title: str  # empty within the same document
    address: str

    @property
    def path(self) -> str:
        return reading_path(self.document_id, self.address)


class References:
    """The references of a shelf, both ways. `read` gives a document by its id."""

    def __init__(self, shelf: Sequence[DocumentMeta], read: Callable[[str], Document]) -> None:
        self._shelf = shelf
        self._read = read
        self._titles: dict[str, str] = {}
        for meta in sorted(
            shelf, key=lambda meta: (meta.expired_on is None, str(meta.effective_on or "")), reverse=True
        ):
            for title in (meta.title, *meta.aliases):
                self._titles.setdefault(title_key(title), meta.id)  # of two versions, the one that holds
        self._addresses: dict[str, frozenset[str]] = {}
        self._into: dict[str, dict[str, list[Citing]]] | None = None

    @property
    def whole(self) -> bool:
        """Whether references from other documents are followed back too."""
        return len(self._shelf) <= MOST_SEARCHED

    def marks(self, document: Document) -> Iterator[Mark]:
        """The words that name a clause which is there to be read."""
        for reference in document.references:
            if (target := self._target(document, reference)) is not None:
                yield Mark(reference.span, href=reading_path(*target))

    def into(self, document: Document) -> Mapping[str, Sequence[Citing]]:
        """By address, the clauses that name it: of this document, then of others."""
        found: dict[str, list[Citing]] = {}
        for reference in document.references:
            target = self._target(document, reference)
            if target is not None and target[0] == document.id and not target[1].startswith(reference.source):
                citing = Citing(document.id, "", reference.source)
                if citing not in (known := found.setdefault(target[1], [])):
                    known.append(citing)
        if self.whole:
            for address, others in self._from_others().get(document.id, {}).items():
                found.setdefault(address, []).extend(others)
        return found

    def _from_others(self) -> dict[str, dict[str, list[Citing]]]:
        if self._into is None:
            into: dict[str, dict[str, list[Citing]]] = {}
            for meta in self._shelf:
                document = self._read(meta.id)
                for reference in document.references:
                    target = self._target(document, reference) if reference.document else None
                    if target is not None and target[0] != meta.id:
                        known = into.setdefault(target[0], {}).setdefault(target[1], [])
                        if (citing := Citing(meta.id, meta.title, reference.source)) not in known:
                            known.append(citing)
            self._into = into
        return self._into

    def _target(self, document: Document, reference: CrossReference) -> tuple[str, str] | None:
        """Id and address that a reference leads to; of a range, its first."""
        if reference.target is None:
            return None
        home = self._titles.get(title_key(reference.document)) if reference.document else document.id
        address = reference.target.partition("至")[0]
        return (home, address) if home is not None and address in self._known(home, document) else None

    def _known(self, document_id: str, document: Document) -> frozenset[str]:
        if document_id not in self._addresses:
            there = document if document.id == document_id else self._read(document_id)
            self._addresses[document_id] = frozenset(clause.address for clause in there.addressable())
        return self._addresses[document_id]
