"""Two views of a text: as it is searched, and as a reader sees it. The text itself stays untouched."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any

# Zero-width marks, soft hyphen, bidi controls, BOM, tag characters: invisible, so no part of a search.
HIDDEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufe00-\ufe0f\U000e0000-\U000e007f]")
_BREAK = re.compile(r"(?<![^\S\n])[^\S\n]*\n\s*")  # begins only where a run of blanks begins: linear
_PADDING = "\u3000\u2002\u2003\u00a0 \t\n\r\u200b\ufeff"
_TRADITIONAL_HINT = re.compile(r"[\u3400-\u9fff]")


@lru_cache(maxsize=1)
def _converter() -> Any:
    # OpenCC brings the character tables of the standards; importing it takes a few milliseconds, so only when needed.
    import opencc

    return opencc.OpenCC("t2s")


def fold(text: str) -> str:
    """`text` for searching: compatibility forms, letter case and traditional characters folded.

    Never shown and never compared for proof: NFKC turns ㈠ into three characters, so
    offsets do not survive.

    >>> fold("銀稅互動　ＬＰＲ")
    '银税互动 lpr'
    """
    text = unicodedata.normalize("NFKC", HIDDEN.sub("", text)).casefold()
    return str(_converter().convert(text)) if _TRADITIONAL_HINT.search(text) else text


def flow(text: str) -> str:
    """`text` of one paragraph as a reader sees it: page breaks and padding around it taken out.

    Chinese needs no blank where a line was broken; between two Latin letters or digits one stays.

    >>> flow("完善绿色低碳\\n\\n发展")
    '完善绿色低碳发展'
    """

    def join(match: re.Match[str]) -> str:
        before, after = match.string[match.start() - 1 : match.start()], match.string[match.end() : match.end() + 1]
        return " " if before.isascii() and after.isascii() and before.isalnum() and after.isalnum() else ""

    return _BREAK.sub(join, text.strip(_PADDING))


def squeeze(text: str) -> str:
    """`text` without any white space or hidden mark, for comparing words."""
    return "".join(HIDDEN.sub("", text).split())
