"""Paragraphs and tables of a DOCX in order, with the numbers Word shows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from assistant.parsing.formats.comparison import comparison_of
from assistant.parsing.formats.docx_fields import Fields
from assistant.parsing.formats.docx_inline import DELETED, MC, Inline, Place, chosen
from assistant.parsing.formats.docx_numbering import Numbering, W
from assistant.parsing.formats.docx_package import Package
from assistant.parsing.formats.docx_styles import Styles, fill_of, is_on
from assistant.parsing.formats.model import TOO_COMPLEX, Findings, Rejected

_ARTICLE = re.compile(r"(?m)^第[一二三四五六七八九十百零\d]+条")
_MARK = re.compile(r"[\[〔（(]?\d{1,3}[\]〕）)]?|[①-⑳*＊†‡]")
LABEL_CHARS = 20  # a longer cell is no head of columns
_ALONG = "\0"  # a place that the cell before it covers too
_MAX_DEPTH = 60
_TRANSPARENT = frozenset(f"{W}{n}" for n in ("customXml", "ins", "moveTo", "smartTag", "sdtContent"))


@dataclass(slots=True, kw_only=True)
class Paragraph:
    """A paragraph as Word shows it."""

    text: str
    caption: bool = False  # by its style or its alignment
    contents: bool = False  # of a table of contents


@dataclass(slots=True, kw_only=True)
class Table:
    """A table that is no mere layout."""

    rows: tuple[tuple[str, ...], ...]


Block = Paragraph | Table


@dataclass(slots=True, kw_only=True)
class _Cell:
    """A place in the grid of a table. `down`, `along`: it continues the cell above, or the one before it."""

    blocks: list[Block] = field(default_factory=list)
    own: bool = True
    down: bool = False
    along: bool = False


class Blocks:
    """Reads the blocks of one document."""

    def __init__(self, package: Package, findings: Findings) -> None:
        self._findings = findings
        self._body = package.body()
        kinds = [f.get(f"{W}fldCharType") for f in self._body.iter(f"{W}fldChar")]
        self._fields = Fields(findings, pair=kinds.count("begin") == kinds.count("end"))
        self._styles = Styles(package.related("styles"))
        self._numbering = Numbering(package.related("numbering"))
        self._numbering.link_styles(self._styles.list_styles())
        self._inline = Inline(package, self._styles, self._fields, findings)
        self._inline.note_marks = _note_marks(self._body)
        self._carried = ""
        self._last = ""  # the last paragraph with words: where something stands that has none

    def read(self) -> list[Block]:
        """The blocks of the body, in order."""
        return self._blocks(self._body, None, 0)

    def _blocks(self, container: Any, fill: str | None, depth: int) -> list[Block]:
        if depth > _MAX_DEPTH:
            raise Rejected(TOO_COMPLEX, "表格或文本框嵌套过深，请简化后再加入")
        found: list[Block] = []
        for node in container:
            found += self._block(node, node.tag, fill, depth)
        return found

    def _block(self, node: Any, tag: str, fill: str | None, depth: int) -> list[Block]:
        if tag == f"{W}p":
            return self._paragraph(node, fill, depth)
        if tag == f"{W}tbl":
            return self._table(node, depth)
        if tag == f"{W}sdt":
            return self._content_control(node, fill, depth)
        if tag in _TRANSPARENT:
            return self._blocks(node, fill, depth + 1)
        if tag == f"{MC}AlternateContent":
            return self._blocks(chosen(node), fill, depth + 1)
        if tag in DELETED:
            self._inline.hide_deleted(node, self._last)
        elif tag in (f"{W}altChunk", f"{W}subDoc"):
            self._findings.warn("external_ref", "文件引用了另一份文档，没有打开，请把它单独加入", where="altChunk")
            self._findings.lose("嵌入的其他文档")
        return []

    def _content_control(self, node: Any, fill: str | None, depth: int) -> list[Block]:
        content = node.find(f"{W}sdtContent")
        if content is None:
            return []
        found = self._blocks(content, fill, depth + 1)
        gallery = node.find(f"{W}sdtPr/{W}docPartObj/{W}docPartGallery")
        if gallery is not None and "table of contents" in str(gallery.get(f"{W}val", "")).lower():
            for block in found:
                if isinstance(block, Paragraph):
                    block.contents = True
        return found

    # --- paragraphs -----------------------------------------------------------------------------

    def _paragraph(self, node: Any, fill: str | None, depth: int) -> list[Block]:
        props = node.find(f"{W}pPr")
        place = self._place(props, fill)
        in_contents, contents_before = self._fields.skipping, self._fields.contents_seen
        text = self._inline.read(node, place)
        in_contents = (in_contents or self._fields.contents_seen > contents_before) and not text.strip()
        if props is not None and props.find(f"{W}rPr/{W}del") is not None:
            self._carried += text  # the end of this paragraph is deleted: it runs on into the next
            text = ""
        else:
            text = self._carried + text
            self._carried = ""
            text = self._label(props, place, text) + text
        if (note := _own_note_mark(node)) and note in self._inline.note_marks and self._last:
            self._findings.hide("footnote", text, where=self._last)
            self._findings.lose(f"注“{text.strip()[:60]}”", behind=self._last)
            return []
        self._last = text.strip() or self._last
        for what in place.lost:
            self._findings.lose(what, behind=self._last)
        contents = in_contents or self._styles.is_contents(place.style)
        caption = self._styles.is_caption(place.style) or place.centered
        found: list[Block] = [Paragraph(text=text, caption=caption, contents=contents)]
        found += [Paragraph(text=line) for line in place.lines]
        for box in place.boxes:
            self._findings.warn("text_box", "文件含文本框，文字已按所在位置收入正文，请核对顺序")
            found += self._blocks(box, None, depth + 1)
        return found

    def _place(self, props: Any | None, fill: str | None) -> Place:
        style_node = props.find(f"{W}pStyle") if props is not None else None
        style = style_node.get(f"{W}val") if style_node is not None else None
        shading = props.find(f"{W}shd") if props is not None else None
        jc = props.find(f"{W}jc") if props is not None else None
        return Place(
            style=style,
            fill=(fill_of(shading) if shading is not None else None) or fill,
            centered=str(jc.get(f"{W}val")) == "center" if jc is not None else self._styles.is_centered(style),
            boxes=[],
            above=self._last,
        )

    def _label(self, props: Any | None, place: Place, text: str) -> str:
        """The automatic number of a paragraph. One that is concealed whole is counted but not printed."""
        num, level = self._list_level(props, place.style)
        if num is None or num == "0":
            return ""
        concealed = not text.strip() and place.concealed > 0
        mark = props.find(f"{W}rPr") if props is not None else None
        if concealed and mark is not None and is_on(mark.find(f"{W}vanish")):
            return ""
        label = self._numbering.next_label(num, level)
        return "" if concealed else label

    def _list_level(self, props: Any | None, style: str | None) -> tuple[str | None, int]:
        """The list that a paragraph belongs to, and its level: what it states itself before what its style states."""
        num, ilvl, owner = self._styles.numbering(style)
        direct = props.find(f"{W}numPr") if props is not None else None
        stated = direct.find(f"{W}numId") if direct is not None else None
        if stated is not None:
            num, owner = stated.get(f"{W}val"), None
        level = direct.find(f"{W}ilvl") if direct is not None else None
        if level is not None:
            return num, _int(level.get(f"{W}val"))
        if num is not None and owner is not None:
            return num, self._numbering.level_of_style(num, owner) or ilvl or 0
        return num, ilvl or 0

    # --- tables ---------------------------------------------------------------------------------

    def _table(self, node: Any, depth: int) -> list[Block]:
        rows: list[tuple[str, ...]] = []
        parted: list[tuple[str, ...]] = []  # the same, a line for each paragraph of a cell
        inner: list[Block] = []
        widest = 0
        for row in _children(node, f"{W}tr"):
            props = row.find(f"{W}trPr")
            if props is not None and props.find(f"{W}del") is not None:
                self._inline.hide_deleted(row, self._last)
                continue
            cells = self._row(row, props, depth)
            rows.append(_filled(cells, rows[-1] if rows else (), " "))
            parted.append(_filled(cells, parted[-1] if parted else (), "\n"))
            inner += [block for cell in cells for block in cell.blocks]
            widest = max(widest, sum(1 for cell in cells if cell.own))
        if comparison_of(parted) is not None:
            return [Table(rows=tuple(parted))]
        layout = widest <= 1 or any(len(_ARTICLE.findall(_flat([b], "\n"))) > 1 for b in inner)
        layout = layout or len(_ARTICLE.findall(_flat(inner, "\n"))) > 3
        return inner if layout else [Table(rows=_across(rows))]

    def _row(self, row: Any, props: Any | None, depth: int) -> list[_Cell]:
        cells: list[_Cell] = []
        skipped = props.find(f"{W}gridBefore") if props is not None else None
        if skipped is not None:
            cells += [_Cell(own=False) for _ in range(min(_int(skipped.get(f"{W}val")), 100))]
        for cell in _children(row, f"{W}tc"):
            tc_pr = cell.find(f"{W}tcPr")
            span, merged, fill = _cell_shape(tc_pr)
            blocks = self._blocks(cell, fill, depth + 1)
            down = merged == "vMerge" and not _flat(blocks, " ").strip()
            along = merged == "hMerge" and not _flat(blocks, " ").strip()
            cells.append(_Cell(blocks=blocks, down=down, along=along))
            cells += [_Cell(own=False, along=True) for _ in range(span - 1)]
        return cells


def _children(node: Any, tag: str) -> list[Any]:
    """Children of a kind, those inside content controls and insertions too."""
    found: list[Any] = []
    for child in node:
        if child.tag == tag:
            found.append(child)
        elif child.tag in (f"{W}sdt", f"{W}sdtContent", f"{W}customXml", f"{W}ins"):
            found += _children(child, tag)
    return found


def _filled(cells: list[_Cell], above: tuple[str, ...], joint: str) -> tuple[str, ...]:
    """The words of each place of a row: a merged cell says the same in each of its rows."""
    out: list[str] = []
    for at, cell in enumerate(cells):
        if cell.down and at < len(above):
            out.append(above[at])
        elif cell.along and out:
            out.append(_ALONG)
        else:
            out.append(_flat(cell.blocks, joint))
    return tuple(out)


def _across(rows: list[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """Rows in which a short cell over some columns says the same in each; other words stand once."""
    found: list[tuple[str, ...]] = []
    for row in rows:
        whole = len(row) > 1 and all(cell == _ALONG for cell in row[1:])
        out: list[str] = []
        for cell in row:
            out.append(cell if cell != _ALONG else "" if whole or len(out[-1]) > LABEL_CHARS else out[-1])
        found.append(tuple(out))
    return tuple(found)


def _note_marks(body: Any) -> frozenset[str]:
    """Marks that paragraphs begin with raised: a raised mark of that kind elsewhere points to a note."""
    return frozenset(mark for p in body.iter(f"{W}p") if (mark := _own_note_mark(p)))


def _own_note_mark(paragraph: Any) -> str:
    """The raised figure that a paragraph begins with."""
    for run in paragraph.iter(f"{W}r"):
        words = "".join(t.text or "" for t in run.iter(f"{W}t"))
        if words.strip():
            align = run.find(f"{W}rPr/{W}vertAlign")
            raised = align is not None and align.get(f"{W}val") == "superscript"
            return words.strip() if raised and _MARK.fullmatch(words.strip()) else ""
    return ""


def _cell_shape(props: Any | None) -> tuple[int, str, str | None]:
    """Columns a cell covers, whether it continues the cell above or before it, and its ground colour."""
    if props is None:
        return 1, "", None
    span, merge, along = (props.find(f"{W}{n}") for n in ("gridSpan", "vMerge", "hMerge"))
    shading = props.find(f"{W}shd")
    going_on = [
        name
        for name, node in (("vMerge", merge), ("hMerge", along))
        if node is not None and node.get(f"{W}val", "continue") == "continue"
    ]
    columns = _int(span.get(f"{W}val")) if span is not None else 1
    return min(max(1, columns), 100), going_on[0] if going_on else "", fill_of(shading) if shading is not None else None


def _flat(blocks: list[Block], joint: str) -> str:
    """Blocks as one text; a table in a cell becomes its words in order."""
    out: list[str] = []
    for block in blocks:
        if isinstance(block, Paragraph):
            out.append(block.text.strip())
        else:
            out += [joint.join(c for c in row if c) for row in block.rows]
    return joint.join(o for o in out if o)


def _int(text: str | None) -> int:
    try:
        return int(text or "0")
    except ValueError:
        return 0
