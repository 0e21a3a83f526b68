"""Who is served next, and who is turned away."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future

import pytest

from assistant.serving.limits.fair_pool import FairPool
from assistant.serving.limits.refusals import ServerBusyError, TooManyAtOnce


class Works:
    """Pieces of work that are done when they are let go, and note the order in which they began."""

    def __init__(self) -> None:
        self.began: list[str] = []
        self.held: dict[str, threading.Event] = {}
        self._lock = threading.Lock()

    def named(self, name: str) -> Callable[[], str]:
        self.held[name] = threading.Event()

        def work() -> str:
            with self._lock:
                self.began.append(name)
            self.held[name].wait(20)
            return name

        return work

    def finish(self, name: str, future: Future[str]) -> None:
        self.held[name].set()
        assert future.result(20) == name


@pytest.fixture
def works() -> Iterator[Works]:
    made = Works()
    yield made
    for event in made.held.values():
        event.set()


def test_owners_take_turns(works: Works) -> None:
    pool = FairPool(1, 20)
    futures = {name: pool.submit(works.named(name), owner=name[0]) for name in ("a1", "a2", "a3", "a4", "b1", "c1")}
    for name in ("a1", "a2", "b1", "c1", "a3", "a4"):
        works.finish(name, futures[name])
    assert works.began == ["a1", "a2", "b1", "c1", "a3", "a4"]
    assert pool.taken == 0
    pool.shutdown()


def test_one_owner_leaves_places_for_others(works: Works) -> None:
    pool = FairPool(1, 7)
    for number in range(6):
        pool.submit(works.named(f"a{number}"), owner="a")
    with pytest.raises(TooManyAtOnce):
        pool.submit(works.named("a6"), owner="a")
    for name in ("b", "c"):
        pool.submit(works.named(name), owner=name)
    with pytest.raises(ServerBusyError):
        pool.refuse_if_full("d")
    pool.shutdown()


def test_whoever_has_no_name_gets_every_place(works: Works) -> None:
    pool = FairPool(1, 3)
    for number in range(4):
        pool.submit(works.named(str(number)))
    with pytest.raises(ServerBusyError):
        pool.submit(works.named("4"))
    pool.shutdown()


def test_heavy_work_leaves_half_to_the_rest(works: Works) -> None:
    pool = FairPool(2, 6)
    heavy = [pool.submit(works.named(f"h{number}"), heavy=True) for number in range(4)]
    with pytest.raises(ServerBusyError):
        pool.submit(works.named("h4"), heavy=True)
    light = pool.submit(works.named("light"))  # a slot is free for it, though three heavy ones wait
    works.finish("light", light)
    for number in range(4):
        works.finish(f"h{number}", heavy[number])
    assert works.began[:2] == ["h0", "light"] or works.began[:2] == ["light", "h0"]
    assert (pool.taken, pool.waiting) == (0, 0)
    pool.shutdown()


def test_what_is_withdrawn_gives_its_place_back(works: Works) -> None:
    pool = FairPool(1, 1)
    first, second = pool.submit(works.named("1")), pool.submit(works.named("2"))
    assert second.cancel()
    assert (pool.taken, pool.waiting) == (1, 0)
    third = pool.submit(works.named("3"))
    works.finish("1", first)
    works.finish("3", third)
    assert works.began == ["1", "3"]
    pool.shutdown()


def test_a_fault_reaches_whoever_waits_and_the_place_is_free() -> None:
    pool = FairPool(1, 1)

    def fail() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        pool.submit(fail).result(20)
    assert pool.submit(lambda: 5).result(20) == 5
    assert pool.taken == 0
    pool.shutdown()


def test_shutting_down_withdraws_what_has_not_begun(works: Works) -> None:
    pool = FairPool(1, 2)
    first, second = pool.submit(works.named("1")), pool.submit(works.named("2"))
    pool.shutdown()
    with pytest.raises(CancelledError):
        second.result(20)
    with pytest.raises(ServerBusyError):
        pool.submit(works.named("3"))
    works.finish("1", first)
    assert works.began == ["1"]


@pytest.mark.parametrize(("slots", "waiting"), [(0, 1), (1, -1)])
def test_sizes_that_make_no_sense(slots: int, waiting: int) -> None:
    with pytest.raises(ValueError, match="slots"):
        FairPool(slots, waiting)
