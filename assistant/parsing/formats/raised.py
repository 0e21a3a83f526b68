"""Raised characters as plain text, so that none of them changes a figure.

10⁴ written with a raised 4 is no 104, 6% with a raised note mark no 61%.
"""

from __future__ import annotations

import re

from assistant.parsing.formats.model import Findings

_POWERS = str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")
CIRCLED = re.compile(r"[①-⑳㉑-㊿⑴-⒇*＊†‡]+")
_DIGITS = re.compile(r"[+-]?\d{1,3}")
_NOTE = re.compile(r"[\[〔［(（]?\s*(?:注\s?)?\d{0,3}\s*[\]〕］)）]|注\s?\d{0,3}")


def raised(before: str, words: str, findings: Findings, notes: frozenset[str] = frozenset()) -> str:
    """What raised `words` amount to behind the text `before`. `notes`: marks that a note on the page begins with.

    >>> [raised(b, w, Findings()) for b, w in (("10", "4"), ("50m", "2"), ("贷款", "1"), ("6", "①"))]
    ['^4', '²', '', '']
    """
    mark = words.strip()
    if not mark:
        return words
    if mark in notes or CIRCLED.fullmatch(mark) or _NOTE.fullmatch(mark):
        findings.hide("note_mark", mark, where=before)
        return ""
    if not _DIGITS.fullmatch(mark):
        return words
    last = before[-1:]
    if last.isdigit() or last in ")）":
        return "^" + mark
    if last.isascii() and last.isalpha():
        return mark.translate(_POWERS)
    if last in "米里":
        return mark.translate(_POWERS)
    findings.hide("note_mark", mark, where=before)
    return ""
