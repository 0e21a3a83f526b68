"""The house's own everyday words: checked before anybody relies on them, changed entry by entry, written whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from assistant.errors import InputError
from assistant.question.lay_words import GAP, ConceptLine
from assistant.text.folding import fold
from assistant.text.tables import write_whole

MAX_CONCEPT, MAX_TERM, MAX_WORDING = 30, 40, 20  # code points
MAX_TERMS, MAX_WORDINGS, MAX_ENTRIES = 20, 60, 2000
_MARKS = frozenset("？?。！!，,；;：:、\n\t")
_NOTE = """本单位的口语说法，加在本产品的词表之上；在管理页“词表”里修改，由另一人批准。
也可以直接改这个文件，写法同本产品的 colloquial.yaml；正在运行的服务几秒内改用，写错时继续用原来的。"""


def checked_entry(concept: str, policy: Sequence[str], lay: Sequence[str], *, beside: bool = False) -> ConceptLine:
    """An entry that can be used.

    Raises:
        InputError: naming the field, and which of its words, by number.
    """
    if not (1 <= len(concept) <= MAX_CONCEPT and concept.isprintable()):
        raise InputError(f"“事项”须为 1 到 {MAX_CONCEPT} 个字的一行文字。")
    _see("公文用语", policy, most=MAX_TERMS, longest=MAX_TERM, shortest=2)
    _see("口语说法", lay, most=MAX_WORDINGS, longest=MAX_WORDING, shortest=2)
    for number, wording in enumerate(lay, start=1):
        if _MARKS & set(wording):
            raise InputError(f"“口语说法”第 {number} 个含有标点；请只写词语，不写整句。")
        if not all(len(part.strip()) > 0 for part in wording.split(GAP)):
            raise InputError(f"“口语说法”第 {number} 个的“{GAP}”前后都要有字。")
    return ConceptLine(concept=concept, policy=tuple(policy), lay=tuple(lay), beside=beside)


def _see(field: str, words: Sequence[str], *, most: int, longest: int, shortest: int) -> None:
    if not words:
        raise InputError(f"“{field}”至少要写一个，每行一个。")
    if len(words) > most:
        raise InputError(f"“{field}”有 {len(words)} 个，最多 {most} 个；请分成几个事项。")
    seen: dict[str, int] = {}
    for number, word in enumerate(words, start=1):
        if not (shortest <= len(word) <= longest and word.isprintable()):
            raise InputError(f"“{field}”第 {number} 个须为 {shortest} 到 {longest} 个字。")
        if (first := seen.setdefault(fold(word), number)) != number:
            raise InputError(f"“{field}”第 {number} 个与第 {first} 个相同，请删去一个。")


def exchanged(
    lines: Sequence[ConceptLine], before: ConceptLine | None, after: ConceptLine | None
) -> tuple[ConceptLine, ...]:
    """The table with one entry changed, added (`before` is `None`) or taken out (`after` is).

    Raises:
        InputError: the entry is no longer what it was, or there is one on the same matter already.
    """
    if before is not None and before not in lines:
        raise InputError("这一项在提出改动之后已经变了，请退回这项改动，按现在的词表重新提出。")
    at = lines.index(before) if before is not None else len(lines)
    others = (*lines[:at], *lines[at + 1 :])
    if after is not None and any(one.concept == after.concept for one in others):
        raise InputError("本单位的词表里已有这个事项，请在那一项里修改。")
    if after is not None and len(others) >= MAX_ENTRIES:
        raise InputError(f"本单位的词表已有 {MAX_ENTRIES} 项，请先删去不用的。")
    return (*others[:at], *([after] if after is not None else []), *others[at:])


def entry_fields(line: ConceptLine) -> dict[str, Any]:
    """An entry as it is written."""
    fields: dict[str, Any] = {"concept": line.concept, "policy": list(line.policy), "lay": list(line.lay)}
    return fields | ({"beside": True} if line.beside else {})


def entry_from(fields: Mapping[str, Any]) -> ConceptLine:
    """An entry as it was written."""
    return ConceptLine.model_validate(fields)


def write_house(path: Path, lines: Sequence[ConceptLine]) -> None:
    """Write the table, all of it or nothing.

    Raises:
        SourceError: it cannot be written.
    """
    body = yaml.safe_dump([entry_fields(line) for line in lines], allow_unicode=True, sort_keys=False, width=1000)
    write_whole(path, "".join(f"# {line}\n" for line in _NOTE.splitlines()) + body)
