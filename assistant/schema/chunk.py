"""Passages to index, cut along clause lines."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NewType

from assistant.schema.document import Span

ChunkId = NewType("ChunkId", str)


class ChunkKind(StrEnum):
    """How large a passage is."""

    CLAUSE = "clause"  # a whole unit clause: 条, （十）, title, preamble
    SENTENCE = "sentence"  # one sentence of it
    PHRASING = "phrasing"  # a question that a clause or a sentence answers: searched, never shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A passage. `document.text[span.start:span.end] == text`."""

    id: ChunkId  # document_id#address, and @start-end for a sentence
    kind: ChunkKind
    document_id: str
    unit: str  # the address of the unit clause it belongs to
    address: str  # the address of the smallest clause that holds it
    heading_path: tuple[str, ...]  # document title, then the headings down to the unit
    span: Span
    text: str
    plain: str  # `text` as a reader sees it: page breaks and padding taken out
    lead: str = ""  # for an item of a list: the words it continues (有下列情形之一的：), as a reader sees them
    subject: str | None = None  # who is addressed (各银行机构), carried over from sentences before
    parent_id: ChunkId | None = None  # the clause chunk a sentence or a phrasing belongs to
    answers: ChunkId | None = None  # of a phrasing: the clause or sentence chunk whose words all other fields give
    phrasing: str | None = None  # of a phrasing: the question, which is no word of the document

    @property
    def indexed_text(self) -> str:
        """What is embedded and counted: headings before a whole clause, a list's lead before its item."""
        if self.phrasing is not None:
            return self.phrasing
        return "\n".join((*self.heading_path, self.plain)) if self.kind is ChunkKind.CLAUSE else self.lead + self.plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrasing:
    """One question and where its answer stands."""

    document_id: str
    clause: str  # address of a unit clause: 二、（三）
    answered_by: str | None  # words of the sentence that answers it; None is the clause as a whole
    question: str
    origin: str  # "hand", or "llm:" and the model's name
    reviewed: bool  # whether a person has looked at it
    path: Path  # the file it stands in
