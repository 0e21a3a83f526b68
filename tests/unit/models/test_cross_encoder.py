"""A cross-encoder of a few hundred weights, made here, through sentence-transformers itself."""

from __future__ import annotations

from importlib import util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.errors import ModelOutputInvalid, ModelUnavailable
from assistant.models import cross_encoder as adapter
from assistant.models.cross_encoder import SentenceTransformerCrossEncoder

_CHARS = "贷款续到期还不上严禁掩盖信用风险要做好保险公司"


def make_cross_encoder(folder: Path, *, labels: int = 1, seed: int = 5) -> Path:
    """A Bert with random weights that reads two texts character by character."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    folder.mkdir(parents=True, exist_ok=True)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *dict.fromkeys(_CHARS)]
    (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    torch.manual_seed(seed)
    config = transformers.BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
        num_labels=labels,
        initializer_range=0.5,
    )
    transformers.BertForSequenceClassification(config).save_pretrained(folder)
    transformers.BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    return folder


@pytest.mark.slow
def test_every_passage_gets_a_number_and_long_ones_are_cut(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers")
    encoder = SentenceTransformerCrossEncoder(str(make_cross_encoder(tmp_path / "小模型")))
    passages = ["要做好续贷", "严禁掩盖信用风险", "保险公司" * 100, ""]
    scores = encoder.score("贷款到期还不上", passages)
    assert len(scores) == 4
    assert np.isfinite(scores).all()
    assert len({round(score, 6) for score in scores}) > 1
    assert encoder.score("贷款到期还不上", passages[::-1]) == pytest.approx(scores[::-1], abs=1e-5)
    assert encoder.score("贷款到期还不上", []) == []
    assert encoder.id == "st-cross/小模型"
    assert str(tmp_path) not in repr(encoder)


@pytest.mark.slow
def test_a_model_with_several_numbers_a_passage_is_no_reranker(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers")
    encoder = SentenceTransformerCrossEncoder(str(make_cross_encoder(tmp_path / "m", labels=3)))
    with pytest.raises(ModelOutputInvalid, match="重排"):
        encoder.score("贷款", ["续贷", "保险"])


def test_a_folder_without_a_model_is_said(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers")
    with pytest.raises(ModelUnavailable, match="ASSISTANT_RERANKER__MODEL") as caught:
        SentenceTransformerCrossEncoder(str(tmp_path)).score("贷款", ["续贷"])
    assert str(tmp_path) not in caught.value.message


def test_a_missing_extra_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(util, "find_spec", lambda name: None)
    with pytest.raises(ModelUnavailable, match=r'pip install -e ".\[st\]"'):
        SentenceTransformerCrossEncoder("some/model").score("贷款", ["续贷"])


class _Model:
    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def predict(self, pairs: list[tuple[str, str]], **_: Any) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (np.array([0.5, np.nan]), ModelOutputInvalid),
        (np.array([0.5, np.inf]), ModelOutputInvalid),
        (np.array([0.5]), ModelOutputInvalid),
        ([0.5, 0.5], ModelOutputInvalid),
        (RuntimeError("CUDA out of memory"), ModelUnavailable),
    ],
)
def test_what_is_no_score_is_refused(answer: Any, error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "_load", lambda name, *, device, settings: _Model(answer))
    with pytest.raises(error):
        SentenceTransformerCrossEncoder("some/model").score("贷款", ["续贷", "保险"])


def test_no_code_of_a_model_is_ever_run_and_a_folder_is_local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = pytest.importorskip("sentence_transformers")
    seen: list[dict[str, Any]] = []

    def spy(name: str, **options: Any) -> _Model:
        seen.append(options)
        return _Model(np.array([0.5]))

    monkeypatch.setattr(library, "CrossEncoder", spy)
    assert SentenceTransformerCrossEncoder(str(tmp_path)).score("贷款", ["续贷"]) == [0.5]
    assert SentenceTransformerCrossEncoder("some/model").score("贷款", ["续贷"]) == [0.5]
    assert [options["trust_remote_code"] for options in seen] == [False, False]
    assert [options["local_files_only"] for options in seen] == [True, False]
    assert all(options["model_kwargs"] == {"use_safetensors": True} for options in seen)
