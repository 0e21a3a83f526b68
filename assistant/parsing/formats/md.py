"""Markdown: front matter, the words that a reader of the page sees, pipe tables; what is not shown is reported.

Nothing is run or fetched: scripts and links to them stay characters in `text`.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from assistant.parsing.formats.cleaning import visible
from assistant.parsing.formats.comparison import COMPARED, comparison_of, in_force
from assistant.parsing.formats.md_plain import plain
from assistant.parsing.formats.model import CORRUPT, EMPTY, TOO_COMPLEX, Findings, Parsed, Rejected, TableSource
from assistant.parsing.formats.txt import decode_text
from assistant.schema.document import Span

_ANCHOR = re.compile(r"(?m)(?:^|[:\-\[{,])\s*&\w")
_ALIAS = re.compile(r"(?m)(?:^|[:\-\[{,])\s*\*\w")
_FENCE = re.compile(r" {0,3}(```+|~~~+)")
_RULE_ROW = re.compile(r"\|?(?:[ \t]*:?-+:?[ \t]*\|)*[ \t]*:?-+:?[ \t]*\|?$")
_CELL_END = re.compile(r"(?<!\\)\|")
_CAPTION = re.compile(r"(附?表|附件)\s*[\d一二三四五六七八九十]|.*表$")
_ACTIVE = re.compile(
    r"<\s*(?:script|iframe|object|embed|svg|link|base|meta)\b|\]\(\s*(?:javascript|data|vbscript):", re.I
)
_DEEP_QUOTE = re.compile(r"(?m)^[ \t]{0,3}(?:>[ \t]?){201}")
_DEEP_LIST = re.compile(r"(?m)^[ \t]{800,}[-*+\d]")


def read_md(raw: bytes) -> Parsed:
    """The words of a .md file behind its front matter.

    Raises:
        Rejected: `empty`, `garbled`, `corrupt` front matter or `too_complex` nesting.
    """
    findings = Findings()
    front, text = split_front(decode_text(raw, findings))
    if not text.strip():
        raise Rejected(EMPTY, "文件除头部信息外没有内容")
    if _DEEP_QUOTE.search(text) or _DEEP_LIST.search(text):
        raise Rejected(TOO_COMPLEX, "引用或列表嵌套超过 200 层，请简化后再加入")
    _report(text, findings)
    text = plain(text, findings)
    if not visible(text):
        raise Rejected(EMPTY, "文件除头部信息外没有读者看得到的内容")
    text = _in_force_only(text, findings)
    tables = _tables(text)
    return Parsed(
        text=text,
        front=front,
        tables=tables,
        warnings=findings.warnings,
        hidden=findings.hidden,
        lost=findings.lost,
    )


def split_front(text: str) -> tuple[dict[str, Any], str]:
    """The YAML block at the head of `text`, and what follows it."""
    if not text.startswith("---\n") or "\n---\n" not in text[3:]:
        return {}, text
    block, _, body = text[3:].partition("\n---\n")
    if len(block) > 100_000 or (_ANCHOR.search(block) and _ALIAS.search(block)):
        # Anchors and aliases let a few lines grow into gigabytes.
        raise Rejected(CORRUPT, "文件头部过长，或用了 YAML 的引用写法（& 和 *），请改成“名称: 值”的形式")
    try:
        front = yaml.safe_load(block)
    except (yaml.YAMLError, ValueError, RecursionError) as exc:
        raise Rejected(CORRUPT, "文件头部的 YAML 写法有误，请检查引号和缩进") from exc
    if front is None:
        return {}, body
    if not isinstance(front, dict):
        raise Rejected(CORRUPT, "文件头部应是“名称: 值”的形式")
    return {str(key): value for key, value in front.items()}, body


def _report(text: str, findings: Findings) -> None:
    if _ACTIVE.search(text):
        findings.warn("active_content", "含有脚本、嵌入内容或可执行的链接，不会运行；脚本不入正文")


def _tables(text: str) -> tuple[TableSource, ...]:
    lines: list[tuple[int, str]] = []
    at, fence = 0, ""
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if mark and (not fence or mark[1].startswith(fence)):
            fence = "" if fence else mark[1][:3]
        lines.append((at, "" if fence else line))
        at += len(line) + 1
    found: list[TableSource] = []
    row = 1
    while row < len(lines):
        if "|" in lines[row - 1][1] and "|" in lines[row][1] and _RULE_ROW.match(lines[row][1].strip()):
            end = row + 1
            while end < len(lines) and "|" in lines[end][1]:
                end += 1
            found.append(_table(lines, row - 1, end))
            row = end
        row += 1
    return tuple(found)


def _in_force_only(text: str, findings: Findings) -> str:
    """`text` with the new wordings alone of tables that set old and new side by side."""
    for table in reversed(_tables(text)):
        if (found := comparison_of(table.rows)) is None:
            continue
        wordings = [in_force(row, found) for row in table.rows[found.head :]]
        for _, gone in wordings:
            findings.hide("superseded", gone, where=table.caption or "")
        findings.warn("comparison", COMPARED)
        kept = "\n\n".join(words for words, _ in wordings if words)
        text = f"{text[: table.span.start]}\n{kept}\n{text[table.span.end :]}"
    return text


def _table(lines: list[tuple[int, str]], first: int, end: int) -> TableSource:
    kept = [lines[first], *lines[first + 2 : end]]
    spans = tuple(Span(at, at + len(line)) for at, line in kept)
    rows = tuple(_cells(line) for _, line in kept)
    above = next((line for _, line in reversed(lines[max(0, first - 2) : first]) if line.strip()), "")
    caption = above.strip(" #*\t\u3000")
    return TableSource(
        span=Span(spans[0].start, max(spans[-1].end, lines[first + 1][0] + len(lines[first + 1][1]))),
        caption=caption if caption and len(caption) <= 60 and _CAPTION.match(caption) else None,
        rows=rows,
        row_spans=spans,
    )


def _cells(line: str) -> tuple[str, ...]:
    inner = line.strip()
    inner = inner.removeprefix("|")
    if inner.endswith("|") and not inner.endswith("\\|"):
        inner = inner[:-1]
    return tuple(" ".join(cell.replace("\\|", "|").split()) for cell in _CELL_END.split(inner))
