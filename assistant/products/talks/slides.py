"""The pages of a talk as a PPTX file: 16:9, native text, notes, a source under every statement and on every page."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from lxml import etree
from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.oxml.ns import qn
from pptx.util import Emu, Inches, Pt

from assistant.products.talks.model import Point, Proved, SlideKind
from assistant.products.talks.package import FONT, LANGUAGE, describe, emphasised, keep_register, link_of
from assistant.products.talks.pages import Block, Kind, Line, Page
from assistant.products.talks.register import Register

_WIDTH, _HEIGHT = Inches(13.333), Inches(7.5)
_LEFT, _TOP, _WIDE = 0.5, 1.5, 12.3  # inches
_PLAIN_WIDE, _BESIDE_LEFT, _BESIDE_WIDE = 7.1, 7.8, 5.0
_UNIT = 0.46  # inches of one line of plain words
_TITLE_ONLY = 5  # layout of the template
_BLUE, _INK, _GREY, _AMBER = RGBColor(31, 56, 100), RGBColor(34, 34, 34), RGBColor(89, 89, 89), RGBColor(124, 74, 0)
_PALE, _SAND = RGBColor(238, 242, 248), RGBColor(253, 246, 227)
_SIZES = {
    Kind.PLAIN: 24,
    Kind.QUESTION: 24,
    Kind.TEXT: 22,
    Kind.FIXED: 16,
    Kind.BLANK: 22,
    Kind.QUOTE: 14,
    Kind.SOURCE: 12,
}
_HEIGHTS = {Kind.QUESTION: 1.0, Kind.SOURCE: 0.7}


def slides_file(proved: Proved, pages: Sequence[Page], register: Register, *, base: str | None = None) -> bytes:
    """The PPTX file.

    Args:
        base: the address of the service, where clauses are read; without it sources lead to the last page.
    """
    deck = _Deck(proved, base)
    for page in pages:
        deck.add(page)
    deck.link_inside(pages)
    presentation = deck.presentation
    describe(presentation.core_properties, proved)
    keep_register(presentation.part, register)
    out = BytesIO()
    presentation.save(out)
    return out.getvalue()


class _Deck:
    """A presentation on its way."""

    def __init__(self, proved: Proved, base: str | None) -> None:
        self.presentation: Any = Presentation()
        self._points = {point.id: point for point in proved.talk.points()}
        self._base = base
        self._sources: list[Any] = []  # shapes that lead to the last page
        self.presentation.slide_width, self.presentation.slide_height = _WIDTH, _HEIGHT
        _widen(self.presentation)
        _set_theme_fonts(self.presentation)

    def add(self, page: Page) -> None:
        """One page with its notes."""
        slide = self.presentation.slides.add_slide(self.presentation.slide_layouts[_TITLE_ONLY])
        cover = page.slide.kind is SlideKind.COVER
        title = slide.shapes.title
        title.left, title.top, title.width, title.height = _box(_LEFT, 1.6 if cover else 0.35, _WIDE, 1.05)
        frame = title.text_frame
        frame.word_wrap, frame.vertical_anchor = True, MSO_ANCHOR.MIDDLE
        _write(frame.paragraphs[0], page.title.text, size=40 if cover else 28, colour=_BLUE, bold=True, figures=False)
        frame.paragraphs[0].alignment = PP_ALIGN.CENTER if cover else PP_ALIGN.LEFT
        at = 3.0 if cover else _TOP
        for number, block in enumerate(page.blocks, start=1):
            self._block(slide, block, at, number)
            at += block.size * _UNIT
        self._foot(slide, page.foot)
        self._notes(slide, page.notes)

    def link_inside(self, pages: Sequence[Page]) -> None:
        """Lets every source that has no address outside lead to the page of sources."""
        last = next((n for n, page in enumerate(pages) if page.slide.kind is SlideKind.SOURCES), None)
        if last is None:
            return
        target = self.presentation.slides[last]
        for shape in self._sources:
            if shape.part is not target.part:
                shape.click_action.target_slide = target

    def _block(self, slide: Any, block: Block, top: float, number: int) -> None:
        beside = any(line.kind is Kind.QUOTE for line in block.lines)
        bottom = top + block.size * _UNIT
        at = told = top
        for line in block.lines:
            height = _HEIGHTS.get(line.kind, 1.0) * _UNIT
            match line.kind:
                case Kind.PLAIN:
                    height, told = bottom - at - _HEIGHTS[Kind.SOURCE] * _UNIT - 0.08, at
                    shape = self._text(slide, line, (_LEFT, at, _PLAIN_WIDE if beside else _WIDE, height))
                case Kind.QUOTE:
                    inner = bottom - told - _HEIGHTS[Kind.SOURCE] * _UNIT - 0.12
                    shape = self._text(slide, line, (_BESIDE_LEFT, told, _BESIDE_WIDE, inner), fill=_PALE)
                    height = 0.0
                case Kind.SOURCE:
                    at = bottom - height - 0.1
                    shape = self._source(slide, line, (_LEFT, at, _WIDE, height))
                case Kind.FIXED:
                    shape = self._text(slide, line, (_LEFT, at, _WIDE, bottom - at - 0.06), fill=_SAND)
                case _:
                    shape = self._text(slide, line, (_LEFT, at, _WIDE, max(height, 0.4)))
            shape.name = f"{line.kind.value} {line.point or number}"
            at += height

    def _text(self, slide: Any, line: Line, box: tuple[float, float, float, float], *, fill: Any = None) -> Any:
        shape = slide.shapes.add_textbox(*_box(*box))
        if fill is not None:
            shape.fill.solid()
            shape.fill.fore_color.rgb = fill
        colour = {Kind.QUESTION: _BLUE, Kind.QUOTE: _GREY, Kind.FIXED: _AMBER}.get(line.kind, _INK)
        frame = _frame(shape)
        _write(frame.paragraphs[0], line.text, size=_SIZES[line.kind], colour=colour, bold=line.kind is Kind.QUESTION)
        return shape

    def _source(self, slide: Any, line: Line, box: tuple[float, float, float, float]) -> Any:
        shape = slide.shapes.add_textbox(*_box(*box))
        paragraph = _frame(shape).paragraphs[0]
        _write(paragraph, line.text, size=_SIZES[Kind.SOURCE], colour=_GREY, figures=False)
        self._lead(shape, paragraph, self._points[line.point])
        return shape

    def _lead(self, shape: Any, paragraph: Any, point: Point) -> None:
        """Lets a source lead to its clause."""
        address = link_of(point, self._base)
        if address is None:
            self._sources.append(shape)
            return
        for run in paragraph.runs:
            run.hyperlink.address = address

    def _foot(self, slide: Any, line: Line) -> None:
        shape = slide.shapes.add_textbox(*_box(_LEFT, 6.95, _WIDE, 0.35))
        shape.name = "页脚"
        _write(_frame(shape).paragraphs[0], line.text, size=11, colour=_GREY, figures=False)
        self._sources.append(shape)

    def _notes(self, slide: Any, lines: Sequence[Line]) -> None:
        frame = slide.notes_slide.notes_text_frame
        for number, line in enumerate(lines):
            paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
            _write(paragraph, line.text, size=12, colour=None, figures=False)


def _frame(shape: Any) -> Any:
    frame = shape.text_frame
    frame.word_wrap, frame.vertical_anchor = True, MSO_ANCHOR.TOP
    frame.margin_top = frame.margin_bottom = Inches(0.03)
    return frame


def _write(paragraph: Any, text: str, *, size: int, colour: Any, bold: bool = False, figures: bool = True) -> None:
    """A paragraph of our font, its figures in bold."""
    for piece, figure in emphasised(text) if figures else [(text, False)]:
        run = paragraph.add_run()
        run.text = piece
        run.font.size, run.font.bold = Pt(size), bold or figure
        run.font.name = FONT
        if colour is not None:
            run.font.color.rgb = colour
        _east_asian(run)
    paragraph.line_spacing = 1.1


def _east_asian(run: Any) -> None:
    properties = run.font._element
    properties.set("lang", LANGUAGE)
    properties.set("altLang", "en-US")
    latin = properties.find(qn("a:latin"))
    east = etree.Element(qn("a:ea"), typeface=FONT)
    latin.addnext(east)


def _box(left: float, top: float, width: float, height: float) -> tuple[Emu, Emu, Emu, Emu]:
    return Inches(left), Inches(top), Inches(width), Inches(max(height, 0.2))


def _widen(presentation: Any) -> None:
    """The template is 4:3; what its master and layouts place is spread over 16:9."""
    master = presentation.slide_master
    for holder in (master, *master.slide_layouts):
        for shape in holder.placeholders:
            if shape._element.xfrm is not None and shape.width:
                shape.left, shape.width = Emu(shape.left * 4 // 3), Emu(shape.width * 4 // 3)


def _set_theme_fonts(presentation: Any) -> None:
    """Our font in the theme's East Asian slots, so that text added later has it too."""
    theme = presentation.slide_master.part.part_related_by(RELATIONSHIP_TYPE.THEME)
    root = etree.fromstring(theme.blob)
    for slot in ("majorFont", "minorFont"):
        for font in root.iter(qn(f"a:{slot}")):
            for name in ("a:latin", "a:ea"):
                font.find(qn(name)).set("typeface", FONT)
    theme._blob = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
