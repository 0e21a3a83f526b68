"""HTML entities that stand as plain characters: &nbsp; of a converter, &amp;nbsp; of one that escaped twice."""

from __future__ import annotations

import html
import re

_ENTITY = re.compile(r"&(?:amp;)*(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_BLANK = dict.fromkeys(map(ord, "\u00a0\u2002\u2003\u2009"), " ")


def read_entities(text: str) -> str:
    """`text` with the characters that its entities name, however often they were escaped; blanks are plain ones.

    >>> read_entities("第二条&amp;nbsp;&ldquo;单户&rdquo;，AT&T")
    '第二条 “单户”，AT&T'
    """
    return _ENTITY.sub(_character, text) if "&" in text else text


def _character(match: re.Match[str]) -> str:
    words = match[0]
    while (read := html.unescape(words)) != words:
        words = read
    return words.translate(_BLANK) if len(words) <= 2 else match[0]
