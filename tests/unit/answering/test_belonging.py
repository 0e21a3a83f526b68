"""How far a question belongs to the library."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from found_by_hand import found
from memory_library import MemoryLibrary
from sample_texts import notice

from assistant.answering.belonging import Belonging
from assistant.answering.refusal import Signals
from assistant.models.standins import HashingEmbedder
from assistant.question.lay_words import load_expander
from assistant.question.reader import QuestionReader
from assistant.question.tables import load_tables
from assistant.retrieval.hybrid import HybridRetriever
from assistant.schema.document import Document
from assistant.schema.retrieval import Filters

DOCUMENTS = [notice()]
LIBRARY = MemoryLibrary(DOCUMENTS, HashingEmbedder())
READER = QuestionReader(LIBRARY, load_tables(), today=lambda: date(2026, 1, 1))
RETRIEVER = HybridRetriever(LIBRARY, HashingEmbedder(), load_expander())


@pytest.fixture
def read() -> list[str]:
    """The documents whose words were read."""
    return []


@pytest.fixture
def belonging(read: list[str]) -> Belonging:
    def documents() -> list[Document]:
        read.extend(d.id for d in DOCUMENTS)
        return DOCUMENTS

    return Belonging(documents)


def signals(belonging: Belonging, question: str, *, degraded: tuple[str, ...] = ()) -> Signals:
    over = replace(found(question, DOCUMENTS, {}), treated=RETRIEVER.treats(question), degraded=degraded)
    return belonging.signals(READER.read(question, [], Filters()), over)


def test_words_of_the_library_are_known(belonging: Belonging) -> None:
    here = signals(belonging, "续贷业务不得掩盖信用风险")
    there = signals(belonging, "红烧肉怎么炖才软烂")
    assert here.known_words > there.known_words == 0
    assert here.untreated == ()


def test_a_matter_no_document_treats_is_named(belonging: Belonging) -> None:
    asked = signals(belonging, "存款保险最多赔多少钱？")
    assert asked.untreated or asked.unknown_terms


def test_without_vectors_there_is_no_cosine(belonging: Belonging) -> None:
    assert signals(belonging, "续贷").dense is not None
    assert signals(belonging, "续贷", degraded=("dense",)).dense is None


def test_documents_are_read_once(belonging: Belonging, read: list[str]) -> None:
    for _ in range(3):
        signals(belonging, "首付不够能用贷款凑吗？")
    assert read == [d.id for d in DOCUMENTS]
