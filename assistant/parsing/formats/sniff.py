"""What a file is, by its bytes. A name only says what its owner expects."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Set
from dataclasses import dataclass
from io import BytesIO

from assistant.parsing.formats.model import BOMB, CORRUPT, EMPTY, ENCRYPTED, MACRO, TYPE_MISMATCH, UNSUPPORTED, Rejected

FORMATS = {
    ".txt": "txt",
    ".md": "md",
    ".markdown": "md",
    ".html": "html",
    ".htm": "html",
    ".docx": "docx",
    ".docm": "docx",
    ".pdf": "pdf",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".pptx": "pptx",
    ".pptm": "pptx",
    ".ofd": "ofd",
    ".rtf": "rtf",
}
_WANTED = {
    "txt": "文本",
    "md": "Markdown",
    "html": "网页",
    "docx": "Word 文档（.docx）",
    "pdf": "PDF",
    "xlsx": "Excel 表格（.xlsx）",
    "pptx": "演示文稿（.pptx）",
    "ofd": "OFD 版式文件",
    "rtf": "RTF",
}
_WITH_MACROS = frozenset({".docm", ".xlsm", ".pptm"})
# Files of older programs, which an office suite can turn into one of ours: suffix → format it becomes.
CONVERTED = {
    ".doc": "docx",
    ".dot": "docx",
    ".wps": "docx",
    ".odt": "docx",
    ".xls": "xlsx",
    ".et": "xlsx",
    ".ppt": "pptx",
    ".dps": "pptx",
}
READABLE = ".txt、.md、.html、.docx、.pdf、.xlsx、.pptx、.ofd 和 .rtf"
_TO_DOCX = "请用 Word 或 WPS 打开后“另存为”.docx 再加入"
_TO_PDF = "请用阅读器打开后导出为 PDF 或 .docx 再加入"
_TO_XLSX = "请用 Excel 或 WPS 打开后“另存为”.xlsx 再加入"
_TO_PPTX = "请用 PowerPoint 或 WPS 打开后“另存为”.pptx 再加入"
# By name alone: what to do with files nobody here can read.
_HOW_TO_CONVERT = {
    ".doc": ("旧版 Word（.doc）", _TO_DOCX),
    ".dot": ("旧版 Word 模板（.dot）", _TO_DOCX),
    ".wps": ("WPS 文字（.wps）", _TO_DOCX),
    ".odt": ("OpenDocument（.odt）", _TO_DOCX),
    ".ceb": ("CEB 版式文件", _TO_PDF),
    ".caj": ("CAJ 文件", _TO_PDF),
    ".xls": ("旧版 Excel 表格（.xls）", _TO_XLSX),
    ".xlsb": ("二进制 Excel 表格（.xlsb）", _TO_XLSX),
    ".et": ("WPS 表格（.et）", _TO_XLSX),
    ".ppt": ("旧版演示文稿（.ppt）", _TO_PPTX),
    ".dps": ("WPS 演示（.dps）", _TO_PPTX),
    ".mht": ("网页存档（.mht）", "请另存为 .html 或 .txt 后再加入"),
    ".mhtml": ("网页存档（.mht）", "请另存为 .html 或 .txt 后再加入"),
}
_OTHER_MAGIC = (
    (b"MZ", "程序文件"),
    (b"\x7fELF", "程序文件"),
    (b"\xfe\xed\xfa", "程序文件"),
    (b"\xcf\xfa\xed\xfe", "程序文件"),
    (b"\xca\xfe\xba\xbe", "程序文件"),
    (b"#!", "脚本"),
    (b"\x89PNG\r\n", "图片"),
    (b"\xff\xd8\xff", "图片"),
    (b"GIF8", "图片"),
    (b"II*\x00", "图片"),
    (b"MM\x00*", "图片"),
    (b"BM", "图片"),
    (b"Rar!", "压缩包"),
    (b"7z\xbc\xaf", "压缩包"),
    (b"\x1f\x8b", "压缩包"),
    (b"BZh", "压缩包"),
    (b"\xfd7zXZ", "压缩包"),
    (b"SQLite format 3", "数据库"),
    (b"\x00asm", "程序文件"),
)
_MAX_ENTRIES = 20_000
_PACKED = frozenset({"docx", "xlsx", "pptx", "ofd"})  # each a ZIP
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HTML_HEAD = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|meta|script|title)\b",
    re.IGNORECASE,
)
_ANY_TAG = re.compile(rb"<(?:[a-zA-Z][\w:-]*|!doctype|/[a-zA-Z]|!--)", re.IGNORECASE)
_BLANK = b" \t\r\n\x0b\x0c"
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class _Kind:
    """A recognised content: one of our formats, or a name for people with advice."""

    format: str | None
    name: str = ""
    advice: str | None = None  # set: a document that would have to be converted
    becomes: str | None = None  # the format that an office suite makes of it


def format_of(suffix: str, raw: bytes, *, convertible: bool = False) -> str:
    """The format that both the name (`suffix`, with its dot) and the bytes speak for.

    `convertible`: whether an office suite is at hand; then the suffix itself (.doc) for what it can turn into a
    format of ours, see `CONVERTED`.

    Raises:
        Rejected: `empty`, `unsupported_format`, `type_mismatch`, `encrypted`, `macro` or `corrupt`.
    """
    suffix = suffix.lower()
    kind = _kind(raw, suffix)
    wanted = FORMATS.get(suffix)
    if convertible and kind.becomes is not None and kind.becomes == CONVERTED.get(suffix):
        return suffix
    if kind.format == "rtf" and suffix in (".doc", ".wps"):
        return "rtf"  # as Word itself takes it
    if kind.advice is not None:
        raise Rejected(UNSUPPORTED, f"内容是{kind.name}，不能直接读取，{kind.advice}")
    if wanted is None:
        name, advice = _HOW_TO_CONVERT.get(suffix, ("这种文件", f"目前可读 {READABLE}，请另存为其中一种"))
        raise Rejected(UNSUPPORTED, f"暂不支持{name}，{advice}")
    if not raw.strip(_BLANK) or raw.strip(_BLANK) in _BOMS:
        raise Rejected(EMPTY, "文件没有内容")
    if suffix in _WITH_MACROS and kind.format == wanted:
        raise Rejected(MACRO, f"带宏的文件（{suffix}）不予接收，请另存为不含宏的 .{wanted} 后再加入")
    _refuse_mismatch(kind, wanted, raw)
    return wanted


def _refuse_mismatch(kind: _Kind, wanted: str, raw: bytes) -> None:
    """Refuse a file whose bytes are of another kind than its name says."""
    if kind.format is None:
        raise Rejected(TYPE_MISMATCH, f"扩展名是{_WANTED[wanted]}，内容却是{kind.name}，请核对文件来源")
    if kind.format != wanted and not (kind.format == "txt" and wanted in ("md", "html")):
        raise Rejected(
            TYPE_MISMATCH, f"扩展名是{_WANTED[wanted]}，内容却是{kind.name}，请核对文件来源，改正扩展名后再加入"
        )
    if wanted == "html" and not _ANY_TAG.search(_narrow(raw)):
        raise Rejected(TYPE_MISMATCH, "扩展名是网页，内容里却没有网页标记，请核对文件来源；若是纯文本请改为 .txt")


def _kind(raw: bytes, suffix: str) -> _Kind:
    if raw.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_kind(raw, suffix)
    if raw.startswith(_OLE):
        return _ole_kind(raw, suffix)
    if b"%PDF-" in raw[:1024]:
        return _Kind("pdf", "PDF")
    if raw.lstrip(_BLANK).startswith(b"{\\rtf"):
        return _Kind("rtf", "RTF")
    if raw[:2000].lstrip(_BLANK).lower().startswith((b"mime-version:", b"from: <saved by")):
        return _Kind(None, "网页存档（.mht）", "请另存为 .html 或 .txt 后再加入")
    for magic, name in _OTHER_MAGIC:
        if raw.startswith(magic) and not (magic in (b"BM", b"MZ", b"#!") and _is_plain(raw)):
            return _Kind(None, name)
    if _HTML_HEAD.match(_behind_comments(_narrow(raw[:8000]))):
        return _Kind("html", "网页")
    return _Kind("txt", "纯文本")


def _behind_comments(head: bytes) -> bytes:
    """`head` without the blanks, XML declaration and comments it begins with."""
    while (head := head.lstrip(_BLANK)).startswith((b"<!--", b"<?xml")):
        end = b"-->" if head.startswith(b"<!--") else b"?>"
        _, found, rest = head.partition(end)
        if not found:
            return head
        head = rest
    return head


def _is_plain(raw: bytes) -> bool:
    """Two letters such as BM may begin an honest text; a binary file has other bytes soon after."""
    return not any(b < 9 or 13 < b < 32 for b in raw[:512])


def _narrow(raw: bytes) -> bytes:
    """Markup of UTF-16 as single bytes, so that one pattern fits both."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")) or raw[:200].count(0) > 40:
        return raw.replace(b"\x00", b"").lstrip(b"\xff\xfe")
    return raw.removeprefix(b"\xef\xbb\xbf")


def _ole_kind(raw: bytes, suffix: str) -> _Kind:
    # The names of streams stand in the directory as UTF-16; nothing of the container is followed.
    def holds(name: str) -> bool:
        return name.encode("utf-16-le") in raw

    if holds("EncryptedPackage") or holds("EncryptionInfo"):
        raise Rejected(ENCRYPTED, "文件设有打开密码，请用原来的程序打开并取消密码后再加入")
    if suffix == ".wps":
        return _Kind(None, "WPS 文字（.wps）", _TO_DOCX, "docx")
    if holds("Workbook") or holds("Book"):
        return _Kind(None, "旧版 Excel 表格（.xls）或 WPS 表格（.et）", _TO_XLSX, "xlsx")
    if holds("PowerPoint Document"):
        return _Kind(None, "旧版演示文稿（.ppt）或 WPS 演示（.dps）", _TO_PPTX, "pptx")
    return _Kind(None, "旧版 Word（.doc）或 WPS 文件", _TO_DOCX, "docx")


def _zip_kind(raw: bytes, suffix: str) -> _Kind:
    if raw.count(b"PK\x01\x02") > _MAX_ENTRIES:
        raise Rejected(BOMB, "压缩包内成员过多，不像正常的文档，不予展开")
    try:
        with zipfile.ZipFile(BytesIO(raw)) as archive:
            names = set(archive.namelist()[:5000])
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as exc:
        if FORMATS.get(suffix) in _PACKED:
            raise Rejected(CORRUPT, "文件不完整或已损坏，请重新下载或用原来的程序重新保存") from exc
        return _Kind(None, "压缩包")
    return next((kind for holds, kind in _ZIPPED if holds(names)), _Kind(None, "压缩包"))


def _under(folder: str) -> Callable[[Set[str]], bool]:
    return lambda names: any(name.startswith(folder) for name in names)


# What a ZIP is by the names of its members, the first that holds.
_ZIPPED: tuple[tuple[Callable[[Set[str]], bool], _Kind], ...] = (
    (lambda names: any(name.lower() == "ofd.xml" for name in names), _Kind("ofd", "OFD 版式文件")),
    (lambda names: "xl/workbook.bin" in names, _Kind(None, "二进制 Excel 表格（.xlsb）", _TO_XLSX)),
    (_under("xl/"), _Kind("xlsx", "Excel 表格（.xlsx）")),
    (_under("ppt/"), _Kind("pptx", "演示文稿（.pptx）")),
    (lambda names: {"mimetype", "content.xml"} <= names, _Kind(None, "OpenDocument 文件", _TO_DOCX, "docx")),
    (lambda names: "[Content_Types].xml" in names, _Kind("docx", "Word 文档（.docx）")),
    (_under("word/"), _Kind("docx", "Word 文档（.docx）")),
)
