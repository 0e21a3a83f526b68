"""Which documents a question may rest on: those in force on the day it is about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date

from assistant.parsing.legal_level import level_of
from assistant.schema.document import DocumentMeta, Validity
from assistant.schema.retrieval import Filters, Query

# The question is about versions themselves, so the old ones take part.
_ABOUT_VERSIONS = re.compile(
    r"废止|失效|旧版|旧法|老版|修订前|修改前|原来的|以前的|哪一?版|还有效|还管用|还能用|现行|新旧|对比|变化"
)
_REGION_END = re.compile(r"(?:省|市|(?:回族|维吾尔|壮族)?自治区|特别行政区)$")


def in_force(meta: DocumentMeta, day: date) -> bool:
    """Whether the text held on `day`, as far as its dates tell; superseded without a date means no."""
    if meta.effective_on is not None and day < meta.effective_on:
        return False
    if meta.expired_on is not None:
        return day < meta.expired_on
    return meta.validity not in (Validity.REPEALED, Validity.AMENDED)


def visible(meta: DocumentMeta, rights: frozenset[str]) -> bool:
    """Whether whoever holds `rights` may see the document: every label it bears must be among them."""
    return rights.issuperset(meta.access)


def eligible(documents: Iterable[DocumentMeta], query: Query, *, today: date) -> frozenset[str]:
    """The ids of documents that `query` may rest on, and whoever asks may see.

    Without a day chosen by whoever asks, the versions that the question is about take part too.
    """
    free = query.as_of is None
    versions = free and _ABOUT_VERSIONS.search(query.standalone) is not None and not query.outdated
    day = query.as_of or today
    return frozenset(
        meta.id
        for meta in documents
        if visible(meta, query.rights)
        and chosen(meta, query.filters)
        and (versions or (free and meta.id in query.versions) or in_force(meta, day))
        and not (free and meta.id in query.outdated)
    )


def chosen(meta: DocumentMeta, filters: Filters) -> bool:
    """Whether `meta` is among what whoever asks has chosen; its force is another matter."""
    if filters.document_ids is not None and meta.id not in filters.document_ids:
        return False
    if filters.levels is not None and level_of(meta) not in filters.levels:
        return False
    return filters.region is None or meta.region is None or same_region(meta.region, filters.region)


def addresses(text: str, addressee: Sequence[str]) -> bool:
    """Whether a clause of that text uses one of the wordings; with none chosen every clause does."""
    return not addressee or any(word in text for word in addressee)


def same_region(one: str, other: str) -> bool:
    """Whether two names mean one region: 陕西 and 陕西省; 西安 is not 陕西.

    >>> same_region("陕西", "陕西省"), same_region("陕西", "山西")
    (True, False)
    """
    return _REGION_END.sub("", one.strip()) == _REGION_END.sub("", other.strip())
