"""What a visitor lets an answer rest on: a day, and some documents. Forms bring words; this makes filters of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from assistant.errors import InputError
from assistant.schema.document import DocumentMeta
from assistant.schema.retrieval import Filters
from assistant.serving.render.words import titled

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_NO_DAY = "“截至日期”请写成 年-月-日，例如 2024-06-30；不限定日期就留空。问题还在输入框里，改好日期再发送。"
_NAMED = 3  # titles that are said


@dataclass(frozen=True, slots=True)
class Scope:
    """As the form has it; empty is no choice."""

    day: str = ""
    documents: tuple[str, ...] = ()  # ids

    def filters(self) -> Filters:
        """What the inquiry takes.

        Raises:
            InputError: the day is none.
        """
        return Filters(as_of=_day(self.day.strip()), document_ids=frozenset(self.documents) or None)


UNLIMITED = Scope()


def scope_words(filters: Filters, documents: Sequence[DocumentMeta]) -> str:
    """What an answer was limited to, in words; empty where it was not.

    Args:
        documents: those that whoever asks may see.
    """
    parts = [f"{filters.as_of.isoformat()} 有效的文本"] if filters.as_of else []
    if filters.document_ids is not None:
        titles = [
            f"{titled(meta.title)}（{meta.validity.value}）" for meta in documents if meta.id in filters.document_ids
        ]
        if gone := len(filters.document_ids) - len(titles):
            titles.append(f"{gone} 份您现在不能看或已移出的文件")
        more = f"等 {len(filters.document_ids)} 份文件" if len(titles) > _NAMED else ""
        parts.append(f"{'、'.join(titles[:_NAMED])}{more}")
    return "，".join(parts)


def document_choices(documents: Sequence[DocumentMeta]) -> list[tuple[str, str]]:
    """What may be chosen: words and id. Of two that read alike the words end with the id."""
    words = [f"{meta.title}（{meta.validity.value}）" for meta in documents]
    return [
        (said if words.count(said) == 1 else f"{said} {meta.id}", meta.id)
        for said, meta in zip(words, documents, strict=True)
    ]


def _day(words: str) -> date | None:
    if not words:
        return None
    if not _DAY.fullmatch(words):
        raise InputError(_NO_DAY, code="bad_request")
    try:
        return date.fromisoformat(words)
    except ValueError:
        raise InputError(_NO_DAY, code="bad_request") from None
