"""Where quoted words stand in a text."""

from __future__ import annotations

from assistant.schema.document import Span


def _punctuation_widths() -> dict[int, str]:
    """Wide punctuation to narrow, one character to one, so that offsets survive."""
    wide = (chr(code) for code in range(0xFF01, 0xFF5F))
    table = {ord(char): chr(ord(char) - 0xFEE0) for char in wide if not chr(ord(char) - 0xFEE0).isalnum()}
    return table | {ord(a): b for a, b in zip("“”‘’〔〕【】｡､", "\"\"''[][]。、", strict=True)}


_WIDTHS = _punctuation_widths()


def locate_quote(quote: str, text: str, *, within: Span) -> Span | None:
    """Where `quote` first stands in `text`, or `None` if it does not.

    Width of punctuation and white space are forgiven; every other character has to match.
    `within` and the result are ranges of code points of `text`.

    Raises:
        ValueError: `quote` holds nothing but white space.

    >>> locate_quote("满六十周岁,可以", "第八条 年满六十周岁，可以申请。", within=Span(0, 17))
    Span(start=5, end=13)
    """
    needle = "".join(quote.split()).translate(_WIDTHS)
    if not needle:
        raise ValueError("quote is blank")
    stop = min(within.end, len(text))
    places = [at for at in range(within.start, stop) if not text[at].isspace()]
    hay = "".join(text[at] for at in places).translate(_WIDTHS)
    found = hay.find(needle)
    return None if found < 0 else Span(places[found], places[found + len(needle) - 1] + 1)
