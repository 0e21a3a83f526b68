"""A command that runs beside the server; what it changed in the library is taken up when it has ended well."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread

_PATIENCE_S = 5.0  # for a command that is asked to end
_LAST = 10  # of 19: the server's questions go first


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What is to be done beside the server.

    Args:
        command: the program and its arguments; what it says goes to the same terminal.
        begins: the line for the person at the terminal.
        ended: gives the line that says how it went, by exit code; a negative one names the signal that ended it.
        good: exit codes after which the library is opened again.
    """

    command: Sequence[str]
    begins: str
    ended: Callable[[int], str]
    good: frozenset[int] = frozenset({0})


def of_this_program(*arguments: str) -> tuple[str, ...]:
    """The command line of one of our own commands."""
    return (sys.executable, "-m", "assistant", *arguments)


@contextmanager
def running(errand: Errand | None, *, renew: Callable[[], None], say: Callable[[str], None]) -> Iterator[None]:
    """Run it while the body runs; ended with the body if it has not ended by itself.

    Args:
        renew: opens the library again.
    """
    if errand is None:
        yield
        return
    say(errand.begins)
    try:
        process = subprocess.Popen(errand.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)  # noqa: S603
    except OSError:
        say(errand.ended(1))
        yield
        return
    _give_way(process.pid)
    leaving = Event()

    def watch() -> None:
        code = process.wait()
        if leaving.is_set():
            return
        try:
            if code in errand.good:
                renew()
        finally:
            say(errand.ended(code))

    Thread(target=watch, name="beside", daemon=True).start()
    try:
        yield
    finally:
        leaving.set()
        _end(process)


def _give_way(pid: int) -> None:
    """Let everything else go first, where the system knows of that."""
    try:
        os.setpriority(os.PRIO_PROCESS, pid, _LAST)
    except (AttributeError, OSError):  # it has ended already, or there is no such thing here
        return


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
