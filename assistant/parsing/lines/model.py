"""Lines of a text and what they can be."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from assistant.schema.document import Span

TRIM = (
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
    @property
    def numbers(self) -> tuple[int, ...]: ...


class Kind(Enum):
    """What a line is."""

    WORDS = auto()
    NOISE = auto()  # page number, 打印 收藏, 索引号
    PAGE = auto()  # what a web page puts before or behind the text
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
    doubtful: bool = False  # of a page by its place alone


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """`start..end` without the blanks around it."""
    while start < end and text[start] in TRIM:
        start += 1
    while end > start and text[end - 1] in TRIM:
        end -= 1
    return start, end


def physical_lines(text: str) -> list[Line]:
    """The lines of `text` that are not blank."""
    out, at = [], 0
    for raw in text.split("\n"):
        inner = raw.strip(TRIM)
        if inner:
            start = at + len(raw) - len(raw.lstrip(TRIM))
            out.append(Line(start, start + len(inner)))
        at += len(raw) + 1
    return out


def words_of(text: str, line: Line) -> str:
    return text[line.start : line.end]
