"""What a file turned out to be, in the shape that programs read: `assistant corpus check FILE --json`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assistant.corpus.doubts import doubts, needing_approval
from assistant.errors import SourceError
from assistant.parsing.clauses import is_deleted, numbering_gaps
from assistant.parsing.markers import mark_at
from assistant.safety.personal.numbers import count_persons
from assistant.schema.document import APPARATUS, UNADDRESSED, Clause, Document, Level, Table, Validity
from assistant.text.folding import flow

_HEADINGS = frozenset(
    {Level.HEADING_1, Level.HEADING_2, Level.HEADING_3, Level.HEADING_4, Level.HEADING_5, Level.ANSWER}
)
# Nodes whose paragraphs are their own words; the 款 of an article are clauses with numbers of their own.
_FOLDING = _HEADINGS | {Level.ATTACHMENT, Level.ISSUED, Level.CHAPTER, Level.SECTION, Level.PART, Level.SUBPART}
_LEFT_OUT = APPARATUS | UNADDRESSED | {Level.TITLE, Level.TABLE, Level.TABLE_ROW}
_ITEMS = frozenset({Level.ITEM, Level.SUBITEM})


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """The verdict on one file. `document` is `None` when the file was rejected."""

    path: Path
    document: Document | None
    code: str  # "ok", or why the file was rejected
    warnings: tuple[str, ...]

    @property
    def rejected(self) -> bool:
        return self.document is None

    def as_json(self) -> dict[str, Any]:
        """The contract's shape, the same for a rejected file."""
        verdict = "rejected" if self.rejected else ("warned" if self.warnings else "accepted")
        return {
            **(_NOTHING if self.document is None else _content(self.document)),
            "report": {
                "verdict": verdict,
                "code": self.code,
                "coverage": coverage(self.document) if self.document else 0.0,
                "warnings": list(self.warnings),
                "needs_approval": list(needing_approval(self.warnings)),
                "hidden": [asdict(one) for one in self.document.hidden] if self.document else [],
                "lost": list(self.document.lost) if self.document else [],
            },
        }


_NOTHING: Mapping[str, Any] = {
    "title": None,
    "doc_number": None,
    "issuers": [],
    "issued": None,
    "effective": None,
    "kind": None,
    "status": Validity.UNKNOWN.value,
    "clauses": [],
    "cross_references": [],
    "tables": [],
}


def _content(document: Document) -> dict[str, Any]:
    """What a file says of itself, its clauses, references and tables."""
    meta, places = document.meta, _printed_places(document)
    return {
        "title": meta.title,
        "doc_number": meta.document_number,
        "issuers": list(meta.issuers or ((meta.issuer,) if meta.issuer else ())),
        "issued": meta.issued_on.isoformat() if meta.issued_on else None,
        "effective": meta.effective_on.isoformat() if meta.effective_on else None,
        "kind": meta.genre,
        "status": meta.validity.value,
        "clauses": list(_clauses(document)),
        "cross_references": [
            {"from": places.get(r.source, r.source), "raw": flow(r.raw), "to": _full_target(r.document, r.target)}
            for r in document.references
        ],
        "tables": list(map(_table, document.tables)),
    }


def _table(table: Table) -> dict[str, Any]:
    return {
        "address": table.address,
        "caption": table.caption,
        "parent": table.parent,
        "rows": [list(row) for row in table.rows],
        "start": table.span.start,
        "end": table.span.end,
    }


def check_file(path: Path) -> CheckReport:
    """The verdict on the file at `path`; never raises for what is in the file."""
    from assistant.corpus.reading import parse_file

    try:
        document = parse_file(path)
    except SourceError as exc:
        return CheckReport(path=path, document=None, code=exc.code, warnings=(exc.message,))
    return report_of(path, document)


def report_of(path: Path, document: Document) -> CheckReport:
    """The verdict on a document that was read from `path`."""
    gaps = tuple(f"numbering_gap：{address} 之前缺号，请核对原文" for address in numbering_gaps(document.clauses))
    return CheckReport(
        path=path, document=document, code="ok", warnings=(*doubts(document), *gaps, *personal_warnings(document.text))
    )


def personal_warnings(text: str) -> tuple[str, ...]:
    """What to look at before a text with numbers of persons is taken in; the numbers are not repeated."""
    ids, phones = count_persons(text)
    if not ids and not phones:
        return ()
    return (f"personal_data：含身份证号 {ids} 个、手机号 {phones} 个，请确认可以收录",)


def coverage(document: Document) -> float:
    """The share of the non-blank characters that lie in a leaf, 0 to 1."""
    total = sum(map(len, document.text.replace("\ufeff", "").replace("\u200b", "").split()))
    held = sum(
        len(piece)
        for root in document.clauses
        for leaf in root.leaves()
        for piece in leaf.text.replace("\ufeff", "").replace("\u200b", "").split()
    )
    return min(1.0, round(held / total, 6)) if total else 0.0


def own_text(clause: Clause) -> str:
    """A clause's own words as a reader sees them: without number, heading, and its children's words.

    Paragraphs below a heading of a notice are its own words, one line each; those of an article are its 款.
    """
    parts = list(_own(clause))
    text = "\n".join(parts)
    return "" if clause.level in (Level.ARTICLE, Level.PARAGRAPH) and is_deleted(text) else text


def _own(clause: Clause) -> Iterator[str]:
    if clause.is_leaf:
        yield _unnumbered(clause)
        return
    torn: list[str] = []
    for child in clause.children:
        if child.level is Level.PIECE:
            torn.append(child.text)
            continue
        if child.level is Level.LEAD:
            yield _unnumbered(child, of=clause)
        elif child.level is Level.PARAGRAPH and clause.level in _FOLDING | {Level.QUESTION}:
            yield from _own(child)
    if torn:
        joined = flow("\n".join(torn))
        yield joined[_number_end(joined) :] if clause.level in _ITEMS else joined


def _unnumbered(leaf: Clause, of: Clause | None = None) -> str:
    words = flow(leaf.text)
    return words[_number_end(words) :] if (of or leaf).level in _ITEMS else words


def _number_end(words: str) -> int:
    mark = mark_at(words, 0, len(words)) if words else None
    return mark.end if mark else 0


def _clauses(document: Document) -> Iterator[dict[str, Any]]:
    stack: list[tuple[Clause, str | None, bool]] = [(c, None, False) for c in reversed(document.clauses)]
    while stack:
        clause, parent, folded = stack.pop()
        kept = clause.level not in _LEFT_OUT and not (folded and clause.level is Level.PARAGRAPH)
        if kept:
            yield {
                "address": printed(clause),
                "level": clause.level.value,
                "heading": clause.heading,
                "text": own_text(clause),
                "parent": parent,
                "start": clause.span.start,
                "end": clause.span.end,
            }
        inner = printed(clause) if kept else parent
        folds = clause.level in _FOLDING
        stack.extend((child, inner, folds) for child in reversed(clause.children))


def _printed_places(document: Document) -> dict[str, str]:
    """Address in the tree → address for programs, that of the clause above for what is folded into it."""
    out: dict[str, str] = {}
    stack: list[tuple[Clause, str | None, bool]] = [(c, None, False) for c in reversed(document.clauses)]
    while stack:
        clause, above, folded = stack.pop()
        own = clause.level not in _LEFT_OUT and not (folded and clause.level is Level.PARAGRAPH)
        inner = printed(clause) if own else above
        if inner is not None:
            out.setdefault(clause.address, inner)
        stack.extend((child, inner, clause.level in _FOLDING) for child in reversed(clause.children))
    return out


def printed(clause: Clause) -> str:
    """The address for programs: that of the tree, with 、 behind a lone 一."""
    if clause.level is Level.HEADING_1 and re.search(r"[一二三四五六七八九十百]$", clause.address):
        return clause.address + "、"
    return clause.address


def _full_target(title: str | None, target: str | None) -> str | None:
    if target is None:
        return None
    return f"{title}{target}" if title else target
