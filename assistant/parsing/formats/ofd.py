"""OFD, the national format for fixed layout: its text layer, read from XML and joined to paragraphs as a PDF's is.

bytes ─ zipgate ─ OFD.xml ─ Doc_0/Document.xml ─ Pages/Page_0/Content.xml ─ Page ─ compose

Out of the body and named: template pages, background and foreground layers, annotations, attachments.
Signatures are not checked. Pictures and composed graphics are named with their page.

Source: GB/T 33190-2016.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from assistant.parsing.formats.model import ENCRYPTED, TOO_COMPLEX, Findings, Parsed, Rejected
from assistant.parsing.formats.ofd_page import POINTS, Painter, child, name_of, numbers
from assistant.parsing.formats.package import Parts
from assistant.parsing.formats.pdf_compose import FEW, MAX_CHARS, MAX_PAGES, compose
from assistant.parsing.formats.pdf_page import Page
from assistant.parsing.formats.zipgate import OFD, read_parts

_A4 = (0.0, 0.0, 210.0, 297.0)  # millimetres


def read_ofd(raw: bytes) -> Parsed:
    """The readable text of an OFD.

    Raises:
        Rejected: `corrupt`, `bomb`, `dtd`, `encrypted`, `too_complex`, `empty` or `no_text`.
    """
    findings = Findings()
    parts = Parts(read_parts(raw, findings, OFD), findings, OFD)
    root = parts.tree(next((n for n in parts.names() if n.lower() == "ofd.xml"), ""))
    roots = [body for body in (root if root is not None else ()) if name_of(body) == "DocBody"]
    if any(name_of(node) == "Encryptions" for node in (root.iter() if root is not None else ())):
        raise Rejected(ENCRYPTED, "文件已加密，请取消加密后再加入")
    reading = _Reading(parts, findings)
    for body in roots:
        written = child(body, "DocRoot")
        reading.take(_resolved("", (written.text or "") if written is not None else ""))
    return reading.finish()


class _Reading:
    """Draws the pages of each document in the file."""

    def __init__(self, parts: Parts, findings: Findings) -> None:
        self._parts, self._findings = parts, findings
        self._pages: list[Page] = []  # what the body layers show
        self._beside: list[Page] = []  # what templates and other layers show
        self._missing: list[int] = []
        self._chars = 0

    def take(self, name: str) -> None:
        """The document whose main part is `name`."""
        tree = self._parts.main_tree(name)
        folder, common = posixpath.dirname(name), child(tree, "CommonData")
        box = numbers(_text(child(common, "PageArea", "PhysicalBox"))) or list(_A4)
        templates = {
            str(node.get("ID")): _resolved(folder, str(node.get("BaseLoc", "")))
            for node in (common if common is not None else ())
            if name_of(node) == "TemplatePage"
        }
        colors = self._colors(folder, common)
        pages = child(tree, "Pages")
        for node in pages if pages is not None else ():
            if name_of(node) == "Page":
                self._page(_resolved(folder, str(node.get("BaseLoc", ""))), box, templates, colors)
        self._report_beside(folder, tree)

    def finish(self) -> Parsed:
        """Everything taken."""
        findings = self._findings
        if not self._pages:
            raise self._parts.without_body()
        if self._missing:
            named = "、".join(map(str, self._missing[:50]))
            findings.warn("pages_lost", f"第 {named} 页的内容不在文件里，没有收入，请补充", where=named)
            findings.lose("缺页", len(self._missing))
        if _size(self._pages) < FEW <= _size(self._beside):
            findings.warn("other_layers", "正文层没有文字，已读取模板与前景、背景层，请核对")
            return compose(self._beside, findings)
        for number, page in enumerate(self._beside, start=1):
            words = "".join(c.text for c in page.chars) + "".join(c for _, c in page.hidden)
            words += "".join(c.text for chars in page.turned.values() for c in chars)
            if words.strip():
                findings.hide("watermark", words)
                findings.lose("模板或水印层的文字", behind=f"第{number}页 {words}")
        return compose(self._pages, findings)

    # --- pages ----------------------------------------------------------------------------------

    def _page(self, name: str, box: list[float], templates: dict[str, str], colors: dict[str, Any]) -> None:
        if len(self._pages) >= MAX_PAGES:
            raise Rejected(TOO_COMPLEX, f"文件超过 {MAX_PAGES} 页，请拆分后再加入")
        tree = self._parts.tree(name)
        own = next(
            (numbers(_text(n)) for n in (tree.iter() if tree is not None else ()) if name_of(n) == "PhysicalBox"), box
        )
        width, height = (own[2], own[3]) if len(own) == 4 else (_A4[2], _A4[3])
        body = Painter(Page(width * POINTS, height * POINTS), colors)
        beside = Painter(Page(width * POINTS, height * POINTS), colors)
        if tree is None:
            self._missing.append(len(self._pages) + 1)
        else:
            self._draw(tree, body, beside, templates)
        self._pages.append(body.page)
        self._beside.append(beside.page)
        if body.composed:
            self._findings.lose("组合图形", body.composed, behind=f"第{len(self._pages)}页")
        self._chars += sum(len(page.chars) + len(page.hidden) for page in (body.page, beside.page))
        if self._chars > MAX_CHARS:
            raise Rejected(TOO_COMPLEX, "文件的字符数异常，请拆分后再加入")

    def _draw(self, tree: Any, body: Painter, beside: Painter, templates: dict[str, str]) -> None:
        for node in tree:
            if name_of(node) == "Template":
                template = self._parts.tree(templates.get(str(node.get("TemplateID", "")), ""))
                for layer in _layers(template):
                    beside.draw(layer)
        for layer in _layers(tree):
            (body if layer.get("Type", "Body") == "Body" else beside).draw(layer)

    def _colors(self, folder: str, common: Any | None) -> dict[str, Any]:
        """Drawing parameters by id, as far as they give a colour to characters."""
        found: dict[str, Any] = {}
        for node in common if common is not None else ():
            if name_of(node) not in ("PublicRes", "DocumentRes"):
                continue
            tree = self._parts.tree(_resolved(folder, _text(node)))
            for param in tree.iter() if tree is not None else ():
                if name_of(param) == "DrawParam" and (fill := child(param, "FillColor")) is not None:
                    found[str(param.get("ID", ""))] = fill
        return found

    # --- what lies beside the pages -------------------------------------------------------------

    def _report_beside(self, folder: str, tree: Any) -> None:
        if child(tree, "Attachments") is not None:
            self._findings.warn("embedded_object", "文件带有附件，未打开，请核对是否需要另行加入")
        index = _resolved(folder, _text(child(tree, "Annotations")))
        listed = self._parts.tree(index)
        for node in listed if listed is not None else ():
            place = _text(child(node, "FileLoc"))
            named = [_resolved(beside, place) for beside in (posixpath.dirname(index), folder)]
            notes = self._parts.tree(next((n for n in named if n in self._parts), ""))
            for note in notes if notes is not None else ():
                if name_of(note) == "Annot":
                    self._annotation(note)

    def _annotation(self, note: Any) -> None:
        words = "".join(_text(n) for n in note.iter() if name_of(n) in ("TextCode", "Remark")).strip()
        kind = str(note.get("Type", ""))
        self._findings.hide("watermark" if kind == "Watermark" else "comment", words)
        if words:
            self._findings.lose("水印层的文字" if kind == "Watermark" else "批注层的文字", behind=words)


def _layers(tree: Any | None) -> Iterator[Any]:
    content = child(tree, "Content")
    return (node for node in (content if content is not None else ()) if name_of(node) == "Layer")


def _size(pages: list[Page]) -> int:
    return sum(1 for page in pages for c in page.chars if c.text.strip())


def _text(node: Any | None) -> str:
    return (node.text or "").strip() if node is not None else ""


def _resolved(folder: str, place: str) -> str:
    """The name of a part that another one in `folder` names; a place outside the file is no part of it."""
    place = place.strip().replace("\\", "/")
    return (
        posixpath.normpath(place.lstrip("/") if place.startswith("/") else posixpath.join(folder, place))
        if place
        else ""
    )
