"""The workbook of an XLSX: its sheets in order, the words that cells share, and how cells look.

Source: ECMA-376 Part 1, 18.2 (workbook), 18.4 (shared strings), 18.8 (styles).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assistant.parsing.formats.model import CORRUPT, TOO_COMPLEX, Rejected
from assistant.parsing.formats.package import Parts, Relation
from assistant.parsing.formats.xlsx_format import code_of

S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_MAX_SHEETS = 500
_INCOMPLETE = "文件不完整，缺少工作表或单元格的内容，请在 Excel 里重新保存"
_WHITE_THEME = "0"  # the first colour of a theme is the ground of the window


@dataclass(frozen=True, slots=True)
class SheetName:
    """A sheet as the workbook lists it."""

    name: str
    part: str
    kind: str  # worksheet, chartsheet, dialogsheet
    hidden: bool


@dataclass(frozen=True, slots=True)
class Look:
    """How a cell is shown."""

    code: str = "General"
    struck: bool = False
    white: bool = False  # white characters on no ground of their own


class Book:
    """What all sheets share."""

    def __init__(self, parts: Parts) -> None:
        name = parts.main("xl/workbook.xml")
        relations = parts.relations(name)
        targets = {r.id: r for r in relations}
        tree = parts.main_tree(name)
        self.since_1904 = _is_on(tree.find(f"{S}workbookPr"), "date1904")
        self.sheets = tuple(_listed(node, targets) for node in tree.iter(f"{S}sheet"))
        if not self.sheets:
            raise parts.without_body()
        if len(self.sheets) > _MAX_SHEETS:
            raise Rejected(TOO_COMPLEX, f"工作表超过 {_MAX_SHEETS} 张，请拆分后再加入")
        kinds = {r.kind: r.target for r in relations}
        self._words = _shared(parts, kinds.get("sharedStrings", ""))
        self.looks = _looks(parts.tree(kinds.get("styles", "")))

    def shared(self, at: str) -> Words:
        """The shared words by their number.

        Raises:
            Rejected: `corrupt`, when there are none.
        """
        if not at.isdecimal() or number(at) >= len(self._words):
            raise Rejected(CORRUPT, _INCOMPLETE)
        return self._words[number(at)]

    def look(self, style: str | None) -> Look:
        """The look of a cell by the number of its style."""
        at = number(style)
        return self.looks[at] if at < len(self.looks) else Look()


def _listed(node: Any, targets: Mapping[str, Relation]) -> SheetName:
    """A sheet of the workbook; one that leads nowhere makes the file incomplete."""
    found = targets.get(str(node.get(f"{R}id", "")))
    if found is None:
        raise Rejected(CORRUPT, _INCOMPLETE)
    return SheetName(
        name=" ".join(str(node.get("name", "")).split()),
        part=found.target,
        kind=found.kind,
        hidden=node.get("state", "visible") != "visible",
    )


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a cell, and those of them that are struck out."""

    text: str
    struck: str = ""


def read_words(node: Any) -> Words:
    """The words of a shared or inline string, without the signs that only say how they are pronounced."""
    text, struck = "", ""
    for child in node:
        if child.tag == f"{S}t":
            text += child.text or ""
        elif child.tag == f"{S}r":
            piece = "".join(t.text or "" for t in child.iter(f"{S}t"))
            if _is_set(child.find(f"{S}rPr/{S}strike")):
                struck += piece
            else:
                text += piece
    return Words(text, struck)


def number(text: str | None) -> int:
    """A count of a file; 0 for what is none."""
    return int(text) if text and text.isdecimal() and len(text) < 10 else 0


def _shared(parts: Parts, name: str) -> tuple[Words, ...]:
    return tuple(read_words(node) for node in parts.each(name, (f"{S}si",)))


def _looks(tree: Any | None) -> tuple[Look, ...]:
    if tree is None:
        return ()
    own = {number(n.get("numFmtId")): str(n.get("formatCode", "")) for n in tree.iter(f"{S}numFmt")}
    fonts = list(tree.find(f"{S}fonts") if tree.find(f"{S}fonts") is not None else ())
    fills = list(tree.find(f"{S}fills") if tree.find(f"{S}fills") is not None else ())
    found: list[Look] = []
    cells = tree.find(f"{S}cellXfs")
    for xf in cells if cells is not None else ():
        font, fill = number(xf.get("fontId")), number(xf.get("fillId"))
        found.append(
            Look(
                code=code_of(number(xf.get("numFmtId")), own),
                struck=font < len(fonts) and _is_set(fonts[font].find(f"{S}strike")),
                white=font < len(fonts)
                and _is_white(fonts[font])
                and not (fill < len(fills) and _has_ground(fills[fill])),
            )
        )
    return tuple(found)


def _is_white(font: Any) -> bool:
    color = font.find(f"{S}color")
    if color is None or color.get("tint") is not None:
        return False
    return str(color.get("rgb", "")).upper() in ("FFFFFFFF", "00FFFFFF", "FFFFFF") or color.get("theme") == _WHITE_THEME


def _has_ground(fill: Any) -> bool:
    pattern = fill.find(f"{S}patternFill")
    return pattern is None or pattern.get("patternType", "none") != "none"


def _is_set(node: Any | None) -> bool:
    return node is not None and node.get("val", "1") not in ("0", "false")


def _is_on(node: Any | None, name: str) -> bool:
    return node is not None and node.get(name, "0") in ("1", "true")
