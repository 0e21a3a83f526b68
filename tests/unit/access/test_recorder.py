"""What happens when records cannot be written: refuse, or go on and tell of the gap."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from clocks import Ticks
from sqlalchemy import Connection, text

from assistant.access.audit import GAP, Chain, Draft
from assistant.access.audit_proof import check
from assistant.access.recorder import AuditUnavailable, Recorder
from assistant.errors import RecordsError
from assistant.records.answers import AnswerBook, KeptAnswer
from assistant.records.store import Store


class Disk:
    """A store whose disk may be full."""

    def __init__(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = False
        self.tried = 0
        write = store.write

        @contextmanager
        def guarded() -> Iterator[Connection]:
            self.tried += 1
            with write() as connection:
                if self.full:  # a real error of SQLite, through the store's own translation
                    connection.execute(text("INSERT INTO no_such_table VALUES (1)"))
                yield connection

        monkeypatch.setattr(store, "write", guarded)


@pytest.fixture
def disk(store: Store, monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(store, monkeypatch)


def recorder(store: Store, ticks: Ticks, **more: object) -> Recorder:
    return Recorder(Chain(store), AnswerBook(store), clock=ticks, **more)  # type: ignore[arg-type]


def draft(n: int) -> Draft:
    return Draft(kind="answer", subject="key:1", at=n, facts={"n": n})


def kept(n: int) -> KeptAnswer:
    return KeptAnswer(
        id=f"a{n}", owner="key:1", session_id=None, generation="g", created_at=n, inquiry="{}", body='{"text":"答"}'
    )


def numbers(store: Store) -> list[object]:
    return [e.facts.get("n", e.facts.get("lost")) for e in Chain(store).entries()]


def test_a_record_and_its_answer_come_together(store: Store, ticks: Ticks) -> None:
    held = recorder(store, ticks)
    held.record(draft(1), kept(1))
    assert numbers(store) == [1]
    assert held.answers.get("a1", owner="key:1") == kept(1)
    assert held.answers.get("a1", owner="key:2") is None
    with pytest.raises(RecordsError):  # the same answer twice: neither of the two is written
        recorder(store, ticks, refuse=True).record(draft(2), kept(1))
    assert numbers(store) == [1]


def test_when_it_may_go_on_nothing_is_lost_that_fits_into_memory(store: Store, ticks: Ticks, disk: Disk) -> None:
    held = recorder(store, ticks)
    disk.full = True
    for n in range(5):
        held.record(draft(n), kept(n))
    held.ready()  # never in the way
    assert disk.tried == 1  # a store that failed is left alone for a while
    disk.full, ticks.now = False, ticks.now + 3
    held.record(draft(5))
    assert numbers(store) == [0, 1, 2, 3, 4, 5]
    assert held.answers.get("a3") == kept(3)


def test_what_does_not_fit_is_told_as_a_gap(store: Store, ticks: Ticks, disk: Disk) -> None:
    held = recorder(store, ticks, waiting=3)
    disk.full = True
    for n in range(10):
        held.record(draft(n))
    assert held.lost == 7
    disk.full, ticks.now = False, ticks.now + 3
    held.record(draft(10))
    assert numbers(store) == [7, 7, 8, 9, 10]
    assert next(iter(Chain(store).entries())).kind == GAP
    assert check(Chain(store).entries()).whole


def test_when_it_must_be_recorded_nothing_is_answered_without(store: Store, ticks: Ticks, disk: Disk) -> None:
    held = recorder(store, ticks, refuse=True)
    held.ready()
    disk.full = True
    with pytest.raises(AuditUnavailable):
        held.record(draft(1))
    for _ in range(3):
        with pytest.raises(AuditUnavailable):
            held.ready()
    disk.full = False
    held.ready()
    held.record(draft(2))
    assert numbers(store) == [1 + 3, 2]  # one that failed, and three that found the door shut
    assert AuditUnavailable().code == "audit_unavailable"


def test_what_waits_is_written_at_the_end(store: Store, ticks: Ticks, disk: Disk) -> None:
    held = recorder(store, ticks)
    disk.full = True
    held.record(draft(1))
    disk.full = False
    held.flush()
    held.flush()
    assert numbers(store) == [1]


def test_what_can_never_be_written_stands_in_nobodys_way(store: Store, ticks: Ticks) -> None:
    held = recorder(store, ticks)
    with pytest.raises(TypeError):
        held.record(Draft(kind="answer", subject="s", at=1, facts={"n": object()}))
    held.record(draft(2))
    assert numbers(store) == [1, 2]  # the gap of one, then the next


BAD = Draft(kind="answer", subject="s", at=1, facts={"n": object()})


def test_what_can_never_be_written_does_not_wait_for_ever(store: Store, ticks: Ticks, disk: Disk) -> None:
    held = recorder(store, ticks)
    disk.full = True
    for n in (0, 1):
        held.record(draft(n), kept(n))
    held.record(BAD)  # nobody sees it yet: the store is left alone
    held.record(draft(2), kept(1))  # the answer is there already
    held.record(draft(3))
    disk.full, ticks.now = False, ticks.now + 3
    held.record(draft(4))
    held.record(draft(5))
    assert numbers(store) == [0, 1, 2, 3, 4, 5]
    assert [e.facts["lost"] for e in Chain(store).entries() if e.kind == GAP] == [2]
    assert (held.failing, held.lost) == (False, 0)
    assert check(Chain(store).entries()).whole


def test_a_record_that_can_never_be_written_does_not_shut_the_door(store: Store, ticks: Ticks) -> None:
    held = recorder(store, ticks, refuse=True)
    held.record(draft(1), kept(1))
    with pytest.raises(AuditUnavailable):
        held.record(draft(2), kept(1))
    with pytest.raises(TypeError):
        held.record(BAD)
    held.ready()
    held.record(draft(3))
    assert numbers(store) == [1, 2, 3]  # the second is a gap of two
    assert [e.kind for e in Chain(store).entries()] == ["answer", GAP, "answer"]


def test_at_the_end_what_can_be_written_is(store: Store, ticks: Ticks, disk: Disk) -> None:
    held = recorder(store, ticks)
    disk.full = True
    held.record(draft(1))
    held.record(draft(2))
    held.record(BAD)
    disk.full = False
    held.flush()
    assert numbers(store) == [1, 2, 1]
    assert [e.kind for e in Chain(store).entries()] == ["answer", "answer", GAP]
