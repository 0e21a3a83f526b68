"""The extractive answer: the document's own sentences, chosen, labelled and cited."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.answering.in_force import Force, Standing
from assistant.answering.in_force import lead as standing_lead
from assistant.answering.leads import gaps_note, lead_of
from assistant.answering.refusal import Abstention
from assistant.answering.select import Selection, how_made, list_made
from assistant.answering.sentence_reading import Pick
from assistant.parsing.legal_level import level_of
from assistant.proof.prove import prove
from assistant.question.places import Place, said
from assistant.question.reading import Reading
from assistant.question.understanding import Kind
from assistant.safety.intrusions import intrusive, leads_elsewhere
from assistant.schema.answer import Citation, Modality, Outcome, Statement, Verdict, Why
from assistant.schema.chunk import Chunk
from assistant.schema.document import DocumentKind, DocumentMeta, Span
from assistant.schema.retrieval import Evidence
from assistant.text.binding_words import modality_of
from assistant.text.institutions import Institutions
from assistant.text.quotes import locate_quote

_ENCOURAGED = re.compile(
    r"^(?:[^，。]{0,12}要)?(?:积极)?(?:鼓励|支持(?=[^力]{2,10}(?:公司|机构|银行|企业|为))|探索|积极探索)"
)
DEFAULT_WHOM = "本行总行条线部门或当地监管部门"
_BEFORE_SUBJECT = 4  # characters: 支持保险公司为… names its addressee itself
_MOST_CANDIDATES = 3  # clauses shown as 可能相关
_MOST_LOOKED_UP = 24  # sentences of a clause asked for by its number
_UNITS = {"一": "个部分", "章": "章", "附件": "个附件"}  # what is counted, by what is asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An answer before it is wrapped up: outcome, lead, statements, citations."""

    outcome: Outcome
    lead: str
    statements: tuple[Statement, ...]
    citations: tuple[Citation, ...]
    nearest: tuple[Citation, ...] = ()
    note: str = ""  # which part of the question has no basis
    why: str = ""  # a value of `Why`, where not all of it is settled

    @property
    def text(self) -> str:
        """What the user reads."""
        return render(self.lead, self.statements, self.note)


def render(lead: str, statements: Sequence[Statement], note: str = "") -> str:
    """Lead, statements and note in Markdown, each statement with its label and its [n]."""
    lines = [lead] if lead else []
    several = len(statements) > 1
    for statement in statements:
        marks = "".join(f"[{n}]" for n in statement.citations)
        label = f"【{statement.modality.value}】" if statement.modality else ""
        body = statement.text if not statement.subject else f"{statement.subject}：{statement.text}"
        lines.append(f"{'- ' if several else ''}{label}{body}{marks}")
    return "\n".join([*lines, note] if note else lines)


def proved_draft(draft: Draft, institutions: Institutions | None = None) -> Draft:
    """`draft` with those statements alone that the clauses they cite bear out, and the citations these need.

    Its sentences are copies, so nothing is lost as a rule; this is the gate that a fault of the composer, or
    a record that does not agree with itself, does not pass.
    """
    kept = tuple(s for s in draft.statements if _borne_out(s, draft.citations, institutions))
    if len(kept) == len(draft.statements):
        return draft
    used = {number for statement in kept for number in statement.citations}
    outcome = draft.outcome if kept else Outcome.NOT_FOUND
    lead = draft.lead if kept else "本库未载明：找到的条款未能通过核对，没有可以引用的内容。"
    citations = tuple(c for c in draft.citations if c.number in used)
    why = draft.why if kept else Why.UNPROVED
    return replace(draft, outcome=outcome, lead=lead, statements=kept, citations=citations, why=why)


def _borne_out(statement: Statement, citations: Sequence[Citation], institutions: Institutions | None) -> bool:
    """Whether the words of a statement stand in every clause it cites, or else are proved by them."""
    cited = [c for c in citations if c.number in statement.citations]
    if not cited or len(cited) < len(statement.citations):
        return not statement.citations
    texts = [c.clause_text for c in cited]
    if statement.quoted and all(_repeats(statement.text, c) for c in cited):
        return True
    context = "\n".join(f"{c.document_title}\n{c.address}\n{c.heading or ''}" for c in cited)
    return prove(statement.text, *texts, context=context, institutions=institutions) is Verdict.OK


def _repeats(words: str, citation: Citation) -> bool:
    """Whether `words` are a quote of the clause, with or without the lead that an item goes on from."""
    within = Span(0, len(citation.clause_text))
    if locate_quote(words, citation.clause_text, within=within):
        return True
    ends = [quote for quote in citation.quotes if words.endswith(quote) and len(quote) < len(words)]
    return any(
        locate_quote(quote, citation.clause_text, within=within)
        and locate_quote(words.removesuffix(quote), citation.clause_text, within=within)
        for quote in ends
        if words.removesuffix(quote).strip()
    )


class Composer:
    """Selection → Draft.

    Args:
        clause_of: the clause chunk a sentence belongs to.
        meta_of: the facts of a document.
        institutions: tells whom a sentence addresses when a question names another.
    """

    def __init__(
        self,
        *,
        clause_of: Callable[[Chunk], Chunk],
        meta_of: Callable[[str], DocumentMeta],
        institutions: Institutions | None = None,
    ) -> None:
        self.clause_of = clause_of
        self.institutions = institutions
        self._meta_of = meta_of

    def answer(self, reading: Reading, selection: Selection) -> Draft:
        """An answer out of the chosen sentences."""
        citations = self.citations(pick.chunk for pick in selection.picks)
        numbers = {c.clause_id: c.number for c in citations}
        statements = self._statements(selection.picks, numbers)
        clauses = [self.clause_of(pick.chunk) for pick in selection.picks]
        how, listed = how_made(selection), list_made(selection)
        lead = lead_of(reading, statements, clauses, self.institutions, how=how, listed=listed)
        decided = reading.asked.kind is Kind.DECISION
        partly = decided or selection.gaps
        return Draft(
            outcome=Outcome.PARTIAL if partly else Outcome.ANSWERED,
            lead=lead,
            statements=statements,
            citations=citations,
            note=gaps_note(selection.gaps),
            why=Why.DECISION if decided else Why.GAPS if selection.gaps else "",
        )

    def refusal(
        self,
        why: Abstention,
        evidence: Sequence[Evidence],
        searched: Sequence[DocumentMeta],
        *,
        whom: str | None = DEFAULT_WHOM,
    ) -> Draft:
        """What is said without an answer: what is not stated, what was searched, the nearest clause, whom to ask.

        Args:
            whom: who could know; `None` when no desk of a bank could.
        """
        shown = why.reason not in _WITHOUT_NEAREST
        nearest: tuple[Citation, ...] = ()
        if shown and evidence:
            best = max(evidence[0].sentences, key=lambda s: s.score, default=None)
            nearest = self.citations([best.chunk] if best else [])
        return Draft(
            outcome=Outcome.NOT_FOUND,
            lead=_refusal_text(why, nearest, searched, whom),
            statements=(),
            citations=(),
            nearest=nearest,
            why=why.reason,
        )

    def possible(
        self, candidates: Sequence[Chunk], searched: Sequence[DocumentMeta], *, whom: str | None = DEFAULT_WHOM
    ) -> Draft:
        """Clauses that may bear on the question, three at the most; nothing is claimed of them.

        Args:
            candidates: one sentence a clause, the likeliest first.
        """
        nearest = self.citations(candidates[:_MOST_CANDIDATES])
        return Draft(
            outcome=Outcome.POSSIBLE,
            lead=_possible_text(nearest, searched, whom),
            statements=(),
            citations=(),
            nearest=nearest,
            why=Why.UNSURE,
        )

    def standing(self, found: Standing) -> Draft:
        """Whether a document holds, and the clause that puts it or its successor into force."""
        citations = self.citations(found.proof)
        numbers = {c.clause_id: c.number for c in citations}
        statements = tuple(self._statement(Pick(chunk=chunk, score=0.0), numbers) for chunk in found.proof)
        settled = statements and found.force is not Force.UNSAID
        marks = "".join(f"[{c.number}]" for c in citations)
        return Draft(
            outcome=Outcome.ANSWERED if settled else Outcome.PARTIAL,
            lead=standing_lead(found) + marks,
            statements=statements,
            citations=citations,
            why="" if settled else Why.RECORD,
        )

    def looked_up(self, places: Sequence[Place], sentences: Sequence[Chunk]) -> Draft:
        """The words of the places that a question names; of a long clause its first sentences and their count."""
        absent = [_absence(place) for place in places if place.clause is None]
        shown = sentences[:_MOST_LOOKED_UP]
        citations = self.citations(shown)
        numbers = {c.clause_id: c.number for c in citations}
        statements = tuple(self._statement(Pick(chunk=chunk, score=0.0), numbers) for chunk in shown)
        if len(shown) < len(sentences):
            absent.append(f"所问条款共 {len(sentences)} 句，以下列出前 {len(shown)} 句，全文见引用的条款。")
        missing = not statements or any(place.clause is None for place in places)
        outcome = Outcome.NOT_FOUND if not statements else Outcome.PARTIAL if missing else Outcome.ANSWERED
        why = Why.PLACE if missing else ""
        return Draft(outcome=outcome, lead="".join(absent), statements=statements, citations=citations, why=why)

    def citations(self, chunks: Iterable[Chunk]) -> tuple[Citation, ...]:
        """One citation for each clause, numbered in order; its quotes are the chunks given."""
        grouped: dict[str, list[Chunk]] = {}
        for chunk in chunks:
            grouped.setdefault(f"{chunk.document_id}#{chunk.unit}", []).append(chunk)
        return tuple(self._citation(number, group) for number, group in enumerate(grouped.values(), start=1))

    def _citation(self, number: int, group: Sequence[Chunk]) -> Citation:
        clause = self.clause_of(group[0])
        meta = self._meta_of(clause.document_id)
        return Citation(
            number=number,
            document_id=clause.document_id,
            document_title=meta.title,
            legal_level=level_of(meta),
            address=clause.unit,
            heading=_own_heading(clause) if meta.kind is DocumentKind.NOTICE else None,
            clause_text=clause.plain,
            quotes=tuple(chunk.plain for chunk in group),
            spans=tuple(chunk.span for chunk in group),
            validity=meta.validity,
        )

    def _statements(self, picks: Sequence[Pick], numbers: Mapping[str, int]) -> tuple[Statement, ...]:
        """One statement a sentence; the words that open a list stand before its first item alone."""
        said: set[str] = set()
        statements = []
        for pick in picks:
            statement = self._statement(pick, numbers)
            if pick.chunk.lead and pick.chunk.lead in said:
                statement = replace(statement, text=pick.chunk.plain, subject=None)
            said |= {pick.chunk.lead, pick.chunk.plain}
            statements.append(statement)
        return tuple(statements)

    def _statement(self, pick: Pick, numbers: Mapping[str, int]) -> Statement:
        chunk = pick.chunk
        notice = self._meta_of(chunk.document_id).kind is DocumentKind.NOTICE
        # A notice orders in the imperative (加强…, 规范…) once it has named its addressee.
        modality = modality_in(chunk.lead + chunk.plain, ordered=notice and chunk.subject is not None)
        named = chunk.subject is None or chunk.subject in chunk.plain[: len(chunk.subject) + _BEFORE_SUBJECT]
        return Statement(
            text=chunk.lead + chunk.plain,
            citations=(numbers[f"{chunk.document_id}#{chunk.unit}"],),
            modality=modality,
            quoted=True,
            subject=None if named else chunk.subject,
        )


def _absence(place: Place) -> str:
    """That a document has no such place, and how far its numbering goes."""
    if place.held:
        title = place.document.title.partition("（")[0]
        return f"本库未载明：《{title}》只收录了节选（{'、'.join(place.held)}），其中没有{place.address.local}。"
    unit = _UNITS.get(place.address.steps[0].kind, "项" if place.document.kind is DocumentKind.NOTICE else "条")
    return (
        f"本库未载明：《{place.document.title}》没有{said(place.address)}，本库收录的文本共 {place.articles} {unit}。"
    )


def modality_in(text: str, *, ordered: bool) -> Modality:
    """How `text` binds. `ordered`: it goes on from a sentence that orders an addressee to do something."""
    modality = modality_of(text)
    if modality in (Modality.REQUIRE, Modality.STATE, Modality.ENCOURAGE) and _ENCOURAGED.search(text):
        return Modality.ENCOURAGE
    if modality in (Modality.STATE, Modality.ENCOURAGE) and ordered:
        return Modality.REQUIRE
    return modality


def _own_heading(clause: Chunk) -> str | None:
    first = clause.plain.split("\n", 1)[0].split("。", 1)[0]
    named = "\n" in clause.plain or ("。" in clause.plain and len(first) <= 60)
    return first if named and not intrusive(first) else None


_WITHOUT_NEAREST = frozenset(
    {
        Why.OFF_TOPIC,
        Why.ABOUT_ASSISTANT,
        Why.GREETING,
        Why.TASK,
        Why.HARMFUL,
        Why.EMPTY_LIBRARY,
    }
)


def _refusal_text(
    why: Abstention, nearest: Sequence[Citation], searched: Sequence[DocumentMeta], whom: str | None
) -> str:
    if why.reason is Why.GREETING:
        return "您好！我依据本库收录的政策条款回答问题，每句话都注明出处。请直接输入您想问的政策问题。"
    if why.reason is Why.ABOUT_ASSISTANT:
        return "我只依据本库收录的条款回答政策问题，不提供系统设置，也不编写或改写条款。请直接提出政策问题。"
    if why.reason is Why.TASK:
        return "我只依据本库收录的条款回答政策问题，不代写材料或代做计算。您可以问我条款对某件事是怎么规定的。"
    if why.reason is Why.HARMFUL:
        return "这个问题问的是怎样做被禁止的事，不作答复。您可以问我条款对这类行为是怎么规定的、怎么处理的。"
    if why.reason is Why.EMPTY_LIBRARY:
        return "本库未载明：没有检索到可以依据的条款。请换一种问法，或确认所选文件是否收录了相关内容。"
    where = _searched(searched)
    if why.reason is Why.OFF_TOPIC:
        return f"本库未载明：已检索{where}，没有找到与此相关的条款。如果确与本库的文件有关，请换一种说法再问。"
    what = "、".join(name for name in why.missing if not leads_elsewhere(name)) or "所问事项"
    near = "".join(
        f"最接近的是《{c.document_title}》{c.address}" + (f"（{_bare(c.heading)}）" if c.heading else "")
        for c in nearest
    )
    unsure = why.reason in (Why.UNSURE, Why.MATTER)  # words that are missing do not tell what the clause means
    tail = f"{near}，{'不能确认它回答了所问' if unsure else '其中没有写明这一点'}。" if near else ""
    named = {
        Why.UNSURE: f"本库未载明：已检索{where}，没有找到能确认回答所问的条款。",
        Why.ATTRIBUTE: f"本库未载明{what}：已检索{where}。",
        Why.YEAR: f"本库未载明{what}的情况：已检索{where}，没有适用于该年份的内容。",
        Why.REGION: f"本库未载明{what}的情况：已检索{where}，其适用地域不包括该地区。",
        Why.INSTITUTION: f"本库未载明{what}：已检索{where}，没有针对该类机构的表述。",
        Why.MATTER: f"本库未载明：已检索{where}，没有找到写明“{what}”的条款。",
        Why.DOCUMENT: f"本库未收录《{what}》：已检索{where}。",
    }
    return named[why.reason] + tail + (f"如需办理或确认，请向{whom}咨询。" if whom else "")


def _possible_text(nearest: Sequence[Citation], searched: Sequence[DocumentMeta], whom: str | None) -> str:
    lines = [
        f"可能相关，未能确认：已检索{_searched(searched)}，以下条款说的可能是同一件事，但不能确认它回答了所问，请核对原文。"
    ]
    for citation in nearest:
        heading = f"（{_bare(citation.heading)}）" if citation.heading else ""
        lines.append(f"- 《{citation.document_title}》{citation.address}{heading}")
    asked = ["", f"如需办理或确认，请向{whom}咨询。"] if whom else []  # behind a blank line it is no part of the list
    return "\n".join([*lines, *asked])


def _searched(searched: Sequence[DocumentMeta]) -> str:
    if len(searched) == 1:
        return f"《{searched[0].title}》"
    return f"本库 {len(searched)} 份文件"


def _bare(heading: str | None) -> str:
    return re.sub(r"^[（(]?[一二三四五六七八九十]+[）)、]\s*", "", heading or "")
