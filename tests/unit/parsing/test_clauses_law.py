"""The clause tree of statutes: one trap of the layouts for each test, then the laws on generated statutes."""

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

TITLE = "某省贷款办法"
ORDER = [Level.PART, Level.SUBPART, Level.CHAPTER, Level.SECTION, Level.ARTICLE]


def parse(text: str) -> tuple[Clause, ...]:
    assert kind_of(text) is DocumentKind.LAW
    clauses = parse_clauses(text, DocumentKind.LAW)
    assert broken_laws(text, clauses) == []
    return clauses


def statute(*lines: str, gap: str = "\n") -> tuple[Clause, ...]:
    return parse(gap.join((TITLE, *lines)))


def everything(clauses: tuple[Clause, ...]) -> list[Clause]:
    return [clause for root in clauses for clause in root.walk()]


def read(clauses: tuple[Clause, ...]) -> dict[str, str]:
    """Address → the words as a reader sees them, of 款 that are leaves, 项 and 目; leads as ADDRESS/首."""
    leaves = [c for c in everything(clauses) if c.is_leaf and c.level not in (Level.LABEL, Level.TITLE, Level.NOTE)]
    return {f"{c.address}/首" if c.level is Level.LEAD else c.address: flow(c.text) for c in leaves}


def articles(clauses: tuple[Clause, ...]) -> list[str]:
    return [c.address for c in everything(clauses) if c.level is Level.ARTICLE]


def test_articles_and_paragraphs() -> None:
    clauses = statute("第一条 为规范贷款，制定本办法。", "第二条 本办法所称贷款，是指经营贷。", "其他贷款从其规定。")
    assert read(clauses) == {
        "第一条第一款": "为规范贷款，制定本办法。",
        "第二条第一款": "本办法所称贷款，是指经营贷。",
        "第二条第二款": "其他贷款从其规定。",
    }
    assert clauses[0].level is Level.TITLE
    assert clauses[0].heading == TITLE


@pytest.mark.parametrize(
    "line",
    [
        "第三条规定的机构应当报告。",
        "第三条、第四条所列情形从其规定。",
        "第三条第二款的规定适用于分行。",
        "第三条（二）项所称机构包括分行。",
    ],
)
def test_a_reference_at_the_start_of_a_line_is_no_article(line: str) -> None:
    clauses = statute("第一条 甲。", "第二条 乙。", line)
    assert articles(clauses) == ["第一条", "第二条"]
    assert read(clauses)["第二条第二款"] == line


def test_a_reference_torn_by_a_page_break_stays_in_its_sentence() -> None:
    clauses = statute("第一条 甲。", "第二条 违反规定的，依照本办法", "第三十八条第二款的规定处理。")
    assert articles(clauses) == ["第一条", "第二条"]
    assert read(clauses)["第二条第一款"] == "违反规定的，依照本办法第三十八条第二款的规定处理。"


def test_inserted_articles() -> None:
    clauses = statute("第九条 甲。", "第十条 乙。", "第十条之一 丙。", "丁。", "第十条之二 戊。", "第十一条 己。")
    assert articles(clauses) == ["第九条", "第十条", "第十条之一", "第十条之二", "第十一条"]
    assert read(clauses)["第十条之一第二款"] == "丁。"
    assert numbering_gaps(clauses) == ()


@pytest.mark.parametrize("words", ["（删去）", "(删去)", "（已废止）"])
def test_a_deleted_article_keeps_its_number(words: str) -> None:
    clauses = statute("第七条 甲。", f"第八条 {words}", "第九条 乙。")
    assert articles(clauses) == ["第七条", "第八条", "第九条"]
    assert read(clauses)["第八条第一款"] == words
    assert numbering_gaps(clauses) == ()


def test_two_groups_of_items_in_one_article() -> None:
    clauses = statute(
        "第一条 甲。",
        "第二条 有下列情形之一的，不予受理：",
        "（一）材料不全；",
        "（二）用途不明。",
        "前款以外的情形，符合下列条件的予以受理：",
        "（一）信用良好；",
        "（二）用途合规。",
        "受理后应当登记。",
    )
    assert read(clauses) == {
        "第一条第一款": "甲。",
        "第二条第一款/首": "有下列情形之一的，不予受理：",
        "第二条第一款第（一）项": "（一）材料不全；",
        "第二条第一款第（二）项": "（二）用途不明。",
        "第二条第二款/首": "前款以外的情形，符合下列条件的予以受理：",
        "第二条第二款第（一）项": "（一）信用良好；",
        "第二条第二款第（二）项": "（二）用途合规。",
        "第二条第三款": "受理后应当登记。",
    }


def test_items_directly_below_the_article() -> None:
    clauses = statute("第一条 甲。", "第二条", "（一）乙；", "（二）丙。")
    assert read(clauses)["第二条第一款第（二）项"] == "（二）丙。"
    assert "第二条第一款/首" not in read(clauses)


def test_subitems_below_an_item() -> None:
    clauses = statute("第一条 甲。", "第二条 材料包括：", "（一）证明：", "1. 执照；", "2．章程；", "（二）其他。")
    assert read(clauses)["第二条第一款第（一）项/首"] == "（一）证明："
    assert read(clauses)["第二条第一款第（一）项第1目"] == "1. 执照；"
    assert read(clauses)["第二条第一款第（一）项第2目"] == "2．章程；"
    assert read(clauses)["第二条第一款第（二）项"] == "（二）其他。"


def test_an_arabic_number_without_an_item_is_a_paragraph() -> None:
    clauses = statute("第一条 甲。", "第二条 乙。", "1. 丙。")
    assert read(clauses)["第二条第二款"] == "1. 丙。"


def test_an_article_number_on_a_line_of_its_own() -> None:
    clauses = statute("第一条", "为规范贷款，制定本办法。", "第二条", "甲。", "乙。")
    assert articles(clauses) == ["第一条", "第二条"]
    assert read(clauses) == {"第一条第一款": "为规范贷款，制定本办法。", "第二条第一款": "甲。", "第二条第二款": "乙。"}


def test_articles_squeezed_into_one_line() -> None:
    clauses = statute(
        "第二十七条 甲。", "第二十八条 协会提供服务。 第二十九条 协会的任务是：（一）自律。　第三十条 乙。"
    )
    assert articles(clauses) == ["第二十七条", "第二十八条", "第二十九条", "第三十条"]
    assert read(clauses)["第二十八条第一款"] == "协会提供服务。"
    assert read(clauses)["第三十条第一款"] == "乙。"


def test_a_reference_inside_a_line_does_not_squeeze() -> None:
    clauses = statute("第一条 甲。", "第二条 乙。第三条所列机构除外。 第三条规定的情形从其规定。")
    assert articles(clauses) == ["第一条", "第二条"]


@pytest.mark.parametrize("gap", [" ", "\u3000", "\u3000\u3000", "\u2002", "\u00a0", "\t"])
def test_any_blank_may_stand_behind_a_number(gap: str) -> None:
    clauses = statute(f"第一条{gap}甲。", f"\u3000\u3000第 二 条{gap}乙：", f"\u3000（一）{gap}丙。")
    assert read(clauses) == {
        "第一条第一款": "甲。",
        "第二条第一款/首": "乙：",
        "第二条第一款第（一）项": f"（一）{gap}丙。",
    }


@pytest.mark.parametrize(
    ("spelt", "address"), [("第12条", "第十二条"), ("第１２条", "第十二条"), ("第一百零三条", "第一百零三条")]
)
def test_numbers_in_any_script_have_one_address(spelt: str, address: str) -> None:
    assert articles(statute(f"{spelt} 甲。", "第二百条 乙。"))[0] == address


def test_headings_of_markdown() -> None:
    clauses = parse("# 某法\n\n## 第一章 总 则\n\n### 第一节　一般规定\n\n第一条 甲。\n\n第二条 乙。")
    found = {c.address: (c.level, c.heading) for c in everything(clauses) if c.level in ORDER[:4]}
    assert found == {"第一章": (Level.CHAPTER, "总则"), "第一章第一节": (Level.SECTION, "一般规定")}
    assert clauses[0].heading == "某法"


def test_parts_subparts_chapters_and_sections() -> None:
    clauses = statute(
        "第一编 总则",
        "第一章 一般规定",
        "第一条 甲。",
        "第二编 物权",
        "第一分编 通则",
        "第一章 甲",
        "第一节 子",
        "第二条 乙。",
        "第二节 丑",
        "第三条 丙。",
        "第二分编 所有权",
        "第二章 乙",
        "第一节 寅",
        "第四条 丁。",
    )
    assert [c.address for c in everything(clauses) if c.level in ORDER] == [
        "第一编",
        "第一编第一章",
        "第一条",
        "第二编",
        "第二编第一分编",
        "第二编第一分编第一章",
        "第二编第一分编第一章第一节",
        "第二条",
        "第二编第一分编第一章第二节",
        "第三条",
        "第二编第二分编",
        "第二编第二分编第二章",
        "第二编第二分编第二章第一节",
        "第四条",
    ]
    assert numbering_gaps(clauses) == ()


def test_a_sentence_on_a_chapter_is_no_chapter() -> None:
    clauses = statute("第一章 总则", "第一条 甲。", "第二章规定的情形除外。", "第二条 乙。")
    assert [c.address for c in everything(clauses) if c.level is Level.CHAPTER] == ["第一章"]
    assert read(clauses)["第一条第二款"] == "第二章规定的情形除外。"


def test_note_below_the_title_is_one_and_no_article() -> None:
    clauses = statute("（2020年1月1日公布", "根据2022年3月1日决定修订）", "第一条 甲。", "第二条 乙。")
    notes = [c for c in everything(clauses) if c.level is Level.NOTE]
    assert [flow(c.text) for c in notes] == ["（2020年1月1日公布根据2022年3月1日决定修订）"]
    assert articles(clauses) == ["第一条", "第二条"]


def test_words_between_a_chapter_and_its_first_article_are_kept() -> None:
    clauses = statute("第一章 总则", "本章适用于各分行。", "第一条 甲。", "第二条 乙。")
    assert [(c.level, c.address) for c in everything(clauses) if c.text == "本章适用于各分行。"] == [
        (Level.NOTE, "第一章引言")
    ]


@pytest.mark.parametrize("gap", ["\n", "\n\n", "\n\n\u3000\u3000"])
def test_a_torn_paragraph_and_a_torn_item_are_joined(gap: str) -> None:
    clauses = statute("第一条 甲。", f"第二条 银行应当{gap}审查：", f"（一）借款{gap}用途；", "（二）还款来源。")
    assert read(clauses)["第二条第一款/首"] == "银行应当审查："
    assert read(clauses)["第二条第一款第（一）项"] == "（一）借款用途；"


def test_gaps_in_the_numbering_are_named() -> None:
    assert numbering_gaps(statute("第一条 甲。", "第二条 乙。", "第四条 丙。", "第五条 丁。")) == ("第四条",)
    assert numbering_gaps(statute("第三条 甲。", "第二条 乙。")) == ("第二条",)


def test_an_extract_may_begin_anywhere() -> None:
    assert numbering_gaps(statute("第六百六十七条 甲。", "第六百六十八条 乙。")) == ()


def test_one_line_that_looks_like_an_article_makes_no_statute() -> None:
    assert kind_of("关于第二条的答复\n第二条 是指分行。\n一、要求") is DocumentKind.NOTICE
    assert kind_of("甲\n第一条规定。\n第二条规定。") is DocumentKind.NOTICE


# --- laws ---


@dataclass(frozen=True, slots=True)
class Sketch:
    """A generated statute and what its tree must hold."""

    text: str
    addresses: tuple[str, ...]


_WORDS = st.text(st.sampled_from("贷款银行小微服务管理授信风险"), min_size=2, max_size=8)
_GAPS = st.sampled_from([" ", "\u3000", "\u2002", "  "])


@st.composite
def sentences(draw: st.DrawFn) -> str:
    """A sentence, perhaps torn by a page break."""
    words = draw(_WORDS)
    at = draw(st.integers(1, len(words) - 1)) if draw(st.booleans()) else 0
    return f"银行应当{words[:at]}\n\n{words[at:]}。" if at else f"银行应当{words}。"


@st.composite
def bodies(draw: st.DrawFn, article: str) -> tuple[list[str], list[str]]:
    """The 款, 项 and 目 of an article: lines, the first of which goes on behind the number, and addresses."""
    lines: list[str] = []
    addresses: list[str] = []
    for paragraph in range(1, draw(st.integers(1, 3)) + 1):
        base = f"{article}第{to_han(paragraph)}款"
        addresses.append(base)
        items = draw(st.integers(0, 3))
        lines.append(f"{draw(_WORDS)}包括：" if items else draw(sentences()))
        for item in range(1, items + 1):
            addresses.append(f"{base}第（{to_han(item)}）项")
            subitems = draw(st.integers(0, 2))
            lines.append(f"（{to_han(item)}）{draw(_WORDS)}{'：' if subitems else '；'}")
            for subitem in range(1, subitems + 1):
                addresses.append(f"{base}第（{to_han(item)}）项第{subitem}目")
                lines.append(f"{subitem}. {draw(_WORDS)}；")
    return lines, addresses


@st.composite
def statutes(draw: st.DrawFn) -> Sketch:
    lines, addresses = [TITLE], ["标题"]
    number = draw(st.integers(0, 700))
    chapters = draw(st.integers(0, 3))
    for chapter in range(1, max(1, chapters) + 1):
        if chapters:
            lines.append(f"{draw(st.sampled_from(['', '## ']))}第{to_han(chapter)}章{draw(_GAPS)}{draw(_WORDS)}")
            addresses.append(f"第{to_han(chapter)}章")
        for _ in range(draw(st.integers(2, 3))):
            number += 1
            article = f"第{to_han(number)}条"
            if draw(st.integers(0, 9)) == 0:
                article += "之一"
            body, below = draw(bodies(article))
            lines += [f"{article}{draw(_GAPS)}{body[0]}", *body[1:]]
            addresses += [article, *below]
    gap = draw(st.sampled_from(["\n", "\n\n", "\n\u3000\u3000"]))
    return Sketch(gap.join(lines) + draw(st.sampled_from(["", "\n"])), tuple(addresses))


@settings(deadline=None)
@given(statutes())
def test_laws_hold_on_any_statute(sketch: Sketch) -> None:
    clauses = parse_clauses(sketch.text, DocumentKind.LAW)
    assert broken_laws(sketch.text, clauses) == []
    own = (c for c in everything(clauses) if c.level not in (Level.LABEL, Level.LEAD))
    assert tuple(c.address for c in own) == sketch.addresses
    assert parse_clauses(sketch.text, DocumentKind.LAW) == clauses


@settings(deadline=None)
@given(st.text(st.sampled_from("一二第条款项章节编之（）()1. \u3000\n。：；#甲"), max_size=60))
def test_no_text_whatever_loses_a_character(text: str) -> None:
    clauses = parse_clauses(text, DocumentKind.LAW)
    assert broken_laws(text, clauses) == []
