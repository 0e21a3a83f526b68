"""A conversation that was kept as a DOCX file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from docx import Document as DocxDocument
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from assistant.products.talks.package import AUTHOR, FONT, LANGUAGE
from assistant.serving.render.transcript import NOTICE, Kind, Line, Transcript, lines_of, marked

_INK, _GREY, _AMBER, _BLUE = RGBColor(34, 34, 34), RGBColor(89, 89, 89), RGBColor(124, 74, 0), RGBColor(31, 56, 100)
_PROPERTY = 255  # characters that a core property may have
_STYLES = {"Normal": 11, "List Bullet": 11, "Heading 1": 18, "Heading 2": 13}  # with their sizes in points
_SLOTS = ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """How a line looks; lengths in points, `indent` in centimetres."""

    style: str = "Normal"
    size: float | None = None
    colour: Any = None
    bold: bool = False
    indent: float = 0
    with_next: bool = False


_LOOKS: Mapping[Kind, _Look] = {
    Kind.TITLE: _Look(style="Heading 1"),
    Kind.TURN: _Look(style="Heading 2"),
    Kind.NOTE: _Look(size=10, colour=_GREY),
    Kind.WARNING: _Look(colour=_AMBER),
    Kind.ASKED: _Look(colour=_BLUE, bold=True, with_next=True),
    Kind.FACT: _Look(size=10, colour=_GREY, with_next=True),
    Kind.ANSWER: _Look(),
    Kind.LEAD: _Look(size=10, bold=True, with_next=True),
    Kind.SOURCE: _Look(size=10, with_next=True),
    Kind.QUOTE: _Look(size=9.5, colour=_GREY, indent=0.8),
    Kind.SMALL: _Look(size=9, colour=_GREY),
}


def transcript_docx(transcript: Transcript) -> bytes:
    """The DOCX file: marks [n] lead to their sources in it, sources to the reader where its address is known."""
    file = _File()
    for line in lines_of(transcript):
        file.add(line)
    file.foot(f"{NOTICE}　导出于 {transcript.made_at}")
    _describe(file.document.core_properties, transcript)
    out = BytesIO()
    file.document.save(out)
    return out.getvalue()


class _File:
    """A document on its way."""

    def __init__(self) -> None:
        self.document: Any = DocxDocument()
        self._marks = 0
        # Looked up once: python-docx searches every style for each paragraph that is given one.
        self._styles = {name: self.document.styles[name].style_id for name in _STYLES}
        _set_styles(self.document)
        section = self.document.sections[0]
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin = section.right_margin = Cm(2.4)
        section.top_margin = section.bottom_margin = Cm(2.2)

    def add(self, line: Line) -> None:
        """One paragraph, or an item of a list."""
        look = _LOOKS[line.kind]
        listed = line.kind is Kind.ANSWER and line.text.startswith("- ")
        paragraph = self.document.add_paragraph()
        paragraph._p.style = self._styles["List Bullet" if listed else look.style]
        if look.with_next:
            paragraph.paragraph_format.keep_with_next = True
        if look.indent:
            paragraph.paragraph_format.left_indent = Cm(look.indent)
        for text, place in _pieces(line, listed):
            runs = [_run(paragraph, text, look)]
            if place is not None:
                _into_link(paragraph, runs, "w:anchor", place)
        if line.link:
            target = self.document.part.relate_to(line.link, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
            _into_link(paragraph, paragraph.runs, "r:id", target)
        if line.kind is Kind.SOURCE and line.place:
            self._marks += 1
            _bookmark(paragraph, line.place, self._marks)

    def foot(self, text: str) -> None:
        """What stands at the foot of every page."""
        _run(self.document.sections[0].footer.paragraphs[0], text, _Look(size=8.5, colour=_GREY))


def _pieces(line: Line, listed: bool) -> list[tuple[str, str | None]]:
    pieces = list(marked(line))
    if listed and pieces:
        pieces[0] = (pieces[0][0].removeprefix("- "), pieces[0][1])
    return pieces


def _run(paragraph: Any, text: str, look: _Look) -> Any:
    run = paragraph.add_run(text)
    if look.bold:
        run.bold = True
    if look.size is not None:
        run.font.size = Pt(look.size)
    if look.colour is not None:
        run.font.color.rgb = look.colour
    _fonts(run._element.get_or_add_rPr())
    return run


def _into_link(paragraph: Any, runs: list[Any], kind: str, target: str) -> None:
    """Put these runs, the last of a paragraph, into a link; it shows as one."""
    link = OxmlElement("w:hyperlink")
    link.set(qn(kind), target)
    for run in runs:
        run.font.color.rgb = _BLUE
        run.font.underline = True
        link.append(run._element)
    paragraph._element.append(link)


def _bookmark(paragraph: Any, name: str, number: int) -> None:
    for tag in ("w:bookmarkStart", "w:bookmarkEnd"):
        mark = OxmlElement(tag)
        mark.set(qn("w:id"), str(number))
        if tag.endswith("Start"):
            mark.set(qn("w:name"), name)
        paragraph._element.append(mark)


def _fonts(properties: Any) -> None:
    fonts = properties.get_or_add_rFonts()
    for slot in _SLOTS:
        fonts.set(qn(slot), FONT)
    for slot in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
        fonts.attrib.pop(qn(slot), None)


def _set_styles(document: Any) -> None:
    """Our font in every style that is used, and Chinese as the language."""
    for name, size in _STYLES.items():
        style = document.styles[name]
        style.font.size = Pt(size)
        style.font.color.rgb = _BLUE if name.startswith("Heading") else _INK
        properties = style.element.get_or_add_rPr()
        _fonts(properties)
        language = OxmlElement("w:lang")
        language.set(qn("w:val"), "en-US")
        language.set(qn("w:eastAsia"), LANGUAGE)
        properties.append(language)
    document.styles["Normal"].paragraph_format.space_after = Pt(4)


def _describe(properties: Any, transcript: Transcript) -> None:
    """The core properties of the file."""
    title = f"政策问答：{' '.join(transcript.title.split())}"
    properties.title = title if len(title) <= _PROPERTY else f"{title[: _PROPERTY - 1]}…"
    properties.subject = "政策问答记录"
    properties.author = properties.last_modified_by = AUTHOR
    properties.keywords = ""
    properties.comments = f"{NOTICE}导出于 {transcript.made_at}（北京时间）"
    properties.category = "政策问答记录"
    properties.content_status = "程序生成，待人工复核"
    properties.language = LANGUAGE
