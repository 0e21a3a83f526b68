"""What a person says of single lines: the text stays, and the one reader of trees makes the addresses."""

from __future__ import annotations

import pytest

from assistant.errors import InputError
from assistant.parsing.clauses import Tree, kind_of, parse_tree
from assistant.parsing.corrections import MISPLACED, Act, Correction, line_hash
from assistant.parsing.formats.model import Rejected
from assistant.schema.document import DocumentKind, Level

NOTICE = """某局关于小微企业续贷的通知

各银行机构：
为做好续贷工作，现就有关事项通知如下：
一、总体要求
各银行机构要落实续贷政策。
2、工作措施
各银行机构要简化手续，
及时办理。
— 3 —
某市续贷工作材料
三、其他
各银行机构要报告进展。
"""
LAW = """某办法

第一条 为规范管理，制定本办法。
笫二条 各银行机构应当建立制度。
第三条 违反本办法的，由监管部门处理，
第四条所列情形从重。
"""


def said(text: str, line: int, act: Act, level: Level | None = None, number: int = 0, suffix: int = 0) -> Correction:
    words = line_hash(text.split("\n")[line - 1])
    return Correction(line=line, words=words, act=act, level=level, number=number, suffix=suffix)


def tree_of(text: str, *corrections: Correction) -> Tree:
    return parse_tree(text, kind_of(text, corrections), (), corrections)


def addresses(tree: Tree) -> list[str]:
    return [c.address for root in tree.clauses for c in root.walk() if c.level not in (Level.LABEL, Level.LEAD)]


def test_a_heading_that_was_not_recognised_gets_the_address_of_its_number() -> None:
    assert "二" not in addresses(tree_of(NOTICE))
    tree = tree_of(NOTICE, said(NOTICE, 7, Act.HEADING, Level.HEADING_1, 2))
    assert [a for a in addresses(tree) if a in "一二三"] == ["一", "二", "三"]
    found = next(c for root in tree.clauses for c in root.walk() if c.address == "二")
    assert (found.heading, found.children[1].address) == ("工作措施", "二、第一段")


def test_an_article_with_a_broken_number_is_an_article_again() -> None:
    assert "第二条" not in addresses(tree_of(LAW))
    tree = tree_of(LAW, said(LAW, 4, Act.HEADING, Level.ARTICLE, 2))
    found = next(c for root in tree.clauses for c in root.walk() if c.address == "第二条")
    assert [c.text for c in found.children] == ["笫二条", "各银行机构应当建立制度。"]


def test_an_article_without_any_number_has_no_empty_label() -> None:
    text = LAW.replace("笫二条 ", "")
    tree = tree_of(text, said(text, 4, Act.HEADING, Level.ARTICLE, 2))
    found = next(c for root in tree.clauses for c in root.walk() if c.address == "第二条")
    assert [(c.address, c.text) for c in found.children] == [("第二条第一款", "各银行机构应当建立制度。")]


def test_a_chapter_of_plain_words_is_a_chapter() -> None:
    text = LAW.replace("第一条", "总则\n第一条")
    tree = tree_of(text, said(text, 3, Act.HEADING, Level.CHAPTER, 1))
    found = next(c for root in tree.clauses for c in root.walk() if c.level is Level.CHAPTER)
    assert (found.address, found.heading, found.children[1].address) == ("第一章", "总则", "第一条")


def test_two_lines_that_are_articles_make_a_statute() -> None:
    text = "某办法\n\n笫一条 为规范管理，制定本办法。\n笫二条 各银行机构应当建立制度。\n"
    one, two = (said(text, line, Act.HEADING, Level.ARTICLE, line - 2) for line in (3, 4))
    assert (kind_of(text), kind_of(text, [one, two])) == (DocumentKind.NOTICE, DocumentKind.LAW)


def test_a_plain_line_opens_nothing() -> None:
    text = LAW.replace("处理，\n第四条所列", "处理。\n第四条 所列")
    assert "第四条" in addresses(tree_of(text))
    tree = tree_of(text, said(text, 6, Act.PLAIN))
    assert "第四条" not in addresses(tree)
    found = next(c for root in tree.clauses for c in root.walk() if c.address == "第三条第二款")
    assert found.text == "第四条 所列情形从重。"


def test_a_line_is_joined_where_the_one_before_it_had_ended() -> None:
    text = NOTICE.replace("要简化手续，", "要简化手续；")
    before, after = tree_of(text), tree_of(text, said(text, 9, Act.JOINED))
    assert "一、2.第三段" in addresses(before)
    assert "一、2.第三段" not in addresses(after)
    assert any(c.text == "各银行机构要简化手续；\n及时办理。" for root in after.clauses for c in root.walk())


def test_a_title_on_two_lines_is_joined() -> None:
    text = NOTICE.replace("小微企业续贷", "小微企业\n续贷")
    text = text.replace("的通知", "事项")
    tree = tree_of(text, said(text, 2, Act.JOINED))
    assert tree.clauses[0].heading == "某局关于小微企业续贷事项"


def test_joining_to_nothing_is_told() -> None:
    text = NOTICE + "某局\n2024年3月1日\n（此件公开发布）\n续贷工作材料之二，\n"
    tree = tree_of(text, said(text, 17, Act.JOINED))
    assert [w.partition("：")[0] for w in tree.warnings if "接上一行" in w] == ["joined_to_nothing"]


def test_a_running_head_is_left_out_and_named() -> None:
    tree = tree_of(NOTICE, said(NOTICE, 11, Act.LEFT_OUT))
    assert any(w.startswith("left_out：") and "第 11 行" in w for w in tree.warnings)
    assert "三" not in addresses(tree_of(NOTICE))  # the running head had swallowed it
    assert "三" in addresses(tree)
    held = [c for root in tree.clauses for c in root.leaves() if "某市续贷工作材料" in c.text]
    assert [c.level for c in held] == [Level.NOTE]
    assert any("及时办理。" in c.text for root in tree.clauses for c in root.leaves())


def test_a_line_taken_for_the_title_can_be_plain() -> None:
    text = "说明：本文供参考\n某局关于续贷的通知\n一、要求\n各银行要落实。\n"
    assert tree_of(text).clauses[0].level is Level.TITLE
    tree = tree_of(text, said(text, 1, Act.PLAIN))
    assert all(root.level is not Level.TITLE for root in tree.clauses[:1])


def test_a_line_that_moved_is_found_by_its_words() -> None:
    one = said(NOTICE, 7, Act.HEADING, Level.HEADING_1, 2)
    assert "二" in addresses(tree_of("\n\n" + NOTICE, one))


@pytest.mark.parametrize("text", [NOTICE.replace("2、工作", "2、各项工作"), NOTICE + NOTICE.replace("某局", "\n某局")])
def test_a_line_that_is_not_there_or_twice_is_refused(text: str) -> None:
    one = said(NOTICE, 7, Act.PLAIN)
    moved = "\n" + text
    with pytest.raises(Rejected, match="第 7 行") as caught:
        tree_of(moved, one)
    assert caught.value.code == MISPLACED


def test_two_corrections_of_one_line_are_refused() -> None:
    with pytest.raises(Rejected, match="两条校对"):
        tree_of(NOTICE, said(NOTICE, 7, Act.PLAIN), said(NOTICE, 7, Act.JOINED))


def test_a_row_of_a_table_cannot_be_corrected() -> None:
    text = "某局关于名单的通知\n一、名单\n| 甲 | 乙 |\n| 1 | 2 |\n"
    with pytest.raises(Rejected, match="表格"):
        tree_of(text, said(text, 4, Act.PLAIN))


def test_a_correction_is_kept_as_json_and_read_back() -> None:
    for one in (
        said(NOTICE, 7, Act.HEADING, Level.HEADING_1, 2),
        said(LAW, 4, Act.HEADING, Level.ARTICLE, 10, 1),
        said(NOTICE, 11, Act.LEFT_OUT),
    ):
        assert Correction.of(one.json()) == one


@pytest.mark.parametrize(
    "kept",
    [
        {},
        {"line": 1, "words": "0" * 16},
        {"line": 1, "words": "0" * 16, "act": "other"},
        {"line": True, "words": "0" * 16, "act": "plain"},
        {"line": 0, "words": "0" * 16, "act": "plain"},
        {"line": 1, "words": "no hash", "act": "plain"},
        {"line": 1, "words": 5, "act": "plain"},
        {"line": 1, "words": "0" * 16, "act": "plain", "level": "article", "number": 1},
        {"line": 1, "words": "0" * 16, "act": "heading"},
        {"line": 1, "words": "0" * 16, "act": "heading", "level": "title", "number": 1},
        {"line": 1, "words": "0" * 16, "act": "heading", "level": "article", "number": 0},
        {"line": 1, "words": "0" * 16, "act": "heading", "level": "chapter", "number": 1, "suffix": 1},
        {"line": 1, "words": "0" * 16, "act": "plain", "more": 1},
    ],
)
def test_what_is_no_correction_is_refused(kept: dict[str, object]) -> None:
    with pytest.raises(InputError):
        Correction.of(kept)
