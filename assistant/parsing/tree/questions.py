"""问： and 答：."""

from __future__ import annotations

from assistant.parsing.markers import BLANKS
from assistant.parsing.tree.cursor import Cursor
from assistant.parsing.tree.forms import ASK, REPLY
from assistant.parsing.tree.headings import add_section
from assistant.parsing.tree.nodes import RANK, Node, Para, to_han
from assistant.schema.document import Level
from assistant.text.folding import squeeze


def open_question(cursor: Cursor, para: Para) -> bool:
    """Whether `para` is 问： or 答：, which then stands open."""
    text = cursor.text
    if match := ASK.match(text, para.start, para.end):
        cursor.climb(RANK[Level.QUESTION])
        cursor.asked += 1
        number = to_han(cursor.asked)
        address = cursor.unique(cursor.prefixed(f"问答第{number}问"))
        node = Node(level=Level.QUESTION, address=address, start=para.start, end=para.end)
        node.heading = squeeze(text[match.end() : para.end]) or None
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
