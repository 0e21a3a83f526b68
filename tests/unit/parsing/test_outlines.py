"""Outlines beyond 条 and 一、: decimals, 壹、, names on lines of their own, 附1, 【问】, two rules in one file."""

from __future__ import annotations

import pytest
from tree_laws import broken_laws

from assistant.parsing.addresses import parse_address
from assistant.parsing.clauses import Tree, kind_of, parse_tree
from assistant.schema.document import APPARATUS, UNADDRESSED, Clause, Level


def tree_of(text: str) -> Tree:
    tree = parse_tree(text, kind_of(text))
    assert broken_laws(text, tree.clauses) == []
    return tree


def clauses(text: str) -> dict[str, Clause]:
    every = [c for root in tree_of(text).clauses for c in root.walk()]
    return {c.address: c for c in every if c.level not in UNADDRESSED}


def rules(text: str) -> dict[str, str]:
    """The words of each rule by its address."""
    found = [leaf for root in tree_of(text).clauses for leaf in root.leaves()]
    return {c.address: c.text for c in found if c.level is Level.PARAGRAPH}


MANUAL = """游泳馆救生手册

1 值班
1.1 每池两名救生员。
1.2 交接班
1.2.1 交接时清点浮具。
1.2.2 记录存放一年，计3个月复查一次，
1.5倍加班费另计。
2 施救
2.1 先呼救再下水。
3 附则
本手册由馆长解释。
"""


def test_decimals_make_a_tree() -> None:
    found = clauses(MANUAL)
    assert [a for a in found if a[0].isdigit() and "段" not in a] == [
        "1", "1.1", "1.2", "1.2.1", "1.2.2", "2", "2.1", "3",
    ]  # fmt: skip
    assert (found["1"].heading, found["1.2"].heading, found["2"].heading) == ("值班", "交接班", "施救")
    assert rules(MANUAL)["1.2.1第一段"] == "交接时清点浮具。"
    assert rules(MANUAL)["1.2.2第一段"] == "记录存放一年，计3个月复查一次，\n1.5倍加班费另计。"
    assert rules(MANUAL)["3、第一段"] == "本手册由馆长解释。"


@pytest.mark.parametrize(
    "numbers",
    [
        ("1 ", "2 ", "2.1 ", "2.2 "),
        ("1. ", "2. ", "2.1. ", "2.2. "),
        ("１　", "２　", "２．１　", "２．２　"),
        ("1、", "2、", "2.1、", "2.2、"),
    ],
)
def test_a_short_outline_is_one_too(numbers: tuple[str, ...]) -> None:
    one, two, first, second = numbers
    found = clauses(
        f"借阅标准\n\n{one}范围\n本标准适用于借阅。\n{two}受理\n{first}材料\n提交证件。\n{second}时限\n五日内答复。\n"
    )
    assert {"1", "2", "2.1", "2.2"} <= found.keys()


def test_figures_at_the_start_of_lines_are_no_outline() -> None:
    text = "关于水价的通知\n居民用水每吨\n1.1元。\n商业用水每吨\n1.2元。\n特种用水每吨\n1.3元。\n"
    assert not [a for a in clauses(text) if a[0].isdigit()]


CLUB = """书法社章程
壹、总则
一、本社名为兰亭社。
二、社址在文化宫。
贰、社员
一、年满十岁可以入社。
叁、附则
本章程自通过之日起施行。
"""


def test_formal_numbers_stand_above_the_usual_ones() -> None:
    assert rules(CLUB) == {
        "壹、一、第一段": "本社名为兰亭社。",
        "壹、二、第一段": "社址在文化宫。",
        "贰、一、第一段": "年满十岁可以入社。",
        "叁、第一段": "本章程自通过之日起施行。",
    }
    assert clauses(CLUB)["贰"].heading == "社员"


NOTICE = """体育局关于游泳馆开放的通知

各区：
现就开放通知如下。
一、开放时间为六月。
二、收费见{0}。

{0}
收费办法
一、成人二十元。

{1}
停收名单
一、七十岁以上老人。
"""


@pytest.mark.parametrize(
    ("names", "addresses"),
    [
        (("附1", "附2"), ("附件1", "附件2")),
        (("附一", "附二"), ("附件1", "附件2")),
        (("附录A", "附录B"), ("附录A", "附录B")),
        (("附表1", "附表2"), ("附件1", "附件2")),
    ],
)
def test_annexes_have_numbers_of_their_own(names: tuple[str, str], addresses: tuple[str, str]) -> None:
    found = clauses(NOTICE.format(*names))
    assert [found[a].heading for a in addresses] == ["收费办法", "停收名单"]
    assert {"一", "二", f"{addresses[0]} 一", f"{addresses[1]} 一"} <= found.keys()
    assert not [a for a in found if "〔" in a]


@pytest.mark.parametrize(
    "text",
    [
        "幼儿园接送办法\n第一条 接送时间\n每日八时开门。\n第二条 接送人\n限登记的家长。\n第三条 迟到\n电话告知老师。\n",
        "幼儿园接送办法\n第一条\n接送时间\n每日八时开门。\n第二条\n接送人\n限登记的家长。\n第三条\n迟到\n电话告知老师。\n",
    ],
    ids=["on the line of the number", "on a line of its own"],
)
def test_the_name_of_an_article_is_no_part_of_its_words(text: str) -> None:
    found = clauses(text)
    assert [found[f"第{n}条"].heading for n in "一二三"] == ["接送时间", "接送人", "迟到"]
    assert list(rules(text).values()) == ["每日八时开门。", "限登记的家长。", "电话告知老师。"]


def test_a_torn_line_is_no_name() -> None:
    text = "养犬办法\n第一条 养犬人\n应当办证。\n第二条 犬只每年免疫一次。\n第三条 外出牵绳。\n第四条 不得入园。\n"
    assert rules(text)["第一条第一款"] == "养犬人\n应当办证。"


@pytest.mark.parametrize(
    ("ask", "reply"),
    [("【问】", "【答】"), ("[问]", "[答]"), ("【问题1】", "【解答】"), ("（问）", "（答）"), ("【问】：", "【答】：")],
)
def test_bracketed_questions_are_pairs(ask: str, reply: str) -> None:
    text = f"驾校问答\n{ask}多久能考？\n{reply}满二十学时。\n{ask}能退费吗？\n{reply}能。\n"
    found = clauses(text)
    assert [found[f"问答第{n}问"].heading for n in "一二"] == ["多久能考？", "能退费吗？"]
    assert rules(text) == {"问答第一答第一段": "满二十学时。", "问答第二答第一段": "能。"}


def test_two_rules_in_one_file_are_told_apart() -> None:
    text = (
        "物业制度汇编\n\n电梯使用规定\n第一条 限乘十人。\n第二条 禁止吸烟。\n\n"
        "车位使用规定\n第一条 一户一位。\n第二条 禁止转租。\n"
    )
    tree = tree_of(text)
    assert rules(text) == {
        "第一条第一款": "限乘十人。",
        "第二条第一款": "禁止吸烟。",
        "印发件2第一条第一款": "一户一位。",
        "印发件2第二条第一款": "禁止转租。",
    }
    assert [w.partition("：")[0] for w in tree.warnings] == ["compilation"]


def test_a_title_over_two_lines_is_whole() -> None:
    text = "海州市关于禁止以挂靠、\n转包等方式承揽工程的规定\n\n第一条 禁止挂靠。\n第二条 禁止转包。\n"
    assert clauses(text)["标题"].heading == "海州市关于禁止以挂靠、转包等方式承揽工程的规定"


def test_every_address_is_read_back() -> None:
    for text in (MANUAL, CLUB, NOTICE.format("附1", "附2"), NOTICE.format("附录A", "附录B")):
        for address, clause in clauses(text).items():
            if clause.level in APPARATUS or address in ("标题", "序言") or address.isdigit():
                continue
            parsed = parse_address(address)
            assert parsed is not None, address
            assert parsed.local == address


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("锅炉房管理办法\n", "only_title"),
        ("锅炉房管理办法\n（2024年3月1日公布）\n", "only_title"),
        ("锅炉房管理办法\n§第一条 持证上岗。\n§第二条 每班巡检。\n", "no_article"),
    ],
)
def test_a_text_without_rules_is_doubted(text: str, code: str) -> None:
    assert code in [w.partition("：")[0] for w in tree_of(text).warnings]


def test_a_reference_alone_is_no_doubt() -> None:
    text = "关于两项处罚的通知\n一、依照\n第三条规定的罚款，减半。\n二、依照\n第五条规定的罚款，照收。\n"
    assert not [w for w in tree_of(text).warnings if w.startswith("no_article")]
