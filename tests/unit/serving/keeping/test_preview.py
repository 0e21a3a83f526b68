"""What a change of words would change: asked both ways, bounded, masked, and of what may be seen alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from assistants import memory_assistant, packaged_tables
from corpus_samples import NOTICE
from doors import opened
from memory_library import MemoryLibrary
from sample_texts import law, notice

from assistant.access.recorder import Recorder
from assistant.access.registry import Registry
from assistant.corpus.reading import parse_file
from assistant.models.standins import HashingEmbedder
from assistant.pipeline import PolicyAssistant
from assistant.question.lay_words import ConceptLine, Expander, merged
from assistant.question.tables import Tables
from assistant.schema.answer import Outcome
from assistant.schema.inquiry import Inquiry
from assistant.schema.principal import Principal, PrincipalKind
from assistant.serving.keeping.preview import GOLD, MOST_QUESTIONS, RECENT, TYPED, Questions, Tried, previewed
from assistant.serving.ledger import Given, Ledger

WORD = ConceptLine(concept="敲门费", policy=("承诺费",), lay=("敲门钱",))
ASKED = "银行能收敲门钱吗？"
EDITOR = Principal(kind=PrincipalKind.USER, subject="ann", labels=frozenset())
HIDDEN = replace(notice(), meta=replace(notice().meta, access=("信贷部",), title="信贷部金库通知"))


def with_words(*words: ConceptLine) -> Tables:
    known = packaged_tables()
    return replace(known, lay=Expander(merged(known.lay.lines, words)))


def assistant(*, hidden: bool = False) -> PolicyAssistant:
    documents = [law(), HIDDEN if hidden else notice()]
    return memory_assistant(MemoryLibrary(documents, HashingEmbedder()))


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with opened(tmp_path) as registry:
        yield registry


def give(registry: Registry, held: PolicyAssistant, question: str, number: int, *, labels: frozenset[str]) -> None:
    """An answer that somebody was given."""
    asker = Principal(kind=PrincipalKind.USER, subject="ben", labels=labels)
    inquiry = Inquiry(question=question, principal=asker)
    given = Given(
        id=f"a{number}", inquiry=inquiry, answer=held.ask(inquiry), session_id=f"s{number}", latency_ms=1.0
    )  # fmt: skip
    Ledger(Recorder(registry.chain, registry.answers, refuse=True)).answered(given, held)


def gold(path: Path, *questions: str) -> Path:
    lines = [{"id": f"g{n}", "question": words, "gold": []} for n, words in enumerate(questions)]
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return path


def test_only_what_is_answered_otherwise_is_listed(tmp_path: Path) -> None:
    (tmp_path / "通知.txt").write_text(NOTICE, encoding="utf-8")
    library = MemoryLibrary([parse_file(tmp_path / "通知.txt")], HashingEmbedder())

    def over(*words: ConceptLine) -> PolicyAssistant:
        return memory_assistant(library, tables=with_words(*words), limits=None)

    questions = [Tried(inquiry=Inquiry(question=words), origin=TYPED) for words in (ASKED, "银行能收承诺费吗？")]
    told: list[tuple[str, int, int]] = []
    before, after = over(), over(WORD)
    found = previewed(questions, EDITOR, before=before, after=after, progress=lambda *t: told.append(t))
    assert [(one.tried.words, one.before.outcome) for one in found.differences] == [(ASKED, Outcome.NOT_FOUND)]
    assert [place[2] for place in found.differences[0].after.clauses] == ["二"]
    assert (found.asked, found.unasked, found.left_out) == (2, 0, 0)
    assert told[-1] == ("逐题比较", 2, 2)
    same = previewed(questions, EDITOR, before=before, after=over(), progress=lambda *_: None)
    assert same.differences == ()


def test_more_than_two_hundred_are_not_asked() -> None:
    class Counting:
        asked = 0

        def ask(self, inquiry: Inquiry) -> object:
            Counting.asked += 1
            return answer

    answer = assistant().ask(Inquiry(question="续贷有什么要求？"))
    questions = [Tried(inquiry=Inquiry(question=f"问{n}"), origin=GOLD) for n in range(MOST_QUESTIONS + 5)]
    held: object = Counting()
    found = previewed(questions, EDITOR, before=held, after=held, progress=lambda *_: None)  # type: ignore[arg-type]
    assert (found.asked, found.left_out, Counting.asked) == (MOST_QUESTIONS, 5, 2 * MOST_QUESTIONS)


def test_a_question_that_cannot_be_put_is_counted() -> None:
    held = assistant()
    found = previewed(
        [Tried(inquiry=Inquiry(question=""), origin=TYPED)], EDITOR, before=held, after=held, progress=lambda *_: None
    )
    assert (found.asked, found.unasked) == (0, 1)


def test_questions_come_from_the_set_from_records_and_from_whoever_tries(registry: Registry, tmp_path: Path) -> None:
    held = assistant()
    give(registry, held, "我的电话13812345678，续贷有什么要求？", 1, labels=frozenset())
    give(registry, held, "标准题也问这个", 2, labels=frozenset())
    source = Questions(gold=gold(tmp_path / "gold.jsonl", "标准题也问这个"), answers=registry.answers)
    found, notice = source.gathered(["自填的"], EDITOR, held)
    assert notice == ""
    assert [(one.words, one.origin) for one in found][:2] == [("自填的", TYPED), ("标准题也问这个", GOLD)]
    assert [one.origin for one in found][2:] == [RECENT]
    assert "13812345678" not in found[2].words


def test_what_was_asked_of_a_hidden_document_is_not_shown(registry: Registry, tmp_path: Path) -> None:
    held = assistant(hidden=True)
    give(registry, held, "能不能用续贷掩盖信用风险？", 1, labels=frozenset({"信贷部"}))
    source = Questions(gold=tmp_path / "none.jsonl", answers=registry.answers)
    assert source.gathered([], EDITOR, held) == ((), "")
    member = replace(EDITOR, labels=frozenset({"信贷部"}))
    assert [one.words for one in source.gathered([], member, held)[0]] == ["能不能用续贷掩盖信用风险？"]


def test_a_broken_set_is_told_and_the_rest_is_tried(registry: Registry, tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text("{\n", encoding="utf-8")
    found, notice = Questions(gold=path, answers=registry.answers).gathered(["自填的"], EDITOR, assistant())
    assert [one.words for one in found] == ["自填的"]
    assert notice.startswith("标准题没有用上：")
