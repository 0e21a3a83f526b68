"""Spreadsheets and slides for tests: packages written by hand, with exactly what a test needs and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from office_files import pack

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_P = "http://schemas.openxmlformats.org/package/2006"
_A = "http://schemas.openxmlformats.org/drawingml/2006/main"
_PML = "http://schemas.openxmlformats.org/presentationml/2006/main"
_D = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"


def relations(*links: tuple[str, str, str], external: Sequence[tuple[str, str]] = ()) -> bytes:
    """A part of relations: (id, kind, target) each; `external` are (kind, address)."""
    inner = "".join(f'<Relationship Id="{i}" Type="{_R}/{k}" Target="{t}"/>' for i, k, t in links)
    inner += "".join(
        f'<Relationship Id="x{n}" Type="{_R}/{k}" Target="{t}" TargetMode="External"/>'
        for n, (k, t) in enumerate(external)
    )
    return f'<Relationships xmlns="{_P}/relationships">{inner}</Relationships>'.encode()


@dataclass(frozen=True, kw_only=True)
class SheetXml:
    """One sheet: the XML of its data, and what stands before and behind it."""

    name: str
    data: str
    state: str = "visible"
    before: str = ""  # cols, sheetFormatPr
    behind: str = ""  # mergeCells, headerFooter, drawing
    links: tuple[tuple[str, str, str], ...] = ()
    external: tuple[tuple[str, str], ...] = ()


def c(ref: str, words: str, *, style: int = 0) -> str:
    """A cell whose words stand in it."""
    return f'<c r="{ref}" s="{style}" t="inlineStr"><is><t>{escape(words)}</t></is></c>'


def n(ref: str, value: str, *, style: int = 0, formula: str = "") -> str:
    """A cell with a number, or with a formula and the number it last gave."""
    made = f"<f>{escape(formula)}</f>" if formula else ""
    return f'<c r="{ref}" s="{style}">{made}{f"<v>{value}</v>" if value else ""}</c>'


def row(at: int, *cells: str, props: str = "") -> str:
    """A row of cells."""
    return f'<row r="{at}" {props}>{"".join(cells)}</row>'


def xlsx(
    *sheets: SheetXml,
    styles: str = "",
    shared: str = "",
    properties: str = "",
    members: Mapping[str, bytes] | None = None,
    prolog: str = "",
) -> bytes:
    """An XLSX of these sheets. `styles` and `shared` are the inner XML of their parts."""
    links = [(f"r{i}", "worksheet", f"worksheets/sheet{i}.xml") for i in range(1, len(sheets) + 1)]
    if styles:
        links.append(("rs", "styles", "styles.xml"))
    if shared:
        links.append(("rw", "sharedStrings", "sharedStrings.xml"))
    listed = "".join(
        f'<sheet name="{escape(s.name)}" sheetId="{i}" state="{s.state}" r:id="r{i}"/>'
        for i, s in enumerate(sheets, start=1)
    )
    files: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{_P}/content-types"/>',
        "_rels/.rels": relations(("r1", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_R}">{properties}<sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations(*links),
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}">{styles}</styleSheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}">{shared}</sst>',
    }
    for i, sheet in enumerate(sheets, start=1):
        files[f"xl/worksheets/sheet{i}.xml"] = (
            f'{prolog}<worksheet xmlns="{_MAIN}" xmlns:r="{_R}">{sheet.before}<sheetData>{sheet.data}</sheetData>'
            f"{sheet.behind}</worksheet>"
        )
        if sheet.links or sheet.external:
            files[f"xl/worksheets/_rels/sheet{i}.xml.rels"] = relations(*sheet.links, external=sheet.external)
    return pack({**{k: v if isinstance(v, bytes) else v.encode() for k, v in files.items()}, **(members or {})})


def cell_styles(*formats: str, fonts: str = "<font/>", looks: str = "") -> str:
    """Styles: style 1 has the first of `formats`, and so on; `looks` are further xf elements."""
    codes = "".join(
        f'<numFmt numFmtId="{200 + i}" formatCode="{escape(f, {chr(34): "&quot;"})}"/>' for i, f in enumerate(formats)
    )
    cells = "<xf/>" + "".join(f'<xf numFmtId="{200 + i}"/>' for i in range(len(formats))) + looks
    ground = (
        '<fills><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="solid"/></fill></fills>'
    )
    return f"<numFmts>{codes}</numFmts><fonts>{fonts}</fonts>{ground}<cellXfs>{cells}</cellXfs>"


def sheet_drawing(*shapes: tuple[int, int, str]) -> bytes:
    """A drawing over a sheet: (row, column, shape) each, counted from 0 as the file does."""
    anchors = "".join(
        f"<d:oneCellAnchor><d:from><d:col>{column}</d:col><d:row>{at}</d:row></d:from>{shape}</d:oneCellAnchor>"
        for at, column, shape in shapes
    )
    return f'<d:wsDr xmlns:d="{_D}" xmlns:a="{_A}">{anchors}</d:wsDr>'.encode()


# --- slides -------------------------------------------------------------------------------------


def text_shape(*paragraphs: str, kind: str = "body", prefix: str = "p", props: str = "") -> str:
    """A shape with paragraphs; `props` are the properties of each, such as <a:buAutoNum …/>."""
    mark = f'<{prefix}:nvPr><{prefix}:ph type="{kind}"/></{prefix}:nvPr>' if kind else ""
    lines = "".join(f"<a:p><a:pPr>{props}</a:pPr><a:r><a:t>{escape(t)}</a:t></a:r></a:p>" for t in paragraphs)
    named = f'<{prefix}:nvSpPr><{prefix}:cNvPr id="2" name="x"/>{mark}</{prefix}:nvSpPr>'
    return f"<{prefix}:sp>{named}<{prefix}:txBody><a:bodyPr/>{lines}</{prefix}:txBody></{prefix}:sp>"


@dataclass(frozen=True, kw_only=True)
class SlideXml:
    """One slide: the XML of its shapes, of the shapes of its notes, and what it names."""

    shapes: str
    notes: str = ""
    shown: bool = True
    links: tuple[tuple[str, str, str], ...] = ()
    external: tuple[tuple[str, str], ...] = ()


def _slide(name: str, shapes: str, props: str = "") -> bytes:
    spaces = (
        f'xmlns:p="{_PML}" xmlns:a="{_A}" xmlns:r="{_R}" '
        'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    )
    return f"<p:{name} {spaces} {props}><p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:{name}>".encode()


def pptx(*slides: SlideXml, order: Sequence[int] = (), members: Mapping[str, bytes] | None = None) -> bytes:
    """A PPTX of these slides, shown in `order` (numbers from 1) or as they come."""
    shown = "".join(f'<p:sldId id="{300 + i}" r:id="r{i}"/>' for i in (order or range(1, len(slides) + 1)))
    files = {
        "[Content_Types].xml": f'<Types xmlns="{_P}/content-types"/>'.encode(),
        "_rels/.rels": relations(("r1", "officeDocument", "ppt/presentation.xml")),
        "ppt/presentation.xml": (
            f'<p:presentation xmlns:p="{_PML}" xmlns:r="{_R}"><p:sldIdLst>{shown}</p:sldIdLst></p:presentation>'
        ).encode(),
        "ppt/_rels/presentation.xml.rels": relations(
            *((f"r{i}", "slide", f"slides/slide{i}.xml") for i in range(1, len(slides) + 1))
        ),
    }
    for i, slide in enumerate(slides, start=1):
        files[f"ppt/slides/slide{i}.xml"] = _slide("sld", slide.shapes, "" if slide.shown else 'show="0"')
        links = list(slide.links)
        if slide.notes:
            links.append(("rn", "notesSlide", f"../notesSlides/notesSlide{i}.xml"))
            files[f"ppt/notesSlides/notesSlide{i}.xml"] = _slide("notes", slide.notes)
        files[f"ppt/slides/_rels/slide{i}.xml.rels"] = relations(*links, external=slide.external)
    return pack({**files, **(members or {})})
