"""Which law cites which, over a few articles of our own."""

from __future__ import annotations

import math

import numpy as np
import pytest

from assistant.evaluation.article_files import Article
from assistant.evaluation.authority import authority

ARTICLES = [
    ("中华人民共和国渔船法", "渔船应当登记。"),
    ("渔船登记条例", "依照渔船法第三条登记；依照《渔船法》办理。"),  # twice the same law counts once
    ("渔港管理办法", "根据《中华人民共和国渔船法（2018修正）》制定，适用渔船登记条例的规定。"),
    ("关于适用《渔船法》若干问题的解释", "本解释自公布之日起施行。"),  # cites by its name
    ("渔网办法", "本办法第三条、《渔网办法》与《没有收入的法》不算。"),
]


def shares(articles: list[tuple[str, str]]) -> dict[str, float]:
    names, laws = np.unique([law for law, _ in articles], return_inverse=True)
    made = [Article(id=f"A{n}", law=law, text=text) for n, (law, text) in enumerate(articles)]
    found = authority(made, laws.astype(np.int64), [str(name) for name in names])
    return dict(zip(map(str, names), map(float, found), strict=True))


def test_a_law_counts_by_how_many_others_cite_it() -> None:
    found = shares(ARTICLES)
    assert found["中华人民共和国渔船法"] == 1.0  # three others
    assert found["渔船登记条例"] == pytest.approx(math.log(2) / math.log(4))  # one
    assert [found[name] for name in ("渔港管理办法", "渔网办法")] == [0.0, 0.0]


def test_words_before_a_bare_name_are_not_taken_for_it() -> None:
    found = shares([("海商法", "一"), ("商法", "二"), ("细则", "违反海商法第一条的；按照海商法的规定。")])
    assert found == {"海商法": 1.0, "商法": 0.0, "细则": 0.0}


def test_nothing_is_cited() -> None:
    assert set(shares([("甲法", "一"), ("乙法", "二")]).values()) == {0.0}
