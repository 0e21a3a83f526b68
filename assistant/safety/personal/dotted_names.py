"""Names of several parts with dots between them: 买买提·吾甫尔, 丹增·旺堆, 阿依古丽●库尔班.

The parts are written in characters that transcribe other languages (`transliterated` of `data/personal.yaml`). Where
two such parts meet at a dot stands a name, whatever is around it; 党建·金融 is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from assistant.safety.personal.tables import table

_DOT = r" ?[·.●○] ?"
_HAN = "\u4e00-\u9fff"


@lru_cache(maxsize=1)
def _forms() -> tuple[re.Pattern[str], re.Pattern[str]]:
    run = f"[{''.join(sorted(set(table().transliterated) - {' ', chr(10)}))}]{{2,9}}"
    plain = re.compile(rf"{run}(?:{_DOT}{run}){{1,3}}")
    # Behind 姓名 and the like a part may be written in any characters; it ends before what is no part of a name.
    part = rf"(?:{run}|[{_HAN}]{{2,7}})"
    return plain, re.compile(rf"{part}(?:{_DOT}{part}){{1,3}}")


def dotted_names(text: str) -> Iterator[tuple[int, int]]:
    """Half-open ranges of such names, in order."""
    for match in _forms()[0].finditer(text):
        yield match.span()


@lru_cache(maxsize=1)
def _undotted() -> re.Pattern[str]:
    """The same written in one: 扎西多吉, 阿卜杜拉."""
    return re.compile(f"[{''.join(sorted(set(table().transliterated) - {' ', chr(10)}))}]{{3,9}}")


def undotted_at(text: str, start: int) -> int | None:
    """The end of a name of such characters alone that begins at `start`, where a label says that a name follows."""
    match = _undotted().match(text, start)
    return match.end() if match else None


def undotted_before(text: str, end: int, *, least: int) -> int | None:
    """Where a name of at least `least` such characters begins that ends at `end`."""
    found = [m.start() for m in _undotted().finditer(text, max(0, end - 9), end) if m.end() == end]
    return found[0] if found and end - found[0] >= least else None


def dotted_at(text: str, start: int) -> int | None:
    """The end of a name of several parts that begins at `start`, where a label says that a name follows."""
    match = _forms()[1].match(text, start)
    return match.end() if match else None
