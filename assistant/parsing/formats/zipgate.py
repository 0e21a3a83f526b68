"""The gate before a document that is a ZIP: its members are judged by the directory, then read with a counting reader.

Nothing is ever written to disk; embedded files are not opened.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise

from assistant.parsing.formats.model import BOMB, CORRUPT, DTD, ENCRYPTED, MACRO, Findings, Rejected

MAX_PART = 40_000_000
MAX_TOTAL = 100_000_000
MAX_RATIO = 100
RATIO_FROM = 1_000_000
MAX_MEMBERS = 2000
_LOCAL_HEADER = struct.Struct("<4s5H3I2H")
_DRIVE = re.compile(r"^[A-Za-z]:")
_DOCTYPE = re.compile(r"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_DECLARED = re.compile(r"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([\w.-]+)["']""")
_ENCODINGS = {"utf-8", "utf8", "utf-16", "us-ascii", "ascii"}
_XML = (".xml", ".rels", ".vml")
_MACRO = re.compile(r"vba(project|data)|macroenabled|macrosheet", re.IGNORECASE)
_EMBEDDED = re.compile(r"(^|/)(embeddings|activex|attachs?|attachments?)/", re.IGNORECASE)
_SEALED = re.compile(r"(^|/)(encryptions?|encryptinfo|encryptentries|decryptseed)[^/]*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Family:
    """How a kind of document is named to people: 「请在 Word 里重新保存」, 「另存为不含宏的 .docx」."""

    program: str
    suffix: str
    body: str  # what its main part holds


WORD = Family("Word", ".docx", "Word 正文")
EXCEL = Family("Excel", ".xlsx", "工作表")
SLIDES = Family("PowerPoint", ".pptx", "幻灯片")
OFD = Family("OFD 阅读器", ".ofd", "页面")


def read_parts(raw: bytes, findings: Findings, family: Family = WORD) -> dict[str, bytes]:
    """The XML parts of a document by name.

    Raises:
        Rejected: `corrupt`, `bomb`, `dtd`, `macro` or `encrypted`.
    """
    try:
        archive = zipfile.ZipFile(BytesIO(raw))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, struct.error) as exc:
        raise Rejected(CORRUPT, f"文件不完整或已损坏，请重新下载或在 {family.program} 里重新保存") from exc
    with archive:
        members = archive.infolist()
    _judge_sizes(members)
    _judge_names(members, findings, family)
    parts: dict[str, bytes] = {}
    total = 0
    for member in members:
        if member.filename.lower().endswith(_XML):
            data = _read(raw, member, MAX_TOTAL - total, family)
            total += len(data)
            _refuse_doctype(data, family)
            parts[member.filename.replace("\\", "/")] = data  # some exporters write Windows paths
    if _MACRO.search(parts.get("[Content_Types].xml", b"").decode("utf-8", "replace")):
        raise _with_macro(family)
    return parts


def _with_macro(family: Family) -> Rejected:
    return Rejected(MACRO, f"文件带有宏，不予接收，请另存为不含宏的 {family.suffix} 后再加入")


def _judge_sizes(members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MAX_MEMBERS:
        raise Rejected(BOMB, f"压缩包内有 {len(members)} 个成员，不像正常的文档，不予展开")
    if sum(m.file_size for m in members) > MAX_TOTAL:
        raise Rejected(BOMB, "展开后超过 100 MB，不予展开，请拆分或压缩图片后再加入")
    for member in members:
        if member.file_size > MAX_PART:
            raise Rejected(BOMB, "有一个成员展开后超过 40 MB，不予展开，请拆分后再加入")
        if member.file_size > RATIO_FROM and member.file_size > MAX_RATIO * max(1, member.compress_size):
            raise Rejected(BOMB, "压缩比异常，可能是压缩炸弹，不予展开")
    placed = sorted(members, key=lambda m: m.header_offset)
    for one, after in pairwise(placed):
        if one.header_offset + _LOCAL_HEADER.size + one.compress_size > after.header_offset:
            raise Rejected(BOMB, "压缩包成员互相重叠，不予展开")


def _judge_names(members: list[zipfile.ZipInfo], findings: Findings, family: Family) -> None:
    seen: set[str] = set()
    for member in members:
        name = member.orig_filename.replace("\\", "/")
        if name.startswith("/") or _DRIVE.match(name) or ".." in name.split("/") or "\x00" in name:
            raise Rejected(CORRUPT, f"压缩包成员的路径不合规，不予展开，请在 {family.program} 里重新保存")
        if name.casefold() in seen:
            raise Rejected(CORRUPT, f"压缩包里有重名的成员，无法确定以哪个为准，请在 {family.program} 里重新保存")
        seen.add(name.casefold())
        if member.flag_bits & 1 or _SEALED.search(name):
            raise Rejected(ENCRYPTED, "文件设有密码，请取消密码后再加入")
        if _MACRO.search(name):
            raise _with_macro(family)
        if _EMBEDDED.search(name) and not name.endswith("/"):
            findings.warn("embedded_object", "文件内嵌有其他文件或控件，未打开，请核对是否含有正文")
        if len(name) > 255:
            findings.warn("odd_member", "压缩包里有名称过长的成员，已忽略")


def _read(raw: bytes, member: zipfile.ZipInfo, allowed: int, family: Family) -> bytes:
    """The bytes of a member, counted while they unfold: headers may lie."""
    start = member.header_offset
    try:
        header = _LOCAL_HEADER.unpack_from(raw, start)
    except struct.error as exc:
        raise Rejected(CORRUPT, "文件不完整或已损坏，请重新下载") from exc
    start += _LOCAL_HEADER.size + header[9] + header[10]
    packed = raw[start : start + member.compress_size]
    if header[0] != b"PK\x03\x04" or len(packed) != member.compress_size:
        raise Rejected(CORRUPT, "文件不完整或已损坏，请重新下载")
    data = _unfold(packed, member.compress_type, min(MAX_PART, allowed), family)
    if len(data) != member.file_size or zlib.crc32(data) != member.CRC:
        raise Rejected(CORRUPT, "文件内容与校验值不符，可能已损坏，请重新下载")
    return data


def _unfold(packed: bytes, method: int, limit: int, family: Family) -> bytes:
    if method == zipfile.ZIP_STORED:
        return packed
    if method != zipfile.ZIP_DEFLATED:
        raise Rejected(CORRUPT, f"压缩方式不是 {family.program} 所用，请在 {family.program} 里重新保存")
    unfolding = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        data = unfolding.decompress(packed, limit + 1)
    except zlib.error as exc:
        raise Rejected(CORRUPT, f"文件内容已损坏，请重新下载或在 {family.program} 里重新保存") from exc
    if len(data) > limit or len(data) > max(RATIO_FROM, MAX_RATIO * len(packed)):
        raise Rejected(BOMB, "展开后的大小与标示不符或超过上限，不予展开")
    return data


def _refuse_doctype(data: bytes, family: Family) -> None:
    """No part of a real document has a DOCTYPE; with one come entities from files, networks and bombs."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in data[:4]:
        text = data.decode("utf-16", "replace")
    else:
        text = data.decode("utf-8", "replace")
    declared = _DECLARED.match(text[:200].lstrip("\ufeff"))
    if declared and declared[1].lower() not in _ENCODINGS:
        raise Rejected(CORRUPT, f"文件内部的编码不合规，请在 {family.program} 里重新保存")
    if _DOCTYPE.search(text):
        raise Rejected(DTD, "文件内部含有实体定义（DOCTYPE），可能用于攻击，不予接收")
