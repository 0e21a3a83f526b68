"""How much of a question's words the evidence holds."""

from __future__ import annotations

import re

import pytest

from assistant.answering.coverage import coverage


def rarity(text: str) -> dict[str, float]:
    """Words of the tests, each with a weight set by hand."""
    weights = {"商业银行": 0.2, "支付机构": 1.0, "注册资本": 0.5, "最低": 0.3, "炒房": 1.0}
    return {word: weight for word, weight in weights.items() if word in text}


def test_the_heaviest_missing_word_is_told() -> None:
    found = coverage("支付机构注册资本最低多少", "商业银行的注册资本为十亿元", rarity=rarity)
    assert found.missing == ("支付机构",)  # 最低 only asks
    assert found.strangest == 1.0
    assert found.share == pytest.approx(0.5 / 1.5)


def test_what_the_evidence_says_in_other_words_is_not_missing() -> None:
    found = coverage("拿去炒房", "挪用于非生产经营用途", rarity=rarity, known=[re.compile("炒房")])
    assert found.missing == ()
    assert found.share == 1.0


def test_nothing_asked_is_wholly_covered() -> None:
    found = coverage("？？", "", rarity=rarity)
    assert (found.share, found.strangest, found.pairs) == (1.0, 0.0, 1.0)
