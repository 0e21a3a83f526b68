"""What the doors ask of the assistant. `assistant.pipeline.PolicyAssistant` satisfies it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Protocol

from assistant.models.protocols import Vectors
from assistant.products.talks.draft import PlainPort
from assistant.proof.verifier import Checked
from assistant.schema.answer import Answer, AnswerEvent, RelatedPolicy
from assistant.schema.document import Document, DocumentMeta
from assistant.schema.inquiry import Inquiry
from assistant.schema.retrieval import Retrieved


class Assistant(Protocol):
    """Answers questions and lists the library. Safe to call from several threads.

    `rights` are the labels that whoever asks holds, `None` those this process was started with; an inquiry brings
    its own. A document that may not be seen does not exist.
    """

    @property
    def generation(self) -> str:
        """The fingerprint of the index that answers."""
        ...

    @property
    def degraded(self) -> tuple[str, ...]:
        """What every answer has to do without for now, as `Answer.degraded` has it."""
        ...

    @property
    def embedder_id(self) -> str:
        """The model that the index was built with."""
        ...

    @property
    def llm_id(self) -> str | None:
        """The language model that writes answers, if one does."""
        ...

    @property
    def plain_writer(self) -> PlainPort | None:
        """What puts statements into plain words, where a language model is set."""
        ...

    def ask(self, inquiry: Inquiry) -> Answer:
        """The whole answer.

        Raises:
            AssistantError: the question, the index or a model cannot be used.
        """
        ...

    def stream(self, inquiry: Inquiry) -> Iterator[AnswerEvent]:
        """The same answer in pieces: one `SourcesEvent`, `DeltaEvent`s, one `DoneEvent`."""
        ...

    def search(self, inquiry: Inquiry, *, limit: int = 10) -> Retrieved:
        """The ranking alone, its first `limit` lines.

        Raises:
            AssistantError: the question, the index or a model cannot be used.
        """
        ...

    def documents(self, rights: frozenset[str] | None = None) -> tuple[DocumentMeta, ...]:
        """Every document of the library that may be seen."""
        ...

    def hidden(self, rights: frozenset[str] | None = None) -> tuple[DocumentMeta, ...]:
        """Every document of the library that may not be seen; what was said of them is kept back. Never shown."""
        ...

    def document(self, document_id: str, rights: frozenset[str] | None = None) -> Document:
        """One document.

        Raises:
            NotFoundError: the library does not hold it.
        """
        ...

    def verify(
        self, text: str, *, as_of: date | None = None, rights: frozenset[str] | None = None
    ) -> tuple[Checked, ...]:
        """Every sentence of a text with its verdict.

        Raises:
            InputError: the text is empty, too long or broken.
        """
        ...

    def embed(self, texts: Sequence[str], *, as_queries: bool) -> Vectors:
        """Vectors of texts by the model that the index was built with: as questions, or as passages.

        Raises:
            ModelError: the model is not there.
        """
        ...

    def related_to(
        self, document_id: str, address: str, rights: frozenset[str] | None = None
    ) -> tuple[RelatedPolicy, ...]:
        """Pointers to the policies beside one clause; empty when none are known."""
        ...


# Gives the assistant of this process, or raises the AssistantError that says why there is none.
AssistantProvider = Callable[[], Assistant]
