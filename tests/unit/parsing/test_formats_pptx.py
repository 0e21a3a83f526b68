"""PPTX: slides in order, titles, tables, notes; what is not seen is named. Written by python-pptx and by hand."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from pptx import Presentation
from pptx.util import Inches
from sheet_files import SlideXml, pptx, text_shape

from assistant.parsing.clauses import kind_of, parse_tree
from assistant.parsing.formats.model import Parsed, Rejected
from assistant.parsing.formats.pptx import read_pptx
from assistant.schema.document import UNADDRESSED

TABLE = [["类别", "项目", "费率"], ["贷款", "抵押", "3.5%"], ["", "信用", "4.5%"]]
LINES = [
    "小微贷款办法宣讲",
    "一、申请条件",
    "（一）经营满一年。",
    "（二）无不良记录。",
    "备注：从登记之日起算。",
    "二、费率",
    "类别\t项目\t费率",
    "贷款\t抵押\t3.5%",
    "贷款\t信用\t4.5%",
]


def hidden(parsed: Parsed) -> set[tuple[str, str]]:
    return {(h.kind, h.text) for h in parsed.hidden}


def message(parsed: Parsed, code: str) -> str:
    return next(w.message for w in parsed.warnings if w.code == code)


def by_library() -> bytes:
    deck = Presentation()
    deck.slides.add_slide(deck.slide_layouts[5]).shapes.title.text = LINES[0]
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = LINES[1]
    slide.placeholders[1].text = "\n".join(LINES[2:4])
    slide.notes_slide.notes_text_frame.text = "从登记之日起算。"
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = LINES[5]
    table = slide.shapes.add_table(3, 3, Inches(1), Inches(2), Inches(6), Inches(2)).table
    for at, cells in enumerate(TABLE):
        for column, words in enumerate(cells):
            table.cell(at, column).text = words
    table.cell(1, 0).merge(table.cell(2, 0))
    picture = io.BytesIO()
    Image.new("RGB", (9, 9)).save(picture, "PNG")
    picture.seek(0)
    slide.shapes.add_picture(picture, Inches(1), Inches(5))
    deck.slides.add_slide(deck.slide_layouts[5]).shapes.title.text = "内部讨论"
    deck.slides[3]._element.set("show", "0")
    out = io.BytesIO()
    deck.save(out)
    return out.getvalue()


def by_hand() -> bytes:
    """Slides stored in another order than they are shown, the title behind its body, the table in a group."""
    rows = ""
    for at, cells in enumerate(TABLE):
        rows += "<a:tr>"
        for column, words in enumerate(cells):
            merged = 'vMerge="1"' if (at, column) == (2, 0) else ""
            rows += f"<a:tc {merged}><a:txBody><a:p><a:r><a:t>{words}</a:t></a:r></a:p></a:txBody></a:tc>"
        rows += "</a:tr>"
    table = (
        f'<p:graphicFrame><a:graphic><a:graphicData uri="http://x/table"><a:tbl>{rows}</a:tbl></a:graphicData>'
        "</a:graphic></p:graphicFrame>"
    )
    picture = "<p:pic><p:nvPicPr><p:cNvPr id='4' name='图'/></p:nvPicPr></p:pic>"
    return pptx(
        SlideXml(shapes=f"<p:grpSp>{table}</p:grpSp>{picture}" + text_shape(LINES[5], kind="title")),
        SlideXml(shapes=text_shape(LINES[0], kind="ctrTitle")),
        SlideXml(
            shapes=text_shape(*LINES[2:4]) + text_shape(LINES[1], kind="title"),
            notes=text_shape("从登记之日起算。") + text_shape("3", kind="sldNum"),
        ),
        SlideXml(shapes=text_shape("内部讨论", kind="title"), shown=False),
        order=(2, 3, 1, 4),
    )


@pytest.mark.parametrize("raw", [by_library(), by_hand()], ids=["python-pptx", "by hand"])
def test_slides_in_the_order_in_which_they_are_shown(raw: bytes) -> None:
    parsed = read_pptx(raw)
    assert parsed.text.splitlines() == LINES
    assert parsed.lost == ("图片 1 处（“第3页 二、费率”处）",)
    assert ("hidden_slide", "第4页：内部讨论") in hidden(parsed)
    assert "第 4 页" in message(parsed, "hidden_slides")
    assert "1 页幻灯片带备注" in message(parsed, "notes")


@pytest.mark.parametrize("raw", [by_library(), by_hand()], ids=["python-pptx", "by hand"])
def test_titles_are_headings_and_their_rows_can_be_cited(raw: bytes) -> None:
    parsed = read_pptx(raw)
    tree = parse_tree(parsed.text, kind_of(parsed.text), parsed.tables)
    nodes = [clause for root in tree.clauses for clause in root.walk() if clause.level not in UNADDRESSED]
    found = {clause.address: clause.text for clause in nodes}
    assert found["一、（一）"] == "（一）经营满一年。"
    assert found["二"].startswith("二、费率")
    assert found["表1 第2行"] == "贷款\t抵押\t3.5%"


def test_automatic_numbers_are_restored() -> None:
    chinese = text_shape("条件", "期限", props='<a:buAutoNum type="ea1ChsPeriod"/>')
    figures = text_shape("甲", "乙", props='<a:buAutoNum type="arabicParenBoth" startAt="3"/>')
    circled = text_shape("丙", props='<a:buAutoNum type="circleNumDbPlain"/>')
    plain = text_shape("丁", props='<a:buChar char="•"/>')
    parsed = read_pptx(pptx(SlideXml(shapes=chinese + figures + circled + plain)))
    assert parsed.text.splitlines() == ["一.条件", "二.期限", "(3)甲", "(4)乙", "①丙", "丁"]


def spoken(runs: str) -> str:
    """A shape that is no placeholder, with one paragraph of these runs."""
    return f"<p:sp><p:txBody><a:p>{runs}</a:p></p:txBody></p:sp>"


def test_furniture_struck_words_and_pictures_with_words() -> None:
    struck = spoken('<a:r><a:rPr strike="sngStrike"/><a:t>三百万</a:t></a:r><a:r><a:t>五百万元</a:t></a:r>')
    foot = text_shape("7", kind="sldNum") + text_shape("某行内部", kind="ftr")
    raised = spoken('<a:r><a:t>10</a:t></a:r><a:r><a:rPr baseline="30000"/><a:t>4</a:t></a:r>')
    parsed = read_pptx(pptx(SlideXml(shapes=text_shape("额度", kind="title") + struck + raised + foot)))
    assert parsed.text.splitlines() == ["额度", "五百万元", "10^4"]
    assert hidden(parsed) == {("struck_out", "三百万"), ("footer", "某行内部")}


def test_a_smartart_gives_its_words_or_is_named() -> None:
    frame = (
        '<p:graphicFrame><a:graphic><a:graphicData uri="http://x/diagram">'
        '<q:relIds xmlns:q="http://x/d" r:dm="r7"/></a:graphicData></a:graphic></p:graphicFrame>'
    )
    spaces = b'xmlns:q="http://x/d" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    words = b"<q:m " + spaces + b"><a:p><a:r><a:t>%s</a:t></a:r></a:p></q:m>"
    links = (("r7", "diagramData", "../diagrams/data1.xml"),)
    part = {"ppt/diagrams/data1.xml": words % "支行受理二日".encode()}
    slide = SlideXml(shapes=text_shape("流程", kind="title") + frame, links=links)
    assert read_pptx(pptx(slide, members=part)).text.splitlines() == ["流程", "支行受理二日"]
    assert read_pptx(pptx(slide)).lost == ("SmartArt 图示 1 处（“第1页 流程”处）",)


def test_other_content_is_read_once() -> None:
    old = f"<mc:Fallback>{text_shape('旧', kind='')}</mc:Fallback>"
    choice = f"<mc:AlternateContent><mc:Choice>{text_shape('新', kind='')}</mc:Choice>{old}</mc:AlternateContent>"
    assert read_pptx(pptx(SlideXml(shapes=choice))).text == "新\n"
    alone = f"<mc:AlternateContent><mc:Choice/>{old}</mc:AlternateContent>"
    assert read_pptx(pptx(SlideXml(shapes=alone))).text == "旧\n"


def test_formulas_stay_in_their_line_or_are_named() -> None:
    spaces = 'xmlns:q="http://schemas.openxmlformats.org/officeDocument/2006/math" xmlns:z="http://x/2010/main"'
    part = "<q:{0}><q:r><q:t>{1}</q:t></q:r></q:{0}>"
    fraction = f"<q:f>{part.format('num', '不良贷款')}{part.format('den', '贷款总额')}</q:f>"
    matrix = "<q:m><q:mr><q:e/></q:mr></q:m>"
    line = "<a:r><a:t>不良率＝</a:t></a:r><z:m {0}><q:oMath>{1}</q:oMath></z:m>"
    assert read_pptx(pptx(SlideXml(shapes=spoken(line.format(spaces, fraction))))).text == "不良率＝不良贷款/贷款总额\n"
    parsed = read_pptx(pptx(SlideXml(shapes=text_shape("口径", kind="title") + spoken(line.format(spaces, matrix)))))
    assert parsed.lost == ("公式 1 处（“第1页 口径”处）",)


REFUSED = {
    "no slide": (pptx(), "corrupt"),
    "a slide is missing": (pptx(SlideXml(shapes=""), order=(1, 2)), "corrupt"),
    "nothing in it": (pptx(SlideXml(shapes="")), "empty"),
    "pictures alone": (pptx(SlideXml(shapes="<p:pic/>")), "no_text"),
    "groups without end": (pptx(SlideXml(shapes="<p:grpSp>" * 60 + "</p:grpSp>" * 60)), "too_complex"),
    "macros": (pptx(SlideXml(shapes=""), members={"ppt/vbaProject.bin": b"x"}), "macro"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str) -> None:
    raw, code = REFUSED[case]
    with pytest.raises(Rejected) as caught:
        read_pptx(raw)
    assert caught.value.code == code
    assert "Word" not in caught.value.message
