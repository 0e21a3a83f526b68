"""Question, history and choices become a `Query`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest
from memory_library import MemoryLibrary
from sample_texts import law, notice, old_law

from assistant.errors import InputError
from assistant.models.standins import HashingEmbedder
from assistant.question.reader import FollowUpPort, QuestionReader
from assistant.question.tables import load_tables
from assistant.schema.retrieval import Filters, Query, Turn

LIBRARY = MemoryLibrary([notice(), law(), old_law()], HashingEmbedder())
HISTORY = [Turn(role="user", content="续贷业务有什么要求？")]


class Written:
    """Gives one reply and keeps what it was asked."""

    def __init__(self, reply: str | None) -> None:
        self.reply = reply
        self.asked: list[tuple[str, list[str]]] = []

    def rewrite(self, question: str, turns: Sequence[str]) -> str | None:
        self.asked.append((question, list(turns)))
        return self.reply


def reader(follow_ups: FollowUpPort | None = None) -> QuestionReader:
    return QuestionReader(
        LIBRARY, load_tables(), today=lambda: date(2026, 1, 1), follow_ups=follow_ups, rights=frozenset({"内部"})
    )


def test_a_question_alone_is_searched_as_it_stands() -> None:
    query = reader().read("续贷业务有什么要求？", [], Filters()).query
    assert (query.text, query.standalone, query.context) == ("续贷业务有什么要求？", "续贷业务有什么要求？", ())
    assert query.rights == {"内部"}


def test_a_follow_up_takes_the_turn_before() -> None:
    query = reader().read("那期限呢？", HISTORY, Filters()).query
    assert query.standalone == "续贷业务有什么要求？那期限呢？"
    assert query.context == ("续贷业务有什么要求？",)


@pytest.mark.parametrize("question", ["房贷利率现在多少？", "信用卡年费多少？", "公积金怎么提取？"])
def test_a_short_question_of_another_world_is_no_follow_up(question: str) -> None:
    query = reader().read(question, HISTORY, Filters()).query
    assert (query.standalone, query.context) == (question, ())


@pytest.mark.parametrize("question", ["要抵押吗？", "最长几年？", "那信用卡呢？"])
def test_a_short_question_that_leans_is_one(question: str) -> None:
    assert reader().read(question, HISTORY, Filters()).query.context == ("续贷业务有什么要求？",)


def test_a_model_may_put_the_follow_up_where_that_is_wanted() -> None:
    written = Written("续贷业务的期限是多久？")

    def read(question: str, history: list[Turn], *, use_llm: bool = False) -> Query:
        return reader(written).read(question, history, Filters(), use_llm=use_llm).query

    assert read("那期限呢？", HISTORY, use_llm=True).standalone == "续贷业务的期限是多久？"
    assert written.asked == [("那期限呢？", ["续贷业务有什么要求？"])]
    assert read("那期限呢？", HISTORY).standalone == "续贷业务有什么要求？那期限呢？"
    assert read("续贷业务有什么要求？", [], use_llm=True).context == ()
    assert len(written.asked) == 1


def test_rules_serve_when_the_model_gives_nothing() -> None:
    query = reader(Written(None)).read("那期限呢？", HISTORY, Filters(), use_llm=True).query
    assert query.standalone == "续贷业务有什么要求？那期限呢？"


def test_a_document_named_is_told() -> None:
    assert reader().read("村镇贷款条例对用途怎么规定？", [], Filters()).query.named
    assert not reader().read("对贷款用途怎么规定？", [], Filters()).query.named


def test_the_institution_chosen_is_told_in_the_words_of_documents() -> None:
    addressee = reader().read("要做什么？", [], Filters(institution="大行")).query.addressee
    assert "大型银行" in addressee or any("大型" in word for word in addressee)
    with pytest.raises(InputError) as caught:
        reader().read("要做什么？", [], Filters(institution="张三丰的店"))
    assert "张三丰" not in caught.value.message


def test_whom_it_asks_about_may_stand_in_the_turn_before() -> None:
    history = [Turn(role="user", content="保险公司要做什么？")]
    asked = reader().read("那具体呢？", history, Filters()).asked
    assert [one.name for one in asked.institutions] == ["保险公司"]


def test_what_is_searched_leaves_out_a_ban_taken_for_granted_and_the_title() -> None:
    reading = reader().read("既然通知叫停了农户续贷，借款人怎么办？", [], Filters())
    assert reading.standalone == "既然通知叫停了农户续贷，借款人怎么办？"
    assert "叫停" not in reading.search.standalone
    assert "通知" not in reading.search.standalone
    assert reading.premise.stopped == "叫停"
    assert reading.premise.states


def test_the_last_turn_is_searched_beside_what_it_leans_on() -> None:
    reading = reader().read("那期限呢？", HISTORY, Filters())
    assert reading.search.last_turn is not None
    assert reading.search.last_turn.startswith("那期限呢？")
    assert reader().read("续贷业务有什么要求？", [], Filters()).search.last_turn is None


def test_a_place_and_what_is_said_of_it_are_read() -> None:
    reading = reader().read("村镇贷款条例第四条是讲贷款期限的吧？", [], Filters())
    assert [place.address.local for place in reading.places] == ["第四条"]
    assert "贷款期限" in reading.claimed[0] or "期限" in "".join(reading.claimed)


def test_the_parts_of_a_question_are_read_with_their_facts() -> None:
    reading = reader().read("贷款期限最长几年，续贷要准备哪些材料？", [], Filters())
    assert [part.part.text for part in reading.parts] == ["贷款期限最长几年", "续贷要准备哪些材料"]
    assert all(part.asked.attributes for part in reading.parts)
    assert reading.facts_apart
    assert reader().read("贷款期限最长几年？", [], Filters()).parts == ()


def test_words_the_library_knows_and_those_strange_to_it() -> None:
    words = reader().read("xudai 怎么办，红烧肉呢？", [], Filters()).words
    assert "续贷" in words.known
    assert "续贷" not in words.naming
    assert any("红烧" in word for word in words.strange)
