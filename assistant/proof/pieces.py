"""What stands between two commas: whom it addresses, how it binds, and which words of matter it holds.

A claim and its clauses are both cut at commas. Each piece of the claim is held against the pieces of the
clauses that share most of its character bigrams, because a clause that forbids one thing and demands another
would agree with any binding word if it were taken as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from assistant.proof.align import ITEM_SIGN
from assistant.text.binding_words import Force, binding_words
from assistant.text.institutions import Institutions

_ALIGNED = 0.4  # a piece of a clause speaks of the same thing when it shares this much
_NEAR_BEST = 0.1

HAN_RUN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]+")
_CUT = re.compile(r"(?<=[，；。！？：\n,;!?:])")
# Words that hold a sentence together and say nothing about its matter.
FRAME = re.compile(
    r"根据|按照|依据|依照|规定|文件|通知|条款|明确|提出|指出|要求|应当|应该|必须|需要|可以|有权|不得|严禁|禁止|严防|不能|不可"
    r"|以及|同时|此外|另外|因此|其中|包括|例如|对于|关于|有关|相关|进行|上述|下列|如下|方面|情况下|情形|对此|也就是说"
    r"|属于|行为|[的了是在和与及或等并也都均还各要应须来去地得把]"
)
# Words found in nearly every clause of the field: sharing them shows little.
COMMON = re.compile(
    r"普惠型小微企业|小微企业|普惠金融|金融机构|金融服务|银行|保险|企业|机构|贷款|信贷|金融|业务|服务|部门|监管"
)
_COMMON_WEIGHT = 0.3
# 不得有下列行为： governs every item below it.
_LEAD_IN = re.compile(r"(?:下列|以下|如下)[^，。；]*[:：]$")
_FIRST = 4  # characters: 各级、辖内各 may stand before whom a piece addresses


@dataclass(frozen=True, slots=True)
class Piece:
    """What stands between two commas. Subjects and obligation carry over from pieces before."""

    text: str
    grams: Mapping[str, float]
    forces: frozenset[Force]
    named: frozenset[str]  # institutions in the piece itself
    subjects: frozenset[str]  # these, or whoever was addressed before
    required: bool  # 要 stands here or before, for the same addressee
    urges: bool  # 鼓励 stands here

    def share_in(self, grams: Mapping[str, float]) -> float:
        """How much of this piece's matter `grams` holds, 0 to 1; 0 without any matter."""
        whole = sum(self.grams.values())
        return sum(weight for gram, weight in self.grams.items() if gram in grams) / whole if whole else 0.0


def pieces_of(text: str, institutions: Institutions) -> tuple[Piece, ...]:
    """The pieces of `text` in their order."""
    out: list[Piece] = []
    subjects: frozenset[str] = frozenset()
    required = False
    governing: frozenset[Force] = frozenset()
    for part in _CUT.split(text):
        if not part.strip("，；。！？：,;!?:\n"):
            continue
        if out and out[-1].text.endswith(("。", "\n")) and not ITEM_SIGN.match(part):
            governing = frozenset()
        named = frozenset(institutions.bodies.findall(part))
        binding = tuple(binding_words().within(part))
        forces = frozenset(word.force for word in binding) or governing
        first = institutions.bodies.search(part)
        if first is not None and first.start() <= _FIRST:
            subjects, required = named, False
        required = required or Force.REQUIRE in forces
        if _LEAD_IN.search(part):
            governing = forces
        grams = _grams(part, institutions.bodies)
        urges = any(word.outright and word.force is Force.ENCOURAGE for word in binding)
        out.append(Piece(part, grams, forces, named, named | subjects, required, urges))
    return tuple(out)


def _grams(text: str, names: re.Pattern[str]) -> dict[str, float]:
    """Character bigrams of the matter of `text`, with their weights."""
    common = {pair for match in COMMON.finditer(text) for pair in pairs(match[0])}
    bare = FRAME.sub("·", names.sub("·", text))
    found = chain.from_iterable(pairs(run) for run in HAN_RUN.findall(bare))
    return {pair: _COMMON_WEIGHT if pair in common else 1.0 for pair in found}


def pairs(run: str) -> Iterator[str]:
    """Every two neighbouring characters."""
    return (run[at : at + 2] for at in range(len(run) - 1))


@dataclass(frozen=True)
class Held:
    """A claim and the clauses it cites, taken apart once for every check."""

    claim: str
    clauses: tuple[str, ...]  # folded, each on one line
    lined: tuple[str, ...]  # the same, a line for each 款 and 项
    context: str  # title, address and heading: may be named, prove nothing
    institutions: Institutions

    @cached_property
    def union(self) -> str:
        return "\n".join(self.clauses)

    @cached_property
    def claim_pieces(self) -> tuple[Piece, ...]:
        return pieces_of(self.claim, self.institutions)

    @cached_property
    def clause_pieces(self) -> tuple[tuple[Piece, ...], ...]:
        return tuple(pieces_of(text, self.institutions) for text in self.clauses)

    @cached_property
    def all_pieces(self) -> tuple[Piece, ...]:
        return tuple(chain.from_iterable(self.clause_pieces))

    def aligned(self, piece: Piece) -> tuple[Piece, ...]:
        """Pieces of the clauses that speak of the same thing; empty when none clearly does."""
        shares = [(piece.share_in(other.grams), other) for other in self.all_pieces]
        best = max((share for share, _ in shares), default=0.0)
        if best < _ALIGNED:
            return ()
        return tuple(other for share, other in shares if share >= best - _NEAR_BEST)
