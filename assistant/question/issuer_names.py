"""Documents named by whoever issued them: 柏川农商行的延期还本 is asked of the one document of 柏川农村商业银行.

A name counts where the library holds one text of that issuer. Who is called so by two issuers, or issued two texts,
names none of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pydantic import BaseModel, ConfigDict, Field

from assistant.question.short_titles import opens_here, plain_title
from assistant.schema.document import DocumentMeta
from assistant.text.institutions import known_institutions
from assistant.text.tables import packaged, read_table

_SHORTEST = 4  # characters of a name: 柏川农商
_PROPER = 2  # … of what is proper to it


class _Table(BaseModel):
    """What the table says; see its head."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    forms: dict[str, tuple[str, ...]] = Field(min_length=1)
    place_ends: tuple[str, ...] = Field(min_length=1)
    before: tuple[str, ...]
    behind: tuple[str, ...] = Field(min_length=1)
    any_text: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A name of an issuer in a question, and its one document in all its versions."""

    start: int
    end: int
    documents: tuple[DocumentMeta, ...]


class IssuerNames:
    """Question → Issued."""

    def __init__(self, documents: Sequence[DocumentMeta]) -> None:
        issued: dict[str, dict[str, list[DocumentMeta]]] = {}  # name → title → its versions
        for meta in documents:
            for name in {name for issuer in _issuers(meta) for name in names_of(issuer)}:
                issued.setdefault(name, {}).setdefault(plain_title(meta), []).append(meta)
        self._documents = {name: tuple(*texts.values()) for name, texts in issued.items() if len(texts) == 1}
        longest_first = sorted(issued, key=lambda name: (-len(name), name))
        self._pattern = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")

    def named(self, question: str) -> tuple[Issued, ...]:
        """Where `question` is asked of the one document of an issuer, in its order."""
        return tuple(
            Issued(start=match.start(), end=match.end(), documents=held)
            for match in self._pattern.finditer(question)
            if (held := self._documents.get(match[0])) and _asked_of(question, match)
        )


def may_end(word: str, documents: Sequence[DocumentMeta]) -> bool:
    """Whether `word`, said of an issuer's text, may be that of `documents`: 规定 of any, 办法 of a 办法."""
    return word in _table().any_text or any(plain_title(meta).endswith(word) for meta in documents)


@lru_cache(maxsize=1024)
def names_of(issuer: str) -> frozenset[str]:
    """What an issuer is called, its full name among it; none for one that the table has no form for.

    >>> sorted(names_of("柏川县农村信用合作联社"))[-1]
    '柏川联社'
    """
    found: set[str] = set()
    waiting = [issuer]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        forms = list(_forms_of(name))
        if not forms and name == issuer:
            return frozenset()
        found.add(name)
        for proper, others in forms:
            waiting += [other.replace("*", proper) for other in others]
            if "*" not in others:
                waiting += [name.replace(proper, short, 1) for short in _shorter(proper)]
    return frozenset(name for name in found if len(name) >= _SHORTEST and not _everybodys(name))


def _forms_of(name: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What is proper to `name`, and what else it is called, by each form that it has."""
    for form, others in _table().forms.items():
        head, _, end = form.partition("*")
        proper = name[len(head) : len(name) - len(end)]
        if name.startswith(head) and name.endswith(end) and len(proper) >= _PROPER:
            yield proper, others


def _shorter(proper: str) -> Iterator[str]:
    """`proper` without the places above it, and without the word that its place ends with."""
    for match in _place_end().finditer(proper):
        for short in (proper[match.end() :], proper[: match.start()] if match.end() == len(proper) else ""):
            if len(short) >= _PROPER:
                yield short


def _issuers(meta: DocumentMeta) -> tuple[str, ...]:
    """Who issued a document: as it says, else whose name its title begins with."""
    known = meta.issuers or ((meta.issuer,) if meta.issuer else ())
    if known:
        return known
    opened = _issuer_of_title().match(meta.title)
    return (opened[0],) if opened else ()


def _asked_of(question: str, match: re.Match[str]) -> bool:
    """Whether the name opens a question of what its document says; 在柏川农商行, 柏川农商行城关支行 do not."""
    before, table = question[: match.start()], _table()
    opened = opens_here(before) or before.endswith(table.before)
    return opened and question.startswith(table.behind, match.end())


@lru_cache(maxsize=1)
def _table() -> _Table:
    """The table.

    Raises:
        SettingsError: it cannot be used.
    """
    return read_table(packaged("issuer_names.yaml"), _Table)


def _everybodys(name: str) -> bool:
    """Whether `name` is that of a kind of institution, or of one that every text speaks of: 村镇银行, 人民银行."""
    known = known_institutions()
    return known.bodies.fullmatch(name) is not None or any(name in words for words in known.aliases().values())


@lru_cache(maxsize=1)
def _place_end() -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(_table().place_ends, key=lambda end: (-len(end), end)))))


@lru_cache(maxsize=1)
def _issuer_of_title() -> re.Pattern[str]:
    """The name that a title begins with, by the forms that end with a word: 柏川农村商业银行小微企业…操作办法."""
    ends = sorted((f.removeprefix("*") for f in _table().forms if f.startswith("*")), key=lambda end: (-len(end), end))
    return re.compile(rf"[\u4e00-\u9fff]{{2,12}}?(?:{'|'.join(map(re.escape, ends))})+")
