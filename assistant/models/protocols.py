"""What this product asks of a model. Other people's classes stop at their adapter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class CosineScale:
    """Brings the cosines of a model onto the scale of the published multilingual-e5-small.

    Models differ in how near they put a question to the clause that answers it and to all others. The limits of this
    program (when a question is off topic, how far a phrasing is believed) are cosines of the published model; a line
    through two points, the mean of both kinds on held-out documents, makes them hold for a trained one.
    """

    factor: float = 1.0  # above 0: no order changes
    shift: float = 0.0

    def published(self, cosine: float) -> float:
        """What the published model would give for a pair as near as this."""
        return self.factor * cosine + self.shift


def scale_of(embedder: object) -> CosineScale:
    """The scale that an embedder tells (`cosine_scale`); an unknown model is taken to be like the published one."""
    told = getattr(embedder, "cosine_scale", None)
    return told if isinstance(told, CosineScale) else CosineScale()


class Embedder(Protocol):
    """Turns texts into vectors of unit length.

    `id` names model and quantisation; two embedders with one id give the same vectors. It goes
    into the fingerprint of an index.
    """

    @property
    def id(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of questions, `(len(texts), dimension)`, float32, unit length.

        Raises:
            ModelError: the model is not there or gave something else than such vectors.
        """
        ...

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages, shaped as those of questions."""
        ...


class CrossEncoder(Protocol):
    """Reads a question and a passage together and says how well the passage answers it."""

    @property
    def id(self) -> str: ...

    def score(self, question: str, passages: Sequence[str]) -> Sequence[float]:
        """One finite number for each passage, in their order; higher is better. Comparable within one call.

        Raises:
            ModelError: the model is not there, or gave something else than such numbers.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a reader makes of a question and its candidates. Log-odds; comparable between questions."""

    sentences: tuple[float, ...]  # that each candidate answers, in their order
    answered: float | None  # that any does; None: it puts them in order and cannot tell whether any does
    cut: int = 0  # how many texts were longer than the reader's window


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A sentence that may answer, with what tells where it stands."""

    sentence: str  # behind the lead of the list that it belongs to
    title: str = ""  # of its document
    headings: tuple[str, ...] = ()  # below the title, down to its clause
    before: str = ""  # the words of its clause before it
    after: str = ""  # … and behind it

    @property
    def text(self) -> str:
        """As readers of one text were trained to see it: the title on a line of its own, then the sentence."""
        return f"{self.title}\n{self.sentence}"


class AnswerReader(Protocol):
    """Reads a question with candidate sentences and says which of them answer it."""

    @property
    def id(self) -> str: ...

    def read(self, question: str, candidates: Sequence[Candidate]) -> Judged:
        """Judge all candidates of one question together.

        Raises:
            ModelError: the model is not there, was too slow, or gave something else than such numbers.
        """
        ...


class ChatModel(Protocol):
    """Completes a prompt, piece by piece."""

    @property
    def id(self) -> str: ...

    def stream(self, system: str, user: str) -> Iterator[str]:
        """Pieces of the model's reply, in order.

        Raises:
            ModelUnavailable: refused, or an error answer.
            ModelTimeout: no first piece, or no next piece, in time; or the whole took too long.
            ModelOutputInvalid: something came that is not text, or more than is allowed.
        """
        ...


@runtime_checkable
class FormingChatModel(Protocol):
    """A chat model whose replies can be held to a form."""

    def stream_json(self, system: str, user: str, schema: Mapping[str, object]) -> Iterator[str]:
        """As `ChatModel.stream`; the reply is JSON of this schema where the server can hold the model to it.

        A server that cannot is asked without: whoever reads the reply checks it all the same.
        """
        ...


def json_pieces(chat: ChatModel, system: str, user: str, schema: Mapping[str, object]) -> Iterator[str]:
    """Pieces of a reply that should be JSON of `schema`, held to it where the model can be."""
    if isinstance(chat, FormingChatModel):
        return chat.stream_json(system, user, schema)
    return chat.stream(system, user)
