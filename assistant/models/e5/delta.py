"""What training added to multilingual-e5-small: low-rank matrices, one pair a linear layer.

A file is an npz without pickles: `<layer>.A` is `(rank, inputs)`, `<layer>.B` is `(outputs, rank)`, both float16;
the layer's weight becomes `W + B @ A` (LoRA, Hu et al., ICLR 2022). Other arrays of the file (`head.…`, `cross`)
belong to the reader (`reader.py`); `cosines` is how the embedder's cosines compare (`CosineScale`). The files
in `assistant/data/models` were trained on `eval/training` alone.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.errors import ModelUnavailable

EMBEDDER_FILE = "e5_embedder_delta.npz"
READER_FILE = "e5_reader_delta.npz"
_UNFIT = (
    "增量文件 {name} 与内置向量模型不符或已损坏。"
    "请用 git 取回原来的文件，或删除它后再运行 python -m assistant model prepare。"
)


@dataclass(frozen=True, slots=True)
class Delta:
    """Arrays of one file by name, and the SHA-256 of its bytes. An empty one adds nothing."""

    arrays: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    sha256: str = ""

    def added(self, tensor: str) -> NDArray[np.float32] | None:
        """What is added to the weight `tensor` (`l3.q.w`), flat; `None` for nothing."""
        layer = tensor.removesuffix(".w")
        if layer == tensor or f"{layer}.A" not in self.arrays:
            return None
        product = self.arrays[f"{layer}.B"] @ self.arrays[f"{layer}.A"]
        return np.asarray(product, dtype=np.float32).reshape(-1)


NO_DELTA = Delta()


def packaged(name: str) -> Path | None:
    """The file of the package, `None` where it does not come with one."""
    file = Path(str(resources.files("assistant") / "data" / "models" / name))
    return file if file.is_file() else None


def packaged_deltas() -> dict[str, str]:
    """SHA-256 of each file of trained weights that the package comes with, by name."""
    files = {name: packaged(name) for name in (EMBEDDER_FILE, READER_FILE)}
    return {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in files.items() if file}


def cosines_of(file: Path | None) -> tuple[float, ...]:
    """Factor and shift of `CosineScale` that the training of an embedder's delta left in `file`; empty without them."""
    if file is None:
        return ()
    try:
        with np.load(file, allow_pickle=False) as held:
            found = tuple(float(x) for x in held["cosines"]) if "cosines" in held.files else ()
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, TypeError) as exc:
        raise ModelUnavailable(_UNFIT.format(name=file.name)) from exc
    if found and (len(found) != 2 or not np.isfinite(found).all() or found[0] <= 0):
        raise ModelUnavailable(_UNFIT.format(name=file.name))
    return found


def read_delta(file: Path, *, layers: Mapping[str, tuple[int, int]]) -> Delta:
    """The arrays of `file`.

    Args:
        layers: outputs and inputs of every linear layer of the model, by name.

    Raises:
        ModelUnavailable: the file cannot be read, or a pair fits no layer of the model.
    """
    try:
        data = file.read_bytes()
        with np.load(io.BytesIO(data), allow_pickle=False) as held:
            arrays = {name: np.asarray(held[name], dtype=np.float32) for name in held.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, TypeError) as exc:
        raise ModelUnavailable(_UNFIT.format(name=file.name)) from exc
    pairs = {name.removesuffix(".A") for name in arrays if name.endswith(".A")}
    if not pairs or not all(_fits(arrays, pair, layers) for pair in pairs):
        raise ModelUnavailable(_UNFIT.format(name=file.name))
    return Delta(arrays, hashlib.sha256(data).hexdigest())


def _fits(arrays: Mapping[str, NDArray[np.float32]], layer: str, layers: Mapping[str, tuple[int, int]]) -> bool:
    down, up = arrays[f"{layer}.A"], arrays.get(f"{layer}.B")
    if up is None or layer not in layers or down.ndim != 2 or up.ndim != 2:
        return False
    finite = bool(np.isfinite(down).all() and np.isfinite(up).all())
    return finite and (up.shape[0], down.shape[1]) == layers[layer] and up.shape[1] == down.shape[0]
