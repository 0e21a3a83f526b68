"""Sentences of a document that can be told by themselves, and where they stand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from assistant.indexing.cut import cut
from assistant.parsing.addresses import parse_address
from assistant.schema.chunk import Chunk, ChunkKind
from assistant.schema.document import Document

_LENGTHS = range(14, 161)  # code points of a sentence that is used


@dataclass(frozen=True, slots=True)
class Fact:
    """A sentence of a document and where it stands."""

    document: Document
    words: str  # without its full stop; an item with the words it goes on from
    unit: str  # 第十二条
    address: str  # the smallest clause: 第十二条第二款
    item: bool

    @property
    def clause(self) -> str:
        found = self.document.find(self.unit)
        return found.text if found else ""


def facts(document: Document) -> tuple[Fact, ...]:
    """The sentences of `document` that can be told by themselves."""
    found = []
    for chunk in cut(document):
        words = _tellable(chunk)
        if words is not None:
            item = chunk.lead != ""
            found.append(Fact(document, words, chunk.unit, chunk.address, item))
    return tuple(found)


_ITEM_NUMBER = re.compile(r"^[（(][一二三四五六七八九十]+[）)]")


def _tellable(chunk: Chunk) -> str | None:
    if chunk.kind is not ChunkKind.SENTENCE or chunk.unit in ("标题", "序言") or not parse_address(chunk.unit):
        return None
    lead = chunk.lead if not chunk.lead or chunk.lead.endswith(("：", ":")) else None
    if lead is None or chunk.plain.startswith(("前款", "但是", "但", "其中", "上述", "前项", "具体")):
        return None
    words = chunk.lead + (_ITEM_NUMBER.sub("", chunk.plain) if chunk.lead else chunk.plain)
    words = words.rstrip("。；;：:")
    return words if len(words) in _LENGTHS and "\n" not in words else None


def day_of(document: Document) -> date | None:
    """A day on which an old version was in force; `None` for one that is."""
    meta = document.meta
    return meta.expired_on - timedelta(days=200) if meta.expired_on else None
