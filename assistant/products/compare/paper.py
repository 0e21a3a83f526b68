"""A comparison as a DOCX file: old and new side by side, words taken out struck through, words put in underlined."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from assistant.products.compare.model import Comparison, EditKind, Line
from assistant.products.compare.report import NOTE, UNLIKE, label, listed, named, place, summary
from assistant.products.duties.columns import as_typed, harmless

_FONT = "Microsoft YaHei"
_TAKEN, _PUT, _HEAD = "8A1C13", "14532D", "DCE6F1"
_WIDTHS_CM = (2.6, 12.0, 12.0)


def as_paper(comparison: Comparison) -> bytes:
    """The file."""
    from docx import Document
    from docx.enum.section import WD_ORIENT
    from docx.shared import Pt

    paper: Any = Document()
    section = paper.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = section.page_height, section.page_width
    _chinese(paper.styles["Normal"])
    paper.styles["Normal"].font.size = Pt(10)
    paper.core_properties.title = "条款对照"
    paper.core_properties.author = "普惠政策助手"
    paper.core_properties.language = "zh-CN"
    paper.add_paragraph().add_run("条款对照").bold = True
    paper.add_paragraph(_clean(f"旧：{named(comparison.before)}"))
    paper.add_paragraph(_clean(f"新：{named(comparison.after)}"))
    paper.add_paragraph(summary(comparison))
    if not comparison.alike:
        paper.add_paragraph(UNLIKE)
    _table(paper, comparison)
    paper.add_paragraph(NOTE)
    out = BytesIO()
    paper.save(out)
    return out.getvalue()


def _table(paper: Any, comparison: Comparison) -> None:
    from docx.shared import Cm

    lines = list(listed(comparison))
    table = paper.add_table(rows=1 + len(lines), cols=3)
    table.style = "Table Grid"
    table.autofit = False
    _again_on_each_page(table.rows[0])
    rows = table.rows
    for cell, name in zip(rows[0].cells, ("变化", "旧", "新"), strict=True):
        cell.paragraphs[0].add_run(name).bold = True
        _shade(cell, _HEAD)
    for row, line in zip(list(rows)[1:], lines, strict=True):
        first, old, new = row.cells
        first.paragraphs[0].add_run(f"{label(line, alike=comparison.alike)}\n{place(line)}")
        _words(old.paragraphs[0], line, EditKind.TAKEN)
        _words(new.paragraphs[0], line, EditKind.PUT)
    for column, width in zip(table.columns, _WIDTHS_CM, strict=True):
        column.width = Cm(width)  # LibreOffice reads these, Word those of the cells
    for row in rows:
        for cell, width in zip(row.cells, _WIDTHS_CM, strict=True):
            cell.width = Cm(width)


def _words(paragraph: Any, line: Line, kind: EditKind) -> None:
    """One side of a line; `kind` is what stands on that side alone."""
    from docx.shared import RGBColor

    part = line.before if kind is EditKind.TAKEN else line.after
    if part is None:
        return
    if not line.edits:
        paragraph.add_run(_clean(part.words))
        return
    for edit in line.edits:
        if edit.kind is EditKind.KEPT:
            paragraph.add_run(_clean(edit.words))
        elif edit.kind is kind:
            run = paragraph.add_run(_clean(edit.words))
            run.font.color.rgb = RGBColor.from_string(_TAKEN if kind is EditKind.TAKEN else _PUT)
            run.font.strike = kind is EditKind.TAKEN
            run.font.underline = kind is EditKind.PUT


def _clean(words: str) -> str:
    """Words as XML may hold them."""
    return as_typed(harmless(words))


def _chinese(style: Any) -> None:
    from docx.oxml.ns import qn

    style.font.name = _FONT
    style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), _FONT)


def _again_on_each_page(row: Any) -> None:
    from docx.oxml import OxmlElement

    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _shade(cell: Any, colour: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", colour)):
        shade.set(qn(f"w:{name}"), value)
    cell._tc.get_or_add_tcPr().append(shade)
