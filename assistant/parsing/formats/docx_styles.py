"""Styles of a DOCX, as far as they decide whether text is seen, numbered or part of a table of contents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from assistant.parsing.formats.docx_numbering import W

_OFF = ("0", "false", "off", "none")
_TOC = re.compile(r"toc ?(\d|heading)|目录 ?\d", re.IGNORECASE)
_CAPTION = re.compile(r"caption|题注|表题|表格标题", re.IGNORECASE)
_HIGHLIGHTS = {
    "black": "000000",
    "darkblue": "000080",
    "darkgreen": "008000",
    "darkred": "800000",
    "blue": "0000FF",
    "red": "FF0000",
    "green": "00FF00",
    "yellow": "FFFF00",
    "white": "FFFFFF",
    "darkgray": "808080",
    "lightgray": "C0C0C0",
}
_MAX_CHAIN = 30


@dataclass(frozen=True, slots=True)
class Look:
    """How a run looks. `None`: not stated."""

    vanish: bool = False
    color: str | None = None  # RRGGBB
    half_points: float | None = None
    fill: str | None = None  # RRGGBB behind the text
    bold: bool = False
    struck: bool = False
    raised: bool = False
    lowered: bool = False
    font: str = ""

    def hidden_as(self) -> str | None:
        """The kind of concealment, or `None` when a reader sees the text."""
        if self.vanish:
            return "vanish"
        if self.struck:
            return "struck_out"
        if self.half_points is not None and self.half_points <= 2:
            return "tiny"
        if self.color is not None and _alike(self.color, self.fill or "FFFFFF"):
            return "white" if _alike(self.color, "FFFFFF") else "same_color"
        return None


def _alike(one: str, other: str) -> bool:
    try:
        pairs = [(int(one[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (0, 2, 4)]
    except ValueError:
        return False
    return max(abs(a - b) for a, b in pairs) <= 16


def is_on(node: Any | None) -> bool:
    """Whether a toggle property such as w:vanish is present and not switched off."""
    return node is not None and node.get(f"{W}val", "1").lower() not in _OFF


class Styles:
    """The style sheet of one document."""

    def __init__(self, root: Any | None) -> None:
        self._nodes: dict[str, Any] = {}
        self._names: dict[str, str] = {}
        self._default: str | None = None
        self._looks: dict[tuple[str | None, str | None], Look] = {}
        self._base = Look()
        for style in root.findall(f"{W}style") if root is not None else ():
            key = style.get(f"{W}styleId", "")
            self._nodes[key] = style
            name = style.find(f"{W}name")
            self._names[key] = name.get(f"{W}val", "") if name is not None else key
            if style.get(f"{W}type") == "paragraph" and style.get(f"{W}default") in ("1", "true"):
                self._default = key
        if root is not None and (defaults := root.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr")) is not None:
            self._base = apply_run(Look(), defaults)

    def chain(self, style: str | None) -> Iterator[Any]:
        """The style and those it is based on, itself first."""
        for _ in range(_MAX_CHAIN):
            node = self._nodes.get(style or "")
            if node is None:
                return
            yield node
            based = node.find(f"{W}basedOn")
            style = based.get(f"{W}val") if based is not None else None

    def look(self, paragraph: str | None, character: str | None) -> Look:
        """How text of these two styles looks before direct formatting."""
        key = (paragraph, character)
        if key not in self._looks:
            look = self._base
            for style in (paragraph or self._default, character):
                for node in reversed(list(self.chain(style))):
                    if (shading := node.find(f"{W}pPr/{W}shd")) is not None:
                        look = replace(look, fill=fill_of(shading) or look.fill)
                    if (props := node.find(f"{W}rPr")) is not None:
                        look = apply_run(look, props)
            self._looks[key] = look
        return self._looks[key]

    def numbering(self, style: str | None) -> tuple[str | None, int | None, str | None]:
        """numId, ilvl and the style that states the numId, through the chain; `None` where nothing is stated."""
        num = ilvl = owner = None
        for node in self.chain(style or self._default):
            props = node.find(f"{W}pPr/{W}numPr")
            if props is None:
                continue
            if num is None and (found := props.find(f"{W}numId")) is not None:
                num, owner = found.get(f"{W}val"), node.get(f"{W}styleId")
            if ilvl is None and (found := props.find(f"{W}ilvl")) is not None:
                ilvl = int(found.get(f"{W}val", "0"))
        return num, ilvl, owner

    def list_styles(self) -> dict[str, str]:
        """style id → numId of the numbering styles."""
        found: dict[str, str] = {}
        for key, node in self._nodes.items():
            num = node.find(f"{W}pPr/{W}numPr/{W}numId")
            if num is not None:
                found[key] = num.get(f"{W}val", "")
        return found

    def is_contents(self, style: str | None) -> bool:
        """Whether the style belongs to a table of contents."""
        return style is not None and _TOC.match(self._names.get(style, style)) is not None

    def is_caption(self, style: str | None) -> bool:
        """Whether the style is one for captions."""
        return style is not None and _CAPTION.search(self._names.get(style, style)) is not None

    def is_centered(self, style: str | None) -> bool:
        """Whether the style centres its paragraphs."""
        for node in self.chain(style or self._default):
            if (jc := node.find(f"{W}pPr/{W}jc")) is not None:
                return str(jc.get(f"{W}val")) == "center"
        return False


def apply_run(look: Look, props: Any) -> Look:
    """`look` with the run properties `props` on top."""
    for node in props:
        name = node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""
        value = node.get(f"{W}val", "")
        if name in ("vanish", "webHidden", "specVanish", "strike", "dstrike"):
            look = _toggled(look, name, is_on(node))
        elif name == "vertAlign":
            look = replace(look, raised=value == "superscript", lowered=value == "subscript")
        elif name == "rFonts":
            look = replace(look, font=node.get(f"{W}ascii") or node.get(f"{W}hAnsi") or look.font)
        elif name == "color":
            look = replace(look, color=_colour_of(node, value))
        elif name == "sz":
            look = replace(look, half_points=_number(value))
        elif name in ("highlight", "shd"):
            fill = _HIGHLIGHTS.get(value.lower()) if name == "highlight" else fill_of(node)
            look = replace(look, fill=fill or look.fill)
    return look


def _colour_of(node: Any, value: str) -> str | None:
    white = node.get(f"{W}themeColor", "") in ("background1", "light1") and len(value) != 6
    return "FFFFFF" if white else value.upper() if len(value) == 6 else None


def _toggled(look: Look, name: str, on: bool) -> Look:
    return replace(look, struck=on) if name in ("strike", "dstrike") else replace(look, vanish=on)


def fill_of(shading: Any) -> str | None:
    """The colour of a w:shd, when it states one. A full pattern shows w:color instead of w:fill."""
    name = "color" if shading.get(f"{W}val") == "solid" else "fill"
    value = str(shading.get(f"{W}{name}", ""))
    if len(value) == 6:
        return value.upper()
    # A theme colour without a value may be dark; nothing is called hidden on an unknown ground.
    return "808080" if shading.get(f"{W}themeFill") else None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
