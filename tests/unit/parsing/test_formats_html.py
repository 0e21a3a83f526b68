"""HTML: the document of a portal's page, its list numbers and tables, and nothing a reader does not see."""

from __future__ import annotations

import pytest

from assistant.parsing.formats.html import read_html
from assistant.parsing.formats.model import Parsed, Rejected


def page(body: str, *, head: str = "", charset: str = "utf-8") -> bytes:
    text = f'<!DOCTYPE html><html><head><meta charset="{charset}">{head}</head><body>{body}</body></html>'
    return text.encode("gbk" if charset.startswith("gb") else charset)


def lines(body: str, *, head: str = "") -> list[str]:
    return read_html(page(body, head=head)).text.splitlines()


def hidden(parsed: Parsed) -> set[tuple[str, str]]:
    return {(h.kind, h.text) for h in parsed.hidden}


PORTAL = """
<div class="top header"><a href="/">首页</a><a href="/a">政务公开</a></div>
<ul class="nav"><li><a href="/1">机构概况</a></li><li><a href="/2">新闻资讯</a></li></ul>
<div class="crumb">您所在的位置：<a href="/">首页</a> &gt; 政策法规</div>
<table class="xxgk"><tr><td>索 引 号：</td><td>0001/2024-01</td><td>主题分类：</td><td>普惠金融</td></tr>
<tr><td>发文机关：</td><td>某监管局</td><td>发文字号：</td><td>某金监发〔2024〕7号</td></tr></table>
<div class="detail"><h1>关于做好<br>小微企业金融服务的通知</h1>
<div class="info"><span>发布时间：2024-05-06</span> <span>来源：某监管局</span>
【字体：<a>大</a> <a>中</a> <a>小</a>】</div>
<div class="TRS_Editor" id="zoom">
<p>关于做好小微企业金融服务的通知</p>
<p>　　各银行机构：</p>
<p>　　为做好
小微企业金融服务，现就有关事项通知如下。</p>
<p>　　一、加大投放</p><p>　　（一）各行要单列信贷计划。&nbsp;</p><p>来源于经营的现金流：应当核实。</p>
<p>某监管局<br>2024年5月6日</p>
</div><div class="tools"><a>打印</a> <a>收藏</a></div><p>【打印本页】 【关闭窗口】</p><p>上一篇：<a>某公告</a></p>
</div>
<div class="related"><h3>相关阅读</h3><ul><li><a href="/3">某办法解读</a></li></ul></div>
<div class="footer">主办单位：某监管局 京ICP备0001号</div>
<script>var a = "不是正文";</script>
"""
WANTED = [
    "关于做好小微企业金融服务的通知",
    "各银行机构：",
    "为做好小微企业金融服务，现就有关事项通知如下。",
    "一、加大投放",
    "（一）各行要单列信贷计划。",
    "来源于经营的现金流：应当核实。",
    "某监管局",
    "2024年5月6日",
]


@pytest.mark.parametrize("charset", ["utf-8", "gb2312", "gbk"])
def test_a_page_of_a_portal(charset: str) -> None:
    parsed = read_html(page(PORTAL, head="<title>关于做好小微企业金融服务的通知_某监管局</title>", charset=charset))
    assert parsed.text.splitlines() == WANTED
    assert parsed.front["portal"]["发文字号"] == "某金监发〔2024〕7号"
    assert parsed.hidden == ()
    assert parsed.warnings == ()


def test_the_same_page_without_helpful_names() -> None:
    plain = PORTAL.replace('class="TRS_Editor" id="zoom"', "").replace('class="detail"', "")
    assert read_html(page(plain)).text.splitlines() == WANTED


def test_a_body_inside_badly_named_elements_is_kept() -> None:
    text = "第一条 各银行机构应当单列信贷计划，合理把握投放节奏。"
    for wrapper in (
        '<div class="side">{}</div>',
        "<form>{}</form>",
        "<header>{}</header>",
        '<div id="footer">{}</div>',
    ):
        assert lines(wrapper.format(f"<p>{text}</p>")) == [text]


def test_the_title_may_stand_in_the_head_alone() -> None:
    head = "<title>某某管理办法 - 某局网站</title>"
    assert lines("<p>第一条 甲。</p><p>第二条 乙。</p>", head=head) == ["某某管理办法", "第一条 甲。", "第二条 乙。"]


# --- lists --------------------------------------------------------------------------------------

LISTS = [
    ("<ol><li>甲<li>乙</ol>", ["1. 甲", "2. 乙"]),
    ('<ol start="3"><li>甲</li><li value="7">乙</li><li>丙</li></ol>', ["3. 甲", "7. 乙", "8. 丙"]),
    ("<ol reversed><li>甲</li><li>乙</li></ol>", ["2. 甲", "1. 乙"]),
    ('<ol type="a"><li>甲</li><li>乙</li></ol>', ["a. 甲", "b. 乙"]),
    ('<ol type="I" start="4"><li>甲</li></ol>', ["IV. 甲"]),
    ('<ol style="list-style-type: cjk-ideographic"><li>甲</li><li>乙</li></ol>', ["一、甲", "二、乙"]),
    ('<ol style="list-style:none"><li>甲</li></ol>', ["甲"]),
    ("<ol><li>（一）甲</li><li>（二）乙</li></ol>", ["（一）甲", "（二）乙"]),
    ("<ul><li>甲</li></ul>", ["甲"]),
    ("<ol><li>甲<ol type='A'><li>子</li><li>丑</li></ol></li><li>乙</li></ol>", ["1. 甲", "A. 子", "B. 丑", "2. 乙"]),
    ("<ol><li><p>甲</p><p>续段</p></li><li><p>乙</p></li></ol>", ["1. 甲", "续段", "2. 乙"]),
    ("<ol class='k'><li>甲<ol><li>子</li></ol></li></ol>", ["一、甲", "1. 子"]),
]


@pytest.mark.parametrize(("body", "wanted"), LISTS)
def test_list_numbers(body: str, wanted: list[str]) -> None:
    assert lines(body, head="<style>.k{list-style-type:simp-chinese-informal}</style>") == wanted


# --- tables -------------------------------------------------------------------------------------


def test_a_table_with_spans_caption_and_foot() -> None:
    parsed = read_html(
        page(
            "<p>一、任务。</p><table><caption>表1 任务表</caption>"
            "<tfoot><tr><td>合计</td><td>1</td><td>2</td></tr></tfoot>"
            "<tr><th rowspan=2>机构</th><th colspan=2>指标</th></tr><tr><td>增速<br>（%）</td><td>户数</td></tr>"
            "<tr><td>甲行</td><td>1.1</td><td><p>-8</p></td></tr></table><p>二、要求。</p>"
        )
    )
    (table,) = parsed.tables
    assert table.caption == "表1 任务表"
    assert table.rows == (
        ("机构", "指标", "指标"),
        ("机构", "增速 （%）", "户数"),
        ("甲行", "1.1", "-8"),
        ("合计", "1", "2"),
    )
    for row, span in zip(table.rows, table.row_spans, strict=True):
        assert parsed.text[span.start : span.end].split("\t") == list(row)
    assert parsed.text.splitlines()[:2] == ["一、任务。", "表1 任务表"]
    assert parsed.text.splitlines()[-1] == "二、要求。"


def test_a_table_used_as_a_frame_is_text() -> None:
    body = "<table><tr><td><p>第一条 甲。</p><p>第二条 乙。</p></td></tr></table>"
    parsed = read_html(page(body))
    assert parsed.text.splitlines() == ["第一条 甲。", "第二条 乙。"]
    assert parsed.tables == ()


# --- concealment --------------------------------------------------------------------------------

CONCEALED = {
    '<p style="display:none">藏</p>': "display_none",
    "<p hidden>藏</p>": "display_none",
    '<p class="h">藏</p>': "display_none",
    '<p id="x">藏</p>': "display_none",
    '<span style="visibility: hidden">藏</span>': "invisible",
    '<span style="opacity:0">藏</span>': "invisible",
    '<span style="font-size:0">藏</span>': "tiny",
    '<span style="font-size:1px">藏</span>': "tiny",
    '<p style="font-size:1pt">藏</p>': "tiny",
    '<font color="#FFFFFF">藏</font>': "white",
    '<p style="color:#fff !important">藏</p>': "white",
    '<p style="color: rgb(254, 254, 254)"><b>藏</b></p>': "white",
    '<p style="color:#333;background:#333">藏</p>': "same_color",
    '<p aria-hidden="true">藏</p>': "aria_hidden",
    '<p style="position:absolute;left:-9999px">藏</p>': "off_page",
    '<p style="text-indent:-9999px">藏</p>': "off_page",
    '<div style="height:0;overflow:hidden">藏</div>': "off_page",
    "<!-- 藏着的话 -->": "comment",
    "<del>藏</del>": "struck_out",
    '<img src="http://example.invalid/x.png" alt="藏">': "alt",
    '<ol><li style="display:none">藏</li></ol>': "display_none",
    "<table><tr hidden><td>藏</td><td>藏</td></tr></table>": "display_none",
}


@pytest.mark.parametrize("body", CONCEALED)
def test_concealed_text_is_reported(body: str) -> None:
    head = "<style>/* a */ .h, .other { color: red; display: none } #x{display:none}</style>"
    parsed = read_html(page(f"<p>看得见的正文。</p>{body}<p>后文。</p>", head=head))
    assert parsed.text.splitlines() == ["看得见的正文。", "后文。"]
    assert [h.kind for h in parsed.hidden] == [CONCEALED[body]]
    assert "藏" in parsed.hidden[0].text


SEEN = [
    '<p style="color:#fff;background-color:#036">看得见。</p>',
    '<div style="background:url(a.png)"><p style="color:white">看得见。</p></div>',
    '<p style="font-size:9px">看得见。</p>',
    '<p style="text-indent:-2em">看得见。</p>',
    '<p style="display:block;opacity:0.9">看得见。</p>',
    "<details><summary>看得见。</summary></details>",
    "<!--[if IE]><p>旧浏览器</p><![endif]--><p>看得见。</p>",
]


@pytest.mark.parametrize("body", SEEN)
def test_unusual_text_that_is_seen_stays(body: str) -> None:
    parsed = read_html(page(body))
    assert parsed.text.splitlines() == ["看得见。"]
    assert parsed.hidden == ()


def test_active_content_is_inert() -> None:
    body = (
        "<p>正文。</p><script>document.write('坏')</script><iframe srcdoc='&lt;p&gt;坏&lt;/p&gt;'></iframe>"
        "<svg><text>坏</text></svg><object data='http://example.invalid'></object>"
        "<img src='data:image/png;base64,AAAA'>"
    )
    parsed = read_html(
        page(body, head='<base href="http://example.invalid/"><meta http-equiv="refresh" content="0;url=x">')
    )
    assert parsed.text == "正文。\n"
    assert set(parsed.lost) == {"内嵌网页或对象 2 处（“正文。”处）", "图片 1 处（“正文。”处）"}


def test_entities_breaks_and_line_ends() -> None:
    assert lines("<p>A&amp;B&#12289;&ldquo;甲&rdquo;<br>乙\n丙</p>") == ["A&B、“甲”", "乙丙"]
    assert lines("<p>1000 万元\n以下 small\nfirms</p>") == ["1000 万元以下 small firms"]


def test_footnotes_are_not_text() -> None:
    body = '<p>正文<sup><a href="#fn1">[1]</a></sup>。</p><div class="footnotes"><p>注释一则</p></div>'
    parsed = read_html(page(body))
    assert parsed.text == "正文。\n"
    assert hidden(parsed) == {("footnote", "注释一则"), ("note_mark", "[1]")}


DEEP = {
    "divs": b"<div>" * 100_000 + "深".encode() + b"</div>" * 100_000,
    "tables": b"<table><tr><td>" * 10_000 + b"x",
    "lists": b"<ol><li>" * 10_000 + b"x",
    "spans": b"<p>" + b"<span>" * 300 + b"x",
    "attributes": b"<p " + b" ".join(b"a%d=1" % i for i in range(1_000_000)) + b">x</p>",
}


@pytest.mark.parametrize("raw", DEEP.values(), ids=DEEP)
def test_too_deep(raw: bytes) -> None:
    with pytest.raises(Rejected) as caught:
        read_html(raw)
    assert caught.value.code == "too_complex"


@pytest.mark.parametrize("raw", [b"<html></html>", b"<p>&nbsp;</p>", b"<!-- x -->", b"<script>1</script>"])
def test_nothing_to_read(raw: bytes) -> None:
    with pytest.raises(Rejected) as caught:
        read_html(raw)
    assert caught.value.code == "empty"
