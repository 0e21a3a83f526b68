"""The term whose meaning a question asks for, and the two whose difference it asks for."""

from __future__ import annotations

import re
from functools import lru_cache

from pydantic import BaseModel, ConfigDict, Field

from assistant.text.tables import packaged, read_table

_MEANING = re.compile(
    r"(?:什么(?:是|叫做?|才?算)|何谓|何为|怎么理解)[“\"「]?(?P<behind>[^，。？“”\"「」]{2,12})"
    r"|[“\"「]?(?P<before>[^，。？的里“”\"「」]{2,20})[”\"」]?(?:这个?词)?(?:是(?:个)?(?:什么|啥)(?:意思|概念)|是?指(?:的是)?(?:什么|哪些|谁|啥)|的?(?:定义|含义))"
)
_LONGEST = 12  # characters of a term
_SHORTEST = 2
_JOINS = "[和与跟同]"
_TOLD_APART = (
    r"(?:之间|到底|究竟|主要|具体|的|有)*(?:什么|哪些|啥|何|多大)?(?:主要|具体)?的?(?:区别|不同|差别|差异|两样|不一样)"
)


class _Words(BaseModel):
    """What the table says; see its head."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    leads: tuple[str, ...] = Field(min_length=1)
    of_us: tuple[str, ...] = Field(min_length=1)
    whole: tuple[str, ...] = Field(min_length=1)


def term_defined(asked: str) -> str | None:
    """The term whose meaning is asked for: 什么叫一般保证, 关系人指哪些人."""
    match = _MEANING.search(asked)
    if match is None:
        return None
    term = _bare(match["behind"] or match["before"]).strip("是指的")
    return term if len(term) <= _LONGEST else None


def terms_compared(asked: str) -> tuple[str, str] | None:
    """The two terms whose difference is asked for.

    >>> terms_compared("请问共同保证和一般保证有什么区别？")
    ('共同保证', '一般保证')
    """
    match = _difference().search(asked)
    if match is None:
        return None
    one = _bare(match["one"])
    if len(one) > _LONGEST:
        one = one.rpartition("的")[2]  # 常被弄混的续贷和展期
    return (one, match["other"]) if _SHORTEST <= len(one) <= _LONGEST else None


def _bare(term: str) -> str:
    """`term` without what leads up to it; as it is where that would be all."""
    rest = _led().sub("", term)
    return rest if len(rest) >= _SHORTEST else term


@lru_cache(maxsize=1)
def _words() -> _Words:
    """The table.

    Raises:
        SettingsError: it cannot be used.
    """
    return read_table(packaged("terms_asked.yaml"), _Words)


@lru_cache(maxsize=1)
def _led() -> re.Pattern[str]:
    return re.compile(f"^{_any(_words().leads)}*(?:{_any(_words().of_us)}的)?")


@lru_cache(maxsize=1)
def _difference() -> re.Pattern[str]:
    """续贷和展期有什么区别, 借款合同同担保合同有什么不同: no term is cut where 和 or 同 is part of a word."""
    whole = _any(_words().whole)
    letter = rf"(?:{whole}|(?!{whole})[^，。？?：、和与跟同])"
    return re.compile(
        rf"(?P<one>{letter}{{1,24}})(?!{whole}){_JOINS}(?P<other>[^，。？?：、]{{2,{_LONGEST}}}?){_TOLD_APART}"
    )


def _any(words: tuple[str, ...]) -> str:
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return f"(?:{'|'.join(map(re.escape, longest_first))})"
