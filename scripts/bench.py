"""How long the program takes here: help, the first question of a process, and questions after that.

Prints the load of the machine beside the figures: on a busy one, wall times say little.
"""

from __future__ import annotations

import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from starlette.testclient import TestClient

from assistant.access.recorder import Recorder
from assistant.access.registry import open_registry
from assistant.assembly import build_assistant
from assistant.evaluation.runner import Quantiles, quantiles
from assistant.records.store import sqlite_url
from assistant.schema.inquiry import Inquiry
from assistant.serving.http.api import create_api
from assistant.serving.http.doorkeeping import Doorkeeping
from assistant.serving.ledger import Ledger
from assistant.serving.limits.rates import RateLimiter, Rates
from assistant.serving.offline import go_offline
from assistant.settings import load

QUESTIONS = (
    "贷款到期还不上，能续贷吗？",
    "对个体工商户有哪些支持？",
    "银行不得做什么？",
    "尽职免责怎么规定的？",
    "保险公司要做什么？",
    "监管部门怎么督促银行落实？",
    "普惠型小微企业贷款的目标是什么？",
    "怎么降低小微企业的融资成本？",
    "能不能搞随借随还的贷款？",
    "明天天气怎么样？",
)
_ROUNDS = 5
_COLD_RUNS = 3


def cold(*arguments: str) -> float:
    """Seconds that one run of the command line takes, the best of a few."""
    times = []
    for _ in range(_COLD_RUNS):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "assistant", *arguments], check=True, capture_output=True, timeout=120)  # noqa: S603
        times.append(time.perf_counter() - began)
    return min(times)


def warm() -> tuple[Quantiles, Quantiles]:
    """Wall and CPU milliseconds of a question, the process warmed up."""
    assistant = build_assistant(load())
    for question in QUESTIONS:
        assistant.ask(Inquiry(question=question, use_llm=False))
    walls, cpus = [], []
    for question in QUESTIONS * _ROUNDS:
        wall, cpu = time.perf_counter(), time.process_time()
        assistant.ask(Inquiry(question=question, use_llm=False))
        walls.append(1000 * (time.perf_counter() - wall))
        cpus.append(1000 * (time.process_time() - cpu))
    return quantiles(walls), quantiles(cpus)


def door() -> tuple[Quantiles, Quantiles]:
    """CPU milliseconds of a question over HTTP without identity, rights, rates and audit, and what these add."""
    assistant = build_assistant(load())
    without, added = [], []
    with TemporaryDirectory() as folder:
        secrets_dir = Path(folder) / "secrets"
        registry = open_registry(
            sqlite_url(Path(folder)), pepper_file=secrets_dir / "pepper", secrets_dir=secrets_dir, make_pepper=True
        )
        text, _ = registry.keys.create(name="bench", scopes=["ask"], by="bench")
        ledger = Ledger(Recorder(registry.chain, registry.answers))
        rates = RateLimiter(Rates(key_questions=100_000, requests=100_000))
        guarded = Doorkeeping(gate=registry.gate(), ledger=ledger, rates=rates)
        with (
            TestClient(create_api(lambda: assistant)) as plain,
            TestClient(create_api(lambda: assistant, doorkeeping=guarded)) as asked,
        ):
            for number, question in enumerate(QUESTIONS * (_ROUNDS + 1)):
                pair = [lambda q=question: _asked(plain, q, {}), lambda q=question: _asked(asked, q, _bearer(text))]
                first = number % 2
                cpu = {first: pair[first](), 1 - first: pair[1 - first]()}
                if number >= len(QUESTIONS):  # the first round warms up
                    without.append(cpu[0])
                    added.append(cpu[1] - cpu[0])
        registry.close()
    return quantiles(without), quantiles(added)


def _bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


def _asked(client: TestClient, question: str, headers: dict[str, str]) -> float:
    began = time.process_time()
    client.post("/api/v1/ask", json={"question": question}, headers=headers).raise_for_status()
    return 1000 * (time.process_time() - began)


def main() -> None:
    """Measure and print."""
    go_offline()
    load_before = os.getloadavg()[0]
    help_s, ask_s = cold("--help"), cold("ask", "--no-llm", QUESTIONS[0])
    walls, cpus = warm()
    without, added = door()
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    load_mean = statistics.fmean((load_before, os.getloadavg()[0]))
    lines = (
        f"Python {platform.python_version()}，{os.cpu_count()} 核，负载 {load_mean:.1f}",
        f"帮助：{help_s:.2f} 秒（{_COLD_RUNS} 次中最快）",
        f"首问（新进程）：{ask_s:.2f} 秒（{_COLD_RUNS} 次中最快）",
        f"连续提问：用时中位数 {walls.p50:.0f}，95 分位 {walls.p95:.0f} 毫秒；"
        f"处理器 {cpus.p50:.0f} / {cpus.p95:.0f} 毫秒（{len(QUESTIONS) * _ROUNDS} 问）",
        f"身份、权限、次数和留痕：每问处理器 {without.p50:.1f} 毫秒之外，"
        f"另加中位数 {added.p50:.2f}，95 分位 {added.p95:.2f} 毫秒（同一问成对比较，{len(QUESTIONS) * _ROUNDS} 对）",
        f"内存峰值：{memory_mb:.0f} MB",
    )
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
