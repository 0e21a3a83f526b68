"""What a sentence cites: the kinds of names and of places that the finding of citations gives to the proof."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from assistant.parsing.addresses import Address
from assistant.schema.document import DocumentMeta


class Fault(StrEnum):
    """Why a name is that of no document here."""

    TITLE = "title"
    YEAR = "year"
    NUMBER = "number"
    ISSUER = "issuer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A document named in a sentence, in several versions perhaps. `raw` is how it was written."""

    start: int
    end: int
    raw: str
    documents: tuple[DocumentMeta, ...] = ()
    versioned: bool = False  # a year or a number picked the version
    quoted: bool = False  # written in 《》


class FullTitle(Named):
    """The whole title, an alias or an id."""


class ShortTitle(Named):
    """个保法, 陕西2024年小微通知: a short form in use."""


class DocumentNumber(Named):
    """国务院令第790号."""


class BackReference(Named):
    """该法, or nothing at all: the document cited before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownTitle(Named):
    """A name that no document bears in this form."""

    fault: Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """One citation: a document, or several versions of it, and the addresses in it (none: the whole of it)."""

    start: int
    end: int
    raw: str
    name: Named | None  # None: an address without a document
    addresses: tuple[Address, ...]
    ranged: bool = False

    @property
    def unknown(self) -> bool:
        """Whether it names a document that is not here."""
        return isinstance(self.name, UnknownTitle)


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What a text has cited so far: 该法, 该条 and 上一条 go back to it."""

    documents: tuple[DocumentMeta, ...] = ()
    versioned: bool = False
    article: Address | None = None

    def after(self, cited: Cited) -> Memory:
        """The memory after one more citation."""
        if cited.name is None or not cited.name.documents:
            return self
        article = None
        for address in cited.addresses:
            steps = [s for s in address.steps if s.kind in ("条", "一", "（一）")]
            if steps and steps[0].kind == "条":
                article = Address(tuple(steps[:1]))
        return Memory(documents=cited.name.documents, versioned=cited.name.versioned, article=article)
