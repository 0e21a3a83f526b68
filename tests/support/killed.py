"""A process that is killed at one of the moves of files that make a release."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest


class _Killed(BaseException):
    """The process dies here."""


@dataclass
class End:
    """Whether it came to it."""

    died: bool = False


@contextmanager
def killed_after(moves: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[End]:
    """What is done inside dies at the move of a file of a release behind that many, and cleans nothing up."""
    end, done = End(), 0

    def die() -> None:
        nonlocal done
        done += 1
        if done > moves:
            raise _Killed

    with monkeypatch.context() as patched:
        for name in ("rename", "replace"):
            real = getattr(Path, name)

            def step(self: Path, target: Path, real: Any = real) -> Path:
                if ".release" in str(self):
                    die()
                return Path(real(self, target))

            patched.setattr(Path, name, step)
        real_rmtree = shutil.rmtree
        patched.setattr(shutil, "rmtree", lambda *a, **k: None if done > moves else real_rmtree(*a, **k))
        try:
            yield end
        except _Killed:
            end.died = True
