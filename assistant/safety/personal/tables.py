"""The words that tell personal data: data/personal.yaml, and two dictionaries of packages that are there anyway."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property, lru_cache
from importlib import resources
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from assistant.text.tables import packaged, read_table

_RARE = 30  # uses in jieba's count; what is rarer is no reason to doubt a name
_EVERYDAY = 300
_MOST_CHARS_OF_PLACE = 9
_PLACE = re.compile(r'(?:county|prefecture|province)="(?:\[\d*-\d*\])?([\u4e00-\u9fff]{2,})"')
_OTHER_NAMES = re.compile(r"\[\d*-\d*\]([\u4e00-\u9fff]{2,})")

Words = tuple[str, ...]


class NumberCues(BaseModel):
    """Words before a number, by what they make of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id_card: Words
    mobile: Words
    bank_card: Words
    credit_code: Words
    other: Words  # the number of a thing


class PersonalTable(BaseModel):
    """data/personal.yaml."""

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))

    surnames: str
    compound_surnames: Words
    shy_surnames: str
    adverb_surnames: str
    never_names: Words
    not_in_given: str
    usual_in_given: str
    transliterated: str
    hidden_given: str
    roles: Words
    relatives: Words
    name_labels: Words
    before_name: Words
    belongings: Words
    titles: Words
    number_cues: NumberCues
    units: Words
    own: Words
    published: Words
    address_cues: Words
    living_cues: Words
    institutions: Words
    birth_cues: Words
    illnesses: Words
    illness_verbs: Words
    secrets: Words
    traditional: str = Field(min_length=1)
    simplified: str = Field(min_length=1)

    @model_validator(mode="after")
    def _one_to_one(self) -> Self:
        if len(self.traditional) != len(self.simplified):
            raise ValueError("traditional and simplified must pair up")
        return self


@lru_cache(maxsize=1)
def table() -> PersonalTable:
    """The table of the package.

    Raises:
        SettingsError: the file cannot be used.
    """
    return read_table(packaged("personal.yaml"), PersonalTable, see="docs/privacy.md")


def any_of(words: Iterable[str]) -> str:
    """A pattern for one of `words`, the longest first."""
    return "(?:" + "|".join(sorted(map(re.escape, set(words)), key=lambda w: (-len(w), w))) + ")"


@lru_cache(maxsize=1)
def places() -> frozenset[str]:
    """Names of provinces, cities and counties, past and present, with 省 市 县 区 and without it where two are left.

    Source: the list of administrative divisions in python-stdnum.
    """
    text = (resources.files("stdnum") / "cn" / "loc.dat").read_text(encoding="utf-8")
    names = {*_PLACE.findall(text), *_OTHER_NAMES.findall(text)}
    short = {name[:-1] for name in names if len(name) > 2 and name[-1] in "省市"}
    return frozenset(name for name in names | short if len(name) <= _MOST_CHARS_OF_PLACE)


def common_words() -> frozenset[str]:
    """Words of two and three characters that are in use and are nobody's name.

    Source: jieba's dictionary; `nr` marks names there, though by no means always a person's.
    """
    return _words()[0]


def everyday_words() -> frozenset[str]:
    """Those that nobody begins a name with: 金额 and 单位, but 夏国 may be the half of 夏国栋."""
    return _words()[1]


@lru_cache(maxsize=1)
def _words() -> tuple[frozenset[str], frozenset[str]]:
    text = (resources.files("jieba") / "dict.txt").read_text(encoding="utf-8")
    found, everyday = set(), set()
    for line in text.splitlines():
        word, _, rest = line.partition(" ")
        if 2 <= len(word) <= 3:
            count, _, tag = rest.partition(" ")
            if tag.startswith("nr") or int(count) < _RARE:
                continue
            found.add(word)
            if int(count) >= _EVERYDAY and tag != "ns":
                everyday.add(word)
    never = table().never_names
    return frozenset({*found, *never}), frozenset({*everyday, *never})
