"""A backup: corpus, records and the house's own files in one tar, each with its hash; and the way back.

OUT.tar
  corpus/…              every file of the corpus, as it is between two changes of it
  records.sqlite        the records, copied while others go on writing
  data/…                what else lies in the data folder; `secrets/` only where that is asked for
  backup.json           last: what all of these hash to

An index is not part of it: the same corpus and model give the same index again.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant import __version__
from assistant.corpus.staging import sole_writer
from assistant.errors import InputError
from assistant.indexing.manifest import FileEntry, describe_file, fsync_path, fsync_tree
from assistant.records.store import FILE

BOOK = "backup.json"
_FORMAT = 1
_RECORDS = "records.sqlite"
_SECRETS = "secrets"
_PEPPER = f"data/{_SECRETS}/pepper"
_MOST_BOOK = 256 << 20  # bytes of `backup.json`
_BLOCK = 1 << 20
_COMPANIONS = ("", "-wal", "-shm", "-journal")  # what SQLite keeps beside its file
TRIAL = "trial-"  # begins the name of a folder in the data folder that is gone after a comparison
_NOT_OURS = "备份里有不认识的内容，未作任何改动。请确认这是 assistant backup 写出的文件。"

Kept = Literal["sqlite", "postgresql", "none"]


class Book(BaseModel):
    """What `backup.json` holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int
    program: str
    made_at: datetime
    records: Kept  # where they are kept; those in PostgreSQL are not part of the backup
    secrets: bool
    files: dict[str, FileEntry]  # by name in the tar


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """What is backed up, and where it goes back to.

    Args:
        records: the SQLite file; `None` where they are in PostgreSQL.
        pepper: where it lies, wherever that is.
        secrets: other files that nobody may have who has a backup, wherever they lie.
    """

    corpus: Path
    data: Path
    records: Path | None
    pepper: Path
    secrets: tuple[Path, ...] = ()


# --- making one ---------------------------------------------------------------------------------


def back_up(places: Places, out: Path, *, secrets: bool = False) -> Book:
    """Write a backup to `out`, readable by its owner alone.

    Raises:
        InputError: `out` is there already, lies in what is backed up, or cannot be written.
        InUse, SourceError: the corpus is being changed, or cannot be read.
    """
    if out.exists():
        raise InputError("要写出的备份文件已经存在。请换一个文件名。")
    if any(out.resolve().is_relative_to(place.resolve()) for place in (places.corpus, places.data)):
        raise InputError("备份不能写进文件库或数据文件夹：那样每次备份都会带上以前的备份。请换一个位置。")
    part = out.with_name(f".{out.name}.part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(_for_me_alone(part, os.O_TRUNC), "wb") as file:
            book = _write(places, file, secrets=secrets)
            file.flush()
            os.fsync(file.fileno())
        part.replace(out)
        fsync_path(out.parent)
    except (OSError, sqlite3.Error) as exc:
        raise InputError(f"备份无法写出：{out.parent}。请检查磁盘空间和权限后重试。") from exc
    finally:
        part.unlink(missing_ok=True)
    return book


def _for_me_alone(path: Path, how: int) -> int:
    return os.open(path, os.O_CREAT | os.O_WRONLY | how, 0o600)


def _write(places: Places, file: io.BufferedWriter, *, secrets: bool) -> Book:
    files: dict[str, FileEntry] = {}
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        with sole_writer(places.corpus):
            for path in _files(places.corpus):
                if path.relative_to(places.corpus).parts[0] != ".release":
                    files |= _add(tar, path, f"corpus/{_name(path, places.corpus)}")
        kept = _add_records(tar, places, files)
        for path in _house_files(places, secrets=secrets):
            try:
                files |= _add(tar, path, f"data/{_name(path, places.data)}")
            except FileNotFoundError:  # it went after it was listed, as what is written aside does
                continue
        if secrets and places.pepper.is_file() and _PEPPER not in files:
            files |= _add(tar, places.pepper, _PEPPER)
        book = Book(
            format=_FORMAT,
            program=__version__,
            made_at=datetime.now(UTC),
            records=kept,
            secrets=secrets,
            files=files,
        )
        _add_bytes(tar, BOOK, book.model_dump_json(indent=1).encode())
    return book


def _house_files(places: Places, *, secrets: bool) -> Iterator[Path]:
    """What goes along of the data folder: neither the records, which are copied otherwise, nor what is secret."""
    records = {one for one in (places.data / FILE, places.records) if one is not None}
    passed = {one.with_name(f"{one.name}{end}").resolve() for one in records for end in _COMPANIONS}
    if not secrets:
        passed |= {one.resolve() for one in (places.pepper, *places.secrets)}
    for path in _files(places.data) if places.data.is_dir() else ():
        first = path.relative_to(places.data).parts[0]
        if path.resolve() not in passed and not first.startswith(TRIAL) and (secrets or first != _SECRETS):
            yield path


def links_of(places: Places) -> tuple[Path, ...]:
    """Links in what is backed up: what they lead to lies elsewhere, and does not go along."""
    return tuple(
        path for place in (places.corpus, places.data) for path in sorted(place.rglob("*")) if path.is_symlink()
    )


def _add_records(tar: tarfile.TarFile, places: Places, files: dict[str, FileEntry]) -> Kept:
    if places.records is None:
        return "postgresql"
    if not places.records.is_file():
        return "none"
    with tempfile.TemporaryDirectory(prefix="puhui-backup-") as folder:
        copy = Path(folder) / _RECORDS
        with closing(sqlite3.connect(places.records)) as held, closing(sqlite3.connect(copy)) as made:
            held.backup(made)
            made.execute("PRAGMA journal_mode=DELETE")  # one file, without companions
        files |= _add(tar, copy, _RECORDS)
    return "sqlite"


def _files(folder: Path) -> Iterator[Path]:
    """Every regular file below `folder`; what is linked to lies elsewhere."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def _add(tar: tarfile.TarFile, path: Path, name: str) -> dict[str, FileEntry]:
    """Put a file in, and say what went in: not what lies there a moment later."""
    with path.open("rb") as file:
        hashed = _Hashed(file)
        about = _member(name, os.fstat(file.fileno()).st_size)
        tar.addfile(about, hashed)  # it reads, and asks for no more
    return {name: FileEntry(size=about.size, sha256=hashed.digest.hexdigest())}


class _Hashed:
    """A file that remembers what was read of it."""

    def __init__(self, file: io.BufferedReader) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        self.digest.update(block)
        return block


def _add_bytes(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    tar.addfile(_member(name, len(content)), io.BytesIO(content))


def _member(name: str, size: int) -> tarfile.TarInfo:
    about = tarfile.TarInfo(name)
    about.size, about.mode = size, 0o600
    return about


# --- the way back -------------------------------------------------------------------------------


def restore(backup: Path, places: Places) -> Book:
    """Put a backup back into places where there is nothing yet; all of it, or nothing.

    Everything is unpacked beside these places, proved by its hashes, and only then put where it belongs.

    Raises:
        InputError: something is there already, the backup is not whole or not one, or it cannot be written.
    """
    for place in (places.corpus, places.data):
        if place.is_symlink() or (place.exists() and not (place.is_dir() and not any(place.iterdir()))):
            raise InputError(f"{place} 不是空文件夹，未作任何改动。恢复只写到空的位置：请换一个位置，或先把它移开。")
    if places.records is not None and places.records.exists():
        raise InputError(f"{places.records} 已经存在，未作任何改动。请先把它移开。")
    try:
        with _room(places.corpus) as corpus, _room(places.data) as data:
            book = _unpack(backup, corpus, data)
            _prove_records(data / FILE)
            for folder in (corpus, data):
                fsync_tree(folder)
            _put(corpus, data, places)
    except OSError as exc:
        raise InputError(f"恢复没有完成（{exc.strerror}），未作任何改动。请检查磁盘空间和权限后重试。") from exc
    return book


@contextmanager
def _room(place: Path) -> Iterator[Path]:
    """A folder beside `place`, gone afterwards unless it was put there."""
    place.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{place.name}-restore-", dir=place.parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unpack(backup: Path, corpus: Path, data: Path) -> Book:
    found: dict[str, FileEntry] = {}
    book = None
    try:
        with tarfile.open(backup, mode="r:") as tar:
            for member in tar:
                stream = tar.extractfile(member) if member.isreg() else None
                if stream is None or member.name in found or book is not None:
                    raise InputError(_NOT_OURS)
                if member.name == BOOK:
                    book = Book.model_validate_json(stream.read(_MOST_BOOK))
                    continue
                target = _target(member.name, corpus, data)
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                with os.fdopen(_for_me_alone(target, os.O_EXCL), "wb") as file:
                    shutil.copyfileobj(stream, file, _BLOCK)
                found[member.name] = describe_file(target)
    except (tarfile.TarError, EOFError, ValidationError, UnicodeDecodeError) as exc:
        raise InputError("备份文件不完整，或不是备份文件，未作任何改动。请换一份备份。") from exc
    if book is None or book.format != _FORMAT:
        raise InputError("备份文件不完整，或由别的版本写出，未作任何改动。请换一份备份，或用写出它的版本恢复。")
    _compare(book, found)
    return book


def _compare(book: Book, found: dict[str, FileEntry]) -> None:
    wrong = sorted(n for n in book.files.keys() | found.keys() if book.files.get(n) != found.get(n))
    if wrong:
        raise InputError(f"备份里有 {len(wrong)} 个文件与清单不符，如第一个 {wrong[0]}，未作任何改动。请换一份备份。")


def _target(name: str, corpus: Path, data: Path) -> Path:
    """Where a member of the tar belongs.

    Raises:
        InputError: nowhere that a backup writes to.
    """
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name:
        raise InputError(_NOT_OURS)
    if name == _RECORDS:
        return data / FILE
    roots = {"corpus": corpus, "data": data}
    if len(path.parts) < 2 or path.parts[0] not in roots:
        raise InputError(_NOT_OURS)
    return roots[path.parts[0]].joinpath(*path.parts[1:])


def _prove_records(file: Path) -> None:
    if not file.exists():
        return
    try:
        with closing(sqlite3.connect(file)) as held:
            sound = held.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    except sqlite3.Error:
        sound = False
    if not sound:
        raise InputError("备份里的记录库已损坏，未作任何改动。请换一份备份。")


def _put(corpus: Path, data: Path, places: Places) -> None:
    """Both at once, as far as that can be had: what was put first is taken back where the second fails.

    Records and pepper go on to where the settings want them; a pepper that is there already stays.
    """
    corpus.chmod(0o755)
    _move(corpus, places.corpus)
    try:
        _move(data, places.data)
    except OSError:
        places.corpus.replace(corpus)
        raise
    if places.records is not None:
        _move_on(places.data / FILE, places.records)
    _move_on(places.data / _SECRETS / "pepper", places.pepper)
    fsync_path(places.corpus.parent)
    fsync_path(places.data.parent)


def _move_on(held: Path, place: Path) -> None:
    if held.exists() and not place.exists():
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.move(held, place)


def _move(folder: Path, place: Path) -> None:
    if place.exists():
        place.rmdir()  # empty, as was seen
    folder.replace(place)
