"""What a question states instead of asking it."""

from __future__ import annotations

import pytest

from assistant.question.premise import Premise, claimed_of_place, premise_of, without_assumed_ban


@pytest.mark.parametrize("question", ["续贷有什么要求？", "贷款期限最长多久？", "保险公司要做什么？"])
def test_a_plain_question_states_nothing(question: str) -> None:
    assert not premise_of(question).states
    assert without_assumed_ban(question) == question


def test_what_is_granted_and_what_is_to_be_confirmed() -> None:
    assert premise_of("既然文件叫停了授信，怎么办？") == Premise(granted=True, stopped="叫停")
    assert premise_of("听说不准展期，怎么办？").stopped == "不准"
    confirm = premise_of("存款保险最高赔100万元，对吧？")
    assert (confirm.granted, confirm.confirm, confirm.figures) == (False, True, ("100万元",))


def test_figures_keep_their_units_and_dates_are_none() -> None:
    assert premise_of("资本充足率不低于10%，3个工作日内答复，是吗？").figures == ("10%", "3个工作日")
    assert premise_of("2024年第3条有500万户，对吗？").figures == ()


def test_the_force_that_is_given() -> None:
    everybody = premise_of("每家机构都必须参与联合建模，是吧？")
    assert everybody.duty
    assert everybody.of_all
    assert premise_of("通知鼓励银行和中介多合作，是这样吗？").allowed
    assert not premise_of("通知鼓励合作还是严禁合作？").allowed
    assert premise_of("有没有写死几天之内付清？").stated_at_all


def test_a_ban_taken_for_granted_is_not_searched() -> None:
    assert without_assumed_ban("既然文件叫停了授信，怎么办？") == "既然文件了授信，怎么办？"
    assert without_assumed_ban("哪些情形禁止放贷？") == "哪些情形禁止放贷？"


@pytest.mark.parametrize(
    ("question", "what"),
    [("第（八）项是讲续贷的吧？", "续贷"), ("条例第四条规定了贷款期限吗？", "贷款期限"), ("第四条怎么说？", "")],
)
def test_what_is_said_of_a_place(question: str, what: str) -> None:
    assert claimed_of_place(question) == what
