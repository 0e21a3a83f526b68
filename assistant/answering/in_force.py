"""Whether a document still holds: its status and the clause that puts it, or its successor, into force."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum, auto

from assistant.corpus.succession import title_key
from assistant.corpus.view import chosen
from assistant.question.places import Mention
from assistant.schema.chunk import Chunk
from assistant.schema.document import Document, DocumentMeta, Validity
from assistant.schema.retrieval import Query, Retrieved

_IN_FORCE = re.compile(r"施行|实施|生效|执行")
_LOOKED_AT = 3  # clauses; a question that only describes a repealed text is like its matter and its repeal
_STARTS = re.compile(r"自.{2,24}起|自.{0,6}公布之日")


class Force(Enum):
    """How a document stands on a day."""

    HOLDS = auto()
    ENDED = auto()
    NOT_YET = auto()
    UNSAID = auto()  # the source does not say, or it was made for one year


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of one document's force on `day`. `proof` are sentences of one clause that state it."""

    document: DocumentMeta
    day: date
    force: Force
    successor: DocumentMeta | None = None
    proof: tuple[Chunk, ...] = ()


def document_asked(
    query: Query, found: Retrieved, *, mentions: Callable[[str], Sequence[Mention]], today: date
) -> DocumentMeta | None:
    """The document whose force is asked about: the one named, else the one that a sentence found first ends.

    Args:
        mentions: the documents that a text names.
    """
    texts = [query.text, query.standalone]
    for evidence in found.evidence[:_LOOKED_AT]:
        best = max(evidence.sentences, key=lambda s: (s.score, s.chunk.id), default=None)
        texts += [best.chunk.plain] if best and "废止" in best.chunk.plain else []
    day = query.as_of or query.day or today
    for text in texts:
        named = [d for m in mentions(text)[:1] for d in m.documents if chosen(d, query.filters)]
        if named:
            return max(named, key=lambda m: (m.in_force(day), m.effective_on or date.min, m.id))
    return None


def standing(document: DocumentMeta, library: Sequence[Document], sentences: Sequence[Chunk], *, day: date) -> Standing:
    """How `document` stands on `day`.

    Args:
        library: every document that may be cited.
        sentences: their sentences, in the order of the corpus.
    """
    force = _force(document, day)
    if force is not Force.ENDED:
        return Standing(document=document, day=day, force=force, proof=_starting(document, sentences))
    successor, proof = _successor(document, library, sentences, day)
    return Standing(document=document, day=day, force=force, successor=successor, proof=proof)


def lead(found: Standing, *, today: date) -> str:
    """The answer in a sentence; every date in it is a fact of the document's record."""
    title = _titled(found.document)
    then = "" if found.day == today else f"在{_day(found.day)}"
    match found.force:
        case Force.HOLDS:
            return f"{title}{then or '现行'}有效{_since(found.document)}。"
        case Force.NOT_YET:
            return f"{title}{then}尚未施行{_since(found.document)}。"
        case Force.ENDED:
            how = "被修订" if found.document.validity is Validity.AMENDED else "被废止"
            since = f"自{_day(found.document.expired_on)}起不再有效" if found.document.expired_on else "不再有效"
            now = f"；取代它的是{_titled(found.successor)}{_since(found.successor)}" if found.successor else ""
            return f"{title}已{how}，{since}{now}。"
        case Force.UNSAID if found.document.validity is Validity.ANNUAL:
            year = f"{found.document.year}年的" if found.document.year else ""
            return f"{title}是{year}年度文件，此后是否继续适用，本库未载明，请以发文机关的最新规定为准。"
        case Force.UNSAID:
            return f"{title}是否有效，本库未载明，请向发文机关核实。"


def _force(document: DocumentMeta, day: date) -> Force:
    if document.validity in (Validity.UNKNOWN, Validity.ANNUAL) and document.expired_on is None:
        return Force.UNSAID
    if document.effective_on is not None and day < document.effective_on:
        return Force.NOT_YET
    return Force.HOLDS if document.in_force(day) else Force.ENDED


def _successor(
    old: DocumentMeta, library: Sequence[Document], sentences: Sequence[Chunk], day: date
) -> tuple[DocumentMeta | None, tuple[Chunk, ...]]:
    """Who took its place, and the clause that says so: one that repeals it by name, else that starts the successor."""
    key = title_key(old.title)
    held = [d for d in library if d.id != old.id and d.meta.in_force(day)]
    for document in held:
        repeals = [f.span for f in document.facts if f.name == "repeals" and title_key(f.value) == key]
        own = [c for c in sentences if c.document_id == document.id]
        units = {c.parent_id for c in own for span in repeals if span in c.span}
        proof = tuple(c for c in own if c.parent_id in units and (_IN_FORCE.search(c.plain) or "废止" in c.plain))
        if proof:
            return document.meta, proof
    same = next((d.meta for d in held if title_key(d.meta.title) == key), None)
    return same, _starting(same, sentences) if same else ()


def _starting(document: DocumentMeta, sentences: Sequence[Chunk]) -> tuple[Chunk, ...]:
    """The sentence that says from when the document holds; it stands at the end of a statute."""
    own = (c for c in sentences if c.document_id == document.id)
    return tuple(c for c in own if _IN_FORCE.search(c.plain) and _STARTS.search(c.plain))[-1:]


def _titled(meta: DocumentMeta) -> str:
    day = meta.issued_on or meta.effective_on
    year = day.year if day else meta.year
    return f"《{meta.title}》（{year}年）" if year and str(year) not in meta.title else f"《{meta.title}》"


def _since(meta: DocumentMeta) -> str:
    return f"，自{_day(meta.effective_on)}起施行" if meta.effective_on else ""


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
