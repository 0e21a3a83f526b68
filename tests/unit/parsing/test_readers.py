"""Bytes become text, or a fault that names the file and says what to do."""

from __future__ import annotations

import codecs
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import SourceError, UnreadableSource, UnsupportedFormat
from assistant.parsing.readers import read_source
from assistant.text.folding import squeeze

TEXT = "某局通知\n\n一、总体要求\n各行要落实“㈠𠮷”。\n"

ENCODED = {
    "utf-8": TEXT.encode("utf-8"),
    "utf-8 with BOM": codecs.BOM_UTF8 + TEXT.encode("utf-8"),
    "utf-16-le with BOM": codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
    "utf-16-be with BOM": codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
    "gb18030": TEXT.encode("gb18030"),
}


def write(folder: Path, raw: bytes, name: str = "通知.txt") -> Path:
    path = folder / name
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize("raw", ENCODED.values(), ids=ENCODED)
def test_encodings(tmp_path: Path, raw: bytes) -> None:
    source = read_source(write(tmp_path, raw))
    assert source.text == TEXT
    assert source.sha256 == sha256(raw).hexdigest()
    assert source.front == {}


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends_become_one_kind(tmp_path: Path, end: str) -> None:
    assert read_source(write(tmp_path, TEXT.replace("\n", end).encode())).text == TEXT


UNREADABLE = {
    "empty": b"",
    "blank": "\ufeff \n\u3000\t\n".encode(),
    "hidden": "\u200b\xa0\x0b".encode(),
    "neither UTF-8 nor GB18030": b"\xe4\xb8\xad" + b"\xff" * 3,
    "BOM of UTF-8 before something else": codecs.BOM_UTF8 + b"\xff\xfe",
}


@pytest.mark.parametrize("raw", UNREADABLE.values(), ids=UNREADABLE)
def test_unreadable(tmp_path: Path, raw: bytes) -> None:
    path = write(tmp_path, raw)
    with pytest.raises(UnreadableSource, match=r"^通知\.txt：") as caught:
        read_source(path)
    assert caught.value.path == path


def test_a_control_character_is_told_and_not_taken_in(tmp_path: Path) -> None:
    source = read_source(write(tmp_path, (TEXT + "\x00").encode()))
    assert source.text == TEXT
    assert source.warnings


OTHER_FORMATS = {
    "PDF": b"%PDF-1.7\n",
    "DOCX": b"PK\x03\x04\x14\x00",
    "DOC": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    "EXE": b"MZ\x90\x00",
}


@pytest.mark.parametrize("raw", OTHER_FORMATS.values(), ids=OTHER_FORMATS)
def test_other_formats_are_known_by_their_bytes(tmp_path: Path, raw: bytes) -> None:
    with pytest.raises(UnsupportedFormat, match=r"^通知\.txt："):
        read_source(write(tmp_path, raw))


@pytest.mark.parametrize("name", ["通知.pdf", "通知.docx", "通知.xlsx", "通知"])
def test_text_under_another_suffix_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnsupportedFormat, match=f"^{name}："):
        read_source(write(tmp_path, TEXT.encode(), name))


def test_suffixes_may_be_capitals(tmp_path: Path) -> None:
    assert read_source(write(tmp_path, TEXT.encode(), "A.TXT")).text == TEXT


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "夹.txt").mkdir()
    for name in ("没有.txt", "夹.txt"):
        with pytest.raises(UnreadableSource, match=f"^{name}："):
            read_source(tmp_path / name)


def test_too_large(tmp_path: Path) -> None:
    assert read_source(write(tmp_path, b"a" * 10), max_bytes=10).text == "a" * 10
    with pytest.raises(UnreadableSource, match="MiB"):
        read_source(write(tmp_path, b"a" * 11), max_bytes=10)


FRONT = "---\ntitle: '某法'\ndate: 2020-01-01\n---\n\n# 某法\n"


def test_the_head_of_a_markdown_file(tmp_path: Path) -> None:
    source = read_source(write(tmp_path, FRONT.encode(), "a.md"))
    assert source.text == "\n# 某法\n"
    assert source.front["title"] == "某法"


def test_a_text_file_has_no_head(tmp_path: Path) -> None:
    assert read_source(write(tmp_path, FRONT.encode(), "a.txt")).text == FRONT


@pytest.mark.parametrize("text", ["# 某法\n---\n甲\n---\n", "---\ntitle: 某法\n", "----\n甲\n---\n"])
def test_a_rule_is_no_head(tmp_path: Path, text: str) -> None:
    assert read_source(write(tmp_path, text.encode(), "a.md")).text == text


@pytest.mark.parametrize(
    "front",
    [
        "title: [某法",
        "title: '某法",
        "\ttitle: 某法",
        "- 某法",
        "某法",
        "date: 2020-13-45",
        "title: !!python/object/apply:os.getcwd []",
    ],
)
def test_a_broken_head(tmp_path: Path, front: str) -> None:
    with pytest.raises(SourceError, match=r"^a\.md：文件头部") as caught:
        read_source(write(tmp_path, f"---\n{front}\n---\n甲".encode(), "a.md"))
    assert caught.value.path == tmp_path / "a.md"


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_text_or_a_named_fault(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = write(tmp_path_factory.getbasetemp(), raw, "任意.txt")
    try:
        message, text = "", read_source(path).text
    except SourceError as error:
        message, text = error.message, ""
    assert message.startswith("任意.txt：") != bool(squeeze(text))
