"""Which words of a clause were taken out and put in: by sentences first, then by characters, figures kept whole."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from assistant.products.compare.model import Edit, EditKind, turned_edits

_SENTENCE = re.compile(r"[^。；\n]*(?:[。；\n]|$)")
# Figures and Latin words stay whole: 二十万元 does not become 二百万元 by one character.
_TOKEN = re.compile(r"[0-9A-Za-z.%‰]+|[零〇一二三四五六七八九十百千万亿两]{2,}|.", re.DOTALL)
_SHORTEST = 2  # characters that may stand unchanged between two changes; fewer read as noise
_MOST = 4_000_000  # steps for one sentence against another; beyond, the whole of it counts as changed
_STOPS = frozenset("，。；：、\n")


def edits_between(before: str, after: str) -> tuple[Edit, ...]:
    """The runs that lead from `before` to `after`; turned round they are those from `after` to `before`."""
    if after < before:  # so that both directions find the same
        return turned_edits(edits_between(after, before))
    found: list[Edit] = []
    old, new = _sentences(before), _sentences(after)
    for tag, o0, o1, n0, n1 in _steps(old, new):
        if tag == "equal":
            found.append(Edit(EditKind.KEPT, "".join(old[o0:o1])))
        else:
            found += _inside("".join(old[o0:o1]), "".join(new[n0:n1]))
    return tuple(_joined(found))


def _sentences(text: str) -> list[str]:
    return [piece for piece in _SENTENCE.findall(text) if piece]


def _inside(before: str, after: str) -> Iterator[Edit]:
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    if len(old) * len(new) > _MOST:
        yield Edit(EditKind.TAKEN, before)
        yield Edit(EditKind.PUT, after)
        return
    for tag, o0, o1, n0, n1 in _steps(old, new):
        taken, put = "".join(old[o0:o1]), "".join(new[n0:n1])
        noise = tag == "equal" and len(taken) < _SHORTEST and not set(taken) <= _STOPS and o0 > 0 and o1 < len(old)
        if tag == "equal" and not noise:
            yield Edit(EditKind.KEPT, taken)
        else:
            yield Edit(EditKind.TAKEN, taken)
            yield Edit(EditKind.PUT, put)


def _steps(old: Sequence[str], new: Sequence[str]) -> list[tuple[str, int, int, int, int]]:
    return list(SequenceMatcher(None, old, new, autojunk=False).get_opcodes())


def _joined(edits: Sequence[Edit]) -> Iterator[Edit]:
    """Neighbours of one kind as one run; between kept words, what was taken before what was put."""
    taken = put = kept = ""
    for edit in edits:
        if edit.kind is EditKind.KEPT:
            if taken or put:
                yield from _runs(kept, taken, put)
                kept = taken = put = ""
            kept += edit.words
        elif edit.kind is EditKind.TAKEN:
            taken += edit.words
        else:
            put += edit.words
    yield from _runs(kept, taken, put)


def _runs(kept: str, taken: str, put: str) -> Iterator[Edit]:
    for kind, words in ((EditKind.KEPT, kept), (EditKind.TAKEN, taken), (EditKind.PUT, put)):
        if words:
            yield Edit(kind, words)
