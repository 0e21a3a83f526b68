"""The laws of a comparison on generated versions, and what became of clauses in small texts."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_texts import law, notice, old_law

from assistant.parsing.clauses import parse_clauses
from assistant.products.compare.compare import compare
from assistant.products.compare.model import Change, Comparison, EditKind, Line, PartKind
from assistant.products.compare.parts import parts_of
from assistant.schema.document import Document, DocumentKind, DocumentMeta
from assistant.text.folding import squeeze
from assistant.text.numerals import to_han

NOTICES = Path(__file__).resolve().parents[4] / "eval" / "training" / "notices"
# Sentences of a notice that nothing here was written for: what articles are made of.
POOL = [
    words
    for line in (NOTICES / "N07.txt").read_text("utf-8").splitlines()
    for words in line.split("。")
    if 20 <= len(words.strip()) <= 120 and "《" not in words and "（" not in words[:3]
][:24]
WORDS = ("应当在三十日内", "由省级机构", "并报告董事会", "不得委托他人")


def statute(articles: list[str], name: str = "a") -> Document:
    """A law of these articles, numbered from the first."""
    text = "\n\n".join(f"第{to_han(at)}条 {words.strip()}。" for at, words in enumerate(articles, start=1)) + "\n"
    meta = DocumentMeta(id=name, title="示例办法", kind=DocumentKind.LAW)
    return Document(meta=meta, text=text, clauses=parse_clauses(text, kind=DocumentKind.LAW))


def lines_of(one: Comparison) -> set[Line]:
    return set(one.lines)


articles = st.lists(st.sampled_from(POOL), min_size=1, max_size=12)


def test_the_pool_has_enough_to_choose_from() -> None:
    assert len(set(POOL)) >= 12


@settings(max_examples=60, deadline=None)
@given(articles)
def test_a_text_does_not_differ_from_itself(chosen: list[str]) -> None:
    found = compare(statute(chosen), statute(chosen))
    assert not found.differs
    assert [line.change for line in found.lines] == [Change.SAME] * len(chosen)


@settings(max_examples=80, deadline=None)
@given(articles, articles)
def test_turned_round_it_says_the_same(one: list[str], other: list[str]) -> None:
    there, back = compare(statute(one), statute(other, "b")), compare(statute(other, "b"), statute(one))
    assert lines_of(back) == {line.turned() for line in there.lines}
    assert there.alike == back.alike


@settings(max_examples=80, deadline=None)
@given(articles, articles)
def test_every_part_stands_in_one_line_and_the_edits_are_its_words(one: list[str], other: list[str]) -> None:
    before, after = statute(one), statute(other, "b")
    found = compare(before, after)
    assert sorted(line.before.span for line in found.lines if line.before) == [p.span for p in parts_of(before)]
    assert [line.after.span for line in found.lines if line.after] == [p.span for p in parts_of(after)]
    for line in found.lines:
        if line.change is Change.CHANGED:
            assert line.before is not None
            assert line.after is not None
            assert "".join(e.words for e in line.edits if e.kind is not EditKind.PUT) == line.before.words
            assert "".join(e.words for e in line.edits if e.kind is not EditKind.TAKEN) == line.after.words
        else:
            assert line.edits == ()


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_what_was_done_to_a_version_is_found(data: st.DataObject) -> None:
    """Articles taken out, put in and reworded: each is told as what it is, and nothing else is told."""
    chosen = data.draw(st.lists(st.sampled_from(POOL), min_size=6, max_size=12, unique=True))
    gone = data.draw(st.sets(st.integers(0, len(chosen) - 1), max_size=2))
    reworded = data.draw(st.sets(st.integers(0, len(chosen) - 1), max_size=3)) - gone
    came = data.draw(st.lists(st.sampled_from(sorted(set(POOL) - set(chosen))), max_size=2, unique=True))
    after = [
        words[: len(words) // 2] + data.draw(st.sampled_from(WORDS)) + words[len(words) // 2 :]
        if at in reworded
        else words
        for at, words in enumerate(chosen)
        if at not in gone
    ]
    for words in came:
        after.insert(data.draw(st.integers(0, len(after))), words)
    found = compare(statute(chosen), statute(after, "b"))
    assert found.count(Change.GONE) == len(gone)
    assert found.count(Change.ADDED) == len(came)
    assert found.count(Change.CHANGED) == len(reworded)
    assert found.alike


def test_an_article_that_went_elsewhere_is_moved_not_gone() -> None:
    before = POOL[:6]
    found = compare(statute(before), statute([*before[1:], before[0]], "b"))
    assert found.count(Change.MOVED) == 6
    assert {(line.before.address, line.after.address) for line in found.lines if line.before and line.after} >= {
        ("第一条", "第六条"),
        ("第二条", "第一条"),
    }


def test_two_versions_of_a_small_law() -> None:
    found = compare(old_law(), law())
    told = {(line.change, line.one.address) for line in found.lines if line.kind is PartKind.CLAUSE}
    assert told == {
        (Change.CHANGED, "第一条"),
        (Change.ADDED, "第二条"),
        (Change.ADDED, "第三条"),
        (Change.CHANGED, "第四条"),
        (Change.ADDED, "第五条"),
    }
    [fourth] = [line for line in found.lines if line.one.address == "第四条"]
    assert fourth.before is not None
    assert fourth.before.address == "第二条"
    assert fourth.renumbered
    assert [(e.kind, e.words) for e in fourth.edits] == [
        (EditKind.KEPT, "贷款期限不得超过"),
        (EditKind.TAKEN, "一年"),
        (EditKind.PUT, "三年；确需延长的，可以续期一次"),
        (EditKind.KEPT, "。"),
    ]


def test_unlike_texts_are_not_paired() -> None:
    found = compare(law(), notice())
    assert not found.alike
    assert found.count(Change.CHANGED, None) == found.count(Change.SAME, None) == 0
    assert found.count(Change.GONE, None) == len(parts_of(law()))


def test_the_parts_of_a_notice_are_its_numbered_sections_and_its_headings() -> None:
    parts = [(part.kind, part.address) for part in parts_of(notice())]
    assert (PartKind.HEADING, "二") in parts
    assert (PartKind.CLAUSE, "二、（一）") in parts
    assert (PartKind.FRAME, "标题") in parts
    [section] = [part for part in parts_of(notice()) if part.address == "二、（一）"]
    assert section.words.startswith("规范贷款管理，防范资金挪用\n各银行机构")
    assert section.words.count("\n") == 2


@pytest.mark.parametrize("document", [law(), notice()], ids=["law", "notice"])
def test_no_word_of_a_document_is_left_out(document: Document) -> None:
    """But for the numbers of the parts themselves, which stand in their addresses."""
    for part in parts_of(document):
        rest = squeeze(document.text[part.span.start : part.span.end])
        for line in part.words.splitlines():
            at = rest.find(squeeze(line))
            assert at >= 0, part
            rest = rest[at + len(squeeze(line)) :]
