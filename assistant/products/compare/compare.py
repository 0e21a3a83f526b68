"""Two documents → their comparison."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assistant.products.compare.model import Change, Comparison, Line, Part, PartKind
from assistant.products.compare.pairing import pair
from assistant.products.compare.parts import parts_of
from assistant.products.compare.words import edits_between
from assistant.schema.document import Document
from assistant.text.folding import squeeze


def compare(before: Document, after: Document) -> Comparison:
    """What differs between two documents or versions; which of them is called older is up to the caller."""
    old, new = parts_of(before), parts_of(after)
    swapped = _key(after) < _key(before)  # so that both directions find the same pairs
    pairs, alike = _paired(new, old) if swapped else _paired(old, new)
    if swapped:
        pairs = {o: n for n, o in pairs.items()}
    return Comparison(before=before.meta, after=after.meta, lines=tuple(_lines(old, new, pairs)), alike=alike)


def _key(document: Document) -> tuple[str, str]:
    return document.text, document.id


def _paired(old: Sequence[Part], new: Sequence[Part]) -> tuple[dict[int, int], bool]:
    """Pairs of places in the two sequences, sort by sort; whether the clauses have enough in common."""
    found: dict[int, int] = {}
    alike = True
    for kind in PartKind:
        olds, news = _of(old, kind), _of(new, kind)
        paired = pair([old[at] for at in olds], [new[at] for at in news])
        if kind is PartKind.CLAUSE:
            alike = paired.alike
        if alike or kind is PartKind.CLAUSE:  # headings and frames of unlike texts say nothing of each other
            found |= {olds[o]: news[n] for o, n in paired.pairs.items()}
    return found, alike


def _of(parts: Sequence[Part], kind: PartKind) -> list[int]:
    return [at for at, part in enumerate(parts) if part.kind is kind]


def _lines(old: Sequence[Part], new: Sequence[Part], pairs: dict[int, int]) -> Iterator[Line]:
    """In the order of the newer text; what is gone stands behind what it stood behind."""
    back = {n: o for o, n in pairs.items()}
    gone: dict[int, list[int]] = {}  # behind which part of the newer text
    behind = -1
    for o in range(len(old)):
        if o in pairs:
            behind = pairs[o]
        else:
            gone.setdefault(behind, []).append(o)
    for n in range(-1, len(new)):
        if n >= 0:
            yield _line(old[back[n]] if n in back else None, new[n])
        yield from (_line(old[o], None) for o in gone.get(n, ()))


def _line(before: Part | None, after: Part | None) -> Line:
    if before is None or after is None:
        return Line(change=Change.GONE if after is None else Change.ADDED, before=before, after=after)
    if squeeze(before.words) == squeeze(after.words):
        moved = before.address != after.address and before.kind is not PartKind.FRAME
        return Line(change=Change.MOVED if moved else Change.SAME, before=before, after=after)
    return Line(change=Change.CHANGED, before=before, after=after, edits=edits_between(before.words, after.words))
