"""Settings choose the reader and who stands in for it; a reader that fails is said and costs no answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from assistants import memory_assistant
from memory_library import MemoryLibrary
from sample_texts import law, notice

from assistant.answering.sentence_reading import ReadingWay
from assistant.errors import ModelTimeout, ModelUnavailable, SettingsError
from assistant.models.breaker import CircuitBreaker, GuardedChatModel
from assistant.models.reading import CalibratedReader, Calibration, Fit, Line
from assistant.models.standins import HashingEmbedder, ScriptedChatModel
from assistant.readers import build_reader, raw_reader, way_of_reading
from assistant.schema.answer import Outcome
from assistant.schema.inquiry import Inquiry
from assistant.settings import ReaderKind, ReaderSettings, Settings
from assistant.writing.choosing import LlmReader

LIBRARY = MemoryLibrary([notice(), law()], HashingEmbedder())
QUESTION = "村镇贷款期限最长几年？"
CHAT = ScriptedChatModel('{"parts":[[1]]}', id="m")


def settings(tmp_path: Path, **reader: Any) -> Settings:
    return Settings(indexes_dir=tmp_path, reader=ReaderSettings(**reader), _env_file=None)  # type: ignore[call-arg]


def test_without_a_prepared_reader_the_rules_choose_unless_it_was_asked_for(tmp_path: Path) -> None:
    assert build_reader(settings(tmp_path)) is None
    assert build_reader(settings(tmp_path, kind="rules")) is None
    with pytest.raises(ModelUnavailable, match="model prepare"):
        build_reader(settings(tmp_path, kind="learned"))


def test_as_many_are_read_as_was_found_best(tmp_path: Path) -> None:
    assert way_of_reading(settings(tmp_path)) == ReadingWay()


def test_the_language_model_reads_and_must_be_there(tmp_path: Path) -> None:
    chosen = settings(tmp_path, kind="llm", candidates=5)
    assert isinstance(build_reader(chosen, CHAT), LlmReader)
    assert way_of_reading(chosen).of_llm
    assert way_of_reading(chosen).weights.candidates == 5
    with pytest.raises(SettingsError, match="ASSISTANT_LLM__GGUF"):
        build_reader(chosen, None)


@pytest.mark.parametrize(
    ("base_url", "name"), [(None, "st-cross/some/model:logit"), ("http://127.0.0.1:9/v1", "rerank/some/model:")]
)
def test_a_cross_encoder_is_a_model_here_or_an_endpoint(tmp_path: Path, base_url: str | None, name: str) -> None:
    chosen = settings(tmp_path, kind="cross-encoder", model="some/model", base_url=base_url)
    reader = build_reader(chosen)
    assert isinstance(reader, CalibratedReader)
    assert reader.id.startswith(name)
    assert not way_of_reading(chosen).of_llm
    with pytest.raises(SettingsError, match="ASSISTANT_READER__MODEL"):
        build_reader(settings(tmp_path, kind="cross-encoder", base_url=base_url))


def test_a_calibration_is_for_one_reader(tmp_path: Path) -> None:
    fit = Fit(auc=0.9, error=0.1, uncalibrated_error=0.2)
    lines = {"sentence": Line(temperature=1.0, offset=-1.0), "answered": Line(temperature=1.0, offset=-2.0)}
    path = tmp_path / "校准.json"
    for name, fits in (("llm/m/choose.zh.v1", True), ("llm/other/choose.zh.v1", False)):
        found = Calibration(
            reader=name, command="c", questions=9, documents=5, sentence_fit=fit, answered_fit=fit, **lines
        )
        path.write_text(found.model_dump_json(), encoding="utf-8")
        chosen = settings(tmp_path, kind="llm", calibration=path)
        if fits:
            assert isinstance(build_reader(chosen, CHAT), CalibratedReader)
        else:
            with pytest.raises(SettingsError, match="另一个模型"):
                build_reader(chosen, CHAT)


def test_only_readers_from_elsewhere_are_calibrated(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cross-encoder"):
        raw_reader(settings(tmp_path), None)


def test_a_stand_in_is_only_for_readers_from_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.models.e5.prepare.reads_here", lambda folder: True)
    found = {kind: way_of_reading(settings(tmp_path, kind=kind, model="m")).stand_in is not None for kind in ReaderKind}
    assert found == {kind: kind in (ReaderKind.LLM, ReaderKind.CROSS_ENCODER) for kind in ReaderKind}


@pytest.mark.parametrize("reply", ["我认为可以。", '{"parts":[[99]]}', ModelTimeout("慢"), ModelUnavailable("没有")])
def test_a_model_that_fails_is_said_and_the_answer_is_that_of_the_rules(reply: Any) -> None:
    expected = memory_assistant(LIBRARY).ask(Inquiry(question=QUESTION))
    reader = LlmReader(ScriptedChatModel(reply))
    answer = memory_assistant(LIBRARY, answer_reader=reader, reading=ReadingWay(of_llm=True)).ask(
        Inquiry(question=QUESTION)
    )
    assert answer.degraded == ("reader",)
    assert (answer.text, answer.outcome) == (expected.text, expected.outcome)
    assert expected.degraded == ()


def test_behind_an_open_breaker_the_model_is_not_asked_again() -> None:
    chat = ScriptedChatModel(ModelTimeout("慢"))
    reader = LlmReader(GuardedChatModel(chat, CircuitBreaker(failures=1)))
    held = memory_assistant(LIBRARY, answer_reader=reader, reading=ReadingWay(of_llm=True))
    answers = [held.ask(Inquiry(question=QUESTION)) for _ in range(3)]
    assert [answer.degraded for answer in answers] == [("reader",)] * 3
    assert len(chat.asked) == 1


def test_a_question_that_keeps_the_model_out_is_not_shown_to_it() -> None:
    chat = ScriptedChatModel('{"parts":[[1]]}')
    held = memory_assistant(LIBRARY, answer_reader=LlmReader(chat), reading=ReadingWay(of_llm=True))
    answer = held.ask(Inquiry(question=QUESTION, use_llm=False))
    assert (chat.asked, answer.degraded) == ((), ())
    held.ask(Inquiry(question=QUESTION))
    assert len(chat.asked) == 1


def test_none_of_the_sentences_is_no_claim() -> None:
    reader = LlmReader(ScriptedChatModel('{"parts":[[]]}'))
    held = memory_assistant(LIBRARY, answer_reader=reader, reading=ReadingWay(of_llm=True))
    named = LlmReader(ScriptedChatModel('{"parts":[[1]]}'))
    other = memory_assistant(LIBRARY, answer_reader=named, reading=ReadingWay(of_llm=True))
    none, one = (a.ask(Inquiry(question=QUESTION)).confidence for a in (held, other))
    assert none is not None
    assert one is not None
    assert none < one


def test_where_a_rule_misses_the_fact_and_the_model_names_a_sentence_neither_is_claimed() -> None:
    question = "村镇贷款的利率最高是多少？"
    refused = memory_assistant(LIBRARY).ask(Inquiry(question=question))
    assert refused.outcome is Outcome.NOT_FOUND
    found = {}
    for reply in ('{"parts":[[1]]}', '{"parts":[[]]}', "是的"):
        reader = LlmReader(ScriptedChatModel(reply))
        held = memory_assistant(LIBRARY, answer_reader=reader, reading=ReadingWay(of_llm=True))
        found[reply] = held.ask(Inquiry(question=question))
    named, none, garbage = found.values()
    assert named.outcome is Outcome.POSSIBLE
    assert named.statements == ()
    assert none.outcome is garbage.outcome is Outcome.NOT_FOUND
    assert garbage.degraded == ("reader",)
