"""The best clauses in the order of a cross-encoder; the old order when it fails."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest
from memory_library import MemoryLibrary
from sample_texts import law, notice

from assistant.errors import ModelTimeout, SettingsError
from assistant.models.standins import HashingEmbedder
from assistant.question.lay_words import Expander
from assistant.readers import build_reranker
from assistant.retrieval.hybrid import HybridRetriever
from assistant.retrieval.rerank import Reranker
from assistant.schema.retrieval import Query, Retrieved
from assistant.settings import RerankerKind, RerankerSettings

TODAY = date(2026, 1, 1)
LIBRARY = MemoryLibrary([notice(), law()], HashingEmbedder())
QUESTION = "能不能用续贷掩盖信用风险？"


class Longest:
    """Thinks that the longest passage is the best."""

    id = "longest"

    def __init__(self, fault: Exception | None = None) -> None:
        self.asked: list[tuple[str, list[str]]] = []
        self._fault = fault

    def score(self, question: str, passages: Sequence[str]) -> list[float]:
        self.asked.append((question, list(passages)))
        if self._fault:
            raise self._fault
        return [float(len(passage)) for passage in passages]


def ask(encoder: Longest | None, *, top_k: int = 4, named: frozenset[str] = frozenset()) -> Retrieved:
    reranker = Reranker(encoder=encoder, top_k=top_k) if encoder else None
    retriever = HybridRetriever(LIBRARY, HashingEmbedder(), Expander([]), reranker=reranker)
    return retriever.retrieve(Query(text=QUESTION, standalone=QUESTION, named=named), today=TODAY)


def test_the_first_ones_are_put_in_the_new_order() -> None:
    encoder = Longest()
    before, found = ask(None), ask(encoder)
    [(question, passages)] = encoder.asked
    assert question == QUESTION
    first = [hit.chunk_id for hit in before.ranking[:4]]
    assert passages == [LIBRARY.chunk(chunk_id).indexed_text for chunk_id in first]
    assert [hit.chunk_id for hit in found.ranking[:4]] == sorted(
        first, key=lambda c: -len(LIBRARY.chunk(c).indexed_text)
    )
    assert [hit.chunk_id for hit in found.ranking[:4]] != first
    assert found.ranking[4:] == before.ranking[4:]
    assert [hit.score for hit in found.ranking] == [hit.score for hit in before.ranking]
    assert [hit.rank for hit in found.ranking] == list(range(1, len(found.ranking) + 1))
    assert [e.chunk.id for e in found.evidence] == [hit.chunk_id for hit in found.ranking[: len(found.evidence)]]
    assert found.degraded == ()


def test_named_documents_still_come_first() -> None:
    found = ask(Longest(), named=frozenset({"law_2023"}))
    documents = [hit.chunk_id.partition("#")[0] for hit in found.ranking]
    assert documents == sorted(documents, key=lambda name: name != "law_2023")


def test_when_it_fails_the_order_stays_and_that_is_said() -> None:
    found, before = ask(Longest(ModelTimeout("重排服务没有回复"))), ask(None)
    assert found.degraded == ("rerank",)
    assert (found.ranking, found.evidence) == (before.ranking, before.evidence)


def test_other_faults_are_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        ask(Longest(ZeroDivisionError()))


def test_a_single_hit_needs_no_model() -> None:
    encoder = Longest()
    reranker = Reranker(encoder=encoder, top_k=5)
    [hit] = ask(None).ranking[:1]
    assert reranker.rerank(QUESTION, [hit], LIBRARY.chunk) == [hit]
    assert reranker.rerank(QUESTION, [], LIBRARY.chunk) == []
    assert encoder.asked == []


def test_what_the_settings_name() -> None:
    assert build_reranker(RerankerSettings()) is None
    local = build_reranker(RerankerSettings(kind=RerankerKind.SENTENCE_TRANSFORMERS, model="a/b", top_k=7))
    assert local is not None
    assert (local.encoder.id, local.top_k) == ("st-cross/a/b", 7)
    there = build_reranker(RerankerSettings(kind=RerankerKind.ENDPOINT, model="m", base_url="http://host/v1"))
    assert there is not None
    assert there.encoder.id == "rerank/m"
    for kind, wanted in ((RerankerKind.SENTENCE_TRANSFORMERS, "MODEL"), (RerankerKind.ENDPOINT, "BASE_URL")):
        with pytest.raises(SettingsError, match=f"ASSISTANT_RERANKER__{wanted}"):
            build_reranker(RerankerSettings(kind=kind))
