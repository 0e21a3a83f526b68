"""The files of changes: kept for nobody else, known by their hash, gone with the change."""

from __future__ import annotations

import hashlib
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.curation.files import ChangeFiles
from assistant.errors import InputError, NotFoundError, UnreadableSource
from assistant.records.changes import Change, ChangeKind, ChangeState

ONE = "0123456789abcdef" * 2


def change(name: str | None, content: bytes | None) -> Change:
    return Change(
        id=ONE,
        kind=ChangeKind.ADD,
        state=ChangeState.OPEN,
        name=name,
        sha256=None if content is None else hashlib.sha256(content).hexdigest(),
        document_id=None,
        facts={},
        corrections=(),
        report={},
        note="",
        created_by="anna",
        created_at=1,
        changed_at=1,
        decided_by=None,
        decided_at=None,
        decision="",
        generation=None,
    )


def test_a_file_is_kept_for_its_owner_alone_and_read_back(tmp_path: Path) -> None:
    files = ChangeFiles(tmp_path / "changes")
    path = files.put(ONE, "通知.txt", b"words")
    assert files.path(change("通知.txt", b"words")) == path
    assert path.read_bytes() == b"words"
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)) == (0o600, 0o700)
    assert [p.name for p in path.parent.iterdir()] == ["通知.txt"]


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/x.txt", "a\x00b.txt", "..", ".part", "CON.txt", "好" * 300 + ".pdf"]
)
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    files = ChangeFiles(tmp_path / "changes")
    path = files.put(ONE, name, b"words")
    assert path.parent == tmp_path / "changes" / ONE
    assert files.path(change(name, b"words")) == path


def test_other_bytes_are_not_taken_for_what_was_uploaded(tmp_path: Path) -> None:
    files = ChangeFiles(tmp_path / "changes")
    files.put(ONE, "通知.txt", b"words").write_bytes(b"others")
    with pytest.raises(UnreadableSource, match="与上传时不同"):
        files.path(change("通知.txt", b"words"))


def test_a_change_without_its_file_is_told(tmp_path: Path) -> None:
    files = ChangeFiles(tmp_path / "changes")
    for one in (change("通知.txt", b"words"), change(None, None)):
        with pytest.raises(NotFoundError, match="重新上传"):
            files.path(one)


def test_what_is_dropped_is_gone_and_others_stay(tmp_path: Path) -> None:
    files = ChangeFiles(tmp_path / "changes")
    files.put(ONE, "通知.txt", b"words")
    other = files.put(ONE[::-1], "通知.txt", b"words")
    files.drop(ONE)
    files.drop(ONE)  # once more does nothing
    with pytest.raises(NotFoundError):
        files.path(change("通知.txt", b"words"))
    assert other.exists()


@pytest.mark.parametrize("wrong", ["", "..", "../x", ONE + "/", ONE.upper()])
def test_an_id_that_is_none_of_ours_is_refused(tmp_path: Path, wrong: str) -> None:
    files = ChangeFiles(tmp_path / "changes")
    with pytest.raises(InputError):
        files.put(wrong, "通知.txt", b"words")
    with pytest.raises(InputError):
        files.path(replace(change("通知.txt", b"words"), id=wrong))
