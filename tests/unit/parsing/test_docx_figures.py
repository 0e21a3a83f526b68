"""What a Word file shows in another way than as plain characters changes no figure and is never lost in silence."""

from __future__ import annotations

import io
import zipfile

import pytest
from office_files import cell, docx, p, pack, table

from assistant.parsing.formats.comparison import comparison_of
from assistant.parsing.formats.docx import read_docx
from assistant.parsing.formats.formula import UnreadFormula, from_eq
from assistant.parsing.formats.model import Findings, Parsed
from assistant.parsing.formats.raised import raised

M = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'


def run(text: str, props: str = "") -> str:
    return f"<w:r><w:rPr>{props}</w:rPr><w:t>{text}</w:t></w:r>"


def read(*inner: str) -> Parsed:
    return read_docx(docx("".join(f"<w:p>{i}</w:p>" for i in inner)))


def kinds(parsed: Parsed) -> set[tuple[str, str]]:
    return {(h.kind, h.text) for h in parsed.hidden}


@pytest.mark.parametrize("props", ["<w:strike/>", "<w:dstrike/>", '<w:strike w:val="true"/>'])
def test_struck_words_are_no_rule(props: str) -> None:
    parsed = read(run("门票") + run("三十元", props) + run("二十元。"))
    assert parsed.text == "门票二十元。\n"
    assert kinds(parsed) == {("struck_out", "三十元")}
    assert [w.code for w in parsed.warnings] == ["struck_out"]


def test_a_strike_that_is_switched_off_strikes_nothing() -> None:
    assert read(run("门票三十元。", '<w:strike w:val="0"/>')).text == "门票三十元。\n"


SUP = '<w:vertAlign w:val="superscript"/>'


def test_raised_figures_change_no_figure() -> None:
    parsed = read(
        run("鱼塘80m")
        + run("2", SUP)
        + run("，投苗10")
        + run("3", SUP)
        + run("尾，水温")
        + run("5", SUP)
        + run("适宜。")
    )
    assert parsed.text == "鱼塘80m²，投苗10^3尾，水温适宜。\n"
    assert kinds(parsed) == {("note_mark", "5")}


def test_a_raised_mark_of_a_note_on_the_page_is_no_power() -> None:
    parsed = read(run("年费8") + run("1", SUP) + run("%。"), run("1", SUP) + run(" 按月折算。"))
    assert parsed.text == "年费8%。\n"
    assert ("footnote", "1 按月折算。") in kinds(parsed) or ("footnote", "按月折算。") in kinds(parsed)
    assert any("按月折算" in what and "年费8%" in what for what in parsed.lost)


@pytest.mark.parametrize(
    ("before", "words", "wanted"),
    [
        ("10", "4", "^4"),
        ("km", "2", "²"),
        ("平方米", "2", "²"),
        ("利率", "3", ""),
        ("6", "[2]", ""),
        ("6", "①", ""),
        ("x", "n", "n"),
    ],
)
def test_what_raised_characters_amount_to(before: str, words: str, wanted: str) -> None:
    assert raised(before, words, Findings()) == wanted


def fraction(above: str, below: str) -> str:
    def part(words: str) -> str:
        return f"<m:r><m:t>{words}</m:t></m:r>"

    return f"<m:oMath {M}><m:f><m:num>{part(above)}</m:num><m:den>{part(below)}</m:den></m:f></m:oMath>"


def test_an_equation_is_one_line() -> None:
    assert read(run("出勤率＝") + fraction("到岗天数", "应到天数") + run("。")).text == "出勤率＝到岗天数/应到天数。\n"
    assert read(run("均价＝") + fraction("甲+乙", "2") + run("。")).text == "均价＝（甲+乙）/2。\n"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (r"EQ \f(2,5)", "2/5"),
        (r" eq \f(甲+乙,3) ", "（甲+乙）/3"),
        (r"EQ \r(3,8)", "3√8"),
        (r"EQ 10\s\up8(2)", "10^2"),
        ("PAGE", None),
    ],
)
def test_equation_fields(code: str, words: str | None) -> None:
    assert from_eq(code) == words


def test_an_equation_field_that_cannot_be_read_is_named_with_its_place() -> None:
    with pytest.raises(UnreadFormula):
        from_eq(r"EQ \a\al(1,2)")
    field = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
    code = r"<w:r><w:instrText> EQ \a\al(1,2) </w:instrText></w:r>"
    parsed = read(run("按") + field.format("begin") + code + field.format("end") + run("分摊。"))
    assert parsed.lost == ("公式域 1 处（“按分摊。”处）",)
    assert [w.code for w in parsed.warnings] == ["left_out"]


@pytest.mark.parametrize(
    ("inner", "words"),
    [
        ('<w:r><w:sym w:font="Symbol" w:char="F0A3"/></w:r>', "水位≤3米。"),
        ('<w:r><w:sym w:font="Symbol" w:char="F0B1"/></w:r>', "水位±3米。"),
        ('<w:r><w:rPr><w:rFonts w:ascii="Symbol"/></w:rPr><w:t>\uf0b3</w:t></w:r>', "水位≥3米。"),
        ('<w:r><w:sym w:font="Wingdings" w:char="F0FC"/></w:r>', "水位√3米。"),
    ],
)
def test_symbol_fonts_are_read(inner: str, words: str) -> None:
    parsed = read(run("水位") + inner + run("3米。"))
    assert (parsed.text, parsed.lost) == (words + "\n", ())


def test_a_symbol_nobody_knows_is_named() -> None:
    parsed = read(run("水位") + '<w:r><w:sym w:font="Houseware" w:char="F0EE"/></w:r>' + run("3米。"))
    assert parsed.lost == ("符号字体的字符 1 处（“水位3米。”处）",)


def test_merged_cells_say_the_same_in_each_place() -> None:
    merge, go_on = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    wide = '<w:gridSpan w:val="2"/>'
    rows = (
        [cell("场馆"), cell("票价（元）", props=wide)],
        [cell("场馆"), cell("平日"), cell("周末")],
        [cell("泳池", props=merge), cell("20"), cell("30")],
        [cell(props=go_on), cell("15"), cell("25")],
        [cell("以上票价含更衣柜使用费，儿童票价另行公布，节日另计", props='<w:gridSpan w:val="3"/>')],
    )
    (found,) = read_docx(docx(p("价目") + table(*rows))).tables
    assert found.rows == (
        ("场馆", "票价（元）", "票价（元）"),
        ("场馆", "平日", "周末"),
        ("泳池", "20", "30"),
        ("泳池", "15", "25"),
        ("以上票价含更衣柜使用费，儿童票价另行公布，节日另计", "", ""),
    )


@pytest.mark.parametrize(
    "heads", [("修订前", "修订后"), ("原条款", "新条款"), ("现行条文", "修改后条文"), ("修改前", "修改后")]
)
def test_only_the_new_wording_of_a_comparison_is_taken(heads: tuple[str, str]) -> None:
    rows = (
        [cell(h) for h in heads],
        [cell("第一条 门票三十元。"), cell("第一条 门票二十元。")],
        [cell("第二条 周一闭馆。"), cell("不变")],
        [cell("第三条 禁止拍照。"), cell("（删除）")],
    )
    parsed = read_docx(docx(p("美术馆规定修订对照表") + table(*rows)))
    assert parsed.text == "美术馆规定修订对照表\n第一条 门票二十元。\n第二条 周一闭馆。\n"
    assert kinds(parsed) == {("superseded", "第一条 门票三十元。"), ("superseded", "第三条 禁止拍照。")}
    assert [w.code for w in parsed.warnings] == ["comparison"]


def test_a_table_with_a_year_before_and_after_compares_nothing() -> None:
    assert comparison_of([("上年", "本年"), ("1", "2")]) is None


def test_names_with_backslashes_are_read() -> None:
    with zipfile.ZipFile(io.BytesIO(docx(p("第一条 开馆。")))) as archive:
        parts = {name.replace("/", "\\"): archive.read(name) for name in archive.namelist()}
    assert read_docx(pack(parts)).text == "第一条 开馆。\n"


def test_a_diagram_is_read_where_it_stands() -> None:
    dgm = "http://schemas.openxmlformats.org/drawingml/2006/diagram"
    main = "http://schemas.openxmlformats.org/drawingml/2006/main"
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    points = "".join(
        f"<d:pt><d:t><a:p><a:r><a:t>{words}</a:t></a:r></a:p></d:t></d:pt>"
        for words in ("投保三日内。", "核保五日内。")
    )
    data = f'<d:dataModel xmlns:d="{dgm}" xmlns:a="{main}"><d:ptLst>{points}</d:ptLst></d:dataModel>'
    drawing = f'<w:drawing><d:relIds xmlns:d="{dgm}" xmlns:r="{rel}" r:dm="{{}}"/></w:drawing>'
    body = p("第一条 流程如下：") + f"<w:p><w:r>{drawing.format('r0')}</w:r></w:p>" + p("第二条 逾期作废。")
    parsed = read_docx(
        docx(body, parts={"diagrams/data1.xml": data}, relations=[("diagramData", "diagrams/data1.xml")])
    )
    assert parsed.text == "第一条 流程如下：\n投保三日内。\n核保五日内。\n第二条 逾期作废。\n"
    lost = read_docx(docx(p("第一条 流程如下：") + f"<w:p><w:r>{drawing.format('r9')}</w:r></w:p>"))
    assert lost.lost == ("图示 1 处（“第一条 流程如下：”处）",)


@pytest.mark.parametrize(("kind", "name"), [("footnote", "脚注"), ("endnote", "尾注")])
def test_a_note_is_named_with_its_place(kind: str, name: str) -> None:
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    notes = f'<w:{kind}s {space}><w:{kind} w:id="4"><w:p>{run("学徒指未满一年者。")}</w:p></w:{kind}></w:{kind}s>'
    body = f'<w:p>{run("学徒")}<w:r><w:{kind}Reference w:id="4"/></w:r>{run("减半收费。")}</w:p>'
    parsed = read_docx(docx(body, parts={f"{kind}s.xml": notes}, relations=[(f"{kind}s", f"{kind}s.xml")]))
    assert parsed.text == "学徒减半收费。\n"
    assert parsed.lost == (f"{name}“学徒指未满一年者。” 1 处（“学徒减半收费。”处）",)
    assert [w.code for w in parsed.warnings] == ["left_out"]


@pytest.mark.parametrize("props", ["<w:vanish/>", "<w:webHidden/>", "<w:specVanish/>"])
def test_words_that_word_does_not_show_are_reported(props: str) -> None:
    parsed = read(run("门票") + run("免", props) + run("十元。"))
    assert (parsed.text, kinds(parsed)) == ("门票十元。\n", {("vanish", "免")})
