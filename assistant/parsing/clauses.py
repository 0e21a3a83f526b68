"""The clause tree of an official text.

Rules and their counter-examples are those of the layouts that agencies really use: 通知
(一、（一）1.（1）) and statutes (编章节条款项目). A number opens a clause only at the start of a line
and only in the form that opens one: 「第三条 …」 with a blank behind it, never 「第三条规定的机构…」.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from assistant.schema.document import Clause, DocumentKind, Level, Span
from assistant.text.folding import squeeze
from assistant.text.numerals import ANY_NUMERAL, HAN_NUMERAL, parse_numeral, to_han
from assistant.text.sentences import ends_openly

_GAP = "[ \t\u3000\u2002\u2003\u00a0]"
_NUM = ANY_NUMERAL
# ## 第二章　贷款调查 — a short line, Markdown's # or not, without a full stop
_DIVISION = re.compile(rf"#*{_GAP}*第{_GAP}*({_NUM}){_GAP}*(分编|编|章|节)(?:{_GAP}+|$)(?P<heading>[^。；：]{{0,40}})$")
# 第十二条 …, 第十条之一 …: a blank or the end of the line must follow
_ARTICLE = re.compile(rf"第{_GAP}*({_NUM}){_GAP}*条(?:之({_NUM}))?(?:{_GAP}+|$)")
_ITEM = re.compile(rf"[（(]{_GAP}*({HAN_NUMERAL}){_GAP}*[）)]{_GAP}*")
_H1 = re.compile(rf"({HAN_NUMERAL}){_GAP}*[、.．]{_GAP}*")
_H3 = re.compile(rf"(\d{{1,2}}){_GAP}*[.．、](?!\d){_GAP}*")
_H4 = re.compile(rf"[（(]{_GAP}*(\d{{1,2}}){_GAP}*[）)]{_GAP}*")
# Two articles squeezed into one line: …提供服务。 第二十九条 …
_SQUEEZED = re.compile(rf"(?<=[。；]){_GAP}+(?=第{_NUM}条(?:之{_NUM})?{_GAP})")
# The first sentence behind a number is a heading unless it lays down a rule itself.
_RULE = re.compile(r"应当|不得|严禁|必须|(?:各|本|该|银行|公司|机构|部门)[^，。]{0,14}要")
_MAX_HEADING = 60
_LAW_ORDER = (Level.PART, Level.SUBPART, Level.CHAPTER, Level.SECTION, Level.ARTICLE)
_DIVISION_LEVEL = {"编": Level.PART, "分编": Level.SUBPART, "章": Level.CHAPTER, "节": Level.SECTION}
_NOTICE_ORDER = (Level.HEADING_1, Level.HEADING_2, Level.HEADING_3, Level.HEADING_4)


@dataclass(slots=True, kw_only=True)
class _Node:
    """A clause while the tree grows. `span` covers its own words, not yet its children's."""

    level: Level
    address: str
    start: int
    end: int
    heading: str | None = None
    children: list[_Node] = field(default_factory=list)

    def freeze(self, text: str) -> Clause:
        children = tuple(child.freeze(text) for child in self.children)
        end = max([self.end, *(child.span.end for child in children)])
        return Clause(
            address=self.address,
            level=self.level,
            span=Span(self.start, end),
            text=text[self.start : end],
            heading=self.heading,
            children=children,
        )


@dataclass(frozen=True, slots=True)
class _Line:
    """A paragraph of the source: `text[start:end]`, page breaks inside it included."""

    start: int
    end: int


def kind_of(text: str) -> DocumentKind:
    """LAW when at least two lines open an article, else NOTICE."""
    articles = sum(1 for line in _physical_lines(text) if _ARTICLE.match(text, line.start, line.end))
    return DocumentKind.LAW if articles >= 2 else DocumentKind.NOTICE


def parse_clauses(text: str, kind: DocumentKind) -> tuple[Clause, ...]:
    """The clause tree of `text`; every non-blank character lies in exactly one leaf."""
    builder = _LawBuilder(text) if kind is DocumentKind.LAW else _NoticeBuilder(text)
    for line in _paragraphs(text, builder):
        builder.take(line)
    return tuple(node.freeze(text) for node in builder.roots)


def numbering_gaps(clauses: tuple[Clause, ...]) -> tuple[str, ...]:
    """Addresses of articles or items before which a number is missing, in order."""
    gaps: list[str] = []
    last: dict[Level, int] = {}
    for clause in (c for root in clauses for c in root.walk()):
        if clause.level not in (Level.ARTICLE, Level.HEADING_1, Level.HEADING_2) or "之" in clause.address:
            continue
        match = re.search(rf"({_NUM})(?:条|）|$)", clause.address)
        number = int(parse_numeral(match[1]) or 0) if match else 0
        before = last.get(clause.level)
        if before is not None and number not in (before + 1, 1):
            gaps.append(clause.address)
        last[clause.level] = number
    return tuple(gaps)


def _physical_lines(text: str) -> Iterator[_Line]:
    at = 0
    for raw in text.split("\n"):
        blank = " \t\u3000\u2002\u2003\u00a0\ufeff\u200b"
        inner = raw.strip(blank)
        if inner:
            start = at + len(raw) - len(raw.lstrip(blank))
            yield _Line(start, start + len(inner))
        at += len(raw) + 1


def _paragraphs(text: str, builder: _Builder) -> Iterator[_Line]:
    """The lines of `text`, those that a page break tore apart joined again."""
    held: _Line | None = None
    for line in _physical_lines(text):
        if held is not None:
            if builder.continues(held, line):
                held = _Line(held.start, line.end)
                continue
            yield from builder.split(held)
        held = line
    if held is not None:
        yield from builder.split(held)


class _Builder:
    """What both families of numbering share: the text, the finished roots, the open path."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.roots: list[_Node] = []
        self.path: list[_Node] = []

    def opens(self, line: _Line) -> bool:
        """Whether `line` begins with a number that opens a clause."""
        raise NotImplementedError

    def is_heading_only(self, line: _Line) -> bool:
        """Whether `line` is a heading on a line of its own, which no next line continues."""
        raise NotImplementedError

    def take(self, line: _Line) -> None:
        """Add a paragraph to the tree."""
        raise NotImplementedError

    def split(self, line: _Line) -> Iterator[_Line]:
        """The paragraphs squeezed into `line`; as a rule itself."""
        yield line

    def continues(self, held: _Line, line: _Line) -> bool:
        """Whether `line` goes on in the middle of the sentence that `held` broke off."""
        if not self.in_body(held) or self.opens(line) or self.text[line.start] == "#":
            return False
        return ends_openly(self.text[held.start : held.end]) and not self.is_heading_only(held)

    def in_body(self, held: _Line) -> bool:
        """Whether the body has begun at `held`: title and 题注 stand in lines without a stop."""
        raise NotImplementedError

    def words(self, line: _Line) -> str:
        return self.text[line.start : line.end]

    def attach(self, node: _Node, order: tuple[Level, ...]) -> _Node:
        """Put `node` below the nearest open node of a higher level, and open it."""
        rank = order.index(node.level)
        while self.path and (self.path[-1].level not in order or order.index(self.path[-1].level) >= rank):
            self.path.pop()
        (self.path[-1].children if self.path else self.roots).append(node)
        self.path.append(node)
        return node

    def leaf(self, level: Level, address: str, start: int, end: int) -> _Node:
        start += len(self.text[start:end]) - len(self.text[start:end].lstrip())
        end -= len(self.text[start:end]) - len(self.text[start:end].rstrip())
        return _Node(level=level, address=address, start=start, end=end)


class _LawBuilder(_Builder):
    """编章节条款项目."""

    def opens(self, line: _Line) -> bool:
        patterns = (_DIVISION, _ARTICLE, _ITEM, _H3, _H4)
        return any(p.match(self.text, line.start, line.end) for p in patterns)

    def is_heading_only(self, line: _Line) -> bool:
        return _DIVISION.match(self.text, line.start, line.end) is not None

    def in_body(self, held: _Line) -> bool:
        return any(node.level in _LAW_ORDER for node in self.path) or self.opens(held)

    def split(self, line: _Line) -> Iterator[_Line]:
        start = line.start
        for match in _SQUEEZED.finditer(self.text, line.start, line.end):
            yield _Line(start, match.start())
            start = match.end()
        yield _Line(start, line.end)

    def take(self, line: _Line) -> None:
        if division := _DIVISION.match(self.text, line.start, line.end):
            self._division(line, division)
        elif article := _ARTICLE.match(self.text, line.start, line.end):
            self._article(line, article)
        elif not any(node.level is Level.ARTICLE for node in self.path):
            self._front(line)
        elif item := _ITEM.match(self.text, line.start, line.end):
            self._item(line, item)
        elif (
            sub := _H3.match(self.text, line.start, line.end) or _H4.match(self.text, line.start, line.end)
        ) and self._in_item():
            self._subitem(line, sub)
        else:
            self._paragraph(line.start, line.end)

    def _front(self, line: _Line) -> None:
        """Title and 题注 before the first article; a paragraph between a heading and its first article."""
        if self.path:
            node = self.leaf(Level.NOTE, f"{self.path[-1].address}引言", line.start, line.end)
            self.path[-1].children.append(node)
        elif not self.roots or (self.roots[-1].level is Level.TITLE and self.text[line.start] == "#"):
            self._title(line)
        elif self.roots[-1].level is Level.NOTE:
            self.roots[-1].end = line.end  # the lines of a 题注 are one
        else:
            self.roots.append(self.leaf(Level.NOTE, "题注", line.start, line.end))

    def _title(self, line: _Line) -> None:
        if self.roots:
            self.roots[-1].end = line.end
        else:
            self.roots.append(self.leaf(Level.TITLE, "标题", line.start, line.end))
        self.roots[-1].heading = squeeze(self.text[self.roots[-1].start : line.end]).replace("#", "")

    def _division(self, line: _Line, match: re.Match[str]) -> None:
        level = _DIVISION_LEVEL[match[2]]
        name = f"第{to_han(int(parse_numeral(match[1]) or 1))}{match[2]}"
        rank = _LAW_ORDER.index(level)
        above = [n for n in self.path if n.level in _LAW_ORDER and _LAW_ORDER.index(n.level) < rank]
        # 节 restarts in each 章 and 章 may restart in each 分编, so their addresses carry the one above.
        node = _Node(
            level=level,
            address=(above[-1].address if above else "") + name,
            start=line.start,
            end=line.end,
            heading="".join(match["heading"].split()) or None,
        )
        node.children.append(self.leaf(Level.LABEL, node.address, line.start, line.end))
        self.attach(node, _LAW_ORDER)

    def _article(self, line: _Line, match: re.Match[str]) -> None:
        address = f"第{to_han(int(parse_numeral(match[1]) or 1))}条"
        if match[2]:
            address += f"之{to_han(int(parse_numeral(match[2]) or 1))}"
        label_end = match.end()
        node = _Node(level=Level.ARTICLE, address=address, start=line.start, end=line.end)
        node.children.append(self.leaf(Level.LABEL, address, line.start, label_end))
        self.attach(node, _LAW_ORDER)
        if self.text[label_end : line.end].strip():
            self._paragraph(label_end, line.end)

    def _paragraph(self, start: int, end: int) -> None:
        while self.path[-1].level is not Level.ARTICLE:
            self.path.pop()
        article = self.path[-1]
        number = 1 + sum(1 for c in article.children if c.level is Level.PARAGRAPH)
        node = self.leaf(Level.PARAGRAPH, f"{article.address}第{to_han(number)}款", start, end)
        article.children.append(node)
        self.path.append(node)

    def _item(self, line: _Line, match: re.Match[str]) -> None:
        while self.path[-1].level not in (Level.ARTICLE, Level.PARAGRAPH):
            self.path.pop()
        if self.path[-1].level is Level.ARTICLE:  # 第三条 ↵ （一）…: a 款 that is only its 项
            self._paragraph(line.start, line.start)
        paragraph = self.path[-1]
        self._keep_lead(paragraph)
        base = paragraph.address
        node = self.leaf(Level.ITEM, f"{base}第（{to_han(int(parse_numeral(match[1]) or 1))}）项", line.start, line.end)
        paragraph.children.append(node)
        self.path.append(node)

    def _subitem(self, line: _Line, match: re.Match[str]) -> None:
        while self.path[-1].level is not Level.ITEM:
            self.path.pop()
        item = self.path[-1]
        self._keep_lead(item)
        node = self.leaf(Level.SUBITEM, f"{item.address}第{int(match[1])}目", line.start, line.end)
        item.children.append(node)

    def _keep_lead(self, node: _Node) -> None:
        """Before its first child, a node's own words become a leaf of their own."""
        if not node.children and node.end > node.start:
            node.children.append(_Node(level=Level.LEAD, address=node.address, start=node.start, end=node.end))

    def _in_item(self) -> bool:
        return any(node.level is Level.ITEM for node in self.path)


class _NoticeBuilder(_Builder):
    """一、（一）1.（1） with paragraphs below them."""

    _PATTERNS = ((_H1, Level.HEADING_1), (_ITEM, Level.HEADING_2), (_H3, Level.HEADING_3), (_H4, Level.HEADING_4))

    def opens(self, line: _Line) -> bool:
        return self._match(line) is not None

    def _match(self, line: _Line) -> tuple[re.Match[str], Level] | None:
        for pattern, level in self._PATTERNS:
            if match := pattern.match(self.text, line.start, line.end):
                return match, level
        return None

    def is_heading_only(self, line: _Line) -> bool:
        return self.opens(line) and "。" not in self.words(line) and len(self.words(line)) <= _MAX_HEADING

    def in_body(self, held: _Line) -> bool:
        return len(self.roots) > 0

    def take(self, line: _Line) -> None:
        if not self.roots:
            node = self.leaf(Level.TITLE, "标题", line.start, line.end)
            node.heading = _title_words(self.words(line))
            self.roots.append(node)
        elif found := self._match(line):
            self._heading(line, *found)
        elif self.path:
            self._paragraph(line.start, line.end)
        elif self.roots[-1].level is Level.PREAMBLE:
            preamble = self.roots[-1]
            if not preamble.children:
                preamble.children.append(self.leaf(Level.PARAGRAPH, "序言第一段", preamble.start, preamble.end))
            number = to_han(len(preamble.children) + 1)
            preamble.children.append(self.leaf(Level.PARAGRAPH, f"序言第{number}段", line.start, line.end))
        else:
            self.roots.append(self.leaf(Level.PREAMBLE, "序言", line.start, line.end))

    def _heading(self, line: _Line, match: re.Match[str], level: Level) -> None:
        rank = _NOTICE_ORDER.index(level)
        above = [n for n in self.path if n.level in _NOTICE_ORDER and _NOTICE_ORDER.index(n.level) < rank]
        heading, label_end = self._label(match, line)
        node = _Node(
            level=level,
            address=_notice_address(above[-1] if above else None, match, level),
            start=line.start,
            end=line.end,
            heading=heading,
        )
        node.children.append(self.leaf(Level.LABEL, node.address, line.start, label_end))
        self.attach(node, _NOTICE_ORDER)
        if self.text[label_end : line.end].strip():
            self._paragraph(label_end, line.end)

    def _label(self, match: re.Match[str], line: _Line) -> tuple[str | None, int]:
        """The heading behind a number, and where number and heading end."""
        body = self.text[match.end() : line.end]
        stop = body.find("。")
        if stop < 0:
            return (squeeze(body), line.end) if len(body) <= _MAX_HEADING else (None, match.end())
        first = body[:stop]
        if len(first) > _MAX_HEADING or _RULE.search(first):
            return None, match.end()
        return squeeze(first), match.end() + stop + 1

    def _paragraph(self, start: int, end: int) -> None:
        while self.path[-1].level not in _NOTICE_ORDER:
            self.path.pop()
        node = self.path[-1]
        number = 1 + sum(1 for c in node.children if c.level is Level.PARAGRAPH)
        mark = "、" if node.level is Level.HEADING_1 else ""
        address = f"{node.address}{mark}第{to_han(number)}段"
        node.children.append(self.leaf(Level.PARAGRAPH, address, start, end))


def _notice_address(above: _Node | None, match: re.Match[str], level: Level) -> str:
    number = int(parse_numeral(match[1]) or 1)
    own = {
        Level.HEADING_1: to_han(number),
        Level.HEADING_2: f"（{to_han(number)}）",
        Level.HEADING_3: f"{number}.",
        Level.HEADING_4: f"（{number}）",
    }[level]
    if above is None:
        return own
    return above.address + ("、" if above.level is Level.HEADING_1 else "") + own


def _title_words(line: str) -> str:
    """The words inside the last 《》 of a title line, else the line itself."""
    named = re.findall(r"《([^》]+)》", line)
    return squeeze(named[-1] if named else line)
