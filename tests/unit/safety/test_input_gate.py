"""The gate that every question passes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import InputError
from assistant.safety.input_gate import MAX_QUESTION_CHARS, clean_question

REFUSED = [
    ("", "empty_question"),
    ("   \n\t", "empty_question"),
    ("\u3000\u00a0\u2003", "empty_question"),
    ("\u200b\u200d\ufeff", "empty_question"),
    ("\u2028\u2029", "empty_question"),
    ("\u0301", "empty_question"),
    ("\U000e0041\U000e0042", "empty_question"),
    ("续贷\x00吗", "bad_characters"),
    ("\x00", "bad_characters"),
    ("续贷\x1b[31m", "bad_characters"),
    ("续贷\x7f", "bad_characters"),
    ("续贷\x85", "bad_characters"),
    ("续贷\ud800", "bad_characters"),
    ("\udc00续贷", "bad_characters"),
    ("续" * 2001, "question_too_long"),
    (" " * 2001, "question_too_long"),
    ("\U00020000" * 2001, "question_too_long"),
]


@pytest.mark.parametrize(("text", "code"), REFUSED, ids=[f"{n}-{code}" for n, (_, code) in enumerate(REFUSED)])
def test_refused(text: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        clean_question(text)
    assert caught.value.code == code
    assert caught.value.message.endswith("。")


def test_the_limit_is_in_code_points() -> None:
    assert MAX_QUESTION_CHARS == 2000
    for char in "续a\U00020000":
        assert clean_question(char * 2000) == char * 2000


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  续贷有什么要求？\n", "续贷有什么要求？"),
        ("第一行\r\n第二行\t续", "第一行\r\n第二行\t续"),
        ("？", "？"),
        ("a", "a"),
        ("续\u200b贷", "续\u200b贷"),
        ("𠮷", "𠮷"),
        ("👩‍💻 问", "👩‍💻 问"),
    ],
)
def test_let_through(text: str, cleaned: str) -> None:
    assert clean_question(text) == cleaned


SECRET = "我的身份证号6101"


@settings(deadline=None)
@given(st.sampled_from(["\x00", "\ud800", "\x9f"]), st.integers(0, len(SECRET)))
def test_a_broken_question_is_not_repeated(broken: str, at: int) -> None:
    with pytest.raises(InputError) as caught:
        clean_question(SECRET[:at] + broken + SECRET[at:])
    assert not any(part in str(caught.value) for part in ("身份证", "6101", broken))


def test_a_long_question_is_not_repeated() -> None:
    with pytest.raises(InputError) as caught:
        clean_question(SECRET * 500)
    assert "身份证" not in str(caught.value)
    assert "6101" not in str(caught.value)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_whatever_passes_passes_again_and_can_be_printed(text: str) -> None:
    try:
        cleaned = clean_question(text)
    except InputError:
        return
    assert clean_question(cleaned) == cleaned
    assert cleaned
    assert cleaned.encode("utf-8").decode("utf-8") in text
