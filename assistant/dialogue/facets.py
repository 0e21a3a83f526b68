"""A question that asks several things at once, taken apart.

Only the shape of the sentence is read: 「在甲、乙和丙三方面」「从甲到乙」「…，通知怎么说？条例又怎么定？」.
Each part keeps the topic that stands before it, so that it can be searched alone.
"""

from __future__ import annotations

import re

MOST = 4  # parts of one question that are searched apart
_ITEM = r"[^，。？！：；、和与跟到在从对]{1,12}"
_ITEMS = rf"{_ITEM}(?:(?:、|和|与|跟|以及){_ITEM})*(?:和|与|跟|以及|、){_ITEM}"
# 在融资产品、保险和顾问陪伴三方面 | 从银行考核和监管引导两头 | 贷款和保险两边
_SIDES = re.compile(rf"(?P<items>{_ITEMS}?)这?[两二三四](?:头|边|方面|块|类|者|处|项)")
_FROM_TO = re.compile(rf"从(?P<first>{_ITEM})到(?P<last>{_ITEM})")
# 在商圈和居民社区做…，通知分别…
_EACH = re.compile(rf"(?:在|对|从|给)(?P<items>{_ITEMS})[^。？]{{0,12}}(?:分别|各)")
_SPLIT = re.compile(r"、|和|与|跟|以及")
_SEGMENT = re.compile(r"[^，,。？?！!；;：:]+")
_ASKS = re.compile(
    r"什么|怎么|怎样|如何|哪|谁|何时|多[少久长大高]|几|吗|么|啥|咋|能不能|要不要|有没有|是否|底线|要求|前提|前后|说法|规定"
)
_FEWEST_CHARACTERS = 4


def facets(question: str) -> tuple[str, ...]:
    """The parts of `question` as questions of their own; empty when it does not fall apart.

    >>> facets("贷款和保险两边各有什么说法？")
    ('贷款', '保险')
    """
    for pattern in (_SIDES, _EACH):
        if match := pattern.search(question):
            items = [item for item in _SPLIT.split(match["items"]) if item]
            if len(items) > 1:
                return _around(question, match.start("items"), items)
    if match := _FROM_TO.search(question):
        return _around(question, match.start(), [match["first"], match["last"]])
    return _segments(question)


def _around(question: str, start: int, items: list[str]) -> tuple[str, ...]:
    """Each item with the topic that stands before or, for want of one, behind the enumeration."""
    before = _topic(question[:start])
    return tuple(f"{before}{item}" for item in items[:MOST]) if before else tuple(items[:MOST])


def _topic(text: str) -> str:
    segments = [s.strip() for s in _SEGMENT.findall(text) if len(s.strip()) >= _FEWEST_CHARACTERS]
    return f"{segments[-1]}，" if segments else ""


def _segments(question: str) -> tuple[str, ...]:
    """Clauses that ask something, each behind the clauses that ask nothing."""
    segments = [s.strip() for s in _SEGMENT.findall(question) if len(s.strip()) >= _FEWEST_CHARACTERS]
    asking = [s for s in segments if _ASKS.search(s)]
    if len(asking) < 2:
        return ()
    topic = next((s for s in segments if s not in asking), "")
    return tuple(f"{topic}，{s}" if topic else s for s in asking[:MOST])
