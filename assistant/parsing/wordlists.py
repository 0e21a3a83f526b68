"""What parsing knows of Chinese, from tables of the package that a bank may extend."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from pydantic import BaseModel, ConfigDict, RootModel

from assistant.text.tables import packaged, read_table


class TitleWords(BaseModel):
    """What titles end with."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    genres: tuple[str, ...]  # 文种
    others: tuple[str, ...]
    amending: tuple[str, ...]  # in the title of a 决定 that gives another text new words
    flat: tuple[str, ...]  # 文种 whose 一、 are rules, not headings
    ended: tuple[str, ...]  # （已废止）: what says beside a title that the text no longer holds

    @property
    def endings(self) -> tuple[str, ...]:
        """Every word that may end a title."""
        return (*self.genres, *self.others)


class _Lookalikes(BaseModel):
    """Pairs of characters with blanks between them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    radicals: str
    numbering: str


@lru_cache(maxsize=1)
def titles() -> TitleWords:
    """The words that end titles.

    Raises:
        SettingsError: the table cannot be used.
    """
    return read_table(packaged("titles.yaml"), TitleWords)


@lru_cache(maxsize=1)
def lookalikes() -> dict[str, str]:
    """A character that stands for another → that other one.

    Raises:
        SettingsError: the table cannot be used.
    """
    table = read_table(packaged("lookalikes.yaml"), _Lookalikes)
    return {pair[0]: pair[1] for pair in f"{table.radicals} {table.numbering}".split()}


class ComparisonWords(BaseModel):
    """Heads and remarks of a table that sets old beside new."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    old: frozenset[str]
    new: frozenset[str]
    same: frozenset[str]
    gone: frozenset[str]


@lru_cache(maxsize=1)
def comparison() -> ComparisonWords:
    """The words of tables that compare.

    Raises:
        SettingsError: the table cannot be used.
    """
    return read_table(packaged("comparison.yaml"), ComparisonWords)


class _SymbolFonts(RootModel[dict[str, dict[str, str]]]):
    """Font → code → what it shows."""


@lru_cache(maxsize=1)
def symbol_fonts() -> dict[str, dict[str, str]]:
    """Font name in small letters → two digits of the code → what it shows.

    Raises:
        SettingsError: the table cannot be used.
    """
    return {font.lower(): codes for font, codes in read_table(packaged("symbol_fonts.yaml"), _SymbolFonts).root.items()}


class _PageWordTable(BaseModel):
    """What pages put around a text, by what it says of the page."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    buttons: tuple[str, ...]
    verbs: tuple[str, ...]
    objects: tuple[str, ...]
    before_verbs: tuple[str, ...]
    menu: tuple[str, ...]
    about: tuple[str, ...]
    days: tuple[str, ...]
    index: tuple[str, ...]
    numbered: tuple[str, ...]
    begins: tuple[str, ...]
    marks: tuple[str, ...]
    lists: tuple[str, ...]
    owner: tuple[str, ...]
    owner_ends: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PageWords:
    """The same, in small letters, to be looked up."""

    buttons: frozenset[str]
    menu: frozenset[str]
    about: frozenset[str]
    days: frozenset[str]
    index: frozenset[str]
    numbered: tuple[str, ...]
    begins: tuple[str, ...]  # the longest first
    marks: tuple[str, ...]
    lists: frozenset[str]
    owner: frozenset[str]
    owner_ends: tuple[str, ...]


@lru_cache(maxsize=1)
def page_words() -> PageWords:
    """The words of pages.

    Raises:
        SettingsError: the table cannot be used.
    """
    table = read_table(packaged("page_words.yaml"), _PageWordTable)
    small = {name: tuple(word.lower() for word in words) for name, words in table.model_dump().items()}
    made = {
        before + verb + acted_on
        for before in ("", *small["before_verbs"])
        for verb in small["verbs"]
        for acted_on in ("", *small["objects"])
        if before or acted_on
    }
    return PageWords(
        buttons=frozenset(small["buttons"]) | made,
        menu=frozenset(small["menu"]),
        about=frozenset(small["about"]),
        days=frozenset(small["days"]),
        index=frozenset(small["index"]),
        numbered=small["numbered"],
        begins=tuple(sorted(small["begins"], key=len, reverse=True)),
        marks=small["marks"],
        lists=frozenset(small["lists"]),
        owner=frozenset(small["owner"]),
        owner_ends=small["owner_ends"],
    )
