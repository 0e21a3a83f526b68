"""A question that asks several things at once, taken apart.

Only the shape of the sentence is read: 「在甲、乙和丙三方面」「从甲到乙」「甲和乙各有…」「既说了甲，又说了乙」
「对甲有什么要求，对乙呢」「…，通知怎么说？条例又怎么定？」. Each part keeps the topic that stands before it, so
that it can be searched alone.
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
_EACH = re.compile(
    rf"(?:在|对|从|给)(?P<items>{_ITEMS})[^。？]{{0,12}}(?:分别|各(?!级|类|种|家|银行|保险|行|位|项|地|自的))"
)
# 收费方面和中介方面各有什么规矩: the enumeration stands right before 各 or 分别, or one comma away.
_EACH_BEFORE = re.compile(
    r"(?P<items>[^，。？！：；]{3,60}?)(?:上|方面|这块|里)?，?(?:通知|条例|文件|规定|银行)?"
    r"(?:分别|各自|各(?=[有是要能怎该说讲给为都]|得|应当))"
)
# 既说了推广产品，又说了利用纳税信息 | 一边怎么支持、一边怎么限制
_BOTH = re.compile(
    r"(?:既|一方面|一边|一头|一来)(?P<first>[^，。？；、]{2,20})[，；、]?(?:又|也|另一方面|另一边|一方面|一边|一头|二来)(?P<last>[^，。？；]{2,20})"
)
_SAID = re.compile(r"^(?:说了|讲了|提了|要求了?|规定了?|说到|提到|讲到|要)")
_SPLIT = re.compile(r"、|以及(?:和|与|跟)?|还有|和|与|跟")
_SEGMENT = re.compile(r"[^，,。？?！!；;：:]+")
_ASKS = re.compile(
    r"什么|怎么|怎样|如何|哪|谁|何时|多[少久长大高]|几|吗|么|啥|咋|能不能|要不要|有没有|是否|底线|要求|前提|前后|说法|规定"
)
# 商业银行法怎么禁、处罚办法罚多少: a pause between two asking parts.
_PAUSE = re.compile(r"、")
# 对银行有什么要求，对信托公司呢
_ELLIPSIS = re.compile(r"^(?P<rest>.{1,14})呢$")
_PREDICATE = re.compile(r"(?:有|要|该|应)?(?:什么|哪些|怎么|怎样|如何|多少|啥|咋).*$")
_FEWEST_CHARACTERS = 4
_FEWEST_ASKING = 3  # 罚多少
_FEWEST_AT_PAUSE = 6
# 我咋答、写在哪一条、叫啥来着: asks nothing of its own.
_HOLLOW = re.compile(
    r"(?:[我你咱这那它该要能得就请问]|可以)*(?:咋|怎么|如何|怎样|照)?[答办说做弄回讲看行成整个事]*(?:吗|呢|么|好|啊|呀|了|来着)?$"
    r"|.{0,3}(?:写在|出自|见于|是)?哪(?:一|几)?(?:条|款|项|里|处).{0,4}$|.{0,2}叫(?:啥|什么)(?:来着|名字)?$|有(?:没有)?(?:依据|出处|文件|说法).{0,4}$"
)
_LONGEST_ITEM = 24


def facets(question: str) -> tuple[str, ...]:
    """The parts of `question` as questions of their own; empty when it does not fall apart.

    >>> facets("贷款和保险两边各有什么说法？")
    ('贷款', '保险')
    >>> facets("收费方面和中介方面各有什么规矩？")
    ('收费方面', '中介方面')
    """
    for pattern in (_SIDES, _EACH):
        if match := pattern.search(question):
            items = [item for item in _SPLIT.split(match["items"]) if item]
            if len(items) > 1:
                return _around(question, match.start("items"), items)
    if parts := _each_of(question):
        return parts
    if match := _BOTH.search(question):
        return _around(question, match.start(), [_SAID.sub("", match[name]) for name in ("first", "last")])
    if match := _FROM_TO.search(question):
        return _around(question, match.start(), [match["first"], match["last"]])
    return _segments(question)


def asks(text: str) -> bool:
    """Whether `text` asks something by itself; the member of an enumeration does not."""
    return _ASKS.search(text) is not None


def _each_of(question: str) -> tuple[str, ...]:
    """The members of the enumeration that 各 or 分别 takes up."""
    match = _EACH_BEFORE.search(question)
    if match is None:
        return ()
    items = [item.strip() for item in _SPLIT.split(match["items"]) if item.strip()]
    if len(items) < 2 or not all(2 <= len(item) <= _LONGEST_ITEM for item in items) or len(items) > MOST:
        return ()
    return _around(question, match.start("items"), items)


def _around(question: str, start: int, items: list[str]) -> tuple[str, ...]:
    """Each item with the topic that stands before or, for want of one, behind the enumeration."""
    before = _topic(question[:start])
    return tuple(f"{before}{item}" for item in items[:MOST]) if before else tuple(items[:MOST])


def _topic(text: str) -> str:
    segments = [s.strip() for s in _SEGMENT.findall(text) if len(s.strip()) >= _FEWEST_CHARACTERS]
    return f"{segments[-1]}，" if segments else ""


def _segments(question: str) -> tuple[str, ...]:
    """Clauses that ask something, each behind the clauses that ask nothing."""
    segments = [s.strip() for s in _pieces(question) if len(s.strip()) >= _FEWEST_ASKING]
    asking = [s for s in segments if (_ASKS.search(s) or _ELLIPSIS.match(s)) and not _HOLLOW.match(s)]
    if len(asking) < 2:
        return ()
    topic = next((s for s in segments if s not in asking and len(s) >= _FEWEST_CHARACTERS), "")
    whole = [_filled(before, s) for before, s in zip(["", *asking], asking, strict=False)]
    return tuple(f"{topic}，{s}" if topic else s for s in whole[:MOST])


def _pieces(question: str) -> list[str]:
    """The clauses of `question`; one with a pause between two asking parts counts as two."""
    pieces: list[str] = []
    for segment in _SEGMENT.findall(question):
        halves = _PAUSE.split(segment)
        pieces += halves if _apart(halves) else [segment]
    return pieces


def _apart(halves: list[str]) -> bool:
    return len(halves) > 1 and all(len(half) >= _FEWEST_AT_PAUSE and _ASKS.search(half) for half in halves)


def _filled(before: str, segment: str) -> str:
    """对信托公司呢 with what was asked before it: 对信托公司有什么要求."""
    match = _ELLIPSIS.match(segment)
    if match is None:
        return segment
    predicate = _PREDICATE.search(before)
    return match["rest"] + (predicate[0] if predicate else "")
