"""Templates of `old_pages`: six that rules were written against, six that were kept aside until the rules stood.

A third six have the forms of pages that were met later, in words of our own: bylines without blanks, names and values
on lines of their own, a title said twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path(__file__).with_name("old_pages_in")


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A layout with its furniture. `titled`: the title stands outside the document's own words."""

    name: str
    suffix: str  # html, txt
    body: str  # how a paragraph is written
    template: str
    titled: bool = False


def _variant(name: str, body: str, *, titled: bool = False) -> Variant:
    suffix = "txt" if body == "txt" else "html"
    template = (_FOLDER / f"{name}.{suffix}").read_text(encoding="utf-8")
    return Variant(name=name, suffix=suffix, body=body, template=template, titled=titled)


PAGES = (
    _variant("table1", "p", titled=True),
    _variant("mobile1", "div", titled=True),
    _variant("text1", "txt", titled=True),
    _variant("table2", "br"),
    _variant("mobile2", "section"),
    _variant("text2", "txt"),
)
HELD_OUT = (
    _variant("table3", "font", titled=True),
    _variant("mobile3", "section", titled=True),
    _variant("text3", "txt", titled=True),
    _variant("table4", "word"),
    _variant("mobile4", "div"),
    _variant("text4", "txt"),
)
MET_LATER = (
    _variant("seen1", "txt", titled=True),
    _variant("seen3", "p", titled=True),
    _variant("seen2", "txt"),
    _variant("seen4", "txt", titled=True),
    _variant("seen5", "font", titled=True),
    _variant("seen6", "txt", titled=True),
)
