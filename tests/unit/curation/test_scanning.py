"""The house's scanner: clean, found, and whatever else it may say or not say."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from assistant.curation.scanning import INFECTED, UNSCANNED, RefusedByScanner, Scanner
from assistant.errors import SettingsError


def scanner(tmp_path: Path, code: str, timeout_s: float = 20.0) -> Scanner:
    script = tmp_path / "scan it.py"
    script.write_text(code, encoding="utf-8")
    made = Scanner.of(f"{sys.executable} '{script}' --quiet", timeout_s)
    assert made is not None
    return made


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    path = tmp_path / "办法; rm -rf $HOME.txt"
    path.write_text("words", encoding="utf-8")
    return path


def test_none_is_set() -> None:
    assert Scanner.of(None, 1) is None
    assert Scanner.of("", 1) is None


def test_a_clean_file_passes_and_its_path_is_one_word_of_no_shell(tmp_path: Path, paper: Path) -> None:
    seen = tmp_path / "seen"
    code = f"import sys; open({str(seen)!r}, 'w').write('|'.join(sys.argv[1:]))"
    scanner(tmp_path, code).check(paper)
    assert seen.read_text(encoding="utf-8") == f"--quiet|{paper}"


def test_what_is_found_is_refused_with_the_words_of_the_scanner(tmp_path: Path, paper: Path) -> None:
    found = scanner(tmp_path, "import sys; print(sys.argv[-1] + ': Eicar FOUND'); print('more'); sys.exit(1)")
    with pytest.raises(RefusedByScanner, match="报告文件有问题，已删除：文件: Eicar FOUND") as caught:
        found.check(paper)
    assert caught.value.code == INFECTED
    assert "more" not in caught.value.message


@pytest.mark.parametrize("code", ["import sys; print('no database'); sys.exit(2)", "raise SystemExit(-9)"])
def test_a_scanner_that_fails_keeps_the_file_out(tmp_path: Path, paper: Path, code: str) -> None:
    with pytest.raises(RefusedByScanner, match="没有完成（返回") as caught:
        scanner(tmp_path, code).check(paper)
    assert caught.value.code == UNSCANNED


def test_a_scanner_that_takes_too_long_keeps_the_file_out(tmp_path: Path, paper: Path) -> None:
    with pytest.raises(RefusedByScanner, match="没有结果") as caught:
        scanner(tmp_path, "import time; time.sleep(60)", timeout_s=0.5).check(paper)
    assert caught.value.code == UNSCANNED


def test_a_scanner_that_is_not_there_keeps_the_file_out(paper: Path) -> None:
    with pytest.raises(RefusedByScanner, match="无法运行") as caught:
        Scanner(("/nowhere/clamdscan",)).check(paper)
    assert caught.value.code == UNSCANNED


def test_a_scanner_gets_none_of_our_settings(tmp_path: Path, paper: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_LLM__API_KEY", "secret")
    code = "import os, sys; sys.exit(any(name.startswith('ASSISTANT_') for name in os.environ))"
    scanner(tmp_path, code).check(paper)


def test_what_is_no_command_line_is_told_at_the_start() -> None:
    with pytest.raises(SettingsError, match="SCANNER"):
        Scanner.of("clamdscan 'open", 1)
