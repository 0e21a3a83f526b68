"""The words and the HTML of the chat page. Every word that is not ours is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from html import escape

from assistant.corpus.standing import day_in_beijing, left_out, said
from assistant.products.sample_questions import Samples
from assistant.schema.answer import Answer, Outcome
from assistant.schema.document import DocumentMeta
from assistant.serving.desk import Reply
from assistant.serving.render.html import PAGES_NAV
from assistant.serving.render.markdown import linked_marks, markdown_escaped
from assistant.serving.render.words import (
    DEVELOPMENT,
    OUTCOME_LABELS,
    ai_label,
    outcome_why,
    restated_question,
    source_lines,
    titled,
)

TITLE = "普惠政策助手"
EMPTY_CARDS = "提问后，这里列出答复所依据的条款，并标出引用的原文。"
_BADGES = {Outcome.ANSWERED: "good", Outcome.PARTIAL: "warn", Outcome.POSSIBLE: "info", Outcome.NOT_FOUND: "plain"}


def header_html(*, development: bool = True) -> str:
    """What this is, and what it is not; in development mode that it is open, otherwise the way out."""
    way_out = (
        f'<p role="note"><strong>{DEVELOPMENT}</strong></p>'
        if development
        else '<form method="post" action="signout"><button>退出登录</button></form>'
    )
    return (
        f'<header class="pz-header"><h1>{TITLE}</h1>'
        "<p>只依据本库收录的条款作答，每句话都附出处，引文逐字核对；库中没有的，会直说“本库未载明”。</p>"
        f"{PAGES_NAV}{way_out}</header>"
    )


def library_html(documents: Sequence[DocumentMeta]) -> str:
    """The list of documents, folded up; what takes no part in answers today says why."""
    today = day_in_beijing(datetime.now(UTC))
    items = "".join(
        f"<li>{escape(titled(meta.title))}<span>（{escape(meta.validity.value)}）</span>{_left_out(meta, today)}</li>"
        for meta in documents
    )
    return f'<details class="pz-library"><summary>本库收录 {len(documents)} 份文件</summary><ul>{items}</ul></details>'


def _left_out(meta: DocumentMeta, today: date) -> str:
    found = left_out(meta, today)
    return f"<br><span>不参与作答：{escape(said(found))}</span>" if found else ""


SAMPLES_AWAITED = "正在从本库的文件里挑选示例问题……"


def samples_note_html(found: Samples | None) -> str:
    """What is said where there are no sample questions: why; nothing where nothing can be asked anyway."""
    return "" if found or found is None else status_html("本库暂时挑不出示例问题，请直接输入要问的事。")


def status_html(text: str, *, kind: str = "quiet") -> str:
    """The line under the chat; `kind` is quiet, busy or error."""
    return f'<p class="pz-status pz-status-{kind}">{escape(text)}</p>'


def answer_message(
    answer: Answer, *, renewed: bool = False, limited: str = "", kept: Sequence[str] | None = None
) -> str:
    """An answer as one chat message: outcome and why, how it was understood, text, notices, sources.

    Args:
        limited: what it was limited to by whoever asked, in words.
        kept: of an answer that was kept, of which day its texts were and what it was limited to; why it is what it is
            was not kept.
    """
    badge = f'<span class="pz-badge pz-{_BADGES[answer.outcome]}">{OUTCOME_LABELS[answer.outcome]}</span>'
    blocks = [f'{badge} <span class="pz-why">{outcome_why(answer)}</span>' if kept is None else badge]
    if kept:
        blocks.append(f'<span class="pz-limited">{markdown_escaped("；".join(kept))}</span>')
    if restated := restated_question(answer):
        blocks.append(f'<span class="pz-understood">理解为：{markdown_escaped(restated)}</span>')
    if limited:
        blocks.append(f'<span class="pz-limited">限定范围：{markdown_escaped(limited)}</span>')
    blocks.append(linked_marks(markdown_escaped(answer.text, lists=True), answer.citations))
    notices = (*answer.notices, "上次会话已过期，本次按新的会话作答。") if renewed else answer.notices
    blocks += [f"> 提示：{markdown_escaped(notice)}" for notice in notices]
    if sources := source_lines(answer):
        linked = [linked_marks(markdown_escaped(line), answer.citations) for line in sources]
        blocks.append("\n".join(f'<span class="pz-source">{line}</span>' for line in linked))
    blocks.append(f"*{ai_label(answer.mode)}*")
    return "\n\n".join(blocks)


def done_words(reply: Reply) -> str:
    """What the status line says in the end."""
    cited = len(reply.answer.citations)
    sources = f"引用 {cited} 处条款" if cited else "未引用条款"
    took = f"用时 {reply.latency_ms / 1000:.1f} 秒" if reply.latency_ms >= 100 else "用时不到 0.1 秒"
    return f"{OUTCOME_LABELS[reply.answer.outcome]}，{sources}，{took}。"
