"""A proved talk → the files of the pack: slides, handout, and the register of both."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.products.talks.handout import handout_file, handout_lines, rows_of
from assistant.products.talks.model import Proved
from assistant.products.talks.pages import pages_of
from assistant.products.talks.register import register_of
from assistant.products.talks.slides import slides_file


@dataclass(frozen=True, slots=True)
class Pack:
    """The contents of the files."""

    pptx: bytes
    docx: bytes
    register: str  # JSON


def pack_of(proved: Proved, *, base: str | None = None) -> Pack:
    """The pack of a talk.

    Args:
        base: the address of the service, under which its readers find clauses.
    """
    pages = pages_of(proved)
    rows = tuple(rows_of(proved, pages))
    register = register_of(proved, pages, handout_lines(rows))
    return Pack(
        pptx=slides_file(proved, pages, register, base=base),
        docx=handout_file(proved, rows, register, base=base),
        register=register.as_json(),
    )
