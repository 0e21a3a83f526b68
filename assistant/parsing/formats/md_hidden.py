"""What tags in Markdown keep from the reader of the page: taken out, and reported with its place."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from html import unescape

from assistant.parsing.formats.html_css import Look, look_of
from assistant.parsing.formats.model import Findings

# `words`: as many marks behind as before. An escaped mark opens nothing.
CODE = re.compile(r"(?<![\\`])(?P<marks>`{1,3})(?P<code>[^`\n]{1,500})(?P=marks)(?!`)")
_TAG = re.compile(r"<(?P<close>/?)(?P<name>[a-zA-Z][\w-]{0,20})\b(?P<attributes>[^<>]{0,2000})>")
_CODE_OR_TAG = re.compile(f"{CODE.pattern}|{_TAG.pattern}")  # whichever begins first holds the other
_ATTRIBUTE = re.compile(
    r"(?P<name>[\w-]{1,40})"
    r"(?:\s*=\s*(?:\"(?P<two>[^\"]{0,2000})\"|'(?P<one>[^']{0,2000})'|(?P<bare>[^\s\"'>]{1,500})))?"
)
_VOID = frozenset({"br", "hr", "img", "input", "meta", "link", "base", "col", "wbr", "source", "embed"})
_SILENT = frozenset({"template", "style", "script"})  # never shown, whatever stands in them
_INLINE = frozenset({"span", "font", "b", "i", "em", "strong", "a", "u", "small", "label", "mark", "p", "li"})
_SCRIPT_END = re.compile(r"</script\b[^<>]{0,100}>", re.IGNORECASE)
_LOOKED_BACK = 80  # characters before what is left out, of which the last are its place


def without_concealed(text: str, findings: Findings) -> str:
    """`text` without the words in elements that are not shown, and without pictures. Linear in its length."""
    kept: list[str] = []
    script_ends = [match.span() for match in _SCRIPT_END.finditer(text)]
    at = 0
    while (tag := _CODE_OR_TAG.search(text, at)) is not None:
        if tag["code"]:  # `<script>`: the tag itself is spoken of
            kept.append(text[at : tag.end()])
            at = tag.end()
            continue
        name, attributes = tag["name"].lower(), _attributes(tag["attributes"])
        place = text[max(0, tag.start() - _LOOKED_BACK) : tag.start()].rstrip().rpartition("\n")[2]
        kind = None if tag["close"] or name in _VOID else _kind(name, attributes)
        if kind is None:
            unseen = _unseen_itself(name, attributes, place, findings)
            kept.append(text[at : tag.start()] if unseen else text[at : tag.end()])
            at = tag.end()
            continue
        kept.append(text[at : tag.start()])
        end, at = _end(text, name, tag.end(), script_ends)
        findings.hide(kind, _TAG.sub("", text[tag.end() : end]), where=place)
    kept.append(text[at:])
    return "".join(kept)


def _unseen_itself(name: str, attributes: Mapping[str, str], place: str, findings: Findings) -> bool:
    """Whether a tag is a picture or a hidden field, whose words are reported."""
    if name == "img":
        findings.hide("alt", attributes.get("alt", ""), where=place)
        findings.lose("图片", behind=place or attributes.get("alt", ""))
        return True
    if name == "input" and attributes.get("type", "").lower() == "hidden":
        findings.hide("display_none", attributes.get("value", ""), where=place)
        return True
    return False


def _kind(name: str, attributes: Mapping[str, str]) -> str | None:
    """The kind of concealment of an element."""
    if name == "script":
        return "script"
    return "display_none" if name in _SILENT else look_of(Look(), name, attributes, {}).hidden_as()


def _attributes(words: str) -> dict[str, str]:
    found = (m for m in _ATTRIBUTE.finditer(words))
    return {m["name"].lower(): unescape(m["two"] or m["one"] or m["bare"] or "") for m in found}


def _end(text: str, name: str, start: int, script_ends: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Where the words of the element end, and where the text goes on. One never closed ends with its block."""
    if name == "script" and (later := bisect_left(script_ends, (start, 0))) < len(script_ends):
        return script_ends[later]  # blank lines and < are its own
    blank = text.find("\n\n", start) if name in _INLINE or name == "script" else -1
    end = blank if blank >= 0 else len(text)
    depth = 1
    for tag in _TAG.finditer(text, start, end):
        if tag["name"].lower() == name:
            depth += -1 if tag["close"] else 1
            if depth == 0:
                return tag.start(), tag.end()
    return end, end
