"""Questions that only the answer below them shows: 1.什么是首贷户？ ↵ 答：…."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from assistant.parsing.lines.model import Line
from assistant.parsing.markers import mark_at
from assistant.parsing.tree.forms import ASK, REPLY
from assistant.parsing.tree.nodes import HEADINGS


def answered(text: str, lines: Sequence[Line]) -> frozenset[int]:
    """Where the lines begin that end with a question mark and have 答： on the next line."""
    found: set[int] = set()
    for line, after in pairwise(lines):
        if text[line.end - 1] not in "？?" or not REPLY.match(text, after.start, after.end):
            continue
        mark = mark_at(text, line.start, line.end)
        if (mark is None or mark.level in HEADINGS) and not ASK.match(text, line.start, line.end):
            found.add(line.start)
    return frozenset(found)
