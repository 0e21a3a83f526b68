"""Agencies and days on lines of their own."""

from __future__ import annotations

import re

from assistant.text.folding import squeeze

_HAN_DIGIT = "一二三四五六七八九十〇○ＯO零0"
DATE = (
    rf"(?:\d{{4}}|[{_HAN_DIGIT}]{{4}})\s?年\s?(?:\d{{1,2}}|[{_HAN_DIGIT}]{{1,3}})\s?月\s?"
    rf"(?:\d{{1,2}}|[{_HAN_DIGIT}]{{1,3}})\s?日"
)
_DATE_LINE = re.compile(rf"[（(]?{DATE}[）)]?(?:[（(](?:印章|盖章|章)[）)])?")
_AGENCY_END = re.compile(
    r"(?:局|会|银行|分行|支行|部|委|厅|院|府|办|办公室|公司|司|署|中心|联社|处|检察院|法院|集团|小组)(?:[（(](?:章|印章|盖章)[）)])?$"
)
_PERSON = re.compile(
    r"(?:局\s*长|行\s*长|主\s*席|部\s*长|总\s*理|主\s*任|省\s*长|市\s*长|会\s*长|委员长)[\s：:]+\S{1,3}\s?\S{1,3}"
)


def is_agency(words: str, shortest: int = 4) -> bool:
    """Whether a line is nothing but the names of agencies, or an office and a person."""
    if len(words) > 80 or any(c in "，。；：！？《》“”、" for c in words):
        return False
    if _PERSON.fullmatch(words):
        return True
    names = words.split()
    return (
        len(squeeze(words)) >= shortest
        and _AGENCY_END.search(squeeze(words)) is not None
        and (len(names) < 2 or all(len(n) < 3 or _AGENCY_END.search(n) for n in names) or len(squeeze(words)) <= 24)
    )


def is_date(words: str) -> bool:
    """Whether a line is nothing but a date."""
    return len(words) <= 24 and _DATE_LINE.fullmatch(words) is not None
