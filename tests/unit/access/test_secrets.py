"""Files that hold secrets."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from assistant.access.secrets import faults_of, make_secret, pepper_at, read_secret
from assistant.errors import SettingsError


def test_a_new_secret_is_its_owners_alone_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "pepper"
    made = make_secret(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_secret(path) == made
    with pytest.raises(SettingsError):
        make_secret(path)
    assert read_secret(path) == made


@pytest.mark.parametrize(
    ("content", "mode", "words"),
    [
        (b"", 0o600, "太短"),
        (b"   \n", 0o600, "太短"),
        (b"k" * 31, 0o600, "太短"),
        (b"k" * 64, 0o600, "容易猜到"),
        (b"change-me-change-me-change-me-change-me", 0o600, "容易猜到"),
        (b"Zq8xV3nR7tLw2mKp9sYc4dHf6gJb1aEu", 0o640, "其他用户"),
        (b"Zq8xV3nR7tLw2mKp9sYc4dHf6gJb1aEu", 0o604, "其他用户"),
    ],
    ids=range(7),
)
def test_what_is_wrong_with_a_file_is_said_without_its_content(
    tmp_path: Path, content: bytes, mode: int, words: str
) -> None:
    path = tmp_path / "pepper"
    path.write_bytes(content)
    path.chmod(mode)
    [fault] = faults_of(path)
    assert words in fault
    assert not content.strip() or content.decode() not in fault
    with pytest.raises(SettingsError):
        pepper_at(path, make=True)  # a bad one is not made good by making another


def test_a_missing_one_is_named_and_made_only_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "pepper"
    with pytest.raises(SettingsError, match="不存在"):
        pepper_at(path)
    made = pepper_at(path, make=True)
    assert pepper_at(path) == made
    assert made.mac("a", "x") != made.mac("b", "x")
