"""When the library does not settle a question, and why.

A similarity cut cannot tell a near miss (measured: AUC 0.51). What can: whether the *asked attribute*
(an amount, a rate, a date, a telephone number …) is stated by the sentences that speak of the asked
matter, and whether year, region, institution and document asked about are those of the text. Only
questions from another world altogether are told by similarity, together with the words they share.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib import resources

from assistant.answering.leads import names_of
from assistant.answering.select import GENERIC, Selection
from assistant.question.facts_asked import MEASURED, AttributeRule
from assistant.question.understanding import REGIONS, Kind, Understanding
from assistant.schema.chunk import Chunk
from assistant.schema.document import Document, DocumentKind, DocumentMeta, Validity
from assistant.schema.retrieval import Query, Retrieved
from assistant.text.folding import squeeze
from assistant.text.institutions import Institutions


class Reason(StrEnum):
    """Why there is no answer."""

    OFF_TOPIC = "off_topic"
    ATTRIBUTE = "attribute_not_stated"
    YEAR = "other_year"
    REGION = "other_region"
    INSTITUTION = "institution_not_addressed"
    DOCUMENT = "document_not_held"
    MATTER = "matter_not_treated"
    ABOUT_ASSISTANT = "about_assistant"
    GREETING = "greeting"
    TASK = "task"
    EMPTY_LIBRARY = "empty_library"


@dataclass(frozen=True, slots=True, kw_only=True)
class Abstention:
    """No answer, the reason, and what exactly is not stated."""

    reason: Reason
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """How far a question belongs to the library at all."""

    dense: float | None  # best cosine of a clause or sentence with the question; None when vectors are out
    known_words: int  # content words of the question that the library uses
    unknown_words: int
    concepts: int  # matters of the colloquial table it speaks of
    known_terms: tuple[str, ...] = ()  # policy terms of the question that the library uses
    unknown_terms: tuple[str, ...] = ()  # policy terms of the question that it never uses
    untreated: tuple[str, ...] = ()  # matters it speaks of that no document treats, when it asks of nothing else
    phrasing: float = 0.0  # best cosine with a question that was written for a clause; 0 where there are none


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Below these a question is off topic. Cosines of multilingual-e5 lie between 0.75 and 0.95."""

    certain: float = 0.835  # below this nothing in the library can be meant
    trade: float = 0.86  # below this a question needs more than an everyday word of money and trade
    doubtful: float = 0.88  # below this a question needs words in common with the library
    words: int = 2
    phrased: float = 0.885  # a question this like one written for a clause means the library, if it shares a word


# Everyday words of money, trade and their rules. Whoever uses one may well mean the library.
_TRADE = re.compile(
    r"贷|借|钱|银行|行里|柜台|网点|支行|放款|还款|账|欠|保险|赔|担保|抵押|押|税|利息|利率|费|店|铺|摊|厂|作坊|生意|买卖"
    r"|客户|企业|公司|老板|商户|个体|监管|通知|文件|条例|规定|条款|合同|货款|资金|融资|授信|征信|存款|本金|美元|外汇"
)


_ABOUT_IT = 1 / 3
_YEAR_IN_TITLE = re.compile(r"(?<!\d)(20\d{2})年")
_THIS_TEXT = re.compile(r"[这那本该]份|通知|文件里|这个文件|本库|条例|本法")


def off_topic(signals: Signals, question: str, limits: Limits) -> bool:
    """Whether the question is about something else than the library."""
    if signals.concepts or _THIS_TEXT.search(question):
        return False
    if signals.known_words and signals.phrasing >= limits.phrased:
        return False
    few = signals.known_words < limits.words
    if signals.dense is None:
        return few
    if signals.dense < limits.certain:
        return few
    if _TRADE.search(question):
        return few and signals.dense < limits.trade
    foreign = signals.known_words == 0 or (few and signals.unknown_words >= limits.words)
    return foreign and signals.dense < limits.doubtful


def abstention(
    asked: Understanding,
    query: Query,
    found: Retrieved,
    selection: Selection,
    *,
    signals: Signals,
    limits: Limits,
    institutions: Institutions,
    documents: Sequence[Document],
    unspoken: tuple[str, ...] = (),
    words: Sequence[str] = (),
) -> Abstention | None:
    """Why the question cannot be answered from the library, or `None` when it can.

    Args:
        documents: all documents that the question may rest on.
        unspoken: matters asked about of which no chosen sentence speaks.
        words: words of the question that the library uses.
    """
    if asked.kind is Kind.GREETING:
        return Abstention(reason=Reason.GREETING)
    if asked.kind is Kind.ABOUT_ASSISTANT:
        return Abstention(reason=Reason.ABOUT_ASSISTANT)
    if asked.kind is Kind.TASK:
        return Abstention(reason=Reason.TASK)
    if not found.evidence or selection.best is None:
        return Abstention(reason=Reason.EMPTY_LIBRARY)
    if missing := _foreign_titles(asked, documents) or _statutes_not_held(asked, query.text, selection, documents):
        return Abstention(reason=Reason.DOCUMENT, missing=missing)
    if missing := _foreign_matter(asked, signals):
        return Abstention(reason=Reason.MATTER, missing=missing)
    if off_topic(signals, query.standalone, limits):
        return Abstention(reason=Reason.OFF_TOPIC)
    meta = next(d.meta for d in documents if d.id == selection.best.chunk.document_id)
    if missing := _foreign_years(asked, query, meta, documents):
        return Abstention(reason=Reason.YEAR, missing=missing)
    if missing := _foreign_regions(asked, meta, documents):
        return Abstention(reason=Reason.REGION, missing=missing)
    if missing := _unaddressed(asked, meta, found, selection.best.chunk, institutions):
        return Abstention(reason=Reason.INSTITUTION, missing=missing)
    if missing := _composite(selection) or unstated(asked.attributes, selection, words):
        return Abstention(reason=Reason.ATTRIBUTE, missing=missing)
    if missing := _of_another(asked, selection, institutions):
        return Abstention(reason=Reason.ATTRIBUTE, missing=missing)
    if unspoken:
        return Abstention(reason=Reason.MATTER, missing=unspoken)
    return None


def _composite(selection: Selection) -> tuple[str, ...]:
    """The facts asked for part by part, when no part of the question is settled."""
    if not selection.gaps or len(selection.gaps) < selection.parts:
        return ()
    rules = [rule for gap in selection.gaps for rule in gap.attributes]
    return names_of(rules)


def _of_another(asked: Understanding, selection: Selection, institutions: Institutions) -> tuple[str, ...]:
    """The fact asked for, when the sentences that state it state it for institutions other than the one asked.

    非银行支付机构注册资本最低多少 is not settled by the capital of 全国性商业银行.
    """
    specific = [name for name in asked.institutions if name not in GENERIC]
    measured = [rule for rule in asked.attributes if rule.attribute in MEASURED]
    if len(specific) != 1 or not measured or selection.gaps:
        return ()
    name = specific[0]
    texts = [_whole(pick.chunk) for pick in selection.picks if any(r.stated_in(_words(pick.chunk)) for r in measured)]
    named = any(word in text for text in texts for word in institutions.said(name))
    own = [f"{p.chunk.subject or ''} {_words(p.chunk)}" for p in selection.picks]
    wider = any(
        re.search(rf"(?<!性)(?<!市)(?<!村)(?<!资){re.escape(word)}", text)
        for text in own
        for wide in institutions.covering(name)
        for word in institutions.wordings(wide)
    )
    about = any(name[:2] in pick.chunk.heading_path[0] for pick in selection.picks if pick.chunk.heading_path)
    return () if not texts or named or wider or about else tuple(f"{name}的{what}" for what in names_of(measured))


def _words(chunk: Chunk) -> str:
    return chunk.lead + chunk.plain


def _whole(chunk: Chunk) -> str:
    """What tells whom a sentence is about: its words, its addressee and the title of its document."""
    return " ".join((chunk.subject or "", chunk.lead, chunk.plain, *chunk.heading_path))


def unstated(attributes: Sequence[AttributeRule], selection: Selection, words: Sequence[str] = ()) -> tuple[str, ...]:
    """The attributes asked for when no chosen sentence states any of them; else nothing.

    A sentence of another clause than the best counts only when it speaks of what is asked about: it must
    hold a third of `words`.
    """
    if not attributes or selection.gaps:
        return ()
    home = selection.best.chunk.parent_id if selection.best else None
    about = [
        pick
        for pick in selection.picks
        if pick.chunk.parent_id == home or not words or _holds(pick.chunk, words) >= _ABOUT_IT
    ]
    if any(rule.stated_in(_words(pick.chunk)) for rule in attributes for pick in about):
        return ()
    return names_of(attributes)


def _holds(chunk: Chunk, words: Sequence[str]) -> float:
    text = _whole(chunk)
    return sum(word in text for word in words) / len(words)


def _foreign_matter(asked: Understanding, signals: Signals) -> tuple[str, ...]:
    """The policy terms asked about, when the library uses none of them and the question speaks of nothing else."""
    if signals.untreated:
        return signals.untreated
    if signals.known_terms or signals.concepts or asked.institutions:
        return ()
    return signals.unknown_terms


def _foreign_titles(asked: Understanding, documents: Sequence[Document]) -> tuple[str, ...]:
    """Names in 《》 that are neither a document of the library nor mentioned in one."""
    held = [squeeze(name) for d in documents for name in (d.meta.title, *d.meta.aliases)]
    return tuple(
        title
        for title in asked.titles
        if not any(squeeze(title) in name or name in squeeze(title) for name in held)
        and not any(squeeze(title) in _squeezed(d.text) for d in documents)
    )


@lru_cache(maxsize=1024)
def _squeezed(text: str) -> str:
    """`squeeze`, once for each document and not for each question."""
    return squeeze(text)


def _statutes_not_held(
    asked: Understanding, question: str, selection: Selection, documents: Sequence[Document]
) -> tuple[str, ...]:
    """Statutes named without 《》 that the library does not hold and no chosen sentence mentions."""
    held = [squeeze(name) for d in documents for name in (d.meta.title, *d.meta.aliases)]
    texts = [squeeze(pick.chunk.plain) for pick in selection.picks]
    return tuple(
        dict.fromkeys(
            match[0]
            for match in _statutes().finditer(question)
            if not any(match[0] in name for name in (*held, *texts, *asked.titles))
        )
    )


@lru_cache(maxsize=1)
def _statutes() -> re.Pattern[str]:
    """Every name of statutes.txt, the longest first; 实施办法 and the like of a statute are other texts."""
    lines = resources.files("assistant").joinpath("data", "statutes.txt").read_text(encoding="utf-8").splitlines()
    names = {name for line in lines for name in line.partition("#")[0].split()}
    return re.compile("|".join(sorted(names, key=lambda name: (-len(name), name))))


def _foreign_years(
    asked: Understanding, query: Query, meta: DocumentMeta, documents: Sequence[Document]
) -> tuple[str, ...]:
    """Years asked about, when the text is one year's notice and speaks of another year."""
    year = _year_of(meta)
    if year is None or query.as_of is not None:
        return ()
    text = next(d.text for d in documents if d.id == meta.id)
    return tuple(f"{other}年" for other in asked.years if other != year and str(other) not in text)


def _year_of(meta: DocumentMeta) -> int | None:
    """The one year that a text is for: by its record, or by its title (关于2024年…的通知)."""
    if meta.validity is Validity.ANNUAL and meta.year is not None:
        return meta.year
    match = _YEAR_IN_TITLE.search(meta.title) if meta.kind is DocumentKind.NOTICE else None
    return int(match[1]) if match else None


def _foreign_regions(asked: Understanding, meta: DocumentMeta, documents: Sequence[Document]) -> tuple[str, ...]:
    """Regions asked about, when the text is for one region and speaks of none of those."""
    own = meta.region or _region_in(meta)
    if own is None or not asked.regions or own in asked.regions:
        return ()
    text = next(d.text for d in documents if d.id == meta.id)
    return tuple(region for region in asked.regions if region not in text)


def _region_in(meta: DocumentMeta) -> str | None:
    """The region that the title of a notice names."""
    match = REGIONS.search(meta.title) if meta.kind is DocumentKind.NOTICE else None
    return match[0] if match else None


def _unaddressed(
    asked: Understanding, meta: DocumentMeta, found: Retrieved, best: Chunk, institutions: Institutions
) -> tuple[str, ...]:
    """The one institution asked about, when no clause found names it or a group it belongs to.

    A notice tells kinds of institutions what to do. A statute speaks of 保险人 and 抵押权人, whoever they are:
    there the best sentence must name another institution, so that it is about somebody else.
    """
    specific = [name for name in asked.institutions if name not in GENERIC]
    if len(asked.institutions) != 1 or not specific:
        return ()
    names = (specific[0], *institutions.covering(specific[0]))
    wordings = [word for name in names for word in institutions.wordings(name)]
    if any(word in e.chunk.plain for e in found.evidence for word in wordings):
        return ()
    others = [name for name in institutions.asked(_words(best)) if name not in GENERIC]
    if meta.kind is not DocumentKind.NOTICE and not others:
        return ()
    return (f"对{specific[0]}的要求",)
