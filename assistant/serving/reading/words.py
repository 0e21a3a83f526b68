"""The words of a clause cut into runs: plain, linked, marked. Offsets are those of the document's text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from assistant.schema.document import Clause, Span
from assistant.text.folding import flow

_MARK = "# \t\u3000"


@dataclass(frozen=True, slots=True)
class Run:
    """Words that are shown in one way."""

    words: str
    href: str | None = None
    quoted: bool = False
    found: bool = False
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """What is to be shown of a place of the text."""

    span: Span
    href: str | None = None
    quoted: bool = False
    found: bool = False


def runs_of(leaf: Clause, marks: Sequence[Mark]) -> tuple[Run, ...]:
    """A leaf as a reader sees it, cut where a mark begins or ends."""
    words, offsets = flowed(leaf)
    telling = [m for m in marks if m.span.start < leaf.span.end and leaf.span.start < m.span.end]
    runs: list[Run] = []
    for char, offset in zip(words, offsets, strict=True):
        look = Run(char)
        for mark in telling:
            if mark.span.start <= offset < mark.span.end:
                look = replace(
                    look,
                    href=look.href or mark.href,
                    quoted=look.quoted or mark.quoted,
                    found=look.found or mark.found,
                )
        if runs and replace(look, words="") == replace(runs[-1], words=""):
            runs[-1] = replace(look, words=runs[-1].words + char)
        else:
            runs.append(look)
    return tuple(runs)


def flowed(leaf: Clause) -> tuple[str, list[int]]:
    """The words of a leaf without its page breaks and marks of a heading, and where each character stands."""
    words = flow(leaf.text)
    words = words.lstrip(_MARK) if words.startswith("#") else words
    return words, list(_offsets(words, leaf))


def _offsets(words: str, leaf: Clause) -> Iterator[int]:
    """`flow` only takes blanks out, or puts one in for several: both texts are walked side by side."""
    at = len(leaf.text) - len(leaf.text.lstrip(_MARK)) if words and not words.startswith("#") else 0
    for char in words:
        while leaf.text[at] != char and not (char == " " and leaf.text[at].isspace()):
            at += 1
        yield leaf.span.start + at
        at += 1
