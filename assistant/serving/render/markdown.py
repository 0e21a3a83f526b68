"""An answer as Markdown, and any text such that Markdown shows it word for word."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from assistant.schema.answer import Answer, Citation
from assistant.serving.render.links import reading_path
from assistant.serving.render.words import (
    OUTCOME_LABELS,
    PLAIN_CAPTION,
    ai_label,
    restated_question,
    source_lines,
)

# What is active anywhere: emphasis, code, links but for a bare [12], tables, strike-through, and the
# places where GFM turns bare addresses into links (http://, www., a@b).
_ACTIVE = re.compile(r"\[\d{1,4}\](?![(:])|[\\\\`*_\[\]|~@]|:(?=//)|(?<=www)\.", re.IGNORECASE)
_CITED = re.compile(r"(?<!\\)\[(\d{1,4})\](?![(:])")
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


def linked_marks(markdown: str, citations: Sequence[Citation]) -> str:
    """Escaped Markdown in which each mark [n] leads to the clause in its document.

    The marks of sources that are not there stay words. No other words are put into a link: the page's reader of
    Markdown takes escapes inside a link away before it reads the words there once more.
    """
    paths = {str(c.number): reading_path(c.document_id, c.address, c.quotes) for c in citations}

    def link(match: re.Match[str]) -> str:
        path = paths.get(match[1])
        return f"[\\[{match[1]}\\]]({path})" if path else match[0]

    return _CITED.sub(link, markdown)


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
