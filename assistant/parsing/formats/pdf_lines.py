"""Characters of a page become lines; ruled grids become tables."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median

from assistant.parsing.formats.pdf_page import Char, Page, Rule

_SNAP = 3.0
_MAX_GRID = 200
_LABEL_CHARS = 20  # a longer cell is no head of columns


@dataclass(slots=True)
class Line:
    """A line of text on a page."""

    text: str
    page: int
    x0: float
    top: float
    x1: float
    bottom: float
    size: float
    chars: list[Char] = field(default_factory=list)


@dataclass(slots=True)
class Grid:
    """A ruled table on a page. A merged cell has its words in its first place, elsewhere ''."""

    page: int
    top: float
    bottom: float
    xs: tuple[float, ...]
    rows: tuple[tuple[str, ...], ...]


def lines_of(chars: Iterable[Char], page: int) -> list[Line]:
    """The lines that `chars` form, from top to bottom."""
    rows: list[list[Char]] = []
    blanks: list[Char] = []
    for char in sorted(chars, key=lambda c: (c.top + c.bottom) / 2):
        if not char.text.strip():
            blanks.append(char)
            continue
        middle = (char.top + char.bottom) / 2
        for row in reversed(rows[-3:]):
            first = row[0]
            reach = 0.45 * max(first.size, char.size)
            if abs((first.top + first.bottom) / 2 - middle) < reach:
                row.append(char)
                break
        else:
            rows.append([char])
    for blank in blanks:
        for row in rows:
            large = max(row, key=lambda c: c.size)  # a raised character may stand first
            if abs(large.top + large.bottom - blank.top - blank.bottom) < 0.9 * large.size:
                row.append(blank)
                break
    lines = [_line(row, page) for row in rows]
    return sorted(lines, key=lambda line: (line.top + line.bottom, line.x0))


def _line(row: list[Char], page: int) -> Line:
    row = sorted(row, key=lambda c: (c.x0 + c.x1) / 2)
    while not row[0].text.strip():
        row = row[1:]
    while not row[-1].text.strip():
        row = row[:-1]
    row = _without_doubles(row)
    return Line(
        text=_words(row),
        page=page,
        x0=row[0].x0,
        top=min(c.top for c in row),
        x1=max(c.x1 for c in row),
        bottom=max(c.bottom for c in row),
        size=median(c.size for c in row),
        chars=row,
    )


def _without_doubles(row: list[Char]) -> list[Char]:
    """Some programs print a character twice, a hair apart, to make it bold."""
    kept: list[Char] = []
    for char in row:
        if any(c.text == char.text and abs(c.x0 - char.x0) < 0.25 * char.size for c in kept[-2:]):
            continue
        kept.append(char)
    return kept


def _words(row: list[Char]) -> str:
    letters = [c for c in row if c.text.strip()]
    # A blank behind every character is the program's way to space a line out, not the author's.
    keep_blanks = len(row) - len(letters) <= 0.3 * len(letters)
    out, blank, before = "", False, row[0]
    size = median(c.size for c in letters)
    foot = median(c.bottom for c in letters)
    for char in row:
        if not char.text.strip():
            blank = keep_blanks
            continue
        gap, wide = char.x0 - before.x1, max(before.size, char.size)
        narrow = before.text[-1:].isascii() and char.text[:1].isascii()
        if out and (blank or gap > (0.18 if narrow else 0.75) * wide):
            out += " "
        if char.text.isdigit() and is_raised(char, size, foot) and not is_raised(before, size, foot):
            out += "^"  # 10 with a raised 4 is no 104
        out, blank, before = out + char.text, False, char
    return out


def is_raised(char: Char, size: float, foot: float) -> bool:
    """Whether a character stands above the line of characters of this `size` that end at `foot`."""
    return char.size <= 0.75 * size and char.bottom < foot - 0.15 * size


# --- tables -------------------------------------------------------------------------------------


def grids_of(page: Page, number: int) -> tuple[list[Grid], list[Char]]:
    """The ruled tables of a page, and the characters outside them."""
    flat = _merged([r for r in page.rules if r.flat])
    upright = _merged([r for r in page.rules if not r.flat])
    grids: list[Grid] = []
    chars = page.chars
    for rows, columns in _components(flat, upright):
        grid, inside = _grid(rows, columns, chars, number)
        if grid is not None:
            grids.append(grid)
            chars = [c for c in chars if id(c) not in inside]
    return grids, chars


def _grid(rows: list[Rule], columns: list[Rule], chars: list[Char], number: int) -> tuple[Grid | None, set[int]]:
    """The table that crossing rules make, and the ids of the characters in it; none when it is nearly empty."""
    ys, xs = _snapped([r.at for r in rows]), _snapped([c.at for c in columns])
    if not (3 <= len(xs) <= _MAX_GRID and 2 <= len(ys) <= _MAX_GRID):
        return None, set()
    inside = [c for c in chars if _within(c, xs, ys)]
    cells = _cells(inside, xs, ys, rows, columns, number)
    if sum(1 for row in cells for cell in row if cell) < 2:
        return None, set()
    return Grid(number, ys[0], ys[-1], tuple(xs), cells), {id(c) for c in inside}


def _merged(rules: list[Rule]) -> list[Rule]:
    """Rules on one line that touch become one."""
    found: list[Rule] = []
    for rule in sorted(rules, key=lambda r: (round(r.at / 2), r.low)):
        for last in reversed(found[-4:]):
            if abs(last.at - rule.at) <= 1.5 and rule.low <= last.high + _SNAP:
                last.high = max(last.high, rule.high)
                break
        else:
            found.append(Rule(rule.flat, rule.at, rule.low, rule.high))
    return [r for r in found if r.high - r.low > 4]


def _components(flat: list[Rule], upright: list[Rule]) -> list[tuple[list[Rule], list[Rule]]]:
    """Groups of horizontal and vertical rules that cross each other."""
    parent = list(range(len(flat) + len(upright)))

    def find(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    if len(flat) * len(upright) > 2_000_000:
        return []
    for i, row in enumerate(flat):
        for j, column in enumerate(upright, start=len(flat)):
            crosses = row.low - _SNAP <= column.at <= row.high + _SNAP
            if crosses and column.low - _SNAP <= row.at <= column.high + _SNAP:
                parent[find(i)] = find(j)
    groups: dict[int, tuple[list[Rule], list[Rule]]] = {}
    for i, rule in enumerate([*flat, *upright]):
        groups.setdefault(find(i), ([], []))[0 if rule.flat else 1].append(rule)
    found = [g for g in groups.values() if g[0] and g[1]]
    return sorted(found, key=lambda g: min(r.at for r in g[0]))


def _snapped(values: list[float]) -> list[float]:
    found: list[float] = []
    for value in sorted(values):
        if not found or value - found[-1] > _SNAP:
            found.append(value)
    return found


def _within(char: Char, xs: list[float], ys: list[float]) -> bool:
    x, y = (char.x0 + char.x1) / 2, (char.top + char.bottom) / 2
    return xs[0] - 1 <= x <= xs[-1] + 1 and ys[0] - 1 <= y <= ys[-1] + 1


def _cells(
    chars: list[Char], xs: list[float], ys: list[float], flat: list[Rule], upright: list[Rule], page: int
) -> tuple[tuple[str, ...], ...]:
    columns, rows = len(xs) - 1, len(ys) - 1
    root = {(r, c): (r, c) for r in range(rows) for c in range(columns)}

    def find(cell: tuple[int, int]) -> tuple[int, int]:
        while root[cell] != cell:
            cell = root[cell]
        return cell

    for r in range(rows):
        for c in range(columns):
            y, x = (ys[r] + ys[r + 1]) / 2, (xs[c] + xs[c + 1]) / 2
            if c + 1 < columns and not _ruled(upright, xs[c + 1], y):
                _join(root, find((r, c)), find((r, c + 1)))
            if r + 1 < rows and not _ruled(flat, ys[r + 1], x):
                _join(root, find((r, c)), find((r + 1, c)))
    held: dict[tuple[int, int], list[Char]] = {}
    for char in chars:
        r = min(max(bisect_right(ys, (char.top + char.bottom) / 2) - 1, 0), rows - 1)
        c = min(max(bisect_right(xs, (char.x0 + char.x1) / 2) - 1, 0), columns - 1)
        held.setdefault(find((r, c)), []).append(char)
    words = {cell: _cell_text(found, page) for cell, found in held.items()}
    return tuple(_said(words, [find((r, c)) for c in range(columns)]) for r in range(rows))


def _said(words: dict[tuple[int, int], str], roots: list[tuple[int, int]]) -> tuple[str, ...]:
    """The words of a row: a merged cell says the same in each place, a long one or one over the whole row once."""
    whole = len(set(roots)) == 1
    out: list[str] = []
    for at, root in enumerate(roots):
        text = words.get(root, "")
        again = at > 0 and root == roots[at - 1]
        out.append("" if again and (whole or len(text) > _LABEL_CHARS) else text)
    return tuple(out)


def _join(root: dict[tuple[int, int], tuple[int, int]], one: tuple[int, int], other: tuple[int, int]) -> None:
    first, second = sorted((one, other))
    root[second] = first


def _ruled(rules: list[Rule], at: float, across: float) -> bool:
    return any(abs(r.at - at) <= _SNAP and r.low - 1 <= across <= r.high + 1 for r in rules)


def _cell_text(chars: list[Char], page: int) -> str:
    if not chars:
        return ""
    out = ""
    for line in lines_of(chars, page):
        out += (" " if joins_with_blank(out, line.text) else "") + line.text
    return out


def joins_with_blank(before: str, after: str) -> bool:
    """Whether two halves of a broken line need a blank: only Latin words and figures do."""
    a, b = before[-1:], after[:1]
    return bool(a and b) and a.isascii() and b.isascii() and (a.isalnum() or a in ",;") and b.isalnum()
