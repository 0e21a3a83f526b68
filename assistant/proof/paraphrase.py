"""Whether a claim in words of its own may come from its clauses: figures, subjects, force, direction, matter."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import chain

from assistant.proof.pieces import COMMON, FRAME, HAN_RUN, Held, Piece, pairs
from assistant.proof.rules import Rule, Ruling
from assistant.schema.answer import Verdict
from assistant.text.binding_words import Force
from assistant.text.figures import bounds_in, figures_in
from assistant.text.institutions import Institutions
from assistant.text.numerals import numbers_in

MIN_SUPPORT = 0.5  # see `_supported`
MAX_NEW_RUN = 6  # characters in a row that no clause holds
_RELATED = 0.2  # so little is enough for the piece that a figure comes from
_FOREIGN_WORD = re.compile(r"[^\W\d_\u3400-\u9fff\U00020000-\U0003ffff]+")


def paraphrased(held: Held, *, min_support: float, shuffled: bool) -> Ruling:
    """The first check that fails, in the order NUMBER, SUBJECT, MODALITY, UNSUPPORTED; OK when none does.

    Args:
        min_support: the share of each piece's matter that the clauses must hold.
        shuffled: the words of the claim stand in no clause in their order.
    """
    for agrees, verdict, rule in (
        (_numbers_agree, Verdict.NUMBER, Rule.FIGURE_UNKNOWN),
        (subjects_agree, Verdict.SUBJECT, Rule.SUBJECT_UNKNOWN),
        (_modality_agrees, Verdict.MODALITY, Rule.FORCE_UNKNOWN),
        (_polarity_agrees, Verdict.MODALITY, Rule.POLARITY),
    ):
        if not agrees(held):
            return Ruling(verdict, rule)
    if shuffled:
        return Ruling(Verdict.UNSUPPORTED, Rule.SHUFFLED)
    if not _supported(held, min_support):
        return Ruling(Verdict.UNSUPPORTED, Rule.UNSUPPORTED)
    return Ruling(Verdict.OK, Rule.PARAPHRASED)


# --- figures, subjects ------------------------------------------------------------------------------


def _numbers_agree(held: Held) -> bool:
    """Every figure of the claim stands in a clause, with the same unit and the same bound."""
    if not numbers_in(held.claim) <= numbers_in(held.union):
        return False
    if not all(_figures_agree(piece, held) for piece in held.claim_pieces):
        return False
    return bounds_in(held.claim) <= bounds_in(held.union)


def _figures_agree(piece: Piece, held: Held) -> bool:
    """Each figure stands in a piece of a clause that speaks, at least a little, of the same matter."""
    related = [p for p in held.all_pieces if not piece.grams or piece.share_in(p.grams) >= _RELATED]
    return figures_in(piece.text) <= frozenset(chain.from_iterable(figures_in(p.text) for p in related))


def subjects_agree(held: Held) -> bool:
    """Every institution named is one that a clause names, and for the same matter."""
    anywhere = frozenset(chain.from_iterable(piece.named for piece in held.all_pieces))
    for piece in held.claim_pieces:
        if not all(_covered(name, anywhere, held.institutions) for name in piece.named):
            return False
        aligned = held.aligned(piece)
        addressed = frozenset(chain.from_iterable(other.subjects for other in aligned))
        if addressed and not all(_covered(name, addressed, held.institutions) for name in piece.subjects):
            return False
    return True


def _covered(name: str, named: frozenset[str], institutions: Institutions) -> bool:
    return any(institutions.covered(name, other) for other in named)


# --- force ------------------------------------------------------------------------------------------


def _modality_agrees(held: Held) -> bool:
    """What each piece of the claim forbids, demands or allows is what its clause does."""
    forbids = any(Force.PROHIBIT in piece.forces for piece in held.claim_pieces)
    return all(_force_agrees(piece, held, claim_forbids=forbids) for piece in held.claim_pieces)


def _force_agrees(piece: Piece, held: Held, *, claim_forbids: bool) -> bool:
    against = held.aligned(piece)
    clear = bool(against)
    against = against or held.all_pieces
    if any(binds(piece) and not any(bears(other) for other in against) for binds, bears in _BORNE_OUT):
        return False
    # 不得 left out: what the clause forbids must not be told as if it were done or wanted.
    return claim_forbids or not clear or not all(Force.PROHIBIT in other.forces for other in against)


def _permits(piece: Piece) -> bool:
    if {Force.PROHIBIT, Force.REQUIRE} & piece.forces:
        return Force.PERMIT in piece.forces and Force.PROHIBIT not in piece.forces
    return bool({Force.PERMIT, Force.ENCOURAGE, Force.EXEMPT} & piece.forces)


def _requires(piece: Piece) -> bool:
    """Demands, itself or through a 要 before it; 鼓励 or 可以 of its own makes it a lesser thing."""
    lesser = {Force.PROHIBIT, Force.PERMIT, Force.EXEMPT}
    return Force.REQUIRE in piece.forces or (piece.required and not lesser & piece.forces and not piece.urges)


# What a piece of the claim does → what a piece of the clause has to do for it.
_BORNE_OUT: Sequence[tuple[Callable[[Piece], bool], Callable[[Piece], bool]]] = (
    (lambda p: Force.PROHIBIT in p.forces, lambda p: Force.PROHIBIT in p.forces),
    (lambda p: Force.EXEMPT in p.forces, lambda p: Force.EXEMPT in p.forces),
    (lambda p: p.urges, lambda p: p.urges),
    (lambda p: Force.PERMIT in p.forces, _permits),
    (lambda p: p.forces == {Force.REQUIRE}, _requires),
)


# --- direction --------------------------------------------------------------------------------------

_NEGATED = re.compile(r"(?:不|未|无|非|免|勿|没有|避免|防止)$")
_UP = ("提高", "提升", "增加", "扩大", "加大", "上升", "增强", "上调", "延长", "放宽", "加快")
_DOWN = ("降低", "减少", "下降", "缩小", "压缩", "减轻", "下调", "缩短", "收紧", "放缓", "压降")
# Words that change how far a rule reaches or what follows from it: never to be added.
_WEIGHTY = re.compile(
    r"罚款|罚金|处罚|补贴|贴息|奖励|免费|免息|全额|减免|免除|追究|吊销|撤销|赔偿|抵押|一律|所有|全部|任何|一切|无条件|永久|仅限|只能|只有|除外|刑事|拘留|上报|备案|审批"
)


def _polarity_agrees(held: Held) -> bool:
    """No 不, 未, 无 is added or lost, and nothing that is to sink is said to rise."""
    for match in HAN_RUN.finditer(held.claim):
        if any(_flips(held.claim, at, held.union) for at in range(match.start(), match.end() - 1)):
            return False
    return not any(
        _turned(piece.text, "".join(p.text for p in held.aligned(piece)), own, other)
        for own, other in ((_UP, _DOWN), (_DOWN, _UP))
        for piece in held.claim_pieces
    )


def _turned(said: str, against: str, own: Sequence[str], other: Sequence[str]) -> bool:
    return (
        any(word in said for word in own)
        and not any(word in against for word in own)
        and any(word in against for word in other)
    )


def _flips(claim: str, at: int, union: str) -> bool:
    """Whether the two characters at `at` are negated here and nowhere there, or the other way round."""
    pair = claim[at : at + 2]
    if pair[0] in "不未无非免勿得能可" or COMMON.match(pair):
        return False
    places = [match.start() for match in re.finditer(re.escape(pair), union)]
    if not places:
        return False
    here = bool(_NEGATED.search(claim[max(0, at - 2) : at]))
    there = [bool(_NEGATED.search(union[max(0, place - 2) : place])) for place in places]
    return not any(there) if here else all(there)


# --- matter -----------------------------------------------------------------------------------------


def _supported(held: Held, min_support: float) -> bool:
    """Whether the matter of the claim comes from its clauses.

    Half of each piece: rewordings that keep the terms of a clause and add words of their own to
    join them reach 0.6 to 1, claims made up in the vocabulary of the field stay below 0.3
    (tests/unit/proof/test_prove.py holds both lists). Measured piece by piece, since an
    addition of one piece hides easily in a long and well supported sentence.
    """
    known = set(_FOREIGN_WORD.findall(held.union + held.context))
    if not set(_FOREIGN_WORD.findall(held.claim)) <= known:
        return False
    if any(word not in held.union for word in _WEIGHTY.findall(held.claim)):
        return False
    union: dict[str, float] = {}
    for piece in held.all_pieces:
        union.update(piece.grams)
    with_matter = [piece for piece in held.claim_pieces if piece.grams]
    if not with_matter or any(piece.share_in(union) < min_support for piece in with_matter):
        return False
    if any(_longest_new_run(piece, held.union) >= MAX_NEW_RUN for piece in with_matter):
        return False
    return all(lends_support(with_matter, pieces) for pieces in held.clause_pieces)


def lends_support(claim: Sequence[Piece], clause: Sequence[Piece]) -> bool:
    """Whether at least one piece of the claim is found, for the most part, in one clause."""
    grams: dict[str, float] = {}
    for piece in clause:
        grams.update(piece.grams)
    return any(piece.share_in(grams) >= 0.5 for piece in claim)


def _longest_new_run(piece: Piece, union: str) -> int:
    """Characters in a row, frame words aside, of which no two neighbours stand in a clause."""
    longest = 0
    for run in HAN_RUN.findall(FRAME.sub("·", piece.text)):
        length = 1
        for pair in pairs(run):
            length = 1 if pair in union else length + 1
            longest = max(longest, length)
    return longest
