"""The parts of a document that is a ZIP of XML, and how they relate.

XML is read with lxml, which resolves no entity and opens nothing.

Source: ECMA-376 Part 2, chapter 9 (relationships).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from lxml import etree

from assistant.parsing.formats.model import BOMB, CORRUPT, DTD, TOO_COMPLEX, Findings, Rejected
from assistant.parsing.formats.zipgate import Family

_REL = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_USUAL = b"http://schemas.openxmlformats.org/"
_STRICT = (  # the namespaces of ISO/IEC 29500 Strict and those that everybody writes
    (b"http://purl.oclc.org/ooxml/wordprocessingml/main", _USUAL + b"wordprocessingml/2006/main"),
    (b"http://purl.oclc.org/ooxml/spreadsheetml/main", _USUAL + b"spreadsheetml/2006/main"),
    (b"http://purl.oclc.org/ooxml/presentationml/main", _USUAL + b"presentationml/2006/main"),
    (b"http://purl.oclc.org/ooxml/drawingml/main", _USUAL + b"drawingml/2006/main"),
    (b"http://purl.oclc.org/ooxml/drawingml/spreadsheetDrawing", _USUAL + b"drawingml/2006/spreadsheetDrawing"),
    (b"http://purl.oclc.org/ooxml/officeDocument/relationships", _USUAL + b"officeDocument/2006/relationships"),
)
_SAFE = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}


@dataclass(frozen=True, slots=True)
class Relation:
    """What a part names: an id, a kind such as `worksheet`, and the name of another part."""

    id: str
    kind: str
    target: str


class Parts:
    """The parts of one document by name. What a part names outside the document is reported once."""

    def __init__(self, parts: dict[str, bytes], findings: Findings, family: Family) -> None:
        self._parts, self._findings, self._family = parts, findings, family
        self._report_external()

    def __contains__(self, name: str) -> bool:
        return name in self._parts

    def names(self) -> tuple[str, ...]:
        """The names of all parts, in order."""
        return tuple(sorted(self._parts))

    def tree(self, name: str) -> Any | None:
        """A part as XML.

        Raises:
            Rejected: `too_complex`, `bomb`, `corrupt` or `dtd`.
        """
        data = self._data(name)
        if data is None:
            return None
        try:
            root = etree.fromstring(data, etree.XMLParser(**_SAFE))
        except etree.XMLSyntaxError as exc:
            raise self._broken(exc) from exc
        if root.getroottree().docinfo.doctype:
            raise Rejected(DTD, "文件内部含有实体定义（DOCTYPE），可能用于攻击，不予接收")
        return root

    def each(self, name: str, tags: tuple[str, ...]) -> Iterator[Any]:
        """The elements of a large part with one of `tags`, each forgotten when the next is asked for.

        Raises:
            Rejected: as `tree` does.
        """
        data = self._data(name)
        if data is None:
            return
        try:
            for _, node in etree.iterparse(BytesIO(data), events=("end",), tag=tags, **_SAFE):
                yield node
                node.clear()
                while node.getprevious() is not None and node.getparent() is not None:
                    del node.getparent()[0]
        except etree.XMLSyntaxError as exc:
            raise self._broken(exc) from exc

    def relations(self, name: str) -> tuple[Relation, ...]:
        """What the part `name` names inside the document; the empty name is the document itself."""
        folder, own = posixpath.split(name)
        tree = self.tree(posixpath.join(folder, "_rels", f"{own}.rels"))
        found: list[Relation] = []
        for rel in tree.iter(_REL) if tree is not None else ():
            if rel.get("TargetMode") == "External":
                continue
            target = str(rel.get("Target", ""))
            path = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
            kind = str(rel.get("Type", "")).rpartition("/")[2]
            found.append(Relation(str(rel.get("Id", "")), kind, posixpath.normpath(path)))
        return tuple(found)

    def main(self, usual: str) -> str:
        """The name of the main part; `usual` is where programs put it.

        Raises:
            Rejected: `corrupt`, when there is none.
        """
        named = [r.target for r in self.relations("") if r.kind == "officeDocument"]
        for name in (*named, usual):
            if name in self._parts:
                return name
        raise self.without_body()

    def main_tree(self, name: str) -> Any:
        """The main part as XML.

        Raises:
            Rejected: as `tree` does, and `corrupt` when there is no such part.
        """
        tree = self.tree(name)
        if tree is None:
            raise self.without_body()
        return tree

    def without_body(self) -> Rejected:
        """The verdict on a document without its main part."""
        family = self._family
        return Rejected(CORRUPT, f"压缩包里没有{_spaced(family.body)}，请在 {family.program} 里重新保存")

    def _data(self, name: str) -> bytes | None:
        data = self._parts.get(name)
        if data is not None and b"purl.oclc.org" in data:
            for strict, usual in _STRICT:
                data = data.replace(strict, usual)
        return data

    def _broken(self, exc: etree.XMLSyntaxError) -> Rejected:
        words = str(exc).lower()
        if "depth" in words:
            return Rejected(TOO_COMPLEX, "内容嵌套过深，请简化后再加入")
        if "huge" in words or "too long" in words:
            return Rejected(BOMB, "单段文字超过 10 MB，不予展开")
        return Rejected(CORRUPT, f"文件内部结构有误，请在 {self._family.program} 里重新保存")

    def _report_external(self) -> None:
        for part in sorted(p for p in self._parts if p.endswith(".rels")):
            tree = self.tree(part)
            for rel in tree.iter(_REL) if tree is not None else ():
                kind = str(rel.get("Type", "")).rpartition("/")[2]
                if rel.get("TargetMode") == "External" and kind != "hyperlink":
                    message = "文件引用了外部内容（图片、模板或对象），没有打开，请核对正文是否完整"
                    self._findings.warn("external_ref", message, where=kind)


def _spaced(words: str) -> str:
    """A Latin word stands off from the Chinese before it."""
    return f" {words}" if words[:1].isascii() else words
