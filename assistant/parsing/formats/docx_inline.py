"""The words inside a paragraph of a DOCX: runs, fields, drawings, and what of them no reader sees."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from assistant.parsing.formats.docx_fields import Fields
from assistant.parsing.formats.docx_numbering import W
from assistant.parsing.formats.docx_styles import Look, Styles, apply_run
from assistant.parsing.formats.model import Findings

MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
V = "{urn:schemas-microsoft-com:vml}"
_SYMBOLS = {"F0A8": "□", "F06F": "□", "F0FE": "☑", "F052": "☑", "F0FC": "√", "F050": "√", "F06C": "●", "F0D8": "▶"}
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


class Inline:
    """Reads what stands inside paragraphs, one after the other."""

    def __init__(self, styles: Styles, fields: Fields, findings: Findings) -> None:
        self._styles, self._fields, self._findings = styles, fields, findings

    def read(self, node: Any, place: Place) -> str:
        """The words of `node`; what is left out of them is reported."""
        return "".join(self._child(child, child.tag, place) for child in node)

    def hide_deleted(self, node: Any) -> None:
        """Report a tracked deletion."""
        words = "".join(t.text or "" for t in node.iter(f"{W}t", f"{W}delText"))
        self._findings.hide("deletion", words)

    def _child(self, child: Any, tag: str, place: Place) -> str:
        if tag == f"{W}r":
            return self._run(child, place)
        if tag in _WRAPPERS:
            return self.read(child, place)
        if tag in (f"{W}sdt", f"{W}ruby"):
            content = child.find(f"{W}sdtContent" if tag == f"{W}sdt" else f"{W}rubyBase")
            return self.read(content, place) if content is not None else ""
        if tag in DELETED:
            self.hide_deleted(child)
        elif tag == f"{W}fldSimple":
            skipped = self._fields.is_skipped(str(child.get(f"{W}instr", "")))
            words = self.read(child, place)
            return "" if skipped else words
        elif tag == f"{MC}AlternateContent":
            return self.read(chosen(child), place)
        elif tag in (f"{_M}oMath", f"{_M}oMathPara"):
            return "".join(t.text or "" for t in child.iter(f"{_M}t"))
        return ""

    def _run(self, run: Any, place: Place) -> str:
        text = "".join(self._seen(node, place) for node in run)
        if text.strip() and (kind := self._concealment(run, place)) is not None:
            self._findings.hide(kind, text)
            place.concealed += 1
            return ""
        return text

    def _seen(self, node: Any, place: Place) -> str:
        """What one child of a run amounts to, nothing inside the code of a field."""
        tag = node.tag
        if tag == f"{W}instrText":
            self._fields.code(node.text or "")
            return ""
        if tag == f"{W}fldChar":
            self._fields.mark(str(node.get(f"{W}fldCharType")))
            return ""
        words = (node.text or "") if tag == f"{W}t" else self._piece(node, tag, place)
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
            return self._symbol(node)
        if tag in (f"{W}drawing", f"{W}pict", f"{W}object"):
            self._drawing(node, place)
        elif tag == f"{MC}AlternateContent":
            return "".join(self._piece(child, child.tag, place) for child in chosen(node))
        elif tag == f"{W}ruby":
            base = node.find(f"{W}rubyBase")
            return self.read(base, place) if base is not None else ""
        return ""

    def _symbol(self, node: Any) -> str:
        code = str(node.get(f"{W}char", "")).upper()
        if code not in _SYMBOLS:
            self._findings.lose("符号字体的字符")
        return _SYMBOLS.get(code, "")

    def _drawing(self, node: Any, place: Place) -> None:
        place.boxes += [b for b in node.iter(f"{W}txbxContent") if not any(a.tag == b.tag for a in _above(b, node))]
        if node.tag == f"{W}object":
            self._findings.warn("embedded_object", "文件内嵌有其他文件或控件，未打开，请核对是否含有正文")
            self._findings.lose("嵌入对象")
            return
        for shape in node.iter():
            name = shape.tag.rpartition("}")[2] if isinstance(shape.tag, str) else ""
            if name in ("docPr", "cNvPr") or shape.tag == f"{V}shape":
                self._findings.hide("alt", str(shape.get("descr") or shape.get("alt") or ""))
            if shape.tag in (f"{_A}blip", f"{V}imagedata"):
                self._findings.lose("图片")
            elif shape.tag == f"{_C}chart":
                self._findings.lose("图表")
            elif shape.tag == f"{V}textpath":
                self._findings.hide("watermark", str(shape.get("string", "")))

    def _concealment(self, run: Any, place: Place) -> str | None:
        props = run.find(f"{W}rPr")
        style = props.find(f"{W}rStyle") if props is not None else None
        look: Look = self._styles.look(place.style, style.get(f"{W}val") if style is not None else None)
        if props is not None:
            look = apply_run(look, props)
        return replace(look, fill=look.fill or place.fill).hidden_as()


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
