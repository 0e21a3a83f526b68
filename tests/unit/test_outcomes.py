"""What is called 有依据, 可能相关 and 本库未载明, and what a reader that fails changes: nothing but a notice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import pytest
from assistants import memory_assistant
from memory_library import MemoryLibrary
from sample_texts import law, notice

from assistant.answering.confidence import Features, Regression, Weights
from assistant.errors import ModelUnavailable
from assistant.models.protocols import Candidate, Judged
from assistant.models.standins import HashingEmbedder
from assistant.pipeline import PolicyAssistant
from assistant.schema.answer import Answer, Outcome
from assistant.schema.inquiry import Inquiry
from assistant.serving.render.html import answer_cards_html
from assistant.serving.render.terminal import answer_terminal

NONE = {field.name: 0.0 for field in fields(Features)}
BY_ODDS = Weights(
    command="by hand",
    cases={},
    l2=1.0,
    rules=Regression(bias=0.0, weights=NONE),
    reader=Regression(bias=0.0, weights={**NONE, "odds": 4.0}),
    answered_from=0.8,
    possible_from=0.2,
)
QUESTION = "村镇贷款期限最长几年？"


class Certain:
    """A reader that says the same of every sentence."""

    id = "certain"

    def __init__(self, odds: float) -> None:
        self._odds = odds

    def read(self, question: str, candidates: Sequence[Candidate]) -> Judged:
        return Judged(sentences=(self._odds,) * len(candidates), answered=self._odds)


class Broken:
    id = "broken"

    def read(self, question: str, candidates: Sequence[Candidate]) -> Judged:
        raise ModelUnavailable("阅读模型没有应答。")


LIBRARY = MemoryLibrary([notice(), law()], HashingEmbedder())


def assistant(reader: Certain | Broken | None, answered_from: float | None = None) -> PolicyAssistant:
    return memory_assistant(LIBRARY, answer_reader=reader, weights=BY_ODDS, answered_from=answered_from)


def ask(reader: Certain | Broken | None, question: str = QUESTION, answered_from: float | None = None) -> Answer:
    return assistant(reader, answered_from).ask(Inquiry(question=question))


@pytest.mark.parametrize(
    ("odds", "outcome"), [(3.0, Outcome.ANSWERED), (0.0, Outcome.POSSIBLE), (-3.0, Outcome.NOT_FOUND)]
)
def test_how_sure_it_is_decides_what_it_is_called(odds: float, outcome: Outcome) -> None:
    answer = ask(Certain(odds))
    assert answer.outcome is outcome
    assert answer.refused is (outcome is not Outcome.ANSWERED)
    assert answer.confidence == pytest.approx(BY_ODDS.reader.probability(features(odds)), abs=1e-3)


def features(odds: float) -> Features:
    return Features(**{**NONE, "odds": odds / 4})


def test_what_is_possible_is_shown_and_nothing_is_claimed_of_it() -> None:
    answer = ask(Certain(0.0))
    assert (answer.statements, answer.citations) == ((), ())
    assert 1 <= len(answer.nearest) <= 3
    assert answer.text.startswith("可能相关，未能确认")
    for citation in answer.nearest:
        assert f"《{citation.document_title}》{citation.address}" in answer.text
        assert not any(quote in answer.text for quote in citation.quotes)
    assert "尚未确认" in answer_cards_html(answer)
    assert "可能相关的条款（未能确认）" in answer_terminal(answer)


def test_a_bank_may_want_to_be_surer_or_less_sure() -> None:
    assert ask(Certain(3.0), answered_from=0.99).outcome is Outcome.POSSIBLE
    assert ask(Certain(0.0), answered_from=0.4).outcome is Outcome.ANSWERED


def test_a_reader_that_fails_is_told_and_the_rules_answer_alone() -> None:
    without, broken = ask(None), ask(Broken())
    assert (broken.text, broken.outcome, broken.citations) == (without.text, without.outcome, without.citations)
    assert broken.degraded == ("reader",)
    assert any("阅读模型" in notice for notice in broken.notices)
    assert without.degraded == ()


def test_a_place_asked_for_by_its_number_needs_no_reader() -> None:
    answer = ask(Certain(-8.0), "村镇贷款条例第四条")
    assert answer.outcome is Outcome.ANSWERED
    assert answer.confidence is None


def test_what_a_rule_refuses_no_reader_lets_out_as_an_answer() -> None:
    question = "红烧肉怎么做才香？"
    sure, doubtful = ask(Certain(8.0), question), ask(Certain(0.0), question)
    assert (sure.outcome, sure.statements) == (Outcome.POSSIBLE, ())
    assert (doubtful.outcome, doubtful.nearest) == (Outcome.NOT_FOUND, ())


def test_where_a_rule_misses_a_word_and_the_reader_is_sure_neither_is_claimed() -> None:
    question = "村镇贷款要不要提供担保？"
    assert ask(None, question).text.startswith("本库未载明：")
    sure, doubtful = ask(Certain(8.0), question), ask(Certain(0.0), question)
    assert sure.outcome is Outcome.POSSIBLE
    assert sure.confidence is not None
    assert sure.confidence > 0.9
    assert (sure.statements, sure.citations) == ((), ())
    assert doubtful.outcome is Outcome.NOT_FOUND


def test_a_fact_that_no_sentence_states_is_not_stated_however_sure_the_reader_is() -> None:
    answer = ask(Certain(8.0), "村镇贷款最高能贷多少钱？")
    assert answer.outcome is Outcome.NOT_FOUND
    assert answer.text.startswith("本库未载明金额")


def test_confidence_from_other_signs_than_the_reader_does_not_doubt_a_rule() -> None:
    always = BY_ODDS.model_copy(update={"reader": Regression(bias=9.0, weights=NONE)})
    desk = memory_assistant(LIBRARY, answer_reader=Certain(-1.0), weights=always)
    assert desk.ask(Inquiry(question="村镇贷款要不要提供担保？")).outcome is Outcome.NOT_FOUND
