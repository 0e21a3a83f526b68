"""Who is who among institutions: data/institutions.yaml, which a bank may replace by its own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from importlib import resources
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from assistant.errors import SettingsError


class InstitutionLine(BaseModel):
    """One entry of institutions.yaml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    text: tuple[str, ...] = Field(min_length=1)
    aliases: tuple[str, ...] = Field(min_length=1)
    covers: tuple[str, ...] = ()


class Institutions:
    """Who is who among institutions."""

    def __init__(self, lines: Sequence[InstitutionLine]) -> None:
        self._lines = {line.name: line for line in lines}

    @cached_property
    def _aliases(self) -> tuple[tuple[str, str], ...]:
        pairs = ((alias, line.name) for line in self._lines.values() for alias in line.aliases)
        return tuple(sorted(pairs, key=lambda pair: (-len(pair[0]), pair[0])))

    def asked(self, question: str) -> tuple[str, ...]:
        """Institutions named in `question`, in its order; longest names win, 不是政策性银行 names none."""
        taken = [False] * len(question)
        found: list[tuple[int, str]] = []
        for alias, name in self._aliases:
            for match in re.finditer(re.escape(alias), question):
                if any(taken[match.start() : match.end()]):
                    continue
                taken[match.start() : match.end()] = [True] * len(alias)
                if not re.search(r"(?:不是|并非|不属于|不算)[^，。]{0,3}$", question[: match.start()]):
                    found.append((match.start(), name))
        return tuple(dict.fromkeys(name for _, name in sorted(found)))

    def wordings(self, name: str) -> tuple[str, ...]:
        """How documents write `name`."""
        return self._lines[name].text

    def said(self, name: str) -> tuple[str, ...]:
        """Every wording for `name` itself, of documents and of people."""
        return (*self._lines[name].text, *self._lines[name].aliases)

    def covering(self, name: str) -> tuple[str, ...]:
        """Wider groups whose duties are also those of `name`."""
        return self._lines[name].covers

    def aliases(self) -> dict[str, tuple[str, ...]]:
        """For the proof: each institution's name with every wording for it."""
        return {line.name: (*line.text, *line.aliases) for line in self._lines.values()}

    def addresses(self, subject: str, name: str) -> bool:
        """Whether `subject`, the addressee of a sentence, names `name` itself."""
        if any(word in subject for word in self.wordings(name)):
            return True
        return name == "监管部门" and "监管" in subject


def load_institutions(path: Path | None = None) -> Institutions:
    """The institutions of the package, or those at `path`.

    Raises:
        SettingsError: the file cannot be used.
    """
    source = path or resources.files("assistant") / "data" / "institutions.yaml"
    try:
        raw = yaml.load(source.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
        lines = TypeAdapter(list[InstitutionLine]).validate_python(raw)
    except (OSError, yaml.YAMLError, ValidationError) as exc:
        raise SettingsError("机构名称表无法读取，请对照 docs/settings.md 检查 institutions.yaml 的写法") from exc
    return Institutions(lines)
