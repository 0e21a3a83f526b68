"""附件: the line that opens one, and the list of them at the end of a notice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.parsing.lines.agencies import is_agency
from assistant.parsing.lines.model import TRIM, Kind, Line, words_of
from assistant.parsing.lines.signatures import is_dated
from assistant.parsing.markers import BLANKS, value_of

_ATTACHMENT = re.compile(
    rf"#*[{BLANKS}]{{0,4}}附[{BLANKS}]{{0,4}}(?:[件表录][{BLANKS}]{{0,4}}(?P<number>[一二三四五六七八九十]{{1,3}}|[0-9０-９]{{1,2}}|[A-Z](?![A-Za-z]))?"
    rf"|(?P<bare>[一二三四五六七八九十]{{1,3}}|[0-9０-９]{{1,2}}|[A-Z](?![A-Za-z])))"
    rf"(?P<gap>[{BLANKS}：:\-—]{{0,6}})(?P<rest>[^。\n]{{0,80}})$"
)
_LISTED = re.compile(r"[0-9０-９]{1,2}\s{0,2}[.．、]|[（(][一二三四五六七八九十0-9]{1,2}[）)]|[⒈-⒛]")
_REST_IS_TEXT = re.compile(r"[所中规的和与、至为是]|列|内容|要求")


@dataclass(frozen=True, slots=True)
class AttachmentMark:
    """附件1 or 附件一：某模板."""

    number: str  # "" when there is one only; a letter in 附录A
    colon: bool
    rest: str
    rest_at: int


def attachment_at(text: str, start: int, end: int) -> AttachmentMark | None:
    """The 附件 that a line names at its start."""
    if end - start > 100 or "附" not in text[start : start + 8]:
        return None
    match = _ATTACHMENT.match(text, start, end)
    if not match or match.end() != end:
        return None
    rest, gap, number = match["rest"].strip(TRIM), match["gap"], match["number"] or match["bare"] or ""
    if rest and not gap and (not number or match["bare"] or _REST_IS_TEXT.match(rest)):
        return None
    return AttachmentMark(number, "：" in gap or ":" in gap, rest, match.start("rest"))


def mark_attachments(text: str, lines: Sequence[Line]) -> None:
    marks = [(n, m) for n, line in enumerate(lines) if (m := _attachment_line(text, line))]
    later: set[str] = set()
    repeated: set[int] = set()
    for number, mark in reversed(marks):
        key = _plain_number(mark.number)
        if key in later or (not key and mark.colon and later):
            repeated.add(number)
        later.add(key)
    for number, mark in marks:
        line = lines[number]
        if line.kind is not Kind.WORDS:
            continue
        if number in repeated or _is_listing(text, lines, number, mark):
            _listing(text, lines, number)
        else:
            line.kind = Kind.ATTACHMENT


def _attachment_line(text: str, line: Line) -> AttachmentMark | None:
    return attachment_at(text, line.start, line.end) if line.kind is Kind.WORDS else None


def _plain_number(number: str) -> str:
    return number if number.isalpha() and number.isascii() else str(value_of(number)) if number else ""


def _is_listing(text: str, lines: Sequence[Line], number: int, mark: AttachmentMark) -> bool:
    """附件：1.某表 at the end of a notice names what follows elsewhere."""
    after = next((line for line in lines[number + 1 :] if line.kind not in (Kind.NOISE, Kind.PAGE)), None)
    goes_on = number > 0 and lines[number - 1].kind is Kind.LISTING
    if mark.rest and (goes_on or _LISTED.match(mark.rest)):
        return True
    if after is None:
        return bool(mark.rest) or mark.colon
    words = words_of(text, after)
    if not mark.rest:
        return mark.colon and len(words) <= 60 and _LISTED.match(words) is not None and words[-1] not in "。；"
    return attachment_at(text, after.start, after.end) is not None or is_agency(words) or is_dated(words)


def _listing(text: str, lines: Sequence[Line], number: int) -> None:
    lines[number].kind = Kind.LISTING
    for line in lines[number + 1 :]:
        words = words_of(text, line) if line.end - line.start <= 80 else "。"
        if line.kind is not Kind.WORDS or not _LISTED.match(words) or words[-1] in "。；":
            return
        line.kind = Kind.LISTING
