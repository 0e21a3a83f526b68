"""What `assistant duties` reads, and how it writes its file."""

from __future__ import annotations

from pathlib import Path

import pytest
from corpus_samples import NOTICE, Corner, rules

from assistant.errors import InputError
from assistant.serving.terminal import duties
from assistant.settings import load


def test_statutes_that_came_in_are_read_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corner = Corner(tmp_path)
    corner.release().add([corner.put("通知.txt", NOTICE)])
    corner.release().add([corner.put("贷款法.md", rules(2024))], statutes=True)
    monkeypatch.setattr(duties, "open_settings", lambda: load(corpus_dir=corner.corpus))
    found, failed = duties._documents(None, None)
    assert ([document.id for document in found], failed) == (["通知", "贷款法"], False)
    assert [document.id for document in duties._documents(None, ["贷款法"])[0]] == ["贷款法"]


def test_a_second_file_leaves_the_first_beside_it(tmp_path: Path) -> None:
    out = tmp_path / "清单.xlsx"
    for content in (b"1", b"2", b"3"):
        duties._put(out, content)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "清单.xlsx": b"3",
        "清单.上一次.xlsx": b"2",
    }


def test_a_file_that_cannot_be_replaced_stays_in_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "清单.xlsx"
    out.write_bytes(b"mine")
    replace = Path.replace

    def held(self: Path, target: Path) -> Path:
        if target == out:
            raise PermissionError("open in another program")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", held)
    with pytest.raises(InputError, match="无法写入"):
        duties._put(out, b"new")
    assert out.read_bytes() == b"mine"
    assert not list(tmp_path.glob(".*"))


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(InputError, match="无法写入"):
        duties._put(tmp_path / "a" / "清单.xlsx", b"new")
