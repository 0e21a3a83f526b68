"""`assistant talk` as a process of its own: the commands of docs/talks.md, as they stand there, one after the other."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from test_cli import ROOT, run_in

from assistant.evaluation.talk_edits import paragraphs_of, put, saved

CORPUS = ("--corpus", str(ROOT / "corpus" / "notice_2024_shaanxi.txt"))
PAGE = (ROOT / "docs" / "talks.md").read_text(encoding="utf-8")
COMMANDS = [
    shlex.split(line)[3:]
    for block in re.findall(r"^```sh\n(.*?)^```$", PAGE, re.M | re.S)
    for line in block.splitlines()
    if line.startswith("python -m assistant ")
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the commands of the page have run."""
    home = tmp_path_factory.mktemp("talk")
    for command in COMMANDS:
        done = run_in(home, *command, *CORPUS)
        assert done.returncode == 0, (command, done.stderr)
        assert done.stdout
    return home


def test_the_page_drafts_exports_and_checks() -> None:
    assert [command[:2] for command in COMMANDS] == [
        ["talk", "draft"],
        ["talk", "export"],
        ["talk", "check"],
        ["talk", "check"],
    ]


def test_the_commands_of_the_page_write_what_it_says(folder: Path) -> None:
    assert {path.name for path in folder.glob("talk.*")} == {
        "talk.yaml",
        "talk.pptx",
        "talk.docx",
        "talk.register.json",
    }


def test_a_changed_number_is_told_with_its_clause(folder: Path) -> None:
    deck, paragraphs = paragraphs_of((folder / "talk.pptx").read_bytes(), ".pptx")
    one = next(p for p in paragraphs if "严禁" in p.text or "不得" in p.text)
    put(one, one.text.replace("严禁", "可以").replace("不得", "可以"))
    (folder / "edited.pptx").write_bytes(saved(deck))
    done = run_in(folder, "talk", "check", "edited.pptx", "--json", *CORPUS)
    assert done.returncode == 3
    told = json.loads(done.stdout)
    assert not told["good"]
    assert [f["source"] for f in told["findings"] if f["fault"] and f["verdict"]]


def test_a_draft_that_was_made_to_promise_is_not_exported_unless_it_is_marked(folder: Path) -> None:
    draft = (folder / "talk.yaml").read_text(encoding="utf-8")
    changed = re.sub(r"(?m)^(\s+)说法: .*$", r"\1说法: 人人都能批下信用贷款。", draft, count=1)
    (folder / "bad.yaml").write_text(changed, encoding="utf-8")
    done = run_in(folder, "talk", "export", "bad.yaml", *CORPUS)
    assert done.returncode == 2
    assert "人人" not in done.stderr
    assert not (folder / "bad.pptx").exists()
    marked = run_in(folder, "talk", "export", "bad.yaml", "--mark-unproved", "--pptx", *CORPUS)
    assert marked.returncode == 3
    assert (folder / "bad.pptx").exists()
    assert not (folder / "bad.docx").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("draft", "--audience", "农户", "--topic", "贷款", "--minutes", "2"),
        ("draft", "--audience", "农户", "--topic", "贷款", "--doc", "nobody"),
        ("export", "nobody.yaml"),
        ("check", "nobody.pptx"),
    ],
)
def test_what_cannot_be_used_is_told(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = run_in(tmp_path, "talk", *arguments, *CORPUS)
    assert done.returncode == 2
    assert done.stderr.strip().splitlines()[-1].endswith("。")
    assert not [path for path in tmp_path.iterdir() if path.is_file()]
