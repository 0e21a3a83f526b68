"""Which line before a table is its caption, and which lines belong to a table of contents."""

from __future__ import annotations

import re
from collections.abc import Sequence

_NUMBERED = re.compile(r"[（(]?(?:附?表|附表|Table|TABLE)[\s\u3000]*[\d０-９一二三四五六七八九十]+")
_NAMED = re.compile(r"[^。；：:，,]{2,40}(?:表|情况|清单|一览|目录|名单|明细|标准)(?:[（(][^）)]{1,20}[）)])?$")
_NUMBER_FIRST = re.compile(r"第?[一二三四五六七八九十百\d]+[、.．条章节]|[（(][一二三四五六七八九十\d]+[）)]")
# 第一章 总则……………1 : leaders and a page number
_LEADERS = re.compile(
    r"^(?P<words>.{2,80}?)[\s\u3000]*(?:…+|\.{3,}|·{3,}|．{3,}|_{4,}|-{5,}|(?:[.·]\s){3,})[\s\u3000.…·]*\(?\d{1,4}\)?$"
)
_MAX_ENTRY = 200
_CONTENTS = re.compile(r"目[\s\u3000]*[录次]$")


def is_caption(line: str, *, styled: bool = False) -> bool:
    """Whether the line before a table names it. `styled`: the file marks it as a caption, or centres it."""
    line = line.strip()
    if not line or len(line) > 60 or line.endswith(("。", "；", "：", ":", "，")):
        return False
    if _NUMBERED.match(line):
        return True
    if _NUMBER_FIRST.match(line):
        return False
    return styled or _NAMED.match(line) is not None


def is_contents_title(line: str) -> bool:
    """目录 or 目　次 on a line of its own."""
    return _CONTENTS.match(line.strip()) is not None


def is_contents_line(line: str) -> bool:
    """A heading, leaders and a page number."""
    line = line.strip()
    return len(line) <= _MAX_ENTRY and _LEADERS.match(line) is not None


_ENTRY = re.compile(r".{2,80}?[\s\u3000]+\d{1,4}$")


def contents_lines(lines: Sequence[str], marked: frozenset[int] = frozenset()) -> frozenset[int]:
    """Which of `lines` are a table of contents: entries with leaders, those `marked`, their title 目录.

    Leaders in a single line may be anything, so they count from two entries on.
    """
    entries = {i for i, line in enumerate(lines) if is_contents_line(line)}
    if len(entries) < 2:
        entries = set()
    entries |= marked
    for at, line in enumerate(lines):
        if not is_contents_title(line):
            continue
        after = at + 1
        while after < len(lines) and (after in entries or not lines[after].strip() or _is_entry(lines[after])):
            after += 1
        found = range(at + 1, after)
        if sum(1 for i in found if lines[i].strip()) >= 2 or any(i in entries for i in found):
            entries.update(found, (at,))
    return frozenset(entries)


def _is_entry(line: str) -> bool:
    return len(line) <= _MAX_ENTRY and _ENTRY.match(line) is not None
