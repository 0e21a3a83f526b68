"""Every search that a question makes: as a whole, part by part, and in each of two versions that it compares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Protocol

from assistant.errors import ModelError
from assistant.question.reading import PartReading, Reading
from assistant.safety.intrusions import intrusive
from assistant.schema.retrieval import Query, Retrieved, Treated

_BRIEF_PART = 12  # characters; a part so short leaves out whose matter it asks after


class RetrieverPort(Protocol):
    """What is asked of a retriever: a ranking, and whether the library treats what a question is like."""

    def retrieve(self, query: Query, *, today: date) -> Retrieved: ...
    def treats(self, question: str) -> Treated: ...


class WordingPort(Protocol):
    """A question in policy wording; no `text` when there is none, with `error` when that is a fault."""

    @property
    def text(self) -> str | None: ...
    @property
    def error(self) -> ModelError | None: ...


class RewritingPort(Protocol):
    """Puts a question into policy wording."""

    def rewrite(self, question: str) -> WordingPort: ...


class Searcher:
    """Reading → Retrieved, for the whole question and for what is asked inside it.

    Args:
        rewriter: lets a language model put the question into policy wording, which is searched beside it.
        today: gives the date in 北京时间.
    """

    def __init__(
        self, retriever: RetrieverPort, *, today: Callable[[], date], rewriter: RewritingPort | None = None
    ) -> None:
        self._retriever = retriever
        self._today = today
        self._rewriter = rewriter

    def find(self, query: Query) -> Retrieved:
        """Everything the retrieval gives for `query` today."""
        return self._retriever.retrieve(query, today=self._today())

    def ranked(self, query: Query, *, rewrite: bool) -> Retrieved:
        """What retrieval finds for the question and, where that is wanted, for its policy wording beside it.

        Without the wording the question's own words are searched alone, and `degraded` says "rewrite".
        """
        if self._rewriter is None or not rewrite:
            return self.find(query)
        wording = self._rewriter.rewrite(query.standalone)
        found = replace(self.find(replace(query, rewritten=wording.text)), query=query)
        return found if wording.error is None else replace(found, degraded=(*found.degraded, "rewrite"))

    def evidence(self, reading: Reading, *, rewrite: bool) -> Retrieved:
        """The same for the words that matter of the question, and only what may be quoted."""
        treated = self._retriever.treats(reading.standalone)
        found = quotable(self.ranked(reading.search, rewrite=rewrite))
        return replace(found, treated=treated)

    def sides(self, reading: Reading) -> tuple[Retrieved, ...]:
        """What is found in each of the versions that the question compares, the newer first."""
        return tuple(map(self.find, reading.sides))

    def part(self, reading: PartReading, whose: frozenset[str] | None) -> Retrieved:
        """The evidence for one part of a question, out of the document that the part itself names.

        A part too brief to name its matter (多久答复) is looked for where the whole question was found (`whose`).
        A choice of documents made by whoever asks is never widened.
        """
        query = reading.query
        named = reading.part.documents or (whose if len(reading.part.text) <= _BRIEF_PART else None)
        if named and query.document_ids is not None:
            named = (named & query.document_ids) or None
        filters = replace(query.filters, document_ids=named or query.document_ids)
        return quotable(self.find(replace(query, filters=filters)))


def quotable(found: Retrieved) -> Retrieved:
    """`found` without sentences that order a machine about or lead elsewhere, and clauses of nothing else."""
    evidence = (
        replace(e, sentences=tuple(s for s in e.sentences if not intrusive(s.chunk.plain))) for e in found.evidence
    )
    return replace(found, evidence=tuple(e for e in evidence if e.sentences))
