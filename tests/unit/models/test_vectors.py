"""Texts before a model, vectors after it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from assistant.errors import ModelOutputInvalid
from assistant.models.vectors import batches, checked_vectors, embeddable


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("普惠\0贷款", "普惠 贷款"),
        ("半个字符\ud83d。", "半个字符 。"),
        ("第一行\r\n第二行\t末", "第一行  第二行 末"),
        ("", ""),
        ("全角　与😀与\u200b零宽", "全角　与😀与\u200b零宽"),
    ],
)
def test_only_control_characters_and_half_pairs_become_blanks(text: str, expected: str) -> None:
    assert embeddable(text) == expected


def test_batches_keep_order_and_leave_nothing_out() -> None:
    assert batches(["甲", "乙\0", "丙"], 2) == [["甲", "乙 "], ["丙"]]


def test_rows_get_unit_length_in_float32() -> None:
    vectors = checked_vectors([[3, 4], [0, -2]], count=2, dimension=2, model="模型")
    assert vectors.dtype == np.float32
    assert np.allclose(vectors, [[0.6, 0.8], [0.0, -1.0]])


@pytest.mark.parametrize(
    "raw",
    [
        [[1.0, 2.0]],  # one vector too few
        [[1.0, 2.0, 3.0]] * 2,  # another dimension
        [[1.0, 2.0], [1.0]],  # ragged
        [[1.0, float("nan")]] * 2,
        [[1.0, float("inf")]] * 2,
        [[1e300, 1e300]] * 2,  # a norm beyond float64
        [[0.0, 0.0]] * 2,
        [["a", "b"]] * 2,
        [[None, 1.0]] * 2,
        [1.0, 2.0],  # no rows
        [[], []],
        "AACAPwAAAEA=",  # base64, as some servers send it
    ],
)
def test_anything_else_is_refused(raw: Any) -> None:
    with pytest.raises(ModelOutputInvalid, match="模型"), np.errstate(over="ignore"):
        checked_vectors(raw, count=2, dimension=2, model="模型")
