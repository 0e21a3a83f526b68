"""Which documents a question may rest on."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from assistant.retrieval.filters import eligible, in_force
from assistant.schema.document import DocumentKind, DocumentMeta, Validity
from assistant.schema.retrieval import Query

TODAY = date(2026, 1, 1)


def meta(name: str = "a", **facts: Any) -> DocumentMeta:
    return DocumentMeta(id=name, title="某条例", kind=DocumentKind.LAW, **facts)


def query(text: str = "期限多长？", **filters: Any) -> Query:
    return Query(text=text, standalone=text, **filters)


NEW = meta("new", validity=Validity.IN_FORCE, effective_on=date(2023, 7, 1))
OLD = meta("old", validity=Validity.AMENDED, effective_on=date(2010, 1, 1), expired_on=date(2023, 7, 1))
GONE = meta("gone", validity=Validity.REPEALED)
OPEN = meta("open")
DOCUMENTS = (NEW, OLD, GONE, OPEN)

DAYS = [
    (NEW, date(2023, 6, 30), False),
    (NEW, date(2023, 7, 1), True),
    (NEW, TODAY, True),
    (OLD, date(2009, 12, 31), False),
    (OLD, date(2010, 1, 1), True),
    (OLD, date(2023, 6, 30), True),
    (OLD, date(2023, 7, 1), False),
    (GONE, TODAY, False),
    (meta(validity=Validity.AMENDED), TODAY, False),
    (meta(validity=Validity.ANNUAL, year=2024), TODAY, True),
    (OPEN, TODAY, True),
]


@pytest.mark.parametrize(("document", "day", "held"), DAYS)
def test_in_force(document: DocumentMeta, day: date, held: bool) -> None:
    assert in_force(document, day) is held


def test_today_unless_a_day_is_asked_about() -> None:
    assert eligible(DOCUMENTS, query(), today=TODAY) == {"new", "open"}
    assert eligible(DOCUMENTS, query(as_of=date(2020, 5, 5)), today=TODAY) == {"old", "open"}


@pytest.mark.parametrize("text", ["旧版怎么规定？", "这个条例还有效吗？", "修订前后有什么变化？", "已经废止了吗？"])
def test_a_question_about_versions_sees_them_all(text: str) -> None:
    assert eligible(DOCUMENTS, query(text), today=TODAY) == {"new", "old", "gone", "open"}
    assert eligible(DOCUMENTS, query(text, as_of=TODAY), today=TODAY) == {"new", "open"}


def test_only_the_documents_asked_for() -> None:
    assert eligible(DOCUMENTS, query(document_ids=frozenset({"new", "old"})), today=TODAY) == {"new"}
    assert eligible(DOCUMENTS, query(document_ids=frozenset()), today=TODAY) == frozenset()
    assert eligible(DOCUMENTS, query(document_ids=frozenset({"没有"})), today=TODAY) == frozenset()
