"""A number of a spreadsheet as its reader sees it: 0.0385 under 0.00% is 3.85%.

A format is up to four sections parted by ; (positive, negative, zero, text), each with placeholders
(0 # ?), marks (% , .), letters of a date and words in quotes.

Source: ECMA-376 Part 1, 18.8.30 and 18.8.31 (number formats).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache

from assistant.text.tables import packaged, read_table

_PIECE = re.compile(
    r'"(?P<quoted>[^"]*)"?|[\\!](?P<escaped>.)|[_*].?|\[(?P<bracket>[^\]]*)\]?'
    r"|(?P<half>AM/PM|A/P|上午/下午)|(?P<date>[yY]+|[mM]+|[dD]+|[hH]+|[sS]+|a{3,4})|(?P<power>[eE][+-]0+)|(?P<mark>[0#?.,%‰])|(?P<own>[@\ue000])|(?P<plain>.)"
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)(-?\d+(?:\.\d+)?)$")
_GENERAL = "\ue000"  # stands for the words that mean "no format of its own"
_ELAPSED = re.compile(r"[hH]+|[mM]+|[sS]+")
_PLACES = frozenset("0#?")
_MAX_DIGITS = 15  # a spreadsheet keeps no more
_DAY_SECONDS = 86_400
_LAST_DAY = 2_958_465  # 9999-12-31


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    codes: dict[int, str]
    general: tuple[str, ...]
    halves: dict[str, tuple[str, str]]
    weekdays: tuple[str, ...]


@lru_cache(maxsize=1)
def _words() -> _Words:
    return read_table(packaged("number_formats.yaml"), _Words)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a cell shows. `rounded`: its format leaves out digits that the number has."""

    text: str
    rounded: bool = False


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # literal, mark, date, elapsed, half, power; own: the text or number itself
    text: str


@dataclass(frozen=True, slots=True)
class _Section:
    tokens: tuple[_Token, ...]
    condition: tuple[str, Decimal] | None = None

    @property
    def dated(self) -> bool:
        return any(t.kind in ("date", "elapsed", "half") for t in self.tokens)

    @property
    def for_text(self) -> bool:
        """Whether it says how words are shown; the last section may."""
        return any(t.kind == "own" and t.text == "@" for t in self.tokens)

    @property
    def places(self) -> int:
        return sum(1 for t in self.tokens if t.kind == "mark" and t.text in _PLACES)


def code_of(number: int, own: Mapping[int, str]) -> str:
    """The format code that a style names by `number`; `own` are those the file defines."""
    return own.get(number) or _words().codes.get(number) or "General"


def shown_number(written: str, code: str, *, since_1904: bool = False) -> Shown:
    """The number `written` in a file as format `code` shows it; what is no number is shown as it is written."""
    try:
        value = Decimal(f"{float(written):.{_MAX_DIGITS}g}")
    except (ValueError, InvalidOperation):
        return Shown(written)
    if not value.is_finite():
        return Shown(written)
    sections = _sections(code)
    section, signed = _chosen(sections, value)
    if section is None or _is_general(section, code):
        return Shown(_general(value))
    if section.dated:
        return Shown(_dated(value, section.tokens, since_1904=since_1904))
    if not section.places:
        own = _general(value if signed else abs(value))
        return Shown("".join({"literal": t.text, "own": own}.get(t.kind, "") for t in section.tokens))
    return _numbered(value if signed else abs(value), section)


def shown_text(words: str, code: str) -> str:
    """A text as format `code` shows it: 甲 under @"类" is 甲类."""
    last = _sections(code)[-1]
    if not last.for_text:
        return words
    return "".join({"literal": t.text, "own": words}.get(t.kind, "") for t in last.tokens)


# --- taking a format apart ----------------------------------------------------------------------


@lru_cache(maxsize=512)
def _sections(code: str) -> tuple[_Section, ...]:
    parts: list[list[_Token]] = [[]]
    conditions: list[tuple[str, Decimal] | None] = [None]
    for name in _words().general:
        code = code.replace(name, _GENERAL)
    for match in _PIECE.finditer(code):
        if match[0] == ";":
            parts.append([])
            conditions.append(None)
        elif match["bracket"] is not None:
            conditions[-1] = _condition(match["bracket"]) or conditions[-1]
            parts[-1] += _bracketed(match["bracket"])
        else:
            parts[-1] += _token(match)
    return tuple(_Section(tuple(p), c) for p, c in zip(parts, conditions, strict=True))


def _token(match: re.Match[str]) -> list[_Token]:
    for kind in ("half", "date", "power", "mark", "own"):
        if match[kind] is not None:
            return [_Token(kind, match[kind])]
    words = next((match[n] for n in ("quoted", "escaped", "plain") if match[n] is not None), "")
    return [_Token("literal", words)] if words else []


def _bracketed(words: str) -> list[_Token]:
    """[$¥-804] shows ¥, [h] counts hours beyond a day; colours and conditions show nothing."""
    if words.startswith("$"):
        symbol = words[1:].partition("-")[0]
        return [_Token("literal", symbol)] if symbol else []
    return [_Token("elapsed", words.lower())] if _ELAPSED.fullmatch(words) else []


def _condition(words: str) -> tuple[str, Decimal] | None:
    match = _CONDITION.match(words)
    return (match[1], Decimal(match[2])) if match else None


def _is_general(section: _Section, code: str) -> bool:
    """Whether a section is 常规 or 文本 and nothing else."""
    return not code.strip() or [t.kind for t in section.tokens] == ["own"]


def _chosen(sections: Sequence[_Section], value: Decimal) -> tuple[_Section | None, bool]:
    """The section for a number, and whether it still needs the sign."""
    if any(s.condition for s in sections):
        for section in sections:
            if section.condition is None or _holds(value, *section.condition):
                return section, True
        return None, True
    numeric = [s for s in sections[:3] if not s.for_text] or sections
    if value < 0 and len(numeric) > 1:
        return numeric[1], False
    if value == 0 and len(numeric) > 2:
        return numeric[2], False
    return numeric[0], True


def _holds(value: Decimal, sign: str, bound: Decimal) -> bool:
    less, same = value < bound, value == bound
    return {"<": less, "<=": less or same, "=": same, "<>": not same, ">": not less and not same, ">=": not less}[sign]


# --- numbers ------------------------------------------------------------------------------------


def _general(value: Decimal) -> str:
    if value and not Decimal("1e-9") <= abs(value) < Decimal("1e15"):
        return f"{value.normalize():E}"
    text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the digits of a number go: indices of tokens."""

    before: tuple[int, ...]  # places before the point
    after: tuple[int, ...]
    scale: Decimal  # 100 for %, a thousandth for a comma behind the last place
    grouped: bool


def _layout(tokens: Sequence[_Token]) -> _Layout:
    marks = "".join(t.text if t.kind == "mark" else " " for t in tokens)  # one sign a token
    point = marks.find(".") if "." in marks else len(marks)
    places = [i for i, mark in enumerate(marks) if mark in _PLACES]
    cut = bisect_left(places, point)
    before, after = places[:cut], places[cut:]
    # A comma between places parts thousands; one behind the last of them counts in thousands.
    grouped = bool(before) and "," in marks[before[0] : before[-1]]
    behind = (marks[before[-1] : point] if before else "") + (marks[after[-1] :] if after else "")
    scale = Decimal(100) ** marks.count("%") * Decimal(1000) ** (marks.count("‰") - behind.count(","))
    return _Layout(tuple(before), tuple(after), scale, grouped)


def _numbered(value: Decimal, section: _Section) -> Shown:
    tokens = section.tokens
    if power := next((t for t in tokens if t.kind == "power"), None):
        return Shown(_scientific(value, tokens, power.text))
    if any(t.kind == "literal" and t.text == "/" for t in tokens):
        return Shown(_general(value))  # 0.5 for 1/2: the same number
    layout = _layout(tokens)
    exact = abs(value) * layout.scale
    rounded = exact.quantize(Decimal(1).scaleb(-len(layout.after)), rounding=ROUND_HALF_UP)
    sign = "-" if value < 0 and rounded else ""
    return Shown(f"{sign}{_printed(rounded, tokens, layout)}", rounded=rounded != exact)


def _printed(number: Decimal, tokens: Sequence[_Token], layout: _Layout) -> str:
    whole, _, rest = f"{number:f}".partition(".")
    digits = _filled(whole, [tokens[i].text for i in layout.before], grouped=layout.grouped)
    fraction = _fraction(rest, [tokens[i].text for i in layout.after])
    placed = dict(zip((*layout.before, *layout.after), (*digits, *fraction), strict=True))
    out = "" if layout.before or whole == "0" else whole
    for at, token in enumerate(tokens):
        if at in placed:
            out += placed[at]
        elif token.kind == "literal" or token.text in ("%", "‰") or (token.text == "." and any(fraction)):
            out += token.text
    return out.strip()


def _filled(whole: str, places: Sequence[str], *, grouped: bool) -> list[str]:
    """The digits before the point for each place, from the right; what is left over goes to the first."""
    digits = list(whole if whole != "0" or "0" in places else "")
    out = ["" for _ in places]
    count = 0
    for at in range(len(places) - 1, -1, -1):
        taken = [digits.pop()] if digits else ["0"] if places[at] == "0" else []
        while at == 0 and digits:
            taken.append(digits.pop())
        piece = ""
        for digit in taken:
            piece = digit + ("," if grouped and count and count % 3 == 0 else "") + piece
            count += 1
        out[at] = piece
    return out


def _fraction(digits: str, places: Sequence[str]) -> list[str]:
    """The digits behind the point; # and ? show no zero at the end."""
    out = list(digits)
    for at in range(len(places) - 1, -1, -1):
        if places[at] == "0" or out[at] != "0":
            break
        out[at] = ""
    return out


def _scientific(value: Decimal, tokens: Sequence[_Token], power: str) -> str:
    point = next((i for i, t in enumerate(tokens) if t.text == "."), len(tokens))
    decimals = sum(1 for i, t in enumerate(tokens) if i > point and t.kind == "mark" and t.text in _PLACES)
    mantissa, _, exponent = f"{value:.{decimals}E}".partition("E")
    sign = "-" if exponent.startswith("-") else "+" if power[1] == "+" else ""
    return f"{mantissa}E{sign}{exponent.lstrip('+-').zfill(len(power) - 2)}"


# --- days and times -----------------------------------------------------------------------------


def _dated(value: Decimal, tokens: Sequence[_Token], *, since_1904: bool) -> str:
    if not 0 <= value <= _LAST_DAY:
        return _general(value)
    seconds = int((value * _DAY_SECONDS).to_integral_value(ROUND_HALF_UP))
    moment = _moment(seconds, since_1904=since_1904)
    half = next((t.text for t in tokens if t.kind == "half"), None)
    out = ""
    for at, token in enumerate(tokens):
        if token.kind == "literal":
            out += token.text
        elif token.kind == "half":
            out += _words().halves[token.text][moment.hour >= 12]
        elif token.kind == "elapsed":
            out += str(seconds // {"h": 3600, "m": 60, "s": 1}[token.text[0]]).zfill(len(token.text))
        elif token.kind == "date":
            out += _date_part(token.text.lower(), moment, minutes=_means_minutes(tokens, at), half=half is not None)
        elif token.text in ".,":
            out += token.text if token.text == "," else ""
    return out.strip()


def _moment(seconds: int, *, since_1904: bool) -> datetime:
    if since_1904:
        return datetime(1904, 1, 1) + timedelta(seconds=seconds)  # noqa: DTZ001 - a day of a calendar
    # 1900 is counted as a leap year, so the days before March of it stand one later.
    start = datetime(1899, 12, 30) if seconds >= 60 * _DAY_SECONDS else datetime(1899, 12, 31)  # noqa: DTZ001
    return start + timedelta(seconds=seconds)


def _means_minutes(tokens: Sequence[_Token], at: int) -> bool:
    """m behind h, or before s, is minutes."""
    if tokens[at].text[0] not in "mM" or len(tokens[at].text) > 2:
        return False
    timed = [(i, t.text[0].lower()) for i, t in enumerate(tokens) if t.kind in ("date", "elapsed")]
    here = next(n for n, (i, _) in enumerate(timed) if i == at)
    return (here > 0 and timed[here - 1][1] == "h") or (here + 1 < len(timed) and timed[here + 1][1] == "s")


def _date_part(letters: str, moment: datetime, *, minutes: bool, half: bool) -> str:
    size = len(letters)
    match letters[0]:
        case "y":
            return f"{moment.year:04d}" if size > 2 else f"{moment.year % 100:02d}"
        case "m" if minutes:
            return str(moment.minute).zfill(size)
        case "m":
            return str(moment.month).zfill(min(size, 2)) if size < 3 else f"{moment.month}月"
        case "d" if size < 3:
            return str(moment.day).zfill(size)
        case "h":
            return str((moment.hour + 11) % 12 + 1 if half else moment.hour).zfill(min(size, 2))
        case "s":
            return str(moment.second).zfill(min(size, 2))
        case _:
            day = _words().weekdays[moment.weekday()]
            return f"星期{day}" if size == 4 else day if letters[0] == "a" else f"周{day}"
