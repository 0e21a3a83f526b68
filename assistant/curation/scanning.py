"""What is uploaded, held against the house's own malware scanner before anything reads it.

The convention is that of clamdscan: 0 clean, 1 found, everything else a fault. A scanner that is set and cannot say
keeps the file out.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import SettingsError, SourceError

INFECTED, UNSCANNED = "malware", "unscanned"
_SHOWN = 200  # characters of what a scanner says
_CLEAN, _FOUND = 0, 1


class RefusedByScanner(SourceError):
    """A scanner found something, or could not say."""

    def __init__(self, code: str, message: str, path: Path) -> None:
        super().__init__(message, path=path)
        self.code = code


@dataclass(frozen=True, slots=True)
class Scanner:
    """A command that is given the path of a file as its last word, without a shell."""

    command: tuple[str, ...]
    timeout_s: float = 60.0

    @staticmethod
    def of(line: str | None, timeout_s: float) -> Scanner | None:
        """The scanner of a command line as settings have it; `None` where none is set.

        Raises:
            SettingsError: it is no command line.
        """
        try:
            words = tuple(shlex.split(line)) if line else ()
        except ValueError as exc:
            raise SettingsError(
                "ASSISTANT_CORPUS__SCANNER 不是一条命令（引号不成对？），说明见 docs/settings.md"
            ) from exc
        return Scanner(words, timeout_s) if words else None

    def check(self, path: Path) -> None:
        """See that the file is clean.

        Raises:
            RefusedByScanner: it is not, or nobody can say.
        """
        try:
            done = subprocess.run(  # noqa: S603  (the command is the administrator's own)
                [*self.command, str(path)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=self.timeout_s,
                check=False,
                env=_plain(os.environ),
            )
        except subprocess.TimeoutExpired as exc:
            message = f"恶意程序扫描超过 {self.timeout_s:g} 秒没有结果，文件未收，请稍后重试或请管理员检查扫描程序"
            raise RefusedByScanner(UNSCANNED, message, path) from exc
        except OSError as exc:
            message = f"扫描程序无法运行（{exc.strerror}），文件未收，请管理员检查 ASSISTANT_CORPUS__SCANNER"
            raise RefusedByScanner(UNSCANNED, message, path) from exc
        if done.returncode == _CLEAN:
            return
        said = _said(done.stdout, path)
        if done.returncode == _FOUND:
            raise RefusedByScanner(INFECTED, f"扫描程序报告文件有问题，已删除{said}", path)
        raise RefusedByScanner(
            UNSCANNED, f"扫描程序没有完成（返回 {done.returncode}），文件未收{said}；请管理员检查扫描程序", path
        )


def _plain(environment: os._Environ[str]) -> dict[str, str]:
    """What the scanner gets of our environment: no setting of ours, and no secret among them."""
    return {name: value for name, value in environment.items() if not name.upper().startswith("ASSISTANT_")}


def _said(output: bytes, path: Path) -> str:
    """The first line of what a scanner says, without the path that only we know."""
    lines = [line.strip() for line in output.decode("utf-8", "replace").splitlines() if line.strip()]
    words = "".join(c for c in lines[0].replace(str(path), "文件") if c.isprintable())[:_SHOWN] if lines else ""
    return f"：{words}" if words else ""
