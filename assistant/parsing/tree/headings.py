"""一、（一）1.（1）① of a notice, with the words below them."""

from __future__ import annotations

import re

from assistant.parsing.markers import BLANKS, FORMAL_STYLE, Mark
from assistant.parsing.tree.cursor import Cursor
from assistant.parsing.tree.nodes import HEADINGS, MAX_HEADING, RANK, Node, Para, to_han
from assistant.schema.document import APPARATUS, Level
from assistant.text.folding import squeeze

# The first sentence behind a number is a heading unless it lays down a rule or states a figure itself.
_RULE = re.compile(
    r"应当|应予|不得|严禁|必须|可以|是指|^自|^凡|^对.{2,40}的，|(?:各|本|该|银行|公司|机构|部门)[^，。]{0,14}要|\d\s?(?:%|％|[万亿]|元)"
)


def open_heading(cursor: Cursor, para: Para, mark: Mark) -> None:
    """Open the heading whose number `mark` is."""
    level = mark.level
    rank = RANK[level]
    if level is Level.HEADING_1 and _inside_answer(cursor):
        while cursor.path[-1].level is not Level.ANSWER:
            cursor.path.pop()
    else:
        cursor.climb(rank)
    above = next((n for n in reversed(cursor.path) if _leads(n)), None)
    _open(cursor, para, mark, _heading_address(cursor, above, mark))
    for lower in HEADINGS[HEADINGS.index(level) + 1 :]:
        if lower is not Level.HEADING_2:
            cursor.counts.pop(lower, None)


def open_division(cursor: Cursor, para: Para, mark: Mark, address: str) -> None:
    """Open 壹、, a division that is numbered like a heading; what is above it is open already."""
    _open(cursor, para, mark, address)
    for lower in HEADINGS:
        cursor.counts.pop(lower, None)


def _open(cursor: Cursor, para: Para, mark: Mark, address: str) -> None:
    """A node with its number and heading as label, and the words behind them."""
    words, label_end = _label(cursor, para, mark)
    node = Node(
        level=mark.level,
        address=cursor.unique(address),
        start=para.start,
        end=para.end,
        heading=words,
        mark_end=mark.end,
        style=mark.style,
    )
    if label_end > para.start:
        node.children.append(cursor.leaf(Level.LABEL, node.address, para.start, label_end))
    cursor.counts[mark.level] = mark.number
    cursor.attach(node)
    if cursor.text[label_end : para.end].strip(BLANKS + "\n"):
        add_section(cursor, para, label_end)
    elif para.holes and node.children:
        cursor.add_holes(node, para)


def _leads(node: Node) -> bool:
    """Whether the addresses of the headings below a node begin with its own."""
    return node.level in HEADINGS or node.level is Level.ANSWER or node.style == FORMAL_STYLE


def _heading_address(cursor: Cursor, above: Node | None, mark: Mark) -> str:
    number = mark.number
    if mark.path:
        return cursor.prefixed(".".join(map(str, mark.path)))
    own = {
        Level.HEADING_1: to_han(number),
        Level.HEADING_2: f"（{to_han(number)}）",
        Level.HEADING_3: f"{number}.",
        Level.HEADING_4: f"（{number}）",
        Level.HEADING_5: chr(ord("①") + number - 1),
    }[mark.level]
    if above is None:
        return cursor.prefixed(own)
    return above.address + _joint(above) + own


def _joint(node: Node) -> str:
    """What stands between an address such as 一 and what follows it."""
    return "、" if node.level is Level.HEADING_1 or node.style == FORMAL_STYLE else ""


def _inside_answer(cursor: Cursor) -> bool:
    levels = [n.level for n in cursor.path]
    if Level.ANSWER not in levels:
        return False
    return Level.HEADING_1 not in levels[: levels.index(Level.ANSWER)]


def _label(cursor: Cursor, para: Para, mark: Mark) -> tuple[str | None, int]:
    """The heading behind a number, and where number and heading end."""
    text = cursor.text
    stop = text.find("。", mark.end, para.end)
    if stop < 0:
        body = text[mark.end : para.end]
        last = body[-1:] or " "
        if last in "；;，,、" or len(body) > MAX_HEADING:
            return None, mark.end
        if last in "：:" and (len(body) > 16 or "，" in body):
            return None, mark.end
        return squeeze(body).rstrip("：:") or None, para.end
    first = text[mark.end : stop]
    if len(first) > MAX_HEADING or cursor.flat or _RULE.search(first) or "；" in first or "：" in first:
        return None, mark.end
    return squeeze(first), stop + 1


def add_section(cursor: Cursor, para: Para, start: int) -> None:
    """A paragraph below a heading, an answer, a chapter of a notice, or a part."""
    node = cursor.path[-1]
    number = node.counts.get(Level.PARAGRAPH, 0) + 1
    node.counts[Level.PARAGRAPH] = number
    address = cursor.unique(f"{node.address}{_joint(node)}第{to_han(number)}段")
    node.children.append(cursor.torn(Level.PARAGRAPH, address, para, start))


def settle(cursor: Cursor, root: Node) -> None:
    """A numbered line that nothing stands below and that ends like a sentence is no heading, but a rule."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        waiting.extend(node.children)
        if node.level not in HEADINGS or node.heading is None:
            continue
        label, *others = node.children
        if any(c.level not in APPARATUS for c in others):
            continue
        if label.children or cursor.text[label.end - 1] not in "。；！" or node.mark_end >= label.end:
            continue
        words = cursor.leaf(Level.PARAGRAPH, f"{node.address}{_joint(node)}第一段", node.mark_end, label.end)
        number = cursor.leaf(Level.LABEL, node.address, node.start, node.mark_end)
        node.children = [*([number] if number.end > number.start else []), words, *others]
        node.heading = None
