"""Where a clause is read: addresses of our own pages, relative to where all of this is served."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, urlencode

_MOST_QUOTED = 300  # characters of one quote in an address; the first of them find the place
_MOST_QUOTES = 4
_BLANK = re.compile(r"\s+")


def anchor(address: str) -> str:
    """The id that a clause has on the page of its document.

    >>> anchor("表1 第2行")
    '表1_第2行'
    """
    return _BLANK.sub("_", address)


def reading_path(document_id: str, address: str | None = None, quotes: Iterable[str] = ()) -> str:
    """`read/…` of a document or of one of its clauses, `quotes` to be marked in it.

    >>> reading_path("a", "第八条", ["三十日"])
    'read/a/%E7%AC%AC%E5%85%AB%E6%9D%A1?q=%E4%B8%89%E5%8D%81%E6%97%A5#%E7%AC%AC%E5%85%AB%E6%9D%A1'
    """
    path = f"read/{quote(document_id)}"
    if address is None:
        return path
    words = [("q", words[:_MOST_QUOTED]) for words in quotes if words.strip()][:_MOST_QUOTES]
    asked = f"?{urlencode(words)}" if words else ""
    return f"{path}/{quote(address, safe='')}{asked}#{quote(anchor(address), safe='')}"
