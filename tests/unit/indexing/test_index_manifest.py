"""Every missing, changed or foreign file is found by the manifest."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.errors import IndexDamaged
from assistant.indexing.manifest import (
    MANIFEST,
    Manifest,
    damaged_files,
    describe_files,
    fsync_tree,
    read_manifest,
    write_manifest,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "chroma").mkdir()
    (tmp_path / "chroma" / "a.bin").write_bytes(bytes(5000))
    (tmp_path / "chromatic").write_bytes(b"x")
    (tmp_path / "record.sqlite").write_bytes(b"record")
    manifest = Manifest(
        schema_version="1",
        fingerprint="f",
        embedder_id="e",
        dimension=2,
        segmenter="s",
        built_at=datetime(2026, 1, 2, tzinfo=UTC),
        documents=1,
        clauses=2,
        chunks=3,
        probe=(0.6, 0.8),
        probe_text="文",
        versions={"numpy": "2"},
        files=describe_files(tmp_path),
    )
    write_manifest(tmp_path, manifest)
    fsync_tree(tmp_path)
    return tmp_path


def test_a_whole_folder_has_nothing_damaged(folder: Path) -> None:
    manifest = read_manifest(folder)
    assert set(manifest.files) == {"chroma/a.bin", "chromatic", "record.sqlite"}
    assert damaged_files(folder, manifest) == ()


def test_one_flipped_bit_is_found(folder: Path) -> None:
    file = folder / "chroma" / "a.bin"
    content = bytearray(file.read_bytes())
    content[4321] ^= 1
    file.write_bytes(content)
    assert damaged_files(folder, read_manifest(folder)) == ("chroma/a.bin",)


def test_missing_cut_short_and_foreign_files_are_found(folder: Path) -> None:
    (folder / "record.sqlite").unlink()
    (folder / "chromatic").write_bytes(b"")
    (folder / "chroma" / "new.bin").write_bytes(b"")
    assert damaged_files(folder, read_manifest(folder)) == ("chroma/new.bin", "chromatic", "record.sqlite")


def test_only_the_part_asked_for_is_looked_at(folder: Path) -> None:
    (folder / "chromatic").write_bytes(b"other")
    assert damaged_files(folder, read_manifest(folder), under="chroma") == ()
    assert damaged_files(folder, read_manifest(folder), under="chromatic") == ("chromatic",)


@pytest.mark.parametrize("content", [None, b"", b"{}", b"\xff\xfe", b'{"surprise": 1}'])
def test_a_manifest_that_cannot_be_read_is_damage(folder: Path, content: bytes | None) -> None:
    (folder / MANIFEST).unlink()
    if content is not None:
        (folder / MANIFEST).write_bytes(content)
    with pytest.raises(IndexDamaged, match=MANIFEST):
        read_manifest(folder)
