"""A stage of a reading that must end in time, even inside a library that swallows exceptions."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from typing import Any, NoReturn

# How a child process answers its parent; empty outside a child.
_ALARM: list[Callable[[bytes], None]] = []


def rejection(code: str, message: str) -> dict[str, Any]:
    """A verdict as a child sends it."""
    return {"rejected": {"code": code, "message": message}}


class Answering:
    """Within it, a stage that takes too long may send its verdict through `answer`."""

    def __init__(self, answer: Callable[[bytes], None]) -> None:
        self._answer = answer

    def __enter__(self) -> None:
        _ALARM.append(self._answer)

    def __exit__(self, *_: object) -> None:
        _ALARM.clear()


class StageLimit:
    """Within `seconds` this stage of a reading ends, or the file is rejected with `code`.

    Libraries that swallow exceptions cannot swallow this: in a child the verdict is sent and the
    process ends. Outside a child there is no limit, for there it might end the whole program.
    """

    def __init__(self, seconds: float, code: str, message: str) -> None:
        self._seconds, self._answer = seconds, rejection(code, message)

    def __enter__(self) -> None:
        if _ALARM:
            signal.signal(signal.SIGALRM, self._ring)
            signal.setitimer(signal.ITIMER_REAL, self._seconds)

    def _ring(self, *_: object) -> NoReturn:
        _ALARM[0](json.dumps(self._answer, ensure_ascii=False).encode())
        os._exit(0)

    def __exit__(self, *_: object) -> None:
        if _ALARM:
            signal.setitimer(signal.ITIMER_REAL, 0)
