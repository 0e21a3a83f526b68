"""PPTX: slides in order, each its title first, then its words and tables, then its notes.

Out of the body and named: hidden slides, comments, pictures, charts, footers. Words of a SmartArt are read.

Source: ECMA-376 Part 1, chapter 19.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assistant.parsing.formats.builder import TextBuilder
from assistant.parsing.formats.captions import is_caption
from assistant.parsing.formats.drawing import Shape, shapes_in, words_in
from assistant.parsing.formats.model import CORRUPT, TOO_COMPLEX, Findings, Parsed, Rejected
from assistant.parsing.formats.package import Parts, Relation
from assistant.parsing.formats.zipgate import SLIDES, read_parts

_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_TITLES = ("title", "ctrTitle")
_FURNITURE = {"sldNum": "footer", "dt": "footer", "ftr": "footer", "hdr": "header"}
_MAX_SLIDES = 2000
_NOTE = "备注："


def read_pptx(raw: bytes) -> Parsed:
    """The readable text of a PPTX.

    Raises:
        Rejected: `corrupt`, `bomb`, `dtd`, `macro`, `encrypted`, `too_complex`, `empty` or `no_text`.
    """
    findings = Findings()
    parts = Parts(read_parts(raw, findings, SLIDES), findings, SLIDES)
    reading = _Reading(parts, findings)
    for number, slide in enumerate(_slides(parts), start=1):
        reading.take(number, slide)
    return reading.finish()


def _slides(parts: Parts) -> list[str]:
    """The parts of the slides, in the order in which they are shown."""
    name = parts.main("ppt/presentation.xml")
    targets = {r.id: r.target for r in parts.relations(name)}
    found = [targets.get(str(node.get(f"{_R}id", "")), "") for node in parts.main_tree(name).iter(f"{_P}sldId")]
    if not found:
        raise parts.without_body()
    if len(found) > _MAX_SLIDES:
        raise Rejected(TOO_COMPLEX, f"幻灯片超过 {_MAX_SLIDES} 页，请拆分后再加入")
    return found


class _Reading:
    """Takes the slides one after the other."""

    def __init__(self, parts: Parts, findings: Findings) -> None:
        self._parts, self._findings = parts, findings
        self._builder = TextBuilder()
        self._unseen: list[int] = []
        self._noted = 0
        self._last = ""  # the line before a table may name it

    def take(self, number: int, slide: str) -> None:
        """The next slide."""
        tree = self._parts.tree(slide)
        if tree is None:
            raise Rejected(CORRUPT, f"文件不完整，缺少第 {number} 页幻灯片，请在 PowerPoint 里重新保存")
        relations = self._parts.relations(slide)
        shapes = _titles_first(_shapes(tree))
        if tree.get("show", "1") in ("0", "false"):
            self._unseen.append(number)
            self._findings.hide("hidden_slide", f"第{number}页：{_words(shapes)}")
            return
        title = next((s.lines[0] for s in shapes if s.kind in _TITLES and s.lines), "")
        for shape in shapes:
            self._shape(shape, f"第{number}页 {title}".strip(), title, relations)
        self._surroundings(number, relations)

    def finish(self) -> Parsed:
        """Everything taken."""
        if self._unseen:
            pages = "、".join(map(str, self._unseen[:50]))
            self._findings.warn("hidden_slides", f"第 {pages} 页幻灯片是隐藏的，没有收入正文，请核对", where=pages)
        if self._noted:
            message = f"有 {self._noted} 页幻灯片带备注，已以“{_NOTE}”开头收在该页之后，请核对"
            self._findings.warn("notes", message)
        return self._builder.finish(self._findings)

    def _shape(self, shape: Shape, place: str, title: str, relations: tuple[Relation, ...]) -> None:
        self._findings.hide("alt", shape.alt)
        self._findings.hide("struck_out", shape.struck)
        if kind := _FURNITURE.get(shape.kind):
            self._findings.hide(kind, "" if shape.kind == "sldNum" else "".join(shape.lines))
            return
        if shape.hidden:
            self._findings.hide("invisible", _words([shape]))
            return
        if shape.unread:
            self._findings.lose("公式", shape.unread, behind=place)
        for line in shape.lines:
            self._builder.paragraph(line)
            self._last = line
        if shape.rows:
            named = is_caption(self._last, styled=self._last == title)
            self._builder.table(shape.rows, self._last.strip() if named else None)
            self._last = ""
        if shape.diagram and (lines := self._diagram(shape.diagram, relations)):
            for line in lines:
                self._builder.paragraph(line)
        elif shape.lost:
            self._findings.lose(shape.lost, behind=place)

    def _diagram(self, relation: str, relations: tuple[Relation, ...]) -> list[str]:
        """The words of a SmartArt: they stand in a part of its own."""
        target = next((r.target for r in relations if r.id == relation), "")
        tree = self._parts.tree(target)
        return words_in(tree).lines if tree is not None else []

    def _surroundings(self, number: int, relations: tuple[Relation, ...]) -> None:
        """Notes are read behind their slide, comments are reported."""
        for relation in relations:
            tree = self._parts.tree(relation.target) if relation.kind in ("notesSlide", "comments") else None
            if tree is None:
                continue
            if relation.kind == "comments":
                words = "".join(n.text or "" for n in tree.iter() if str(n.tag).endswith(("}text", "}t")))
                self._findings.hide("comment", f"第{number}页：{words}" if words.strip() else "")
                continue
            lines = [line for shape in _shapes(tree) if shape.kind == "body" for line in shape.lines]
            self._noted += bool(lines)
            for at, line in enumerate(lines):
                self._builder.paragraph(line if at else f"{_NOTE}{line}")


def _shapes(tree: Any) -> Iterator[Shape]:
    root = tree.find(f"{_P}cSld/{_P}spTree")
    return shapes_in(root) if root is not None else iter(())


def _titles_first(shapes: Iterator[Shape]) -> list[Shape]:
    return sorted(shapes, key=lambda shape: shape.kind not in _TITLES)


def _words(shapes: list[Shape]) -> str:
    return " ".join(piece for s in shapes for piece in (*s.lines, *(c for row in s.rows for c in row)))
