"""What a person at the terminal sees while something takes long. All of it goes to standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_EVERY_S = 5.0  # between two lines of one stage, where there is no terminal


class StageProgress:
    """A bar for each stage; without a terminal a line when a stage begins, and one now and then while it goes on.

    Call it with the stage in Chinese, what is done and the total.
    """

    def __init__(self) -> None:
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._stage = ""
        self._said_at = 0.0

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            self._bars = _bars()
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars is not None:
            self._bars.stop()

    def __call__(self, stage: str, done: int, total: int) -> None:
        if self._bars is None:
            self._say(stage, done, total)
            return
        if stage not in self._tasks:
            for task in self._tasks.values():  # one stage begins when those before have ended
                self._bars.update(task, completed=1, total=1)
            self._tasks[stage] = self._bars.add_task(stage, total=None)
        self._bars.update(self._tasks[stage], completed=done, total=total or None)

    def _say(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        begins = stage != self._stage
        if not begins and now - self._said_at < _EVERY_S:
            return
        self._stage, self._said_at = stage, now
        sys.stderr.write(f"{stage}……\n" if begins else f"{stage} {done}/{total}\n")
        sys.stderr.flush()


def _bars() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True))


@contextmanager
def busy(words: str) -> Iterator[None]:
    """A turning sign with `words`; nothing at all without a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(words):
        yield
