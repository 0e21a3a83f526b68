"""Threads that take up work in turn: whoever has asked little comes before whoever has asked much."""

from __future__ import annotations

import math
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeVar

from assistant.serving.limits.refusals import ServerBusyError, TooManyAtOnce

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How many answers are made at a time, how many more may wait, and how long all that may take."""

    slots: int = 4
    waiting: int = 32
    patience_s: float = 20.0  # in line
    deadline_s: float = 180.0  # until the answer is whole


@dataclass(eq=False, slots=True)
class _Item:
    work: Callable[[], Any]
    owner: str
    heavy: bool
    future: Future[Any] = field(default_factory=Future)


class FairPool:
    """`slots` threads, and `waiting` more places in line.

    The next piece of work is that of the owner who has waited longest since their last. Of the places one owner
    gets three quarters at most, so that others always find one; an owner without a name is not counted. Heavy
    work gets half of the slots and half of the places. Whoever would have to wait longer than `patience_s`, as
    work has gone of late, is told so at once and not after having waited.
    """

    def __init__(
        self,
        slots: int,
        waiting: int,
        *,
        patience_s: float = math.inf,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if slots < 1 or waiting < 0:
            raise ValueError("slots must be positive and waiting not negative")
        self._slots = slots
        self._patience_s = patience_s
        self._clock = clock
        self._takes_s = 0.0  # one piece of work, as a moving mean
        self._places = slots + waiting
        self._most_own = max(1, self._places - self._places // 4)
        self._most_heavy = max(1, self._places // 2)
        self._heavy_slots = max(1, slots // 2)
        self._lock = Lock()
        self._lines: OrderedDict[str, list[_Item]] = OrderedDict()  # by owner; whoever is next comes first
        self._held: Counter[str] = Counter()  # places, by owner
        self._heavy = 0  # places of heavy work
        self._running = 0
        self._heavy_running = 0
        self._shut = False
        self._threads = ThreadPoolExecutor(max_workers=slots, thread_name_prefix="desk")

    @property
    def taken(self) -> int:
        """Places taken, by work in hand and work in line."""
        with self._lock:
            return self._held.total()

    @property
    def places(self) -> int:
        """Places there are, at work and in line."""
        return self._places

    @property
    def waiting(self) -> int:
        """Pieces of work in line."""
        with self._lock:
            return sum(map(len, self._lines.values()))

    def refuse_if_full(self, owner: str, *, heavy: bool = False) -> None:
        """See that there would be a place now.

        Raises:
            ServerBusyError: there is none.
            TooManyAtOnce: there is none for this owner.
        """
        with self._lock:
            self._see_room(owner, heavy=heavy)

    def submit(self, work: Callable[[], T], *, owner: str = "", heavy: bool = False) -> Future[T]:
        """Take a place for `work`; it is given back when the future is done, or is cancelled before it began.

        Raises:
            ServerBusyError, TooManyAtOnce: as `refuse_if_full`.
        """
        item = _Item(work, owner, heavy)
        with self._lock:
            self._see_room(owner, heavy=heavy)
            self._held[owner] += 1
            self._heavy += heavy
            self._lines.setdefault(owner, []).append(item)
        item.future.add_done_callback(lambda _: self._leave(item))
        self._begin_what_may()
        return item.future

    def shutdown(self) -> None:
        """Take no more work and withdraw what has not begun."""
        with self._lock:
            self._shut = True
            waiting = [item for line in self._lines.values() for item in line]
        for item in waiting:
            item.future.cancel()
        self._threads.shutdown(wait=False)

    def _see_room(self, owner: str, *, heavy: bool) -> None:
        if self._shut or self._held.total() >= self._places or (heavy and self._heavy >= self._most_heavy):
            raise ServerBusyError
        in_line = sum(map(len, self._lines.values()))
        if in_line and (in_line + 1) * self._takes_s / self._slots > self._patience_s:
            raise ServerBusyError
        if owner and self._held[owner] >= self._most_own:
            raise TooManyAtOnce

    def _begin_what_may(self) -> None:
        while True:
            with self._lock:
                item = self._next()
                if item is None:
                    return
                self._running += 1
                self._heavy_running += item.heavy
                self._threads.submit(self._run, item)

    def _next(self) -> _Item | None:
        """Whatever begins now, taken out of its line; its owner comes last from here on."""
        if self._shut or self._running >= self._slots:
            return None
        for owner, line in self._lines.items():
            for item in line:
                if item.heavy and self._heavy_running >= self._heavy_slots:
                    continue
                if item.future.cancelled() or not item.future.set_running_or_notify_cancel():
                    continue  # being withdrawn at this moment; `_leave` takes it out
                self._take_out(item)
                if owner in self._lines:
                    self._lines.move_to_end(owner)
                return item
        return None

    def _take_out(self, item: _Item) -> None:
        line = self._lines.get(item.owner, [])
        if item in line:
            line.remove(item)
            if not line:
                del self._lines[item.owner]

    def _run(self, item: _Item) -> None:
        began = self._clock()
        try:
            result = item.work()
        except BaseException as exc:  # noqa: BLE001 - handed on to whoever waits for the future
            self._stop_running(item, self._clock() - began)
            item.future.set_exception(exc)
        else:
            self._stop_running(item, self._clock() - began)
            item.future.set_result(result)
        self._begin_what_may()

    def _stop_running(self, item: _Item, took_s: float) -> None:
        with self._lock:
            self._takes_s = took_s if not self._takes_s else 0.8 * self._takes_s + 0.2 * took_s
            self._running -= 1
            self._heavy_running -= item.heavy

    def _leave(self, item: _Item) -> None:
        with self._lock:
            self._take_out(item)
            self._held[item.owner] -= 1
            if self._held[item.owner] <= 0:
                del self._held[item.owner]
            self._heavy -= item.heavy
