"""A claim laid against the words of a clause: what was changed, added or left out, and what that does.

`citing.prove` asks whether a paraphrase may come from a clause. Here a claim that repeats a clause for
the most part is compared with it word by word, because one changed word makes it false: another figure,
可以 for 应当, 投保人 for 保险人. Figures, bounds, modal words, negations and institutions are read as one
token each, in one form (一千万元 = 1000万元, 30日内 = 不超过30天, 应当 = 必须), so that another way of
writing is no change.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import pairwise

from assistant.schema.answer import Verdict
from assistant.text.folding import squeeze
from assistant.text.numerals import HAN_NUMERAL, parse_numeral

MUST, MUST_NOT, MAY, EXEMPT, URGE = "@must", "@not", "@may", "@exempt", "@urge"
_MODALS = frozenset({MUST, MUST_NOT, MAY, EXEMPT, URGE})
NEGATION = "@no"
BEFORE, AFTER = "@before", "@after"
_BREAK = "，"

# --- figures ------------------------------------------------------------------------------------

_NUM = rf"(?:\d+(?:\.\d+)?(?:[十百千]?[万亿]+)?|{HAN_NUMERAL}(?:[万亿](?:{HAN_NUMERAL})?)*)"
_UNITS = (
    "个工作日|工作日|个百分点|百分点|个基点|基点|周岁|岁|个月|月份|月|个季度|季度|个小时|小时|分钟|年度|年|日|天|元|倍|%|‰|成|"
    "户|家|人|名|次|份|笔|件|种|类|批|期|级|周|个|条|款|项|章|节|编"
)
_SAME_UNIT = {
    "天": "日", "名": "人", "周岁": "岁", "个工作日": "工作日", "个百分点": "百分点", "个基点": "基点",
    "个季度": "季度",
    "个小时": "小时", "月份": "月", "年度": "年",
}  # fmt: skip
_LEAST, _MOST, _OVER, _UNDER = "≥", "≤", ">", "<"
_MORE, _LESS = ("超过", "高于", "多于", "大于", "超出"), ("低于", "少于", "小于")
_NOT_TO = ("不", "不得", "不能", "不可", "不应", "不应当", "禁止", "严禁", "未")
_BEFORE = (
    dict.fromkeys(_MORE, _OVER)
    | dict.fromkeys((*_LESS, "不足", "不满", "未满", "未达到", "不到"), _UNDER)
    | {no + word: _MOST for no in _NOT_TO for word in _MORE}
    | {no + word: _LEAST for no in _NOT_TO for word in _LESS}
    | dict.fromkeys(("至少", "最低", "最少"), _LEAST)
    | dict.fromkeys(("至多", "最多", "最高", "最长"), _MOST)
)
_BEHIND = {
    "以上": _LEAST, "及以上": _LEAST, "以下": _MOST, "及以下": _MOST, "以内": _MOST, "之内": _MOST, "内": _MOST,
    "以外": _OVER,
}  # fmt: skip
_BOUND = "|".join(sorted(_BEFORE, key=len, reverse=True))
_TAIL = "|".join(sorted(_BEHIND, key=len, reverse=True))
# 百分之三十, 万分之五, 三分之二
_SHARE = rf"(?:百|千|万|{HAN_NUMERAL})分之(?:{_NUM})(?:点{HAN_NUMERAL})?"
_DATE = r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?!\d)"
_QUANTITY = re.compile(
    rf"(?P<bound>{_BOUND})?(?:人民币)?(?:(?P<share>{_SHARE})|(?P<date>{_DATE})"
    rf"|(?P<half>半)(?=年|个月)(?:年|个月)|(?P<number>{_NUM})(?P<unit>{_UNITS})?)(?:\(含\)|\(含本数\))?(?P<tail>{_TAIL})?"
)
_RANGE = re.compile(rf"({_NUM})((?:{_UNITS})?)(?:至|到|-|~|—)(?=({_NUM})({_UNITS}))")
_ORDINAL = re.compile(
    rf"第(?:{HAN_NUMERAL}|\d+)(?:条|款|项|章|节|编|季度|部分)(?:之{HAN_NUMERAL})?|第\((?:{HAN_NUMERAL}|\d+)\)项"
)
# 一 that counts nothing; the words stay as they are.
_NO_FIGURE = re.compile(
    r"一(?:定|般|致|体|切|些|直|样|律|起|旦|并|方面|系列|同|经|如|方|次性|经)|统一|唯一|(?<!分)之一|进一步|万一|十分(?!之)|千方百计|百姓|万企"
    r"|第[一二三四](?:方|人|者)|[一二三]级(?:分行|市场)|一二级|两者|双方|单一|同一|逐一|任一|一(?=[^\d十百千万亿年月日个天元倍次户家人名份笔件种类批期级周条款项章节编岁成分点小工季])"
)  # fmt: skip

# --- words --------------------------------------------------------------------------------------

_NOT_BAN = (
    r"严禁|不得(?!不|已)|禁止|不可以|不可(?!或缺|避免|抗|分|逆|靠|控)|不允许|不准|不许|不应当?|不宜"
    r"|切勿|严防|不能(?!不)"
)
_WORDS: Sequence[tuple[str, str]] = (
    (r"可以不(?!经)|无需|无须|不必|不需要?|不用|可不|免于|免予|不要求", EXEMPT),
    (r"并不禁止|不禁止|未禁止|没有禁止", MAY),
    (_NOT_BAN, MUST_NOT),
    (r"可以|(?<!所)有权(?!益|利|限)|(?<!不)允许|准许|准予|能够|[均即也都亦]可(?![能控靠])|"
        r"(?<![不许认])可(?=[向依按在由要申通委自提选对根从于采作续])", MAY),
    (r"应当|应该|必须|务必|(?<!无)须(?!知)|有义务|有责任(?!的)", MUST),
    (r"(?<![不所无])需要(?=[^的，。,;])|(?<![主需重必首纪摘次紧只不简扼纲概])要(?![求素点件闻义旨约因])", MUST),
    (r"(?<![适供反相对响效不照因])应(?![用对急收付变有届力当该邀])", MUST),
    (r"鼓励|倡导|(?<![资金贷策务术力])支持(?!力度|主体|政策|的|作用|措施)", URGE),
    (r"之前|以前|届满前", BEFORE),
    (r"之日起|之后|以后|届满后", AFTER),
    (r"没有|非(?!法|常|银行)|[不未无](?!论|息|线|机|业|形|偿|常|法律)", NEGATION),
    (r"或者|或", "@or"),
    (r"贷款市场报价利率(?:\(lpr\))?|lpr", "LPR"),
    (r"并且|以及|而且|(?<![共缓])和(?![解谐平睦])|(?<![参给赋])与(?!会)|(?<![涉普波危触顾])及(?![时格])|"
        r"(?<![合兼吞])并(?!处|购|非|不)|且", "@and"),
    (r"全部|所有(?![权人制者])|一切|全体", "@all"),
    (r"一律|一概", "@ever"),
    (r"仅限于?|只能|只有|仅能|仅(?!供)|只(?=[有能对可在])", "@only"),
    (r"依照|按照|依据|根据", "按"),
    (r"有关|相关", "有关"),
    (r"给予|予以", "予"),
    (r"处以", "处"),
    (r"每年度", "每年"),
    (r"一次性", "一次性"),
    (r"(?<=起)生效", "施行"),
)  # fmt: skip
_SILENT = frozenset({"有关", "按"})
_WORD = re.compile("|".join(f"(?P<w{n}>{pattern})" for n, (pattern, _) in enumerate(_WORDS)))
# Words that hold a sentence together; whether they stand makes no difference.
_IDLE = re.compile(
    r"(?<=起)(?:计算|算)|前[两三]?[款条项]|进行|的话|的|了|地|之(?=[间前后内])|所(?=[述列称])|其中|其|该|此|这|那|对此|对于|关于|是指|是|即|也|都|均|亦|将|把|就|在|于|因此|所以|同时|另外"
    r"|此外|方面|等|有关|相关|上述|前述|规定|明确|指出|提出|载明|文件|条款|通知|也就是说|比如|例如|具体|相应|依法|已经|还|又|则|而|但是|但|不过"
    r"|应|为|对|以|来|去|各|有|个|一|者|过|上|中|里|与|和|及|并|且|那么|如果|如|若|时|时候|情况下|情形|情况|必"
)
# Whom a law speaks of; each is one word, so that 抵押人 is no shorter 抵押权人.
ROLES = (
    "被保险人", "投保人", "保险人", "受益人", "保险代理人", "保险经纪人", "借款人", "贷款人", "出借人",
    "保证人", "反担保人", "被担保人", "担保人", "债权人", "债务人", "抵押权人", "抵押人", "质权人", "出质人",
    "留置权人", "担保物权人", "存款人", "持卡人", "委托人", "受托人", "代理人", "承租人", "出租人", "买受人",
    "出卖人", "纳税人", "投诉人", "被投诉人", "异议人", "申请人", "被申请人", "发起人", "第三人", "关系人",
    "非法集资人", "非法集资协助人", "集资参与人", "应收账款债务人", "信息主体", "个人信息处理者", "信息提供者",
    "信息使用者", "信息处理者", "消费者", "经营者", "劳动者", "用人单位", "事业单位", "大型企业", "中型企业",
    "小型企业", "微型企业", "中小企业", "小微企业", "征信机构", "存款保险基金管理机构",
    "国务院银行业监督管理机构", "银行业监督管理机构", "国务院保险监督管理机构", "保险监督管理机构",
    "国务院征信业监督管理部门", "征信业监督管理部门", "国务院反洗钱行政主管部门", "反洗钱行政主管部门",
    "受理投诉部门", "处理投诉部门", "金融机构", "评级机构", "电信业务经营者", "互联网服务提供者",
    "国家网信部门", "处置非法集资牵头部门", "信用评级机构", "非银行支付机构", "投保机构", "接管组织",
    "被检查人", "举报人", "付款人", "收款人", "背书人", "持票人", "出票人", "承兑人",
)  # fmt: skip
_PUNCTUATION = re.compile(r"[，。；：！？,;:!?\n]")
_LETTER = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a text in one form; `text` is how it was written, `piece` counts commas.

    `rule` is the modal word it stands under: the last one between the same commas, or that of 不得有下列行为：
    for all items below.
    """

    form: str
    text: str
    piece: int
    rule: str | None = None
    sentence: int = 0
    joined: bool = False  # in a row with others: 、和与及或 stands beside it

    @property
    def figure(self) -> bool:
        return self.form.startswith("#")


@dataclass(frozen=True, slots=True)
class Edit:
    """Words of the clause (`lost`) in whose place the claim has others (`new`)."""

    lost: tuple[Token, ...]
    new: tuple[Token, ...]
    after: int  # tokens of the claim before the edit that the clause has too
    before: int  # and behind it
    behind: Token | None  # the token that both have right after it
    first: bool = False  # before everything that both have


def plain(text: str) -> str:
    """`text` with widths folded and without blanks."""
    return unicodedata.normalize("NFKC", squeeze(text)).casefold()


def _value(text: str) -> Decimal | None:
    return parse_numeral(text)


def _figure(match: re.Match[str]) -> str | None:
    """A quantity in one form: #value unit bound."""
    bound = _BEFORE.get(match["bound"] or "", "") or _BEHIND.get(match["tail"] or "", "")
    if match["share"]:
        return f"#{_share(match['share'])}{bound}"
    if match["date"]:
        year, month, day = re.split(r"[-/.]", match["date"])
        return f"#{int(year)}年{int(month)}月{int(day)}日"
    if match["half"]:
        return f"#{'6' if match[0].find('年') >= 0 else '0.5'}个月{bound}"
    value = _value(match["number"])
    unit = _SAME_UNIT.get(match["unit"] or "", match["unit"] or "")
    if value is None or (not unit and not match["number"][0].isdigit() and len(match["number"]) < 2):
        return None
    if unit == "年" and value < 1000:
        value, unit = value * 12, "个月"
    elif unit == "成":
        value, unit = value * 10, "%"
    elif unit == "‰":
        value, unit = value / 10, "%"
    elif not unit and re.search(r"[万亿]$", match["number"]):
        unit = "元"
    return f"#{format(value.normalize(), 'f')}{unit}{bound}"


def _share(text: str) -> str:
    whole, _, part = text.partition("分之")
    whole_value = (
        {"百": Decimal(100), "千": Decimal(1000), "万": Decimal(10000)}.get(whole) or _value(whole) or Decimal(1)
    )
    number, _, rest = part.partition("点")
    value = _value(number) or Decimal(0)
    if rest:
        digits = "".join(str(int(_value(char) or 0)) for char in rest)
        value += Decimal(f"0.{digits}")
    if whole_value in (10, 100, 1000, 10000):
        return f"{format((value * 100 / whole_value).normalize(), 'f')}%"
    return f"{value.normalize():f}/{whole_value.normalize():f}"


def _ranges_spelt(text: str) -> str:
    """五十万元至二百万元 as 五十万元以上二百万元以下; years and dates stay."""

    def spell(match: re.Match[str]) -> str:
        unit = match[2] or match[4]
        if unit in ("月", "日", "条", "款", "项", "章", "节", "编") or (
            unit == "年" and (_value(match[1]) or 0) > 1000
        ):
            return match[0]
        return f"{match[1]}{unit}以上{match[3]}{match[4]}以下\0"

    out, at = "", 0
    while match := _RANGE.search(text, at):
        out += text[at : match.start()]
        spelt = spell(match)
        if spelt.endswith("\0"):
            out, at = out + spelt[:-1], match.end(4)
        else:
            out, at = out + match[0], match.end()
    return out + text[at:]


@lru_cache(maxsize=16)
def _names_pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    ordered = sorted(names, key=lambda name: (-len(name), name))
    return re.compile("|".join(map(re.escape, ordered)) or r"(?!)")


@lru_cache(maxsize=8192)
def tokens_of(text: str, names: tuple[str, ...] = ()) -> tuple[Token, ...]:
    """The words of `text` in one form each, in their order, without punctuation and idle words."""
    text = _ranges_spelt(re.sub(r"(?<=\d),(?=\d{3})", "", _lines(text)))
    found: list[Token] = []
    piece = at = sentence = 0
    rule: str | None = None  # in this piece
    governing: str | None = None  # of the list that the piece belongs to
    pattern = _names_pattern((*names, *ROLES))
    while at < len(text):
        if _PUNCTUATION.match(text, at):
            if text[at] == ":" and _LIST_BEGINS.search(text, 0, at):
                governing = rule
            elif text[at] in "。！!？?" or (text[at] == "\n" and not _ITEM.match(text, at + 1)):
                governing = None
            sentence += text[at] in "。！!？?\n"
            held = rule if text[at] in "，," and _SUSPENDED.search(text, 0, at) else governing
            piece, at, rule = piece + 1, at + 1, held
            continue
        if match := _ITEM.match(text, at):
            at = match.end()
            continue
        form, end = _read(text, at, pattern)
        if form in _MODALS:
            rule = form
        elif rule == MUST_NOT and form[-1:] in _TURNED and form[0] == "#":  # 不得有下列行为：超过…
            form = form[:-1] + _TURNED[form[-1]]
        if form:
            joined = text[max(0, at - 1) : at] in _ROW or text[end : end + 1] in _ROW
            found.append(Token(form, text[at:end], piece, None if form in _MODALS else rule, sentence, joined))
        at = end
    return tuple(_bounds_joined(found))


# 可以根据情况，决定…: the modal word goes with the verb behind the comma.
_SUSPENDED = re.compile(
    r"(?:可以|有权|应当|必须|不得)(?:根据|按照|依照|依据|区别|结合|参照|视)[^，,。；;：:的是]*(?:的(?:需要|要求|规定|情况|情形))?$"
)
_TURNED = {_OVER: _MOST, _UNDER: _LEAST}
_ROW = frozenset("、和与及或")
_LIST_BEGINS = re.compile(r"(?:下列|以下|如下)[^，。；,;:]{0,24}$")
_ITEM = re.compile(rf"\((?:{HAN_NUMERAL}|\d{{1,2}})\)(?!项|条|款)")


def _lines(text: str) -> str:
    """`text` folded and without blanks; its lines stay apart."""
    return "\n".join(_SAME.sub(lambda match: _SAME_WORDS[match[0]], plain(line)) for line in text.split("\n"))


_SAME_WORDS = {
    "没有约定": "未约定", "未作约定": "未约定", "未作出约定": "未约定", "没有作出约定": "未约定",
    "员工": "人员", "挪去": "挪用于", "就视为": "视为", "别人": "他人",
}  # fmt: skip
_SAME = re.compile("|".join(sorted(_SAME_WORDS, key=len, reverse=True)))


_BOUND_REACH = 8


def _bounds_joined(tokens: Sequence[Token]) -> list[Token]:
    """不得超过其净资产的10% as one figure with its bound: a bound goes to the next figure between the same commas."""
    out: list[Token] = []
    waiting: list[int] = []
    for token in tokens:
        if token.figure and len(token.form) == 2:
            waiting = [len(out)]
        elif token.figure and waiting:
            bound = out[waiting[0]]
            near = bound.piece == token.piece and len(out) - waiting[0] <= _BOUND_REACH
            if near and token.form[-1] not in "≥≤<>":
                token = replace(token, form=token.form + bound.form[1])
                del out[waiting[0]]
            waiting = []
        out.append(token)
    return out


def _read(text: str, at: int, names: re.Pattern[str]) -> tuple[str, int]:
    """The token at `at` and where it ends; an empty form for what does not count."""
    if match := _ORDINAL.match(text, at):
        number = re.search(rf"{HAN_NUMERAL}|\d+", match[0])
        value = _value(number[0]) if number else None
        return f"#第{value}{match[0][-1]}", match.end()
    if match := names.match(text, at):
        return f"&{match[0]}", match.end()
    if match := _NO_FIGURE.match(text, at):
        return (match[0], match.end()) if len(match[0]) > 1 else ("", match.end())
    if (match := _QUANTITY.match(text, at)) and (figure := _figure(match)):
        return figure, match.end()
    if match := re.compile(_BOUND).match(text, at):
        return f"#{_BEFORE[match[0]]}", match.end()
    if match := _WORD.match(text, at):
        form = next(form for n, (_, form) in enumerate(_WORDS) if match[f"w{n}"] is not None)
        return ("" if form in _SILENT else form), match.end()
    if match := _IDLE.match(text, at):
        return "", match.end()
    if not _LETTER.match(text, at):
        return "", at + 1
    if text[at].isascii() and (match := re.compile(r"[a-z]+").match(text, at)):
        return match[0], match.end()
    return text[at], at + 1


# --- comparing ----------------------------------------------------------------------------------

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
    edits = []
    ends = [(0, 0, 0), *kept, (len(clause), len(claim), 0)]
    for number, ((a, b, size), (next_a, next_b, _)) in enumerate(pairwise(ends)):
        lost = tuple(clause[a + size : next_a])
        new = tuple(claim[b + size : next_b])
        behind = clause[next_a] if next_a < len(clause) else None
        if number == 0:  # what the clause says before the claim begins is no change, its own piece aside
            lost = _own_beginning(lost, behind, new)
        elif next_a == len(clause) and next_b == len(claim):
            before = clause[a + size - 1]
            lost = tuple(t for t in lost if t.piece == before.piece) if new else ()
        if lost or new:
            edits.append(Edit(lost, new, b + size, len(claim) - next_b, behind, number == 0))
    return Comparison(tuple(claim), tuple(clause), tuple(kept), tuple(edits))


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


Covered = Callable[[str, str], bool]


def objection(found: Comparison, *, known: str, covered: Covered) -> Verdict | None:
    """The first thing that `found.claim` changes and must not, `None` when there is none.

    Args:
        known: everything the claim may draw words from: the whole clause, its headings, its title.
        covered: whether an institution of the claim is one that the clause names.
    """
    claimed = "".join(t.text for t in found.claim)
    swapped = _swapped(found)
    for edit in found.edits:
        if (verdict := _figures(edit, known)) is not None:
            return verdict
    if swapped:
        return Verdict.SUBJECT
    for edit in found.edits:
        if (verdict := _binding(edit)) is not None:
            return verdict
    if (verdict := _governed(found)) is not None:
        return verdict
    if _grafted(found):
        return Verdict.SUBJECT
    for edit in found.edits:
        if (verdict := _matter(edit, found, known=known, claimed=claimed, covered=covered)) is not None:
            return verdict
    return None


def words_changed(found: Comparison, verdict: Verdict) -> str:
    """The words of the clause in whose place the claim has others of the kind that `verdict` names; "" for none."""
    kinds: dict[Verdict, Callable[[Token], bool]] = {
        Verdict.NUMBER: lambda t: t.figure,
        Verdict.SUBJECT: lambda t: t.form.startswith("&"),
        Verdict.MODALITY: lambda t: t.form in _MODALS or t.form == NEGATION,
    }
    kind = kinds.get(verdict)
    if kind is None:
        return ""
    for edit in found.edits:
        lost, new = [t for t in edit.lost if kind(t)], [t for t in edit.new if kind(t)]
        if lost and new and _near(edit) and [t.form for t in lost] != [t.form for t in new]:
            return "、".join(t.text for t in lost)
    return ""


def _figures(edit: Edit, known: str) -> Verdict | None:
    new = [t.form for t in edit.new if t.figure]
    if not new:
        return None
    lost = [t.form for t in edit.lost if t.figure]
    if sorted(new) == sorted(lost):
        return None
    moved = {t.form for t in tokens_of(known) if t.figure}
    return Verdict.NUMBER if (lost and _near(edit)) or not set(new) <= moved else None


def _binding(edit: Edit) -> Verdict | None:
    """Modal words and negations exchanged or added, before told for after."""
    times = {t.form for t in edit.new} & {BEFORE, AFTER}, {t.form for t in edit.lost} & {BEFORE, AFTER}
    if all(times) and times[0] != times[1]:
        return Verdict.MODALITY
    new = [t.form for t in edit.new if t.form in _MODALS or t.form == NEGATION]
    lost = [t.form for t in edit.lost if t.form in _MODALS or t.form == NEGATION]
    if sorted(new) == sorted(lost):
        return None
    if new.count(NEGATION) != lost.count(NEGATION) and _near(edit):
        return Verdict.MODALITY
    modal_new, modal_lost = set(new) & _MODALS, set(lost) & _MODALS
    if modal_new and modal_lost and modal_new != modal_lost and _near(edit):
        return Verdict.MODALITY
    return None


def _near(edit: Edit) -> bool:
    """Whether an edit is a change in place, and not a long passage left out."""
    return edit.first or len(edit.lost) <= len(edit.new) + 3


def _governed(found: Comparison) -> Verdict | None:
    """Each stretch that both have is under the same modal word in both."""
    said = {t.form for t in found.claim}
    end_a = end_b = 0  # of the stretch before
    for a, b, size in found.blocks:
        before_a, before_b, end_a, end_b = end_a, end_b, a + size, b + size
        if size < 2:
            continue
        if _denied(found.clause, a, before_a) != _denied(found.claim, b, before_b):
            return Verdict.MODALITY
        there, here = found.clause[a].rule, found.claim[b].rule
        if there == here or (here is None and there in (MUST, None)):
            continue
        if here == MUST and there is None:
            continue
        if here is None:
            if there in said or (b == 0 and there in (MAY, URGE)):
                continue
            return Verdict.MODALITY
        if there is None and here == URGE and here in {t.form for t in found.clause}:
            continue
        if here == MAY and (there == URGE or (there is None and _favours(found.clause[a : a + 2]))):
            continue
        return Verdict.MODALITY
    return None


_FAVOURS = frozenset({"享受", "减轻", "减免", "免除"})


def _favours(verb: Sequence[Token]) -> bool:
    """Whether what follows is to someone's good: 享受优惠 without a modal word is what one 可以享受."""
    return "".join(t.text for t in verb) in _FAVOURS


def _denied(tokens: Sequence[Token], at: int, floor: int) -> bool:
    """Whether a negation stands at `at` or right before it, a word between at most.

    `floor` is where the stretch before ends: its words have their own negation, save one at its very end.
    """
    if floor and tokens[floor - 1].form == NEGATION:
        floor -= 1
    near = tokens[max(at - 2, floor, 0) : at + 1]
    return any(t.form == NEGATION and t.piece == tokens[at].piece for t in near)


def _swapped(found: Comparison) -> bool:
    """Whether two words have changed places: 保险人向投保人 for 投保人向保险人.

    Seen in two ways: each stands where the other stood, or one has moved across the other while the words
    between them did not follow (A发现 before B for 发现A behind it). What moves as it is, is only told earlier.
    """
    if "被" in _written(found.claim) and "被" not in _written(found.clause):
        return False
    changed = [(tuple(t.form for t in e.lost), tuple(t.form for t in e.new)) for e in found.edits]
    for lost, new in changed:
        if not new or {"@and", "@or"} & set(new):
            continue
        if lost != new and sorted(lost) == sorted(new) and any(form[0] not in "&@" for form in new):
            return True
        for gone, _ in changed:
            if (new, lost) in changed and new != lost and min(len(_bare(new)), len(_bare(lost))) > 1:
                return True
            if gone != new and len(new) > 1 and sorted(gone) == sorted(new):
                return True
    return _crossed(found)


def _crossed(found: Comparison) -> bool:
    """Whether one name has moved across another between the same commas: 金融机构以中小企业出具的保函."""
    moved = {e.lost[0].form for e in found.edits if len(e.lost) == 1 and not e.new and e.lost[0].form[0] == "&"}
    for edit in found.edits:
        if edit.lost or len(edit.new) != 1 or edit.new[0].form not in moved or edit.new[0].joined:
            continue
        token, at = edit.new[0], edit.after
        beside = [t for t in found.claim[max(0, at - 3) : at + 4] if t is not token and t.form[0] == "&"]
        if any(t.piece == token.piece and not t.joined for t in beside):
            return True
    return False


def _grafted(found: Comparison) -> bool:
    """Whether the claim begins with whom one sentence speaks of and goes on with what another says of another."""
    first = next((t.form for t in found.claim if t.form.startswith("&")), None)
    for edit in found.edits:
        if edit.first or not edit.lost or not edit.after or not edit.before or edit.behind is None:
            continue
        own = [t.form for t in edit.lost if t.sentence == edit.behind.sentence and t.form.startswith("&")]
        crossed = edit.lost[0].sentence != edit.behind.sentence
        if crossed and own and first is not None and first not in own and own[0] not in (t.form for t in edit.new):
            return True
    return False


_LEAP = 8
_SUBJECT = 2  # so few words before it are whom the sentence speaks of, named a sentence earlier


def joins_sentences(found: Comparison) -> bool:
    """Whether the claim goes on in another sentence of the clause than it began in: the condition of one rule
    before what follows from another."""
    return any(
        edit.behind is not None
        and not edit.first
        and edit.before > 0
        and edit.after > _SUBJECT
        and len(edit.lost) >= _LEAP
        and edit.lost[0].sentence != edit.behind.sentence
        for edit in found.edits
    )


def _written(tokens: Sequence[Token]) -> str:
    return "".join(t.text for t in tokens)


def _bare(forms: Sequence[str]) -> str:
    return "".join(form.lstrip("&") for form in forms)


_ROLE = re.compile(
    r"(?:人|机构|公司|部门|机关|银行|企业|单位|人员|政府|者|方|院|会|户|组织|团体|协会|当事人|股东|董事|监事|联社)$"
)
_HARMLESS_NEW = 1  # characters


def _matter(edit: Edit, found: Comparison, *, known: str, claimed: str, covered: Covered) -> Verdict | None:
    """Words of substance that the claim exchanges or adds."""
    new = [t for t in edit.new if not t.figure and t.form not in _MODALS and t.form not in (NEGATION, "@and")]
    lost = [t for t in edit.lost if not t.figure and t.form not in _MODALS and t.form not in (NEGATION, "@and")]
    names_new = [t.text for t in new if t.form.startswith("&")]
    names_lost = [t.text for t in lost if t.form.startswith("&")]
    if names_new and names_lost and not all(any(covered(n, o) for o in names_lost) for n in names_new):
        return Verdict.SUBJECT
    if any(t.form in ("@all", "@ever", "@only") for t in new) and not any(
        t.form in ("@all", "@ever", "@only") for t in lost
    ):
        return Verdict.UNSUPPORTED
    if [t.form for t in new if t.form == "@or"] and [t.form for t in edit.lost if t.form == "@and"]:
        return Verdict.UNSUPPORTED
    if [t.form for t in edit.new if t.form == "@and"] and [t.form for t in lost if t.form == "@or"] and not new:
        return Verdict.UNSUPPORTED
    strange = [name for name in names_new if name not in known]
    if (
        strange
        and not names_lost
        and not any(covered(n, t.text) for n in strange for t in found.clause if t.form[0] == "&")
    ):
        return Verdict.SUBJECT
    if names_new and not names_lost and _near(edit):
        left = "".join(t.text for t in lost)
        if (
            len(left) > 1
            and left not in claimed
            and not any(_contained(left, n) or _contained(n, left) for n in names_new)
        ):
            return Verdict.SUBJECT
    if names_lost and not names_new and edit.new and _near(edit):
        said = "".join(t.text for t in new)
        if (
            len(said) > 1
            and not any(_contained(said, name) for name in names_lost)
            and any(n not in claimed for n in names_lost)
        ):
            return Verdict.SUBJECT
    forms = {t.form for t in found.clause if len(t.form) > 1}
    words = "".join(t.text for t in new if not t.form.startswith(("&", "@")) and t.form not in forms)
    gone = "".join(t.text for t in lost if not t.form.startswith(("&", "@")))
    if _opposite(words, gone) and _near(edit):
        return Verdict.MODALITY
    if len(words) <= _HARMLESS_NEW and not (len(words) == 1 and len(gone) == 1 and words != gone):
        return None
    if _contained(words, gone):
        return None
    moved = _known(words, known)
    if gone and len(gone) >= 1 and _near(edit):
        if moved and (_known(gone, claimed) or len(gone) <= 1):
            return None
    elif moved:
        return None
    return Verdict.SUBJECT if _is_role(edit, found) else Verdict.UNSUPPORTED


_OPPOSITES = (
    ("提高", "降低"), ("提升", "降低"), ("增加", "减少"), ("扩大", "缩小"), ("加大", "减少"), ("加强", "减弱"),
    ("上升", "下降"), ("上调", "下调"),
    ("延长", "缩短"), ("放宽", "收紧"), ("加快", "放缓"), ("提前", "延后"), ("提前", "推迟"), ("之前", "之后"),
    ("以前", "以后"), ("前", "后"),
    ("有效", "失效"), ("有利", "不利"), ("公开", "保密"), ("允许", "禁止"), ("同意", "拒绝"), ("合法", "非法"),
    ("收取", "退还"), ("增", "减"),
    ("高", "低"), ("多", "少"), ("长", "短"), ("加", "减"), ("升", "降"),
)  # fmt: skip


def _opposite(words: str, gone: str) -> bool:
    """Whether one says the contrary of the other."""
    return any(
        (a in words and b in gone) or (b in words and a in gone) for a, b in _OPPOSITES if (a in words) != (a in gone)
    )


def _contained(words: str, gone: str) -> bool:
    """Whether one of the two is short for the other: its characters stand in the other in their order."""
    if not gone or len(words) > len(gone):
        return False
    rest = iter(gone)
    return all(char in rest for char in words)


def _known(words: str, known: str) -> bool:
    """Whether `words`, or all pairs of their characters, stand in `known`."""
    return words in known or (len(words) > 2 and all(words[at : at + 2] in known for at in range(len(words) - 1)))


def _is_role(edit: Edit, found: Comparison) -> bool:
    """Whether what was exchanged is whom the sentence speaks of."""
    new = "".join(t.text for t in edit.new)
    tail = new + "".join(t.text for t in found.claim[len(found.claim) - edit.before :][:3])
    return bool(_ROLE.search(new)) or any(_ROLE.search(tail[:size]) for size in range(len(new), len(tail) + 1) if size)
