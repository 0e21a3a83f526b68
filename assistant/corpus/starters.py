"""The statutes that a first start takes in, and the record that it was tried, so that it is not tried again.

    corpus/statutes/.starters.json     {"outcome": "added" | "failed", "package": "0.1.1", "reason": "…"}

A document that somebody removes later does not come back: the record stays.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.corpus.china_law import PACKAGE, choose, laws_path, list_laws, package_version, write_laws
from assistant.corpus.manifest import STATUTES
from assistant.corpus.outcomes import GOOD, Given, ReleaseReport
from assistant.corpus.release import CorpusRelease
from assistant.errors import AssistantError, InUse, SettingsError
from assistant.indexing.build import Progress

_RECORD = ".starters.json"


class Tried(StrEnum):
    """How it went."""

    ADDED = "added"
    FAILED = "failed"


class Record(BaseModel):
    """That the statutes were taken in, or why not."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    outcome: Tried
    package: str = ""
    reason: str = ""


def read_record(corpus: Path) -> Record | None:
    """What is written down, or `None` where nothing was tried or the record cannot be read."""
    try:
        return Record.model_validate_json((corpus / STATUTES / _RECORD).read_text(encoding="utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError):
        return None


def write_record(corpus: Path, outcome: Tried, reason: str = "") -> None:
    """Write down how it went; a folder that cannot be written to keeps no record."""
    path = corpus / STATUTES / _RECORD
    record = Record(outcome=outcome, package=package_version(), reason=reason)
    try:
        path.parent.mkdir(exist_ok=True)
        part = path.with_name(f"{_RECORD}.part")
        part.write_text(f"{record.model_dump_json()}\n", encoding="utf-8")
        part.replace(path)
    except OSError:  # it is tried again at the next start, which costs time and nothing else
        return


def put_off(corpus: Path) -> str | None:
    """Why a start does not take the statutes in, in words for people: "" where they are in already.

    `None`: it is due.
    """
    record = read_record(corpus)
    if record is not None and record.outcome is Tried.ADDED:
        return ""
    if record is not None:
        return f"上次收入常用法律没有成功（{record.reason}），不再自动重试。要再试一次，请运行 make laws。"
    try:
        laws_path()
    except SettingsError as exc:
        return f"常用法律没有收入：{exc.message}。"
    return None


def take_in_statutes(
    release: CorpusRelease, corpus: Path, names: Sequence[str], *, progress: Progress | None = None
) -> ReleaseReport:
    """Statutes of the package into the library; without names those of a first start, and how that went is recorded.

    Raises:
        AssistantError: the package, a name, the corpus or the index cannot be used; nothing changed.
    """
    try:
        path = laws_path()
        chosen = choose(list_laws(path), names)
        with tempfile.TemporaryDirectory(prefix="statutes-") as folder:
            files = write_laws(path, chosen, Path(folder))
            report = release.add(files, given=Given(source=PACKAGE), statutes=True, progress=progress)
    except (SettingsError, InUse):  # mended from outside, or another process was at work: the next start tries
        raise
    except (AssistantError, OSError) as exc:
        if not names:
            write_record(corpus, Tried.FAILED, exc.message if isinstance(exc, AssistantError) else str(exc.strerror))
        raise
    if not names:
        good = report.count(*GOOD)
        write_record(corpus, Tried.ADDED if good else Tried.FAILED, "" if good else "没有一部能够收入")
    return report
