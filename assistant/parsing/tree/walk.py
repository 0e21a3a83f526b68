"""The walk over the lines of a text: which lines are one paragraph, and which paragraphs are squeezed into one line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from assistant.parsing.lines.model import STOPS, Kind, Line
from assistant.parsing.markers import BLANKS, FORMAL_STYLE, GAP, GOES_ON, Mark
from assistant.parsing.tree.apparatus import add_note, add_page_line, add_table, sign
from assistant.parsing.tree.body import take
from assistant.parsing.tree.cursor import Cursor
from assistant.parsing.tree.forms import REPLY
from assistant.parsing.tree.head import read_head
from assistant.parsing.tree.headings import settle
from assistant.parsing.tree.nodes import DIVISIONS, MAX_HEADING, PAGE_NOTE, Para
from assistant.parsing.tree.parts import issued_title, open_attachment, open_issued
from assistant.schema.document import Level
from assistant.text.folding import squeeze

# Two articles squeezed into one line: …提供服务。 第二十九条 …
_SQUEEZED = re.compile(rf"(?<=[。；])[{BLANKS}\n]{{1,40}}(?=第{GAP}{{0,4}}[^条，。；]{{1,12}}条)")
_CHAPTER_AND_ARTICLE = re.compile(rf"[{BLANKS}]{{1,8}}(?=第{GAP}{{0,4}}[^条，。；\s]{{1,12}}条[{BLANKS}])")
_TORN_AFTER = frozenset("第、和或及与于的在至")


class Walk:
    """Goes over the lines once and gives each paragraph to the reader of its kind."""

    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self._held: Para | None = None
        self._pending: list[Line] = []  # page marks that may lie inside the paragraph held

    def read(self) -> None:
        """Grow the whole tree."""
        cursor = self.cursor
        at = read_head(cursor, 0)
        while at < len(cursor.lines):
            line = cursor.lines[at]
            if line.kind is Kind.NOISE or line.kind is Kind.CONTENTS:
                self._pending.append(line)
                at += 1
            elif line.kind is Kind.WORDS:
                at = self._words(at)
            else:
                self._flush()
                at = self._special(at)
        self._flush()
        for root in cursor.roots:
            settle(cursor, root)

    def _special(self, at: int) -> int:
        cursor = self.cursor
        line = cursor.lines[at]
        if line.kind is Kind.PAGE:
            add_page_line(cursor, line)
            return at + 1
        if line.kind in (Kind.CAPTION, Kind.ROW):
            return add_table(cursor, at)
        if line.kind is Kind.ATTACHMENT:
            return open_attachment(cursor, at)
        if line.kind is Kind.LISTING:
            cursor.close()
            add_note(cursor, Level.NOTE, "附件目录", line)
        else:
            sign(cursor, line)
        return at + 1

    def _words(self, at: int) -> int:
        cursor = self.cursor
        line = cursor.lines[at]
        if line.start in cursor.said.joined:
            return self._joined(at)
        finished = self._held is None or cursor.text[self._held.end - 1] in STOPS
        if line.end - line.start <= 80 and (after := issued_title(cursor, at, finished=finished)):
            self._flush()
            return open_issued(cursor, at, after)
        mark = cursor.mark(line.start, line.end)
        if self._held is not None:
            if self._names(self._held, line):
                return at + 1
            if self._continues(self._held, line, mark, at):
                self._held.holes.extend(self._pending)
                self._pending.clear()
                self._held.end = line.end
                return at + 1
            self._flush()
        if mark is None and self._goes_on_signing(line):
            return at + 1
        self._drop_pending()
        self._held = Para(line.start, line.end, mark)
        return at + 1

    def _joined(self, at: int) -> int:
        """A line that a person joined to the paragraph before it."""
        line, held = self.cursor.lines[at], self._held
        if held is None:
            self.cursor.warnings.append("joined_to_nothing：有一行标为“接上一行”，但它前面没有可接的段落，请核对")
            self._drop_pending()
            self._held = Para(line.start, line.end, None)
            return at + 1
        if held.mark is not None and held.mark.level in DIVISIONS and held.mark.style != FORMAL_STYLE:
            name = (held.mark.heading or "") + squeeze(self.cursor.words(line))
            held.mark = replace(held.mark, end=line.end, heading=name)
        held.holes.extend(self._pending)
        self._pending.clear()
        held.end = line.end
        return at + 1

    def _names(self, held: Para, line: Line) -> bool:
        """Whether `line` is the name of the article whose number stands alone above it, which then holds both."""
        name = self.cursor.name_of_article(line)
        if name is None or held.mark is None or held.mark.level is not Level.ARTICLE or held.mark.end < held.end:
            return False
        held.mark = replace(held.mark, end=line.end, heading=name)
        held.end = line.end
        return True

    def _goes_on_signing(self, line: Line) -> bool:
        """Whether the open 落款 breaks off in a list, which `line` then ends."""
        tail = self.cursor.tail
        if (
            tail is None
            or self._pending
            or line.end - line.start >= 80
            or self.cursor.text[tail.end - 1] not in "、，,"
        ):
            return False
        tail.end = line.end
        return True

    def _flush(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            for para in _split(self.cursor, held):
                take(self.cursor, para)
        self._drop_pending()

    def _drop_pending(self) -> None:
        for line in self._pending:
            add_note(self.cursor, Level.NOTE, "目录" if line.kind is Kind.CONTENTS else PAGE_NOTE, line)
        self._pending.clear()

    # --- one paragraph or two ---

    def _continues(self, held: Para, line: Line, mark: Mark | None, at: int) -> bool:
        """Whether `line` goes on in the middle of the sentence that `held` broke off."""
        text = self.cursor.text
        last = text[held.end - 1]
        if last in STOPS or text[line.start] == "#" or line.start in self.cursor.said.headings:
            return False
        if self.cursor.opens_question(line):
            return False
        if text[line.start] in "答回解第A[【〔（(" and REPLY.match(text, line.start, line.end):
            return False
        if mark is None:
            return not self._heading_only(held)
        if last in _TORN_AFTER and not self._heading_only(held):
            return True
        if self._heading_only(held) or self._fits(mark):
            return mark.level is Level.ARTICLE and self._torn_reference(held, mark, line, at)
        return True

    def _torn_reference(self, held: Para, mark: Mark, line: Line, at: int) -> bool:
        """第三十八条 on a line of its own, the next line going on with 第二款的规定: no article."""
        if mark.end < line.end or self._heading_only(held):
            return False
        after = next((n for n in self.cursor.lines[at + 1 : at + 4] if n.kind is Kind.WORDS), None)
        return (
            after is not None
            and GOES_ON.match(self.cursor.text, after.start) is not None
            and self.cursor.mark(after.start, after.end) is None
        )

    def _heading_only(self, held: Para) -> bool:
        """Whether the paragraph is a heading on a line of its own, which no next line continues."""
        mark, cursor = held.mark, self.cursor
        if mark is None:
            return False
        if mark.level in DIVISIONS:
            return True
        if mark.level is Level.ARTICLE:
            return mark.end >= held.end
        if cursor.article() is not None and mark.level is not Level.HEADING_1:
            return False  # a 项
        length = held.end - held.start
        if length > MAX_HEADING or cursor.text[held.end - 1] in "，、,":
            return False
        if cursor.width and length >= cursor.width - 2:
            return False
        return "。" not in cursor.text[held.start : held.end]

    def _fits(self, mark: Mark) -> bool:
        """Whether the number follows on the last one of its level, or begins anew."""
        if mark.path:
            return True  # it was read in its order already
        last = self.cursor.counts.get(mark.level)
        if last is None or mark.number == last + 1 or (mark.suffix and mark.number == last):
            return True
        return mark.number == 1 and mark.level is not Level.ARTICLE


def _split(cursor: Cursor, para: Para) -> Iterator[Para]:
    """The paragraphs squeezed into one line; as a rule itself."""
    cuts = [*_cuts_behind_division(cursor, para), *_cuts_between_articles(cursor, para)]
    if not cuts:
        yield para
        return
    start = para.start
    for left, right in [*cuts, (para.end, para.end)]:
        if left > start:
            yield cursor.piece(para, start, left)
        start = right


def _cuts_behind_division(cursor: Cursor, para: Para) -> Iterator[tuple[int, int]]:
    """第一章 总则 第一条 …: the blanks between the two."""
    text, start, mark = cursor.text, para.start, para.mark
    if text[start] not in "第#" or (mark is not None and mark.level not in DIVISIONS):
        return
    match = _CHAPTER_AND_ARTICLE.search(text, start + 2, min(para.end, start + (80 if mark is None else 100)))
    if match is None:
        return
    front = mark or cursor.mark(start, match.start())
    if front is not None and front.level in DIVISIONS:
        yield match.span()


def _cuts_between_articles(cursor: Cursor, para: Para) -> Iterator[tuple[int, int]]:
    """…提供服务。 第二十九条 …: the blanks before each article."""
    text = cursor.text
    if text.find("条", para.start + 4, para.end) < 0:
        return
    for match in _SQUEEZED.finditer(text, para.start, para.end):
        mark = cursor.mark(match.end(), para.end)
        if mark is not None and mark.level is Level.ARTICLE:
            yield match.span()
