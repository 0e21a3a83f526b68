"""Where sentences end in official Chinese."""

from __future__ import annotations

import re

from assistant.schema.document import Span

# A full stop and the closing marks behind it; inside 《》, “” or （） a stop does not end the sentence.
_STOPS = "。！？!?"
_SEMICOLONS = "；;"
_OPEN, _CLOSE = "《“‘（(「『〈", "》”’）)」』〉"


def sentence_spans(text: str, *, semicolons: bool = False) -> tuple[Span, ...]:
    """Half-open spans of the sentences of `text`, in order, without the blanks between them.

    Every non-blank character lies in exactly one span. With `semicolons` a 分号 ends one too.
    A quotation that ends with a stop before its closing mark ends the sentence with that mark.

    >>> [text[s.start:s.end] for text in ["严禁转存。不得掩盖；要做实。"] for s in sentence_spans(text)]
    ['严禁转存。', '不得掩盖；要做实。']
    """
    stops = _STOPS + (_SEMICOLONS if semicolons else "")
    spans: list[Span] = []
    start, depth = 0, 0
    for at, char in enumerate(text):
        if char in _OPEN:
            depth += 1
        elif char in _CLOSE:
            depth = max(0, depth - 1)
            if depth == 0 and char in "”’」』" and at and text[at - 1] in _STOPS:
                start = _push(spans, text, start, at + 1)
        elif char in stops and depth == 0:
            start = _push(spans, text, start, at + 1)
    _push(spans, text, start, len(text))
    return tuple(spans)


def _push(spans: list[Span], text: str, start: int, end: int) -> int:
    piece = text[start:end]
    inner = piece.strip()
    if inner:
        lead = len(piece) - len(piece.lstrip())
        spans.append(Span(start + lead, start + lead + len(inner)))
    return end


_ENDS = re.compile(r"[。！？；：;:!?…”』」》）)]\s*$")


def ends_openly(text: str) -> bool:
    """Whether `text` breaks off in the middle of a sentence, as at the foot of a page."""
    return not _ENDS.search(text)
