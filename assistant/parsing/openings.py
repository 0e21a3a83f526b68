"""Lines that open a clause in this text though their form alone would not say so.

第一条为规范… without a blank is an article where its number follows on the last one and a sentence ended before
it; anywhere else it is a reference at the start of a line.
"""

from __future__ import annotations

from collections.abc import Sequence

from assistant.parsing.lines.model import STOPS, Kind, Line
from assistant.parsing.markers import Mark, close_article_at, mark_at
from assistant.schema.document import Level


def openings_of(text: str, lines: Sequence[Line]) -> dict[int, Mark]:
    """Where a line begins with a mark that only its place in the text proves."""
    return _close_articles(text, [line for line in lines if line.kind is Kind.WORDS])


def _close_articles(text: str, lines: Sequence[Line]) -> dict[int, Mark]:
    marked: list[tuple[Line, Mark, bool]] = []
    ended = True
    for line in lines:
        if text[line.start] == "第":
            mark = mark_at(text, line.start, line.end)
            close = close_article_at(text, line.start, line.end) if mark is None else None
            if mark is not None and mark.level is Level.ARTICLE:
                marked.append((line, mark, False))
            elif close is not None and (ended or close.number == 1):
                marked.append((line, close, True))
        ended = text[line.end - 1] in STOPS
    found: dict[int, Mark] = {}
    last = 0
    for at, (line, mark, close) in enumerate(marked):
        follows = mark.number == last + 1 or (mark.suffix > 0 and mark.number == last)
        begins = mark.number == 1 and at + 1 < len(marked) and marked[at + 1][1].number == 2
        if not close:
            last = mark.number
        elif begins or (follows and last > 0):
            found[line.start] = mark
            last = mark.number
    return found
