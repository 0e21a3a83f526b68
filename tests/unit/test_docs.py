"""The documents for people name files and commands that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from test_rooms import ROOMS

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "eval" / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
BASES = (ROOT, ROOT / "assistant", ROOT / "eval")
_FILE = re.compile(r"`((?:[\w.-]+/)+[\w.-]+\.(?:py|yaml|yml|jsonl|json|txt|md|toml))`")
_LINK = re.compile(r"\]\((?!https?:)([^)#]+)\)")
_OUTSIDE = ("../shared/", "corpus/phrasings/*")


def missing(page: Path, text: str) -> list[str]:
    """Files that a page names and that are neither in the repository nor in the package."""
    named = [name for name in _FILE.findall(text) if not name.startswith(_OUTSIDE)]
    linked = [name for name in _LINK.findall(text) if not (page.parent / name).exists()]
    return [n for n in named if not any((base / n).exists() for base in BASES)] + linked


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_page_names_files_that_are_there(page: Path) -> None:
    assert missing(page, page.read_text(encoding="utf-8")) == []


def test_a_file_or_link_that_is_not_there_is_found() -> None:
    text = "see `question/none.py`, `question/reader.py`, [a](none.md), [b](answering.md), `../shared/eval/x.jsonl`"
    assert missing(ROOT / "docs" / "page.md", text) == ["question/none.py", "none.md"]


def test_the_picture_of_rooms_has_them_in_their_order() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    picture = text.split("```")[1]
    assert tuple(re.findall(r"^([a-z]+)(?:/|\.py)", picture, re.MULTILINE)) == ROOMS


def unknown(text: str) -> list[str]:
    """Names in a text that no module, function, class or constant of the program bears."""
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "assistant").rglob("*.py"))
    files = {path.name for path in (ROOT / "assistant").rglob("*.py")}
    names = re.findall(r"`([A-Za-z_.]+)`", text)
    known = (
        name in files
        if name.endswith(".py")
        else re.search(rf"(?:def|class) {name.split('.')[-1]}\b|^{name} = ", source, re.M)
        for name in names
    )
    return [name for name, found in zip(names, known, strict=True) if not found]


def test_the_walks_call_what_is_there() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    walks = text[text.index("## A file walked") : text.index("## Limits")]
    assert unknown(walks) == []
    assert unknown("`Answerer.answer`, `sing_a_song`, `song.py`, `reader.py`, `CURRENT`") == ["sing_a_song", "song.py"]


def test_the_page_of_helpers_names_each_of_them() -> None:
    folder = ROOT / "tests" / "support"
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert [path.stem for path in sorted(folder.glob("*.py")) if f"`{path.stem}`" not in text] == []


def test_the_forms_can_be_read() -> None:
    forms = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
    assert len(forms) == 3
    for form in forms:
        fields = yaml.safe_load(form.read_text(encoding="utf-8"))
        assert {"name", "description", "body"} <= set(fields)


def test_the_hooks_run_in_the_projects_own_environment() -> None:
    repos = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert [repo["repo"] for repo in repos] == ["local"]
    assert all(hook["entry"].startswith(".venv/bin/python ") for repo in repos for hook in repo["hooks"])


_TEST = re.compile(r"`((?:unit|integration|e2e)/[\w/]+\.py)(?:::(test_\w+))?`")
_ROWS = [
    *(f"T{n}" for n in (5, 6, 7, 8, 14, 15, 16, 17)),
    *(f"R{n}" for n in range(1, 25)),
    *("F20", "F21"),
]


def not_tests(text: str) -> list[str]:
    """Tests that a text names and that are not there."""
    found = []
    for file, name in _TEST.findall(text):
        path = ROOT / "tests" / file
        if not path.exists() or (name and f"\ndef {name}(" not in path.read_text(encoding="utf-8")):
            found.append(f"{file}::{name}")
    return found


def test_every_row_of_faults_names_tests_that_are_there() -> None:
    text = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    rows = {line.split()[1]: line for line in text.splitlines() if re.match(r"\| [TRF]\d", line)}
    assert [row for row in _ROWS if row not in rows] == []
    assert not_tests(text) == []
    for row, line in rows.items():
        verdict = line.split("|")[2].strip()
        assert verdict in {"成立", "部分", "不成立", "没有做"}
        assert _TEST.search(line) or verdict == "没有做", row
    assert not_tests("`unit/test_docs.py::test_nothing`, `unit/none.py`, `unit/test_docs.py`") == [
        "unit/test_docs.py::test_nothing",
        "unit/none.py::",
    ]
