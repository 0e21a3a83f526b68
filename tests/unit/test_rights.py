"""A document with a rights label does not exist for whoever lacks the label."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from assistants import memory_assistant
from memory_library import MemoryLibrary
from sample_texts import law, notice

from assistant.errors import NotFoundError
from assistant.models.standins import HashingEmbedder
from assistant.pipeline import PolicyAssistant
from assistant.retrieval.hybrid import Pools
from assistant.schema.answer import Answer, RelatedPolicy, Verdict
from assistant.schema.document import Document
from assistant.schema.inquiry import Inquiry
from assistant.schema.retrieval import Filters
from assistant.serving.desk import Desk

OPEN, RESTRICTED = law(), notice()
SECRET = "不得用续贷掩盖信用风险"
ASKED = "能不能用续贷掩盖信用风险？"
HOLDER, STRANGER = frozenset({"内部", "信贷部"}), frozenset[str]()


def restricted(document: Document) -> Document:
    return replace(document, meta=replace(document.meta, access=("内部", "信贷部")))


@pytest.fixture(scope="module")
def library() -> MemoryLibrary:
    return MemoryLibrary([OPEN, restricted(RESTRICTED)], HashingEmbedder())


def assistant(library: MemoryLibrary, rights: frozenset[str], *, pool: int = 200) -> PolicyAssistant:
    return memory_assistant(library, rights=rights, pools=Pools(clauses=pool, sentences=pool))


@pytest.mark.parametrize("rights", [frozenset(), frozenset({"内部"}), frozenset({"别的"})])
def test_without_every_label_the_document_is_nowhere(library: MemoryLibrary, rights: frozenset[str]) -> None:
    served = assistant(library, rights)
    answer = served.ask(Inquiry(question="能不能用续贷掩盖信用风险？"))
    assert SECRET not in answer.text
    assert not any(clause.startswith(RESTRICTED.id) for clause in answer.ranked_clauses)
    assert all(c.document_id != RESTRICTED.id for c in (*answer.citations, *answer.nearest))
    assert [meta.id for meta in served.documents()] == [OPEN.id]
    with pytest.raises(NotFoundError):
        served.document(RESTRICTED.id)


def test_a_place_named_outright_stays_hidden_too(library: MemoryLibrary) -> None:
    answer = assistant(library, frozenset()).ask(Inquiry(question=f"《{RESTRICTED.meta.title}》第（一）项说了什么？"))
    assert SECRET not in answer.text
    assert all(c.document_id != RESTRICTED.id for c in (*answer.citations, *answer.nearest))


def test_whoever_holds_the_labels_gets_the_answer(library: MemoryLibrary) -> None:
    served = assistant(library, frozenset({"内部", "信贷部", "别的"}))
    assert SECRET in served.ask(Inquiry(question="能不能用续贷掩盖信用风险？")).text
    assert {meta.id for meta in served.documents()} == {OPEN.id, RESTRICTED.id}


def test_hidden_clauses_do_not_crowd_out_the_others(library: MemoryLibrary) -> None:
    """A pool of two is filled by the restricted notice; the search goes deeper until others are found."""
    answer = assistant(library, frozenset(), pool=2).ask(Inquiry(question="能不能用续贷掩盖信用风险？"))
    assert answer.ranked_clauses
    assert all(clause.startswith(OPEN.id) for clause in answer.ranked_clauses)


def test_the_retriever_for_langchain_finds_the_same_clauses(library: MemoryLibrary) -> None:
    served = assistant(library, frozenset({"内部", "信贷部"}))
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


# --- two who ask, one assistant ---

QUESTIONS = [
    ASKED,
    f"《{RESTRICTED.meta.title}》第（一）项说了什么？",
    "那份通知还有效吗？",
    "小微企业续贷要什么材料？",
    "xudai 要什么条件？",
    "贷款期限最长多久？",
    "红烧肉怎么炖才软烂？",
    "股份制银行一级分行要做什么？",
    "你能回答什么问题？",
]


@pytest.fixture(scope="module")
def shared(library: MemoryLibrary) -> PolicyAssistant:
    """Started for holders of every label; whoever asks brings rights of their own."""
    return memory_assistant(library, rights=HOLDER, related_to=beside)


@pytest.fixture(scope="module")
def bare() -> PolicyAssistant:
    """Over a library that never held the restricted document."""
    return memory_assistant(MemoryLibrary([OPEN], HashingEmbedder()))


def beside(document_id: str, address: str) -> tuple[RelatedPolicy, ...]:
    policy = RelatedPolicy(
        id=f"{document_id}-{address}",
        title="某办法",
        kind="部门规章",
        document_number=None,
        issuer=None,
        issued=None,
        effective=None,
        status="现行有效",
        status_detail=None,
        official_url=None,
        official_site=None,
        why="相关",
        note=None,
        named=False,
        clauses=(address,),
    )
    return (policy,)


def told(answer: Answer) -> tuple[object, ...]:
    """What a reader sees of an answer."""
    shown = [(c.document_id, c.address, c.quotes) for c in (*answer.citations, *answer.nearest)]
    return answer.outcome, answer.text, shown, answer.notices, answer.ranked_clauses


@pytest.mark.parametrize("question", QUESTIONS)
def test_for_a_stranger_it_is_as_if_the_document_had_never_come(
    shared: PolicyAssistant, bare: PolicyAssistant, question: str
) -> None:
    answer = shared.ask(Inquiry(question=question, rights=STRANGER))
    assert told(answer) == told(bare.ask(Inquiry(question=question)))
    assert all(policy.id.startswith(OPEN.id) for policy in answer.related)
    found = shared.search(Inquiry(question=question, rights=STRANGER))
    assert all(hit.chunk_id.startswith(OPEN.id) for hit in found.ranking)


def test_two_who_ask_in_turn_get_what_each_may_see(shared: PolicyAssistant) -> None:
    for _ in range(2):
        assert SECRET in shared.ask(Inquiry(question=ASKED, rights=HOLDER)).text
        assert SECRET not in shared.ask(Inquiry(question=ASKED, rights=STRANGER)).text
        assert SECRET in shared.ask(Inquiry(question=ASKED)).text  # the rights this process was started with


def test_a_stranger_finds_one_document_in_lists_and_counts(shared: PolicyAssistant) -> None:
    assert [meta.id for meta in shared.documents(STRANGER)] == [OPEN.id]
    assert len(shared.documents(HOLDER)) == len(shared.documents()) == 2
    assert shared.document(RESTRICTED.id, HOLDER).id == RESTRICTED.id
    with pytest.raises(NotFoundError):
        shared.document(RESTRICTED.id, STRANGER)
    refused = shared.ask(Inquiry(question="红烧肉怎么炖才软烂？", rights=STRANGER))
    assert RESTRICTED.meta.title not in refused.text
    assert "2 份" not in refused.text


def test_a_stranger_cannot_have_a_text_checked_against_it(shared: PolicyAssistant) -> None:
    text = f"根据《{RESTRICTED.meta.title}》，{SECRET}。"
    [open_to_holder] = shared.verify(text, rights=HOLDER)
    [hidden] = shared.verify(text, rights=STRANGER)
    assert open_to_holder.verdict is Verdict.OK
    assert hidden.verdict is Verdict.NOT_FOUND
    assert hidden.places == ()


def test_a_stranger_gets_no_pointers_beside_its_clauses(shared: PolicyAssistant) -> None:
    assert shared.related_to(RESTRICTED.id, "一", HOLDER)
    assert shared.related_to(RESTRICTED.id, "一", STRANGER) == ()
    assert shared.related_to(OPEN.id, "第一条", STRANGER)


def test_the_retriever_for_langchain_serves_each_by_their_rights(shared: PolicyAssistant) -> None:
    assert any(SECRET in d.page_content for d in shared.retriever_for(HOLDER).invoke(ASKED))
    assert all(d.metadata["document_id"] == OPEN.id for d in shared.retriever_for(STRANGER).invoke(ASKED))


def test_one_desk_serves_both(shared: PolicyAssistant) -> None:
    only = Filters(document_ids=frozenset({RESTRICTED.id}))

    async def asked(desk: Desk, rights: frozenset[str]) -> str:
        return (await desk.ask(Inquiry(question=ASKED, filters=only, rights=rights))).answer.text

    desk = Desk(lambda: shared)
    try:
        assert SECRET in asyncio.run(asked(desk, HOLDER))
        with pytest.raises(NotFoundError):  # the document that was chosen does not exist
            asyncio.run(asked(desk, STRANGER))
    finally:
        desk.close()
