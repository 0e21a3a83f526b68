"""What a text says beside its title of its own end: 某办法（已废止）, 【失效】某通知, a line 本办法已废止 under it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.parsing.facts.days import DATES, day_of
from assistant.parsing.facts.leaves import MAX_NOTES, Leaves
from assistant.parsing.wordlists import titles
from assistant.schema.document import HeaderFact, Span

_ENDED = "|".join(map(re.escape, titles().ended))
_FILL = (
    r"(?:已|被|经|于|自|起|从|现|全文|部分|本文件?|本(?:办法|规定|条例|细则|通知|意见|决定|公告|法)|该?文件"
    r"|宣布|予以|同时|[\d〇○零一二三四五六七八九十年月日\-./\s]){0,24}"
)
_WORDS = re.compile(rf"{_FILL}(?:{_ENDED})(?:。)?")
_BRACKETED = re.compile(r"[（(〔【\[]([^（()）〔〕【】\[\]\n]{2,40})[）)〕】\]]")


def ended(leaves: Leaves) -> Iterator[HeaderFact]:
    """That the text no longer holds, from its title or the notes beside it; the value is the day or empty."""
    heads = [*([leaves.title] if leaves.title is not None else []), *leaves.notes[:MAX_NOTES]]
    for leaf in heads:
        for start, end in _candidates(leaves.text, leaf.span):
            words = leaves.text[start:end]
            if "部分" not in words and _WORDS.fullmatch(words.strip()):
                day = DATES.search(words)
                found = day_of(day[0]) if day else None
                yield HeaderFact(name="repealed", value=found.isoformat() if found else "", span=Span(start, end))
                return


def without_state(title: str) -> str:
    """`title` without the brackets that say that the text has ended.

    >>> without_state("旧券管理办法（已废止）"), without_state("【失效】旧券办法"), without_state("办法（试行）")
    ('旧券管理办法', '旧券办法', '办法（试行）')
    """
    return _BRACKETED.sub(lambda m: "" if _WORDS.fullmatch(m[1].strip()) else m[0], title).strip()


def _candidates(text: str, span: Span) -> Iterator[tuple[int, int]]:
    """What stands in brackets, then each line whole."""
    for match in _BRACKETED.finditer(text, span.start, span.end):
        yield match.span(1)
    at = span.start
    for line in text[span.start : span.end].split("\n"):
        if 2 <= len(line.strip()) <= 40:
            yield at, at + len(line)
        at += len(line) + 1
