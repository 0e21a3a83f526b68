"""Markdown as its reader sees it: emphasis, list dots, links and tags give way to the words they dress.

Headings keep their # and tables their |, by which their lines are known.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from assistant.parsing.formats.entities import read_entities
from assistant.parsing.formats.html_fragment import table_rows
from assistant.parsing.formats.md_hidden import CODE, without_concealed
from assistant.parsing.formats.model import Findings
from assistant.parsing.formats.raised import raised

_FENCE = re.compile(r" {0,3}(```+|~~~+)")
_COMMENT = re.compile(r"<!--(.*?)(?:-->|\Z)", re.DOTALL)
# [//]: # (…), [comment]: <> (…), and the title of a link's definition, which no reader sees
_LINK_COMMENT = re.compile(r"(?m)^ {0,3}\[(?!\^)[^\]\n]{1,60}\]:[ \t]*\S{1,500}[ \t]+[\"'(](.*)[\"')][ \t]*$")
_DECLARATION = re.compile(r"<[!?](?!\[CDATA)([^<>\n]{1,2000})>")
_PERCENT_COMMENT = re.compile(r"%%([^%\n]{1,2000})%%")
_STRUCK = re.compile(
    r"~~(?P<marked>[^~\n]{1,2000})~~|<(?P<tag>s|del|strike)\b[^<>]{0,300}>(?P<words>[^<]{0,4000})</(?P=tag)>",
    re.IGNORECASE,
)
_TABLE = re.compile(r"<table\b[^<>]{0,2000}>.{0,200000}?</table\s*>", re.IGNORECASE | re.DOTALL)
_IMAGE = re.compile(r"!\[([^\]\n]{0,300})\]\([^)\n]{0,2000}\)")
_NOTE = re.compile(r"(?m)^\[\^[^\]\n]{1,40}\]:[ \t]*(.*)$")
_NOTE_MARK = re.compile(r"\[\^[^\]\n]{1,40}\]")
_RAISED = re.compile(r"<sup\b[^<>]{0,300}>([^<]{0,40})</sup>", re.IGNORECASE)
_LOWERED = re.compile(r"<sub\b[^<>]{0,300}>([^<]{0,40})</sub>", re.IGNORECASE)
_BREAKING = re.compile(r"<(?:br\s*/?|/?(?:p|div|center|blockquote))\b[^<>]{0,500}>", re.IGNORECASE)
_INLINE_TAG = re.compile(
    r"</?(?:span|font|b|strong|i|em|u|a|ins|mark|small|big|abbr|cite|label|section|article)\b[^<>]{0,500}>",
    re.IGNORECASE,
)
_LINK = re.compile(
    r"\[([^\[\]\n]{0,300})\]\((?!\s*(?:javascript|data|vbscript):)[^()\n]{0,1000}"
    r"(?:\([^()\n]{0,200}\)[^()\n]{0,200})?\)"
)
_STRONG = re.compile(r"(\*\*\*|\*\*|___|__)(?=\S)(.{1,2000}?)(?<=\S)\1")
_EMPHASIS = re.compile(r"(?<![\w*\\])\*(?=[^\s*\d])([^*\n]{1,500}?)(?<=[^\s*])\*(?![\w*])")
_EMPHASIS_HAN = re.compile(r"\*(?=[^\s*\d])([^*\n]{0,500}[\u4e00-\u9fff，。；：]|[\u4e00-\u9fff][^*\n]{0,500})\*")
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+\-.!~|>])")
_QUOTE = re.compile(r"^(?:[ \t]{0,3}>[ \t]?)+")
_BULLET = re.compile(r"^[ \t\u3000]*[-*+•][ \t]+(?:\[[ xX]\][ \t]+)?(?=\S)")
# 1. **第一条** …: a converter numbered articles that have numbers of their own
_NUMBERED_ARTICLE = re.compile(r"^[ \t\u3000]*\d{1,3}[.)][ \t]+(?=[*_\[]{0,3}第[\d一二三四五六七八九十百零〇]{1,6}条)")
_UNDERLINE = re.compile(r"^[ \t]*={3,}[ \t]*$")
_LOOKED_BACK = 80  # characters before what is left out
_TABLE_LINE = re.compile(r"^\s*\|.*\|\s*$")


def plain(text: str, findings: Findings) -> str:
    """The words of `text` line by line; what is not shown or struck out is reported and left out."""
    out: list[str] = []
    for fenced, piece in _pieces(text):
        out.append(piece if fenced else _plain(piece, findings))
    return "\n".join(out)


def _pieces(text: str) -> list[tuple[bool, str]]:
    """The text in pieces inside and outside fences; the lines of a fence belong to it."""
    found: list[tuple[bool, list[str]]] = [(False, [])]
    fence = ""
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if mark and not fence:
            fence = mark[1][:3]
            found.append((True, [line]))
        elif mark and mark[1].startswith(fence):
            fence = ""
            found[-1][1].append(line)
            found.append((False, []))
        else:
            found[-1][1].append(line)
    return [(fenced, "\n".join(lines)) for fenced, lines in found if lines]


def _plain(text: str, findings: Findings) -> str:
    text = _without(text, findings)
    text = _TABLE.sub(_as_pipes, text)
    text = _RAISED.sub(lambda m: raised(m.string[max(0, m.start() - 1) : m.start()], m[1], findings), text)
    text = _LOWERED.sub(r"\1", text)
    text = _INLINE_TAG.sub("", _BREAKING.sub("\n", text))
    return "\n".join(_line(line) for line in text.split("\n"))


def _without(text: str, findings: Findings) -> str:
    """`text` without what its reader does not see, or sees struck out."""

    def drop(kind: str, *groups: str | int) -> Callable[[re.Match[str]], str]:
        def hide(match: re.Match[str]) -> str:
            findings.hide(kind, "".join(match[g] or "" for g in groups), where=_before(match))
            return ""

        return hide

    text = _COMMENT.sub(drop("comment", 1), text)
    text = _DECLARATION.sub(drop("comment", 1), text)
    text = _LINK_COMMENT.sub(drop("comment", 1), text)
    text = _PERCENT_COMMENT.sub(drop("comment", 1), text)
    text = without_concealed(text, findings)
    text = _STRUCK.sub(drop("struck_out", "marked", "words"), text)
    text = _NOTE.sub(drop("footnote", 1), text)
    text = _NOTE_MARK.sub("", text)
    for image in _IMAGE.finditer(text):
        findings.lose("图片", behind=_before(image) or image[1])
    return _IMAGE.sub(drop("alt", 1), text)


def _before(match: re.Match[str]) -> str:
    """The last words before `match`: its place."""
    return match.string[max(0, match.start() - _LOOKED_BACK) : match.start()].rstrip().rpartition("\n")[2]


def _as_pipes(match: re.Match[str]) -> str:
    rows = table_rows(match[0])
    if not rows:
        return ""
    width = max(len(row) for row in rows)
    filled = [(*row, *[""] * (width - len(row))) for row in rows]
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in filled]
    return "\n".join(("", lines[0], "|" + " --- |" * width, *lines[1:], ""))


def _line(line: str) -> str:
    table = _TABLE_LINE.match(line) is not None
    if not table:
        if _UNDERLINE.match(line):
            return ""
        line = _NUMBERED_ARTICLE.sub("", _BULLET.sub("", _QUOTE.sub("", line)))
        line = line[:-1] if line.endswith("\\") and not line.endswith("\\\\") else line
    line = _LINK.sub(r"\1", line)
    line = _STRONG.sub(r"\2", _STRONG.sub(r"\2", line))
    line = _EMPHASIS_HAN.sub(r"\1", _EMPHASIS.sub(r"\1", line))
    line = CODE.sub(r"\g<code>", line)
    return read_entities(line if table else _ESCAPED.sub(r"\1", line))
