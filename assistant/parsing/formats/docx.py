"""DOCX: paragraphs in order with the numbers Word shows, tables as tables, nothing that a reader does not see.

The package passes `zipgate` first; its XML is read with lxml, which resolves no entity and opens
nothing. Out of the body: headers, footers, notes, comments, tracked deletions, tables of contents.
Text boxes are read where they are anchored.

Source: ECMA-376 Part 1, chapter 17.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, replace
from typing import Any

from lxml import etree

from assistant.parsing.formats.builder import TextBuilder
from assistant.parsing.formats.captions import contents_lines, is_caption
from assistant.parsing.formats.docx_numbering import Numbering, W
from assistant.parsing.formats.docx_styles import Look, Styles, apply_run, fill_of, is_on
from assistant.parsing.formats.model import BOMB, CORRUPT, DTD, TOO_COMPLEX, Findings, Parsed, Rejected
from assistant.parsing.formats.zipgate import read_parts

_REL = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_V = "{urn:schemas-microsoft-com:vml}"
_STRICT = (
    (
        b"http://purl.oclc.org/ooxml/wordprocessingml/main",
        b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    ),
    (b"http://purl.oclc.org/ooxml/drawingml/main", b"http://schemas.openxmlformats.org/drawingml/2006/main"),
)
_DDE = re.compile(r"^\s*DDE(AUTO)?\b", re.IGNORECASE)
_CONTENTS_FIELD = re.compile(r"^\s*(?:TOC|INDEX)\b", re.IGNORECASE)
_PAGE_FIELD = re.compile(r"^\s*(?:PAGE|NUMPAGES|SECTIONPAGES)\b", re.IGNORECASE)
_EXTERNAL_FIELD = re.compile(r"^\s*(?:INCLUDETEXT|INCLUDEPICTURE|LINK|DATABASE|IMPORT)\b", re.IGNORECASE)
_FURNITURE = re.compile(r"[\s\d—\-–－/第页共,，.ivxIVX]*$")
_ARTICLE = re.compile(r"(?m)^第[一二三四五六七八九十百零\d]+条")
_SYMBOLS = {"F0A8": "□", "F06F": "□", "F0FE": "☑", "F052": "☑", "F0FC": "√", "F050": "√", "F06C": "●", "F0D8": "▶"}
_MAX_DEPTH = 60
_WRAPPERS = frozenset(
    f"{W}{n}" for n in ("hyperlink", "smartTag", "customXml", "ins", "moveTo", "bdo", "dir", "sdtContent")
)
_DELETED = frozenset({f"{W}del", f"{W}moveFrom"})


@dataclass(slots=True, kw_only=True)
class _Paragraph:
    text: str
    caption: bool = False
    contents: bool = False


@dataclass(slots=True, kw_only=True)
class _Table:
    rows: tuple[tuple[str, ...], ...]


@dataclass(slots=True)
class _Field:
    """A complex field that has begun. Its code is never text; its result is, unless `skip`."""

    code: str = ""
    in_result: bool = False
    skip: bool = False


@dataclass(slots=True, kw_only=True)
class _Place:
    """Where a run stands."""

    style: str | None
    fill: str | None
    centered: bool
    concealed: int = 0
    boxes: list[Any]


def read_docx(raw: bytes) -> Parsed:
    """The readable text of a DOCX.

    Raises:
        Rejected: `corrupt`, `bomb`, `dtd`, `macro`, `encrypted`, `too_complex`, `empty` or `no_text`.
    """
    findings = Findings()
    reader = _Reader(read_parts(raw, findings), findings)
    builder = TextBuilder()
    _render(reader.body(), builder, findings)
    reader.report_surroundings()
    return builder.finish(findings)


def _render(blocks: list[_Paragraph | _Table], builder: TextBuilder, findings: Findings) -> None:
    lines = [b.text.strip() if isinstance(b, _Paragraph) else "" for b in blocks]
    marked = frozenset(i for i, b in enumerate(blocks) if isinstance(b, _Paragraph) and b.contents)
    contents = contents_lines(lines, marked)
    if contents:
        findings.lose("目录")
    before: _Paragraph | None = None
    for at, block in enumerate(blocks):
        if isinstance(block, _Table):
            last = before.text.strip().rpartition("\n")[2] if before else ""
            named = before is not None and is_caption(last, styled=before.caption)
            builder.table(block.rows, last if named else None)
            before = None
        elif at not in contents and block.text.strip():
            builder.paragraph(block.text)
            before = block


class _Reader:
    """The parts of one DOCX and what has been counted so far."""

    def __init__(self, parts: dict[str, bytes], findings: Findings) -> None:
        self.parts, self.findings = parts, findings
        self._main = self._main_part()
        self._relations = self._read_relations()
        self._styles = Styles(self._related("styles"))
        self._numbering = Numbering(self._related("numbering"))
        self._numbering.link_styles(self._styles.list_styles())
        self._fields: list[_Field] = []
        self._fields_pair = True
        self._contents_seen = 0
        self._carried = ""

    # --- parts ----------------------------------------------------------------------------------

    def _main_part(self) -> str:
        if (rels := self._tree("_rels/.rels")) is not None:
            for rel in rels.iter(_REL):
                if str(rel.get("Type", "")).endswith("/officeDocument"):
                    name = posixpath.normpath(str(rel.get("Target", "")).lstrip("/"))
                    if name in self.parts:
                        return name
        if "word/document.xml" in self.parts:
            return "word/document.xml"
        raise Rejected(CORRUPT, "压缩包里没有 Word 正文，请在 Word 里重新保存")

    def _read_relations(self) -> list[tuple[str, str]]:
        """(kind, part name) of the relations of the main part; external ones of any part are reported."""
        folder, name = posixpath.split(self._main)
        own = f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels"
        found: list[tuple[str, str]] = []
        for part in sorted(p for p in self.parts if p.endswith(".rels")):
            tree = self._tree(part)
            for rel in tree.iter(_REL) if tree is not None else ():
                kind = str(rel.get("Type", "")).rpartition("/")[2]
                target = str(rel.get("Target", ""))
                if rel.get("TargetMode") == "External":
                    if kind != "hyperlink":
                        message = "文件引用了外部内容（图片、模板或对象），没有打开，请核对正文是否完整"
                        self.findings.warn("external_ref", message, where=kind)
                elif part == own:
                    path = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
                    found.append((kind, posixpath.normpath(path)))
        return found

    def _related(self, kind: str) -> Any | None:
        return next((self._tree(name) for k, name in self._relations if k == kind and name in self.parts), None)

    def _tree(self, name: str) -> Any | None:
        data = self.parts.get(name)
        if data is None:
            return None
        for strict, usual in _STRICT:
            data = data.replace(strict, usual)
        parser = etree.XMLParser(
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        try:
            root = etree.fromstring(data, parser)
        except etree.XMLSyntaxError as exc:
            words = str(exc).lower()
            if "depth" in words:
                raise Rejected(TOO_COMPLEX, "内容嵌套过深，请简化后再加入") from exc
            if "huge" in words or "too long" in words:
                raise Rejected(BOMB, "单段文字超过 10 MB，不予展开") from exc
            raise Rejected(CORRUPT, "文件内部结构有误，请在 Word 里重新保存") from exc
        if root.getroottree().docinfo.doctype:
            raise Rejected(DTD, "文件内部含有实体定义（DOCTYPE），可能用于攻击，不予接收")
        return root

    # --- what lies around the body --------------------------------------------------------------

    def report_surroundings(self) -> None:
        """Headers, footers, notes and comments: found, not indexed."""
        kinds = {
            "header": "header",
            "footer": "footer",
            "footnotes": "footnote",
            "endnotes": "endnote",
            "comments": "comment",
        }
        for kind, name in self._relations:
            tree = self._tree(name) if kind in kinds else None
            if tree is None:
                continue
            items = [tree] if kind in ("header", "footer") else list(tree)
            for item in items:
                words = "".join(t.text or "" for t in item.iter(f"{W}t"))
                if not _FURNITURE.match(words):
                    self.findings.hide(kinds[kind], words)
            for path in tree.iter(f"{_V}textpath"):
                self.findings.hide("watermark", str(path.get("string", "")))

    # --- blocks ---------------------------------------------------------------------------------

    def body(self) -> list[_Paragraph | _Table]:
        """The blocks of the document, in order."""
        root = self._tree(self._main)
        body = root.find(f"{W}body") if root is not None else None
        if body is None:
            raise Rejected(CORRUPT, "压缩包里没有 Word 正文，请在 Word 里重新保存")
        kinds = [f.get(f"{W}fldCharType") for f in body.iter(f"{W}fldChar")]
        self._fields_pair = kinds.count("begin") == kinds.count("end")
        return self._blocks(body, None, 0)

    def _blocks(self, container: Any, fill: str | None, depth: int) -> list[_Paragraph | _Table]:
        if depth > _MAX_DEPTH:
            raise Rejected(TOO_COMPLEX, "表格或文本框嵌套过深，请简化后再加入")
        found: list[_Paragraph | _Table] = []
        for node in container:
            tag = node.tag
            if tag == f"{W}p":
                found += self._paragraph(node, fill, depth)
            elif tag == f"{W}tbl":
                found += self._table(node, depth)
            elif tag == f"{W}sdt":
                found += self._content_control(node, fill, depth)
            elif tag in (f"{W}customXml", f"{W}ins", f"{W}moveTo", f"{W}smartTag", f"{W}sdtContent"):
                found += self._blocks(node, fill, depth + 1)
            elif tag == f"{_MC}AlternateContent":
                found += self._blocks(_chosen(node), fill, depth + 1)
            elif tag in _DELETED:
                self._hide_deleted(node)
            elif tag in (f"{W}altChunk", f"{W}subDoc"):
                self.findings.warn("external_ref", "文件引用了另一份文档，没有打开，请把它单独加入", where="altChunk")
                self.findings.lose("嵌入的其他文档")
        return found

    def _content_control(self, node: Any, fill: str | None, depth: int) -> list[_Paragraph | _Table]:
        content = node.find(f"{W}sdtContent")
        if content is None:
            return []
        found = self._blocks(content, fill, depth + 1)
        gallery = node.find(f"{W}sdtPr/{W}docPartObj/{W}docPartGallery")
        if gallery is not None and "table of contents" in str(gallery.get(f"{W}val", "")).lower():
            for block in found:
                if isinstance(block, _Paragraph):
                    block.contents = True
        return found

    def _paragraph(self, node: Any, fill: str | None, depth: int) -> list[_Paragraph | _Table]:
        props = node.find(f"{W}pPr")
        style_node = props.find(f"{W}pStyle") if props is not None else None
        style = style_node.get(f"{W}val") if style_node is not None else None
        shading = props.find(f"{W}shd") if props is not None else None
        place = _Place(
            style=style,
            fill=(fill_of(shading) if shading is not None else None) or fill,
            centered=self._centered(props, style),
            boxes=[],
        )
        in_contents, contents_before = any(f.skip and f.in_result for f in self._fields), self._contents_seen
        text = self._inline(node, place)
        in_contents = (in_contents or self._contents_seen > contents_before) and not text.strip()
        if props is not None and props.find(f"{W}rPr/{W}del") is not None:
            self._carried += text  # the end of this paragraph is deleted: it runs on into the next
            text = ""
        else:
            text = self._carried + text
            self._carried = ""
            text = self._label(props, place, text) + text
        contents = in_contents or self._styles.is_contents(style)
        caption = self._styles.is_caption(style) or place.centered
        found: list[_Paragraph | _Table] = [_Paragraph(text=text, caption=caption, contents=contents)]
        for box in place.boxes:
            self.findings.warn("text_box", "文件含文本框，文字已按所在位置收入正文，请核对顺序")
            found += self._blocks(box, None, depth + 1)
        return found

    def _centered(self, props: Any | None, style: str | None) -> bool:
        jc = props.find(f"{W}jc") if props is not None else None
        return str(jc.get(f"{W}val")) == "center" if jc is not None else self._styles.is_centered(style)

    def _label(self, props: Any | None, place: _Place, text: str) -> str:
        """The automatic number of a paragraph. One that is concealed whole is counted but not printed."""
        direct = props.find(f"{W}numPr") if props is not None else None
        num, ilvl, owner = self._styles.numbering(place.style)
        direct_level = None
        if direct is not None:
            if (node := direct.find(f"{W}numId")) is not None:
                num, owner = node.get(f"{W}val"), None
            if (node := direct.find(f"{W}ilvl")) is not None:
                direct_level = _int(node.get(f"{W}val"))
        if num is None or num == "0":
            return ""
        if direct_level is not None:
            level = direct_level
        elif owner is not None:
            level = self._numbering.level_of_style(num, owner) or ilvl or 0
        else:
            level = ilvl or 0
        mark = props.find(f"{W}rPr") if props is not None else None
        if not text.strip() and place.concealed and mark is not None and is_on(mark.find(f"{W}vanish")):
            return ""
        label = self._numbering.next_label(num, level)
        return "" if not text.strip() and place.concealed else label

    # --- tables ---------------------------------------------------------------------------------

    def _table(self, node: Any, depth: int) -> list[_Paragraph | _Table]:
        rows: list[tuple[str, ...]] = []
        inner: list[_Paragraph | _Table] = []
        widest = 0
        for row in _children(node, f"{W}tr"):
            props = row.find(f"{W}trPr")
            if props is not None and props.find(f"{W}del") is not None:
                self._hide_deleted(row)
                continue
            cells, blocks, count = self._row(row, props, depth)
            rows.append(cells)
            inner += blocks
            widest = max(widest, count)
        layout = widest <= 1 or any(len(_ARTICLE.findall(_flat([b], "\n"))) > 1 for b in inner)
        layout = layout or len(_ARTICLE.findall(_flat(inner, "\n"))) > 3
        return inner if layout else [_Table(rows=tuple(rows))]

    def _row(self, row: Any, props: Any | None, depth: int) -> tuple[tuple[str, ...], list[_Paragraph | _Table], int]:
        cells: list[str] = []
        inner: list[_Paragraph | _Table] = []
        count = 0
        skipped = props.find(f"{W}gridBefore") if props is not None else None
        if skipped is not None:
            cells += [""] * min(_int(skipped.get(f"{W}val")), 100)
        for cell in _children(row, f"{W}tc"):
            tc_pr = cell.find(f"{W}tcPr")
            span, merged, fill = _cell_shape(tc_pr)
            blocks = self._blocks(cell, fill, depth + 1)
            text = _flat(blocks, " ")
            # A cell that continues the one above shows nothing of its own.
            cells += ["" if merged and not text.strip() else text, *[""] * (span - 1)]
            inner += blocks
            count += 1
        return tuple(cells), inner, count

    # --- runs -----------------------------------------------------------------------------------

    def _inline(self, node: Any, place: _Place) -> str:
        out: list[str] = []
        for child in node:
            tag = child.tag
            if tag == f"{W}r":
                out.append(self._run(child, place))
            elif tag in _WRAPPERS:
                out.append(self._inline(child, place))
            elif tag == f"{W}sdt":
                content = child.find(f"{W}sdtContent")
                out.append(self._inline(content, place) if content is not None else "")
            elif tag in _DELETED:
                self._hide_deleted(child)
            elif tag == f"{W}fldSimple":
                out.append(self._simple_field(child, place))
            elif tag == f"{_MC}AlternateContent":
                out.append(self._inline(_chosen(child), place))
            elif tag in (f"{_M}oMath", f"{_M}oMathPara"):
                out.append("".join(t.text or "" for t in child.iter(f"{_M}t")))
            elif tag == f"{W}ruby":
                base = child.find(f"{W}rubyBase")
                out.append(self._inline(base, place) if base is not None else "")
        return "".join(out)

    def _simple_field(self, node: Any, place: _Place) -> str:
        field = _Field(code=str(node.get(f"{W}instr", "")))
        self._judge(field)
        text = self._inline(node, place)
        return "" if field.skip else text

    def _run(self, run: Any, place: _Place) -> str:
        out: list[str] = []
        for node in run:
            tag = node.tag
            if tag == f"{W}t":
                out.append(node.text or "")
            elif tag == f"{W}fldChar":
                self._field_mark(str(node.get(f"{W}fldCharType")))
            elif tag == f"{W}instrText":
                if not self._fields_pair:
                    self._judge(_Field(code=node.text or ""))
                elif self._fields and not self._fields[-1].in_result:
                    self._fields[-1].code += node.text or ""
                continue
            else:
                out.append(self._piece(node, tag, place))
            if out and out[-1] and self._fields and any(f.skip or not f.in_result for f in self._fields):
                out.pop()
        text = "".join(out)
        if text.strip() and (kind := self._concealment(run, place)) is not None:
            self.findings.hide(kind, text)
            place.concealed += 1
            return ""
        return text

    def _piece(self, node: Any, tag: str, place: _Place) -> str:
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
            if code not in _SYMBOLS:
                self.findings.lose("符号字体的字符")
            return _SYMBOLS.get(code, "")
        if tag in (f"{W}drawing", f"{W}pict", f"{W}object"):
            self._drawing(node, place)
        elif tag == f"{_MC}AlternateContent":
            return "".join(self._piece(child, child.tag, place) for child in _chosen(node))
        elif tag == f"{W}ruby":
            base = node.find(f"{W}rubyBase")
            return self._inline(base, place) if base is not None else ""
        return ""

    def _drawing(self, node: Any, place: _Place) -> None:
        place.boxes += [b for b in node.iter(f"{W}txbxContent") if not any(a.tag == b.tag for a in _above(b, node))]
        if node.tag == f"{W}object":
            self.findings.warn("embedded_object", "文件内嵌有其他文件或控件，未打开，请核对是否含有正文")
            self.findings.lose("嵌入对象")
            return
        for shape in node.iter():
            name = shape.tag.rpartition("}")[2] if isinstance(shape.tag, str) else ""
            if name in ("docPr", "cNvPr") or shape.tag == f"{_V}shape":
                self.findings.hide("alt", str(shape.get("descr") or shape.get("alt") or ""))
            if shape.tag in (f"{_A}blip", f"{_V}imagedata"):
                self.findings.lose("图片")
            elif shape.tag == f"{_C}chart":
                self.findings.lose("图表")
            elif shape.tag == f"{_V}textpath":
                self.findings.hide("watermark", str(shape.get("string", "")))

    def _concealment(self, run: Any, place: _Place) -> str | None:
        props = run.find(f"{W}rPr")
        style = props.find(f"{W}rStyle") if props is not None else None
        look: Look = self._styles.look(place.style, style.get(f"{W}val") if style is not None else None)
        if props is not None:
            look = apply_run(look, props)
        return replace(look, fill=look.fill or place.fill).hidden_as()

    # --- fields and deletions -------------------------------------------------------------------

    def _field_mark(self, kind: str) -> None:
        if not self._fields_pair:
            return  # a field that never ends would swallow the rest: then none is followed
        if kind == "begin":
            if len(self._fields) > _MAX_DEPTH:
                raise Rejected(TOO_COMPLEX, "域代码嵌套过深，请简化后再加入")
            self._fields.append(_Field())
        elif self._fields and kind == "separate":
            self._fields[-1].in_result = True
            self._judge(self._fields[-1])
        elif self._fields and kind == "end":
            self._judge(self._fields.pop())

    def _judge(self, field: _Field) -> None:
        if _DDE.match(field.code):
            self.findings.warn("dde_field", "文件含有会启动其他程序的域（DDE），没有执行，请核对文件来源")
        if _EXTERNAL_FIELD.match(field.code):
            self.findings.warn("external_ref", "文件的域引用了外部内容，没有打开，请核对正文是否完整", where="field")
        contents = self._fields_pair and _CONTENTS_FIELD.match(field.code) is not None
        self._contents_seen += contents
        field.skip = contents or _PAGE_FIELD.match(field.code) is not None

    def _hide_deleted(self, node: Any) -> None:
        words = "".join(t.text or "" for t in node.iter(f"{W}t", f"{W}delText"))
        self.findings.hide("deletion", words)


def _chosen(alternate: Any) -> Any:
    """The one of several equivalent contents that a current Word shows."""
    choice = alternate.find(f"{_MC}Choice")
    fallback = alternate.find(f"{_MC}Fallback")
    return choice if choice is not None else fallback if fallback is not None else ()


def _above(node: Any, top: Any) -> list[Any]:
    found: list[Any] = []
    parent = node.getparent()
    while parent is not None and parent is not top:
        found.append(parent)
        parent = parent.getparent()
    return found


def _children(node: Any, tag: str) -> list[Any]:
    """Children of a kind, those inside content controls and insertions too."""
    found: list[Any] = []
    for child in node:
        if child.tag == tag:
            found.append(child)
        elif child.tag in (f"{W}sdt", f"{W}sdtContent", f"{W}customXml", f"{W}ins"):
            found += _children(child, tag)
    return found


def _cell_shape(props: Any | None) -> tuple[int, bool, str | None]:
    """Columns a cell covers, whether it continues the cell above or before it, and its ground colour."""
    if props is None:
        return 1, False, None
    span, merge, along = (props.find(f"{W}{n}") for n in ("gridSpan", "vMerge", "hMerge"))
    shading = props.find(f"{W}shd")
    merged = any(m is not None and m.get(f"{W}val", "continue") == "continue" for m in (merge, along))
    columns = _int(span.get(f"{W}val")) if span is not None else 1
    return min(max(1, columns), 100), merged, fill_of(shading) if shading is not None else None


def _flat(blocks: list[_Paragraph | _Table], joint: str) -> str:
    """Blocks as one text; a table in a cell becomes its words in order."""
    out: list[str] = []
    for block in blocks:
        if isinstance(block, _Paragraph):
            out.append(block.text.strip())
        else:
            out += [joint.join(c for c in row if c) for row in block.rows]
    return joint.join(o for o in out if o)


def _int(text: str | None) -> int:
    try:
        return int(text or "0")
    except ValueError:
        return 0
