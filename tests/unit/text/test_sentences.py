"""Where sentences end."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.text.sentences import ends_openly, sentence_spans


def sentences(text: str, *, semicolons: bool = False) -> list[str]:
    return [text[s.start : s.end] for s in sentence_spans(text, semicolons=semicolons)]


CUT = [
    ("严禁转存。不得掩盖；要做实。", ["严禁转存。", "不得掩盖；要做实。"]),
    ("甲！乙？丙", ["甲！", "乙？", "丙"]),
    ("  甲。\n\n　乙。 ", ["甲。", "乙。"]),
    ("绿色低碳\n\n发展。优化。", ["绿色低碳\n\n发展。", "优化。"]),
    ("称“甲。乙。”丙。", ["称“甲。乙。”", "丙。"]),
    ("称“甲”为乙。丙。", ["称“甲”为乙。", "丙。"]),
    ("（甲。乙）丙。丁。", ["（甲。乙）丙。", "丁。"]),
    ("《甲。乙》丙。", ["《甲。乙》丙。"]),
    ("利率为3.85%。", ["利率为3.85%。"]),
    ("）甲。乙。", ["）甲。", "乙。"]),
    ("", []),
    (" \n　", []),
]


@pytest.mark.parametrize(("text", "expected"), CUT)
def test_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_a_semicolon_ends_a_sentence_when_asked() -> None:
    assert sentences("甲；乙;丙。", semicolons=True) == ["甲；", "乙;", "丙。"]
    assert sentences("甲；乙;丙。") == ["甲；乙;丙。"]


TEXTS = st.text(st.sampled_from("甲乙丙，。！？；;.“”《》（）『』 \u3000\n1"), max_size=60)


@settings(deadline=None)
@given(TEXTS, st.booleans())
def test_every_character_lies_in_one_sentence(text: str, semicolons: bool) -> None:
    spans = sentence_spans(text, semicolons=semicolons)
    covered = [at for span in spans for at in range(span.start, span.end)]
    assert covered == sorted(set(covered))
    assert {at for at, char in enumerate(text) if not char.isspace()} <= set(covered)


@settings(deadline=None)
@given(TEXTS)
def test_no_sentence_begins_or_ends_with_a_blank(text: str) -> None:
    assert all(s == s.strip() != "" for s in sentences(text))


@settings(deadline=None)
@given(TEXTS)
def test_semicolons_only_cut_finer(text: str) -> None:
    coarse, fine = sentence_spans(text), sentence_spans(text, semicolons=True)
    assert {s.end for s in coarse} <= {s.end for s in fine}


OPEN = [
    ("完善绿色低碳", True),
    ("加大资源配", True),
    ("切实加强，", True),
    ("“圈圈相融", True),
    ("完善机制。", False),
    ("如下：", False),
    ("如下:", False),
    ("（一）甲；", False),
    ("（此件公开发布）", False),
    ("称“甲。”", False),
    ("甲。 \u3000", False),
]


@pytest.mark.parametrize(("text", "openly"), OPEN)
def test_ends_openly(text: str, openly: bool) -> None:
    assert ends_openly(text) is openly
