"""Facts of a document itself that a question asks for: from when it holds, who issued it, its number, its annexes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from assistant.question.catalogue import Mention, titled
from assistant.question.short_titles import Named, made_of, title_endings
from assistant.schema.document import Document, DocumentMeta
from assistant.schema.retrieval import Query
from assistant.text.tables import packaged, read_table

_GAP = r"[^，。；：？?、]{0,4}?"  # between 哪天 and 施行
# 是人民银行发的吗: whoever states an issuer asks who it was.
_OFFICES = r"银行|总局|国务院|人大|常委会|政府|委员会|办公厅|办公室|[\u4e00-\u9fff]{1,4}[局部委院会]|央行"
_OFFICE = rf"(?:由|是)[\u4e00-\u9fff]{{0,14}}?(?:{_OFFICES})"
_THIS = re.compile(rf"[这那该本此]一?[个份部项]?(?:文件|{'|'.join(title_endings())})")


class Fact(StrEnum):
    """What a document says of itself, or shows by its tree."""

    EFFECTIVE = "effective"
    ISSUED = "issued"
    EXPIRES = "expires"
    ISSUER = "issuer"
    NUMBER = "document_number"
    TITLE = "title"
    ARTICLES = "articles"
    CHAPTERS = "chapters"
    PARTS = "parts"
    ANNEXES = "annexes"


@dataclass(frozen=True, slots=True, kw_only=True)
class FactAsked:
    """Facts asked of one document."""

    document: DocumentMeta
    facts: tuple[tuple[Fact, str], ...]  # each with its name in Chinese, in the order of the table


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    fact: Fact
    label: str
    names: tuple[str, ...] = Field(min_length=1)
    does: tuple[str, ...] = ()
    asking: str | None = Field(default=None, alias="with")


class _Table(BaseModel):
    """What the table says; see its head."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    facts: tuple[_Line, ...]
    asking: dict[str, tuple[str, ...]] = Field(alias="with")
    around: frozenset[str]

    @model_validator(mode="after")
    def _known(self) -> Self:
        if any(line.asking is not None and line.asking not in self.asking for line in self.facts):
            raise ValueError("with")
        return self


class DocumentFacts:
    """Query → FactAsked.

    Args:
        mentions: the documents that a text names.
        named: what a text puts as a title; in a question after such a fact 首贷户通知 is one.
    """

    def __init__(
        self,
        mentions: Callable[[str], Sequence[Mention]],
        named: Callable[[str], Sequence[Named]],
        load: Callable[[str], Document],
    ) -> None:
        self._mentions = mentions
        self._named = named
        self._load = load

    def asked(self, query: Query, eligible: frozenset[str]) -> FactAsked | None:
        """The facts that the last turn asks of one document, and of nothing else; `None` when it asks otherwise.

        The document is named by that turn, else by one before it, else it is the only one of the library.
        """
        mentions = self._titled(query.text)
        rest = _without(query.text, mentions)
        found = tuple((line, pattern) for line, pattern in _patterns() if pattern.search(rest))
        if not found:
            return None
        for _, pattern in found:
            rest = pattern.sub("，", rest)
        if not _says_nothing(rest):
            return None
        meta = self._document(query, mentions, eligible)
        return FactAsked(document=meta, facts=tuple((line.fact, line.label) for line, _ in found)) if meta else None

    def _titled(self, text: str) -> tuple[Mention, ...]:
        return titled(self._mentions(text), self._named(text))

    def _document(self, query: Query, mentions: Sequence[Mention], eligible: frozenset[str]) -> DocumentMeta | None:
        """The document asked about."""
        for named in (mentions, *map(self._titled, reversed(query.context))):
            if named:
                return _one(named, eligible)
        if len(eligible) == 1:
            return self._load(next(iter(eligible))).meta
        return None


def _one(mentions: Sequence[Mention], eligible: frozenset[str]) -> DocumentMeta | None:
    """The only document that `mentions` name, of several versions the one that may be rested on."""
    documents = {meta.id: meta for mention in mentions for meta in mention.documents}
    current = [meta for meta in documents.values() if meta.id in eligible] or list(documents.values())
    return current[0] if len(current) == 1 else None


def _without(text: str, mentions: Sequence[Mention]) -> str:
    """`text` without the titles in it."""
    for mention in reversed(mentions):
        text = text[: mention.start] + "，" + text[mention.end :]
    return text


def _says_nothing(rest: str) -> bool:
    """Whether each stretch of `rest` is made of words that may stand around a fact."""
    pieces = re.findall(r"\w+", _THIS.sub("，", rest))
    return all(made_of(piece, _table().around) == len(piece) for piece in pieces)


@lru_cache(maxsize=1)
def _table() -> _Table:
    """The table.

    Raises:
        SettingsError: it cannot be used.
    """
    return read_table(packaged("document_facts.yaml"), _Table)


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[_Line, re.Pattern[str]], ...]:
    """What asks for each fact."""
    return tuple((line, _pattern(line)) for line in _table().facts)


def _pattern(line: _Line) -> re.Pattern[str]:
    ways = [_any(line.names)]
    if line.does and line.asking:
        asking, does = _any(_table().asking[line.asking]), _any(line.does)
        ways += [f"{asking}{_GAP}{does}", f"{does}{_GAP}{asking}"]
    if line.fact is Fact.ISSUER:
        ways.append(rf"{_OFFICE}{_GAP}{_any(line.does)}")
    return re.compile("|".join(ways))


def _any(words: Sequence[str]) -> str:
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return f"(?:{'|'.join(map(re.escape, longest_first))})"
