"""Versions, places in a conversation and filters, from question to answer."""

from __future__ import annotations

import pytest
from memory_library import MemoryLibrary
from test_pipeline import DOCUMENTS, build, user

from assistant.errors import InputError
from assistant.models.standins import HashingEmbedder
from assistant.pipeline import PolicyAssistant
from assistant.schema.answer import Answer, Outcome
from assistant.schema.document import LegalLevel
from assistant.schema.inquiry import Inquiry
from assistant.schema.retrieval import Filters


@pytest.fixture(scope="module")
def assistant() -> PolicyAssistant:
    return build(MemoryLibrary(list(DOCUMENTS.values()), HashingEmbedder()))


def cited(answer: Answer) -> set[str]:
    return {c.document_id for c in (*answer.citations, *answer.nearest)}


def test_the_text_of_the_day_in_the_question_answers_and_is_said_to_be_old(assistant: PolicyAssistant) -> None:
    then = assistant.ask(Inquiry(question="2015年贷款期限最长多久？"))
    assert cited(then) == {"law_2010"}
    assert any("2015年" in notice and "《村镇贷款条例》" in notice for notice in then.notices)
    now = assistant.ask(Inquiry(question="贷款期限最长多久？"))
    assert (cited(now), now.notices) == ({"law_2023"}, ())


def test_a_day_before_every_version_changes_nothing(assistant: PolicyAssistant) -> None:
    assert "law_2010" not in cited(assistant.ask(Inquiry(question="1995年贷款期限最长多久？")))


def test_two_versions_stand_side_by_side(assistant: PolicyAssistant) -> None:
    answer = assistant.ask(Inquiry(question="新旧村镇贷款条例的贷款期限有什么不同？"))
    assert [i.partition("#")[0] for i in answer.ranked_clauses[:2]] == ["law_2023", "law_2010"]
    assert cited(answer) == {"law_2010", "law_2023"}


def test_the_same_clause_of_the_other_version(assistant: PolicyAssistant) -> None:
    old = next(c for c in DOCUMENTS["law_2010"].walk() if c.address.startswith("第") and "期限" in c.text)
    answer = assistant.ask(Inquiry(question=f"2010年的村镇贷款条例{old.address}在新的村镇贷款条例里对应哪条？"))
    assert answer.ranked_clauses[0] == f"law_2010#{old.address}"
    assert answer.ranked_clauses[1].startswith("law_2023#")
    assert cited(answer) == {"law_2010", "law_2023"}


def test_the_article_beside_the_one_before(assistant: PolicyAssistant) -> None:
    before = user("村镇贷款条例第三条说了什么？")
    assert assistant.ask(Inquiry(question="下一条呢？", history=tuple(before))).ranked_clauses[0] == "law_2023#第四条"
    assert assistant.ask(Inquiry(question="那第二条呢？", history=tuple(before))).ranked_clauses[0] == "law_2023#第二条"
    missing = assistant.ask(Inquiry(question="第九十条呢？", history=tuple(before)))
    assert (missing.outcome, "没有第九十条" in missing.text) == (Outcome.NOT_FOUND, True)


def test_filters_reach_ranking_and_answer(assistant: PolicyAssistant) -> None:
    only = Filters(levels=frozenset({LegalLevel.NORMATIVE}))
    found = assistant.search(Inquiry(question="贷款期限最长多久？", filters=only))
    assert {hit.chunk_id.partition("#")[0] for hit in found.ranking} == {"notice"}
    assert cited(assistant.ask(Inquiry(question="贷款期限最长多久？", filters=only))) <= {"notice"}
    banks = assistant.search(Inquiry(question="要做什么？", filters=Filters(institution="股份行")), limit=50)
    texts = [DOCUMENTS[d].find(a) for d, _, a in (str(h.chunk_id).partition("#") for h in banks.ranking)]
    assert texts
    assert all(clause is not None and "股份制" in clause.text for clause in texts)


def test_an_institution_that_nobody_knows_is_refused(assistant: PolicyAssistant) -> None:
    with pytest.raises(InputError, match="没有识别出所选的机构"):
        assistant.search(Inquiry(question="要做什么？", filters=Filters(institution="{'$ne': 1}")))
