"""From whatever somebody points at to a private copy with a safe name.

Folders are walked without following links; nothing but regular files is opened, and never in a way
that could wait (a FIFO has no writer, a device has no end).
"""

from __future__ import annotations

import hashlib
import os
import stat
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.corpus.manifest import MANIFEST
from assistant.errors import SourceError, UnreadableSource

MAX_BYTES = 50 * 2**20
MAX_DISPLAY_CHARS = 200
_MAX_SUFFIX = 8
_MAX_STEM_BYTES = 120  # a file name has 255; a hash and an ending need room too
_BLOCK = 1 << 20
_NOT_SOURCES = frozenset({MANIFEST, "readme.md"})
_LOCKS = ("~$", ".~")
_DATA_SUFFIXES = frozenset({".yaml", ".yml", ".jsonl", ".json"})
# / \ part folders; # and @ part document, clause and place in our ids; the rest means something to a shell or Windows.
_UNSAFE = frozenset("/\\:*?\"<>|#@`$%&;!'{}~^=+,")
_RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(1, 10))})


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Something found. `skip` says why it is not read at all."""

    path: Path
    skip: str | None = None  # "special", "not_source", "lock_file"

    @property
    def shown(self) -> str:
        """The path for people: clean, at most 200 characters."""
        return display_name(os.fsencode(self.path).decode("utf-8", "replace"))


class SourceChanged(SourceError):
    """The file was written to, or vanished, while it was taken in."""

    code = "changed"


class SourceTooLarge(SourceError):
    """The file is larger than any we read."""

    code = "too_large"


class SpecialFile(SourceError):
    """A link, FIFO, device or socket."""

    code = "special"


def find_candidates(paths: Sequence[Path]) -> Iterator[Candidate]:
    """Every file at or below `paths`, in the order of names, each folder after its files.

    Raises:
        UnreadableSource: a path that does not exist, or a folder that cannot be listed.
    """
    for path in paths:
        try:
            mode = path.lstat().st_mode
        except (OSError, ValueError) as exc:
            raise UnreadableSource("没有这个文件或文件夹，请检查路径", path=path) from exc
        if stat.S_ISDIR(mode):
            yield from _walk(path)
        else:
            kind = "lock_file" if is_lock_file(path.name) else None
            yield Candidate(path=path, skip=kind if stat.S_ISREG(mode) else "special")


def _walk(folder: Path) -> Iterator[Candidate]:
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: os.fsencode(entry.name))
    except OSError as exc:
        raise UnreadableSource(f"有文件夹无法列出（{exc.strerror}），请检查权限", path=folder) from exc
    folders = []
    for entry in found:
        if entry.name.startswith("."):
            continue
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            folders.append(path)
        elif not entry.is_file(follow_symlinks=False):
            yield Candidate(path=path, skip="special")
        elif is_lock_file(entry.name):
            yield Candidate(path=path, skip="lock_file")
        else:
            yield Candidate(path=path, skip="not_source" if _is_not_source(entry.name) else None)
    for path in folders:
        yield from _walk(path)


def is_lock_file(name: str) -> bool:
    """Whether Office left the file beside one that stands open: ~$通知.docx, .~通知.wps."""
    return name.startswith(_LOCKS)


def _is_not_source(name: str) -> bool:
    return name.lower() in _NOT_SOURCES or Path(name).suffix.lower() in _DATA_SUFFIXES


def copy_in(source: Path, target: Path) -> str:
    """Copy a regular file and give the SHA-256 of its bytes.

    Raises:
        SpecialFile: it is a link, FIFO, device or socket.
        SourceTooLarge: it has more than `MAX_BYTES`.
        SourceChanged: it changed while it was read, or is gone.
        UnreadableSource: it cannot be opened.
    """
    digest, size = hashlib.sha256(), 0
    with os.fdopen(_open(source), "rb") as reading, target.open("xb") as writing:
        before = os.fstat(reading.fileno())
        while block := reading.read(_BLOCK):
            size += len(block)
            if size > MAX_BYTES:
                raise SourceTooLarge(f"文件超过 {MAX_BYTES // 2**20} MiB，请拆分后再加入", path=source)
            digest.update(block)
            writing.write(block)
        after = os.fstat(reading.fileno())
        writing.flush()
        os.fsync(writing.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or size != after.st_size:
        raise _changed(source)
    return digest.hexdigest()


def check_unchanged(source: Path, sha: str) -> None:
    """Look again when the work on a file is done.

    Raises:
        SourceChanged: its bytes are no longer those of `sha`.
    """
    digest, size = hashlib.sha256(), 0
    try:
        with os.fdopen(_open(source), "rb") as reading:
            while (block := reading.read(_BLOCK)) and size <= MAX_BYTES:
                size += len(block)
                digest.update(block)
    except SourceError as exc:
        raise _changed(source) from exc
    if digest.hexdigest() != sha:
        raise _changed(source)


def _open(source: Path) -> int:
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        handle = os.open(source, flags | getattr(os, "O_BINARY", 0))
    except FileNotFoundError as exc:
        raise _changed(source) from exc
    except OSError as exc:
        if source.is_symlink():
            raise _special(source) from exc
        raise UnreadableSource(f"无法打开（{exc.strerror}），请检查权限", path=source) from exc
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise _special(source)
    return handle


def _changed(source: Path) -> SourceChanged:
    return SourceChanged("加入期间文件被改动或移走，请等它不再变化后重试", path=source)


def _special(source: Path) -> SpecialFile:
    return SpecialFile("不是普通文件（链接、管道或设备），已跳过", path=source)


def display_name(name: str) -> str:
    """`name` for people: no control or direction marks, one line, at most 200 characters.

    >>> display_name("通知\\u202etxt.exe\\n")
    '通知txt.exe'
    """
    kept = "".join(c for c in unicodedata.normalize("NFC", name) if unicodedata.category(c)[0] != "C")
    line = " ".join(kept.split())
    return line if len(line) <= MAX_DISPLAY_CHARS else f"{line[: MAX_DISPLAY_CHARS - 1]}…"


def safe_name(name: str, *, sha: str) -> str:
    """A file name that stays in its folder on every system, made of `name` as far as that can be.

    >>> [safe_name(n, sha="ab" * 32) for n in ("../../etc/passwd", "CON.txt", "某 通知(1).TXT", "...", "-rf.md")]
    ['etc_passwd', 'file_CON.txt', '某_通知(1).txt', 'abababababababab', 'rf.md']
    """
    shown = "".join(c for c in unicodedata.normalize("NFC", name) if unicodedata.category(c)[0] not in "CZ" or c == " ")
    stem, suffix = _parted("".join("_" if c in _UNSAFE or c == " " else c for c in shown))
    while any(pair in stem for pair in ("_._", "__", "..")):
        stem = stem.replace("_._", "_").replace("__", "_").replace("..", "_")
    stem = _cut(stem.strip(". _-"), _MAX_STEM_BYTES).rstrip(". _-") or sha[:16]
    if stem.partition(".")[0].lower() in _RESERVED:
        stem = f"file_{stem}"
    return f"{stem}.{suffix.lower()}" if suffix else stem


def _parted(name: str) -> tuple[str, str]:
    """Stem and suffix; what is too long or strange for a suffix belongs to the stem."""
    stem, dot, suffix = name.rpartition(".")
    known = dot and suffix.isascii() and suffix.isalnum() and len(suffix) <= _MAX_SUFFIX
    return (stem, suffix) if known else (name, "")


def _cut(text: str, limit: int) -> str:
    """`text` cut to at most `limit` bytes of UTF-8."""
    return text.encode("utf-8")[:limit].decode("utf-8", "ignore")
