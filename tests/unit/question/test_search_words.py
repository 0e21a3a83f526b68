"""The words that a text is searched with."""

from __future__ import annotations

from memory_library import MemoryLibrary
from sample_texts import notice

from assistant.models.standins import HashingEmbedder
from assistant.question.lay_words import ConceptLine, Expander
from assistant.question.search_words import SearchWords

LIBRARY = MemoryLibrary([notice()], HashingEmbedder())
WORDS = SearchWords(LIBRARY.sparse, Expander([ConceptLine(concept="续贷", policy=("续贷",), lay=("接着用",))]))


def test_a_text_spelt_as_usual_is_searched_as_it_stands() -> None:
    assert WORDS.of("续贷业务有什么要求？") == "续贷业务有什么要求？"
    assert WORDS.meant("续贷业务有什么要求？") == ()


def test_policy_terms_are_added_for_lay_words() -> None:
    assert WORDS.of("钱能接着用吗").split() == ["钱能接着用吗", "续贷"]


def test_words_spelt_by_sound_are_added() -> None:
    assert "续贷" in WORDS.meant("xudai zenme ban")
    assert WORDS.of("xudai zenme ban").startswith("xudai zenme ban 续贷")
