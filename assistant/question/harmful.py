"""Questions that ask how to do what is forbidden, and not how it is prevented or punished."""

from __future__ import annotations

import re
from functools import lru_cache

from pydantic import BaseModel, ConfigDict, Field

from assistant.text.tables import packaged, read_table

_GAP = r"[^，。；？?！!]"
# 怎么审核时蒙混过关, 怎么检查不出来: a verb that meets no deed.
_MEANWHILE = "(?:不[了出到上]|时|的时候|中(?!小)|里|前|后|之[前后中]|环节|过程|阶段|关口|人员|员|部门|系统|流程|蒙混)"
_TOOL = "[来去好]"  # 理解政策来套取资金
_CLOSE = 2  # characters between what handles a deed and the deed
_FAR = 10  # … between a way and what it is found by, at most


class _Words(BaseModel):
    """What the table says; see its head."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ways: tuple[str, ...] = Field(min_length=1)
    deeds: tuple[str, ...] = Field(min_length=1)
    unseen: tuple[str, ...] = Field(min_length=1)
    meets: tuple[str, ...] = Field(min_length=1)
    finds: tuple[str, ...] = Field(min_length=1)
    handles: tuple[str, ...] = Field(min_length=1)
    by: tuple[str, ...] = Field(min_length=1)
    between: tuple[str, ...] = Field(min_length=1)
    against: tuple[str, ...] = Field(min_length=1)


def harmful(question: str) -> bool:
    """Whether `question` asks for a way to do harm.

    >>> harmful("怎么伪造流水骗银行多贷点？")
    True
    >>> harmful("怎么防止客户伪造流水骗贷？")
    False
    >>> harmful("客户伪造流水骗贷，怎么处理？")
    False
    >>> harmful("怎么核实客户流水是否造假？")
    False
    """
    asks, against = _patterns()
    return asks.search(question) is not None and against.search(question) is None


@lru_cache(maxsize=1)
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What asks for a way to do harm, and what speaks against it.

    Raises:
        SettingsError: the table cannot be used.
    """
    words = read_table(packaged("harmful.yaml"), _Words)
    ways, deeds, unseen = _any(words.ways), f"(?<!反){_any(words.deeds)}", _any(words.unseen)  # 反洗钱 is none
    met = _met(words, deeds)
    asks = f"{ways}(?!{met}){_GAP}{{0,10}}?{deeds}|{ways}{_GAP}{{0,20}}?{unseen}"
    return re.compile(asks), re.compile(_any(words.against))


def _met(words: _Words, deeds: str) -> str:
    """What behind a way shows that deeds are met: they are checked, found or handled, and not done."""
    led = f"(?:{_any((*words.ways, *words.between))})*"
    by = f"(?:{_any(words.by)}(?:(?!{deeds}){_GAP}){{0,{_FAR}}}?)?"
    handled = f"{_any(words.handles)}(?={_GAP}{{0,{_CLOSE}}}?{deeds})"
    straight = f"{led}(?!{deeds})(?:{_any((*words.meets, *words.finds))}|{handled})"
    found = f"{led}{by}(?!{deeds}){_any(words.finds)}"
    as_tool = f"(?:(?!{deeds}){_GAP}){{0,{_FAR}}}{_TOOL}{deeds}"
    return f"(?:{straight}|{found})(?!{_MEANWHILE}|{as_tool})"


def _any(words: tuple[str, ...]) -> str:
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return f"(?:{'|'.join(map(re.escape, longest_first))})"
