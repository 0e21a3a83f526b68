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
from functools import lru_cache

from assistant.answering.leads import names_of
from assistant.answering.select import Selection
from assistant.question.facts_asked import MEASURED, AttributeRule
from assistant.question.institutions_asked import Institution, is_generic
from assistant.question.reading import Reading
from assistant.question.understanding import REGIONS, Kind, Understanding
from assistant.schema.answer import Why
from assistant.schema.chunk import Chunk
from assistant.schema.document import Document, DocumentKind, DocumentMeta, Validity
from assistant.schema.retrieval import Retrieved
from assistant.text.folding import squeeze
from assistant.text.institutions import Institutions


@dataclass(frozen=True, slots=True, kw_only=True)
class Abstention:
    """No answer, the reason, and what exactly is not stated."""

    reason: Why
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


_ABOUT_IT = 1 / 3
_YEAR_IN_TITLE = re.compile(r"(?<!\d)(20\d{2})年")


def off_topic(reading: Reading, signals: Signals, limits: Limits) -> bool:
    """Whether the question is about something else than the library."""
    if signals.concepts or reading.points_here:
        return False
    if signals.known_words and signals.phrasing >= limits.phrased:
        return False
    few = signals.known_words < limits.words
    if signals.dense is None:
        return few
    if signals.dense < limits.certain:
        return few
    if reading.of_trade:
        return few and signals.dense < limits.trade
    foreign = signals.known_words == 0 or (few and signals.unknown_words >= limits.words)
    return foreign and signals.dense < limits.doubtful


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What is held against a question: the clauses found, the sentences chosen, and the library."""

    reading: Reading
    found: Retrieved
    selection: Selection
    signals: Signals
    documents: Sequence[Document]  # all that the question may rest on
    unspoken: tuple[str, ...] = ()  # matters asked about of which no chosen sentence speaks

    @property
    def asked(self) -> Understanding:
        return self.reading.asked

    @property
    def home(self) -> Document:
        """The document of the best sentence."""
        best = self.selection.best
        assert best is not None
        return next(d for d in self.documents if d.id == best.chunk.document_id)


def abstention(findings: Findings, limits: Limits, institutions: Institutions) -> Abstention | None:
    """Why the question cannot be answered from the library, or `None` when it can.

    The first reason that holds is given: what the question is, what world it is of, whether its text is that of the
    year, region and institution asked about, and whether the sentences state what is asked.
    """
    if reason := _TALK.get(findings.asked.kind):
        return Abstention(reason=reason)
    if not findings.found.evidence or findings.selection.best is None:
        return Abstention(reason=Why.EMPTY_LIBRARY)
    if missing := _foreign_titles(findings) or _statutes_not_held(findings):
        return Abstention(reason=Why.DOCUMENT, missing=missing)
    if missing := _foreign_matter(findings):
        return Abstention(reason=Why.MATTER, missing=missing)
    if off_topic(findings.reading, findings.signals, limits):
        return Abstention(reason=Why.OFF_TOPIC)
    return _of_another_text(findings, institutions) or _not_said(findings)


_TALK = {
    Kind.GREETING: Why.GREETING,
    Kind.ABOUT_ASSISTANT: Why.ABOUT_ASSISTANT,
    Kind.TASK: Why.TASK,
    Kind.HARMFUL: Why.HARMFUL,
}


def _of_another_text(findings: Findings, institutions: Institutions) -> Abstention | None:
    """That the text found is for another year, another region or another institution."""
    if missing := _foreign_years(findings):
        return Abstention(reason=Why.YEAR, missing=missing)
    if missing := _foreign_regions(findings):
        return Abstention(reason=Why.REGION, missing=missing)
    if missing := _unaddressed(findings, institutions):
        return Abstention(reason=Why.INSTITUTION, missing=missing)
    return None


def _not_said(findings: Findings) -> Abstention | None:
    """That the chosen sentences do not state the fact, or do not speak of the matter that is asked for."""
    selection, words = findings.selection, findings.reading.words.naming
    if missing := _composite(selection) or unstated(findings.asked.attributes, selection, words):
        return Abstention(reason=Why.ATTRIBUTE, missing=missing)
    if missing := _of_another(findings.asked, selection):
        return Abstention(reason=Why.ATTRIBUTE, missing=missing)
    return Abstention(reason=Why.MATTER, missing=findings.unspoken) if findings.unspoken else None


def _composite(selection: Selection) -> tuple[str, ...]:
    """The facts asked for part by part, when no part of the question is settled."""
    if not selection.gaps or len(selection.gaps) < selection.parts:
        return ()
    rules = [rule for gap in selection.gaps for rule in gap.attributes]
    return names_of(rules)


def _of_another(asked: Understanding, selection: Selection) -> tuple[str, ...]:
    """The fact asked for, when the sentences that state it state it for institutions other than the one asked.

    非银行支付机构注册资本最低多少 is not settled by the capital of 全国性商业银行.
    """
    measured = [rule for rule in asked.attributes if rule.attribute in MEASURED]
    if len(asked.specific) != 1 or not measured or selection.gaps:
        return ()
    one = asked.specific[0]
    stating = [p.chunk for p in selection.picks if any(rule.stated_in(_words(p.chunk)) for rule in measured)]
    if not stating or any(word in _whole(chunk) for chunk in stating for word in one.said):
        return ()
    if _is_about(one, selection):
        return ()
    return tuple(f"{one.name}的{what}" for what in names_of(measured))


def _is_about(one: Institution, selection: Selection) -> bool:
    """Whether a chosen sentence speaks of a group that `one` belongs to, or stands in a text on it."""
    own = [f"{pick.chunk.subject or ''} {_words(pick.chunk)}" for pick in selection.picks]
    groups = [word for wider in one.wider for word in wider.wordings]
    titles = [pick.chunk.heading_path[0] for pick in selection.picks if pick.chunk.heading_path]
    return any(_names_group(word, text) for text in own for word in groups) or any(
        one.name[:2] in title for title in titles
    )


def _names_group(word: str, text: str) -> bool:
    """Whether `text` names the group that is called `word`, and not one kind of it: 全国性商业银行, 外资银行."""
    return re.search(rf"(?<!性)(?<!市)(?<!村)(?<!资){re.escape(word)}", text) is not None


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


def _foreign_matter(findings: Findings) -> tuple[str, ...]:
    """The policy terms asked about, when the library uses none of them and the question speaks of nothing else."""
    signals = findings.signals
    if signals.untreated:
        return signals.untreated
    if signals.known_terms or signals.concepts or findings.asked.institutions:
        return ()
    return signals.unknown_terms


def _foreign_titles(findings: Findings) -> tuple[str, ...]:
    """Names in 《》 that are neither a document of the library nor mentioned in one."""
    held = _titles(findings.documents)
    return tuple(
        title
        for title in findings.asked.titles
        if not any(squeeze(title) in name or name in squeeze(title) for name in held)
        and not any(squeeze(title) in _squeezed(d.text) for d in findings.documents)
    )


@lru_cache(maxsize=1024)
def _squeezed(text: str) -> str:
    """`squeeze`, once for each document and not for each question."""
    return squeeze(text)


def _statutes_not_held(findings: Findings) -> tuple[str, ...]:
    """Statutes named without 《》 that the library does not hold and no chosen sentence mentions."""
    texts = (squeeze(pick.chunk.plain) for pick in findings.selection.picks)
    known = (*_titles(findings.documents), *texts, *findings.asked.titles)
    return tuple(statute for statute in findings.reading.statutes if not any(statute in name for name in known))


def _titles(documents: Sequence[Document]) -> list[str]:
    """Every name that a document of the library goes by."""
    return [squeeze(name) for d in documents for name in (d.meta.title, *d.meta.aliases)]


def _foreign_years(findings: Findings) -> tuple[str, ...]:
    """Years asked about, when the text is one year's notice and speaks of another year."""
    year = _year_of(findings.home.meta)
    if year is None or findings.reading.query.as_of is not None:
        return ()
    text = findings.home.text
    return tuple(f"{other}年" for other in findings.asked.years if other != year and str(other) not in text)


def _year_of(meta: DocumentMeta) -> int | None:
    """The one year that a text is for: by its record, or by its title (关于2024年…的通知)."""
    if meta.validity is Validity.ANNUAL and meta.year is not None:
        return meta.year
    match = _YEAR_IN_TITLE.search(meta.title) if meta.kind is DocumentKind.NOTICE else None
    return int(match[1]) if match else None


def _foreign_regions(findings: Findings) -> tuple[str, ...]:
    """Regions asked about, when the text is for one region and speaks of none of those."""
    home, regions = findings.home, findings.asked.regions
    own = home.meta.region or _region_in(home.meta)
    if own is None or not regions or own in regions:
        return ()
    return tuple(region for region in regions if region not in home.text)


def _region_in(meta: DocumentMeta) -> str | None:
    """The region that the title of a notice names."""
    match = REGIONS.search(meta.title) if meta.kind is DocumentKind.NOTICE else None
    return match[0] if match else None


def _unaddressed(findings: Findings, institutions: Institutions) -> tuple[str, ...]:
    """The one institution asked about, when no clause found names it or a group it belongs to.

    A notice tells kinds of institutions what to do. A statute speaks of 保险人 and 抵押权人, whoever they are:
    there the best sentence must name another institution, so that it is about somebody else.
    """
    if len(findings.asked.institutions) != 1 or not findings.asked.specific:
        return ()
    [one] = findings.asked.specific
    wordings = [word for named in (one, *one.wider) for word in named.wordings]
    if any(word in e.chunk.plain for e in findings.found.evidence for word in wordings):
        return ()
    best = findings.selection.best
    others = [name for name in institutions.asked(_words(best.chunk)) if not is_generic(name)] if best else []
    if findings.home.meta.kind is not DocumentKind.NOTICE and not others:
        return ()
    return (f"对{one.name}的要求",)
