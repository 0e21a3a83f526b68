"""Paragraph by paragraph: which reader takes it."""

from __future__ import annotations

from assistant.parsing.markers import FORMAL_STYLE, Mark, formal
from assistant.parsing.tree.articles import add_paragraph, below_article, open_article
from assistant.parsing.tree.cursor import Cursor
from assistant.parsing.tree.headings import add_section, open_division, open_heading
from assistant.parsing.tree.nodes import DIVISIONS, RANK, Node, Para, to_han
from assistant.parsing.tree.questions import open_question
from assistant.schema.document import DocumentKind, Level


def take(cursor: Cursor, para: Para) -> None:
    """Add a paragraph to the tree."""
    mark = para.mark
    if cursor.tail is not None:
        cursor.tail = None
        if mark is None and not cursor.path:
            cursor.warnings.append("text_after_signature：落款之后还有正文，请核对")
    if open_question(cursor, para):
        return
    if mark is None:
        _plain(cursor, para)
    elif mark.level in DIVISIONS:
        _division(cursor, para, mark)
    elif mark.level is Level.ARTICLE:
        open_article(cursor, para, mark)
    elif cursor.article() is not None:
        below_article(cursor, para, mark)
    else:
        open_heading(cursor, para, mark)


def _plain(cursor: Cursor, para: Para) -> None:
    article = cursor.article()
    if article is not None:
        add_paragraph(cursor, article, para, para.start)
    elif cursor.path and _is_statute_division(cursor):
        address = cursor.unique(f"{cursor.path[-1].address}引言")
        cursor.path[-1].children.append(cursor.torn(Level.NOTE, address, para, para.start))
    elif cursor.path:
        add_section(cursor, para, para.start)
    else:
        _preface(cursor, para)


def _is_statute_division(cursor: Cursor) -> bool:
    """Whether a 章 or 节 of a statute stands open: words before its first article are no rule."""
    node = cursor.path[-1]
    return node.level in DIVISIONS and node.style != FORMAL_STYLE and cursor.kind is DocumentKind.LAW


def _preface(cursor: Cursor, para: Para) -> None:
    """Words before the first number: the 序言, in as many paragraphs as it has."""
    node = cursor.preamble
    if node is None or cursor.roots[-1] is not node:
        node = cursor.torn(Level.PREAMBLE, cursor.unique("序言"), para, para.start)
        cursor.roots.append(node)
        cursor.preamble = node
        return
    if not node.children or node.children[0].level is not Level.PARAGRAPH:
        first = Node(level=Level.PARAGRAPH, address=f"{node.address}第一段", start=node.start, end=node.end)
        first.children, node.children = node.children, [first]
    number = to_han(len(node.children) + 1)
    node.children.append(cursor.torn(Level.PARAGRAPH, f"{node.address}第{number}段", para, para.start))


def _division(cursor: Cursor, para: Para, mark: Mark) -> None:
    cursor.climb(RANK[mark.level])
    if mark.style == FORMAL_STYLE:
        open_division(cursor, para, mark, cursor.prefixed(formal(mark.number)))
        return
    name = f"第{to_han(mark.number)}{DIVISIONS[mark.level]}"
    # 节 restarts in each 章 and 章 may restart in each 分编, so their addresses carry the one above.
    above = next((n.address for n in reversed(cursor.path) if n.level in DIVISIONS), None)
    address = above + name if above else (cursor.prefix + name if cursor.prefix_articles else name)
    node = Node(level=mark.level, address=cursor.unique(address), start=para.start, end=para.end, heading=mark.heading)
    node.children.append(cursor.leaf(Level.LABEL, node.address, para.start, para.end))
    cursor.counts[mark.level] = mark.number
    cursor.attach(node)
