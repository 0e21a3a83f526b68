"""What each line of an official text is, before any tree is built: words, table row, page mark, signature, 附件.

Only a line's own form and its neighbours count here; numbers that open clauses are in `markers.py`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from assistant.parsing.markers import BLANKS, mark_at, value_of
from assistant.schema.document import Level, Span
from assistant.text.folding import squeeze

_TRIM = (
    " \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\u3000\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u00a0\u1680\ufeff\u200b"
)
STOPS = frozenset("。！？；：;:!?…”』」》）)】")


class TableLike(Protocol):
    """What readers tell of a table (`readers.TableSource`)."""

    @property
    def span(self) -> Span: ...
    @property
    def caption(self) -> str | None: ...
    @property
    def rows(self) -> tuple[tuple[str, ...], ...]: ...
    @property
    def row_spans(self) -> tuple[Span, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTable:
    """A table written with | or tabs in a plain text."""

    span: Span
    caption: str | None
    rows: tuple[tuple[str, ...], ...]
    row_spans: tuple[Span, ...]


class Kind(Enum):
    """What a line is."""

    WORDS = auto()
    NOISE = auto()  # page number, 打印 收藏, 索引号
    CONTENTS = auto()  # a line of the 目录
    CAPTION = auto()
    ROW = auto()
    LISTING = auto()  # 附件：1.某表
    ATTACHMENT = auto()  # 附件1, its content follows
    AGENCY = auto()  # of a signature
    DATE = auto()  # of a signature
    TAIL = auto()  # （此件公开发布）, 抄送, 联系人


@dataclass(slots=True)
class Line:
    """A line of the source without the blanks around it: `text[start:end]`."""

    start: int
    end: int
    kind: Kind = Kind.WORDS
    table: int = -1  # for CAPTION and ROW
    row: int = -1


_HAN_DIGIT = "一二三四五六七八九十〇○ＯO零0"
DATE = (
    rf"(?:\d{{4}}|[{_HAN_DIGIT}]{{4}})\s?年\s?(?:\d{{1,2}}|[{_HAN_DIGIT}]{{1,3}})\s?月\s?"
    rf"(?:\d{{1,2}}|[{_HAN_DIGIT}]{{1,3}})\s?日"
)
_DATE_LINE = re.compile(rf"[（(]?{DATE}[）)]?(?:[（(](?:印章|盖章|章)[）)])?")
_SIGNED = re.compile(rf"([^，。；：！？《》“”\d]{{4,80}}?)\s*{DATE}")
_AGENCY_END = re.compile(
    r"(?:局|会|银行|分行|支行|部|委|厅|院|府|办|办公室|公司|司|署|中心|联社|处|检察院|法院|集团|小组)(?:[（(](?:章|印章|盖章)[）)])?$"
)
_PERSON = re.compile(
    r"(?:局\s*长|行\s*长|主\s*席|部\s*长|总\s*理|主\s*任|省\s*长|市\s*长|会\s*长|委员长)[\s：:]+\S{1,3}\s?\S{1,3}"
)
_TAIL = re.compile(
    r"特此(?:通知|公告|通告|批复|函复|函告|报告|决定|答复)[。.]?$|此复[。.]?$|[（(]?(?:此件|联\s*系\s*人|联系电话|联系方式|抄\s*送|抄\s*报|分\s*送|发至|校对|打字|共印)|[（(]信息公开|"
    rf"[^。，]{{4,40}}\s*{DATE}\s*印发"
)
_PAGE = re.compile(
    r"[—\-–－―─·•]{1,3}\s{0,4}\d{1,4}\s{0,4}[—\-–－―─·•]{1,3}|第\s{0,3}\d{1,4}\s{0,3}页(?:\s{0,4}[,，/]?\s{0,4}共\s{0,3}\d{1,4}\s{0,3}页)?|"
    r"\d{1,4}\s{0,3}/\s{0,3}\d{1,4}|共\s{0,3}\d{1,4}\s{0,3}页"
)
_BUTTONS = re.compile(
    r"(?:(?:打印本页|打印|收藏本页|加入收藏|收藏|关闭窗口|关闭|分享到|分享|微信|微博|QQ空间|字号|字体|大|中|小|默认|A\+|A-|返回顶部|返回|"
    r"下载|纠错|复制链接|语音播报|朗读)[\s|｜【】\[\]（）()：:·、/]{0,6}){2,20}|[【\[（(]?(?:打印|收藏|关闭|分享|返回顶部|打印本页|关闭窗口)[】\]）)]?"
)
_PORTAL = re.compile(
    r"(?:索\s*引\s*号|信息分类|主题分类|主题词|体裁分类|发布机构|发文机[构关]|发布日期|发布时间|成文日期|发文日期|生成日期|生效日期|公开日期|"
    r"浏览次数|浏览量|点击数|点击率|阅读次数|访问量|访问次数|责任编辑|当前位置|您的位置|您现在的位置|上一篇|下一篇|上一条|下一条|扫一扫|扫码|"
    r"有\s*效\s*性|时\s*效\s*性|公开方式|公开范围|文件来源|信息来源|来\s*源|文\s*号|发文字号|标\s*题|名\s*称)\s{0,4}[：:]"
)
_PORTAL_ANYWHERE = re.compile(
    r"(?:索\s*引\s*号|浏览次数|浏览量|点击数|责任编辑|当前位置|您的位置|上一篇|下一篇|扫一扫|访问量)\s{0,4}[：:]"
)
_DOTTED = re.compile(r"[…\.·．]{2,}\s{0,6}\d{1,4}$")
_CONTENTS = re.compile(r"#*\s{0,4}[【\[]?目\s{0,8}[录次][】\]]?")
_ATTACHMENT = re.compile(
    rf"#*[{BLANKS}]{{0,4}}附[{BLANKS}]{{0,4}}[件表录][{BLANKS}]{{0,4}}(?P<number>[一二三四五六七八九十]{{1,3}}|[0-9０-９]{{1,2}})?"
    rf"(?P<gap>[{BLANKS}：:\-—]{{0,6}})(?P<rest>[^。\n]{{0,80}})$"
)
_LISTED = re.compile(r"[0-9０-９]{1,2}\s{0,2}[.．、]|[（(][一二三四五六七八九十0-9]{1,2}[）)]|[⒈-⒛]")
_REST_IS_TEXT = re.compile(r"[所中规的和与、至为是]|列|内容|要求")
_RULER = re.compile(r"\|?[\s:\-|]+\|?")


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """`start..end` without the blanks around it."""
    while start < end and text[start] in _TRIM:
        start += 1
    while end > start and text[end - 1] in _TRIM:
        end -= 1
    return start, end


def physical_lines(text: str) -> list[Line]:
    """The lines of `text` that are not blank."""
    out, at = [], 0
    for raw in text.split("\n"):
        inner = raw.strip(_TRIM)
        if inner:
            start = at + len(raw) - len(raw.lstrip(_TRIM))
            out.append(Line(start, start + len(inner)))
        at += len(raw) + 1
    return out


def read_lines(text: str, tables: Sequence[TableLike] = ()) -> tuple[list[Line], tuple[TableLike, ...]]:
    """The lines of `text`, each of its kind, and its tables."""
    lines = physical_lines(text)
    found = tuple(tables) or _plain_tables(text, lines)
    _mark_tables(lines, found, text)
    begin = _body_start(text, lines)
    _mark_noise(text, lines, begin)
    _mark_contents(text, lines)
    _mark_attachments(text, lines)
    _mark_signatures(text, lines, begin)
    return lines, found


def is_agency(words: str, shortest: int = 4) -> bool:
    """Whether a line is nothing but the names of agencies, or an office and a person."""
    if len(words) > 80 or any(c in "，。；：！？《》“”、" for c in words):
        return False
    if _PERSON.fullmatch(words):
        return True
    names = words.split()
    return (
        len(squeeze(words)) >= shortest
        and _AGENCY_END.search(squeeze(words)) is not None
        and (len(names) < 2 or all(len(n) < 3 or _AGENCY_END.search(n) for n in names) or len(squeeze(words)) <= 24)
    )


def is_date(words: str) -> bool:
    """Whether a line is nothing but a date."""
    return len(words) <= 24 and _DATE_LINE.fullmatch(words) is not None


def wrap_width(text: str, lines: Sequence[Line]) -> int:
    """The width at which the exporter broke lines, or 0 when paragraphs stand in one line each."""
    lengths = [line.end - line.start for line in lines if line.kind is Kind.WORDS]
    if len(lengths) < 12:
        return 0
    width = sorted(lengths)[int(len(lengths) * 0.9)]
    if not 16 <= width <= 60:
        return 0
    full = [line for line in lines if width - 3 <= line.end - line.start <= width + 3]
    open_ones = sum(1 for line in full if text[line.end - 1] not in STOPS)
    return width if open_ones >= max(6, len(lengths) // 4) else 0


def _words(text: str, line: Line) -> str:
    return text[line.start : line.end]


# --- tables ---


def _plain_tables(text: str, lines: Sequence[Line]) -> tuple[TableLike, ...]:
    out: list[TableLike] = []
    run: list[Line] = []
    width = 0
    for line in [*lines, Line(0, 0)]:
        cells = _cells(text, line, width if run else 0) if line.end else 0
        if run and (cells != width):
            if len(run) >= 2:
                out.append(_found(text, run))
            run = []
        if cells:
            width = cells
            run.append(line)
    return tuple(out)


def _cells(text: str, line: Line, width: int) -> int:
    """How many cells a line of | or tabs has; 0 when it is no row. Below a row of that `width`, a number is a cell."""
    first = text[line.start]
    if first == "|":
        words = _words(text, line)
        return words.count("|") if len(words) > 2 and words.endswith("|") else 0
    tabs = text.count("\t", line.start, line.end)
    if not tabs:
        return 0
    cells = [c for c in _words(text, line).split("\t") if c.strip()]
    mark = mark_at(text, line.start, line.end) if first in "第（(" and 1000 + tabs != width else None
    return 1000 + tabs if len(cells) >= 2 and mark is None else 0


def _found(text: str, run: Sequence[Line]) -> FoundTable:
    rows: list[tuple[str, ...]] = []
    spans: list[Span] = []
    for line in run:
        words = _words(text, line)
        if spans and _RULER.fullmatch(words):
            spans[-1] = Span(spans[-1].start, line.end)  # |---|---| belongs to the row above
            continue
        rows.append(_row(words))
        spans.append(Span(line.start, line.end))
    return FoundTable(span=Span(spans[0].start, spans[-1].end), caption=None, rows=tuple(rows), row_spans=tuple(spans))


def _row(words: str) -> tuple[str, ...]:
    cells = words[1:-1].split("|") if words.startswith("|") else words.split("\t")
    return tuple(cell.strip() for cell in cells)


_CAPTION = re.compile(r"表\s{0,2}[一二三四五六七八九十\d]{0,3}\s{0,4}\S.{0,40}|.{2,30}(?:表|情况|明细|清单|一览|目录)")


def _mark_tables(lines: list[Line], tables: Sequence[TableLike], text: str) -> None:
    places = sorted(
        (span.start, span.end, t, r) for t, table in enumerate(tables) for r, span in enumerate(table.row_spans)
    )
    at = 0
    for number, line in enumerate(lines):
        while at < len(places) and places[at][1] <= line.start:
            at += 1
        if at < len(places) and places[at][0] <= line.start < places[at][1]:
            line.kind, line.table, line.row = Kind.ROW, places[at][2], places[at][3]
            if number and lines[number - 1].kind is Kind.WORDS and line.row == 0:
                _mark_caption(lines[number - 1], tables[line.table], line.table, text)
        elif at and line.start < tables[places[at - 1][2]].span.end:
            # The rule below the head of a table in Markdown belongs to the row above it.
            line.kind, line.table, line.row = Kind.ROW, places[at - 1][2], places[at - 1][3]


def _mark_caption(line: Line, table: TableLike, number: int, text: str) -> None:
    words = squeeze(_words(text, line))
    if table.caption:
        if words == squeeze(table.caption):
            line.kind, line.table = Kind.CAPTION, number
    elif (
        len(words) <= 40
        and text[line.end - 1] not in STOPS
        and _CAPTION.fullmatch(words)
        and mark_at(text, line.start, line.end) is None
    ):
        line.kind, line.table = Kind.CAPTION, number


# --- noise, contents ---


def _body_start(text: str, lines: Sequence[Line]) -> int:
    """The number of the first line that rules something: it ends with a stop or opens a clause."""
    for number, line in enumerate(lines):
        if text[line.end - 1] in "。；" or (number and mark_at(text, line.start, line.end)):
            return number
    return len(lines)


def _mark_noise(text: str, lines: Sequence[Line], begin: int) -> None:
    for number, line in enumerate(lines):
        length = line.end - line.start
        if line.kind is not Kind.WORDS or length > 200:
            continue
        words = _words(text, line)
        if _is_noise(words, head=number < begin):
            line.kind = Kind.NOISE


def _is_noise(words: str, *, head: bool) -> bool:
    """Page numbers, buttons and index fields of a portal; some of them only above the body."""
    if len(words) <= 24 and _PAGE.fullmatch(words):
        return True
    if len(words) <= 120 and words[0] in "打收加关分微字大默A返下纠复语朗【[（(Q" and _BUTTONS.fullmatch(words):
        return True
    if (_PORTAL if head else _PORTAL_ANYWHERE).match(words):
        return True
    return head and words.startswith("首页") and len(words) < 60 and any(c in words for c in ">＞-")


def _mark_contents(text: str, lines: Sequence[Line]) -> None:
    """目录 and its lines: up to the one that begins the body, where the first heading stands again."""
    number = 0
    while number < len(lines):
        line = lines[number]
        words = _words(text, line) if line.end - line.start < 120 else ""
        if line.kind is Kind.WORDS and words and _DOTTED.search(words):
            line.kind = Kind.CONTENTS
        elif line.kind is Kind.WORDS and words and _CONTENTS.fullmatch(words):
            number = _contents_end(text, lines, number)
            continue
        number += 1


def _contents_end(text: str, lines: Sequence[Line], head: int) -> int:
    entries: list[str] = []
    number = head + 1
    paged = number < len(lines) and _DOTTED.search(_words(text, lines[number])[-20:]) is not None
    while number < len(lines):
        line = lines[number]
        words = squeeze(_words(text, line)).lstrip("#")
        mark = mark_at(text, line.start, line.end)
        plain = _DOTTED.sub("", words).rstrip("0123456789")
        if line.end - line.start > 60 or text[line.end - 1] in "。；：" or plain in entries:
            break
        if (mark is not None and mark.level is Level.ARTICLE) or (paged and not _DOTTED.search(words)):
            break
        if mark is None and not _DOTTED.search(words) and plain not in ("附则", "总则", "附件", "序言", "附录"):
            break
        entries.append(plain)
        number += 1
    repeated = number < len(lines) and len(entries) > 0
    if repeated:
        for line in lines[head:number]:
            line.kind = Kind.CONTENTS
    return max(number, head + 1)


# --- attachments ---


@dataclass(frozen=True, slots=True)
class AttachmentMark:
    """附件1 or 附件一：某模板."""

    number: str  # "" when there is one only
    colon: bool
    rest: str
    rest_at: int


def attachment_at(text: str, start: int, end: int) -> AttachmentMark | None:
    """The 附件 that a line names at its start."""
    if end - start > 100 or "附" not in text[start : start + 8]:
        return None
    match = _ATTACHMENT.match(text, start, end)
    if not match or match.end() != end:
        return None
    rest, gap = match["rest"].strip(_TRIM), match["gap"]
    if rest and not gap and (not match["number"] or _REST_IS_TEXT.match(rest)):
        return None
    return AttachmentMark(match["number"] or "", "：" in gap or ":" in gap, rest, match.start("rest"))


def _mark_attachments(text: str, lines: Sequence[Line]) -> None:
    marks = [(n, m) for n, line in enumerate(lines) if (m := _attachment_line(text, line))]
    later: set[str] = set()
    repeated: set[int] = set()
    for number, mark in reversed(marks):
        key = _plain_number(mark.number)
        if key in later or (not key and mark.colon and later):
            repeated.add(number)
        later.add(key)
    for number, mark in marks:
        line = lines[number]
        if line.kind is not Kind.WORDS:
            continue
        if number in repeated or _is_listing(text, lines, number, mark):
            _listing(text, lines, number)
        else:
            line.kind = Kind.ATTACHMENT


def _attachment_line(text: str, line: Line) -> AttachmentMark | None:
    return attachment_at(text, line.start, line.end) if line.kind is Kind.WORDS else None


def _plain_number(number: str) -> str:
    return str(value_of(number)) if number else ""


def _is_listing(text: str, lines: Sequence[Line], number: int, mark: AttachmentMark) -> bool:
    """附件：1.某表 at the end of a notice names what follows elsewhere."""
    after = next((line for line in lines[number + 1 :] if line.kind is not Kind.NOISE), None)
    if number and lines[number - 1].kind is Kind.LISTING and mark.rest:
        return True
    if mark.rest and _LISTED.match(mark.rest):
        return True
    if after is None:
        return bool(mark.rest) or mark.colon
    words = _words(text, after)
    if not mark.rest:
        return mark.colon and len(words) <= 60 and _LISTED.match(words) is not None and words[-1] not in "。；"
    return attachment_at(text, after.start, after.end) is not None or is_agency(words) or _dated(words)


def _dated(words: str) -> bool:
    return is_date(words) or (len(words) <= 90 and (_SIGNED.fullmatch(words) is not None or bool(_TAIL.match(words))))


def _listing(text: str, lines: Sequence[Line], number: int) -> None:
    lines[number].kind = Kind.LISTING
    for line in lines[number + 1 :]:
        words = _words(text, line) if line.end - line.start <= 80 else "。"
        if line.kind is not Kind.WORDS or not _LISTED.match(words) or words[-1] in "。；":
            return
        line.kind = Kind.LISTING


# --- signatures ---


def _mark_signatures(text: str, lines: Sequence[Line], begin: int) -> None:
    for number in range(begin + 1, len(lines)):
        line = lines[number]
        if line.kind is not Kind.WORDS or line.end - line.start > 200:
            continue
        words = _words(text, line)
        if is_date(words) or (len(words) <= 90 and _is_signed(words)):
            line.kind = Kind.DATE
            _agencies_above(text, lines, number, begin)
        elif (words[0] in "（(此联抄分发校打共特" or words.endswith("印发")) and _TAIL.match(words):
            line.kind = Kind.TAIL
    last = len(lines)
    for number in range(len(lines) - 1, begin, -1):
        if lines[number].kind in (Kind.ATTACHMENT, Kind.TAIL):
            last = number
        elif lines[number].kind is Kind.WORDS and last == number + 1:
            if not _unsigned_agency(text, lines, number):
                last = -1
        elif lines[number].kind not in (Kind.NOISE, Kind.LISTING, Kind.AGENCY, Kind.DATE):
            last = -1


def _is_signed(words: str) -> bool:
    match = _SIGNED.fullmatch(words)
    return match is not None and is_agency(match[1].strip())


def _agencies_above(text: str, lines: Sequence[Line], number: int, begin: int) -> None:
    for line in reversed(lines[max(begin + 1, number - 14) : number]):
        if line.kind is Kind.NOISE:
            continue
        if line.kind is not Kind.WORDS or line.end - line.start > 80 or not is_agency(_words(text, line), 2):
            return
        line.kind = Kind.AGENCY


def _unsigned_agency(text: str, lines: Sequence[Line], number: int) -> bool:
    """An agency on the last line, without a date, behind a finished sentence."""
    line = lines[number]
    before = lines[number - 1]
    if line.end - line.start > 40 or not is_agency(_words(text, line)) or text[before.end - 1] not in "。）":
        return False
    line.kind = Kind.AGENCY
    return True
