"""The small inputs on which the product went wrong, one check for each file of the shared folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tree_laws import broken_laws

from assistant.corpus.reading import parse_file
from assistant.parsing.readers import Source, read_source
from assistant.schema.document import Document, Level

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "faults"
pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the shared folder of the project is not beside this checkout"
)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What must be found: words at addresses, headings, words anywhere and nowhere, what is named."""

    at: dict[str, str] = field(default_factory=dict)
    headings: dict[str, str] = field(default_factory=dict)
    holds: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    named: tuple[str, ...] = ()  # in hidden, lost or warnings
    articles: int | None = None


TWO = {"第一条": "为规范贷款"}
WANTED = {
    "a01_article_bracket.txt": Wanted(articles=4, headings={"第三条": "确权期限"}, at={"第三条": "七个工作日"}),
    "a02_article_colon.txt": Wanted(articles=3, at={"第三条": "不超过三日"}),
    "b01_radicals.txt": Wanted(articles=3, headings={"第二章": "额度"}, at={"第三条": "⾦融科⼯作⼈员"}),
    "c01_decimal.txt": Wanted(at={"2.1.2": "三个工作日", "1.1": "制定本规程"}, headings={"2": "受理"}),
    "d01_daxie.txt": Wanted(at={"贰、一": "须年满十八岁", "壹、二": "星河市"}),
    "e01_fu_number.txt": Wanted(at={"附件1 一": "档案", "附件2 一": "一百分"}, lacks=("〔2〕",)),
    "f01_heading_line.txt": Wanted(articles=3, headings={"第二条": "贷款额度"}, at={"第二条第一款": "单户贷款额度不"}),
    "g01_compilation.txt": Wanted(at={"第二条": "三日", "印发件2第二条": "五日"}, named=("拆成单独的文件",)),
    "k01_strike.docx": Wanted(articles=3, at={"第二条": "不得超过五百万元"}, lacks=("三百万",), named=("三百万元",)),
    "k02_strike.html": Wanted(articles=3, at={"第二条": "不得超过五百万元"}, lacks=("一年",), named=("三百万元",)),
    "l01_smartart.docx": Wanted(articles=3, holds=("支行受理二日", "总行复核五日")),
    "l02_picture.docx": Wanted(articles=3, named=("图片 1 处（“第二条 各档额度如下图：”处）",)),
    "l03_symbol.docx": Wanted(at={"第二条": "资本充足率≥10.5%"}),
    "l04_footnote.docx": Wanted(at={"第二条": "小额贷款可以信用"}, named=("指五万元以下",)),
    "m01_bold_number.md": Wanted(articles=3, at={"第二条": "不得超过五百万元", **TWO}),
    "m02_nbsp.md": Wanted(articles=2, at=TWO, lacks=("nbsp", "emsp")),
    "m06_html_table.md": Wanted(articles=2, holds=("抵押贷 | 五百万元",), lacks=("<td>",)),
    "n01_form_fields.html": Wanted(at={"第二条": "额度为五百万元，期限为三年"}),
    "n04_class_head.html": Wanted(articles=11, at={**TWO, "第十一条": "五百万元"}),
    "n10_link_list.html": Wanted(holds=("印章管理规定", "续贷管理规定")),
    "n14_double_entity.html": Wanted(articles=2, at={"第二条": "“单户”指"}, lacks=("nbsp",)),
    "o01_fraction.docx": Wanted(at={"第二条": "不良贷款余额/贷款总额，不得高于3%"}),
    "o02_mathml.html": Wanted(at={"第二条": "不良余额/贷款总额"}),
    "o03_eq_field.docx": Wanted(at={"第二条": "总投资的1/3。"}),
    "p01_two_columns.pdf": Wanted(articles=6, at={"第四条": "上报总行信贷部", "第六条": "自公布之日起施行"}),
    "p02_level_watermark.pdf": Wanted(articles=4, at=TWO, named=("内部资料",)),
    "p03_turned_page.pdf": Wanted(articles=2, at={"附件 二": "五百万元"}),
    "p04_line_numbers.pdf": Wanted(articles=6, at={"第二条": "确需延长的，报总行批准"}, lacks=("4 确需",)),
    "q01_bracket_qa.txt": Wanted(at={"问答第二答": "五个工作日", "问答第一问": "最长多久"}),
    "s01_certificate_term.txt": Wanted(articles=4),
    "s02_title_two_lines.txt": Wanted(
        headings={"标题": "清江省人民政府关于禁止以备案、登记、年检、认定等名义限制竞争的若干规定"}
    ),
    "t01_merged_rows.docx": Wanted(at={"表1 第5行": "小微企业\t抵押贷\t500"}),
    "t02_comparison.docx": Wanted(articles=3, at={"第一条": "五百万元"}, lacks=("三百万",), named=("修订前",)),
    "u01_superscript.docx": Wanted(at={"第二条": "50m²，授信规模按10^4元"}),
    "u02_note_mark.html": Wanted(articles=2, at={"第二条": "不得超过6%"}, named=("按单利计",)),
    "u05_note_mark.pdf": Wanted(articles=2, at={"第二条": "不得超过6%"}, named=("按单利计",)),
    "x01_backslash.docx": Wanted(articles=2, at={"第二条": "三百万元"}),
    "z01_only_iframe.html": Wanted(named=("only_title", "内嵌网页")),
    "z04_textarea.html": Wanted(articles=2, at={"第二条": "五百万元"}),
}  # fmt: skip


def names(document: Document, source: Source) -> str:
    return "\n".join((*document.warnings, *source.lost, *(h.text for h in source.hidden)))


@pytest.mark.parametrize("name", WANTED)
def test_the_kind_of_this_file_is_cured(name: str) -> None:
    path = FOLDER / name
    if not path.is_file():
        pytest.skip(f"{name} is not in the shared folder")
    document, source, wanted = parse_file(path), read_source(path), WANTED[name]
    assert broken_laws(document.text, document.clauses) == []
    for address, words in wanted.at.items():
        clause = document.find(address)
        assert clause is not None, address
        assert words in clause.text.replace("\n", "")
    for address, heading in wanted.headings.items():
        clause = document.find(address)
        assert clause is not None, address
        assert clause.heading == heading
    assert [words for words in wanted.holds if words not in document.text] == []
    assert [words for words in wanted.lacks if words in document.text] == []
    assert [words for words in wanted.named if words not in names(document, source)] == []
    if wanted.articles is not None:
        assert sum(1 for c in document.walk() if c.level is Level.ARTICLE) == wanted.articles
    assert document.meta.expired_on is None


def test_every_file_of_the_folder_has_a_check() -> None:
    files = {p.name for p in FOLDER.iterdir() if p.is_file() and p.name != "README.md"}
    assert files - WANTED.keys() == set()
