"""Citations, related policies and checked texts as cards of HTML. Every word that is not ours is escaped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape

from assistant.proof.verifier import Checked
from assistant.schema.answer import Answer, Citation, Modality, Outcome, RelatedPolicy, Statement, Verdict
from assistant.schema.document import Span, Validity
from assistant.serving.reading.neighbours import Neighbour
from assistant.serving.render.links import reading_path
from assistant.serving.render.words import (
    VERDICT_LABELS,
    bare_heading,
    checked_label,
    checked_summary,
    citation_name,
    clause_shown,
    modalities_of,
    related_facts,
    titled,
)
from assistant.text.quotes import locate_quote

_VALIDITY_CLASSES = {
    Validity.IN_FORCE: "good",
    Validity.ANNUAL: "info",
    Validity.AMENDED: "warn",
    Validity.REPEALED: "bad",
    Validity.UNKNOWN: "plain",
}
# The way from the chat to our other pages; addresses are relative to where all of this is served.
PAGES_NAV = (
    '<nav class="pz-pages" aria-label="页面"><a href="read">读原文</a> <a href="compare">版本对照</a> '
    '<a href="duties">责任清单</a> <a href="talks">宣讲</a> <a href="history">历史</a></nav>'
)
# Gives the clauses beside a cited one.
Around = Callable[[Citation], Sequence[Neighbour]]
_LONG_CLAUSE = 260  # code points; longer ones scroll inside their card


def marked_html(text: str, quotes: Iterable[str]) -> str:
    """`text` as HTML with the quoted words in <mark>."""
    pieces, at = [], 0
    for span in _marked(text, quotes):
        pieces += [escape(text[at : span.start]), "<mark>", escape(text[span.start : span.end]), "</mark>"]
        at = span.end
    return "".join((*pieces, escape(text[at:])))


def _marked(text: str, quotes: Iterable[str]) -> tuple[Span, ...]:
    """Where `quotes` stand in `text`, in order, overlaps joined; a quote that is blank or not there marks nothing.

    >>> _marked("第八条 年满六十 周岁，可以申请。", ["六十周岁", "可以"])
    (Span(start=6, end=11), Span(start=12, end=14))
    """
    whole = Span(0, len(text))
    found = (locate_quote(quote, text, within=whole) for quote in quotes if quote.strip())
    return _joined(sorted(span for span in found if span is not None))


def _joined(spans: Sequence[Span]) -> tuple[Span, ...]:
    joined: list[Span] = []
    for span in spans:
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return tuple(joined)


def citation_html(
    citation: Citation,
    *,
    modalities: Sequence[Modality] = (),
    related: Sequence[RelatedPolicy] = (),
    beside: Sequence[Neighbour] = (),
) -> str:
    """One citation as a card, `beside` and `related` folded away at its foot."""
    words = bare_heading(citation)
    heading = f'<span class="pz-heading">{escape(words)}</span>' if words else ""
    badges = [
        *([_badge(citation.legal_level.value, "plain")] if citation.legal_level else ()),
        _badge(citation.validity.value, _VALIDITY_CLASSES[citation.validity]),
        _badge(VERDICT_LABELS[citation.verdict], "good" if citation.verified else "bad"),
        *(_badge(modality.value, "plain") for modality in modalities),
    ]
    # A clause that scrolls must be reachable by keyboard.
    long = (
        ' pz-long" tabindex="0" role="region" aria-label="条款原文' if len(citation.clause_text) > _LONG_CLAUSE else ""
    )
    return (
        f'<article class="pz-card" id="cite-{citation.number}" aria-label="依据 {citation.number}">'
        f'<div class="pz-card-head"><span class="pz-number">{citation.number}</span>'
        f'<div><h3 class="pz-title">{escape(titled(citation.document_title))}</h3>'
        f'<p class="pz-place"><strong>{_to_read(citation)}</strong>{heading}</p></div></div>'
        f'<p class="pz-badges">{"".join(badges)}</p>'
        f'<blockquote class="pz-clause{long}">{marked_html(citation.clause_text, citation.quotes)}</blockquote>'
        f"{_copy_html(citation)}{neighbours_html(beside)}{related_html(related)}"
        "</article>"
    )


def _to_read(citation: Citation) -> str:
    """The address as a link to the clause in its document, the quoted words marked there."""
    path = escape(reading_path(citation.document_id, citation.address, citation.quotes))
    words = escape(citation.address)
    return f'<a href="{path}" target="_blank" rel="noopener" title="在原文中打开">{words}</a>'


def _copy_html(citation: Citation) -> str:
    """A button that copies how the clause is named: 《…》五、（十）. The script of the page does it."""
    return (
        f'<p class="pz-tools"><button type="button" class="pz-copy" data-copy="{escape(citation_name(citation))}" '
        f'aria-label="复制依据 {citation.number} 的出处">复制出处</button></p>'
    )


def neighbours_html(beside: Sequence[Neighbour]) -> str:
    """The clauses beside a cited one, opened on demand; empty without any."""
    if not beside:
        return ""
    clauses = "".join(
        f'<p class="pz-place">{one.side} <strong><a href="{escape(one.path)}" target="_blank" rel="noopener" '
        f'title="在原文中打开">{escape(one.address)}</a></strong></p>'
        f'<blockquote class="pz-clause">{escape(one.words)}</blockquote>'
        for one in beside
    )
    return f'<details class="pz-beside"><summary>前后条款</summary>{clauses}</details>'


def related_html(policies: Sequence[RelatedPolicy]) -> str:
    """Pointers as a list that opens on demand; empty without any. Addresses are words, not links."""
    if not policies:
        return ""
    items = "".join(
        f"<li><strong>{escape(titled(p.title))}</strong><br>{escape('；'.join(related_facts(p)))}</li>"
        for p in policies
    )
    return (
        f'<details class="pz-related"><summary>相关政策（{len(policies)}）</summary>'
        '<p class="pz-intro">仅供查阅，不是本答复的依据；除写明的以外，本库未收录其原文。</p>'
        f"<ul>{items}</ul></details>"
    )


def _badge(text: str, kind: str) -> str:
    return f'<span class="pz-badge pz-{kind}">{escape(text)}</span>'


def cards_html(
    citations: Sequence[Citation],
    *,
    statements: Sequence[Statement] = (),
    related: Sequence[RelatedPolicy] = (),
    intro: str = "",
    around: Around | None = None,
) -> str:
    """Cards one below the other, `intro` above them."""
    lead = f'<p class="pz-intro">{escape(intro)}</p>' if intro else ""
    cards = (
        citation_html(
            c,
            modalities=modalities_of(c.number, statements),
            related=[p for p in related if c.number in p.citations],
            beside=around(c) if around else (),
        )
        for c in citations
    )
    return f'<div class="pz-cards">{lead}{"".join(cards)}</div>'


def answer_cards_html(answer: Answer, around: Around | None = None) -> str:
    """The cards beside an answer: what it cites, or on a refusal the nearest clauses."""
    if answer.citations:
        intro = f"本答复引用 {len(answer.citations)} 处条款，标亮的是引用的原文。"
        return cards_html(
            answer.citations, statements=answer.statements, related=answer.related, intro=intro, around=around
        )
    if answer.nearest:
        possible = answer.outcome is Outcome.POSSIBLE
        intro = (
            "以下条款可能与所问有关，尚未确认，不是答复的依据。"
            if possible
            else ("本库没有载明所问事项。以下是意思最接近的条款，仅供参考，不是答复的依据。")
        )
        return cards_html(answer.nearest, intro=intro, around=around)
    return note_html("这次答复没有引用条款。")


def note_html(text: str) -> str:
    """A quiet sentence where cards would stand."""
    return f'<div class="pz-cards"><p class="pz-note">{escape(text)}</p></div>'


def checked_html(checked: Sequence[Checked]) -> str:
    """The same for the page; every word of the text and the clauses is escaped."""
    rows = "".join(_checked_card(one) for one in checked)
    return f'<div class="pz-cards"><p class="pz-intro" role="status">{escape(checked_summary(checked))}</p>{rows}</div>'


def _checked_card(one: Checked) -> str:
    kind = "plain" if one.verdict is None else "good" if one.verdict is Verdict.OK else "bad"
    clauses = "".join(
        f'<p class="pz-place"><strong>{escape(titled(p.document_title))}{escape(p.address)}</strong></p>'
        f'<blockquote class="pz-clause">{escape(clause_shown(p))}</blockquote>'
        for p in one.places
    )
    return (
        f'<article class="pz-card pz-checked"><p>{escape(one.text)}</p>'
        f'<p class="pz-badges">{_badge(checked_label(one), kind)}</p><p>{escape(one.reason)}</p>{clauses}</article>'
    )
