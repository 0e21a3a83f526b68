"""What parsing knows of Chinese, from tables of the package that a bank may extend."""

from __future__ import annotations

from functools import lru_cache

from pydantic import BaseModel, ConfigDict, RootModel

from assistant.text.tables import packaged, read_table


class TitleWords(BaseModel):
    """What titles end with."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    genres: tuple[str, ...]  # 文种
    others: tuple[str, ...]
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
