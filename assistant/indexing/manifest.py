"""The list of files of one generation, with their hashes, and what they were built from."""

from __future__ import annotations

import hashlib
import os
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.errors import IndexDamaged

MANIFEST = "manifest.json"
RECORD = "record.sqlite"
CHROMA = "chroma"
LEXICAL = "lexical"
_BLOCK = 1 << 20  # bytes


class FileEntry(BaseModel):
    """Size in bytes and SHA-256 in hex of a file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int
    sha256: str


class Manifest(BaseModel):
    """What `manifest.json` holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: str
    fingerprint: str
    embedder_id: str
    dimension: int
    segmenter: str
    built_at: datetime
    documents: int
    clauses: int
    chunks: int
    probe: tuple[float, ...] = Field(repr=False)  # vector of `probe_text`, to notice a model swapped under its name
    probe_text: str
    versions: dict[str, str]  # of the libraries that wrote the files
    files: dict[str, FileEntry] = Field(repr=False)  # by path, relative, with forward slashes


def describe_files(folder: Path) -> dict[str, FileEntry]:
    """Every file below `folder` save the manifest itself."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {path.relative_to(folder).as_posix(): describe_file(path) for path in paths}


def describe_file(path: Path) -> FileEntry:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return FileEntry(size=path.stat().st_size, sha256=digest.hexdigest())


def write_manifest(folder: Path, manifest: Manifest) -> None:
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=1), encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the generation in `folder`.

    Raises:
        IndexDamaged: there is none, or it cannot be read.
    """
    try:
        return Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except (OSError, ValidationError) as exc:
        raise IndexDamaged(
            f"索引 {folder} 的清单 {MANIFEST} 缺失或无法读取。请运行 python -m assistant index build 重建，"
            "或运行 python -m assistant index rollback 退回上一版。"
        ) from exc


def damaged_files(folder: Path, manifest: Manifest, *, under: str = "") -> tuple[str, ...]:
    """Files of the manifest, within the part `under` (all if empty), that are missing or changed, and strangers."""
    wanted = {name: entry for name, entry in manifest.files.items() if _within(name, under)}
    changed = [name for name, entry in wanted.items() if not _is_whole(folder / name, entry)]
    strangers = [name for name in _names(folder) if _within(name, under) and name not in wanted]
    return tuple(sorted(changed + strangers))


def fsync_tree(folder: Path) -> None:
    """Have every file and folder at or below `folder` on the disk before returning."""
    for path in (*folder.rglob("*"), folder):
        fsync_path(path)


def fsync_path(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_whole(path: Path, entry: FileEntry) -> bool:
    try:
        return path.stat().st_size == entry.size and describe_file(path) == entry
    except OSError:
        return False


def _names(folder: Path) -> list[str]:
    return [
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST
    ]


def _within(name: str, under: str) -> bool:
    return not under or name == under or name.startswith(f"{under}/")
