"""The matters that a question asks about, by a table that a bank maintains (`assistant/data/matters.yaml`).

A matter named by what the question asks must stand in the sentences that answer it, in one wording or
another: 「信用贷款要不要找人担保」 is not settled by a sentence on unsecured loans that never speaks of 担保.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from assistant.errors import SettingsError
from assistant.text.folding import fold, squeeze
from assistant.text.tables import packaged, read_table

_PAGE = "docs/answering.md"
DEFAULT = "default"
NOBODY = "none"  # of another world: no desk of a bank could know
# 没有抵押、不用担保: what is done without is no matter asked about.
_NEGATED = re.compile(
    r"(?:(?<!有)没有?|(?<!用)不用|(?<!要)不要|(?<!需)不需要|(?<!是)不是|不必|无|免|除了)[^，。？]{0,3}$"
)


class MatterLine(BaseModel):
    """One entry of matters.yaml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    matter: str
    asked: tuple[str, ...] = Field(min_length=1)
    text: tuple[str, ...] = ()
    whom: str = DEFAULT


class ReferralLine(BaseModel):
    """One entry of referrals.yaml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    whom: str = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Matter:
    """A matter that a question names."""

    name: str
    said: str  # as the question says it
    text: tuple[str, ...]  # wordings of documents; empty when nothing is demanded
    whom: str

    def stands_in(self, squeezed: str) -> bool:
        """Whether folded and squeezed text speaks of it."""
        return fold(self.said) in squeezed or any(fold(word) in squeezed for word in self.text)


class Matters:
    """Which matters a question names, and whom to ask about them."""

    def __init__(self, lines: Sequence[MatterLine], referrals: Mapping[str, str]) -> None:
        unknown = sorted({line.whom for line in lines} - set(referrals) - {NOBODY})
        if unknown or DEFAULT not in referrals:
            raise SettingsError(
                f"referrals.yaml 缺少 {'、'.join(unknown) or DEFAULT}；matters.yaml 的 whom 须是其中的 key"
            )
        self._lines = tuple(lines)
        self._referrals = dict(referrals)

    @cached_property
    def _by_wording(self) -> dict[str, MatterLine]:
        return {fold(word): line for line in self._lines for word in line.asked}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        longest_first = sorted(self._by_wording, key=lambda word: (-len(word), word))
        return re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")

    def named(self, question: str) -> tuple[Matter, ...]:
        """Every matter that `question` names, in its order; of wordings that begin together the longest counts."""
        folded = fold(question)
        found: dict[str, Matter] = {}
        for match in self._pattern.finditer(folded):
            line = self._by_wording[match[0]]
            if not _NEGATED.search(folded[: match.start()]):
                found.setdefault(line.matter, Matter(line.matter, match[0], line.text, line.whom))
        return tuple(found.values())

    def missing(self, asking: str, evidence: str) -> tuple[Matter, ...]:
        """Matters that `asking` names and `evidence` does not speak of."""
        held = squeeze(fold(evidence))
        return tuple(m for m in self.named(asking) if m.text and not m.stands_in(held))

    def whom(self, question: str) -> str | None:
        """Who could know, as it runs in a sentence; `None` when no desk of a bank could."""
        keys = [m.whom for m in self.named(question)]
        if keys and all(key == NOBODY for key in keys):
            return None
        key = next((k for k in keys if k not in (NOBODY, DEFAULT)), DEFAULT)
        return self._referrals[key]


def load_matters(matters: Path | None = None, referrals: Path | None = None) -> Matters:
    """The tables of the package, or those at the paths given.

    Raises:
        SettingsError: a table cannot be used.
    """
    lines = read_table(matters or packaged("matters.yaml"), TypeAdapter(list[MatterLine]), see=_PAGE)
    whom = read_table(referrals or packaged("referrals.yaml"), TypeAdapter(list[ReferralLine]), see=_PAGE)
    return Matters(lines, {line.key: line.whom for line in whom})
