"""XLSX: sheets as tables, merged labels carried, hidden things left out and named. Written by openpyxl and by hand."""

from __future__ import annotations

import io

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.styles import Font
from sheet_files import SheetXml, c, cell_styles, n, relations, row, sheet_drawing, text_shape, xlsx

from assistant.parsing.clauses import kind_of, parse_tree
from assistant.parsing.formats.model import Parsed, Rejected, from_json, to_json
from assistant.parsing.formats.xlsx import read_xlsx
from assistant.schema.document import Level


def codes(parsed: Parsed) -> set[str]:
    return {w.code for w in parsed.warnings}


def hidden(parsed: Parsed) -> set[tuple[str, str]]:
    return {(h.kind, h.text) for h in parsed.hidden}


def message(parsed: Parsed, code: str) -> str:
    return next(w.message for w in parsed.warnings if w.code == code)


def saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


FEES: list[list[str | float | None]] = [
    ["某银行服务收费标准", None, None, None],
    ["类别", "项目", "标准", None],
    [None, None, "柜台", "网银"],
    ["转账", "同行转账", 5, 0],
    [None, "跨行转账", 10, 2],
    ["账户", "年费", 0.005, 0.0025],
]
FEE_LINES = [
    "某银行服务收费标准",
    "个人业务",
    "类别\t项目\t标准\t标准",
    "类别\t项目\t柜台\t网银",
    "转账\t同行转账\t5\t0",
    "转账\t跨行转账\t10\t2",
    "账户\t年费\t0.50%\t0.25%",
]
MERGED = ("A1:D1", "A2:A3", "B2:B3", "C2:D2", "A4:A5")


def by_library() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "个人业务"
    for line in FEES:
        sheet.append(line)
    for merged in MERGED:
        sheet.merge_cells(merged)
    sheet["C6"].number_format = sheet["D6"].number_format = "0.00%"
    return saved(book)


def by_hand() -> bytes:
    """Shared words, merged cells that are not there at all, a style by number."""
    words = [w for line in FEES for w in line if isinstance(w, str)]
    shared = "".join(f"<si><t>{w}</t></si>" for w in words)
    data = ""
    for at, line in enumerate(FEES, start=1):
        cells = ""
        for column, value in zip("ABCD", line, strict=True):
            if isinstance(value, str):
                cells += f'<c r="{column}{at}" t="s"><v>{words.index(value)}</v></c>'
            elif value is not None:
                cells += n(f"{column}{at}", str(value), style=1 if at == 6 else 0)
        data += row(at, cells)
    merges = "".join(f'<mergeCell ref="{m}"/>' for m in MERGED)
    sheet = SheetXml(name="个人业务", data=data, behind=f"<mergeCells>{merges}</mergeCells>")
    return xlsx(sheet, shared=shared, styles=cell_styles("0.00%"))


@pytest.mark.parametrize("raw", [by_library(), by_hand()], ids=["openpyxl", "by hand"])
def test_a_sheet_is_a_table_with_its_name_and_its_numbers_of_rows(raw: bytes) -> None:
    parsed = read_xlsx(raw)
    assert parsed.text.splitlines() == FEE_LINES
    (table,) = parsed.tables
    assert table.caption == "个人业务"
    assert table.numbers == (2, 3, 4, 5, 6)
    for line, span in zip(table.rows, table.row_spans, strict=True):
        assert parsed.text[span.start : span.end].split("\t") == list(line)
    assert parsed.warnings == ()
    assert from_json(to_json(parsed)) == parsed


@pytest.mark.parametrize("raw", [by_library(), by_hand()], ids=["openpyxl", "by hand"])
def test_a_row_is_addressed_by_the_number_the_sheet_shows(raw: bytes) -> None:
    parsed = read_xlsx(raw)
    tree = parse_tree(parsed.text, kind_of(parsed.text), parsed.tables)
    rows = {leaf.address: leaf.text for root in tree.clauses for leaf in root.leaves() if leaf.level is Level.TABLE_ROW}
    assert rows["表1 第5行"] == "转账\t跨行转账\t10\t2"
    assert list(rows) == [f"表1 第{number}行" for number in range(2, 7)]
    assert tree.tables[0].caption == "个人业务"
    assert tree.clauses[0].text == "某银行服务收费标准"


def test_rows_left_out_leave_the_numbers_of_the_others() -> None:
    data = row(1, c("A1", "项目"), c("B1", "收费")) + row(4, c("A4", "甲"), c("B4", "1元"), props='hidden="1"')
    data += row(9, c("A9", "乙"), c("B9", "2元"))
    parsed = read_xlsx(xlsx(SheetXml(name="表", data=data)))
    assert parsed.tables[0].numbers == (1, 9)


# --- hidden -------------------------------------------------------------------------------------


def hidden_by_library() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "现行"
    for line in (["项目", "收费", "成本"], ["转账", "5元", "3元"], ["旧项目", "9元", "8元"], ["票据", "1元", "1角"]):
        sheet.append(line)
    sheet.row_dimensions[3].hidden = True
    sheet.column_dimensions["C"].hidden = True
    old = book.create_sheet("旧标准")
    old["A1"] = "已停用"
    old.sheet_state = "veryHidden"
    return saved(book)


def hidden_by_hand() -> bytes:
    """A row of no height, a column of no width."""
    data = row(1, c("A1", "项目"), c("B1", "收费"), c("C1", "成本"))
    data += row(2, c("A2", "转账"), c("B2", "5元"), c("C2", "3元"))
    data += row(3, c("A3", "旧项目"), c("B3", "9元"), c("C3", "8元"), props='ht="0" customHeight="1"')
    data += row(4, c("A4", "票据"), c("B4", "1元"), c("C4", "1角"))
    return xlsx(
        SheetXml(name="现行", data=data, before='<cols><col min="3" max="3" width="0"/></cols>'),
        SheetXml(name="旧标准", data=row(1, c("A1", "已停用")), state="hidden"),
    )


@pytest.mark.parametrize("raw", [hidden_by_library(), hidden_by_hand()], ids=["openpyxl", "by hand"])
def test_hidden_sheets_rows_and_columns_are_left_out_and_listed(raw: bytes) -> None:
    parsed = read_xlsx(raw)
    assert parsed.text.splitlines() == ["现行", "项目\t收费", "转账\t5元", "票据\t1元"]
    told = message(parsed, "hidden_cells")
    for place in ("“现行”第3行", "“现行”C列", "工作表“旧标准”"):
        assert place in told
    assert hidden(parsed) == {
        ("hidden_row", "现行 第3行：旧项目 9元 8元"),
        ("hidden_column", "现行 C列：成本 3元 1角"),
        ("hidden_sheet", "旧标准：已停用"),
    }


def test_empty_hidden_columns_are_nothing_to_tell() -> None:
    before = '<cols><col min="4" max="16384" width="9" hidden="1"/></cols>'
    data = row(1, c("A1", "甲"), c("B1", "乙")) + row(2, c("A2", "丙"), c("B2", "丁"))
    assert read_xlsx(xlsx(SheetXml(name="表", data=data, before=before))).warnings == ()


def test_rows_are_hidden_by_default_where_the_sheet_says_so() -> None:
    data = row(1, c("A1", "甲"), c("B1", "乙"), props='hidden="0"') + row(2, c("A2", "丙"), c("B2", "丁"))
    parsed = read_xlsx(xlsx(SheetXml(name="表", data=data, before='<sheetFormatPr zeroHeight="1"/>')))
    assert parsed.text.splitlines() == ["表", "甲\t乙"]
    assert "第2行" in message(parsed, "hidden_cells")


def test_a_label_merged_over_a_hidden_row_stays() -> None:
    data = row(1, c("A1", "转账"), c("B1", "旧"), props='hidden="1"') + row(2, c("B2", "同行"), c("C2", "5元"))
    data += row(3, c("B3", "跨行"), c("C3", "9元"))
    merged = '<mergeCells><mergeCell ref="A1:A3"/></mergeCells>'
    parsed = read_xlsx(xlsx(SheetXml(name="表", data=data, behind=merged)))
    assert parsed.text.splitlines() == ["表", "转账\t同行\t5元", "转账\t跨行\t9元"]


def test_words_under_a_merged_cell_are_not_seen() -> None:
    data = row(1, c("A1", "收费标准"), c("B1", "旧字"), c("C1", "备注")) + row(
        2, c("A2", "1"), c("B2", "2"), c("C2", "3")
    )
    parsed = read_xlsx(xlsx(SheetXml(name="表", data=data, behind='<mergeCells><mergeCell ref="A1:B1"/></mergeCells>')))
    assert "收费标准\t收费标准\t备注" in parsed.text
    assert ("covered", "旧字") in hidden(parsed)


def test_long_merged_words_stand_once_in_each_row() -> None:
    long = "收费对象为在本行开立结算账户的小型企业和微型企业以及个体工商户"
    data = (
        row(1, c("A1", "项目"), c("B1", "一"), c("C1", "二"))
        + row(2, c("A2", "甲"), c("B2", long))
        + row(3, c("A3", "乙"))
    )
    parsed = read_xlsx(xlsx(SheetXml(name="表", data=data, behind='<mergeCells><mergeCell ref="B2:C3"/></mergeCells>')))
    assert parsed.text.splitlines()[2:] == [f"甲\t{long}\t", f"乙\t{long}\t"]


# --- cells --------------------------------------------------------------------------------------


def test_formulas_show_their_last_value_or_are_named() -> None:
    data = row(1, c("A1", "项目"), c("B1", "金额")) + row(2, c("A2", "合计"), n("B2", "15", formula="SUM(C1:C9)"))
    data += row(3, c("A3", "平均"), n("B3", "", formula="AVERAGE(C1:C9)"))
    data += row(4, c("A4", "占比"), '<c r="B4" t="e"><f>1/0</f><v>#DIV/0!</v></c>')
    data += row(5, c("A5", "说明"), '<c r="B5" t="str"><f>A1&amp;A2</f><v>按次收取</v></c>')
    parsed = read_xlsx(xlsx(SheetXml(name="汇总", data=data)))
    assert parsed.text.splitlines()[2:] == ["合计\t15", "平均\t", "占比\t#DIV/0!", "说明\t按次收取"]
    assert parsed.lost == ("没有算出结果的公式 1 处（“汇总!B3”处）",)
    assert "汇总!B4 显示 #DIV/0!" in message(parsed, "formula_error")


def test_a_formula_that_openpyxl_wrote_has_no_value() -> None:
    book = openpyxl.Workbook()
    book.active.append(["合计", "=1+1"])
    book.active.append(["项目", "单价"])
    assert "Sheet!B1" in message(read_xlsx(saved(book)), "left_out")


def test_numbers_that_a_format_rounds_are_named() -> None:
    data = row(1, c("A1", "利率"), n("B1", "0.0385", style=1)) + row(
        2, c("A2", "均值"), n("B2", "0.0385", style=1, formula="X1")
    )
    parsed = read_xlsx(xlsx(SheetXml(name="表", data=data), styles=cell_styles("0%")))
    assert "表!B1 显示 4%" in message(parsed, "rounded")
    assert "B2" not in message(parsed, "rounded")


def test_struck_white_and_unshown_words_are_left_out_and_told() -> None:
    fonts = '<font/><font><strike/></font><font><color rgb="FFFFFFFF"/></font>'
    looks = '<xf fontId="1"/><xf fontId="2"/><xf fontId="2" fillId="1"/>'
    styles = cell_styles(";;;", fonts=fonts, looks=looks)
    data = row(1, c("A1", "项目"), c("B1", "标题在色块上", style=4)) + row(
        2, c("A2", "甲"), c("B2", "三百万元", style=2)
    )
    data += row(3, c("A3", "乙"), c("B3", "暗字", style=3)) + row(4, c("A4", "丙"), n("B4", "42", style=1))
    parsed = read_xlsx(xlsx(SheetXml(name="表", data=data), styles=styles))
    assert parsed.text.splitlines() == ["表", "项目\t标题在色块上", "甲\t", "乙\t", "丙\t"]
    assert hidden(parsed) == {("struck_out", "三百万元"), ("white", "暗字"), ("invisible", "42")}


def test_white_words_in_a_styled_table_are_seen() -> None:
    styles = cell_styles(fonts='<font/><font><color theme="0"/></font>', looks='<xf fontId="1"/>')
    data = row(1, c("A1", "项目", style=1), c("B1", "收费", style=1)) + row(2, c("A2", "甲"), c("B2", "1元"))
    behind = '<tableParts count="1"><tablePart r:id="r9"/></tableParts>'
    assert "项目\t收费" in read_xlsx(xlsx(SheetXml(name="表", data=data, behind=behind), styles=styles)).text


def test_rich_words_without_their_pronunciation() -> None:
    shared = (
        "<si><r><rPr><strike/></rPr><t>三</t></r><r><t>五百万元</t></r><rPh><t>wu</t></rPh></si><si><t>项目</t></si>"
    )
    data = row(1, '<c r="A1" t="s"><v>1</v></c>', '<c r="B1" t="s"><v>0</v></c>')
    parsed = read_xlsx(xlsx(SheetXml(name="表", data=data), shared=shared))
    assert "项目\t五百万元" in parsed.text
    assert ("struck_out", "三") in hidden(parsed)


def test_days_and_flags() -> None:
    data = row(1, c("A1", "施行日期"), n("B1", "46023", style=1)) + row(
        2, c("A2", "免收"), '<c r="B2" t="b"><v>1</v></c>'
    )
    data += row(3, c("A3", "发布"), '<c r="B3" t="d"><v>2025-12-01T00:00:00</v></c>')
    text = read_xlsx(xlsx(SheetXml(name="表", data=data), styles=cell_styles('yyyy"年"m"月"d"日"'))).text
    assert "施行日期\t2026年1月1日\n免收\tTRUE\n发布\t2025-12-01" in text
    old = xlsx(SheetXml(name="表", data=data), styles=cell_styles("yyyy/m/d"), properties='<workbookPr date1904="1"/>')
    assert "2030/1/2" in read_xlsx(old).text


# --- what lies over the cells, and sheets of other kinds ----------------------------------------


def test_text_boxes_pictures_charts_and_comments() -> None:
    picture = "<d:pic><d:nvPicPr><d:cNvPr id='1' name='p' descr='流程图'/></d:nvPicPr></d:pic>"
    chart = '<d:graphicFrame><a:graphic><a:graphicData uri="http://x/chart"/></a:graphic></d:graphicFrame>'
    box = text_shape("本表自发布之日起执行。", kind="", prefix="d")
    members = {"xl/drawings/drawing1.xml": sheet_drawing((4, 1, picture), (9, 0, chart), (0, 5, box))}
    links = (("r5", "drawing", "../drawings/drawing1.xml"),)
    data = row(1, c("A1", "项目"), c("B1", "收费")) + row(2, c("A2", "甲"), c("B2", "1元"))
    parsed = read_xlsx(xlsx(SheetXml(name="费", data=data, links=links), members=members))
    assert parsed.text.splitlines()[-1] == "本表自发布之日起执行。"
    assert parsed.lost == ("图片 1 处（“费!B5”处）", "图表 1 处（“费!A10”处）")
    assert "text_box" in codes(parsed)
    assert ("alt", "流程图") in hidden(parsed)


def test_comments_that_openpyxl_wrote() -> None:
    book = openpyxl.Workbook()
    book.active.title = "费"
    book.active.append(["项目", "收费"])
    book.active.append(["甲", "1元"])
    book.active["B2"].comment = Comment("待定", "某人")
    parsed = read_xlsx(saved(book))
    assert ("comment", "费!B2：待定") in hidden(parsed)
    assert "待定" not in parsed.text


def test_a_struck_cell_that_openpyxl_wrote() -> None:
    book = openpyxl.Workbook()
    book.active.append(["甲", "旧"])
    book.active.append(["乙", "新"])
    book.active["B1"].font = Font(strike=True)
    assert ("struck_out", "旧") in hidden(read_xlsx(saved(book)))


def test_a_sheet_of_one_column_is_read_as_paragraphs() -> None:
    data = row(1, c("A1", "某办法")) + row(3, c("A3", "第一条 甲。")) + row(4, c("A4", "第二条 乙。"))
    parsed = read_xlsx(xlsx(SheetXml(name="Sheet1", data=data)))
    assert parsed.text == "某办法\n第一条 甲。\n第二条 乙。\n"
    assert parsed.tables == ()


def test_old_and_new_wordings_side_by_side() -> None:
    data = row(1, c("A1", "修订前"), c("B1", "修订后")) + row(2, c("A2", "不超过三百万元"), c("B2", "不超过五百万元"))
    parsed = read_xlsx(xlsx(SheetXml(name="对照", data=data)))
    assert "三百万" not in parsed.text
    assert "五百万" in parsed.text


def test_cells_without_references_follow_each_other() -> None:
    words = "".join(f'<c t="inlineStr"><is><t>{w}</t></is></c>' for w in "甲乙")
    data = f"<row>{words}</row><row><c><v>1</v></c><c><v>2</v></c></row>"
    parsed = read_xlsx(xlsx(SheetXml(name="表", data=data)))
    assert parsed.text == "表\n甲\t乙\n1\t2\n"
    assert parsed.tables[0].numbers == (1, 2)


def test_a_strict_workbook_is_read_alike() -> None:
    usual = read_xlsx(by_hand()).text
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(by_hand())) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            for there, here in (
                (
                    b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
                    b"http://purl.oclc.org/ooxml/spreadsheetml/main",
                ),
                (
                    b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
                    b"http://purl.oclc.org/ooxml/officeDocument/relationships",
                ),
            ):
                data = data.replace(there, here)
            new.writestr(name, data)
    assert read_xlsx(out.getvalue()).text == usual


REFUSED = {
    "nothing in it": (xlsx(SheetXml(name="表", data="")), "empty"),
    "pictures alone": (
        xlsx(
            SheetXml(name="表", data="", links=(("r5", "drawing", "../d.xml"),)),
            members={"xl/d.xml": sheet_drawing((0, 0, "<d:pic/>"))},
        ),
        "no_text",
    ),
    "no sheet": (xlsx(), "corrupt"),
    "a sheet that leads nowhere": (
        xlsx(SheetXml(name="表", data=row(1, c("A1", "甲"))), members={"xl/_rels/workbook.xml.rels": relations()}),
        "corrupt",
    ),
    "words that are not there": (
        xlsx(SheetXml(name="表", data='<row r="1"><c r="A1" t="s"><v>7</v></c></row>'), shared="<si><t>甲</t></si>"),
        "corrupt",
    ),
    "broken XML": (xlsx(SheetXml(name="表", data="<row><c></row>")), "corrupt"),
    "macros": (xlsx(SheetXml(name="表", data=row(1, c("A1", "甲"))), members={"xl/vbaProject.bin": b"x"}), "macro"),
    "macro sheets": (
        xlsx(SheetXml(name="表", data=row(1, c("A1", "甲"))), members={"xl/macrosheets/s.xml": b"<a/>"}),
        "macro",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str) -> None:
    raw, code = REFUSED[case]
    with pytest.raises(Rejected) as caught:
        read_xlsx(raw)
    assert caught.value.code == code
    assert "Word" not in caught.value.message


def test_a_merged_range_over_all_rows_costs_no_more_than_the_cells() -> None:
    cells = "".join(row(at, c(f"A{at}", "甲"), c(f"B{at}", "乙")) for at in range(1, 300))
    merges = "<mergeCells>" + '<mergeCell ref="A1:XFD1048576"/>' * 5000 + "</mergeCells>"
    with pytest.raises(Rejected) as caught:
        read_xlsx(xlsx(SheetXml(name="表", data=cells, behind=merges)))
    assert caught.value.code == "too_complex"
