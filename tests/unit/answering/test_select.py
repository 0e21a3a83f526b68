"""Which sentences answer: the best always, all of them when all are asked for, another's never."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from found_by_hand import found, sentences
from hypothesis import given, settings
from hypothesis import strategies as st
from read_by_hand import INSTITUTIONS, read
from sample_texts import law, notice

from assistant.answering.select import AskedPart, Selection, Selector
from assistant.question.understanding import single, understand
from assistant.schema.retrieval import Query, Retrieved
from assistant.text.binding_words import binding_words

DOCUMENTS = [notice(), law()]
EVERYTHING = sentences(DOCUMENTS)
SELECTOR = Selector()
BANS = binding_words().bans

RENEWAL = "规范续贷业务，不得用续贷掩盖信用风险。"
DIVERSION = "严禁将涉农贷款资金用于购买理财产品。"
FUNDRAISING = "各银行保险机构要组织“金融下乡月”活动，严防非法集资风险。"
BIG = "大型银行一级分行要合理确定绩效考核标准。"
JOINT_STOCK = "股份制银行一级分行要健全部门设置。"


def select(question: str, scores: Mapping[str, float], *, over: Retrieved | None = None) -> Selection:
    return SELECTOR.select(read(question), over or found(question, DOCUMENTS, scores), EVERYTHING)


def words(selection: Selection) -> list[str]:
    return [pick.chunk.plain for pick in selection.picks]


def test_the_best_sentence_is_chosen_and_comes_first() -> None:
    selection = select("能不能用续贷掩盖信用风险？", {RENEWAL: 5.0})
    assert words(selection)[0] == RENEWAL
    assert selection.best is not None
    assert selection.best.chunk.plain == RENEWAL
    assert not selection.exhaustive


def test_what_is_far_worse_stays_out() -> None:
    assert words(select("能不能用续贷掩盖信用风险？", {RENEWAL: 20.0})) == [RENEWAL]


def test_nothing_found_nothing_chosen() -> None:
    nothing = Retrieved(query=Query(text="甲", standalone="甲"), ranking=(), evidence=())
    assert select("续贷有什么要求？", {}, over=nothing) == Selection(picks=(), best=None)


def test_all_prohibitions_of_the_whole_document() -> None:
    selection = select("通知全文凡是严禁、不得、严防的都有哪些？", {RENEWAL: 5.0})
    assert selection.exhaustive
    assert set(words(selection)) == {c.plain for c in EVERYTHING if BANS.search(c.lead + c.plain)}


def test_prohibitions_by_their_very_word() -> None:
    assert words(select("通知全文有哪些严禁的情形？", {RENEWAL: 5.0})) == [DIVERSION]


def test_every_place_of_a_quoted_word() -> None:
    selection = select("“续贷”在通知全文出现在哪几处？", {RENEWAL: 5.0})
    assert selection.exhaustive
    assert words(selection) == [c.plain for c in EVERYTHING if "续贷" in c.plain]


def test_the_sentence_for_the_institution_asked_about() -> None:
    scores = {BIG: 3.0, JOINT_STOCK: 3.0}
    assert words(select("股份制银行要做什么？", scores)) == [JOINT_STOCK]
    assert words(select("大行要做什么？", scores)) == [BIG]


def test_parts_of_a_question_each_have_their_say() -> None:
    whole = select("大行和股份行分别要做什么？", {BIG: 3.0, JOINT_STOCK: 3.0})
    parts = [
        AskedPart(
            text=part, asked=single(understand(part, INSTITUTIONS)), found=found(part, DOCUMENTS, {sentence: 5.0})
        )
        for part, sentence in (("大行要做什么", BIG), ("下乡月怎么办", FUNDRAISING))
    ]
    chosen = SELECTOR.select_parts(read("大行和股份行分别要做什么？"), parts, whole, EVERYTHING)
    assert {BIG, FUNDRAISING} <= set(words(chosen))


def test_parts_add_nothing_to_what_is_complete() -> None:
    whole = select("通知全文凡是严禁、不得、严防的都有哪些？", {RENEWAL: 5.0})
    asked = single(understand("大行", INSTITUTIONS))
    parts = [AskedPart(text="大行", asked=asked, found=found("大行", DOCUMENTS, {BIG: 5.0}))]
    assert SELECTOR.select_parts(read("大行"), parts, whole, EVERYTHING) == whole


QUESTIONS = [
    "能不能用续贷掩盖信用风险？",
    "贷款管理有哪些要求？",
    "通知全文凡是严禁的有哪些？",
    "大行和股份行分别要做什么？",
    "这户能批吗？",
    "贷款期限最长多久？",
]


@settings(deadline=None)
@given(
    st.sampled_from(QUESTIONS),
    st.dictionaries(st.sampled_from([c.plain for c in EVERYTHING]), st.floats(-5, 5), max_size=6),
)
def test_laws_of_a_selection(question: str, scores: dict[str, float]) -> None:
    selection = select(question, scores)
    ids = [pick.chunk.id for pick in selection.picks]
    assert len(set(ids)) == len(ids)
    assert selection.best is not None
    assert selection.picks
    known = {chunk.id: chunk for chunk in EVERYTHING}
    assert all(known[pick.chunk.id] == pick.chunk for pick in selection.picks)
    if not selection.exhaustive:
        assert selection.best.chunk.id in ids
    clauses = [pick.chunk.parent_id for pick in selection.picks]
    blocks = [c for n, c in enumerate(clauses) if n == 0 or clauses[n - 1] != c]
    assert selection.exhaustive or len(set(blocks)) == len(blocks)
    for parent in set(clauses):
        spans = [pick.chunk.span for pick in selection.picks if pick.chunk.parent_id == parent]
        assert spans == sorted(spans)
    assert select(question, scores) == selection


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_order_of_evidence_does_not_matter(question: str) -> None:
    one = found(question, DOCUMENTS, {RENEWAL: 1.0, BIG: 1.0})
    turned = Retrieved(query=one.query, ranking=one.ranking, evidence=one.evidence[:3][::-1] + one.evidence[3:])
    best, other = select(question, {}, over=one).best, select(question, {}, over=turned).best
    assert best == other


def test_a_list_is_given_whole_with_the_words_that_open_it() -> None:
    opening = "第三条 有下列情形之一的，不得发放贷款："
    chosen = words(select("哪些情形不得发放贷款？", {"（二）提供虚假材料的。": 5.0}))
    opened = [text for text in chosen if text.endswith("贷款：")]
    assert len(opened) == 1
    assert chosen[chosen.index(opened[0]) :][:3] == [opened[0], "（一）用途不明的；", "（二）提供虚假材料的。"]
    assert opening.endswith(opened[0]) or opened[0] == opening


def test_an_item_that_settles_a_question_stands_alone() -> None:
    assert words(select("提供虚假材料的可以发放贷款吗？", {"（二）提供虚假材料的。": 5.0})) == [
        "（二）提供虚假材料的。"
    ]


def test_a_part_whose_fact_is_not_stated_leaves_a_gap() -> None:
    term = "贷款期限不得超过三年；确需延长的，可以续期一次。"
    asked = {part: single(understand(part, INSTITUTIONS)) for part in ("贷款期限最长几年", "利率是百分之几")}
    whole = select("贷款期限最长几年，利率是百分之几？", {term: 5.0})
    parts = [AskedPart(text=t, asked=a, found=found(t, DOCUMENTS, {term: 5.0})) for t, a in asked.items()]
    chosen = SELECTOR.select_parts(read("贷款期限最长几年，利率是百分之几？"), parts, whole, EVERYTHING)
    assert [gap.text for gap in chosen.gaps] == ["利率是百分之几"]
    assert chosen.parts == 2
    assert words(chosen) == [term]


@pytest.mark.parametrize(("best", "other", "kept"), [(20.0, 12.0, False), (20.0, 15.0, True), (40.0, 31.0, True)])
def test_what_another_clause_says_on_the_same_rare_term_stands_beside(best: float, other: float, kept: bool) -> None:
    more = "2024年，各银行机构要稳定涉农信贷投放。"
    question = "涉农贷款能不能买理财产品？"
    reading = replace(read(question), words=replace(read(question).words, terms=("涉农",)))
    selection = SELECTOR.select(reading, found(question, DOCUMENTS, {DIVERSION: best, more: other}), EVERYTHING)
    assert words(selection)[0] == DIVERSION
    assert (more in words(selection)) is kept
