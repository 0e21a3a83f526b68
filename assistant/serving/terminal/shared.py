"""What the commands share: how they speak, read settings and end."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.errors import InputError, SettingsError
from assistant.serving.terminal.help import ChineseGroup

if TYPE_CHECKING:
    from assistant.corpus.reading import SourceFailure
    from assistant.settings import Settings

_SCRATCH = "scratch"  # folder in indexes_dir for the indexes of evaluation runs
EXIT_FAULT, EXIT_INPUT, EXIT_PARTIAL, EXIT_INTERRUPTED = 1, 2, 3, 130

AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON，供程序读取。")]
Corpora = Annotated[
    list[Path] | None,
    typer.Option("--corpus", metavar="路径", help="文件或文件夹，可多次给出；默认 corpus/。", show_default=False),
]


def group(words: str) -> typer.Typer:
    """A group of commands with its help."""
    return typer.Typer(cls=ChineseGroup, help=words, no_args_is_help=True, add_completion=False)


def complain(words: str) -> None:
    """One line on standard error."""
    from assistant.serving.render.terminal import terminal_safe

    sys.stderr.write(f"{' '.join(terminal_safe(words).splitlines())}\n")


def complain_lines(text: str) -> None:
    """Several lines on standard error."""
    for line in text.splitlines():
        complain(line)


def say(text: str) -> None:
    """A result on standard output."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def say_json(value: object) -> None:
    """A result for a program."""
    say(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def output(as_json: bool, value: Callable[[], object], text: Callable[[], str]) -> None:
    """A result in the form that was asked for."""
    if as_json:
        say_json(value())
    else:
        say(text())


def open_settings(**overrides: Any) -> Settings:
    """The settings, with logging set up as they say.

    Raises:
        SettingsError: one of them cannot be used.
    """
    import logging

    from assistant.serving.watching.logs import formatter_of
    from assistant.settings import load

    settings = load(**overrides)
    handler = logging.StreamHandler()
    try:
        handler.setLevel(settings.log_level.upper())  # here too: some libraries set the level of their own loggers
    except ValueError as exc:
        raise SettingsError("ASSISTANT_LOG_LEVEL 须为 DEBUG、INFO、WARNING、ERROR 之一，见 docs/settings.md") from exc
    handler.setFormatter(formatter_of(settings))
    logging.basicConfig(level=handler.level, handlers=[handler])
    return settings


def scratch_folder(settings: Settings, corpora: Sequence[Path]) -> Path:
    """Where the index of these corpora for this embedder is kept between evaluation runs."""
    from hashlib import sha256

    key = [
        settings.embedder.kind.value,
        settings.embedder.model or "",
        settings.phrasings,
        *sorted(str(p.resolve()) for p in corpora),
    ]
    return settings.indexes_dir / _SCRATCH / sha256("\n".join(key).encode()).hexdigest()[:12]


def note_rejected(failures: Sequence[SourceFailure]) -> None:
    """Name and count the files that could not be read."""
    from assistant.serving.terminal.text import failures_text

    if failures:
        sys.stderr.write(f"{failures_text(failures)}\n")


def day(text: str | None, option: str) -> date | None:
    """The day given with `option`.

    Raises:
        InputError: it is none.
    """
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as exc:
        raise InputError(f"选项 {option} 须为日期，例如 2024-06-30。") from exc
