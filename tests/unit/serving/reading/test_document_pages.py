"""A document as blocks and pages: no word lost, every clause to be reached, links both ways, words found and marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from urllib.parse import unquote

import pytest
from sample_texts import law, notice, old_law
from small_laws import small_laws

from assistant.parsing.clauses import parse_clauses, parse_tree
from assistant.parsing.references import find_references
from assistant.schema.document import UNADDRESSED, Document, DocumentKind, DocumentMeta, Span
from assistant.serving.reading.blocks import Block, blocks_of
from assistant.serving.reading.document import Asked, Reading, find_clause, reading_of
from assistant.serving.reading.references import References
from assistant.serving.reading.shelf import Wanted, entries
from assistant.serving.reading.words import Mark
from assistant.serving.render.links import anchor
from assistant.text.folding import squeeze
from assistant.text.numerals import to_han


def with_references(document: Document) -> Document:
    return replace(document, references=find_references(document.clauses, document.text))


LAWS = [with_references(document) for document in small_laws()]


def shelf(documents: Sequence[Document]) -> References:
    held = {document.id: document for document in documents}
    return References([document.meta for document in documents], held.__getitem__)


def read(document: Document, **asked: object) -> Reading:
    return reading_of(document, Asked(**asked), shelf([document]))  # type: ignore[arg-type]


def words_of(blocks: Sequence[Block]) -> str:
    return "".join(run.words for block in blocks for run in block.runs)


def long_law(articles: int = 1300) -> Document:
    lines = []
    for at in range(1, articles + 1):
        if at % 100 == 1:
            lines.append(f"第{to_han(at // 100 + 1)}章 若干条")
        named = f"本法第{to_han(max(1, at - 1))}条"
        lines.append(f"第{to_han(at)}条 金融机构应当按照{named}的规定，向监督管理机构报告资产负债情况，保存有关资料。")
    text = "\n\n".join(lines) + "\n"
    meta = DocumentMeta(id="long", title="长法", kind=DocumentKind.LAW)
    return with_references(Document(meta=meta, text=text, clauses=parse_clauses(text, kind=DocumentKind.LAW)))


# --- blocks -------------------------------------------------------------------------------------


@pytest.mark.parametrize("document", [law(), notice(), old_law(), *LAWS], ids=lambda d: d.id)
def test_the_blocks_hold_the_whole_text_in_its_order(document: Document) -> None:
    whole = squeeze(document.text[document.clauses[0].span.start : document.clauses[-1].span.end])
    assert squeeze(words_of(blocks_of(document, ()))) == whole.replace("#", "")


@pytest.mark.parametrize("document", [law(), notice(), *LAWS], ids=lambda d: d.id)
def test_every_clause_has_one_place_to_go_to(document: Document) -> None:
    names = [name for block in blocks_of(document, ()) for name in block.anchors]
    assert len(names) == len(set(names))
    assert set(names) == {anchor(c.address) for c in document.walk() if c.level not in UNADDRESSED}


def test_the_clause_that_was_asked_for_is_marked_and_no_other() -> None:
    reading = read(law(), address="第三条")
    marked = [block.address for block in reading.blocks if block.here]
    assert marked[0] == "第三条"
    assert all(address.startswith("第三条") for address in marked)
    assert words_of([block for block in reading.blocks if block.here]).endswith("贷款人应当书面告知理由。")


def test_an_address_in_half_width_brackets_is_found() -> None:
    assert find_clause(notice(), "二、(一)") is not None
    assert find_clause(notice(), "二、（九）") is None


# --- quotes and search --------------------------------------------------------------------------


def test_quoted_words_are_marked_across_a_page_break() -> None:
    reading = read(
        notice(), address="二、（一）", quotes=("不得用续贷掩盖信用风险", "严禁将涉农贷款资金用于购买理财产品")
    )
    quoted = "".join(run.words for block in reading.blocks for run in block.runs if run.quoted)
    assert quoted == "严禁将涉农贷款资金用于购买理财产品不得用续贷掩盖信用风险"
    assert not reading.missing


def test_words_that_do_not_stand_there_are_said_to_be_missing() -> None:
    assert read(notice(), address="二、（一）", quotes=("可以用续贷掩盖信用风险",)).missing
    assert read(notice(), address="二、（二）", quotes=("不得用续贷掩盖信用风险",)).missing


def test_words_are_found_across_a_page_break_and_all_of_them_must_be_there() -> None:
    reading = read(notice(), find="理财产品")
    assert [(hit.address, hit.words) for hit in reading.hits] == [("二、（一）第一段", "理财产品")]
    assert "".join(run.words for b in reading.blocks for run in b.runs if run.found) == "理财产品"
    assert [hit.address for hit in read(notice(), find="各银行机构 考核").hits] == ["二、（二）第一段"]
    assert read(notice(), find="外星人").hits == ()


# --- references ---------------------------------------------------------------------------------


def test_references_lead_to_the_clause_and_back() -> None:
    reading = read(with_references(law()))
    [link] = [run for block in reading.blocks for run in block.runs if run.href]
    assert link.words == "本条例第三条"
    assert unquote(link.href or "") == "#第三条"
    assert [one.address for one in reading.cited_by["第三条"]] == ["第五条第一款"]


def test_references_lead_from_one_document_to_another_and_back() -> None:
    both = shelf(LAWS)
    old, new, storage = LAWS
    reading = reading_of(storage, Asked(), both)
    [link] = [run for block in reading.blocks for run in block.runs if run.href]
    assert unquote(link.href or "").startswith(f"read/{new.id}/第二条")  # of two versions the one that holds
    back = reading_of(new, Asked(), both).cited_by["第二条"]
    assert [(one.title, one.address) for one in back] == [(storage.meta.title, "第五条第一款")]
    assert reading_of(old, Asked(), both).cited_by == {}


# --- pages --------------------------------------------------------------------------------------


def test_a_long_text_comes_in_pages_that_hold_all_of_it() -> None:
    document = long_law()
    first = read(document)
    assert len(first.leaves) > 3
    pages = [read(document, page=leaf.number) for leaf in first.leaves]
    names = [name for page in pages for block in page.blocks for name in block.anchors]
    assert len(names) == len(set(names))
    assert squeeze("".join(words_of(page.blocks) for page in pages)) == squeeze(document.text)


def test_a_clause_opens_the_page_that_holds_it() -> None:
    reading = read(long_law(), address="第一千二百五十条")
    assert [block.address for block in reading.blocks if block.here] == ["第一千二百五十条"]
    [leaf] = [leaf for leaf in reading.leaves if leaf.here]
    assert leaf.number > 2
    near = next(place for place in reading.contents if place.number == "第一千二百五十条")
    assert near.here
    assert near.path.startswith("#")


def test_headings_of_other_pages_lead_to_them() -> None:
    reading = read(long_law(), page=1)
    assert [unquote(p.path).startswith("read/long/") for p in reading.contents if p.depth == 0][-1]


# --- the shelf ----------------------------------------------------------------------------------


def test_the_list_is_filtered_and_says_why_one_is_left_out() -> None:
    metas = [document.meta for document in LAWS]
    day = date(2026, 3, 1)
    old, new, storage = entries(metas, Wanted(), day=day)
    assert old.out is not None
    assert old.tone == "bad"
    assert (new.out, new.tone) == (None, "good")
    assert [meta.id for meta in old.versions] == [new.meta.id]
    assert storage.versions == ()
    assert [one.meta.id for one in entries(metas, Wanted(state="in_force"), day=day)] == [new.meta.id, storage.meta.id]
    assert [one.meta.id for one in entries(metas, Wanted(words="仓单 790"), day=day)] == [new.meta.id]
    assert entries(metas, Wanted(level="司法解释"), day=day) == ()


# --- tables -------------------------------------------------------------------------------------


def with_table(rows: int = 900) -> Document:
    table = "\n".join(f"第{n}类客户，说明文字写得较长一些\t{n}万元" for n in range(1, rows + 1))
    filler = "本条只是说明。" * 2500
    text = f"第一条 {filler}\n\n第二条 额度见下表。\n\n{table}\n\n第三条 本办法自公布之日起施行。\n"
    tree = parse_tree(text, DocumentKind.LAW)
    meta = DocumentMeta(id="tabled", title="额度办法", kind=DocumentKind.LAW)
    return Document(meta=meta, text=text, clauses=tree.clauses, tables=tree.tables)


def test_a_row_of_a_table_opens_the_page_of_its_table() -> None:
    reading = read(with_table(), address="表1 第300行")
    [block] = [block for block in reading.blocks if block.here]
    assert block.table is not None
    assert block.rows[299] == "表1_第300行"
    assert [leaf.number for leaf in reading.leaves if leaf.here] == [2]


# --- marks --------------------------------------------------------------------------------------


def test_of_many_marks_each_leaf_shows_its_own() -> None:
    reading = read(long_law(), find="金融机构", page=2)
    found = [run.words for block in reading.blocks for run in block.runs if run.found]
    assert found
    assert set(found) == {"金融机构"}
    assert len(found) == sum(words_of([block]).count("金融机构") for block in reading.blocks)


def test_a_mark_over_several_leaves_is_shown_in_each_of_them() -> None:
    document = law()
    whole = Mark(Span(0, len(document.text)), quoted=True)
    inside = [Mark(Span(at, at + 1), found=True) for at in range(0, len(document.text), 7)]
    runs = [run for block in blocks_of(document, [whole, *inside]) for run in block.runs]
    assert all(run.quoted for run in runs if run.words != "　")
    assert any(run.found for run in runs)
