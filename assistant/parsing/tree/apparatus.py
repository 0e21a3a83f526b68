"""落款, notes and tables: what stands in a text beside its rules."""

from __future__ import annotations

from assistant.parsing.lines.model import Kind, Line
from assistant.parsing.tree.cursor import Cursor
from assistant.parsing.tree.nodes import IN_ARTICLE, PAGE_NOTE, Node
from assistant.schema.document import Level, Span, Table
from assistant.text.folding import squeeze


def sign(cursor: Cursor, line: Line) -> None:
    """A line of the 落款."""
    if cursor.tail is not None and cursor.home() and cursor.home()[-1] is cursor.tail:
        cursor.tail.end = line.end
        return
    node = cursor.leaf(Level.SIGNATURE, cursor.unique(cursor.prefix + "落款"), line.start, line.end)
    cursor.close()
    cursor.home().append(node)
    cursor.tail = node


def add_note(cursor: Cursor, level: Level, name: str, line: Line) -> None:
    """A note where it stands, below what is open."""
    node = cursor.path[-1] if cursor.path else None
    if node is not None and node.level in IN_ARTICLE:
        while node.items:  # what follows may go on with its 项 or 目
            node = node.items[-1]
        cursor.keep_lead(node)
    home = node.children if node is not None else cursor.home()
    before = home[-1] if home else None
    if before is not None and before.level is level and before.address.startswith(cursor.prefix + name):
        before.end = line.end
        return
    home.append(cursor.leaf(level, cursor.unique(cursor.prefix + name), line.start, line.end))


def add_page_line(cursor: Cursor, line: Line) -> None:
    """A line that a web page puts behind the text: below nothing."""
    cursor.leave()
    before = cursor.roots[-1] if cursor.roots else None
    if before is not None and before.address.startswith(PAGE_NOTE):
        before.end = line.end
    else:
        cursor.roots.append(cursor.leaf(Level.NOTE, cursor.unique(PAGE_NOTE), line.start, line.end))


def add_table(cursor: Cursor, at: int) -> int:
    """The table that begins at line `at`; the line behind it."""
    first = cursor.lines[at]
    number = first.table
    source = cursor.tables[number]
    while cursor.path and cursor.path[-1].level in IN_ARTICLE:
        cursor.path.pop()
    node = Node(
        level=Level.TABLE, address=cursor.unique(f"表{len(cursor.found_tables) + 1}"), start=first.start, end=first.end
    )
    caption = source.caption
    while at < len(cursor.lines) and (line := cursor.lines[at]).table == number:
        if line.kind is Kind.CAPTION:
            caption = cursor.words(line)
            node.children.append(cursor.leaf(Level.LABEL, node.address, line.start, line.end))
        else:
            _row(cursor, node, line, source.numbers[line.row] if source.numbers else line.row + 1)
        at += 1
    node.heading = squeeze(caption) if caption else None
    parent = cursor.path[-1] if cursor.path else None
    (parent.children if parent is not None else cursor.home()).append(node)
    cursor.preamble = None
    cursor.tail = None
    cursor.found_tables.append(
        Table(
            address=node.address,
            caption=caption.strip() if caption else None,
            span=Span(node.start, node.children[-1].end),
            rows=source.rows,
            parent=parent.address if parent is not None else None,
        )
    )
    return at


def _row(cursor: Cursor, node: Node, line: Line, number: int) -> None:
    last = node.children[-1] if node.children else None
    if last is not None and last.level is Level.TABLE_ROW and last.number == number:
        last.end = line.end  # a cell with a line break
        return
    row = cursor.leaf(Level.TABLE_ROW, f"{node.address} 第{number}行", line.start, line.end)
    row.number = number
    node.children.append(row)
