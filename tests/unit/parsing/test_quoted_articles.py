"""A 修改决定 quotes another text: its own clauses are 一、二、, and what it quotes is no article of its own."""

from __future__ import annotations

import pytest
from tree_laws import broken_laws

from assistant.parsing.clauses import Tree, kind_of, parse_tree
from assistant.schema.document import Clause, DocumentKind, Level

HERDS = (
    "草海旗人民政府关于修改《草海旗轮牧规定》的决定",
    "经旗政府常务会议通过，决定对《草海旗轮牧规定》作如下修改：",
    "一、将第四条修改为：“第四条　每片草场每年轮休不少于四十五日：",
    "（一）春季三十日；",
    "（二）秋季十五日。”",
    "二、增加一条，作为第六条：“第六条　超载放牧的，责令限期减畜。",
    "“逾期不减的，每头每日罚款二十元。”",
    "三、删去第九条。",
    "本决定自2022年5月1日起施行。",
)
METERS = (
    "江口市供水集团关于修正《水表检定办法》部分条款的决定",
    "为了与新的检定周期一致，对《水表检定办法》作出修正。",
    "一、第二条修正为：",
    "第二条　户用水表六年轮换一次。",
    "第三条　轮换不收费用。",
    "二、第五条第二款中的“十日”改为“五日”。",
)


def tree(*lines: str) -> Tree:
    text = "\n".join(lines) + "\n"
    found = parse_tree(text, kind_of(text))
    assert broken_laws(text, found.clauses) == []
    return found


def of_level(found: Tree, level: Level) -> list[Clause]:
    return [c for root in found.clauses for c in root.walk() if c.level is level]


@pytest.mark.parametrize(("lines", "numbers"), [(HERDS, 3), (METERS, 2)])
def test_what_a_decision_quotes_is_no_article(lines: tuple[str, ...], numbers: int) -> None:
    found = tree(*lines)
    assert kind_of("\n".join(lines)) is DocumentKind.NOTICE
    assert of_level(found, Level.ARTICLE) == of_level(found, Level.HEADING_2) == []
    assert [c.address for c in of_level(found, Level.HEADING_1)] == ["一", "二", "三"][:numbers]
    assert [c.text for c in of_level(found, Level.PREAMBLE)] == [lines[1]]
    assert found.warnings == ()


def test_the_quoted_words_stand_below_the_number_that_quotes_them() -> None:
    first, second = of_level(tree(*HERDS), Level.HEADING_1)[:2]
    assert [c.text for c in first.children if c.level is Level.PARAGRAPH] == [HERDS[2][2:], *HERDS[3:5]]
    assert [c.text for c in second.children if c.level is Level.PARAGRAPH] == [HERDS[5][2:], HERDS[6]]


@pytest.mark.parametrize("lines", [HERDS, METERS])
def test_the_whole_text_behind_the_decision_has_its_articles(lines: tuple[str, ...]) -> None:
    title = "草海旗轮牧规定" if lines is HERDS else "水表检定办法"
    found = tree(*lines, title, "第一条 为了管理，制定本文。", "第二条 甲须登记。")
    assert [c.address for c in of_level(found, Level.ARTICLE)] == ["第一条", "第二条"]
    assert [c.heading for c in of_level(found, Level.ISSUED)] == [title]


@pytest.mark.parametrize(
    "note",
    [
        "（2010年通过 根据2018年《关于修改〈轮牧规定〉的决定》修正）",
        "根据2018年5月2日《关于修改〈轮牧规定〉的决定》修正",
    ],
)
def test_a_statute_that_was_amended_keeps_its_articles(note: str) -> None:
    found = tree("草海旗轮牧规定", note, "第一条 每年轮休。", "第二条 一、春季；二、秋季。", "第三条 违者减畜。")
    assert len(of_level(found, Level.ARTICLE)) == 3


# --- several rules told apart by 一、二、 ---


@pytest.mark.parametrize(
    ("title", "names"),
    [("江口支行内部制度汇编", ("考勤", "印章保管", "档案制度")), ("村级管理规定选编", ("议事规则", "财务公开"))],
)
def test_rules_below_numbered_headings_are_told_apart(title: str, names: tuple[str, ...]) -> None:
    rules = [
        line
        for n, name in enumerate(names)
        for line in (f"{'一二三'[n]}、{name}", "第一条 甲须登记。", f"第二条 保存{n + 1}年。")
    ]
    found = tree(title, *rules)
    addresses = [c.address for c in of_level(found, Level.ARTICLE)]
    assert addresses[:4] == ["第一条", "第二条", "印发件2第一条", "印发件2第二条"]
    assert not any("〔" in address for address in addresses)
    assert [c.heading for c in of_level(found, Level.ISSUED)] == list(names[1:])
    assert any("拆成单独的文件" in words for words in found.warnings)


def test_headings_over_articles_that_go_on_are_no_rules_of_their_own() -> None:
    found = tree("轮牧规定", "一、总则", "第一条 甲须登记。", "二、轮休", "第二条 每年轮休。", "第三条 违者减畜。")
    assert of_level(found, Level.ISSUED) == []
    assert [c.address for c in of_level(found, Level.ARTICLE)] == ["第一条", "第二条", "第三条"]
