"""Bytes of a source file become text. Nothing is dropped to make a file fit."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

from assistant.errors import SourceError, UnreadableSource, UnsupportedFormat

SUFFIXES = frozenset({".txt", ".md"})
MAX_BYTES = 50 * 2**20
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# What other formats begin with: a file is known by its bytes, not by its name.
_MAGIC = (
    (b"%PDF", "PDF"),
    (b"PK\x03\x04", "DOCX 或压缩包"),
    (b"\xd0\xcf\x11\xe0", "旧版 Word（.doc）"),
    (b"MZ", "程序"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A decoded file. `front` is the YAML block at the head of a Markdown file, without which `text` begins."""

    path: Path
    sha256: str  # of the bytes
    text: str
    front: dict[str, Any]


def read_source(path: Path) -> Source:
    """The text of a .txt or .md file; UTF-8 with or without BOM, UTF-16 with BOM, else GB18030.

    Raises:
        UnsupportedFormat: another kind of file.
        UnreadableSource: missing, empty, larger than 50 MiB, or in no known encoding.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise UnsupportedFormat(f"{path.name}：暂不支持这种文件，目前可读 .txt 和 .md，请另存为其中一种", path=path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UnreadableSource(f"{path.name}：文件超过 50 MiB，请拆分后再加入", path=path)
        raw = path.read_bytes()
    except OSError as exc:
        raise UnreadableSource(
            f"{path.name}：无法打开（{exc.strerror}），请检查文件是否存在、能否读取", path=path
        ) from exc
    for magic, name in _MAGIC:
        if raw.startswith(magic):
            raise UnsupportedFormat(f"{path.name}：内容是{name}，与扩展名不符，请另存为纯文本后再加入", path=path)
    text = _decode(raw, path).replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip("\ufeff \t\n\u3000"):
        raise UnreadableSource(f"{path.name}：文件没有内容", path=path)
    if "\x00" in text:
        raise UnreadableSource(f"{path.name}：含有空字符，文件可能已损坏，请重新导出", path=path)
    front, body = _split_front(text, path) if path.suffix.lower() == ".md" else ({}, text)
    return Source(path=path, sha256=sha256(raw).hexdigest(), text=body, front=front)


def _decode(raw: bytes, path: Path) -> str:
    for bom, encoding in _BOMS:
        if raw.startswith(bom):
            return _strict(raw, encoding, path)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return _strict(raw, "gb18030", path)


def _strict(raw: bytes, encoding: str, path: Path) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as exc:
        message = f"{path.name}：第 {exc.start} 字节起无法解码，请另存为 UTF-8 后再加入"
        raise UnreadableSource(message, path=path) from exc


def _split_front(text: str, path: Path) -> tuple[dict[str, Any], str]:
    if not text.startswith("---\n") or "\n---\n" not in text[4:]:
        return {}, text
    block, _, body = text[4:].partition("\n---\n")
    try:
        front = yaml.safe_load(block)
    except yaml.YAMLError as exc:
        raise SourceError(f"{path.name}：文件头部的 YAML 写法有误，请检查引号和缩进", path=path) from exc
    if not isinstance(front, dict):
        raise SourceError(f"{path.name}：文件头部应是“名称: 值”的形式", path=path)
    return front, body
