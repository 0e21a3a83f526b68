"""Every search that a question makes: as a whole, part by part, and in each of two versions that it compares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Protocol

from assistant.errors import ModelError
from assistant.question.parts import Part
from assistant.question.understanding import without_assumed_ban
from assistant.question.versions_asked import VersionReader, without_days, without_versions
from assistant.retrieval.hybrid import HybridRetriever
from assistant.safety.intrusions import intrusive
from assistant.schema.document import DocumentMeta
from assistant.schema.retrieval import Query, Retrieved

_BRIEF_PART = 12  # characters; a part so short leaves out whose matter it asks after


class FindingPort(Protocol):
    """What is asked of retrieval: `Finder`, or `ClauseRetriever` where LangChain is loaded anyway."""

    @property
    def hybrid(self) -> HybridRetriever: ...
    def find(self, query: Query) -> Retrieved: ...


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
    """Query → Retrieved, for the whole question and for what is asked inside it.

    Args:
        rewriter: lets a language model put the question into policy wording, which is searched beside it.
        today: gives the date in 北京时间.
    """

    def __init__(
        self,
        finder: FindingPort,
        versions: VersionReader,
        *,
        rewriter: RewritingPort | None,
        today: Callable[[], date],
    ) -> None:
        self._finder = finder
        self._versions = versions
        self._rewriter = rewriter
        self._today = today

    def ranked(self, query: Query, *, rewrite: bool) -> Retrieved:
        """What retrieval finds for the question and, where that is wanted, for its policy wording beside it.

        Without the wording the question's own words are searched alone, and `degraded` says "rewrite".
        """
        if self._rewriter is None or not rewrite:
            return self._finder.find(query)
        wording = self._rewriter.rewrite(query.standalone)
        found = replace(self._finder.find(replace(query, rewritten=wording.text)), query=query)
        return found if wording.error is None else replace(found, degraded=(*found.degraded, "rewrite"))

    def evidence(self, query: Query, *, rewrite: bool) -> Retrieved:
        """The same for the words that matter of the question, and only what may be quoted."""
        return quotable(self.ranked(replace(query, standalone=self._worded(query)), rewrite=rewrite))

    def sides(self, query: Query) -> tuple[Retrieved, ...]:
        """The question asked of each of the versions that it compares, the newer first."""
        text = self._versions.without_titles(without_versions(query.standalone))
        return tuple(self.in_version(query, meta, text) for meta in reversed(query.pair or ()))

    def in_version(self, query: Query, document: DocumentMeta, text: str) -> Retrieved:
        """`text` asked of one version alone."""
        filters = replace(query.filters, document_ids=frozenset({document.id}))
        alone = replace(query, text=text, standalone=text, pair=None, named=frozenset(), filters=filters)
        return self._finder.find(alone)

    def part(self, query: Query, part: Part, whose: frozenset[str] | None) -> Retrieved:
        """The evidence for one part of a question, out of the document that the part itself names.

        A part too brief to name its matter (多久答复) is looked for where the whole question was found (`whose`).
        A choice of documents made by whoever asks is never widened.
        """
        brief = whose if len(part.text) <= _BRIEF_PART else None
        named = part.documents or brief
        if named and query.document_ids is not None:
            named = (named & query.document_ids) or None
        filters = replace(query.filters, document_ids=named or query.document_ids)
        return quotable(self._finder.find(replace(query, text=part.text, standalone=part.search, filters=filters)))

    def _worded(self, query: Query) -> str:
        """The words to search with: without a ban taken for granted, without the day that has chosen the versions,
        and without the title of the one document named, for it is like every clause of that document."""
        text = without_assumed_ban(query.standalone)
        if query.day or query.as_of:
            text = without_days(text, self._today())
        return self._versions.without_titles(text) if len(query.named) == 1 else text


def quotable(found: Retrieved) -> Retrieved:
    """`found` without sentences that order a machine about or lead elsewhere, and clauses of nothing else."""
    evidence = (
        replace(e, sentences=tuple(s for s in e.sentences if not intrusive(s.chunk.plain))) for e in found.evidence
    )
    return replace(found, evidence=tuple(e for e in evidence if e.sentences))
