"""Lines of a page around a text: known by their words and their place; what may be a rule stays or is told."""

from __future__ import annotations

import pytest
from tree_laws import broken_laws

from assistant.parsing.clauses import Tree, kind_of, parse_tree
from assistant.parsing.formats.html import read_html
from assistant.parsing.formats.model import Parsed
from assistant.parsing.lines.page_words import PageLine, is_control, page_line
from assistant.parsing.lines.page_zones import SeenLine, page_lines
from assistant.schema.document import Level


def tree(*lines: str) -> Tree:
    text = "\n".join(lines) + "\n"
    found = parse_tree(text, kind_of(text))
    assert broken_laws(text, found.clauses) == []
    return found


def leaves(found: Tree) -> dict[str, str]:
    return {
        leaf.address: leaf.text for root in found.clauses for leaf in root.leaves() if leaf.level is not Level.LABEL
    }


def html(body: str, head: str = "") -> Parsed:
    return read_html(f"<html><head>{head}</head><body>{body}</body></html>".encode())


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("打印本页", PageLine.BUTTON),
        ("【字号：大 中 小】【打印】", PageLine.BUTTON),
        ("无障碍 | 繁體版 | 登录 | 注册", PageLine.BUTTON),
        ("首页 › 公开 › 某县办法", PageLine.BUTTON),
        ("上一篇：关于停水的通知", PageLine.BUTTON),
        ("发布日期：2018-03-02 16:20　来源：县供水站　阅读：12 次", PageLine.ABOUT),
        ("政务公开　办事大厅　互动交流", PageLine.MENU),
        ("推荐阅读", PageLine.LIST),
        ("承办单位：县信息中心", PageLine.OWNER),
        ("版权所有 © 2012 县供水站，未经授权不得转载", PageLine.SITE),
        ("【我要打印】【关闭此页】", PageLine.BUTTON),
        ("县供水站 2019-08-01 09:30", PageLine.ABOUT),
        ("來源：縣供水站　2019-08-01", PageLine.ABOUT),
        ("咨询电话：0571-1　监督热线：0571-2", PageLine.OWNER),
        ("发文字号：云供〔2019〕3号", PageLine.INDEX),
    ],
)
def test_a_line_of_a_page_is_known_by_its_words(words: str, kind: PageLine) -> None:
    assert page_line(words) is kind


@pytest.mark.parametrize(
    "words",
    [
        "第一条 首页",
        "第三条　打印",
        "来源于经营的现金流：应当核实。",
        "未经许可，不得转让摊位。",
        "版权所有人不得将摊位转租",
        "报名截止：2019-08-01 17:00",
        "时间：2019年8月1日",
        "打印机管理办法",
        "大中小学校食堂",
        "位置偏僻的村可以放宽",
        "关于做好渡口管理的通知",
        "编辑部应当设在馆内",
        "",
    ],
)
def test_a_line_that_may_rule_something_is_no_line_of_a_page(words: str) -> None:
    assert page_line(words) is None


def test_amid_a_text_only_buttons_are_the_pages() -> None:
    lines = ("下一篇：某公告", "【打印】【关闭】", "主办单位：县总工会", "下载", "来源：自有资金")
    assert [line for line in lines if is_control(line)] == ["下一篇：某公告", "【打印】【关闭】"]


RULES = ("第一条 泳池每日换水一次。", "第二条 未满十二周岁者须由成人陪同。")
PAGES = {
    "a county": (
        ("无障碍阅读　长者版　登录", "首页 > 公开 > 正文", "发布时间：2019-08-01　来源：县体育场"),
        ("【打印】【关闭】", "上一条：某公告", "相关阅读", "县体育场开馆时间", "网站标识码：4300000001"),
    ),
    "a reader on the phone": (
        ("返回", "泳池服务号", "分享"),
        ("点赞 3", "写评论", "县体育场开馆时间", "打开APP 看更多"),
    ),
}


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("title", ["清河县泳池管理办法", "清河县泳池安全须知规定（试行）"])
def test_the_page_around_a_saved_text_is_neither_title_nor_clause(page: str, title: str) -> None:
    before, behind = PAGES[page]
    found = tree(*before, title, *RULES, *behind)
    last = next(c for c in found.clauses if c.address == "第二条")
    assert next(c.heading for c in found.clauses if c.level is Level.TITLE) == title
    assert last.text == RULES[1]
    around = "\n".join(c.text for c in found.clauses if c.address.startswith(("页注", "版头")))
    assert [line for line in (*before, *behind) if line not in around] == []


def test_what_goes_by_its_place_alone_is_told() -> None:
    found = tree("清河县泳池管理办法", *RULES, "【打印】【关闭】", "县体育场开馆时间另见公示栏", "网站地图")
    assert [w.partition("：")[0] for w in found.warnings] == ["page_lines"]
    assert "县体育场开馆时间另见公示栏" in found.warnings[0]


@pytest.mark.parametrize(
    "last",
    [
        "未经许可，不得转让更衣柜。",
        "严禁在池边奔跑",
        "三、闭馆后清场",
        "附件1",
        "2019年8月1日",
        "（此件公开发布）",
        "本站工作人员佩证上岗，发现溺水立即报告。",
    ],
)
def test_a_line_of_the_document_behind_a_button_stays(last: str) -> None:
    found = tree("清河县泳池管理办法", *RULES, "打印本页", last)
    assert not any(last in c.text for c in found.clauses if c.address.startswith("页注"))
    assert any(last in c.text for c in found.clauses)


def test_facts_of_a_portal_on_lines_of_their_own_are_no_clause() -> None:
    index = ("索引号：", "0025/2016-12", "主题分类：", "发布机构：", "云栖县供水站", "发文字号：云供〔2019〕3号")
    found = tree("首页 > 公开", "云栖县供水办法", *index, *RULES)
    assert [c.address for c in found.clauses if c.level not in (Level.TITLE, Level.NOTE)] == ["第一条", "第二条"]
    assert all(any(line in c.text for c in found.clauses) for line in index)


@pytest.mark.parametrize("line", ["服务对象：个体工商户", "有效期：三年", "分类：信用贷款"])
def test_a_name_and_a_value_alone_are_the_documents(line: str) -> None:
    assert line in leaves(tree("惠民贷产品介绍", line, "一、额度", "五十万元。"))["序言"]


@pytest.mark.parametrize(("foot", "stays"), [("网站标识码：4300000001", False), ("打印本页", True)])
def test_the_owner_of_a_site_stands_above_its_code_and_is_told(foot: str, stays: bool) -> None:
    found = tree("清河县泳池管理办法", *RULES, "地址：清河县人民路3号", foot)
    article = next(c for c in found.clauses if c.address == "第二条")
    assert ("人民路" in article.text) is stays
    assert any("人民路" in words for words in found.warnings) is not stays


@pytest.mark.parametrize(
    "lines",
    [
        ("主办单位：县总工会", "地址：人民路3号", "联系我们"),
        ("作业时间表", "早班", "晚班"),
    ],
)
def test_without_a_sure_line_of_a_page_nothing_goes(lines: tuple[str, ...]) -> None:
    found = tree("清河县泳池管理办法", *RULES, *lines)
    assert all(any(line in c.text for c in found.clauses if c.level is Level.ARTICLE) for line in lines)


@pytest.mark.parametrize("title", ["办事指南", "云栖银行信贷产品手册", "政策解读"])
def test_a_title_is_not_taken_for_the_name_of_a_column(title: str) -> None:
    found = tree(title, "打印", "一、条件", "年满十八周岁。")
    assert leaves(found)["标题"] == title


def test_names_in_a_list_are_no_menu() -> None:
    found = tree("小微企业名单", "张三", "李四", "打印本页")
    assert leaves(found)["序言"] == "张三\n李四"


def test_a_text_without_a_page_has_no_line_of_one() -> None:
    words = ("关于停水的通知", "各小区：", "一、停水时间", "周一停水。", "县供水站", "2019年8月1日")
    assert page_lines([SeenLine(line) for line in words]).all == frozenset()


# --- HTML ---

CLAUSES = "".join(f"<p>第{n}条　更衣柜每人一格，遗失钥匙的照价赔偿。</p>" for n in "一二三四五六七八九")


@pytest.mark.parametrize("name", ["related", "position", "tools"])
def test_a_sentence_in_an_element_named_as_furniture_is_told(name: str) -> None:
    parsed = html(f'<h1>更衣柜办法</h1><div class="{name}"><span>更衣柜内不得存放现金。</span></div>{CLAUSES}')
    assert [(h.kind, h.text) for h in parsed.hidden] == [("page", "更衣柜内不得存放现金。")]
    assert any("更衣柜内不得存放现金" in w.message for w in parsed.warnings)
    assert "hidden_text" not in {w.code for w in parsed.warnings}


def test_a_sentence_beside_the_article_is_told() -> None:
    parsed = html(f'<h1>更衣柜办法</h1><div id="zoom">{CLAUSES}{CLAUSES}</div><div>更衣柜内不得存放现金。</div>')
    assert [h.text for h in parsed.hidden] == ["更衣柜内不得存放现金。"]


def test_an_article_whose_number_stands_alone_is_no_furniture() -> None:
    parsed = html(f'<h1>更衣柜办法</h1>{CLAUSES}<div class="side"><p>第十条</p><p>更衣柜每日清空</p></div>')
    assert parsed.text.splitlines()[-2:] == ["第十条", "更衣柜每日清空"]


def test_links_in_a_row_behind_the_text_are_other_pages() -> None:
    links = "".join(f'<p><a href="{n}">{n}号馆启用</a></p>' for n in "一二三")
    assert html(f"<h1>更衣柜办法</h1>{CLAUSES}{links}").text.splitlines()[-1].startswith("第九条")
    asked = html(f"<h1>更衣柜办法</h1>{CLAUSES}<p>下列场馆照此办理：</p>{links}")
    assert asked.text.splitlines()[-3:] == ["一号馆启用", "二号馆启用", "三号馆启用"]


@pytest.mark.parametrize("wide", ['<td width="9"></td><td>{}</td><td></td>', "<td>{}</td><td><img src=a.gif></td>"])
def test_a_table_around_the_text_places_it(wide: str) -> None:
    parsed = html(f"<table><tr>{wide.format('办法<br>第一条　甲。<br>第二条　乙。')}</tr></table>")
    assert (parsed.text.splitlines(), parsed.tables) == (["办法", "第一条　甲。", "第二条　乙。"], ())


def test_a_table_in_a_table_is_a_table_and_the_outer_one_is_not() -> None:
    inner = "<table border=1><tr><td>泳道</td><td>人数</td></tr><tr><td>一号</td><td>8</td></tr></table>"
    parsed = html(
        f"<table><tr><td>首页</td><td>登录</td></tr><tr><td></td><td>一、人数见下表。{inner}</td></tr></table>"
    )
    assert [t.rows for t in parsed.tables] == [(("泳道", "人数"), ("一号", "8"))]
    assert parsed.text.splitlines()[0] == "一、人数见下表。"


@pytest.mark.parametrize(
    "duties",
    ["<p>一、审批。</p><p>二、检查。</p><p>三、上报材料，不得迟报。</p>", "收银<br>对账<br>上报每月一次的报表"],
)
def test_a_long_cell_with_a_name_beside_it_is_a_figure(duties: str) -> None:
    parsed = html(
        f"<p>分工。</p><table><tr><td>经理</td><td>{duties}</td></tr><tr><td>柜员</td><td>办理。</td></tr></table>"
    )
    (table,) = parsed.tables
    assert [row[0] for row in table.rows] == ["经理", "柜员"]


def test_a_page_placed_in_the_middle_keeps_its_line_breaks() -> None:
    body = "<center><table align=center><tr><td>办法<br>第一条　甲。<br>第二条　乙。</td></tr></table></center>"
    assert html(body).text.splitlines() == ["办法", "第一条　甲。", "第二条　乙。"]


@pytest.mark.parametrize(
    "body",
    [
        "<table><tr><td>索引号</td><td>1</td><td>主题分类</td><td>泳池</td></tr>"
        "<tr><td>内容概述</td><td>未满十二周岁者不得单独入池。</td><td>名称</td><td>办法</td></tr></table>",
        '<nav><a href="x">未满十二周岁者不得单独入池。</a></nav>',
        "<footer><b>提示</b><i>未满十二周岁者不得单独入池。</i></footer>",
    ],
)
def test_a_rule_in_a_table_of_facts_a_link_or_a_footer_is_told(body: str) -> None:
    parsed = html(f"<h1>泳池办法</h1>{body}{CLAUSES}")
    assert "未满十二周岁者" not in parsed.text
    assert [h.text for h in parsed.hidden] == ["未满十二周岁者不得单独入池。"]
    assert "page_lines" in {w.code for w in parsed.warnings}
