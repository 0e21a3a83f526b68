"""`assistant compare` as a process of its own: shown, as JSON, and as each kind of file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sample_texts import LAW, LAW_OLD
from test_cli import run_in


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "old.md").write_text(LAW_OLD, "utf-8")
    (tmp_path / "new.md").write_text(LAW, "utf-8")
    return tmp_path


def test_two_files_are_compared_and_shown(folder: Path) -> None:
    done = run_in(folder, "compare", "old.md", "new.md")
    assert done.returncode == 0, done.stderr
    assert "【改写】第二条 → 第四条" in done.stdout
    assert "〔删：一年〕〔增：三年；确需延长的，可以续期一次〕" in done.stdout


def test_documents_of_a_library_go_by_their_ids(folder: Path) -> None:
    done = run_in(folder, "compare", "old", "new", "--corpus", "old.md", "--corpus", "new.md", "--json")
    assert json.loads(done.stdout)["counts"]["added"] == 3


@pytest.mark.parametrize("kind", ["docx", "xlsx", "md"])
def test_each_kind_of_file_is_written(folder: Path, kind: str) -> None:
    done = run_in(folder, "compare", "old.md", "new.md", "--out", f"c.{kind}")
    assert "改写 2，新增 3" in done.stdout
    assert (folder / f"c.{kind}").stat().st_size > 300


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(("old.md", "nowhere"), "不在库中"), (("old.md", "new.md", "--out", "c.pdf"), ".docx、.xlsx 或 .md")],
)
def test_what_cannot_be_compared_says_why_and_repeats_nothing(
    folder: Path, arguments: tuple[str, ...], words: str
) -> None:
    done = run_in(folder, "compare", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "nowhere" not in done.stderr
