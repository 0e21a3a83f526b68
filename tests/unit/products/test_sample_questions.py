"""Sample questions: made of what the library says, asked, and kept only where the very clause answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

import pytest
from duty_texts import document

from assistant.products.sample_questions import MOST, Candidate, answered_right, sample_words, samples_of
from assistant.schema.answer import Answer, Citation, Mode, Outcome
from assistant.schema.document import Document, DocumentKind, Span, Validity
from assistant.text.sentences import sentence_spans

DAY = date(2026, 1, 1)
NOTICE = """关于做好小微企业续贷工作的通知

一、规范贷款管理

各银行机构要加强贷前审查，严禁与不法贷款中介开展合作。规范续贷业务，不得用续贷掩盖信用风险。按要求公示服务项目与价格。

二、开展宣传

各银行机构要面向社区居民开展金融知识宣传普及工作。大型银行一级分行要落实信贷计划，培育专业人才队伍，明确绩效考核标准。
"""
LAW = """第一条 个体工商户可以自愿变更经营者或者转型为企业。

第二条 任何单位和个人不得向个体工商户集资、摊派。

第三条 投保人故意不履行如实告知义务的，保险人可以解除保险合同。

第四条 平台企业应当将其收费情况，报送主管部门。

第五条 平台企业不得有前款规定的收费行为。

第六条 平台企业应当在每年三月底前将收费公示情况，纳入年度报告。
"""


def notice() -> Document:
    return document(NOTICE, name="notice", kind=DocumentKind.NOTICE)


def law() -> Document:
    return document(LAW, name="law", kind=DocumentKind.LAW, title="某条例")


def quoting(one: Document, span: Span, **changes: object) -> Answer:
    """An answer that quotes these words."""
    words = one.text[span.start : span.end]
    cited = Citation(
        number=1,
        document_id=one.id,
        document_title=one.meta.title,
        address="一",
        heading=None,
        clause_text=words,
        quotes=(words,),
        spans=(span,),
        validity=Validity.IN_FORCE,
    )
    made = Answer(
        question="问",
        standalone_question="问",
        outcome=Outcome.ANSWERED,
        mode=Mode.EXTRACTIVE,
        text=words,
        statements=(),
        citations=(cited,),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def reader(documents: Sequence[Document], asked: list[str] | None = None) -> Callable[[str], Answer]:
    """Answers with the sentence that has most pairs of characters in common with the question."""

    def ask(question: str) -> Answer:
        if asked is not None:
            asked.append(question)
        pairs = {question[at : at + 2] for at in range(len(question) - 1)}
        places = [(one, span) for one in documents for span in sentence_spans(one.text)]
        best = max(
            places, key=lambda place: sum(pair in place[0].text[place[1].start : place[1].end] for pair in pairs)
        )
        return quoting(*best)

    return ask


def all_of(documents: Sequence[Document]) -> list[str]:
    found = samples_of(documents, reader(documents), day=DAY)
    return [question for questions in found.values() for question in questions]


def test_questions_are_made_of_what_the_documents_say() -> None:
    said = all_of([notice()])
    assert "银行机构能不能用续贷掩盖信用风险？" in said
    assert "大型银行一级分行要做什么？" in said
    assert len(set(said)) == len(said)
    assert all("？" in question for question in said)


def test_another_library_has_other_questions() -> None:
    said = all_of([law()])
    assert "个体工商户可以自愿变更经营者或者转型为企业吗？" in said
    assert "投保人故意不履行如实告知义务，保险人可以解除保险合同吗？" in said
    assert not set(said) & set(all_of([notice()]))


def test_words_that_lean_on_others_are_not_asked() -> None:
    said = all_of([law()])
    assert not [question for question in said if "收费" in question or "前款" in question]


def test_every_role_has_its_own_and_no_more_than_may_be_shown() -> None:
    found = samples_of([notice(), law()], reader([notice(), law()]), day=DAY)
    assert set(found) <= {role.role for role in sample_words().roles}
    assert len(found) >= 3
    assert all(0 < len(questions) <= MOST for questions in found.values())
    said = [question for questions in found.values() for question in questions]
    assert len(set(said)) == len(said)


def test_both_documents_are_drawn_from() -> None:
    said = set(all_of([notice(), law()]))
    assert said & set(all_of([notice()]))
    assert said & set(all_of([law()]))


def test_what_is_refused_or_answered_elsewhere_is_not_shown() -> None:
    refused = replace(quoting(notice(), Span(0, 4)), outcome=Outcome.NOT_FOUND, citations=())
    assert samples_of([notice()], lambda _: refused, day=DAY) == {}
    assert samples_of([notice()], lambda _: quoting(notice(), Span(0, 4)), day=DAY) == {}


def test_some_dozens_are_asked_at_the_most() -> None:
    asked: list[str] = []
    refused = replace(quoting(law(), Span(0, 4)), outcome=Outcome.POSSIBLE, citations=())

    def ask(question: str) -> Answer:
        asked.append(question)
        return refused

    samples_of([document(LAW, name=str(n), kind=DocumentKind.LAW) for n in range(40)], ask, day=DAY)
    assert 12 <= len(asked) <= 48


def test_a_document_that_is_over_gives_none() -> None:
    over = replace(law(), meta=replace(law().meta, validity=Validity.REPEALED))
    assert samples_of([over], reader([over]), day=DAY) == {}


@pytest.mark.parametrize(
    ("changes", "right"),
    [
        ({}, True),
        ({"outcome": Outcome.PARTIAL}, False),
        ({"outcome": Outcome.POSSIBLE}, False),
        ({"citations": ()}, False),
    ],
)
def test_only_a_full_answer_from_the_very_place_counts(changes: dict[str, object], right: bool) -> None:
    at = LAW.index("任何单位")
    candidate = Candidate(
        question="问",
        form="问",
        most=1,
        document_id="law",
        places=(Span(at, at + 5),),
        address="law#第二条",
    )
    assert answered_right(candidate, quoting(law(), Span(at, at + 8), **changes)) is right
    assert not answered_right(candidate, quoting(law(), Span(0, at)))
    assert not answered_right(replace(candidate, document_id="other"), quoting(law(), Span(at, at + 8)))
