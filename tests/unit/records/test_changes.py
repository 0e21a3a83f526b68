"""The book of changes: every step leads from where it may, and from nowhere else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assistant.errors import InputError, NotFoundError
from assistant.records.changes import ChangeBook, ChangeKind, ChangeState
from assistant.records.schema import make_ready
from assistant.records.store import Store

BY, OTHER = "user:lin", "user:zhao"


@pytest.fixture
def book(empty_store: Store) -> ChangeBook:
    make_ready(empty_store)
    return ChangeBook(empty_store)


def test_a_change_goes_from_hand_to_hand(book: ChangeBook) -> None:
    made = book.put(ChangeKind.ADD, by=BY, name="办法.docx", sha256="a" * 64, facts={"region": "陕西"}, note="新到")

    assert (made.state, made.created_by, made.facts) == (ChangeState.OPEN, BY, {"region": "陕西"})
    assert book.edit(made.id, corrections=[{"line": 3}]).corrections == ({"line": 3},)
    assert book.submit(made.id).state is ChangeState.WAITING
    returned = book.send_back(made.id, by=OTHER, words="缺文号")
    assert (returned.state, returned.decided_by, returned.decision) == (ChangeState.RETURNED, OTHER, "缺文号")
    book.edit(made.id, facts={"document_number": "1号"})
    book.submit(made.id)
    assert book.approve(made.id, by=OTHER).state is ChangeState.APPROVED
    published = book.published(made.id, generation="g1", document_id="办法")
    assert (published.state, published.generation, published.document_id) == (ChangeState.PUBLISHED, "g1", "办法")


def test_no_step_is_left_out_or_taken_twice(book: ChangeBook) -> None:
    made = book.put(ChangeKind.REMOVE, by=BY, document_id="办法")

    with pytest.raises(InputError):
        book.approve(made.id, by=OTHER)
    with pytest.raises(InputError):
        book.send_back(made.id, by=OTHER, words="不")
    with pytest.raises(InputError):
        book.published(made.id, generation="g1")
    book.submit(made.id)
    with pytest.raises(InputError):
        book.edit(made.id, note="又")
    with pytest.raises(InputError):
        book.submit(made.id)
    assert book.get(made.id).state is ChangeState.WAITING


def test_what_has_ended_stays_ended(book: ChangeBook) -> None:
    made = book.put(ChangeKind.RESTATE, by=BY, document_id="办法")
    book.drop(made.id)

    with pytest.raises(InputError):
        book.submit(made.id)
    with pytest.raises(InputError):
        book.drop(made.id)


def test_what_was_touched_last_stands_first(book: ChangeBook, empty_store: Store) -> None:
    ticks: Iterator[int] = iter(range(1, 100))
    empty_store.clock = ticks.__next__
    first, second = (book.put(ChangeKind.ADD, by=BY, name=name) for name in ("甲", "乙"))
    assert [one.name for one in book.listed()] == ["乙", "甲"]
    book.submit(first.id)

    assert [one.id for one in book.listed()] == [first.id, second.id]
    assert [one.id for one in book.listed(states=[ChangeState.OPEN])] == [second.id]


def test_one_that_is_not_there_is_said_to_be_missing(book: ChangeBook) -> None:
    with pytest.raises(NotFoundError):
        book.get("nothing")
    with pytest.raises(NotFoundError):
        book.submit("nothing")
