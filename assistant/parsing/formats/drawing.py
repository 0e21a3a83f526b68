"""Shapes of a drawing, as Excel and PowerPoint write them: words, tables, pictures, charts.

Source: ECMA-376 Part 1, 20.1 and 21.1 (DrawingML), Part 3 (alternate content).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from assistant.parsing.formats.formula import UnreadFormula, from_omml
from assistant.parsing.formats.model import TOO_COMPLEX, Rejected
from assistant.parsing.formats.numbering import word_number

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_MAX_DEPTH = 40
LABEL_CHARS = 20  # a longer cell is no head of columns
# How a text body counts (20.1.10.61): the beginning of a form's name, and its end.
_NUMBERS = {
    "ea1Chs": "chineseCounting",
    "ea1Cht": "chineseCounting",
    "circleNum": "decimalEnclosedCircle",
    "alphaLc": "lowerLetter",
    "alphaUc": "upperLetter",
    "romanLc": "lowerRoman",
    "romanUc": "upperRoman",
    "arabic": "decimal",
}
_ENDINGS = {"ParenBoth": ("(", ")"), "ParenR": ("", ")"), "Plain": ("", ""), "Period": ("", ".")}
_GRAPHIC = {
    "chart": "图表",
    "chartex": "图表",
    "diagram": "SmartArt 图示",
    "ole": "嵌入的对象",
    "oleObject": "嵌入的对象",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A shape: its paragraphs, or its table, or a name for what has no words (图片)."""

    kind: str = ""  # of a placeholder: title, ctrTitle, sldNum, …
    lines: tuple[str, ...] = ()
    struck: str = ""
    unread: int = 0  # formulas that could not be written on a line
    rows: tuple[tuple[str, ...], ...] = ()
    lost: str = ""
    alt: str = ""  # what the author says of a picture
    hidden: bool = False
    diagram: str = ""  # the relation that leads to the words of a SmartArt


def shapes_in(container: Any, depth: int = 0) -> Iterator[Shape]:
    """The shapes of a tree of shapes in the order of the file, those of groups among them.

    Raises:
        Rejected: `too_complex`, when groups lie deeper than people put them.
    """
    if depth > _MAX_DEPTH:
        raise Rejected(TOO_COMPLEX, "图形分组嵌套过深，请简化后再加入")
    for node in container:
        name = node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""
        if name == "grpSp":
            yield from shapes_in(node, depth + 1)
        elif name == "AlternateContent":
            yield from shapes_in(_chosen(node), depth + 1)
        elif name in ("sp", "cxnSp"):
            yield _words_of(node)
        elif name == "pic":
            yield Shape(lost="图片", alt=_named(node, "descr"), hidden=_is_concealed(node))
        elif name == "graphicFrame":
            yield _graphic(node)
        elif name == "contentPart":
            yield Shape(lost="手写墨迹")


@dataclass(slots=True)
class Words:
    """What a text body says: its paragraphs, what is struck out in them, how many formulas could not be written."""

    lines: list[str] = field(default_factory=list)
    struck: str = ""
    unread: int = 0


def words_in(body: Any) -> Words:
    """The words of a text body, with the numbers that its paragraphs show."""
    found = Words()
    numbers = _AutoNumbers(body)
    for node in body.iter(f"{A}p"):
        line = "".join(_piece(piece, found) for piece in node)
        if line.strip():
            found.lines.append(numbers.label(node) + line)
    return found


def _piece(piece: Any, found: Words) -> str:
    """The words of a run, a field, a break or a formula."""
    name = piece.tag.rpartition("}")[2] if isinstance(piece.tag, str) else ""
    if name == "br":
        return "\n"
    if name == "AlternateContent":
        return "".join(_piece(inner, found) for inner in _chosen(piece))
    if name == "m":
        return "".join(_formula(node, found) for node in piece.iter() if str(node.tag).endswith("}oMath"))
    if name not in ("r", "fld"):
        return ""
    props, words = piece.find(f"{A}rPr"), piece.findtext(f"{A}t") or ""
    if props is not None and props.get("strike", "noStrike") != "noStrike":
        found.struck += words
        return ""
    return _raised(words, props)


def _formula(node: Any, found: Words) -> str:
    try:
        return from_omml(node)
    except UnreadFormula:
        found.unread += 1
        return ""


class _AutoNumbers:
    """The numbers that paragraphs of one text body show before their words."""

    def __init__(self, body: Any) -> None:
        self._levels = next((n for n in body if str(n.tag).endswith("}lstStyle")), None)
        self._counts: dict[int, tuple[str, int]] = {}  # level → form and last number

    def label(self, paragraph: Any) -> str:
        """The number of the next paragraph with words, or ''."""
        props = paragraph.find(f"{A}pPr")
        level = _count(props.get("lvl"), 0) if props is not None else 0
        mark = self._mark(props, level)
        self._counts = {at: held for at, held in self._counts.items() if at <= level}
        if mark is None:
            self._counts.pop(level, None)
            return ""
        form = str(mark.get("type", ""))
        before = self._counts.get(level)
        number = before[1] + 1 if before and before[0] == form else _count(mark.get("startAt"), 1)
        self._counts[level] = (form, number)
        return _auto_number(form, number)

    def _mark(self, props: Any | None, level: int) -> Any | None:
        own = props.find(f"{A}buAutoNum") if props is not None else None
        bare = props is not None and any(props.find(f"{A}{n}") is not None for n in ("buNone", "buChar", "buBlip"))
        if own is not None or bare or self._levels is None:
            return own
        return self._levels.find(f"{A}lvl{level + 1}pPr/{A}buAutoNum")


def _auto_number(form: str, number: int) -> str:
    """ea1ChsPeriod and 2 give 二."""
    for start, count in _NUMBERS.items():
        if form.startswith(start):
            ending = next((marks for name, marks in _ENDINGS.items() if form.endswith(name)), ("", "."))
            return f"{ending[0]}{word_number(number, count)}{ending[1]}"
    return f"{number}."


def _count(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 6 else otherwise


def _raised(words: str, props: Any | None) -> str:
    """10 with a raised 4 is no 104."""
    up = (
        props is not None and str(props.get("baseline", "0")).lstrip("-").isdecimal() and int(props.get("baseline")) > 0
    )
    return f"^{words}" if up and words[:1].isdecimal() else words


def _words_of(node: Any) -> Shape:
    body = next((child for child in node if str(child.tag).endswith("}txBody")), None)
    words = words_in(body) if body is not None else Words()
    hidden = _is_concealed(node)
    picture = node.find(f".//{A}blipFill") is not None and not words.lines
    return Shape(
        kind=_placeholder(node),
        lines=tuple(words.lines),
        struck=words.struck,
        unread=words.unread,
        hidden=hidden,
        lost="图片" if picture else "",
    )


def _graphic(node: Any) -> Shape:
    hidden = _is_concealed(node)
    if (table := node.find(f".//{A}tbl")) is not None:
        return Shape(rows=_grid(table), hidden=hidden)
    data = node.find(f".//{A}graphicData")
    uri = str(data.get("uri", "")).rpartition("/")[2] if data is not None else ""
    leading = next((n for n in data.iter() if str(n.tag).endswith("}relIds")), None) if data is not None else None
    diagram = next((v for k, v in leading.attrib.items() if str(k).endswith("}dm")), "") if leading is not None else ""
    return Shape(lost=_GRAPHIC.get(uri, "图形对象"), alt=_named(node, "descr"), hidden=hidden, diagram=str(diagram))


def _grid(table: Any) -> tuple[tuple[str, ...], ...]:
    """The rows of a table; a merged cell has its words in each place, long ones in each row once."""
    rows: list[tuple[str, ...]] = []
    for row in table.iter(f"{A}tr"):
        cells: list[str] = []
        for cell in row.iter(f"{A}tc"):
            body = cell.find(f"{A}txBody")
            words = " ".join(words_in(body).lines) if body is not None else ""
            if cell.get("vMerge") in ("1", "true") and rows and len(cells) < len(rows[-1]):
                words = rows[-1][len(cells)]
            elif cell.get("hMerge") in ("1", "true") and cells:
                words = cells[-1] if len(cells[-1]) <= LABEL_CHARS else ""
            cells.append(words)
        rows.append(tuple(cells))
    return tuple(_once(row) for row in rows)


def _once(row: tuple[str, ...]) -> tuple[str, ...]:
    """A cell over the whole row stands once."""
    return (row[0], *("" for _ in row[1:])) if len(row) > 1 and len(set(row)) == 1 else row


def _chosen(node: Any) -> Any:
    """The one of several equivalent contents that a current program shows."""
    for name in ("Choice", "Fallback"):
        for child in node:
            if str(child.tag).endswith(f"}}{name}") and len(child):
                return child
    return ()


def _placeholder(node: Any) -> str:
    mark = next((n for n in node.iter() if str(n.tag).endswith("}ph")), None)
    return str(mark.get("type", "body")) if mark is not None else ""


def _properties(node: Any) -> Any | None:
    return next((n for n in node.iter() if str(n.tag).endswith("}cNvPr")), None)


def _named(node: Any, name: str) -> str:
    found = _properties(node)
    return str(found.get(name, "")) if found is not None else ""


def _is_concealed(node: Any) -> bool:
    return _named(node, "hidden") in ("1", "true")
