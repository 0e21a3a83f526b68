"""Pages as old sites and mobile readers give them: the twelve documents of `page_drafts` inside their furniture.

`PAGES` are the variants that rules were written against, `HELD_OUT` those that were first read when the rules stood,
`MET_LATER` those whose forms were found on pages after that.
A variant is a template: {T} title, {B} the document, {D} a day, {I} who put it there; what else stands in it is
furniture. Pages say gb2312 and are written in GB18030, as old sites do.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from generated_corpus import Grid, Line, squeeze
from old_page_templates import HELD_OUT, MET_LATER, PAGES, Variant
from page_drafts import PageDraft, page_drafts

__all__ = ["HELD_OUT", "MET_LATER", "PAGES", "Page", "pages"]

_TEXT = re.compile(r">([^<>]+)<")
_SLOTS = re.compile(r"\{[TBDI]\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page, the document in it, and the words of its furniture."""

    name: str
    suffix: str
    raw: bytes
    document: PageDraft
    furniture: frozenset[str]  # squeezed


def pages(variants: tuple[Variant, ...]) -> Iterator[Page]:
    """Every document in five of the six variants: sixty pages."""
    for number, document in enumerate(page_drafts()):
        for turn in range(5):
            variant = variants[(number + turn) % len(variants)]
            yield page(document, variant)


def page(document: PageDraft, variant: Variant) -> Page:
    """One document in one variant."""
    body = "\n".join(_body(document, variant))
    place = document.issuers[0] if document.issuers else "本站"
    made = variant.template.strip().replace("{B}", body).replace("{T}", document.title)
    made = made.replace("{D}", document.issued or "2016-05-20").replace("{I}", place)
    own = document.draft.squeezed
    return Page(
        name=f"{document.name}-{variant.name}",
        suffix=variant.suffix,
        raw=made.encode("gb18030" if variant.suffix == "html" else "utf-8"),
        document=document,
        furniture=frozenset(words for words in _furniture(variant) if words not in own),
    )


def _furniture(variant: Variant) -> Iterator[str]:
    template = variant.template
    template = re.sub(r"<(script|style|title)\b[^>]*>[^<]*</\1>", "", template, flags=re.IGNORECASE)
    found = _TEXT.findall(template) if variant.suffix == "html" else template.split("\n")
    for words in found:
        for piece in _SLOTS.split(html.unescape(words)):
            if squeeze(piece):
                yield squeeze(piece)


def _body(document: PageDraft, variant: Variant) -> Iterator[str]:
    for block in document.draft.blocks:
        if isinstance(block, Grid):
            yield _TABLES[variant.body](block)
        elif not (variant.titled and block.style == "title" and squeeze(block.text) == squeeze(document.title)):
            yield _line(block, variant.body)


def _line(line: Line, form: str) -> str:
    words = line.text
    indent = line.style not in ("title", "flag", "number", "note", "right", "part")
    if form == "txt":
        return ("\u3000\u3000" if indent else "\u3000" * 12 if line.style == "right" else "") + words
    words = html.escape(words)
    align = "left" if indent else "right" if line.style == "right" else "center"
    return _FORMS[form].format(words=words, align=align, indent="　　" if indent else "")


_FORMS = {
    "p": '<p style="text-align:{align};text-indent:2em">{words}</p>',
    "br": "&nbsp;&nbsp;&nbsp;&nbsp;{words}<br>",
    "div": '<div><span style="font-size:16px">{indent}{words}</span></div>',
    "font": "<P align={align}><FONT face=仿宋_GB2312 size=4>{indent}{words}</FONT></P>",
    "word": '<p class=MsoNormal align={align}><span lang=EN-US>{indent}</span><span style="font-family:宋体">{words}'
    "<o:p></o:p></span></p>",
    "section": "<section><p><span>{words}</span></p></section>",
}


def _plain_table(grid: Grid) -> str:
    return "\n".join("\t".join(row) for row in grid.rows)


def _bordered(grid: Grid) -> str:
    rows = "".join("<TR>" + "".join(f"<TD>{html.escape(c)}</TD>" for c in row) + "</TR>" for row in grid.rows)
    return f"<TABLE border=1 cellspacing=0>{rows}</TABLE>"


def _paragraphed(grid: Grid) -> str:
    cell = '<td width=120 style="border:solid 1px"><p class=MsoNormal align=center><span>{}</span></p></td>'
    rows = "".join("<tr>" + "".join(cell.format(html.escape(c)) for c in row) + "</tr>" for row in grid.rows)
    return f"<div align=center><table class=MsoNormalTable>{rows}</table></div>"


_TABLES = {
    "txt": _plain_table, "p": _bordered, "br": _bordered, "div": _paragraphed, "font": _bordered, "word": _paragraphed,
    "section": _paragraphed,
}  # fmt: skip
