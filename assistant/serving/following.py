"""A running server goes over to another index as soon as that is the one served; nobody has to start it again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from assistant.errors import AssistantError
from assistant.indexing.generations import current_folder

EVERY_S = 1.0
_AFTER_A_FAULT_S = 30.0  # an index that cannot be opened is not tried every second


@contextmanager
def following(
    indexes_dir: Path,
    *,
    served: Callable[[], str | None],
    renew: Callable[[], None],
    say: Callable[[str], None],
    every_s: float = EVERY_S,
) -> Iterator[None]:
    """Look while the body runs.

    Args:
        served: the fingerprint of the index that answers; `None` while none does, which is left to the first question.
        renew: opens the library again; where that fails, the one before goes on.
    """
    leaving = Event()

    def watch() -> None:
        pause = every_s
        while not leaving.wait(pause):
            pause = every_s
            current = _current(indexes_dir)
            if current is None or served() in (None, current):
                continue
            renew()
            if served() == current:
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


def _current(indexes_dir: Path) -> str | None:
    try:
        return current_folder(indexes_dir).name
    except AssistantError:  # none, or half removed: what answers goes on answering
        return None
