"""Phrasings tied to what answers them: they lead back to official words, and to words that are there."""

from __future__ import annotations

from pathlib import Path

import pytest
from sample_texts import notice

from assistant.errors import SourceError
from assistant.indexing.cut import cut
from assistant.indexing.phrasing_chunks import tie
from assistant.schema.chunk import ChunkKind, Phrasing


def phrasing(clause: str, question: str, answered_by: str | None = None) -> Phrasing:
    return Phrasing(
        document_id="notice",
        clause=clause,
        answered_by=answered_by,
        question=question,
        origin="hand",
        reviewed=True,
        path=Path("notice.yaml"),
    )


def test_a_phrasing_has_the_words_and_the_place_of_its_answer() -> None:
    document = notice()
    passages = cut(document)
    asked = [phrasing("二、（一）", "买理财行不行", "用于购买理财产品"), phrasing("三、（三）", "有啥活动")]
    one, other = tie(passages, asked)
    by_id = {chunk.id: chunk for chunk in passages}
    for chunk, question in ((one, "买理财行不行"), (other, "有啥活动")):
        assert chunk.kind is ChunkKind.PHRASING
        assert chunk.indexed_text == chunk.phrasing == question
        assert chunk.answers is not None
        target = by_id[chunk.answers]
        assert (chunk.text, chunk.plain, chunk.span) == (target.text, target.plain, target.span)
        assert document.text[chunk.span.start : chunk.span.end] == chunk.text
        assert question not in chunk.text
    assert (one.answers, one.parent_id) == (by_id[one.answers or one.id].id, "notice#二、（一）")
    assert by_id[one.answers or one.id].plain.startswith("严禁将涉农贷款资金")
    assert other.answers == other.parent_id == "notice#三、（三）"
    assert len({one.id, other.id, *by_id}) == len(by_id) + 2


def test_words_are_found_across_blanks_and_page_breaks() -> None:
    passages = cut(notice())
    [chunk] = tie(passages, [phrasing("二、（一）", "额度大的管不管", "单户授信500万元以上")])
    assert "500 万元以上" in chunk.plain
    [torn] = tie(passages, [phrasing("二、（一）", "买理财行不行", "购买理财产品")])
    assert "\n" in torn.text


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (phrasing("二、（九）", "问"), "所指的条款“二、（九）”不在文件 notice 中"),
        (phrasing("二", "问"), "所指的条款“二”不在文件 notice 中"),
        (phrasing("二、（一）", "问", "没有的话"), "answered_by“没有的话”不在这一条的任何一句中"),
        (phrasing("二、（二）", "问", "分行要"), "answered_by“分行要”在这一条的 2 句中都有"),
        (phrasing("二、（二）", "问", "规范续贷业务"), "不在这一条的任何一句中"),
    ],
)
def test_a_phrasing_that_leads_nowhere_is_named(wrong: Phrasing, words: str) -> None:
    with pytest.raises(SourceError) as caught:
        tie(cut(notice()), [wrong])
    assert caught.value.message.startswith("问法文件 notice.yaml 无法使用：")
    assert words in caught.value.message
