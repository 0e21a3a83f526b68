"""The examples of docs/api.md, run as they stand, with keys, against a server in production mode that records."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from assistants import memory_assistant
from doors import callers, opened
from memory_library import MemoryLibrary
from sample_texts import law, notice
from serving_fakes import serving

from assistant.access.recorder import Recorder
from assistant.models.standins import HashingEmbedder
from assistant.schema.principal import Scope
from assistant.serving.http.api import create_api
from assistant.serving.http.rules import RULES
from assistant.serving.ledger import Ledger

PAGE = Path(__file__).resolve().parents[2] / "docs" / "api.md"
ADDRESS = "http://127.0.0.1:7860"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(python|bash)\n(.*?)^```$", TEXT, re.M | re.S)
SAYS = [
    "不得发放贷款",
    "不得发放贷款",
    "event: done",
    "不得发放贷款",
    "不得发放贷款",
    "客户电话［手机号］",
    "created_by",
]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address; the keys are in the environment."""
    assistant = memory_assistant(MemoryLibrary([law(), notice()], HashingEmbedder()))
    with opened(tmp_path_factory.mktemp("door")) as registry, pytest.MonkeyPatch.context() as patch:
        known = callers(registry)
        door = replace(known.door, ledger=Ledger(Recorder(registry.chain, registry.answers, refuse=True)))
        for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
            patch.delenv(name)
        patch.setenv("ASSISTANT_KEY", known.headers["staff"]["Authorization"].removeprefix("Bearer "))
        patch.setenv("ADMIN_KEY", registry.keys.create(name="a", scopes=[Scope.KEYS.value], by="t")[0])
        patch.chdir(tmp_path_factory.mktemp("work"))
        with serving(create_api(lambda: assistant, doorkeeping=door)) as url:
            yield url


def test_each_example_is_known() -> None:
    assert len(BLOCKS) == len(SAYS)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_an_example_runs(served: str, number: int, capfd: pytest.CaptureFixture[str]) -> None:
    language, code = BLOCKS[number]
    assert ADDRESS in code
    code = code.replace(ADDRESS, served)
    if language == "python":
        exec(compile(code, str(PAGE), "exec"), {"__name__": "example"})
    else:
        subprocess.run(["bash", "-euc", code], check=True, timeout=60)
    said = capfd.readouterr().out
    assert SAYS[number] in said
    assert '"request_id":"' not in said or '"answer_id":"' in said  # no error


def test_every_managed_route_is_told() -> None:
    for method, path in RULES:
        if path.startswith("/api/v1/admin/"):
            name = path.removeprefix("/api/v1/admin/").partition("/")[0]
            assert f"/api/v1/admin/{name}" in TEXT, (method, path)
