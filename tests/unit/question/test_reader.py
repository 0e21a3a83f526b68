"""Question, history and choices become a `Query`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest
from memory_library import MemoryLibrary
from sample_texts import law, notice, old_law

from assistant.errors import InputError
from assistant.models.standins import HashingEmbedder
from assistant.question.lay_words import load_expander
from assistant.question.places import Catalogue
from assistant.question.reader import FollowUpPort, QueryReader
from assistant.question.versions_asked import Families, VersionReader
from assistant.schema.retrieval import Filters, Turn
from assistant.text.institutions import load_institutions

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


def reader(follow_ups: FollowUpPort | None = None) -> QueryReader:
    catalogue = Catalogue(LIBRARY.documents)
    return QueryReader(
        sparse=LIBRARY.sparse,
        catalogue=catalogue,
        versions=VersionReader(catalogue, Families(LIBRARY.documents)),
        expander=load_expander(),
        institutions=load_institutions(),
        follow_ups=follow_ups,
        rights=frozenset({"内部"}),
        today=lambda: date(2026, 1, 1),
    )


def test_a_question_alone_is_searched_as_it_stands() -> None:
    query = reader().read("续贷业务有什么要求？", [], Filters())
    assert (query.text, query.standalone, query.context) == ("续贷业务有什么要求？", "续贷业务有什么要求？", ())
    assert query.rights == {"内部"}


def test_a_follow_up_takes_the_turn_before() -> None:
    query = reader().read("那期限呢？", HISTORY, Filters())
    assert query.standalone == "续贷业务有什么要求？那期限呢？"
    assert query.context == ("续贷业务有什么要求？",)


def test_a_model_may_put_the_follow_up_where_that_is_wanted() -> None:
    written = Written("续贷业务的期限是多久？")
    read = reader(written).read
    assert read("那期限呢？", HISTORY, Filters(), use_llm=True).standalone == "续贷业务的期限是多久？"
    assert written.asked == [("那期限呢？", ["续贷业务有什么要求？"])]
    assert read("那期限呢？", HISTORY, Filters()).standalone == "续贷业务有什么要求？那期限呢？"
    assert read("续贷业务有什么要求？", [], Filters(), use_llm=True).context == ()
    assert len(written.asked) == 1


def test_rules_serve_when_the_model_gives_nothing() -> None:
    query = reader(Written(None)).read("那期限呢？", HISTORY, Filters(), use_llm=True)
    assert query.standalone == "续贷业务有什么要求？那期限呢？"


def test_a_document_named_is_told() -> None:
    assert reader().read("村镇贷款条例对用途怎么规定？", [], Filters()).named
    assert not reader().read("对贷款用途怎么规定？", [], Filters()).named


def test_the_institution_chosen_is_told_in_the_words_of_documents() -> None:
    addressee = reader().read("要做什么？", [], Filters(institution="大行")).addressee
    assert "大型银行" in addressee or any("大型" in word for word in addressee)
    with pytest.raises(InputError) as caught:
        reader().read("要做什么？", [], Filters(institution="张三丰的店"))
    assert "张三丰" not in caught.value.message


def test_whom_it_asks_about_may_stand_in_the_turn_before() -> None:
    read = reader()
    history = [Turn(role="user", content="保险公司要做什么？")]
    asked = read.understand(read.read("那具体呢？", history, Filters()))
    assert asked.institutions == ("保险公司",)
