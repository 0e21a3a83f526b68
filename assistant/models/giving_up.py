"""Whether anybody still waits for what is being made: how a door reaches a model that stalls.

A door says `with given_up_when(gone): …` around the work of one thread; an adapter that waits for its
upstream asks `given_up()` every now and then, and stops with `Abandoned`. A context variable, because
between the two lie rooms that need not know of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

LOOK_S = 0.25  # how often a wait asks

_gone: ContextVar[Callable[[], bool] | None] = ContextVar("given_up", default=None)


@contextmanager
def given_up_when(gone: Callable[[], bool]) -> Iterator[None]:
    """Within the block, in this thread, `given_up()` is `gone()`."""
    token = _gone.set(gone)
    try:
        yield
    finally:
        _gone.reset(token)


def given_up() -> bool:
    """Whether nobody waits any more; False outside every `given_up_when`."""
    gone = _gone.get()
    return gone is not None and gone()
