"""What a talk asks of the library: documents that may be seen, their trees, and the ranking for a question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from assistant.schema.document import Document, DocumentMeta
from assistant.schema.inquiry import Inquiry
from assistant.schema.retrieval import Filters, Retrieved


class AssistantPort(Protocol):
    """The assistant, as far as a talk needs it."""

    @property
    def generation(self) -> str: ...
    def documents(self, rights: frozenset[str] | None = None) -> tuple[DocumentMeta, ...]: ...
    def document(self, document_id: str, rights: frozenset[str] | None = None) -> Document: ...
    def search(self, inquiry: Inquiry, *, limit: int = 10) -> Retrieved: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkLibrary:
    """The library as one person sees it on one day.

    `rights`: labels that they hold; `None`: those of this process. `chosen`: the documents that a talk may rest on;
    `None`: all that may be seen.
    """

    assistant: AssistantPort
    day: date
    rights: frozenset[str] | None = None
    chosen: frozenset[str] | None = None

    @property
    def generation(self) -> str:
        return self.assistant.generation

    def documents(self) -> Sequence[DocumentMeta]:
        """Every document that may be seen."""
        return self.assistant.documents(self.rights)

    def load(self, document_id: str) -> Document:
        """One of them with its tree.

        Raises:
            NotFoundError: there is no such document for them.
        """
        return self.assistant.document(document_id, self.rights)

    def search(self, words: str, *, limit: int) -> Retrieved:
        """The clauses in force on the day that are nearest to some words."""
        filters = Filters(document_ids=self.chosen, as_of=self.day)
        return self.assistant.search(Inquiry(question=words, filters=filters, rights=self.rights), limit=limit)
