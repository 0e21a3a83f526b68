"""The adapter's own decisions, over a model that only writes down what it was asked."""

from __future__ import annotations

from collections.abc import Callable
from importlib import util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.errors import ModelOutputInvalid, ModelUnavailable
from assistant.models import sentence_transformers as adapter
from assistant.models.sentence_transformers import SentenceTransformerEmbedder


class _Model:
    def __init__(self, prompts: dict[str, str], encode: Callable[[list[str]], Any]) -> None:
        self.prompts = prompts
        self.asked: list[tuple[str, list[str]]] = []
        self._encode = encode

    def get_embedding_dimension(self) -> int:
        return 2

    def encode(self, texts: list[str], *, prompt: str, **_: Any) -> Any:
        self.asked.append((prompt, texts))
        return self._encode(texts)


def _ones(texts: list[str]) -> Any:
    return np.ones((len(texts), 2), dtype=np.float32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    return tmp_path


def _with(model: _Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "_load", lambda name, *, device, local, revision: model)


@pytest.mark.parametrize(
    ("prompts", "query", "document"),
    [
        ({"query": "query: ", "passage": "passage: "}, "query: ", "passage: "),
        ({"query": "q:", "document": "", "passage": "p:"}, "q:", "p:"),
        ({"document": "d:", "passage": "p:"}, "", "d:"),
        ({}, "", ""),
    ],
)
def test_prompts_come_from_the_model(
    prompts: dict[str, str], query: str, document: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = _Model(prompts, _ones)
    _with(model, monkeypatch)
    embedder = SentenceTransformerEmbedder(str(folder))
    embedder.embed_queries(["问\0题"])
    embedder.embed_documents(["条文"])
    assert model.asked == [(query, ["问 题"]), (document, ["条文"])]


def test_a_prefix_by_hand_wins_even_when_empty(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = _Model({"query": "query: ", "passage": "passage: "}, _ones)
    _with(model, monkeypatch)
    embedder = SentenceTransformerEmbedder(str(folder), query_prefix="查询：", document_prefix="")
    embedder.embed_queries(["问"])
    embedder.embed_documents(["文"])
    assert [prompt for prompt, _ in model.asked] == ["查询：", ""]


@pytest.mark.parametrize(
    "encode", [lambda texts: np.full((1, 2), np.nan), lambda texts: np.ones((1, 3)), lambda texts: np.ones((2, 2))]
)
def test_strange_vectors_are_refused(
    encode: Callable[[list[str]], Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _with(_Model({}, encode), monkeypatch)
    with pytest.raises(ModelOutputInvalid):
        SentenceTransformerEmbedder(str(folder)).embed_queries(["问"])


def test_out_of_memory_is_translated(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(texts: list[str]) -> Any:
        raise RuntimeError("CUDA out of memory")

    _with(_Model({}, fail), monkeypatch)
    with pytest.raises(ModelUnavailable, match="BATCH_SIZE"):
        SentenceTransformerEmbedder(str(folder)).embed_queries(["问"])


def test_no_texts_give_no_rows(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _with(_Model({}, _ones), monkeypatch)
    assert SentenceTransformerEmbedder(str(folder)).embed_documents([]).shape == (0, 2)


def test_the_id_follows_content_and_prefixes_but_not_notes(folder: Path) -> None:
    def now(**options: Any) -> str:
        return SentenceTransformerEmbedder(str(folder), **options).id

    first = now()
    (folder / "README.md").write_text("notes")
    assert now() == first
    assert now(query_prefix="") != first
    assert now(query_prefix="a") != now(document_prefix="a")
    (folder / "model.safetensors").write_bytes(b"WEIGHTS")
    assert now() != first
    assert first.startswith(f"st/{folder.name}@")


@pytest.mark.parametrize("name", ["/nowhere/model", "./nowhere", "~/nowhere-at-all", "a/b/c"])
def test_a_missing_folder_is_named_by_its_setting(name: str) -> None:
    with pytest.raises(ModelUnavailable, match="ASSISTANT_EMBEDDER__MODEL") as caught:
        SentenceTransformerEmbedder(name).embed_queries(["问"])
    assert name not in caught.value.message


def test_the_missing_extra_says_how_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(util, "find_spec", lambda name: None)
    with pytest.raises(ModelUnavailable, match=r'pip install -e "\.\[st\]"'):
        SentenceTransformerEmbedder(str(folder)).embed_queries(["问"])


@pytest.fixture
def hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A hub cache that holds one file of `sentence-transformers/some-model`."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    commit = "0123456789abcdef0123456789abcdef01234567"
    model = tmp_path / "models--sentence-transformers--some-model"
    (model / "snapshots" / commit).mkdir(parents=True)
    (model / "snapshots" / commit / "config.json").write_text("{}")
    (model / "refs").mkdir()
    (model / "refs" / "main").write_text(commit)
    return model


@pytest.mark.parametrize("name", ["sentence-transformers/some-model", "some-model"])
def test_a_hub_model_is_known_and_loaded_by_its_commit(
    name: str, hub_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[tuple[str, bool, str | None]] = []

    def load(name: str, *, device: str, local: bool, revision: str | None) -> _Model:
        loaded.append((name, local, revision))
        return _Model({}, _ones)

    monkeypatch.setattr(adapter, "_load", load)
    embedder = SentenceTransformerEmbedder(name)
    embedder.embed_queries(["问"])
    assert embedder.id == f"st/{name}@0123456789ab"
    assert loaded == [(name, False, (hub_cache / "refs" / "main").read_text())]


@pytest.mark.parametrize("name", ["another/model", "bad name!"])
def test_a_hub_model_that_never_came_has_no_id(name: str, hub_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _with(_Model({}, _ones), monkeypatch)
    with pytest.raises(ModelUnavailable, match="HF_HUB_OFFLINE"):
        _ = SentenceTransformerEmbedder(name).id


def test_a_folder_without_a_model_is_not_searched(tmp_path: Path) -> None:
    (tmp_path / "private.json").write_text("{}")
    with pytest.raises(ModelUnavailable, match="没有模型"):
        _ = SentenceTransformerEmbedder(str(tmp_path)).id


def test_repr_shows_no_path(folder: Path) -> None:
    assert str(folder.parent) not in repr(SentenceTransformerEmbedder(str(folder)))
