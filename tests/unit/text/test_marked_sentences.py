"""Sentences and their source marks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.text.marked_sentences import SentenceSplitter, parse_marks, split_sentences


@pytest.mark.parametrize(
    ("sentence", "text", "numbers"),
    [
        ("严禁转存[1]。", "严禁转存。", (1,)),
        ("严禁转存。[1]", "严禁转存。", (1,)),
        ("严禁转存[1][2]。", "严禁转存。", (1, 2)),
        ("严禁转存 [1, 2]。", "严禁转存。", (1, 2)),
        ("严禁转存【1】。", "严禁转存。", (1,)),
        ("严禁转存［１］。", "严禁转存。", (1,)),
        ("严禁转存[^3]。", "严禁转存。", (3,)),
        ("严禁转存[1-3]。", "严禁转存。", (1, 2, 3)),
        ("严禁转存[2][2][1]。", "严禁转存。", (2, 1)),
        ("严禁转存。", "严禁转存。", ()),
        ("依据〔2024〕1号[a]。", "依据〔2024〕1号[a]。", ()),
        ("见[2024]。", "见[2024]。", ()),
        ("[1-999]甲", "甲", (1, 999)),
    ],
)
def test_parse_marks(sentence: str, text: str, numbers: tuple[int, ...]) -> None:
    assert parse_marks(sentence) == (text, numbers)


SPLITS = [
    ("甲[1]。乙。[2]丙", ("甲[1]。", "乙。[2]", "丙")),
    ("甲。[1][2] 乙！ [3]丙？【4】", ("甲。[1][2]", "乙！ [3]", "丙？【4】")),
    ("甲：“乙。丙。”[1]丁。", ("甲：“乙。丙。”[1]", "丁。")),
    ("甲（乙。丙）丁。[1]戊", ("甲（乙。丙）丁。[1]", "戊")),
    ("- 甲[1]\n- 乙[2]\n", ("- 甲[1]", "- 乙[2]")),
    ("甲为3.5%。[1]", ("甲为3.5%。[1]",)),
    ("甲。[附件]乙。", ("甲。", "[附件]乙。")),
    ("“甲。乙[1]\n丙。", ("“甲。乙[1]", "丙。")),
    ("  \n ", ()),
    ("甲！\n[1]乙。", ("甲！", "[1]乙。")),
]


@pytest.mark.parametrize(("text", "sentences"), SPLITS)
def test_split_sentences(text: str, sentences: tuple[str, ...]) -> None:
    assert split_sentences(text) == sentences


def test_what_never_ends_is_cut() -> None:
    assert [len(s) for s in split_sentences("甲" * 1500)] == [600, 600, 300]


@given(st.lists(st.text(st.sampled_from("甲乙。！“”（）[]【】12,^ \n-"), max_size=12), max_size=12))
def test_pieces_make_no_difference(pieces: list[str]) -> None:
    splitter = SentenceSplitter()
    streamed = [s for piece in pieces for s in splitter.feed(piece)]
    assert (*streamed, *splitter.close()) == split_sentences("".join(pieces))


@given(st.text(st.sampled_from("甲乙。！“”（）[]12 \n"), max_size=60))
def test_splitting_loses_nothing(text: str) -> None:
    assert "".join("".join(split_sentences(text)).split()) == "".join(text.split())
