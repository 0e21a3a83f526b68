"""Formulas as one line of text, so that no figure and no sign of them is lost: a/b, x^2, √(a+b).

Source: ECMA-376 Part 1, 22.1 (OMML); MathML Core; ECMA-376 Part 1, 17.16.5.18 (EQ fields).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

_COMPOUND = re.compile(r"[+\-−×÷*/=＋－±·,，\s]")
_MAX_DEPTH = 60


class UnreadFormula(Exception):
    """A formula with a form that cannot be written on one line."""


def from_omml(node: Any) -> str:
    """The line of an m:oMath.

    Raises:
        UnreadFormula: a matrix, a sum with limits, or the like.
    """
    return _read(node, _OMML, 0)


def from_mathml(node: Any) -> str:
    """The line of a <math>.

    Raises:
        UnreadFormula: a matrix, a sum with limits, or the like.
    """
    return _read(node, _MATHML, 0)


def from_eq(code: str) -> str | None:
    r"""The line of an EQ field, `None` when `code` is none.

    Raises:
        UnreadFormula: a form other than fractions, roots and boxes.

    >>> from_eq(r" EQ \f(1,3) ")
    '1/3'
    """
    match = re.match(r"\s*EQ\b(.*)$", code, re.IGNORECASE | re.DOTALL)
    if match is None:
        return None
    words, end = _eq(match[1].strip(), 0, "")
    if end < len(match[1].strip()):
        raise UnreadFormula
    return words.strip()


def _fraction(above: str, below: str) -> str:
    return f"{_grouped(above)}/{_grouped(below)}"


def _power(base: str, exponent: str) -> str:
    return f"{_grouped(base)}^{_grouped(exponent)}"


def _index(base: str, index: str) -> str:
    return f"{base}_{_grouped(index)}" if index[:1].isdigit() and base[-1:].isdigit() else base + index


def _root(words: str, degree: str = "") -> str:
    return f"{degree if degree not in ('', '2') else ''}√{_grouped(words)}"


def _grouped(words: str) -> str:
    words = words.strip()
    return f"（{words}）" if _COMPOUND.search(words) else words


# --- trees ---

_Form = Callable[[Callable[[int], str]], str]


def _read(node: Any, forms: dict[str, tuple[tuple[str, ...], _Form]], depth: int) -> str:
    if depth > _MAX_DEPTH:
        raise UnreadFormula
    name = _name(node)
    if name in _UNREAD:
        raise UnreadFormula
    if name in ("t", "mi", "mn", "mo", "mtext", "ms"):
        return re.sub(r"\s+", " ", "".join(node.itertext()))
    if name in ("rPr", "ctrlPr", "annotation", "annotation-xml"):
        return ""
    children = [child for child in node if isinstance(child.tag, str)]
    if name not in forms:
        return (node.text or "").strip() * (not children) + "".join(
            _read(child, forms, depth + 1) for child in children
        )
    slots, form = forms[name]
    # OMML names its parts, MathML has them in their order.
    parts = [next((c for c in children if _name(c) == slot), None) for slot in slots] if slots else children

    def part(at: int) -> str:
        found = parts[at] if at < len(parts) else None
        return _read(found, forms, depth + 1) if found is not None else ""

    return form(part)


def _name(node: Any) -> str:
    return str(node.tag).rpartition("}")[2]


_UNREAD = frozenset(
    {"m", "nary", "eqArr", "limLow", "limUpp", "groupChr", "mtable", "munder", "mover", "munderover", "mmultiscripts"}
)


def _delimited(part: Callable[[int], str]) -> str:
    return f"（{part(0)}）"


_OMML: dict[str, tuple[tuple[str, ...], _Form]] = {
    "f": (("num", "den"), lambda part: _fraction(part(0), part(1))),
    "sSup": (("e", "sup"), lambda part: _power(part(0), part(1))),
    "sSub": (("e", "sub"), lambda part: _index(part(0), part(1))),
    "sSubSup": (("e", "sub", "sup"), lambda part: _power(_index(part(0), part(1)), part(2))),
    "rad": (("e", "deg"), lambda part: _root(part(0), part(1))),
    "d": (("e",), _delimited),
}
_MATHML: dict[str, tuple[tuple[str, ...], _Form]] = {
    "mfrac": ((), lambda part: _fraction(part(0), part(1))),
    "msup": ((), lambda part: _power(part(0), part(1))),
    "msub": ((), lambda part: _index(part(0), part(1))),
    "msubsup": ((), lambda part: _power(_index(part(0), part(1)), part(2))),
    "mroot": ((), lambda part: _root(part(0), part(1))),
    "msqrt": ((), lambda part: _root(part(0))),
}

# --- EQ fields ---

_SWITCH = re.compile(r"\\([a-zA-Z]+)\s*")


def _eq(code: str, at: int, ends: str) -> tuple[str, int]:
    """Read `code` from `at` up to one of `ends`; the words, and where it stopped."""
    out = ""
    while at < len(code) and code[at] not in ends:
        if code[at] != "\\":
            out, at = out + code[at], at + 1
            continue
        match = _SWITCH.match(code, at)
        if match is None:
            out, at = out + code[at + 1 : at + 2], at + 2  # an escaped comma or bracket
            continue
        words, at = _eq_form(match[1].lower(), code, match.end())
        out += words
    return out, at


def _eq_form(name: str, code: str, at: int) -> tuple[str, int]:
    while (option := _SWITCH.match(code, at)) is not None:  # \\s\\up8(2): how far, and the like
        at = re.compile(r"\d*").match(code, option.end()).end()  # type: ignore[union-attr]
        name += option[1].lower()
    if code[at : at + 1] != "(":
        raise UnreadFormula
    parts: list[str] = []
    while at < len(code) and code[at] != ")":
        words, at = _eq(code, at + 1, ",;)")
        parts.append(words)
    if at >= len(code):
        raise UnreadFormula
    return _eq_words(name, parts), at + 1


def _eq_words(name: str, parts: list[str]) -> str:
    if name.startswith("f") and len(parts) == 2:
        return _fraction(*parts)
    if name.startswith("r"):
        return _root(parts[-1], parts[0] if len(parts) > 1 else "")
    if name.startswith("sup") and len(parts) == 1:
        return "^" + _grouped(parts[0])
    if name.startswith(("x", "b")) and len(parts) == 1:
        return parts[0]
    raise UnreadFormula
