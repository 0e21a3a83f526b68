"""The retriever as LangChain knows it, so that any chain, agent or tracer of LangChain can use it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document as LangChainDocument
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableConfig
from pydantic import ConfigDict

from assistant.retrieval.hybrid import HybridRetriever
from assistant.safety.personal.screening import screen
from assistant.schema.retrieval import Evidence, Query, Retrieved


class ClauseRetriever(BaseRetriever):
    """A `BaseRetriever` over `HybridRetriever`: a question in, clauses with their addresses out.

    `invoke("…")` takes a question; `metadata["evidence"]` carries our own noun, sentences and scores included.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    hybrid: HybridRetriever
    today: Callable[[], date]
    rights: frozenset[str] = frozenset()  # labels of documents that whoever is served may see

    def invoke(self, input: str, config: RunnableConfig | None = None, **kwargs: Any) -> list[LangChainDocument]:
        """As LangChain has it; callbacks and tracers see the masked question alone."""
        return super().invoke(screen(input).question, config, **kwargs)

    async def ainvoke(self, input: str, config: RunnableConfig | None = None, **kwargs: Any) -> list[LangChainDocument]:
        """As `invoke`."""
        return await super().ainvoke(screen(input).question, config, **kwargs)

    def find(self, query: Query) -> Retrieved:
        """Everything the retrieval gives, in our own nouns; what the pipeline calls."""
        return self.hybrid.retrieve(query, today=self.today())

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002 - LangChain passes it
    ) -> list[LangChainDocument]:
        question = screen(query).searched
        return [
            _as_document(e) for e in self.find(Query(text=question, standalone=question, rights=self.rights)).evidence
        ]


def _as_document(evidence: Evidence) -> LangChainDocument:
    chunk = evidence.chunk
    return LangChainDocument(
        id=chunk.id,
        page_content=chunk.plain,
        metadata={
            "document_id": chunk.document_id,
            "address": chunk.unit,
            "heading_path": list(chunk.heading_path),
            "rank": evidence.rank,
            "score": evidence.score,
            "evidence": evidence,
        },
    )
