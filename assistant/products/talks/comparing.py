"""Lines of a page as they were exported against those of the file now: what was changed, added, removed, moved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from assistant.products.talks.pages import SOURCE, Kind
from assistant.products.talks.register import EntryLine
from assistant.text.folding import squeeze

_ALIKE = 0.35  # from which a line is another one changed


@dataclass(frozen=True, slots=True)
class Edit:
    """`before` became `after`; without the one it was added, without the other removed."""

    before: EntryLine | None
    after: str | None
    moved: bool = False


def edits_of(lines: Sequence[EntryLine], now: Sequence[str]) -> list[Edit]:
    """The edits that lead from the lines of a page to those of the file."""
    old = [squeeze(line.text) for line in lines]
    new = [squeeze(text) for text in now]
    gone: list[EntryLine] = []
    come: list[str] = []
    out: list[Edit] = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        changed, left, more = _paired(lines[a:b], now[c:d])
        out += changed
        gone += left
        come += more
    out += _moved(gone, come)
    changed, left, more = _paired(gone, come)
    return [*out, *changed, *(Edit(line, None) for line in left), *(Edit(None, text) for text in more)]


def matched_pages(pages: Sequence[Sequence[EntryLine]], now: Sequence[Sequence[str]]) -> dict[int, int]:
    """Page of the file → page of the register that it was, the most alike first; new pages have none."""
    shares = sorted(
        (-_shared(page, lines), abs(i - j), i, j) for i, lines in enumerate(now) for j, page in enumerate(pages)
    )
    found: dict[int, int] = {}
    taken: set[int] = set()
    for share, _, i, j in shares:
        if share < 0 and i not in found and j not in taken:
            found[i] = j
            taken.add(j)
    return found


def _shared(page: Sequence[EntryLine], lines: Sequence[str]) -> int:
    """How many characters of the lines of a page stand unchanged in the file's."""
    now = {squeeze(text) for text in lines}
    return sum(len(line.text) for line in page if squeeze(line.text) in now)


def _paired(lines: Sequence[EntryLine], now: Sequence[str]) -> tuple[list[Edit], list[EntryLine], list[str]]:
    """Lines with what they became, the most alike first; what has no like is left."""
    ratios = sorted(_ratios(lines, now))
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _, i, j in ratios:
        if i not in pairs and j not in taken:
            pairs[i] = j
            taken.add(j)
    edits = [Edit(lines[i], now[j]) for i, j in sorted(pairs.items())]
    return (
        edits,
        [line for i, line in enumerate(lines) if i not in pairs],
        [text for j, text in enumerate(now) if j not in taken],
    )


def _ratios(lines: Sequence[EntryLine], now: Sequence[str]) -> Iterator[tuple[float, int, int]]:
    for i, line in enumerate(lines):
        for j, text in enumerate(now):
            ratio = SequenceMatcher(None, squeeze(line.text), squeeze(text), autojunk=False).ratio()
            if (ratio >= _ALIKE or _kin(line, text)) and ratio < 1:
                yield -ratio, i, j


def _kin(line: EntryLine, text: str) -> bool:
    """Whether both begin as a source does, or with the name of the same blank."""
    match line.kind:
        case Kind.SOURCE:
            return text.startswith(SOURCE)
        case Kind.BLANK:
            return text.startswith(line.text.partition("：")[0])
    return False


def _moved(gone: list[EntryLine], come: list[str]) -> list[Edit]:
    """Lines that stand unchanged at another place of the page; taken out of both lists."""
    out = []
    for line in list(gone):
        twin = next((text for text in come if squeeze(text) == squeeze(line.text)), None)
        if twin is not None:
            gone.remove(line)
            come.remove(twin)
            out.append(Edit(line, twin, moved=True))
    return out
