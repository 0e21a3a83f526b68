"""The extractive answer: the document's own sentences, chosen, labelled and cited."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from assistant.dialogue.understanding import PREMISE, STOPPED, Kind, Understanding
from assistant.generation.abstain import Abstention, Reason
from assistant.generation.citing import modality_of
from assistant.generation.selection import Pick, Selection
from assistant.generation.validity import Force, Standing
from assistant.generation.validity import lead as standing_lead
from assistant.retrieval.lookup import Place
from assistant.schema.answer import Citation, Modality, Outcome, Statement
from assistant.schema.chunk import Chunk
from assistant.schema.document import DocumentKind, DocumentMeta
from assistant.schema.retrieval import Evidence
from assistant.text.intrusions import intrusive, leads_elsewhere
from assistant.text.numerals import numbers_in

_BAN_WORDS = re.compile(r"严禁|不得|禁止|严防|不准|不许")
_ENCOURAGED = re.compile(
    r"^(?:[^，。]{0,12}要)?(?:积极)?(?:鼓励|支持(?=[^力]{2,10}(?:公司|机构|银行|企业|为))|探索|积极探索)"
)
_BEFORE_SUBJECT = 4  # characters: 支持保险公司为… names its addressee itself
_MOST_LOOKED_UP = 24  # sentences of a clause asked for by its number
_FIGURE = re.compile(r"\d+(?:\.\d+)?\s*(?:%|％|‰|个百分点|个点|个基点|[万亿]?元|倍|天|日|个?工作日|个月)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An answer before it is wrapped up: outcome, lead, statements, citations."""

    outcome: Outcome
    lead: str
    statements: tuple[Statement, ...]
    citations: tuple[Citation, ...]
    nearest: tuple[Citation, ...] = ()

    @property
    def text(self) -> str:
        """What the user reads."""
        return render(self.lead, self.statements)


def render(lead: str, statements: Sequence[Statement]) -> str:
    """Lead and statements in Markdown, each statement with its label and its [n]."""
    lines = [lead] if lead else []
    several = len(statements) > 1
    for statement in statements:
        marks = "".join(f"[{n}]" for n in statement.citations)
        label = f"【{statement.modality.value}】" if statement.modality else ""
        body = statement.text if not statement.subject else f"{statement.subject}：{statement.text}"
        lines.append(f"{'- ' if several else ''}{label}{body}{marks}")
    return "\n".join(lines)


class Composer:
    """Selection → Draft.

    Args:
        clause_of: the clause chunk a sentence belongs to.
        meta_of: the facts of a document.
    """

    def __init__(self, *, clause_of: Callable[[Chunk], Chunk], meta_of: Callable[[str], DocumentMeta]) -> None:
        self._clause_of = clause_of
        self._meta_of = meta_of

    def answer(self, asked: Understanding, question: str, selection: Selection) -> Draft:
        """An answer out of the chosen sentences."""
        citations = self.citations(pick.chunk for pick in selection.picks)
        numbers = {c.clause_id: c.number for c in citations}
        statements = tuple(self._statement(pick, numbers) for pick in selection.picks)
        lead = self._lead(asked, question, statements, [pick.chunk for pick in selection.picks])
        outcome = Outcome.PARTIAL if asked.kind is Kind.DECISION else Outcome.ANSWERED
        return Draft(outcome=outcome, lead=lead, statements=statements, citations=citations)

    def refusal(self, why: Abstention, evidence: Sequence[Evidence], searched: Sequence[DocumentMeta]) -> Draft:
        """What is said without an answer: what is not stated, what was searched, the nearest clause, whom to ask."""
        shown = why.reason not in _WITHOUT_NEAREST
        nearest: tuple[Citation, ...] = ()
        if shown and evidence:
            best = max(evidence[0].sentences, key=lambda s: s.score, default=None)
            nearest = self.citations([best.chunk] if best else [])
        return Draft(
            outcome=Outcome.NOT_FOUND,
            lead=_refusal_text(why, nearest, searched),
            statements=(),
            citations=(),
            nearest=nearest,
        )

    def standing(self, found: Standing, *, today: date) -> Draft:
        """Whether a document holds, and the clause that puts it or its successor into force."""
        citations = self.citations(found.proof)
        numbers = {c.clause_id: c.number for c in citations}
        statements = tuple(self._statement(Pick(chunk=chunk, score=0.0), numbers) for chunk in found.proof)
        settled = statements and found.force is not Force.UNSAID
        marks = "".join(f"[{c.number}]" for c in citations)
        return Draft(
            outcome=Outcome.ANSWERED if settled else Outcome.PARTIAL,
            lead=standing_lead(found, today=today) + marks,
            statements=statements,
            citations=citations,
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
        if not statements:
            outcome = Outcome.NOT_FOUND
        else:
            outcome = Outcome.PARTIAL if any(p.clause is None for p in places) else Outcome.ANSWERED
        return Draft(outcome=outcome, lead="".join(absent), statements=statements, citations=citations)

    def citations(self, chunks: Iterable[Chunk]) -> tuple[Citation, ...]:
        """One citation for each clause, numbered in order; its quotes are the chunks given."""
        grouped: dict[str, list[Chunk]] = {}
        for chunk in chunks:
            grouped.setdefault(f"{chunk.document_id}#{chunk.unit}", []).append(chunk)
        return tuple(self._citation(number, group) for number, group in enumerate(grouped.values(), start=1))

    def _citation(self, number: int, group: Sequence[Chunk]) -> Citation:
        clause = self._clause_of(group[0])
        meta = self._meta_of(clause.document_id)
        return Citation(
            number=number,
            document_id=clause.document_id,
            document_title=meta.title,
            address=clause.unit,
            heading=_own_heading(clause) if meta.kind is DocumentKind.NOTICE else None,
            clause_text=clause.plain,
            quotes=tuple(chunk.plain for chunk in group),
            spans=tuple(chunk.span for chunk in group),
            validity=meta.validity,
        )

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

    def _lead(
        self, asked: Understanding, question: str, statements: Sequence[Statement], chunks: Sequence[Chunk]
    ) -> str:
        if asked.kind is Kind.DECISION:
            return "能否办理由贷款机构审查决定，本库条款不能代替审批。条款载明的相关要求如下："
        if correction := _correction(question, statements, [self._clause_of(c) for c in chunks]):
            return correction
        if asked.kind in (Kind.PROHIBITIONS, Kind.MENTIONS, Kind.LIST) and len(statements) > 1:
            return f"条款中相关内容共 {len(statements)} 处："
        words = dict.fromkeys(
            w for s in statements if s.modality is Modality.PROHIBIT for w in _BAN_WORDS.findall(s.text)
        )
        if words and asked.kind in (Kind.YES_NO, Kind.FACT):
            quoted = "、".join(f"“{word}”" for word in words)
            if _wanted_elsewhere(statements):
                return f"条款对此有支持性要求，也有禁止性要求（用语是{quoted}），须一并看："
            return f"以下条款含有禁止性表述（用语是{quoted}），是否适用请对照原文："
        return ""


def _absence(place: Place) -> str:
    """That a document has no such place, and how far its numbering goes."""
    unit = "项" if place.document.kind is DocumentKind.NOTICE else "条"
    return (
        f"本库未载明：《{place.document.title}》没有{place.address.local}，本库收录的文本共 {place.articles} {unit}。"
    )


def _bans_asked(question: str, statements: Sequence[Statement]) -> tuple[str, ...]:
    """The words of prohibition in those pieces of the statements that speak most of what is asked.

    One sentence may forbid one thing and demand another: 「不得…转嫁服务成本，按要求公示…」.
    """
    asked = _pairs(question)
    pieces = [piece for s in statements for piece in re.split(r"[，；。]", s.text) if piece]
    shared = [len(asked & _pairs(piece)) for piece in pieces]
    most = max(shared, default=0)
    nearest = [piece for piece, count in zip(pieces, shared, strict=True) if count == most]
    if most and not any(_BAN_WORDS.search(piece) for piece in nearest):
        return ()
    return tuple(dict.fromkeys(word for s in statements for word in _BAN_WORDS.findall(s.text)))


def _wanted_elsewhere(statements: Sequence[Statement]) -> bool:
    """Whether one clause demands or encourages what another forbids in part."""
    banned = {n for s in statements if s.modality is Modality.PROHIBIT for n in s.citations}
    return any(s.modality is not Modality.PROHIBIT and not banned & set(s.citations) for s in statements)


def _pairs(text: str) -> set[str]:
    letters = "".join(char for char in text if char.isalnum())
    return {letters[at : at + 2] for at in range(len(letters) - 1)}


def modality_in(text: str, *, ordered: bool) -> Modality:
    """How `text` binds. `ordered`: it goes on from a sentence that orders an addressee to do something."""
    modality = modality_of(text)
    if modality in (Modality.REQUIRE, Modality.STATE, Modality.ENCOURAGE) and _ENCOURAGED.search(text):
        return Modality.ENCOURAGE
    if modality in (Modality.STATE, Modality.ENCOURAGE) and ordered:
        return Modality.REQUIRE
    return modality


def _correction(question: str, statements: Sequence[Statement], clauses: Sequence[Chunk]) -> str:
    """What the question takes for granted and the clauses do not say; empty when there is nothing to correct."""
    if not PREMISE.search(question):
        return ""
    texts = [clause.plain for clause in clauses]
    stated = frozenset(n for text in texts for n in numbers_in(text))
    strange = [f for f in _FIGURE.findall(question) if not numbers_in(f) <= stated]
    if strange:
        return f"所引条款中没有{'、'.join(f'“{f}”' for f in strange)}这一数值，原文并未这样规定。原文是："
    stopped = STOPPED.search(question)
    banned = any(s.modality is Modality.PROHIBIT for s in statements[:1])
    if stopped and not banned and not any(stopped[0] in text for text in texts):
        return f"所引条款没有“{stopped[0]}”的表述，原文并非如此。原文是："
    return ""


def _own_heading(clause: Chunk) -> str | None:
    first = clause.plain.split("\n", 1)[0].split("。", 1)[0]
    named = "\n" in clause.plain or ("。" in clause.plain and len(first) <= 60)
    return first if named and not intrusive(first) else None


_WITHOUT_NEAREST = frozenset(
    {Reason.OFF_TOPIC, Reason.ABOUT_ASSISTANT, Reason.GREETING, Reason.TASK, Reason.EMPTY_LIBRARY}
)
_WHOM = "如需办理或确认，请向本行总行条线部门或当地监管部门咨询。"


def _refusal_text(why: Abstention, nearest: Sequence[Citation], searched: Sequence[DocumentMeta]) -> str:
    if why.reason is Reason.GREETING:
        return "您好！我依据本库收录的政策条款回答问题，每句话都注明出处。请直接输入您想问的政策问题。"
    if why.reason is Reason.ABOUT_ASSISTANT:
        return "我只依据本库收录的条款回答政策问题，不提供系统设置，也不编写或改写条款。请直接提出政策问题。"
    if why.reason is Reason.TASK:
        return "我只依据本库收录的条款回答政策问题，不代写材料或代做计算。您可以问我条款对某件事是怎么规定的。"
    if why.reason is Reason.EMPTY_LIBRARY:
        return "本库未载明：没有检索到可以依据的条款。请换一种问法，或确认所选文件是否收录了相关内容。"
    where = _searched(searched)
    if why.reason is Reason.OFF_TOPIC:
        return f"本库未载明：已检索{where}，没有与此相关的条款，无法回答。"
    what = "、".join(name for name in why.missing if not leads_elsewhere(name)) or "所问事项"
    near = "".join(
        f"最接近的是《{c.document_title}》{c.address}" + (f"（{_bare(c.heading)}）" if c.heading else "")
        for c in nearest
    )
    tail = f"{near}，其中没有写明这一点。" if near else ""
    named = {
        Reason.ATTRIBUTE: f"本库未载明{what}：已检索{where}。",
        Reason.YEAR: f"本库未载明{what}的情况：已检索{where}，没有适用于该年份的内容。",
        Reason.REGION: f"本库未载明{what}的情况：已检索{where}，其适用地域不包括该地区。",
        Reason.INSTITUTION: f"本库未载明{what}：已检索{where}，没有针对该类机构的表述。",
        Reason.MATTER: f"本库未载明与“{what}”有关的内容：已检索{where}。",
        Reason.DOCUMENT: f"本库未收录《{what}》：已检索{where}。",
    }
    return named[why.reason] + tail + _WHOM


def _searched(searched: Sequence[DocumentMeta]) -> str:
    if len(searched) == 1:
        return f"《{searched[0].title}》"
    return f"本库 {len(searched)} 份文件"


def _bare(heading: str | None) -> str:
    return re.sub(r"^[（(]?[一二三四五六七八九十]+[）)、]\s*", "", heading or "")
