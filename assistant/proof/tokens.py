"""The words of a text in one form each: what a claim and a clause are compared by.

Figures with their bounds, binding words, negations and institutions are one token each, in one form
(一千万元 = 1000万元, 30日内 = 不超过30天, 应当 = 必须), so that another way of writing is no change.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from assistant.text.binding_words import Force, binding_words
from assistant.text.figures import BOUND_REACH, BOUNDS, MOST, NO_FIGURE, OVER, UNDER, figure_at, ordinal_at, spelt
from assistant.text.folding import squeeze
from assistant.text.institutions import Institutions
from assistant.text.numerals import HAN_NUMERAL

MUST, MUST_NOT, MAY, EXEMPT, URGE = (
    f"@{force}" for force in (Force.REQUIRE, Force.PROHIBIT, Force.PERMIT, Force.EXEMPT, Force.ENCOURAGE)
)
MODALS = frozenset({MUST, MUST_NOT, MAY, EXEMPT, URGE})
NEGATION = "@no"
BEFORE, AFTER = "@before", "@after"
AND, OR = "@and", "@or"
SWEEPING = frozenset({"@all", "@ever", "@only"})

_WORDS: Sequence[tuple[str, str]] = (
    (r"之前|以前|届满前", BEFORE),
    (r"之日起|之后|以后|届满后", AFTER),
    (r"没有|非(?!法|常|银行)|[不未无](?!论|息|线|机|业|形|偿|常|法律)", NEGATION),
    (r"或者|或", OR),
    (r"贷款市场报价利率(?:\(lpr\))?|lpr", "LPR"),
    (r"并且|以及|而且|(?<![共缓])和(?![解谐平睦])|(?<![参给赋])与(?!会)|(?<![涉普波危触顾])及(?![时格])|"
        r"(?<![合兼吞])并(?!处|购|非|不)|且", AND),
    (r"全部|所有(?![权人制者])|一切|全体", "@all"),
    (r"一律|一概", "@ever"),
    (r"仅限于?|只能|只有|仅能|仅(?!供)|只(?=[有能对可在])", "@only"),
    (r"依照|按照|依据|根据|有关|相关", ""),
    (r"给予|予以", "予"),
    (r"处以", "处"),
    (r"每年度", "每年"),
    (r"一次性", "一次性"),
    (r"(?<=起)生效", "施行"),
)  # fmt: skip
_WORD = re.compile("|".join(f"({pattern})" for pattern, _ in _WORDS))
# Words that hold a sentence together; whether they stand makes no difference.
_IDLE = re.compile(
    r"(?<=起)(?:计算|算)|前[两三]?[款条项]|进行|的话|的|了|地|之(?=[间前后内])|所(?=[述列称])|其中|其|该|此|这|那|对此|对于|关于|是指|是|即|也|都|均|亦|将|把|就|在|于|因此|所以|同时|另外"
    r"|此外|方面|等|上述|前述|规定|明确|指出|提出|载明|文件|条款|通知|也就是说|比如|例如|具体|相应|依法|已经|还|又|则|而|但是|但|不过"
    r"|应|为|对|以|来|去|各|有|个|一|者|过|上|中|里|与|和|及|并|且|那么|如果|如|若|时|时候|情况下|情形|情况|必"
)
_PUNCTUATION = re.compile(r"[，。；：！？,;:!?\n]")
_LETTER = re.compile(r"\w")
_LATIN = re.compile(r"[a-z]+")
_ROW = frozenset("、和与及或")
# 可以根据情况，决定…: the modal word goes with the verb behind the comma.
_SUSPENDED = re.compile(
    r"(?:可以|有权|应当|必须|不得)(?:根据|按照|依照|依据|区别|结合|参照|视)[^，,。；;：:的是]*(?:的(?:需要|要求|规定|情况|情形))?$"
)
# 存货转移属于严禁之列, 代客操作是被禁止的行为
_NOMINAL_BAN = re.compile(
    r"(?:属于?|是|在)?被?(?:严禁|禁止|明令禁止)的?(?:之列|行为|事项|范围(?:之?内)?)(?=[，。；,;]|$)"
)
_TURNED = {OVER: MOST, UNDER: "≥"}
_LIST_BEGINS = re.compile(r"(?:下列|以下|如下)[^，。；,;:]{0,24}$")
_ITEM = re.compile(rf"\((?:{HAN_NUMERAL}|\d{{1,2}})\)(?!项|条|款)")


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a text in one form; `text` is how it was written, `piece` counts commas.

    `rule` is the binding word it stands under: the last one between the same commas, or that of 不得有下列行为：
    for all items below.
    """

    form: str
    text: str
    piece: int
    rule: str | None = None
    sentence: int = 0
    part: int = 0  # of a sentence too: a semicolon begins another
    joined: bool = False  # in a row with others: 、和与及或 stands beside it
    attributive: bool = False  # 的 stands right behind it
    condition: bool = False  # its piece ends with 的，: what must be so
    excepted: bool = False  # its piece ends with 除外, from 但 on

    @property
    def figure(self) -> bool:
        return self.form.startswith("#")

    @property
    def name(self) -> bool:
        """Whether it is an institution or a role."""
        return self.form.startswith("&")


def plain(text: str) -> str:
    """`text` with widths folded and without blanks."""
    return unicodedata.normalize("NFKC", squeeze(text)).casefold()


def plain_lines(text: str) -> str:
    """The same line by line; the lines stay apart."""
    return "\n".join(plain(line) for line in text.split("\n"))


@lru_cache(maxsize=16384)
def tokens_of(text: str, institutions: Institutions) -> tuple[Token, ...]:
    """The words of `text` in one form each, in their order, without punctuation and idle words."""
    reading = _Reading(_agreed(spelt(plain_lines(text))), institutions)
    reading.run()
    return tuple(_bounds_joined(reading.found))


# 对利息没有约定的, 未约定利息的, 利息未作约定的: one way of saying it.
_NOT_AGREED = re.compile(r"没有作出约定|没有约定|未作出?约定|未约定")
_OF_WHAT = re.compile(r"没有约定((?!或|且|和)[^，。；,;的]{2,12})的")


def _agreed(text: str) -> str:
    return _OF_WHAT.sub(r"\1没有约定的", _NOT_AGREED.sub("没有约定", text))


class _Reading:
    """One walk through a text: where it is, and which binding word governs there."""

    def __init__(self, text: str, institutions: Institutions) -> None:
        self._text = text
        self._names = institutions.names
        self.found: list[Token] = []
        self._at = self._piece = self._sentence = self._part = 0
        self._but = 0  # the piece that 但 began
        self._rule: str | None = None  # in this piece
        self._governing: str | None = None  # of the list that the piece belongs to

    def run(self) -> None:
        while self._at < len(self._text):
            if _PUNCTUATION.match(self._text, self._at):
                self._pass_punctuation()
            elif item := _ITEM.match(self._text, self._at):
                self._at = item.end()
            elif ban := _NOMINAL_BAN.match(self._text, self._at):
                self._pass_nominal_ban(ban)
            else:
                self._pass_word()

    def _pass_punctuation(self) -> None:
        text, at = self._text, self._at
        sign = text[at]
        if sign == ":" and _LIST_BEGINS.search(text, 0, at):
            self._governing = self._rule
        elif sign in "。！!？?" or (sign == "\n" and not _ITEM.match(text, at + 1)):
            self._governing = None
        if sign in "，," and text[at - 1 : at] == "的":
            self._mark(lambda token: token.piece == self._piece, condition=True)
            self._drop_wishes()
        if text[max(0, at - 2) : at] == "除外":
            self._mark(lambda token: token.part == self._part and token.piece >= self._but, excepted=True)
        self._sentence += sign in "。！!？?\n"
        self._part += sign in "。！!？?\n；;"
        if not (sign in "，," and _SUSPENDED.search(text, 0, at)):
            self._rule = self._governing
        self._piece, self._at = self._piece + 1, at + 1
        if text.startswith("但", at + 1) or sign in "。！!？?\n；;":
            self._but = self._piece

    def _drop_wishes(self) -> None:
        """保险人要解除合同的，…: 要 in a condition is what one wants, and no duty."""
        wishes = [t for t in self.found if t.piece == self._piece and (t.form, t.text) == (MUST, "要")]
        if wishes:
            self.found = [t for t in self.found if t not in wishes]
            self._mark(lambda token: token.piece == self._piece and token.rule == MUST, rule=None)

    def _mark(self, which: Callable[[Token], bool], **flags: bool | str | None) -> None:
        for at, token in enumerate(self.found):
            if which(token):
                self.found[at] = replace(token, **flags)  # type: ignore[arg-type]

    def _pass_word(self) -> None:
        text, at = self._text, self._at
        form, end = _read(text, at, self._names)
        if form in MODALS:
            self._rule = form
        elif self._rule == MUST_NOT and form[-1:] in _TURNED and form[0] == "#":  # 不得有下列行为：超过…
            form = form[:-1] + _TURNED[form[-1]]
        if form:
            joined = text[max(0, at - 1) : at] in _ROW or text[end : end + 1] in _ROW
            rule = None if form in MODALS else self._rule
            attributive = text[end : end + 1] == "的"
            self.found.append(
                Token(form, text[at:end], self._piece, rule, self._sentence, self._part, joined, attributive)
            )
        self._at = end

    def _pass_nominal_ban(self, ban: re.Match[str]) -> None:
        """代客操作属于禁止行为: the ban is on all that stands before it between the same commas."""
        self._mark(lambda token: token.piece == self._piece and token.rule is None, rule=MUST_NOT)
        self.found.append(Token(MUST_NOT, ban[0], self._piece, None, self._sentence, self._part))
        self._at = ban.end()


def _read(text: str, at: int, names: re.Pattern[str]) -> tuple[str, int]:
    """The token at `at` and where it ends; an empty form for what does not count."""
    if ordinal := ordinal_at(text, at):
        return ordinal[0].form, ordinal[1]
    if match := names.match(text, at):
        return f"&{match[0]}", match.end()
    if match := NO_FIGURE.match(text, at):
        return (match[0], match.end()) if len(match[0]) > 1 else ("", match.end())
    if figure := figure_at(text, at):
        return figure[0].form, figure[1]
    if word := binding_words().at(text, at):
        return f"@{word.force}", word.end
    if (match := _WORD.match(text, at)) and match.lastindex:
        return _WORDS[match.lastindex - 1][1], match.end()
    if match := _IDLE.match(text, at):
        return "", match.end()
    if match := _LATIN.match(text, at):
        return match[0], match.end()
    return (text[at] if _LETTER.match(text, at) else ""), at + 1


def _bounds_joined(tokens: Sequence[Token]) -> list[Token]:
    """不得超过其净资产的10% as one figure with its bound: a bound goes to the next figure between the same commas."""
    out: list[Token] = []
    waiting: int | None = None
    for token in tokens:
        if token.figure and token.form[1:] in BOUNDS:
            waiting = len(out)
        elif token.figure and waiting is not None:
            bound = out[waiting]
            near = bound.piece == token.piece and len(out) - waiting <= BOUND_REACH
            if near and token.form[-1] not in BOUNDS:
                token = replace(token, form=token.form + bound.form[1])
                del out[waiting]
            waiting = None
        out.append(token)
    return out
