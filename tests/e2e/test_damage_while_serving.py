"""A real server whose files are damaged while it runs: it finds out by itself, falls back, and says so."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import IO, Any

import httpx
import pytest
from corpus_samples import NOTICE, rules
from test_new_index import Home, line_with

_PATIENCE_S = 150
_QUESTION = "客户贷款到期一时还不上，能续贷吗？"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path)
    made.environment |= {"ASSISTANT_CHECK__PERIOD_S": "1", "ASSISTANT_EMBEDDER__BUDGET_S": "60"}
    made.corpus("add", made.file("通知.txt", NOTICE))
    return made


@contextmanager
def served(home: Home) -> Iterator[tuple[str, IO[str]]]:
    command = [sys.executable, "-m", "assistant", "serve"]
    with subprocess.Popen(
        command, cwd=home.folder, env=home.environment, stdout=subprocess.PIPE, encoding="utf-8"
    ) as server:
        patience = Timer(_PATIENCE_S, server.kill)
        patience.start()
        try:
            assert server.stdout is not None
            address = line_with(server.stdout, "对话页面：").removeprefix("对话页面：").strip().rstrip("/")
            yield address, server.stdout
        finally:
            patience.cancel()
            server.terminate()


def generation(home: Home) -> Path:
    indexes = home.folder / "indexes"
    return indexes / (indexes / "CURRENT").read_text().split()[0]


def overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\xa5" * 4096)


def ready(address: str) -> tuple[int, dict[str, Any]]:
    response = httpx.get(f"{address}/readyz", trust_env=False, timeout=30)
    return response.status_code, response.json()


def answer(address: str) -> dict[str, Any]:
    response = httpx.post(f"{address}/api/v1/ask", json={"question": _QUESTION}, trust_env=False, timeout=60)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()["answer"]
    return found


def test_a_damaged_vector_index_gives_way_to_exact_search(home: Home) -> None:
    with served(home) as (address, lines):
        whole = answer(address)
        assert whole["retrieval_mode"] == "hybrid"
        overwrite(generation(home) / "chroma" / "chroma.sqlite3")
        assert "chroma.sqlite3" in line_with(lines, "文件已损坏")
        status, body = ready(address)
        assert (status, body["retrieval_mode"], body["damaged"]) == (200, "exact", ["chroma: chroma.sqlite3"])
        after = answer(address)
    assert after["retrieval_mode"] == "exact"
    assert (after["text"], after["citations"]) == (whole["text"], whole["citations"])


def test_a_damaged_record_gives_way_to_the_generation_before(home: Home) -> None:
    home.corpus("add", home.file("办法.md", rules(2020)))
    with served(home) as (address, lines):
        overwrite(generation(home) / "record.sqlite")
        assert "record.sqlite" in line_with(lines, "文件已损坏")
        status, body = ready(address)
        assert (status, body["retrieval_mode"], body["documents"]) == (200, "previous", 1)
        after = answer(address)
        assert after["retrieval_mode"] == "previous"
        assert any("上一版索引" in notice for notice in after["notices"])


def test_without_a_generation_before_nothing_is_answered_from_a_damaged_record(home: Home) -> None:
    with served(home) as (address, lines):
        assert ready(address)[0] == 200
        overwrite(generation(home) / "record.sqlite")
        assert line_with(lines, "文件已损坏")
        status, body = ready(address)
        assert (status, body["code"]) == (503, "index_damaged")
        assert "index build" in body["message"]
