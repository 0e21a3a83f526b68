"""Addresses in the words of the case files."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.corpus.reading import read_corpus
from assistant.evaluation.clause_ids import NOTICE, clause_name, scored_id
from assistant.indexing.cut import cut
from assistant.schema.chunk import ChunkKind

CORPUS = Path(__file__).resolve().parents[3] / "corpus"


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
        ("题注", "题注"),
    ],
)
def test_the_unit_clause_as_case_files_write_it(address: str, name: str) -> None:
    assert clause_name(address) == name


def test_a_clause_is_bare_only_in_the_document_that_bare_ids_mean() -> None:
    assert scored_id(f"{NOTICE}#五、（十）", bare_document=NOTICE) == "（十）"
    assert scored_id(f"{NOTICE}#五、（十）") == f"{NOTICE}#（十）"
    assert scored_id("商业银行法_2015#第四十条", bare_document=NOTICE) == "商业银行法_2015#第四十条"


def test_a_document_whose_name_has_a_hash_keeps_it() -> None:
    assert scored_id("办法#2#第三条") == "办法#2#第三条"


def test_the_clauses_of_the_notice_are_those_that_its_cases_speak_of() -> None:
    (document,) = read_corpus([CORPUS]).documents
    units = [chunk.id for chunk in cut(document) if chunk.kind is ChunkKind.CLAUSE]
    items = [f"（{numeral}）" for numeral in (*"一二三四五六七八九十", "十一", "十二", "十三")]
    assert [scored_id(unit, bare_document=NOTICE) for unit in units] == ["title", "preamble", "一", *items]
