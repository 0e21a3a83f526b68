"""What the repository's own files have to keep to."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Put together here, so that this file names none of them either.
_DOTTED = (
    ("pypi", "org"),
    ("pythonhosted", "org"),
    ("pytorch", "org"),
    ("npmjs", "org"),
    ("npmjs", "com"),
    ("anaconda", "org"),
)
REGISTRIES = tuple(".".join(parts) for parts in _DOTTED)
PINNED = re.compile(r"(?P<name>[a-z0-9][a-z0-9.-]*)==[0-9][a-z0-9.+!]*")


def tracked_files() -> list[Path]:
    """Files in git, and those that would be added."""
    done = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
        timeout=60,
    )
    if done.returncode != 0:
        pytest.skip("not a git checkout")
    return [path for name in done.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]


def test_no_file_names_a_package_registry() -> None:
    files = tracked_files()
    assert ROOT / "pyproject.toml" in files
    named = [f"{path}: {host}" for path in files for host in REGISTRIES if host.encode() in path.read_bytes()]
    assert named == []


def test_no_file_is_large() -> None:
    trained = ROOT / "assistant" / "data" / "models"  # matrices that the project trained on its own questions

    def limit(path: Path) -> int:
        return 5_000_000 if path.parent == trained else 2_000_000

    assert [path for path in tracked_files() if path.stat().st_size > limit(path)] == []


def constraints() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    matches = [(line, PINNED.fullmatch(line)) for line in lines]
    assert [line for line, match in matches if match is None] == []  # nothing but pins: no address, no option
    return {match["name"]: line for line, match in matches if match}


def test_constraints_are_pins_and_nothing_else() -> None:
    names = constraints().keys()
    assert len(names) > 100
    unwanted = re.compile(r"torch|triton|nvidia-.*|cuda-.*|certifi|puhui-.*")
    assert [name for name in names if unwanted.fullmatch(name)] == []


def test_every_dependency_is_pinned_but_torch_and_the_list_of_authorities() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *(d for extra in project["optional-dependencies"].values() for d in extra)]
    names = {re.split(r"[<>=\[]", dependency)[0].lower().replace("_", "-") for dependency in wanted}
    assert names - {"puhui-policy-assistant"} - constraints().keys() == {"torch", "certifi"}


def test_the_base_has_no_torch() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert not [d for d in project["dependencies"] if re.match(r"torch|sentence", d)]
    assert "torch==2.13.0" in project["optional-dependencies"]["st"]


def test_the_hub_client_is_one_that_transformers_takes() -> None:
    assert constraints()["huggingface-hub"].startswith("huggingface-hub==1.")


def test_help_names_every_command_of_the_makefile() -> None:
    done = subprocess.run(
        ["make", "-s", "help"], cwd=ROOT, capture_output=True, encoding="utf-8", check=True, timeout=180
    )
    for target in ("run", "ask", "test", "lint", "limits", "eval", "bench", "clean"):
        assert f"make {target} " in done.stdout


def test_ask_without_a_question_says_how() -> None:
    done = subprocess.run(
        ["make", "-s", "-o", "setup", "ask"], cwd=ROOT, capture_output=True, encoding="utf-8", check=False, timeout=180
    )
    assert done.returncode == 2
    assert "make ask Q=" in done.stderr
