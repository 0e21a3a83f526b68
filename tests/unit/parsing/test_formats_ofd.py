"""OFD: lines in order become paragraphs, ruled tables become tables, layers beside the body are named."""

from __future__ import annotations

import pytest
from ofd_files import LEFT, TOP, line, ofd, page, ruled_table, scattered_ofd, text_lines, wrapped

from assistant.parsing.formats.model import Parsed, Rejected
from assistant.parsing.formats.ofd import read_ofd

TITLE = "某银行贷款管理办法"
PARAGRAPHS = [
    TITLE,
    "第一条 为了规范小微企业贷款业务，防范信贷风险，根据有关法律法规和监管要求，结合本行实际情况，制定本办法。",
    "第二条 本办法所称小微企业贷款，是指本行向小型企业、微型企业以及个体工商户发放的人民币贷款，单户不超过一千万元。",
    "第三条 经营满1年、信用记录良好的小微企业可以申请信用贷款，额度不超过100万元，期限最长3年，利率按本行规定执行。",
    "第四条 本办法自2026年1月1日起施行。",
]
PAGE = wrapped(PARAGRAPHS[1:])


def hidden(parsed: Parsed) -> set[tuple[str, str]]:
    return {(h.kind, h.text) for h in parsed.hidden}


def codes(parsed: Parsed) -> set[str]:
    return {w.code for w in parsed.warnings}


def placed(lines: list[str]) -> str:
    """A centred title and lines below it."""
    return line(TITLE, 105 - len(TITLE) * 6 / 2, TOP - 15, size=6) + text_lines(lines)


@pytest.mark.parametrize(
    "raw", [ofd(page(placed(PAGE))), scattered_ofd(PAGE, title=TITLE)], ids=["standard", "converter"]
)
def test_lines_become_paragraphs(raw: bytes) -> None:
    assert read_ofd(raw).text.splitlines() == PARAGRAPHS


def test_a_page_of_the_standard_has_nothing_to_tell() -> None:
    parsed = read_ofd(ofd(page(placed(PAGE))))
    assert parsed.warnings == ()
    assert parsed.lost == ()


def test_a_body_of_other_layers_is_read_and_told() -> None:
    assert "other_layers" in codes(read_ofd(scattered_ofd(PAGE, title=TITLE)))


def test_paragraphs_go_on_over_pages_and_running_heads_do_not() -> None:
    # A full page of one article each; the last sentence of a page goes on at the top of the next.
    first = [f"　　第{n}条　各银行机构应当遵照执行本办法有关规定开展工作。" for n in "一二三四五"]
    first.append("　　第六条　本办法由总行负责解释，各分行可以结合本地区的实")
    second = ["际情况制定实施细则，并报总行备案。", *(f"　　第{n}条　各部门应当依照本办法。" for n in "七八九十")]
    pages = [
        page(line("某银行文件", 90, 15) + text_lines(lines) + line(f"— {number} —", 98, 280))
        for number, lines in enumerate((first, second), start=1)
    ]
    parsed = read_ofd(ofd(*pages))
    assert "各分行可以结合本地区的实际情况制定实施细则，并报总行备案。" in parsed.text
    assert "某银行文件" not in parsed.text
    assert ("header", "某银行文件") in hidden(parsed)
    assert "—" not in parsed.text


def test_a_ruled_table() -> None:
    rows = [["项目", "收费标准"], ["同行转账", "每笔五元"], ["跨行转账", "每笔十元"]]
    parsed = read_ofd(ofd(page(text_lines(["服务收费标准表"]) + ruled_table(rows, top=60))))
    assert [list(r) for r in parsed.tables[0].rows] == rows
    assert parsed.tables[0].caption == "服务收费标准表"


def test_templates_watermarks_and_annotations_are_named() -> None:
    members = {
        "Doc_0/Tpls/T.xml": page(line("内部资料", 80, 15)).encode(),
        "Doc_0/Annots/Annotations.xml": b"<Annotations><Page><FileLoc>Page_0/A.xml</FileLoc></Page></Annotations>",
        "Doc_0/Annots/Page_0/A.xml": (
            "<PageAnnot><Annot Type='Watermark'><Appearance><TextObject><TextCode>仅供张某阅读</TextCode></TextObject>"
            "</Appearance></Annot><Annot Type='Highlight'><Remark>此处待核</Remark></Annot></PageAnnot>"
        ).encode(),
        "Doc_0/Signs/Signatures.xml": b"<Signatures/>",
    }
    back = (
        '<ofd:Layer xmlns:ofd="http://www.ofdspec.org/2016" ID="6" Type="Background">'
        + line("草稿", 100, 150)
        + "</ofd:Layer>"
    )
    parsed = read_ofd(
        ofd(
            page(placed(PAGE), template="31", more=back),
            common='<ofd:TemplatePage ID="31" BaseLoc="Tpls/T.xml"/>',
            document="<ofd:Annotations>Annots/Annotations.xml</ofd:Annotations><ofd:Attachments>A.xml</ofd:Attachments>",
            members=members,
        )
    )
    assert parsed.text.splitlines() == PARAGRAPHS
    assert {("watermark", "内部资料草稿"), ("watermark", "仅供张某阅读"), ("comment", "此处待核")} <= hidden(parsed)
    told = "".join(parsed.lost)
    for words in ("第1页 内部资料草稿", "仅供张某阅读", "此处待核"):
        assert words in told
    assert {"embedded_object", "left_out"} <= codes(parsed)


def test_words_that_no_reader_sees() -> None:
    white = '<ofd:FillColor Value="255 255 255"/>'
    objects = placed(PAGE) + line("白字", LEFT, 200, inner=white) + line("看不见", LEFT, 210, props='Visible="false"')
    objects += line("极小", LEFT, 220, size=0.3) + line("页外", 250, 100) + line("透明", LEFT, 230, props='Alpha="0"')
    turned = 'CTM="0.7 0.7 -0.7 0.7 0 0"'
    objects += line("斜排水印", 60, 150, props=turned, inner='<ofd:FillColor Value="200 200 200"/>')
    parsed = read_ofd(ofd(page(objects)))
    assert parsed.text.splitlines() == PARAGRAPHS
    kinds = dict(hidden(parsed))
    assert kinds["white"] == "白字"
    assert kinds["tiny"] == "极小"
    assert kinds["off_page"] == "页外"
    assert kinds["watermark"] == "斜排水印"
    assert {text for kind, text in hidden(parsed) if kind == "invisible"} == {"看不见", "透明"}


def test_white_words_on_a_coloured_ground_are_seen() -> None:
    ground = (
        '<ofd:PathObject Boundary="20 235 170 20" Fill="true" Stroke="false"><ofd:FillColor Value="192 0 0"/>'
        "<ofd:AbbreviatedData>M 0 0 L 170 0 L 170 20 L 0 20 C</ofd:AbbreviatedData></ofd:PathObject>"
    )
    words = line("白底红块上的字", LEFT, 240, inner='<ofd:FillColor Value="255 255 255"/>')
    assert "白底红块上的字" in read_ofd(ofd(page(placed(PAGE) + ground + words))).text


def test_a_colour_may_stand_in_a_drawing_parameter() -> None:
    resources = b'<Res><DrawParams><DrawParam ID="40"><FillColor Value="255 255 255"/></DrawParam></DrawParams></Res>'
    raw = ofd(
        page(placed(PAGE) + line("白字", LEFT, 200, props='DrawParam="40"')),
        common="<ofd:PublicRes>PublicRes.xml</ofd:PublicRes>",
        members={"Doc_0/PublicRes.xml": resources},
    )
    assert ("white", "白字") in hidden(read_ofd(raw))


def test_pictures_and_missing_pages_are_named() -> None:
    image = '<ofd:ImageObject Boundary="10 200 20 20"/><ofd:CompositeObject Boundary="0 0 9 9"/>'
    parsed = read_ofd(ofd(page(placed(PAGE) + image)))
    assert parsed.lost == ("组合图形 1 处（“第1页”处）", "图片 1 处")
    two = read_ofd(ofd(page(placed(PAGE)), page("")))
    assert two.text.splitlines() == PARAGRAPHS
    lost = read_ofd(_without(ofd(page(placed(PAGE)), page(placed(PAGE))), "Doc_0/Pages/Page_1/Content.xml"))
    assert "第 2 页" in next(w.message for w in lost.warnings if w.code == "pages_lost")
    assert "缺页 1 处" in lost.lost


def _without(raw: bytes, member: str) -> bytes:
    import io
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            if name != member:
                new.writestr(name, old.read(name))
    return out.getvalue()


def test_two_documents_in_one_file_follow_each_other() -> None:
    second = "<Document><CommonData/><Pages><Page BaseLoc='P.xml'/></Pages></Document>"
    members = {
        "Doc_1/Document.xml": second.encode(),
        "Doc_1/P.xml": page(text_lines(["　　第四条　另一份文件中的一条规定，各行照此执行办理。"])).encode(),
    }
    raw = ofd(
        page(placed(PAGE)),
        head="</ofd:DocBody><ofd:DocBody><ofd:DocRoot>Doc_1/Document.xml</ofd:DocRoot>",
        members=members,
    )
    assert read_ofd(raw).text.splitlines()[-1].startswith("第四条 另一份文件")


REFUSED = {
    "no text": (ofd(page('<ofd:ImageObject Boundary="0 0 210 297"/>')), "no_text"),
    "no page": (ofd(), "corrupt"),
    "no document": (ofd(page("x"), head="").replace(b"Doc_0/Document.xml", b"Doc_9/Document.xml"), "corrupt"),
    "encrypted": (ofd(page(placed(PAGE)), members={"Encryptions.xml": b"<a/>"}), "encrypted"),
    "encryption named in the head": (
        ofd(page(placed(PAGE)), head="<ofd:Encryptions>E.xml</ofd:Encryptions>"),
        "encrypted",
    ),
    "a place outside the file": (
        ofd(head="</ofd:DocBody><ofd:DocBody><ofd:DocRoot>../../etc/passwd</ofd:DocRoot>"),
        "corrupt",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str) -> None:
    raw, code = REFUSED[case]
    with pytest.raises(Rejected) as caught:
        read_ofd(raw)
    assert caught.value.code == code
    assert "Word" not in caught.value.message


def test_steps_in_groups_place_characters() -> None:
    """「g 2 4.2 12」: two steps of 4.2 and a wide one, behind which a blank is read."""
    code = '<ofd:TextCode X="0" Y="4" DeltaX="g 2 4.2 12">甲乙丙丁</ofd:TextCode>'
    words = f'<ofd:TextObject Size="4.2" Boundary="30 200 60 5">{code}</ofd:TextObject>'
    assert "甲乙丙 丁" in read_ofd(ofd(page(placed(PAGE) + words))).text
