"""A document with a rights label does not exist for whoever lacks the label."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from memory_library import MemoryLibrary
from sample_texts import law, notice

from assistant.answering.refusal import Limits
from assistant.errors import NotFoundError
from assistant.models.standins import HashingEmbedder
from assistant.pipeline import PolicyAssistant
from assistant.question.lay_words import load_expander
from assistant.retrieval.as_langchain import ClauseRetriever
from assistant.retrieval.hybrid import HybridRetriever
from assistant.schema.document import Document
from assistant.schema.inquiry import Inquiry
from assistant.text.institutions import load_institutions

TODAY = date(2026, 1, 1)
OPEN, RESTRICTED = law(), notice()
SECRET = "不得用续贷掩盖信用风险"


def restricted(document: Document) -> Document:
    return replace(document, meta=replace(document.meta, access=("内部", "信贷部")))


def assistant(rights: frozenset[str], *, pool: int = 200) -> PolicyAssistant:
    embedder = HashingEmbedder()
    library = MemoryLibrary([OPEN, restricted(RESTRICTED)], embedder)
    hybrid = HybridRetriever(library, embedder, load_expander(), clause_pool=pool, sentence_pool=pool)
    return PolicyAssistant(
        library=library,
        fingerprint="test",
        embedder_id=embedder.id,
        retriever=ClauseRetriever(hybrid=hybrid, today=lambda: TODAY),
        expander=load_expander(),
        institutions=load_institutions(),
        limits=Limits(certain=0.0, trade=0.0, doubtful=0.15),
        rights=rights,
        today=lambda: TODAY,
    )


@pytest.mark.parametrize("rights", [frozenset(), frozenset({"内部"}), frozenset({"别的"})])
def test_without_every_label_the_document_is_nowhere(rights: frozenset[str]) -> None:
    served = assistant(rights)
    answer = served.ask(Inquiry(question="能不能用续贷掩盖信用风险？"))
    assert SECRET not in answer.text
    assert not any(clause.startswith(RESTRICTED.id) for clause in answer.ranked_clauses)
    assert all(c.document_id != RESTRICTED.id for c in (*answer.citations, *answer.nearest))
    assert [meta.id for meta in served.documents()] == [OPEN.id]
    with pytest.raises(NotFoundError):
        served.document(RESTRICTED.id)


def test_a_place_named_outright_stays_hidden_too() -> None:
    answer = assistant(frozenset()).ask(Inquiry(question=f"《{RESTRICTED.meta.title}》第（一）项说了什么？"))
    assert SECRET not in answer.text
    assert all(c.document_id != RESTRICTED.id for c in (*answer.citations, *answer.nearest))


def test_whoever_holds_the_labels_gets_the_answer() -> None:
    served = assistant(frozenset({"内部", "信贷部", "别的"}))
    assert SECRET in served.ask(Inquiry(question="能不能用续贷掩盖信用风险？")).text
    assert {meta.id for meta in served.documents()} == {OPEN.id, RESTRICTED.id}


def test_hidden_clauses_do_not_crowd_out_the_others() -> None:
    """A pool of two is filled by the restricted notice; the search goes deeper until others are found."""
    answer = assistant(frozenset(), pool=2).ask(Inquiry(question="能不能用续贷掩盖信用风险？"))
    assert answer.ranked_clauses
    assert all(clause.startswith(OPEN.id) for clause in answer.ranked_clauses)


def test_the_retriever_for_langchain_finds_the_same_clauses() -> None:
    served = assistant(frozenset({"内部", "信贷部"}))
    question = "能不能用续贷掩盖信用风险？"
    documents = served.retriever.invoke(question)
    assert [d.id for d in documents] == [
        str(hit.chunk_id) for hit in served.search(Inquiry(question=question), limit=8).ranking
    ]
    assert any(SECRET in d.page_content for d in documents)


def test_labels_must_all_be_held() -> None:
    meta = restricted(RESTRICTED).meta
    assert meta.visible(frozenset({"内部", "信贷部"}))
    assert not meta.visible(frozenset({"内部"}))
    assert OPEN.meta.visible(frozenset())
