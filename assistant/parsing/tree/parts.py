"""Parts with numbers of their own: what a cover notice issues (印发), and its 附件."""

from __future__ import annotations

import re

from assistant.parsing.lines.attachments import attachment_at
from assistant.parsing.lines.model import Kind
from assistant.parsing.markers import value_of
from assistant.parsing.tree.cursor import Cursor
from assistant.parsing.tree.forms import NOTE_LINE
from assistant.parsing.tree.head import add_head_note, bracketed_note, title_end
from assistant.parsing.tree.nodes import DIVISIONS, HEADINGS, MAX_HEADING, Node
from assistant.schema.document import Level
from assistant.text.folding import squeeze


def issued_title(cursor: Cursor, at: int, *, finished: bool) -> int | None:
    """The line behind the title of what a cover notice issues, when that title stands at `at`.

    `finished`: the sentence before it has ended.
    """
    if not cursor.roots or (cursor.part is not None and cursor.part.level is Level.ATTACHMENT):
        return None
    if _heads_a_rule(cursor, at):
        return _next_rule(cursor, at)
    end = title_end(cursor, at) if cursor.tail is not None or finished else None
    if end is None or end + 1 >= len(cursor.lines):
        return None
    if _begins_again(cursor, at, end):
        return _next_rule(cursor, end)
    words = squeeze(cursor.text[cursor.lines[at].start : cursor.lines[end].end]).lstrip("#")
    named = words in cursor.names or re.sub(r"[（(].{1,8}[）)]$", "", words) in cursor.names
    return end + 1 if cursor.tail is not None or (named and words != cursor.title) else None


def _heads_a_rule(cursor: Cursor, at: int) -> bool:
    """Whether 二、印章保管 stands at line `at`, articles above it and 第一条 below: one of several rules in a file."""
    line = cursor.lines[at]
    mark = cursor.mark(line.start, line.end)
    if mark is None or mark.level is not Level.HEADING_1 or Level.ARTICLE not in cursor.counts:
        return False
    words = cursor.text[mark.end : line.end]
    if not 1 < len(words) <= MAX_HEADING or any(c in words for c in "。；：:"):
        return False
    return _first_article_follows(cursor, at)


def _begins_again(cursor: Cursor, at: int, end: int) -> bool:
    """Whether articles stand above the title on lines `at` to `end`, and 第一条 or 第一章 follows on it."""
    if Level.ARTICLE not in cursor.counts or cursor.mark(cursor.lines[at].start, cursor.lines[at].end):
        return False
    return _first_article_follows(cursor, end)


def _first_article_follows(cursor: Cursor, end: int) -> bool:
    for line in cursor.lines[end + 1 : end + 8]:
        mark = cursor.mark(line.start, line.end) if line.kind is Kind.WORDS else None
        if mark is not None:
            return mark.number == 1 and mark.level in (Level.ARTICLE, *DIVISIONS)
    return False


def _next_rule(cursor: Cursor, end: int) -> int:
    """The line behind the title of a further rule in a file of several: told apart, and named."""
    if cursor.issued == 0:
        cursor.issued = 1  # the first rule is the document itself
        cursor.warnings.append(
            "compilation：文件里不止一部制度，第二部起以“印发件2”“印发件3”标明出处，建议拆成单独的文件再加入"
        )
    return end + 1


def open_issued(cursor: Cursor, at: int, after: int) -> int:
    """Open what the cover notice issues; its title stands on the lines from `at` to before `after`."""
    first, last = cursor.lines[at], cursor.lines[after - 1]
    cursor.issued += 1
    numbered = any(level in cursor.counts for level in HEADINGS)
    again = "" if cursor.issued == 1 else str(cursor.issued)
    node = _open_part(cursor, Level.ISSUED, f"印发件{again}", first.start, last.end)
    mark = cursor.mark(first.start, first.end)
    node.heading = squeeze(cursor.text[mark.end if mark else first.start : last.end]).lstrip("#")
    # Its articles need no prefix; its 一、 do when the cover notice has 一、 too.
    cursor.prefix = node.address if numbered or again else ""
    cursor.prefix_articles = bool(again)
    return _part_notes(cursor, after, node)


def open_attachment(cursor: Cursor, at: int) -> int:
    """Open the 附件 whose mark stands at line `at`; the line where its body begins."""
    line = cursor.lines[at]
    found = attachment_at(cursor.text, line.start, line.end)
    number = found.number if found else ""
    name = f"附录{number}" if "A" <= number <= "Z" else f"附件{value_of(number) or ''}" if number else "附件"
    node = _open_part(cursor, Level.ATTACHMENT, name, line.start, line.end)
    cursor.prefix, cursor.prefix_articles = node.address, True
    end = at
    if found and found.rest:
        node.heading = squeeze(found.rest)
    else:
        end = _attachment_title(cursor, at, node)
    return _part_notes(cursor, end + 1, node)


def _attachment_title(cursor: Cursor, at: int, node: Node) -> int:
    """The line of the attachment's title; the title becomes part of the label."""
    if at + 1 >= len(cursor.lines):
        return at
    line = cursor.lines[at + 1]
    end = title_end(cursor, at + 1)
    if end is None:
        words = cursor.words(line)
        plain = line.kind in (Kind.WORDS, Kind.CAPTION) and not cursor.opens(line) and len(words) <= 40
        following = at + 2 < len(cursor.lines)
        if line.kind is Kind.CAPTION:
            node.heading = squeeze(words)
        if not plain or line.kind is Kind.CAPTION or not following or any(c in words for c in "。；：:，"):
            return at
        end = at + 1
    node.heading = squeeze(cursor.text[line.start : cursor.lines[end].end]).lstrip("#")
    node.children.append(cursor.leaf(Level.LABEL, node.address, line.start, cursor.lines[end].end))
    return end


def _open_part(cursor: Cursor, level: Level, address: str, start: int, end: int) -> Node:
    node = Node(level=level, address=cursor.unique(address), start=start, end=end)
    node.children.append(cursor.leaf(Level.LABEL, node.address, start, end))
    cursor.roots.append(node)
    cursor.part, cursor.path, cursor.counts = node, [node], {}
    cursor.tail = cursor.preamble = None
    cursor.asked = 0
    return node


def _part_notes(cursor: Cursor, at: int, node: Node) -> int:
    """题注 below the title of a part."""
    while at < len(cursor.lines):
        line = cursor.lines[at]
        if line.kind is not Kind.WORDS or cursor.opens(line):
            return at
        words = cursor.words(line)
        bracket = words[0] in "（(" and (NOTE_LINE.match(words) is not None or "年" in words[:14])
        dated = NOTE_LINE.match(words) is not None and words[-1] != "。" and len(words) < 100
        if bracket:
            at = bracketed_note(cursor, at, node)
        elif dated or squeeze(words) == node.heading:
            add_head_note(cursor, line, node)
            at += 1
        else:
            return at
    return at
