"""What binds: 严禁, 应当, 可以, 无须, 鼓励 … with their force. One list, data/binding_words.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from assistant.schema.answer import Modality
from assistant.text.folding import squeeze
from assistant.text.tables import packaged, read_table

_END = "$"


class Force(StrEnum):
    """What a binding word does to whom it addresses."""

    PROHIBIT = "prohibit"
    REQUIRE = "require"
    PERMIT = "permit"
    ENCOURAGE = "encourage"
    EXEMPT = "exempt"


class BindingLine(BaseModel):
    """One entry of binding_words.yaml: words of one force that count under the same conditions."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    words: tuple[str, ...] = Field(min_length=1)
    force: Force
    outright: bool = False
    after: tuple[str, ...] = ()
    not_after: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    not_before: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BindingWord:
    """A binding word where it stands."""

    text: str
    start: int
    end: int
    force: Force
    outright: bool = False


class BindingWords:
    """Finds binding words; where two begin at one place the longer counts."""

    def __init__(self, lines: Sequence[BindingLine]) -> None:
        entries = sorted(
            ((word, line) for line in lines for word in line.words), key=lambda entry: (-len(entry[0]), entry[0])
        )
        self._lines = tuple(line for _, line in entries)
        self._pattern = re.compile("|".join(f"({_conditioned(word, line)})" for word, line in entries))
        # 不得 is outright, and so is 不得 in 不得超过: for a reader it is the word that forbids.
        bans = [word for word, line in entries if line.outright and line.force is Force.PROHIBIT]
        self.bans = re.compile("|".join(map(re.escape, bans)) or r"(?!)")

    def at(self, text: str, place: int) -> BindingWord | None:
        """The binding word that begins at `place`."""
        match = self._pattern.match(text, place)
        return self._word(match) if match else None

    def within(self, text: str) -> Iterator[BindingWord]:
        """Every binding word of `text`, in order."""
        return map(self._word, self._pattern.finditer(text))

    def forces(self, text: str) -> frozenset[Force]:
        """What the binding words of `text` do."""
        return frozenset(word.force for word in self.within(text))

    def _word(self, match: re.Match[str]) -> BindingWord:
        assert match.lastindex is not None  # every alternative is a group
        line = self._lines[match.lastindex - 1]
        return BindingWord(match[0], match.start(), match.end(), line.force, line.outright)


def _conditioned(word: str, line: BindingLine) -> str:
    def behind(words: Sequence[str]) -> str:
        return "|".join(_END if word == _END else re.escape(word) for word in words)

    pattern = "".join(f"(?<!{re.escape(word)})" for word in line.not_after)
    if line.after:
        pattern += f"(?:{'|'.join(f'(?<={re.escape(word)})' for word in line.after)})"
    pattern += re.escape(word)
    if line.before:
        pattern += f"(?={behind(line.before)})"
    if line.not_before:
        pattern += f"(?!{behind(line.not_before)})"
    return pattern


def load_binding_words(path: Path | None = None) -> BindingWords:
    """The words of the package, or those at `path`.

    Raises:
        SettingsError: the file cannot be used.
    """
    lines = read_table(path or packaged("binding_words.yaml"), TypeAdapter(list[BindingLine]))
    return BindingWords(lines)


@lru_cache(maxsize=1)
def binding_words() -> BindingWords:
    """Those of the package, read once."""
    return load_binding_words()


_MODALITIES = (
    (Force.PROHIBIT, Modality.PROHIBIT),
    (Force.REQUIRE, Modality.REQUIRE),
    (Force.PERMIT, Modality.PERMIT),
    (Force.EXEMPT, Modality.PERMIT),
    (Force.ENCOURAGE, Modality.ENCOURAGE),
)


def modality_of(text: str) -> Modality:
    """How a sentence binds: what it forbids comes before what it demands."""
    forces = binding_words().forces(squeeze(text))
    return next((modality for force, modality in _MODALITIES if force in forces), Modality.STATE)
