"""A page put into one upright column before it is read: turned pages, watermarks, two columns, line numbers."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import pairwise
from statistics import median

from assistant.parsing.formats.model import Findings
from assistant.parsing.formats.pdf_lines import Line, lines_of
from assistant.parsing.formats.pdf_page import Char, Page, Rule, Turn

_FEW_TURNED = 20  # characters: fewer are a stamp or a note in the margin
_FEW_ROWS = 4
_MANY = 2000  # characters: no watermark is longer


def unfold(pages: list[Page], findings: Findings) -> None:
    """Bring every page into the order in which it is read; what is taken out is reported."""
    for page in pages:
        _turn(page, findings)
        _drop_watermark(page, findings)
    for number, page in enumerate(pages):
        _one_column(page, number)


# --- turned pages ---


def _turn(page: Page, findings: Findings) -> None:
    """Turn a page whose text is drawn sideways or upside down; a few turned characters are a stamp."""
    turn = max(page.turned, key=lambda one: len(page.turned[one]), default=None)
    upright = _letters(page.chars)
    if turn is not None and len(page.turned[turn]) >= max(_FEW_TURNED, 3 * upright + 1):
        page.hidden += [("watermark", char.text) for char in page.chars]
        page.chars = [_turned(char, turn, page) for char in page.turned.pop(turn)]
        page.rules = [_turned_rule(rule, turn, page) for rule in page.rules]
        if turn is not Turn.OVER:
            page.width, page.height = page.height, page.width
    for chars in page.turned.values():
        page.hidden += [("watermark", char.text) for char in chars]
        if _letters(chars) >= _FEW_TURNED:
            place = lines_of(page.chars, 0)[-1].text if _letters(page.chars) else "".join(c.text for c in chars)
            findings.lose("侧向排列的文字", behind=place)
    page.turned = {}


def _letters(chars: list[Char]) -> int:
    return sum(1 for c in chars if c.text.strip())


def _turned(char: Char, turn: Turn, page: Page) -> Char:
    x0, top, x1, bottom = _box((char.x0, char.top, char.x1, char.bottom), turn, page)
    return replace(char, x0=x0, top=top, x1=x1, bottom=bottom, size=bottom - top)


def _turned_rule(rule: Rule, turn: Turn, page: Page) -> Rule:
    ends = (rule.low, rule.at, rule.high, rule.at) if rule.flat else (rule.at, rule.low, rule.at, rule.high)
    x0, top, x1, bottom = _box(ends, turn, page)
    return Rule(True, top, x0, x1) if x1 - x0 > bottom - top else Rule(False, x0, top, bottom)


def _box(box: tuple[float, float, float, float], turn: Turn, page: Page) -> tuple[float, float, float, float]:
    x0, top, x1, bottom = box
    match turn:
        case Turn.UP:
            return page.height - bottom, x0, page.height - top, x1
        case Turn.DOWN:
            return top, page.width - x1, bottom, page.width - x0
        case Turn.OVER:
            return page.width - x1, page.height - bottom, page.width - x0, page.height - top


# --- watermarks ---


def _drop_watermark(page: Page, findings: Findings) -> None:
    """Take out pale or very large characters that lie upon the words of the page."""
    groups = _suspects(page)
    marked = {id(c) for group in groups for c in group}
    others = [c for c in page.chars if id(c) not in marked and c.text.strip()]
    for group in groups:
        if len(group) <= _MANY and _lies_upon(group, others):
            findings.hide("watermark", "".join(c.text for c in group))
            dropped = {id(c) for c in group}
            page.chars = [c for c in page.chars if id(c) not in dropped]


def _lies_upon(group: list[Char], others: list[Char]) -> bool:
    upon = sum(1 for c in group if any(_overlap(c, other) for other in others))
    return upon >= max(1, len(group) / 3)


def _suspects(page: Page) -> list[list[Char]]:
    """Pale or very large characters, those of one size and colour together."""
    sizes = [c.size for c in page.chars if not c.pale and c.text.strip()]
    body = median(sizes) if sizes else 0.0
    groups: dict[tuple[bool, int], list[Char]] = defaultdict(list)
    for char in page.chars:
        if char.text.strip() and (char.pale or char.size > 2.2 * body):
            groups[char.pale, round(char.size)].append(char)
    return list(groups.values())


def _overlap(one: Char, other: Char) -> bool:
    wide = min(one.x1, other.x1) - max(one.x0, other.x0)
    high = min(one.bottom, other.bottom) - max(one.top, other.top)
    small = min(one.size, other.size)
    return wide > 0.15 * small and high > 0.3 * small


# --- two columns ---


def _one_column(page: Page, number: int) -> None:
    """Put the right one of two columns below the left one; lines over both stay between."""
    if any(not rule.flat for rule in page.rules):
        return
    lines = lines_of(page.chars, number)
    gutter = _gutter(page, lines)
    if gutter is None:
        return
    shift = _distance(lines, gutter)
    out: list[Char] = []
    down = 0.0
    for band in _bands(lines, gutter):
        left, right = _sides(band, gutter)
        out += [_moved(c, 0.0, down) for c in left]
        if right:
            foot = max(line.bottom for line in band) + 0.6 * median(line.size for line in band)
            down += foot - min(c.top for c in right)
            out += [_moved(c, -shift, down) for c in right]
    page.chars = out
    page.width, page.height = page.width - shift, page.height + down


def _distance(lines: list[Line], gutter: float) -> float:
    """How far the right column stands from the left one."""
    both = [_sides([line], gutter) for line in lines if _gap_at(line, gutter)]
    return min(c.x0 for _, right in both for c in right) - min(c.x0 for left, _ in both for c in left)


def _sides(band: list[Line], gutter: float) -> tuple[list[Char], list[Char]]:
    """The characters left and right of the gutter; those of a line over both columns are all left."""
    chars = [c for line in band for c in line.chars]
    if _crosses(band[0], gutter):
        return chars, []
    return [c for c in chars if c.x0 <= gutter], [c for c in chars if c.x0 > gutter]


def _bands(lines: list[Line], gutter: float) -> list[list[Line]]:
    """Lines over both columns, each alone, and the lines between two of them together."""
    bands: list[list[Line]] = []
    before = True
    for line in lines:
        alone = _crosses(line, gutter)
        if alone or before:
            bands.append([line])
        else:
            bands[-1].append(line)
        before = alone
    return bands


def _moved(char: Char, right: float, down: float) -> Char:
    return replace(char, x0=char.x0 + right, x1=char.x1 + right, top=char.top + down, bottom=char.bottom + down)


def _gaps(line: Line) -> list[tuple[float, float]]:
    """The wide gaps inside a line."""
    chars = sorted((c for c in line.chars if c.text.strip()), key=lambda c: c.x0)
    return [(a.x1, b.x0) for a, b in pairwise(chars) if b.x0 - a.x1 > 1.2 * line.size]


def _gap_at(line: Line, at: float) -> tuple[float, float] | None:
    return next((gap for gap in _gaps(line) if gap[0] < at < gap[1]), None)


def _crosses(line: Line, gutter: float) -> bool:
    return line.x0 < gutter < line.x1 and _gap_at(line, gutter) is None


def _gutter(page: Page, lines: list[Line]) -> float | None:
    """The middle of the white strip between two columns of running text, near the middle of the page."""
    gaps = [(line, _gaps(line)) for line in lines]
    strips = [_strip(gaps, page.width * step / 100) for step in range(35, 66)]
    found = max(strips, key=len)
    if len(found) < _FEW_ROWS:
        return None
    end, start = max(end for _, end, _ in found), min(start for _, _, start in found)
    running = _run([(line.x0, end) for line, end, _ in found], found) and _run(
        [(start, line.x1) for line, _, start in found], found
    )
    return (end + start) / 2 if end < start and running else None


def _strip(gaps: list[tuple[Line, list[tuple[float, float]]]], at: float) -> list[tuple[Line, float, float]]:
    """The lines with a gap at a place, and the gap; none when too many lines run over it."""
    both = [(line, gap[0], gap[1]) for line, own in gaps for gap in own if gap[0] < at < gap[1]]
    crossing = sum(1 for line, _ in gaps if line.x0 < at < line.x1) - len(both)
    return both if crossing <= 0.3 * len(gaps) else []


def _run(pieces: list[tuple[float, float]], found: list[tuple[Line, float, float]]) -> bool:
    """Whether one side reads as running text: most pieces are long, and they end at one edge."""
    size = median(line.size for line, _, _ in found)
    edge = max(right for _, right in pieces)
    full = sum(1 for _, right in pieces if right > edge - 3 * size)
    return median(right - left for left, right in pieces) >= 8 * size and full >= 0.4 * len(pieces)


# --- line numbers ---


def without_line_numbers(lines: list[Line], findings: Findings) -> list[Line]:
    """The lines of a page without the numbers that count them in the margin."""
    counted = [(line, *_margin_number(line)) for line in lines]
    numbers = [number for _, number, _ in counted if number is not None]
    steps = {b - a for a, b in pairwise(numbers)}
    if len(numbers) < max(5, 0.7 * len(lines)) or steps != {1}:
        return lines
    findings.hide("line_number", f"{numbers[0]}–{numbers[-1]}")
    kept: list[Line] = []
    for line, number, rest in counted:
        if number is None:
            kept.append(line)
        elif rest:
            kept += lines_of(rest, line.page)
    return kept


def _margin_number(line: Line) -> tuple[int | None, list[Char]]:
    """The number at the left of a line, with a wide gap behind it, and the characters of the line itself."""
    chars = sorted((c for c in line.chars if c.text.strip()), key=lambda c: c.x0)
    digits = 0
    while digits < len(chars) and chars[digits].text.isdigit() and chars[digits].text.isascii():
        digits += 1
    if not 1 <= digits <= 4:
        return None, []
    number = int("".join(c.text for c in chars[:digits]))
    if digits == len(chars):
        return number, []
    edge = chars[digits - 1].x1
    if chars[digits].x0 - edge < 1.5 * line.size:
        return None, []
    return number, [c for c in line.chars if c.x0 > edge + 0.5 * line.size]
