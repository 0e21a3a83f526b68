"""The words inside a paragraph of a DOCX: runs, fields, drawings, and what of them no reader sees."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from assistant.parsing.formats.docx_fields import Fields
from assistant.parsing.formats.docx_numbering import W
from assistant.parsing.formats.docx_package import Package
from assistant.parsing.formats.docx_styles import Look, Styles, apply_run
from assistant.parsing.formats.formula import UnreadFormula, from_eq, from_omml
from assistant.parsing.formats.model import Findings
from assistant.parsing.formats.raised import raised
from assistant.parsing.wordlists import symbol_fonts

MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
V = "{urn:schemas-microsoft-com:vml}"
_DGM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_LOOKED_BACK = 40  # characters of a paragraph that tell a place in it
_HEX = re.compile(r"[0-9A-F]{1,4}")
_PRIVATE = re.compile("[\uf020-\uf0ff]")
_NOTES = {f"{W}footnoteReference": "footnotes", f"{W}endnoteReference": "endnotes"}
_WRAPPERS = frozenset(
    f"{W}{n}" for n in ("hyperlink", "smartTag", "customXml", "ins", "moveTo", "bdo", "dir", "sdtContent")
)
DELETED = frozenset({f"{W}del", f"{W}moveFrom"})


@dataclass(slots=True, kw_only=True)
class Place:
    """Where a run stands."""

    style: str | None
    fill: str | None
    centered: bool
    concealed: int = 0
    boxes: list[Any]  # text boxes anchored here
    before: str = ""  # the last characters read in this paragraph
    above: str = ""  # the paragraph before it
    lines: list[str] = field(default_factory=list)  # of a diagram that stands here
    lost: list[str] = field(default_factory=list)

    @property
    def words(self) -> str:
        """Those before something that is left out: of this paragraph, else of the one above."""
        return self.before or self.above


class Inline:
    """Reads what stands inside paragraphs, one after the other."""

    def __init__(self, package: Package, styles: Styles, fields: Fields, findings: Findings) -> None:
        self._package, self._styles, self._fields, self._findings = package, styles, fields, findings
        self.note_marks: frozenset[str] = frozenset()

    def read(self, node: Any, place: Place) -> str:
        """The words of `node`; what is left out of them is reported."""
        return "".join(self._child(child, child.tag, place) for child in node)

    def hide_deleted(self, node: Any, where: str = "") -> None:
        """Report a tracked deletion."""
        words = "".join(t.text or "" for t in node.iter(f"{W}t", f"{W}delText"))
        self._findings.hide("deletion", words, where=where)

    def _child(self, child: Any, tag: str, place: Place) -> str:
        if tag == f"{W}r":
            return self._run(child, place)
        if tag in _WRAPPERS:
            return self.read(child, place)
        if tag in (f"{W}sdt", f"{W}ruby"):
            content = child.find(f"{W}sdtContent" if tag == f"{W}sdt" else f"{W}rubyBase")
            return self.read(content, place) if content is not None else ""
        if tag in DELETED:
            self.hide_deleted(child, place.words)
        elif tag == f"{W}fldSimple":
            code = str(child.get(f"{W}instr", ""))
            skipped = self._fields.is_skipped(code)
            words = self.read(child, place) or self._equation(code, place)
            return "" if skipped else words
        elif tag == f"{MC}AlternateContent":
            return self.read(chosen(child), place)
        elif tag in (f"{_M}oMath", f"{_M}oMathPara"):
            return self._formula(child, place)
        return ""

    def _formula(self, node: Any, place: Place) -> str:
        try:
            return from_omml(node)
        except UnreadFormula:
            place.lost.append("公式的排列")
            return "".join(t.text or "" for t in node.iter(f"{_M}t"))

    def _equation(self, code: str, place: Place) -> str:
        """The words of an EQ field."""
        try:
            return from_eq(code) or ""
        except UnreadFormula:
            place.lost.append("公式域")
            return ""

    def _run(self, run: Any, place: Place) -> str:
        look = self._look(run, place)
        text = "".join(self._seen(node, look, place) for node in run)
        if text.strip() and (kind := look.hidden_as()) is not None:
            self._findings.hide(kind, text, where=place.words)
            place.concealed += 1
            return ""
        if look.raised:
            text = raised(place.before, text, self._findings, self.note_marks)
        elif look.lowered and text[:1].isdigit() and place.before[-1:].isdigit():
            text = "_" + text
        place.before = (place.before + text)[-_LOOKED_BACK:]
        return text

    def _seen(self, node: Any, look: Look, place: Place) -> str:
        """What one child of a run amounts to, nothing inside the code of a field."""
        tag = node.tag
        if tag == f"{W}instrText":
            self._fields.code(node.text or "")
            return ""
        if tag == f"{W}fldChar":
            code = self._fields.mark(str(node.get(f"{W}fldCharType")))
            words = self._equation(code, place) if code else ""
        elif tag == f"{W}t":
            words = _PRIVATE.sub(lambda m: self._symbol(look.font, ord(m[0]), place), node.text or "")
        else:
            words = self._piece(node, tag, place)
        return "" if self._fields.silent else words

    def _piece(self, node: Any, tag: str, place: Place) -> str:
        """What anything but plain text inside a run amounts to."""
        if tag in (f"{W}br", f"{W}cr"):
            if node.get(f"{W}type") in ("page", "column"):
                return ""
            return "" if place.centered else "\n"
        if tag in (f"{W}tab", f"{W}ptab"):
            return " "
        if tag == f"{W}noBreakHyphen":
            return "-"
        if tag == f"{W}sym":
            code = str(node.get(f"{W}char", "")).upper()
            return self._symbol(str(node.get(f"{W}font", "")), int(code, 16) if _HEX.fullmatch(code) else 0, place)
        if tag in _NOTES:
            self._note(_NOTES[tag], str(node.get(f"{W}id", "")), place)
            return ""
        if tag in (f"{W}drawing", f"{W}pict", f"{W}object"):
            self._drawing(node, place)
        elif tag == f"{MC}AlternateContent":
            return "".join(self._piece(child, child.tag, place) for child in chosen(node))
        elif tag == f"{W}ruby":
            base = node.find(f"{W}rubyBase")
            return self.read(base, place) if base is not None else ""
        return ""

    def _symbol(self, font: str, code: int, place: Place) -> str:
        """What a character of a symbol font shows; one that no table knows is reported."""
        fonts = symbol_fonts()
        tables = [fonts[font.lower()]] if font.lower() in fonts else [fonts["symbol"], fonts["wingdings"]]
        shown = next((t[f"{code & 0xFF:02X}"] for t in tables if f"{code & 0xFF:02X}" in t), None)
        if shown is None:
            place.lost.append("符号字体的字符")
        return shown or ""

    def _note(self, kind: str, note: str, place: Place) -> None:
        """A footnote is no part of the sentence it stands at; its words are told with their place."""
        part = self._package.related(kind)
        for item in part if part is not None else ():
            if item.get(f"{W}id") == note:
                words = "".join(t.text or "" for t in item.iter(f"{W}t")).strip()
                place.lost.append(f"脚注“{words[:60]}”" if kind == "footnotes" else f"尾注“{words[:60]}”")

    def _drawing(self, node: Any, place: Place) -> None:
        place.boxes += [b for b in node.iter(f"{W}txbxContent") if not any(a.tag == b.tag for a in _above(b, node))]
        if node.tag == f"{W}object":
            self._findings.warn("embedded_object", "文件内嵌有其他文件或控件，未打开，请核对是否含有正文")
            place.lost.append("嵌入对象")
            return
        for shape in node.iter():
            name = shape.tag.rpartition("}")[2] if isinstance(shape.tag, str) else ""
            if name in ("docPr", "cNvPr") or shape.tag == f"{V}shape":
                self._findings.hide("alt", str(shape.get("descr") or shape.get("alt") or ""), where=place.words)
            if shape.tag in (f"{_A}blip", f"{V}imagedata"):
                place.lost.append("图片")
            elif shape.tag == f"{_C}chart":
                place.lost.append("图表")
            elif shape.tag == f"{_DGM}relIds":
                self._diagram(str(shape.get(f"{_R}dm", "")), place)
            elif shape.tag == f"{V}textpath":
                self._findings.hide("watermark", str(shape.get("string", "")))

    def _diagram(self, relation: str, place: Place) -> None:
        """The words of a SmartArt, a line for each of its shapes."""
        data = self._package.named(relation)
        points = data.iter(f"{_DGM}pt") if data is not None else ()
        lines = ["".join(t.text or "" for t in point.iter(f"{_A}t")).strip() for point in points]
        place.lines += [line for line in lines if line]
        if any(lines):
            self._findings.warn("diagram", "文件含图示（SmartArt），文字已按先后收入正文，请核对顺序")
        else:
            place.lost.append("图示")

    def _look(self, run: Any, place: Place) -> Look:
        props = run.find(f"{W}rPr")
        style = props.find(f"{W}rStyle") if props is not None else None
        look: Look = self._styles.look(place.style, style.get(f"{W}val") if style is not None else None)
        if props is not None:
            look = apply_run(look, props)
        return replace(look, fill=look.fill or place.fill)


def chosen(alternate: Any) -> Any:
    """The one of several equivalent contents that a current Word shows."""
    choice = alternate.find(f"{MC}Choice")
    fallback = alternate.find(f"{MC}Fallback")
    return choice if choice is not None else fallback if fallback is not None else ()


def _above(node: Any, top: Any) -> list[Any]:
    found: list[Any] = []
    parent = node.getparent()
    while parent is not None and parent is not top:
        found.append(parent)
        parent = parent.getparent()
    return found
