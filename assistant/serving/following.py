"""A running server goes over to another index or table of words as soon as it is there, without being started again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

EVERY_S = 1.0
_JOINT = " "  # no folder of an index has one in its name
_AFTER_A_FAULT_S = 30.0  # an index that cannot be opened is not tried every second


def state_of(index: str | None, table: Path) -> str | None:
    """One name for the index to be served and for what is in the house's table; `None` without an index."""
    try:
        held = hashlib.sha256(table.read_bytes()).hexdigest()[:16]
    except FileNotFoundError:
        held = ""
    except OSError:  # told when it is opened
        held = "?"
    return index and f"{index}{_JOINT}{held}"


def _index_of(state: str | None) -> str:
    return (state or "").partition(_JOINT)[0]


@contextmanager
def following(
    current: Callable[[], str | None],
    *,
    served: Callable[[], str | None],
    renew: Callable[[], None],
    say: Callable[[str], None],
    every_s: float = EVERY_S,
) -> Iterator[None]:
    """Look while the body runs.

    Args:
        current: the folder of the index that is to be served, and the house's table as `state_of` names it; `None`
            while there is none.
        served: the same of what answers; `None` while nothing does, which is left to the first question.
        renew: opens the library again; where that fails, the one before goes on.
    """
    leaving = Event()

    def watch() -> None:
        pause = every_s
        while not leaving.wait(pause):
            pause = every_s
            wanted = current()
            before = served()
            if wanted is None or before in (None, wanted):
                continue
            what = "词表" if _index_of(wanted) == _index_of(before) else "索引"
            renew()
            if served() == wanted:
                say(f"{what}有更新，已改用新的{what}作答，不需要重启。")
            else:
                pause = _AFTER_A_FAULT_S

    thread = Thread(target=watch, name="following", daemon=True)
    thread.start()
    try:
        yield
    finally:
        leaving.set()
        thread.join(timeout=every_s)
