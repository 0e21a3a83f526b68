"""What lies over the cells of a sheet: text boxes, pictures, charts, comments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from assistant.parsing.formats.drawing import Shape, shapes_in
from assistant.parsing.formats.package import Parts
from assistant.parsing.formats.xlsx_book import S, number
from assistant.parsing.formats.xlsx_sheet import letters_of

_D = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
_ANCHORS = ("twoCellAnchor", "oneCellAnchor", "absoluteAnchor")


@dataclass(frozen=True, slots=True)
class Placed:
    """A shape, and the cell at its upper left corner; '' where it is tied to none."""

    cell: str
    shape: Shape


def shapes_of(parts: Parts, sheet: str) -> Iterator[Placed]:
    """The shapes over the sheet in part `sheet`."""
    for relation in parts.relations(sheet):
        tree = parts.tree(relation.target) if relation.kind == "drawing" else None
        for anchor in tree if tree is not None else ():
            if isinstance(anchor.tag, str) and anchor.tag.rpartition("}")[2] in _ANCHORS:
                cell = _cell_of(anchor.find(f"{_D}from"))
                yield from (Placed(cell, shape) for shape in shapes_in(anchor))


def comments_of(parts: Parts, sheet: str) -> Iterator[str]:
    """The comments on the cells of a sheet, each behind the name of its cell."""
    for relation in parts.relations(sheet):
        if relation.kind not in ("comments", "threadedComment"):
            continue
        tree = parts.tree(relation.target)
        for node in tree.iter() if tree is not None else ():
            name = node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""
            if name in ("comment", "threadedComment"):
                words = "".join(t.text or "" for t in node.iter() if t.tag == f"{S}t" or str(t.tag).endswith("}text"))
                if words.strip():
                    yield f"{node.get('ref', '')}：{words}"


def _cell_of(corner: Any | None) -> str:
    if corner is None:
        return ""
    return f"{letters_of(number(corner.findtext(f'{_D}col')) + 1)}{number(corner.findtext(f'{_D}row')) + 1}"
