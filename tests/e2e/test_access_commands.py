"""Keys, users, portals and records from the command line, and a server that starts with them or says why not."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from assistant.errors import AssistantError
from assistant.serving.terminal.app import app

HERE = Path(__file__).resolve().parent
PASSWORD = "correct-horse-7"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own for all that is kept."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSISTANT_DATA_DIR", str(tmp_path / "data"))
    return tmp_path


def run(*words: str, typed: str = "") -> str:
    done = CliRunner().invoke(app, words, input=typed, standalone_mode=False)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


def test_a_key_is_shown_once_and_revoked(home: Path) -> None:
    made = json.loads(run("keys", "create", "--name", "门户", "--label", "内部", "--days", "30", "--json"))
    assert made["key"].startswith("pz_")
    assert (made["labels"], made["scopes"]) == (["内部"], ["ask", "search", "verify", "documents"])
    listed = run("keys", "list")
    assert "可用" in listed
    assert made["key"] not in listed
    assert "已停用" in run("keys", "revoke", made["id"])
    assert "已停用" in run("keys", "list")
    assert made["key"] not in json.dumps(json.loads(run("keys", "list", "--json")))


def test_users_come_and_go(home: Path) -> None:
    assert "auditor" in run("users", "create", "li.ming", "--role", "auditor", typed=f"{PASSWORD}\n")
    run("users", "password", "li.ming", typed="another-horse-8\n")
    run("users", "disable", "li.ming")
    listed = run("users", "list")
    assert "li.ming" in listed
    assert "已停用" in listed
    with pytest.raises(AssistantError, match="12"):
        run("users", "create", "wang", typed="short\n")


def test_a_portal_is_entered_opened_and_shut(home: Path) -> None:
    said = run("embeds", "create", "--name", "门户", "--origin", "https://portal.example", "--department", "信贷部")
    found = re.search(r"activate (\w+)", said)
    assert found is not None
    run("embeds", "activate", found.group(1))
    assert "active" in run("embeds", "list")
    assert "每日上限 5" in run("embeds", "limit", found.group(1), "--daily-cap", "5")
    assert json.loads(run("embeds", "list", "--json"))[0]["daily_cap"] == 5
    run("embeds", "pause", found.group(1))
    assert json.loads(run("embeds", "list", "--json"))[0]["state"] == "paused"


def test_records_go_back_and_forward(home: Path) -> None:
    assert "0000" in run("records", "status")
    run("records", "upgrade")
    status = json.loads(run("records", "status", "--json"))
    assert status["current"] == status["newest"] > "0002"
    assert "0000" in run("records", "downgrade", "0000")


# --- starting -----------------------------------------------------------------------------------

_PROGRAM = """
import sys
sys.path.insert(0, {here!r})
from serving_fakes import FakeAssistant
from assistant.errors import SettingsError
from assistant.serving.server import run_server
from assistant.settings import load
try:
    run_server(load(port=0), build=FakeAssistant)
except SettingsError as exc:
    print(exc.message)
    sys.exit(2)
"""


@contextmanager
def server(**variables: str) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONPATH": str(HERE.parents[1]), **variables}
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM.format(here=str(HERE))],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        env=environment,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=20)


def refused(**variables: str) -> str:
    with server(**variables) as process:
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 2, out
    return out


def test_unsafe_settings_are_refused_all_at_once(home: Path) -> None:
    said = refused(ASSISTANT_HOST="0.0.0.0")
    assert "开发模式不验证身份" in said
    (home / "data" / "secrets").mkdir(parents=True)
    (home / "data").chmod(0o777)
    pepper = home / "data" / "secrets" / "pepper"
    pepper.write_text("k" * 64)
    pepper.chmod(0o644)
    (home / ".env").write_text("ASSISTANT_LLM__API_KEY=sk-canary-canary\n")
    (home / ".env").chmod(0o644)
    said = refused(
        ASSISTANT_MODE="production", ASSISTANT_HOST="0.0.0.0", ASSISTANT_LOG_LEVEL="DEBUG",
        ASSISTANT_ACCESS__SECURE_COOKIE="false",
    )  # fmt: skip
    for words in ("可被其他用户读取", "容易猜到", "DEBUG", "SECURE_COOKIE", "数据文件夹", ".env", "改正以下 6 处"):
        assert words in said, said
    for canary in ("sk-canary", "kkkk"):
        assert canary not in said


def test_a_door_that_nobody_can_pass_is_not_opened(home: Path) -> None:
    key = json.loads(run("keys", "create", "--name", "k", "--json"))["id"]
    run("keys", "revoke", key)
    assert "谁也进不来" in refused(ASSISTANT_MODE="production")


def test_in_production_it_serves_whoever_has_a_key(home: Path) -> None:
    made = json.loads(run("keys", "create", "--name", "k", "--json"))
    with server(ASSISTANT_MODE="production") as process:
        address = _address(process)
        with httpx.Client(base_url=address, trust_env=False, timeout=20) as client:
            assert client.get("/livez").status_code == 200
            assert client.get("/api/v1/documents").status_code == 401
            page = client.get("/", headers={"Accept": "text/html"})
            assert (page.status_code, page.headers["location"]) == (303, "/signin")
            asked = client.get("/api/v1/documents", headers={"Authorization": f"Bearer {made['key']}"})
            assert asked.status_code == 200
            assert "退出登录" in client.get("/", headers={"Authorization": f"Bearer {made['key']}"}).text


def test_in_development_every_page_says_so(home: Path) -> None:
    with server() as process:
        address = _address(process)
        for path in ("/", "/docs"):
            assert "开发模式" in httpx.get(f"{address}{path}", trust_env=False).text, path
        assert httpx.get(f"{address}/signin", trust_env=False).status_code == 404
    assert not (home / "data").exists()  # nothing is kept


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if found := re.search(r"对话页面：(http://127\.0\.0\.1:\d+)/", line):
            return found.group(1)
    raise AssertionError(said)
