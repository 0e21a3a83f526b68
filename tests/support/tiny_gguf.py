"""A GGUF file of random numbers, small enough to make in a test: one layer, bytes as tokens."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np

_WIDTH, _FEED, _HEADS, _ALIGN = 32, 64, 2, 32
_U32, _F32, _BOOL, _STRING, _ARRAY, _I32 = 4, 6, 7, 8, 9, 5


def write_tiny_gguf(path: Path) -> None:
    """Write a model that llama.cpp loads and that talks nonsense."""
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    kinds = [2, 3, 3, *([6] * 256)]  # unknown, control, byte
    facts: list[tuple[str, int, Any]] = [
        ("general.architecture", _STRING, "llama"),
        ("llama.context_length", _U32, 1024),
        ("llama.embedding_length", _U32, _WIDTH),
        ("llama.block_count", _U32, 1),
        ("llama.feed_forward_length", _U32, _FEED),
        ("llama.attention.head_count", _U32, _HEADS),
        ("llama.attention.head_count_kv", _U32, _HEADS),
        ("llama.attention.layer_norm_rms_epsilon", _F32, 1e-5),
        ("llama.rope.dimension_count", _U32, _WIDTH // _HEADS),
        ("llama.vocab_size", _U32, len(tokens)),
        ("tokenizer.ggml.model", _STRING, "llama"),
        ("tokenizer.ggml.tokens", _ARRAY, (_STRING, tokens)),
        ("tokenizer.ggml.scores", _ARRAY, (_F32, [0.0] * len(tokens))),
        ("tokenizer.ggml.token_type", _ARRAY, (_I32, kinds)),
        ("tokenizer.ggml.bos_token_id", _U32, 1),
        ("tokenizer.ggml.eos_token_id", _U32, 2),
        ("tokenizer.ggml.unknown_token_id", _U32, 0),
    ]
    tensors = _tensors(len(tokens))
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(facts))
    head += b"".join(_text(name) + struct.pack("<I", kind) + _value(kind, value) for name, kind, value in facts)
    body = b""
    for name, tensor in tensors.items():
        shape = tensor.shape[::-1]  # ggml counts dimensions from the innermost
        head += _text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, len(body))
        raw = tensor.astype("<f4").tobytes()
        body += raw + b"\0" * (-len(raw) % _ALIGN)
    path.write_bytes(head + b"\0" * (-len(head) % _ALIGN) + body)


def _tensors(words: int) -> dict[str, np.ndarray[Any, Any]]:
    dice = np.random.default_rng(1)

    def some(*shape: int) -> np.ndarray[Any, Any]:
        return dice.standard_normal(shape) * 0.05

    ones = np.ones(_WIDTH)
    out = {"token_embd.weight": some(words, _WIDTH), "output_norm.weight": ones, "output.weight": some(words, _WIDTH)}
    out |= {f"blk.0.{name}.weight": ones for name in ("attn_norm", "ffn_norm")}
    out |= {f"blk.0.attn_{name}.weight": some(_WIDTH, _WIDTH) for name in ("q", "k", "v", "output")}
    out |= {f"blk.0.ffn_{name}.weight": some(_FEED, _WIDTH) for name in ("gate", "up")}
    return out | {"blk.0.ffn_down.weight": some(_WIDTH, _FEED)}


def _text(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def _value(kind: int, value: Any) -> bytes:
    match kind:
        case 8:
            return _text(value)
        case 9:
            inner, items = value
            return struct.pack("<IQ", inner, len(items)) + b"".join(_value(inner, item) for item in items)
        case _:
            return struct.pack({_U32: "<I", _F32: "<f", _BOOL: "<?", _I32: "<i"}[kind], value)
