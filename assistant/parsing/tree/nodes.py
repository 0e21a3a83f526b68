"""What a clause tree is made of while it grows."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from assistant.parsing.lines.model import Line
from assistant.parsing.markers import Mark
from assistant.schema.document import Clause, Level, Span
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
RANK = {level: rank for rank, level in enumerate(_ORDER)}
PARTS = frozenset({Level.ATTACHMENT, Level.ISSUED})
DIVISIONS = {Level.PART: "编", Level.SUBPART: "分编", Level.CHAPTER: "章", Level.SECTION: "节"}
HEADINGS = (Level.HEADING_1, Level.HEADING_2, Level.HEADING_3, Level.HEADING_4, Level.HEADING_5)
IN_ARTICLE = frozenset({Level.PARAGRAPH, Level.ITEM, Level.SUBITEM})
PAGE_NOTE = "页注"  # what a page or its margin says
MAX_HEADING = 60  # characters: more make a sentence


@lru_cache(maxsize=4096)
def to_han(value: int) -> str:
    """Chinese numerals as far as texts use them, plain digits beyond."""
    return _to_han(value) if value <= 9999 else str(value)


@dataclass(slots=True, kw_only=True)
class Node:
    """A clause while the tree grows. `span` covers its own words, not yet its children's."""

    level: Level
    address: str
    start: int
    end: int
    heading: str | None = None
    children: list[Node] = field(default_factory=list)
    number: int = 0
    mark_end: int = 0  # where a heading's number ends
    style: str = ""
    counts: dict[Level, int] = field(default_factory=dict)
    items: list[Node] = field(default_factory=list)  # 项 of a 款, 目 of a 项

    def freeze(self, text: str) -> Clause:
        """The clause that this node has grown into."""
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
class Para:
    """A paragraph: lines joined, with the noise that a page break put between them."""

    start: int
    end: int
    mark: Mark | None
    holes: list[Line] = field(default_factory=list)
