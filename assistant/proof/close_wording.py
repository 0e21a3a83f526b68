"""What a sentence may change in the words of its clause. A stricter second look, behind `prove`.

`prove` judges what a sentence claims by kind: figures, institutions, force. Here its words are held against
those of the clause, piece by piece: a piece that repeats one of the clause nearly word for word may leave
words out and add joining words, and nothing else. Whoever writes so close to the text and still changes a
word changes what it says: 加强 → 减弱, 年度 → 月度, 各银行机构 → 市场监管部门.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from difflib import SequenceMatcher

from assistant.text.binding_words import Force, binding_words
from assistant.text.folding import squeeze
from assistant.text.numerals import numbers_in
from assistant.text.segment import pairs_of

_NEAR = 0.72  # this alike, a piece repeats the clause; below, it is a wording of its own
_NEAR_WHOLE = 0.85  # the same for a whole sentence
_AS_GOOD = 0.02  # as near as the nearest: clauses repeat themselves
_SHARED = 0.4  # of the pairs of letters, before the costlier comparison is made
_SHORTEST = 5  # letters; shorter pieces are alike by chance

_PIECE_ENDS = re.compile(r"[,，。;；:：!！?？\n]")
_SENTENCE_ENDS = re.compile(r"[。;；!！?？\n]")
_Held = tuple[str, frozenset[str]]  # a piece of a clause with its pairs of letters

# 所称“…” and the like aside, what stands in quotation marks is somebody's words, not the rule's.
_QUOTATION = re.compile(r"[“\"「『]([^“”\"「」『』]{1,80})[”\"」』]")
_SHORTEST_QUOTE = 4
_GOVERNING = 2  # letters left before a piece, its addressee aside, that may govern it
_ADDRESSEE = re.compile(
    r"^[^。]{0,24}?(?:机构|银行|公司|部门|分行|支行|监管局|企业|平台|政府|法院|人民银行|单位|人员|当事人|人)(?=$|[要应须可不将在对])"
    r"|^(?:\d{4}年|第?[一二三四五六七八九十百\d]+[条款项章节]?|[一二三四五六七八九十]+)+|各级|辖内"
)

# Words of degree, direction and rhythm: one put for another turns the sentence.
_LOADED = re.compile(
    r"提高|提升|增加|扩大|加大|上升|增强|加强|强化|上调|延长|放宽|加快|降低|减少|下降|缩小|压缩|减轻|减弱|削弱|弱化|下调"
    r"|缩短|收紧|放缓|压降|放松|取消|暂停|停止|恢复|每年|每月|每季|每周|每日|年度|月度|季度|全年|全月|按年|按月|按季|半年"
    r"|首次|再次|一次性|逐笔|全额|部分|同时|分别|免除|原则上|优先|尽量"
)
# What may be added between the words of a clause: it joins and says nothing.
_JOINING = re.compile(
    r"根据|按照|依据|规定|通知|条款|明确|提出|指出|要求|其中|此外|同时|另外|因此|包括|对于|关于|有关|相关|进行|方面|以及"
    r"|[的了是在和与及或等并也都均还各要来去地得把对向为以将从被其该这些·]"
)
# What may not be left out: without it the rest says more, or the opposite.
_LIMITING = re.compile(
    r"[不未无非免勿否除但仅只可]|严禁|严防|禁止|超过|以[上下内外]|至少|至多|最[高低多少长]|前提|条件|鼓励|有权|探索|\d"
)


def faithful(sentence: str, clauses: Sequence[str]) -> bool:
    """Whether `sentence` (without marks) keeps to the words of `clauses` where it follows them.

    Args:
        clauses: the plain texts of what it cites.
    """
    claim, union = _plain(sentence), "\n".join(_plain(clause) for clause in clauses)
    if _asks(claim) and not _asks(union):  # an answer asks nothing
        return False
    if not _binds_alike(claim, union) or _out_of_quotation(claim, union):
        return False
    wholes = [(whole, pairs_of(whole)) for whole in _cut(_SENTENCE_ENDS, union)]
    told = _cut(_SENTENCE_ENDS, claim)
    if set(told) <= {whole for whole, _ in wholes}:
        return True
    if not all(_repeats_well(whole, wholes, _NEAR_WHOLE) for whole in told):
        return False
    pieces = [(piece, pairs_of(piece)) for piece in _cut(_PIECE_ENDS, union)]
    own = _cut(_PIECE_ENDS, claim)
    return not any(_beheaded(piece, pieces, pairs_of(claim)) for piece in own) and all(
        _keeps(piece, pieces) for piece in own
    )


def _asks(text: str) -> bool:
    return "?" in text or "？" in text


def _binds_alike(claim: str, union: str) -> bool:
    """Whether all words that bind, and those of degree, are the clauses' own."""
    bound = [word.text for word in binding_words().within(claim) if len(word.text) > 1]
    return all(word in union for word in (*bound, *_LOADED.findall(claim)))


def _out_of_quotation(claim: str, union: str) -> bool:
    """Whether `claim` says in its own voice what the clauses only put in quotation marks: 都说“贷款免息”."""
    said = [quote for quote in _QUOTATION.findall(union) if len(quote) >= _SHORTEST_QUOTE]
    rest = _QUOTATION.sub("“”", union)
    bare = _QUOTATION.sub("“”", claim)
    return any(quote.strip("。；，.,;") in bare and quote.strip("。；，.,;") not in rest for quote in said)


def _beheaded(piece: str, pieces: Sequence[_Held], claim: frozenset[str]) -> bool:
    """Whether `piece` is the end of one of the clause, without the words that governed it: 统统说成|零利率."""
    heads = [other[: other.index(piece)] for other, _ in pieces if piece in other]
    governing = [_JOINING.sub("", _ADDRESSEE.sub("", head)) for head in heads]
    return bool(heads) and not any(len(words) < _GOVERNING or pairs_of(words) <= claim for words in governing)


def _keeps(piece: str, pieces: Sequence[_Held]) -> bool:
    """Whether `piece` changes nothing of the one that it repeats, and leaves out no ban."""
    if any(_ban_lost(piece, other) for other, _ in pieces):
        return False
    return _repeats_well(piece, pieces, _NEAR)


def _repeats_well(text: str, held: Sequence[_Held], near: float) -> bool:
    """Whether `text` is a wording of its own, or changes nothing of what it repeats nearly word for word."""
    own = pairs_of(text)
    some = [other for other, pairs in held if len(own & pairs) >= _SHARED * max(1, min(len(own), len(pairs)))]
    compared = [(SequenceMatcher(None, other, text, autojunk=False), other) for other in some]
    alike = [(match.ratio(), match, other) for match, other in compared if len(other) >= _SHORTEST]
    best = max((ratio for ratio, _, _ in alike), default=0.0)
    if best < near:
        return True
    return any(_harmless(match, other, text) for ratio, match, other in alike if ratio >= best - _AS_GOOD)


def _ban_lost(piece: str, other: str) -> bool:
    """Whether `piece` tells what `other` forbids and leaves the ban out."""
    bans = _bans(other)
    if not bans or _bans(piece):
        return False
    for ban in bans:
        other = other.replace(ban, "·")
    matter = pairs_of(other)
    return len(matter) >= _SHORTEST - 1 and len(matter & pairs_of(piece)) >= 0.8 * len(matter)


def _bans(text: str) -> frozenset[str]:
    """The words that forbid in `text`; 不得 is one, whatever follows."""
    words = binding_words()
    return frozenset(words.bans.findall(text)) | {
        word.text for word in words.within(text) if word.force is Force.PROHIBIT
    }


def _harmless(match: SequenceMatcher[str], clause: str, claim: str) -> bool:
    for kind, a, b, c, d in match.get_opcodes():
        gone, come = clause[a:b], claim[c:d]
        if kind == "equal" or (kind == "replace" and numbers_in(gone) and numbers_in(gone) == numbers_in(come)):
            continue
        if _JOINING.sub("", come) and not _same_figure(clause, claim, a, c):
            return False
        if _LIMITING.search(gone) and not _same_figure(clause, claim, a, c):
            return False
    return True


_NUMERAL = re.compile(r"[\d.,零一二三四五六七八九十百千万亿两]+")


def _same_figure(clause: str, claim: str, at: int, there: int) -> bool:
    """Whether the change lies inside a figure that is only written otherwise: 1000万 and 一千万."""
    here = next((m[0] for m in _NUMERAL.finditer(clause) if m.start() <= at <= m.end()), "")
    told = next((m[0] for m in _NUMERAL.finditer(claim) if m.start() <= there <= m.end()), "")
    return bool(here and told) and bool(numbers_in(here)) and numbers_in(here) == numbers_in(told)


def _plain(text: str) -> str:
    lines = (squeeze(line) for line in text.splitlines())
    return unicodedata.normalize("NFKC", "\n".join(lines)).casefold()


def _cut(ends: re.Pattern[str], text: str) -> list[str]:
    """The pieces of `text` between `ends`, their letters and figures alone."""
    pieces = ("".join(char for char in piece if char.isalnum() or char in "%.") for piece in ends.split(text))
    return [piece for piece in pieces if piece]
