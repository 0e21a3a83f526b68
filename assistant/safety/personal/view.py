"""A text as the masker reads it: one folded character for each visible one, and the way back.

Widths, digits of other scripts, dashes, blanks and traditional characters of cue words are folded
one to one; invisible marks are left out; a placeholder of ours becomes a single mark, so that a
text already masked reads as it did when it was masked.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from assistant.safety.personal.tables import table
from assistant.text.folding import HIDDEN

TURN = "\x1e"  # parts the turns of a conversation; no question holds it


class PersonalKind(StrEnum):
    """What a masked piece was."""

    ID_CARD = "id_card"  # 居民身份证号
    MOBILE = "mobile"
    PHONE = "phone"  # a landline at home
    BANK_CARD = "bank_card"  # card and account numbers
    CREDIT_CODE = "credit_code"  # 统一社会信用代码
    PLATE = "plate"
    EMAIL = "email"
    PASSPORT = "passport"  # and the other papers that have a number
    WECHAT = "wechat"
    QQ = "qq"
    NAME = "name"
    ADDRESS = "address"
    BIRTH_DATE = "birth_date"
    HEALTH = "health"
    CREDIT = "credit"  # what a credit report says of a named person
    SECRET = "secret"  # noqa: S105 - 密码、验证码、CVV

    @property
    def words(self) -> str:
        """What the user reads in its place."""
        return WORDS[self]

    @property
    def placeholder(self) -> str:
        return f"［{WORDS[self]}］"


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewSpan:
    """A piece of the view: half-open, in characters of it."""

    start: int
    end: int
    kind: PersonalKind


WORDS = {
    PersonalKind.ID_CARD: "身份证号",
    PersonalKind.MOBILE: "手机号",
    PersonalKind.PHONE: "电话号码",
    PersonalKind.BANK_CARD: "银行卡号",
    PersonalKind.CREDIT_CODE: "统一社会信用代码",
    PersonalKind.PLATE: "车牌号",
    PersonalKind.EMAIL: "邮箱",
    PersonalKind.PASSPORT: "证件号码",
    PersonalKind.WECHAT: "微信号",
    PersonalKind.QQ: "QQ号",
    PersonalKind.NAME: "姓名",
    PersonalKind.ADDRESS: "住址",
    PersonalKind.BIRTH_DATE: "出生日期",
    PersonalKind.HEALTH: "健康信息",
    PersonalKind.CREDIT: "征信信息",
    PersonalKind.SECRET: "密码",
}
PLACEHOLDER = re.compile("［(" + "|".join(sorted(map(re.escape, WORDS.values()), key=len, reverse=True)) + ")］")
_KIND_OF_WORDS = {words: kind for kind, words in WORDS.items()}
_FIRST_MARK = 0xE000  # private use: what stands there in a text is folded to a blank
MARKS = {kind: chr(_FIRST_MARK + n) for n, kind in enumerate(PersonalKind)}
ANY_MARK = f"[{chr(_FIRST_MARK)}-{chr(_FIRST_MARK + len(PersonalKind) - 1)}]"
KIND_OF_MARK = {mark: kind for kind, mark in MARKS.items()}
# What nobody sees, and the frame of a keycap digit: 1️⃣ is 1 with two marks behind it.
_UNSEEN = re.compile(rf"(?:{HIDDEN.pattern}|\u20e3)")
_STRANGE_DIGIT = re.compile(r"(?![0-9])\d")  # full-width ones are folded before


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """`text[i]` stands for the character of the original at `origin[i]`."""

    text: str
    origin: Sequence[int]

    def back(self, start: int, end: int) -> tuple[int, int]:
        """The range of the original for the half-open range of `text`; its last character is no placeholder."""
        return self.origin[start], self.origin[end - 1] + 1


def view_of(text: str) -> View:
    """The view of one text. Linear in its length."""
    pieces: list[str] = []
    origin: list[int] = []
    at = 0
    for match in PLACEHOLDER.finditer(text):
        _keep(text, at, match.start(), pieces, origin)
        pieces.append(MARKS[_KIND_OF_WORDS[match[1]]])
        origin.append(match.start())
        at = match.end()
    if at == 0 and not _UNSEEN.search(text):
        return View(text=_folded(text), origin=range(len(text)))
    _keep(text, at, len(text), pieces, origin)
    return View(text="".join(pieces), origin=origin)


def view_of_turns(turns: Sequence[str]) -> View:
    """The view of several turns, oldest first, `TURN` between two of them, as in `TURN.join(turns)`."""
    pieces: list[str] = []
    origin: list[int] = []
    at = 0
    for turn in turns:
        view = view_of(turn)
        if at:
            pieces.append(TURN)
            origin.append(at - 1)
        pieces.append(view.text)
        origin.extend(at + offset for offset in view.origin)
        at += len(turn) + 1
    return View(text="".join(pieces), origin=origin)


def _keep(text: str, start: int, end: int, pieces: list[str], origin: list[int]) -> None:
    """Add `text[start:end]`, folded, without hidden characters."""
    at = start
    for match in _UNSEEN.finditer(text, start, end):
        pieces.append(_folded(text[at : match.start()]))
        origin.extend(range(at, match.start()))
        at = match.end()
    pieces.append(_folded(text[at:end]))
    origin.extend(range(at, end))


def _folded(text: str) -> str:
    return _STRANGE_DIGIT.sub(_plain_digit, text.translate(_fold_table()))


def _plain_digit(match: re.Match[str]) -> str:
    """Decimal digits of any script as ours; ① and ² are marks and no digits of a number."""
    digit = unicodedata.decimal(match[0], None)
    return match[0] if digit is None else str(digit)


@lru_cache(maxsize=1)
def _fold_table() -> dict[int, str]:
    table_: dict[int, str] = {0xFF01 + n: chr(0x21 + n) for n in range(94)}
    table_ |= {ord(dash): "-" for dash in "‐‑‒–—―−﹣－ー"}
    table_ |= {ord(blank): " " for blank in "\t\u00a0\u2002\u2003\u2009\u3000\x1d\x1e\x1f"}
    table_ |= {ord(dot): "·" for dot in "•・‧∙⋅･․᛫ᐧ·▪●⸱⦁"}
    table_ |= {ord(a): b for a, b in zip(table().traditional, table().simplified, strict=True)}
    table_ |= {_FIRST_MARK + n: "\ufffd" for n in range(len(PersonalKind))}
    return table_ | {ord("｡"): "。", ord("\r"): "\n", 0x85: "\n"}
