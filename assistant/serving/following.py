"""A running server goes over to another index as soon as that is the one served; nobody has to start it again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

EVERY_S = 1.0
_AFTER_A_FAULT_S = 30.0  # an index that cannot be opened is not tried every second


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
        current: the folder of the index that is to be served; `None` while there is none.
        served: the folder of the one that answers; `None` while none does, which is left to the first question.
        renew: opens the library again; where that fails, the one before goes on.
    """
    leaving = Event()

    def watch() -> None:
        pause = every_s
        while not leaving.wait(pause):
            pause = every_s
            wanted = current()
            if wanted is None or served() in (None, wanted):
                continue
            renew()
            if served() == wanted:
                say("索引有更新，已改用新的索引作答，不需要重启。")
            else:
                pause = _AFTER_A_FAULT_S

    thread = Thread(target=watch, name="following", daemon=True)
    thread.start()
    try:
        yield
    finally:
        leaving.set()
        thread.join(timeout=every_s)
