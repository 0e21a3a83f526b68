"""Matters that a question seems to speak of, and the clauses that treat them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.question.lay_words import ConceptLine, load_expander
from assistant.retrieval.concepts import ConceptClauses, ConceptMatcher, sureness

LINES = [
    ConceptLine(concept="甲", policy=("留置权",), lay=("扣我的车", "修车…扣")),
    ConceptLine(concept="乙", policy=("保证期间", "六个月"), lay=("担保到什么时候",)),
    ConceptLine(concept="丙", policy=("现金价值",), lay=("退保",)),
]
CLAUSES = {
    "law#一": "保证期间为六个月。",
    "law#二": "保证期间不中断。",
    "law#三": "留 置\n权消灭。",
    "old#一": "保证期间为六个月。",
}
MATCHER = ConceptMatcher(LINES)
SHIPPED = ConceptMatcher(load_expander().lines)


def treating(lines: Sequence[ConceptLine], clauses: Mapping[str, str]) -> ConceptClauses:
    return ConceptClauses(ConceptMatcher(lines), clauses)


def best(question: str) -> str:
    found = MATCHER.likely(question)
    return LINES[max(found, key=lambda place: found[place])].concept


@pytest.mark.parametrize(
    ("question", "concept"),
    [
        ("修理铺把车扣下了", "甲"),  # no wording stands in it, but 修 车 扣 do
        ("我做的担保什么时候算完", "乙"),
        ("这保险能退不", "丙"),
        ("留置权是什么", "甲"),  # a policy term finds its matter too
        ("現金價值", "丙"),
    ],
)
def test_a_matter_is_met_without_its_very_wording(question: str, concept: str) -> None:
    assert best(question) == concept


@pytest.mark.parametrize("question", ["", "？！", "hello", "天气"])
def test_what_shares_nothing_meets_no_matter(question: str) -> None:
    assert MATCHER.likely(question) == {}


def test_the_score_of_one_pair_by_hand() -> None:
    one = ConceptMatcher([ConceptLine(concept="甲", policy=("x",), lay=("ab", "cd")), LINES[2]])
    # a run of letters is cut into pairs too: a b ab c d cd and half an x make 6.5 grams; 丙 has
    # 退 保 退保 and half of 现 金 价 值 现金 金价 价值, also 6.5, so length changes nothing.
    rarity = math.log(1 + (2 - 1 + 0.5) / (1 + 0.5))
    assert one.likely("ab") == {0: pytest.approx(rarity * (1 + 0.3 + 0.3))}


def test_a_gap_joins_no_pair() -> None:
    gapped = ConceptMatcher([ConceptLine(concept="甲", policy=("乙",), lay=("修车…扣",)), LINES[2]])
    assert gapped.likely("修车扣")[0] == gapped.likely("修车。扣")[0]


def test_matters_far_behind_the_best_are_not_meant() -> None:
    found = MATCHER.likely("扣我的车，担保")
    assert set(found) == {0}


def test_clauses_by_how_many_terms_and_how_rare() -> None:
    scores = treating(LINES, CLAUSES).scores("担保到什么时候", {"law"})
    assert scores["law#一"] > scores["law#二"] > 0
    both, one = 3**-0.5 + 2**-0.5, 3**-0.5  # 保证期间 stands in three clauses, 六个月 in two
    assert scores["law#二"] / scores["law#一"] == pytest.approx(one / both)
    assert "law#三" not in scores


def test_only_clauses_that_may_be_used() -> None:
    assert set(treating(LINES, CLAUSES).scores("担保到什么时候", {"old"})) == {"old#一"}
    assert treating(LINES, CLAUSES).scores("担保到什么时候", frozenset()) == {}


def test_a_term_is_found_over_blanks_and_lines_but_not_over_two_clauses() -> None:
    clauses = treating([LINES[0]], {**CLAUSES, "law#四": "留", "law#五": "置权"})
    assert set(clauses.scores("扣我的车", {"law"})) == {"law#三"}


def test_a_matter_that_no_clause_treats_scores_none() -> None:
    assert treating([LINES[2]], CLAUSES).scores("退保", {"law"}) == {}


@pytest.mark.parametrize(("question", "expected"), [("扣我的车", True), ("退保", False), ("天气", False)])
def test_whether_a_matter_alike_is_treated(question: str, expected: bool) -> None:
    assert treating(LINES, CLAUSES).treats(question) is expected


def test_the_best_alone_may_be_asked_for() -> None:
    clauses = ConceptClauses(
        ConceptMatcher([*LINES, ConceptLine(concept="丁", policy=("无此词",), lay=("扣我的车啊",))]), CLAUSES
    )
    assert clauses.treats("扣我的车啊")
    assert not clauses.treats("扣我的车啊", best=True)


def test_an_empty_table_and_an_empty_library() -> None:
    assert treating([], CLAUSES).scores("退保", {"law"}) == {}
    assert treating(LINES, {}).scores("退保", {"law"}) == {}


@pytest.mark.parametrize(("scores", "expected"), [({}, 0.0), ({"a": 6.0, "b": 1.0}, 0.5), ({"a": 40.0}, 1.0)])
def test_sureness(scores: dict[str, float], expected: float) -> None:
    assert sureness(scores) == expected


@settings(deadline=None)
@given(st.text(max_size=80))
def test_scores_are_above_nothing_and_near_the_best(question: str) -> None:
    found = SHIPPED.likely(question)
    assert all(score > 0 for score in found.values())
    assert not found or min(found.values()) >= 0.6 * max(found.values())


@pytest.mark.parametrize(
    ("question", "concept"),
    [
        ("修理铺嫌我没付修理费，把我的车押下了", "留置权"),
        ("替表哥作保都过去两三年了，债主现在才寻到我", "保证期间"),
        ("卖保险的把两年不赔的那几行藏得严严实实", "免责条款提示说明"),
        ("我那口子喝了农药，保单买了才一年", "自杀"),
        ("跑网约车撞了，可我买的是家用的险", "危险增加"),
        ("单位食堂说等审计完了才给我们结菜钱", "以审计为结算依据"),
    ],
)
def test_the_shipped_table_meets_sentences_of_its_matters(question: str, concept: str) -> None:
    lines = load_expander().lines
    assert concept in {lines[place].concept for place in SHIPPED.likely(question)}
