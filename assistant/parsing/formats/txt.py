"""Plain text: the decoded file, untouched but for line ends and control characters."""

from __future__ import annotations

from assistant.parsing.formats.cleaning import clean, visible
from assistant.parsing.formats.encodings import decode
from assistant.parsing.formats.model import EMPTY, Findings, Parsed, Rejected


def read_txt(raw: bytes) -> Parsed:
    """The text of a .txt file.

    Raises:
        Rejected: `empty` or `garbled`.
    """
    findings = Findings()
    text = decode_text(raw, findings)
    return Parsed(text=text, warnings=findings.warnings)


def decode_text(raw: bytes, findings: Findings) -> str:
    """The cleaned characters of a text file, at least one of them visible."""
    text = clean(decode(raw, findings), findings)
    if not visible(text):
        raise Rejected(EMPTY, "文件没有内容")
    return text
