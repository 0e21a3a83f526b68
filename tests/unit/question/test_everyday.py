"""Words that do not say what a question is about."""

from __future__ import annotations

import pytest

from assistant.question.everyday import COMMON_TERMS, named_terms, names_something
from assistant.text.segment import policy_terms, terms_in


def test_terms_of_every_document_name_nothing() -> None:
    common = "小微企业和银行机构"
    assert set(terms_in(common)) & COMMON_TERMS
    assert not set(named_terms(common, shortest=1)) & COMMON_TERMS


@pytest.mark.parametrize("shortest", range(1, 8))
def test_short_terms_are_left_out(shortest: int) -> None:
    text = "".join(policy_terms())
    terms = named_terms(text, shortest=shortest)
    assert terms == tuple(t for t in policy_terms() if t not in COMMON_TERMS and len(t) >= shortest)


@pytest.mark.parametrize(("word", "names"), [("续贷", True), ("多少", False), ("贷", False), ("3个月", False)])
def test_words_that_name_something(word: str, names: bool) -> None:
    assert names_something(word) is names
