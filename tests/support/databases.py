"""A PostgreSQL of Debian's, started on loopback for the tests, and empty stores in it or in SQLite."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

_TOOLS = sorted(Path("/usr/lib/postgresql").glob("*/bin")) + [Path(p).parent for p in [shutil.which("pg_ctl")] if p]
_START_S = 60


def _bin() -> Path | None:
    return next((folder for folder in _TOOLS if (folder / "initdb").exists()), None)


def _owner() -> Mapping[str, Any]:
    """The server refuses to be run by root; then Debian's own account for it does."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam("postgres")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


@contextmanager
def running_postgres() -> Iterator[str]:
    """The address of a fresh server, `postgresql://…/postgres`; skips where it is not installed."""
    tools = _bin()
    if tools is None:
        pytest.skip("PostgreSQL is not installed")
    owner = _owner()
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        home = Path(folder)
        if owner:
            os.chown(home, owner["user"], owner["group"])
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        data, options = home / "data", f"-h 127.0.0.1 -p {port} -k '' -c fsync=off -c shared_buffers=16MB"
        _call([tools / "initdb", "-D", data, "-U", "tester", "-A", "trust", "-E", "UTF8", "--no-locale"], home, owner)
        start = [tools / "pg_ctl", "-D", data, "-o", options, "-l", home / "log", "-w", "-t", str(_START_S), "start"]
        _call(start, home, owner)
        try:
            yield f"postgresql://tester@127.0.0.1:{port}/postgres"
        finally:
            _call([tools / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"], home, owner)


def _call(words: Sequence[object], home: Path, owner: Mapping[str, Any]) -> None:
    subprocess.run(
        list(map(str, words)), cwd=home, check=True, timeout=120, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"}, **owner,
    )  # fmt: skip


def fresh_database(server: str) -> str:
    """The address of a new and empty database of that server."""
    name = f"t_{uuid.uuid4().hex}"
    engine = create_engine(server.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return f"{server.rpartition('/')[0]}/{name}"
