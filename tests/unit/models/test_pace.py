"""Limits follow the measured pace: never shorter than they were, longer by the length of the prompt."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assistant.models.pace import PROBE_SYSTEM, PROBE_USER, Pace, measured
from assistant.models.reply_stream import Budget

SLOW = Pace(reads=25.0, writes=10.0)


class Clock:
    """A clock that the reply moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now

    def reply(self, first_s: float, each_s: float, pieces: int) -> Iterator[str]:
        for number in range(pieces):
            self.now += each_s if number else first_s
            yield "字"


def test_the_pace_of_the_probe() -> None:
    clock = Clock()
    pace = measured(clock.reply(10.0, 0.5, 100), clock=clock)
    assert pace.reads == pytest.approx(len(PROBE_SYSTEM + PROBE_USER) / 10.0)
    assert pace.writes == pytest.approx(2.0)
    assert clock.now < 20  # the reply is not read to its end


@pytest.mark.parametrize("pieces", [0, 1])
def test_a_reply_of_no_length_gives_a_pace_all_the_same(pieces: int) -> None:
    clock = Clock()
    pace = measured(clock.reply(10.0, 0.5, pieces), clock=clock)
    assert pace.reads > 0
    assert pace.writes > 0


def test_a_fast_machine_keeps_the_limits() -> None:
    assert Pace(reads=1e6, writes=1e5).limits(Budget(), 2000) == Budget()


def test_a_slow_machine_gets_time_by_the_length_of_the_prompt() -> None:
    short, long = SLOW.limits(Budget(), 200), SLOW.limits(Budget(), 2000)
    assert short.first_token_s == pytest.approx(24.0)
    assert long.first_token_s == pytest.approx(240.0)
    assert long.total_s > long.first_token_s
    assert (long.connect_s, long.chars) == (Budget().connect_s, Budget().chars)


def test_nobody_waits_for_ever() -> None:
    crowded = Pace(reads=3.0, writes=0.5).limits(Budget(), 4000)
    assert (crowded.first_token_s, crowded.total_s) == (240.0, 480.0)
    patient = Budget(first_token_s=600.0, total_s=900.0)
    found = Pace(reads=3.0, writes=0.5).limits(patient, 4000)
    assert (found.first_token_s, found.total_s) == (600.0, 900.0)


def test_what_was_set_is_not_touched() -> None:
    found = SLOW.limits(Budget(), 2000, fixed=["first_token_s", "total_s"])
    assert (found.first_token_s, found.total_s) == (Budget().first_token_s, Budget().total_s)
