"""A duty: who has to do what, how strongly, when, and which words of which clause say so.

Laws, which the tests hold every table to: the words of a row stand in the quoted clause; a row without a stated
addressee names the sentence that the addressee is carried over from, or nobody; the same clauses give the same rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from assistant.schema.document import Span, Validity

UNSTATED = "未载明"


class Degree(StrEnum):
    """要求强度: how strongly a clause binds its addressee, from the strictest down."""

    BAN = "严禁"
    MUST_NOT = "不得"
    SHALL = "应当"
    REQUIRE = "要求"
    ENCOURAGE = "鼓励"
    ALLOW = "允许"

    @property
    def weak(self) -> bool:
        """Whether nobody breaks anything by leaving it."""
        return self in (Degree.ENCOURAGE, Degree.ALLOW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """The sentence before, whose addressee a sentence without one of its own goes on with."""

    words: str
    quote: str
    address: str
    span: Span  # of the quote, in the text of the document


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """主体. `words` as the clause has them; `None`: it names nobody, and then `carrier` may say who was last named."""

    words: str | None
    carrier: Carrier | None = None
    kinds: tuple[str, ...] = ()  # 主体类别, of the words or of the carrier's

    @property
    def shown(self) -> str:
        """As the table says it.

        >>> Actor(words=None).shown
        '未载明'
        """
        if self.words is not None:
            return self.words
        return f"{UNSTATED}（承上文：{self.carrier.words}）" if self.carrier else UNSTATED

    @property
    def meant(self) -> str | None:
        """The words for whom the row is counted: stated, else carried over."""
        return self.words or (self.carrier.words if self.carrier else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act as it was read in one place. Spans are half-open ranges in the text of the document."""

    degree: Degree
    word: str  # what binds, as written; empty where the sentence does by its form
    actor: Actor
    span: Span  # of `words`
    words: str  # the act without the word that binds
    address: str
    sentence: Span  # of all that was read for it, its lead included
    thing: str = ""  # the subject that is a matter and no addressee: 贷款余额
    aims: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a duty stands."""

    document_id: str
    title: str
    document_number: str | None
    address: str
    span: Span  # of `quote`
    act_span: Span
    quote: str
    validity: Validity
    effective_on: date | None
    in_force: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """One row of the table."""

    id: str  # 反洗钱法_2024#第三条第一款-1a2b3c4d: document, address, and the hash of the words
    actor: Actor
    degree: Degree
    word: str
    act: str
    objects: tuple[str, ...]  # 对象、指标 and what it is for
    conditions: tuple[str, ...]
    exceptions: tuple[str, ...]
    deadlines: tuple[str, ...]
    sources: tuple[Source, ...]  # the first is where the id comes from; others say the same
    related: tuple[str, ...]  # places that the clause names or that name it

    @property
    def source(self) -> Source:
        return self.sources[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """What of a document was not read for duties, so that nobody takes silence for none."""

    document_id: str
    title: str
    what: str  # 表格, 问答, 附件里的图片 …
    count: int
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyTable:
    """The duties of a set of documents on one day."""

    day: date
    duties: tuple[Duty, ...]
    documents: tuple[tuple[str, str], ...]  # id and title of those read
    left_out: tuple[tuple[str, str], ...] = ()  # title and why: not in force on that day
    unread: tuple[Unread, ...] = ()
