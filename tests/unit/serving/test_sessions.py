"""Conversations on the server: bounded, expiring, apart from each other."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from assistant.serving.sessions import SessionNotFoundError, SessionStore


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def contents(store: SessionStore, session_id: str) -> list[str]:
    return [turn.content for turn in store.open(session_id).turns]


def test_a_new_conversation_is_kept_with_its_first_answer() -> None:
    store = SessionStore()
    session = store.open(None)
    assert session.turns == ()
    assert len(store) == 0
    with pytest.raises(SessionNotFoundError):
        store.open(session.id)
    store.append(session.id, question="问", answer="答")
    assert [(t.role, t.content) for t in store.open(session.id).turns] == [("user", "问"), ("assistant", "答")]


def test_ids_are_not_repeated() -> None:
    store = SessionStore()
    ids = {store.open(None).id for _ in range(200)}
    assert len(ids) == 200
    assert all(len(session_id) == 32 for session_id in ids)


def test_only_the_last_exchanges_are_kept() -> None:
    store = SessionStore(max_exchanges=2)
    session_id = store.open(None).id
    for number in range(4):
        store.append(session_id, question=f"问{number}", answer=f"答{number}")
    assert contents(store, session_id) == ["问2", "答2", "问3", "答3"]


def test_the_least_recently_used_leaves_first() -> None:
    store = SessionStore(capacity=2)
    first, second, third = (store.open(None).id for _ in range(3))
    store.append(first, question="一", answer="答")
    store.append(second, question="二", answer="答")
    store.open(first)
    store.append(third, question="三", answer="答")
    assert len(store) == 2
    assert contents(store, first) == ["一", "答"]
    with pytest.raises(SessionNotFoundError):
        store.open(second)


def test_idle_conversations_expire_and_used_ones_stay() -> None:
    clock = Clock()
    store = SessionStore(ttl_s=60, clock=clock)
    used, idle = store.open(None).id, store.open(None).id
    store.append(used, question="问", answer="答")
    store.append(idle, question="问", answer="答")
    clock.now += 59
    store.open(used)
    clock.now += 1
    assert len(store) == 1
    assert contents(store, used) == ["问", "答"]
    with pytest.raises(SessionNotFoundError):
        store.open(idle)


def test_an_expired_conversation_does_not_come_back_with_its_turns() -> None:
    clock = Clock()
    store = SessionStore(ttl_s=60, clock=clock)
    session_id = store.open(None).id
    store.append(session_id, question="旧", answer="答")
    clock.now += 61
    store.append(session_id, question="新", answer="答")
    assert contents(store, session_id) == ["新", "答"]


def test_forgetting() -> None:
    store = SessionStore()
    session_id = store.open(None).id
    store.append(session_id, question="问", answer="答")
    store.forget(session_id)
    store.forget(session_id)
    with pytest.raises(SessionNotFoundError):
        store.open(session_id)


def test_what_is_dropped_while_its_answer_is_made_stays_dropped() -> None:
    store = SessionStore()
    session = store.open(None, "key:1")
    store.append(session.id, question="问", answer="答", owner="key:1")
    asked = store.open(session.id, "key:1")  # and now it is being answered
    store.forget(session.id, "key:1")
    store.append(asked.id, question="再问", answer="再答", owner="key:1")
    with pytest.raises(SessionNotFoundError):
        store.open(session.id, "key:1")
    with pytest.raises(SessionNotFoundError):
        store.adopt(asked)  # read from the records before it was dropped there
    assert len(store) == 0


def test_nobody_can_stop_somebody_elses_conversation_by_dropping_its_id() -> None:
    store = SessionStore()
    session = store.open(None, "key:1")
    store.forget(session.id, "key:2")
    store.append(session.id, question="问", answer="答", owner="key:1")
    assert len(store.open(session.id, "key:1").turns) == 2


def test_no_more_of_what_was_dropped_is_remembered_than_conversations() -> None:
    store = SessionStore(capacity=2)
    for number in range(3):
        store.forget(str(number))
        store.append(str(number), question="问", answer="答")
    assert len(store) == 0
    store.append("0", question="问", answer="答")
    assert len(store) == 1


def test_missing_and_malformed_ids_get_one_message() -> None:
    store = SessionStore()
    messages = set()
    for session_id in ("0" * 32, "", "../x", "绝密"):
        with pytest.raises(SessionNotFoundError) as caught:
            store.open(session_id)
        messages.add(caught.value.message)
    assert len(messages) == 1
    assert "绝密" not in messages.pop()


@pytest.mark.parametrize(("capacity", "max_exchanges", "ttl_s"), [(0, 1, 1), (1, 0, 1), (1, 1, 0)])
def test_limits_must_be_positive(capacity: int, max_exchanges: int, ttl_s: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        SessionStore(capacity=capacity, max_exchanges=max_exchanges, ttl_s=ttl_s)


def test_many_threads() -> None:
    store = SessionStore(capacity=50, max_exchanges=100)
    shared = store.open(None).id

    def work(number: int) -> str:
        own = store.open(None).id
        store.append(shared, question=f"共{number}", answer="答")
        store.append(own, question=f"问{number}", answer="答")
        return contents(store, own)[0]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(100))) == [f"问{number}" for number in range(100)]
    assert len(store) == 50


def test_a_hundred_thousand_guesses_hit_nothing() -> None:
    store, dice = SessionStore(), random.Random(1)
    session = store.open(None, "key:1")
    store.append(session.id, question="问", answer="答", owner="key:1")
    for _ in range(100_000):
        with pytest.raises(SessionNotFoundError):
            store.open(f"{dice.getrandbits(128):032x}", "key:2")


def test_a_conversation_is_its_owners_alone() -> None:
    store = SessionStore()
    session = store.open(None, "key:1")
    store.append(session.id, question="问", answer="答", owner="key:1")
    store.forget(session.id, "key:2")
    assert len(store.open(session.id, "key:1").turns) == 2
    with pytest.raises(SessionNotFoundError):
        store.open(session.id, "key:2")
    store.forget(session.id, "key:1")
    with pytest.raises(SessionNotFoundError):
        store.open(session.id, "key:1")
