"""Any cross-encoder of sentence-transformers, from the model hub or from a folder.

Needs the extra `st`. Weights are read from safetensors files only, and code that a model brings
along is never run. `HF_HUB_OFFLINE=1` keeps everything local; a folder is read without the network
in any case. What exceeds the model's limit is cut at the end of the passage.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from importlib import util
from pathlib import Path
from typing import Any

from assistant.errors import ModelOutputInvalid, ModelUnavailable
from assistant.models.vectors import embeddable

_NAME = "重排模型"
_INSTALL = f'{_NAME}需要额外的组件，请运行 pip install -e ".[st]" 后再试。'
_NO_MODEL = (
    f"{_NAME}无法载入：可能是名称或路径有误、尚未下载（设了 HF_HUB_OFFLINE=1 时不会下载）、文件不完整，"
    "或缺少 safetensors 格式的权重。请检查设置 {settings}MODEL 和 {settings}DEVICE。"
)
_FAILED = f"{_NAME}运行失败。请检查内存或显存是否足够，或调小设置 {{settings}}{{fewer}} 后再试。"
_RERANKER, _READER = "ASSISTANT_RERANKER__", "ASSISTANT_READER__"


class SentenceTransformerCrossEncoder:
    """CrossEncoder over sentence-transformers. Loads at the first use, which takes some seconds.

    Args:
        model: local folder, or name on the model hub.
        device: as torch names it (`cpu`, `cuda`, `cuda:1`, `mps`).
        reads: it serves as the reader: scores are logits, whatever the model puts behind them.
    """

    def __init__(self, model: str, *, device: str = "cpu", batch_size: int = 16, reads: bool = False) -> None:
        self._name = model
        self._device = device
        self._batch_size = batch_size
        self._reads = reads
        self._lock = threading.Lock()  # a fast tokenizer must not be used by two threads at once
        self._model: Any = None

    def __repr__(self) -> str:
        return f"SentenceTransformerCrossEncoder({Path(self._name).name!r})"

    @property
    def id(self) -> str:
        """The model's name; of a path only the last part."""
        folder = Path(self._name).expanduser()
        return f"st-cross/{folder.name if folder.is_dir() else self._name}"

    def score(self, question: str, passages: Sequence[str]) -> list[float]:
        if not passages:
            return []
        with self._lock:
            if self._model is None:
                self._model = _load(self._name, device=self._device, settings=self._settings)
            pairs = [(embeddable(question), embeddable(passage)) for passage in passages]
            try:
                raw = self._model.predict(
                    pairs, batch_size=self._batch_size, show_progress_bar=False, **self._activation()
                )
            except (RuntimeError, MemoryError) as exc:  # torch says out of memory with a RuntimeError
                fewer = "CANDIDATES" if self._reads else "TOP_K"
                raise ModelUnavailable(_FAILED.format(settings=self._settings, fewer=fewer)) from exc
        if getattr(raw, "shape", None) != (len(passages),):
            raise ModelOutputInvalid(f"{_NAME}不是给每段一个分数的模型，请换用重排（reranker）模型。")
        scores = [float(score) for score in raw]
        if not all(map(math.isfinite, scores)):
            raise ModelOutputInvalid(f"{_NAME}给出的分数不是有限的数，请检查模型文件。")
        return scores

    @property
    def _settings(self) -> str:
        return _READER if self._reads else _RERANKER

    def _activation(self) -> dict[str, Any]:
        """What stands behind the last layer, where it is not to be the model's own."""
        if not self._reads:
            return {}
        from torch import nn

        return {"activation_fn": nn.Identity()}


def _load(name: str, *, device: str, settings: str) -> Any:
    """The model, ready to score.

    Raises:
        ModelUnavailable: the extra is not installed, or the model cannot be loaded from `name`.
    """
    if util.find_spec("sentence_transformers") is None or util.find_spec("torch") is None:
        raise ModelUnavailable(_INSTALL)
    folder = Path(name).expanduser()
    try:
        from sentence_transformers import CrossEncoder
        from transformers.utils import logging

        logging.disable_progress_bar()  # it draws on stderr, which belongs to the log
        return CrossEncoder(
            str(folder) if folder.is_dir() else name,
            device=device,
            local_files_only=folder.is_dir(),
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True},
        )
    except Exception as exc:  # torch, safetensors, tokenizers and the hub client share no base class
        raise ModelUnavailable(_NO_MODEL.format(settings=settings)) from exc
