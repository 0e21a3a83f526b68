"""Files of older programs, through a stand-in for LibreOffice that stands on the path as the real one would."""

from __future__ import annotations

import os
import time
from pathlib import Path

import psutil
import pytest
from office_files import docx, p
from sheet_files import SheetXml, c, row, xlsx

from assistant.errors import SourceError, UnreadableSource, UnsupportedFormat
from assistant.parsing import office
from assistant.parsing.readers import Source, read_source

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 504
DOC = OLE + "WordDocument".encode("utf-16-le")
XLS = OLE + "Workbook".encode("utf-16-le")


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the path for a program named soffice; nothing else that converts is found."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setattr(office, "PROGRAMS", ("soffice",))
    return folder


def install(folder: Path, script: str) -> None:
    program = folder / "soffice"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def read(folder: Path, name: str, raw: bytes, timeout_s: float = 20.0) -> Source:
    path = folder / name
    path.write_bytes(raw)
    return read_source(path, timeout_s=timeout_s)


def test_without_a_suite_the_way_out_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office, "PROGRAMS", ())
    for name, raw, target in (
        ("a.doc", DOC, ".docx"),
        ("a.wps", DOC, ".docx"),
        ("a.xls", XLS, ".xlsx"),
        ("a.et", XLS, ".xlsx"),
    ):
        with pytest.raises(UnsupportedFormat) as caught:
            read(tmp_path, name, raw)
        assert caught.value.code == "unsupported_format"
        assert f"“另存为”{target}" in caught.value.message


def test_what_the_suite_makes_is_read_and_told(suite: Path, tmp_path: Path) -> None:
    made = tmp_path / "made.docx"
    made.write_bytes(docx(p("某办法") + p("第一条 甲。")))
    install(
        suite,
        f'cp {made} "$9/in.docx"; echo "$@" > {tmp_path}/asked; cp -r profile {tmp_path}/profile; env > {tmp_path}/env',
    )
    source = read(tmp_path, "旧.doc", DOC)
    assert source.text == "某办法\n第一条 甲。\n"
    assert source.format == "docx"
    assert [w.code for w in source.warnings] == ["converted"]
    asked = (tmp_path / "asked").read_text()
    assert "--headless" in asked
    assert "--convert-to docx" in asked
    settings = (tmp_path / "profile/user/registrymodifications.xcu").read_text()
    for wanted in ("DisableMacrosExecution", "BlockUntrustedRefererLinks", "ooInetHTTPProxyName"):
        assert wanted in settings
    environment = (tmp_path / "env").read_text()
    assert "http_proxy=http://127.0.0.1:9" in environment
    assert f"HOME={os.environ.get('HOME')}\n" not in environment


def test_a_sheet_of_an_older_program(suite: Path, tmp_path: Path) -> None:
    made = tmp_path / "made.xlsx"
    data = row(1, c("A1", "项目"), c("B1", "收费")) + row(2, c("A2", "转账"), c("B2", "5元"))
    made.write_bytes(xlsx(SheetXml(name="费", data=data)))
    install(suite, f'cp {made} "$9/in.xlsx"')
    assert read(tmp_path, "费.xls", XLS).text == "费\n项目\t收费\n转账\t5元\n"


def test_a_suite_that_makes_nothing(suite: Path, tmp_path: Path) -> None:
    install(suite, "exit 1")
    with pytest.raises(UnreadableSource) as caught:
        read(tmp_path, "a.doc", DOC)
    assert caught.value.code == "corrupt"
    assert "密码" in caught.value.message


def test_what_is_made_passes_the_same_gate(suite: Path, tmp_path: Path) -> None:
    made = tmp_path / "made.docx"
    made.write_bytes(docx(p("甲"), members={"word/vbaProject.bin": b"x"}))
    install(suite, f'cp {made} "$9/in.docx"')
    with pytest.raises(SourceError) as caught:
        read(tmp_path, "a.doc", DOC)
    assert caught.value.code == "macro"


def test_a_suite_that_hangs_is_stopped_with_its_children(suite: Path, tmp_path: Path) -> None:
    install(suite, f"sleep 300 & echo $! > {tmp_path}/child; wait")
    begun = time.monotonic()
    with pytest.raises(UnreadableSource) as caught:
        read(tmp_path, "a.doc", DOC, timeout_s=2.0)
    assert caught.value.code == "timeout"
    assert time.monotonic() - begun < 15
    child = int((tmp_path / "child").read_text())
    deadline = time.monotonic() + 5
    while psutil.pid_exists(child) and psutil.Process(child).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_limits_are_set(suite: Path, tmp_path: Path) -> None:
    install(
        suite, f"sleep 0.5; ulimit -f > {tmp_path}/written; ulimit -v > {tmp_path}/memory; ulimit -n > {tmp_path}/files"
    )
    with pytest.raises(SourceError):
        read(tmp_path, "a.doc", DOC)
    assert int((tmp_path / "memory").read_text()) <= 4 * 2**20
    assert int((tmp_path / "files").read_text()) <= 512
    assert (tmp_path / "written").read_text().strip() != "unlimited"


def test_nothing_is_left_behind(suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    install(suite, "exit 0")
    with pytest.raises(SourceError):
        read(tmp_path, "a.doc", DOC)
    assert list(folder.iterdir()) == []


def test_an_rtf_with_the_name_of_a_word_file_is_read_without_a_suite(suite: Path, tmp_path: Path) -> None:
    source = read(tmp_path, "通知.doc", rb"{\rtf1\ansi\ansicpg936 \'bc\'d7\par}")
    assert (source.text, source.format) == ("甲\n", "rtf")
