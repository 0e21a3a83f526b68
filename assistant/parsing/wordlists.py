"""What parsing knows of Chinese, from tables of the package that a bank may extend."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.errors import SettingsError


class TitleWords(BaseModel):
    """What titles end with."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    genres: tuple[str, ...]  # 文种
    others: tuple[str, ...]
    flat: tuple[str, ...]  # 文种 whose 一、 are rules, not headings

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
    return _read("titles.yaml", TitleWords)


@lru_cache(maxsize=1)
def lookalikes() -> dict[str, str]:
    """A character that stands for another → that other one.

    Raises:
        SettingsError: the table cannot be used.
    """
    table = _read("lookalikes.yaml", _Lookalikes)
    return {pair[0]: pair[1] for pair in f"{table.radicals} {table.numbering}".split()}


_Table = TypeVar("_Table", bound=BaseModel)


def _read(name: str, table: type[_Table]) -> _Table:
    source = resources.files("assistant") / "data" / name
    try:
        raw = yaml.load(source.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe loader
        return table.model_validate(raw)
    except (OSError, yaml.YAMLError, ValidationError) as exc:
        raise SettingsError(f"{name} 无法读取，请检查写法") from exc
