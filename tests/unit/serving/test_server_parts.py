"""The parts of the server that need no server."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from assistant.errors import IndexNotBuilt, SettingsError
from assistant.serving.ports import Assistant
from assistant.serving.server import LazyAssistant, run_server
from assistant.settings import Settings


class Builder:
    """Fails as long as it has faults, then gives itself for an assistant."""

    def __init__(self, faults: int) -> None:
        self.faults = faults
        self.calls = 0

    def __call__(self) -> Assistant:
        self.calls += 1
        if self.calls <= self.faults:
            raise IndexNotBuilt(f"第 {self.calls} 次")
        return self  # type: ignore[return-value]


def test_the_assistant_is_built_once() -> None:
    build = Builder(0)
    provider = LazyAssistant(build)
    assert provider() is provider()
    assert build.calls == 1


def test_a_failure_is_remembered_for_a_while_and_then_tried_again() -> None:
    now = [0.0]
    build = Builder(2)
    provider = LazyAssistant(build, retry_s=5, clock=lambda: now[0])
    for moment, message in ((0.0, "第 1 次"), (4.9, "第 1 次"), (5.0, "第 2 次"), (9.9, "第 2 次")):
        now[0] = moment
        with pytest.raises(IndexNotBuilt, match=message):
            provider()
    now[0] = 10.0
    assert provider() is not None
    assert build.calls == 3


def test_a_port_in_use_is_said_plainly() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = Settings(host="127.0.0.1", port=port)
        with pytest.raises(SettingsError, match=f"{port} 端口提供服务：端口已被其他程序占用"):
            run_server(settings, build=Builder(0), say=lambda _: None)


def test_importing_a_door_imports_nothing_heavy() -> None:
    heavy = ("gradio", "chromadb", "langchain_core", "torch", "jieba", "sentence_transformers", "openai")
    code = (
        "import sys, assistant.serving.server, assistant.serving.http.api, assistant.serving.page.chat\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_reading_the_settings_imports_no_arrays() -> None:
    code = "import sys, assistant.settings; print([name for name in ('numpy', 'jieba') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
