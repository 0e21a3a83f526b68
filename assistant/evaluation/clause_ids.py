"""Our addresses in the words of the case files."""

from __future__ import annotations

import re

NOTICE = "notice_2024_shaanxi"  # whose clauses a bare id means

_NAMES = {"标题": "title", "序言": "preamble"}
_NUMERALS = "〇零一二三四五六七八九十百千"
_ITEM = re.compile(rf"(?:[{_NUMERALS}]+、)?(（[{_NUMERALS}]+）).*", re.DOTALL)  # 五、（十）, 五、（十）第二段
_HEADING = re.compile(rf"([{_NUMERALS}]+)(?:、.*)?", re.DOTALL)  # 一, 一、第一段
_ARTICLE = re.compile(rf"(第[{_NUMERALS}]+条(?:之[{_NUMERALS}]+)?).*", re.DOTALL)  # 第十二条第二款第（三）项


def clause_name(address: str) -> str:
    """The unit clause at or above `address`, as case files write it. Anything else stays as it is.

    >>> [clause_name(a) for a in ("标题", "序言", "一", "五、（十）", "第十二条")]
    ['title', 'preamble', '一', '（十）', '第十二条']
    """
    if address in _NAMES:
        return _NAMES[address]
    for pattern in (_ARTICLE, _ITEM, _HEADING):
        if match := pattern.fullmatch(address):
            return match[1]
    return address


def scored_id(clause_id: str, *, bare_document: str | None = None) -> str:
    """`document#address` as a run file has it: bare for clauses of `bare_document`.

    >>> scored_id("notice_2024_shaanxi#五、（十）", bare_document="notice_2024_shaanxi")
    '（十）'
    >>> scored_id("商业银行法_2015#第四十条", bare_document="notice_2024_shaanxi")
    '商业银行法_2015#第四十条'
    """
    document, _, address = clause_id.rpartition("#")
    name = clause_name(address)
    return name if document == bare_document else f"{document}#{name}"
