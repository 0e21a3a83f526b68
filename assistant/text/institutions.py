"""Who is who: data/institutions.yaml, which a bank may replace by its own, and the roles of data/roles.yaml."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from assistant.text.tables import packaged, read_table


class InstitutionLine(BaseModel):
    """One entry of institutions.yaml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    text: tuple[str, ...] = Field(min_length=1)
    aliases: tuple[str, ...] = Field(min_length=1)
    covers: tuple[str, ...] = ()
    loose: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Its names that are one and the same for the proof."""
        return tuple(dict.fromkeys(n for n in (self.name, *self.text, *self.aliases) if n not in self.loose))


class RoleTable(BaseModel):
    """roles.yaml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    names: tuple[str, ...] = ()
    bodies: tuple[str, ...] = ()
    same: tuple[tuple[str, ...], ...] = ()
    within: Mapping[str, tuple[str, ...]] = {}
    called: Mapping[str, tuple[str, ...]] = {}


class Institutions:
    """Who is who among institutions, and among those whom laws speak of."""

    def __init__(self, lines: Sequence[InstitutionLine], roles: RoleTable | None = None) -> None:
        self._lines = {line.name: line for line in lines}
        self._roles = roles or RoleTable()

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
        """Each institution's name with every wording for it."""
        return {line.name: (*line.text, *line.aliases) for line in self._lines.values()}

    def addressed_as(self, name: str) -> tuple[str, ...]:
        """The words of which one stands in the addressee of a sentence to `name`."""
        return (*self.wordings(name), *(("监管",) if name == "监管部门" else ()))

    def addresses(self, subject: str, name: str) -> bool:
        """Whether `subject`, the addressee of a sentence, names `name` itself."""
        return any(word in subject for word in self.addressed_as(name))

    @cached_property
    def _same(self) -> Mapping[str, frozenset[str]]:
        """Name → every name of the same."""
        groups = [*(line.names for line in self._lines.values()), *self._roles.same]
        found: dict[str, frozenset[str]] = {}
        for group in groups:
            joined = frozenset(group).union(*(found.get(name, frozenset()) for name in group))
            found.update(dict.fromkeys(joined, joined))
        return found

    @cached_property
    def _wider(self) -> Mapping[str, frozenset[str]]:
        """Name → the names of all that is wider."""
        found: dict[str, frozenset[str]] = {}
        for name, wider in self._roles.within.items():
            names = frozenset().union(*(self._same.get(w, frozenset((w,))) for w in wider))
            for own in self._same.get(name, frozenset((name,))):
                found[own] = found.get(own, frozenset()) | names
        return found

    @cached_property
    def bodies(self) -> re.Pattern[str]:
        """Every name of an institution, the longest first: 城市商业银行 is no 商业银行."""
        return _any_of(self._bodies)

    @cached_property
    def names(self) -> re.Pattern[str]:
        """Every name that the proof reads as one word: institutions and roles, the longest first."""
        return _any_of(self._bodies | frozenset(self._roles.names))

    @cached_property
    def _bodies(self) -> frozenset[str]:
        return frozenset(self._same).union(self._roles.bodies, self._wider, *self._wider.values())

    def as_named(self, claim: str, text: str) -> str:
        """`claim` with the names that `text` has for those whom the claim calls otherwise: 银行 for 商业银行.

        Only at the beginning of a piece, where `text` names exactly one that may be called so and no piece of it
        begins with the word itself.
        """
        said = frozenset(self.names.findall(text))
        beside = self.names.sub("·", text)
        for word, formal in sorted(self._roles.called.items(), key=lambda entry: (-len(entry[0]), entry[0])):
            if word not in claim or word in said or self._beginning(word, text):
                continue
            endings = tuple(name[1:] for name in formal if name.startswith("-"))
            meant = {name for name in said if endings and name.endswith(endings)}
            meant |= {name for name in formal if name in said or name in beside}
            if len(meant) == 1 and (place := self._beginning(word, claim)):
                claim = f"{claim[: place[0]]}{meant.pop()}{claim[place[1] :]}"
        return claim

    def _beginning(self, word: str, text: str) -> tuple[int, int] | None:
        """Where a piece of `text` begins with `word`, and with no longer name."""
        for match in re.finditer(
            rf"(?:^|[，。；：,;:\n])(?:对|向|由|经|各|该)?({self.names.pattern}|{re.escape(word)})", text
        ):
            if match[1] == word:
                return match.span(1)
        return None

    def covered(self, name: str, held: str) -> bool:
        """Whether a text that speaks of `held` also speaks of `name`."""
        name, held = name.removeprefix("国务院"), held.removeprefix("国务院")
        return name == held or held in self._same.get(name, ()) or held in self._wider.get(name, ())


def _any_of(names: frozenset[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(names, key=lambda n: (-len(n), n)))) or r"(?!)")


def load_institutions(path: Path | None = None) -> Institutions:
    """The institutions of the package, or those at `path`; the roles are always those of the package.

    Raises:
        SettingsError: a file cannot be used.
    """
    source = path or packaged("institutions.yaml")
    lines = read_table(source, TypeAdapter(list[InstitutionLine]), see="docs/settings.md")
    return Institutions(lines, read_table(packaged("roles.yaml"), RoleTable))


@lru_cache(maxsize=1)
def known_institutions() -> Institutions:
    """Those of the package, read once."""
    return load_institutions()
