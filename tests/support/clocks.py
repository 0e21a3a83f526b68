"""Clocks that a test sets, and a pepper for it."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.access.secrets import Pepper
from assistant.records.store import now_ms

PEPPER = Pepper(b"0123456789abcdefghijklmnopqrstuvwxyz-ABCDEF")


@dataclass
class Clock:
    """Milliseconds, ahead of the real clock by as much as a test says."""

    ahead_ms: int = 0

    def __call__(self) -> int:
        return now_ms() + self.ahead_ms


@dataclass
class Ticks:
    """Seconds of a monotonic clock that only moves when it is told to."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now
