"""How long the parts of an answer take.

Whoever asks says `with timed(note): …`, whoever works `with stage("search"): …`. A context variable,
because between the two lie rooms that need not know of it. Outside `timed` a stage costs nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Note = Callable[[str, float, float], None]  # name, beginning on the clock of `perf_counter`, seconds

_note: ContextVar[Note | None] = ContextVar("stage_times", default=None)


@contextmanager
def timed(note: Note) -> Iterator[None]:
    """Within the block, in this thread, `note` hears of every stage that ends."""
    token = _note.set(note)
    try:
        yield
    finally:
        _note.reset(token)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """The block is one stage. `name` is a constant: it becomes a label of a metric."""
    note = _note.get()
    if note is None:
        yield
        return
    began = time.perf_counter()
    try:
        yield
    finally:
        note(name, began, time.perf_counter() - began)
