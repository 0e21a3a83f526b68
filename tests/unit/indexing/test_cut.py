"""Passages: their laws, and what an item or a sentence takes over from the words before it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sample_texts import law, notice, old_law

from assistant.indexing.cut import cut, subject_of
from assistant.parsing.clauses import kind_of, parse_clauses
from assistant.schema.chunk import Chunk, ChunkKind
from assistant.schema.document import Document, DocumentMeta
from assistant.text.folding import flow, squeeze

DOCUMENTS = [notice(), law(), old_law()]


def document(text: str) -> Document:
    kind = kind_of(text)
    meta = DocumentMeta(id="x", title="某文件", kind=kind)
    return Document(meta=meta, text=text, clauses=parse_clauses(text, kind))


def of_kind(chunks: tuple[Chunk, ...], kind: ChunkKind) -> list[Chunk]:
    return [c for c in chunks if c.kind is kind]


def leads(chunks: tuple[Chunk, ...]) -> dict[str, str]:
    return {c.plain: c.lead for c in of_kind(chunks, ChunkKind.SENTENCE)}


def subjects(text: str) -> list[str | None]:
    found = of_kind(cut(document(f"某通知\n\n一、要求\n\n{text}")), ChunkKind.SENTENCE)
    return [c.subject for c in found if c.unit == "一"]


@pytest.mark.parametrize("source", DOCUMENTS, ids=lambda d: d.id)
def test_laws(source: Document) -> None:
    chunks = cut(source)
    by_id = {c.id: c for c in chunks}
    assert len(by_id) == len(chunks)
    for chunk in chunks:
        assert source.text[chunk.span.start : chunk.span.end] == chunk.text
        assert chunk.document_id == source.id
        assert chunk.heading_path[0] == source.meta.title
        assert source.find(chunk.unit) is not None
        assert source.find(chunk.address) is not None
        if chunk.kind is ChunkKind.SENTENCE:
            assert chunk.parent_id is not None
            parent = by_id[chunk.parent_id]
            assert parent.kind is ChunkKind.CLAUSE
            assert chunk.span in parent.span
            assert chunk.unit == parent.unit
            assert chunk.plain == flow(chunk.text)
            assert squeeze(chunk.plain) in squeeze(parent.plain)
            assert chunk.id == f"{parent.id}@{chunk.span.start}-{chunk.span.end}"
        else:
            assert chunk.parent_id is None
            assert chunk.id == f"{source.id}#{chunk.unit}"
            assert squeeze(chunk.plain) == squeeze(chunk.text)
    assert cut(source) == chunks


@pytest.mark.parametrize("source", DOCUMENTS, ids=lambda d: d.id)
def test_sentences_of_a_clause_hold_all_its_words_but_number_and_heading(source: Document) -> None:
    chunks = cut(source)
    for clause in of_kind(chunks, ChunkKind.CLAUSE):
        own = sorted(c.span for c in chunks if c.parent_id == clause.id)
        assert own, clause.id
        rest = squeeze(source.text[own[0].start : clause.span.end])
        assert "".join(squeeze(source.text[s.start : s.end]) for s in own) == rest


def test_units_of_a_notice() -> None:
    clauses = of_kind(cut(notice()), ChunkKind.CLAUSE)
    assert [c.unit for c in clauses] == ["标题", "序言", "一", "二、（一）", "二、（二）", "三、（三）"]
    assert clauses[3].heading_path == (notice().meta.title, "重点任务")


def test_units_of_a_statute_leave_out_title_and_note() -> None:
    clauses = of_kind(cut(law()), ChunkKind.CLAUSE)
    assert [c.unit for c in clauses] == ["第一条", "第二条", "第三条", "第四条", "第五条"]
    assert clauses[0].heading_path == ("村镇贷款条例", "总则")


def test_a_heading_with_a_paragraph_of_its_own_and_items_below() -> None:
    clauses = of_kind(
        cut(document("某通知\n\n一、要求\n\n各行要落实。\n\n（一）压实责任。各行要分工。")), ChunkKind.CLAUSE
    )
    assert [(c.unit, c.plain) for c in clauses[1:]] == [
        ("一", "一、要求\n各行要落实。"),
        ("一、（一）", "（一）压实责任。各行要分工。"),
    ]


def test_page_breaks_are_gone_from_what_is_read() -> None:
    torn = next(c for c in cut(notice()) if "理\n\n财" in c.text and c.kind is ChunkKind.SENTENCE)
    assert torn.plain == "严禁将涉农贷款资金用于购买理财产品。"
    assert not any("理\n" in c.plain for c in cut(notice()))


def test_a_clause_reads_line_by_line() -> None:
    third = next(c for c in cut(law()) if c.id == "law_2023#第三条")
    assert third.plain.splitlines() == [
        "第三条\u3000有下列情形之一的，不得发放贷款：",
        "（一）用途不明的；",
        "（二）提供虚假材料的。",
        "贷款人应当书面告知理由。",
    ]


def test_an_item_takes_over_the_lead_of_its_list() -> None:
    lead = "有下列情形之一的，不得发放贷款："
    found = leads(cut(law()))
    assert found["（一）用途不明的；"] == found["（二）提供虚假材料的。"] == lead
    assert found[lead] == found["贷款人应当书面告知理由。"] == ""


def test_leads_of_subitems_and_of_the_item_after_them() -> None:
    lines = ["第一条 材料包括：", "（一）证明：", "1. 执照；", "2. 章程；", "（二）其他。", "不含：", "（一）复印件。"]
    text = "\n".join(("某办法", *lines, "第二条 乙。"))
    assert leads(cut(document(text))) == {
        "材料包括：": "",
        "（一）证明：": "材料包括：",
        "1. 执照；": "材料包括：（一）证明：",
        "2. 章程；": "材料包括：（一）证明：",
        "（二）其他。": "材料包括：",
        "不含：": "",
        "（一）复印件。": "不含：",
        "乙。": "",
    }


def test_what_is_indexed_has_headings_before_a_clause_and_the_lead_before_an_item() -> None:
    chunks = {str(c.id): c for c in cut(law())}
    assert chunks["law_2023#第四条"].indexed_text.splitlines()[:2] == ["村镇贷款条例", "规则"]
    item = next(c for c in chunks.values() if c.plain == "（一）用途不明的；")
    assert item.indexed_text == "有下列情形之一的，不得发放贷款：（一）用途不明的；"


SUBJECTS = [
    ("各银行机构要加强贷前审查。", "各银行机构"),
    ("各级监管部门要加强监测。", "各级监管部门"),
    ("大型商业银行、股份制银行一级分行要落实任务。", "大型商业银行、股份制银行一级分行"),
    ("各级监管部门开展年度评价要加强分析。", "各级监管部门"),
    ("要做实分类。", None),
    ("严禁转存。", None),
    ("规范续贷业务。", None),
]


@pytest.mark.parametrize(("sentence", "subject"), SUBJECTS)
def test_subject_of(sentence: str, subject: str | None) -> None:
    assert subject_of(sentence) == subject


def test_a_subject_holds_until_the_next() -> None:
    text = "各银行机构要审查。严禁转存。各保险公司要理赔。不得拖延。"
    assert subjects(text) == ["各银行机构", "各银行机构", "各保险公司", "各保险公司"]


def test_a_bare_demand_goes_back_to_all_banks() -> None:
    assert subjects("各银行机构要审查。大型商业银行要落实。要合理满足需求。")[-1] == "各银行机构"


def test_a_subject_ends_with_its_paragraph() -> None:
    assert subjects("各银行机构要审查。\n\n做好督促。") == ["各银行机构", None]


def test_ids_of_two_documents_never_meet() -> None:
    one = notice()
    other = replace(one, meta=replace(one.meta, id="other"))
    assert not {c.id for c in cut(one)} & {c.id for c in cut(other)}
