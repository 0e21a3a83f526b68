"""Talk packs over small libraries, and people who edit the files."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from assistants import TODAY, memory_assistant
from memory_library import MemoryLibrary
from sample_texts import law, notice

from assistant.models.standins import HashingEmbedder
from assistant.products.talks.checking import check_pack
from assistant.products.talks.choosing import Brief
from assistant.products.talks.draft import draft_talk
from assistant.products.talks.export import Pack, pack_of
from assistant.products.talks.findings import PackCheck
from assistant.products.talks.library import TalkLibrary
from assistant.products.talks.model import Proved, Talk
from assistant.products.talks.proving import Prover, prove_talk
from assistant.products.talks.reading import DOCX, PPTX, read_back
from assistant.products.talks.register import read_register
from assistant.schema.document import Document

BRIEF = Brief(audience="种粮农户", topic="贷款审查与续贷", minutes=20)


def library_of(*documents: Document, day: date = TODAY) -> TalkLibrary:
    """A library in memory; without documents the notice and the law of `sample_texts`."""
    held = documents or (notice(), law())
    return TalkLibrary(assistant=memory_assistant(MemoryLibrary(held, HashingEmbedder())), day=day)


def prover_of(library: TalkLibrary) -> Prover:
    """The proof over a library on its day."""
    return Prover(library.documents(), library.load, day=library.day)


def drafted(library: TalkLibrary, brief: Brief = BRIEF) -> tuple[Talk, Proved]:
    """A talk, and its proof."""
    prover = prover_of(library)
    talk = draft_talk(brief, library, prover)
    return talk, prove_talk(talk, prover)


def packed(library: TalkLibrary, brief: Brief = BRIEF) -> Pack:
    """The files of a talk."""
    return pack_of(drafted(library, brief)[1])


def checked(raw: bytes, kind: str, library: TalkLibrary, *, register: str | None = "inside") -> PackCheck:
    """The check of a file; `register=None` looks at its sources alone."""
    given = read_back(raw, kind)
    held = given.register if register == "inside" else register
    return check_pack(given, read_register(held) if held is not None else None, prover_of(library))


def as_of(document: Document, **facts: Any) -> Document:
    """The document with other facts: repealed, replaced."""
    return replace(document, meta=replace(document.meta, **facts))


KINDS = (PPTX, DOCX)
