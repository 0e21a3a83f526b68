"""What a document says of itself, with the line that says it: its days, issuer, number, annexes, parts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from assistant.answering.compose import Draft
from assistant.parsing.legal_level import level_of
from assistant.question.document_facts import Fact, FactAsked
from assistant.schema.answer import Citation, Modality, Outcome, Statement, Why
from assistant.schema.document import APPARATUS, UNIT_LEVELS, Clause, Document, DocumentMeta, Level, Span
from assistant.text.folding import flow
from assistant.text.sentences import sentence_spans

_ISSUED = re.compile(r"发布|公布|印发|制定|通过|颁布")
_LONGEST = 200  # characters of a head line or an article that is quoted whole
_PLACES = UNIT_LEVELS | APPARATUS


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """One fact: the sentence that states it, and the words of the document that bear it out."""

    lead: str
    proof: tuple[tuple[Clause, Span], ...] = ()
    known: bool = True


def document_facts(asked: FactAsked, document: Document) -> Draft:
    """The facts asked for, each with the line that states it.

    A fact that only the record of the library has is told as such, and one that nobody has is said to be missing.
    """
    told = [_told(fact, label, document) for fact, label in asked.facts]
    proof = list(dict.fromkeys(place for one in told for place in one.proof))
    citations = _citations(document, proof)
    numbers = {citation.address: citation.number for citation in citations}
    statements = tuple(
        Statement(
            text=flow(document.text[span.start : span.end]),
            citations=(numbers[clause.address],),
            modality=Modality.STATE,
            quoted=True,
        )
        for clause, span in proof
    )
    lead = "".join(one.lead + _marks(one, numbers) for one in told)
    known = [one for one in told if one.known]
    proved = len(known) == len(told) and all(one.proof for one in told)
    outcome = Outcome.ANSWERED if proved else Outcome.PARTIAL if known else Outcome.NOT_FOUND
    why = "" if proved else Why.RECORD if known else Why.ATTRIBUTE
    return Draft(outcome=outcome, lead=lead, statements=statements, citations=citations, why=why)


def borne_out_by_title(draft: Draft, document: Document) -> Draft:
    """`draft`, which rests on no clause, with the title as its proof where that says that the text is over."""
    over = next((fact.span for fact in document.facts if fact.name == "repealed"), None)
    title = next((c for c in document.clauses if c.level is Level.TITLE and over is not None and over in c.span), None)
    if title is None:
        return draft
    words = document.text[title.span.start : title.span.end].lstrip("#").lstrip()  # the mark of a Markdown heading
    span = Span(title.span.end - len(words), title.span.end)
    return replace(
        draft,
        outcome=Outcome.ANSWERED,
        why="",
        lead=f"{draft.lead}[1]",
        statements=(Statement(text=flow(words), citations=(1,), modality=Modality.STATE, quoted=True),),
        citations=_citations(document, [(title, span)]),
    )


def _marks(told: _Told, numbers: Mapping[str, int]) -> str:
    return "".join(f"[{number}]" for number in dict.fromkeys(numbers[clause.address] for clause, _ in told.proof))


def _told(fact: Fact, label: str, document: Document) -> _Told:
    if fact in _OF_TREE:
        return _of_tree(fact, document)
    title = f"《{document.meta.title}》"
    value = _VALUES[fact](document.meta)
    if not value and (line := _head_line(fact, document)) is not None:
        return _Told(lead=f"{title}的{label}见{line[0].address}：", proof=(line,))
    if not value:
        return _Told(lead=f"本库未载明{title}的{label}，本库收录的文本里没有写明。", known=False)
    stated = [f.span for f in document.facts if f.name == fact.value]
    proof = tuple(place for span in stated if (place := _line(document, span)) is not None)
    record = "" if proof else "（据本库登记，文本里没有写明）"
    return _Told(lead=f"{title}的{label}：{value}{record}。", proof=proof)


_VALUES: dict[Fact, Callable[[DocumentMeta], str]] = {
    Fact.EFFECTIVE: lambda meta: _day(meta.effective_on),
    Fact.ISSUED: lambda meta: _day(meta.issued_on),
    Fact.EXPIRES: lambda meta: f"自{_day(meta.expired_on)}起不再有效" if meta.expired_on else "",
    Fact.ISSUER: lambda meta: "、".join(meta.issuers) or meta.issuer or "",
    Fact.NUMBER: lambda meta: meta.document_number or "",
    Fact.TITLE: lambda meta: meta.title,
}


def _day(day: date | None) -> str:
    return f"{day.year}年{day.month}月{day.day}日" if day else ""


# --- by the tree ------------------------------------------------------------------------------

_OF_TREE = {
    Fact.ARTICLES: (Level.ARTICLE, "条"),
    Fact.CHAPTERS: (Level.CHAPTER, "章"),
    Fact.PARTS: (Level.HEADING_1, "个部分"),
    Fact.ANNEXES: (Level.ATTACHMENT, "个附件"),
}


def _of_tree(fact: Fact, document: Document) -> _Told:
    """How many articles, chapters, parts or annexes the text has, by their headings; of articles the last one."""
    level, unit = _OF_TREE[fact]
    clauses = _own(document, level)
    title = f"本库收录的《{document.meta.title}》"
    if not clauses and fact in (Fact.ARTICLES, Fact.CHAPTERS, Fact.PARTS):
        return _by_other_level(document, title, unit)
    if not clauses:
        return _Told(lead=f"本库未载明：{title}没有附件。", known=False)
    if fact is Fact.ARTICLES:
        return _Told(lead=f"{title}共 {len(clauses)} {unit}，最后一条是：", proof=(_opening(clauses[-1]),))
    return _Told(lead=f"{title}共 {len(clauses)} {unit}：", proof=tuple(map(_heading, clauses)))


def _by_other_level(document: Document, title: str, unit: str) -> _Told:
    """A text without articles has parts; one without parts or chapters has articles."""
    for other in (Fact.PARTS, Fact.CHAPTERS, Fact.ARTICLES):
        level, counted = _OF_TREE[other]
        if clauses := _own(document, level):
            lead = f"{title}不按“{unit.removeprefix('个')}”编号，共 {len(clauses)} {counted}："
            shown = clauses[-1:] if other is Fact.ARTICLES else clauses
            return _Told(lead=lead, proof=tuple(map(_heading, shown)))
    return _Told(lead=f"本库未载明：{title}没有编号。", known=False)


def _own(document: Document, level: Level) -> list[Clause]:
    """The clauses of a level that are the text's own, not of an annex."""
    if level is Level.ATTACHMENT:
        return [clause for clause in document.walk() if clause.level is level]
    roots = (root for root in document.clauses if root.level is not Level.ATTACHMENT)
    return [clause for root in roots for clause in root.walk() if clause.level is level]


def _heading(clause: Clause) -> tuple[Clause, Span]:
    """The number and the name of a clause; its first words when it has no heading apart."""
    labels = []
    for child in clause.children:
        if child.level is not Level.LABEL:
            break
        labels.append(child.span)
    return (clause, Span(labels[0].start, labels[-1].end)) if labels else _opening(clause)


def _opening(clause: Clause) -> tuple[Clause, Span]:
    """A clause up to the end of its first sentence."""
    if len(clause.text) <= _LONGEST:
        return clause, clause.span
    first = next(iter(sentence_spans(clause.text)), Span(0, len(clause.text)))
    return clause, Span(clause.span.start, clause.span.start + first.end)


# --- the line that states a fact --------------------------------------------------------------


def _head_line(fact: Fact, document: Document) -> tuple[Clause, Span] | None:
    """The line under the title that says who issued the text and when; `None` where there is none."""
    if fact not in (Fact.ISSUER, Fact.ISSUED):
        return None
    notes = (clause for clause in document.walk() if clause.level is Level.NOTE)
    return next(((note, note.span) for note in notes if _ISSUED.search(note.text)), None)


def _line(document: Document, span: Span) -> tuple[Clause, Span] | None:
    """The unit clause or head line that holds `span`, and its sentence; `None` where no clause holds it."""
    held = [clause for clause in document.addressable() if span in clause.span]
    if not held:
        return None
    unit = next((clause for clause in reversed(held) if clause.level in _PLACES), held[-1])
    if len(unit.text) <= _LONGEST:
        return unit, unit.span
    for sentence in sentence_spans(held[-1].text):
        whole = Span(held[-1].span.start + sentence.start, held[-1].span.start + sentence.end)
        if span in whole:
            return unit, whole
    return unit, held[-1].span


def _citations(document: Document, proof: Sequence[tuple[Clause, Span]]) -> tuple[Citation, ...]:
    """One citation for each clause, numbered in order."""
    spans: dict[str, list[Span]] = {}
    clauses: dict[str, Clause] = {}
    for clause, span in proof:
        clauses.setdefault(clause.address, clause)
        spans.setdefault(clause.address, []).append(span)
    return tuple(
        _citation(number, document, clause, spans[address])
        for number, (address, clause) in enumerate(clauses.items(), start=1)
    )


def _citation(number: int, document: Document, clause: Clause, spans: Iterable[Span]) -> Citation:
    meta, quoted = document.meta, tuple(spans)
    return Citation(
        number=number,
        document_id=meta.id,
        document_title=meta.title,
        legal_level=level_of(meta),
        address=clause.address,
        heading=None,
        clause_text=flow(clause.text),
        quotes=tuple(flow(document.text[span.start : span.end]) for span in quoted),
        spans=quoted,
        validity=meta.validity,
    )
