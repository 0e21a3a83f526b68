"""The proof: does a clause say what a sentence claims? Pure functions, no model.

A sentence passes when nothing in it speaks against its clauses: quotations stand there, figures
agree in value, unit and bound, institutions are those addressed, what is forbidden stays
forbidden, and the words themselves come from the clause. Every doubt counts against the sentence:
the price of a false alarm is that the clause's own words are shown instead.

Claim and clause are both cut at commas. Each piece of the claim is held against the pieces of the
clause that share most of its character bigrams, because a clause that forbids one thing and
demands another would agree with any modal word if it were taken as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from itertools import chain, pairwise

from assistant.proof.equivalents import carried, enumerated, instead, lists, otherwise, reworded
from assistant.proof.wording import (
    ROLES,
    Comparison,
    Token,
    compare,
    joins_sentences,
    objection,
    plain,
    tokens_of,
    words_changed,
)
from assistant.schema.answer import Modality, Verdict
from assistant.schema.document import Span
from assistant.text.folding import squeeze
from assistant.text.numerals import HAN_NUMERAL, numbers_in, parse_numeral
from assistant.text.quotes import locate_quote

MIN_SUPPORT = 0.5  # see `_supported`
MAX_NEW_RUN = 6  # characters in a row that no clause holds
_ALIGNED = 0.4  # a piece of a clause speaks of the same thing when it shares this much
_NEAR_BEST = 0.1
_RELATED = 0.2  # so little is enough for the piece that a figure comes from

# Institution as a claim names it → names in a clause that cover it.
INSTITUTIONS: Mapping[str, Sequence[str]] = {
    "银行机构": ("银行业金融机构", "银行保险机构"),
    "银行业金融机构": ("银行机构", "银行保险机构"),
    "银行保险机构": (),
    "大型银行": ("大型商业银行", "国有大型银行", "国有大型商业银行"),
    "大型商业银行": ("大型银行", "国有大型银行", "国有大型商业银行"),
    "国有大型银行": ("大型银行", "大型商业银行"),
    "国有大型商业银行": ("大型银行", "大型商业银行"),
    "股份制银行": ("股份制商业银行",),
    "股份制商业银行": ("股份制银行",),
    "城市商业银行": ("城商行",),
    "城商行": ("城市商业银行",),
    "农村商业银行": ("农商行", "农村中小银行"),
    "农村中小银行": (),
    "村镇银行": ("农村中小银行",),
    "民营银行": (),
    "外资银行": (),
    "政策性银行": ("开发性、政策性银行", "政策性开发性银行"),
    "开发性银行": ("开发性、政策性银行", "政策性开发性银行"),
    "地方性法人银行": ("地方法人银行",),
    "地方法人银行": ("地方性法人银行",),
    "商业银行": (),
    "保险公司": ("保险机构", "银行保险机构", "保险公司机构"),
    "保险机构": ("保险公司", "银行保险机构"),
    "监管部门": ("监管机构", "监督管理部门", "监督管理机构"),
    "监管机构": ("监管部门", "监督管理部门", "监督管理机构"),
    "市场监管部门": (),
    "人民银行": ("中国人民银行",),
    "中国人民银行": ("人民银行",),
    "信托公司": (),
    "企业集团财务公司": ("财务公司",),
    "财务公司": ("企业集团财务公司",),
    "金融租赁公司": (),
    "消费金融公司": (),
    "小额贷款公司": (),
    "融资担保公司": ("融资性担保公司",),
    "证券公司": (),
    "人民政府": (),
    "人民法院": (),
    "人民检察院": (),
    "公安机关": (),
}


# --- what binds: modal words ----------------------------------------------------------------


class _Force(StrEnum):
    PROHIBIT = "prohibit"
    REQUIRE = "require"
    PERMIT = "permit"
    ENCOURAGE = "encourage"
    EXEMPT = "exempt"


# 不得超过 sets a bound, it forbids no act; 不超过 says the same.
_BOUND_NOT_BAN = re.compile(r"不(?:得|能|可|应)(?=超过|低于|高于|少于|多于|大于|小于)")
_LIFTED_BAN = re.compile(r"(?:并不|不再|不|未|没有|取消|解除)(?:明令|完全|一律)?(?:严禁|禁止)")  # 并不禁止: allowed
_PROHIBIT = re.compile(
    r"严禁|不得(?!不|已)|禁止|严防|不可(?!或缺|避免|抗|分|逆|靠|控)|不能(?!不)|不允许|不准|不许|不应|不宜|杜绝|切勿"
)
_EXEMPT = re.compile(r"无需|无须|不必|不需|不用|可不|可以不|免于|豁免|不要求")
_PERMIT = re.compile(
    r"可以|有权|(?<!不)允许|(?<!不)准许|准予|能够|[均即也都]可(?![能控靠])"
    r"|(?<![不许认])[可能](?=办理|申请|享受|获得|用于|向|通过|按|提供|给予|采取|依法|自行|合作|开展|发放|转|挪)"
)
_REQUIRE = re.compile(
    r"应当|应该|必须|务必|(?<!无)须(?!知)|(?<![不无])需要?(?=[^求要，。的]{2})(?<!所需要)(?<!实际需要)"
    r"|(?<![主需重必首纪摘次紧只不])要(?![求素点件闻义旨])"
    r"|(?<![适供反相对响效不])应(?![用对急收付变有届力当该])"
)
_ENCOURAGE = re.compile(r"鼓励|支持(?!力度|主体|政策|的)|探索")
_URGE = re.compile(r"鼓励|倡导")
# 不得有下列行为： governs every item below it.
_ITEM_SIGN = re.compile(rf"\((?:{HAN_NUMERAL}|\d+)\)|\d+[.、]")
_LEAD_IN = re.compile(r"(?:下列|以下|如下)[^，。；]*[:：]$")


def _forces(text: str) -> frozenset[_Force]:
    """What the modal words of `text` do."""
    text = _BOUND_NOT_BAN.sub("不", text)
    found = set()
    text, lifted = _LIFTED_BAN.subn("", text)
    if lifted:
        found.add(_Force.PERMIT)
    for force, pattern in (
        (_Force.PROHIBIT, _PROHIBIT),
        (_Force.EXEMPT, _EXEMPT),
        (_Force.PERMIT, _PERMIT),
        (_Force.REQUIRE, _REQUIRE),
        (_Force.ENCOURAGE, _ENCOURAGE),
    ):
        text, count = pattern.subn("", text)
        if count:
            found.add(force)
    return frozenset(found)


def modality_of(text: str) -> Modality:
    """How a sentence binds: what it forbids comes before what it demands."""
    forces = _forces(squeeze(text))
    for force, modality in (
        (_Force.PROHIBIT, Modality.PROHIBIT),
        (_Force.REQUIRE, Modality.REQUIRE),
        (_Force.PERMIT, Modality.PERMIT),
        (_Force.EXEMPT, Modality.PERMIT),
        (_Force.ENCOURAGE, Modality.ENCOURAGE),
    ):
        if force in forces:
            return modality
    return Modality.STATE


# --- pieces: what is held against what ------------------------------------------------------

_HAN_RUN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]+")
_FOREIGN_WORD = re.compile(r"[^\W\d_\u3400-\u9fff\U00020000-\U0003ffff]+")
_CUT = re.compile(r"(?<=[，；。！？：\n,;!?:])")
# Words that hold a sentence together and say nothing about its matter.
_FRAME = re.compile(
    r"根据|按照|依据|依照|规定|文件|通知|条款|明确|提出|指出|要求|应当|应该|必须|需要|可以|有权|不得|严禁|禁止|严防|不能|不可"
    r"|以及|同时|此外|另外|因此|其中|包括|例如|对于|关于|有关|相关|进行|上述|下列|如下|方面|情况下|情形|对此|也就是说"
    r"|属于|行为|[的了是在和与及或等并也都均还各要应须来去地得把]"
)
# Words found in nearly every clause of the field: sharing them shows little.
_COMMON = re.compile(
    r"普惠型小微企业|小微企业|普惠金融|金融机构|金融服务|银行|保险|企业|机构|贷款|信贷|金融|业务|服务|部门|监管"
)
_COMMON_WEIGHT = 0.3


@dataclass(frozen=True, slots=True)
class _Piece:
    """What stands between two commas. Subjects and obligation carry over from pieces before."""

    text: str
    grams: Mapping[str, float]
    forces: frozenset[_Force]
    named: frozenset[str]  # institutions in the piece itself
    subjects: frozenset[str]  # these, or whoever was addressed before
    required: bool  # 要 stands here or before, for the same addressee

    def share_in(self, grams: Mapping[str, float]) -> float:
        """How much of this piece's matter `grams` holds, 0 to 1; 0 without any matter."""
        whole = sum(self.grams.values())
        return sum(weight for gram, weight in self.grams.items() if gram in grams) / whole if whole else 0.0


def _grams(text: str, names: re.Pattern[str]) -> dict[str, float]:
    """Character bigrams of the matter of `text`, with their weights."""
    common = {pair for match in _COMMON.finditer(text) for pair in _pairs(match[0])}
    bare = _FRAME.sub("·", names.sub("·", text))
    pairs = chain.from_iterable(_pairs(run) for run in _HAN_RUN.findall(bare))
    return {pair: _COMMON_WEIGHT if pair in common else 1.0 for pair in pairs}


def _pairs(run: str) -> Iterator[str]:
    return (run[at : at + 2] for at in range(len(run) - 1))


def _pieces(text: str, names: re.Pattern[str]) -> tuple[_Piece, ...]:
    out: list[_Piece] = []
    subjects: frozenset[str] = frozenset()
    required = False
    governing: frozenset[_Force] = frozenset()
    for part in _CUT.split(text):
        if not part.strip("，；。！？：,;!?:\n"):
            continue
        named = frozenset(names.findall(part))
        if out and out[-1].text.endswith(("。", "\n")) and not _ITEM_SIGN.match(part):
            governing = frozenset()
        forces = _forces(part) or governing
        first = names.search(part)
        if first is not None and first.start() <= 4:  # 各级、辖内各 may stand before
            subjects, required = named, False
        required = required or _Force.REQUIRE in forces
        if _LEAD_IN.search(part):
            governing = forces
        out.append(
            _Piece(
                text=part,
                grams=_grams(part, names),
                forces=forces,
                named=named,
                subjects=named | subjects,
                required=required,
            )
        )
    return tuple(out)


@lru_cache(maxsize=16)
def _name_pattern(names: frozenset[str]) -> re.Pattern[str]:
    """Any of the names, the longest first: 城市商业银行 is no 商业银行."""
    ordered = sorted(names, key=lambda name: (-len(name), name))
    return re.compile("|".join(map(re.escape, ordered)) or r"(?!)")


@dataclass(frozen=True, slots=True)
class _Case:
    """A claim and the clauses it cites, taken apart once for every check."""

    claim: str
    clauses: tuple[str, ...]
    lined: tuple[str, ...]  # the same, a line for each 款 and 项
    context: str  # title, address and heading: may be named, prove nothing
    claim_pieces: tuple[_Piece, ...]
    clause_pieces: tuple[tuple[_Piece, ...], ...]
    covers: Mapping[str, Sequence[str]]

    @property
    def union(self) -> str:
        return "\n".join(self.clauses)

    @property
    def all_pieces(self) -> tuple[_Piece, ...]:
        return tuple(chain.from_iterable(self.clause_pieces))

    def aligned(self, piece: _Piece) -> tuple[_Piece, ...]:
        """Pieces of the clauses that speak of the same thing; empty when none clearly does."""
        shares = [(piece.share_in(other.grams), other) for other in self.all_pieces]
        best = max((share for share, _ in shares), default=0.0)
        if best < _ALIGNED:
            return ()
        return tuple(other for share, other in shares if share >= best - _NEAR_BEST)


# --- the proof ------------------------------------------------------------------------------


def prove(
    sentence: str,
    *clauses: str,
    context: str = "",
    institutions: Mapping[str, Sequence[str]] = INSTITUTIONS,
    min_support: float = MIN_SUPPORT,
) -> Verdict:
    """Whether `clauses`, taken together, say what `sentence` (without marks) claims: the verdict of `examine`."""
    return examine(sentence, *clauses, context=context, institutions=institutions, min_support=min_support).verdict


@dataclass(frozen=True, slots=True)
class Proof:
    """A verdict, and how much of the claim one stretch of the clauses repeats in its order, 0 to 1.

    `leaps`: it does not repeat most of it, or not without a long passage left out in between.
    `joins`: it takes its words from two sentences. `held`: the words of the clause that the claim
    has others for, where that is what is wrong and they can be named.
    """

    verdict: Verdict
    repeats: float
    leaps: bool = True
    joins: bool = False
    held: str = ""


def examine(
    sentence: str,
    *clauses: str,
    context: str = "",
    institutions: Mapping[str, Sequence[str]] = INSTITUTIONS,
    min_support: float = MIN_SUPPORT,
) -> Proof:
    """Whether `clauses`, taken together, say what `sentence` (without marks) claims.

    Args:
        sentence: one sentence.
        clauses: the plain texts of all the clauses it cites; each must support something in it.
        context: document title, address and headings, which a sentence may name.
        institutions: a name in a sentence → names in a clause that cover it (besides itself).
        min_support: the share of each piece's matter that the clauses must hold.

    Returns:
        The first objection, in the order MISQUOTE, NUMBER, SUBJECT, MODALITY, UNSUPPORTED;
        NOT_FOUND without any clause; OK when there is none.
    """
    if not clauses:
        return Proof(Verdict.NOT_FOUND, 0.0)
    names = _name_pattern(frozenset(chain(institutions, *institutions.values())))
    plain_context = plain(context)
    claim = plain(sentence)
    bare = _without_references(claim, plain_context)
    texts = tuple(plain(clause) for clause in clauses)
    stands_for = instead(bare)
    told = stands_for or bare
    case = _Case(
        claim=told,
        clauses=texts,
        lined=tuple("\n".join(map(plain, clause.splitlines())) for clause in clauses),
        context=plain_context,
        claim_pieces=_pieces(told, names),
        clause_pieces=tuple(_pieces(text, names) for text in texts),
        covers=institutions,
    )
    proof = _proof(claim, case, min_support)
    if proof.verdict is Verdict.MISQUOTE:
        return proof
    if stands_for is not None:
        return _at_one_place(proof)
    if len(texts) == 1 and enumerated(bare, case.lined[0], _subject_pattern(frozenset(institutions))):
        return replace(proof, verdict=Verdict.OK)
    if lists(bare):
        return _at_one_place(proof)
    for other in reworded(bare) if proof.verdict is not Verdict.OK else ():  # means the same as the claim
        turned = _proof(claim, replace(case, claim=other, claim_pieces=_pieces(other, names)), min_support)
        if turned.verdict is Verdict.OK and not turned.joins:
            return turned
    return proof


def _at_one_place(proof: Proof) -> Proof:
    """A list told otherwise than `enumerated` knows holds when it repeats the clause without a leap."""
    return replace(proof, verdict=Verdict.UNSUPPORTED) if proof.verdict is Verdict.OK and proof.leaps else proof


@lru_cache(maxsize=16)
def _subject_pattern(names: frozenset[str]) -> re.Pattern[str]:
    return _name_pattern(names | frozenset(ROLES))


_LEAP = 6  # so many words of a clause left out in the middle of a claim


def _proof(claim: str, case: _Case, min_support: float) -> Proof:
    best = _best_of(case)
    repeats = best.coverage if best is not None else 0.0
    leaps = best is None or repeats < _REPEATS or any(len(e.lost) > _LEAP for e in best.edits if not e.first)
    joins = best is not None and joins_sentences(best)
    verdict = _verdict(claim, case, best, min_support)
    held = words_changed(best, verdict) if best is not None and repeats >= _PART_REPEATS else ""
    return Proof(verdict, repeats, leaps=leaps, joins=joins, held=held)


def _verdict(claim: str, case: _Case, best: Comparison | None, min_support: float) -> Verdict:
    if not _quotes_stand(claim, case):
        return Verdict.MISQUOTE
    if (word_by_word := _word_by_word(case, best)) is not None:
        return word_by_word
    for agrees, verdict in (
        (_numbers_agree, Verdict.NUMBER),
        (_subjects_agree, Verdict.SUBJECT),
        (_modality_agrees, Verdict.MODALITY),
        (_polarity_agrees, Verdict.MODALITY),
    ):
        if not agrees(case):
            return verdict
    if best is not None and best.coverage <= _LEAST_IN_ORDER:
        return Verdict.UNSUPPORTED
    return Verdict.OK if _supported(case, min_support) else Verdict.UNSUPPORTED


# --- word by word ---------------------------------------------------------------------------

_REPEATS = 0.75  # a claim of which so much stands in a clause in its order repeats it
_REPEATS_ONE_OF_MANY = 0.97
_PART_REPEATS = 0.55
_MOST_TOKENS = 400
_NEAR_MOST = 0.04
_LEAST_IN_ORDER = 0.5  # of a paraphrase too: words of a clause shuffled say something else
_LEAST_TOKENS = 4
_COMPARED = 5  # stretches compared word by word
_CLAIM_CUT = re.compile(r"(?<=[，；。！,;!])")
_STOP = re.compile(r"(?<=[。！？!?])")


def _names(case: _Case) -> tuple[str, ...]:
    return tuple(sorted(frozenset(chain(case.covers, *case.covers.values()))))


def _best_of(case: _Case) -> Comparison | None:
    """The claim against the stretch that repeats most of it; `None` for a claim of a few words."""
    names = _names(case)
    claim = tokens_of(case.claim.replace("·", ""), names)
    if not _LEAST_TOKENS <= len(claim) <= _MOST_TOKENS:
        return None
    return _best(claim, tuple(chain.from_iterable(_stretches(text, names) for text in case.lined)))


def _word_by_word(case: _Case, best: Comparison | None) -> Verdict | None:
    """The verdict on a claim that repeats its clauses for the most part; `None` on a paraphrase."""
    if best is None:
        return None
    names = _names(case)
    if best.coverage >= (_REPEATS if len(case.clauses) == 1 else _REPEATS_ONE_OF_MANY):
        if not all(_shares(best.claim, _stretches(t, names)) for t in case.lined):
            return Verdict.UNSUPPORTED
        return _objection(best, case) or _addressed(case, best)
    stretches = tuple(chain.from_iterable(_stretches(text, names) for text in case.lined))
    found = [_part(part, stretches, case, names) for part in _parts(case.claim)]
    against = [verdict for verdict in found if verdict is not None and verdict is not Verdict.OK]
    if against:
        return against[0]
    return _addressed(case, None) if found and None not in found and len(case.clauses) == 1 else None


def _addressed(case: _Case, found: Comparison | None) -> Verdict:
    """Whether the institutions are those addressed; where none was added or left out, they are."""
    changed = [t for e in found.edits for t in (*e.lost, *e.new) if t.form.startswith("&")] if found is not None else []
    if found is not None and all(t.text in case.context for t in changed):  # 融资担保公司 of its own regulation
        return Verdict.OK
    return Verdict.OK if _subjects_agree(case) else Verdict.SUBJECT


def _objection(found: Comparison, case: _Case) -> Verdict | None:
    def covered(name: str, held: str) -> bool:
        name, held = name.removeprefix("国务院"), held.removeprefix("国务院")
        return name == held or held in case.covers.get(name, ()) or name in case.covers.get(held, ())

    return objection(found, known=f"{case.union}\n{case.context}", covered=covered)


def _part(part: str, stretches: Sequence[tuple[Token, ...]], case: _Case, names: tuple[str, ...]) -> Verdict | None:
    tokens = tokens_of(part, names)
    if len(tokens) < _LEAST_TOKENS:
        return Verdict.OK if not tokens else None
    best = _best(tokens, stretches)
    if best is None or best.coverage < _PART_REPEATS:
        return None
    return _objection(best, case) or Verdict.OK


def _parts(claim: str) -> list[str]:
    """The claim cut at commas, short pieces kept with the next."""
    parts: list[str] = []
    for piece in _CLAIM_CUT.split(claim.replace("·", "")):
        if parts and len(parts[-1]) < 8:
            parts[-1] += piece
        elif piece.strip("，；。！,;!"):
            parts.append(piece)
    return parts


def _shares(claim: Sequence[Token], stretches: Sequence[tuple[Token, ...]]) -> bool:
    """Whether one clause of several holds a good part of the claim."""
    forms = {t.form for t in claim}
    return any(sum(t.form in forms for t in s) >= 0.3 * len(forms) for s in stretches)


def _best(claim: tuple[Token, ...], stretches: Sequence[tuple[Token, ...]]) -> Comparison | None:
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


# An item cited by itself comes with its lead before it on one line.
_LEAD_AND_ITEM = re.compile(rf"(?<=[:：])(?=\({HAN_NUMERAL}\))")


@lru_cache(maxsize=4096)
def _stretches(text: str, names: tuple[str, ...]) -> tuple[tuple[Token, ...], ...]:
    """What a claim may repeat: each sentence, each item behind its lead, each paragraph, the whole."""
    found: dict[str, None] = {}
    lead = ""
    items: list[str] = []
    for line in _LEAD_AND_ITEM.sub("\n", text).split("\n"):
        if lead and _ITEM_SIGN.match(line):
            found[lead + line] = None
            items.append(line)
            if (ruled := carried(lead, _ITEM_SIGN.sub("", line, count=1))) is not None:
                found[ruled] = None
            continue
        if items:
            found[lead + "".join(items)] = None
            lead, items = "", []
        found.update(dict.fromkeys(part for part in _STOP.split(line) if part))
        found[line] = None
        found.update(dict.fromkeys(otherwise(line)))
        lead = line if line.endswith((":", "：")) else ""
    if items:
        found[lead + "".join(items)] = None
    found[text] = None
    return tuple(tokens_of(part, names) for part in found if part)


def supports(sentence: str, clause: str, *, context: str = "") -> bool:
    """Whether `clause` says at least something of what `sentence` claims."""
    names = _name_pattern(frozenset(chain(INSTITUTIONS, *INSTITUTIONS.values())))
    pieces = _pieces(_without_references(plain(sentence), plain(context)), names)
    return _lends_support(pieces, _pieces(plain(clause), names))


# 根据《…》第十二条第二款、五、（十）: where a claim says it stands; checked as text, not as figures.
_TITLE = re.compile(r"《([^《》]{1,120})》")
_ARTICLE = re.compile(rf"第(?:{HAN_NUMERAL}|\d+)[条款项章节编目]")
_HEADING = re.compile(rf"{HAN_NUMERAL}、\({HAN_NUMERAL}\)|\({HAN_NUMERAL}\)")
_YEAR = re.compile(r"\d{4}年")


def _without_references(claim: str, context: str) -> str:
    """`claim` without names of documents, addresses and years that its context bears out."""
    claim = _TITLE.sub(lambda match: "·" if match[1] in context else match[0], claim)
    for pattern in (_ARTICLE, _HEADING, _YEAR):
        claim = pattern.sub(lambda match: "·" if match[0] in context else match[0], claim)
    return claim


_QUOTED = re.compile(r"“([^“”]*)”|「([^「」]*)」|『([^『』]*)』|\"([^\"]*)\"")


def _quotes_stand(claim: str, case: _Case) -> bool:
    """Words in quotation marks stand in a clause, names in 《》 in a clause or its context."""
    for match in _QUOTED.finditer(claim):
        quote = "".join(group or "" for group in match.groups()).strip("，。；、：,;:.!?！？")
        if not quote or not any(locate_quote(quote, t, within=Span(0, len(t))) for t in (*case.clauses, case.context)):
            return False
    return all(
        match[0] in case.union or match[1] in case.context or f"《{match[1]}》" in case.union
        for match in _TITLE.finditer(claim)
    )


_FIGURE = rf"(?:\d+(?:\.\d+)?[十百千]?[万亿]*|{HAN_NUMERAL}[万亿]*)"
_UNIT = (
    "工作日|百分点|基点|月|季度|周岁|小时|分钟|年|日|天|元|户|家|倍|人|名|次|岁|份|笔|件|项|条|款|级|成|%|‰"
    "|类|种|批|届|周|期"
)
_AT_LEAST, _AT_MOST, _ABOVE, _BELOW = "≥", "≤", ">", "<"
_BOUND_WORDS = {
    "不低于": _AT_LEAST,
    "不少于": _AT_LEAST,
    "不小于": _AT_LEAST,
    "至少": _AT_LEAST,
    "最低": _AT_LEAST,
    "不高于": _AT_MOST,
    "不超过": _AT_MOST,
    "不多于": _AT_MOST,
    "不大于": _AT_MOST,
    "至多": _AT_MOST,
    "最多": _AT_MOST,
    "最高": _AT_MOST,
    "最长": _AT_MOST,
    "高于": _ABOVE,
    "超过": _ABOVE,
    "多于": _ABOVE,
    "大于": _ABOVE,
    "低于": _BELOW,
    "少于": _BELOW,
    "小于": _BELOW,
    "不足": _BELOW,
    "未满": _BELOW,
}
_BEHIND = {"以上": _AT_LEAST, "以下": _AT_MOST, "以内": _AT_MOST, "之内": _AT_MOST, "内": _AT_MOST, "以外": _ABOVE}
_BOUND = re.compile("|".join(_BOUND_WORDS))
_MEASURE = re.compile(
    rf"(?:({'|'.join(_BOUND_WORDS)})[^\d，。]{{0,3}}?)?(?<![第\d])({_FIGURE})个?({_UNIT})(?:\(含\))?({'|'.join(_BEHIND)})?"
)
_HUNDREDTHS = re.compile(rf"百分之({_FIGURE})")
_SAME_UNIT = {"天": "日", "名": "人"}


def _measures(text: str) -> frozenset[tuple[Decimal, str, str]]:
    """Figures with unit and bound: 不超过三年 is (3, 年, ≤); 三个月 and 3月 are kept apart."""
    text = _HUNDREDTHS.sub(r"\1%", _BOUND_NOT_BAN.sub("不", text))
    out = set()
    for match in _MEASURE.finditer(text):
        value = parse_numeral(match[2])
        if value is not None:
            unit = ("个" if match[0].find("个月") >= 0 else "") + _SAME_UNIT.get(match[3], match[3])
            bound = _BOUND_WORDS.get(match[1] or "", "") or _BEHIND.get(match[4] or "", "")
            out.add((value, unit, bound))
    return frozenset(out)


def _numbers_agree(case: _Case) -> bool:
    """Every figure of the claim stands in a clause, with the same unit and the same bound."""
    if not numbers_in(case.claim) <= numbers_in(case.union):
        return False
    if not all(_measures_agree(piece, case) for piece in case.claim_pieces):
        return False
    bounds = {_BOUND_WORDS[word] for word in _BOUND.findall(_BOUND_NOT_BAN.sub("不", case.union))}
    bounds |= {bound for _, _, bound in _measures(case.union)}
    return {_BOUND_WORDS[word] for word in _BOUND.findall(_BOUND_NOT_BAN.sub("不", case.claim))} <= bounds


def _measures_agree(piece: _Piece, case: _Case) -> bool:
    """Each measure stands in a piece of a clause that speaks, at least a little, of the same matter."""
    related = [p for p in case.all_pieces if not piece.grams or piece.share_in(p.grams) >= _RELATED]
    return _measures(piece.text) <= frozenset(chain.from_iterable(_measures(p.text) for p in related))


def _subjects_agree(case: _Case) -> bool:
    """Every institution named is one that a clause names, and for the same matter."""
    anywhere = frozenset(chain.from_iterable(piece.named for piece in case.all_pieces))
    for piece in case.claim_pieces:
        if not all(_covered(name, anywhere, case.covers) for name in piece.named):
            return False
        aligned = case.aligned(piece)
        addressed = frozenset(chain.from_iterable(other.subjects for other in aligned))
        if addressed and not all(_covered(name, addressed, case.covers) for name in piece.subjects):
            return False
    return True


def _covered(name: str, named: frozenset[str], covers: Mapping[str, Sequence[str]]) -> bool:
    return name in named or any(other in named for other in covers.get(name, ()))


def _modality_agrees(case: _Case) -> bool:
    """What each piece of the claim forbids, demands or allows is what its clause does."""
    forbids = any(_Force.PROHIBIT in piece.forces for piece in case.claim_pieces)
    return all(_force_agrees(piece, case, claim_forbids=forbids) for piece in case.claim_pieces)


def _force_agrees(piece: _Piece, case: _Case, *, claim_forbids: bool) -> bool:
    against = case.aligned(piece)
    clear = bool(against)
    against = against or case.all_pieces
    if _Force.PROHIBIT in piece.forces and not any(_Force.PROHIBIT in other.forces for other in against):
        return False
    if _Force.EXEMPT in piece.forces and not any(_Force.EXEMPT in other.forces for other in against):
        return False
    if _Force.PERMIT in piece.forces and not any(_permits(other) for other in against):
        return False
    if piece.forces == {_Force.REQUIRE} and not any(_requires(other) for other in against):
        return False
    if _URGE.search(piece.text) and not any(_URGE.search(other.text) for other in against):
        return False
    # 不得 left out: what the clause forbids must not be told as if it were done or wanted.
    return claim_forbids or not clear or not all(_Force.PROHIBIT in other.forces for other in against)


def _permits(piece: _Piece) -> bool:
    if {_Force.PROHIBIT, _Force.REQUIRE} & piece.forces:
        return _Force.PERMIT in piece.forces and _Force.PROHIBIT not in piece.forces
    return bool({_Force.PERMIT, _Force.ENCOURAGE, _Force.EXEMPT} & piece.forces)


def _requires(piece: _Piece) -> bool:
    """Demands, itself or through a 要 before it; 鼓励 or 可以 of its own makes it a lesser thing."""
    lesser = {_Force.PROHIBIT, _Force.PERMIT, _Force.EXEMPT}
    return _Force.REQUIRE in piece.forces or (
        piece.required and not lesser & piece.forces and not _URGE.search(piece.text)
    )


_NEGATED = re.compile(r"(?:不|未|无|非|免|勿|没有|避免|防止)$")
_UP = ("提高", "提升", "增加", "扩大", "加大", "上升", "增强", "上调", "延长", "放宽", "加快")
_DOWN = ("降低", "减少", "下降", "缩小", "压缩", "减轻", "下调", "缩短", "收紧", "放缓", "压降")
# Words that change how far a rule reaches or what follows from it: never to be added.
_WEIGHTY = re.compile(
    r"罚款|罚金|处罚|补贴|贴息|奖励|免费|免息|全额|减免|免除|追究|吊销|撤销|赔偿|抵押|一律|所有|全部|任何|一切|无条件|永久|仅限|只能|只有|除外|刑事|拘留|上报|备案|审批"
)


def _polarity_agrees(case: _Case) -> bool:
    """No 不, 未, 无 is added or lost, and nothing that is to sink is said to rise."""
    for match in _HAN_RUN.finditer(case.claim):
        for at in range(match.start(), match.end() - 1):
            if _flips(case.claim, at, case.union):
                return False
    for own, other in ((_UP, _DOWN), (_DOWN, _UP)):
        for piece in case.claim_pieces:
            against = "".join(p.text for p in case.aligned(piece))
            said = [word for word in own if word in piece.text]
            if said and not any(word in against for word in own) and any(word in against for word in other):
                return False
    return True


def _flips(claim: str, at: int, union: str) -> bool:
    """Whether the two characters at `at` are negated here and nowhere there, or the other way round."""
    pair = claim[at : at + 2]
    if pair[0] in "不未无非免勿得能可" or _COMMON.match(pair):
        return False
    places = [match.start() for match in re.finditer(re.escape(pair), union)]
    if not places:
        return False
    here = bool(_NEGATED.search(claim[max(0, at - 2) : at]))
    there = [bool(_NEGATED.search(union[max(0, place - 2) : place])) for place in places]
    return not any(there) if here else all(there)


def _supported(case: _Case, min_support: float) -> bool:
    """Whether the matter of the claim comes from its clauses.

    Half of each piece: rewordings that keep the terms of a clause and add words of their own to
    join them reach 0.6 to 1, claims made up in the vocabulary of the field stay below 0.3
    (tests/unit/generation/test_citing.py holds both lists). Measured piece by piece, since an
    addition of one piece hides easily in a long and well supported sentence.
    """
    known = set(_FOREIGN_WORD.findall(case.union + case.context))
    if not set(_FOREIGN_WORD.findall(case.claim)) <= known:
        return False
    if any(word not in case.union for word in _WEIGHTY.findall(case.claim)):
        return False
    union: dict[str, float] = {}
    for piece in case.all_pieces:
        union.update(piece.grams)
    with_matter = [piece for piece in case.claim_pieces if piece.grams]
    if not with_matter or any(piece.share_in(union) < min_support for piece in with_matter):
        return False
    if any(_longest_new_run(piece, case.union) >= MAX_NEW_RUN for piece in with_matter):
        return False
    return all(_lends_support(with_matter, pieces) for pieces in case.clause_pieces)


def _lends_support(claim: Sequence[_Piece], clause: Sequence[_Piece]) -> bool:
    """Whether at least one piece of the claim is found, for the most part, in one clause."""
    grams: dict[str, float] = {}
    for piece in clause:
        grams.update(piece.grams)
    return any(piece.share_in(grams) >= 0.5 for piece in claim)


def _longest_new_run(piece: _Piece, union: str) -> int:
    """Characters in a row, frame words aside, of which no two neighbours stand in a clause."""
    longest = 0
    for run in _HAN_RUN.findall(_FRAME.sub("·", piece.text)):
        length = 1
        for pair in _pairs(run):
            length = 1 if pair in union else length + 1
            longest = max(longest, length)
    return longest
