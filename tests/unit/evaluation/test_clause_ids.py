"""Addresses in the words of the case files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.corpus.reading import read_corpus
from assistant.evaluation.clause_ids import NOTICE, ClauseNames, clause_name
from assistant.indexing.cut import cut
from assistant.parsing.clauses import kind_of, parse_clauses
from assistant.schema.answer import Citation
from assistant.schema.chunk import ChunkKind
from assistant.schema.document import Document, DocumentMeta, Span, Validity

CORPUS = Path(__file__).resolve().parents[3] / "corpus"

RESTARTS = """关于做好渔港岁修的通知

各渔港：

现将有关事项通知如下。

一、总体安排

1.岁修每年一次。

2.岁修期间停泊改至外港。

二、重点任务

（一）清淤。每年春季清淤。

（二）修缆。缆绳每季检查。

三、工作要求

（一）报备。开工前报备。

附件1：
清淤操作规程

一、准备

（一）测深。先测深，后下斗。

二、收尾

收尾后复测水深。
"""
RUNS_ON = """关于做好渔港岁修的通知

各渔港：

现将有关事项通知如下。

一、重点任务

（一）清淤。每年春季清淤。

二、工作要求

（二）报备。开工前报备。
"""


def document(text: str, name: str = "x") -> Document:
    kind = kind_of(text)
    meta = DocumentMeta(id=name, title=name, kind=kind)
    return Document(meta=meta, text=text, clauses=parse_clauses(text, kind))


def units(source: Document) -> list[str]:
    return [chunk.id for chunk in cut(source) if chunk.kind is ChunkKind.CLAUSE]


def names(*sources: Document) -> ClauseNames:
    by_id = {source.id: source for source in sources}
    return ClauseNames(by_id.__getitem__)


def citation(source: Document, address: str, words: str) -> Citation:
    start = source.text.index(words)
    return Citation(
        number=1,
        document_id=source.id,
        document_title=source.id,
        address=address,
        heading=None,
        clause_text=words,
        quotes=(words,),
        spans=(Span(start, start + len(words)),),
        validity=Validity.IN_FORCE,
    )


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("标题", "title"),
        ("序言", "preamble"),
        ("一", "一"),
        ("一、第一段", "一"),
        ("五、（十）", "（十）"),
        ("六、（十三）", "（十三）"),
        ("五、（十）第二段", "（十）"),
        ("（十）", "（十）"),
        ("第十二条", "第十二条"),
        ("第一百二十条之一", "第一百二十条之一"),
        ("第十二条第二款第（三）项", "第十二条"),
        ("问答第十二问", "第12问"),
        ("附件1 一、（二）", "附件1一、（二）"),
        ("附件2第三条第一款", "附件2第三条"),
        ("附件 三", "附件三、"),
        ("附件2 5.", "附件2 5."),
        ("题注", "题注"),
    ],
)
def test_the_unit_clause_as_case_files_write_it(address: str, name: str) -> None:
    assert clause_name(address) == name


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("一", "一、"),
        ("五、（十）", "五、（十）"),
        ("五、（十）第二段", "五、（十）"),
        ("二、1.", "二、1."),
        ("二、1.（3）", "二、1."),
        ("第十二条第二款", "第十二条"),
        ("标题", "title"),
    ],
)
def test_the_whole_address_where_numbering_starts_again(address: str, name: str) -> None:
    assert clause_name(address, whole=True) == name


def test_ids_are_whole_in_a_document_whose_numbering_starts_again() -> None:
    source = document(RESTARTS)
    assert names(source).ranked(units(source)) == (
        "x#title",
        "x#preamble",
        "x#一、1.",
        "x#一、2.",
        "x#二、（一）",
        "x#二、（二）",
        "x#三、（一）",
        "x#附件1一、（一）",
        "x#附件1二、",
    )


def test_ids_are_short_in_a_document_whose_numbering_runs_on() -> None:
    source = document(RUNS_ON)
    assert names(source).ranked(units(source)) == ("x#title", "x#preamble", "x#（一）", "x#（二）")


def test_each_document_goes_by_its_own_numbering() -> None:
    found = names(document(RESTARTS, "a"), document(RUNS_ON, "b"))
    assert found.ranked(["a#二、（一）", "b#二、（二）"]) == ("a#二、（一）", "b#（二）")


def test_a_citation_of_a_part_names_the_items_that_its_words_stand_in() -> None:
    source = document(RESTARTS)
    cited = [citation(source, "一", "岁修期间停泊改至外港。"), citation(source, "二、（二）", "缆绳每季检查。")]
    assert names(source).cited(cited) == ("x#一、2.", "x#二、（二）")


def test_a_clause_is_bare_only_in_the_document_that_bare_ids_mean() -> None:
    found = names(document(RUNS_ON, NOTICE), document(RUNS_ON, "办法"))
    assert found.ranked([f"{NOTICE}#一、（一）"], bare_document=NOTICE) == ("（一）",)
    assert found.ranked([f"{NOTICE}#一、（一）"]) == (f"{NOTICE}#（一）",)
    assert found.ranked(["办法#一、（一）"], bare_document=NOTICE) == ("办法#（一）",)


def test_a_document_whose_name_has_a_hash_keeps_it() -> None:
    assert names(document(RUNS_ON, "办法#2")).ranked(["办法#2#第三条"]) == ("办法#2#第三条",)


def test_the_clauses_of_the_notice_are_those_that_its_cases_speak_of() -> None:
    (source,) = read_corpus([CORPUS]).documents
    items = [f"（{numeral}）" for numeral in (*"一二三四五六七八九十", "十一", "十二", "十三")]
    assert names(source).ranked(units(source), bare_document=NOTICE) == ("title", "preamble", "一", *items)


@pytest.mark.parametrize("name", ["n02", "n05", "n07", "n08", "n10", "n12"])
def test_the_gold_clauses_of_documents_without_tables_are_among_our_ids(shared_dir: Path, name: str) -> None:
    folder = shared_dir / "eval" / "fresh"
    if not folder.is_dir():
        pytest.skip("no questions about documents without tables beside the checkout")
    (source,) = read_corpus([folder / "notices" / f"{name}.txt"]).documents
    lines = map(json.loads, (folder / "fresh_dev.jsonl").read_text(encoding="utf-8").splitlines())
    gold = {f"{g['doc']}#{g['clause']}" for line in lines for g in line["gold"] if g["doc"] == name}
    assert gold
    assert gold <= set(names(source).ranked(units(source)))
