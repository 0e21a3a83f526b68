"""What every embedder does around its model: clean texts before, check vectors after."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.errors import ModelOutputInvalid
from assistant.models.protocols import Vectors


def embeddable(text: str) -> str:
    """`text` with a blank in place of each control character and half surrogate pair.

    A C engine ends its string at NUL, and a lone surrogate cannot be written as UTF-8: either
    would lose or refuse the words behind it.
    """
    if text.isprintable():
        return text
    return "".join(" " if unicodedata.category(c) in {"Cc", "Cs"} else c for c in text)


def no_vectors(dimension: int) -> Vectors:
    """Vectors of no texts, `(0, dimension)`."""
    return np.zeros((0, dimension), dtype=np.float32)


def checked_vectors(raw: Any, *, count: int, dimension: int | None, model: str) -> Vectors:
    """`raw` as `(count, dimension)`, float32, each row of exactly unit length.

    Args:
        dimension: None accepts any, as long as all rows agree.
        model: how the message names the model; a Chinese noun.

    Raises:
        ModelOutputInvalid: another shape, something that is no number, a row without length.
    """
    matrix = _matrix(raw, model)
    if matrix.shape[0] != count:
        raise ModelOutputInvalid(f"{model}返回了 {matrix.shape[0]} 个向量，应为 {count} 个。请检查该模型服务的版本。")
    if dimension is not None and matrix.shape[1] != dimension:
        raise ModelOutputInvalid(
            f"{model}返回了 {matrix.shape[1]} 维向量，应为 {dimension} 维。"
            "请确认模型没有被替换；若确已更换，请运行 python -m assistant index 重建索引。"
        )
    norms = np.linalg.norm(matrix, axis=1, keepdims=True)
    if not np.isfinite(norms).all() or not (norms > 0).all():
        raise ModelOutputInvalid(f"{model}返回了无效的向量（含非数字或全为零）。请检查该模型是否完整。")
    return np.ascontiguousarray(matrix / norms, dtype=np.float32)


def _matrix(raw: Any, model: str) -> NDArray[np.float64]:
    """`raw` as a matrix of float64, in which no float32 overflows on the way to its norm."""
    try:
        matrix = np.asarray(raw, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as exc:
        raise ModelOutputInvalid(f"{model}返回的向量长短不一或含有非数字内容。请检查该模型服务的版本。") from exc
    if matrix.ndim != 2 or matrix.shape[1] == 0:
        raise ModelOutputInvalid(f"{model}返回的不是向量。请确认所选模型是向量模型，而不是对话模型。")
    return matrix


def batches(texts: Sequence[str], size: int) -> list[list[str]]:
    """`texts` cut into runs of at most `size`, cleaned."""
    return [[embeddable(t) for t in texts[i : i + size]] for i in range(0, len(texts), size)]
