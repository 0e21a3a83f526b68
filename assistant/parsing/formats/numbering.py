"""Automatic numbers as text: the number formats of Word (ST_NumberFormat) and of HTML lists.

Source: ECMA-376 Part 1, 17.18.59; HTML Living Standard 4.4.5; CSS Counter Styles 3, chapter 7.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from assistant.text.numerals import to_han

_STEMS = "甲乙丙丁戊己庚辛壬癸"
_BRANCHES = "子丑寅卯辰巳午未申酉戌亥"
_FORMAL = str.maketrans("〇零一二三四五六七八九十百千万", "零零壹贰叁肆伍陆柒捌玖拾佰仟萬")
_FORMAL_OLD = str.maketrans("〇零一二三四五六七八九十百千万", "零零壹貳參肆伍陸柒捌玖拾佰仟萬")
_ROMAN = (
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"),
    (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
)  # fmt: skip


def _han(number: int) -> str:
    return to_han(number) if 0 < number <= 9999 else _digits(number)


def _digits(number: int) -> str:
    return "".join("〇一二三四五六七八九"[int(d)] for d in str(number))


def _cycle(signs: str) -> Callable[[int], str]:
    return lambda number: signs[(number - 1) % len(signs)]


def _pairs(number: int) -> str:
    return _cycle(_STEMS)(number) + _cycle(_BRANCHES)(number)


def _roman(number: int) -> str:
    if not 0 < number < 4000:
        return str(number)
    out = ""
    for value, sign in _ROMAN:
        out += sign * (number // value)
        number %= value
    return out


def _letters_word(number: int) -> str:
    """Word repeats the letter beyond Z: AA, BB."""
    return chr(65 + (number - 1) % 26) * ((number - 1) // 26 + 1) if number > 0 else str(number)


def _letters_html(number: int) -> str:
    """CSS counts on as columns of a sheet do: AA, AB."""
    out = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        out = chr(65 + rest) + out
    return out or "0"


def _block(first: int, size: int) -> Callable[[int], str]:
    """Signs that Unicode has as single characters; beyond them the plain number in brackets of the same kind."""
    return lambda number: chr(first + number - 1) if 0 < number <= size else f"({number})"


def _circled(number: int) -> str:
    if 0 < number <= 20:
        return chr(0x2460 + number - 1)
    if 20 < number <= 35:
        return chr(0x3251 + number - 21)
    return chr(0x32B1 + number - 36) if 35 < number <= 50 else f"({number})"


def _full_width(number: int) -> str:
    return "".join(chr(0xFF10 + int(d)) for d in str(number))


_WORD: Mapping[str, Callable[[int], str]] = {
    "decimal": str,
    "decimalHalfWidth": str,
    "decimalZero": lambda n: f"{n:02d}",
    "upperRoman": _roman,
    "lowerRoman": lambda n: _roman(n).lower(),
    "upperLetter": _letters_word,
    "lowerLetter": lambda n: _letters_word(n).lower(),
    "chineseCounting": _han,
    "chineseCountingThousand": _han,
    "taiwaneseCounting": _han,
    "taiwaneseCountingThousand": _han,
    "japaneseCounting": _han,
    "japaneseDigitalTenThousand": _digits,
    "ideographDigital": _digits,
    "taiwaneseDigital": _digits,
    "koreanDigital2": _digits,
    "chineseLegalSimplified": lambda n: _han(n).translate(_FORMAL),
    "ideographLegalTraditional": lambda n: _han(n).translate(_FORMAL_OLD),
    "japaneseLegal": lambda n: _han(n).translate(_FORMAL_OLD),
    "ideographTraditional": _cycle(_STEMS),
    "ideographZodiac": _cycle(_BRANCHES),
    "ideographZodiacTraditional": _pairs,
    "ideographEnclosedCircle": _block(0x3280, 10),
    "decimalEnclosedCircle": _circled,
    "decimalEnclosedCircleChinese": _circled,
    "decimalEnclosedFullstop": _block(0x2488, 20),
    "decimalEnclosedParen": _block(0x2474, 20),
    "decimalFullWidth": _full_width,
    "decimalFullWidth2": _full_width,
    "numberInDash": lambda n: f"- {n} -",
    "hex": lambda n: f"{n:X}",
}

_HTML: Mapping[str, Callable[[int], str]] = {
    "1": lambda n: f"{n}.",
    "decimal": lambda n: f"{n}.",
    "decimal-leading-zero": lambda n: f"{n:02d}.",
    "A": lambda n: f"{_letters_html(n)}.",
    "upper-alpha": lambda n: f"{_letters_html(n)}.",
    "upper-latin": lambda n: f"{_letters_html(n)}.",
    "a": lambda n: f"{_letters_html(n).lower()}.",
    "lower-alpha": lambda n: f"{_letters_html(n).lower()}.",
    "lower-latin": lambda n: f"{_letters_html(n).lower()}.",
    "I": lambda n: f"{_roman(n)}.",
    "upper-roman": lambda n: f"{_roman(n)}.",
    "i": lambda n: f"{_roman(n).lower()}.",
    "lower-roman": lambda n: f"{_roman(n).lower()}.",
    "cjk-ideographic": lambda n: f"{_han(n)}、",
    "simp-chinese-informal": lambda n: f"{_han(n)}、",
    "trad-chinese-informal": lambda n: f"{_han(n)}、",
    "simp-chinese-formal": lambda n: f"{_han(n).translate(_FORMAL)}、",
    "trad-chinese-formal": lambda n: f"{_han(n).translate(_FORMAL_OLD)}、",
    "cjk-decimal": lambda n: f"{_digits(n)}、",
    "japanese-informal": lambda n: f"{_han(n)}、",
    "cjk-heavenly-stem": lambda n: f"{_cycle(_STEMS)(n)}、",
    "cjk-earthly-branch": lambda n: f"{_cycle(_BRANCHES)(n)}、",
}


def word_number(number: int, fmt: str) -> str:
    """`number` in a Word number format; formats without a table are written as decimals, `none` as nothing.

    >>> [word_number(12, f) for f in ("decimal", "chineseCounting", "upperRoman", "decimalEnclosedCircle")]
    ['12', '十二', 'XII', '⑫']
    """
    if fmt == "none":
        return ""
    return _WORD.get(fmt, str)(number)


def html_marker(number: int, style: str) -> str:
    """The marker of a list item in a `type` of <ol> or a CSS list-style-type, stop included.

    >>> html_marker(3, "a"), html_marker(3, "cjk-ideographic")
    ('c.', '三、')
    """
    return _HTML.get(style, _HTML["decimal"])(number)


def gap_behind(label: str) -> str:
    """What stands between a restored number and its words: nothing behind 、 and brackets, else a blank."""
    return "" if not label or label[-1] in "、）)」』】〕，： " else " "
