"""Answer → Markdown, terminal text, JSON-ready dict; citation → safe HTML. Pure functions.

Texts of documents, models and users are data: HTML is escaped, Markdown is escaped, control
characters never reach a terminal.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from assistant.parsing.legal_level import level_of
from assistant.proof.places import Place
from assistant.proof.verifier import Checked
from assistant.schema.answer import (
    Answer,
    Citation,
    Modality,
    Mode,
    Outcome,
    PlainVersion,
    RelatedPolicy,
    Statement,
    Verdict,
)
from assistant.schema.document import Clause, Document, DocumentMeta, Level, Span, Validity
from assistant.schema.retrieval import Hit
from assistant.text.folding import flow

OUTCOME_LABELS = {
    Outcome.ANSWERED: "已答复",
    Outcome.PARTIAL: "部分有据",
    Outcome.NOT_FOUND: "本库未载明",
}
VERDICT_LABELS = {
    Verdict.OK: "✓ 引文已核对",
    Verdict.NOT_FOUND: "✗ 条款不存在",
    Verdict.MISQUOTE: "✗ 引文与原文不符",
    Verdict.NUMBER: "✗ 数字与原文不符",
    Verdict.MODALITY: "✗ 约束程度与原文不符",
    Verdict.SUBJECT: "✗ 主体与原文不符",
    Verdict.SUPERSEDED: "✗ 条款已失效",
    Verdict.UNSUPPORTED: "✗ 条款不支持该说法",
}
_VALIDITY_CLASSES = {
    Validity.IN_FORCE: "good",
    Validity.ANNUAL: "info",
    Validity.AMENDED: "warn",
    Validity.REPEALED: "bad",
    Validity.UNKNOWN: "plain",
}
_FACT_WORDS = {
    "title": "标题",
    "document_number": "文号",
    "issuer": "发文机关",
    "issued": "发布日期",
    "effective": "施行日期",
    "status": "时效",
}
_UNVERIFIED = "未核实"
_RELATED_SHOWN = 6  # in a terminal
PLAIN_CAPTION = "口语版（由语言模型改写，逐句核对；以条款原文为准）："
_LONG_CLAUSE = 260  # code points; longer ones scroll inside their card


def ai_label(mode: Mode) -> str:
    """Who wrote the answer, in the words shown to users and put into the API."""
    if mode is Mode.EXTRACTIVE:
        return "内容由程序依据条款生成，请以条款原文为准"
    return "内容由人工智能模型依据条款生成，请以条款原文为准"


def titled(title: str) -> str:
    """`title` in 《》, unless it already holds them.

    >>> titled("关于进一步做好服务的通知")
    '《关于进一步做好服务的通知》'
    """
    return title if "《" in title else f"《{title}》"


def bare_heading(citation: Citation) -> str:
    """The heading without the number that the address already ends with: （十）规范贷款管理 → 规范贷款管理."""
    heading = citation.heading or ""
    tails = (citation.address[at:] for at in range(len(citation.address)))
    number = next((tail for tail in tails if heading.startswith(tail)), "")
    return heading.removeprefix(number).strip()


# --- HTML ---------------------------------------------------------------------------------------


def locate_quotes(text: str, quotes: Iterable[str]) -> tuple[Span, ...]:
    """Where `quotes` stand in `text`, white space forgiven; in order, overlaps joined.

    A quote that is blank or not there marks nothing.

    >>> locate_quotes("第八条 年满六十 周岁，可以申请。", ["六十周岁", "可以"])
    (Span(start=6, end=11), Span(start=12, end=14))
    """
    kept = [(offset, char) for offset, char in enumerate(text) if not char.isspace()]
    dense = "".join(char for _, char in kept)
    found = []
    for quote in quotes:
        wanted = "".join(quote.split())
        at = dense.find(wanted) if wanted else -1
        if at >= 0:
            found.append(Span(kept[at][0], kept[at + len(wanted) - 1][0] + 1))
    return _joined(sorted(found))


def _joined(spans: Sequence[Span]) -> tuple[Span, ...]:
    joined: list[Span] = []
    for span in spans:
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return tuple(joined)


def marked_html(text: str, quotes: Iterable[str]) -> str:
    """`text` as HTML with the quoted words in <mark>."""
    pieces, at = [], 0
    for span in locate_quotes(text, quotes):
        pieces += [escape(text[at : span.start]), "<mark>", escape(text[span.start : span.end]), "</mark>"]
        at = span.end
    return "".join((*pieces, escape(text[at:])))


def citation_html(
    citation: Citation, *, modalities: Sequence[Modality] = (), related: Sequence[RelatedPolicy] = ()
) -> str:
    """One citation as a card, `related` folded away at its foot."""
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
        f'<p class="pz-place"><strong>{escape(citation.address)}</strong>{heading}</p></div></div>'
        f'<p class="pz-badges">{"".join(badges)}</p>'
        f'<blockquote class="pz-clause{long}">{marked_html(citation.clause_text, citation.quotes)}</blockquote>'
        f"{related_html(related)}"
        "</article>"
    )


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
        f'<p class="pz-intro">仅供查阅，不是本答复的依据；本库未收录其原文。</p><ul>{items}</ul></details>'
    )


def related_facts(policy: RelatedPolicy) -> tuple[str, ...]:
    """What is known of a related policy, a phrase each; what nobody has checked says so."""
    facts = (
        ("", policy.document_number),
        ("", policy.issuer),
        ("发布 ", policy.issued),
        ("施行 ", policy.effective),
        ("", policy.status),
    )
    known = [f"{words}{fact}" for words, fact in facts if fact and fact != _UNVERIFIED]
    unknown = policy.status == _UNVERIFIED
    if unknown:
        known.append(f"时效{_UNVERIFIED}")
    doubted = "、".join(_FACT_WORDS[name] for name in policy.unverified if not (unknown and name == "status"))
    page = f"官方页面：{policy.official_url}" if policy.official_url else None
    more = (policy.status_detail, f"关系：{policy.why}", page, policy.note)
    return (*known, *([f"{_UNVERIFIED}：{doubted}"] if doubted else []), *(words for words in more if words))


def _badge(text: str, kind: str) -> str:
    return f'<span class="pz-badge pz-{kind}">{escape(text)}</span>'


def cards_html(
    citations: Sequence[Citation],
    *,
    statements: Sequence[Statement] = (),
    related: Sequence[RelatedPolicy] = (),
    intro: str = "",
) -> str:
    """Cards one below the other, `intro` above them."""
    lead = f'<p class="pz-intro">{escape(intro)}</p>' if intro else ""
    cards = (
        citation_html(
            c,
            modalities=modalities_of(c.number, statements),
            related=[p for p in related if c.number in p.citations],
        )
        for c in citations
    )
    return f'<div class="pz-cards">{lead}{"".join(cards)}</div>'


def answer_cards_html(answer: Answer) -> str:
    """The cards beside an answer: what it cites, or on a refusal the nearest clauses."""
    if answer.citations:
        intro = f"本答复引用 {len(answer.citations)} 处条款，标亮的是引用的原文。"
        return cards_html(answer.citations, statements=answer.statements, related=answer.related, intro=intro)
    if answer.nearest:
        return cards_html(
            answer.nearest, intro="本库没有载明所问事项。以下是意思最接近的条款，仅供参考，不是答复的依据。"
        )
    return note_html("这次答复没有引用条款。")


def note_html(text: str) -> str:
    """A quiet sentence where cards would stand."""
    return f'<div class="pz-cards"><p class="pz-note">{escape(text)}</p></div>'


def modalities_of(number: int, statements: Sequence[Statement]) -> tuple[Modality, ...]:
    """How the statements resting on citation `number` bind, each once, in order."""
    said = (s.modality for s in statements if number in s.citations and s.modality is not None)
    return tuple(dict.fromkeys(said))


# --- Markdown -----------------------------------------------------------------------------------

# What is active anywhere: emphasis, code, links but for a bare [12], tables, strike-through, and the
# places where GFM turns bare addresses into links (http://, www., a@b).
_ACTIVE = re.compile(r"\[\d{1,4}\](?![(:])|[\\\\`*_\[\]|~@]|:(?=//)|(?<=www)\.", re.IGNORECASE)
# What is active at the start of a line: headings, lists, quotes, rules.
_ACTIVE_START = re.compile(r"(?:\d+(?=[.)])|)[.)#>+\-=]")


def markdown_escaped(text: str, *, lists: bool = False) -> str:
    """`text` such that Markdown shows it word for word, line breaks included.

    Citation marks stay `[n]`. Angle brackets and ampersands become entities, so no HTML passes;
    leading blanks become wide ones, so no line turns into a code block. With `lists`, lines that
    begin with `- ` may be list items.

    >>> print(markdown_escaped("1. *重点* <b> [1] [x](y)"))
    1\\. \\*重点\\* &lt;b&gt; [1] \\[x\\](y)
    """
    return "\n".join(_escaped_item(line) if lists else _escaped_line(line) for line in text.splitlines())


def _escaped_item(line: str) -> str:
    return f"- {_escaped_line(line[2:])}" if line.startswith("- ") and line[2:].strip() else _escaped_line(line)


def _escaped_line(line: str) -> str:
    body = line.lstrip()
    indent = "\u3000" * min(len(line) - len(body), 4)
    start = _ACTIVE_START.match(body)
    head, rest = (body[: start.end()], body[start.end() :]) if start else ("", body)
    shown = f"{head[:-1]}\\{head[-1]}" if head and head[-1] != ">" else escape(head, quote=False)
    return indent + shown + _ACTIVE.sub(_disarmed, escape(rest, quote=False))


def _disarmed(match: re.Match[str]) -> str:
    found = match.group()
    return found if len(found) > 1 else f"\\{found}"  # only a citation mark is longer than one character


def answer_markdown(answer: Answer) -> str:
    """The answer with outcome, notices and the list of its sources."""
    blocks = [f"**{OUTCOME_LABELS[answer.outcome]}**"]
    if restated := restated_question(answer):
        blocks.append(f"理解为：{markdown_escaped(restated)}")
    blocks.append(markdown_escaped(answer.text, lists=True))
    blocks += [f"> 提示：{markdown_escaped(notice)}" for notice in answer.notices]
    if answer.plain:
        blocks += [f"**{PLAIN_CAPTION}**", markdown_escaped(answer.plain.text, lists=True)]
    if sources := source_lines(answer):
        blocks.append("\n".join(f"- {markdown_escaped(line)}" for line in sources))
    blocks.append(f"*{ai_label(answer.mode)}*")
    return "\n\n".join(blocks)


def restated_question(answer: Answer) -> str | None:
    """The question as it was understood, if that is more than what was typed."""
    same = "".join(answer.standalone_question.split()) == "".join(answer.question.split())
    return None if same else answer.standalone_question


def source_lines(answer: Answer) -> tuple[str, ...]:
    """One line for each citation: number, title, address, status, verdict."""
    return tuple(_source_line(c) for c in answer.citations)


def _source_line(c: Citation) -> str:
    words = bare_heading(c)
    heading = f" {words}" if words else ""
    level = f"{c.legal_level.value}，" if c.legal_level else ""
    checked = f"{level}{c.validity.value}，{VERDICT_LABELS[c.verdict]}"
    return f"[{c.number}] {titled(c.document_title)}{c.address}{heading}（{checked}）"


# --- Terminal -----------------------------------------------------------------------------------

_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")


def terminal_safe(text: str) -> str:
    """`text` without what could move the cursor or turn the reading direction."""
    return "".join(c for c in text if c in "\n\t" or (unicodedata.category(c) not in {"Cc", "Cs"} and c not in _BIDI))


def answer_terminal(answer: Answer) -> str:
    """The answer as plain text, each source with the words it is quoted for."""
    lines = [f"【{OUTCOME_LABELS[answer.outcome]}】"]
    if restated := restated_question(answer):
        lines.append(f"理解为：{restated}")
    lines += ["", answer.text]
    lines += [f"提示：{notice}" for notice in answer.notices]
    if answer.plain:
        lines += ["", PLAIN_CAPTION, answer.plain.text]
    lines += _terminal_sources("依据：", answer.citations)
    lines += _terminal_sources("最接近的条款（仅供参考）：", answer.nearest)
    lines += related_lines(answer.related)
    lines += ["", f"（{ai_label(answer.mode)}）"]
    return terminal_safe("\n".join(lines))


def _terminal_sources(caption: str, citations: Sequence[Citation]) -> list[str]:
    if not citations:
        return []
    lines = ["", caption]
    for citation in citations:
        lines.append(_source_line(citation))
        lines += [f"    「{flat}」" for quote in citation.quotes if (flat := "".join(quote.splitlines()))]
    return lines


def related_lines(policies: Sequence[RelatedPolicy]) -> list[str]:
    """Pointers for the terminal, the first few in full."""
    if not policies:
        return []
    lines = ["", "相关政策（仅供查阅，不是依据，本库未收录原文）："]
    lines += [f"  {titled(p.title)}：{'；'.join(related_facts(p))}" for p in policies[:_RELATED_SHOWN]]
    left = len(policies) - _RELATED_SHOWN
    return lines + ([f"  另有 {left} 项，加 --json 可看全部。"] if left > 0 else [])


# --- checked texts ------------------------------------------------------------------------------

CHECKED_LABELS = {
    Verdict.OK: "✓ 与条款一致",
    Verdict.NOT_FOUND: "✗ 文件或条款不存在",
    Verdict.MISQUOTE: "✗ 引文与原文不符",
    Verdict.NUMBER: "✗ 数字与原文不符",
    Verdict.MODALITY: "✗ 约束程度与原文不符",
    Verdict.SUBJECT: "✗ 主体与原文不符",
    Verdict.SUPERSEDED: "✗ 条款不是所问日期有效的文本",
    Verdict.UNSUPPORTED: "✗ 没有条款支持",
}
_SHOWN_CLAUSE = 200  # code points of a clause in a report


def checked_label(checked: Checked) -> str:
    """The verdict in words, with its mark."""
    return CHECKED_LABELS[checked.verdict] if checked.verdict is not None else "— 未作核对"


def checked_summary(checked: Sequence[Checked]) -> str:
    """How many sentences passed."""
    judged = [c for c in checked if c.verdict is not None]
    passed = sum(c.verdict is Verdict.OK for c in judged)
    if not judged:
        return "没有可以核对的句子。"
    rest = f"，{len(judged) - passed} 句没有通过" if passed < len(judged) else ""
    return f"共核对 {len(judged)} 句：{passed} 句与条款一致{rest}。"


def checked_terminal(checked: Sequence[Checked]) -> str:
    """The report on a text: each sentence with its mark, the reason and the clause's words."""
    lines = [checked_summary(checked)]
    for one in checked:
        lines += ["", " ".join(one.text.split()), f"  {checked_label(one)}：{one.reason}"]
        lines += [f"  《{p.document_title}》{p.address}：「{_clause_shown(p)}」" for p in one.places]
    return terminal_safe("\n".join(lines))


def _clause_shown(place: Place) -> str:
    words = "".join(place.text.split("\n"))
    return words if len(words) <= _SHOWN_CLAUSE else f"{words[:_SHOWN_CLAUSE]}……"


def checked_html(checked: Sequence[Checked]) -> str:
    """The same for the page; every word of the text and the clauses is escaped."""
    rows = "".join(_checked_card(one) for one in checked)
    return f'<div class="pz-cards"><p class="pz-intro" role="status">{escape(checked_summary(checked))}</p>{rows}</div>'


def _checked_card(one: Checked) -> str:
    kind = "plain" if one.verdict is None else "good" if one.verdict is Verdict.OK else "bad"
    clauses = "".join(
        f'<p class="pz-place"><strong>{escape(titled(p.document_title))}{escape(p.address)}</strong></p>'
        f'<blockquote class="pz-clause">{escape(_clause_shown(p))}</blockquote>'
        for p in one.places
    )
    return (
        f'<article class="pz-card pz-checked"><p>{escape(one.text)}</p>'
        f'<p class="pz-badges">{_badge(checked_label(one), kind)}</p><p>{escape(one.reason)}</p>{clauses}</article>'
    )


# --- JSON ---------------------------------------------------------------------------------------


def answer_dict(answer: Answer) -> dict[str, Any]:
    """The answer for the API."""
    return {
        "outcome": answer.outcome.value,
        "outcome_label": OUTCOME_LABELS[answer.outcome],
        "mode": answer.mode.value,
        "text": answer.text,
        "standalone_question": answer.standalone_question,
        "statements": [_statement_dict(s) for s in answer.statements],
        "citations": [citation_dict(c) for c in answer.citations],
        "nearest": [citation_dict(c) for c in answer.nearest],
        "confidence": answer.confidence,
        "related": [related_dict(p) for p in answer.related],
        "notices": list(answer.notices),
        "degraded": list(answer.degraded),
        "generation": answer.generation,
        "prompt_version": answer.prompt_version,
        "plain": _plain_dict(answer.plain) if answer.plain else None,
        "ai_generated": ai_label(answer.mode),
    }


def _plain_dict(plain: PlainVersion) -> dict[str, Any]:
    return {
        "text": plain.text,
        "statements": [_statement_dict(s) for s in plain.statements],
        "reworded": plain.reworded,
        "prompt_version": plain.prompt_version,
    }


def _statement_dict(statement: Statement) -> dict[str, Any]:
    return {
        "text": statement.text,
        "citations": list(statement.citations),
        "modality": statement.modality.value if statement.modality else None,
        "subject": statement.subject,
        "quoted": statement.quoted,
    }


def citation_dict(citation: Citation) -> dict[str, Any]:
    """A citation for the API; `quotes[i]` stands at `spans[i]` (code points of the document)."""
    return {
        "number": citation.number,
        "document_id": citation.document_id,
        "document_title": citation.document_title,
        "address": citation.address,
        "heading": citation.heading,
        "clause_text": citation.clause_text,
        "quotes": list(citation.quotes),
        "spans": [_span_dict(span) for span in citation.spans],
        "status": citation.validity.value,
        "legal_level": citation.legal_level.value if citation.legal_level else None,
        "verdict": citation.verdict.value,
        "verified": citation.verified,
    }


def checked_dict(checked: Checked) -> dict[str, Any]:
    """A checked sentence for the API; `span` counts code points of the text that was sent."""
    return {
        "text": checked.text,
        "span": _span_dict(checked.span),
        "verdict": checked.verdict.value if checked.verdict else None,
        "label": checked_label(checked),
        "reason": checked.reason,
        "citations": [
            {
                "document_id": place.document_id,
                "document_title": place.document_title,
                "address": place.address,
                "clause_text": place.text,
                "span": _span_dict(place.span),
            }
            for place in checked.places
        ],
    }


def related_dict(policy: RelatedPolicy) -> dict[str, Any]:
    """A related policy for the API."""
    return {
        "id": policy.id,
        "title": policy.title,
        "kind": policy.kind,
        "document_number": policy.document_number,
        "issuer": policy.issuer,
        "issued": policy.issued,
        "effective": policy.effective,
        "status": policy.status,
        "status_detail": policy.status_detail,
        "official_url": policy.official_url,
        "official_site": policy.official_site,
        "why": policy.why,
        "note": policy.note,
        "named": policy.named,
        "clauses": list(policy.clauses),
        "unverified": list(policy.unverified),
        "citations": list(policy.citations),
    }


def _span_dict(span: Span) -> dict[str, int]:
    return {"start": span.start, "end": span.end}


def document_dict(meta: DocumentMeta) -> dict[str, Any]:
    """What is known of a document, for the API."""
    return {
        "id": meta.id,
        "title": meta.title,
        "kind": meta.kind.value,
        "status": meta.validity.value,
        "legal_level": _level(meta),
        "issuer": meta.issuer,
        "document_number": meta.document_number,
        "year": meta.year,
        "region": meta.region,
        "issued_on": meta.issued_on,
        "effective_on": meta.effective_on,
        "expired_on": meta.expired_on,
        "superseded_by": meta.superseded_by,
        "aliases": list(meta.aliases),
        "source_sha256": meta.source_sha256,
    }


def _level(meta: DocumentMeta) -> str | None:
    level = level_of(meta)
    return level.value if level else None


def hit_dict(hit: Hit, document: Document) -> dict[str, Any]:
    """A line of a ranking with its clause."""
    address = hit.chunk_id.rpartition("#")[2]
    clause = document.find(address)
    return {
        "rank": hit.rank,
        "score": round(hit.score, 6),
        "document_id": document.id,
        "document_title": document.meta.title,
        "address": address,
        "heading": clause.heading if clause else None,
        "text": plain_text(document, clause) if clause else "",
        "status": document.meta.validity.value,
        "legal_level": _level(document.meta),
    }


def outline_dict(document: Document) -> dict[str, Any]:
    """A document with the address and heading of each clause, for the API."""
    clauses = [
        {"address": c.address, "level": c.level.value, "heading": c.heading, "span": _span_dict(c.span)}
        for c in document.addressable()
    ]
    return {**document_dict(document.meta), "clauses": clauses}


def plain_text(document: Document, clause: Clause) -> str:
    """The words of `clause` as a reader sees them: page breaks taken out, paragraphs on lines of their own."""
    words, read_to = "", clause.span.start
    for leaf in clause.leaves():
        if words:
            gap = document.text[read_to : leaf.span.end - len(leaf.text.lstrip())]
            words += "\n" if "\n" in gap else gap[:1]
        words += flow(leaf.text)
        read_to = leaf.span.start + len(leaf.text.rstrip())
    return words


def clause_dict(document: Document, clause: Clause) -> dict[str, Any]:
    """A clause with its text, for the API. `text` is the exact slice, `plain` as a reader sees it."""
    children = [c.address for c in clause.children if c.level not in (Level.LABEL, Level.LEAD)]
    return {
        "document_id": document.id,
        "document_title": document.meta.title,
        "address": clause.address,
        "level": clause.level.value,
        "heading": clause.heading,
        "text": clause.text,
        "plain": plain_text(document, clause),
        "span": _span_dict(clause.span),
        "children": children,
        "status": document.meta.validity.value,
    }
