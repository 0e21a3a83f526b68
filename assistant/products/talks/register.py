"""The register of a pack: page → line → clause → hash, so that a file can be held against what was exported.

It stands beside the files as JSON and inside them as a part of their package, which office programs leave alone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.errors import InputError
from assistant.products.talks.model import Proved, SlideKind, hash_of
from assistant.products.talks.pages import Kind, Page

FORM = "puhui-talk-register/1"


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EntryPoint(_Body):
    """A point: what its statement rests on. The quote is what stood in the clause on the day."""

    id: str
    text: str
    quote: str
    document: str
    title: str  # of the document
    address: str
    clause_hash: str
    proved: bool
    written: bool


class EntryLine(_Body):
    """One line of a page."""

    kind: Kind
    text: str
    point: str
    hash: str


class EntryPage(_Body):
    """One page of the slides, and the section of the handout that has its lines."""

    number: int
    slide: str
    kind: SlideKind
    lines: tuple[EntryLine, ...]


class Register(_Body):
    """Everything that was exported."""

    form: Literal["puhui-talk-register/1"] = "puhui-talk-register/1"
    topic: str
    audience: str
    minutes: int
    checked_on: date
    generation: str
    points: tuple[EntryPoint, ...]
    pages: tuple[EntryPage, ...]
    handout: tuple[EntryLine, ...]  # the lines of the handout in their order

    def point(self, name: str) -> EntryPoint | None:
        """The point of an id."""
        return next((point for point in self.points if point.id == name), None)

    def as_json(self) -> str:
        return json.dumps(self.model_dump(mode="json"), ensure_ascii=False, indent=1)


def register_of(proved: Proved, pages: Sequence[Page], handout: Sequence[EntryLine]) -> Register:
    """The register of a talk whose pages these are."""
    talk = proved.talk
    return Register(
        topic=talk.topic,
        audience=talk.audience,
        minutes=talk.minutes,
        checked_on=talk.checked_on,
        generation=talk.generation,
        points=tuple(
            EntryPoint(
                id=point.id,
                text=point.text,
                quote=point.quote,
                document=point.document,
                title=proved.title_of(point.document),
                address=point.address,
                clause_hash=point.clause_hash,
                proved=proved.judged[point.id].good,
                written=point.written,
            )
            for point in talk.points()
        ),
        pages=tuple(
            EntryPage(
                number=page.number,
                slide=page.slide.id,
                kind=page.slide.kind,
                lines=tuple(entry(line.kind, line.text, line.point) for line in page.lines()),
            )
            for page in pages
        ),
        handout=tuple(handout),
    )


def entry(kind: Kind, text: str, point: str = "") -> EntryLine:
    """A line with its hash."""
    return EntryLine(kind=kind, text=text, point=point, hash=hash_of(text))


def read_register(raw: str | bytes) -> Register:
    """A register that was written before.

    Raises:
        InputError: it is none.
    """
    try:
        return Register.model_validate_json(raw)
    except ValidationError:
        raise InputError("登记表（.register.json）不是本程序写出的，或已被改动，请使用导出时的原件。") from None
