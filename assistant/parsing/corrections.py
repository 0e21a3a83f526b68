"""What a person says of single lines of a text where reading them went wrong: the text stays, its tree is read anew.

A correction names a line by its number and by a hash of its words, so that one made for another text is never
applied in silence. It says what the line is; which address follows is for the one reader of the tree to make.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from assistant.errors import InputError
from assistant.parsing.formats.model import Rejected
from assistant.parsing.lines.model import TRIM, Kind, Line
from assistant.parsing.markers import Mark, mark_at
from assistant.schema.document import Level
from assistant.text.folding import squeeze
from assistant.text.numerals import ANY_NUMERAL

MISPLACED = "overlay"  # the code of a file whose corrections do not fit it
HEADING_LEVELS = {
    Level.PART: "编",
    Level.CHAPTER: "章",
    Level.SECTION: "节",
    Level.ARTICLE: "条",
    Level.HEADING_1: "一、",
    Level.HEADING_2: "（一）",
    Level.HEADING_3: "1.",
    Level.HEADING_4: "（1）",
}
_DIVISIONS = frozenset({Level.PART, Level.CHAPTER, Level.SECTION})
_MAX_NUMBER = 2000
_MAX_LINE = 10_000_000
_HASH = re.compile(r"[0-9a-f]{16}")
# What a number looks like that no reader knew: 笫三条, 第 3 條:, 〈二〉, (三, 2·
_LIKE_NUMBER = re.compile(
    rf"[^\w\s]{{0,3}}[第笫弟]?\s{{0,2}}(?:{ANY_NUMERAL}|\d{{1,4}}|[Il|]{{1,3}})\s{{0,2}}(?:[编章节条條]|[^\w\s《“])[^\S\n]{{0,4}}"
)
_SENT = "校对记录的格式不对，请刷新页面后重试。"


class Act(StrEnum):
    """What a person says of a line."""

    PLAIN = "plain"  # it opens nothing
    HEADING = "heading"  # it opens a clause of this level and number
    JOINED = "joined"  # it goes on with the paragraph before it
    LEFT_OUT = "left_out"  # it is no part of what the text says: a running head


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What one line is.

    `line` counts from 1, blank lines too; `words` is the hash of its words (`line_hash`). `level`, `number` and
    `suffix` (第十条之一: 1) are of a heading alone.
    """

    line: int
    words: str
    act: Act
    level: Level | None = None
    number: int = 0
    suffix: int = 0

    def __post_init__(self) -> None:
        """Raises InputError for a correction that no line can take."""
        heading = self.act is Act.HEADING
        if not 1 <= self.line <= _MAX_LINE or not _HASH.fullmatch(self.words):
            raise InputError(_SENT)
        if heading is not (self.level in HEADING_LEVELS) or (not heading and (self.level or self.number)):
            raise InputError("标题要写明层级（编、章、节、条，或一、（一）1.（1）），其他校对不写层级。")
        if heading and not (1 <= self.number <= _MAX_NUMBER and 0 <= self.suffix <= _MAX_NUMBER):
            raise InputError(f"编号请写 1 至 {_MAX_NUMBER} 的整数，例如“第三条”写 3。")
        if self.suffix and self.level is not Level.ARTICLE:
            raise InputError("只有“条”可以写“之几”。")

    def json(self) -> dict[str, Any]:
        """As it is kept; `of` reads it back."""
        named: dict[str, Any] = {"line": self.line, "words": self.words, "act": self.act.value}
        if self.level is not None:
            named |= {"level": self.level.value, "number": self.number}
        return named | ({"suffix": self.suffix} if self.suffix else {})

    @staticmethod
    def of(kept: Mapping[str, Any]) -> Correction:
        """The correction that was kept as `kept`.

        Raises:
            InputError: it is none.
        """
        numbers = [kept.get(name, 0) for name in ("line", "number", "suffix")]
        if kept.keys() - {"line", "words", "act", "level", "number", "suffix"} or any(
            type(n) is not int for n in numbers
        ):
            raise InputError(_SENT)
        try:
            level = Level(kept["level"]) if "level" in kept else None
            act, words = Act(kept["act"]), kept["words"]
        except (KeyError, ValueError) as exc:
            raise InputError(_SENT) from exc
        if not isinstance(words, str):
            raise InputError(_SENT)
        return Correction(line=numbers[0], words=words, act=act, level=level, number=numbers[1], suffix=numbers[2])


def line_hash(line: str) -> str:
    """What a line is known by besides its number: the first 16 digits of SHA-256 of its words."""
    return hashlib.sha256(line.strip(TRIM).encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Placed:
    """Corrections of one text, by where the words of their line begin."""

    plain: frozenset[int] = frozenset()
    joined: frozenset[int] = frozenset()
    left_out: Mapping[int, int] = field(default_factory=dict)  # → the number of the line
    headings: Mapping[int, Correction] = field(default_factory=dict)

    @property
    def silent(self) -> frozenset[int]:
        """Lines that open nothing."""
        return self.plain | self.joined

    def settle(self, lines: Sequence[Line]) -> None:
        """Give each corrected line its kind.

        Raises:
            Rejected: one of them is a row of a table.
        """
        spoken = self.silent | self.headings.keys()
        for line in lines:
            if line.start not in spoken and line.start not in self.left_out:
                continue
            if line.kind is Kind.ROW:
                raise Rejected(MISPLACED, "表格里的行不能按行校对，请撤销这一行的校对")
            line.kind = Kind.NOISE if line.start in self.left_out else Kind.WORDS
            line.table = line.row = -1

    def marks(self, text: str, lines: Iterable[Line]) -> dict[int, Mark]:
        """The number of each corrected heading."""
        return {
            line.start: _mark(text, line, said) for line in lines if (said := self.headings.get(line.start)) is not None
        }

    def told(self) -> tuple[str, ...]:
        """A warning that names the lines a person left out."""
        numbers = "、".join(map(str, sorted(self.left_out.values())))
        words = f"left_out：经人工核对，第 {numbers} 行不是正文（页眉、页脚等），没有归入条款"
        return (words,) if numbers else ()


NOTHING = Placed()


def placed(text: str, corrections: Sequence[Correction]) -> Placed:
    """Where corrections stand in `text`: on the line of their number, or on the only one that has these words.

    Raises:
        Rejected: a line is not there, or two corrections are of one line.
    """
    if not corrections:
        return NOTHING
    lines = text.split("\n")
    found: dict[int, Correction] = {}
    for one in corrections:
        number = _line_of(lines, one)
        if number in found:
            raise Rejected(MISPLACED, f"第 {number} 行有两条校对，请只留一条")
        found[number] = one
    plain, joined, left_out, headings = set(), set(), {}, {}
    at = 0
    for number, raw in enumerate(lines, start=1):
        start = at + len(raw) - len(raw.lstrip(TRIM))
        at += len(raw) + 1
        if (said := found.get(number)) is None:
            continue
        match said.act:
            case Act.PLAIN:
                plain.add(start)
            case Act.JOINED:
                joined.add(start)
            case Act.LEFT_OUT:
                left_out[start] = number
            case Act.HEADING:
                headings[start] = said
    return Placed(frozenset(plain), frozenset(joined), left_out, headings)


def _line_of(lines: Sequence[str], one: Correction) -> int:
    if one.line <= len(lines) and line_hash(lines[one.line - 1]) == one.words and lines[one.line - 1].strip(TRIM):
        return one.line
    alike = [number for number, line in enumerate(lines, start=1) if line.strip(TRIM) and line_hash(line) == one.words]
    if len(alike) != 1:
        raise Rejected(MISPLACED, f"第 {one.line} 行的文字与校对时不同，找不到校对的那一行，请重新校对")
    return alike[0]


_STYLES = {
    Level.HEADING_1: "一、",
    Level.HEADING_2: "（一）",
    Level.HEADING_3: "1.",
    Level.HEADING_4: "（1）",
}


def _mark(text: str, line: Line, said: Correction) -> Mark:
    """The number at the head of a line as a person reads it."""
    assert said.level is not None
    own = mark_at(text, line.start, line.end)
    if own is not None and own.level is said.level:
        return replace(own, number=said.number, suffix=said.suffix)
    end = own.end if own is not None and own.level not in _DIVISIONS else _number_end(text, line)
    if said.level in _DIVISIONS:
        words = squeeze(text[end : line.end]) or squeeze(text[line.start : line.end])
        return Mark(said.level, said.number, line.end, heading=words)
    return Mark(said.level, said.number, end, said.suffix, style=_STYLES.get(said.level, ""))


def _number_end(text: str, line: Line) -> int:
    """Where what looks like a number ends; the start of the line when nothing does."""
    match = _LIKE_NUMBER.match(text, line.start, line.end)
    return match.end() if match is not None else line.start
