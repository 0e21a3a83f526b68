"""Whether a document still holds: its status and the clause that puts it, or its successor, into force."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from assistant.schema.chunk import Chunk
from assistant.schema.document import DocumentMeta, Validity
from assistant.text.folding import squeeze

_ENDED = frozenset({Validity.REPEALED, Validity.AMENDED})
_IN_FORCE = re.compile(r"(?:施行|实施|生效|执行)")
_STARTS = re.compile(r"自.{2,24}起|自.{0,6}公布之日")
_REPEALS = re.compile(r"废止|停止执行|失效")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of one document's force on a day. `proof` are sentences of one clause that state it."""

    document: DocumentMeta
    holds: bool | None  # None: the source does not say
    successor: DocumentMeta | None = None
    proof: tuple[Chunk, ...] = ()


def standing(
    document: DocumentMeta, others: Sequence[DocumentMeta], sentences: Sequence[Chunk], *, day: date
) -> Standing:
    """How `document` stands on `day`.

    Args:
        others: every document that whoever asks may see.
        sentences: all their sentences, in the order of the corpus.
    """
    ended = document.validity in _ENDED and (document.expired_on is None or document.expired_on <= day)
    if ended:
        successor, proof = _successor(document, others, sentences)
        return Standing(document=document, holds=False, successor=successor, proof=proof)
    known = document.validity is Validity.IN_FORCE and (document.effective_on is None or document.effective_on <= day)
    return Standing(document=document, holds=True if known else None, proof=_starting(document, sentences))


def lead(found: Standing) -> str:
    """The answer in a sentence; every date in it is a fact of the document's record."""
    title = _titled(found.document)
    if found.holds is False:
        how = "已被修订" if found.document.validity is Validity.AMENDED else "已废止"
        since = f"自{_day(found.document.expired_on)}起" if found.document.expired_on else "现"
        now = f"；现行的是{_titled(found.successor)}{_since(found.successor)}" if found.successor else ""
        return f"{title}{how}，{since}失效，不能再作为现行依据{now}。"
    if found.holds:
        return f"{title}现行有效{_since(found.document)}。"
    if found.document.validity is Validity.ANNUAL:
        year = f"{found.document.year}年的" if found.document.year else ""
        return f"{title}是{year}年度文件，此后是否继续适用，本库未载明，请以发文机关的最新规定为准。"
    return f"{title}现在是否有效，本库未载明，请向发文机关核实。"


def _successor(
    old: DocumentMeta, others: Sequence[DocumentMeta], sentences: Sequence[Chunk]
) -> tuple[DocumentMeta | None, tuple[Chunk, ...]]:
    """Who took its place, and the clause that says so: one that repeals it by name, else that starts the successor."""
    named = f"《{_bare(old.title)}》"
    metas = {meta.id: meta for meta in others if meta.id != old.id and meta.validity not in _ENDED}
    for chunk in sentences:
        text = squeeze(chunk.plain)
        if chunk.document_id in metas and _REPEALS.search(text) and named in text.replace("中华人民共和国", ""):
            clause = [c for c in sentences if c.parent_id == chunk.parent_id]
            return metas[chunk.document_id], tuple(c for c in clause if c is chunk or _IN_FORCE.search(c.plain))
    for meta in metas.values():
        if _bare(meta.title) == _bare(old.title):
            return meta, _starting(meta, sentences)
    return None, ()


def _starting(document: DocumentMeta, sentences: Sequence[Chunk]) -> tuple[Chunk, ...]:
    """The sentence that says from when the document holds; it stands at the end of a statute."""
    own = (c for c in sentences if c.document_id == document.id)
    return tuple(c for c in own if _IN_FORCE.search(c.plain) and _STARTS.search(c.plain))[-1:]


def _titled(meta: DocumentMeta) -> str:
    year = (meta.issued_on or meta.effective_on or date(meta.year or 1, 1, 1)).year
    return f"《{meta.title}》（{year}年）" if year > 1 else f"《{meta.title}》"


def _since(meta: DocumentMeta | None) -> str:
    return f"，自{_day(meta.effective_on)}起施行" if meta and meta.effective_on else ""


def _day(day: date | None) -> str:
    return f"{day.year}年{day.month}月{day.day}日" if day else ""


def _bare(title: str) -> str:
    return squeeze(title).strip("《》").removeprefix("中华人民共和国")
