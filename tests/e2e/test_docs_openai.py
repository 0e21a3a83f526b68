"""The examples of docs/openai.md, run as they stand, with a key, against a server in production mode."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from assistants import memory_assistant
from doors import callers, opened
from memory_library import MemoryLibrary
from sample_texts import law, notice
from serving_fakes import serving

from assistant.models.standins import HashingEmbedder
from assistant.serving.http.api import create_api

PAGE = Path(__file__).resolve().parents[2] / "docs" / "openai.md"
EMBEDDER = HashingEmbedder()
ADDRESS = "http://127.0.0.1:7860"
BLOCKS = re.findall(r"^```(python|bash)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address; the key is in the environment."""
    assistant = memory_assistant(MemoryLibrary([law(), notice()], EMBEDDER))
    with opened(tmp_path_factory.mktemp("door")) as registry, pytest.MonkeyPatch.context() as patch:
        known = callers(registry)
        for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
            patch.delenv(name)
        patch.setenv("ASSISTANT_KEY", known.headers["staff"]["Authorization"].removeprefix("Bearer "))
        with serving(create_api(lambda: assistant, doorkeeping=known.door)) as url:
            yield url


def test_there_are_examples() -> None:
    assert len(BLOCKS) >= 5


@pytest.mark.parametrize(("language", "code"), BLOCKS, ids=range(len(BLOCKS)))
def test_an_example_runs(served: str, language: str, code: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert ADDRESS in code
    code = code.replace(ADDRESS, served)
    if language == "python":
        exec(compile(code, str(PAGE), "exec"), {"__name__": "example"})
    else:
        subprocess.run(["bash", "-euc", code], check=True, timeout=60)
    said = capfd.readouterr().out
    if "OpenAIEmbeddings(" in code:
        assert said == f"{EMBEDDER.dimension}\n"
    else:
        assert "不得发放贷款" in said
    assert '"error":{' not in said
