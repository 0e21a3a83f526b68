"""Counting by numpy gives the tokens of `char_grams` and the weights of the textbook formula."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from assistant.indexing.gram_matrix import GramMatrix
from assistant.text.segment import char_grams

TEXTS = st.lists(st.text(alphabet="续贷利率年LPRa1.5％，。 \n銀〇é", max_size=24), min_size=1, max_size=6)


def by_hand(texts: list[str], question: str, floor: float = 0.0) -> list[float]:
    """BM25 as in the paper, one text and one term at a time."""
    counts = [Counter(char_grams(text)) for text in texts]
    lengths = [sum(count.values()) for count in counts]
    mean = max(sum(lengths) / len(texts), 1e-9)
    scores = []
    for count, length in zip(counts, lengths, strict=True):
        total = 0.0
        for term in char_grams(question):
            holding = sum(term in other for other in counts)
            if count[term]:
                rarity = math.log(1 + (len(texts) - holding + 0.5) / (holding + 0.5))
                total += rarity * (floor + count[term] / (count[term] + 1.5 * (0.25 + 0.75 * length / mean)))
        scores.append(total)
    return scores


@given(TEXTS, st.text(alphabet="续贷利率年LPRa1.5％，。 銀é汉", max_size=16))
def test_scores_are_those_of_the_formula(texts: list[str], question: str) -> None:
    scores = GramMatrix.build(texts).scores(question)
    assert np.allclose(scores, by_hand(texts, question), atol=1e-4)


def test_every_word_held_counts_at_least_the_floor() -> None:
    texts, question = ["续贷利率", "续贷" + "年" * 40, "利率"], "续贷利率"
    assert np.allclose(GramMatrix.build(texts, floor=0.5).scores(question), by_hand(texts, question, 0.5), atol=1e-4)


def test_a_pair_does_not_reach_into_the_next_text() -> None:
    matrix = GramMatrix.build(["续", "贷", "续贷"])
    assert matrix.scores("续贷")[2] > matrix.scores("续贷")[0] > 0


def test_no_texts_and_nothing_known() -> None:
    assert GramMatrix.build([]).scores("续贷").shape == (0,)
    assert GramMatrix.build(["续贷"]).scores("汉").tolist() == [0.0]
    assert GramMatrix.build(["", "。"]).scores("").tolist() == [0.0, 0.0]
