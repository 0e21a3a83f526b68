"""Which files have to be as they were written, and a reading of them that may be spread over minutes.

A manifest says what every file of a generation hashes to. Who serves for months reads them again and again, a few
hundred KiB at a time, and so learns of a damaged one before somebody is answered from it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import IndexDamaged
from assistant.indexing.manifest import MANIFEST, describe_file, read_manifest

BLOCK = 256 * 1024  # bytes read at a time
MISSING = "缺失"
UNREADABLE = "读不出"
MANIFEST_PART, EMBEDDER, READER = "manifest", "embedder", "reader"  # the others are the first name of a path


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A file and what it has to hash to."""

    path: Path
    sha256: str  # in hex; its first digits are enough
    part: str  # manifest, record, chroma, lexical; embedder and reader for weights
    size: int | None = None  # bytes; None: not written down


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """A file that is not what it has to be."""

    path: Path
    part: str
    expected: str  # SHA-256 in hex
    found: str  # the same of what is there, or `MISSING`, `UNREADABLE`


def files_of(folder: Path, *, manifest_sha256: str | None = None) -> tuple[Expected, ...]:
    """Every file of the generation in `folder`, its manifest first.

    Args:
        manifest_sha256: of the manifest when it was last known to be right; as it is now without it.

    Raises:
        IndexDamaged: the manifest is missing or cannot be read.
    """
    manifest = read_manifest(folder)
    held = manifest_sha256 or describe_file(folder / MANIFEST).sha256
    own = Expected(path=folder / MANIFEST, sha256=held, part=MANIFEST_PART)
    others = (
        Expected(path=folder / name, sha256=entry.sha256, size=entry.size, part=part_of(name))
        for name, entry in sorted(manifest.files.items())
    )
    return own, *others


def part_of(name: str) -> str:
    """The part of a generation that a file belongs to, by its path in the manifest.

    >>> part_of("record.sqlite"), part_of("chroma/x/data_level0.bin")
    ('record', 'chroma')
    """
    return name.split("/")[0].removesuffix(".sqlite")


def read_through(file: Expected) -> Generator[int, None, Damage | None]:
    """Read `file`, giving the bytes of each block as they are read.

    Returns:
        Its damage, or `None`: what the generator returns when it is through.
    """
    digest = hashlib.sha256()
    try:
        if file.size is not None and file.path.stat().st_size != file.size:
            return _damage(file, describe_file(file.path).sha256)
        with file.path.open("rb") as stream:
            while block := stream.read(BLOCK):
                digest.update(block)
                yield len(block)
    except FileNotFoundError:
        return _damage(file, MISSING)
    except OSError:
        return _damage(file, UNREADABLE)
    found = digest.hexdigest()
    return None if found.startswith(file.sha256) else _damage(file, found)


def damages(files: Iterable[Expected]) -> tuple[Damage, ...]:
    """Every damaged one of `files`, all read at once."""
    return tuple(found for found in map(_read, files) if found is not None)


def damages_of(folder: Path) -> tuple[Damage, ...]:
    """Every damaged file of a generation; its manifest alone where that cannot be read."""
    try:
        return damages(files_of(folder))
    except IndexDamaged:
        return (unreadable_manifest(folder),)


def unreadable_manifest(folder: Path) -> Damage:
    """The damage of a generation whose manifest cannot be read."""
    path = folder / MANIFEST
    found = describe_file(path).sha256 if path.is_file() else MISSING
    return Damage(path=path, part=MANIFEST_PART, expected="", found=found)


def parts(found: Sequence[Damage]) -> frozenset[str]:
    """The parts that are damaged."""
    return frozenset(one.part for one in found)


def _read(file: Expected) -> Damage | None:
    reading = read_through(file)
    while True:
        try:
            next(reading)
        except StopIteration as end:
            found: Damage | None = end.value
            return found


def _damage(file: Expected, found: str) -> Damage:
    return Damage(path=file.path, part=file.part, expected=file.sha256, found=found)
