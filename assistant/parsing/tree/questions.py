"""问： and 答：."""

from __future__ import annotations

import re

from assistant.parsing.markers import BLANKS, value_of
from assistant.parsing.tree.cursor import Cursor
from assistant.parsing.tree.forms import REPLY
from assistant.parsing.tree.headings import add_section
from assistant.parsing.tree.nodes import RANK, Node, Para, to_han
from assistant.schema.document import Level
from assistant.text.folding import squeeze

_NUMERAL = re.compile(r"[一二三四五六七八九十]{1,3}|\d{1,3}")


def _printed(label: str) -> int:
    """The number that stands before a question or in its 问3：, 0 when there is none."""
    match = _NUMERAL.search(label)
    return value_of(match[0]) if match else 0


def _close_question(cursor: Cursor) -> None:
    """Close the open question with all that its answer lists."""
    place = next((n for n, node in enumerate(cursor.path) if node.level is Level.QUESTION), None)
    if place is not None:
        del cursor.path[place:]


def open_question(cursor: Cursor, para: Para) -> bool:
    """Whether `para` is 问： or 答：, which then stands open."""
    text = cursor.text
    if (begin := cursor.asks(para.start, para.end)) is not None:
        _close_question(cursor)
        cursor.climb(RANK[Level.QUESTION])
        cursor.asked = max(cursor.asked + 1, _printed(text[para.start : begin]))
        number = to_han(cursor.asked)
        address = cursor.unique(cursor.prefixed(f"问答第{number}问"))
        node = Node(level=Level.QUESTION, address=address, start=para.start, end=para.end)
        node.heading = squeeze(text[begin : para.end]) or None
        node.number = cursor.asked
        node.children.append(cursor.leaf(Level.LABEL, address, para.start, para.end))
        cursor.attach(node)
        return True
    asked = next((n for n in reversed(cursor.path) if n.level is Level.QUESTION), None)
    if asked is None or not (match := REPLY.match(text, para.start, para.end)):
        return False
    cursor.climb(RANK[Level.ANSWER])
    address = cursor.unique(cursor.prefixed(f"问答第{to_han(asked.number)}答"))
    node = Node(level=Level.ANSWER, address=address, start=para.start, end=para.end)
    node.children.append(cursor.leaf(Level.LABEL, address, para.start, match.end()))
    cursor.attach(node)
    if text[match.end() : para.end].strip(BLANKS + "\n"):
        add_section(cursor, para, match.end())
    return True
