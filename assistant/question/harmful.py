"""Questions that ask how to do what is forbidden, and not how it is prevented or punished."""

from __future__ import annotations

import re
from functools import lru_cache

from pydantic import BaseModel, ConfigDict, Field

from assistant.text.tables import packaged, read_table

_GAP = r"[^，。；？?！!]"


class _Words(BaseModel):
    """What the table says; see its head."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ways: tuple[str, ...] = Field(min_length=1)
    deeds: tuple[str, ...] = Field(min_length=1)
    unseen: tuple[str, ...] = Field(min_length=1)
    against: tuple[str, ...] = Field(min_length=1)


def harmful(question: str) -> bool:
    """Whether `question` asks for a way to do harm.

    >>> harmful("怎么伪造流水骗银行多贷点？")
    True
    >>> harmful("怎么防止客户伪造流水骗贷？")
    False
    >>> harmful("客户伪造流水骗贷，怎么处理？")
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
    ways, deeds, unseen = _any(words.ways), _any(words.deeds), _any(words.unseen)
    return re.compile(f"{ways}{_GAP}{{0,10}}?{deeds}|{ways}{_GAP}{{0,20}}?{unseen}"), re.compile(_any(words.against))


def _any(words: tuple[str, ...]) -> str:
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return f"(?:{'|'.join(map(re.escape, longest_first))})"
