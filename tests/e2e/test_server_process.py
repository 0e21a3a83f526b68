"""`run_server` as a process of its own: what it says, and how it ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import httpx
import pytest

HERE = Path(__file__).resolve().parent
_PROGRAM = """
import sys
sys.path.insert(0, {here!r})
from serving_fakes import FakeAssistant
from assistant.errors import IndexNotBuilt
from assistant.serving.server import run_server
from assistant.settings import Settings

def build():
    if {broken!r}:
        raise IndexNotBuilt("还没有建立索引，请先运行 python -m assistant index。")
    return FakeAssistant(endless={endless!r})

run_server(Settings(host="127.0.0.1", port=0, limits={{"grace_s": {grace_s!r}}}), build=build)
"""


@contextmanager
def server(*, endless: bool = False, broken: bool = False, grace_s: float = 0.5) -> Iterator[subprocess.Popen[str]]:
    program = _PROGRAM.format(here=str(HERE), endless=endless, broken=broken, grace_s=grace_s)
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=20)


def said_until(stream: IO[str] | None, words: str) -> str:
    assert stream is not None
    lines = []
    for line in stream:
        lines.append(line)
        if words in line:
            return "".join(lines)
    raise AssertionError("".join(lines))


def page_address(said: str) -> str:
    found = re.search(r"对话页面：(http://127\.0\.0\.1:\d+)/", said)
    assert found is not None, said
    return found.group(1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_is_and_ends_cleanly(number: signal.Signals) -> None:
    with server() as process:
        said = said_until(process.stdout, "按 Ctrl+C 停止")
        for words in ("已就绪：收录 1 份文件", "接口说明：http://127.0.0.1:", "可以先问："):
            assert words in said
        address = page_address(said)
        assert httpx.get(f"{address}/readyz", trust_env=False).status_code == 200
        page = httpx.get(f"{address}/", trust_env=False)
        assert "普惠政策助手" in page.text
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "服务已停止。" in out
    assert "Traceback" not in err


def test_an_open_stream_is_ended_with_an_event() -> None:
    with server(endless=True) as process:
        address = page_address(said_until(process.stdout, "按 Ctrl+C 停止"))
        body = {"question": "能续贷吗？"}
        with (
            httpx.Client(trust_env=False, timeout=30) as client,
            client.stream("POST", f"{address}/api/v1/ask/stream", json=body) as response,
        ):
            lines = response.iter_lines()
            assert any("delta" in line for line in lines)
            process.send_signal(signal.SIGTERM)
            rest = list(lines)  # the stream ends as a stream does, and is not cut
            last = rest.index("event: error")
            assert '"shutting_down"' in rest[last + 1]
            assert not any(line.startswith("event:") for line in rest[last + 1 :])
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "服务已停止。" in out
    assert "Traceback" not in err


def test_what_is_asked_while_it_ends_is_told_to_come_back() -> None:
    with server(endless=True, grace_s=60) as process:
        address = page_address(said_until(process.stdout, "按 Ctrl+C 停止"))
        body = {"question": "能续贷吗？"}
        with (
            httpx.Client(trust_env=False, timeout=30) as client,
            client.stream("POST", f"{address}/api/v1/ask/stream", json=body) as response,
        ):
            lines = response.iter_lines()  # dropped, it would close the response
            assert any("delta" in line for line in lines)
            process.send_signal(signal.SIGTERM)
            while client.get(f"{address}/readyz").status_code == 200:
                pass
            assert client.get(f"{address}/livez").status_code == 200
            for path in ("/api/v1/ask", "/api/v1/ask/stream", "/v1/responses"):
                sent = body if "ask" in path else {"model": "policy-assistant", "input": "能续贷吗？"}
                late = client.post(f"{address}{path}", json=sent)
                assert (late.status_code, late.headers["retry-after"]) == (503, "5")
                assert "shutting_down" in late.text
        assert process.wait(timeout=30) == 0  # the last stream is gone, so nothing is waited for


def test_without_an_index_it_starts_and_says_why() -> None:
    with server(broken=True) as process:
        said = said_until(process.stdout, "按 Ctrl+C 停止")
        assert "暂时不能作答：还没有建立索引" in said
        response = httpx.get(f"{page_address(said)}/readyz", trust_env=False)
        assert (response.status_code, response.json()["code"]) == (503, "index_not_built")
