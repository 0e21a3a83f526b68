"""As much CSS as decides whether text is seen, and how a list counts. No layout, no cascade beyond that."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from colorsys import hls_to_rgb
from dataclasses import dataclass, replace

_RULE = re.compile(r"([^{}]{1,400})\{([^{}]{0,4000})\}")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SIMPLE = re.compile(r"^(?:[a-zA-Z][\w-]*)?(?:[.#][\w\u4e00-\u9fff-]+)?$")
_FUNCTION = re.compile(r"(rgb|hsl)a?\(([^()]{1,80})\)")
_PARTS = re.compile(r"[\s,/]+")
_LENGTH = re.compile(r"^(-?\d*\.?\d+)\s*(px|pt|em|rem|%|in|cm|mm|vw|vh|)$")
_NAMED = {"white": "FFFFFF", "snow": "FFFAFA", "ivory": "FFFFF0", "black": "000000", "red": "FF0000", "blue": "0000FF"}
_OPACITY = re.compile(r"opacity\(\s*([\d.]+%?)\s*\)")
_FAINT = 0.1  # opacity below which nobody reads
_FAR = 3000  # pixels to the right or below at which nothing is seen
_BEFORE_PAGE = -999  # … to the left or above
_UNREADABLE = 2.0  # pixels of a font below which nobody reads
_MAX_CSS = 400_000
_PX = {"px": 1.0, "": 1.0, "pt": 4 / 3, "in": 96.0, "cm": 37.8, "mm": 3.78}
_SHIFT_PX = {**_PX, "em": 16.0, "rem": 16.0, "vw": 30.0, "vh": 30.0, "%": 0.0}  # 100vw and 100vh are off every page
_SHIFTED = ("left", "top", "right", "bottom", "text-indent", "margin-left", "margin-top", "inset", "translate")
_MOVED = re.compile(r"translate(?:x|y|3d)?\(([^()]{1,80})\)")
_SHRUNK = re.compile(r"scale(?:x|y|3d)?\(\s*(-?[\d.]+)")


@dataclass(frozen=True, slots=True)
class Look:
    """What an element inherits or states. Colours are RRGGBB; `size` is in CSS pixels."""

    color: str | None = None
    fill: str | None = None
    size: float = 16.0
    list_style: str | None = None
    centered: bool = False
    hidden: str | None = None  # the kind of concealment

    def hidden_as(self) -> str | None:
        """The kind of concealment of text that stands here."""
        if self.hidden is not None:
            return self.hidden
        if self.size < _UNREADABLE:
            return "tiny"
        if self.color is not None and _alike(self.color, self.fill or "FFFFFF"):
            return "white" if _alike(self.color, "FFFFFF") else "same_color"
        return None


def read_sheet(css: str) -> dict[str, dict[str, str]]:
    """Declarations by simple selector (`p`, `.note`, `#x`, `p.note`); anything longer is passed over."""
    found: dict[str, dict[str, str]] = {}
    for match in _RULE.finditer(_COMMENT.sub("", css[:_MAX_CSS])):
        declared = read_declarations(match[2])
        for selector in match[1].split(","):
            name = selector.strip()
            if name and _SIMPLE.match(name):
                found.setdefault(name, {}).update(declared)
    return found


def read_declarations(style: str) -> dict[str, str]:
    """`a: b; c: d` as a dict, names and values in lower case."""
    pairs = (piece.partition(":") for piece in style[:10_000].split(";"))
    return {
        name.strip().lower(): value.strip().lower().removesuffix("!important").strip()
        for name, colon, value in pairs
        if colon
    }


def look_of(above: Look, tag: str, attributes: Mapping[str, str], sheet: Mapping[str, Mapping[str, str]]) -> Look:
    """How an element looks inside one that looks like `above`."""
    declared: dict[str, str] = {}
    if sheet:
        classes = attributes.get("class", "").split()
        names = [tag, *(f".{c}" for c in classes), *(f"{tag}.{c}" for c in classes)]
        if "id" in attributes:
            names += [f"#{attributes['id']}", f"{tag}#{attributes['id']}"]
        for name in names:
            declared.update(sheet.get(name, {}))
    if "style" in attributes:
        declared.update(read_declarations(attributes["style"]))
    look = _attributes(above, tag, attributes)
    return _declared(look, declared) if declared else look


def _attributes(look: Look, tag: str, attributes: Mapping[str, str]) -> Look:
    if look.hidden is None and "hidden" in attributes:
        look = replace(look, hidden="display_none")
    if look.hidden is None and attributes.get("aria-hidden", "").lower() == "true":
        look = replace(look, hidden="aria_hidden")
    if tag == "font" and "color" in attributes:
        look = replace(look, color=_color(attributes["color"].lower()) or look.color)
    if "bgcolor" in attributes:
        look = replace(look, fill=_color(attributes["bgcolor"].lower()) or look.fill)
    if tag == "table":  # `align` and <center> place the table, not the words in it
        return replace(look, centered=False) if look.centered else look
    if "align" in attributes or tag == "center":
        look = replace(look, centered=tag == "center" or attributes["align"].lower() in ("center", "middle"))
    return look


def _declared(look: Look, css: Mapping[str, str]) -> Look:
    size = _size(css.get("font-size"), look.size)
    color = _color(css["color"]) if "color" in css else None
    ground = css.get("background-color") or css.get("background", "")
    fill = _color(ground.split(" ")[0]) if ground else None
    if ground and fill is None and ground not in ("none", "transparent", "inherit", "initial"):
        fill = "808080"  # an image or a name we do not know: nothing is called hidden on an unknown ground
    style = css.get("list-style-type") or css.get("list-style")
    return replace(
        look,
        size=size,
        color=color or look.color,
        fill=fill or look.fill,
        list_style=style.split(" ")[0] if style else look.list_style,
        centered=css["text-align"] == "center" if "text-align" in css else look.centered,
        hidden=look.hidden or _concealment(css),
    )


_CLIPS = re.compile(
    r"rect\(0|inset\((?:[5-9]\d|100)%|circle\(0(?:px|%)?(?:\s|\)|$)|ellipse\(0|polygon\((?:0(?:px|%)?[\s,]*)+\)"
)


def _concealment(css: Mapping[str, str]) -> str | None:
    if "line-through" in css.get("text-decoration", "") or "line-through" in css.get("text-decoration-line", ""):
        return "struck_out"
    if css.get("display") == "none":
        return "display_none"
    if css.get("visibility") in ("hidden", "collapse") or css.get("content-visibility") == "hidden":
        return "invisible"
    if _is_transparent(css):
        return "invisible"
    return "off_page" if _is_moved_away(css) or _is_clipped(css) else None


def _is_moved_away(css: Mapping[str, str]) -> bool:
    """Whether an element stands where no page is."""
    values = [part for name in _SHIFTED for part in css.get(name, "").split()]
    moves = _MOVED.findall(css.get("transform", ""))
    values += [part for move in moves for part in _PARTS.split(move.strip())]
    if any(_shift(value) <= _BEFORE_PAGE for value in values):
        return True
    placed = css.get("position") in ("fixed", "absolute", "relative") or bool(moves)
    return placed and any(_shift(value) >= _FAR for value in values)


def _shift(value: str) -> float:
    """A distance in pixels; 0 where none is stated."""
    match = _LENGTH.match(value)
    return float(match[1]) * _SHIFT_PX.get(match[2], 1.0) if match else 0.0


def _is_transparent(css: Mapping[str, str]) -> bool:
    """Whether nothing, or hardly anything, of the text shows."""
    colors = (css.get("color", ""), css.get("-webkit-text-fill-color", ""))
    if any(color == "transparent" or _alpha(color) < _FAINT for color in colors):
        return True
    filtered = _OPACITY.search(css.get("filter", ""))
    return any(_share(value) < _FAINT for value in (css.get("opacity"), filtered[1] if filtered else None))


def _alpha(color: str) -> float:
    """How much of a colour shows, 0 to 1; 1 where it does not say."""
    if color.startswith("#") and len(color) in (5, 9):
        digits = color[-1] * 2 if len(color) == 5 else color[-2:]
        return int(digits, 16) / 255 if all(c in "0123456789abcdef" for c in digits) else 1.0
    if match := _FUNCTION.match(color):
        parts = _PARTS.split(match[2].strip())
        return _share(parts[3]) if len(parts) > 3 else 1.0
    return 1.0


def _share(value: str | None) -> float:
    """An opacity, 0 to 1; 1 where none is stated."""
    match = _LENGTH.match(value or "")
    if match is None:
        return 1.0
    return float(match[1]) / (100 if match[2] == "%" else 1)


def _is_clipped(css: Mapping[str, str]) -> bool:
    """Whether an element is cut or shrunk to nothing."""
    if any(_CLIPS.match(css.get(name, "")) for name in ("clip", "clip-path")):
        return True
    shrunk = _SHRUNK.search(css.get("transform", ""))
    if any(_share(value) < _FAINT for value in (css.get("scale"), css.get("zoom"), shrunk[1] if shrunk else None)):
        return True
    if css.get("text-indent") == "100%" and "hidden" in css.get("overflow", ""):
        return True
    flat = any(css.get(p) is not None and (_number(css.get(p)) or 0) <= 1 for p in ("height", "width", "max-height"))
    return flat and "hidden" in css.get("overflow", "") and not css.get("height", css.get("width", "")).endswith("%")


def _number(value: str | None) -> float | None:
    match = _LENGTH.match(value or "")
    return float(match[1]) if match else None


def _size(value: str | None, inherited: float) -> float:
    match = _LENGTH.match(value or "")
    if match is None:
        return inherited
    number = float(match[1])
    if match[2] in ("em", "%"):
        return inherited * number / (100 if match[2] == "%" else 1)
    if match[2] == "rem":
        return 16 * number
    return number * _PX.get(match[2], 16.0)


def _color(value: str) -> str | None:
    if value.startswith("#"):
        digits = value[1:]
        if len(digits) in (3, 4):
            digits = "".join(c * 2 for c in digits)
        return digits[:6].upper() if len(digits) in (6, 8) and all(c in "0123456789abcdef" for c in digits) else None
    if match := _FUNCTION.match(value):
        parts = _PARTS.split(match[2].strip())
        if _alpha(value) == 0 or len(parts) < 3:
            return None
        return _from_hsl(parts) if match[1] == "hsl" else _from_rgb(parts)
    return _NAMED.get(value)


def _from_rgb(parts: Sequence[str]) -> str | None:
    if not all(part.rstrip("%").replace(".", "", 1).isdigit() for part in parts[:3]):
        return None
    values = (float(p.rstrip("%")) * (2.55 if p.endswith("%") else 1) for p in parts[:3])
    return "".join(f"{min(255, int(value)):02X}" for value in values)


def _from_hsl(parts: Sequence[str]) -> str | None:
    numbers = [part.removesuffix("deg").rstrip("%") for part in parts[:3]]
    if not all(number.replace(".", "", 1).isdigit() for number in numbers):
        return None
    hue, saturation, light = (float(number) for number in numbers)
    rgb = hls_to_rgb(hue % 360 / 360, min(light, 100) / 100, min(saturation, 100) / 100)
    return "".join(f"{round(255 * value):02X}" for value in rgb)


def _alike(one: str, other: str) -> bool:
    return all(abs(int(one[i : i + 2], 16) - int(other[i : i + 2], 16)) <= 16 for i in (0, 2, 4))
