"""Which of two texts of one instrument holds, and what a document says of others that it ends.

Everything here is a proposal: a program reads titles and dates, a person decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from assistant.corpus.manifest import LimitLine, ManifestLine, Proposal
from assistant.parsing.facts.state import without_state
from assistant.schema.document import Document, DocumentMeta, LimitKind, Span, Validity
from assistant.text.folding import flow, squeeze
from assistant.text.sentences import sentence_spans

_ENDED = frozenset({Validity.REPEALED, Validity.AMENDED})
_NAMED = re.compile(r"《(?P<title>[^《》]*(?:《[^《》]*》[^《》]*)*)》")
_DECREES = re.compile(r"(?:决定|现|予以)废止")  # 决定废止《某办法》: the title behind the verb
_NOT_REPEALED = re.compile(r"(?:不|未|没有)(?:予以?|同时)?废止|不再(?:废止|停止执行)")


@dataclass(frozen=True, slots=True, kw_only=True)
class RepealFound:
    """A document says that another of the corpus no longer holds."""

    document_id: str  # the one that is ended
    proposal: Proposal
    address: str  # where the other one says so
    quote: str


def title_key(title: str) -> str:
    """What two texts of one instrument share. 办法（试行）and 办法 are two instruments.

    >>> title_key("《中华人民共和国商业银行法》") == title_key("商业银行法")
    True
    """
    words = squeeze(without_state(title))
    inner = words.removeprefix("《").removesuffix("》") if words.count("《") == 1 and words.startswith("《") else words
    return inner.replace("〈", "《").replace("〉", "》").removeprefix("中华人民共和国")


def holds(line: ManifestLine) -> bool:
    """Whether nothing is known that ended the document."""
    now = line.provisional()
    return now.status not in _ENDED and now.expired_on is None and now.superseded_by is None


def same_instrument(one: ManifestLine, other: ManifestLine) -> bool:
    """Whether two lines of one title may be versions of one instrument: no two agencies, no two regions."""
    same = title_key(one.title) == title_key(other.title)
    apart = (one.issuer, other.issuer), (one.region, other.region)
    return same and all(a is None or b is None or squeeze(a) == squeeze(b) for a, b in apart)


def is_older(one: ManifestLine, other: ManifestLine) -> bool:
    """Whether `one` is the earlier of two versions, as far as their dates tell; undated ones are not."""
    for a, b in ((one.effective_on, other.effective_on), (one.issued_on, other.issued_on)):
        if a is not None and b is not None and a != b:
            return a < b
    return False


def supersede(newer: ManifestLine) -> Proposal:
    """That `newer` takes the place of the version before it, with the sentence from which day it holds."""
    starts = next((one for one in newer.limits if one.kind is LimitKind.EFFECTIVE), None)
    number = f"（{newer.document_number}）" if newer.document_number else ""
    start = f"，{newer.effective_on.isoformat()}起" if newer.effective_on else ""
    return Proposal(
        by=stem(newer.path),
        superseded_by=f"《{newer.title}》{number}{start}",
        expired_on=newer.effective_on,
        status=Validity.AMENDED,
        limits=(_elsewhere(LimitKind.SUPERSEDED, starts.quote, newer.title, starts.where),) if starts else (),
    )


def _elsewhere(kind: LimitKind, quote: str, title: str, address: str) -> LimitLine:
    """The words of another document that end one."""
    return LimitLine(kind=kind, quote=quote, where=f"《{title}》{address}")


def stem(path: str) -> str:
    """The id of the document in file `path`."""
    return path.rpartition(".")[0] or path


def repeals(documents: Sequence[Document]) -> tuple[RepealFound, ...]:
    """Every document of the corpus that another one ends, and is not yet marked as ended."""
    by_title: dict[str, list[DocumentMeta]] = {}
    for document in documents:
        for title in (document.meta.title, *document.meta.aliases):
            by_title.setdefault(title_key(title), []).append(document.meta)
    found: dict[str, RepealFound] = {}
    for document in documents:
        for title, address, sentence in _ended_titles(document):
            for old in by_title.get(title_key(title), ()):
                if old.id not in found and _may_end(document.meta, old):
                    found[old.id] = _found(document.meta, old, address, sentence)
    return tuple(found.values())


def _ended_titles(document: Document) -> Iterator[tuple[str, str, str]]:
    """Title, address and sentence of every repeal that the document states."""
    stated = {fact.span: fact.value for fact in document.facts if fact.name == "repeals"}
    for root in document.clauses:
        for leaf in root.leaves():
            inside = [(span, title) for span, title in stated.items() if span in leaf.span]
            if not inside and not _DECREES.search(leaf.text):
                continue
            for piece in sentence_spans(leaf.text):
                sentence = flow(leaf.text[piece.start : piece.end])
                if _NOT_REPEALED.search(sentence):
                    continue
                place = Span(leaf.span.start + piece.start, leaf.span.start + piece.end)
                titles = [title for span, title in inside if span in place]
                if decree := _DECREES.search(sentence):
                    titles += _NAMED.findall(sentence[decree.end() :])
                yield from ((title, leaf.address, sentence) for title in titles)


def _may_end(newer: DocumentMeta, old: DocumentMeta) -> bool:
    if old.id == newer.id or old.validity in _ENDED or old.expired_on is not None:
        return False
    days = newer.effective_on or newer.issued_on, old.effective_on or old.issued_on
    return days[0] is None or days[1] is None or days[1] < days[0]


def _found(newer: DocumentMeta, old: DocumentMeta, address: str, sentence: str) -> RepealFound:
    expired: date | None = newer.effective_on
    proposal = Proposal(
        by=newer.id,
        superseded_by=f"《{newer.title}》{address}",
        expired_on=expired,
        status=Validity.REPEALED,
        limits=(_elsewhere(LimitKind.REPEALED, sentence, newer.title, address),),
    )
    return RepealFound(document_id=old.id, proposal=proposal, address=address, quote=sentence)
