"""Words of a page that stand in no plain text: form fields, formulas; and frames, which hold another page."""

from __future__ import annotations

from typing import Any

from assistant.parsing.formats.formula import UnreadFormula, from_mathml

FIELDS = frozenset({"input", "select", "textarea"})
FRAMES = frozenset({"iframe", "frame", "object", "embed"})
_TYPED = frozenset({"", "text", "number", "date", "month", "week", "time", "datetime-local", "tel", "url", "email"})


def field_words(node: Any) -> str:
    """What a form field shows: a value, the chosen option, ☑ or □; nothing for buttons and hidden fields."""
    if node.tag == "textarea":
        return "".join(node.itertext())
    if node.tag == "select":
        options = list(node.iter("option"))
        chosen = [o for o in options if o.get("selected") is not None] or options[:1]
        return "、".join("".join(o.itertext()).strip() for o in chosen)
    kind = node.get("type", "").lower()
    if kind in ("checkbox", "radio"):
        return "☑" if node.get("checked") is not None else "□"
    return str(node.get("value", "")) if kind in _TYPED else ""


def is_part_of_text(node: Any) -> bool:
    """Whether a field stands in a sentence or shows what nobody can change; else it waits for its user."""
    if node.tag == "textarea" or node.get("readonly") is not None or node.get("disabled") is not None:
        return True
    parent = node.getparent()
    if parent is None or parent.tag in ("form", "body"):
        return False
    around: str = (parent.text or "") + "".join(child.tail or "" for child in parent)
    return sum("\u4e00" <= c <= "\u9fff" for c in around) >= 4


def formula_words(node: Any) -> tuple[str, bool]:
    """A <math> on one line, and whether nothing of its form was lost."""
    try:
        return from_mathml(node), True
    except UnreadFormula:
        return "".join(t.strip() for t in node.itertext()), False


def is_frame(node: Any) -> bool:
    """Whether an element shows another page or file."""
    return any(node.get(name) for name in ("src", "srcdoc", "data"))
