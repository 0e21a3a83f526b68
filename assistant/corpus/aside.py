"""A release made aside, looked at as long as people like, and taken in later, if the library is still the same then.

    corpus/.release/aside/            the files that will move in
    corpus/.release/publishing.json   what is being published, from just before the point of no return until it is noted
    indexes/.aside/                   the index over the library as it will be

Nobody holds the corpus while people think. What was made on a library that has changed since is refused.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from assistant.corpus.intake import Candidate
from assistant.corpus.judging import FileJudge
from assistant.corpus.manifest import MANIFEST, STATUTES
from assistant.corpus.outcomes import GOOD, FileOutcome, FileVerdict, Given
from assistant.corpus.overlays import OVERLAYS
from assistant.corpus.restating import Facts, restated
from assistant.corpus.shelf import Shelf
from assistant.corpus.staging import commit, sole_writer
from assistant.errors import AssistantError, InputError, SourceError
from assistant.indexing.build import BuildReport, Progress
from assistant.indexing.generations import current_name, remove_old, single_writer, switch_to, take_over
from assistant.indexing.manifest import fsync_path
from assistant.parsing.corrections import Correction

_ROOM, _FILES, _JOURNAL = ".release", "aside", "publishing.json"
_INDEXES = ".aside"
_STAGED = "files"  # in the staging folder: what goes into the corpus itself
_LOST = "这里的校对不会用上。请退回登记人，改为上传库里的那一份再校对"
_NOTHING = "这些变更不会改变文件库：库里已经是这样了。请退回，或与登记人核对。"


class Moved(AssistantError):
    """The library is not the one any more on which the release was made."""

    code = "library_changed"

    def __init__(self) -> None:
        super().__init__("预览之后，文件库或索引又有了变化，什么都没有发布。请重新预览，看过以后再发布。")


class BatchRefused(InputError):
    """Changes that cannot be made; `reasons` by their keys."""

    def __init__(self, reasons: Mapping[str, str]) -> None:
        super().__init__(f"有 {len(reasons)} 项变更做不成：{'；'.join(reasons.values())}")
        self.reasons = reasons


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """A file that comes in, under the name that its path ends with."""

    path: Path
    given: Given = field(default_factory=Given)
    corrections: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Changes that go together, each under a key of whoever asks for it."""

    additions: Mapping[str, Addition] = field(default_factory=dict)
    removals: Mapping[str, str] = field(default_factory=dict)  # the ids of documents
    facts: Mapping[str, tuple[str, Facts]] = field(default_factory=dict)  # the id of a document, and all of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """What a batch makes of a shelf."""

    outcomes: Mapping[str, FileOutcome]
    gone: frozenset[str]  # names of files


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """A release that waits. `outcomes`: what became of each file that comes in, by the key of its change."""

    stamp: str  # of the library it was made on
    folder: Path
    index: BuildReport
    manifest: str
    statutes: str | None
    gone: frozenset[str]  # files that go, by their places in the corpus
    outcomes: Mapping[str, FileOutcome]


class Landed(StrEnum):
    """What became of a release that was broken off."""

    WHOLE = "whole"
    NOT = "not"
    UNKNOWN = "unknown"  # somebody has changed the corpus since


# --- making -------------------------------------------------------------------------------------


def put_together(
    batch: Batch, shelf: Shelf, judge_with: Callable[[Addition], FileJudge], progress: Progress
) -> Drafted:
    """The batch on a shelf, its files in staging.

    Raises:
        BatchRefused: a change cannot be made.
        InputError: nothing changes.
    """
    reasons: dict[str, str] = {}
    for key, (document_id, facts) in batch.facts.items():
        with _noting(reasons, key):
            line = shelf.line_of(document_id)
            if (after := restated(line, facts)) != line:
                shelf.put(after)
    outcomes = {}
    for done, (key, addition) in enumerate(batch.additions.items(), start=1):
        outcomes[key] = judge_with(addition).judge(Candidate(path=addition.path))
        if outcomes[key].verdict not in GOOD:
            reasons[key] = f"{outcomes[key].source.rpartition('/')[2]}：{outcomes[key].message}"
        elif outcomes[key].verdict is FileVerdict.ALIAS and addition.corrections:
            reasons[key] = f"{outcomes[key].source.rpartition('/')[2]}：{outcomes[key].message}，{_LOST}"
        progress("检查文件", done, len(batch.additions))
    for key, document_id in batch.removals.items():
        with _noting(reasons, key):
            shelf.file_of(document_id)
    if reasons:
        raise BatchRefused(reasons)
    gone = shelf.take_out(batch.removals.values())
    if not shelf.touched:
        raise InputError(_NOTHING)
    return Drafted(outcomes=outcomes, gone=gone)


@contextmanager
def _noting(reasons: dict[str, str], key: str) -> Iterator[None]:
    try:
        yield
    except AssistantError as exc:
        reasons[key] = exc.message


def set_aside(corpus: Path, staging: Path) -> Path:
    """Where the staged files lie from now on; what lay there from another time is gone."""
    folder = corpus / _ROOM / _FILES
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(staging, folder)
    return folder


def aside_of(indexes_dir: Path) -> Path:
    """The folder of the generations that nobody is served from: `generations.serve` does not find them."""
    return indexes_dir / _INDEXES


def stamp_of(corpus: Path, indexes_dir: Path) -> str:
    """Changes whenever the books of the corpus, the names of its files or the served index do."""
    names = sorted(path.name for path in corpus.iterdir() if path.is_file())
    overlays = json.dumps(_hashes(corpus, (OVERLAYS,)), sort_keys=True)
    whole = "\n".join((_books(corpus), current_name(indexes_dir) or "", overlays, *names))
    return hashlib.sha256(whole.encode()).hexdigest()


def _books(corpus: Path) -> str:
    return _hash_of(*(_text(path) for path in (corpus / MANIFEST, corpus / STATUTES / MANIFEST)))


def _text(path: Path) -> str | None:
    return path.read_bytes().decode("utf-8") if path.exists() else None


def _hash_of(own: str | None, statutes: str | None) -> str:
    return hashlib.sha256(json.dumps([own, statutes]).encode()).hexdigest()


# --- taking in ----------------------------------------------------------------------------------


def take_in(
    corpus: Path, indexes_dir: Path, aside: Aside, *, note: Mapping[str, Any], done: Callable[[str], None]
) -> str:
    """Make a release that waited the corpus, and serve its index; the name of the generation.

    Args:
        note: what `finish` is told if this is broken off.
        done: told the generation, once it is served and while nobody else can change the library.

    Raises:
        Moved: the library has changed since.
        AssistantError: it could not be done; before the point of no return, nothing has changed.
    """
    with sole_writer(corpus) as staging, single_writer(indexes_dir):
        if stamp_of(corpus, indexes_dir) != aside.stamp or not aside.folder.is_dir():
            raise Moved
        name = take_over(indexes_dir, aside.index.folder, aside.index.fingerprint)
        shutil.copytree(aside.folder, staging, dirs_exist_ok=True)
        journal = {
            "before": _books(corpus),
            "after": _hash_of(aside.manifest, aside.statutes or _text(corpus / STATUTES / MANIFEST)),
            "files": _hashes(staging, (_STAGED, STATUTES, OVERLAYS)),
            "served": current_name(indexes_dir),
            "name": name,
            "note": dict(note),
        }
        _write(corpus, journal)
        try:
            commit(corpus, staging, aside.manifest, aside.gone, statutes=aside.statutes)
        except BaseException:
            if not (staging / MANIFEST).exists():  # else whoever writes next finishes it
                _journal(corpus).unlink()
            raise
        switch_to(indexes_dir, name)
        done(name)
        _journal(corpus).unlink()
        remove_old(indexes_dir)
        shutil.rmtree(aside.folder, ignore_errors=True)
    return name


def put_away(corpus: Path, indexes_dir: Path) -> None:
    """Take away what was made aside and is not wanted any more."""
    shutil.rmtree(corpus / _ROOM / _FILES, ignore_errors=True)
    shutil.rmtree(aside_of(indexes_dir), ignore_errors=True)


def is_broken_off(corpus: Path) -> bool:
    """Whether a release was being taken in when its process ended, or is at this moment."""
    return _journal(corpus).exists()


def finish(corpus: Path, indexes_dir: Path, done: Callable[[Landed, str, Mapping[str, Any]], None]) -> None:
    """Bring a release that was broken off to its end: forward past the point of no return, else back.

    Args:
        done: told what became of it, the generation, and the note of whoever began.

    Raises:
        AssistantError: it cannot be done now.
    """
    with sole_writer(corpus):  # which finishes half a commit
        if not is_broken_off(corpus):
            return
        journal = json.loads(_journal(corpus).read_text(encoding="utf-8"))
        landed = _landed(corpus, journal)
        name = str(journal["name"])
        with single_writer(indexes_dir):
            there = current_name(indexes_dir)
            if landed is Landed.WHOLE and there == journal["served"] and (indexes_dir / name).is_dir():
                switch_to(indexes_dir, name)
                remove_old(indexes_dir)
        done(landed, name, journal["note"])
        _journal(corpus).unlink()


def _landed(corpus: Path, journal: Mapping[str, Any]) -> Landed:
    books, there = _books(corpus), _hashes(corpus, ("", STATUTES, OVERLAYS))
    moved = {name.removeprefix(f"{_STAGED}/"): sha for name, sha in journal["files"].items()}
    if books == journal["after"] and all(there.get(name) == sha for name, sha in moved.items()):
        return Landed.WHOLE
    return Landed.NOT if books == journal["before"] else Landed.UNKNOWN


def _hashes(root: Path, folders: tuple[str, ...]) -> dict[str, str]:
    """The SHA-256 of each file of these folders but their books, by its place in `root`."""
    files = (path for name in folders if (root / name).is_dir() for path in (root / name).iterdir())
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if path.is_file() and path.name != MANIFEST
    }


def _journal(corpus: Path) -> Path:
    return corpus / _ROOM / _JOURNAL


def _write(corpus: Path, journal: Mapping[str, Any]) -> None:
    part = _journal(corpus).with_suffix(".part")
    try:
        part.write_text(json.dumps(journal, ensure_ascii=False), encoding="utf-8")
        fsync_path(part)
        part.replace(_journal(corpus))
        fsync_path(corpus / _ROOM)
    except OSError as exc:
        raise SourceError(f"{corpus} 无法写入（{exc.strerror}），未作任何改动，请检查磁盘空间", path=corpus) from exc
