"""Conversations, feedback and requests made once: the same in SQLite and in PostgreSQL."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import inspect, text

from assistant.access.audit import Chain, Draft
from assistant.access.recorder import Recorder
from assistant.records.answers import AnswerBook, KeptAnswer
from assistant.records.conversations import Conversations
from assistant.records.feedback import FeedbackBook, Reason
from assistant.records.once import HELD_MS, KEPT_MS, OnceBook, Stand
from assistant.records.schema import downgrade, make_ready, upgrade
from assistant.records.store import Store


@pytest.fixture
def ready(empty_store: Store) -> Store:
    make_ready(empty_store)
    empty_store.clock = lambda: 1000
    return empty_store


def give(store: Store, name: str, *, session: str | None = "s", owner: str = "key:1", at: int = 1) -> KeptAnswer:
    kept = KeptAnswer(
        id=name, owner=owner, session_id=session, generation="g", created_at=at,
        inquiry=json.dumps({"question": f"{name}？" * 30}), body='{"text":"续贷"}', opening='{"answer":', closing="}",
    )  # fmt: skip
    Recorder(Chain(store), AnswerBook(store), refuse=True).record(
        Draft(kind="answer", subject=owner, at=at, facts={}), kept
    )
    return kept


def test_an_answer_opens_its_conversation_and_later_ones_move_it_up(ready: Store) -> None:
    book, talks = AnswerBook(ready), Conversations(ready)
    for at, (name, session) in enumerate([("a", "s"), ("b", "t"), ("c", "s"), ("d", None)], start=1):
        give(ready, name, session=session, at=at)
    give(ready, "x", session="z", owner="key:2", at=9)
    listed = talks.listed("key:1", after=None, limit=5)
    assert [(one.id, one.created_at, one.used_at) for one in listed] == [("s", 1, 3), ("t", 2, 2)]
    assert listed[0].title == ("a？" * 30)[:40]
    assert talks.listed("key:1", after=listed[0].place, limit=5) == listed[1:]
    assert [kept.id for kept in book.of_session("s", "key:1", last=9)] == ["a", "c"]
    assert [kept.id for kept in book.of_session("s", "key:1", last=1)] == ["c"]
    assert book.of_session("s", "key:2", last=9) == ()
    kept = book.get("a", owner="key:1")
    assert kept is not None
    assert (kept.opening, kept.closing) == ('{"answer":', "}")


def test_a_conversation_is_its_owners(ready: Store) -> None:
    give(ready, "a")
    talks = Conversations(ready)
    assert not talks.rename("s", "key:2", "名")
    assert not talks.hide("s", "key:2")
    assert not talks.rename("t", "key:1", "名")
    assert talks.get("s", "key:2") is None
    assert talks.rename("s", "key:1", "新名")
    assert [one.title for one in talks.listed("key:1", after=None, limit=1)] == ["新名"]
    assert talks.hide("s", "key:1")
    assert (talks.get("s", "key:1"), talks.listed("key:1", after=None, limit=9)) == (None, ())
    assert talks.is_hidden("s", "key:1")
    assert not talks.is_hidden("s", "key:2")
    assert not talks.hide("s", "key:1")


def test_pages_hold_every_conversation_once_also_when_used_in_the_same_moment(ready: Store) -> None:
    for n in range(25):
        give(ready, f"a{n}", session=f"s{n:02}", at=5 + n // 10)
    talks, seen, after = Conversations(ready), [], None
    while page := talks.listed("key:1", after=after, limit=4):
        seen += [one.id for one in page]
        after = page[-1].place
    assert len(seen) == len(set(seen)) == 25


def test_what_was_said_of_an_answer_is_one_per_person_and_goes_with_it(ready: Store) -> None:
    give(ready, "a")
    book = FeedbackBook(ready)
    first = book.put("a", "key:1", useful=True, reason=None, comment=None)
    again = book.put("a", "key:1", useful=False, reason=Reason.WRONG, comment="第三条不是这样")
    assert (again.id, again.useful, again.reason, again.comment) == (first.id, False, Reason.WRONG, "第三条不是这样")
    other = book.put("a", "key:2", useful=True, reason=None, comment=None)
    assert {one.id for one in book.listed(useful=None, after=None, limit=9)} == {first.id, other.id}
    assert [one.id for one in book.listed(useful=False, after=None, limit=9)] == [first.id]
    newest, older = book.listed(useful=None, after=None, limit=9)
    assert book.listed(useful=None, after=newest.place, limit=9) == (older,)
    assert AnswerBook(ready).purge(2) == 1
    assert book.listed(useful=None, after=None, limit=9) == ()
    assert Conversations(ready).listed("key:1", after=None, limit=9) == ()


def test_a_request_is_taken_up_once(ready: Store) -> None:
    book = OnceBook(ready)
    assert book.begin("key:1", "k", "body").stand is Stand.NEW
    assert book.begin("key:1", "k", "body").stand is Stand.RUNNING
    assert book.begin("key:1", "k", "other").stand is Stand.OTHER
    assert book.begin("key:2", "k", "other").stand is Stand.NEW  # somebody else's key
    book.finish("key:1", "k", answer_id="a", response='{"a":1}')
    done = book.begin("key:1", "k", "body")
    assert (done.stand, done.answer_id, done.response) == (Stand.DONE, "a", '{"a":1}')
    assert book.begin("key:1", "k", "other").stand is Stand.OTHER
    book.drop("key:1", "k")  # what is done stays
    assert book.begin("key:1", "k", "body").stand is Stand.DONE
    book.drop("key:2", "k")
    assert book.begin("key:2", "k", "more").stand is Stand.NEW


def test_requests_expire_and_one_never_finished_does_so_soon(ready: Store) -> None:
    book = OnceBook(ready)
    book.begin("key:1", "k", "body")
    ready.clock = lambda: 1000 + HELD_MS
    assert book.begin("key:1", "k", "other").stand is Stand.NEW
    book.finish("key:1", "k", answer_id="a", response="r")
    ready.clock = lambda: 1000 + HELD_MS + KEPT_MS - 1
    assert book.begin("key:1", "k", "other").stand is Stand.DONE
    assert book.purge() == 0
    ready.clock = lambda: 1000 + HELD_MS + KEPT_MS
    assert book.purge() == 1


def test_of_many_at_once_one_is_new(ready: Store) -> None:
    book = OnceBook(ready)
    with ThreadPoolExecutor(8) as pool:
        stands = list(pool.map(lambda _: book.begin("key:1", "k", "body").stand, range(24)))
    assert sorted(stand.value for stand in stands) == ["new"] + ["running"] * 23


def test_going_back_and_forward_keeps_answers_and_what_was_said_of_them(ready: Store) -> None:
    give(ready, "a")
    FeedbackBook(ready).put("a", "key:1", useful=True, reason=None, comment=None)
    downgrade(ready, "0002")
    with ready.read() as connection:
        columns = {column["name"] for column in inspect(connection).get_columns("sessions")}
        assert "turns" in columns
        assert connection.execute(text("SELECT count(*) FROM feedback")).scalar_one() == 1
    upgrade(ready)
    kept = AnswerBook(ready).get("a")
    assert kept is not None
    assert (kept.body, kept.opening) == ('{"text":"续贷"}', "")
    assert len(FeedbackBook(ready).listed(useful=None, after=None, limit=9)) == 1
