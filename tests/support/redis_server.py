"""A Redis of Debian's on loopback, that a test may stop and start."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


class RedisServer:
    """One server at one address; empty after each start."""

    def __init__(self, tool: str, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._tool, self._folder = tool, folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        words = [self._tool, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(words, cwd=self._folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(600):
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                    return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("Redis did not start")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(30)
            self._process = None


@contextmanager
def running_redis(folder: Path) -> Iterator[RedisServer]:
    """A server; skips where none is installed."""
    tool = shutil.which("redis-server")
    if tool is None:
        pytest.skip("Redis is not installed")
    server = RedisServer(tool, folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
