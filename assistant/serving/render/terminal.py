"""An answer, its sources and a checked text for a terminal. Control characters never reach it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from assistant.proof.verifier import Checked
from assistant.schema.answer import Answer, Citation, Outcome, RelatedPolicy
from assistant.serving.render.words import (
    OUTCOME_LABELS,
    PLAIN_CAPTION,
    ai_label,
    checked_label,
    checked_summary,
    clause_shown,
    related_facts,
    restated_question,
    source_line,
    titled,
)

_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
_RELATED_SHOWN = 6  # in a terminal


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
    possible = answer.outcome is Outcome.POSSIBLE
    lines += _terminal_sources(
        "可能相关的条款（未能确认）：" if possible else "最接近的条款（仅供参考）：", answer.nearest
    )
    lines += related_lines(answer.related)
    lines += ["", f"（{ai_label(answer.mode)}）"]
    return terminal_safe("\n".join(lines))


def _terminal_sources(caption: str, citations: Sequence[Citation]) -> list[str]:
    if not citations:
        return []
    lines = ["", caption]
    for citation in citations:
        lines.append(source_line(citation))
        lines += [f"    「{flat}」" for quote in citation.quotes if (flat := "".join(quote.splitlines()))]
    return lines


def related_lines(policies: Sequence[RelatedPolicy]) -> list[str]:
    """Pointers for the terminal, the first few in full."""
    if not policies:
        return []
    lines = ["", "相关政策（仅供查阅，不是依据；除写明的以外，本库未收录原文）："]
    lines += [f"  {titled(p.title)}：{'；'.join(related_facts(p))}" for p in policies[:_RELATED_SHOWN]]
    left = len(policies) - _RELATED_SHOWN
    return lines + ([f"  另有 {left} 项，加 --json 可看全部。"] if left > 0 else [])


def checked_terminal(checked: Sequence[Checked]) -> str:
    """The report on a text: each sentence with its mark, the reason and the clause's words."""
    lines = [checked_summary(checked)]
    for one in checked:
        lines += ["", " ".join(one.text.split()), f"  {checked_label(one)}：{one.reason}"]
        lines += [f"  《{p.document_title}》{p.address}：「{clause_shown(p)}」" for p in one.places]
    return terminal_safe("\n".join(lines))
