"""Quotations: which words a sentence puts in quotation marks, and where quoted words stand in a text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.schema.document import Span
from assistant.text.figures import without_misprints


def _punctuation_widths() -> dict[int, str]:
    """Wide punctuation to narrow and all quotation marks to one, one character to one, so that offsets survive."""
    wide = (chr(code) for code in range(0xFF01, 0xFF5F))
    table = {ord(char): chr(ord(char) - 0xFEE0) for char in wide if not chr(ord(char) - 0xFEE0).isalnum()}
    return table | {ord(a): b for a, b in zip("“”‘’「」『』'〔〕【】｡､", '"""""""""[][]。、', strict=True)}


_WIDTHS = _punctuation_widths()


def locate_quote(quote: str, text: str, *, within: Span) -> Span | None:
    """Where `quote` first stands in `text`, or `None` if it does not.

    Width of punctuation, the form of quotation marks and white space are forgiven; every other character has to match.
    `within` and the result are ranges of code points of `text`.

    Raises:
        ValueError: `quote` holds nothing but white space.

    >>> locate_quote("满六十周岁,可以", "第八条 年满六十周岁，可以申请。", within=Span(0, 17))
    Span(start=5, end=13)
    """
    needle = without_misprints("".join(quote.split()).translate(_WIDTHS))
    if not needle:
        raise ValueError("quote is blank")
    stop = min(within.end, len(text))
    places = [at for at in range(within.start, stop) if not text[at].isspace()]
    hay = without_misprints("".join(text[at] for at in places).translate(_WIDTHS))
    found = hay.find(needle)
    return None if found < 0 else Span(places[found], places[found + len(needle) - 1] + 1)


_OMISSION = re.compile(r"…+|\.{3,}|·{3,}")
_AROUND = "，。；、：,;:.!?！？ \n"


def quote_stands(quote: str, text: str) -> bool:
    """Whether `text` has all the words of `quote`; what …… leaves out may stand between them.

    >>> quote_stands("银行应当……公示收费项目", "银行应当规范定价，公示收费项目。")
    True
    """
    pieces = [piece.strip(_AROUND) for piece in _OMISSION.split(quote)]
    at = 0
    for piece in filter(None, pieces):
        found = locate_quote(piece, text, within=Span(at, len(text)))
        if found is None:
            return False
        at = found.end
    return any(pieces)


_MARKS = {"“": "”", "「": "」", "『": "』"}
_STRAIGHT = re.compile(r"\"([^\"]*)\"")


def quotations_in(sentence: str) -> Iterator[str]:
    """The words in quotation marks, the outer ones where a quotation holds another."""
    awaited: list[str] = []
    start = 0
    for at, char in enumerate(sentence):
        if awaited and char == awaited[-1]:
            awaited.pop()
            if not awaited:
                yield sentence[start:at]
        elif char in _MARKS:
            awaited.append(_MARKS[char])
            start = start if len(awaited) > 1 else at + 1
    yield from _STRAIGHT.findall(sentence)
