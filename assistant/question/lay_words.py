"""Lay language → policy language, by tables that a bank maintains (`assistant/data/colloquial*.yaml`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources.abc import Traversable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from assistant.question.abbreviations import forms_of
from assistant.text.folding import fold
from assistant.text.tables import packaged, read_table

GAP = "…"
_NUMERALS = "0123456789〇零一二三四五六七八九十百千万两"
_SHORT = 6  # characters: longer policy terms point at a clause, but in a search they drown the question
_TABLES = ("colloquial.yaml", "colloquial_laws.yaml", "colloquial_beside.yaml")


class ConceptLine(BaseModel):
    """One entry of the table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    concept: str
    policy: tuple[str, ...] = Field(min_length=1)
    lay: tuple[str, ...] = Field(min_length=1)
    beside: bool = False  # a matter of its own, which a library on lending may not treat at all


@dataclass(frozen=True, slots=True)
class Concept:
    """A matter with the words of policy texts for it, and the lay wordings."""

    name: str
    policy: tuple[str, ...]
    beside: bool = False
    lay: tuple[str, ...] = ()

    @property
    def pattern(self) -> re.Pattern[str]:
        """Matches every lay wording in folded text."""
        return _any_of(self.lay)


class Expander:
    """Finds the concepts that a question speaks of in lay words."""

    def __init__(self, lines: Sequence[ConceptLine]) -> None:
        self.lines = tuple(lines)

    def concepts(self, question: str) -> tuple[Concept, ...]:
        """The concepts whose lay wordings stand in `question`, in the order of the table."""
        folded = fold(question)
        met = {folded[i : i + size] for size in (1, 2) for i in range(len(folded))}
        candidates = (found for key in met & self._by_key.keys() for found in self._by_key[key])
        places = sorted({place for place, wording in candidates if _stands_in(wording, folded)})
        return tuple(self._concepts[place] for place in places)

    def terms(self, question: str) -> tuple[str, ...]:
        """Short policy terms to add to the search of `question`; those it already uses are left out."""
        folded = fold(question)
        found = (term for concept in self.concepts(question) for term in concept.policy if len(term) <= _SHORT)
        return tuple(dict.fromkeys(term for term in found if fold(term) not in folded))

    @cached_property
    def _concepts(self) -> tuple[Concept, ...]:
        return tuple(Concept(line.concept, _policy(line), line.beside, line.lay) for line in self.lines)

    @cached_property
    def _by_key(self) -> dict[str, list[tuple[int, str]]]:
        """The first pair of characters of a wording's longest part → the wording and its place in the table.

        Ten thousand wordings need not be tried when a question has the key of twenty.
        """
        keyed: dict[str, list[tuple[int, str]]] = {}
        for place, line in enumerate(self.lines):
            for wording in dict.fromkeys(GAP.join(map(fold, w.split(GAP))) for w in line.lay):
                if key := max(wording.split(GAP), key=len)[:2]:
                    keyed.setdefault(key, []).append((place, wording))
        return keyed


def load_expander(path: Path | None = None, *, house: Path | None = None) -> Expander:
    """The tables of the package, or the one at `path` instead of all of them, with the house's own over them.

    Args:
        house: the table of the house; where there is no such file, nothing changes.

    Raises:
        SettingsError: a table cannot be used.
    """
    sources = [path] if path else map(packaged, _TABLES)
    ours = [line for source in sources for line in _lines_of(source)]
    return Expander(merged(ours, read_house(house) if house else ()))


def read_house(path: Path) -> tuple[ConceptLine, ...]:
    """The house's own table; empty where there is none.

    Raises:
        SettingsError: it cannot be used; the message names the line.
    """
    return tuple(_lines_of(path)) if path.exists() else ()


def merged(ours: Sequence[ConceptLine], house: Sequence[ConceptLine]) -> tuple[ConceptLine, ...]:
    """Our entries, each with what the house says of the same matter behind it; then the matters it adds."""
    added: dict[str, list[ConceptLine]] = {}
    for line in house:
        added.setdefault(line.concept, []).append(line)
    found = [_joined(line, added.pop(line.concept, [])) for line in ours]
    return (*found, *(_joined(first, rest) for first, *rest in added.values()))


def _joined(line: ConceptLine, more: Sequence[ConceptLine]) -> ConceptLine:
    if not more:
        return line
    policy = tuple(dict.fromkeys(term for one in (line, *more) for term in one.policy))
    lay = tuple(dict.fromkeys(word for one in (line, *more) for word in one.lay))
    return line.model_copy(update={"policy": policy, "lay": lay})


def _lines_of(source: Traversable) -> list[ConceptLine]:
    return read_table(source, TypeAdapter(list[ConceptLine]), see="docs/settings.md")


def _policy(line: ConceptLine) -> tuple[str, ...]:
    """The policy terms of an entry, with other forms of the lay words that are short forms themselves.

    What a library on lending may not treat at all is told by its own terms alone: 社会保险 stands in many a text.
    """
    if line.beside:
        return line.policy
    return tuple(dict.fromkeys((*line.policy, *(form for word in line.lay for form in forms_of(word)))))


def _stands_in(wording: str, folded: str) -> bool:
    """Whether a wording stands in a question, both folded."""
    plain = GAP not in wording and wording[0] not in _NUMERALS
    return wording in folded if plain else bool(_pattern(wording).search(folded))


@lru_cache(maxsize=4096)
def _pattern(wording: str) -> re.Pattern[str]:
    """The pattern of a wording with gaps; 「…」 stands for up to six characters that end no sentence."""
    return re.compile(_spelt(wording))


@lru_cache(maxsize=1024)
def _any_of(lay: tuple[str, ...]) -> re.Pattern[str]:
    """One pattern for all wordings of a matter."""
    return re.compile("|".join(_spelt(GAP.join(map(fold, wording.split(GAP)))) for wording in lay) or r"(?!)")


def _spelt(wording: str) -> str:
    """As a pattern; a number is not the end of a longer one: 50万 does not stand in 450万."""
    whole = rf"(?<![{_NUMERALS}.])" if wording[0] in _NUMERALS else ""
    return whole + r"[^。？！?!]{0,6}?".join(re.escape(part) for part in wording.split(GAP))
