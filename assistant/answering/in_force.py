"""Whether a document still holds: its status and the clause that puts it, or its successor, into force."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum, auto
from itertools import chain

from assistant.answering.left_out import only_left_out
from assistant.corpus.standing import Reason, left_out
from assistant.corpus.succession import title_key
from assistant.corpus.view import chosen
from assistant.indexing.ports import LibraryPort
from assistant.question.catalogue import Mention
from assistant.question.reading import Reading
from assistant.question.understanding import Kind
from assistant.schema.chunk import Chunk, ChunkKind
from assistant.schema.document import Document, DocumentMeta, LimitKind, Validity
from assistant.schema.retrieval import Retrieved
from assistant.text.folding import fold, squeeze

_IN_FORCE = re.compile(r"施行|实施|生效|执行")
_ENDS = frozenset({LimitKind.REPEALED, LimitKind.EXPIRES})
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
    today: date
    successor: DocumentMeta | None = None
    proof: tuple[Chunk, ...] = ()

    @property
    def settled(self) -> bool:
        """Whether a clause says how it stands."""
        return self.force is not Force.UNSAID and bool(self.proof)


class Standings:
    """Reading and Retrieved → Standing, where a question asks whether a document holds.

    Args:
        mentions: the documents that a clause names.
        today: gives the date in 北京时间.
    """

    def __init__(
        self, library: LibraryPort, mentions: Callable[[str], Sequence[Mention]], *, today: Callable[[], date]
    ) -> None:
        self._library = library
        self._mentions = mentions
        self._today = today

    def asked(self, reading: Reading, found: Retrieved) -> Standing | None:
        """How the document asked about stands; `None` when the question asks something else, or names none.

        Also of one that search leaves out, where the question is about a matter that no other document knows.
        """
        query, today = reading.query, self._today()
        day = query.as_of or query.day or today
        if reading.asked.kind is Kind.VALIDITY:
            subject = self._subject(reading, found, day)
        else:
            subject = only_left_out(self._library, reading, day)
        if subject is None:
            return None
        metas = [m for m in self._library.documents if chosen(m, query.filters)]
        held = [self._library.document(meta.id) for meta in metas]
        ids = {document.id for document in held}
        sentences = [c for c in self._library.chunks(ChunkKind.SENTENCE) if c.document_id in ids]
        return standing(subject, held, sentences, day=day, today=today)

    def _subject(self, reading: Reading, found: Retrieved, day: date) -> DocumentMeta | None:
        """The document that the question names, else the one that a sentence found first ends."""
        for documents in chain(reading.subjects, self._ended(found), self._over(reading, found, day)):
            if named := [meta for meta in documents if chosen(meta, reading.query.filters)]:
                return max(named, key=lambda m: (m.in_force(day), m.effective_on or date.min, m.id))
        return None

    def _over(self, reading: Reading, found: Retrieved, day: date) -> Iterator[tuple[DocumentMeta, ...]]:
        """The document of the first clause, where it does not hold and the question says a word of its title."""
        for evidence in found.evidence[:1]:
            meta = self._library.document(evidence.chunk.document_id).meta
            if not meta.in_force(day) and any(word in fold(meta.title) for word in reading.words.naming):
                yield (meta,)

    def _ended(self, found: Retrieved) -> Iterator[tuple[DocumentMeta, ...]]:
        """The documents that the best sentences of the first clauses put an end to."""
        for evidence in found.evidence[:_LOOKED_AT]:
            best = max(evidence.sentences, key=lambda s: (s.score, s.chunk.id), default=None)
            if best and "废止" in best.chunk.plain:
                yield from (mention.documents for mention in self._mentions(best.chunk.plain)[:1])


def standing(
    document: DocumentMeta, library: Sequence[Document], sentences: Sequence[Chunk], *, day: date, today: date
) -> Standing:
    """How `document` stands on `day`.

    Args:
        library: every document that may be cited.
        sentences: their sentences, in the order of the corpus.
    """
    force = _force(document, day)
    if force is not Force.ENDED:
        proof = _starting(document, sentences)
        return Standing(document=document, day=day, force=force, today=today, proof=proof)
    successor, proof = _successor(document, [d for d in library if d.meta.in_force(day)], sentences)
    proof = proof or _ending(document, sentences)
    return Standing(document=document, day=day, force=force, today=today, successor=successor, proof=proof)


def lead(found: Standing) -> str:
    """The answer in a sentence; every date in it is a fact of the document's record."""
    title = _titled(found.document)
    then = "" if found.day == found.today else f"在{_day(found.day)}"
    match found.force:
        case Force.HOLDS:
            return f"{title}{then or '现行'}有效{_since(found.document)}。"
        case Force.NOT_YET:
            return f"{title}{then}尚未施行{_since(found.document)}。"
        case Force.ENDED:
            how = _how(found)
            since = f"自{_day(found.document.expired_on)}起不再有效" if found.document.expired_on else "不再有效"
            now = f"；取代它的是{_titled(found.successor)}{_since(found.successor)}" if found.successor else ""
            return f"{title}{how}，{since}{now}。"
        case Force.UNSAID if found.document.validity is Validity.ANNUAL:
            year = f"{found.document.year}年的" if found.document.year else ""
            return f"{title}是{year}年度文件，此后是否继续适用，本库未载明，请以发文机关的最新规定为准。"
        case Force.UNSAID:
            since = _since(found.document)
            whether = f"{since[1:]}，现在是否有效" if since else "是否有效"
            return f"{title}{whether}，本库未载明，请向发文机关核实。"


def _how(found: Standing) -> str:
    out = left_out(found.document, found.day)
    if found.document.validity is Validity.AMENDED:
        return "已被修订"
    return "已过有效期" if out is not None and out.reason is Reason.EXPIRED else "已被废止"


def _force(document: DocumentMeta, day: date) -> Force:
    if document.effective_on is not None and day < document.effective_on:
        return Force.NOT_YET
    if document.validity in (Validity.UNKNOWN, Validity.ANNUAL) and document.expired_on is None:
        return Force.UNSAID
    return Force.HOLDS if document.in_force(day) else Force.ENDED


def _successor(
    old: DocumentMeta, holding: Sequence[Document], sentences: Sequence[Chunk]
) -> tuple[DocumentMeta | None, tuple[Chunk, ...]]:
    """Who took its place, and the clause that says so: one that repeals it by name, else that starts the successor.

    Args:
        holding: the documents in force.
    """
    others = [document for document in holding if document.id != old.id]
    for document in others:
        if proof := _repealing(document, old, sentences):
            return document.meta, proof
    key = title_key(old.title)
    same = next((document.meta for document in others if title_key(document.meta.title) == key), None)
    return same, _starting(same, sentences) if same else ()


def _repealing(document: Document, old: DocumentMeta, sentences: Sequence[Chunk]) -> tuple[Chunk, ...]:
    """The sentences of the clause in which `document` repeals `old`, as far as they speak of force."""
    key = title_key(old.title)
    repeals = [fact.span for fact in document.facts if fact.name == "repeals" and title_key(fact.value) == key]
    own = [chunk for chunk in sentences if chunk.document_id == document.id]
    units = {chunk.parent_id for chunk in own for span in repeals if span in chunk.span}
    return tuple(c for c in own if c.parent_id in units and (_IN_FORCE.search(c.plain) or "废止" in c.plain))


def _ending(document: DocumentMeta, sentences: Sequence[Chunk]) -> tuple[Chunk, ...]:
    """The document's own words on its end: the title with （已废止）, the sentence on its 有效期."""
    quotes = [squeeze(one.quote) for one in document.limits if one.kind in _ENDS]
    own = (c for c in sentences if c.document_id == document.id)
    return tuple(c for c in own if any(q in squeeze(c.plain) or squeeze(c.plain) in q for q in quotes))[:1]


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
