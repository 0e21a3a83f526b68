"""What runs beside the server: its library is opened again when it ended well, and it ends with the server."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from assistant.errors import IndexDamaged
from assistant.serving.beside import Errand, running
from assistant.serving.server import LazyAssistant

_LONG_S = 30.0


def errand(program: str, **fields: object) -> Errand:
    return Errand(
        command=(sys.executable, "-c", program),
        begins="开始",
        ended=lambda code: f"结束 {code}",
        **fields,  # type: ignore[arg-type]
    )


class Heard:
    """Lines, and an event when one that is waited for was said."""

    def __init__(self, *last: str) -> None:
        self.lines: list[str] = []
        self.renewed = 0
        self.done = Event()
        self._last = last

    def say(self, line: str) -> None:
        self.lines.append(line)
        if line in self._last:
            self.done.set()

    def renew(self) -> None:
        assert "结束 0" not in self.lines  # what is said is true already
        self.renewed += 1


@pytest.mark.parametrize(("code", "good", "renewed"), [(0, {0}, 1), (3, {0, 3}, 1), (3, {0}, 0), (1, {0}, 0)])
def test_the_library_is_opened_again_when_it_ended_well(code: int, good: set[int], renewed: int) -> None:
    heard = Heard(f"结束 {code}")
    work = errand(f"raise SystemExit({code})", good=frozenset(good))
    with running(work, renew=heard.renew, say=heard.say):
        assert heard.done.wait(_LONG_S)
    assert (heard.lines, heard.renewed) == (["开始", f"结束 {code}"], renewed)


def test_how_it_went_is_said_though_the_library_cannot_be_opened_again(monkeypatch: pytest.MonkeyPatch) -> None:
    heard, raised = Heard(), Event()
    monkeypatch.setattr("threading.excepthook", lambda _: raised.set())

    def broken() -> None:
        raise ValueError("not what was expected")

    with running(errand("pass"), renew=broken, say=heard.say):
        assert raised.wait(_LONG_S)
    assert heard.lines == ["开始", "结束 0"]


def test_it_ends_with_the_server_and_nothing_more_is_said(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    program = f"import os, pathlib, time; pathlib.Path({str(mark)!r}).write_text('x'); time.sleep(600)"
    heard = Heard()
    with running(errand(program), renew=heard.renew, say=heard.say):
        until(mark.exists)
    assert (heard.lines, heard.renewed) == (["开始"], 0)


def test_a_program_that_is_not_there_is_told() -> None:
    heard = Heard()
    work = Errand(command=("/nowhere/at/all",), begins="开始", ended=lambda code: f"结束 {code}")
    with running(work, renew=heard.renew, say=heard.say):
        pass
    assert (heard.lines, heard.renewed) == (["开始", "结束 1"], 0)


def test_without_an_errand_nothing_is_said() -> None:
    heard = Heard()
    with running(None, renew=heard.renew, say=heard.say):
        pass
    assert heard.lines == []


def test_a_renewed_assistant_answers_and_one_that_fails_leaves_the_old(caplog: pytest.LogCaptureFixture) -> None:
    made: list[object] = [object(), object()]
    left = iter(made)

    def build() -> object:
        try:
            return next(left)
        except StopIteration as exc:
            raise IndexDamaged("索引不完整") from exc

    provider = LazyAssistant(build)  # type: ignore[arg-type]
    assert provider() is made[0]
    provider.renew()
    assert provider() is made[1]
    provider.renew()
    assert provider() is made[1]
    assert "继续使用原来的" in caplog.text


def until(there: Callable[[], bool]) -> None:
    end = time.monotonic() + _LONG_S
    while not there():
        assert time.monotonic() < end
        time.sleep(0.02)
