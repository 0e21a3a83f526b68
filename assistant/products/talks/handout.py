"""The handout of a talk as a DOCX file: one page to hand out, the script, cards, blanks and sources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from docx import Document as DocxDocument
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from assistant.products.talks.model import Point, Proved, SlideKind
from assistant.products.talks.package import FONT, LANGUAGE, describe, emphasised, keep_register, link_of
from assistant.products.talks.pages import Kind, Line, Page
from assistant.products.talks.register import EntryLine, Register, entry

_INK, _GREY, _AMBER, _BLUE = RGBColor(34, 34, 34), RGBColor(89, 89, 89), RGBColor(124, 74, 0), RGBColor(31, 56, 100)
_BOOKMARK = "sources"
_SHEET, _SCRIPT = "一页纸（可以发给听众）", "讲稿（按页）"
_PLAIN_WIDE, _BESIDE_WIDE = Cm(8.6), Cm(7.6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One paragraph, or a row of a table with lines left and right."""

    lines: tuple[Line, ...]
    beside: tuple[Line, ...] = ()
    heading: int = 0
    new_page: bool = False
    sources: bool = False  # where links inside the file lead


def rows_of(proved: Proved, pages: Sequence[Page]) -> Iterator[Row]:
    """What the handout holds, in its order."""
    talk = proved.talk
    yield Row(lines=(Line(kind=Kind.TITLE, text=f"宣讲材料：{talk.topic}"),), heading=1)
    for page in (p for p in pages if p.slide.kind is SlideKind.COVER):
        yield from (Row(lines=block.lines) for block in page.blocks)
    yield Row(lines=(Line(kind=Kind.TITLE, text=_SHEET),), heading=2)
    for page in pages:
        if page.slide.kind in (SlideKind.POINTS, SlideKind.RISKS, SlideKind.LIMITS):
            yield from _on_the_sheet(page)
    yield Row(lines=(Line(kind=Kind.TITLE, text=_SCRIPT),), heading=2, new_page=True)
    for page in pages:
        if page.slide.kind is not SlideKind.COVER:
            yield from _script(page)


def handout_lines(rows: Sequence[Row]) -> tuple[EntryLine, ...]:
    """The lines of the handout as the register keeps them."""
    return tuple(entry(line.kind, line.text, line.point) for row in rows for line in (*row.lines, *row.beside))


def _on_the_sheet(page: Page) -> Iterator[Row]:
    """The first statement of a page with its source, or all that is not promised."""
    yield Row(lines=(page.title,), heading=3)
    whole = page.slide.kind is not SlideKind.POINTS
    for block in page.blocks if whole else page.blocks[:1]:
        yield from (Row(lines=(line,)) for line in block.lines if line.kind is not Kind.QUOTE)


def _script(page: Page) -> Iterator[Row]:
    last = page.slide.kind is SlideKind.SOURCES
    yield Row(lines=(Line(kind=Kind.TITLE, text=f"第 {page.number} 页　{page.title.text}"),), heading=3, sources=last)
    yield from (Row(lines=(line,)) for line in page.notes[:2])
    for block in page.blocks:
        left = tuple(line for line in block.lines if line.kind in (Kind.QUESTION, Kind.PLAIN))
        right = tuple(line for line in block.lines if line.kind in (Kind.QUOTE, Kind.SOURCE))
        if right:
            yield Row(lines=left, beside=right)
        else:
            yield from (Row(lines=(line,)) for line in block.lines)


def handout_file(proved: Proved, rows: Sequence[Row], register: Register, *, base: str | None = None) -> bytes:
    """The DOCX file.

    Args:
        base: the address of the service, where clauses are read; without it sources lead to the last page.
    """
    handout = _Handout(proved, base)
    for row in rows:
        handout.add(row)
    handout.foot(f"政策核对于 {proved.talk.checked_on.isoformat()}　程序生成，使用前请人工复核")
    describe(handout.document.core_properties, proved)
    keep_register(handout.document.part, register)
    out = BytesIO()
    handout.document.save(out)
    return out.getvalue()


class _Handout:
    """A document on its way."""

    def __init__(self, proved: Proved, base: str | None) -> None:
        self.document: Any = DocxDocument()
        self._points = {point.id: point for point in proved.talk.points()}
        self._base = base
        self._table: Any = None
        _set_styles(self.document)
        section = self.document.sections[0]
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin = section.right_margin = Cm(2.2)
        section.top_margin = section.bottom_margin = Cm(2)

    def add(self, row: Row) -> None:
        """One row of the handout."""
        if row.beside:
            self._beside(row)
            return
        self._table = None
        for line in row.lines:
            paragraph = self.document.add_paragraph(style=f"Heading {row.heading}" if row.heading else None)
            if row.new_page:
                paragraph.paragraph_format.page_break_before = True
            if row.sources:
                _bookmark(paragraph, _BOOKMARK)
            self._line(paragraph, line)

    def foot(self, text: str) -> None:
        """What stands at the foot of every page; not part of the register."""
        _write(self.document.sections[0].footer.paragraphs[0], text, size=9, colour=_GREY)

    def _beside(self, row: Row) -> None:
        """A row of a table: what is said, and beside it the clause."""
        if self._table is None:
            self._table = self.document.add_table(rows=0, cols=2, style="Table Grid")
            self._table.autofit = False
        added = self._table.add_row()
        added._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        cells = added.cells
        for cell, lines, wide in ((cells[0], row.lines, _PLAIN_WIDE), (cells[1], row.beside, _BESIDE_WIDE)):
            cell.width = wide
            for number, line in enumerate(lines):
                self._line(cell.paragraphs[0] if number == 0 else cell.add_paragraph(), line)

    def _line(self, paragraph: Any, line: Line) -> None:
        match line.kind:
            case Kind.TITLE:
                _write(paragraph, line.text, figures=False)
            case Kind.SOURCE:
                self._source(paragraph, line)
            case Kind.QUOTE:
                _write(paragraph, line.text, size=10, colour=_GREY)
            case Kind.FIXED:
                _write(paragraph, line.text, colour=_AMBER)
            case Kind.QUESTION:
                _write(paragraph, line.text, colour=_BLUE, bold=True)
            case Kind.NOTE:
                paragraph.paragraph_format.keep_with_next = True
                _write(paragraph, line.text, size=10, colour=_GREY, figures=False)
            case _:
                _write(paragraph, line.text)

    def _source(self, paragraph: Any, line: Line) -> None:
        _write(paragraph, line.text, size=9.5, colour=_GREY, figures=False)
        point: Point = self._points[line.point]
        address = link_of(point, self._base)
        link = OxmlElement("w:hyperlink")
        if address is None:
            link.set(qn("w:anchor"), _BOOKMARK)
        else:
            link.set(qn("r:id"), self.document.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
        for run in list(paragraph.runs):
            link.append(run._element)
        paragraph._element.append(link)


def _write(
    paragraph: Any,
    text: str,
    *,
    size: float | None = None,
    colour: Any = None,
    bold: bool = False,
    figures: bool = True,
) -> None:
    for piece, figure in emphasised(text) if figures else [(text, False)]:
        run = paragraph.add_run(piece)
        if bold or figure:
            run.bold = True
        if size is not None:
            run.font.size = Pt(size)
        if colour is not None:
            run.font.color.rgb = colour
        _fonts(run._element.get_or_add_rPr())


def _fonts(properties: Any) -> None:
    fonts = properties.find(qn("w:rFonts"))
    if fonts is None:
        fonts = OxmlElement("w:rFonts")
        properties.insert(0, fonts)
    for slot in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
        fonts.set(qn(slot), FONT)
    for slot in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
        fonts.attrib.pop(qn(slot), None)


def _set_styles(document: Any) -> None:
    """Our font in every style that is used, Chinese as the language, dark headings."""
    sizes = {"Normal": 11, "Heading 1": 20, "Heading 2": 15, "Heading 3": 12.5}
    for name, size in sizes.items():
        style = document.styles[name]
        style.font.size = Pt(size)
        style.font.color.rgb = _INK if name == "Normal" else _BLUE
        properties = style.element.get_or_add_rPr()
        _fonts(properties)
        language = OxmlElement("w:lang")
        language.set(qn("w:val"), "en-US")
        language.set(qn("w:eastAsia"), LANGUAGE)
        properties.append(language)
    document.styles["Normal"].paragraph_format.space_after = Pt(4)


def _bookmark(paragraph: Any, name: str) -> None:
    for tag in ("w:bookmarkStart", "w:bookmarkEnd"):
        mark = OxmlElement(tag)
        mark.set(qn("w:id"), "1")
        if tag.endswith("Start"):
            mark.set(qn("w:name"), name)
        paragraph._element.append(mark)
