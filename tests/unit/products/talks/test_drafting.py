"""What a draft holds: every point proved, minutes that sum up, nothing local, nothing without its condition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from sample_texts import law
from talk_packs import BRIEF, drafted, library_of, prover_of

from assistant.errors import InputError
from assistant.parsing.clauses import parse_clauses
from assistant.products.talks.choosing import Brief
from assistant.products.talks.draft import draft_talk, in_plain_words
from assistant.products.talks.drafts import json_of, read_draft, yaml_of
from assistant.products.talks.model import SlideKind
from assistant.products.talks.pieces import Pieces
from assistant.products.talks.proving import prove_talk
from assistant.products.talks.timing import shared_out
from assistant.products.talks.words import talk_words
from assistant.schema.answer import PlainVersion, Statement, Verdict
from assistant.schema.document import Document, DocumentKind, DocumentMeta
from assistant.text.quotes import quote_stands


def document_of(text: str, kind: DocumentKind) -> Document:
    meta = DocumentMeta(id="made", title="一份文件", kind=kind)
    return Document(meta=meta, text=text, clauses=parse_clauses(text, kind=kind))


LIBRARY = library_of()
TALK, PROVED = drafted(LIBRARY)


@pytest.mark.parametrize("minutes", [5, 7, 12, 20, 45, 180])
def test_the_minutes_of_the_slides_sum_up(minutes: int) -> None:
    talk, _ = drafted(LIBRARY, replace(BRIEF, minutes=minutes))
    assert sum(slide.minutes for slide in talk.slides) == minutes == talk.minutes
    assert all(slide.minutes > 0 for slide in talk.slides if slide.kind is SlideKind.POINTS) or minutes < 12


def test_minutes_are_shared_out_as_they_are_asked_for() -> None:
    assert sum(shared_out(TALK.slides, 33)) == 33


def test_every_point_is_proved_and_its_quote_stands_in_its_clause() -> None:
    assert len(PROVED.judged) > 5
    assert PROVED.unproved == ()
    for point in TALK.points():
        clause = LIBRARY.load(point.document).find(point.address)
        assert clause is not None
        assert quote_stands(point.quote, clause.text)


def test_the_same_brief_gives_the_same_talk() -> None:
    assert drafted(library_of())[0] == TALK


def test_a_talk_has_all_its_parts() -> None:
    kinds = [slide.kind for slide in TALK.slides]
    assert [kind for kind in SlideKind if kind not in kinds] == []
    assert kinds[0] is SlideKind.COVER
    assert kinds[-1] is SlideKind.SOURCES


def test_risks_are_clauses_that_forbid_or_warn() -> None:
    slide = next(s for s in TALK.slides if s.kind is SlideKind.RISKS)
    assert any("严禁" in point.quote or "不得" in point.quote for point in slide.points)
    assert all(point.address for point in slide.points)


def test_nothing_local_is_filled_in() -> None:
    slide = next(s for s in TALK.slides if s.kind is SlideKind.LOCAL)
    assert slide.blanks
    assert all(blank.endswith("：") for blank in slide.blanks)


def test_words_of_the_program_are_those_of_its_table() -> None:
    lines = [line for slide in TALK.slides for line in slide.fixed]
    assert lines
    assert all(talk_words().has_fixed(line) for line in lines)
    assert not talk_words().has_fixed("人人都能批下信用贷款。")


def test_a_sentence_that_takes_back_stays_with_the_one_before_it() -> None:
    text = "第一条 为规范贷款，制定本条例。\n\n第二条 贷款期限不得超过三年。但是，经批准的除外。\n"
    pieces = Pieces(document_of(text, DocumentKind.LAW)).of("第二条")
    assert [piece.quote for piece in pieces] == ["贷款期限不得超过三年。但是，经批准的除外。"]


def test_a_long_sentence_is_cut_where_an_act_ends_and_keeps_its_condition() -> None:
    sentence = (
        "各银行机构要加强对涉农主体的走访对接，持续完善专属产品体系和服务流程，在风险可控前提下，"
        "稳步增加涉农信用贷款投放，推广随借随还的循环贷模式，灵活满足农户等小规模群体的资金需求。"
    )
    text = f"关于涉农贷款的通知\n\n一、总体要求\n\n做好服务。\n\n二、重点任务\n\n（一）加大投放。\n\n{sentence}\n"
    pieces = Pieces(document_of(text, DocumentKind.NOTICE)).of("二、（一）")
    assert len(pieces) > 1
    assert "".join(piece.quote for piece in pieces).replace("，", "") == sentence.replace("，", "")
    held = next(piece.quote for piece in pieces if "稳步增加" in piece.quote)
    assert "在风险可控前提下" in held


@pytest.mark.parametrize("minutes", [0, 4, 181])
def test_too_few_or_too_many_minutes_are_told(minutes: int) -> None:
    with pytest.raises(InputError, match="分钟"):
        draft_talk(replace(BRIEF, minutes=minutes), LIBRARY, prover_of(LIBRARY))


def test_a_topic_that_the_library_does_not_treat_is_told() -> None:
    empty = library_of(law())
    chosen = replace(empty, chosen=frozenset({"nobody"}))
    with pytest.raises(InputError, match="没有找到"):
        draft_talk(Brief(audience="农户", topic="火星旅行", minutes=20), chosen, prover_of(chosen))


# --- plain words --------------------------------------------------------------------------------


class Writer:
    """A model that says what it is told to."""

    def __init__(self, old: str, new: str) -> None:
        self.old, self.new = old, new

    def write(self, statements: Sequence[Statement]) -> PlainVersion:
        told = tuple(replace(s, text=s.text.replace(self.old, self.new)) for s in statements)
        return PlainVersion(text="", statements=told, reworded=len(told), prompt_version="test")


def test_plain_words_that_say_the_same_are_taken_and_marked() -> None:
    plain = in_plain_words(TALK, Writer("掩盖", "遮掩"), prover_of(LIBRARY))
    written = [point for point in plain.points() if point.written]
    assert written
    assert all("遮掩" in point.text and "掩盖" in point.quote for point in written)
    assert prove_talk(plain, prover_of(LIBRARY)).unproved == ()


@pytest.mark.parametrize(
    ("old", "new"), [("不得", "可以"), ("500", "800"), ("各银行机构", "各保险公司"), ("严禁", "鼓励")]
)
def test_plain_words_that_say_something_else_are_not(old: str, new: str) -> None:
    plain = in_plain_words(TALK, Writer(old, new), prover_of(LIBRARY))
    assert not any(point.written for point in plain.points())


# --- the file that people edit ------------------------------------------------------------------


def test_a_draft_comes_back_as_it_went_out() -> None:
    assert read_draft(yaml_of(TALK).encode()) == TALK
    assert read_draft(json_of(TALK).encode()) == TALK


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("分钟: 20", "分钟: 21", "加起来是 20"),
        ("编号: p2\n", "编号: p1\n", "重复的编号"),
        ("类型: 封面", "类型: 神秘", "类型"),
        ("听众:", "秘密字段:", "写法有误"),
        ("主题:", "主题: [", "无法读取"),
        ("政策核对于:", "政策核对于: 2024-13-01 #", "无法读取"),
    ],
)
def test_a_draft_that_cannot_be_used_is_told_without_its_words(old: str, new: str, told: str) -> None:
    raw = yaml_of(TALK).replace(old, new, 1)
    with pytest.raises(InputError, match=told) as caught:
        read_draft(raw.encode())
    assert "神秘" not in caught.value.message
    assert "秘密" not in caught.value.message


def test_a_draft_cannot_stand_for_more_than_it_holds() -> None:
    levels = [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 30)]
    with pytest.raises(InputError, match="无法读取"):
        read_draft("\n".join(["a0: &a0 {x: 1}", *levels]).encode())


def test_what_was_edited_in_the_draft_is_judged_again() -> None:
    point = next(p for p in TALK.points() if "不得" in p.text)
    raw = yaml_of(TALK).replace(f"说法: {point.text}", f"说法: {point.text.replace('不得', '可以')}")
    proved = prove_talk(read_draft(raw.encode()), prover_of(LIBRARY))
    assert point.id in {name for name, _ in proved.unproved}


def test_a_promise_among_the_fixed_lines_is_found() -> None:
    first = talk_words().fixed.limits[0]
    raw = yaml_of(TALK).replace(first, "本行承诺人人都能批下信用贷款。")
    proved = prove_talk(read_draft(raw.encode()), prover_of(LIBRARY))
    assert any("固定提示" in name for name, _ in proved.unproved)


def test_a_title_that_promises_is_found_and_a_heading_is_not() -> None:
    slide = next(s for s in TALK.slides if s.kind is SlideKind.POINTS)
    raw = yaml_of(TALK).replace(f"标题: {slide.title}", "标题: 人人都能批下信用贷款", 1)
    proved = prove_talk(read_draft(raw.encode()), prover_of(LIBRARY))
    assert [judged.verdict for name, judged in proved.unproved if slide.id in name] == [Verdict.UNSUPPORTED]
