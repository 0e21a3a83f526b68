"""Documents and their clause trees.

Laws, proved by `tests/unit/schema` and `tests/unit/parsing`:

- `document.text[c.span.start:c.span.end] == c.text` for each clause;
- children lie in order inside their parent and do not overlap;
- every non-blank character of `document.text` from the first clause to the last lies in
  exactly one leaf;
- addresses of addressable clauses are unique within a document.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of code points in `Document.text`."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"span {self.start}..{self.end} runs backwards")

    def __contains__(self, other: object) -> bool:
        return isinstance(other, Span) and self.start <= other.start and other.end <= self.end


class Level(StrEnum):
    """What a node of a clause tree is."""

    TITLE = "title"  # 标题
    NOTE = "note"  # 题注: who passed or published it and when
    PREAMBLE = "preamble"  # 序言
    PART = "part"  # 编
    SUBPART = "subpart"  # 分编
    CHAPTER = "chapter"  # 章
    SECTION = "section"  # 节
    ARTICLE = "article"  # 条
    HEADING_1 = "heading_1"  # 一、
    HEADING_2 = "heading_2"  # （一） of a notice
    HEADING_3 = "heading_3"  # 1. of a notice
    HEADING_4 = "heading_4"  # （1） of a notice
    PARAGRAPH = "paragraph"  # 款, or 段 of a notice
    ITEM = "item"  # 项
    SUBITEM = "subitem"  # 目
    LABEL = "label"  # a clause's own number and heading, a leaf without an address of its own
    LEAD = "lead"  # the words of a 款 before its 项, a leaf without an address of its own
    PIECE = "piece"  # a part of a paragraph that a page's header or footer tore apart, without an address of its own
    RECIPIENT = "recipient"  # 主送机关
    SIGNATURE = "signature"  # 落款: agencies and date at the end, 联系人, 抄送
    ISSUED = "issued"  # what a cover notice issues: 现将《某办法》印发给你们
    ATTACHMENT = "attachment"  # 附件1
    QUESTION = "question"  # 问
    ANSWER = "answer"  # 答
    TABLE = "table"  # 表
    TABLE_ROW = "table_row"  # 行 of a table
    HEADING_5 = "heading_5"  # ① of a notice


UNIT_LEVELS = frozenset({Level.TITLE, Level.PREAMBLE, Level.ARTICLE, Level.HEADING_1, Level.HEADING_2, Level.QUESTION})
# Leaves that bear their parent's address.
UNADDRESSED = frozenset({Level.LABEL, Level.LEAD, Level.PIECE})
# Leaves that are in the text but not in what it rules.
APPARATUS = frozenset({Level.NOTE, Level.SIGNATURE, Level.RECIPIENT})


class DocumentKind(StrEnum):
    """The two families of numbering (policies/LAYOUTS.md §2)."""

    NOTICE = "notice"  # 通知、意见: 一、（一）1.（1）
    LAW = "law"  # 法律、条例、办法: 编章节条款项目


class Validity(StrEnum):
    """时效性, as a reader may see it."""

    IN_FORCE = "现行有效"
    AMENDED = "已修订"
    REPEALED = "已废止"
    ANNUAL = "年度文件"
    UNKNOWN = "时效未载明"


class LegalLevel(StrEnum):
    """效力级别, from the highest down (立法法 §§98–101); each is as strong as the next at least."""

    LAW = "法律"
    REGULATION = "行政法规"
    INTERPRETATION = "司法解释"
    LOCAL = "地方性法规"
    RULE = "部门规章"
    LOCAL_RULE = "地方政府规章"
    NORMATIVE = "规范性文件"

    @property
    def order(self) -> int:
        """0 for the highest."""
        return list(LegalLevel).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossReference:
    """A place that names another: 前款, 第三十八条第二款, 《某法》第五十八条."""

    source: str  # the address it stands in
    span: Span
    raw: str
    target: str | None  # an absolute address, or a range such as 第六条至第十二条; None: cannot be told
    document: str | None = None  # the title of another instrument; None: this one


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderFact:
    """A fact that a text states of itself, and where. Days are ISO dates."""

    name: str  # title, kind, issuer, document_number, issued, effective, revised, expires, repealed, region, repeals
    value: str
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table, addressed as 表1; its rows are 表1 第1行 and so on, the first row included.

    Rows of a spreadsheet bear the numbers that it shows, so that 表1 第5行 is found there as row 5.
    """

    address: str
    caption: str | None
    span: Span
    rows: tuple[tuple[str, ...], ...]
    parent: str | None = None  # the address of the clause it stands in


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenText:
    """Text of a file that its reader does not see, or that is no part of the body. Never in `Document.text`."""

    kind: str  # white, tiny, vanish, comment, deletion, display_none, off_page, invisible, alt, footnote, …
    text: str
    where: str = ""  # the words it stands at or behind, or its page; empty: the file does not tell


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A node of the clause tree.

    `text` is the raw slice of the document; within a leaf, its line breaks are page breaks
    (`assistant.text.folding.flow` takes them out). `address` is relative to the document,
    such as 第十二条第二款 or 五、（十）; a leaf of `UNADDRESSED` levels bears its parent's.
    """

    address: str
    level: Level
    span: Span
    text: str
    heading: str | None = None  # 优化资金投向，助力产业转型升级, without number and full stop
    children: tuple[Clause, ...] = ()

    @property
    def is_leaf(self) -> bool:
        return not self.children

    def walk(self) -> Iterator[Clause]:
        """This clause, then all below it, in the order of the text."""
        waiting = [self]
        while waiting:
            clause = waiting.pop()
            yield clause
            if clause.children:
                waiting.extend(reversed(clause.children))

    def leaves(self) -> Iterator[Clause]:
        """The leaves at or below this clause, in the order of the text."""
        return (clause for clause in self.walk() if not clause.children)


class LimitKind(StrEnum):
    """What bounds the force of a text in time."""

    EFFECTIVE = "effective"  # 自…起施行
    EXPIRES = "expires"  # 有效期至…
    REPEALED = "repealed"  # （已废止）, 同时废止
    SUPERSEDED = "superseded"  # a later version took its place


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The words that bound the force of a text in time, and where they stand."""

    kind: LimitKind
    quote: str
    where: str  # an address of the text itself, or one behind the title of another: 《某办法》第九条


PUBLIC = "公开"  # a label that everybody holds


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentMeta:
    """What is known of a document apart from its words. `None` means: the source does not say."""

    id: str  # the file's stem
    title: str
    kind: DocumentKind
    validity: Validity = Validity.UNKNOWN
    issuer: str | None = None  # 发文机关
    document_number: str | None = None  # 发文字号
    year: int | None = None
    region: str | None = None
    issued_on: date | None = None  # 成文或公布日期
    effective_on: date | None = None  # 施行日期
    expired_on: date | None = None  # the first day on which it no longer held
    superseded_by: str | None = None  # in words, as the manifest has them
    source_path: str = ""  # relative to the corpus folder
    source_sha256: str = ""
    aliases: tuple[str, ...] = ()  # other names people use
    access: tuple[str, ...] = ()  # rights labels; whoever lacks one of them never sees the document
    issuers: tuple[str, ...] = ()  # all 发文机关, in the order of the text; `issuer` is the first
    genre: str | None = None  # 文种: 通知, 意见, 法律, 条例, 办法, …
    revised_on: tuple[date, ...] = ()  # days of amendment, the last one last
    limits: tuple[Limit, ...] = ()  # the sentences that say from when or until when it holds

    def in_force(self, day: date) -> bool:
        """Whether the text held on `day`, as far as its dates tell; superseded without a date means no."""
        if self.effective_on is not None and day < self.effective_on:
            return False
        if self.expired_on is not None:
            return day < self.expired_on
        return self.validity not in (Validity.REPEALED, Validity.AMENDED)

    def visible(self, rights: frozenset[str]) -> bool:
        """Whether whoever holds `rights` may see the document: every label it bears must be among them."""
        return not self.access or all(label in rights or label == PUBLIC for label in self.access)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """An official text and its tree."""

    meta: DocumentMeta
    text: str  # the decoded source, untouched
    clauses: tuple[Clause, ...]
    references: tuple[CrossReference, ...] = ()
    facts: tuple[HeaderFact, ...] = ()
    tables: tuple[Table, ...] = ()
    warnings: tuple[str, ...] = ()
    hidden: tuple[HiddenText, ...] = ()  # of the file, left out of `text`
    lost: tuple[str, ...] = ()  # what of the file cannot be text, with its count and places: 图片 2 处（“…”处）

    @property
    def id(self) -> str:
        return self.meta.id

    def walk(self) -> Iterator[Clause]:
        """Every clause, in the order of the text."""
        for clause in self.clauses:
            yield from clause.walk()

    def addressable(self) -> Iterator[Clause]:
        """Every clause that has an address of its own."""
        return (c for c in self.walk() if c.level not in UNADDRESSED)

    def find(self, address: str) -> Clause | None:
        """The clause at `address`, written as in `Clause.address`, or `None`."""
        return next((c for c in self.addressable() if c.address == address), None)
