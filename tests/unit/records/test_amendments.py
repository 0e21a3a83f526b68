"""Changes that one person asks for and another decides on; who looks after which document."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from assistant.errors import InputError, NotAllowed, NotFoundError
from assistant.records.amendments import Amendment, AmendmentBook, CareBook, State
from assistant.records.store import Store

ANN, BEN = "user:ann", "user:ben"


@pytest.fixture
def book(store: Store) -> AmendmentBook:
    return AmendmentBook(store)


def ask(book: AmendmentBook, subject: str = "办法", kind: str = "facts") -> Amendment:
    return book.propose(
        kind=kind, subject=subject, author=ANN, before={"a": 1}, after=None, note="说明", undoes="older"
    )


def test_a_change_is_let_through_by_another_person(book: AmendmentBook) -> None:
    asked = ask(book)
    assert (asked.state, asked.before, asked.after, asked.note, asked.undoes) == (
        State.WAITING, {"a": 1}, None, "说明", "older"
    )  # fmt: skip
    with pytest.raises(NotAllowed, match="另一个人"):
        book.claim(asked.id, by=ANN)
    with pytest.raises(NotAllowed, match="另一个人"):
        book.reject(asked.id, by=ANN)
    assert book.get(asked.id) == asked
    claimed = book.claim(asked.id, by=BEN)
    assert (claimed.state, claimed.decided_by) == (State.APPLYING, BEN)
    book.settle(asked.id, generation="g")
    assert (book.get(asked.id).state, book.get(asked.id).generation) == (State.ACTIVE, "g")
    with pytest.raises(NotFoundError):
        book.claim(asked.id, by=BEN)


def test_what_fails_may_be_tried_again_or_refused(book: AmendmentBook) -> None:
    asked = ask(book)
    book.claim(asked.id, by=BEN)
    book.settle(asked.id, fault="磁盘已满")
    assert (book.get(asked.id).state, book.get(asked.id).fault) == (State.FAILED, "磁盘已满")
    assert book.claim(asked.id, by=BEN).fault is None
    book.settle(asked.id, fault="磁盘已满")
    assert book.reject(asked.id, by=BEN).state is State.REJECTED


def test_only_whoever_asked_takes_it_back(book: AmendmentBook) -> None:
    asked = ask(book)
    with pytest.raises(NotAllowed, match="只有提出的人"):
        book.withdraw(asked.id, by=BEN)
    assert book.withdraw(asked.id, by=ANN).state is State.WITHDRAWN
    for gone in (asked.id, "none"):
        with pytest.raises(NotFoundError):
            book.withdraw(gone, by=ANN)


@pytest.mark.parametrize("decide", [AmendmentBook.reject, AmendmentBook.withdraw])
def test_what_is_being_made_so_is_neither_refused_nor_taken_back(
    book: AmendmentBook, decide: Callable[..., Amendment]
) -> None:
    asked = ask(book)
    book.claim(asked.id, by=BEN)
    with pytest.raises(NotFoundError):
        decide(book, asked.id, by=BEN)


def test_one_at_a_time_of_one_subject(book: AmendmentBook) -> None:
    asked = ask(book)
    with pytest.raises(InputError, match="已有改动在等待"):
        ask(book)
    others = [ask(book, "通知"), ask(book, kind="lay_words")]
    assert {one.id for one in book.listed(["facts", "lay_words"])} == {asked.id, *(one.id for one in others)}
    assert [one.id for one in book.listed(["facts"], subject="办法")] == [asked.id]
    book.reject(asked.id, by=BEN)
    assert [one.subject for one in book.listed(["facts"], open_only=True)] == ["通知"]
    assert ask(book).id != asked.id


def test_who_looks_after_a_document(store: Store) -> None:
    book = CareBook(store)
    assert book.all() == {}
    book.put("办法", owner="张三", recheck_on=date(2027, 1, 1), by=ANN)
    care = book.put("办法", owner=None, recheck_on=date(2027, 2, 1), by=BEN)
    assert (care.owner, care.recheck_on, care.changed_by) == (None, date(2027, 2, 1), BEN)
    assert book.all() == {"办法": care}
