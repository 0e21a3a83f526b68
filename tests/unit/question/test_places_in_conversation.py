"""Places told by the place spoken of before."""

from __future__ import annotations

import pytest
from sample_texts import law

from assistant.question.catalogue import Catalogue
from assistant.question.places import Place, find_places, following_places, names_place, plain_places
from assistant.schema.document import Document

LAW = law()
CATALOGUE = Catalogue([LAW.meta])


def load(document_id: str) -> Document:
    assert document_id == LAW.id
    return LAW


def named(turn: str) -> tuple[Place, ...]:
    return find_places(turn, CATALOGUE.mentions(turn), eligible=frozenset({LAW.id}), load=load)


@pytest.mark.parametrize(
    ("before", "question", "address"),
    [
        ("第三条", "上一条呢？", "第二条"),
        ("第三条", "下一条呢？", "第四条"),
        ("第三条", "前一条说了什么？", "第二条"),
        ("第三条", "那后面一条呢？", "第四条"),
        ("第三条", "该条还有别的吗？", "第三条"),
        ("第三条", "这一条具体怎么写？", "第三条"),
        ("第三条", "该条第一款呢？", "第三条第一款"),
        ("第三条", "第一款呢？", "第三条第一款"),
        ("第三条第二款", "上一款呢？", "第三条第一款"),
    ],
)
def test_beside_the_place_before(before: str, question: str, address: str) -> None:
    places = following_places(question, named(f"{LAW.meta.title}{before}"), load=load)
    assert [p.address.local for p in places] == [address]


def test_a_place_that_is_not_there_is_said_to_be_missing() -> None:
    last = sum(1 for c in LAW.walk() if c.level.value == "article")
    [place] = following_places("下一条呢？", named(f"{LAW.meta.title}第{last}条"), load=load)
    assert place.clause is None
    assert place.articles == last


@pytest.mark.parametrize("question", ["那保险公司呢？", "这条件太高了吧？", "一条龙服务", "该款项何时支付？"])
def test_questions_that_name_no_place(question: str) -> None:
    assert following_places(question, named(f"{LAW.meta.title}第三条"), load=load) == ()
    assert not names_place(question)


def test_nothing_before_nothing_beside() -> None:
    assert following_places("上一条呢？", (), load=load) == ()


def test_loose_spellings() -> None:
    assert plain_places("某法§ 16 和某法40条2款、某法三十七条一款二项") == (
        "某法第16条 和某法40条第2款、某法三十七条第一款第二项"
    )
    assert plain_places("第三条、第五款") == "第三条、第五款"
