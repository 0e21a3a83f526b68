"""What is asked for and the sentences, or the places named, do not speak of."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from found_by_hand import clause_of, sentences
from memory_library import MemoryLibrary
from sample_texts import law, notice

from assistant.answering.asked_words import held_by, not_there, unspoken
from assistant.answering.select import Selection
from assistant.answering.sentence_reading import Pick
from assistant.models.standins import HashingEmbedder
from assistant.question.reader import QuestionReader
from assistant.question.reading import Reading
from assistant.question.tables import load_tables
from assistant.schema.retrieval import Filters

DOCUMENTS = [notice(), law()]
READER = QuestionReader(MemoryLibrary(DOCUMENTS, HashingEmbedder()), load_tables(), today=lambda: date(2026, 1, 1))
TERM = "贷款期限不得超过三年；确需延长的，可以续期一次。"


def read(question: str) -> Reading:
    return READER.read(question, [], Filters())


def chosen(*wanted: str) -> Selection:
    picks = tuple(Pick(chunk=c, score=1.0) for c in sentences(DOCUMENTS) if c.plain in wanted)
    return Selection(picks=picks, best=picks[0])


def missing(question: str, selection: Selection) -> tuple[str, ...]:
    return unspoken(read(question), selection, held_by(selection, lambda c: clause_of(DOCUMENTS, c)))


def test_a_matter_that_the_sentences_do_not_speak_of_is_named() -> None:
    assert missing("贷款要不要找人担保？", chosen(TERM)) != ()
    assert missing("贷款期限最长多久？", chosen(TERM)) == ()


def test_what_was_scanned_whole_lacks_nothing() -> None:
    assert missing("贷款要不要找人担保？", replace(chosen(TERM), exhaustive=True)) == ()


def test_a_sentence_that_merely_uses_a_word_is_not_its_meaning() -> None:
    used = Pick(chunk=replace(chosen(TERM).picks[0].chunk, plain="办理展期和续贷的，应当审查。"), score=1.0)
    meant = Pick(chunk=replace(used.chunk, plain="展期是指推迟还款的日子。"), score=1.0)
    alone = Pick(chunk=replace(used.chunk, plain="续贷须重新签订合同。"), score=1.0)

    def asked(question: str, *picks: Pick) -> tuple[str, ...]:
        return missing(question, Selection(picks=picks, best=picks[0]))

    assert asked("什么是展期？", used) == ("展期的含义",)
    assert asked("什么是展期？", meant) == ()
    assert asked("续贷和展期有什么区别？", used) == ("续贷与展期的区别",)
    assert asked("续贷和展期有什么区别？", meant) == ("续贷与展期的区别",)
    assert asked("续贷和展期有什么区别？", meant, alone) == ()


def test_a_place_that_holds_something_else_is_told() -> None:
    assert "没有写到" in not_there(read("村镇贷款条例第四条是讲续贷的吧？"))
    assert not_there(read("村镇贷款条例第四条是讲贷款期限的吧？")) == ""
    assert not_there(read("村镇贷款条例第四百条是讲续贷的吧？")) == ""
    assert not_there(read("村镇贷款条例第四条怎么说？")) == ""
