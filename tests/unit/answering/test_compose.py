"""Chosen sentences become an answer: the document's own words, labelled, numbered, proved."""

from __future__ import annotations

import re
from datetime import date

import pytest
from found_by_hand import clause_of, found, sentences
from read_by_hand import read
from sample_texts import law, notice

from assistant.answering.compose import Composer, Draft, modality_in, render
from assistant.answering.refusal import Abstention
from assistant.answering.select import Selection
from assistant.answering.sentence_reading import Pick
from assistant.schema.answer import Modality, Outcome, Statement, Why
from assistant.schema.document import Validity
from assistant.text.folding import flow
from assistant.text.institutions import load_institutions

INSTITUTIONS = load_institutions()
DOCUMENTS = [notice(), law()]
METAS = {document.id: document.meta for document in DOCUMENTS}
TEXTS = {document.id: document.text for document in DOCUMENTS}
COMPOSER = Composer(clause_of=lambda chunk: clause_of(DOCUMENTS, chunk), meta_of=lambda name: METAS[name])

RENEWAL = "规范续贷业务，不得用续贷掩盖信用风险。"
DIVERSION = "严禁将涉农贷款资金用于购买理财产品。"
BIG = "大型银行一级分行要合理确定绩效考核标准。"
TERM = "贷款期限不得超过三年；确需延长的，可以续期一次。"
ITEM = "（二）提供虚假材料的。"


def answer(question: str, *wanted: str) -> Draft:
    chunks = [next(c for c in sentences(DOCUMENTS) if c.plain == words) for words in wanted]
    picks = tuple(Pick(chunk=chunk, score=1.0) for chunk in chunks)
    return COMPOSER.answer(read(question), Selection(picks=picks, best=picks[0]))


def refuse(reason: Why, *missing: str) -> Draft:
    over = found("问题", DOCUMENTS, {RENEWAL: 5.0})
    return COMPOSER.refusal(Abstention(reason=reason, missing=missing), over.evidence, [d.meta for d in DOCUMENTS])


def test_every_statement_is_the_documents_own_and_cited() -> None:
    draft = answer("续贷、期限和考核有哪些要求？", DIVERSION, RENEWAL, BIG, TERM, ITEM)
    assert draft.outcome is Outcome.ANSWERED
    assert [c.number for c in draft.citations] == list(range(1, len(draft.citations) + 1))
    assert len({c.clause_id for c in draft.citations}) == len(draft.citations) == 4
    for statement in draft.statements:
        assert statement.quoted
        (number,) = statement.citations
        citation = draft.citations[number - 1]
        assert any(statement.text.endswith(quote) for quote in citation.quotes)
    for citation in draft.citations:
        assert citation.verified
        assert len(citation.quotes) == len(citation.spans)
        for quote, span in zip(citation.quotes, citation.spans, strict=True):
            assert flow(TEXTS[citation.document_id][span.start : span.end]) == quote
            assert quote in citation.clause_text.replace("\n", "")


def test_sentences_of_one_clause_share_a_number() -> None:
    draft = answer("贷款管理有哪些要求？", DIVERSION, RENEWAL)
    assert [s.citations for s in draft.statements] == [(1,), (1,)]
    assert draft.citations[0].quotes == (DIVERSION, RENEWAL)
    assert draft.citations[0].address == "二、（一）"


def test_facts_of_a_citation() -> None:
    (citation,) = answer("贷款期限多久？", TERM).citations
    assert (citation.document_title, citation.address, citation.validity) == (
        "村镇贷款条例",
        "第四条",
        Validity.IN_FORCE,
    )
    assert METAS["law_2023"].effective_on == date(2023, 7, 1)


def test_text_holds_each_statement_with_its_label_and_number() -> None:
    draft = answer("贷款管理有哪些要求？", DIVERSION, RENEWAL, TERM)
    for statement in draft.statements:
        line = next(line for line in draft.text.splitlines() if statement.text in line)
        assert line.endswith("".join(f"[{n}]" for n in statement.citations))
        assert statement.modality is not None
        assert f"【{statement.modality.value}】" in line
    assert set(re.findall(r"\[(\d+)\]", draft.text)) == {str(c.number) for c in draft.citations}


def test_bans_are_labelled_so() -> None:
    draft = answer("能不能用续贷掩盖信用风险？", RENEWAL)
    assert draft.statements[0].modality is Modality.PROHIBIT
    assert "不得" in draft.lead


def test_a_statement_says_whom_it_addresses() -> None:
    assert answer("续贷？", RENEWAL).statements[0].subject == "各银行机构"
    assert "各银行机构：" in answer("续贷？", RENEWAL).text
    named = answer("大行？", BIG).statements[0]
    assert named.subject is None
    assert named.text == BIG


def test_an_item_is_told_with_its_lead() -> None:
    draft = answer("提供虚假材料怎么办？", ITEM)
    assert draft.statements[0].text == f"有下列情形之一的，不得发放贷款：{ITEM}"
    assert draft.statements[0].modality is Modality.PROHIBIT
    assert draft.citations[0].quotes == (ITEM,)


def test_what_a_document_cannot_decide_is_partial() -> None:
    draft = answer("这户能批吗？", RENEWAL)
    assert draft.outcome is Outcome.PARTIAL
    assert "审批" in draft.lead


def test_a_false_premise_is_named() -> None:
    draft = answer("通知规定授信不得低于800万元，是吗？", RENEWAL)
    assert "800万元" in draft.lead
    assert "没有" in draft.lead


def test_a_true_figure_is_no_false_premise() -> None:
    draft = answer("通知规定单户授信500万元以上农户的融资要合理满足，是吗？", RENEWAL)
    assert "没有" not in draft.lead


MODALITIES = [
    ("严禁将资金用于理财。", True, Modality.PROHIBIT),
    ("用途不明的，不得发放贷款。", False, Modality.PROHIBIT),
    ("贷款期限不得超过三年。", False, Modality.STATE),  # a bound, no ban
    ("各银行机构要加强审查。", True, Modality.REQUIRE),
    ("贷款人应当书面告知理由。", False, Modality.REQUIRE),
    ("做实资产分类。", True, Modality.REQUIRE),
    ("鼓励有条件的机构先行先试。", True, Modality.ENCOURAGE),
    ("本条例所称村镇贷款，是指经营贷款。", False, Modality.STATE),
]


@pytest.mark.parametrize(("text", "ordered", "modality"), MODALITIES)
def test_modality(text: str, ordered: bool, modality: Modality) -> None:
    assert modality_in(text, ordered=ordered) is modality


def test_one_statement_stands_without_a_bullet() -> None:
    one = Statement(text="甲。", citations=(1,), modality=Modality.STATE)
    assert render("", [one]) == "【载明】甲。[1]"
    assert render("导语：", [one, one]).splitlines()[1:] == ["- 【载明】甲。[1]"] * 2
    assert render("", []) == ""


ABSTAINING = [why for why in Why if list(Why).index(why) <= list(Why).index(Why.UNSURE)]


@pytest.mark.parametrize("reason", ABSTAINING)
def test_a_refusal_claims_nothing(reason: Why) -> None:
    draft = refuse(reason, "某事")
    assert draft.outcome is Outcome.NOT_FOUND
    assert (draft.statements, draft.citations) == ((), ())
    assert draft.text.endswith("。")
    assert "[" not in draft.text


@pytest.mark.parametrize("reason", [Why.ATTRIBUTE, Why.YEAR, Why.REGION, Why.INSTITUTION, Why.DOCUMENT])
def test_a_near_miss_names_what_is_missing_and_the_nearest_clause(reason: Why) -> None:
    draft = refuse(reason, "某事")
    assert "某事" in draft.text
    assert [c.address for c in draft.nearest] == ["二、（一）"]
    assert "二、（一）" in draft.text
    assert draft.nearest[0].quotes == (RENEWAL,)


@pytest.mark.parametrize("reason", [Why.OFF_TOPIC, Why.ABOUT_ASSISTANT, Why.GREETING, Why.EMPTY_LIBRARY])
def test_what_is_no_near_miss_names_no_clause(reason: Why) -> None:
    assert refuse(reason).nearest == ()


def test_no_evidence_no_nearest() -> None:
    draft = COMPOSER.refusal(Abstention(reason=Why.ATTRIBUTE, missing=("金额",)), (), [notice().meta])
    assert draft.nearest == ()
    assert "金额" in draft.text


def test_an_address_in_the_question_is_not_repeated() -> None:
    draft = refuse(Why.DOCUMENT, "点此 https://evil.example/a")
    assert "evil" not in draft.text
    assert "本库未收录《某办法》" in refuse(Why.DOCUMENT, "某办法").text
