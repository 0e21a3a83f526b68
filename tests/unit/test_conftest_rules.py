"""The rules of tests/conftest.py: sockets stay on this machine, skips fail where told."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).resolve().parents[1] / "conftest.py"
PATHS = (CONFTEST.parent / "support", CONFTEST.parents[1])  # where it finds its fixtures, and these the program


def test_another_machine_cannot_be_reached() -> None:
    with socket.socket() as client, pytest.raises(AssertionError, match="another machine"):
        client.connect(("192.0.2.1", 80))  # an address kept for documentation
    with socket.socket() as client, pytest.raises(AssertionError, match="another machine"):
        client.connect_ex(("198.51.100.1", 80))


def test_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as client:
        client.connect(server.getsockname())
        assert client.getpeername() == server.getsockname()


@pytest.mark.parametrize(
    ("strict", "code", "words"), [("0", 0, "2 skipped, 1 xfailed"), ("1", 1, "1 failed, 1 xfailed, 1 error")]
)
def test_a_skip_fails_where_everything_has_to_be_there(tmp_path: Path, strict: str, code: int, words: str) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "test_it.py").write_text(
        "import pytest\n"
        "@pytest.mark.skipif(True, reason='no browser')\n"
        "def test_mark(): pass\n"
        "def test_call(): pytest.skip('no fonts')\n"
        "@pytest.mark.xfail(strict=True)\n"
        "def test_expected(): assert False\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "REQUIRE_SYSTEM_TESTS": strict, "PYTHONPATH": os.pathsep.join(map(str, PATHS))},
    )
    assert (done.returncode, words in done.stdout) == (code, True), done.stdout
