"""A claim laid against the words of a clause: which it has, in their order, and which it changed, added or left out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import pairwise

from assistant.proof.tokens import Token, tokens_of
from assistant.text.institutions import Institutions
from assistant.text.numerals import HAN_NUMERAL


@dataclass(frozen=True, slots=True)
class Edit:
    """Words of the clause (`lost`) in whose place the claim has others (`new`)."""

    lost: tuple[Token, ...]
    new: tuple[Token, ...]
    after: int  # tokens of the claim before the edit that the clause has too
    before: int  # and behind it
    behind: Token | None  # the token that both have right after it
    first: bool = False  # before everything that both have
    left: Token | None = None  # the token of the clause that both have right before it


_JOINED_GAP = 1  # so few equal tokens between two changes are chance


@dataclass(frozen=True, slots=True)
class Comparison:
    """A claim against one stretch of a clause."""

    claim: tuple[Token, ...]
    clause: tuple[Token, ...]
    blocks: tuple[tuple[int, int, int], ...]  # start in clause, start in claim, size
    edits: tuple[Edit, ...]

    @property
    def coverage(self) -> float:
        """How much of the claim stands in the clause in the same order, 0 to 1."""
        return sum(size for _, _, size in self.blocks) / len(self.claim) if self.claim else 0.0


def compare(claim: Sequence[Token], clause: Sequence[Token]) -> Comparison:
    """What `claim` changes in `clause`; words of the clause before and behind the claim's are no change."""
    matcher = SequenceMatcher(None, [t.form for t in clause], [t.form for t in claim], autojunk=False)
    blocks = [(m.a, m.b, m.size) for m in matcher.get_matching_blocks() if m.size]
    kept = _solid(blocks)
    ends = [(0, 0, 0), *kept, (len(clause), len(claim), 0)]
    edits = [_edit(claim, clause, one, other, number == 0) for number, (one, other) in enumerate(pairwise(ends))]
    return Comparison(tuple(claim), tuple(clause), tuple(kept), tuple(e for e in edits if e.lost or e.new))


_Block = tuple[int, int, int]  # start in clause, start in claim, size


def _edit(claim: Sequence[Token], clause: Sequence[Token], one: _Block, other: _Block, first: bool) -> Edit:
    """What stands between two blocks that both have."""
    end_a, end_b = one[0] + one[2], one[1] + one[2]
    lost, new = tuple(clause[end_a : other[0]]), tuple(claim[end_b : other[1]])
    behind = clause[other[0]] if other[0] < len(clause) else None
    left = clause[end_a - 1] if one[2] else None
    if first:  # what the clause says before the claim begins is no change, its own piece aside
        lost = _own_beginning(lost, behind, new)
    elif left is not None and not other[2]:
        lost = tuple(t for t in lost if t.piece == left.piece) if new else ()
    return Edit(lost, new, end_b, len(claim) - other[1], behind, first, left)


def _own_beginning(lost: Sequence[Token], behind: Token | None, new: Sequence[Token]) -> tuple[Token, ...]:
    """Of the words before the claim's, those that its own words stand in place of: the same piece, and whom
    the sentence begins with when the claim begins with another."""
    if behind is None or not new:
        return ()
    same = [t for t in lost if t.piece == behind.piece]
    sentence = [t for t in lost if t.sentence == behind.sentence]
    if not same and sentence and sentence[0].form[0] == "&" and any(t.form[0] == "&" for t in new):
        return (sentence[0],)
    return tuple(same)


def _solid(blocks: Sequence[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Blocks without those single tokens that lie between two changes by chance."""
    kept = []
    for number, (a, b, size) in enumerate(blocks):
        alone = size <= _JOINED_GAP
        before = blocks[number - 1] if number else None
        behind = blocks[number + 1] if number + 1 < len(blocks) else None
        far_before = before is None or (before[0] + before[2] < a and before[1] + before[2] < b)
        far_behind = behind is None or (a + size < behind[0] and b + size < behind[1])
        if not (alone and far_before and far_behind):
            kept.append((a, b, size))
    return kept


# --- the stretch that a claim repeats ---------------------------------------------------------------

_COMPARED = 5  # stretches compared word by word
_NEAR_MOST = 0.04
_STOP = re.compile(r"(?<=[。！？!?])")
ITEM_SIGN = re.compile(rf"\((?:{HAN_NUMERAL}|\d+)\)|\d+[.、]")
# An item cited by itself comes with its lead before it on one line.
_LEAD_AND_ITEM = re.compile(rf"(?<=[:：])(?=\({HAN_NUMERAL}\))")


@lru_cache(maxsize=4096)
def stretches(text: str, institutions: Institutions) -> tuple[tuple[Token, ...], ...]:
    """What a claim may repeat: each sentence, each item behind its lead, each paragraph, the whole."""
    found: dict[str, None] = {}
    lead = ""
    items: list[str] = []
    for line in _LEAD_AND_ITEM.sub("\n", text).split("\n"):
        if lead and ITEM_SIGN.match(line):
            found[lead + line] = None
            items.append(line)
            continue
        if items:
            found[lead + "".join(items)] = None
            lead, items = "", []
        found.update(dict.fromkeys(part for part in _STOP.split(line) if part))
        found[line] = None
        lead = line if line.endswith((":", "：")) else ""
    if items:
        found[lead + "".join(items)] = None
    found[text] = None
    return tuple(tokens_of(part, institutions) for part in found if part)


def shares(claim: Sequence[Token], stretches: Sequence[tuple[Token, ...]]) -> bool:
    """Whether one clause of several holds a good part of the claim."""
    forms = {t.form for t in claim}
    return any(sum(t.form in forms for t in s) >= 0.3 * len(forms) for s in stretches)


def best_of(claim: tuple[Token, ...], stretches: Sequence[tuple[Token, ...]]) -> Comparison | None:
    """The stretch that holds most of the claim, the shortest of several; compared by pairs before word by word."""
    wanted = _token_pairs(claim)
    ranked = sorted(
        ((len(wanted & _token_pairs(stretch)), -len(stretch), n) for n, stretch in enumerate(stretches)), reverse=True
    )
    likely = [number for shared, _, number in ranked[:_COMPARED] if shared >= 0.8 * ranked[0][0]]
    compared = [compare(claim, stretches[number]) for number in likely]
    most = max((found.coverage for found in compared), default=0.0)
    # A whole 条 holds every word of a sentence and those of others: the shortest that holds nearly as much is meant.
    fitting = [found for found in compared if found.coverage >= most - _NEAR_MOST]
    return min(fitting, key=lambda found: len(found.clause), default=None)


@lru_cache(maxsize=16384)
def _token_pairs(tokens: tuple[Token, ...]) -> frozenset[tuple[str, str]]:
    return frozenset((a.form, b.form) for a, b in pairwise(tokens))


def in_place(edit: Edit) -> bool:
    """Whether an edit is a change in place, and not a long passage left out."""
    return edit.first or len(edit.lost) <= len(edit.new) + 3


@dataclass(frozen=True, slots=True)
class Case:
    """A claim beside the stretch that it repeats, and all that it may draw words from."""

    found: Comparison
    known: str  # the whole clause, its headings, its title
    institutions: Institutions

    @property
    def claimed(self) -> str:
        return written(self.found.claim)


def written(tokens: Sequence[Token]) -> str:
    """The words as they were written, one behind the other."""
    return "".join(t.text for t in tokens)
