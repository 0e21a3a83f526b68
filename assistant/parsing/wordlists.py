"""The words by which parsing knows a title, from tables of the package that a bank may extend."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.errors import SettingsError

_TITLES = "titles.yaml"


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


@lru_cache(maxsize=1)
def titles() -> TitleWords:
    """The table of the package.

    Raises:
        SettingsError: the table cannot be used.
    """
    source = resources.files("assistant") / "data" / _TITLES
    try:
        raw = yaml.load(source.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe loader
        return TitleWords.model_validate(raw)
    except (OSError, yaml.YAMLError, ValidationError) as exc:
        raise SettingsError(f"{_TITLES} 无法读取，请检查写法") from exc
