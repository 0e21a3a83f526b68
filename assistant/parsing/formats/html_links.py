"""Which lines of a paragraph are links, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

_PADDING = " \t\u3000\u00a0\u2002\u2003"
_BETWEEN = frozenset("|｜/·、[]【】>＞»-—· ")  # what stands between links


def linked_lines(pieces: Iterable[tuple[str, bool]]) -> Iterator[tuple[str, bool]]:
    """The lines of a paragraph that are not blank, each with whether all its words are links.

    `pieces`: the words in order, each with whether a link holds them.
    """
    words: list[str] = []
    plain = linked = False
    for piece, inside in [*pieces, ("\n", False)]:
        for number, part in enumerate(piece.split("\n")):
            if number:
                line = "".join(words).strip(_PADDING)
                if line:
                    yield line, linked and not plain
                words, plain, linked = [], False, False
            words.append(part)
            if any(c not in _PADDING and c not in _BETWEEN for c in part):
                plain, linked = plain or not inside, linked or inside
