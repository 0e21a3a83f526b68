"""Lay language → policy language, by a table that a bank maintains (`assistant/data/colloquial.yaml`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from assistant.errors import SettingsError
from assistant.text.folding import fold

_GAP = "…"


class ConceptLine(BaseModel):
    """One entry of the table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    concept: str
    policy: tuple[str, ...] = Field(min_length=1)
    lay: tuple[str, ...] = Field(min_length=1)
    beside: bool = False  # a matter of its own, which a library on lending may not treat at all


@dataclass(frozen=True, slots=True)
class Concept:
    """A matter with the words of policy texts for it and the pattern of lay wordings."""

    name: str
    policy: tuple[str, ...]
    pattern: re.Pattern[str]
    beside: bool = False


class Expander:
    """Finds the concepts that a question speaks of in lay words."""

    def __init__(self, lines: Sequence[ConceptLine]) -> None:
        self._lines = tuple(lines)

    @property
    def lines(self) -> tuple[ConceptLine, ...]:
        """The table."""
        return self._lines

    @cached_property
    def _concepts(self) -> tuple[Concept, ...]:
        return tuple(Concept(line.concept, line.policy, _pattern(line.lay), line.beside) for line in self._lines)

    def concepts(self, question: str) -> tuple[Concept, ...]:
        """The concepts whose lay wordings stand in `question`, in the order of the table."""
        folded = fold(question)
        return tuple(c for c in self._concepts if c.pattern.search(folded))

    def terms(self, question: str) -> tuple[str, ...]:
        """Policy terms to add to the search of `question`; those it already uses are left out."""
        folded = fold(question)
        found = (term for concept in self.concepts(question) for term in concept.policy)
        return tuple(dict.fromkeys(term for term in found if fold(term) not in folded))


def load_expander(path: Path | None = None) -> Expander:
    """The table of the package, or the one at `path`.

    Raises:
        SettingsError: the table cannot be used.
    """
    source = path or resources.files("assistant") / "data" / "colloquial.yaml"
    try:
        raw = yaml.load(source.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
        lines = TypeAdapter(list[ConceptLine]).validate_python(raw)
    except (OSError, yaml.YAMLError, ValidationError) as exc:
        raise SettingsError("口语对照表无法读取，请对照 docs/settings.md 检查 colloquial.yaml 的写法") from exc
    return Expander(lines)


def _pattern(wordings: Sequence[str]) -> re.Pattern[str]:
    """One pattern for all wordings; 「…」 stands for up to six characters that end no sentence."""
    alternatives = (r"[^。？！?!]{0,6}?".join(re.escape(fold(part)) for part in w.split(_GAP)) for w in wordings)
    return re.compile("|".join(alternatives))
