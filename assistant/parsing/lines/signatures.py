"""Lines of the 落款: agencies, day, 此件公开发布, 抄送."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.parsing.lines.agencies import DATE, is_agency, is_date
from assistant.parsing.lines.model import Kind, Line, words_of

SIGNED = re.compile(rf"([^，。；：！？《》“”\d]{{4,80}}?)\s*{DATE}")
TAIL = re.compile(
    r"特此(?:通知|公告|通告|批复|函复|函告|报告|决定|答复)[。.]?$|此复[。.]?$|[（(]?(?:此件|联\s*系\s*人|联系电话|联系方式|抄\s*送|抄\s*报|分\s*送|发至|校对|打字|共印)|[（(]信息公开|"
    rf"[^。，]{{4,40}}\s*{DATE}\s*印发"
)


def mark_signatures(text: str, lines: Sequence[Line], begin: int) -> None:
    for number in range(begin + 1, len(lines)):
        line = lines[number]
        if line.kind is not Kind.WORDS or line.end - line.start > 200:
            continue
        words = words_of(text, line)
        if is_date(words) or (len(words) <= 90 and _is_signed(words)):
            line.kind = Kind.DATE
            _agencies_above(text, lines, number, begin)
        elif (words[0] in "（(此联抄分发校打共特" or words.endswith("印发")) and TAIL.match(words):
            line.kind = Kind.TAIL
    _mark_unsigned(text, lines, begin)


def _mark_unsigned(text: str, lines: Sequence[Line], begin: int) -> None:
    """An agency alone at the end of the text, or right before its 附件 or its last notes."""
    last = len(lines)
    for number in range(len(lines) - 1, begin, -1):
        if lines[number].kind in (Kind.ATTACHMENT, Kind.TAIL):
            last = number
        elif lines[number].kind is Kind.WORDS and last == number + 1:
            if not _unsigned_agency(text, lines, number):
                last = -1
        elif lines[number].kind not in (Kind.NOISE, Kind.PAGE, Kind.LISTING, Kind.AGENCY, Kind.DATE):
            last = -1


def _is_signed(words: str) -> bool:
    match = SIGNED.fullmatch(words)
    return match is not None and is_agency(match[1].strip())


def _agencies_above(text: str, lines: Sequence[Line], number: int, begin: int) -> None:
    for line in reversed(lines[max(begin + 1, number - 14) : number]):
        if line.kind is Kind.NOISE:
            continue
        if line.kind is not Kind.WORDS or line.end - line.start > 80 or not is_agency(words_of(text, line), 2):
            return
        line.kind = Kind.AGENCY


def _unsigned_agency(text: str, lines: Sequence[Line], number: int) -> bool:
    """An agency on the last line, without a date, behind a finished sentence."""
    line = lines[number]
    before = lines[number - 1]
    if line.end - line.start > 40 or not is_agency(words_of(text, line)) or text[before.end - 1] not in "。）":
        return False
    line.kind = Kind.AGENCY
    return True


def is_dated(words: str) -> bool:
    return is_date(words) or (len(words) <= 90 and (SIGNED.fullmatch(words) is not None or bool(TAIL.match(words))))
