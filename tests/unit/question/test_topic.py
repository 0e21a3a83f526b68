"""Which world a question is of."""

from __future__ import annotations

from assistant.question.topic import of_trade, points_here, statutes_in


def test_words_of_money_and_trade() -> None:
    assert of_trade("店里的账对不上怎么办？")
    assert not of_trade("红烧肉怎么做才好吃？")


def test_a_text_at_hand_is_pointed_at() -> None:
    assert points_here("这份文件讲什么？")
    assert points_here("本法什么时候起算？")
    assert not points_here("红烧肉怎么做才好吃？")


def test_statutes_by_name_each_once_and_the_longest_name() -> None:
    assert statutes_in("数据安全法和票据法怎么说，数据安全法又怎么罚？") == ("数据安全法", "票据法")
    assert statutes_in("续贷有什么要求？") == ()
