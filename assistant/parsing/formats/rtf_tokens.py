"""The signs of an RTF file one by one: groups, control words, bytes of text.

Source: Rich Text Format Specification 1.9.1, "RTF syntax".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    rb"\\([A-Za-z]{1,32})(-?[0-9]{1,10})? ?|\\'([0-9A-Fa-f]{2})|\\([^A-Za-z])|([{}])|[\r\n]+|([^\\{}\r\n]+)", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Token:
    """A sign: `word` with its `number`, a `brace`, or `text` in the bytes of the file."""

    word: str = ""
    number: int | None = None
    brace: str = ""
    text: bytes = b""


def tokens(raw: bytes) -> Iterator[Token]:
    """The signs of `raw` in order. The bytes behind \\bin are passed over."""
    at = 0
    while (match := _TOKEN.match(raw, at)) is not None:
        at = match.end()
        word, number, coded, sign, brace, text = match.groups()
        if word:
            value = int(number) if number else None
            if word == b"bin" and value:
                at += max(0, value)
            yield Token(word=word.decode("ascii"), number=value)
        elif brace:
            yield Token(brace=brace.decode("ascii"))
        elif coded:
            yield Token(text=bytes.fromhex(coded.decode("ascii")))
        elif sign:
            yield Token(word=sign.decode("latin-1"))
        elif text:
            yield Token(text=text)
