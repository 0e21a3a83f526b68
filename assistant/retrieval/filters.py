"""Which documents a question may rest on: those in force on the day it is about."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from assistant.schema.document import DocumentMeta, Validity
from assistant.schema.retrieval import Query

# The question is about versions themselves, so the old ones take part.
_ABOUT_VERSIONS = re.compile(
    r"废止|失效|旧版|旧法|老版|修订前|修改前|原来的|以前的|哪一?版|还有效|还管用|还能用|现行|新旧|对比|变化"
)


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
    """The ids of documents that `query` may rest on, and whoever asks may see."""
    versions = query.as_of is None and _ABOUT_VERSIONS.search(query.standalone) is not None
    day = query.as_of or today
    return frozenset(
        meta.id
        for meta in documents
        if visible(meta, query.rights)
        and (query.document_ids is None or meta.id in query.document_ids)
        and (versions or in_force(meta, day))
    )
