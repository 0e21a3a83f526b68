"""What stands beside a clause: the clauses around it, and the same place in other versions of its document."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from assistant.corpus.succession import title_key
from assistant.schema.document import Clause, Document, DocumentMeta
from assistant.text.folding import squeeze


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """Addresses of clauses around one; of the same level before and behind it, wherever a chapter ends."""

    parent: str | None
    before: str | None
    after: str | None


def neighbours(document: Document, clause: Clause) -> Neighbours:
    """The clauses around one of a document."""
    same = [one.address for one in document.addressable() if one.level is clause.level]
    at = same.index(clause.address)
    above = [one for one in document.addressable() if clause in one.children]
    return Neighbours(
        parent=above[0].address if above else None,
        before=same[at - 1] if at else None,
        after=same[at + 1] if at + 1 < len(same) else None,
    )


def versions_of(meta: DocumentMeta, documents: Iterable[DocumentMeta]) -> tuple[DocumentMeta, ...]:
    """Other texts of the instrument that `meta` is one of: the same title, and no two agencies or regions."""
    return tuple(one for one in documents if one.id != meta.id and _same_instrument(one, meta))


def same_words(one: Clause, other: Clause) -> bool:
    """Whether two clauses say the same, blanks aside."""
    return squeeze(one.text) == squeeze(other.text)


def _same_instrument(one: DocumentMeta, other: DocumentMeta) -> bool:
    apart = (one.issuer, other.issuer), (one.region, other.region)
    same = title_key(one.title) == title_key(other.title)
    return same and all(a is None or b is None or squeeze(a) == squeeze(b) for a, b in apart)
