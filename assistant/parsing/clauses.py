"""The clause tree of an official text.

A text is a head (版头, title, 题注, 主送), a body, a tail (落款), and perhaps what it issues (印发) and
its attachments (附件), each of which has numbers of its own. One builder reads them all: whether （一）
is a 项 or a heading depends on whether an article stands open above it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from assistant.parsing.layout import (
    STOPS,
    Kind,
    Line,
    TableLike,
    attachment_at,
    is_agency,
    is_date,
    physical_lines,
    read_lines,
    trimmed,
    wrap_width,
)
from assistant.parsing.markers import BLANKS, GAP, GOES_ON, Mark, mark_at, value_of
from assistant.schema.document import APPARATUS, Clause, DocumentKind, Level, Span, Table
from assistant.text.folding import squeeze
from assistant.text.numerals import ANY_NUMERAL, parse_numeral
from assistant.text.numerals import to_han as _to_han

_ORDER = (
    Level.ATTACHMENT,
    Level.ISSUED,
    Level.PART,
    Level.SUBPART,
    Level.CHAPTER,
    Level.SECTION,
    Level.ARTICLE,
    Level.HEADING_1,
    Level.QUESTION,
    Level.ANSWER,
    Level.HEADING_2,
    Level.HEADING_3,
    Level.HEADING_4,
    Level.HEADING_5,
)
_RANK = {level: rank for rank, level in enumerate(_ORDER)}
_PARTS = frozenset({Level.ATTACHMENT, Level.ISSUED})
_DIVISIONS = {Level.PART: "编", Level.SUBPART: "分编", Level.CHAPTER: "章", Level.SECTION: "节"}
_HEADINGS = (Level.HEADING_1, Level.HEADING_2, Level.HEADING_3, Level.HEADING_4, Level.HEADING_5)
_IN_ARTICLE = frozenset({Level.PARAGRAPH, Level.ITEM, Level.SUBITEM})
# Two articles squeezed into one line: …提供服务。 第二十九条 …
_SQUEEZED = re.compile(rf"(?<=[。；])[{BLANKS}\n]{{1,40}}(?=第{GAP}{{0,4}}[^条，。；]{{1,12}}条)")
_CHAPTER_AND_ARTICLE = re.compile(rf"[{BLANKS}]{{1,8}}(?=第{GAP}{{0,4}}[^条，。；\s]{{1,12}}条[{BLANKS}])")
_FIRST_INLINE = re.compile(rf"[：:]{GAP}{{0,4}}(?=[（(]一[）)])")
_INLINE = re.compile(rf"[：:；;。]{GAP}{{0,4}}(?=[（(]([一二三四五六七八九十]{{1,3}})[）)])")
# The first sentence behind a number is a heading unless it lays down a rule or states a figure itself.
_RULE = re.compile(
    r"应当|应予|不得|严禁|必须|可以|是指|^自|^凡|^对.{2,40}的，|(?:各|本|该|银行|公司|机构|部门)[^，。]{0,14}要|\d\s?(?:%|％|[万亿]|元)"
)
_MAX_HEADING = 60
_FLAT = ("决定", "公告", "批复", "复函", "答复", "通告")  # 文种 whose 一、 are rules, not headings
_TITLE_END = re.compile(
    r"(?:通知|意见|办法|规定|条例|法|法典|决定|公告|细则|方案|指引|通告|通报|批复|函|纪要|要点|规划|计划|措施|准则|规则|制度|命令|令|解释|"
    r"答复|问答|公报|报告|请示|指南|规程|标准|目录|清单|说明|安排|解读|决议|宣言|守则|章程|纲要|办法全文|若干问题|合同编|总则编|物权编)"
    r"(?:[（(〔][^（）()]{1,20}[）)〕]){0,2}[》]?$|》$"
)
_NUMBER_LINE = re.compile(
    r"[一-龥〇]{0,30}[〔\[［（(【]\s{0,3}\d{4}\s{0,3}[〕\]］）)】]\s{0,3}(?:年\s{0,2})?(?:第\s{0,2})?[\dO○〇]{1,5}\s{0,3}号令?|"
    r"[一-龥]{0,30}\d{4}\s{0,2}年\s{0,2}第\s{0,2}[\d一二三四五六七八九十百]{1,5}\s{0,2}号(?:令|公告)?|"
    r"[（(]?[一-龥\s]{0,30}第?\s{0,2}[\d一二三四五六七八九十百〇零]{1,6}\s{0,2}号[）)]?"
)
_NOTE_LINE = re.compile(
    r"[（(]?(?:根据)?\s{0,2}\d{4}\s?年\s?\d{1,2}\s?月\s?\d{1,2}\s?日|[（(]\s{0,2}(?:19|20)\d\d年|签发人|特\s?急|加\s?急|机\s?密|秘\s?密|内部|"
    r"[（(](?:征求意见稿|送审稿|草案|试行|暂行|节选)"
)
_FLAG = re.compile(r"(?:文件|政府令|总局令|公报)$")
_NOT_RECIPIENT = re.compile(r"如下|以下|下列|通知|[。；？！]|现将|特此")
_ASK = re.compile(
    r"(?:#{1,4}\s?)?(?:[（(]?(?:[一二三四五六七八九十]{1,3}|\d{1,3})[）)、.．\s]{1,2})?\s{0,2}(?:问题?\s?(?:[一二三四五六七八九十]{1,3}|\d{0,3})|Q\s?\d{0,3})\s?[：:]"
)
_REPLY = re.compile(r"(?:答复?|回答|A\s?\d{0,3})\s?[：:]")
_DELETED = re.compile(r"[（(〔【]?(?:删去|删除|已删去|已删除|已废止|废止)[）)〕】]?[。]?")
_TORN_AFTER = frozenset("第、和或及与的于在至")


@lru_cache(maxsize=4096)
def to_han(value: int) -> str:
    """Chinese numerals as far as texts use them, plain digits beyond."""
    return _to_han(value) if value <= 9999 else str(value)


@dataclass(slots=True, kw_only=True)
class _Node:
    """A clause while the tree grows. `span` covers its own words, not yet its children's."""

    level: Level
    address: str
    start: int
    end: int
    heading: str | None = None
    children: list[_Node] = field(default_factory=list)
    number: int = 0
    mark_end: int = 0  # where a heading's number ends
    style: str = ""
    counts: dict[Level, int] = field(default_factory=dict)
    items: list[_Node] = field(default_factory=list)  # 项 of a 款, 目 of a 项

    def freeze(self, text: str) -> Clause:
        children = tuple(child.freeze(text) for child in self.children)
        end = max(self.end, children[-1].span.end) if children else self.end
        return Clause(
            address=self.address,
            level=self.level,
            span=Span(self.start, end),
            text=text[self.start : end],
            heading=self.heading,
            children=children,
        )


@dataclass(slots=True)
class _Para:
    """A paragraph: lines joined, with the noise that a page break put between them."""

    start: int
    end: int
    mark: Mark | None
    holes: list[Line] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """What `parse_tree` finds."""

    clauses: tuple[Clause, ...]
    tables: tuple[Table, ...]
    warnings: tuple[str, ...]


def kind_of(text: str) -> DocumentKind:
    """LAW when at least two lines before any 附件 open an article, else NOTICE."""
    articles = 0
    for line in physical_lines(text):
        if text[line.start] in "第#":
            mark = mark_at(text, line.start, line.end)
            articles += mark is not None and mark.level is Level.ARTICLE
            if articles >= 2:
                return DocumentKind.LAW
        elif text[line.start] == "附" and articles == 0:
            found = attachment_at(text, line.start, line.end)
            if found and not found.rest and not found.colon:
                break
    return DocumentKind.NOTICE


def parse_clauses(text: str, kind: DocumentKind, tables: Sequence[TableLike] = ()) -> tuple[Clause, ...]:
    """The clause tree of `text`; every non-blank character lies in exactly one leaf."""
    return parse_tree(text, kind, tables).clauses


def parse_tree(text: str, kind: DocumentKind, tables: Sequence[TableLike] = ()) -> Tree:
    """The clause tree of `text`, its tables, and what looked wrong."""
    builder = _Builder(text, kind, tables)
    builder.read()
    return Tree(
        clauses=tuple(node.freeze(text) for node in builder.roots),
        tables=tuple(builder.found_tables),
        warnings=tuple(builder.warnings),
    )


def numbering_gaps(clauses: tuple[Clause, ...]) -> tuple[str, ...]:
    """Addresses of articles or headings before which a number is missing, in order."""
    gaps: list[str] = []
    for part in _parts(clauses):
        last: dict[Level, int] = {}
        for clause in part:
            if clause.level not in (Level.ARTICLE, Level.HEADING_1, Level.HEADING_2) or "之" in clause.address:
                continue
            match = re.search(rf"({ANY_NUMERAL})(?:条|）|$)", clause.address)
            number = int(parse_numeral(match[1]) or 0) if match else 0
            before = last.get(clause.level)
            if before is not None and number not in (before + 1, 1):
                gaps.append(clause.address)
            last[clause.level] = number
    return tuple(gaps)


def _parts(clauses: Sequence[Clause]) -> Iterator[list[Clause]]:
    """The clauses of the main text, then those of each part with numbers of its own."""
    main: list[Clause] = []
    others: list[list[Clause]] = []
    waiting = list(reversed(clauses))
    while waiting:
        clause = waiting.pop()
        if clause.level in _PARTS:
            others.append([c for c in clause.walk() if c is not clause])
            continue
        main.append(clause)
        waiting.extend(reversed(clause.children))
    yield main
    yield from others


class _Builder:
    """Grows the tree, paragraph by paragraph."""

    def __init__(self, text: str, kind: DocumentKind, tables: Sequence[TableLike]) -> None:
        self.text = text
        self.kind = kind
        self.lines, self.tables = read_lines(text, tables)
        self.width = wrap_width(text, self.lines)
        self.roots: list[_Node] = []
        self.path: list[_Node] = []
        self.part: _Node | None = None  # the open ISSUED or ATTACHMENT
        self.prefix = ""
        self.prefix_articles = True
        self.seen: dict[str, int] = {}
        self.counts: dict[Level, int] = {}  # last number of each level in this part
        self.warnings: list[str] = []
        self.found_tables: list[Table] = []
        self.title = ""
        self.flat = False
        self.names: frozenset[str] = frozenset()  # what the cover notice says it issues
        self.held: _Para | None = None
        self.pending: list[Line] = []
        self.tail: _Node | None = None
        self.preamble: _Node | None = None
        self.issued = 0
        self.asked = 0

    # --- the walk over the lines ---

    def read(self) -> None:
        at = self._head(0)
        while at < len(self.lines):
            line = self.lines[at]
            if line.kind is Kind.NOISE or line.kind is Kind.CONTENTS:
                self.pending.append(line)
                at += 1
            elif line.kind is Kind.WORDS:
                at = self._words(at)
            else:
                self._flush()
                at = self._special(at)
        self._flush()
        for root in self.roots:
            self._settle(root)

    def _special(self, at: int) -> int:
        line = self.lines[at]
        if line.kind in (Kind.CAPTION, Kind.ROW):
            return self._table(at)
        if line.kind is Kind.ATTACHMENT:
            return self._attachment(at)
        if line.kind is Kind.LISTING:
            self._close()
            self._apparatus(Level.NOTE, "附件目录", line)
        else:
            self._sign(line)
        return at + 1

    def _words(self, at: int) -> int:
        line = self.lines[at]
        text = self.text
        if line.end - line.start <= 80 and (after := self._issued_title(at)):
            self._flush()
            return self._issue(at, after)
        mark = mark_at(text, line.start, line.end)
        if self.held is not None:
            if self._continues(self.held, line, mark, at):
                self.held.holes.extend(self.pending)
                self.pending.clear()
                self.held.end = line.end
                return at + 1
            self._flush()
        if self.tail is not None and mark is None and self._goes_on_signing(line):
            self.tail.end = line.end
            return at + 1
        self._drop_pending()
        self.held = _Para(line.start, line.end, mark)
        return at + 1

    def _goes_on_signing(self, line: Line) -> bool:
        tail = self.tail
        return (
            tail is not None and not self.pending and self.text[tail.end - 1] in "、，," and line.end - line.start < 80
        )

    def _continues(self, held: _Para, line: Line, mark: Mark | None, at: int) -> bool:
        """Whether `line` goes on in the middle of the sentence that `held` broke off."""
        text = self.text
        last = text[held.end - 1]
        if last in STOPS or text[line.start] == "#":
            return False
        if text[line.start] in "问答QA" and (
            _ASK.match(text, line.start, line.end) or _REPLY.match(text, line.start, line.end)
        ):
            return False
        if mark is not None:
            if last in _TORN_AFTER and not self._heading_only(held):
                return True
            if self._heading_only(held) or self._fits(mark):
                return mark.level is Level.ARTICLE and self._torn_reference(mark, line, at)
            return True
        return not self._heading_only(held)

    def _torn_reference(self, mark: Mark, line: Line, at: int) -> bool:
        """第三十八条 on a line of its own, the next line going on with 第二款的规定: no article."""
        if mark.end < line.end or self.held is None or self._heading_only(self.held):
            return False
        after = next((n for n in self.lines[at + 1 : at + 4] if n.kind is Kind.WORDS), None)
        return (
            after is not None
            and GOES_ON.match(self.text, after.start) is not None
            and mark_at(self.text, after.start, after.end) is None
        )

    def _heading_only(self, held: _Para) -> bool:
        """Whether the paragraph is a heading on a line of its own, which no next line continues."""
        mark = held.mark
        if mark is None:
            return False
        if mark.level in _DIVISIONS:
            return True
        if mark.level is Level.ARTICLE:
            return mark.end >= held.end
        if self._article() is not None and mark.level is not Level.HEADING_1:
            return False  # a 项
        length = held.end - held.start
        if length > _MAX_HEADING or self.text[held.end - 1] in "，、,":
            return False
        if self.width and length >= self.width - 2:
            return False
        return "。" not in self.text[held.start : held.end]

    def _fits(self, mark: Mark) -> bool:
        """Whether the number follows on the last one of its level, or begins anew."""
        last = self.counts.get(mark.level)
        if last is None or mark.number == last + 1 or (mark.suffix and mark.number == last):
            return True
        return mark.number == 1 and mark.level is not Level.ARTICLE

    def _flush(self) -> None:
        held, self.held = self.held, None
        if held is not None:
            for para in self._split(held):
                self._take(para)
        self._drop_pending()

    def _drop_pending(self) -> None:
        for line in self.pending:
            self._apparatus(Level.NOTE, "目录" if line.kind is Kind.CONTENTS else "页注", line)
        self.pending.clear()

    def _split(self, para: _Para) -> Iterator[_Para]:
        """The paragraphs squeezed into one line; as a rule itself."""
        text, start = self.text, para.start
        cuts: list[tuple[int, int]] = []
        if text[start] in "第#" and para.mark is not None and para.mark.level in _DIVISIONS:
            match = _CHAPTER_AND_ARTICLE.search(text, start + 2, min(para.end, start + 100))
            cuts += [match.span()] if match else []
        elif text[start] in "第#" and para.mark is None:
            match = _CHAPTER_AND_ARTICLE.search(text, start + 2, min(para.end, start + 80))
            if match and (front := mark_at(text, start, match.start())) and front.level in _DIVISIONS:
                cuts.append(match.span())
        if text.find("条", start + 4, para.end) > 0:
            for match in _SQUEEZED.finditer(text, start, para.end):
                mark = mark_at(text, match.end(), para.end)
                if mark is not None and mark.level is Level.ARTICLE:
                    cuts.append(match.span())
        if not cuts:
            yield para
            return
        for left, right in [*cuts, (para.end, para.end)]:
            if left > start:
                yield self._piece(para, start, left)
            start = right

    def _piece(self, para: _Para, start: int, end: int) -> _Para:
        holes = [h for h in para.holes if start <= h.start and h.end <= end]
        return _Para(start, end, mark_at(self.text, start, end), holes)

    # --- the head ---

    def _head(self, at: int) -> int:
        """Title, 版头, 题注 and 主送 of the main text; where the body begins."""
        lines = self.lines
        titled: _Node | None = None
        while at < len(lines):
            line = lines[at]
            words = self.text[line.start : line.end]
            if line.kind in (Kind.NOISE, Kind.CONTENTS, Kind.LISTING):
                self._root_note(line, titled)
                at += 1
                continue
            if line.kind is not Kind.WORDS:
                break
            if titled is None:
                before = at
                at, titled = self._title(at)
                if titled is None and at == before:
                    break
                continue
            if words[0] == "#" and not self._opens(line) and titled.end < line.start and self.roots[-1] is titled:
                titled.end = line.end
                titled.heading = _title_words(self.text[titled.start : line.end])
                at += 1
                continue
            if self._opens(line):
                break
            after = self._note(at, titled)
            if after == at:
                break
            at = after
        self.title = titled.heading or "" if titled else ""
        self.flat = self.title.endswith(_FLAT)
        self.names = frozenset(
            squeeze(m)
            for m in re.findall(r"《([^《》]{4,80})》", self.text[: (lines[at].end if at < len(lines) else 0)])
        ) - {self.title}
        return self._recipient(at) if titled or self.roots else at

    def _opens(self, line: Line) -> bool:
        mark = mark_at(self.text, line.start, line.end)
        return mark is not None or _ASK.match(self.text, line.start, line.end) is not None

    def _title(self, at: int) -> tuple[int, _Node | None]:
        """The title that begins at line `at`, or a line of the 版头 before it."""
        line = self.lines[at]
        mark = mark_at(self.text, line.start, line.end)
        words = self.text[line.start : line.end]
        if (mark is not None and (mark.level not in _HEADINGS or mark.number == 1)) or _ASK.match(words):
            return at, None
        end = self._title_end(at)
        if end is None and self._is_flag(at):
            self._root_note(line, None)
            return at + 1, None
        if end is None and self.roots and words[-1] in "。：:；":
            return at, None  # an order without a title of its own: 《某办法》已经审议通过，现予公布。
        last = self.lines[end] if end is not None else line
        node = self._leaf(Level.TITLE, self._unique("标题"), line.start, last.end)
        node.heading = _title_words(self.text[line.start : last.end])
        self.roots.append(node)
        return (at if end is None else end) + 1, node

    def _is_flag(self, at: int) -> bool:
        """某局文件, an agency or a 文号 above the title."""
        line = self.lines[at]
        words = self.text[line.start : line.end]
        if len(words) > 60:
            return False
        if (
            _NUMBER_LINE.fullmatch(words)
            or _NOTE_LINE.match(words)
            or (_FLAG.search(words) and at + 1 < len(self.lines))
        ):
            return True
        return is_agency(words) and any(self._numbered(n) for n in self.lines[at + 1 : at + 8] if n.end - n.start <= 60)

    def _numbered(self, line: Line) -> bool:
        return _NUMBER_LINE.fullmatch(self.text, line.start, line.end) is not None

    def _title_end(self, at: int) -> int | None:
        """The line on which the title that begins at `at` ends, `None` when no line ends one."""
        text = self.text
        for number in range(at, min(at + 6, len(self.lines))):
            line = self.lines[number]
            words = text[line.start : line.end]
            if line.kind is not Kind.WORDS or len(words) > 80 or words[-1] in "。；：:，、！" or "。" in words:
                return None
            if (
                self._numbered(line)
                or is_date(words)
                or (number > at and (words[0] in "#（(" or mark_at(text, line.start, line.end)))
            ):
                return None
            if _TITLE_END.search(words) and not (
                number == at and _FLAG.search(words) and self._followed_by_number(number)
            ):
                return self._rest_of_title(at, number)
        return None

    def _followed_by_number(self, at: int) -> bool:
        """中国人民银行令 with 〔2024〕第3号 below it, and a longer title further down, is a flag."""
        after = self.lines[at + 1 : at + 2]
        return bool(after) and self._numbered(after[0])

    def _rest_of_title(self, at: int, end: int) -> int:
        """A title broken behind a word that could have ended it: 关于印发《某办法》 ↵ 的通知."""
        if end + 1 < len(self.lines):
            first, line = self.lines[at], self.lines[end + 1]
            so_far, words = self.text[first.start : self.lines[end].end], self.text[line.start : line.end]
            open_title = so_far.count("《") > so_far.count("》") or words[0] in "的有等"
            if line.kind is Kind.WORDS and open_title and len(words) <= 60 and _TITLE_END.search(words):
                return end + 1
        return end

    def _note(self, at: int, titled: _Node) -> int:
        """A 题注, 文号, repeated title or agency below the title; `at` itself when the body begins."""
        line = self.lines[at]
        words = self.text[line.start : line.end]
        same = squeeze(words) == squeeze(self.text[titled.start : titled.end])
        if same or self._numbered(line) or is_date(words) or (_FLAG.search(words) and len(words) < 40):
            self._root_note(line, titled)
            return at + 1
        if words[0] in "（(" and (_NOTE_LINE.match(words) or "年" in words[:14] or len(words) <= 24):
            return self._bracketed_note(at, titled)
        if _NOTE_LINE.match(words) and words[-1] != "。":
            self._root_note(line, titled)
            return at + 1
        if is_agency(words) or (self.kind is DocumentKind.LAW and words[-1] not in "。：:；" and self._before_body(at)):
            self._root_note(line, titled)
            return at + 1
        return at

    def _before_body(self, at: int) -> bool:
        """Whether the next line but notes opens a clause: what stands before it in a statute is a 题注."""
        line = self.lines[at]
        return line.end - line.start <= 120

    def _bracketed_note(self, at: int, titled: _Node) -> int:
        """（2020年…公布 ↵ 根据…修订）: all lines up to the closing bracket."""
        depth = 0
        for number in range(at, min(at + 20, len(self.lines))):
            line = self.lines[number]
            words = self.text[line.start : line.end]
            if line.kind is not Kind.WORDS or (number > at and self._opens(line) and depth <= 0):
                return number
            depth += sum(c in "（(" for c in words) - sum(c in "）)" for c in words)
            self._root_note(line, titled)
            if depth <= 0:
                return number + 1
        return min(at + 20, len(self.lines))

    def _root_note(self, line: Line, titled: _Node | None) -> None:
        name = "目录" if line.kind is Kind.CONTENTS else "版头" if titled is None else "题注"
        home = self._home()
        before = home[-1] if home else None
        if before is not None and before.level is Level.NOTE and before.address.startswith(self.prefix + name):
            before.end = line.end
        else:
            home.append(self._leaf(Level.NOTE, self._unique(self.prefix + name), line.start, line.end))

    def _recipient(self, at: int) -> int:
        """各分局、各银行：, on one line or several."""
        for number in range(at, min(at + 8, len(self.lines))):
            line = self.lines[number]
            words = self.text[line.start : line.end]
            if line.kind is not Kind.WORDS or len(words) > 300 or _NOT_RECIPIENT.search(words) or self._opens(line):
                return at
            if words[-1] in "：:":
                start = self.lines[at].start
                self.roots.append(self._leaf(Level.RECIPIENT, self._unique("主送"), start, line.end))
                return number + 1
            if words[-1] in STOPS:
                return at
        return at

    # --- parts with numbers of their own ---

    def _issued_title(self, at: int) -> int | None:
        """The line behind the title of what a cover notice issues, when that title stands at `at`."""
        if not self.roots or (self.part is not None and self.part.level is Level.ATTACHMENT):
            return None
        if self.tail is None and (
            not self.names or (self.held is not None and self.text[self.held.end - 1] not in STOPS)
        ):
            return None
        end = self._title_end(at)
        if end is None or end + 1 >= len(self.lines):
            return None
        words = squeeze(self.text[self.lines[at].start : self.lines[end].end]).lstrip("#")
        if words == self.title and self.tail is None:
            return None
        named = words in self.names or re.sub(r"[（(].{1,8}[）)]$", "", words) in self.names
        return end + 1 if named or self.tail is not None else None

    def _issue(self, at: int, after: int) -> int:
        first, last = self.lines[at], self.lines[after - 1]
        self.issued += 1
        numbered = any(level in self.counts for level in _HEADINGS)
        again = "" if self.issued == 1 else str(self.issued)
        node = self._open_part(Level.ISSUED, f"印发件{again}", first.start, last.end)
        node.heading = squeeze(self.text[first.start : last.end]).lstrip("#")
        # Its articles need no prefix; its 一、 do when the cover notice has 一、 too.
        self.prefix = node.address if numbered or again else ""
        self.prefix_articles = bool(again)
        return self._part_notes(after, node)

    def _attachment(self, at: int) -> int:
        line = self.lines[at]
        found = attachment_at(self.text, line.start, line.end)
        number = value_of(found.number) if found and found.number else 0
        node = self._open_part(Level.ATTACHMENT, f"附件{number or ''}", line.start, line.end)
        self.prefix, self.prefix_articles = node.address, True
        end = at
        if found and found.rest:
            node.heading = squeeze(found.rest)
        else:
            end = self._attachment_title(at, node)
        return self._part_notes(end + 1, node)

    def _attachment_title(self, at: int, node: _Node) -> int:
        """The line of the attachment's title; the title becomes part of the label."""
        if at + 1 >= len(self.lines):
            return at
        line = self.lines[at + 1]
        end = self._title_end(at + 1)
        if end is None:
            words = self.text[line.start : line.end]
            plain = line.kind in (Kind.WORDS, Kind.CAPTION) and not self._opens(line) and len(words) <= 40
            following = at + 2 < len(self.lines)
            if line.kind is Kind.CAPTION:
                node.heading = squeeze(words)
            if not plain or line.kind is Kind.CAPTION or not following or any(c in words for c in "。；：:，"):
                return at
            end = at + 1
        node.heading = squeeze(self.text[line.start : self.lines[end].end]).lstrip("#")
        node.children.append(self._leaf(Level.LABEL, node.address, line.start, self.lines[end].end))
        return end

    def _open_part(self, level: Level, address: str, start: int, end: int) -> _Node:
        self.held = None
        node = _Node(level=level, address=self._unique(address), start=start, end=end)
        node.children.append(self._leaf(Level.LABEL, node.address, start, end))
        self.roots.append(node)
        self.part, self.path, self.counts = node, [node], {}
        self.tail = self.preamble = None
        self.asked = 0
        return node

    def _part_notes(self, at: int, node: _Node) -> int:
        """题注 below the title of a part."""
        while at < len(self.lines):
            line = self.lines[at]
            if line.kind is not Kind.WORDS or self._opens(line):
                return at
            words = self.text[line.start : line.end]
            bracket = words[0] in "（(" and (_NOTE_LINE.match(words) is not None or "年" in words[:14])
            dated = _NOTE_LINE.match(words) is not None and words[-1] != "。" and len(words) < 100
            if bracket:
                at = self._bracketed_note(at, node)
            elif dated or squeeze(words) == node.heading:
                self._root_note(line, node)
                at += 1
            else:
                return at
        return at

    # --- tail, notes, tables ---

    def _home(self) -> list[_Node]:
        return self.part.children if self.part is not None else self.roots

    def _sign(self, line: Line) -> None:
        self._drop_pending()
        if self.tail is not None and self._home() and self._home()[-1] is self.tail:
            self.tail.end = line.end
            return
        node = self._leaf(Level.SIGNATURE, self._unique(self.prefix + "落款"), line.start, line.end)
        self._close()
        self._home().append(node)
        self.tail = node

    def _close(self) -> None:
        """Nothing stands open but the part itself."""
        self.path = [self.part] if self.part is not None else []
        self.preamble = None

    def _apparatus(self, level: Level, name: str, line: Line) -> None:
        """A note where it stands, below what is open."""
        node = self.path[-1] if self.path else None
        if node is not None and node.level in _IN_ARTICLE:
            while node.items:  # what follows may go on with its 项 or 目
                node = node.items[-1]
            self._keep_lead(node)
        home = node.children if node is not None else self._home()
        before = home[-1] if home else None
        if before is not None and before.level is level and before.address.startswith(self.prefix + name):
            before.end = line.end
            return
        home.append(self._leaf(level, self._unique(self.prefix + name), line.start, line.end))

    def _table(self, at: int) -> int:
        first = self.lines[at]
        number = first.table
        source = self.tables[number]
        while self.path and self.path[-1].level in _IN_ARTICLE:
            self.path.pop()
        node = _Node(
            level=Level.TABLE, address=self._unique(f"表{len(self.found_tables) + 1}"), start=first.start, end=first.end
        )
        caption = source.caption
        while at < len(self.lines) and (line := self.lines[at]).table == number:
            if line.kind is Kind.CAPTION:
                caption = self.text[line.start : line.end]
                node.children.append(self._leaf(Level.LABEL, node.address, line.start, line.end))
            else:
                self._row(node, line)
            at += 1
        node.heading = squeeze(caption) if caption else None
        parent = self.path[-1] if self.path else None
        (parent.children if parent is not None else self._home()).append(node)
        self.preamble = None
        self.tail = None
        self.found_tables.append(
            Table(
                address=node.address,
                caption=caption.strip() if caption else None,
                span=Span(node.start, node.children[-1].end),
                rows=source.rows,
                parent=parent.address if parent is not None else None,
            )
        )
        return at

    def _row(self, node: _Node, line: Line) -> None:
        last = node.children[-1] if node.children else None
        if last is not None and last.level is Level.TABLE_ROW and last.number == line.row + 1:
            last.end = line.end  # a cell with a line break
            return
        row = self._leaf(Level.TABLE_ROW, f"{node.address} 第{line.row + 1}行", line.start, line.end)
        row.number = line.row + 1
        node.children.append(row)

    # --- the body ---

    def _take(self, para: _Para) -> None:
        """Add a paragraph to the tree."""
        text, mark = self.text, para.mark
        first = text[para.start]
        if self.tail is not None:
            self.tail = None
            if mark is None and not self.path:
                self.warnings.append("text_after_signature：落款之后还有正文，请核对")
        if first in "问答QA回#（(1234567890一二三四五六七八九十" and self._question(para):
            return
        if mark is None:
            self._plain(para)
        elif mark.level in _DIVISIONS:
            self._division(para, mark)
        elif mark.level is Level.ARTICLE:
            self._open_article(para, mark)
        elif self._article() is not None:
            self._below_article(para, mark)
        else:
            self._heading(para, mark)

    def _plain(self, para: _Para) -> None:
        article = self._article()
        if article is not None:
            self._paragraph(article, para, para.start)
        elif self.path and self.path[-1].level in _DIVISIONS and self.kind is DocumentKind.LAW:
            address = self._unique(f"{self.path[-1].address}引言")
            self.path[-1].children.append(self._torn(Level.NOTE, address, para, para.start))
        elif self.path:
            self._section(para, para.start)
        else:
            self._preface(para)

    def _preface(self, para: _Para) -> None:
        """Words before the first number: the 序言, in as many paragraphs as it has."""
        node = self.preamble
        if node is None or self.roots[-1] is not node:
            node = self._torn(Level.PREAMBLE, self._unique("序言"), para, para.start)
            self.roots.append(node)
            self.preamble = node
            return
        if not node.children or node.children[0].level is not Level.PARAGRAPH:
            first = _Node(level=Level.PARAGRAPH, address=f"{node.address}第一段", start=node.start, end=node.end)
            first.children, node.children = node.children, [first]
        number = to_han(len(node.children) + 1)
        node.children.append(self._torn(Level.PARAGRAPH, f"{node.address}第{number}段", para, para.start))

    def _article(self) -> _Node | None:
        for node in reversed(self.path):
            if node.level is Level.ARTICLE:
                return node
            if node.level not in _IN_ARTICLE:
                return None
        return None

    def _division(self, para: _Para, mark: Mark) -> None:
        name = f"第{to_han(mark.number)}{_DIVISIONS[mark.level]}"
        self._climb(_RANK[mark.level])
        # 节 restarts in each 章 and 章 may restart in each 分编, so their addresses carry the one above.
        above = next((n.address for n in reversed(self.path) if n.level in _DIVISIONS), None)
        address = above + name if above else (self.prefix + name if self.prefix_articles else name)
        node = _Node(
            level=mark.level, address=self._unique(address), start=para.start, end=para.end, heading=mark.heading
        )
        node.children.append(self._leaf(Level.LABEL, node.address, para.start, para.end))
        self.counts[mark.level] = mark.number
        self._attach(node)

    def _open_article(self, para: _Para, mark: Mark) -> None:
        address = f"第{to_han(mark.number)}条" + (f"之{to_han(mark.suffix)}" if mark.suffix else "")
        self._climb(_RANK[Level.ARTICLE])
        full = self.prefix + address if self.prefix_articles else address
        if full in self.seen:
            above = next((n.address for n in reversed(self.path) if n.level in _DIVISIONS), None)
            full = above + address if above else full
        node = _Node(
            level=Level.ARTICLE, address=self._unique(full), start=para.start, end=para.end, heading=mark.heading
        )
        node.children.append(self._leaf(Level.LABEL, node.address, para.start, mark.end))
        self.counts[Level.ARTICLE] = mark.number
        for level in _HEADINGS:
            self.counts.pop(level, None)
        self._attach(node)
        if mark.end < para.end:
            self._paragraph(node, para, mark.end)
        else:
            node.end = para.end

    def _paragraph(self, article: _Node, para: _Para, start: int) -> None:
        while self.path[-1] is not article:
            self.path.pop()
        number = article.counts.get(Level.PARAGRAPH, 0) + 1
        article.counts[Level.PARAGRAPH] = number
        address = f"{article.address}第{to_han(number)}款"
        match = _FIRST_INLINE.search(self.text, start, para.end)
        node = self._torn(Level.PARAGRAPH, address, para, start, match.end() if match else None)
        article.children.append(node)
        self.path.append(node)
        self.counts.pop(Level.HEADING_2, None)
        if match:
            self._inline_items(node, para, match.end())

    def _inline_items(self, node: _Node, para: _Para, first: int) -> None:
        """（一）…；（二）…； inside one paragraph, when it is a list and no row of references."""
        starts, want = [first], 2
        for match in _INLINE.finditer(self.text, first, para.end):
            if value_of(match[1]) == want:
                starts.append(match.end())
                want += 1
        if len(starts) < 2:
            node.end = para.end
            merged = self._torn(Level.PARAGRAPH, node.address, para, node.start)
            node.children, node.end = merged.children, merged.end
            return
        self._keep_lead(node)
        for number, (start, end) in enumerate(zip(starts, [*starts[1:], para.end], strict=True), start=1):
            piece = self._piece(para, start, end)
            item = self._torn(Level.ITEM, f"{node.address}第（{to_han(number)}）项", piece, start)
            item.number, item.style = number, "（一）"
            node.children.append(item)
            node.items.append(item)

    def _below_article(self, para: _Para, mark: Mark) -> None:
        """（一）, 1. and （1） where an article stands open."""
        article = self._article()
        assert article is not None
        paragraph = self.path[-1] if self.path[-1].level in _IN_ARTICLE else None
        while paragraph is not None and paragraph.level is not Level.PARAGRAPH:
            self.path.pop()
            paragraph = self.path[-1]
        items = paragraph.items if paragraph else []
        style = items[0].style if items else ""
        asks = paragraph is not None and self._asks_for_items(paragraph, items)
        if mark.level is Level.HEADING_1 and not (style == mark.style or (asks and not items)):
            self._heading(para, mark)
        elif mark.level in (Level.HEADING_1, Level.HEADING_2) or style == mark.style or (not items and asks):
            self._item(article, paragraph, para, mark)
        elif items:
            self._subitem(items[-1], para, mark)
        else:
            self._paragraph(article, para, para.start)

    def _asks_for_items(self, paragraph: _Node, items: list[_Node]) -> bool:
        return not items and paragraph.end > paragraph.start and self.text[paragraph.end - 1] in "：:"

    def _item(self, article: _Node, paragraph: _Node | None, para: _Para, mark: Mark) -> None:
        if paragraph is None:  # 第三条 ↵ （一）…: a 款 that is only its 项
            number = article.counts.get(Level.PARAGRAPH, 0) + 1
            article.counts[Level.PARAGRAPH] = number
            paragraph = _Node(
                level=Level.PARAGRAPH,
                address=f"{article.address}第{to_han(number)}款",
                start=para.start,
                end=para.start,
            )
            article.children.append(paragraph)
            self.path.append(paragraph)
        self._keep_lead(paragraph)
        address = self._unique(f"{paragraph.address}第（{to_han(mark.number)}）项")
        node = self._torn(Level.ITEM, address, para, para.start)
        node.number, node.style, node.mark_end = mark.number, mark.style, mark.end
        paragraph.children.append(node)
        paragraph.items.append(node)
        self.counts[mark.level] = mark.number
        self.counts.pop(Level.HEADING_3, None)

    def _subitem(self, item: _Node, para: _Para, mark: Mark) -> None:
        above = item
        nested = bool(item.items) and item.items[0].style != mark.style
        if nested:
            above = item.items[-1]
        self._keep_lead(above)
        name = f"（{mark.number}）" if nested else f"第{mark.number}目"
        node = self._torn(Level.SUBITEM, self._unique(above.address + name), para, para.start)
        node.style = mark.style
        above.children.append(node)
        above.items.append(node)
        self.counts[mark.level] = mark.number

    def _keep_lead(self, node: _Node) -> None:
        """Before its first child, a node's own words become a leaf of their own."""
        if not node.children and node.end > node.start:
            node.children.append(_Node(level=Level.LEAD, address=node.address, start=node.start, end=node.end))

    def _heading(self, para: _Para, mark: Mark) -> None:
        level = mark.level
        rank = _RANK[level]
        if level is Level.HEADING_1 and self._inside_answer():
            while self.path[-1].level is not Level.ANSWER:
                self.path.pop()
        else:
            self._climb(rank)
        above = next((n for n in reversed(self.path) if n.level in _HEADINGS or n.level is Level.ANSWER), None)
        heading, label_end = self._label(para, mark)
        node = _Node(
            level=level,
            address=self._unique(self._heading_address(above, mark)),
            start=para.start,
            end=para.end,
            heading=heading,
            mark_end=mark.end,
        )
        node.children.append(self._leaf(Level.LABEL, node.address, para.start, label_end))
        self.counts[level] = mark.number
        for lower in _HEADINGS[_HEADINGS.index(level) + 1 :]:
            self.counts.pop(lower, None) if lower is not Level.HEADING_2 else None
        self._attach(node)
        if self.text[label_end : para.end].strip(BLANKS + "\n"):
            self._section(para, label_end)
        elif para.holes:
            self._add_holes(node, para)

    def _heading_address(self, above: _Node | None, mark: Mark) -> str:
        number = mark.number
        own = {
            Level.HEADING_1: to_han(number),
            Level.HEADING_2: f"（{to_han(number)}）",
            Level.HEADING_3: f"{number}.",
            Level.HEADING_4: f"（{number}）",
            Level.HEADING_5: chr(ord("①") + number - 1),
        }[mark.level]
        if above is None:
            return self._prefixed(own)
        return above.address + ("、" if above.level is Level.HEADING_1 else "") + own

    def _inside_answer(self) -> bool:
        levels = [n.level for n in self.path]
        if Level.ANSWER not in levels:
            return False
        return Level.HEADING_1 not in levels[: levels.index(Level.ANSWER)]

    def _label(self, para: _Para, mark: Mark) -> tuple[str | None, int]:
        """The heading behind a number, and where number and heading end."""
        text = self.text
        stop = text.find("。", mark.end, para.end)
        if stop < 0:
            body = text[mark.end : para.end]
            last = body[-1:] or " "
            if last in "；;，,、" or len(body) > _MAX_HEADING:
                return None, mark.end
            if last in "：:" and (len(body) > 16 or "，" in body):
                return None, mark.end
            return squeeze(body).rstrip("：:") or None, para.end
        first = text[mark.end : stop]
        if len(first) > _MAX_HEADING or self.flat or _RULE.search(first) or "；" in first or "：" in first:
            return None, mark.end
        return squeeze(first), stop + 1

    def _section(self, para: _Para, start: int) -> None:
        """A paragraph below a heading, an answer, a chapter of a notice, or a part."""
        node = self.path[-1]
        number = node.counts.get(Level.PARAGRAPH, 0) + 1
        node.counts[Level.PARAGRAPH] = number
        mark = "、" if node.level is Level.HEADING_1 else ""
        address = self._unique(f"{node.address}{mark}第{to_han(number)}段")
        node.children.append(self._torn(Level.PARAGRAPH, address, para, start))

    def _question(self, para: _Para) -> bool:
        """问： and 答：."""
        text = self.text
        if match := _ASK.match(text, para.start, para.end):
            self._climb(_RANK[Level.QUESTION])
            self.asked += 1
            number = to_han(self.asked)
            address = self._unique(self._prefixed(f"问答第{number}问"))
            node = _Node(level=Level.QUESTION, address=address, start=para.start, end=para.end)
            node.heading = squeeze(text[match.end() : para.end]) or None
            node.number = self.asked
            node.children.append(self._leaf(Level.LABEL, address, para.start, para.end))
            self._attach(node)
            return True
        asked = next((n for n in reversed(self.path) if n.level is Level.QUESTION), None)
        if asked is None or not (match := _REPLY.match(text, para.start, para.end)):
            return False
        self._climb(_RANK[Level.ANSWER])
        address = self._unique(self._prefixed(f"问答第{to_han(asked.number)}答"))
        node = _Node(level=Level.ANSWER, address=address, start=para.start, end=para.end)
        node.children.append(self._leaf(Level.LABEL, address, para.start, match.end()))
        self._attach(node)
        if text[match.end() : para.end].strip(BLANKS + "\n"):
            self._section(para, match.end())
        return True

    # --- nodes ---

    def _prefixed(self, local: str) -> str:
        if not self.prefix:
            return local
        return self.prefix + local if local.startswith("第") else f"{self.prefix} {local}"

    def _unique(self, address: str) -> str:
        """`address`, with a mark behind it when another clause bears it already."""
        times = self.seen.get(address, 0) + 1
        self.seen[address] = times
        if times == 1:
            return address
        if times == 2 and address[-1] not in "款段头注录":
            self.warnings.append(f"duplicate_number：{address} 不止一处，请核对原文编号")
        return self._unique(f"{address}〔{times}〕")

    def _climb(self, rank: int) -> None:
        """Close what is not above `rank`."""
        path = self.path
        while path and (path[-1].level not in _RANK or _RANK[path[-1].level] >= rank):
            path.pop()

    def _attach(self, node: _Node) -> None:
        (self.path[-1].children if self.path else self._home()).append(node)
        self.path.append(node)

    def _leaf(self, level: Level, address: str, start: int, end: int) -> _Node:
        start, end = trimmed(self.text, start, end)
        return _Node(level=level, address=address, start=start, end=end)

    def _torn(self, level: Level, address: str, para: _Para, start: int, end: int | None = None) -> _Node:
        """A leaf, or a node with the pieces and the page marks of a torn paragraph."""
        stop = para.end if end is None else end
        node = self._leaf(level, address, start, stop)
        at = node.start
        for hole in para.holes if level is not Level.NOTE else ():
            if not (node.start <= hole.start and hole.end <= node.end):
                continue
            node.children.append(self._leaf(Level.PIECE, address, at, hole.start))
            node.children.append(self._leaf(Level.NOTE, self._unique("页注"), hole.start, hole.end))
            at = hole.end
        if node.children:
            node.children.append(self._leaf(Level.PIECE, address, at, node.end))
            node.children = [c for c in node.children if c.end > c.start]
        return node

    def _add_holes(self, node: _Node, para: _Para) -> None:
        """A heading torn by a page mark: its label in pieces."""
        label = self._torn(Level.LABEL, node.address, para, para.start)
        node.children[0] = label

    def _settle(self, root: _Node) -> None:
        """A numbered line that nothing stands below and that ends like a sentence is no heading, but a rule."""
        waiting = [root]
        while waiting:
            node = waiting.pop()
            waiting.extend(node.children)
            if node.level not in _HEADINGS or node.heading is None:
                continue
            label, *others = node.children
            if any(c.level not in APPARATUS for c in others):
                continue
            if label.children or self.text[label.end - 1] not in "。；！" or node.mark_end >= label.end:
                continue
            mark = "、" if node.level is Level.HEADING_1 else ""
            words = self._leaf(Level.PARAGRAPH, f"{node.address}{mark}第一段", node.mark_end, label.end)
            node.children = [self._leaf(Level.LABEL, node.address, node.start, node.mark_end), words, *others]
            node.heading = None


def is_deleted(words: str) -> bool:
    """Whether an article's words only say that it was struck out: （删去）."""
    return _DELETED.fullmatch(words.strip()) is not None


def _title_words(line: str) -> str:
    """The words inside the last 《》 of a line such as 某局印发 《…通知》, else the line itself."""
    words = squeeze(line).replace("#", "")
    named = re.match(r"[^《》]{2,40}(?:印发|发布|转发|公布)《(.+)》$", words)
    return named[1] if named else words
