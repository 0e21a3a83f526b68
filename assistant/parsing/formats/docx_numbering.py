"""Word's automatic numbers, counted as Word counts them.

Source: ECMA-376 Part 1, 17.9 (numbering). Lists of one w:abstractNum share their counters; a
w:startOverride sets the counter the first time its w:num is used at that level.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from assistant.parsing.formats.numbering import gap_behind, word_number

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PLACE = re.compile(r"%([1-9])")
_LEVELS = 9


@dataclass(frozen=True, slots=True)
class NumberingLevel:
    """One w:lvl."""

    start: int = 1
    fmt: str = "decimal"
    text: str = ""
    legal: bool = False  # w:isLgl: numbers of higher levels appear as decimals
    restart: int | None = None  # w:lvlRestart, from 1; None: after any higher level
    style: str | None = None  # w:pStyle


@dataclass(frozen=True, slots=True)
class _Num:
    abstract: str
    levels: dict[int, NumberingLevel] = field(default_factory=dict)
    starts: dict[int, int] = field(default_factory=dict)


class Numbering:
    """The lists of one document, and how far each has counted."""

    def __init__(self, root: Any | None) -> None:
        self._abstract: dict[str, dict[int, NumberingLevel]] = {}
        self._style_links: dict[str, str] = {}
        self._nums: dict[str, _Num] = {}
        self._counters: dict[str, dict[int, int]] = {}
        self._overridden: set[tuple[str, int]] = set()
        if root is not None:
            self._load(root)

    def _load(self, root: Any) -> None:
        for node in root.findall(f"{W}abstractNum"):
            key = node.get(f"{W}abstractNumId", "")
            self._abstract[key] = {_ilvl(lvl): _level(lvl) for lvl in node.findall(f"{W}lvl")}
            link = node.find(f"{W}numStyleLink")
            if link is not None:
                self._style_links[key] = link.get(f"{W}val", "")
        for node in root.findall(f"{W}num"):
            abstract = node.find(f"{W}abstractNumId")
            if abstract is not None:
                self._nums[node.get(f"{W}numId", "")] = _num(node, abstract.get(f"{W}val", ""))

    def link_styles(self, style_nums: dict[str, str]) -> None:
        """Let list styles (w:numStyleLink) stand for the lists they name. `style_nums`: style id → numId."""
        for key, style in self._style_links.items():
            num = self._nums.get(style_nums.get(style, ""))
            if num is not None and not self._abstract[key]:
                self._abstract[key] = self._abstract.get(num.abstract, {})

    def level_of_style(self, num_id: str, style: str) -> int:
        """The level of a list that belongs to a paragraph style; 0 when none says so."""
        num = self._nums.get(num_id)
        levels = self._abstract.get(num.abstract, {}) if num else {}
        return next((ilvl for ilvl, level in levels.items() if level.style == style), 0)

    def next_label(self, num_id: str, ilvl: int) -> str:
        """Count one paragraph, and give its number as it is printed, with the blank behind it."""
        num = self._nums.get(num_id)
        if num is None or num_id == "0" or not 0 <= ilvl < _LEVELS:
            return ""
        counters = self._counters.setdefault(num.abstract, {})
        self._count(num_id, num, ilvl, counters)
        level = self._level(num, ilvl)
        if level.fmt == "bullet":
            return ""

        def fill(match: re.Match[str]) -> str:
            at = int(match[1]) - 1
            other = self._level(num, at)
            value = counters.setdefault(at, num.starts.get(at, other.start))
            return word_number(value, "decimal" if level.legal and at != ilvl else other.fmt)

        label = _PLACE.sub(fill, level.text).strip()
        return label + gap_behind(label)

    def _count(self, num_id: str, num: _Num, ilvl: int, counters: dict[int, int]) -> None:
        if ilvl in num.starts and (num_id, ilvl) not in self._overridden:
            counters[ilvl] = num.starts[ilvl]
        elif ilvl in counters:
            counters[ilvl] += 1
        else:
            counters[ilvl] = self._level(num, ilvl).start
        self._overridden.add((num_id, ilvl))
        for deeper in [d for d in counters if d > ilvl]:
            restart = self._level(num, deeper).restart
            if restart is None or (restart and ilvl < restart):
                del counters[deeper]

    def _level(self, num: _Num, ilvl: int) -> NumberingLevel:
        return num.levels.get(ilvl) or self._abstract.get(num.abstract, {}).get(ilvl) or NumberingLevel()


def _num(node: Any, abstract: str) -> _Num:
    num = _Num(abstract)
    for override in node.findall(f"{W}lvlOverride"):
        ilvl = _ilvl(override)
        lvl, start = override.find(f"{W}lvl"), override.find(f"{W}startOverride")
        if lvl is not None:
            num.levels[ilvl] = _level(lvl)
        if start is not None:
            num.starts[ilvl] = _int(start.get(f"{W}val"), 1)
    return num


def _level(lvl: Any) -> NumberingLevel:
    def val(name: str) -> str | None:
        node = lvl.find(f"{W}{name}")
        return None if node is None else node.get(f"{W}val", "")

    legal = lvl.find(f"{W}isLgl")
    restart = val("lvlRestart")
    fmt = val("numFmt") or "decimal"
    return NumberingLevel(
        start=_int(val("start"), 0),
        fmt=fmt,
        text=val("lvlText") or "",
        legal=legal is not None and legal.get(f"{W}val", "1") not in ("0", "false", "off"),
        restart=None if restart is None else _int(restart, 0),
        style=val("pStyle"),
    )


def _ilvl(node: Any) -> int:
    return _int(node.get(f"{W}ilvl"), 0)


def _int(text: str | None, default: int) -> int:
    try:
        return int(text) if text is not None else default
    except ValueError:
        return default
