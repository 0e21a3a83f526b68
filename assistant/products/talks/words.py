"""The words of this program in a talk, and those it knows risks and limits by: data/talk_words.yaml."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from assistant.products.talks.model import SlideKind
from assistant.text.tables import packaged, read_table


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FixedWords(_Form):
    """Lines that stand in every talk, by the slide they stand on."""

    limits: tuple[str, ...]
    risks: tuple[str, ...]
    local: tuple[str, ...]
    sources: tuple[str, ...]


class Questions(_Form):
    """How a card asks: of a clause with a heading, and of one without."""

    headed: str
    plain: str


class FixedCard(_Form):
    """A question that no clause answers, with what may be said."""

    question: str
    answer: str

    @property
    def line(self) -> str:
        """As it stands on the slide."""
        return f"问：{self.question}答：{self.answer}"


class Titles(_Form):
    """Titles of the slides that no clause gives a title."""

    outline: str
    background: str
    risks: str
    limits: str
    cards: str
    local: str
    sources: str


class Saying(_Form):
    """What the notes tell the speaker, by the kind of slide."""

    cover: str
    outline: str
    background: str
    points: str
    risks: str
    limits: str
    cards: str
    local: str
    sources: str

    def of(self, kind: SlideKind) -> str:
        return str(getattr(self, kind.name.lower()))


class TalkWords(_Form):
    """The whole table."""

    risk_words: tuple[str, ...]
    risk_query: str
    limits: tuple[str, ...]
    fixed: FixedWords
    unstated: str
    figures: dict[str, str]  # what it is called → its unit
    blanks: tuple[str, ...]
    questions: Questions
    fixed_cards: tuple[FixedCard, ...]
    titles: Titles
    say: Saying

    @property
    def risky(self) -> re.Pattern[str]:
        """Finds words of risk."""
        return re.compile("|".join(map(re.escape, self.risk_words)))

    @property
    def limiting(self) -> re.Pattern[str]:
        """Finds words of a condition or of measure."""
        return re.compile("|".join(map(re.escape, self.limits)))

    def has_fixed(self, line: str) -> bool:
        """Whether a line is one of this program's."""
        fixed = self.fixed
        ours = (*fixed.limits, *fixed.risks, *fixed.local, *fixed.sources, *(card.line for card in self.fixed_cards))
        absent = "、".join(self.figures)
        return line in ours or any(line == self.unstated.format(what=what) for what in (absent, *self.figures))


def load_talk_words(path: Path | None = None) -> TalkWords:
    """The table of the package, or the one at `path`.

    Raises:
        SettingsError: it cannot be used.
    """
    return read_table(path or packaged("talk_words.yaml"), TalkWords)


@lru_cache(maxsize=1)
def talk_words() -> TalkWords:
    """That of the package, read once."""
    return load_talk_words()
