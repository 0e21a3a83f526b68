"""Plain text: the decoded file, untouched but for line ends, control characters and entities of a web page."""

from __future__ import annotations

from assistant.parsing.formats.cleaning import clean, visible
from assistant.parsing.formats.encodings import decode
from assistant.parsing.formats.entities import read_entities
from assistant.parsing.formats.model import EMPTY, Findings, Parsed, Rejected


def read_txt(raw: bytes) -> Parsed:
    """The text of a .txt file.

    Raises:
        Rejected: `empty` or `garbled`.
    """
    findings = Findings()
    text = decode_text(raw, findings)
    read = read_entities(text)
    if read != text:
        findings.warn("entities", "文中有网页的字符代码（如 &nbsp;），已按所代表的字符读出，请核对")
    return Parsed(text=read, warnings=findings.warnings)


def decode_text(raw: bytes, findings: Findings) -> str:
    """The cleaned characters of a text file, at least one of them visible."""
    text = clean(decode(raw, findings), findings)
    if not visible(text):
        raise Rejected(EMPTY, "文件没有内容")
    return text
