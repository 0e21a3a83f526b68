"""DOCX and PDF files for tests: the smallest package Word would open, and pages drawn with reportlab."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

W_NS = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_P = "http://schemas.openxmlformats.org/package/2006"
_WML = "application/vnd.openxmlformats-officedocument.wordprocessingml"
NAMESPACES = (
    f'{W_NS} xmlns:r="{_R}" xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
)


def p(text: str = "", *, props: str = "", run: str = "") -> str:
    """A paragraph with one run; `props` goes into w:pPr, `run` into w:rPr."""
    look = f"<w:rPr>{run}</w:rPr>" if run else ""
    words = f'<w:r>{look}<w:t xml:space="preserve">{text}</w:t></w:r>' if text else ""
    return f"<w:p>{f'<w:pPr>{props}</w:pPr>' if props else ''}{words}</w:p>"


def listed(text: str, num: int = 1, level: int = 0) -> str:
    """A paragraph numbered by Word."""
    return p(text, props=f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{num}"/></w:numPr>')


def level(ilvl: int, fmt: str, text: str, *, start: int = 1, extra: str = "") -> str:
    """A w:lvl."""
    count = f'<w:start w:val="{start}"/><w:numFmt w:val="{fmt}"/>{extra}'
    return f'<w:lvl w:ilvl="{ilvl}">{count}<w:lvlText w:val="{text}"/></w:lvl>'


def numbering(levels: str, *, nums: str = "") -> str:
    """A numbering part: one abstract list, used by numId 1 and by what `nums` adds."""
    one = '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    return f'<w:abstractNum w:abstractNumId="0">{levels}</w:abstractNum>{one}{nums}'


def docx(
    body: str,
    *,
    numbers: str = "",
    styles: str = "",
    parts: Mapping[str, str] | None = None,
    relations: Sequence[tuple[str, str]] = (),
    external: Sequence[tuple[str, str]] = (),
    members: Mapping[str, bytes] | None = None,
    prolog: str = "",
) -> bytes:
    """A DOCX. `parts` are XML parts by name in word/, `relations` (kind, target) those of the body."""
    names = {**{f"word/{k}": v for k, v in (parts or {}).items()}}
    links = list(relations)
    if numbers:
        names["word/numbering.xml"] = f"<w:numbering {NAMESPACES}>{numbers}</w:numbering>"
        links.append(("numbering", "numbering.xml"))
    if styles:
        names["word/styles.xml"] = f"<w:styles {NAMESPACES}>{styles}</w:styles>"
        links.append(("styles", "styles.xml"))
    rels = "".join(f'<Relationship Id="r{i}" Type="{_R}/{k}" Target="{t}"/>' for i, (k, t) in enumerate(links))
    rels += "".join(
        f'<Relationship Id="x{i}" Type="{_R}/{k}" Target="{t}" TargetMode="External"/>'
        for i, (k, t) in enumerate(external)
    )
    files = {
        "[Content_Types].xml": f'<Types xmlns="{_P}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{_WML}.document.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_P}/relationships">'
        f'<Relationship Id="r1" Type="{_R}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{_P}/relationships">{rels}</Relationships>',
        "word/document.xml": f"{prolog}<w:document {NAMESPACES}><w:body>{body}</w:body></w:document>",
        **names,
    }
    return pack({**{k: v.encode() for k, v in files.items()}, **(members or {})})


def pack(members: Mapping[str, bytes] | Sequence[tuple[str, bytes]]) -> bytes:
    """A ZIP file."""
    out = io.BytesIO()
    pairs = members.items() if isinstance(members, Mapping) else members
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in pairs:
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def cell(text: str = "", *, props: str = "") -> str:
    """A table cell of one paragraph."""
    return f"<w:tc>{f'<w:tcPr>{props}</w:tcPr>' if props else ''}{p(text)}</w:tc>"


def table(*rows: Sequence[str]) -> str:
    """A table of cells."""
    return f"<w:tbl>{''.join(f'<w:tr>{chr(10).join(row)}</w:tr>' for row in rows)}</w:tbl>"


# --- PDF ----------------------------------------------------------------------------------------

FONT = "STSong-Light"


def pdf(*pages: Callable[[Any], None]) -> bytes:
    """A PDF; each page is drawn by a function that gets reportlab's canvas. A4, the font has no file."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(595, 842))
    for draw in pages:
        canvas.setFont(FONT, 12)
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def locked(raw: bytes, *, user: str) -> bytes:
    """A PDF with an owner password, and a password for opening it unless `user` is empty."""
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(raw)))
    writer.encrypt(user_password=user, owner_password="owner", algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def lines_page(lines: Sequence[str], *, left: float = 90, top: float = 740, size: float = 12) -> Callable[[Any], None]:
    """A page of lines, 20 points apart. A line that begins with 　　 is indented by two characters."""

    def draw(canvas: Any) -> None:
        for at, line in enumerate(lines):
            indent = 2 * size if line.startswith("　　") else 0
            canvas.setFont(FONT, size)
            canvas.drawString(left + indent, top - 20 * at, line.lstrip("　"))

    return draw


def flowed_pdf(title: str, paragraphs: Sequence[str], *, head: str = "", indent: bool = True) -> bytes:
    """A PDF in which reportlab breaks lines and pages, with a running head and page numbers."""
    from html import escape

    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.platypus import Paragraph, SimpleDocTemplate

    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    body = ParagraphStyle("b", fontName=FONT, fontSize=12, leading=20, firstLineIndent=24 * indent, wordWrap="CJK")
    large = ParagraphStyle("t", fontName=FONT, fontSize=18, leading=26, alignment=1, wordWrap="CJK")

    def furniture(canvas: Any, template: Any) -> None:
        canvas.setFont(FONT, 9)
        canvas.drawCentredString(297, 800, head)
        canvas.drawCentredString(297, 40, f"— {template.page} —")

    out = io.BytesIO()
    flowables = [Paragraph(escape(title), large), *(Paragraph(escape(text), body) for text in paragraphs)]
    template = SimpleDocTemplate(out, pagesize=(595, 842), leftMargin=84, rightMargin=84)
    template.build(flowables, onFirstPage=furniture, onLaterPages=furniture)
    return out.getvalue()
