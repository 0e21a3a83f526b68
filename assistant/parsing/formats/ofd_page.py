"""The objects of an OFD page, drawn as the characters, rules and images that reading needs.

Lengths in the file are millimetres from the upper left corner; on a `Page` they are points.

Source: GB/T 33190-2016, chapters 8 to 11 (coordinates, colours, paths, text).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from assistant.parsing.formats.pdf_page import MAX_MARKS, THIN, Char, Fill, Page, Rule, turn_of

POINTS = 72 / 25.4
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,2})?")
_STEP = re.compile(r"([SMLBQAC])|([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,2})?)")
_CURVED = frozenset("BQA")
_RAISED = 0.88  # of the size: how far a character reaches above its line
_MAX_GROUP = 100_000
_FAINT = 26  # of 255: what is no thicker is not seen
_PALE = 128
_WHITE = 240

Matrix = tuple[float, float, float, float, float, float]
_PLAIN: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


def name_of(node: Any) -> str:
    """The local name of an element: programs write several namespaces for the same standard."""
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def child(node: Any | None, *path: str) -> Any | None:
    """The first element below `node` along `path`."""
    for name in path:
        if node is None:
            return None
        node = next((n for n in node if name_of(n) == name), None)
    return node


def numbers(text: str | None) -> list[float]:
    """The numbers in an attribute."""
    return [float(piece) for piece in _NUMBER.findall(text or "")[:_MAX_GROUP]]


class Painter:
    """Draws objects on one page. `colors`: the fill colours that drawing parameters stand for, by their id."""

    def __init__(self, page: Page, colors: Mapping[str, Any]) -> None:
        self.page, self._colors = page, colors
        self._fills: list[Fill] = []
        self.composed = 0  # graphics made of other graphics, which are not followed

    def draw(self, container: Any, color: Any | None = None) -> None:
        """Everything in a layer or a block of objects."""
        for node in container:
            own = self._colors.get(str(node.get("DrawParam", "")), color)
            match name_of(node):
                case "TextObject":
                    self._text(node, own)
                case "PathObject":
                    self._path(node, own)
                case "ImageObject":
                    self._image(node)
                case "PageBlock":
                    self.draw(node, own)
                case "CompositeObject":
                    self.composed += 1

    # --- text -----------------------------------------------------------------------------------

    def _text(self, node: Any, color: Any | None) -> None:
        fill = child(node, "FillColor")
        fill = color if fill is None else fill
        matrix, left, top = _placement(node)
        wide = next(iter(numbers(node.get("HScale"))), 1.0) or 1.0
        size = next(iter(numbers(node.get("Size") or node.get("size"))), 0.0)  # some programs write it small
        for text, x, y, advance in _glyphs(node, size, wide):
            char = self._char(text, (x, y, advance), size, (matrix, left, top))
            self._keep(char, node, fill, matrix)

    def _char(
        self, text: str, place: tuple[float, float, float], size: float, frame: tuple[Matrix, float, float]
    ) -> Char:
        x, y, advance = place
        matrix, left, top = frame
        corners = [
            _applied(matrix, across, down)
            for across in (x, x + advance)
            for down in (y - _RAISED * size, y + (1 - _RAISED) * size)
        ]
        xs, ys = [left + c[0] for c in corners], [top + c[1] for c in corners]
        return Char(
            text=text,
            x0=min(xs) * POINTS,
            top=min(ys) * POINTS,
            x1=max(xs) * POINTS,
            bottom=max(ys) * POINTS,
            size=(max(ys) - min(ys)) * POINTS,
        )

    def _keep(self, char: Char, node: Any, fill: Any | None, matrix: Matrix) -> None:
        value, alpha = _color(fill), _alpha(node, fill)
        char.pale = bool(value) and (min(value) >= _PALE or alpha < _PALE)
        a, b, c, d = matrix[:4]
        upright = a > 0 and d > 0 and abs(b * c) <= 1e-6 * abs(a * d)
        kind = self._concealment(char, node, value, alpha, upright=upright)
        turn = turn_of(a, -b, -c, d) if kind == "watermark" else None
        if kind is None:
            self.page.chars.append(char)
        elif turn is not None and not char.pale:
            self.page.turned.setdefault(turn, []).append(char)
        else:
            self.page.hidden.append((kind, char.text))

    def _concealment(self, char: Char, node: Any, value: Sequence[float], alpha: float, *, upright: bool) -> str | None:
        if node.get("Visible", "true") in ("false", "0") or alpha < _FAINT:
            return "invisible"
        if not upright:
            return "watermark"
        if char.size <= 1.05:
            return "tiny"
        x, y = (char.x0 + char.x1) / 2, (char.top + char.bottom) / 2
        if not (-1 <= x <= self.page.width + 1 and -1 <= y <= self.page.height + 1):
            return "off_page"
        if value and min(value) >= _WHITE and self._ground_is_white(x, y):
            return "white"
        return None

    def _ground_is_white(self, x: float, y: float) -> bool:
        for fill in reversed(self._fills):
            if fill.x0 <= x <= fill.x1 and fill.top <= y <= fill.bottom:
                return fill.white
        return True

    # --- paths and images -----------------------------------------------------------------------

    def _path(self, node: Any, color: Any | None) -> None:
        if len(self.page.rules) + len(self._fills) > MAX_MARKS:
            return
        own, stroke = child(node, "FillColor"), _color(child(node, "StrokeColor"))
        white = min(_color(own if own is not None else color) or (0.0,)) >= _WHITE
        filled, stroked = node.get("Fill", "false") in ("true", "1"), node.get("Stroke", "true") in ("true", "1")
        stroked = stroked and not (stroke and min(stroke) >= _WHITE)
        matrix, left, top = _placement(node)
        for points in _subpaths(_data_of(node)):
            placed = [_on_page(_applied(matrix, x, y), left, top) for x, y in points]
            box = _box(placed)
            wide, high = box[2] - box[0], box[3] - box[1]
            if filled and min(wide, high) > THIN:
                self._fills.append(Fill(*box, white))
            elif filled or max(wide, high) > THIN >= min(wide, high):
                self.page.rules.append(_thin(box))
                continue
            if stroked:
                self.page.rules += _edges(placed)

    def _image(self, node: Any) -> None:
        box = (*numbers(node.get("Boundary")), 0.0, 0.0, 0.0, 0.0)
        self.page.images += 1
        self.page.image_area += abs(box[2] * box[3]) * POINTS * POINTS


def _glyphs(node: Any, size: float, wide: float) -> Iterator[tuple[str, float, float, float]]:
    """Each character of a text object with the place of its line's start, and how wide it is."""
    x = y = 0.0
    for code in node:
        if name_of(code) != "TextCode":
            continue
        x = next(iter(numbers(code.get("X"))), x)
        y = next(iter(numbers(code.get("Y"))), y)
        across, down = _deltas(code.get("DeltaX")), _deltas(code.get("DeltaY"))
        at_x, at_y = x, y
        for at, text in enumerate((code.text or "").strip("\r\n\t")):
            full = size * wide
            natural = full if ord(text) > 0x2E7F else full / 2
            step = across[at] if at < len(across) else None if across or down else natural
            # A step of up to a full width is the character's own; what is wider holds the space of a justified line.
            yield text, at_x, at_y, step if step is not None and 0 < step <= full else natural
            at_x += step or 0.0
            at_y += down[at] if at < len(down) else 0.0


def _deltas(text: str | None) -> list[float]:
    """Steps from character to character: 「g 3 4.2」 stands for 4.2 three times."""
    found: list[float] = []
    pieces = (text or "").split()
    at = 0
    while at < len(pieces) and len(found) < _MAX_GROUP:
        value = numbers(pieces[at + 2] if pieces[at] == "g" and at + 2 < len(pieces) else pieces[at])
        times = (
            int(pieces[at + 1]) if pieces[at] == "g" and pieces[at + 1 : at + 2] and pieces[at + 1].isdecimal() else 1
        )
        found += (value[:1] or [0.0]) * min(times, _MAX_GROUP)
        at += 3 if pieces[at] == "g" else 1
    return found


def _placement(node: Any) -> tuple[Matrix, float, float]:
    """How an object's own coordinates lie on the page, in millimetres."""
    box = (*numbers(node.get("Boundary")), 0.0, 0.0)
    written = numbers(node.get("CTM"))
    if len(written) != 6:
        return _PLAIN, box[0], box[1]
    a, b, c, d, e, f = written
    return (a, b, c, d, e, f), box[0], box[1]


def _applied(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def _on_page(point: tuple[float, float], left: float, top: float) -> tuple[float, float]:
    return (point[0] + left) * POINTS, (point[1] + top) * POINTS


def _color(node: Any | None) -> list[float]:
    """The parts of a colour, 0 to 255; nothing for black by default and for patterns."""
    return numbers(node.get("Value")) if node is not None else []


def _alpha(node: Any, fill: Any | None) -> float:
    own = next(iter(numbers(node.get("Alpha"))), 255.0)
    return min(own, next(iter(numbers(fill.get("Alpha"))), 255.0) if fill is not None else 255.0)


def _subpaths(written: str) -> Iterator[list[tuple[float, float]]]:
    """The straight lines of a path; one with a curve is no rule of a table."""
    held: list[tuple[float, float]] = []
    steps = list(_STEP.finditer(written))
    if any(m[1] in _CURVED for m in steps if m[1]):
        return
    values: list[float] = []
    command = ""
    for match in steps:
        if match[1]:
            command, values = match[1], []
            if command == "C" and held:
                held.append(held[0])
            continue
        values.append(float(match[2]))
        if len(values) == 2:
            if command in ("M", "S") and len(held) > 1:
                yield held
            held = [(values[0], values[1])] if command in ("M", "S") else [*held, (values[0], values[1])]
            values = []
    if len(held) > 1:
        yield held


def _data_of(node: Any) -> str:
    written = child(node, "AbbreviatedData")
    return (written.text or "") if written is not None else ""


def _box(points: Sequence[tuple[float, float]]) -> tuple[float, float, float, float]:
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    return min(xs), min(ys), max(xs), max(ys)


def _thin(box: tuple[float, float, float, float]) -> Rule:
    x0, top, x1, bottom = box
    if x1 - x0 >= bottom - top:
        return Rule(True, (top + bottom) / 2, x0, x1)
    return Rule(False, (x0 + x1) / 2, top, bottom)


def _edges(points: list[tuple[float, float]]) -> list[Rule]:
    found: list[Rule] = []
    for at in range(len(points) - 1):
        (xa, ya), (xb, yb) = points[at], points[at + 1]
        if abs(ya - yb) < 1 < abs(xa - xb):
            found.append(Rule(True, (ya + yb) / 2, min(xa, xb), max(xa, xb)))
        elif abs(xa - xb) < 1 < abs(ya - yb):
            found.append(Rule(False, (xa + xb) / 2, min(ya, yb), max(ya, yb)))
    return found
