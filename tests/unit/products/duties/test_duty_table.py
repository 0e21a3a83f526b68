"""Laws of every table: its words stand in the clauses, its ids are stable, nothing is silently left out."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from duty_texts import DAY, NOTICE, RULES, document, law, notice, table

from assistant.corpus.reading import read_corpus
from assistant.products.duties.table import bounds_of, deadlines_of, duty_table
from assistant.products.duties.wordlists import duty_wordlists
from assistant.schema.document import Document, Validity
from assistant.text.folding import squeeze

NOTICE_FILE = Path(__file__).resolve().parents[4] / "corpus" / "notice_2024_shaanxi.txt"


def documents() -> list[Document]:
    return [document(RULES), document(NOTICE, name="made_up_notice"), *read_corpus([NOTICE_FILE]).documents]


@pytest.mark.parametrize("at", range(3))
def test_the_words_of_a_row_stand_in_the_document(at: int) -> None:
    one = documents()[at]
    duties = duty_table([one], day=DAY, past=True).duties
    assert duties
    for duty in duties:
        for source in duty.sources:
            quoted = squeeze(one.text[source.span.start : source.span.end])
            assert squeeze(source.quote) == quoted
            assert squeeze(duty.act) in quoted
            assert squeeze(one.text[source.act_span.start : source.act_span.end]) == squeeze(duty.act)
            assert one.find(source.address) is not None
        if duty.actor.words is not None:
            assert squeeze(duty.actor.words) in squeeze(duty.source.quote)
        elif (carrier := duty.actor.carrier) is not None:
            assert squeeze(carrier.words) in squeeze(carrier.quote)
            assert squeeze(one.text[carrier.span.start : carrier.span.end]) == squeeze(carrier.quote)
            assert carrier.span.end <= duty.source.act_span.start


def test_ids_are_unique_and_the_same_each_time() -> None:
    first, second = (duty_table(documents(), day=DAY, past=True) for _ in range(2))
    assert first == second
    names = [duty.id for duty in first.duties]
    assert len(set(names)) == len(names)


def test_a_clause_that_is_renumbered_keeps_the_hash_of_its_words() -> None:
    (one,) = law("仓储企业应当按月报告库存。")
    (other,) = law("本办法适用于仓储。", "仓储企业应当按月报告库存。")
    assert one.id != other.id
    assert one.id.rpartition("-")[2] == other.id.rpartition("-")[2]


def test_other_words_have_another_hash() -> None:
    hashes = {
        duty.id.rpartition("-")[2]
        for words in ("仓储企业应当按月报告库存。", "仓储企业应当按季度报告库存。", "仓储企业可以按月报告库存。")
        for duty in law(words)
    }
    assert len(hashes) == 3


def test_the_same_duty_in_two_documents_is_one_row_with_both_sources() -> None:
    words = "第一条 仓储企业应当按月向商务部门报告库存。\n"
    found = table(document(words, name="a", title="甲办法"), document(words, name="b", title="乙办法")).duties
    assert [[source.title for source in duty.sources] for duty in found] == [["甲办法", "乙办法"]]


def test_short_acts_in_two_articles_stay_two_rows() -> None:
    rows = law("商务部门对检查结果，应当予以公告。", "商务部门对处罚决定，应当予以公告。")
    assert len(rows) == 2


def test_the_same_words_twice_in_one_clause_are_two_rows_with_two_ids() -> None:
    rows = law("存货人欠费的，由商务部门通知各仓储企业。存货人失踪的，由商务部门通知各仓储企业。")
    assert len({duty.id for duty in rows}) == len(rows) == 2


def test_the_lead_of_a_list_is_not_told_as_left_out() -> None:
    assert table(document(RULES)).unread == ()


def test_what_does_not_hold_on_the_day_is_left_out_and_named() -> None:
    old = document(RULES, name="old", title="旧办法", validity=Validity.REPEALED)
    found = table(old, document(NOTICE, name="n"))
    assert {duty.source.document_id for duty in found.duties} == {"n"}
    assert [title for title, _ in found.left_out] == ["旧办法"]
    kept = table(old, past=True)
    assert kept.left_out == ()
    assert not any(duty.source.in_force for duty in kept.duties)


def test_a_text_not_yet_in_force_is_left_out_too() -> None:
    assert table(document(RULES, effective_on=date(2027, 1, 1))).duties == ()


def test_a_word_that_binds_and_gives_no_row_is_told() -> None:
    found = table(document("第一条 责令公开的信息应当，除外。\n", title="怪办法"))
    assert found.duties == ()
    assert [one.places for one in found.unread] == [("第一条第一款",)]


def test_places_named_and_places_that_name_it_are_related() -> None:
    rows = table(document(RULES)).duties
    banned = next(duty for duty in rows if duty.act == "擅自使用存货")
    assert any(place.startswith("被引：第三条") for place in banned.related)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("自收到存货之日起十日内出具仓单", ("自收到存货之日起十日内",)),
        ("每6个月交纳一次保费", ("每6个月交纳一次",)),
        ("在2025年3月31日前及时报告", ("2025年3月31日前", "及时")),
        ("公示收费标准", ()),
    ],
)
def test_deadlines_are_quoted(words: str, found: tuple[str, ...]) -> None:
    assert deadlines_of(words, duty_wordlists()) == found


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("不低于人民币2000万元", ("不低于人民币2000万元",)),
        ("不得超过净资产的10倍", ("不得超过净资产的10倍",)),
        ("符合本办法第十条的规定", ()),
    ],
)
def test_figures_are_quoted_with_their_bounds(words: str, found: tuple[str, ...]) -> None:
    assert bounds_of(words) == found


def test_a_notice_gives_weak_duties_apart() -> None:
    assert [duty.degree.weak for duty in notice("各仓储企业要公示收费标准。鼓励仓储企业减免费用。")] == [False, True]
