"""Killed at random points it loses nothing and serves nothing half; `make chaos` does the same two hundred times."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

_HOME = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are made by fork")
def test_ten_kills_lose_nothing(tmp_path: Path) -> None:
    out = tmp_path / "chaos.json"
    command = [sys.executable, str(_HOME / "scripts" / "chaos.py"), "--kills", "10", "--seed", "5", "--out", str(out)]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    subprocess.run(command, env=environment, capture_output=True, timeout=600, check=False)
    told = json.loads(out.read_text(encoding="utf-8"))
    assert told["faults"] == []
    assert told["kills"] == 10
    assert (told["half_served"], told["lost_documents"], told["lost_records"]) == (0, 0, 0)
