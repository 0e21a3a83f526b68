"""States of gaps and candidates for the gold set: the same in SQLite and in PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection

from assistant.access.audit import Chain, Draft
from assistant.access.recorder import Recorder
from assistant.errors import InputError
from assistant.records.answers import AnswerBook, KeptAnswer
from assistant.records.gaps import GapBook, GapMoved, GapState, Settled
from assistant.records.gold_candidates import Candidate, CandidateBook, CandidateMoved, CandidateState
from assistant.records.schema import make_ready
from assistant.records.store import Store


@pytest.fixture
def ready(empty_store: Store) -> Store:
    make_ready(empty_store)
    empty_store.clock = lambda: 1000
    return empty_store


def give(store: Store, name: str, at: int = 1) -> None:
    kept = KeptAnswer(
        id=name, owner="key:1", session_id=None, generation="g", created_at=at, inquiry='{"question":"?"}', body="{}"
    )
    Recorder(Chain(store), AnswerBook(store), refuse=True).record(
        Draft(kind="answer", subject="key:1", at=at, facts={}), kept
    )


def test_a_state_is_kept_and_changed(ready: Store) -> None:
    book = GapBook(ready)
    first = book.put(GapState(id="a", questions=("a", "b"), assigned_to="user:1", note="找文件"))
    assert (first.changed_at, book.get("a"), book.listed()) == (1000, first, (first,))
    closed = replace(
        first, closed_with=Settled.DOCUMENT, closed_with_id="law", closed_at=1000, closed_by="user:2", note=None
    )
    second = book.put(closed)
    assert second == replace(closed, changed_at=1001)  # two acts within one millisecond are told apart
    assert book.get("b") is None


def test_whoever_saw_an_older_state_does_not_overwrite_it(ready: Store) -> None:
    book = GapBook(ready)
    first = book.put(GapState(id="a", questions=("a",)))
    book.put(replace(first, assigned_to="user:1"))
    for stale in (first, GapState(id="a", questions=("a",))):
        with pytest.raises(GapMoved):
            book.put(replace(stale, assigned_to="user:2"))
    assert [state.assigned_to for state in book.listed()] == ["user:1"]


def test_states_that_join_another_are_no_more(ready: Store) -> None:
    book = GapBook(ready)
    first, other = (book.put(GapState(id=name, questions=(name,))) for name in ("a", "b"))
    joined = book.put(replace(first, questions=("a", "b")), joins=["b"])
    assert book.listed() == (joined,)
    with pytest.raises(GapMoved):
        book.put(replace(joined, questions=("a", "b", "c")), joins=["b"])
    assert book.listed() == (joined,)
    assert other.id == "b"


def test_a_state_goes_when_the_last_of_its_questions_has_gone(ready: Store) -> None:
    book, answers = GapBook(ready), AnswerBook(ready)
    for at, name in enumerate(("a", "b", "c")):
        give(ready, name, at)
    both = book.put(GapState(id="a", questions=("a", "b")))
    book.put(GapState(id="x", questions=("x",)))
    assert book.kept_of(["a", "b", "x"]) == {"a", "b"}
    assert (book.purge(), book.listed()) == (1, (both,))
    answers.purge(1)
    assert (book.purge(), book.listed()) == (0, (both,))  # one of two is kept still
    answers.purge(2)
    assert (book.purge(), book.listed()) == (1, ())


def propose(book: CandidateBook, **more: Any) -> Candidate:
    made = {
        "question": "能续贷吗？", "addresses": [("law", "第五条")], "outcome": "answered", "note": None, "gap_id": None,
        "feedback_id": "f", "author": "user:1", **more,
    }  # fmt: skip
    return book.add(**made)


def nothing(_: Connection, __: Candidate) -> None:
    pass


def test_a_candidate_waits_is_decided_once_and_says_by_whom(ready: Store) -> None:
    book = CandidateBook(ready)
    made, other = propose(book), propose(book)
    assert (made.state, made.addresses, made.created_at) == (CandidateState.WAITING, (("law", "第五条"),), 1000)
    assert set(book.listed(CandidateState.WAITING)) == {made, other}
    said: dict[str, Any] = {"held": CandidateState.WAITING, "reviewer": "user:2", "remark": "好"}
    taken = book.decide(made.id, state=CandidateState.ACCEPTED, then=nothing, **said)
    assert (taken.state, taken.reviewer, taken.reviewed_at, taken.remark) == ("accepted", "user:2", 1000, "好")
    with pytest.raises(CandidateMoved):
        book.decide(made.id, state=CandidateState.RETURNED, then=nothing, **said)
    assert book.listed(CandidateState.WAITING) == (other,)
    assert book.get(made.id) == taken


def test_what_fails_behind_a_decision_undoes_it(ready: Store) -> None:
    book = CandidateBook(ready)
    made = propose(book)

    def fail(_: Connection, __: Candidate) -> None:
        raise InputError("磁盘已满")

    with pytest.raises(InputError):
        book.decide(
            made.id,
            held=CandidateState.WAITING,
            state=CandidateState.ACCEPTED,
            reviewer="user:2",
            remark=None,
            then=fail,
        )
    assert book.get(made.id) == made
