"""密码, 验证码, CVV with their value: what opens an account. The word alone is no secret.

Source: JR/T 0171-2020, category C3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from assistant.safety.personal.tables import any_of, table
from assistant.safety.personal.view import TURN, PersonalKind, ViewSpan

_SAYS = (
    r"(?:改成了?|改为|设成了?|设置成|设置为|设为|设的就?是|就是|应该是|写的是|收到的是|收到|告诉你|给你|是|为|:|=|叫)"
)
_DIGITS = r"[0-9](?:[ \-]?[0-9]){2,11}"
_CHINESE = r"[〇零一二三四五六七八九幺]{4,12}"
_WORD = r"[A-Za-z0-9!@#$%^&*_+\-.?~]{4,32}"
_NOT_BEHIND = r"(?![0-9A-Za-z]|\s?[年月日位次秒分个元%条万笔天户张种起组款章项字]|\s?-\s?\d)"
_MIXED = re.compile(
    r"(?=[^ ]*[0-9])(?=[^ ]*[^0-9\-])|(?=[^ ]*[!@#$%^&*_])"
)  # letters with digits or marks: no plain word
_MOST_BEFORE = 8


@lru_cache(maxsize=1)
def _named() -> re.Pattern[str]:
    """密码是Abc@123: the word, maybe a verb, the value."""
    words = any_of(table().secrets)
    told = rf"(?:发我了|发你了|发来了|是多少)?[, ]?{TURN}?\s{{0,2}}[我他她]?(?P<says>{_SAYS})?{TURN}?"
    link = rf"(?:\([A-Za-z0-9]{{1,6}}\)| ?(?:pin|code))?{told}[:= \"“'「]{{0,3}}"
    return re.compile(
        rf"(?:{words})(?:数字)?{link}(?P<value>(?:{_DIGITS}|{_CHINESE}){_NOT_BEHIND}|{_WORD}(?![A-Za-z0-9]))",
        re.IGNORECASE,
    )


@lru_cache(maxsize=1)
def _behind() -> re.Pattern[str]:
    """774512是我收到的验证码: the value first."""
    return re.compile(
        rf"(?<![0-9A-Za-z.])(?P<value>\d{{3,8}})(?![0-9A-Za-z])\s?(?:是|就是|为)[^，。,?!；;\n]{{0,{_MOST_BEFORE}}}{any_of(table().secrets)}"
    )


def find_secrets(text: str) -> Iterator[ViewSpan]:
    """The values of passwords and codes."""
    for match in _named().finditer(text):
        value = match["value"]
        figures = not re.search(r"[A-Za-z!@#$%^&*_+.?~]", value)
        if figures or _MIXED.match(value) or (match["says"] and value.isascii() and value.isalpha()):
            yield ViewSpan(start=match.start("value"), end=match.end("value"), kind=PersonalKind.SECRET)
    for match in _behind().finditer(text):
        yield ViewSpan(start=match.start("value"), end=match.end("value"), kind=PersonalKind.SECRET)
