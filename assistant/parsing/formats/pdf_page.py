"""One page of a PDF: its characters, ruled lines and images, as pdfminer's interpreter draws them.

Coordinates are points from the top left corner of the page as it is displayed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from pdfminer.pdfdevice import PDFTextDevice
from pdfminer.pdffont import PDFFont, PDFUnicodeNotDefined
from pdfminer.pdfinterp import PDFResourceManager
from pdfminer.utils import apply_matrix_pt, apply_matrix_rect

UNKNOWN = "\ufffd"
_INVISIBLE_MODES = (3, 7)
THIN = 3.0
MAX_MARKS = 60_000  # ruled lines or fills a page may have; a drawing with more is no table


class Turn(Enum):
    """Which way turned text runs on the page as it is displayed."""

    UP = auto()
    DOWN = auto()
    OVER = auto()  # upside down


@dataclass(slots=True)
class Char:
    """A visible character."""

    text: str
    x0: float
    top: float
    x1: float
    bottom: float
    size: float
    pale: bool = False  # in a light colour that still shows


@dataclass(slots=True)
class Rule:
    """A straight line: horizontal when `flat`, from `low` to `high` at `at`."""

    flat: bool
    at: float
    low: float
    high: float


@dataclass(slots=True)
class Fill:
    """A filled rectangle: the ground that characters stand on."""

    x0: float
    top: float
    x1: float
    bottom: float
    white: bool


@dataclass(slots=True)
class Page:
    """Everything on one page that reading needs."""

    width: float
    height: float
    chars: list[Char] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    hidden: list[tuple[str, str]] = field(default_factory=list)  # kind, character
    turned: dict[Turn, list[Char]] = field(default_factory=dict)
    images: int = 0
    image_area: float = 0.0


class PageDevice(PDFTextDevice):  # type: ignore[misc]  # pyproject skips pdfminer's types
    """Collects one page after the other; `page` is the current one."""

    def __init__(self, manager: PDFResourceManager) -> None:
        super().__init__(manager)
        self.page = Page(0, 0)
        self._fills: list[Fill] = []
        self._shown = (0.0, 0.0, 0.0, 0.0)
        self._mode = 0

    def begin_page(self, page: Any, ctm: Any) -> None:
        x0, y0, x1, y1 = apply_matrix_rect(ctm, page.mediabox)
        self.page = Page(abs(x1 - x0), abs(y1 - y0))
        self._fills = []
        cx0, cy0, cx1, cy1 = apply_matrix_rect(ctm, page.cropbox or page.mediabox)
        self._shown = (cx0, self.page.height - cy1, cx1, self.page.height - cy0)

    # --- text -----------------------------------------------------------------------------------

    def render_string(self, textstate: Any, seq: Any, ncs: Any, graphicstate: Any) -> None:
        self._mode = textstate.render
        super().render_string(textstate, seq, ncs, graphicstate)

    def render_char(
        self,
        matrix: Any,
        font: PDFFont,
        fontsize: float,
        scaling: float,
        rise: float,
        cid: int,
        ncs: Any,  # noqa: ARG002 - pdfminer's signature
        graphicstate: Any,
    ) -> float:
        try:
            text = font.to_unichr(cid)
        except PDFUnicodeNotDefined:
            text = UNKNOWN
        advance = float(font.char_width(cid)) * fontsize * scaling
        if font.is_vertical():
            box = (-fontsize / 2, advance, fontsize / 2, 0.0)
        else:
            descent = font.get_descent() * fontsize
            box = (0.0, descent + rise, advance, descent + rise + fontsize)
        x0, y0, x1, y1 = apply_matrix_rect(matrix, box)
        char = Char(
            text=UNKNOWN if text.startswith("(cid:") else text,
            x0=min(x0, x1),
            top=self.page.height - max(y0, y1),
            x1=max(x0, x1),
            bottom=self.page.height - min(y0, y1),
            size=abs(x1 - x0) if font.is_vertical() else abs(y1 - y0),
        )
        char.pale = _is_pale(graphicstate.ncs, graphicstate.ncolor)
        a, b, c, d = matrix[:4]
        upright = a * d * scaling > 0 and abs(b * c) <= 1e-6 * abs(a * d) and a > 0
        kind = self._concealment(char, upright, graphicstate)
        turn = turn_of(a, b, c, d) if kind == "watermark" else None
        if kind is None:
            self.page.chars.append(char)
        elif turn is not None and not char.pale:
            self.page.turned.setdefault(turn, []).append(char)
        else:
            self.page.hidden.append((kind, char.text))
        return advance

    def _concealment(self, char: Char, upright: bool, state: Any) -> str | None:
        if self._mode in _INVISIBLE_MODES:
            return "invisible"
        if not upright:
            return "watermark"
        if char.size <= 1.05:
            return "tiny"
        x, y = (char.x0 + char.x1) / 2, (char.top + char.bottom) / 2
        left, top, right, bottom = self._shown
        if not (left - 1 <= x <= right + 1 and top - 1 <= y <= bottom + 1):
            return "off_page"
        if _is_white(state.ncs, state.ncolor) and self._ground_is_white(x, y):
            return "white"
        return None

    def _ground_is_white(self, x: float, y: float) -> bool:
        for fill in reversed(self._fills):
            if fill.x0 <= x <= fill.x1 and fill.top <= y <= fill.bottom:
                return fill.white
        return True

    # --- lines, fills, images -------------------------------------------------------------------

    def paint_path(
        self,
        graphicstate: Any,
        stroke: bool,
        fill: bool,
        evenodd: bool,  # noqa: ARG002
        path: Sequence[Any],
    ) -> None:
        if len(self.page.rules) + len(self._fills) > MAX_MARKS or any(p[0] in "cvy" for p in path):
            return
        for points in self._subpaths(path):
            box = _box(points)
            if fill and box[2] - box[0] > THIN and box[3] - box[1] > THIN:
                self._fills.append(Fill(*box, _is_white(graphicstate.ncs, graphicstate.ncolor)))
            elif fill:
                self._add_thin(box)
            if stroke and not (_is_white(graphicstate.scs, graphicstate.scolor)):
                self._add_edges(points)

    def _subpaths(self, path: Sequence[Any]) -> list[list[tuple[float, float]]]:
        found: list[list[tuple[float, float]]] = []
        for step in path:
            if step[0] == "h":
                if found and found[-1]:
                    found[-1].append(found[-1][0])
                continue
            x, y = apply_matrix_pt(self.ctm, (float(step[1]), float(step[2])))
            point = (x, self.page.height - y)
            if step[0] == "m" or not found:
                found.append([point])
            else:
                found[-1].append(point)
        return [points for points in found if len(points) > 1]

    def _add_thin(self, box: tuple[float, float, float, float]) -> None:
        x0, top, x1, bottom = box
        if x1 - x0 >= bottom - top:
            self.page.rules.append(Rule(True, (top + bottom) / 2, x0, x1))
        else:
            self.page.rules.append(Rule(False, (x0 + x1) / 2, top, bottom))

    def _add_edges(self, points: list[tuple[float, float]]) -> None:
        for (xa, ya), (xb, yb) in zip(points, points[1:], strict=False):  # noqa: RUF007 - pairs of a short list
            if abs(ya - yb) < 1 and abs(xa - xb) > 1:
                self.page.rules.append(Rule(True, (ya + yb) / 2, min(xa, xb), max(xa, xb)))
            elif abs(xa - xb) < 1 and abs(ya - yb) > 1:
                self.page.rules.append(Rule(False, (xa + xb) / 2, min(ya, yb), max(ya, yb)))

    def render_image(self, name: str, stream: Any) -> None:  # noqa: ARG002
        x0, y0, x1, y1 = apply_matrix_rect(self.ctm, (0, 0, 1, 1))
        self.page.images += 1
        self.page.image_area += abs((x1 - x0) * (y1 - y0))


def _box(points: list[tuple[float, float]]) -> tuple[float, float, float, float]:
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    return min(xs), min(ys), max(xs), max(ys)


def turn_of(a: float, b: float, c: float, d: float) -> Turn | None:
    """How text with this matrix is turned; `None` when it runs across the page or is mirrored."""
    if abs(a * d) <= 1e-6 * abs(b * c) and b * c < 0:
        return Turn.UP if b > 0 else Turn.DOWN
    return Turn.OVER if a < 0 and d < 0 and abs(b * c) <= 1e-6 * abs(a * d) else None


def _is_pale(space: Any, color: Any) -> bool:
    """Whether a colour is light: a grey or a tint that shows on white, as watermarks have."""
    if getattr(space, "name", "") in ("Separation", "DeviceN", "Indexed", "Pattern"):
        return False
    parts = color if isinstance(color, (tuple, list)) else (color,)
    if not parts or not all(isinstance(p, (int, float)) for p in parts):
        return False
    if len(parts) == 4:
        return all(p <= 0.5 for p in parts)
    return len(parts) in (1, 3) and all(p >= 0.5 for p in parts)


def _is_white(space: Any, color: Any) -> bool:
    """Whether a colour is (nearly) white. A tint of a spot colour is ink, however near to 1."""
    if getattr(space, "name", "") in ("Separation", "DeviceN", "Indexed", "Pattern"):
        return False
    parts = color if isinstance(color, (tuple, list)) else (color,)
    if not all(isinstance(p, (int, float)) for p in parts):
        return False
    if len(parts) == 4:
        return all(p <= 0.06 for p in parts)
    return len(parts) in (1, 3) and all(p >= 0.94 for p in parts)
