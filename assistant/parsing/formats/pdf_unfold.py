"""A page put into one upright column before it is read: turned pages, watermarks, two columns, line numbers."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from statistics import median

from assistant.parsing.formats.model import Findings
from assistant.parsing.formats.pdf_lines import Line, lines_of
from assistant.parsing.formats.pdf_page import Char, Page, Rule, Turn

_FEW_TURNED = 20  # characters: fewer are a stamp or a note in the margin
_FEW_ROWS = 4


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
    counts = {turn: len(chars) for turn, chars in page.turned.items()}
    most = max(counts, key=lambda turn: counts[turn], default=None)
    upright = sum(1 for c in page.chars if c.text.strip())
    if most is not None and counts[most] >= _FEW_TURNED and counts[most] > 3 * upright:
        for char in page.chars:
            page.hidden.append(("watermark", char.text))
        page.chars = [_turned(char, most, page) for char in page.turned.pop(most)]
        page.rules = [_turned_rule(rule, most, page) for rule in page.rules]
        if most is not Turn.OVER:
            page.width, page.height = page.height, page.width
    for chars in page.turned.values():
        page.hidden += [("watermark", char.text) for char in chars]
        if sum(1 for c in chars if c.text.strip()) >= _FEW_TURNED:
            before = page.chars[0:1] and lines_of(page.chars, 0)[-1].text
            findings.lose("侧向排列的文字", behind=before or "".join(c.text for c in chars))
    page.turned = {}


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
    """Pale or very large characters that lie upon the words of the page."""
    sizes = [c.size for c in page.chars if not c.pale and c.text.strip()]
    body = median(sizes) if sizes else 0.0
    groups: dict[tuple[bool, int], list[Char]] = defaultdict(list)
    for char in page.chars:
        if char.text.strip() and (char.pale or char.size > 2.2 * body):
            groups[char.pale, round(char.size)].append(char)
    marked = {id(c) for group in groups.values() for c in group}
    others = [c for c in page.chars if id(c) not in marked and c.text.strip()]
    dropped: set[int] = set()
    for group in groups.values():
        upon = sum(1 for c in group if any(_overlap(c, other) for other in others))
        if others and upon >= max(1, len(group) / 3):
            findings.hide("watermark", "".join(c.text for c in group))
            dropped |= {id(c) for c in group}
    if dropped:
        page.chars = [c for c in page.chars if id(c) not in dropped]


def _overlap(one: Char, other: Char) -> bool:
    wide = min(one.x1, other.x1) - max(one.x0, other.x0)
    high = min(one.bottom, other.bottom) - max(one.top, other.top)
    small = min(one.size, other.size)
    return wide > 0.15 * small and high > 0.3 * small


# --- two columns ---


def _one_column(page: Page, number: int) -> None:
    """Put the right one of two columns below the left one; lines over both stay between."""
    if page.rules and any(not rule.flat for rule in page.rules):
        return
    lines = lines_of(page.chars, number)
    gutter = _gutter(page, lines)
    if gutter is None:
        return
    bands: list[list[Line]] = [[]]
    for line in lines:
        if _crosses(line, gutter):
            bands += [[line], []]
        else:
            bands[-1].append(line)
    left = min(c.x0 for line in lines for c in line.chars if c.x1 < gutter)
    starts = [min(c.x0 for c in line.chars if c.x0 > gutter) for line in lines if _sides(line, gutter)[1]]
    shift = min(starts) - left
    out: list[Char] = []
    down = 0.0
    for band in bands:
        chars = [c for line in band for c in line.chars]
        if len(band) == 1 and _crosses(band[0], gutter):
            out += [_moved(c, 0.0, down) for c in chars]
            continue
        right = [c for c in chars if c.x0 > gutter]
        out += [_moved(c, 0.0, down) for c in chars if c.x0 <= gutter]
        if right:
            pitch = median(line.size for line in band) * 0.6
            depth = max(c.bottom for c in chars) - min(c.top for c in right) + pitch
            down += depth
            out += [_moved(c, -shift, down) for c in right]
    page.chars = out
    page.width, page.height = page.width - shift, page.height + down


def _moved(char: Char, right: float, down: float) -> Char:
    return replace(char, x0=char.x0 + right, x1=char.x1 + right, top=char.top + down, bottom=char.bottom + down)


def _sides(line: Line, gutter: float) -> tuple[list[Char], list[Char]]:
    return [c for c in line.chars if c.x1 < gutter], [c for c in line.chars if c.x0 > gutter]


def _crosses(line: Line, gutter: float) -> bool:
    return any(c.x0 <= gutter <= c.x1 for c in line.chars) or (
        line.x0 < gutter < line.x1 and not _wide_gap(line, gutter)
    )


def _wide_gap(line: Line, gutter: float) -> bool:
    left, right = _sides(line, gutter)
    return bool(left and right) and min(c.x0 for c in right) - max(c.x1 for c in left) > 1.2 * line.size


def _gutter(page: Page, lines: list[Line]) -> float | None:
    """The middle of the white strip between two columns of running text, near the middle of the page."""
    body = [line for line in lines if line.text.strip()]
    best: tuple[int, float] | None = None
    for step in range(35, 66):
        at = page.width * step / 100
        both = [line for line in body if _wide_gap(line, at)]
        crossing = sum(1 for line in body if _crosses(line, at))
        if len(both) >= _FEW_ROWS and crossing <= 0.3 * len(body) and (best is None or len(both) > best[0]):
            best = (len(both), at)
    if best is None:
        return None
    both = [line for line in body if _wide_gap(line, best[1])]
    ends = [max(c.x1 for c in _sides(line, best[1])[0]) for line in both]
    starts = [min(c.x0 for c in _sides(line, best[1])[1]) for line in both]
    middle = (max(ends) + min(starts)) / 2
    return middle if max(ends) < min(starts) and _runs(both, middle, 0) and _runs(both, middle, 1) else None


def _runs(lines: list[Line], gutter: float, side: int) -> bool:
    """Whether one side reads as running text: most lines are long, and they end at one edge."""
    pieces = [_sides(line, gutter)[side] for line in lines]
    size = median(line.size for line in lines)
    widths = [max(c.x1 for c in piece) - min(c.x0 for c in piece) for piece in pieces]
    edge = max(max(c.x1 for c in piece) for piece in pieces)
    full = sum(1 for piece in pieces if max(c.x1 for c in piece) > edge - 3 * size)
    return median(widths) >= 8 * size and full >= 0.4 * len(pieces)


# --- line numbers ---


def without_line_numbers(lines: list[Line], findings: Findings) -> list[Line]:
    """The lines of a page without the numbers that count them in the margin."""
    counted = [(line, *_margin_number(line)) for line in lines]
    numbers = [number for _, number, _ in counted if number is not None]
    steps = {b - a for a, b in zip(numbers, numbers[1:], strict=False)}  # noqa: RUF007 - pairs of a short list
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
