"""版头, title, 题注 and 主送 of a text."""

from __future__ import annotations

import re

from assistant.parsing.lines.agencies import is_agency, is_date
from assistant.parsing.lines.model import STOPS, Kind, Line
from assistant.parsing.tree.cursor import Cursor
from assistant.parsing.tree.forms import FLAG, NOTE_LINE, NUMBER_LINE, TITLE_END
from assistant.parsing.tree.nodes import HEADINGS, PAGE_NOTE, Node
from assistant.parsing.wordlists import titles
from assistant.schema.document import DocumentKind, Level
from assistant.text.folding import squeeze

_NOTE_NAMES = {Kind.CONTENTS: "目录", Kind.PAGE: PAGE_NOTE}
_NOT_RECIPIENT = re.compile(r"如下|以下|下列|通知|[。；？！]|现将|特此")


def read_head(cursor: Cursor, at: int) -> int:
    """Title, 版头, 题注 and 主送 of the main text; where the body begins."""
    lines = cursor.lines
    titled: Node | None = None
    while at < len(lines):
        line = lines[at]
        before = at
        if line.start in cursor.said.plain:
            break
        if line.kind in (Kind.NOISE, Kind.PAGE, Kind.CONTENTS, Kind.LISTING):
            add_head_note(cursor, line, titled)
            at += 1
        elif line.kind is Kind.WORDS and titled is None:
            at, titled = _title(cursor, at)
        elif line.kind is Kind.WORDS and titled is not None:
            at = _below_title(cursor, at, titled)
        if at == before:
            break
    cursor.title = titled.heading or "" if titled else ""
    cursor.flat = cursor.title.endswith(titles().flat)
    cursor.names = frozenset(
        squeeze(m) for m in re.findall(r"《([^《》]{4,80})》", cursor.text[: (lines[at].end if at < len(lines) else 0)])
    ) - {cursor.title}
    return _recipient(cursor, at) if titled or cursor.roots else at


def _below_title(cursor: Cursor, at: int, titled: Node) -> int:
    """The line behind a further line of the title or a note below it; `at` itself when the body begins."""
    line = cursor.lines[at]
    if cursor.opens(line):
        return at
    if line.start in cursor.said.joined and cursor.roots[-1] is titled:
        titled.end = line.end
        titled.heading = _title_words(cursor.text[titled.start : line.end])
        return at + 1
    if cursor.text[line.start] == "#" and titled.end < line.start and cursor.roots[-1] is titled:
        titled.end = line.end
        titled.heading = _title_words(cursor.text[titled.start : line.end])
        return at + 1
    if _says_it_in_full(cursor, line, titled):
        return at + 1
    return _note(cursor, at, titled)


def _says_it_in_full(cursor: Cursor, line: Line, titled: Node) -> bool:
    """Whether 某局印发《某通知》 follows on 某通知, as a portal printed it above: then it is the title."""
    words = cursor.words(line)
    if titled.heading == squeeze(words) or titled.heading != _title_words(words):
        return False
    place = cursor.roots.index(titled)
    cursor.roots[place] = cursor.leaf(Level.NOTE, cursor.unique("版头"), titled.start, titled.end)
    titled.start, titled.end = line.start, line.end
    cursor.roots.append(titled)
    return True


def _title(cursor: Cursor, at: int) -> tuple[int, Node | None]:
    """The title that begins at line `at`, or a line of the 版头 before it."""
    line = cursor.lines[at]
    mark = cursor.mark(line.start, line.end)
    words = cursor.words(line)
    if (mark is not None and (mark.level not in HEADINGS or mark.number == 1)) or cursor.opens_question(line):
        return at, None
    end = title_end(cursor, at)
    if end is None and _is_flag(cursor, at):
        add_head_note(cursor, line, None)
        return at + 1, None
    if end is None and cursor.roots and words[-1] in "。：:；":
        return at, None  # an order without a title of its own: 《某办法》已经审议通过，现予公布。
    last = cursor.lines[end] if end is not None else line
    node = cursor.leaf(Level.TITLE, cursor.unique("标题"), line.start, last.end)
    node.heading = _title_words(cursor.text[line.start : last.end])
    cursor.roots.append(node)
    return (at if end is None else end) + 1, node


def _is_flag(cursor: Cursor, at: int) -> bool:
    """某局文件, an agency or a 文号 above the title."""
    line = cursor.lines[at]
    words = cursor.words(line)
    if len(words) > 60:
        return False
    if NUMBER_LINE.fullmatch(words) or NOTE_LINE.match(words) or (FLAG.search(words) and at + 1 < len(cursor.lines)):
        return True
    return is_agency(words) and any(cursor.numbered(n) for n in cursor.lines[at + 1 : at + 8] if n.end - n.start <= 60)


def title_end(cursor: Cursor, at: int) -> int | None:
    """The line on which the title that begins at `at` ends, `None` when no line ends one."""
    text = cursor.text
    for number in range(at, min(at + 6, len(cursor.lines))):
        line = cursor.lines[number]
        words = text[line.start : line.end]
        if not cursor.may_head(line) or len(words) > 80 or words[-1] in "。；：:！" or "。" in words:
            return None
        if (
            cursor.numbered(line)
            or is_date(words)
            or (number > at and (words[0] in "#（(" or cursor.mark(line.start, line.end)))
        ):
            return None
        if TITLE_END.search(words) and not (
            number == at and FLAG.search(words) and _followed_by_number(cursor, number)
        ):
            return _rest_of_title(cursor, at, number)
    return None


def _followed_by_number(cursor: Cursor, at: int) -> bool:
    """中国人民银行令 with 〔2024〕第3号 below it, and a longer title further down, is a flag."""
    after = cursor.lines[at + 1 : at + 2]
    return bool(after) and cursor.numbered(after[0])


def _rest_of_title(cursor: Cursor, at: int, end: int) -> int:
    """A title broken behind a word that could have ended it: 关于印发《某办法》 ↵ 的通知."""
    if end + 1 < len(cursor.lines):
        first, line = cursor.lines[at], cursor.lines[end + 1]
        so_far, words = cursor.text[first.start : cursor.lines[end].end], cursor.words(line)
        open_title = so_far.count("《") > so_far.count("》") or words[0] in "的有等"
        if line.kind is Kind.WORDS and open_title and len(words) <= 60 and TITLE_END.search(words):
            return end + 1
    return end


def _note(cursor: Cursor, at: int, titled: Node) -> int:
    """A 题注, 文号, repeated title or agency below the title; `at` itself when the body begins."""
    line = cursor.lines[at]
    words = cursor.words(line)
    plain = _is_plain_note(cursor, line, titled)
    if not plain and words[0] in "（(" and (NOTE_LINE.match(words) or "年" in words[:14] or len(words) <= 24):
        return bracketed_note(cursor, at, titled)
    if not (plain or _is_late_note(cursor, words)):
        return at
    add_head_note(cursor, line, titled)
    return at + 1


def _is_plain_note(cursor: Cursor, line: Line, titled: Node) -> bool:
    """The title once more, a 文号, a date or 某局文件."""
    words = cursor.words(line)
    if squeeze(words) == squeeze(cursor.text[titled.start : titled.end]):
        return True
    return cursor.numbered(line) or is_date(words) or (FLAG.search(words) is not None and len(words) < 40)


def _is_late_note(cursor: Cursor, words: str) -> bool:
    """A 题注 without brackets, an agency, or any short line without a stop above the first article of a statute."""
    if NOTE_LINE.match(words) and words[-1] != "。":
        return True
    statute = cursor.kind is DocumentKind.LAW and words[-1] not in "。：:；" and len(words) <= 120
    return statute or is_agency(words)


def bracketed_note(cursor: Cursor, at: int, titled: Node) -> int:
    """（2020年…公布 ↵ 根据…修订）: all lines up to the closing bracket."""
    depth = 0
    for number in range(at, min(at + 20, len(cursor.lines))):
        line = cursor.lines[number]
        words = cursor.words(line)
        if line.kind is not Kind.WORDS or (number > at and cursor.opens(line) and depth <= 0):
            return number
        depth += sum(c in "（(" for c in words) - sum(c in "）)" for c in words)
        add_head_note(cursor, line, titled)
        if depth <= 0:
            return number + 1
    return min(at + 20, len(cursor.lines))


def add_head_note(cursor: Cursor, line: Line, titled: Node | None) -> None:
    name = _NOTE_NAMES.get(line.kind) or ("版头" if titled is None else "题注")
    home = cursor.home()
    before = home[-1] if home else None
    if before is not None and before.level is Level.NOTE and before.address.startswith(cursor.prefix + name):
        before.end = line.end
    else:
        home.append(cursor.leaf(Level.NOTE, cursor.unique(cursor.prefix + name), line.start, line.end))


def _recipient(cursor: Cursor, at: int) -> int:
    """各分局、各银行：, on one line or several."""
    for number in range(at, min(at + 8, len(cursor.lines))):
        line = cursor.lines[number]
        words = cursor.words(line)
        if not cursor.may_head(line) or len(words) > 300 or _NOT_RECIPIENT.search(words) or cursor.opens(line):
            return at
        if words[-1] in "：:":
            start = cursor.lines[at].start
            cursor.roots.append(cursor.leaf(Level.RECIPIENT, cursor.unique("主送"), start, line.end))
            return number + 1
        if words[-1] in STOPS:
            return at
    return at


def _title_words(line: str) -> str:
    """The words inside the last 《》 of a line such as 某局印发 《…通知》, else the line itself."""
    words = squeeze(line).replace("#", "")
    named = re.match(r"[^《》]{2,40}(?:印发|发布|转发|公布)《(.+)》$", words)
    return named[1] if named else words
