"""An embedder that is late does not hold up the answer that words alone give, and the answer says so."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from threading import Event

import pytest
from memory_library import MemoryLibrary
from sample_texts import law, notice

from assistant.models.in_time import EmbedderInTime
from assistant.models.protocols import Vectors
from assistant.models.standins import HashingEmbedder
from assistant.question.lay_words import Expander
from assistant.retrieval.hybrid import HybridRetriever
from assistant.schema.retrieval import Query, RetrievalMode, Retrieved, mode_of

_QUESTION = "能不能用续贷掩盖信用风险？"


class Slow(HashingEmbedder):
    """Does not answer a question before it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.go = Event()
        self.asked = 0

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        self.asked += 1
        self.go.wait(60)
        return super().embed_queries(texts)


def _ask(library: MemoryLibrary, embedder: Slow, *, rewritten: str | None = None) -> Retrieved:
    retriever = HybridRetriever(library, EmbedderInTime(embedder, 0.02), Expander([]))
    query = Query(text=_QUESTION, standalone=_QUESTION, rewritten=rewritten)
    try:
        return retriever.retrieve(query, today=date(2026, 1, 1))
    finally:
        embedder.go.set()


@pytest.fixture
def library() -> MemoryLibrary:
    return MemoryLibrary([notice(), law()], HashingEmbedder())


def test_words_answer_alone_and_it_is_said(library: MemoryLibrary) -> None:
    found = _ask(library, Slow())
    assert found.degraded == ("dense",)
    assert mode_of(found.degraded) is RetrievalMode.LEXICAL
    assert found.ranking[0].chunk_id == "notice#二、（一）"


def test_it_is_waited_for_once_a_question(library: MemoryLibrary) -> None:
    slow = Slow()
    assert _ask(library, slow, rewritten="续贷 掩盖 信用风险").degraded == ("dense",)
    assert slow.asked == 1


def test_what_the_library_does_without_is_said(library: MemoryLibrary) -> None:
    library.degraded = ("previous", "chroma")
    found = HybridRetriever(library, HashingEmbedder(), Expander([])).retrieve(
        Query(text=_QUESTION, standalone=_QUESTION), today=date(2026, 1, 1)
    )
    assert found.degraded == ("previous", "chroma")


@pytest.mark.parametrize(
    ("degraded", "mode"),
    [
        ((), "hybrid"),
        (("rerank", "lexical"), "hybrid"),
        (("chroma",), "exact"),
        (("chroma", "previous"), "previous"),
        (("previous", "dense"), "lexical"),
    ],
)
def test_the_mode_is_the_worst_of_it(degraded: Collection[str], mode: str) -> None:
    assert mode_of(degraded) == mode
