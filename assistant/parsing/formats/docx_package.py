"""The parts of a DOCX and how they relate.

XML is read with lxml, which resolves no entity and opens nothing.
"""

from __future__ import annotations

import posixpath
from typing import Any

from lxml import etree

from assistant.parsing.formats.model import BOMB, CORRUPT, DTD, TOO_COMPLEX, Findings, Rejected

_REL = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_STRICT = (
    (
        b"http://purl.oclc.org/ooxml/wordprocessingml/main",
        b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    ),
    (b"http://purl.oclc.org/ooxml/drawingml/main", b"http://schemas.openxmlformats.org/drawingml/2006/main"),
)
_NO_BODY = "压缩包里没有 Word 正文，请在 Word 里重新保存"


class Package:
    """The parts of one DOCX by name, and the relations of its main part."""

    def __init__(self, parts: dict[str, bytes], findings: Findings) -> None:
        self._parts, self._findings = parts, findings
        self._main = self._main_part()
        self._ids: dict[str, str] = {}  # of the relations of the main part
        self.relations = self._read_relations()

    def body(self) -> Any:
        """The w:body of the main part.

        Raises:
            Rejected: `corrupt`, when there is none.
        """
        root = self.tree(self._main)
        for child in root if root is not None else ():
            if isinstance(child.tag, str) and child.tag.endswith("}body"):
                return child
        raise Rejected(CORRUPT, _NO_BODY)

    def related(self, kind: str) -> Any | None:
        """The first part of a kind that the main part names."""
        return next((self.tree(name) for k, name in self.relations if k == kind and name in self._parts), None)

    def named(self, relation: str) -> Any | None:
        """The part that a relation of the main part leads to, by its id."""
        return self.tree(self._ids.get(relation, ""))

    def tree(self, name: str) -> Any | None:
        """A part as XML.

        Raises:
            Rejected: `too_complex`, `bomb`, `corrupt` or `dtd`.
        """
        data = self._parts.get(name)
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

    def _main_part(self) -> str:
        if (rels := self.tree("_rels/.rels")) is not None:
            for rel in rels.iter(_REL):
                if str(rel.get("Type", "")).endswith("/officeDocument"):
                    name = posixpath.normpath(str(rel.get("Target", "")).lstrip("/"))
                    if name in self._parts:
                        return name
        if "word/document.xml" in self._parts:
            return "word/document.xml"
        raise Rejected(CORRUPT, _NO_BODY)

    def _read_relations(self) -> list[tuple[str, str]]:
        """(kind, part name) of the relations of the main part; external ones of any part are reported."""
        folder, name = posixpath.split(self._main)
        own = f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels"
        found: list[tuple[str, str]] = []
        for part in sorted(p for p in self._parts if p.endswith(".rels")):
            tree = self.tree(part)
            for rel in tree.iter(_REL) if tree is not None else ():
                kind = str(rel.get("Type", "")).rpartition("/")[2]
                target = str(rel.get("Target", ""))
                if rel.get("TargetMode") == "External":
                    self._report_external(kind)
                elif part == own:
                    path = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
                    found.append((kind, posixpath.normpath(path)))
                    self._ids[str(rel.get("Id", ""))] = posixpath.normpath(path)
        return found

    def _report_external(self, kind: str) -> None:
        if kind != "hyperlink":
            message = "文件引用了外部内容（图片、模板或对象），没有打开，请核对正文是否完整"
            self._findings.warn("external_ref", message, where=kind)
