"""How a browser numbers the items of a list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from assistant.parsing.formats.html_css import Look

_OWN_NUMBER = re.compile(
    r"\s*(?:第[一二三四五六七八九十百千零〇\d]+[条章节编款项]|[（(][一二三四五六七八九十\d]+[）)]|[一二三四五六七八九十]+[、.．]"
    r"|\d+[、.．)）]|[①-⑳⑴-⒇⒈-⒛㈠-㈩])"
)


def list_numbers(node: Any, items: list[Any]) -> Iterator[int]:
    start = _whole(node.get("start"))
    step = -1 if node.get("reversed") is not None else 1
    number = start if start is not None else len(items) if step < 0 else 1
    for item in items:
        stated = _whole(item.get("value"))
        number = stated if stated is not None else number
        yield number
        number += step


def _whole(value: str | None) -> int | None:
    value = (value or "").strip()
    return int(value) if re.fullmatch(r"-?\d{1,6}", value, re.ASCII) else None


def list_style(node: Any, look: Look) -> str:
    own = look.list_style
    return own or node.get("type") or "decimal"


def all_numbered(items: list[Any]) -> bool:
    """Items that state their numbers themselves would be numbered twice."""
    texts = ["".join(i.itertext()).strip() for i in items if i.tag == "li"]
    return bool(texts) and all(_OWN_NUMBER.match(t) for t in texts)
