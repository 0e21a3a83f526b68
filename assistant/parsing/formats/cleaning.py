"""Characters that no reader sees: counted, and taken out only where nobody can have meant them."""

from __future__ import annotations

import re

from assistant.parsing.formats.encodings import plausibility
from assistant.parsing.formats.model import GARBLED, Findings, Rejected

# CRLF and the rarer line ends, page breaks among them. One line end in, one out.
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# C0 without tab and newline, DEL, C1, lone surrogates, noncharacters
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_HIDDEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\U0001bca0-\U0001bca3\U000e0000-\U000e0fff]"
)
# 忽@@略#以*上: marks between characters, as some web pages put against copying. Any mark more often than this per Han.
_BETWEEN = re.compile(r"[@#*^~|\\$](?<=[\u4e00-\u9fff].)[@#*^~|\\$]{0,2}(?=[\u4e00-\u9fff])")
_TABLE_LINE = re.compile(r"(?m)^[ \t]{0,8}\|.*$")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_COMMON = re.compile(r"[\u4e00-\u9fff\u3000-\u303f\uff01-\uff5e\u2010-\u2027]")
_STRANGE = re.compile(r"[^\x00-\x7f]{2,}")
_SAMPLE = 4000  # characters by which an encoding is judged
_FEW_STRANGE, _FEW_LOST, _MOSTLY = 16, 2, 0.8
_ENOUGH_STRANGE, _IN_USE = 32, 0.65
_REPLACED_LIMIT = 0.01
_CONTROL_LIMIT = 0.3
_BETWEEN_LIMIT = 0.05


def clean(text: str, findings: Findings, *, replaced_limit: float = _REPLACED_LIMIT) -> str:
    """`text` with one kind of line end and without control characters; hidden marks stay and are counted.

    Raises:
        Rejected: `garbled`, when over `replaced_limit` of the characters are U+FFFD, or controls abound.
    """
    text = text.removeprefix("\ufeff")
    text = _LINE_ENDS.sub("\n", text)
    size = max(1, len(text))
    text, removed = _CONTROLS.subn("", text)
    if removed > _CONTROL_LIMIT * size:
        raise Rejected(GARBLED, "控制字符过多，可能不是文本文件，请重新导出")
    if removed:
        findings.warn("control_chars", f"去掉了 {removed} 个控制字符（含空字符），请核对原文")
    replaced = text.count("\ufffd")
    if replaced > replaced_limit * size:
        raise Rejected(GARBLED, f"有 {replaced} 处文字无法还原，超过百分之一，请从原系统重新导出")
    if replaced:
        findings.warn("replaced_chars", f"有 {replaced} 处文字无法还原，已标为“\ufffd”，请对照原件")
    if hidden := len(_HIDDEN.findall(text)):
        findings.warn("hidden_chars", f"有 {hidden} 个看不见的字符（零宽、方向控制、标签等），检索时不计，请核对")
    _refuse_marks(text)
    if replaced_limit < 1.0:  # a PDF was judged before, page by page: its letters may come from a font without a table
        _refuse_misread(text)
        if _looks_misread(text):
            findings.warn("garbled", "文字多半是用错了编码另存的乱码，请从原系统重新导出；确是其他文字的，核对后再收入")
    return text


def _refuse_misread(text: str) -> None:
    """Refuse what an earlier program read in a wrong encoding and saved again: å…³äºŽ, 鍏充簬, 锟斤拷."""
    sample = "".join(text[:_SAMPLE].split())
    if text.count("锟斤拷") > _FEW_LOST or any(
        _is_misread(sample, wrong) for wrong in ("cp1252", "latin-1", "gb18030")
    ):
        raise Rejected(GARBLED, "文字是用错了编码另存的乱码，无法还原，请从原系统重新导出")


def _looks_misread(text: str) -> bool:
    """Whether the characters are such as Chinese policy does not use: 蝵桅墧閖 for bytes of UTF-8 read as Big5.

    Of real documents 0.99 and more are in use, of bytes read in a wrong encoding at most 0.6 (Latin ones apart).
    """
    strange = sum(not char.isascii() for char in text[:_SAMPLE])
    return strange >= _ENOUGH_STRANGE and plausibility(text) < _IN_USE


def _is_misread(sample: str, wrong: str) -> bool:
    """Whether the bytes that `sample` has in the encoding `wrong` are Chinese in UTF-8 (or GBK, for Latin letters)."""
    strange = "".join(_STRANGE.findall(sample))  # accents of a French name stand one by one
    if len(strange) < _FEW_STRANGE or (wrong != "gb18030" and len(_HAN.findall(sample)) > len(strange) // 5):
        return False
    raw = strange.encode(wrong, "ignore")
    for right in ("utf-8",) if wrong == "gb18030" else ("utf-8", "gb18030"):
        read = raw.decode(right, "ignore")
        kept = len(read.encode(right)) > _MOSTLY * len(raw) > 0
        if kept and len(_COMMON.findall(read)) > _MOSTLY * len(read):
            return True
    return False


def _refuse_marks(text: str) -> None:
    text = _TABLE_LINE.sub("", text)  # the | of a wide table stand between characters too
    marks = len(_BETWEEN.findall(text))
    if marks >= 10 and marks > _BETWEEN_LIMIT * len(_HAN.findall(text)):
        raise Rejected(GARBLED, "字与字之间夹有大量符号，可能来自防复制的网页，请改用原始文件")


def visible(text: str) -> str:
    """`text` without white space and hidden marks: empty when a reader sees nothing."""
    return "".join(_HIDDEN.sub("", text).split())
