"""A real server takes up what `assistant corpus` changes, without being started again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from threading import Timer
from typing import IO

import httpx
import pytest
from corpus_samples import NOTICE, rules

ROOT = Path(__file__).resolve().parents[2]
_PATIENCE_S = 120


class Home:
    """A folder with a corpus of its own, and its environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "corpus").mkdir()
        self.environment = {
            **os.environ,
            "ASSISTANT_EMBEDDER__KIND": "hashing",
            "ASSISTANT_INDEXES_DIR": str(folder / "indexes"),
            "ASSISTANT_CORPUS_DIR": str(folder / "corpus"),
            "ASSISTANT_DATA_DIR": str(folder / "data"),
            "ASSISTANT_PORT": "0",
            "PYTHONPATH": str(ROOT),
            "PYTHONIOENCODING": "utf-8",
        }

    def corpus(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "assistant", "corpus", *arguments]
        subprocess.run(command, cwd=self.folder, env=self.environment, check=True, capture_output=True, timeout=120)

    def file(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)


def documents(address: str) -> set[str]:
    answer = httpx.get(f"{address}/api/v1/documents", trust_env=False, timeout=30)
    return {document["id"] for document in answer.json()["documents"]}


def line_with(lines: IO[str], words: str) -> str:
    """The next line with `words`; the patience of the test ends the server, and so the lines."""
    return next((line for line in lines if words in line), "")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_what_is_added_and_removed_is_served_at_once(home: Home) -> None:
    home.corpus("add", home.file("通知.txt", NOTICE))
    command = [sys.executable, "-m", "assistant", "serve"]
    with subprocess.Popen(
        command, cwd=home.folder, env=home.environment, stdout=subprocess.PIPE, encoding="utf-8"
    ) as server:
        patience = Timer(_PATIENCE_S, server.kill)
        patience.start()
        try:
            assert server.stdout is not None
            address = line_with(server.stdout, "对话页面：").removeprefix("对话页面：").strip().rstrip("/")
            assert documents(address) == {"通知"}
            home.corpus("add", home.file("办法.md", rules(2020)))
            assert line_with(server.stdout, "索引有更新")
            assert documents(address) == {"通知", "办法"}
            home.corpus("remove", "办法")
            assert line_with(server.stdout, "索引有更新")
            assert documents(address) == {"通知"}
            words = home.folder / "data" / "tables" / "lay_words.yaml"
            words.parent.mkdir(parents=True)
            words.write_text("- concept: 敲门费\n  policy: [承诺费]\n  lay: [敲门钱]\n", encoding="utf-8")
            assert line_with(server.stdout, "词表有更新")
        finally:
            patience.cancel()
            server.terminate()
        assert not line_with(server.stdout, "索引有更新")  # each change is taken up once
