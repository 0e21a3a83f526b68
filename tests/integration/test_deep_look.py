"""`index verify --deep` names the file, what it should be and is, what still works, and what to run."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_generations import make_document

from assistant.indexing.build import BuildReport, build_index
from assistant.indexing.self_check import check_generation
from assistant.models.standins import HashingEmbedder
from assistant.serving.deep_look import DeepReport, deep_dict, deep_text, look_deep
from assistant.settings import EmbedderKind, EmbedderSettings, Settings
from assistant.text.segment import Segmenter

_FILES = ("record.sqlite", "manifest.json", "chroma/chroma.sqlite3", "lexical/clause-words.npz")


def _build(indexes: Path, name: str) -> BuildReport:
    return build_index([make_document(name)], indexes_dir=indexes, embedder=HashingEmbedder(64), segmenter=Segmenter())


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(indexes_dir=tmp_path / "indexes", embedder=EmbedderSettings(kind=EmbedderKind.HASHING))


def _look(settings: Settings) -> DeepReport:
    return look_deep(settings, verify=check_generation)


@pytest.mark.parametrize("name", _FILES)
def test_a_damaged_file_is_named_with_what_to_run(settings: Settings, name: str) -> None:
    folder = _build(settings.indexes_dir, "办法").folder
    whole = _look(settings)
    assert (whole.ok, whole.findings) == (True, ())
    file = folder / name
    file.write_bytes(b"\xa5" * 4096 + file.read_bytes()[4096:])
    report = _look(settings)
    [found] = report.findings
    assert (report.ok, found.damage.path) == (False, file)
    assert found.damage.expected != found.damage.found
    text = deep_text(report)
    assert str(file) in text
    assert found.damage.found in text
    assert "index build --force" in text
    lost = name in ("record.sqlite", "manifest.json")
    assert found.still.startswith("不能作答" if lost else "仍可作答")
    assert deep_dict(report)["ok"] is False


def test_with_a_whole_generation_before_that_one_answers(settings: Settings) -> None:
    _build(settings.indexes_dir, "旧法")
    folder = _build(settings.indexes_dir, "新法").folder
    (folder / "record.sqlite").write_bytes(b"")
    [found] = _look(settings).findings
    assert "retrieval_mode=previous" in found.still
    assert "rollback" in found.run


def test_damage_of_the_generation_before_is_told_apart(settings: Settings) -> None:
    before = _build(settings.indexes_dir, "旧法").folder
    _build(settings.indexes_dir, "新法")
    (before / "record.sqlite").unlink()
    [found] = _look(settings).findings
    assert "不能退回" in found.still
