"""OFD files for tests, in the manners of two writers.

`ofd` writes as GB/T 33190-2016 has it: a text object a line, steps as `g n v`, layers of the body. `scattered_ofd`
writes as converters do: a text object a character, moved by a matrix, sizes in small letters, the box of the page
inside its content, everything in a foreground layer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from xml.sax.saxutils import escape

from office_files import pack

_NS = 'xmlns:ofd="http://www.ofdspec.org/2016"'
SIZE = 4.233  # millimetres: 12 points
PITCH = 7.0
LEFT, TOP = 30.0, 40.0


def width_of(words: str, size: float) -> float:
    """How wide words are: a Latin sign takes half the width of a Chinese one."""
    return sum(size if ord(sign) > 0x2E7F else size / 2 for sign in words)


def line(words: str, x: float, y: float, *, size: float = SIZE, props: str = "", inner: str = "") -> str:
    """A text object of one line whose upper left corner is at x, y; in millimetres."""
    steps = " ".join(
        f"g {len(list(run))} {size if wide else size / 2}"
        for wide, run in groupby(words[:-1], key=lambda sign: ord(sign) > 0x2E7F)
    )
    return (
        f'<ofd:TextObject ID="9" Font="3" Size="{size}" Boundary="{x} {y} {width_of(words, size)} {size}" {props}>'
        f"{inner}"
        f'<ofd:TextCode X="0" Y="{0.88 * size}" DeltaX="{steps}">{escape(words)}</ofd:TextCode></ofd:TextObject>'
    )


def wrapped(paragraphs: Sequence[str], *, signs: int = 35) -> list[str]:
    """Paragraphs as lines of at most so many signs, each first line indented by two."""
    out: list[str] = []
    for words in paragraphs:
        held = f"　　{words}"
        while held:
            end, width = 0, 0.0
            while end < len(held) and width + width_of(held[end], 1) <= signs:
                width += width_of(held[end], 1)
                end += 1
            if held[end : end + 1] in ("，", "。", "、", "；", "："):
                end -= 1  # no line begins with a stop
            out.append(held[:end])
            held = held[end:]
    return out


def text_lines(lines: Sequence[str], *, top: float = TOP, size: float = SIZE) -> str:
    """Lines below each other; one that begins with 　　 is indented by two characters."""
    return "".join(
        line(words.lstrip("　"), LEFT + (2 * size if words.startswith("　　") else 0), top + PITCH * at, size=size)
        for at, words in enumerate(lines)
    )


def rule(x0: float, y0: float, x1: float, y1: float) -> str:
    """A stroked line."""
    box = f"{min(x0, x1)} {min(y0, y1)} {abs(x1 - x0) + 0.3} {abs(y1 - y0) + 0.3}"
    ends = f"M 0 0 L {x1 - x0} {y1 - y0}"
    data = f"<ofd:AbbreviatedData>{ends}</ofd:AbbreviatedData>"
    return f'<ofd:PathObject ID="8" Boundary="{box}" LineWidth="0.3">{data}</ofd:PathObject>'


def ruled_table(rows: Sequence[Sequence[str]], *, top: float, width: float = 40.0, height: float = 9.0) -> str:
    """A table with lines around each cell."""
    columns = len(rows[0])
    right, bottom = LEFT + width * columns, top + height * len(rows)
    out = "".join(rule(LEFT, top + height * r, right, top + height * r) for r in range(len(rows) + 1))
    out += "".join(rule(LEFT + width * k, top, LEFT + width * k, bottom) for k in range(columns + 1))
    for r, cells in enumerate(rows):
        for k, words in enumerate(cells):
            out += line(words, LEFT + width * k + 2, top + height * r + 2) if words else ""
    return out


def page(objects: str, *, layer: str = "Body", template: str = "", more: str = "") -> str:
    """A page with one layer; `more` are further layers."""
    used = f'<ofd:Template TemplateID="{template}" ZOrder="Background"/>' if template else ""
    return (
        f'<ofd:Page {_NS}>{used}<ofd:Content><ofd:Layer ID="5" Type="{layer}">{objects}</ofd:Layer>{more}'
        "</ofd:Content></ofd:Page>"
    )


def ofd(
    *pages: str,
    common: str = "",
    document: str = "",
    head: str = "",
    members: Mapping[str, bytes] | None = None,
    prolog: str = "",
) -> bytes:
    """An OFD of these pages. `common` goes into CommonData, `document` behind the pages, `head` into OFD.xml."""
    listed = "".join(f'<ofd:Page ID="{i}" BaseLoc="Pages/Page_{i}/Content.xml"/>' for i in range(len(pages)))
    files = {
        "OFD.xml": f'<ofd:OFD {_NS} Version="1.0" DocType="OFD"><ofd:DocBody><ofd:DocInfo/>'
        f"<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot>{head}</ofd:DocBody></ofd:OFD>",
        "Doc_0/Document.xml": f"<ofd:Document {_NS}><ofd:CommonData><ofd:PageArea>"
        f"<ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea>{common}</ofd:CommonData>"
        f"<ofd:Pages>{listed}</ofd:Pages>{document}</ofd:Document>",
    }
    for i, content in enumerate(pages):
        files[f"Doc_0/Pages/Page_{i}/Content.xml"] = prolog + content
    return pack({**{k: v.encode() for k, v in files.items()}, **(members or {})})


def scattered_ofd(lines: Sequence[str], *, title: str, size: float = 4.2) -> bytes:
    """A title and lines on one page as a converter writes them, the last line first."""
    objects = ""
    for at, words in reversed(list(enumerate([title, *lines], start=-1))):
        indent = 2 * size if words.startswith("　　") else 0
        indent = (150 - width_of(title, size)) / 2 if at < 0 else indent
        before = ""
        for sign in words.lstrip("　"):
            x, y = LEFT + indent + width_of(before, size), TOP + PITCH * at
            before += sign
            objects += (
                f'<TextObject ID="7" size="1" CTM="{size} 0 0 {size} 0 0" Boundary="{x} {y} {size} {size}">'
                f'<TextCode X="0" Y="0.88">{escape(sign)}</TextCode></TextObject>'
            )
    files = {
        "OFD.xml": "<OFD><DocBody><DocRoot>/Doc_0/Document.xml</DocRoot></DocBody></OFD>",
        "Doc_0/Document.xml": '<Document><CommonData/><Pages><Page BaseLoc="./Pages/P1.xml"/></Pages></Document>',
        "Doc_0/Pages/P1.xml": "<Page><Content><PageArea><PhysicalBox>0 0 210 297</PhysicalBox></PageArea>"
        f'<Layer Type="Foreground">{objects}</Layer></Content></Page>',
    }
    return pack({k: v.encode() for k, v in files.items()})
