"""A text with the usual character for each that only looks like it, place by place: offsets survive.

PDF writers put a Kangxi radical where a character of the same form belongs, and texts from beyond the mainland
write 第一條. Numbers and forms are read in this view; what is kept and quoted is the text itself.
"""

from __future__ import annotations

import unicodedata

from assistant.parsing.wordlists import lookalikes

_KANGXI = {chr(code): unicodedata.normalize("NFKC", chr(code)) for code in range(0x2F00, 0x2FD6)}
_USUAL = str.maketrans(_KANGXI | lookalikes())


def readable(text: str) -> str:
    """`text` with usual characters, as long as before.

    >>> readable("第⼀條 由⾦融科审核")
    '第一条 由金融科审核'
    """
    return text.translate(_USUAL)
