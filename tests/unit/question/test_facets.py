"""A question that asks several things falls apart; one that asks one thing does not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.question.facets import MOST, facets

APART = [
    ("贷款和保险两边各有什么说法？", ("贷款", "保险")),
    ("在融资产品、保险和顾问陪伴三方面各有什么安排？", ("融资产品", "保险", "顾问陪伴")),
    ("收费方面通知怎么说？条例又怎么定？", ("收费方面通知怎么说", "条例又怎么定")),
    ("收费方面和中介方面各有什么规矩？", ("收费方面", "中介")),
    ("和第三方合作以及和中介合作，各有什么规定？", ("第三方合作", "中介合作")),
    ("对银行有什么要求，对信托公司呢？", ("对银行有什么要求", "对信托公司有什么要求")),
    ("展期这件事，既说了条件，又说了期限，怎么规定的？", ("展期这件事，条件", "展期这件事，期限")),
    ("农机这块，一边怎么支持、一边怎么限制？", ("农机这块，怎么支持", "农机这块，怎么限制")),
    ("注册资本最低多少，申请几天内批？", ("注册资本最低多少", "申请几天内批")),
    ("商业银行法怎么禁、处罚办法罚多少？", ("商业银行法怎么禁", "处罚办法罚多少")),
]


@pytest.mark.parametrize(("question", "parts"), APART)
def test_parts(question: str, parts: tuple[str, ...]) -> None:
    assert facets(question) == parts


def test_each_part_keeps_the_topic_before_it() -> None:
    parts = facets("关于农户续贷业务，银行和监管两边各有什么要求？")
    assert len(parts) == 2
    assert all("农户续贷业务" in part for part in parts)
    assert "银行" in parts[0]
    assert "监管" in parts[1]


def test_from_one_side_to_the_other() -> None:
    first, last = facets("从银行考核到监管引导有什么要求？")
    assert "银行考核" in first
    assert "监管引导" in last


@pytest.mark.parametrize(
    "question",
    [
        "续贷有什么要求？",
        "贴息怎么申请，我咋答？",
        "各银行和各机构要做什么？",
        "能不能用续贷掩盖风险？",
        "银行和保险公司合作的规定",
        "您好",
        "",
        "？？",
        "，，，",
    ],
)
def test_one_matter_stays_whole(question: str) -> None:
    assert facets(question) == ()


@settings(deadline=None)
@given(st.text(st.sampled_from("贷款保险银行和、两边三方面从到在分别，。？有什么怎么 a1"), max_size=60))
def test_parts_are_few_and_say_something(question: str) -> None:
    parts = facets(question)
    assert len(parts) <= MOST
    assert all(part.strip() for part in parts)
    assert parts == facets(question)


def test_many_questions_in_one_are_cut_off() -> None:
    assert len(facets("".join(f"第{n}件事情怎么规定？" for n in range(10)))) == MOST


@pytest.mark.parametrize("length", [2000])
def test_the_longest_question_comes_to_an_end(length: int) -> None:
    for unit in ("和", "、", "贷和", "从到", "在、和分别", "，"):
        assert len(facets((unit * length)[:length])) <= MOST
