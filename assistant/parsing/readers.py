"""A source file becomes text. Nothing is dropped to make a file fit; what is left out is named.

path ─ open once, no links, regular files only ─ bytes + sha256 ─ known by their content
     ├ txt, md up to 1 MiB       read here
     ├ doc, wps, xls, ppt …      turned into docx, xlsx, pptx by an office suite (office.py), where there is one
     └ everything else           read in a child process (sandbox.py)
     └ opened and hashed again: a file that changed meanwhile is refused
"""

from __future__ import annotations

import errno
import os
import re
import stat
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from assistant.errors import SourceError, UnreadableSource, UnsupportedFormat
from assistant.parsing.formats.model import (
    CHANGED,
    EMPTY,
    SPECIAL,
    TOO_LARGE,
    TYPE_MISMATCH,
    UNSUPPORTED,
    Parsed,
    Rejected,
    SourceWarning,
    TableSource,
)
from assistant.parsing.formats.sniff import CONVERTED, FORMATS, format_of
from assistant.parsing.office import converted, office_program
from assistant.parsing.sandbox import DEFAULT_TIMEOUT_S, parse_here, parse_in_child
from assistant.schema.document import HiddenText

__all__ = ["MAX_BYTES", "SUFFIXES", "HiddenText", "Source", "SourceWarning", "TableSource", "read_source"]

SUFFIXES = frozenset(FORMATS)
MAX_BYTES = 50 * 2**20
_IN_PROCESS = {"txt", "md"}
_IN_PROCESS_BYTES = 2**20
_HTML_TABLE = re.compile(rb"<table", re.IGNORECASE)  # in Markdown: markup is taken apart in the child
_PIECE = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file as text.

    `text`: one paragraph per line; Word's and HTML's automatic numbers restored; a table as one line a row with
    its caption before it. For .txt the decoded file itself; for .md the words its reader sees, without the YAML
    block at its head (`front`).
    """

    path: Path
    sha256: str  # of the bytes
    text: str
    front: dict[str, Any]
    format: str = "txt"  # txt, md, html, docx, pdf, xlsx, pptx, ofd, rtf
    tables: tuple[TableSource, ...] = ()
    warnings: tuple[SourceWarning, ...] = ()
    hidden: tuple[HiddenText, ...] = ()
    lost: tuple[str, ...] = field(default=())  # images, pages without text …


def read_source(path: Path, *, timeout_s: float = DEFAULT_TIMEOUT_S, max_bytes: int = MAX_BYTES) -> Source:
    """The text of a file of one of `SUFFIXES`, and of `CONVERTED` where an office suite is installed.

    Raises:
        SourceError: with `code` empty, type_mismatch, unsupported_format, encrypted, no_text, corrupt, bomb, dtd,
            macro, garbled, too_large, too_complex, changed, special, timeout, or unreadable when it cannot be opened.
    """
    try:
        raw = _read(path, max_bytes)
        digest = sha256(raw).hexdigest()
        fmt = format_of(path.suffix, raw, convertible=office_program() is not None)
        if fmt in CONVERTED:
            fmt, made = converted(raw, fmt, timeout_s=timeout_s)
            parsed = _told_converted(_parse(fmt, made, timeout_s), path.suffix)
        else:
            parsed = _parse(fmt, raw, timeout_s)
        _refuse_changed(path, digest, max_bytes)
    except Rejected as exc:
        raise _error(exc, path) from exc
    return Source(
        path=path,
        sha256=digest,
        text=parsed.text,
        front=parsed.front,
        format=fmt,
        tables=parsed.tables,
        warnings=parsed.warnings,
        hidden=parsed.hidden,
        lost=parsed.lost,
    )


def _parse(fmt: str, raw: bytes, timeout_s: float) -> Parsed:
    if fmt in _IN_PROCESS and len(raw) <= _IN_PROCESS_BYTES and not _HTML_TABLE.search(raw):
        return parse_here(fmt, raw)
    return parse_in_child(fmt, raw, timeout_s=timeout_s)


def _told_converted(parsed: Parsed, suffix: str) -> Parsed:
    message = f"由 LibreOffice 从 {suffix.lower()} 转换后读取，请对照原文核对编号、表格和批注"
    return replace(parsed, warnings=(SourceWarning(code="converted", message=message), *parsed.warnings))


def _error(exc: Rejected, path: Path) -> SourceError:
    kind = UnsupportedFormat if exc.code in (UNSUPPORTED, TYPE_MISMATCH) else UnreadableSource
    return kind(f"{path.name}：{exc.message}", path=path, code=exc.code)


def _read(path: Path, max_bytes: int) -> bytes:
    """The bytes of a regular file that is no link; opening never waits, whatever lies there."""
    try:
        _refuse_special(path.lstat())
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as exc:
        if exc.errno in (errno.ELOOP, errno.ENXIO):
            raise Rejected(SPECIAL, "是链接或特殊文件，已跳过，请放入文件本身") from exc
        message = f"无法打开（{exc.strerror}），请检查文件是否存在、能否读取"
        raise Rejected(UnreadableSource.code, message) from exc
    try:
        before = os.fstat(descriptor)
        _refuse_special(before)
        if before.st_size > max_bytes:
            raise Rejected(TOO_LARGE, f"文件超过 {max_bytes // 2**20} MiB，请拆分后再加入")
        raw = _read_all(descriptor, max_bytes)
        after = os.fstat(descriptor)
    except OSError as exc:
        raise Rejected(UnreadableSource.code, f"读取中断（{exc.strerror}），请检查存储后重试") from exc
    finally:
        os.close(descriptor)
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(raw) != after.st_size:
        raise Rejected(CHANGED, "读取时文件正在改动，请等保存完毕后重试")
    if not raw:
        raise Rejected(EMPTY, "文件没有内容")
    return raw


def _refuse_special(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise Rejected(SPECIAL, "不是普通文件（链接、文件夹或设备），已跳过，请放入文件本身")
    if status.st_nlink > 1:
        raise Rejected(SPECIAL, "是硬链接，与别处的文件共用内容，已跳过，请复制一份再加入")


def _read_all(descriptor: int, max_bytes: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while piece := os.read(descriptor, _PIECE):
        size += len(piece)
        if size > max_bytes:
            raise Rejected(TOO_LARGE, f"文件超过 {max_bytes // 2**20} MiB，请拆分后再加入")
        pieces.append(piece)
    return b"".join(pieces)


def _refuse_changed(path: Path, digest: str, max_bytes: int) -> None:
    try:
        now = sha256(_read(path, max_bytes)).hexdigest()
    except Rejected as exc:
        raise Rejected(CHANGED, "解析期间文件被移走或改动，请等保存完毕后重试") from exc
    if now != digest:
        raise Rejected(CHANGED, "解析期间文件内容有改动，请等保存完毕后重试")
