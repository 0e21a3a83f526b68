"""An article keeps its address however its number is written."""

from __future__ import annotations

import pytest
from tree_laws import broken_laws

from assistant.parsing.clauses import kind_of, parse_tree
from assistant.parsing.formats.html import read_html
from assistant.parsing.formats.md import read_md
from assistant.parsing.formats.txt import read_txt
from assistant.parsing.markers import mark_at
from assistant.schema.document import Clause, DocumentKind, Level


def articles(text: str) -> list[Clause]:
    tree = parse_tree(text, kind_of(text))
    assert broken_laws(text, tree.clauses) == []
    return [c for root in tree.clauses for c in root.walk() if c.level is Level.ARTICLE]


def words(article: Clause) -> list[str]:
    return [c.text for c in article.children if c.level is Level.PARAGRAPH]


RULE = "县图书馆借阅规定\n\n{0}持证人可以入馆。\n{1}每次可以借阅五册。\n{2}逾期每日收一角。\n"
SPELLINGS = {
    "blank": ("第一条 ", "第二条 ", "第三条 "),
    "colon": ("第一条：", "第二条:", "第三条："),
    "full stop": ("第一条. ", "第二条．", "第三条. "),
    "pause": ("第一条、", "第二条、", "第三条、"),
    "no blank": ("第一条", "第二条", "第三条"),
    "a blank here and there": ("第一条 ", "第二条", "第三条"),
    "in corners": ("【第一条】", "〔第二条〕", "[第三条]："),
    "digits": ("第1条：", "第2条：", "第3条："),
    "formal numerals": ("第壹条 ", "第贰条　", "第叁条："),
    "radicals": ("第⼀条 ", "第⼆条 ", "第三条 "),
    "traditional": ("第一條 ", "第二條 ", "第三條 "),
    "name in corners": ("第一条【入馆】", "第二条【册数】", "第三条【逾期】"),
    "name in brackets": ("第一条（入馆）", "第二条（册数）", "第三条(逾期)"),
    "name in brackets with a colon": ("第一条（入馆）：", "第二条（册数）：", "第三条（逾期）："),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_opens_an_article(spelling: str) -> None:
    text = RULE.format(*SPELLINGS[spelling])
    found = articles(text)
    assert kind_of(text) is DocumentKind.LAW
    assert [a.address for a in found] == ["第一条", "第二条", "第三条"]
    assert [words(a) for a in found] == [["持证人可以入馆。"], ["每次可以借阅五册。"], ["逾期每日收一角。"]]


def test_a_name_in_brackets_above_its_text_is_the_heading() -> None:
    found = articles("广场舞管理规定\n第一条（时间）\n每日二十一时前结束。\n第二条（音量）\n不得超过六十分贝。\n")
    assert [(a.address, a.heading, words(a)) for a in found] == [
        ("第一条", "时间", ["每日二十一时前结束。"]),
        ("第二条", "音量", ["不得超过六十分贝。"]),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "第三条（一）所列情形",
        "第三条规定的书籍",
        "第三条、第四条所列",
        "第三条第二款",
        "第三条和第五条",
        "第三条的处罚",
        "第十二条3",
    ],
)
def test_a_reference_at_the_start_of_a_line_opens_nothing(line: str) -> None:
    assert mark_at(line, 0, len(line)) is None


def test_a_number_out_of_place_is_no_article() -> None:
    """第九条情形 follows on no 第八条: the line goes on with the sentence above, or is a paragraph of the article."""
    found = articles(
        "车棚规定\n第一条 车棚免费。\n第二条 出现\n第九条情形的，收费两元。\n第三条 夜间关门。\n第九条情形除外。\n"
    )
    assert [a.address for a in found] == ["第一条", "第二条", "第三条"]


def test_the_published_characters_stay() -> None:
    text = "乡⾦库守则\n第⼀条 ⾦库由⼆⼈开启。\n第⼆条 ⾦库每⽇清点。\n"
    found = articles(text)
    assert [a.address for a in found] == ["第一条", "第二条"]
    assert found[0].text == "第⼀条 ⾦库由⼆⼈开启。"


MARKDOWN = {
    "bold": "**第一条** 每日开馆。\n\n**第二条** 周一闭馆。",
    "bold and slanted": "***第一条***　每日开馆。\n\n__第二条__　周一闭馆。",
    "list": "- 第一条 每日开馆。\n- 第二条 周一闭馆。",
    "bold in a list": "* **第一条** 每日开馆。\n* **第二条** 周一闭馆。",
    "quoted": "> 第一条 每日开馆。\n>\n> 第二条 周一闭馆。",
    "linked": '[第一条](#a1) 每日开馆。\n\n[第二条](#a2 "二") 周一闭馆。',
    "entities": "&emsp;&emsp;第一条&nbsp;每日开馆。\n\n&amp;emsp;第二条&amp;nbsp;周一闭馆。",
    "tags": "<p>第一条 每日<b>开馆</b>。</p>\n<p>第二条 周一闭馆。</p>",
    "code": "`第一条` 每日开馆。\n\n`第二条` 周一闭馆。",
}


@pytest.mark.parametrize("dress", MARKDOWN)
def test_markdown_dresses_no_number(dress: str) -> None:
    found = articles(read_md(f"# 博物馆开放办法\n\n{MARKDOWN[dress]}\n".encode()).text)
    assert [(a.address, words(a)) for a in found] == [("第一条", ["每日开馆。"]), ("第二条", ["周一闭馆。"])]


def test_markdown_names_what_it_leaves_out() -> None:
    page = "# 洗衣房规定\n\n第一条 每桶~~两元~~三元。<s>可赊账。</s>\n\n第二条 自助。[^1]\n\n[^1]: 指无人看管。\n"
    parsed = read_md(page.encode())
    assert "第一条 每桶三元。\n" in parsed.text
    assert {(h.kind, h.text) for h in parsed.hidden} == {
        ("struck_out", "两元"),
        ("struck_out", "可赊账。"),
        ("footnote", "指无人看管。"),
    }


def test_a_table_in_html_inside_markdown_is_a_table() -> None:
    table = "<table>\n<tr><td>大桶</td><td>五元</td></tr>\n<tr><td>小桶</td><td>两元</td></tr>\n</table>"
    parsed = read_md(f"# 洗衣房规定\n\n第一条 价目如下。\n\n{table}\n\n第二条 自助。\n".encode())
    assert [t.rows for t in parsed.tables] == [(("大桶", "五元"), ("小桶", "两元"))]
    assert [a.address for a in articles(parsed.text)] == ["第一条", "第二条"]


def test_entities_are_characters_in_every_format() -> None:
    plain = read_txt("澡堂规定\n第一条&nbsp;票价&amp;nbsp;五元。\n第二条&ensp;限时。\n".encode())
    assert [a.address for a in articles(plain.text)] == ["第一条", "第二条"]
    assert "entities" in {w.code for w in plain.warnings}
    second = "第二条&amp;emsp;限时，&amp;ldquo;限时&amp;rdquo;指一小时。"
    page = f"<h1>澡堂规定</h1><p>第一条&amp;nbsp;票价五元。</p><p>{second}</p>"
    web = read_html(f"<html><body>{page}</body></html>".encode())
    assert [a.address for a in articles(web.text)] == ["第一条", "第二条"]
    assert "“限时”" in web.text


def test_any_subject_may_follow_on_a_number_without_a_blank() -> None:
    text = (
        "县图书馆借阅规定\n第一条本馆免费。\n第二条各乡镇可以设点。\n第三条内部书刊不外借。\n第四条外地读者凭证件。\n"
    )
    assert [a.address for a in articles(text)] == ["第一条", "第二条", "第三条", "第四条"]
    text = "县图书馆借阅规定\n第一条本馆免费。\n第二条周一闭馆。\n第三条各项收费公示。\n第三条内容从略。\n"
    assert [a.address for a in articles(text)] == ["第一条", "第二条"]


def test_an_ordered_list_of_articles_keeps_their_own_numbers() -> None:
    parsed = read_md(
        "# 县图书馆借阅规定\n\n1. **第一条** 可以入馆。\n2. [第二条](#b) 每次五册。\n3. 第三条 逾期一角。\n".encode()
    )
    assert [a.address for a in articles(parsed.text)] == ["第一条", "第二条", "第三条"]
    kept = read_md("一、要求\n\n1. 第三方机构要备案。\n2. 第二类企业除外。\n".encode()).text
    assert "1. 第三方" in kept
    assert "2. 第二类" in kept


def test_a_markdown_table_of_old_and_new_gives_the_new_words() -> None:
    rows = [
        "原条文 | 现条文",
        "--- | ---",
        "第一条 每次三册。 | 第一条 每次五册。",
        "第二条 逾期一角。 | 不变",
        "第三条 不得外借。 | 删除",
    ]
    table = "\n".join(f"| {row} |" for row in rows)
    parsed = read_md(f"# 借阅规定修订对照表\n\n{table}\n".encode())
    assert [c.address for c in articles(parsed.text)] == ["第一条", "第二条"]
    assert "三册" not in parsed.text
    assert "外借" not in parsed.text
    assert {(h.kind, h.text) for h in parsed.hidden} == {
        ("superseded", "第一条 每次三册。"),
        ("superseded", "第三条 不得外借。"),
    }
    assert "comparison" in [w.code for w in parsed.warnings]
