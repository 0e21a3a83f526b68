"""A talk: slides with their minutes, and on them points, each in plain words beside the words of its clause.

Laws, which the tests hold every draft to: the minutes of the slides sum up to those of the talk; the quote of each
point stands in its clause; its plain words are the quote's own or were proved to say the same; nothing local (a
branch, a telephone number) is filled in.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from assistant.schema.answer import Verdict
from assistant.schema.document import DocumentMeta
from assistant.text.folding import squeeze

MOST_MINUTES, FEWEST_MINUTES = 180, 5
_HASH = 16  # hex digits
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")  # what no PPTX or DOCX may hold


class SlideKind(StrEnum):
    """What a slide is for."""

    COVER = "封面"
    OUTLINE = "提纲"
    BACKGROUND = "背景"
    POINTS = "要点"
    RISKS = "风险提示"
    LIMITS = "没有承诺"
    CARDS = "问答"
    LOCAL = "本地信息"
    SOURCES = "来源"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One statement and the clause that bears it."""

    id: str  # unique in its talk
    text: str  # in plain words, or the quote's own
    quote: str  # word for word; …… stands where words between were left out
    document: str  # id
    address: str  # of the clause: 五、（十）
    clause_hash: str  # of the clause's words on the day of the draft
    subject: str = ""  # whom it addresses, as the clause or the sentence before says
    question: str = ""  # that it answers, on a card
    written: bool = False  # a language model put it into plain words

    @property
    def reworded(self) -> bool:
        """Whether its words are others than the quote's."""
        return same_words(self.text) != same_words(self.quote)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slide:
    """One slide. `fixed` are lines of this program, marked as such; `blanks` what people fill in by hand."""

    id: str
    kind: SlideKind
    title: str
    minutes: int
    points: tuple[Point, ...] = ()
    fixed: tuple[str, ...] = ()
    blanks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A draft that people may edit before it is exported."""

    audience: str
    topic: str
    minutes: int
    checked_on: date
    generation: str  # of the index that it was drawn from
    slides: tuple[Slide, ...]

    def points(self) -> Iterator[Point]:
        """Every point, in the order of the slides."""
        for slide in self.slides:
            yield from slide.points

    @property
    def written(self) -> bool:
        """Whether a language model put any of it into words."""
        return any(point.written for point in self.points())


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What the proof says of a statement now."""

    verdict: Verdict
    reason: str  # in Chinese, for people

    @property
    def good(self) -> bool:
        return self.verdict is Verdict.OK


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """A talk with what the proof says of each point on the day of the export."""

    talk: Talk
    judged: dict[str, Judged]  # by id of the point
    lines: dict[str, Judged]  # titles that claim something, and lines of this program, by slide
    documents: tuple[DocumentMeta, ...]  # that it rests on, in the order of their first use

    @property
    def unproved(self) -> tuple[tuple[str, Judged], ...]:
        """What does not pass: ids of points and slides, and why."""
        return tuple((name, one) for held in (self.judged, self.lines) for name, one in held.items() if not one.good)

    def faults_of(self, slide: str) -> tuple[tuple[str, Judged], ...]:
        """What does not pass of a slide's own lines: which of them, and why."""
        named = ((*name.rpartition(" ")[::2], one) for name, one in self.lines.items())
        return tuple((what, one) for owner, what, one in named if owner == slide and not one.good)

    def title_of(self, document: str) -> str:
        """The title of a document that it rests on; its id where the library holds it no more."""
        return next((meta.title for meta in self.documents if meta.id == document), document)


_ENDS = "，,；;。.：:、 "


def same_words(text: str) -> str:
    """`text` for comparing: no blanks, no marks at its end."""
    return squeeze(text).rstrip(_ENDS)


def ended(text: str) -> str:
    """`text` with a full stop at its end.

    >>> ended("加强贷前审查，")
    '加强贷前审查。'
    """
    return text if text.endswith(("！", "？", "”")) else f"{text.rstrip(_ENDS)}。"


def hash_of(words: str) -> str:
    """The hash of a clause's words, white space aside."""
    return hashlib.sha256(squeeze(words).encode()).hexdigest()[:_HASH]
