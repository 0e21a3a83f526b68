"""Tables that set the old wording of a rule beside the new one: only the new one is in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.parsing.wordlists import comparison
from assistant.text.folding import squeeze

_HEAD_ROWS = 2
COMPARED = "文件含修订前后的对照表，只收入修订后的文字，修订前的没有收入，请核对"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A table with an old and a new column; `head` is the number of rows above the first rule."""

    head: int
    old: int
    new: int


def comparison_of(rows: Sequence[Sequence[str]]) -> Comparison | None:
    """The columns of a table that compares, `None` when it is another table."""
    words = comparison()
    for number, row in enumerate(rows[:_HEAD_ROWS]):
        cells = [squeeze(cell).strip("（）()：:《》【】") for cell in row]
        old = [at for at, cell in enumerate(cells) if cell in words.old]
        new = [at for at, cell in enumerate(cells) if cell in words.new]
        if old and new and len(rows) > number + 1:
            return Comparison(number + 1, old[0], new[-1])
    return None


def in_force(row: Sequence[str], found: Comparison) -> tuple[str, str]:
    """The wording of a row that is in force, and the one that is not; either may be empty."""
    old = row[found.old].strip() if found.old < len(row) else ""
    new = row[found.new].strip() if found.new < len(row) else ""
    plain = squeeze(new).strip("（）()。；-—/")
    if plain in comparison().same:
        return old, ""
    if plain in comparison().gone:
        return "", old
    return new, old if old != new else ""
