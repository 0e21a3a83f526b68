"""条 with its 款, 项 and 目."""

from __future__ import annotations

import re

from assistant.parsing.markers import GAP, Mark, value_of
from assistant.parsing.tree.cursor import Cursor
from assistant.parsing.tree.headings import open_heading
from assistant.parsing.tree.nodes import DIVISIONS, HEADINGS, IN_ARTICLE, RANK, Node, Para, to_han
from assistant.schema.document import Level

_FIRST_INLINE = re.compile(rf"[：:]{GAP}{{0,4}}(?=[（(]一[）)])")
_INLINE = re.compile(rf"[：:；;。]{GAP}{{0,4}}(?=[（(]([一二三四五六七八九十]{{1,3}})[）)])")


def open_article(cursor: Cursor, para: Para, mark: Mark) -> None:
    """Open a 条 and its first 款."""
    address = f"第{to_han(mark.number)}条" + (f"之{to_han(mark.suffix)}" if mark.suffix else "")
    cursor.climb(RANK[Level.ARTICLE])
    full = cursor.prefix + address if cursor.prefix_articles else address
    if full in cursor.seen:
        above = next((n.address for n in reversed(cursor.path) if n.level in DIVISIONS), None)
        full = above + address if above else full
    node = Node(level=Level.ARTICLE, address=cursor.unique(full), start=para.start, end=para.end, heading=mark.heading)
    if mark.end > para.start:
        node.children.append(cursor.leaf(Level.LABEL, node.address, para.start, mark.end))
    cursor.counts[Level.ARTICLE] = mark.number
    for level in HEADINGS:
        cursor.counts.pop(level, None)
    cursor.attach(node)
    if mark.end < para.end:
        add_paragraph(cursor, node, para, mark.end)
    else:
        node.end = para.end


def add_paragraph(cursor: Cursor, article: Node, para: Para, start: int) -> None:
    """The next 款 of an article, from `start` on, with the 项 inside it."""
    while cursor.path[-1] is not article:
        cursor.path.pop()
    number = article.counts.get(Level.PARAGRAPH, 0) + 1
    article.counts[Level.PARAGRAPH] = number
    address = f"{article.address}第{to_han(number)}款"
    match = _FIRST_INLINE.search(cursor.text, start, para.end)
    node = cursor.torn(Level.PARAGRAPH, address, para, start, match.end() if match else None)
    article.children.append(node)
    cursor.path.append(node)
    cursor.counts.pop(Level.HEADING_2, None)
    if match:
        _inline_items(cursor, node, para, match.end())


def _inline_items(cursor: Cursor, node: Node, para: Para, first: int) -> None:
    """（一）…；（二）…； inside one paragraph, when it is a list and no row of references."""
    starts, want = [first], 2
    for match in _INLINE.finditer(cursor.text, first, para.end):
        if value_of(match[1]) == want:
            starts.append(match.end())
            want += 1
    if len(starts) < 2:
        node.end = para.end
        merged = cursor.torn(Level.PARAGRAPH, node.address, para, node.start)
        node.children, node.end = merged.children, merged.end
        return
    cursor.keep_lead(node)
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], para.end], strict=True), start=1):
        piece = cursor.piece(para, start, end)
        item = cursor.torn(Level.ITEM, f"{node.address}第（{to_han(number)}）项", piece, start)
        item.number, item.style = number, "（一）"
        node.children.append(item)
        node.items.append(item)


def below_article(cursor: Cursor, para: Para, mark: Mark) -> None:
    """（一）, 1. and （1） where an article stands open."""
    article = cursor.article()
    assert article is not None
    paragraph = _open_paragraph(cursor)
    items = paragraph.items if paragraph else []
    alike = bool(items) and items[0].style == mark.style
    begins = paragraph is not None and _asks_for_items(cursor, paragraph)
    if mark.level is Level.HEADING_1 and not (alike or begins):
        open_heading(cursor, para, mark)
    elif mark.level in (Level.HEADING_1, Level.HEADING_2) or alike or begins:
        _item(cursor, article, paragraph, para, mark)
    elif items:
        _subitem(cursor, items[-1], para, mark)
    else:
        add_paragraph(cursor, article, para, para.start)


def _open_paragraph(cursor: Cursor) -> Node | None:
    """The open 款; what stands open below it is closed."""
    if cursor.path[-1].level not in IN_ARTICLE:
        return None
    while cursor.path[-1].level is not Level.PARAGRAPH:
        cursor.path.pop()
    return cursor.path[-1]


def _asks_for_items(cursor: Cursor, paragraph: Node) -> bool:
    """Whether a 款 without 项 ends with a colon."""
    return not paragraph.items and paragraph.end > paragraph.start and cursor.text[paragraph.end - 1] in "：:"


def _item(cursor: Cursor, article: Node, paragraph: Node | None, para: Para, mark: Mark) -> None:
    if paragraph is None:  # 第三条 ↵ （一）…: a 款 that is only its 项
        number = article.counts.get(Level.PARAGRAPH, 0) + 1
        article.counts[Level.PARAGRAPH] = number
        paragraph = Node(
            level=Level.PARAGRAPH,
            address=f"{article.address}第{to_han(number)}款",
            start=para.start,
            end=para.start,
        )
        article.children.append(paragraph)
        cursor.path.append(paragraph)
    cursor.keep_lead(paragraph)
    address = cursor.unique(f"{paragraph.address}第（{to_han(mark.number)}）项")
    node = cursor.torn(Level.ITEM, address, para, para.start)
    node.number, node.style, node.mark_end = mark.number, mark.style, mark.end
    paragraph.children.append(node)
    paragraph.items.append(node)
    cursor.counts[mark.level] = mark.number
    cursor.counts.pop(Level.HEADING_3, None)


def _subitem(cursor: Cursor, item: Node, para: Para, mark: Mark) -> None:
    above = item
    nested = bool(item.items) and item.items[0].style != mark.style
    if nested:
        above = item.items[-1]
    cursor.keep_lead(above)
    name = f"（{mark.number}）" if nested else f"第{mark.number}目"
    node = cursor.torn(Level.SUBITEM, cursor.unique(above.address + name), para, para.start)
    node.style = mark.style
    above.children.append(node)
    above.items.append(node)
    cursor.counts[mark.level] = mark.number
