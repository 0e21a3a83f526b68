"""What a page shows in a field, a formula or an odd place is part of the document, or is named with its place."""

from __future__ import annotations

import pytest

from assistant.parsing.formats.html import read_html
from assistant.parsing.formats.model import Parsed

FILLER = "".join(
    f"<p>第{n}条　管理员应当每日巡查两次并登记，登记簿保存两年以上，遇有险情立即报告并疏散人员。</p>"
    for n in "二三四五六七八"
)


def read(body: str, head: str = "") -> Parsed:
    return read_html(f"<html><head>{head}</head><body><h1>攀岩馆管理办法</h1>{body}</body></html>".encode())


def lines(body: str, head: str = "") -> list[str]:
    return read(body, head).text.splitlines()[1:]


@pytest.mark.parametrize(
    "old",
    [
        "<s>十元</s>",
        "<strike>十元</strike>",
        "<del>十元</del>",
        '<span style="text-decoration: line-through">十元</span>',
        '<span style="text-decoration-line:line-through">十元</span>',
        '<span class="old">十元</span>',
    ],
)
def test_struck_words_are_no_rule(old: str) -> None:
    parsed = read(f"<p>第一条　门票{old}八元。</p>", "<style>.old{text-decoration:line-through red}</style>")
    assert parsed.text.splitlines()[1:] == ["第一条　门票八元。"]
    assert [(h.kind, h.text) for h in parsed.hidden] == [("struck_out", "十元")]
    assert "struck_out" in {w.code for w in parsed.warnings}


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("场地60m<sup>2</sup>。", "场地60m²。"),
        ("岩点10<sup>3</sup>个。", "岩点10^3个。"),
        ('岩点10<span style="vertical-align:super">3</span>个。', "岩点10^3个。"),
        ("学员<sup>2</sup>减半。", "学员减半。"),
        ("折扣7<sup>[2]</sup>折。", "折扣7折。"),
        ("折扣7<sup>①</sup>折。", "折扣7折。"),
        ('折扣7<sup><a href="#n2">2</a></sup>折。', "折扣7折。"),
        ("第x<sup>n</sup>次。", "第xn次。"),
        ("样本10<sub>2</sub>。", "样本10_2。"),
    ],
)
def test_raised_figures_change_no_figure(markup: str, words: str) -> None:
    assert lines(f"<p>{markup}</p>") == [words]


def test_a_note_at_the_foot_of_the_page_is_named() -> None:
    parsed = read("<p>年卡涨幅4<sup>2</sup>%。</p><p><sup>2</sup> 含税。</p>")
    assert parsed.text.splitlines()[1:] == ["年卡涨幅4%。"]
    assert any("含税" in what and "年卡涨幅4%" in what for what in parsed.lost)


def test_form_fields_are_read() -> None:
    body = (
        '<p>押金<input value="五十元" readonly>，租期<select><option>一日<option selected>两日</select>，'
        '<input type="checkbox" checked>含鞋<input type="hidden" value="x9"><input type="submit" value="提交">。</p>'
        "<textarea>一、自带镁粉。\n二、儿童须陪同。</textarea>"
    )
    assert lines(body) == ["押金五十元，租期两日，☑含鞋。", "一、自带镁粉。", "二、儿童须陪同。"]


def test_a_search_field_is_no_part_of_the_text() -> None:
    assert lines('<div><input type="text" value="请输入关键字"></div><p>第一条　自带镁粉。</p>') == [
        "第一条　自带镁粉。"
    ]


def test_formulas_are_one_line() -> None:
    half = "<math><mfrac><mrow><mi>甲</mi><mo>+</mo><mi>乙</mi></mrow><mn>2</mn></mfrac></math>"
    assert lines(f"<p>均分为{half}。</p>") == ["均分为（甲+乙）/2。"]
    assert lines("<p>面积<math><msup><mi>a</mi><mn>2</mn></msup></math>。</p>") == ["面积a^2。"]
    parsed = read("<p>矩阵<math><mtable><mtr><mtd><mn>1</mn></mtd></mtr></mtable></math>。</p>")
    assert parsed.lost == ("公式的排列 1 处（“矩阵1”处）",)


@pytest.mark.parametrize(
    "tag", ['<iframe src="a.pdf"></iframe>', '<object data="a.pdf"></object>', '<embed src="a.pdf">']
)
def test_a_frame_is_named_with_its_place(tag: str) -> None:
    parsed = read(f"<p>价目如下：</p>{tag}")
    assert parsed.lost == ("内嵌网页或对象 1 处（“价目如下：”处）",)
    assert "left_out" in {w.code for w in parsed.warnings}


def test_a_picture_is_named_with_its_place() -> None:
    assert read('<p>价目见图：</p><p><img src="a.png" alt="价目"></p>').lost == ("图片 1 处（“价目见图：”处）",)


@pytest.mark.parametrize("name", ["head", "side", "position", "print", "related", "foot"])
def test_an_article_is_no_furniture(name: str) -> None:
    first, last = "<p>第一条　攀岩须系绳。</p>", "<p>第九条　违者离场，并登记。</p>"
    for opening, closing in (
        (f'<div class="{name}">', "</div>"),
        ("<aside>", "</aside>"),
        (f'<div id="{name}">', "</div>"),
    ):
        body = f"{opening}{first}{closing}{FILLER}{opening}{last}{closing}"
        found = lines(body)
        assert (found[0], found[-1], len(found)) == ("第一条　攀岩须系绳。", "第九条　违者离场，并登记。", 9)


def test_an_article_beside_the_content_is_kept() -> None:
    body = f'<aside><p>第一条　攀岩须系绳。</p></aside><div class="article-content">{FILLER}</div>'
    assert lines(body)[0] == "第一条　攀岩须系绳。"


LINKS = "".join(f'<li><a href="{n}">{n}号场地使用说明</a></li>' for n in ("东", "西", "南", "北", "中"))


def test_a_list_of_links_that_the_text_asks_for_is_kept() -> None:
    assert lines(f"<p>下列说明停止使用：</p><ul>{LINKS}</ul><p>其余照旧。</p>") == [
        "下列说明停止使用：",
        *(f"{n}号场地使用说明" for n in ("东", "西", "南", "北", "中")),
        "其余照旧。",
    ]


@pytest.mark.parametrize("before", ["<p>其余照旧。</p>", "<p>相关链接：</p>"])
def test_another_list_of_links_is_furniture(before: str) -> None:
    assert not [line for line in lines(f"<p>第一条　攀岩须系绳。</p>{before}<ul>{LINKS}</ul>") if "场地" in line]


def test_merged_cells_say_the_same_in_each_place() -> None:
    body = (
        "<p>价目。</p><table><tr><td>对象</td><td colspan=2>价格</td></tr>"
        "<tr><td rowspan=2>学生</td><td>平日</td><td>8</td></tr><tr><td>周末</td><td>12</td></tr>"
        "<tr><td colspan=3>以上含保险</td></tr></table>"
    )
    (table,) = read(body).tables
    assert table.rows == (
        ("对象", "价格", "价格"),
        ("学生", "平日", "8"),
        ("学生", "周末", "12"),
        ("以上含保险", "", ""),
    )


def test_only_the_new_wording_of_a_comparison_is_taken() -> None:
    body = (
        "<table><tr><th>序号</th><th>原条款</th><th>修订后条款</th></tr>"
        "<tr><td>1</td><td><p>第一条 门票十元。</p></td><td><p>第一条 门票八元。</p><p>学生半价。</p></td></tr>"
        "<tr><td>2</td><td>第二条 周一闭馆。</td><td>删除</td></tr></table>"
    )
    parsed = read(body)
    assert parsed.text.splitlines()[1:] == ["第一条 门票八元。", "学生半价。"]
    assert [h.kind for h in parsed.hidden] == ["superseded", "superseded"]


@pytest.mark.parametrize(
    ("style", "kind"),
    [
        ("opacity:.01", "invisible"),
        ("opacity: 5%", "invisible"),
        ("color:rgba(0,0,0,0)", "invisible"),
        ("filter:opacity(0)", "invisible"),
        ("position:fixed;left:9999px", "off_page"),
    ],
)
def test_what_hardly_shows_is_reported(style: str, kind: str) -> None:
    parsed = read(f'<p>第一条　攀岩须系绳。<span style="{style}">可免费</span></p>')
    assert parsed.text.splitlines()[1:] == ["第一条　攀岩须系绳。"]
    assert [(h.kind, h.text) for h in parsed.hidden] == [(kind, "可免费")]


def test_what_shows_half_is_read() -> None:
    assert lines('<p>第一条　<span style="opacity:.6;color:rgba(0,0,0,.8)">攀岩须系绳。</span></p>') == [
        "第一条　攀岩须系绳。"
    ]
