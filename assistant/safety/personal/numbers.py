"""Numbers of persons: by their checksum where they have one, else by their form and the words before them.

Digits may be spaced, dotted, hyphenated, broken over lines or turns, written in Chinese, or have O
and l among them. Candidates begin and end where a group of digits does, so a text is read once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from stdnum import luhn
from stdnum.cn import ric

from assistant.safety.personal.tables import any_of, table
from assistant.safety.personal.view import ANY_MARK, KIND_OF_MARK, TURN, PersonalKind, ViewSpan, view_of

_GAP = re.compile(rf"[ \-.·/_\n{TURN}]{{1,3}}")
_CUE_REACH = 18  # characters before a number in which a word says what it is
_FAR_REACH = 80  # for 后八位, whose subject may stand in the turn before
_MOST_DIGITS = 22
_LEAST_WHOLE = 11  # digits; what is shorter is a piece of a number at most
_MOST_GROUPS = 8  # in which people write a number, unless each digit stands alone
_DIGITS = re.compile(r"[0-9]+")
_CHINESE = "〇零○一二三四五六七八九幺两壹贰叁肆伍陆柒捌玖"
_CHINESE_VALUES = str.maketrans(_CHINESE, "00012345678912123456789")
_SPOKEN = re.compile(rf"[0-9{_CHINESE}](?:[ \-]?[0-9{_CHINESE}]){{6,}}")  # 一三八零零一三八零零零
_LEAST_SPOKEN = 3
_TYPED = re.compile(r"(?<![A-Za-z0-9])[0-9OoQIl|]{11,19}(?![A-WYZa-wyz0-9])")  # 6IO1O3…: letters for digits
_TYPED_VALUES = str.maketrans("OoQIl|", "000111")
_ID_18 = re.compile(r"[1-9]\d{5}(?:19|20)\d{9}[\dX]")
_ID_FORM = re.compile(
    r"(?<![0-9A-Za-z])[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?![0-9A-Za-z])"
)
_ID_15 = re.compile(r"[1-9]\d{14}")
_PROVINCE = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12]")  # GB/T 2260
_MOBILE = re.compile(r"1[3-9]\d{9}")
_MOBILE_ABROAD = re.compile(r"(?:0086|86)1[3-9]\d{9}")
# How people part a mobile number; any other way needs a word that says it is one.
_MOBILE_GROUPS = {
    (11,),
    (3, 4, 4),
    (3, 8),
    (7, 4),
    (4, 4, 3),
    (3, 3, 5),
    (3, 5, 3),
    (4, 7),
    (5, 6),
    (6, 5),
    (4, 3, 4),
    (1,) * 11,
}
_LABELS = re.compile(r"(?:tel|phone|mobile|wx|vx|v|qq|sj|no)$", re.IGNORECASE)  # letters that may touch a number
_CARD_BINS = re.compile(r"62|[45]|3[4578]|9[58]")
_DECIMALS = re.compile(r"\.\d{1,2}(?!\d)")
_MONEY_BEFORE = re.compile(r"[¥￥$€]\s?$|\d[.,]$")
_PLUS = re.compile(r"(?:\(?\+|\(?\+?(?:00)?86\)?)[ \-]?$")
_LINK = r"(?:号码?|账号|帐号)?(?:尾号|就)?(?:是|为|:|=|叫)?\s*[:]?\s*"
_PART = re.compile(
    r"(?:前面?|后面?|中间|最后|末尾?|头|开头|尾|剩下|接着|还有|余下|剩余|其余|另外|前半段|后半段)(?:的|几)?(?:[0-9一二三四五六七八九十]{1,3}|几)?"
    r"(?:位|半段|一半|部分|段)?(?:数字?|号码)?(?:是|为)?[: ]{0,2}$"
)
_LEAST_PART = 3
_MOBILE_HEAD = re.compile(r"1[3-9]\d{2,9}")  # 电话12378 is a hotline
_REST_OF_TURN = re.compile(rf"\s*(?:$|[,。!;、\s{TURN}]|这是|是后|刚才|后面)")


@dataclass(frozen=True, slots=True)
class _Group:
    start: int
    end: int
    linked: bool  # with the group before, by a gap of at most three characters


def find_numbers(text: str) -> list[ViewSpan]:
    """身份证号, 手机号, 银行卡号 and parts of them, in order, apart from each other."""
    digits = _with_typed(_with_spoken(text), text)
    groups = _groups(digits)
    found: list[ViewSpan] = []
    at = 0
    while at < len(groups):
        taken = _longest(text, digits, groups, at, found)
        if taken is None:
            at += 1
            continue
        found.append(taken[0])
        at = taken[1] + 1
    return found


def count_persons(text: str) -> tuple[int, int]:
    """How many different 身份证号 and mobile numbers stand in a text. Nothing of them is kept."""
    view = view_of(text).text
    ids = {_bare(match[0]) for match in _ID_FORM.finditer(view)}  # a list may hold some without a right checksum
    phones = set()
    for found in find_numbers(view):
        if found.kind is PersonalKind.ID_CARD:
            ids.add(_bare(view[found.start : found.end]))
        elif found.kind is PersonalKind.MOBILE:
            phones.add(_bare(view[found.start : found.end])[-11:])
    return len(ids), len(phones)


def _bare(number: str) -> str:
    return re.sub(r"[^0-9X]", "", number.upper())


def _with_spoken(text: str) -> str:
    """`text` with numbers that are said in Chinese digits as figures, one character for one."""

    def figures(match: re.Match[str]) -> str:
        chinese = sum(char in _CHINESE for char in match[0])
        return match[0].translate(_CHINESE_VALUES) if chinese >= _LEAST_SPOKEN else match[0]

    return _SPOKEN.sub(figures, text)


def _with_typed(digits: str, text: str) -> str:
    """`digits` with letters that stand for figures put right, where the rest leaves no doubt."""

    def figures(match: re.Match[str]) -> str:
        typed = match[0]
        value = typed.translate(_TYPED_VALUES)
        if typed == value:
            return typed
        real = sum(char.isdigit() for char in typed)
        if len(value) == 18 and is_id(value):
            return value
        if len(value) == 17 and match.string[match.end() : match.end() + 1] in {"X", "x"} and is_id(value + "X"):
            return value
        sure = real >= 8 or (real >= 4 and cue_before(text, match.start()) is PersonalKind.MOBILE)
        return value if _MOBILE.fullmatch(value) and sure else typed

    return _TYPED.sub(figures, digits)


def _groups(digits: str) -> list[_Group]:
    groups: list[_Group] = []
    for match in _DIGITS.finditer(digits):
        linked = bool(groups) and _GAP.fullmatch(digits, groups[-1].end, match.start()) is not None
        groups.append(_Group(match.start(), match.end(), linked))
    return groups


def _longest(
    text: str, digits: str, groups: list[_Group], first: int, found: list[ViewSpan]
) -> tuple[ViewSpan, int] | None:
    """What begins with group `first`, and its last group: checksums go before forms, forms before mere context."""
    windows, length = _windows(digits, groups, first)
    if not windows:  # longer than any number of a person
        return None
    start = groups[first].start
    for last, end, number in reversed(windows):
        tail = _check_letter(text, end) if len(number) == 17 else 0
        if is_id(number + "X" if tail else number):
            return ViewSpan(start=start, end=end + tail, kind=PersonalKind.ID_CARD), last
    touched = groups[first].linked and TURN not in text[groups[first - 1].end : start]
    if touched and length < _LEAST_WHOLE:
        return None
    cue = cue_before(text, start)
    if cue is None and (rest := _part(text, start, windows, found)) is not None:  # 后面是19570317022X is no mobile
        return rest
    return _formed(text, groups, first, windows, cue) or _part(text, start, windows, found)


def _windows(digits: str, groups: list[_Group], first: int) -> tuple[list[tuple[int, int, str]], int]:
    """Every run of linked groups from `first` on that may be one number: its last group, its end, its digits.

    Beside them how many digits were looked at, those of a run too long included.
    """
    windows: list[tuple[int, int, str]] = []
    value = ""
    for last in range(first, len(groups)):
        if last > first and not groups[last].linked:
            break
        value += digits[groups[last].start : groups[last].end]
        singles = len(value) == last - first + 1 and not groups[first].linked  # 1 3 8 0 0…
        if len(value) > _MOST_DIGITS or (last - first >= _MOST_GROUPS and not singles):
            break
        windows.append((last, groups[last].end, value))
    return windows, len(value)


def _formed(
    text: str, groups: list[_Group], first: int, windows: list[tuple[int, int, str]], cue: PersonalKind | str | None
) -> tuple[ViewSpan, int] | None:
    """The longest run that has the form of a number of a person, and its last group."""
    start = groups[first].start
    for last, end, number in reversed([w for w in windows if len(w[2]) >= _LEAST_WHOLE]):
        sizes = tuple(g.end - g.start for g in groups[first : last + 1])
        whole = not groups[first].linked and (last + 1 == len(groups) or not groups[last + 1].linked)
        kind = _by_form(text, start, end, number, sizes, cue, whole)
        if kind is not None:
            return ViewSpan(
                start=_with_plus(text, start) if kind is PersonalKind.MOBILE else start, end=end, kind=kind
            ), last
    return None


def _check_letter(text: str, end: int) -> int:
    """How many characters a final X takes, its gap included; 0 without one."""
    match = re.compile(r"[ \-]?[Xx×](?![A-Za-z0-9])").match(text, end)
    return len(match[0]) if match else 0


def is_id(number: str) -> bool:
    """Whether `number` is a 身份证号 of 18 characters: date and checksum. Source: GB 11643-1999."""
    return (
        _ID_18.fullmatch(number) is not None
        and _PROVINCE.match(number) is not None
        and _is_day(number[6:14])
        and ric.calc_check_digit(number) == number[-1]
    )


def _is_day(eight: str) -> bool:
    try:
        date(int(eight[:4]), int(eight[4:6]), int(eight[6:]))
    except ValueError:
        return False
    return True


def _by_form(
    text: str, start: int, end: int, number: str, sizes: tuple[int, ...], cue: PersonalKind | str | None, whole: bool
) -> PersonalKind | None:
    """The kind of a number without the checksum of an id card."""
    if _measures(text, start, end):
        return None
    if cue is PersonalKind.ID_CARD and len(number) in {15, 17, 18} and _PROVINCE.match(number) is not None:
        return PersonalKind.ID_CARD  # typed wrongly, or an old one
    usual = whole or len(sizes) == 1
    if cue != "other" and len(number) == 15 and usual and sizes in {(15,), (6, 6, 3)} and _is_old_id(number):
        return PersonalKind.ID_CARD
    if _is_mobile(text, start, number, sizes, cue, usual):
        return PersonalKind.MOBILE
    return PersonalKind.BANK_CARD if _is_card(number, sizes, cue, usual) else None


def _measures(text: str, start: int, end: int) -> bool:
    """Whether the number is an amount or a count."""
    return (
        _units().match(text, end) is not None
        or _DECIMALS.match(text, end) is not None
        or _MONEY_BEFORE.search(text, max(0, start - 2), start) is not None
    )


def _is_old_id(number: str) -> bool:
    """An id card of 15 digits, issued until 1999."""
    return _ID_15.fullmatch(number) is not None and _PROVINCE.match(number) is not None and _is_day(f"19{number[6:12]}")


def _is_mobile(
    text: str, start: int, number: str, sizes: tuple[int, ...], cue: PersonalKind | str | None, usual: bool
) -> bool:
    if cue == "other" or not (_MOBILE.fullmatch(number) or _MOBILE_ABROAD.fullmatch(number)):
        return False
    letters = re.search(r"[A-Za-z]+$", text[max(0, start - 12) : start])
    if letters and not _LABELS.search(letters[0]) and cue is not PersonalKind.MOBILE:
        return False
    plain = sizes[1:] if len(number) > 11 and sizes[0] in {2, 4} else sizes
    return cue is PersonalKind.MOBILE or (usual and (len(sizes) == 1 or plain in _MOBILE_GROUPS))


def _is_card(number: str, sizes: tuple[int, ...], cue: PersonalKind | str | None, usual: bool) -> bool:
    """A card number by its check digit (ISO/IEC 7812-1) and the words before, or the first digits of our banks."""
    if cue is PersonalKind.BANK_CARD:
        return 13 <= len(number) <= _MOST_DIGITS or (len(number) >= 12 and len(sizes) == 1)
    if cue == "other" or not usual or not 15 <= len(number) <= 19 or not luhn.is_valid(number):
        return False
    fours = all(size == 4 for size in sizes[:-1]) or sizes in {(6, 10), (6, 13), (4, 6, 5), (8, 8)}
    return fours and _CARD_BINS.match(number) is not None and (number.startswith(("62", "9558")) or len(number) == 16)


def _with_plus(text: str, start: int) -> int:
    """The start with the +86 before it."""
    match = _PLUS.search(text, max(0, start - 8), start)
    return match.start() if match else start


# --- words before a number ----------------------------------------------------------------------


@lru_cache(maxsize=1)
def _cues() -> re.Pattern[str]:
    cues = table().number_cues
    return re.compile("|".join(f"(?P<{name}>{any_of(getattr(cues, name))})" for name in type(cues).model_fields))


@lru_cache(maxsize=1)
def _units() -> re.Pattern[str]:
    return re.compile(rf"\s?{any_of(table().units)}")


def cue_before(text: str, start: int, reach: int = _CUE_REACH) -> PersonalKind | str | None:
    """What the last cue word before `start` makes of a number: a kind, `other`, or nothing."""
    window = text[max(0, start - reach) : start]
    window = re.split(rf"[。!?;{TURN}]|{ANY_MARK}", window)[-1]
    last: PersonalKind | str | None = None
    for match in _cues().finditer(window):
        last = str(match.lastgroup)
    return last if last in {None, "other"} else PersonalKind(last)


@lru_cache(maxsize=1)
def _tight() -> re.Pattern[str]:
    cues = table().number_cues
    wholes = {"id_card": cues.id_card, "mobile": cues.mobile[:6], "bank_card": ("卡号", "银行卡号", "账号", "帐号")}
    return re.compile("(?:" + "|".join(f"(?P<{n}>{any_of(w)})" for n, w in wholes.items()) + f"){_LINK}$")


def _part(
    text: str, start: int, windows: list[tuple[int, int, str]], found: list[ViewSpan]
) -> tuple[ViewSpan, int] | None:
    """A piece of a number: 身份证号是610103, 后八位03071234, or the rest in a turn of its own."""
    usable = [w for w in windows if len(w[2]) >= _LEAST_PART and TURN not in text[start : w[1]]]
    if not usable:
        return None
    last, end, number = usable[-1]
    if _measures(text, start, end) or len(number) > 17:
        return None
    kind = _part_kind(text, start, end, number, found)
    if kind is None:
        return None
    end += _check_letter(text, end) if kind is PersonalKind.ID_CARD else 0
    return ViewSpan(start=start, end=end, kind=kind), last


def _part_kind(text: str, start: int, end: int, number: str, found: list[ViewSpan]) -> PersonalKind | None:
    before = text[max(0, start - _CUE_REACH) : start]
    if match := _tight().search(before):
        kind = PersonalKind(str(match.lastgroup))
        return kind if kind is not PersonalKind.MOBILE or _MOBILE_HEAD.fullmatch(number) else None
    subject = _subject(text, start, found)
    if subject is None:
        return None
    if _PART.search(before):
        return subject
    turn = before.rpartition(TURN)
    opens_turn = turn[1] and not turn[2].strip()
    return subject if opens_turn and len(number) > _LEAST_PART and _REST_OF_TURN.match(text, end) else None


def _subject(text: str, start: int, found: list[ViewSpan]) -> PersonalKind | None:
    """The kind of number spoken of before `start`, in this turn or those before it."""
    low = max(0, start - _FAR_REACH)
    kinds = {PersonalKind.ID_CARD, PersonalKind.MOBILE, PersonalKind.BANK_CARD}
    near: list[tuple[int, PersonalKind]] = [(f.start, f.kind) for f in found[-2:] if f.start >= low]
    window = text[low:start]
    near += [(low + m.start(), KIND_OF_MARK[m[0]]) for m in re.finditer(ANY_MARK, window)]
    near += [
        (low + m.start(), PersonalKind(str(m.lastgroup)))
        for m in _cues().finditer(window)
        if m.lastgroup not in {"other"}
    ]
    near = [pair for pair in near if pair[1] in kinds]
    return max(near)[1] if near else None
