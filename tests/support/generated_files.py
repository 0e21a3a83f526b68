"""Drafts as files: txt, md, HTML as portals export it, DOCX with Word's own numbers, PDF with page furniture."""

from __future__ import annotations

import html
import io
import random
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

from generated_corpus import Draft, Grid, Line, squeeze

_INDENTED = frozenset({"body", "heading"})


def txt(draft: Draft, rng: random.Random) -> bytes:
    """Plain text; tables one row a line; pages with their numbers."""
    lines = list(_lines(draft, rng, pages=rng.random() < 0.5))
    blank = "\n\n" if rng.random() < 0.4 else "\n"
    newline = rng.choice(("\n", "\n", "\r\n"))
    text = (blank.join(lines) + "\n").replace("\n", newline)
    return text.encode(rng.choice(("utf-8", "utf-8", "utf-8-sig", "gb18030")))


def md(draft: Draft, rng: random.Random) -> bytes:
    """Markdown: paragraphs apart from each other, pipe tables."""
    out: list[str] = []
    for block in draft.blocks:
        if isinstance(block, Grid):
            head, *rows = (f"| {' | '.join(row)} |" for row in block.rows)
            out.append("\n".join((head, "|" + " --- |" * len(block.rows[0]), *rows)))
        else:
            mark = "# " if block.style == "title" and rng.random() < 0.5 else ""
            out.append(mark + "\n\n".join(_pieces(block)))
    draft.noise.add(squeeze("|" + " --- |" * 4))
    return ("\n\n".join(out) + "\n").encode()


def _lines(draft: Draft, rng: random.Random, *, pages: bool) -> Iterable[str]:
    indent = rng.choice(("", "　　", "　　", "    "))
    page = 0
    for block in draft.blocks:
        if isinstance(block, Grid):
            yield from ("\t".join(row) for row in block.rows)
            continue
        lead = indent if block.style in _INDENTED else ""
        first, *rest = _pieces(block)
        yield lead + first
        for piece in rest:
            if pages and rng.random() < 0.4:
                page += 1
                number = f"— {page} —"
                draft.noise.add(squeeze(number))
                yield number
            yield piece


def _pieces(line: Line) -> list[str]:
    """The paragraph in the parts an export tore it into."""
    cuts = (0, *line.breaks, len(line.words))
    parts = [line.words[a:b] for a, b in pairwise(cuts)]
    return [f"{line.label}{line.gap}{parts[0]}", *parts[1:]]


# --- HTML ---------------------------------------------------------------------------------------

_PAGE = """<!DOCTYPE html><html><head><meta charset="{charset}"><title>{title}</title>
<style>.x{{display:none}}</style><script>var nav = "第一条 不是条文";</script></head><body>
<div class="header"><ul class="nav"><li><a href="/">首页</a></li><li><a href="/zc">政策</a></li></ul></div>
<div class="main"><div class="article" id="zoom">
{body}
</div></div>
<div class="footer"><p>版权所有：某市金融监督管理局 京ICP备00000000号</p></div></body></html>"""


def portal_html(draft: Draft, rng: random.Random) -> bytes:
    """A portal's page: navigation, script, footer, `<ol>` for plain numbers, `&nbsp;` for indents."""
    charset = rng.choice(("utf-8", "gb18030"))
    ordered = rng.random() < 0.5
    out: list[str] = []
    for group in _runs(draft.blocks, ordered):
        if len(group) > 1 or _counted(group[0], ordered):
            items = "".join(f"<li>{html.escape(line.words)}</li>" for line in group if isinstance(line, Line))
            start = group[0].value if isinstance(group[0], Line) else 1
            out.append(f'<ol start="{start}">{items}</ol>')
        elif isinstance(group[0], Grid):
            out.append(_html_table(group[0]))
        else:
            out.append(_html_line(group[0], rng))
    title = next(b.words for b in draft.blocks if isinstance(b, Line) and b.style == "title")
    page = _PAGE.format(charset=charset, title=html.escape(title), body="\n".join(out))
    return page.encode(charset)


def _counted(block: Line | Grid, ordered: bool) -> bool:
    return ordered and isinstance(block, Line) and block.series in ("h3", "subitem") and not block.breaks


def _runs(blocks: list[Line | Grid], ordered: bool) -> list[list[Line | Grid]]:
    groups: list[list[Line | Grid]] = []
    for block in blocks:
        before = groups[-1][-1] if groups else None
        goes_on = (
            isinstance(block, Line)
            and isinstance(before, Line)
            and _counted(block, ordered)
            and _counted(before, ordered)
            and block.value == before.value + 1
        )
        if goes_on:
            groups[-1].append(block)
        else:
            groups.append([block])
    return groups


def _html_table(grid: Grid) -> str:
    rows = "".join("<tr>" + "".join(f"<td><p>{html.escape(c)}</p></td>" for c in row) + "</tr>" for row in grid.rows)
    return f'<table border="1"><tbody>{rows}</tbody></table>'


def _html_line(line: Line, rng: random.Random) -> str:
    align = (
        "center" if line.style in ("title", "flag", "number", "note") else "right" if line.style == "right" else "left"
    )
    out = []
    for number, piece in enumerate(_pieces(line)):
        words = html.escape(piece)
        if line.style in _INDENTED and not number:
            words = rng.choice(("&nbsp;&nbsp;&nbsp;&nbsp;", "　　", "&emsp;&emsp;")) + words
        if line.label and not number and rng.random() < 0.3:
            words = f"<strong><span>{words}</span></strong>"
        out.append(f'<p style="text-align:{align}">{words}</p>')
    return "\n".join(out)


# --- DOCX ---------------------------------------------------------------------------------------

_SERIES = {
    "h1": ("chineseCountingThousand", "%1、"),
    "h2": ("chineseCountingThousand", "（%1）"),
    "h3": ("decimal", "%1."),
    "h4": ("decimal", "（%1）"),
    "article": ("chineseCountingThousand", "第%1条"),
    "item": ("chineseCountingThousand", "（%1）"),
    "subitem": ("decimal", "%1."),
}


def docx(draft: Draft, rng: random.Random) -> bytes:
    """A Word file; in most, its numbers are not in the text but counted by Word."""
    from docx import Document

    document = Document()
    section = document.sections[0]
    section.header.paragraphs[0].text = "某市金融监督管理局文件汇编"
    section.footer.paragraphs[0].text = "— 1 —"
    automatic = rng.random() < 0.7
    numbers = _WordNumbers(document) if automatic else None
    for block in draft.blocks:
        if isinstance(block, Grid):
            table = document.add_table(rows=0, cols=len(block.rows[0]))
            for row in block.rows:
                for cell, words in zip(table.add_row().cells, row, strict=True):
                    cell.text = words
        else:
            _word_paragraph(document, block, rng, numbers)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _word_paragraph(document: Any, line: Line, rng: random.Random, numbers: _WordNumbers | None) -> None:
    if line.style == "part":
        document.add_page_break()
    for at, piece in enumerate(_pieces(line)):
        counted = numbers is not None and line.series and not at
        if counted:
            piece = piece.removeprefix(f"{line.label}{line.gap}")
        paragraph = document.add_paragraph()
        cut = rng.randint(1, len(piece)) if rng.random() < 0.3 else len(piece)
        paragraph.add_run(piece[:cut])
        if piece[cut:]:
            paragraph.add_run(piece[cut:]).bold = True
        if counted and numbers is not None:
            numbers.number(paragraph, line)


class _WordNumbers:
    """Numbering definitions, one w:num for each run of numbers."""

    def __init__(self, document: Any) -> None:
        self._root = document.part.numbering_part.element
        self._abstract: dict[str, int] = {}
        self._last: dict[str, tuple[int, int]] = {}
        self._next = 500

    def number(self, paragraph: Any, line: Line) -> None:
        from docx.oxml import parse_xml
        from docx.oxml.ns import nsdecls

        num, last = self._last.get(line.series, (0, -1))
        if not num or line.value != last + 1:
            num = self._start(line)
        self._last[line.series] = (num, line.value)
        properties = f'<w:numPr {nsdecls("w")}><w:ilvl w:val="0"/><w:numId w:val="{num}"/></w:numPr>'
        paragraph._p.get_or_add_pPr().append(parse_xml(properties))

    def _start(self, line: Line) -> int:
        from docx.oxml import parse_xml
        from docx.oxml.ns import nsdecls

        if line.series not in self._abstract:
            self._next += 1
            self._abstract[line.series] = self._next
            fmt, text = _SERIES[line.series]
            xml = (
                f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{self._next}"><w:lvl w:ilvl="0"><w:start w:val="1"/>'
                f'<w:numFmt w:val="{fmt}"/><w:suff w:val="space"/><w:lvlText w:val="{text}"/></w:lvl></w:abstractNum>'
            )
            first = self._root.find(f"{{{self._root.nsmap['w']}}}num")
            made = parse_xml(xml)
            if first is None:
                self._root.append(made)
            else:
                first.addprevious(made)
        self._next += 1
        xml = (
            f'<w:num {nsdecls("w")} w:numId="{self._next}"><w:abstractNumId w:val="{self._abstract[line.series]}"/>'
            f'<w:lvlOverride w:ilvl="0"><w:startOverride w:val="{line.value}"/></w:lvlOverride></w:num>'
        )
        self._root.append(parse_xml(xml))
        return self._next


# --- PDF ----------------------------------------------------------------------------------------


def pdf(draft: Draft, rng: random.Random) -> bytes:
    """Pages set in a CJK font that every reader has: wrapped lines, running header, page numbers."""
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.platypus import SimpleDocTemplate

    if "STSong-Light" not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    header, state = rng.random() < 0.5, rng.getstate()

    def furnish(canvas: Any, document: Any) -> None:
        canvas.setFont("STSong-Light", 9)
        canvas.drawCentredString(A4[0] / 2, 30, f"— {document.page} —")
        if header and pages > 1:
            canvas.drawCentredString(A4[0] / 2, A4[1] - 35, "某市金融监督管理局政策汇编")

    pages = 1
    for _ in range(2):  # a head on a single page cannot be told from a line of the text
        out = io.BytesIO()
        template = SimpleDocTemplate(out, pagesize=A4, leftMargin=80, rightMargin=80, topMargin=80, bottomMargin=70)
        rng.setstate(state)
        template.build(_flowables(draft, rng), onFirstPage=furnish, onLaterPages=furnish)
        pages = template.page
    return out.getvalue()


def _flowables(draft: Draft, rng: random.Random) -> list[Any]:
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import PageBreak, Paragraph, Table, TableStyle

    size = rng.choice((12, 14, 16))
    common = {"fontName": "STSong-Light", "fontSize": size, "leading": size * 1.6, "wordWrap": "CJK"}
    body = ParagraphStyle("body", firstLineIndent=2 * size, **common)
    centre = ParagraphStyle("centre", alignment=1, spaceAfter=size, **common)
    large = {**common, "fontSize": size + 6, "leading": 1.6 * (size + 6)}
    title = ParagraphStyle("title", alignment=1, spaceAfter=size, **large)
    right = ParagraphStyle("right", alignment=2, **common)
    flush = ParagraphStyle("flush", **common)
    styles = {"body": body, "heading": body, "right": right, "part": flush, "title": title}
    out: list[Any] = []
    for block in draft.blocks:
        if isinstance(block, Grid):
            grid = TableStyle(
                [("GRID", (0, 0), (-1, -1), 0.5, "black"), ("FONT", (0, 0), (-1, -1), "STSong-Light", 10)]
            )
            out.append(Table(block.rows, style=grid))
            continue
        if block.style == "part":
            out.append(PageBreak())
        out.append(Paragraph(html.escape(block.text), styles.get(block.style, centre)))
    return out


RENDERERS: dict[str, Callable[[Draft, random.Random], bytes]] = {
    "txt": txt,
    "md": md,
    "html": portal_html,
    "docx": docx,
    "pdf": pdf,
}
