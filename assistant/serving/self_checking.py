"""A running server reads the files it answers from again and again, and falls back when one is damaged.

A little is read at a time, so that a whole round takes the period that the settings say and no question waits for it.
Reading and hashing leave the interpreter to others.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

from assistant.errors import IndexDamaged
from assistant.indexing.damage import BLOCK, Damage, Expected, files_of, read_through, unreadable_manifest
from assistant.serving.watching.health import Health

logger = logging.getLogger(__name__)
_TICK_S = 0.25
_LEAVING_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast files are read: all of them in `period_s`, and never more than `mb_per_s`."""

    period_s: float
    mb_per_s: float

    def of_a_tick(self, total: int) -> int:
        """Bytes read before the next pause, where there are `total` in all."""
        wanted = total * _TICK_S / (0.8 * self.period_s)
        return int(max(BLOCK, min(wanted, self.mb_per_s * 1e6 * _TICK_S)))

    @property
    def tick_s(self) -> float:
        """Seconds between two ticks."""
        return min(_TICK_S, self.period_s / 4)


@contextmanager
def checking(
    files: Callable[[], Sequence[Expected | Damage]],
    health: Health,
    *,
    pace: Pace,
    fall_back: Callable[[], None],
    say: Callable[[str], None],
) -> Iterator[None]:
    """Look while the body runs.

    Args:
        files: what has to be whole, asked anew for each round; a `Damage` is known already.
        health: is told what was found.
        fall_back: called when something is damaged, or whole again.
    """
    if pace.period_s == 0:
        yield
        return
    leaving = Event()
    check = _Check(files, health, pace, fall_back, say, leaving)
    thread = Thread(target=check.run, name="self-check", daemon=True)
    thread.start()
    try:
        yield
    finally:
        leaving.set()
        thread.join(timeout=_LEAVING_S)


@dataclass
class _Check:
    files: Callable[[], Sequence[Expected | Damage]]
    health: Health
    pace: Pace
    fall_back: Callable[[], None]
    say: Callable[[str], None]
    leaving: Event

    def run(self) -> None:
        while not self.leaving.is_set():
            try:
                self._round()
            except Exception:  # whatever it is, looking goes on
                logger.exception("the files of the index could not be looked at")
                self.leaving.wait(self.pace.period_s)

    def _round(self) -> None:
        began = time.monotonic()
        found = self._read(self.files())
        if self.leaving.is_set():
            return
        self._note(found)
        self.health.passes += 1
        self.health.whole_at = time.monotonic()
        self.health.took_s = self.health.whole_at - began
        self.leaving.wait(max(0.0, 0.9 * self.pace.period_s - self.health.took_s))

    def _read(self, files: Sequence[Expected | Damage]) -> list[Damage]:
        """Every damage there is; one not known yet is told at once."""
        found = [one for one in files if isinstance(one, Damage)]
        expected = [one for one in files if isinstance(one, Expected)]
        allowed = self.pace.of_a_tick(sum(one.size or 0 for one in expected))
        read = 0
        for file in expected:
            reading = read_through(file)
            while not self.leaving.is_set():
                try:
                    read += next(reading)
                except StopIteration as end:
                    if end.value is not None and self._is_still_read(file):
                        found.append(end.value)
                        self._note([*self.health.damaged, end.value])
                    break
                if read >= allowed:
                    read = 0
                    self.leaving.wait(self.pace.tick_s)
        return found

    def _is_still_read(self, file: Expected) -> bool:
        """Whether that file still has to be so: a round takes its time, and meanwhile an index may have been replaced.

        What has another hash now is looked at in the next round.
        """
        return any(one == file or (isinstance(one, Damage) and one.path == file.path) for one in self.files())

    def _note(self, found: Sequence[Damage]) -> None:
        """Remember what is damaged, and act where that is not what was known."""
        before = {one.path for one in self.health.damaged}
        now = {one.path: one for one in found}
        if before == now.keys():
            return
        self.health.damaged = tuple(now[path] for path in sorted(now))
        self.fall_back()
        for path in sorted(now.keys() - before):
            one = now[path]
            self.say(
                f"文件已损坏：{path}（应为 {one.expected[:12] or '未知'}，现为 {one.found[:12]}），已改用完好的部分。"
            )
        if not now:
            self.say("先前损坏的文件已经完好，或不再使用。")


def generation_files(served: tuple[Path, str] | None, wanted: Path | None) -> tuple[Expected | Damage, ...]:
    """The files of the generation that answers, and of the one that should where that is another.

    Args:
        served: the folder of the one that answers, and what its manifest hashed to when it was opened.
        wanted: the folder that CURRENT names; `None` where it names none.
    """
    found: list[Expected | Damage] = []
    if served is not None and (served[0].is_dir() or served[0] == wanted):
        found += _files(served[0], served[1])
    if wanted is not None and (served is None or wanted != served[0]):
        found += _files(wanted, None)
    return tuple(found)


def _files(folder: Path, manifest_sha256: str | None) -> Sequence[Expected | Damage]:
    try:
        return files_of(folder, manifest_sha256=manifest_sha256)
    except IndexDamaged:
        return (unreadable_manifest(folder),)
