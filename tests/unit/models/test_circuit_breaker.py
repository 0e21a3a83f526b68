"""`CircuitBreaker` and `GuardedChatModel` over a clock that stands still."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from assistant.errors import ModelError, ModelOutputInvalid, ModelTimeout, ModelUnavailable
from assistant.models.breaker import BreakerState, CircuitBreaker, GuardedChatModel


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Flaky:
    """Raises `error` when it has one, after `before` pieces."""

    def __init__(self) -> None:
        self.error: ModelError | None = None
        self.before = 0
        self.calls = 0
        self.closed = 0

    @property
    def id(self) -> str:
        return "flaky"

    def stream(self, system: str, user: str) -> Iterator[str]:
        self.calls += 1
        try:
            for _ in range(self.before if self.error else 3):
                yield "字"
            if self.error:
                raise self.error
        finally:
            self.closed += 1


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> CircuitBreaker:
    return CircuitBreaker(failures=5, probe_after_s=15.0, clock=clock)


def state_of(breaker: CircuitBreaker) -> BreakerState:
    """A call, so that the type checker does not take the state for a constant."""
    return breaker.state


def call(chat: GuardedChatModel) -> str:
    return "".join(chat.stream("s", "u"))


def break_it(chat: GuardedChatModel, times: int) -> None:
    for _ in range(times):
        with pytest.raises(ModelError):
            call(chat)


@pytest.mark.parametrize("error", [ModelUnavailable("x"), ModelTimeout("x")])
@pytest.mark.parametrize("before", [0, 2])
def test_opens_after_five_failures_in_a_row(breaker: CircuitBreaker, error: ModelError, before: int) -> None:
    flaky = Flaky()
    flaky.error, flaky.before = error, before
    chat = GuardedChatModel(flaky, breaker)
    break_it(chat, 4)
    assert state_of(breaker) is BreakerState.CLOSED
    break_it(chat, 1)
    assert state_of(breaker) is BreakerState.OPEN
    break_it(chat, 3)
    assert flaky.calls == 5


def test_a_success_between_starts_the_count_anew(breaker: CircuitBreaker) -> None:
    flaky = Flaky()
    chat = GuardedChatModel(flaky, breaker)
    for _ in range(3):
        flaky.error = ModelUnavailable("x")
        break_it(chat, 4)
        flaky.error = None
        assert call(chat) == "字字字"
    assert state_of(breaker) is BreakerState.CLOSED


def test_unusable_replies_do_not_open_it(breaker: CircuitBreaker) -> None:
    flaky = Flaky()
    flaky.error = ModelOutputInvalid("x")
    break_it(GuardedChatModel(flaky, breaker), 20)
    assert state_of(breaker) is BreakerState.CLOSED
    assert flaky.calls == 20


def test_probe_after_fifteen_seconds(breaker: CircuitBreaker, clock: Clock) -> None:
    flaky = Flaky()
    flaky.error = ModelUnavailable("x")
    chat = GuardedChatModel(flaky, breaker)
    break_it(chat, 5)
    clock.now += 14.9
    break_it(chat, 1)
    assert flaky.calls == 5
    clock.now += 0.1
    break_it(chat, 1)  # the probe fails: open for another 15 s
    assert (flaky.calls, state_of(breaker)) == (6, BreakerState.OPEN)
    clock.now += 14.9
    break_it(chat, 1)
    assert flaky.calls == 6
    clock.now += 0.1
    flaky.error = None
    assert call(chat) == "字字字"
    assert state_of(breaker) is BreakerState.CLOSED


def test_one_probe_at_a_time(breaker: CircuitBreaker, clock: Clock) -> None:
    flaky = Flaky()
    flaky.error = ModelUnavailable("x")
    chat = GuardedChatModel(flaky, breaker)
    break_it(chat, 5)
    clock.now += 15
    flaky.error = None
    probe = chat.stream("s", "u")
    next(probe)
    assert state_of(breaker) is BreakerState.HALF_OPEN
    break_it(chat, 1)
    assert flaky.calls == 6
    assert "".join(probe) == "字字"
    assert state_of(breaker) is BreakerState.CLOSED


def test_a_probe_left_before_its_first_piece_decides_nothing(breaker: CircuitBreaker, clock: Clock) -> None:
    for _ in range(5):
        ticket = breaker.enter()
        assert ticket is not None
        breaker.leave(ticket, healthy=False)
    clock.now += 15
    ticket = breaker.enter()
    assert ticket is not None
    breaker.leave(ticket, healthy=None)
    assert state_of(breaker) is BreakerState.OPEN
    assert breaker.enter() is not None  # the next one may probe at once


def test_results_from_before_the_opening_count_no_more(breaker: CircuitBreaker) -> None:
    old = breaker.enter()
    assert old is not None
    for _ in range(5):
        ticket = breaker.enter()
        assert ticket is not None
        breaker.leave(ticket, healthy=False)
    breaker.leave(old, healthy=True)
    assert state_of(breaker) is BreakerState.OPEN


def test_leaving_early_closes_the_model_and_is_no_failure(breaker: CircuitBreaker) -> None:
    flaky = Flaky()
    chat = GuardedChatModel(flaky, breaker)
    for _ in range(6):
        pieces = chat.stream("s", "u")
        next(pieces)
        pieces.close()
    assert flaky.closed == 6
    assert state_of(breaker) is BreakerState.CLOSED
    assert chat.id == "flaky"


def test_only_one_of_many_threads_probes(breaker: CircuitBreaker, clock: Clock) -> None:
    for _ in range(5):
        ticket = breaker.enter()
        assert ticket is not None
        breaker.leave(ticket, healthy=False)
    clock.now += 15
    tickets: list[int | None] = []
    start = threading.Barrier(8)

    def enter() -> None:
        start.wait()
        tickets.append(breaker.enter())

    threads = [threading.Thread(target=enter) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(ticket is not None for ticket in tickets) == 1
