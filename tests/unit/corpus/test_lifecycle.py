"""What comes to a document soon, what of it needs a person, and which document followed which."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from assistant.corpus.lifecycle import Need, chain, coming, needs, successor
from assistant.corpus.restating import words_for
from assistant.schema.document import DocumentKind, DocumentMeta, Validity

DAY = date(2026, 11, 29)


def meta(id: str = "a", title: str = "小额贷款管理办法", **facts: Any) -> DocumentMeta:
    return DocumentMeta(id=id, title=title, kind=DocumentKind.LAW, **facts)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"expired_on": DAY + timedelta(days=1)}, "将于 2026-11-30 失效"),
        ({"expired_on": DAY + timedelta(days=30)}, "将于 2026-12-29 失效"),
        ({"expired_on": DAY + timedelta(days=31)}, None),
        ({"expired_on": DAY}, None),
        ({"effective_on": DAY + timedelta(days=30)}, "将于 2026-12-29 施行"),
        ({"effective_on": DAY}, None),
        ({"effective_on": DAY + timedelta(days=3), "expired_on": DAY + timedelta(days=9)}, "将于 2026-12-02 施行"),
        ({}, None),
    ],
)
def test_thirty_days_beforehand_it_is_told(facts: dict[str, Any], words: str | None) -> None:
    found = coming(meta(**facts), DAY)
    assert (found.words if found else None) == words


def test_what_needs_a_person_comes_in_the_order_of_its_urgency() -> None:
    everything = meta(expired_on=DAY + timedelta(days=5))
    assert needs(everything, DAY, waiting=True, recheck_on=DAY) == (Need.WAITING, Need.ENDS, Need.RECHECK)
    assert needs(meta(), DAY) == (Need.UNDATED,)
    assert needs(meta(issued_on=DAY), DAY, recheck_on=DAY + timedelta(days=1)) == ()
    assert needs(meta(effective_on=DAY + timedelta(days=2)), DAY) == (Need.BEGINS,)
    assert [need.order for need in Need] == [0, 1, 2, 3, 4]


def test_a_chain_leads_through_versions_and_other_titles() -> None:
    third = meta("三", "小额贷款条例", effective_on=date(2026, 1, 1))
    second = meta("二", effective_on=date(2020, 1, 1), superseded_by=words_for(third), validity=Validity.REPEALED)
    first = meta("一", effective_on=date(2010, 1, 1), superseded_by=words_for(second), validity=Validity.AMENDED)
    library = (third, meta("旁", "商业银行法"), first, second)
    assert successor(first, library) == second
    for one in (first, second, third):
        assert [link.id for link in chain(one, library)] == ["一", "二", "三"]
    assert chain(library[1], library) == (library[1],)


def test_what_is_not_in_the_library_ends_the_chain() -> None:
    lonely = meta(superseded_by="《某条例》，2020-01-01起")
    assert successor(lonely, (lonely,)) is None
    assert successor(meta(superseded_by="新的规定"), (meta("b", "新的规定"),)) is None


def test_a_circle_of_records_does_not_run_for_ever() -> None:
    one = meta("甲", "甲办法", superseded_by="《乙办法》")
    other = meta("乙", "乙办法", superseded_by="《甲办法》")
    assert {link.id for link in chain(one, (one, other))} == {"甲", "乙"}
