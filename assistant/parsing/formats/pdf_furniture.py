"""What pages add to a text is taken out: running heads, page numbers, footnotes, tables of contents.

A running head is known by standing at one place on several pages, a page number by its form at the edge of a page.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from statistics import median

from assistant.parsing.formats.captions import contents_lines
from assistant.parsing.formats.model import Findings
from assistant.parsing.formats.pdf_lines import Line, is_raised, lines_of
from assistant.parsing.formats.pdf_measure import body_size
from assistant.parsing.formats.pdf_page import Char, Page

_EDGE = 0.13  # of the page height: where heads and page numbers stand
_PAGE_NUMBER = re.compile(
    r"(?:[—–\-－·~〜\s]*\d{1,4}[—–\-－·~〜\s]*|第\s*[\d一二三四五六七八九十百]{1,5}\s*页(?:\s*[/，,（(]?\s*共\s*[\d一二三四五六七八九十百]{1,5}\s*页[)）]?)?"
    r"|\d{1,4}\s*/\s*\d{1,4}|[Pp]age\s*\d{1,4}(?:\s*(?:of|/)\s*\d{1,4})?)$"
)
_ATTACHED = re.compile(r"附[\s\u3000]*[件表录][\s\u3000]*[\d一二三四五六七八九十]{0,3}[\s\u3000]*[:：]?$")
_NOTE = re.compile(r"[①-⑳]|\[\d{1,3}\]|〔\d{1,3}〕|\d{1,2}[\s\u3000]?\S|[*＊†]|注[:：\d]")
_MARKER = re.compile(r"[①-⑳\d\[\]〔〕*＊†]+$")


def body_lines(pages: list[Page], lines: list[list[Line]], findings: Findings) -> list[list[Line]]:
    """`lines` page by page without heads, feet, page numbers, footnotes and tables of contents."""
    repeated = _repeated(pages, lines)
    kept: list[list[Line]] = []
    for page, page_lines in zip(pages, lines, strict=True):
        body: list[Line] = []
        for at, line in enumerate(page_lines):
            zone = _zone(line, page)
            edge = at < 2 or at >= len(page_lines) - 2
            if zone and edge and _PAGE_NUMBER.match(line.text.strip()):
                continue
            if zone and at_edge(at, len(page_lines)) and _key(line, zone) in repeated:
                findings.hide("header" if zone == "top" else "footer", line.text)
                continue
            body.append(line)
        kept.append(body)
    kept = _without_notes(pages, kept, findings)
    return _without_contents(kept, findings)


def at_edge(at: int, count: int) -> bool:
    """Whether a line is among the first or last three of its page."""
    return at < 3 or at >= count - 3


def _zone(line: Line, page: Page) -> str:
    middle = (line.top + line.bottom) / 2
    if middle < _EDGE * page.height:
        return "top"
    return "bottom" if middle > (1 - _EDGE) * page.height else ""


def _key(line: Line, zone: str) -> tuple[str, str, int]:
    return zone, re.sub(r"\d+", "#", "".join(line.text.split())), round(line.size)


def _repeated(pages: list[Page], lines: list[list[Line]]) -> set[tuple[str, str, int]]:
    places: dict[tuple[str, str, int], list[float]] = defaultdict(list)
    for page, page_lines in zip(pages, lines, strict=True):
        keys: dict[tuple[str, str, int], float] = {}
        for at, line in enumerate(page_lines):
            # 附件1, 附件2 at the head of their pages are alike but for the number, and no running head.
            zone = "" if _ATTACHED.match(line.text.strip()) else _zone(line, page)
            if zone and at_edge(at, len(page_lines)):
                keys.setdefault(_key(line, zone), line.top)
        for key, top in keys.items():
            places[key].append(top)
    found: set[tuple[str, str, int]] = set()
    for key, tops in places.items():
        steady = sum(1 for t in tops if abs(t - median(tops)) < 4)
        if steady >= 2 and (steady >= 3 or steady >= 0.5 * len(pages)):
            found.add(key)
    return found


def _without_notes(pages: list[Page], lines: list[list[Line]], findings: Findings) -> list[list[Line]]:
    """Footnotes are small lines at the foot of a page, below a short rule or very small."""
    body = body_size(lines)
    kept: list[list[Line]] = []
    for page, page_lines in zip(pages, lines, strict=True):
        first = len(page_lines)
        while first > 0 and page_lines[first - 1].size <= 0.88 * body:
            first -= 1
        notes = page_lines[first:]
        if not notes or not _are_notes(page, page_lines, first, body):
            kept.append(page_lines)
            continue
        words = "".join(line.text for line in notes)
        findings.hide("footnote", words)
        bare = [_without_markers(line) for line in page_lines[:first]]
        if place := next((b.text for b, line in zip(bare, page_lines, strict=False) if b is not line), ""):
            findings.lose(f"脚注“{words[:60]}”", behind=place)
        kept.append(bare)
    return kept


def _are_notes(page: Page, lines: list[Line], first: int, body: float) -> bool:
    """Whether the small lines from `first` on are footnotes."""
    top = lines[first].top
    if top < 0.4 * page.height or not _NOTE.match(lines[first].text):
        return False
    above = lines[first - 1].bottom if first else 0.0
    ruled = any(r.flat and r.high - r.low < 0.6 * page.width and above - 2 <= r.at <= top + 4 for r in page.rules)
    return ruled or lines[first].size <= 0.8 * body


def _without_markers(line: Line) -> Line:
    """A line without the raised figures that point to footnotes."""
    kept: list[Char] = []
    for char in sorted(line.chars, key=lambda c: (c.x0 + c.x1) / 2):
        if not (is_raised(char, line.size, line.bottom) and _MARKER.match(char.text)):
            kept.append(char)
        elif kept:  # no blank where the mark stood
            kept[-1] = replace(kept[-1], x1=max(kept[-1].x1, char.x1))
    if len(kept) == len(line.chars) or not any(c.text.strip() for c in kept):
        return line
    return lines_of(kept, line.page)[0]


def _without_contents(lines: list[list[Line]], findings: Findings) -> list[list[Line]]:
    flat = [line for page_lines in lines for line in page_lines]
    contents = contents_lines([line.text for line in flat])
    if not contents:
        return lines
    findings.lose("目录")
    dropped = {id(flat[i]) for i in contents}
    return [[line for line in page_lines if id(line) not in dropped] for page_lines in lines]
