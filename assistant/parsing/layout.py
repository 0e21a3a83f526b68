"""What each line of an official text is, before any tree is built: words, table row, page mark, signature, 附件.

Only a line's own form and its neighbours count here; numbers that open clauses are in `markers.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

from assistant.parsing.corrections import NOTHING, Placed
from assistant.parsing.lines.attachments import mark_attachments
from assistant.parsing.lines.model import STOPS, Kind, Line, TableLike, physical_lines
from assistant.parsing.lines.noise import mark_contents, mark_noise, mark_page
from assistant.parsing.lines.signatures import mark_signatures
from assistant.parsing.lines.tables import mark_tables, plain_tables
from assistant.parsing.markers import mark_at


def read_lines(
    text: str, tables: Sequence[TableLike] = (), said: Placed = NOTHING
) -> tuple[list[Line], tuple[TableLike, ...]]:
    """The lines of `text`, each of its kind or of the one that a person said, and its tables."""
    lines = physical_lines(text)
    found = tuple(tables) or plain_tables(text, lines)
    mark_tables(lines, found, text)
    begin = _body_start(text, lines)
    mark_noise(text, lines, begin)
    mark_page(text, lines)
    mark_contents(text, lines)
    mark_attachments(text, lines)
    mark_signatures(text, lines, begin)
    said.settle(lines)
    return lines, found


def wrap_width(text: str, lines: Sequence[Line]) -> int:
    """The width at which the exporter broke lines, or 0 when paragraphs stand in one line each."""
    lengths = [line.end - line.start for line in lines if line.kind is Kind.WORDS]
    if len(lengths) < 12:
        return 0
    width = sorted(lengths)[int(len(lengths) * 0.9)]
    if not 16 <= width <= 60:
        return 0
    full = [line for line in lines if width - 3 <= line.end - line.start <= width + 3]
    open_ones = sum(1 for line in full if text[line.end - 1] not in STOPS)
    return width if open_ones >= max(6, len(lengths) // 4) else 0


def _body_start(text: str, lines: Sequence[Line]) -> int:
    """The number of the first line that rules something: it ends with a stop or opens a clause."""
    for number, line in enumerate(lines):
        if text[line.end - 1] in "。；" or (number and mark_at(text, line.start, line.end)):
            return number
    return len(lines)
