"""`docs/portal.md`, followed to the letter: its commands are run, its programs and pages are those tested elsewhere."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from assistant.access.embeds import AUDIENCE

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "portal.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
EXAMPLES = ROOT / "examples" / "portal"
STARTS = ("python -m assistant serve", "python examples/portal/portal.py")  # these go on running


def test_every_program_and_page_is_one_that_is_tested() -> None:
    shown = sorted(words for kind, words in BLOCKS if kind != "bash")
    assert shown == sorted(path.read_text("utf-8") for path in EXAMPLES.iterdir() if path.is_file())
    assert AUDIENCE in PAGE


class Reader:
    """Somebody who types what the page says, with ports and a portal of their own."""

    def __init__(self, folder: Path) -> None:
        self.said: list[str] = []
        self._running: list[subprocess.Popen[bytes]] = []
        with (
            closing(socket.create_server(("127.0.0.1", 0))) as one,
            closing(socket.create_server(("127.0.0.1", 0))) as two,
        ):
            self._ports = {"7860": str(one.getsockname()[1]), "8000": str(two.getsockname()[1])}
        self._words: dict[str, str] = dict(self._ports)
        (folder / "data").mkdir(mode=0o700)
        (folder / "examples").symlink_to(ROOT / "examples")
        self._folder = folder
        self._environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("ASSISTANT_")},
            "PYTHONPATH": str(ROOT), "ASSISTANT_DATA_DIR": str(folder / "data"), "ASSISTANT_PORT": self._ports["7860"],
            "ASSISTANT_INDEXES_DIR": str(folder), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }  # fmt: skip

    def type(self, block: str) -> str:
        """Run a block; whatever goes on running is left to run."""
        for old, new in self._words.items():
            block = block.replace(old, new)
        for line in block.splitlines():
            if line.startswith("export "):
                self._environment |= dict([line.removeprefix("export ").split("=", 1)])
        if block.startswith(STARTS):
            self._start(block)
            return ""
        done = subprocess.run(
            ["bash", "-euc", block], cwd=self._folder, env=self._environment, capture_output=True, text=True,
            timeout=120, check=True,
        )  # fmt: skip
        return done.stdout

    def keep(self, told: str) -> None:
        """Note the portal's number and put its key into a file, as the page asks."""
        found = re.search(r"iss）(\w+)", told)
        assert found is not None
        self._words["PORTAL_ID"] = self._environment["PORTAL_ID"] = found.group(1)
        self.hold("portal.key", told.splitlines()[0])

    def hold(self, name: str, secret: str) -> None:
        """Put a secret into a file that nobody else can read."""
        path = self._folder / name
        path.touch(0o600)
        path.write_text(secret, "utf-8")

    def _start(self, line: str) -> None:
        words = [sys.executable, *line.split()[1:]]
        process = subprocess.Popen(
            words, cwd=self._folder, env=self._environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._running.append(process)
        port = int(self._ports["7860" if " serve" in line else "8000"])
        until = time.monotonic() + 120
        while time.monotonic() < until and process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"{line} did not start")

    @property
    def portal(self) -> str:
        """Where the portal's program listens."""
        return f"http://127.0.0.1:{self._ports['8000']}"

    def leave(self) -> None:
        for process in self._running:
            process.terminate()
            process.wait(30)


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    reader = Reader(tmp_path)
    yield reader
    reader.leave()


def test_the_portal_shows_its_pages_and_nothing_else_of_its_folder(reader: Reader, tmp_path: Path) -> None:
    (tmp_path / "portal.key").write_text("SECRET", "utf-8")
    (tmp_path / "own.html").write_text("<!doctype html>", "utf-8")
    (portal,) = (words for kind, words in BLOCKS if kind == "bash" and "portal.py" in words)
    for line in portal.splitlines():
        reader.type(line)
    with httpx.Client(base_url=reader.portal, trust_env=False) as client:
        assert client.get("/own.html?a=b").text == "<!doctype html>"
        for path in ("/portal.key", "/%70ortal.key", "/portal.key?a.html", "/portal.key#.html", "/", "/data/", "/data"):
            response = client.get(path)
            assert response.status_code == 404, path
            assert "SECRET" not in response.text


def test_the_commands_lead_from_nothing_to_a_signed_in_question(reader: Reader) -> None:
    create, activate, look, portal, ask, key, exchange, revoke, pause = (w for kind, w in BLOCKS if kind == "bash")
    reader.keep(reader.type(create))
    for line in activate.splitlines():
        reader.type(line)
    headers = reader.type(look)
    assert headers.startswith("HTTP/1.1 200")
    assert "frame-ancestors https://portal.bank.cn" in headers
    for line in portal.splitlines():
        reader.type(line)
    assert '"code":"index_not_built"' in reader.type(ask).replace(": ", ":")  # let in; there is nothing to answer from
    reader.hold("code.key", reader.type(key).splitlines()[0])
    assert re.search(r'"token": ?"\w+\.[\w-]+\.[\w-]+"', reader.type(exchange))
    assert "已收回" in reader.type(revoke)
    reader.type(pause)
    assert reader.type(look).startswith("HTTP/1.1 404")
