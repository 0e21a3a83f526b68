"""Whole documents as agencies lay them out: head, body, tail, what is issued, attachments, tables, questions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tree_laws import broken_laws

from assistant.corpus.reading import parse_file
from assistant.corpus.report import check_file
from assistant.indexing.cut import cut
from assistant.parsing.clauses import parse_tree
from assistant.parsing.header import read_header
from assistant.parsing.references import find_references, find_repeals
from assistant.schema.chunk import ChunkKind
from assistant.schema.document import Document, DocumentKind, DocumentMeta, Level

Check = dict[str, Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def read(folder: Path, *lines: str, name: str = "a.txt") -> Document:
    path = folder / name
    path.write_text("\n".join(lines), encoding="utf-8")
    document = parse_file(path)
    assert broken_laws(document.text, document.clauses) == []
    assert parse_file(path) == document
    return document


def check(folder: Path, *lines: str) -> Check:
    read(folder, *lines)
    found = check_file(folder / "a.txt").as_json()
    assert found["report"]["coverage"] == 1.0
    return found


def texts(found: Check) -> dict[str, str]:
    return {c["address"]: c["text"] for c in found["clauses"]}


def headings(found: Check) -> dict[str, str | None]:
    return {c["address"]: c["heading"] for c in found["clauses"]}


def of_level(document: Document, level: Level) -> list[str]:
    return [c.text for c in document.walk() if c.level is level]


ISSUING = (
    "某金融监督管理局文件",
    "某金监办发〔2024〕7号",
    "某金融监督管理局关于印发《某省小微贷款",
    "管理办法》的通知",
    "各分局、各银行：",
    "现将《某省小微贷款管理办法》印发给你们，有关事项通知如下：",
    "一、请认真组织学习。",
    "二、请按季报告。",
    "附件：1.报送表",
    "2.台账模板",
    "某金融监督管理局",
    "2024年5月6日",
    "（此件公开发布）",
    "某省小微贷款管理办法",
    "第一章 总 则",
    "第一条 为规范贷款，制定本办法。",
    "第二条 有下列情形之一的：",
    "（一）甲；",
    "（二）乙。",
    "第三条 本办法自2024年7月1日起施行，有效期5年。《旧办法》同时废止。",
    "附件1",
    "报送表",
    "一、填报说明",
    "（三）按季填报。",
    "附件2：台账模板",
    "第三条 台账由各行保存。",
)


def test_a_cover_notice_what_it_issues_and_attachments_have_numbers_of_their_own(folder: Path) -> None:
    found = check(folder, *ISSUING)
    assert texts(found) == {
        "序言": "现将《某省小微贷款管理办法》印发给你们，有关事项通知如下：",
        "一、": "请认真组织学习。",
        "二、": "请按季报告。",
        "印发件": "",
        "第一章": "",
        "第一条": "",
        "第一条第一款": "为规范贷款，制定本办法。",
        "第二条": "",
        "第二条第一款": "有下列情形之一的：",
        "第二条第一款第（一）项": "甲；",
        "第二条第一款第（二）项": "乙。",
        "第三条": "",
        "第三条第一款": "本办法自2024年7月1日起施行，有效期5年。《旧办法》同时废止。",
        "附件1": "",
        "附件1 一、": "",
        "附件1 一、（三）": "按季填报。",
        "附件2": "",
        "附件2第三条": "",
        "附件2第三条第一款": "台账由各行保存。",
    }
    assert headings(found)["附件1"] == "报送表"
    assert headings(found)["附件2"] == "台账模板"
    assert found["report"]["warnings"] == []


def test_facts_of_a_cover_notice(folder: Path) -> None:
    document = read(folder, *ISSUING)
    facts = {f.name: f.value for f in document.facts}
    assert facts == {
        "title": "某金融监督管理局关于印发《某省小微贷款管理办法》的通知",
        "kind": "通知",
        "issuer": "某金融监督管理局",
        "document_number": "某金监办发〔2024〕7号",
        "issued": "2024-05-06",
        "effective": "2024-07-01",
        "expires": "2029-06-30",
        "repeals": "旧办法",
    }
    assert all(document.text[f.span.start : f.span.end].strip() for f in document.facts)
    assert str(document.meta.expired_on) == "2029-07-01"


def test_what_rules_nothing_makes_no_passage(folder: Path) -> None:
    document = read(folder, *ISSUING)
    spoken = "".join(c.plain for c in cut(document))
    for words in ("某金融监督管理局文件", "此件公开发布", "各分局、各银行", "1.报送表"):
        assert words not in spoken
    units = [c.unit for c in cut(document) if c.kind is ChunkKind.CLAUSE]
    assert units == [
        "序言", "一", "二", "第一条", "第二条", "第三条", "附件1 一、（三）", "附件2第三条",
    ]  # fmt: skip
    paths = {c.unit: c.heading_path[1:] for c in cut(document)}
    assert paths["第一条"] == ("某省小微贷款管理办法", "总则")
    assert paths["附件1 一、（三）"] == ("报送表", "填报说明")


def test_an_order_publishes_measures_under_their_own_title(folder: Path) -> None:
    found = check(
        folder,
        "国家金融监督管理总局令",
        "2024年第7号",
        "《某公司管理办法》已经2024年1月2日局务会议审议通过，现予公布，自2024年4月1日起施行。",
        "局长 李某某",
        "2024年3月1日",
        "某公司管理办法",
        "第一条 甲。",
        "第二条 乙。",
    )
    assert (found["title"], found["kind"]) == ("某公司管理办法", "办法")
    assert found["doc_number"] == "国家金融监督管理总局令2024年第7号"
    assert found["issuers"] == ["国家金融监督管理总局"]
    assert (found["issued"], found["effective"]) == ("2024-03-01", "2024-04-01")
    assert texts(found)["第二条第一款"] == "乙。"


def test_an_issued_plan_may_have_headings(folder: Path) -> None:
    found = check(
        folder,
        "某厅关于印发某省行动方案的通知",
        "现将《某省行动方案》印发给你们，请认真落实。",
        "某厅",
        "2024年1月2日",
        "某省行动方案",
        "为落实要求，制定本方案。",
        "一、目标",
        "（一）主要目标。到2025年，贷款增长10%。",
    )
    assert texts(found)["一、（一）"] == "到2025年，贷款增长10%。"
    assert texts(found)["印发件"] == "为落实要求，制定本方案。"


def test_a_recipient_of_several_lines_and_a_signature_of_two_agencies(folder: Path) -> None:
    document = read(
        folder,
        "国家某局办公室关于做好工作的通知",
        "各监管局，各政策性银行、大型银行、",
        "股份制银行，各保险公司：",
        "为做好工作，现通知如下：",
        "一、要求",
        "各行要落实。",
        "国家某局办公室      某某银行",
        "二〇二四年五月六日",
        "联系人：张三 电话：010-1234",
        "抄送：各局。",
    )
    assert of_level(document, Level.RECIPIENT) == ["各监管局，各政策性银行、大型银行、\n股份制银行，各保险公司："]
    assert len(of_level(document, Level.SIGNATURE)) == 1
    assert document.meta.issuers == ("国家某局办公室", "某某银行")
    assert str(document.meta.issued_on) == "2024-05-06"
    assert of_level(document, Level.PARAGRAPH) == ["各行要落实。"]


@pytest.mark.parametrize(
    "date", ["2024年5月6日", "二〇二四年五月六日", "二○二四年五月六日", "二O二四年五月六日", "二零二四年五月六日"]
)
@pytest.mark.parametrize("between", ["\n", "\u3000\u3000"])
def test_spellings_of_the_day_of_signing(folder: Path, date: str, between: str) -> None:
    document = read(folder, "某局关于工作的通知", "一、要求", "各行要落实。", f"某监管局{between}{date}")
    assert str(document.meta.issued_on) == "2024-05-06"
    assert of_level(document, Level.SIGNATURE) == [f"某监管局{between}{date}"]


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("某金监办发〔2024〕7号", "某金监办发〔2024〕7号"),
        ("某金监办发[2024] 7号", "某金监办发〔2024〕7号"),
        ("某金监办发（2024）7 号", "某金监办发〔2024〕7号"),
        ("某金监办发【２０２４】７号", "某金监办发〔2024〕7号"),
        ("2024年第7号", "2024年第7号"),
        ("令〔2023〕第1号", "令〔2023〕第1号"),
    ],
)
def test_forms_of_the_document_number(folder: Path, written: str, number: str) -> None:
    document = read(folder, "某局关于工作的通知", written, "各分局：", "一、要求", "各行要落实。")
    assert document.meta.document_number == number
    assert of_level(document, Level.NOTE) == [written]


def test_a_note_with_two_days_and_a_history(folder: Path) -> None:
    document = read(
        folder,
        "某贷款办法",
        "（2020年2月2日某局令2020年第3号公布 根据2022年3月3日《某局关于修改〈某贷款办法〉的决定》第一次修订",
        "2024年4月4日第二次修订 自2024年7月1日起施行）",
        "第一条 甲。",
        "第二条 本办法自2020年5月1日起施行。",
    )
    meta = document.meta
    assert (str(meta.issued_on), str(meta.effective_on)) == ("2024-04-04", "2024-07-01")
    assert [str(d) for d in meta.revised_on] == ["2022-03-03", "2024-04-04"]
    assert [c.address for c in document.walk() if c.level is Level.ARTICLE] == ["第一条", "第二条"]


@pytest.mark.parametrize(
    ("sentence", "day"),
    [
        ("本办法自公布之日起施行。", "2024-05-06"),
        ("本办法自发布之日起30日后施行。", "2024-06-05"),
        ("本办法自2024年8月1日起施行。", "2024-08-01"),
        ("依照《某法》自2024年8月1日起施行的规定办理。", None),
    ],
)
def test_the_day_of_effect(folder: Path, sentence: str, day: str | None) -> None:
    document = read(folder, "某办法", "（2024年5月6日公布）", "第一条 甲。", f"第二条 {sentence}")
    effective = document.meta.effective_on
    assert (effective.isoformat() if effective else None) == day


def test_what_is_not_stated_is_absent(folder: Path) -> None:
    found = check(folder, "关于做好工作的通知", "一、要求", "各行要落实。")
    assert [found[n] for n in ("doc_number", "issued", "effective")] == [None, None, None]
    assert found["issuers"] == []
    assert found["status"] == "时效未载明"


def test_rules_of_an_announcement_are_no_headings(folder: Path) -> None:
    found = check(
        folder,
        "某局关于减免小微企业服务收费的公告",
        "2024年第8号",
        "现公告如下：",
        "一、对小微企业免征账户管理费。",
        "二、对月销售额10万元以下的纳税人免收手续费。优惠至2025年底。",
        "特此公告。",
        "某局",
        "2024年1月2日",
    )
    assert headings(found) == {"序言": None, "一、": None, "二、": None}
    assert texts(found)["二、"] == "对月销售额10万元以下的纳税人免收手续费。优惠至2025年底。"
    assert (found["kind"], found["doc_number"]) == ("公告", "2024年第8号")


def test_questions_and_answers(folder: Path) -> None:
    lines = (
        "续贷政策问答",
        "问：续贷是否可以线上办理？",
        "答：可以。",
        "各行应当公示流程。",
        "问：期限多长？",
        "答：一年：",
        "（一）甲。",
    )
    found = check(folder, *lines)
    assert texts(found) == {
        "问答第一问": "",
        "问答第一答": "可以。\n各行应当公示流程。",
        "问答第二问": "",
        "问答第二答": "一年：",
        "问答第二答（一）": "甲。",
    }
    assert headings(found)["问答第一问"] == "续贷是否可以线上办理？"
    assert found["kind"] == "问答"
    units = [c.unit for c in cut(read(folder, *lines)) if c.kind is ChunkKind.CLAUSE]
    assert units == ["标题", "问答第一问", "问答第二问"]


def test_contents_and_portal_noise_are_no_clauses(folder: Path) -> None:
    document = read(
        folder,
        "打印 收藏",
        "索引号：000-1",
        "某贷款办法",
        "某贷款办法",
        "目 录",
        "第一章 总则……1",
        "第二章 附则……3",
        "第一章 总则",
        "第一条 银行应当优化资源配",
        "— 3 —",
        "置，按照原则办理。",
        "第二章 附则",
        "第二条 乙。",
        "第2页 共12页",
    )
    addressed = [c.address for c in document.walk() if c.level in (Level.CHAPTER, Level.ARTICLE)]
    assert addressed == ["第一章", "第一条", "第二章", "第二条"]
    found = check_file(folder / "a.txt").as_json()
    assert texts(found)["第一条第一款"] == "银行应当优化资源配置，按照原则办理。"
    assert found["title"] == "某贷款办法"
    clause = next(c for c in cut(document) if c.unit == "第一条")
    assert clause.plain == "第一条\u3000银行应当优化资源配置，按照原则办理。"


@pytest.mark.parametrize(
    "rows",
    [("| 项目 | 金额 |", "| 一、贷款 | 1.1 |", "| （一）其中 | -8 |"), ("项目\t金额", "一、贷款\t1.1", "第一条 \t-8")],
)
def test_cells_are_no_headings(folder: Path, rows: tuple[str, ...]) -> None:
    document = read(
        folder, "某局通知", "一、报表", "填报如下：", "表1 统计表", *rows, "请按时填报。", "二、其他", "按规定办理。"
    )
    [table] = document.tables
    assert (table.address, table.caption, table.parent) == ("表1", "表1 统计表", "一")
    assert table.rows[1] == ("一、贷款", "1.1")
    assert [c.address for c in document.walk() if c.level is Level.TABLE_ROW] == ["表1 第1行", "表1 第2行", "表1 第3行"]
    row = next(c for c in cut(document) if c.address == "表1 第2行")
    assert (row.lead, row.unit) == ("表1统计表：", "一")
    assert texts(check_file(folder / "a.txt").as_json())["一、"] == "填报如下：\n请按时填报。"


def test_lines_broken_at_one_width_are_joined(folder: Path) -> None:
    words = (
        "各银行机构要持续提高服务意识，合理把握信贷投放节奏，依照第三十八条第二款的规定处理，按照（二）项所列办理，" * 3
        + "不得转嫁成本。"
    )

    def wrapped(text: str) -> list[str]:
        return [text[at : at + 28] for at in range(0, len(text), 28)]

    lines = ["一、总体要求", *wrapped(words), *wrapped(f"（一）加大投放。{words}"), *wrapped(f"1. {words}")]
    found = check(folder, "关于做好工作的通知", *lines)
    assert texts(found) == {"一、": words, "一、（一）": words, "一、（一）1.": words}


@pytest.mark.parametrize("number", ["第ー条", "第—条", "第 一 条", "第1条", "第１条", "第一\u200b条"])
def test_what_a_scanner_makes_of_an_article(folder: Path, number: str) -> None:
    found = check(folder, "某办法", f"{number} 甲第—线。", "第二O条 乙。")
    assert [a for a in texts(found) if "款" not in a] == ["第一条", "第二十条"]
    assert texts(found)["第一条第一款"] == "甲第—线。"


@pytest.mark.parametrize(
    ("numbers", "addresses"),
    [
        (("㈠", "⒈", "⑴", "①"), ("一、（一）", "一、（一）1.", "一、（一）1.（1）", "一、（一）1.（1）①")),
        (("(一)", "１．", "（1）", "② "), ("一、（一）", "一、（一）1.", "一、（一）1.（1）", "一、（一）1.（1）②")),
    ],
)
def test_single_character_numbers(folder: Path, numbers: tuple[str, ...], addresses: tuple[str, ...]) -> None:
    found = check(folder, "某通知", "一、要求", *(f"{n}各行要落实。" for n in numbers))
    assert tuple(texts(found))[1:] == addresses
    assert all(text == "各行要落实。" for a, text in texts(found).items() if a != "一、")


def test_an_article_in_one_line_with_a_real_list(folder: Path) -> None:
    found = check(
        folder,
        "某办法",
        "第一条 下列情形除外：（一）甲；（二）乙；（三）丙。",
        "第二条 按照本条（一）、（二）办理；（三）另定。",
    )
    assert texts(found)["第一条第一款第（三）项"] == "丙。"
    assert texts(found)["第二条第一款"] == "按照本条（一）、（二）办理；（三）另定。"


def test_a_deleted_article_is_empty(folder: Path) -> None:
    found = check(folder, "某办法", "第一条 甲。", "第二条 （删去）", "第三条 乙。")
    assert texts(found)["第二条第一款"] == ""
    assert found["report"]["warnings"] == []


def test_a_chapter_and_its_first_article_in_one_line(folder: Path) -> None:
    found = check(folder, "某办法", "第一章 总则 第一条 甲。 第二条 乙。", "第二章附则", "第三条 丙。")
    assert [a for a in texts(found) if "款" not in a] == ["第一章", "第一条", "第二条", "第二章", "第三条"]


def test_characters_with_marks_between_them(folder: Path) -> None:
    few = read(folder, "某局关于工作的通知", "一、要求", "各行要落@@实，" + "各行要落实。" * 30)
    assert few.warnings == ("interleaved：字间夹有 1 处符号，请核对原文",)
    path = folder / "b.txt"
    path.write_text("@@".join("某局关于做好小微企业金融服务工作的通知"), encoding="utf-8")
    found = check_file(path).as_json()
    assert (found["report"]["verdict"], found["report"]["code"]) == ("rejected", "garbled")
    assert set(found) == set(check(folder, "某通知", "一、甲", "乙。"))


def test_registered_facts_win_and_differences_are_named(folder: Path) -> None:
    (folder / "a.md").write_text(
        "---\ntitle: 某办法\ndoc_number: 某发〔2023〕1号\n---\n# 某办法\n\n某发〔2024〕2号\n\n"
        "第一条 甲。\n\n第二条 乙。\n",
        encoding="utf-8",
    )
    document = parse_file(folder / "a.md")
    assert document.meta.document_number == "某发〔2023〕1号"
    assert len([w for w in document.warnings if w.startswith("header_differs")]) == 1


def test_a_number_that_comes_twice_is_kept_apart_and_named(folder: Path) -> None:
    document = read(folder, "某通知", "一、甲", "各行要。", "一、乙", "各部门要。")
    assert [c.address for c in document.walk() if c.level is Level.HEADING_1] == ["一", "一〔2〕"]
    assert any(w.startswith("duplicate_number") for w in document.warnings)


# --- laws ---

_LINES = st.lists(
    st.sampled_from(
        [
            *ISSUING,
            *(
                "一、总体要求",
                "（二）加强管理。各行要",
                "落实。",
                "1. 首贷户",
                "①甲；",
                "第一章 总则",
                "第一节 甲",
                "第一条",
                "第一条之一 乙",
            ),
            *(
                "（一）丙；",
                "前款规定",
                "— 3 —",
                "打印 收藏",
                "目录",
                "第一章 总则……1",
                "附件",
                "附件：",
                "某监管局",
                "2024年5月6日",
                "",
                "#",
            ),
            *(
                "问：甲？",
                "答：乙。",
                "| 甲 | 乙 |",
                "| --- | --- |",
                "丙\t丁",
                "# 某办法",
                "依照第二条第（一）项、前两款",
                "《某法》第三条废止。",
                "特此通知。",
            ),
        ]
    ),
    max_size=14,
)


@settings(deadline=None, max_examples=300)
@given(_LINES, st.sampled_from(["\n", "\n\n", "\n\u3000"]), st.sampled_from(list(DocumentKind)))
def test_whatever_lines_come_no_character_is_lost(lines: list[str], gap: str, kind: DocumentKind) -> None:
    text = gap.join(lines)
    tree = parse_tree(text, kind)
    assert broken_laws(text, tree.clauses) == []
    assert parse_tree(text, kind) == tree
    facts = (*read_header(tree.clauses, text), *find_repeals(tree.clauses, text))
    for span in (*(f.span for f in facts), *(r.span for r in find_references(tree.clauses, text))):
        assert text[span.start : span.end].strip()
    document = Document(
        meta=DocumentMeta(id="x", title="某", kind=kind), text=text, clauses=tree.clauses, tables=tree.tables
    )
    chunks = cut(document)
    assert len({c.id for c in chunks}) == len(chunks)
    assert all(text[c.span.start : c.span.end] == c.text for c in chunks)
    ruling = {
        at
        for root in tree.clauses
        for leaf in root.leaves()
        if leaf.level in (Level.PARAGRAPH, Level.ITEM, Level.PIECE, Level.LEAD, Level.TABLE_ROW, Level.PREAMBLE)
        for at in range(leaf.span.start, leaf.span.end)
        if not text[at].isspace()
    }
    spoken = {at for c in chunks if c.kind is ChunkKind.SENTENCE for at in range(c.span.start, c.span.end)}
    assert ruling <= spoken


@pytest.mark.parametrize(
    "piece",
    [" ", "(", "第", "（一\n", "一、甲\n", "（一）乙；\n", "附件1\n", "《甲", "前款", "。 第一条 ", "2024年1月2日\n"],
)
def test_long_runs_of_one_piece_are_read(piece: str) -> None:
    text = "第一条 甲：\n" + piece * 3000
    for kind in DocumentKind:
        tree = parse_tree(text, kind)
        assert broken_laws(text, tree.clauses) == []
        assert len(find_references(tree.clauses, text)) <= 3000 * 2
