"""Questions and answers: the number that stands before a question is its address."""

from __future__ import annotations

import pytest
from tree_laws import broken_laws

from assistant.parsing.clauses import kind_of, parse_tree
from assistant.schema.document import Clause, Level


def questions(*lines: str) -> dict[str, Clause]:
    text = "\n".join(("渔船贷款问答", *lines)) + "\n"
    found = parse_tree(text, kind_of(text))
    assert broken_laws(text, found.clauses) == []
    return {c.address: c for root in found.clauses for c in root.walk() if c.level in (Level.QUESTION, Level.ANSWER)}


@pytest.mark.parametrize(
    "forms",
    [
        ("1.问：谁能申请？", "2.问：额度多少？"),
        ("问题一：谁能申请？", "问题二：额度多少？"),
        ("第一问：谁能申请？", "第二问：额度多少？"),
        ("【问1】谁能申请？", "【问2】额度多少？"),
        ("1.谁能申请？", "2.额度多少？"),
        ("一、谁能申请？", "二、额度多少？"),
        ("谁能申请？", "额度多少？"),
    ],
)
def test_every_form_of_a_question_has_its_number(forms: tuple[str, str]) -> None:
    found = questions(forms[0], "答：有船的渔民。", forms[1], "答：每船五万元。")
    assert list(found) == ["问答第一问", "问答第一答", "问答第二问", "问答第二答"]
    assert [found[a].heading for a in ("问答第一问", "问答第二问")] == ["谁能申请？", "额度多少？"]


@pytest.mark.parametrize("form", ["问题{}：还款方式？", "{}、问：还款方式？", "问{}：还款方式？"])
def test_an_excerpt_keeps_the_numbers_it_states(form: str) -> None:
    found = questions(form.format(7), "答：按季还。", form.format(8), "答：可提前。")
    assert list(found) == ["问答第七问", "问答第七答", "问答第八问", "问答第八答"]


def test_numbers_that_begin_anew_are_counted_on() -> None:
    found = questions(
        "一、对象", "1.问：谁？", "答：渔民。", "二、额度", "1.问：多少？", "答：五万元。", "2.问：再多？", "答：不可。"
    )
    assert [a for a in found if a.endswith("问")] == ["问答第一问", "问答第二问", "问答第三问"]


@pytest.mark.parametrize("numbers", [("一、", "二、"), ("1.", "2.")])
def test_a_list_in_an_answer_ends_with_it(numbers: tuple[str, str]) -> None:
    found = questions(
        "问：要什么材料？", "答：下列材料：", f"{numbers[0]}船证；", f"{numbers[1]}身份证。", "问：多久？", "答：五日。"
    )
    assert found["问答第一问"].text.endswith("身份证。")
    assert found["问答第二问"].heading == "多久？"


def test_a_question_in_a_text_without_an_answer_is_no_question() -> None:
    assert questions("一、为什么要巡查？", "为了安全。", "二、要求", "每日两次。") == {}
