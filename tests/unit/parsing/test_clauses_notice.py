"""The clause tree of notices: one trap of the layouts for each test, then the laws on generated notices."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tree_laws import broken_laws

from assistant.parsing.clauses import kind_of, numbering_gaps, parse_clauses
from assistant.schema.document import Clause, DocumentKind, Level
from assistant.text.folding import flow
from assistant.text.numerals import to_han

TITLE = "某局关于做好试点工作的通知"


def parse(text: str) -> tuple[Clause, ...]:
    assert kind_of(text) is DocumentKind.NOTICE
    clauses = parse_clauses(text, DocumentKind.NOTICE)
    assert broken_laws(text, clauses) == []
    return clauses


def notice(*lines: str, gap: str = "\n\n") -> tuple[Clause, ...]:
    """The tree of a notice with title, preamble and `lines`."""
    return parse(gap.join((TITLE, "为做好试点，现通知如下。", *lines)))


def read(clauses: tuple[Clause, ...]) -> dict[str, str]:
    """Address → the words as a reader sees them, of every leaf."""
    return {
        leaf.address: flow(leaf.text) for root in clauses for leaf in root.leaves() if leaf.level is not Level.LABEL
    }


def headings(clauses: tuple[Clause, ...]) -> dict[str, str | None]:
    everything = (c for root in clauses for c in root.walk())
    return {c.address: c.heading for c in everything if c.level.value.startswith("heading")}


def test_title_preamble_and_headings() -> None:
    clauses = notice("一、总体要求", "各行要稳字当头。", "二、重点任务", "（一）扩大投放。各行要早投快投。")
    assert [c.level for c in clauses] == [Level.TITLE, Level.PREAMBLE, Level.HEADING_1, Level.HEADING_1]
    assert headings(clauses) == {"一": "总体要求", "二": "重点任务", "二、（一）": "扩大投放"}
    assert read(clauses) == {
        "标题": TITLE,
        "序言": "为做好试点，现通知如下。",
        "一、第一段": "各行要稳字当头。",
        "二、（一）第一段": "各行要早投快投。",
    }


@pytest.mark.parametrize(
    ("line", "heading"),
    [
        ("某局办公室印发 《关于试点的通知》", "关于试点的通知"),
        ("某局印发《转发〈某办法〉的通知》", "转发〈某办法〉的通知"),
        ("关于试点 的通知", "关于试点的通知"),
    ],
)
def test_title_heading(line: str, heading: str) -> None:
    title = parse(f"\n\n{line}\n\n一、要求\n\n各行要落实。")[0]
    assert (title.level, title.heading, title.text) == (Level.TITLE, heading, line)


PAGE_BREAKS = [
    ("各行要完善绿色低碳", "发展机制。"),
    ("各行要优化资源配", "置，按照原则办理。"),
    ("各行要", "（不含分行）落实。"),
    ("各行要落实，", "不得拖延。"),
]


@pytest.mark.parametrize(("before", "after"), PAGE_BREAKS)
@pytest.mark.parametrize("gap", ["\n", "\n\n", " \n\n\u3000"])
def test_a_page_break_is_joined_without_a_blank(before: str, after: str, gap: str) -> None:
    clauses = notice("一、要求", f"（一）压实责任。{before}{gap}{after}")
    assert read(clauses)["一、（一）第一段"] == before + after


def test_a_break_over_two_pages_is_one_paragraph() -> None:
    clauses = notice("一、要求", "各行要持续", "做好", "服务。", "各级部门要督促。")
    assert read(clauses)["一、第一段"] == "各行要持续做好服务。"
    assert read(clauses)["一、第二段"] == "各级部门要督促。"


def test_the_preamble_is_joined_too() -> None:
    clauses = parse(f"{TITLE}\n\n为做好试\n\n点，现通知如下：\n\n一、要求\n\n各行要落实。")
    assert read(clauses)["序言"] == "为做好试点，现通知如下："


def test_a_heading_line_is_not_joined_to_what_follows() -> None:
    clauses = notice("一、总体要求", "各行要落实。", "（一）压实责任", "各行要明确分工。")
    assert headings(clauses) == {"一": "总体要求", "一、（一）": "压实责任"}
    assert read(clauses)["一、（一）第一段"] == "各行要明确分工。"


def test_nothing_is_joined_to_a_number() -> None:
    clauses = notice("一、要求", "各行要做到以下几点，", "（一）压实责任。各行要明确分工。")
    assert set(read(clauses)) == {"标题", "序言", "一、第一段", "一、（一）第一段"}


@pytest.mark.parametrize("end", ["。", "：", "；", "！", "”", "）"])
def test_a_finished_line_is_not_joined(end: str) -> None:
    clauses = notice("一、要求", f"各行要“早投、快投（含线上）{end}", "各级部门要督促。")
    assert read(clauses)["一、第二段"] == "各级部门要督促。"


def test_heading_on_its_own_line_and_run_in() -> None:
    clauses = notice("一、要求", "（一）扩大投放，稳定预期。", "各行要落实。", "（二）优化结构，提升效率。各行要做实。")
    assert headings(clauses)["一、（一）"] == "扩大投放，稳定预期"
    assert headings(clauses)["一、（二）"] == "优化结构，提升效率"
    labels = [c.text for root in clauses for c in root.walk() if c.level is Level.LABEL]
    assert labels == ["一、要求", "（一）扩大投放，稳定预期。", "（二）优化结构，提升效率。"]


@pytest.mark.parametrize(
    "rule", ["各行要单列计划。", "不得转嫁成本。", "应当公示收费。", "严禁转存。", "各银行机构每季度要报送数据。"]
)
def test_a_rule_behind_a_number_is_no_heading(rule: str) -> None:
    clauses = notice("一、要求", f"（一）{rule}其他事项从其规定。")
    assert headings(clauses)["一、（一）"] is None
    assert read(clauses)["一、（一）第一段"] == f"{rule}其他事项从其规定。"


def test_follow_on_paragraphs_belong_to_the_item_before() -> None:
    clauses = notice("一、要求", "（一）压实责任。各行要明确分工。", "各级部门要督促。", "（二）强化管理。各行要做实。")
    assert read(clauses)["一、（一）第二段"] == "各级部门要督促。"
    assert read(clauses)["一、（二）第一段"] == "各行要做实。"


def test_items_may_run_on_across_headings_or_begin_anew() -> None:
    running = notice("一、甲项", "（一）第一。各行要。", "二、乙项", "（二）第二。各行要。")
    anew = notice("一、甲项", "（一）第一。各行要。", "二、乙项", "（一）第二。各行要。")
    assert list(headings(running)) == ["一", "一、（一）", "二", "二、（二）"]
    assert list(headings(anew)) == ["一", "一、（一）", "二", "二、（一）"]
    assert numbering_gaps(running) == numbering_gaps(anew) == ()


def test_third_and_fourth_level() -> None:
    clauses = notice("一、要求", "（一）扩大投放。", "1. 首贷户", "（1）摸底。各行要建档。", "2. 续贷户")
    assert list(headings(clauses)) == ["一", "一、（一）", "一、（一）1.", "一、（一）1.（1）", "一、（一）2."]
    assert read(clauses)["一、（一）1.（1）第一段"] == "各行要建档。"


def test_levels_may_be_skipped() -> None:
    clauses = notice("一、要求", "1. 首贷户", "各行要建档。", "2. 续贷户", "各行要回访。")
    assert list(headings(clauses)) == ["一", "一、1.", "一、2."]


@pytest.mark.parametrize("number", ["一、", "一.", "一 、", "一．", "\u3000\u3000一、"])
def test_spellings_of_the_first_level(number: str) -> None:
    assert headings(notice(f"{number}要求", "各行要落实。")) == {"一": "要求"}


@pytest.mark.parametrize("number", ["（一）", "(一)", "（ 一 ）", "\u3000\u3000（一）", "（一） "])
def test_spellings_of_the_second_level(number: str) -> None:
    assert "一、（一）" in headings(notice("一、要求", f"{number}压实责任。各行要落实。"))


@pytest.mark.parametrize(
    "line",
    [
        "第一，各行要建档。",
        "一是各行要建档；二是要回访。",
        "按照（三）所列措施办理。",
        "一般情况从其规定。",
        "1.5个百分点以内的浮动由各行自定。",
        "2024年，各行要稳投放。",
        "总体要求是稳字当头。",
    ],
)
def test_what_looks_like_a_number_is_a_paragraph(line: str) -> None:
    clauses = notice("一、要求", "各行要落实。", line)
    assert read(clauses)["一、第二段"] == line
    assert list(headings(clauses)) == ["一"]


def test_several_paragraphs_of_preamble() -> None:
    clauses = parse(f"{TITLE}\n\n为做好试点。\n\n现通知如下。\n\n一、要求\n\n各行要落实。")
    assert read(clauses)["序言第一段"] == "为做好试点。"
    assert read(clauses)["序言第二段"] == "现通知如下。"


def test_whom_a_notice_goes_to_is_no_preamble() -> None:
    clauses = parse(f"{TITLE}\n\n各分局：\n\n现通知如下。\n\n一、要求\n\n各行要落实。")
    assert [c.text for c in clauses if c.level is Level.RECIPIENT] == ["各分局："]
    assert read(clauses)["序言"] == "现通知如下。"


def test_a_notice_without_numbers_is_title_and_preamble() -> None:
    assert [c.level for c in parse(f"{TITLE}\n\n现通知如下。\n\n各行要落实。")] == [Level.TITLE, Level.PREAMBLE]


def test_gaps_in_the_numbering_are_named() -> None:
    clauses = notice("一、甲", "（一）第一。各行要。", "（三）第三。各行要。", "三、丙", "（四）第四。各行要。")
    assert numbering_gaps(clauses) == ("一、（三）", "三")


# --- laws ---


@dataclass(frozen=True, slots=True)
class Sketch:
    """A generated notice and what its tree must hold."""

    text: str
    addresses: tuple[str, ...]
    breaks: int


_WORDS = st.text(st.sampled_from("贷款银行小微服务管理授信风险"), min_size=2, max_size=8)


@st.composite
def paragraphs(draw: st.DrawFn) -> tuple[str, int]:
    """A paragraph, perhaps torn by a page break."""
    words = draw(_WORDS)
    at = draw(st.integers(1, len(words) - 1)) if draw(st.booleans()) else 0
    torn = words[:at] + draw(st.sampled_from(["\n", "\n\n", "\n \n\u3000"])) + words[at:] if at else words
    return f"各行要{torn}，不得{draw(_WORDS)}。", int(at > 0)


@st.composite
def notices(draw: st.DrawFn) -> Sketch:
    lines, addresses, breaks, item = [TITLE], ["标题"], 0, 0
    if draw(st.booleans()):
        lines.append("现通知如下。")
        addresses.append("序言")
    running = draw(st.booleans())
    for first in range(1, draw(st.integers(1, 4)) + 1):
        lines.append(f"{to_han(first)}、{draw(_WORDS)}")
        addresses.append(to_han(first))
        item = item if running else 0
        for _ in range(draw(st.integers(0, 4))):
            item += 1
            own_line = draw(st.booleans())
            heading = (
                f"（{to_han(item)}）{draw(_WORDS)}{draw(st.sampled_from(['。', '']) if own_line else st.just('。'))}"
            )
            body, torn = draw(paragraphs())
            lines += [heading, body] if own_line else [heading + body]
            breaks += torn
            base = f"{to_han(first)}、（{to_han(item)}）"
            addresses += [base, f"{base}第一段"]
            if draw(st.booleans()):
                lines.append("各级部门要督促。")
                addresses.append(f"{base}第二段")
    gap = draw(st.sampled_from(["\n", "\n\n", "\n\n\u3000\u3000"]))
    return Sketch(gap.join(lines) + draw(st.sampled_from(["", "\n", "\n\n"])), tuple(addresses), breaks)


@settings(deadline=None)
@given(notices())
def test_laws_hold_on_any_notice(sketch: Sketch) -> None:
    clauses = parse_clauses(sketch.text, DocumentKind.NOTICE)
    assert broken_laws(sketch.text, clauses) == []
    assert tuple(c.address for root in clauses for c in root.walk() if c.level is not Level.LABEL) == sketch.addresses
    assert numbering_gaps(clauses) == ()
    torn = [leaf for root in clauses for leaf in root.leaves() if "\n" in leaf.text]
    assert len(torn) == sketch.breaks
    assert parse_clauses(sketch.text, DocumentKind.NOTICE) == clauses


@settings(deadline=None)
@given(st.text(st.sampled_from("一二三、（）()1.2第条章 \u3000\n\t。：；#甲乙要\u200b"), max_size=60))
def test_no_text_whatever_loses_a_character(text: str) -> None:
    clauses = parse_clauses(text, DocumentKind.NOTICE)
    assert broken_laws(text, clauses) == []
