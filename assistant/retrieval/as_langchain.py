"""The retriever as LangChain knows it, so that any chain, agent or tracer of LangChain can use it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document as LangChainDocument
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableConfig
from pydantic import ConfigDict

from assistant.safety.personal.screening import screen
from assistant.schema.retrieval import Evidence, Retrieved


class ClauseRetriever(BaseRetriever):
    """A `BaseRetriever`: a question in, clauses with their addresses out.

    `invoke("…")` takes a question; `metadata["evidence"]` carries our own noun, sentences and scores included.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    find: Callable[[str], Retrieved]  # everything the retrieval gives for a question, in our own nouns

    def invoke(self, input: str, config: RunnableConfig | None = None, **kwargs: Any) -> list[LangChainDocument]:
        """As LangChain has it; callbacks and tracers see the masked question alone."""
        return super().invoke(screen(input).question, config, **kwargs)

    async def ainvoke(self, input: str, config: RunnableConfig | None = None, **kwargs: Any) -> list[LangChainDocument]:
        """As `invoke`."""
        return await super().ainvoke(screen(input).question, config, **kwargs)

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002 - LangChain passes it
    ) -> list[LangChainDocument]:
        return [_as_document(evidence) for evidence in self.find(screen(query).searched).evidence]


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
