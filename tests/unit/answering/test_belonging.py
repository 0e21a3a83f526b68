"""How far a question belongs to the library."""

from __future__ import annotations

from dataclasses import replace

import pytest
from found_by_hand import found
from memory_library import MemoryLibrary
from sample_texts import notice

from assistant.answering.belonging import Belonging
from assistant.models.standins import HashingEmbedder
from assistant.question.lay_words import load_expander
from assistant.retrieval.hybrid import HybridRetriever
from assistant.schema.document import Document
from assistant.schema.retrieval import Query

DOCUMENTS = [notice()]
LIBRARY = MemoryLibrary(DOCUMENTS, HashingEmbedder())
EXPANDER = load_expander()


@pytest.fixture
def read() -> list[str]:
    """The documents whose words were read."""
    return []


@pytest.fixture
def belonging(read: list[str]) -> Belonging:
    def documents() -> list[Document]:
        read.extend(d.id for d in DOCUMENTS)
        return DOCUMENTS

    hybrid = HybridRetriever(LIBRARY, HashingEmbedder(), EXPANDER)
    return Belonging(sparse=LIBRARY.sparse, hybrid=hybrid, expander=EXPANDER, documents=documents)


def test_words_of_the_library_are_known(belonging: Belonging) -> None:
    near, far = "续贷业务不得掩盖信用风险", "红烧肉怎么炖才软烂"
    here = belonging.signals(Query(text=near, standalone=near), found(near, DOCUMENTS, {}))
    there = belonging.signals(Query(text=far, standalone=far), found(far, DOCUMENTS, {}))
    assert here.known_words > there.known_words == 0
    assert here.untreated == ()


def test_a_matter_no_document_treats_is_named(belonging: Belonging) -> None:
    said = "存款保险最多赔多少钱？"
    signals = belonging.signals(Query(text=said, standalone=said), found(said, DOCUMENTS, {}))
    assert signals.untreated or signals.unknown_terms


def test_without_vectors_there_is_no_cosine(belonging: Belonging) -> None:
    over = found("续贷", DOCUMENTS, {})
    query = Query(text="续贷", standalone="续贷")
    assert belonging.signals(query, over).dense is not None
    assert belonging.signals(query, replace(over, degraded=("dense",))).dense is None


def test_documents_are_read_once(belonging: Belonging, read: list[str]) -> None:
    query = Query(text="首付不够能用贷款凑吗？", standalone="首付不够能用贷款凑吗？")
    for _ in range(3):
        belonging.signals(query, found(query.text, DOCUMENTS, {}))
    assert read == [d.id for d in DOCUMENTS]
